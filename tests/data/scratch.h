/* A fresh folder for every test case, which becomes the working directory, so that messages name short paths.
 *
 * Ownership: scratch_add gives a test case its folder; everything is removed when the program's cases have run. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static char scratch_root[4096];

static void scratch_begin(void) {
  const char *builddir = getenv("builddir");
  snprintf(scratch_root, sizeof scratch_root, "%s/scratch.XXXXXX", builddir ? builddir : ".");
  ck_assert_ptr_nonnull(mkdtemp(scratch_root));
  ck_assert_int_eq(chdir(scratch_root), 0);
  ck_assert_ptr_nonnull(getcwd(scratch_root, sizeof scratch_root));
}

static void scratch_end(void) {
  char command[2 * sizeof scratch_root + 64];
  ck_assert_int_eq(chdir("/"), 0);
  snprintf(command, sizeof command, "chmod -R u+w '%s'; rm -rf '%s'", scratch_root, scratch_root);
  ck_assert_int_eq(system(command), 0);
}

static void scratch_case(void) {
  char name[32];
  snprintf(name, sizeof name, "case-%ld", (long)getpid());
  ck_assert_int_eq(mkdir(name, 0777), 0);
  ck_assert_int_eq(chdir(name), 0);
}

static inline void scratch_add(TCase *tests) {
  tcase_add_unchecked_fixture(tests, scratch_begin, scratch_end);
  tcase_add_checked_fixture(tests, scratch_case, NULL);
}

static inline void scratch_write(const char *path, const void *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
  ck_assert_int_eq(fclose(file), 0);
}

/* The whole file, to be released with free(). */
static inline char *scratch_read(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  ck_assert_ptr_nonnull(file);
  char *bytes = calloc(1, 1 << 20);
  *size = fread(bytes, 1, (1 << 20) - 1, file);
  fclose(file);
  return bytes;
}

static inline void scratch_shell(const char *command) { ck_assert_int_eq(system(command), 0); }

#define EXPECT_ERROR(error, expected)            \
  do {                                           \
    ck_assert_str_eq((error).message, expected); \
    ck_assert_int_eq((error).kind, ERROR_DATA);  \
  } while (0)

static inline int scratch_main(const char *name, TCase *tests) {
  Suite *suite = suite_create(name);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}

#endif
