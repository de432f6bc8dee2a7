#include "report/console.h"

#include <math.h>
#include <string.h>

#include "report/terminal.h"
#include "report/text.h"

enum { CELL = 64 };

char *metric_number(char *string, size_t size, double value, const char *unit) {
  if (!unit) unit = "";
  bool bounded = !strcmp(unit, "%") || !strncmp(unit, "of ", 3);
  if (isnan(value)) snprintf(string, size, "-");
  else snprintf(string, size, !strcmp(unit, "of 1") ? "%.4f" : bounded ? "%.2f" : "%.4g", value);
  return string;
}

char *metric_string(char *string, size_t size, double value, const char *unit) {
  metric_number(string, size, value, unit);
  size_t n = strlen(string);
  if (!isnan(value) && unit && *unit) snprintf(string + n, size - n, " %s", unit);
  return string;
}

char *metric_rows(char *string, size_t size, const struct metric *metric) {
  if (metric->rows < 0) snprintf(string, size, "-");
  else snprintf(string, size, "%lld", (long long)metric->rows);
  return string;
}

const char *metric_split(const struct metric *metric) {
  return metric->where ? metric->where : metric->split ? metric->split : "-";
}

void metric_remark(struct string_builder *string, const struct metric *metric) {
  string_add(string, "%s", metric->reason ? metric->reason : metric->protocol);
  if (metric->chance_reason) string_add(string, "; no chance level: %s", metric->chance_reason);
}

struct row {
  char value[CELL], chance[CELL], rows[CELL];
  const char *name, *split, *protocol;
};

struct widths {
  int name, value, chance, split, rows;
};

static void widen(int *width, const char *string) {
  int n = (int)strlen(string);
  if (n > *width) *width = n;
}

/* What its columns hold; not the protocol. */
static struct row row_of(const struct metric *metric) {
  struct row row = {.name = metric->name, .split = metric_split(metric)};
  metric_string(row.value, CELL, metric->value, metric->unit);
  metric_string(row.chance, CELL, metric->chance, metric->unit);
  metric_rows(row.rows, CELL, metric);
  return row;
}

/* The protocol is the only cell that may be long: on a terminal it goes on below itself. */
static bool print_row(FILE *to, struct widths w, const struct row *row) {
  struct string_builder string = {0};
  string_add(&string, "%-*s  %*s  %*s  %-*s  %*s  ", w.name, row->name, w.value, row->value, w.chance, row->chance,
             w.split, row->split, w.rows, row->rows);
  int indent = (int)string.n;
  string_add(&string, "%s\n", row->protocol);
  bool ok = print_wrapped(to, string.at, terminal_width(to), indent);
  string_free(&string);
  return ok;
}

char *table_number(char *string, size_t size, double value) {
  if (isnan(value)) snprintf(string, size, "-");
  else if (value == floor(value) && fabs(value) < 1e15) snprintf(string, size, "%.0f", value);
  else snprintf(string, size, "%.*f", fabs(value) < 2 ? 3 : 2, value);
  return string;
}

bool console_table(FILE *to, const struct metric_table *table) {
  struct string_builder string = {0};
  char cell[CELL];
  int first = (int)strlen(table->corner);
  for (int64_t i = 0; i < table->rows; i++) widen(&first, table->row[i]);
  string_add(&string, "\n%s, %s%s%s, %lld rows: %s\n%-*s", table->name, table->split ? table->split : "-",
             table->table ? " of " : "", table->table ? table->table : "", (long long)table->samples, table->protocol,
             first, table->corner);
  for (int64_t i = -1; i < table->rows; i++) {
    if (i >= 0) string_add(&string, "%-*s", first, table->row[i]);
    for (int64_t j = 0; j < table->columns; j++) {
      int width = (int)strlen(table->column[j]);
      for (int64_t k = 0; k < table->rows; k++)
        widen(&width, table_number(cell, CELL, table->value[k * table->columns + j]));
      const char *entry = i < 0 ? table->column[j] : table_number(cell, CELL, table->value[i * table->columns + j]);
      string_add(&string, "  %*s", width, entry);
    }
    string_add(&string, "\n");
  }
  bool ok = fputs(string.at, to) >= 0;
  string_free(&string);
  return fflush(to) == 0 && ok;
}

bool console_metrics(FILE *to, const struct metric *metrics, size_t n) {
  static const struct row head = {"value", "chance", "rows", "metric", "split", "protocol"};
  struct widths w = {sizeof "metric" - 1, sizeof "value" - 1, sizeof "chance" - 1, sizeof "split" - 1,
                     sizeof "rows" - 1};
  if (!n) return true;
  for (size_t i = 0; i < n; i++) {
    struct row row = row_of(&metrics[i]);
    widen(&w.name, row.name);
    widen(&w.value, row.value);
    widen(&w.chance, row.chance);
    widen(&w.split, row.split);
    widen(&w.rows, row.rows);
  }
  bool ok = print_row(to, w, &head);
  for (size_t i = 0; i < n && ok; i++) {
    struct row row = row_of(&metrics[i]);
    struct string_builder remark = {0};
    metric_remark(&remark, &metrics[i]);
    row.protocol = remark.at;
    ok = print_row(to, w, &row);
    string_free(&remark);
  }
  return fflush(to) == 0 && ok;
}
