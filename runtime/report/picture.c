#include "report/picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"

enum { BACKGROUND = 112, LARGEST = 1 << 15 };

struct size {
  int64_t width, height, channels;
};

static bool size_of_part(struct size *size, const struct array *part, int64_t samples, struct fault *fault) {
  struct shape s = part->shape;
  char text[SHAPE_TEXT];
  bool good = part->type == F32 && (s.rank == 2 || (s.rank == 3 && (s.dim[0] == 1 || s.dim[0] == 3)));
  for (int i = 0; good && i < s.rank; i++) good = s.dim[i] >= 1 && s.dim[i] <= LARGEST;
  if (!good)
    return fault_set(fault, FAULT_DATA,
                     "'%s' is not an image: %s %s, where f32 [h, w], [1, h, w] or [3, h, w] is wanted",
                     part->name ? part->name : "array", dtype_name(part->type), shape_text(text, s, false));
  if (part->rows < samples)
    return fault_set(fault, FAULT_DATA, "'%s' has %lld rows, and %lld are to be shown",
                     part->name ? part->name : "array", (long long)part->rows, (long long)samples);
  *size = (struct size){s.dim[s.rank - 1], s.dim[s.rank - 2], s.rank == 3 ? s.dim[0] : 1};
  return true;
}

static bool size_of_strip(struct size *size, const struct strip *strip, int64_t samples, struct fault *fault) {
  *size = (struct size){0, 0, 1};
  for (int i = 0; i < strip->parts; i++) {
    struct size part;
    if (!size_of_part(&part, strip->part[i], samples, fault)) return false;
    if (size->height && part.height != size->height)
      return fault_set(fault, FAULT_DATA, "images of %lld and of %lld pixels' height do not stand side by side",
                       (long long)size->height, (long long)part.height);
    size->width += part.width;
    size->height = part.height;
    if (part.channels > size->channels) size->channels = part.channels;
  }
  return size->width || fault_set(fault, FAULT_DATA, "a strip of a picture has no images");
}

static uint8_t byte_of(float value) { /* NaN fails both comparisons */
  return value >= 1 ? 255 : value > 0 ? (uint8_t)(value * 255 + 0.5f) : 0;
}

/* A canvas of interleaved bytes. */
struct canvas {
  uint8_t *pixels;
  int64_t width, height, channels;
};

static void draw_part(const struct canvas *canvas, const struct array *part, int64_t sample, int64_t left,
                      int64_t top, int64_t scale) {
  struct size size;
  struct fault none = {0};
  if (!size_of_part(&size, part, sample + 1, &none)) return;
  const float *image = (const float *)part->data + sample * size.channels * size.height * size.width;
  for (int64_t y = 0; y < size.height * scale; y++)
    for (int64_t x = 0; x < size.width * scale; x++)
      for (int64_t c = 0; c < canvas->channels; c++) {
        int64_t from = ((size.channels == 1 ? 0 : c) * size.height + y / scale) * size.width + x / scale;
        canvas->pixels[((top + y) * canvas->width + left + x) * canvas->channels + c] = byte_of(image[from]);
      }
}

static void draw_strip(const struct canvas *canvas, const struct strip *strip, int64_t sample, int64_t left,
                       int64_t top, int64_t scale) {
  for (int i = 0; i < strip->parts; i++) {
    int rank = strip->part[i]->shape.rank;
    draw_part(canvas, strip->part[i], sample, left, top, scale);
    left += strip->part[i]->shape.dim[rank - 1] * scale;
  }
}

static bool canvas_new(struct canvas *canvas, struct fault *fault) {
  if (canvas->width > LARGEST || canvas->height > LARGEST)
    return fault_set(fault, FAULT_DATA, "a picture of %lld x %lld pixels is too large: a side is at most %d",
                     (long long)canvas->width, (long long)canvas->height, LARGEST);
  size_t size = (size_t)(canvas->width * canvas->height * canvas->channels);
  canvas->pixels = block_alloc(size);
  if (!canvas->pixels) return fault_set(fault, FAULT_DATA, "no memory for a picture of %zu bytes", size);
  memset(canvas->pixels, BACKGROUND, size);
  return true;
}

static bool finish(struct canvas *canvas, struct png *png, struct fault *fault) {
  bool ok = png_encode(png, canvas->pixels, (int)canvas->width, (int)canvas->height, (int)canvas->channels, fault);
  free(canvas->pixels);
  return ok;
}

bool picture_encode_one(struct png *png, const struct strip *strip, int64_t sample, struct fault *fault) {
  struct size size;
  *png = (struct png){0};
  if (!size_of_strip(&size, strip, sample + 1, fault)) return false;
  struct canvas canvas = {NULL, size.width, size.height, size.channels};
  if (!canvas_new(&canvas, fault)) return false;
  draw_strip(&canvas, strip, sample, 0, 0, 1);
  return finish(&canvas, png, fault);
}

/* Width and height without any gaps, the widest strip deciding. */
static bool size_of_picture(struct size *cell, int64_t *height, const struct picture *picture,
                            struct fault *fault) {
  *cell = (struct size){0, 0, 1};
  *height = 0;
  for (int i = 0; i < picture->n_strips; i++) {
    struct size size;
    if (!size_of_strip(&size, &picture->strips[i], picture->samples, fault)) return false;
    if (size.width > cell->width) cell->width = size.width;
    if (size.channels > cell->channels) cell->channels = size.channels;
    *height += size.height;
    if (*height > LARGEST) return fault_set(fault, FAULT_DATA, "a picture's images are too high");
  }
  bool empty = !picture->n_strips || picture->samples < 1;
  return !empty || fault_set(fault, FAULT_DATA, "picture '%s' has no images", picture->name);
}

bool picture_encode(struct png *png, const struct picture *picture, int scale, int gap, struct fault *fault) {
  struct size cell;
  int64_t height, top = gap;
  *png = (struct png){0};
  if (scale < 1 || scale > 64 || gap < 0 || gap > 64)
    return fault_set(fault, FAULT_DATA, "a picture's scale is 1 to 64 and its gap 0 to 64, not %d and %d", scale,
                     gap);
  if (!size_of_picture(&cell, &height, picture, fault)) return false;
  int64_t step = cell.width * scale + gap, samples = picture->samples > LARGEST ? LARGEST : picture->samples;
  struct canvas canvas = {NULL, samples * step + gap, height * scale + (picture->n_strips + 1) * gap,
                          cell.channels};
  if (!canvas_new(&canvas, fault)) return false;
  for (int i = 0; i < picture->n_strips; i++) {
    const struct strip *strip = &picture->strips[i];
    const struct shape *shape = &strip->part[0]->shape;
    for (int64_t sample = 0; sample < samples; sample++)
      draw_strip(&canvas, strip, sample, gap + sample * step, top, scale);
    top += shape->dim[shape->rank - 2] * scale + gap;
  }
  return finish(&canvas, png, fault);
}

bool picture_write(const char *path, const struct picture *picture, int scale, int gap, struct fault *fault) {
  struct png png;
  if (!picture_encode(&png, picture, scale, gap, fault)) return false;
  bool ok = file_write_whole(path, png.bytes, png.size, fault);
  free(png.bytes);
  return ok;
}
