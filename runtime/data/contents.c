#define _DEFAULT_SOURCE /* madvise, pread */
#include "data/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"

static bool map(struct contents *contents, int descriptor, struct error *error) {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return error_set(error, ERROR_DATA, "cannot open '%s': %s", contents->path, strerror(errno));
  contents->folder = S_ISDIR(status.st_mode);
  if (contents->folder) return true;
  if (!S_ISREG(status.st_mode)) return error_set(error, ERROR_DATA, "'%s' is not a file", contents->path);
  if (status.st_size == 0) return error_set(error, ERROR_DATA, "'%s' is empty", contents->path);
  void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (bytes == MAP_FAILED) return error_set(error, ERROR_DATA, "cannot read '%s': %s", contents->path, strerror(errno));
  contents->on_disk = bytes;
  contents->disk_size = status.st_size;
  return true;
}

static bool damaged(const struct contents *contents, const z_stream *stream, int code, struct error *error) {
  if (code == Z_MEM_ERROR) return error_set(error, ERROR_DATA, "no memory to decompress '%s'", contents->path);
  if (code == Z_OK || code == Z_BUF_ERROR)
    return error_set(error, ERROR_DATA, "'%s' is truncated: its compressed data has no end", contents->path);
  return error_set(error, ERROR_DATA, "'%s' cannot be decompressed: %s", contents->path,
                   stream->msg ? stream->msg : "it is damaged");
}

/* Input is handed to zlib in pieces, because its counters are unsigned ints. */
static void feed(z_stream *stream, const struct contents *contents, int64_t *fed) {
  enum { PIECE = 1 << 24 };
  if (stream->avail_in > 0 || *fed >= contents->disk_size) return;
  int64_t left = contents->disk_size - *fed;
  stream->next_in = (unsigned char *)(uintptr_t)(contents->on_disk + *fed);
  stream->avail_in = (unsigned)(left < PIECE ? left : PIECE);
  *fed += stream->avail_in;
}

enum { GZIP_WINDOW = 15 + 16 };

/* The first bytes; a damaged file is found out by whoever reads on. */
static void inflate_head(struct contents *contents) {
  z_stream stream = {0};
  int64_t fed = 0;
  if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) return;
  feed(&stream, contents, &fed);
  stream.next_out = contents->head;
  stream.avail_out = sizeof contents->head;
  inflate(&stream, Z_SYNC_FLUSH);
  contents->head_size = (int64_t)(sizeof contents->head - stream.avail_out);
  inflateEnd(&stream);
}

bool contents_open(struct contents *contents, const char *path, struct error *error) {
  *contents = (struct contents){.path = path, .descriptor = -1};
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return error_set(error, ERROR_DATA, "cannot open '%s': %s", path, strerror(errno));
  bool ok = map(contents, descriptor, error);
  if (contents->on_disk) contents->descriptor = descriptor;
  else close(descriptor);
  if (!ok || contents->folder) return ok;
  contents->packed = contents->disk_size > 2 && contents->on_disk[0] == 0x1f && contents->on_disk[1] == 0x8b;
  if (contents->packed) {
    inflate_head(contents);
    return true;
  }
  contents->bytes = contents->on_disk;
  contents->size = contents->disk_size;
  contents->head_size = contents->size < CONTENTS_HEAD ? contents->size : CONTENTS_HEAD;
  memcpy(contents->head, contents->bytes, (size_t)contents->head_size);
  return true;
}

/* More memory at the end of what was decompressed; the size is never taken from the file. */
static bool grow(struct contents *contents, unsigned char **bytes, int64_t *capacity, int64_t limit,
                 struct error *error) {
  if (*capacity >= limit) {
    error_set(error, ERROR_DATA, "'%s' decompresses to more than %lld bytes, the limit", contents->path,
              (long long)limit);
    return false;
  }
  int64_t wanted = *capacity ? (*capacity > limit / 2 ? limit : 2 * *capacity) : 1 << 16;
  if (wanted > limit) wanted = limit;
  unsigned char *larger = realloc(*bytes, (size_t)wanted);
  if (!larger) return error_set(error, ERROR_DATA, "no memory to decompress '%s'", contents->path);
  *bytes = larger;
  *capacity = wanted;
  return true;
}

/* All members of the gzip file, one after the other, into *bytes. */
static bool inflate_all(struct contents *contents, z_stream *stream, unsigned char **bytes, int64_t limit,
                        struct error *error) {
  enum { PIECE = 1 << 24 };
  int64_t fed = 0, capacity = 0, n = 0;
  for (int code = Z_OK;;) {
    feed(stream, contents, &fed);
    if (code == Z_STREAM_END) {
      if (stream->avail_in == 0) break;
      inflateReset(stream);
    }
    if (n == capacity && !grow(contents, bytes, &capacity, limit, error)) return false;
    unsigned piece = capacity - n < PIECE ? (unsigned)(capacity - n) : PIECE;
    stream->next_out = *bytes + n;
    stream->avail_out = piece;
    code = inflate(stream, Z_NO_FLUSH);
    n += piece - stream->avail_out;
    bool starved = code == Z_BUF_ERROR ||
                   (code == Z_OK && stream->avail_in == 0 && fed >= contents->disk_size && stream->avail_out > 0);
    if (starved || (code != Z_OK && code != Z_STREAM_END)) return damaged(contents, stream, code, error);
  }
  contents->size = n;
  return true;
}

bool contents_whole(struct contents *contents, int64_t limit, struct error *error) {
  if (contents->bytes) return true;
  z_stream stream = {0};
  unsigned char *bytes = NULL;
  if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
    return error_set(error, ERROR_DATA, "no memory to decompress '%s'", contents->path);
  bool ok = inflate_all(contents, &stream, &bytes, limit, error);
  inflateEnd(&stream);
  if (ok && contents->size == 0) ok = error_set(error, ERROR_DATA, "'%s' is empty", contents->path);
  if (ok) contents->bytes = bytes;
  else free(bytes);
  return ok;
}

bool contents_read(const struct contents *contents, const unsigned char *at, size_t n, void *out, struct error *error) {
  if (!contents->on_disk || at < contents->on_disk || at >= contents->on_disk + contents->disk_size)
    return memcpy(out, at, n), true;
  off_t offset = at - contents->on_disk;
  for (size_t done = 0; done < n;) {
    ssize_t got = pread(contents->descriptor, (char *)out + done, n - done, offset + (off_t)done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error_set(error, ERROR_DATA, "cannot read '%s': %s", contents->path, strerror(errno));
    if (got == 0) return error_set(error, ERROR_DATA, "'%s' has become shorter since it was opened", contents->path);
    done += (size_t)got;
  }
  return true;
}

void contents_forget(const struct contents *contents) {
#ifdef MADV_DONTNEED
  if (contents->on_disk) madvise((void *)(uintptr_t)contents->on_disk, (size_t)contents->disk_size, MADV_DONTNEED);
#else
  (void)contents;
#endif
}

void contents_close(struct contents *contents) {
  if (contents->packed) free((void *)(uintptr_t)contents->bytes);
  if (contents->on_disk) munmap((void *)(uintptr_t)contents->on_disk, (size_t)contents->disk_size);
  if (contents->descriptor >= 0) close(contents->descriptor);
  *contents = (struct contents){.descriptor = -1};
}
