#include "report/sheet.h"

#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"
#include "report/terminal.h"
#include "report/text.h"

void sheet_head(struct sheet *sheet, bool right, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vec_push(sheet->arena, &sheet->cell, arena_vformat(sheet->arena, format, arguments));
  va_end(arguments);
  vec_push(sheet->arena, &sheet->right, right);
  sheet->columns++;
}

void sheet_put(struct sheet *sheet, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vec_push(sheet->arena, &sheet->cell, arena_vformat(sheet->arena, format, arguments));
  va_end(arguments);
}

static size_t rows_of(const struct sheet *sheet) { return sheet->columns ? sheet->cell.n / sheet->columns : 0; }

static const char *cell_at(const struct sheet *sheet, size_t row, size_t column) {
  return sheet->cell.at[row * sheet->columns + column];
}

static void put_blanks(struct string_builder *out, int n) {
  while (n-- > 0) string_put(out, " ");
}

bool sheet_print(FILE *to, const struct sheet *sheet) {
  int *width = ARENA_ARRAY(sheet->arena, int, sheet->columns + 1);
  bool ok = true;
  for (size_t i = 0; i < sheet->cell.n; i++) {
    int n = utf8_text_columns(sheet->cell.at[i]);
    if (n > width[i % sheet->columns]) width[i % sheet->columns] = n;
  }
  for (size_t row = 0; ok && row < rows_of(sheet); row++) {
    struct string_builder line = {.arena = sheet->arena};
    int indent = 0;
    for (size_t k = 0; k < sheet->columns; k++) {
      const char *text = cell_at(sheet, row, k);
      int blanks = width[k] - utf8_text_columns(text);
      if (k) put_blanks(&line, 2);
      if (sheet->right.at[k]) put_blanks(&line, blanks);
      string_put(&line, text);
      if (!sheet->right.at[k] && k + 1 < sheet->columns) put_blanks(&line, blanks);
      if (k + 1 < sheet->columns) indent += width[k] + 2;
    }
    string_put(&line, "\n");
    ok = print_wrapped(to, string_get(&line), terminal_width(to), indent);
  }
  return fflush(to) == 0 && ok;
}

const char *sheet_csv(const struct sheet *sheet) {
  struct string_builder out = {.arena = sheet->arena};
  for (size_t i = 0; i < sheet->cell.n; i++) {
    const char *text = sheet->cell.at[i];
    bool quoted = text[strcspn(text, ",\"\r\n")] != 0;
    if (i % sheet->columns) string_put(&out, ",");
    if (quoted) string_put(&out, "\"");
    for (const char *at = text; *at; at++) {
      if (*at == '"') string_put(&out, "\"");
      string_put_bytes(&out, at, 1);
    }
    if (quoted) string_put(&out, "\"");
    if ((i + 1) % sheet->columns == 0) string_put(&out, "\n");
  }
  return string_get(&out);
}

void string_put_tex(struct string_builder *out, const char *text) {
  static const char plus_minus[] = "\xc2\xb1";
  static const struct {
    char byte;
    const char *as;
  } special[] = {{'\\', "\\textbackslash{}"}, {'~', "\\textasciitilde{}"}, {'^', "\\textasciicircum{}"},
                 {'<', "\\textless{}"},       {'>', "\\textgreater{}"},    {'|', "\\textbar{}"}};
  for (; *text; text++) {
    const char *as = NULL;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
      if (special[i].byte == *text) as = special[i].as;
    if (as) string_put(out, as);
    else if (!strncmp(text, plus_minus, sizeof plus_minus - 1)) string_put(out, "$\\pm$"), text++;
    else {
      if (strchr("&%$#_{}", *text)) string_put(out, "\\");
      string_put_bytes(out, text, 1);
    }
  }
}

const char *sheet_tex(const struct sheet *sheet) {
  struct string_builder out = {.arena = sheet->arena};
  string_put(&out, "% needs \\usepackage{booktabs}\n\\begin{tabular}{");
  for (size_t k = 0; k < sheet->columns; k++) string_put(&out, sheet->right.at[k] ? "r" : "l");
  string_put(&out, "}\n\\toprule\n");
  for (size_t row = 0; row < rows_of(sheet); row++) {
    for (size_t k = 0; k < sheet->columns; k++) {
      if (k) string_put(&out, " & ");
      string_put_tex(&out, cell_at(sheet, row, k));
    }
    string_put(&out, row ? " \\\\\n" : " \\\\\n\\midrule\n");
  }
  string_put(&out, "\\bottomrule\n\\end{tabular}\n");
  return string_get(&out);
}

void sheet_html(struct string_builder *html, const struct sheet *sheet) {
  string_put(html, "<div class=\"wide\"><table class=\"results\">\n");
  for (size_t row = 0; row < rows_of(sheet); row++) {
    string_put(html, row ? "<tr>" : "<thead><tr>");
    for (size_t k = 0; k < sheet->columns; k++) {
      const char *tag = row ? "td" : "th";
      string_add(html, "<%s%s>", tag, sheet->right.at[k] ? " class=\"number\"" : "");
      string_put_escaped(html, cell_at(sheet, row, k));
      string_add(html, "</%s>", tag);
    }
    string_put(html, row ? "</tr>\n" : "</tr></thead>\n<tbody>\n");
  }
  string_put(html, "</tbody></table></div>\n");
}
