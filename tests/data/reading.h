/* Opening files of arrays in tests, and holding what they are read as against what was written. */
#ifndef TESTS_READING_H
#define TESTS_READING_H
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <math.h>

#include "data/datafile.h"
#include "tests/data/scratch.h"

static struct arena *reading_arena;

/* A file that is checked in beside this header. */
static inline const char *checked_in(const char *name) {
  const char *srcdir = getenv("srcdir");
  return arena_format(reading_arena, "%s/tests/data/files/%s", srcdir ? srcdir : ".", name);
}

static inline void reading_begin(void) { reading_arena = arena_new(); }
static inline void reading_end(void) { arena_free(reading_arena); }

static inline struct datafile *open_by(const char *path, struct datafile_options options) {
  struct error error = {0};
  struct datafile *file = datafile_open(path, &options, reading_arena, &error);
  ck_assert_msg(file != NULL, "%s", error.message);
  return file;
}

static inline struct datafile *open_good(const char *path) { return open_by(path, (struct datafile_options){0}); }

static inline void expect_refused(const char *path, const char *message) {
  struct error error = {0};
  ck_assert_msg(!datafile_open(path, NULL, reading_arena, &error), "'%s' was taken", path);
  EXPECT_ERROR(error, message);
}

/* An entry as one line: "x f64 [batch, 2, 3] of 4 rows", and what else there is to say. */
static inline const char *entry_line(const struct entry *entry) {
  char shape[SHAPE_STRING];
  const char *line = arena_format(reading_arena, "%s %s %s of %lld rows", entry->name, stored_name(entry->type),
                                  shape_string(shape, entry->shape, true), (long long)entry->rows);
  if (entry->refused) return arena_format(reading_arena, "%s: %s", entry->name, entry->refused);
  if (entry->missing > 0) line = arena_format(reading_arena, "%s, %lld missing", line, (long long)entry->missing);
  for (int64_t i = 0; i < entry->classes; i++)
    line = arena_format(reading_arena, "%s%s%s", line, i ? "|" : " in ", entry->class_name[i]);
  return line;
}

/* All entries, a line each. */
static inline void expect_entries(const struct datafile *file, const char *lines) {
  const char *found = "";
  for (size_t i = 0; i < file->n; i++)
    found = arena_format(reading_arena, "%s%s\n", found, entry_line(&file->entry[i]));
  ck_assert_str_eq(found, lines);
}

static inline const struct entry *entry_named(const struct datafile *file, const char *name) {
  struct error error = {0};
  const struct entry *entry = datafile_entry(file, name, &error);
  ck_assert_msg(entry != NULL, "%s", error.message);
  return entry;
}

/* All rows, in the arena. */
static inline void *read_all(struct datafile *file, const char *name, enum dtype as) {
  struct error error = {0};
  const struct entry *entry = entry_named(file, name);
  int64_t n = entry->rows * shape_count(entry->shape);
  void *out = arena_alloc(reading_arena, (size_t)n * dtype_size(as));
  ck_assert_msg(datafile_read(file, entry, 0, entry->rows, as, out, &error), "%s", error.message);
  return out;
}

/* The same bits, and NaN where a value is missing. */
static inline void expect_numbers(struct datafile *file, const char *name, const double *expected, int64_t n) {
  const struct entry *entry = entry_named(file, name);
  ck_assert_int_eq(entry->rows * shape_count(entry->shape), n);
  double *found = read_all(file, name, F64);
  for (int64_t i = 0; i < n; i++)
    ck_assert_msg(memcmp(&found[i], &expected[i], sizeof *found) == 0 || (isnan(found[i]) && isnan(expected[i])),
                  "'%s' has %.17g as its number %lld, not %.17g", name, found[i], (long long)i, expected[i]);
}

#define EXPECT_NUMBERS(file, name, ...)                     \
  expect_numbers(file, name, (const double[]){__VA_ARGS__}, \
                 (int64_t)(sizeof(const double[]){__VA_ARGS__} / sizeof(double)))

static inline void expect_unread(struct datafile *file, const char *name, enum dtype as, const char *message) {
  struct error error = {0};
  const struct entry *entry = entry_named(file, name);
  void *out = arena_alloc(reading_arena, 1 << 16);
  ck_assert(!datafile_read(file, entry, 0, entry->rows, as, out, &error));
  EXPECT_ERROR(error, message);
}

/* What is said of a file whose library the program was built without. */
static inline void expect_without(const char *name, const char *format, const char *library) {
  const char *path = checked_in(name);
  expect_refused(path, arena_format(reading_arena, "'%s' is a %s file, and this program was built without %s", path,
                                    format, library));
}

#ifdef HAVE_ZIP
enum { BUILT_WITH_ZIP = 1 };
#else
enum { BUILT_WITH_ZIP = 0 };
#endif
#ifdef HAVE_MATIO
enum { BUILT_WITH_MATIO = 1 };
#else
enum { BUILT_WITH_MATIO = 0 };
#endif
#ifdef HAVE_HDF5
enum { BUILT_WITH_HDF5 = 1 };
#else
enum { BUILT_WITH_HDF5 = 0 };
#endif
#ifdef HAVE_ARCHIVE
enum { BUILT_WITH_ARCHIVE = 1 };
#else
enum { BUILT_WITH_ARCHIVE = 0 };
#endif
#ifdef HAVE_JPEG
enum { BUILT_WITH_JPEG = 1 };
#else
enum { BUILT_WITH_JPEG = 0 };
#endif

static inline int reading_main(const char *name, TCase *tests) {
  scratch_add(tests);
  tcase_add_checked_fixture(tests, reading_begin, reading_end);
  return scratch_main(name, tests);
}

#endif
