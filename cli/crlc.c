/* crlc: models of several views, written as text, trained and measured.
 *
 * The driver: options.def says what can be asked for and how, and each row's action is one function:
 *
 *   options.c      the command line, as options.def declares it
 *   describe.c     help and the manual page, from the same rows; complete.c: the shells' completions
 *   open_model.c   from a model file to a program
 *   open_run.c     from a run's directory to its program
 *   look.c         summary, graph, plan, gradcheck
 *   compare.c      metrics of finished runs side by side
 *   experiment.c   several runs that are trained as one
 *   run.c          train, evaluate, compute, export, profile
 *   text.c         what needs no model
 *   inspect.c      what is in a file of arrays
 *
 * The driver alone decides what is printed and with which status the process ends (the values of enum fault_kind). */
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/driver.h"

static action_function *const action[] = {
#define ACTION(name, ...) act_##name,
#define OPTION(...)
#include "cli/options.def"
};

static void out_of_memory(void) {
  static const char text[] = "crlc: no memory is left\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  _exit(ERROR_DATA);
}

/* Blocks of this size are given back to the system when they are freed.  Left alone, glibc keeps what a first slab took
 * and puts later ones on the heap, where the next does not fit. */
enum { LARGE_BLOCK = 1 << 20 };

static void say(const struct error *error) {
  if (!error->message[0]) return;
  fprintf(stderr, "crlc: %s\n", error->message);
  if (error->hint[0]) fprintf(stderr, "  = hint: %s\n", error->hint);
}

/* A closed standard stream is a number that the next file would get, and output would go into that file. */
static void keep_standard_streams(void) {
  int fd = open("/dev/null", O_RDONLY);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDONLY);
  if (fd >= 0) close(fd);
}

/* A write beyond a limit on the size of files is to fail as on a full disk, and what it began is taken back. */
static void fail_at_file_limit(void) {
#ifdef SIGXFSZ
  signal(SIGXFSZ, SIG_IGN);
#endif
}

int main(int argc, char **argv) {
  struct driver driver = {.command = (const char *const *)argv, .words = (size_t)argc};
  struct error error = {0};
  base_out_of_memory = out_of_memory;
  keep_standard_streams();
  fail_at_file_limit();
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
  driver.arena = arena_new();
  bool understood = options_parse(&driver.options, driver.arena, argc, argv, &error);
  driver.roots = data_roots(driver.arena, driver.options.data);
  if (understood) action[driver.options.action](&driver, &error);
  if (fflush(stdout) || ferror(stdout))
    error_set(&error, ERROR_DATA, "the results could not be written: %s", strerror(errno));
  say(&error);
  manifest_free(driver.before);
  arena_free(driver.arena);
  return (int)error.kind;
}
