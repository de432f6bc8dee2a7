/* Tables as text: RFC 4180 with the delimiters that there are, and what programs write besides.
 *
 * The file is gone through twice.  The first time says what each column holds: integers, numbers, or strings, and
 * how many values are missing; the second puts the values in place, 8 bytes a number and 4 a string.  A cell is missing
 * where it is empty or, without quotes, one of the usual words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "data/number.h"
#include "data/reader.h"

enum { NO_CELL, CELL_NEXT, CELL_LAST }; /* the file has ended; another cell follows; the line has ended */

struct cell {
  struct string string;
  bool quoted;
  int64_t line, column; /* from 1 */
};

struct scan {
  struct datafile *file;
  const char *at, *end;
  char delimiter; /* ' ': any number of blanks */
  int64_t line, column;
  struct error *error;
};

/* ---- cells ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* LF, CR LF, or CR alone. */
static bool at_line_end(const struct scan *scan) {
  return scan->at == scan->end || *scan->at == '\n' || *scan->at == '\r';
}

static void skip_line_end(struct scan *scan) {
  if (scan->at < scan->end && *scan->at == '\r') scan->at++;
  if (scan->at < scan->end && *scan->at == '\n') scan->at++;
  scan->line++;
  scan->column = 0;
}

/* How many lines end in a text; the CR of a CR LF ends none. */
static int64_t line_ends(const char *at, const char *end) {
  int64_t n = 0;
  for (; at < end; at++) n += *at == '\n' || (*at == '\r' && !(at + 1 < end && at[1] == '\n'));
  return n;
}

static bool located(const struct scan *scan, int64_t line, int64_t column, const char *problem) {
  return error_set(scan->error, ERROR_DATA, "'%s', line %lld, column %lld: %s", scan->file->path, (long long)line,
                   (long long)column, problem);
}

/* The text between quotes; where it has quotes of its own, in the arena.  False with an error where it has no end. */
static bool take_quoted(struct scan *scan, struct cell *cell) {
  const char *begin = ++scan->at;
  size_t doubled = 0;
  for (;; scan->at++) {
    scan->at = memchr(scan->at, '"', (size_t)(scan->end - scan->at));
    if (!scan->at) return located(scan, cell->line, cell->column, "a string in quotes has no end");
    if (scan->at + 1 == scan->end || scan->at[1] != '"') break;
    doubled++;
    scan->at++;
  }
  size_t length = (size_t)(scan->at++ - begin), n = 0;
  scan->line += line_ends(begin, begin + length);
  cell->string = (struct string){begin, length};
  if (!doubled) return true;
  char *copy = arena_alloc(scan->file->inside->arena, length);
  for (size_t i = 0; i < length; i++) {
    copy[n++] = begin[i];
    if (begin[i] == '"') i++;
  }
  cell->string = (struct string){copy, n};
  return true;
}

static void skip_blanks(struct scan *scan) {
  while (scan->at < scan->end && is_blank(*scan->at) && *scan->at != scan->delimiter) scan->at++;
  if (scan->delimiter == ' ')
    while (scan->at < scan->end && is_blank(*scan->at)) scan->at++;
}

static void take_plain(struct scan *scan, struct cell *cell) {
  const char *begin = scan->at;
  while (!at_line_end(scan) && *scan->at != scan->delimiter && !(scan->delimiter == ' ' && *scan->at == '\t'))
    scan->at++;
  const char *last = scan->at;
  while (last > begin && is_blank(last[-1])) last--;
  cell->string = (struct string){begin, (size_t)(last - begin)};
}

/* The next cell, blanks around it left out; -1 with an error. */
static int take_cell(struct scan *scan, struct cell *cell) {
  if (scan->column == 0 && scan->at == scan->end) return NO_CELL;
  skip_blanks(scan);
  *cell = (struct cell){.line = scan->line, .column = ++scan->column};
  cell->quoted = scan->at < scan->end && *scan->at == '"';
  if (cell->quoted) {
    if (!take_quoted(scan, cell)) return -1;
    skip_blanks(scan);
  } else {
    take_plain(scan, cell);
    skip_blanks(scan);
  }
  if (at_line_end(scan)) {
    skip_line_end(scan);
    return CELL_LAST;
  }
  bool next = scan->delimiter == ' ' ? is_blank(scan->at[-1]) : *scan->at == scan->delimiter;
  if (!next) return located(scan, cell->line, cell->column, "a string in quotes goes on after the quotes"), -1;
  if (scan->delimiter != ' ') scan->at++;
  return CELL_NEXT;
}

