/* Folders of images, as they are or in an archive: one folder a class, all images of one size.
 *
 *   animals/cat/1.png         image, label and path: the label is the folder's name
 *   animals/train/cat/1.png   the same for each split: train/image, train/label, train/path, test/image, ...
 *   animals/1.png             image and path
 *
 * Rows are in the order of the paths.  The files are gone through once for the names and the sizes, and again for the
 * pixels when some are asked for. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "data/images.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "data/image_file.h"

static const char *const split_names[] = {"train", "test", "val", "valid", "validation"};
enum { SPLITS = sizeof split_names / sizeof *split_names, NO_SPLIT = -1 };

struct image {
  const char *path;
  struct string class; /* its folder's name */
  int split;
};

struct images {
  images_source *source;
  VEC(struct image) all; /* sorted by split, then path */
  struct image_size size;
  uint8_t *pixels; /* of all, once some were asked for */
  struct datafile *file;
  struct error *error;
};

/* ---- names ---- */

/* Which split a folder of the path is of, from the outermost. */
static int split_of(const char *path) {
  for (const char *end; (end = strchr(path, '/')); path = end + 1)
    for (int i = 0; i < SPLITS; i++)
      if (strlen(split_names[i]) == (size_t)(end - path) && memcmp(path, split_names[i], (size_t)(end - path)) == 0)
        return i;
  return NO_SPLIT;
}

/* The name of the innermost folder; none where that is the split's own. */
static struct string class_of(const char *path, int split) {
  const char *end = strrchr(path, '/'), *begin = end;
  if (!end) return (struct string){path, 0};
  while (begin > path && begin[-1] != '/') begin--;
  size_t length = (size_t)(end - begin);
  const char *name = split == NO_SPLIT ? "" : split_names[split];
  bool of_split = strlen(name) == length && memcmp(begin, name, length) == 0;
  return (struct string){begin, of_split ? 0 : length};
}

static int compare_images(const void *a, const void *b) {
  const struct image *x = a, *y = b;
  return x->split != y->split ? x->split - y->split : strcmp(x->path, y->path);
}

/* ---- the first time: names and sizes ---- */

static bool image_error(const struct images *images, const char *path, const char *problem) {
  return datafile_error(images->file, images->error, "'%s': %s", path, problem);
}

static bool list_image(void *context, const char *path, const unsigned char *bytes, int64_t n) {
  struct images *images = context;
  struct arena *arena = images->file->inside->arena;
  char problem[IMAGE_PROBLEM];
  struct image_size size, *first = &images->size;
  if (!image_file_size(bytes, n, &size, problem)) return image_error(images, path, problem);
  if (!images->all.n) *first = size;
  if (size.channels != first->channels || size.height != first->height || size.width != first->width)
    return image_error(images, path,
                       arena_format(arena, "it is of [%lld, %lld, %lld] where '%s' is of [%lld, %lld, %lld]",
                                    (long long)size.channels, (long long)size.height, (long long)size.width,
                                    images->all.at[0].path, (long long)first->channels, (long long)first->height,
                                    (long long)first->width));
  struct image image = {.path = arena_copy_string(arena, path, strlen(path))};
  image.split = split_of(image.path);
  image.class = class_of(image.path, image.split);
  vec_push(arena, &images->all, image);
  return true;
}

/* One entry for each split: the images, the class numbers (of one list of names, so that a split may lack a class),
 * the paths. */
struct splits {
  size_t n;
  struct {
    const char *prefix;
    int64_t rows;
  } at[SPLITS];
};

static bool add_strings(struct images *images, const struct splits *splits, bool paths, struct error *error) {
  struct datafile *file = images->file;
  struct string_part part[SPLITS];
  struct string *row = malloc(size_product(images->all.n, sizeof *row));
  if (!row) return datafile_error(file, error, "no memory for the names of its images");
  for (size_t i = 0; i < images->all.n; i++) {
    const struct image *image = &images->all.at[i];
    row[i] = paths ? (struct string){image->path, strlen(image->path)} : image->class;
  }
  for (size_t i = 0; i < splits->n; i++) {
    const char *name = paths ? "path" : "label";
    part[i].name = arena_format(file->inside->arena, "%s%s", splits->at[i].prefix, name);
    part[i].n = splits->at[i].rows;
  }
  bool ok = true;
  if (!paths) ok = strings_add_parts(file, part, splits->n, row, error);
  const struct string *from = row;
  for (size_t i = 0; ok && paths && i < splits->n; from += part[i++].n)
    ok = strings_add(file, part[i].name, from, part[i].n, error);
  free(row);
  return ok;
}

