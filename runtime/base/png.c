#include "base/png.h"

#include <png.h>
#include <stdlib.h>

#include "base/file.h"

enum { LARGEST_SIDE = 65535 };

bool png_encode(struct png *out, const uint8_t *pixels, int width, int height, int channels, struct error *error) {
  *out = (struct png){0};
  if (width < 1 || height < 1 || width > LARGEST_SIDE || height > LARGEST_SIDE)
    return error_set(error, ERROR_DATA, "an image of %d x %d pixels cannot be written: a side is 1 to %d", width,
                     height, LARGEST_SIDE);
  png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height};
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image); /* no image needs more, so it is encoded once */
  out->bytes = malloc(size);
  if (!out->bytes) return error_set(error, ERROR_DATA, "no memory for an image of %d x %d pixels", width, height);
  if (!png_image_write_to_memory(&image, out->bytes, &size, 0, pixels, 0, NULL)) {
    error_set(error, ERROR_DATA, "cannot encode an image of %d x %d pixels: %s", width, height, image.message);
    png_image_free(&image);
    free(out->bytes);
    *out = (struct png){0};
    return false;
  }
  out->size = size;
  return true;
}

bool png_write(const char *path, const uint8_t *pixels, int width, int height, int channels, struct error *error) {
  struct png png;
  if (!png_encode(&png, pixels, width, height, channels, error)) return false;
  bool ok = file_write_whole(path, png.bytes, png.size, error);
  free(png.bytes);
  return ok;
}