/* Lines without anything, and before the first row those that begin with '#', are none. */
static void skip_empty_lines(struct scan *scan, bool comments) {
  for (;;) {
    const char *begin = scan->at;
    while (scan->at < scan->end && is_blank(*scan->at) && (*scan->at != '\t' || scan->delimiter != '\t')) scan->at++;
    bool comment = comments && scan->at < scan->end && *scan->at == '#';
    while (comment && !at_line_end(scan)) scan->at++;
    if (scan->at == scan->end || !at_line_end(scan)) {
      if (scan->at < scan->end) scan->at = begin;
      return;
    }
    skip_line_end(scan);
  }
}

/* ---- what a cell is ---- */

static bool is_missing(const struct cell *cell) {
  static const char *const words[] = {"", "?", "NA", "N/A", "#N/A", "nan", "NaN", "NAN", "null", "NULL", "None"};
  if (cell->quoted) return cell->string.length == 0;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (cell->string.length == strlen(words[i]) && memcmp(cell->string.at, words[i], cell->string.length) == 0)
      return true;
  return false;
}

struct column {
  const char *name;
  bool numbers, whole;      /* every cell that is not missing */
  int64_t missing, strings; /* cells that are missing, and that are not numbers */
  struct cell first_string;
  struct cell overflow; /* the first that is a number, and infinite as a double; line 0: none */
  void *values;         /* once they are read: int64_t, double or struct string */
};

/* ---- the delimiter and the header ---- */

/* How many cells a line has with this delimiter, over at most some lines: 0 where they differ. */
static int64_t even_cells(struct scan scan, char delimiter) {
  enum { LINES = 20 };
  struct cell cell;
  struct error ignored = {0};
  int64_t cells = 0;
  scan.delimiter = delimiter;
  scan.error = &ignored;
  for (int i = 0; i < LINES; i++) {
    int follows;
    skip_empty_lines(&scan, i == 0);
    if (scan.at == scan.end) break;
    int64_t n = 0;
    do {
      follows = take_cell(&scan, &cell);
      n++;
    } while (follows == CELL_NEXT);
    if (follows < 0) return 0;
    if (i == 0 || (i == 1 && n == cells + 1)) cells = n; /* R leaves out the name of the row names */
    else if (n != cells) return 0;
  }
  return cells;
}

static char find_delimiter(const struct scan *scan) {
  static const char candidates[] = "\t;, ";
  for (const char *c = candidates; *c; c++)
    if (even_cells(*scan, *c) > 1) return *c;
  struct scan line = *scan;
  while (!at_line_end(&line)) line.at++;
  size_t length = (size_t)(line.at - scan->at); /* lines differ: an error will say where */
  for (const char *c = candidates; *c && *c != ' '; c++)
    if (memchr(scan->at, *c, length)) return *c;
  return ',';
}

enum { MOST_COLUMNS = 1 << 20 }; /* what is kept of one is some hundred bytes, for a cell of one */

struct table_scan {
  struct scan scan;
  struct column *column;
  int64_t columns, rows;
  bool header;
};

/* No number in it, or 0, 1, 2... as pandas names the columns of an array. */
static bool looks_like_header(struct scan scan) {
  enum { COUNTED = 4 };
  struct cell cell;
  int64_t numbers = 0, cells = 0, counted = 0, count;
  int follows;
  double number;
  do {
    follows = take_cell(&scan, &cell);
    cells++;
    if (!number_parse(cell.string.at, cell.string.length, &number)) continue;
    numbers++;
    if (number_whole(cell.string.at, cell.string.length, &count) && count == counted) counted++;
  } while (follows == CELL_NEXT);
  bool more = follows > 0 && (skip_empty_lines(&scan, false), scan.at < scan.end);
  return more && (numbers == 0 || (counted >= COUNTED && counted == numbers && cells - counted <= 1));
}

static int compare_names(const void *a, const void *b) {
  return strcmp((*(const struct column *const *)a)->name, (*(const struct column *const *)b)->name);
}

