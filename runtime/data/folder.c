/* A folder of images: every PNG and JPEG file in it and in the folders below, by their relative paths. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/image_file.h"
#include "data/images.h"

enum { DEPTH = 16 };

struct walk {
  struct datafile *file;
  struct error *error;
  /* Is given each file, in the order of names; false ends the walk. */
  bool (*give)(struct walk *walk, const char *path, const unsigned char *bytes, int64_t n);
  void *context;
  image_taker *take;
  unsigned char *bytes; /* of one file after the other */
  int64_t capacity;
};

/* All of a file into walk->bytes; its size, or -1 with an error. */
static int64_t read_file(struct walk *walk, const char *path, int64_t size) {
  FILE *file = fopen(path, "rb");
  if (file && size > walk->capacity) {
    free(walk->bytes);
    walk->bytes = malloc((size_t)size);
    walk->capacity = walk->bytes ? size : 0;
  }
  bool ok = file && walk->capacity >= size && fread(walk->bytes, 1, (size_t)size, file) == (size_t)size;
  if (!ok) error_set(walk->error, ERROR_DATA, "cannot read '%s': %s", path, strerror(errno ? errno : EIO));
  if (file) fclose(file);
  return ok ? size : -1;
}

static bool walk_folder(struct walk *walk, const char *prefix, int depth);

static bool walk_name(struct walk *walk, const char *relative, int depth) {
  const char *path = arena_format(walk->file->inside->arena, "%s/%s", walk->file->path, relative);
  struct stat status;
  if (stat(path, &status) != 0) return true; /* a link to nowhere */
  if (S_ISDIR(status.st_mode))
    return walk_folder(walk, arena_format(walk->file->inside->arena, "%s/", relative), depth + 1);
  if (!S_ISREG(status.st_mode) || !image_file_named(relative)) return true;
  int64_t n = read_file(walk, path, status.st_size);
  return n >= 0 && walk->give(walk, relative, walk->bytes, n);
}

static bool walk_folder(struct walk *walk, const char *prefix, int depth) {
  const char *path = arena_format(walk->file->inside->arena, "%s/%s", walk->file->path, prefix);
  struct dirent **name = NULL;
  if (depth > DEPTH) return datafile_error(walk->file, walk->error, "its folders are more than %d deep", DEPTH);
  int n = scandir(path, &name, NULL, alphasort);
  bool ok = n >= 0 || datafile_error(walk->file, walk->error, "'%s': %s", path, strerror(errno));
  for (int i = 0; i < n; i++) {
    if (ok && name[i]->d_name[0] != '.')
      ok = walk_name(walk, arena_format(walk->file->inside->arena, "%s%s", prefix, name[i]->d_name), depth);
    free(name[i]);
  }
  free(name);
  return ok;
}

static bool run(struct walk *walk) {
  bool ok = walk_folder(walk, "", 0);
  free(walk->bytes);
  return ok;
}

static bool give_image(struct walk *walk, const char *path, const unsigned char *bytes, int64_t n) {
  return walk->take(walk->context, path, bytes, n);
}

static bool each_image(struct datafile *file, image_taker *take, void *context, struct error *error) {
  return run(&(struct walk){.file = file, .error = error, .give = give_image, .context = context, .take = take});
}

static bool add_to_digest(struct walk *walk, const char *path, const unsigned char *bytes, int64_t n) {
  struct sha256 *sha = walk->context;
  sha256_add(sha, path, strlen(path) + 1);
  sha256_add(sha, &n, sizeof n);
  sha256_add(sha, bytes, (size_t)n);
  return true;
}

static bool digest(const struct datafile *file, struct sha256 *sha, struct error *error) {
  struct datafile *walked = (struct datafile *)(uintptr_t)file; /* for its arena alone */
  return run(&(struct walk){.file = walked, .error = error, .give = add_to_digest, .context = sha});
}

static bool knows(const struct contents *contents) { return contents->folder; }

static bool open_folder(struct datafile *file, struct error *error) { return images_open(file, each_image, error); }

const struct reader folder_reader = {.format = "folder of images",
                                     .suffixes = "",
                                     .knows = knows,
                                     .open = open_folder,
                                     .load = images_load,
                                     .digest = digest};
