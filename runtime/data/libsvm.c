/* The sparse text format of LIBSVM and SVMlight: a line a row, "LABEL INDEX:VALUE INDEX:VALUE ... # remark", indices
 * rising from 1, or from 0 where a 0 is found.  `label` is a list of numbers, `x` a dense matrix, filled when it is
 * asked for. */
#include <math.h>
#include <string.h>

#include "data/number.h"
#include "data/reader.h"

struct svm {
  int64_t rows, first, most, columns; /* first and most: the least and the largest index */
};

struct scan {
  struct datafile *file;
  const char *at, *end;
  int64_t line;
  struct error *error;
};

static bool located(const struct scan *scan, const char *problem, struct string string) {
  enum { LENGTH = 40 };
  int length = string.length < LENGTH ? (int)string.length : LENGTH;
  return error_set(scan->error, ERROR_DATA, "'%s', line %lld: %s '%.*s'", scan->file->path, (long long)scan->line,
                   problem, length, string.at);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The next word of the line; empty at its end, or where a remark begins. */
static struct string take_word(struct scan *scan) {
  while (scan->at < scan->end && is_blank(*scan->at)) scan->at++;
  const char *begin = scan->at;
  while (scan->at < scan->end && !is_blank(*scan->at) && *scan->at != '\n' && *scan->at != '#') scan->at++;
  return (struct string){begin, (size_t)(scan->at - begin)};
}

static void skip_line(struct scan *scan) {
  const char *end = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));
  scan->at = end ? end + 1 : scan->end;
  scan->line++;
}

static bool parse_pair(struct string word, int64_t *index, double *value) {
  const char *colon = memchr(word.at, ':', word.length);
  if (!colon) return false;
  size_t n = (size_t)(colon - word.at), rest = word.length - n - 1;
  if (!number_whole(word.at, n, index) || *index < 0) return false;
  if (rest == 3 && memcmp(colon + 1, "nan", 3) == 0) return *value = NAN, true;
  return number_parse(colon + 1, rest, value);
}

/* ---- the rows ---- */

/* Where the second time through the file puts its numbers; NULL the first time. */
struct buffers {
  double *x, *label;
};

static bool take_pairs(struct scan *scan, struct svm *svm, const struct buffers *buffers) {
  int64_t before = -1, index;
  double value;
  for (struct string word; (word = take_word(scan)).length; before = index) {
    if (word.length > 4 && memcmp(word.at, "qid:", 4) == 0) {
      index = before;
      continue;
    }
    if (!parse_pair(word, &index, &value)) return located(scan, "an index, a colon and a number are expected at", word);
    const char *number = (const char *)memchr(word.at, ':', word.length) + 1;
    if (number_overflows(number, (size_t)(word.at + word.length - number), value))
      return located(scan, "a number is larger than any can be at", word);
    if (index <= before) return located(scan, "indices rise within a line, and one does not at", word);
    if (index < svm->first) svm->first = index;
    if (index > svm->most) svm->most = index;
    if (buffers && buffers->x) buffers->x[svm->rows * svm->columns + index - svm->first] = value;
  }
  return true;
}

static bool take_rows(struct scan scan, struct svm *svm, const struct buffers *buffers) {
  for (svm->rows = 0; scan.at < scan.end; skip_line(&scan)) {
    struct string word = take_word(&scan);
    double label;
    if (!word.length) continue;
    if (!number_parse(word.at, word.length, &label) || number_overflows(word.at, word.length, label))
      return located(&scan, "a label is a number, and not", word);
    if (buffers && buffers->label) buffers->label[svm->rows] = label;
    if (!take_pairs(&scan, svm, buffers)) return false;
    svm->rows++;
  }
  return true;
}

/* ---- the file ---- */

/* The first lines have a number and then nothing but pairs, and at least one. */
static bool knows(const struct contents *contents) {
  struct scan scan = {.at = (const char *)contents->head, .end = (const char *)contents->head + contents->head_size};
  bool some = false;
  for (; scan.at < scan.end; skip_line(&scan)) {
    struct string word = take_word(&scan);
    double number;
    int64_t index;
    if (!word.length) continue;
    if (scan.at == scan.end && contents->head_size == CONTENTS_HEAD) break; /* it is cut here */
    if (!number_parse(word.at, word.length, &number)) return false;
    while ((word = take_word(&scan)).length) {
      bool cut = scan.at == scan.end && contents->head_size == CONTENTS_HEAD;
      if (cut || (word.length > 4 && memcmp(word.at, "qid:", 4) == 0)) continue;
      if (!parse_pair(word, &index, &number)) return false;
      some = true;
    }
  }
  return some;
}

static struct scan scan_of(struct datafile *file, struct error *error) {
  const struct contents *contents = &file->inside->contents;
  const char *begin = (const char *)contents->bytes;
  return (struct scan){.file = file, .at = begin, .end = begin + contents->size, .line = 1, .error = error};
}

static bool open_svm(struct datafile *file, struct error *error) {
  struct svm *svm = file->inside->state = ARENA_NEW(file->inside->arena, struct svm);
  *svm = (struct svm){.first = 1};
  if (!contents_whole(&file->inside->contents, file->inside->options.limit, error)) return false;
  if (!take_rows(scan_of(file, error), svm, NULL)) return false;
  if (__builtin_add_overflow(svm->most - svm->first, 1, &svm->columns) || svm->columns < 1)
    return datafile_error(file, error, "an index in it is absurd");
  struct buffers buffers = {.label = datafile_block(file, svm->rows * (int64_t)sizeof(double), error)};
  if (!buffers.label || !take_rows(scan_of(file, error), svm, &buffers)) return false;
  array_add(file,
            &(struct found){.name = "x", .type = STORED_F64, .rank = 2, .dim = (int64_t[]){svm->rows, svm->columns}});
  array_add(file, &(struct found){.name = "label",
                                  .type = STORED_F64,
                                  .rank = 1,
                                  .dim = &svm->rows,
                                  .at = (const unsigned char *)buffers.label});
  return true;
}

static bool load(struct datafile *file, size_t i, int64_t first, int64_t n, struct error *error) {
  struct svm *svm = file->inside->state;
  struct values *values = &file->inside->values[i];
  (void)first;
  (void)n;
  if (values->at) return true;
  int64_t size = array_bytes(2, (int64_t[]){svm->rows, svm->columns}, sizeof(double));
  struct buffers buffers = {.x = datafile_block(file, size, error)};
  if (!buffers.x || !take_rows(scan_of(file, error), svm, &buffers)) return false;
  values->at = (const unsigned char *)buffers.x;
  return true;
}

const struct reader libsvm_reader = {.format = "LIBSVM",
                                     .suffixes = ".svm .libsvm .svmlight",
                                     .guesses = true,
                                     .knows = knows,
                                     .open = open_svm,
                                     .load = load};