static bool check_names(struct table_scan *table) {
  struct arena *arena = table->scan.file->inside->arena;
  const struct column **sorted = ARENA_ARRAY(arena, const struct column *, (size_t)table->columns + 1);
  for (int64_t i = 0; i < table->columns; i++) sorted[i] = &table->column[i];
  qsort(sorted, (size_t)table->columns, sizeof *sorted, compare_names);
  for (int64_t i = 1; i < table->columns; i++)
    if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
      return datafile_error(table->scan.file, table->scan.error, "the columns %lld and %lld are both called '%s'",
                            (long long)(sorted[i - 1] - table->column) + 1, (long long)(sorted[i] - table->column) + 1,
                            sorted[i]->name);
  return true;
}

static int64_t count_cells(struct scan scan) {
  struct cell cell;
  int follows;
  int64_t cells = 0;
  skip_empty_lines(&scan, false);
  if (scan.at == scan.end) return 0;
  do {
    follows = take_cell(&scan, &cell);
    cells++;
  } while (follows == CELL_NEXT);
  return follows < 0 ? -1 : cells;
}

/* Reads the header where there is one, and names the columns. */
static bool take_header(struct table_scan *table) {
  struct scan *scan = &table->scan;
  struct arena *arena = scan->file->inside->arena;
  enum csv_header said = scan->file->inside->options.header;
  table->header = said == HEADER_THERE || (said == HEADER_GUESSED && looks_like_header(*scan));
  int64_t names = count_cells(*scan), skipped = 0;
  if (names < 0) return false;
  if (names > MOST_COLUMNS)
    return datafile_error(scan->file, scan->error, "it has more than %d columns", (int)MOST_COLUMNS);
  table->columns = names;
  if (table->header) {
    struct scan after = *scan;
    struct cell cell;
    while (take_cell(&after, &cell) == CELL_NEXT) continue;
    skipped = count_cells(after) == names + 1; /* R's row names */
    table->columns += skipped;
  }
  table->column = ARENA_ARRAY(arena, struct column, (size_t)table->columns);
  for (int64_t i = 0; i < table->columns; i++) {
    struct cell cell = {0};
    if (table->header && i >= skipped) take_cell(scan, &cell);
    table->column[i].name = cell.string.length ? arena_copy_string(arena, cell.string.at, cell.string.length)
                                               : arena_format(arena, "column%lld", (long long)i + 1);
  }
  return check_names(table);
}

/* ---- the rows ---- */

static void classify(struct column *column, const struct cell *cell) {
  double number;
  int64_t whole;
  if (is_missing(cell)) {
    column->missing++;
    return;
  }
  if (!number_parse(cell->string.at, cell->string.length, &number)) {
    if (!column->strings++) column->first_string = *cell;
    return;
  }
  if (!column->overflow.line && number_overflows(cell->string.at, cell->string.length, number))
    column->overflow = *cell;
  if (column->whole && !number_whole(cell->string.at, cell->string.length, &whole)) column->whole = false;
}

static void put(struct column *column, int64_t row, const struct cell *cell) {
  bool missing = is_missing(cell);
  if (!column->numbers) ((struct string *)column->values)[row] = missing ? (struct string){"", 0} : cell->string;
  else if (column->whole) number_whole(cell->string.at, cell->string.length, (int64_t *)column->values + row);
  else if (missing) ((double *)column->values)[row] = NAN;
  else number_parse(cell->string.at, cell->string.length, (double *)column->values + row);
}

static bool row_of_other_length(const struct table_scan *table, const struct cell *last, int64_t cells) {
  return error_set(table->scan.error, ERROR_DATA, "'%s', line %lld: it has %lld column%s where there are %lld",
                   table->scan.file->path, (long long)last->line, (long long)cells, cells == 1 ? "" : "s",
                   (long long)table->columns);
}

/* Goes through all rows; put_values: the second time. */
static bool take_rows(struct table_scan *table, bool put_values) {
  struct scan scan = table->scan;
  table->rows = 0;
  for (skip_empty_lines(&scan, false); scan.at < scan.end; skip_empty_lines(&scan, false)) {
    struct cell cell;
    int follows = CELL_NEXT;
    int64_t i = 0;
    for (; follows == CELL_NEXT; i++) {
      if ((follows = take_cell(&scan, &cell)) < 0) return false;
      if (i >= table->columns) continue;
      if (put_values) put(&table->column[i], table->rows, &cell);
      else classify(&table->column[i], &cell);
    }
    if (i != table->columns) return row_of_other_length(table, &cell, i);
    table->rows++;
  }
  return true;
}

