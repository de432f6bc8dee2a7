/* Many image files as arrays, wherever the files are.
 * Ownership: as of any reader. */
#ifndef DATA_IMAGES_H
#define DATA_IMAGES_H
#include "data/reader.h"

/* Is given the bytes of a file, which are gone afterwards; false, with the error set, ends it. */
typedef bool image_taker(void *context, const char *path, const unsigned char *bytes, int64_t n);

/* Gives every file that is called like an image to the taker; false with an error. */
typedef bool images_source(struct datafile *file, image_taker *take, void *context, struct error *error);

bool images_open(struct datafile *file, images_source *source, struct error *error);
bool images_load(struct datafile *file, size_t i, int64_t first, int64_t n, struct error *error);

#endif
