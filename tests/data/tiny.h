/* A data set of six bytes an image, and IDX files that tell the truth or lie about it. */
#ifndef TESTS_TINY_H
#define TESTS_TINY_H
#include <stdint.h>
#include <zlib.h>

#include "base/schema.h"
#include "tests/data/scratch.h"

static const struct data_column tiny_columns[] = {
    {.name = "image",
     .type = U8,
     .shape = {3, {1, 2, 3}},
     .file = {{"train-images", "72cb115f3070a701e6ed2203b2c58e320726188a98201c88a1ab1dd5202378b3"},
              {"test-images", "0d74d0b1c1c92474525312c377f3e5fbc23dc7db68d5ac54b97882cde5d13581"}}},
    {.name = "label",
     .type = U8,
     .shape = {0, {0}},
     .classes = 3,
     .file = {{"train-labels", "8ee36b3a7e2ffe4396b241e5d04e4587d2477491a8e6ea48f03b02dd962afecb"},
              {"test-labels", "431bcab1dd172ba755db1bce18699cb2f928cce44b52232c8939261fef2d75ad"}}}};

static const struct data_set tiny = {
    .name = "tiny", .folder = "tiny-set", .n_columns = 2, .column = tiny_columns, .rows = {4, 2}, .mirrors = ""};

/* n numbers big-endian, then size bytes 0, 1, 2, ... */
static inline size_t idx_bytes(unsigned char *out, const uint32_t *number, int n, size_t size) {
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 4; k++) *out++ = (unsigned char)(number[i] >> (24 - 8 * k));
  for (size_t i = 0; i < size; i++) *out++ = (unsigned char)i;
  return (size_t)(4 * n) + size;
}

static inline void write_images(const char *path, uint32_t magic, uint32_t rows, uint32_t h, uint32_t w, size_t size) {
  unsigned char bytes[4096];
  scratch_write(path, bytes, idx_bytes(bytes, (uint32_t[]){magic, rows, h, w}, 4, size));
}

static inline void write_labels(const char *path, uint32_t rows, const char *labels) {
  unsigned char bytes[256];
  size_t header = idx_bytes(bytes, (uint32_t[]){0x801, rows}, 2, 0);
  memcpy(bytes + header, labels, rows);
  scratch_write(path, bytes, header + rows);
}

/* tiny-set/ under root, as it should be. */
static inline void write_tiny(const char *root) {
  char path[256];
  mkdir(root, 0777);
  snprintf(path, sizeof path, "%s/tiny-set", root);
  ck_assert_int_eq(mkdir(path, 0777), 0);
  snprintf(path, sizeof path, "%s/tiny-set/train-images", root);
  write_images(path, 0x803, 4, 2, 3, 24);
  snprintf(path, sizeof path, "%s/tiny-set/test-images", root);
  write_images(path, 0x803, 2, 2, 3, 12);
  snprintf(path, sizeof path, "%s/tiny-set/train-labels", root);
  write_labels(path, 4, "\0\1\2\1");
  snprintf(path, sizeof path, "%s/tiny-set/test-labels", root);
  write_labels(path, 2, "\2\0");
}

#endif