static bool make_columns(struct table_scan *table) {
  struct datafile *file = table->scan.file;
  for (int64_t i = 0; i < table->columns; i++) {
    struct column *column = &table->column[i];
    column->numbers = column->strings == 0;
    column->whole = column->numbers && column->whole && column->missing == 0;
    if (column->numbers) {
      column->values = datafile_block(file, 8 * table->rows, table->scan.error);
      if (!column->values) return false;
    } else if (!(column->values = malloc(size_product((size_t)table->rows, sizeof(struct string))))) {
      return datafile_error(file, table->scan.error, "no memory for the strings of '%s'", column->name);
    }
  }
  return true;
}

static bool add_columns(struct table_scan *table) {
  struct datafile *file = table->scan.file;
  struct arena *arena = file->inside->arena;
  for (int64_t i = 0; i < table->columns; i++) {
    const struct column *column = &table->column[i];
    const struct cell *cell = column->numbers ? &column->overflow : &column->first_string;
    int length = cell->string.length < 40 ? (int)cell->string.length : 40;
    if (column->numbers) {
      struct found found = {.name = column->name,
                            .type = column->whole ? STORED_I64 : STORED_F64,
                            .rank = 1,
                            .dim = &table->rows,
                            .at = column->values};
      if (cell->line)
        found.refused = arena_format(arena, "%.*s in line %lld is larger than any number", length, cell->string.at,
                                     (long long)cell->line);
      array_add(file, &found)->missing = column->missing;
      continue;
    }
    if (!strings_add(file, column->name, column->values, table->rows, table->scan.error)) return false;
    if (column->strings + column->missing < table->rows)
      file->entry[file->n - 1].note = arena_format(arena, "it has numbers too; '%.*s' in line %lld is none", length,
                                                   cell->string.at, (long long)cell->line);
  }
  return true;
}

/* ---- the file ---- */

/* Text: no control characters but those that lay it out. */
static bool knows(const struct contents *contents) {
  for (int64_t i = 0; i < contents->head_size; i++) {
    unsigned char c = contents->head[i];
    if (c < ' ' && (!c || !strchr("\t\r\n\f", c))) return false;
  }
  return contents->head_size > 0;
}

/* Classes are printed by their names, so strings must be what a terminal shows. */
static bool check_text(const struct datafile *file, struct error *error) {
  const struct contents *contents = &file->inside->contents;
  const char *string = (const char *)contents->bytes;
  int64_t n;
  uint32_t code;
  for (int64_t i = 0; i < contents->size; i += n) {
    unsigned char byte = contents->bytes[i];
    n = byte && byte < 0x80 ? 1 : (int64_t)utf8_char(string + i, (size_t)(contents->size - i), &code);
    if (n && byte) continue;
    error_set(error, ERROR_DATA, "'%s', line %lld: the byte 0x%02x is not UTF-8", file->path,
              (long long)line_ends(string, string + i) + 1, byte);
    return error_hint(error, "convert the file first: iconv -f latin1 -t utf-8, or utf-16 for latin1");
  }
  return true;
}

static bool open_csv(struct datafile *file, struct error *error) {
  struct contents *contents = &file->inside->contents;
  if (!contents_whole(contents, file->inside->options.limit, error)) return false;
  const char *begin = (const char *)contents->bytes;
  struct table_scan table = {
      .scan = {.file = file, .at = begin, .end = begin + contents->size, .line = 1, .error = error}};
  struct scan *scan = &table.scan;
  if (contents->size >= 3 && memcmp(begin, "\xef\xbb\xbf", 3) == 0) scan->at += 3;
  if (!check_text(file, error)) return false;
  skip_empty_lines(scan, true);
  if (scan->at == scan->end) return datafile_error(file, error, "there is no line in it");
  scan->delimiter = file->inside->options.delimiter;
  if (!scan->delimiter) scan->delimiter = find_delimiter(scan);
  if (!take_header(&table)) return false;
  for (int64_t i = 0; i < table.columns; i++) table.column[i].whole = true;
  bool ok = take_rows(&table, false) && (table.rows > 0 || datafile_error(file, error, "there is no row in it")) &&
            make_columns(&table) && take_rows(&table, true) && add_columns(&table);
  for (int64_t i = 0; i < table.columns; i++)
    if (!table.column[i].numbers) free(table.column[i].values);
  return ok;
}

const struct reader csv_reader = {
    .format = "CSV", .suffixes = ".csv .tsv .txt .data .dat .tab", .guesses = true, .knows = knows, .open = open_csv};
