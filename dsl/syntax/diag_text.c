/* Draws the report: header, source line, carets and labels, notes, hints.
 *
 *     pair.crl:14:26: error[E0231]: cannot add [batch, 300] and [batch, 256]
 *        14 | def code(a, b) = a.step2 + b.step2 -> joint -> relu
 *           |                  ~~~~~~~ ^ ~~~~~~~
 *           |                  |         256 was made here
 *           |                  300 was made here
 *           = hint: give both towers the same last width
 *
 * A line is drawn as a window of at most WINDOW columns around the main location.  Tabs become spaces up to the next
 * multiple of TAB; what a terminal would not show as itself (control bytes, bytes that are not UTF-8, characters
 * that change the direction of writing) is drawn as an escape, so columns stay true and a file cannot disguise
 * itself.  Labels on the main location's line are drawn under it, others become notes with a line of their own. */
#include <stdio.h>
#include <string.h>

#include "base/string_builder.h"
#include "base/utf8.h"
#include "dsl/syntax/diag_list.h"

enum { TAB = 4, WINDOW = 110, BEFORE = 50, CELL = 16 };

/* The characters of one line that are shown: which bytes, and where each byte is drawn. */
struct window {
  const char *text; /* of the whole line */
  size_t length, begin, end;
  int *column; /* of each byte in begin .. end, from 0; continuation bytes have their character's */
  const char *drawn;
};

/* Draws the character at text into cell; returns its bytes and its width at the given column. */
static size_t draw_char(const char *text, size_t length, int column, char cell[CELL], int *width) {
  uint32_t code;
  size_t size = utf8_char(text, length, &code);
  if (!size) {
    *width = snprintf(cell, CELL, "\\x%02x", (unsigned)(unsigned char)*text);
    return 1;
  }
  if (code == '\t') {
    *width = TAB - column % TAB;
    snprintf(cell, CELL, "%*s", *width, "");
  } else if (!utf8_is_shown(code)) {
    *width = snprintf(cell, CELL, code < 0x80 ? "\\x%02x" : "<U+%04X>", (unsigned)code);
  } else {
    memcpy(cell, text, size);
    cell[size] = '\0';
    *width = utf8_columns(code);
  }
  return size;
}

/* The window of a line around the byte `centre`. */
static struct window window_around(struct arena *arena, const char *text, size_t length, size_t centre) {
  struct window view = {.text = text, .length = length, .begin = 0};
  if (length > WINDOW && centre > BEFORE) view.begin = utf8_start(text, centre - BEFORE);
  view.column = ARENA_ARRAY(arena, int, 2 * WINDOW + 8);
  struct string_builder drawn = {.arena = arena};
  int column = 0;
  if (view.begin) string_put(&drawn, "..."), column = 3;
  size_t at = view.begin;
  while (at < length && column < WINDOW && at - view.begin < 2 * WINDOW) {
    char cell[CELL];
    int width;
    size_t size = draw_char(text + at, length - at, column, cell, &width);
    string_put(&drawn, cell);
    for (size_t k = 0; k < size; k++) view.column[at - view.begin + k] = column;
    column += width;
    at += size;
  }
  view.end = at;
  view.column[at - view.begin] = column;
  if (at < length) string_put(&drawn, "...");
  view.drawn = string_get(&drawn);
  return view;
}

static int column_of(const struct window *view, size_t byte) {
  if (byte < view->begin) byte = view->begin;
  if (byte > view->end) byte = view->end;
  return view->column[byte - view->begin];
}

enum { MARKS = WINDOW + 64 };

/* Writes a mark under a span of the line: `first` at its first column and `rest` under the others. */
static void mark(char marks[MARKS], const struct window *view, size_t begin, size_t end, char first, char rest) {
  int from = column_of(view, begin), to = column_of(view, end);
  for (int i = from; i < to && i < MARKS - 1; i++) marks[i] = rest;
  marks[from] = first;
}

static void put_marks(struct string_builder *out, char marks[MARKS]) {
  int end = MARKS - 1;
  while (end > 0 && marks[end - 1] == ' ') end--;
  marks[end] = '\0';
  string_put(out, "      | ");
  string_put(out, marks);
  string_put(out, "\n");
}

/* One line of a span, with the offset of the line's first byte. */
struct location {
  int line, column;
  const char *text;
  size_t length, start, begin, end; /* begin, end: of the span within the line */
};

static struct location location_of(const struct sources *sources, struct span span) {
  struct location location;
  source_position(sources, span.source, span.begin, &location.line, &location.column);
  location.text = source_line(sources, span.source, location.line, &location.length);
  location.start = span.begin - (size_t)(location.column - 1);
  location.begin = (size_t)location.column - 1;
  location.end = span.end > location.start ? span.end - location.start : location.begin;
  if (location.begin > location.length) location.begin = location.length;
  if (location.end > location.length) location.end = location.length;
  return location;
}

static void put_line(struct string_builder *out, int line, const struct window *view) {
  string_add(out, "%5d | ", line);
  string_put(out, view->drawn);
  string_put(out, "\n");
}

