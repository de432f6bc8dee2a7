/* The bytes of a file: mapped, or decompressed where it is gzip.
 * Ownership: contents_close releases what contents_open and contents_whole took. */
#ifndef DATA_CONTENTS_H
#define DATA_CONTENTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CONTENTS_HEAD = 1024 };

struct contents {
  const char *path;
  bool folder;                /* a folder has no bytes */
  bool packed;                /* gzip */
  const unsigned char *bytes; /* NULL for a packed file until contents_whole */
  int64_t size;
  unsigned char head[CONTENTS_HEAD]; /* the first bytes, decompressed */
  int64_t head_size;
  const unsigned char *on_disk;
  int64_t disk_size;
  int descriptor; /* of a file that is mapped; else -1 */
};

/* The path must stay. */
bool contents_open(struct contents *contents, const char *path, struct error *error);

/* Makes `bytes` and `size` those of the whole file; what is decompressed is at most limit bytes. */
bool contents_whole(struct contents *contents, int64_t limit, struct error *error);

/* Copies the n bytes at `at`.  Those of a mapped file are read, not touched: one page that is touched can bring megabytes
 * around it into this process's memory, and a file that someone cuts short is an error, not a signal. */
bool contents_read(const struct contents *contents, const unsigned char *at, size_t n, void *out, struct error *error);

/* Gives back the memory of a mapped file, whose bytes are read again when they are needed. */
void contents_forget(const struct contents *contents);

void contents_close(struct contents *contents);

#endif
