/* PNG and JPEG files -> pixels, [channels, height, width], a byte each.  Colours are as they are stored: no gamma, no
 * profile; an alpha channel is a channel.
 *
 * Ownership: everything is the caller's. */
#ifndef DATA_IMAGE_FILE_H
#define DATA_IMAGE_FILE_H
#include <stdbool.h>
#include <stdint.h>

struct image_size {
  int64_t channels, height, width;
};

enum { IMAGE_PROBLEM = 200 };

/* Whether the name is one of a file that can be read, and neither it nor a folder of it is hidden. */
bool image_file_named(const char *path);

/* The size of an image by its header; false with what is wrong with it. */
bool image_file_size(const unsigned char *bytes, int64_t n, struct image_size *size, char problem[IMAGE_PROBLEM]);

/* Decodes into channels * height * width bytes, of the size that image_file_size has found. */
bool image_file_decode(const unsigned char *bytes, int64_t n, const struct image_size *size, uint8_t *pixels,
                       char problem[IMAGE_PROBLEM]);

#endif
