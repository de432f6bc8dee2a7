/* Images as PNG (ISO/IEC 15948), through libpng: written here alone.
 *
 * Ownership: the bytes of an encoded image are the caller's, released with free(). */
#ifndef BASE_PNG_H
#define BASE_PNG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct png {
  unsigned char *bytes;
  size_t size;
};

/* Encodes width x height pixels, rows from the top, channels interleaved, one byte each; channels is 1 (grey) or 3
 * (red, green, blue).  ERROR_DATA for an empty or too large image, or for want of memory. */
bool png_encode(struct png *png, const uint8_t *pixels, int width, int height, int channels, struct error *error);

/* The same into a file, which is written whole or not at all. */
bool png_write(const char *path, const uint8_t *pixels, int width, int height, int channels, struct error *error);

#endif
