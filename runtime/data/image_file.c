#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "data/image_file.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifdef HAVE_JPEG
#include <jpeglib.h>
#endif

bool image_file_named(const char *path) {
  static const char *const suffixes[] = {".png", ".jpg", ".jpeg"};
  const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
  if (path[0] == '.' || strstr(path, "/.") || !dot || (slash && dot < slash)) return false;
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
    if (strcasecmp(dot, suffixes[i]) == 0) return true;
  return false;
}

/* What a decoder reads and where it puts pixels, rows from the top; NULL: only the size is wanted. */
struct job {
  const unsigned char *bytes;
  int64_t n, at;
  struct image_size *size;
  uint8_t *pixels;
  unsigned char *row; /* one row with interleaved channels; of an interlaced PNG all of them, one after the other */
  char *problem;
};

static bool wrong(struct job *job, const char *problem) {
  snprintf(job->problem, IMAGE_PROBLEM, "%s", problem);
  return false;
}

/* Row y, from interleaved channels to planes. */
static void put_row(struct job *job, const unsigned char *row, int64_t y) {
  const struct image_size *p = job->size;
  for (int64_t c = 0; c < p->channels; c++) {
    uint8_t *out = job->pixels + (c * p->height + y) * p->width;
    for (int64_t x = 0; x < p->width; x++) out[x] = row[x * p->channels + c];
  }
}

/* Takes the size that a header says, or holds it against the one that is expected; allocates a row, or all. */
static bool settle_size(struct job *job, struct image_size found, bool all) {
  struct image_size *p = job->size;
  if (found.channels < 1 || found.height < 1 || found.width < 1) return wrong(job, "it is empty");
  if (!job->pixels) return *p = found, true;
  if (p->channels != found.channels || p->height != found.height || p->width != found.width)
    return wrong(job, "it has another size than before");
  job->row = malloc((size_t)(p->width * p->channels * (all ? p->height : 1)));
  return job->row || wrong(job, "there is no memory to decode it");
}

/* ---- PNG ---- */

static void png_take(png_structp png, png_bytep out, size_t n) {
  struct job *job = png_get_io_ptr(png);
  if ((int64_t)n > job->n - job->at) png_error(png, "it is truncated");
  memcpy(out, job->bytes + job->at, n);
  job->at += (int64_t)n;
}

static void png_says(png_structp png, png_const_charp message) {
  wrong(png_get_error_ptr(png), message);
  png_longjmp(png, 1);
}

static void png_warns(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

/* Palettes become colours, bits bytes, a transparent colour an alpha channel. */
static bool png_decode(struct job *job, png_structp png, png_infop info) {
  png_read_info(png, info);
  if (png_get_bit_depth(png, info) > 8) return wrong(job, "it has 16 bits a channel, and 8 are read");
  png_set_expand(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  struct image_size found = {png_get_channels(png, info), png_get_image_height(png, info),
                             png_get_image_width(png, info)};
  if (!settle_size(job, found, passes > 1)) return false;
  if (!job->pixels) return true;
  size_t stride = passes > 1 ? (size_t)(found.width * found.channels) : 0;
  for (int pass = 0; pass < passes; pass++)
    for (int64_t y = 0; y < found.height; y++) {
      png_read_row(png, job->row + (size_t)y * stride, NULL);
      if (pass + 1 == passes) put_row(job, job->row + (size_t)y * stride, y);
    }
  png_read_end(png, NULL);
  return true;
}

static bool png_run(struct job *job) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, job, png_says, png_warns);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  volatile bool ok = false;
  if (!info) {
    wrong(job, "there is no memory to read it");
  } else if (!setjmp(png_jmpbuf(png))) {
    png_set_read_fn(png, job, png_take);
    ok = png_decode(job, png, info);
  } else {
    ok = false;
  }
  png_destroy_read_struct(&png, &info, NULL);
  return ok;
}

/* ---- JPEG ---- */

#ifdef HAVE_JPEG
struct jpeg_end {
  struct jpeg_error_mgr base;
  jmp_buf back;
  struct job *job;
};

static void jpeg_says(j_common_ptr jpeg) {
  struct jpeg_end *end = (struct jpeg_end *)jpeg->err;
  char message[JMSG_LENGTH_MAX];
  end->base.format_message(jpeg, message);
  wrong(end->job, message);
  longjmp(end->back, 1);
}

/* A warning is about damaged data, which would be filled up with grey. */
static void jpeg_warns(j_common_ptr jpeg, int level) {
  if (level < 0) jpeg_says(jpeg);
}

static bool jpeg_decode(struct job *job, struct jpeg_decompress_struct *jpeg) {
  jpeg_mem_src(jpeg, job->bytes, (unsigned long)job->n);
  jpeg_read_header(jpeg, TRUE);
  struct image_size found = {jpeg->num_components, jpeg->image_height, jpeg->image_width};
  if (found.channels != 1 && found.channels != 3) return wrong(job, "it is neither grey nor of three colours");
  jpeg->out_color_space = found.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  if (!settle_size(job, found, false)) return false;
  if (!job->pixels) return true;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    int64_t y = jpeg->output_scanline;
    jpeg_read_scanlines(jpeg, &job->row, 1);
    put_row(job, job->row, y);
  }
  jpeg_finish_decompress(jpeg);
  return true;
}

static bool jpeg_run(struct job *job) {
  struct jpeg_decompress_struct jpeg = {0};
  struct jpeg_end end = {.job = job};
  volatile bool ok = false;
  jpeg.err = jpeg_std_error(&end.base);
  end.base.error_exit = jpeg_says;
  end.base.emit_message = jpeg_warns;
  if (!setjmp(end.back)) {
    jpeg_create_decompress(&jpeg);
    ok = jpeg_decode(job, &jpeg);
  } else {
    ok = false;
  }
  jpeg_destroy_decompress(&jpeg);
  return ok;
}
#else
static bool jpeg_run(struct job *job) {
  return wrong(job, "it is a JPEG file, and this program was built without libjpeg (package libjpeg-dev)");
}
#endif

static bool run(struct job *job) {
  static const unsigned char png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg[] = {0xff, 0xd8, 0xff};
  bool ok = false;
  if (job->n >= 8 && memcmp(job->bytes, png, sizeof png) == 0) ok = png_run(job);
  else if (job->n >= 3 && memcmp(job->bytes, jpeg, sizeof jpeg) == 0) ok = jpeg_run(job);
  else wrong(job, "it is neither PNG nor JPEG");
  free(job->row);
  return ok;
}

bool image_file_size(const unsigned char *bytes, int64_t n, struct image_size *size, char problem[IMAGE_PROBLEM]) {
  struct job job = {.bytes = bytes, .n = n, .size = size, .problem = problem};
  return run(&job);
}

bool image_file_decode(const unsigned char *bytes, int64_t n, const struct image_size *size, uint8_t *pixels,
                       char problem[IMAGE_PROBLEM]) {
  struct image_size expected = *size;
  struct job job = {.bytes = bytes, .n = n, .size = &expected, .pixels = pixels, .problem = problem};
  return run(&job);
}
