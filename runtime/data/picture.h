/* PNG and JPEG files -> pixels, [channels, height, width], a byte each.  Colours are as they are stored: no gamma, no
 * profile; an alpha channel is a channel.
 *
 * Ownership: everything is the caller's. */
#ifndef DATA_PICTURE_H
#define DATA_PICTURE_H
#include <stdbool.h>
#include <stdint.h>

struct picture {
  int64_t channels, height, width;
};

enum { PICTURE_PROBLEM = 200 };

/* Whether the name is one of a file that can be read, and neither it nor a folder of it is hidden. */
bool picture_named(const char *path);

/* The size of a picture by its header; false with what is wrong with it. */
bool picture_size(const unsigned char *bytes, int64_t n, struct picture *picture, char problem[PICTURE_PROBLEM]);

/* Decodes into channels * height * width bytes, of the size that picture_size has found. */
bool picture_decode(const unsigned char *bytes, int64_t n, const struct picture *picture, uint8_t *pixels,
                    char problem[PICTURE_PROBLEM]);

#endif
