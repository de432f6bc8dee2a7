/* The run directory: one process at a time, and what a killed one left is no obstacle. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "store/rundir.h"
#include "tests/data/scratch.h"

static struct error error;

static void expect_opens(const char *path) {
  error = (struct error){0};
  struct rundir *run = rundir_open(path, &error);
  ck_assert_msg(run != NULL, "%s", error.message);
  rundir_close(run);
}

START_TEST(made_held_and_left) {
  size_t size;
  char expected[64];
  struct rundir *run = rundir_open("runs/a/b", &error);
  ck_assert_msg(run != NULL, "%s", error.message);
  ck_assert_str_eq(run->path, "runs/a/b");
  char *text = scratch_read("runs/a/b/lock", &size);
  snprintf(expected, sizeof expected, "pid %ld on ", (long)getpid());
  ck_assert_int_eq(strncmp(text, expected, strlen(expected)), 0);
  free(text);
  rundir_close(run);
  scratch_shell("test -d runs/a/b -a ! -e runs/a/b/lock");
  expect_opens("runs/a/b");
}
END_TEST

/* A child that holds the directory until it is killed. */
static pid_t hold(const char *path) {
  int ready[2];
  char byte = 0;
  ck_assert_int_eq(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    struct rundir *run = rundir_open(path, &error);
    if (write(ready[1], run ? "y" : "n", 1) == 1) pause();
    _exit(0);
  }
  ck_assert_int_eq(read(ready[0], &byte, 1), 1);
  ck_assert_int_eq(byte, 'y');
  return child;
}

START_TEST(held_by_another) {
  char start[64];
  pid_t child = hold("run");
  ck_assert_ptr_null(rundir_open("run", &error));
  snprintf(start, sizeof start, "the run directory 'run' is held by pid %ld on ", (long)child);
  ck_assert_int_eq(error.kind, ERROR_DATA);
  ck_assert_msg(strncmp(error.message, start, strlen(start)) == 0, "%s", error.message);
  ck_assert_ptr_nonnull(strstr(error.message, " since 2"));
  ck_assert_str_eq(error.hint, "wait for it, or choose another directory with --out DIR");
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  scratch_shell("test -s run/lock"); /* it could not tidy up */
  expect_opens("run");
}
END_TEST

START_TEST(unfinished_files_are_removed) {
  scratch_shell("mkdir run; touch run/checkpoint-3.crlk.part-77 run/notes.part-x run/notes.part-");
  expect_opens("run");
  scratch_shell("test \"$(echo $(ls run))\" = 'notes.part- notes.part-x'");
}
END_TEST

START_TEST(a_lock_of_another_machine_is_respected) {
  mkdir("run", 0777);
  scratch_write("run/lock", "pid 3 on elsewhere.example since 2017\n", 38);
  ck_assert_ptr_null(rundir_open("run", &error));
  EXPECT_ERROR(error, "the run directory 'run' is held by pid 3 on elsewhere.example since 2017");
  ck_assert_str_eq(error.hint, "if that process is gone, remove 'run/lock'");
}
END_TEST

START_TEST(a_lock_that_says_nothing_is_stale) {
  mkdir("run", 0777);
  scratch_write("run/lock", "?", 1);
  expect_opens("run");
}
END_TEST

START_TEST(unwritable) {
  scratch_write("file", "", 0);
  ck_assert_ptr_null(rundir_open("file", &error));
  EXPECT_ERROR(error, "cannot make the folder 'file': Not a directory");
  error = (struct error){0};
  ck_assert_ptr_null(rundir_open("file/run", &error));
  EXPECT_ERROR(error, "cannot make the folder 'file/run': Not a directory");
  error = (struct error){0};
  scratch_shell("mkdir -p run/lock"); /* even for a user who may write everywhere */
  ck_assert_ptr_null(rundir_open("run", &error));
  EXPECT_ERROR(error, "the run directory 'run' cannot be written: Is a directory");
  if (geteuid() == 0) return;
  error = (struct error){0};
  scratch_shell("mkdir closed; chmod a-w closed");
  ck_assert_ptr_null(rundir_open("closed", &error));
  EXPECT_ERROR(error, "the run directory 'closed' cannot be written: Permission denied");
}
END_TEST

START_TEST(default_names) {
  struct arena *arena = arena_new();
  const char *plain = rundir_default(arena, "models/corrmcnn.crl", NULL);
  ck_assert_int_eq(strncmp(plain, "runs/corrmcnn-2", 15), 0);
  const char *variant = rundir_default(arena, "corrmcnn.crl", "arc1");
  ck_assert_int_eq(strncmp(variant, "runs/corrmcnn-arc1-2", 20), 0);
  arena_free(arena);
}
END_TEST

/* More of them than seconds pass: all are there, empty, and none twice. */
START_TEST(default_directories_are_made) {
  enum { MADE = 20 };
  struct arena *arena = arena_new();
  struct error error = {0};
  const char *path[MADE];
  for (int i = 0; i < MADE; i++) {
    path[i] = rundir_make(arena, "corrmcnn.crl", NULL, &error);
    ck_assert_msg(path[i] != NULL, "%s", error.message);
    for (int k = 0; k < i; k++) ck_assert_str_ne(path[i], path[k]);
    expect_opens(path[i]);
  }
  scratch_shell("rm -r runs; touch runs");
  ck_assert_ptr_null(rundir_make(arena, "corrmcnn.crl", NULL, &error));
  ck_assert_int_eq(error.kind, ERROR_DATA);
  arena_free(arena);
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("rundir");
  scratch_add(tests);
  tcase_add_test(tests, made_held_and_left);
  tcase_add_test(tests, held_by_another);
  tcase_add_test(tests, unfinished_files_are_removed);
  tcase_add_test(tests, a_lock_of_another_machine_is_respected);
  tcase_add_test(tests, a_lock_that_says_nothing_is_stale);
  tcase_add_test(tests, unwritable);
  tcase_add_test(tests, default_names);
  tcase_add_test(tests, default_directories_are_made);
  return scratch_main("rundir", tests);
}
