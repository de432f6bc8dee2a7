/* Any bytes at all must open as a file of arrays that can be read, or be refused with a reason.
 *
 * The properties, for every input:
 *   - opening and reading end, within memory, and nothing crashes, whatever library the format needs;
 *   - there is a file or an error with a text, never both;
 *   - an entry has rows and a shape that fit in memory, its classes are sorted, and its class numbers are below their
 *     count;
 *   - rows are read or there is an error with a text, and nothing is written beyond them.
 *
 * `fuzz_datafile N FILE...` runs the files themselves and N inputs made from them by deterministic mutations.
 * FUZZ_FROM in the environment is the number of the first.  A failure names the input's number and leaves it in
 * fuzz_datafile.failed with the file's suffix. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "data/datafile.h"

enum { CORPUS = 256, LONGEST = 1 << 14, ROUNDS = 4, PATIENCE = 120 /* seconds for one input */, ROWS = 16 };

static const int64_t limit = 1 << 26;

static size_t input_number, opened_count;
static char path[256];

static void fail(const char *what) {
  fprintf(stderr, "input %zu: %s; the input is in %s\n", input_number, what, path);
  signal(SIGABRT, SIG_DFL);
  abort();
}

static void caught(int signal) {
  (void)signal;
  fail("does not end, or crashes");
}

/* ---- properties ---- */

static void check_rows(struct datafile *file, const struct entry *entry, int64_t first, int64_t n) {
  static const enum dtype as[] = {F64, F32, I64, U8, I32};
  int64_t count = n * shape_count(entry->shape);
  enum dtype type = as[(input_number + (size_t)first) % 5];
  size_t size = (size_t)count * dtype_size(type);
  if (entry->classes) type = F64, size = (size_t)count * sizeof(double);
  struct error error = {0};
  unsigned char *out = malloc(size ? size : 1); /* of its own, so that a sanitizer sees a write past its end */
  if (!out) return;
  bool ok = datafile_read(file, entry, first, n, type, out, &error);
  if (ok == (error.kind != ERROR_NONE) || (!ok && !error.message[0])) fail("rows and an error, or neither");
  for (int64_t i = 0; ok && entry->classes && i < count; i++)
    if (((double *)out)[i] >= (double)entry->classes) fail("a class without a name");
  free(out);
}

static void check_entry(struct datafile *file, const struct entry *entry) {
  if (entry->refused && !entry->refused[0]) fail("an entry refused without a reason");
  if (entry->refused) return;
  if (entry->rows < 1 || entry->shape.rank < 0 || entry->shape.rank > MAX_RANK) fail("an entry without rows or shape");
  int64_t per_row = shape_count(entry->shape), bytes;
  if (per_row < 1 || __builtin_mul_overflow(per_row, entry->rows, &bytes)) fail("a size that is absurd");
  for (int64_t i = 1; i < entry->classes; i++)
    if (strcmp(entry->class_name[i - 1], entry->class_name[i]) > 0) fail("classes that are not sorted");
  if (per_row > limit / 8 / ROWS) return;
  int64_t n = entry->rows < ROWS ? entry->rows : ROWS;
  check_rows(file, entry, 0, n);
  check_rows(file, entry, entry->rows - n, n);
}

static void check_input(void) {
  struct error error = {0};
  struct arena *arena = arena_new();
  struct datafile_options options = {.limit = limit, .by = (enum rows_by)(input_number % 3)};
  struct datafile *file = datafile_open(path, &options, arena, &error);
  if (!file == !error.kind || (!file && !error.message[0])) fail("a file and an error, or neither");
  opened_count += file != NULL;
  for (size_t i = 0; file && i < file->n && i < 64; i++) check_entry(file, &file->entry[i]);
  datafile_close(file);
  arena_free(arena);
}

static void run(const char *suffix, const unsigned char *bytes, size_t size) {
  snprintf(path, sizeof path, "fuzz_datafile.failed%s", suffix);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
    perror(path);
    exit(2);
  }
  alarm(PATIENCE);
  check_input();
  alarm(0);
  remove(path);
}

/* ---- mutations ---- */

static struct {
  const char *suffix;
  unsigned char *bytes;
  size_t size;
} corpus[CORPUS];
static size_t corpus_count;
static uint64_t random_state;
static unsigned char buffer[2 * LONGEST];
static size_t length;

static size_t below(size_t n) { return n ? (size_t)(random_bits(13, random_state++) % n) : 0; }