/* The texts of the labels under the line, the rightmost first, with bars down to those that follow. */
static void put_labels(struct string_builder *out, const struct window *view, struct label *const *labels, size_t n,
                       size_t start) {
  for (size_t i = 0; i < n; i++) {
    if (!*labels[i]->message) continue;
    char marks[MARKS];
    memset(marks, ' ', sizeof marks);
    int column = column_of(view, labels[i]->span.begin - start);
    for (size_t k = i + 1; k < n; k++) {
      int other = column_of(view, labels[k]->span.begin - start);
      if (*labels[k]->message && other < column) marks[other] = '|';
    }
    marks[column] = '\0';
    string_put(out, "      | ");
    string_put(out, marks);
    string_put(out, labels[i]->message);
    string_put(out, "\n");
  }
}

static bool on_line(const struct diags *diags, struct span span, uint32_t source, int line, const struct window *view,
                    size_t start) {
  if (span.source != source) return false;
  int its_line, column;
  source_position(diags->sources, span.source, span.begin, &its_line, &column);
  return its_line == line && span.begin - start >= view->begin && span.begin - start <= view->end;
}

static void put_notes(const struct diags *diags, struct string_builder *out, const struct label *label) {
  struct arena *arena = diags->arena;
  struct location location = location_of(diags->sources, label->span);
  const char *file = source_get(diags->sources, label->span.source)->name;
  string_add(out, "%s:%d:%d: note: %s\n", file, location.line, location.column, label->message);
  struct window view = window_around(arena, location.text, location.length, location.begin);
  char marks[MARKS];
  memset(marks, ' ', sizeof marks);
  mark(marks, &view, location.begin, location.end, '^', '~');
  put_line(out, location.line, &view);
  put_marks(out, marks);
}

/* The source line of a problem with everything under it; labels that lie elsewhere are left in `rest`. */
static void put_excerpt(const struct diags *diags, struct string_builder *out, const struct problem *problem,
                        const struct label **rest, size_t *rests) {
  struct arena *arena = diags->arena;
  struct location location = location_of(diags->sources, problem->span);
  struct window view = window_around(arena, location.text, location.length, location.begin);
  struct label **here = ARENA_ARRAY(arena, struct label *, problem->labels.n + 1);
  size_t n = 0;
  char marks[MARKS];
  memset(marks, ' ', sizeof marks);
  for (size_t i = 0; i < problem->labels.n; i++) {
    struct label *label = &problem->labels.at[i];
    if (!on_line(diags, label->span, problem->span.source, location.line, &view, location.start)) {
      rest[(*rests)++] = label;
      continue;
    }
    struct location other = location_of(diags->sources, label->span);
    mark(marks, &view, other.begin, other.end, '~', '~');
    size_t k = n++;
    for (; k > 0 && here[k - 1]->span.begin < label->span.begin; k--) here[k] = here[k - 1];
    here[k] = label;
  }
  mark(marks, &view, location.begin, location.end, '^', '~');
  put_line(out, location.line, &view);
  put_marks(out, marks);
  put_labels(out, &view, here, n, location.start);
}

static void put_hint(struct string_builder *out, const char *hint) {
  string_put(out, "      = hint: ");
  for (; *hint; hint++) {
    string_put_bytes(out, hint, 1);
    if (*hint == '\n') string_put(out, "              ");
  }
  string_put(out, "\n");
}

static void put_problem(const struct diags *diags, struct string_builder *out, const struct problem *problem) {
  struct arena *arena = diags->arena;
  const struct label **rest = ARENA_ARRAY(arena, const struct label *, problem->labels.n + 1);
  size_t rests = 0;
  if (problem->span.source) {
    struct location location = location_of(diags->sources, problem->span);
    string_add(out, "%s:%d:%d: ", source_get(diags->sources, problem->span.source)->name, location.line,
               location.column);
  }
  string_add(out, "%s[%s]: %s\n", problem->warning ? "warning" : "error", diag_code_name(problem->code),
             problem->message);
  if (problem->span.source) {
    put_excerpt(diags, out, problem, rest, &rests);
  } else {
    for (size_t i = 0; i < problem->labels.n; i++) rest[rests++] = &problem->labels.at[i];
  }
  for (size_t i = 0; i < rests; i++) put_notes(diags, out, rest[i]);
  for (size_t i = 0; i < problem->hints.n; i++) put_hint(out, problem->hints.at[i]);
}

const char *diag_text(const struct diags *diags) {
  struct string_builder out = {.arena = diags->arena};
  for (size_t i = 0, n = diag_shown(diags); i < n; i++) put_problem(diags, &out, &diags->problems.at[i]);
  if (diags->errors > 1) string_add(&out, "%zu errors", diags->errors);
  if (diags->errors > DIAG_CAP) {
    string_add(&out, ", the first %d of them shown", DIAG_CAP);
  }
  if (diags->errors > 1) string_put(&out, "\n");
  return string_get(&out);
}
