#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "data/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/draft.h"
#include "base/sha256.h"
#include "data/roots.h"

/* The digest of a file's uncompressed bytes; false when it cannot be read to its end. */
static bool digest_of(const char *path, char hex[SHA256_HEX]) {
  enum { PIECE = 1 << 16 };
  gzFile file = gzopen(path, "rb");
  if (!file) return false;
  unsigned char *bytes = must_alloc(PIECE);
  struct sha256 sha;
  sha256_start(&sha);
  int n;
  while ((n = gzread(file, bytes, PIECE)) > 0) sha256_add(&sha, bytes, (size_t)n);
  sha256_end(&sha, hex);
  free(bytes);
  return gzclose(file) == Z_OK && n == 0;
}

static bool has_digest(const char *path, const char *sha256) {
  char hex[SHA256_HEX];
  return digest_of(path, hex) && strcmp(hex, sha256) == 0;
}

#ifdef HAVE_CURL
#include <curl/curl.h>

enum {
  CONNECT_SECONDS = 20,
  STALL_SECONDS = 30, /* no slower than STALL_RATE bytes a second for so long */
  STALL_RATE = 100,
  REDIRECTS = 5,
};

struct download {
  struct draft draft;
  const char *file;
  const struct fetch_progress *progress;
  int64_t capacity; /* bytes that may still come */
  bool stopped;
};

static size_t take_bytes(char *bytes, size_t size, size_t n, void *context) {
  struct download *download = context;
  size_t total = size * n; /* libcurl bounds this by its buffer */
  if ((int64_t)total > download->capacity) return 0;
  download->capacity -= (int64_t)total;
  return draft_put(&download->draft, bytes, total) ? total : 0;
}

static int report_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up) {
  struct download *download = context;
  (void)up_total;
  (void)up;
  const struct fetch_progress *progress = download->progress;
  if (progress && !progress->tell(progress->context, download->file, now, total > 0 ? total : -1))
    download->stopped = true;
  return download->stopped;
}

static void set_options(CURL *curl, const char *url, struct download *download, char problem[CURL_ERROR_SIZE]) {
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_RATE);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, download);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, report_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, download);
}

/* The whole of one transfer: NULL, or what went wrong with this mirror. */
static const char *transfer(const char *url, struct download *download, const char *sha256, struct arena *arena) {
  char problem[CURL_ERROR_SIZE] = "";
  CURL *curl = curl_easy_init();
  if (!curl) return "libcurl cannot start";
  set_options(curl, url, download, problem);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_cleanup(curl);
  if (code == CURLE_WRITE_ERROR && !download->draft.error) return "it is larger than the data set can be";
  if (code != CURLE_OK) return arena_format(arena, "%s", problem[0] ? problem : curl_easy_strerror(code));
  if (!draft_flush(&download->draft)) return "the disk does not take it";
  if (!has_digest(download->draft.temporary, sha256)) return "the contents are not the data set's (wrong SHA-256)";
  return NULL;
}

/* The largest that a compressed file can be: a little more than the plain IDX file. */
static int64_t size_limit(const struct data_set *set, int column, int split) {
  int64_t size = set->rows[split] * shape_count(set->column[column].shape);
  return size + size / 64 + 4096;
}

static bool fetch_file(const struct data_set *set, int column, int split, const char *folder, const char *mirrors,
                       const struct fetch_progress *progress, struct arena *arena, struct error *error) {
  const struct data_file *file = &set->column[column].file[split];
  const char *there = data_file_path(arena, folder, file), *tried = "", *rest = mirrors;
  if (there && has_digest(there, file->sha256)) return true;
  if (there) {
    error_set(error, ERROR_DATA, "'%s' is there already with other contents", there);
    return error_hint(error, "move it away, or pass --data DIR");
  }
  const char *path = arena_format(arena, "%s/%s.gz", folder, file->name);
  for (size_t length; rest += strspn(rest, " "), (length = strcspn(rest, " ")) > 0; rest += length) {
    const char *slash = rest[length - 1] == '/' ? "" : "/";
    const char *url = arena_format(arena, "%.*s%s%s.gz", (int)length, rest, slash, file->name);
    struct download download = {.file = file->name, .progress = progress, .capacity = size_limit(set, column, split)};
    if (!draft_open(&download.draft, path, error)) return false;
    const char *reason = transfer(url, &download, file->sha256, arena);
    if (!reason || download.draft.error) return draft_commit(&download.draft, error);
    draft_discard(&download.draft);
    if (download.stopped) return error_set(error, ERROR_INTERRUPT, "stopped while fetching '%s'", file->name);
    tried = arena_format(arena, "%s%s: %s\n", tried, url, reason);
  }
  error_set(error, ERROR_DATA, "cannot fetch '%s.gz' of data set '%s'", file->name, set->name);
  return error_hint(error, "%sfiles had by other means go into '%s'; CRL_MIRRORS names other mirrors", tried, folder);
}

bool data_fetch(const struct data_set *set, const char *root, const struct fetch_progress *progress,
                struct error *error) {
  struct arena *arena = arena_new();
  const char *folder = arena_format(arena, "%s/%s", root, set->folder), *mirrors = getenv("CRL_MIRRORS");
  if (!mirrors || !mirrors[0]) mirrors = set->mirrors;
  bool ok = folder_make(folder, error);
  if (ok && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    ok = error_set(error, ERROR_DATA, "cannot fetch data set '%s': libcurl cannot start", set->name);
  for (int split = 0; split < DATA_SPLITS && ok; split++)
    for (int i = 0; i < set->n_columns && ok; i++)
      ok = !set->column[i].file[split].name || fetch_file(set, i, split, folder, mirrors, progress, arena, error);
  curl_global_cleanup();
  arena_free(arena);
  return ok;
}

#else

/* Without libcurl nothing can be fetched, but what is there already is recognised. */
bool data_fetch(const struct data_set *set, const char *root, const struct fetch_progress *progress,
                struct error *error) {
  struct arena *arena = arena_new();
  const char *folder = arena_format(arena, "%s/%s", root, set->folder), *path;
  bool ok = true;
  (void)progress;
  for (int split = 0; split < DATA_SPLITS; split++)
    for (int i = 0; i < set->n_columns; i++) {
      const struct data_file *file = &set->column[i].file[split];
      ok = ok && (!file->name || (path = data_file_path(arena, folder, file)) && has_digest(path, file->sha256)));
    }
  if (!ok) {
    error_set(error, ERROR_DATA, "cannot fetch data set '%s': this program was built without libcurl", set->name);
    error_hint(error, "put its files into '%s', or build with libcurl", folder);
  }
  arena_free(arena);
  return ok;
}

#endif