static struct splits find_splits(struct images *images) {
  struct splits splits = {0};
  for (size_t i = 0; i < images->all.n; i++) {
    int split = images->all.at[i].split;
    if (i == 0 || split != images->all.at[i - 1].split)
      splits.at[splits.n++].prefix = split == NO_SPLIT
                                         ? ""
                                         : arena_format(images->file->inside->arena, "%s/", split_names[split]);
    splits.at[splits.n - 1].rows++;
  }
  return splits;
}

/* Whether there are classes: every image is in a folder, and not all in one. */
static bool has_classes(const struct images *images) {
  bool several = false;
  struct string first = images->all.at[0].class;
  for (size_t i = 0; i < images->all.n; i++) {
    struct string class = images->all.at[i].class;
    if (!class.length) return false;
    several = several || class.length != first.length || memcmp(class.at, first.at, first.length) != 0;
  }
  return several;
}

/* Where some image is in no split, a folder that is called like one is a class. */
static void settle_splits(struct images *images) {
  bool every = true;
  for (size_t i = 0; i < images->all.n; i++) every = every && images->all.at[i].split != NO_SPLIT;
  for (size_t i = 0; !every && i < images->all.n; i++) {
    images->all.at[i].split = NO_SPLIT;
    images->all.at[i].class = class_of(images->all.at[i].path, NO_SPLIT);
  }
  qsort(images->all.at, images->all.n, sizeof *images->all.at, compare_images);
}

static bool add_entries(struct images *images, struct error *error) {
  const struct image_size *size = &images->size;
  settle_splits(images);
  struct splits splits = find_splits(images);
  for (size_t i = 0; i < splits.n; i++)
    array_add(images->file,
              &(struct found){.name = arena_format(images->file->inside->arena, "%simage", splits.at[i].prefix),
                              .type = STORED_U8,
                              .rank = 4,
                              .dim = (int64_t[]){splits.at[i].rows, size->channels, size->height, size->width}});
  return (!has_classes(images) || add_strings(images, &splits, false, error)) &&
         add_strings(images, &splits, true, error);
}

bool images_open(struct datafile *file, images_source *source, struct error *error) {
  struct images *images = file->inside->state = ARENA_NEW(file->inside->arena, struct images);
  *images = (struct images){.source = source, .file = file, .error = error};
  if (!source(file, list_image, images, error)) return false;
  if (!images->all.n) return datafile_error(file, error, "there is no PNG or JPEG file in it");
  return add_entries(images, error);
}

/* ---- the second time: pixels ---- */

static struct image *find_image(struct images *images, const char *path) {
  for (int split = NO_SPLIT; split < SPLITS; split++) {
    struct image wanted = {.path = path, .split = split};
    struct image *image = bsearch(&wanted, images->all.at, images->all.n, sizeof wanted, compare_images);
    if (image) return image;
  }
  return NULL;
}

static bool decode_image(void *context, const char *path, const unsigned char *bytes, int64_t n) {
  struct images *images = context;
  char problem[IMAGE_PROBLEM];
  const struct image *image = find_image(images, path);
  if (!image) return image_error(images, path, "it was not there before");
  int64_t size = images->size.channels * images->size.height * images->size.width;
  uint8_t *pixels = images->pixels + (image - images->all.at) * size;
  return image_file_decode(bytes, n, &images->size, pixels, problem) || image_error(images, path, problem);
}

bool images_load(struct datafile *file, size_t i, int64_t first, int64_t n, struct error *error) {
  struct images *images = file->inside->state;
  const struct image_size *size = &images->size;
  (void)i;
  (void)first;
  (void)n;
  if (images->pixels) return true;
  int64_t bytes = array_bytes(4, (int64_t[]){(int64_t)images->all.n, size->channels, size->height, size->width}, 1);
  if (!(images->pixels = datafile_block(file, bytes, error))) return false;
  images->error = error;
  bool ok = images->source(file, decode_image, images, error);
  const unsigned char *at = images->pixels;
  for (size_t k = 0; k < file->n; k++) {
    if (file->entry[k].type == STORED_STRING) continue;
    file->inside->values[k].at = at;
    at += file->entry[k].rows * shape_count(file->entry[k].shape);
  }
  if (!ok) images->pixels = NULL; /* it may be asked for again, and would be refused again */
  return ok;
}
