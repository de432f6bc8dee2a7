#include "report/image_grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"

enum { BACKGROUND = 112, LARGEST = 1 << 15 };

struct size {
  int64_t width, height, channels;
};

static bool size_of_part(struct size *size, const struct array *part, int64_t samples, struct error *error) {
  struct shape s = part->shape;
  char string[SHAPE_STRING];
  bool good = part->type == F32 && (s.rank == 2 || (s.rank == 3 && (s.dim[0] == 1 || s.dim[0] == 3)));
  for (int i = 0; good && i < s.rank; i++) good = s.dim[i] >= 1 && s.dim[i] <= LARGEST;
  if (!good)
    return error_set(error, ERROR_DATA,
                     "'%s' is not an image: %s %s, where f32 [h, w], [1, h, w] or [3, h, w] is wanted",
                     part->name ? part->name : "array", dtype_name(part->type), shape_string(string, s, false));
  if (part->rows < samples)
    return error_set(error, ERROR_DATA, "'%s' has %lld rows, and %lld are to be shown",
                     part->name ? part->name : "array", (long long)part->rows, (long long)samples);
  *size = (struct size){s.dim[s.rank - 1], s.dim[s.rank - 2], s.rank == 3 ? s.dim[0] : 1};
  return true;
}

static bool size_of_grid_row(struct size *size, const struct grid_row *grid_row, int64_t samples, struct error *error) {
  *size = (struct size){0, 0, 1};
  for (int i = 0; i < grid_row->parts; i++) {
    struct size part;
    if (!size_of_part(&part, grid_row->part[i], samples, error)) return false;
    if (size->height && part.height != size->height)
      return error_set(error, ERROR_DATA, "images of %lld and of %lld pixels' height do not stand side by side",
                       (long long)size->height, (long long)part.height);
    size->width += part.width;
    size->height = part.height;
    if (part.channels > size->channels) size->channels = part.channels;
  }
  return size->width || error_set(error, ERROR_DATA, "a row of an image grid has no images");
}

static uint8_t byte_of(float value) { /* NaN fails both comparisons */
  return value >= 1 ? 255 : value > 0 ? (uint8_t)(value * 255 + 0.5f) : 0;
}

/* A canvas of interleaved bytes. */
struct canvas {
  uint8_t *pixels;
  int64_t width, height, channels;
};

static void draw_part(const struct canvas *canvas, const struct array *part, int64_t sample, int64_t left, int64_t top,
                      int64_t scale) {
  struct size size;
  struct error none = {0};
  if (!size_of_part(&size, part, sample + 1, &none)) return;
  const float *image = (const float *)part->data + sample * size.channels * size.height * size.width;
  for (int64_t y = 0; y < size.height * scale; y++)
    for (int64_t x = 0; x < size.width * scale; x++)
      for (int64_t c = 0; c < canvas->channels; c++) {
        int64_t from = ((size.channels == 1 ? 0 : c) * size.height + y / scale) * size.width + x / scale;
        canvas->pixels[((top + y) * canvas->width + left + x) * canvas->channels + c] = byte_of(image[from]);
      }
}

static void draw_grid_row(const struct canvas *canvas, const struct grid_row *grid_row, int64_t sample, int64_t left,
                          int64_t top, int64_t scale) {
  for (int i = 0; i < grid_row->parts; i++) {
    int rank = grid_row->part[i]->shape.rank;
    draw_part(canvas, grid_row->part[i], sample, left, top, scale);
    left += grid_row->part[i]->shape.dim[rank - 1] * scale;
  }
}

static bool canvas_new(struct canvas *canvas, struct error *error) {
  if (canvas->width > LARGEST || canvas->height > LARGEST)
    return error_set(error, ERROR_DATA, "an image of %lld x %lld pixels is too large: a side is at most %d",
                     (long long)canvas->width, (long long)canvas->height, LARGEST);
  size_t size = (size_t)(canvas->width * canvas->height * canvas->channels);
  canvas->pixels = block_alloc(size);
  if (!canvas->pixels) return error_set(error, ERROR_DATA, "no memory for an image of %zu bytes", size);
  memset(canvas->pixels, BACKGROUND, size);
  return true;
}

static bool finish(struct canvas *canvas, struct png *png, struct error *error) {
  bool ok = png_encode(png, canvas->pixels, (int)canvas->width, (int)canvas->height, (int)canvas->channels, error);
  free(canvas->pixels);
  return ok;
}

bool image_grid_encode_one(struct png *png, const struct grid_row *grid_row, int64_t sample, struct error *error) {
  struct size size;
  *png = (struct png){0};
  if (!size_of_grid_row(&size, grid_row, sample + 1, error)) return false;
  struct canvas canvas = {NULL, size.width, size.height, size.channels};
  if (!canvas_new(&canvas, error)) return false;
  draw_grid_row(&canvas, grid_row, sample, 0, 0, 1);
  return finish(&canvas, png, error);
}

/* Width and height without any gaps, the widest grid row deciding. */
static bool size_of_image_grid(struct size *cell, int64_t *height, const struct image_grid *image_grid,
                               struct error *error) {
  *cell = (struct size){0, 0, 1};
  *height = 0;
  for (int i = 0; i < image_grid->n_grid_rows; i++) {
    struct size size;
    if (!size_of_grid_row(&size, &image_grid->grid_rows[i], image_grid->samples, error)) return false;
    if (size.width > cell->width) cell->width = size.width;
    if (size.channels > cell->channels) cell->channels = size.channels;
    *height += size.height;
    if (*height > LARGEST) return error_set(error, ERROR_DATA, "an image grid's images are too high");
  }
  bool empty = !image_grid->n_grid_rows || image_grid->samples < 1;
  return !empty || error_set(error, ERROR_DATA, "image grid '%s' has no images", image_grid->name);
}

bool image_grid_encode(struct png *png, const struct image_grid *image_grid, int scale, int gap, struct error *error) {
  struct size cell;
  int64_t height, top = gap;
  *png = (struct png){0};
  if (scale < 1 || scale > 64 || gap < 0 || gap > 64)
    return error_set(error, ERROR_DATA, "an image grid's scale is 1 to 64 and its gap 0 to 64, not %d and %d", scale,
                     gap);
  if (!size_of_image_grid(&cell, &height, image_grid, error)) return false;
  int64_t step = cell.width * scale + gap, samples = image_grid->samples > LARGEST ? LARGEST : image_grid->samples;
  struct canvas canvas = {NULL, samples * step + gap, height * scale + (image_grid->n_grid_rows + 1) * gap,
                          cell.channels};
  if (!canvas_new(&canvas, error)) return false;
  for (int i = 0; i < image_grid->n_grid_rows; i++) {
    const struct grid_row *grid_row = &image_grid->grid_rows[i];
    const struct shape *shape = &grid_row->part[0]->shape;
    for (int64_t sample = 0; sample < samples; sample++)
      draw_grid_row(&canvas, grid_row, sample, gap + sample * step, top, scale);
    top += shape->dim[shape->rank - 2] * scale + gap;
  }
  return finish(&canvas, png, error);
}

bool image_grid_write(const char *path, const struct image_grid *image_grid, int scale, int gap, struct error *error) {
  struct png png;
  if (!image_grid_encode(&png, image_grid, scale, gap, error)) return false;
  bool ok = file_write_whole(path, png.bytes, png.size, error);
  free(png.bytes);
  return ok;
}
