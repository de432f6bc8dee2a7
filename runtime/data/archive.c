/* An archive of images: tar, plain or compressed by gzip, bzip2, xz or zstd, or zip, through libarchive. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "data/image_file.h"
#include "data/images.h"

/* A tar file says so at 257; what is compressed in another way than gzip is taken to be one. */
static bool knows(const struct contents *contents) {
  static const struct {
    int at;
    const char *bytes;
    int n;
  } magic[] = {{257, "ustar", 5},
               {0,
                "\xfd"
                "7zXZ",
                6},
               {0, "BZh", 3},
               {0, "\x28\xb5\x2f\xfd", 4},
               {0, "PK\3\4", 4}};
  for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
    if (contents->head_size >= magic[i].at + magic[i].n &&
        memcmp(contents->head + magic[i].at, magic[i].bytes, (size_t)magic[i].n) == 0)
      return true;
  return false;
}

#ifdef HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>

struct member {
  unsigned char *bytes; /* of one file after the other; grows as bytes come, whatever a header says */
  int64_t size, capacity;
};

static bool broken(struct datafile *file, struct archive *archive, struct error *error) {
  const char *reason = archive_error_string(archive);
  return datafile_error(file, error, "%s", reason ? reason : "it is damaged");
}

/* What was decompressed so far, which also counts what is skipped. */
static bool within_limit(struct datafile *file, struct archive *archive, const struct member *member,
                         struct error *error) {
  int64_t limit = file->inside->options.limit;
  if (archive_filter_bytes(archive, 0) <= limit && member->size <= limit) return true;
  return datafile_error(file, error, "it decompresses to more than %lld bytes, the limit", (long long)limit);
}

static bool read_member(struct datafile *file, struct archive *archive, struct member *member, struct error *error) {
  for (member->size = 0;;) {
    if (member->size == member->capacity) {
      int64_t capacity = member->capacity ? 2 * member->capacity : 1 << 16;
      unsigned char *larger = realloc(member->bytes, (size_t)capacity);
      if (!larger) return datafile_error(file, error, "no memory for a file in it");
      member->bytes = larger;
      member->capacity = capacity;
    }
    la_ssize_t n = archive_read_data(archive, member->bytes + member->size, (size_t)(member->capacity - member->size));
    if (n < 0) return broken(file, archive, error);
    if (n == 0) return true;
    member->size += n;
    if (!within_limit(file, archive, member, error)) return false;
  }
}

static bool each_member(struct datafile *file, struct archive *archive, image_taker *take, void *context,
                        struct error *error) {
  struct member member = {0};
  struct archive_entry *entry;
  int code;
  bool ok = true;
  while (ok && (code = archive_read_next_header(archive, &entry)) != ARCHIVE_EOF) {
    const char *path = code >= ARCHIVE_WARN ? archive_entry_pathname(entry) : NULL;
    while (path && strncmp(path, "./", 2) == 0) path += 2;
    member.size = 0;
    if (code < ARCHIVE_WARN) ok = broken(file, archive, error);
    else if (!within_limit(file, archive, &member, error)) ok = false;
    else if (path && archive_entry_filetype(entry) == AE_IFREG && image_file_named(path))
      ok = read_member(file, archive, &member, error) &&
           take(context, arena_copy_string(file->inside->arena, path, strlen(path)), member.bytes, member.size);
  }
  free(member.bytes);
  return ok;
}

static bool each_image(struct datafile *file, image_taker *take, void *context, struct error *error) {
  const struct contents *contents = &file->inside->contents;
  struct archive *archive = archive_read_new();
  if (!archive) return datafile_error(file, error, "no memory for libarchive");
  archive_read_support_filter_gzip(archive);
  archive_read_support_filter_bzip2(archive);
  archive_read_support_filter_xz(archive);
  archive_read_support_filter_zstd(archive);
  archive_read_support_format_tar(archive);
  archive_read_support_format_zip(archive);
  int code = archive_read_open_memory(archive, contents->on_disk, (size_t)contents->disk_size);
  bool ok = code == ARCHIVE_OK ? each_member(file, archive, take, context, error) : broken(file, archive, error);
  archive_read_free(archive);
  return ok;
}

static bool open_archive(struct datafile *file, struct error *error) { return images_open(file, each_image, error); }
#endif

const struct reader archive_reader = {
    .format = "archive of images",
    .suffixes = ".tar .tgz .tar.xz .txz .tar.bz2 .tar.zst .zip",
    .library = "libarchive",
    .package = "libarchive-dev",
    .knows = knows,
#ifdef HAVE_ARCHIVE
    .open = open_archive,
    .load = images_load,
#endif
};
