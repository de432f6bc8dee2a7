#include "base/png.h"

#include <png.h>
#include <stdlib.h>

#include "base/file.h"

enum { LARGEST_SIDE = 65535 };

bool png_encode(struct png *out, const uint8_t *pixels, int width, int height, int channels, struct fault *fault) {
  *out = (struct png){0};
  if (width < 1 || height < 1 || width > LARGEST_SIDE || height > LARGEST_SIDE)
    return fault_set(fault, FAULT_DATA, "a picture of %d x %d pixels cannot be written: a side is 1 to %d", width,
                     height, LARGEST_SIDE);
  png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height};
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image); /* no picture needs more, so it is encoded once */
  out->bytes = malloc(size);
  if (!out->bytes) return fault_set(fault, FAULT_DATA, "no memory for a picture of %d x %d pixels", width, height);
  if (!png_image_write_to_memory(&image, out->bytes, &size, 0, pixels, 0, NULL)) {
    fault_set(fault, FAULT_DATA, "cannot encode a picture of %d x %d pixels: %s", width, height, image.message);
    png_image_free(&image);
    free(out->bytes);
    *out = (struct png){0};
    return false;
  }
  out->size = size;
  return true;
}

bool png_write(const char *path, const uint8_t *pixels, int width, int height, int channels, struct fault *fault) {
  struct png png;
  if (!png_encode(&png, pixels, width, height, channels, fault)) return false;
  bool ok = file_write_whole(path, png.bytes, png.size, fault);
  free(png.bytes);
  return ok;
}