static void replace(size_t at, size_t removed, const void *with, size_t n) {
  if (at > length) at = length;
  if (removed > length - at) removed = length - at;
  if (length - removed + n > sizeof buffer) return;
  memmove(buffer + at + n, buffer + at + removed, length - at - removed);
  memcpy(buffer + at, with, n);
  length = length - removed + n;
}

/* A number where the file may have a length or an offset: small, large, or next to a power of two, of any width. */
static void change_number(size_t at) {
  static const int64_t numbers[] = {0,         1,         2,     3,         7,         255,
                                    256,       65535,     65536, INT32_MAX, INT32_MIN, UINT32_MAX,
                                    INT64_MAX, INT64_MIN, -1,    -2,        1 << 20,   (int64_t)1 << 40};
  int64_t number = numbers[below(sizeof numbers / sizeof *numbers)];
  size_t size = (size_t)1 << below(4);
  unsigned char bytes[8];
  for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)((uint64_t)number >> 8 * i);
  if (below(2))
    for (size_t i = 0; i < size / 2; i++) {
      unsigned char held = bytes[i];
      bytes[i] = bytes[size - 1 - i];
      bytes[size - 1 - i] = held;
    }
  replace(at, size, bytes, size);
}

static void mutate(void) {
  static const char *const words[] = {",", ";", "\t",  "\"", "\n", "\r\n", "9", "-",
                                      ".", "e", "nan", ":",  " ",  "\xff", "(", ")"};
  unsigned char copy[256];
  size_t head = length < 256 ? length : 256, at = below((below(3) ? length : head) + 1);
  size_t n = below(40) + 1, from = below(length + 1);
  const char *word = words[below(sizeof words / sizeof *words)];
  switch (below(10)) {
  case 0: replace(at, n, "", 0); break;
  case 1: length = at; break;
  case 2:
  case 3:
  case 4: change_number(at); break;
  case 5: replace(at, below(3), word, strlen(word)); break;
  case 6: /* a piece of the same file */
    if (n > length - from) n = length - from;
    memcpy(copy, buffer + from, n);
    replace(at, below(2) ? n : 0, copy, n);
    break;
  case 7: { /* a piece of another file */
    size_t other = below(corpus_count);
    from = below(corpus[other].size + 1);
    if (n > corpus[other].size - from) n = corpus[other].size - from;
    replace(at, below(2) ? n : 0, corpus[other].bytes + from, n);
    break;
  }
  default: /* one bit, or one byte */
    copy[0] = below(2) ? (unsigned char)below(256) : at < length ? buffer[at] ^ (unsigned char)(1 << below(8)) : 0;
    replace(at, 1, copy, 1);
    break;
  }
}

static void run_mutation(void) {
  random_state = (uint64_t)input_number << 16;
  size_t from = below(corpus_count);
  length = corpus[from].size;
  memcpy(buffer, corpus[from].bytes, length);
  for (size_t round = below(ROUNDS) + 1; round--;) mutate();
  run(corpus[from].suffix, buffer, length);
}

static void read_file(const char *name) {
  FILE *file = fopen(name, "rb");
  const char *slash = strrchr(name, '/'), *dot = strchr(slash ? slash : name, '.');
  if (!file || corpus_count == CORPUS) {
    fprintf(stderr, "cannot use '%s'\n", name);
    exit(2);
  }
  unsigned char *bytes = must_alloc(LONGEST);
  corpus[corpus_count].suffix = dot ? dot : "";
  corpus[corpus_count].size = fread(bytes, 1, LONGEST, file);
  corpus[corpus_count++].bytes = bytes;
  fclose(file);
}

int main(int argc, char **argv) {
  long count = argc > 1 ? strtol(argv[1], NULL, 10) : -1;
  for (int i = 2; i < argc; i++) read_file(argv[i]);
  if (!corpus_count || count < 0) {
    fprintf(stderr, "usage: fuzz_datafile COUNT FILE...\n");
    return 2;
  }
  signal(SIGALRM, caught);
  signal(SIGSEGV, caught);
  signal(SIGBUS, caught);
  signal(SIGABRT, caught); /* of sanitizers with abort_on_error=1 */
  for (; input_number < corpus_count; input_number++)
    run(corpus[input_number].suffix, corpus[input_number].bytes, corpus[input_number].size);
  size_t from = getenv("FUZZ_FROM") ? strtoul(getenv("FUZZ_FROM"), NULL, 10) : 0;
  input_number += from;
  for (long i = 0; i < count; i++, input_number++) run_mutation();
  printf("%zu of the inputs open\n%zu passed, 0 failed\n", opened_count, input_number - from);
  return 0;
}
