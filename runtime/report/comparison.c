#include "report/comparison.h"

#include <math.h>
#include <string.h>

#include "report/console.h"

enum { CELL = 64 };

/* ---- what differs ---- */

/* "pair in a, b; other in c": the texts, each with the labels of those that have it; NULL where all have the same. */
static const char *differences(struct arena *arena, const struct compared *list, const char *const *text, size_t n) {
  struct string_builder out = {.arena = arena};
  size_t kinds = 0;
  for (size_t i = 0; i < n; i++) {
    bool met = !text[i];
    for (size_t k = 0; k < i && !met; k++) met = text[k] && !strcmp(text[k], text[i]);
    if (met) continue;
    string_add(&out, "%s%s in", kinds++ ? "; " : "", text[i]);
    for (size_t k = i; k < n; k++)
      if (text[k] && !strcmp(text[k], text[i])) string_add(&out, "%s %s", k > i ? "," : "", list[k].label);
  }
  return kinds > 1 ? string_get(&out) : NULL;
}

static void note_facts(struct comparison *comparison, struct arena *arena, const struct compared *list, size_t n) {
  const char **model = ARENA_ARRAY(arena, const char *, n + 1), **data = ARENA_ARRAY(arena, const char *, n + 1);
  for (size_t i = 0; i < n; i++) {
    model[i] = list[i].model;
    data[i] = list[i].data;
    if (list[i].measured < list[i].runs)
      vec_push(
          arena, &comparison->notes,
          arena_format(arena, "of %s, %zu of %zu runs are measured", list[i].label, list[i].measured, list[i].runs));
  }
  const char *models = differences(arena, list, model, n), *sets = differences(arena, list, data, n);
  if (models) vec_push(arena, &comparison->notes, arena_format(arena, "the model differs: %s", models));
  if (sets) vec_push(arena, &comparison->notes, arena_format(arena, "the data differ: %s", sets));
}

/* One metric in all that are compared; NULL where one lacks it. */
struct line {
  const struct summary_row **row;
  const struct summary_row *first;
};

static struct line line_of(struct arena *arena, const struct compared *list, size_t n, const char *name) {
  struct line line = {ARENA_ARRAY(arena, const struct summary_row *, n + 1), NULL};
  for (size_t i = 0; i < n; i++) {
    const struct summary *summary = &list[i].summary;
    for (size_t k = 0; k < summary->rows.n; k++)
      if (!strcmp(summary->rows.at[k].metric.name, name)) line.row[i] = &summary->rows.at[k];
    if (!line.first) line.first = line.row[i];
  }
  return line;
}

static const char *rows_string(struct arena *arena, const struct summary_row *row) {
  if (row->least_rows < 0) return "unknown";
  if (row->least_rows == row->most_rows) return arena_format(arena, "%lld", (long long)row->least_rows);
  return arena_format(arena, "%lld to %lld", (long long)row->least_rows, (long long)row->most_rows);
}

/* Notes in what a metric of one run is another than that of others: its mark, or "". */
static const char *mark(struct comparison *comparison, struct arena *arena, const struct compared *list, size_t n,
                        const struct line *line, int *marks) {
  static const char *const what[] = {"split", "rows", "unit", "protocol"};
  enum { KINDS = sizeof what / sizeof *what };
  const char **text = ARENA_ARRAY(arena, const char *, n + 1), *all = "";
  for (int kind = 0; kind < KINDS; kind++) {
    for (size_t i = 0; i < n; i++) {
      const struct metric *m = line->row[i] ? &line->row[i]->metric : NULL;
      text[i] = !m          ? NULL
                : kind == 0 ? metric_split(m)
                : kind == 1 ? rows_string(arena, line->row[i])
                : kind == 2 ? (m->unit && *m->unit ? m->unit : "none")
                            : arena_format(arena, "'%s'", m->protocol);
    }
    const char *found = differences(arena, list, text, n);
    if (found) all = arena_format(arena, "%s%s%s: %s", all, *all ? "; " : "", what[kind], found);
  }
  if (!*all) return "";
  const char *name = arena_format(arena, "[%d]", ++*marks);
  vec_push(arena, &comparison->notes, arena_format(arena, "%s '%s' differs: %s", name, line->first->metric.name, all));
  return name;
}

/* ---- the tables ---- */

static const char *value_string(struct arena *arena, const struct summary_row *row) {
  char value[CELL], sd[CELL];
  const struct metric *m = row ? &row->metric : NULL;
  if (!m || isnan(m->value)) return "-";
  if (!isfinite(row->sd)) return arena_format(arena, "%s", metric_string(value, sizeof value, m->value, m->unit));
  return arena_format(arena, "%s \xc2\xb1 %s", metric_number(value, sizeof value, m->value, m->unit),
                      metric_string(sd, sizeof sd, row->sd, m->unit));
}

static const char *number_string(struct arena *arena, double value) {
  return isfinite(value) ? arena_format(arena, "%.10g", value) : "";
}

/* The chance level that all have, to the digits that are shown. */
static const char *chance_string(struct arena *arena, const struct line *line, size_t n) {
  char one[CELL], text[CELL] = "";
  for (size_t i = 0; i < n; i++) {
    if (!line->row[i]) continue;
    metric_string(one, sizeof one, line->row[i]->metric.chance, line->row[i]->metric.unit);
    if (*text && strcmp(text, one)) return "differs";
    memcpy(text, one, sizeof one);
  }
  return arena_format(arena, "%s", text);
}

/* All that differs for a metric: its own note, if it is marked, and those on the runs as a whole. */
static const char *notes_string(const struct comparison *comparison, bool marked) {
  struct string_builder out = {.arena = comparison->sheet.arena};
  if (marked) string_put(&out, comparison->notes.at[comparison->notes.n - 1]);
  for (size_t i = 0; i < comparison->notes.n; i++)
    if (comparison->notes.at[i][0] != '[') string_add(&out, "%s%s", out.n ? "; " : "", comparison->notes.at[i]);
  return string_get(&out);
}

static void put_line(struct comparison *comparison, const struct line *line, size_t n, const char *mark) {
  struct sheet *sheet = &comparison->sheet, *raw = &comparison->raw;
  struct arena *arena = sheet->arena;
  const struct metric *m = &line->first->metric;
  sheet_put(sheet, "%s%s%s", m->name, *mark ? " " : "", mark);
  sheet_put(sheet, "%s", metric_split(m));
  sheet_put(sheet, "%s", chance_string(arena, line, n));
  sheet_put(raw, "%s", m->name);
  sheet_put(raw, "%s", metric_split(m));
  sheet_put(raw, "%s", m->unit ? m->unit : "");
  for (size_t i = 0; i < n; i++) {
    const struct summary_row *row = line->row[i];
    sheet_put(sheet, "%s", value_string(arena, row));
    sheet_put(raw, "%s", number_string(arena, row ? row->metric.value : NAN));
    sheet_put(raw, "%s", number_string(arena, row ? row->sd : NAN));
    if (row) sheet_put(raw, "%lld", (long long)row->n);
    else sheet_put(raw, "%s", "");
    sheet_put(raw, "%s", number_string(arena, row ? row->metric.chance : NAN));
  }
  sheet_put(raw, "%s", notes_string(comparison, *mark != 0));
  sheet_put(raw, "%s", m->protocol);
}

static void put_heads(struct comparison *comparison, const struct compared *list, size_t n) {
  struct sheet *sheet = &comparison->sheet, *raw = &comparison->raw;
  sheet_head(sheet, false, "metric");
  sheet_head(sheet, false, "split");
  sheet_head(sheet, true, "chance");
  sheet_head(raw, false, "metric");
  sheet_head(raw, false, "split");
  sheet_head(raw, false, "unit");
  for (size_t i = 0; i < n; i++) {
    if (list[i].runs > 1) sheet_head(sheet, true, "%s (%zu)", list[i].label, list[i].measured);
    else sheet_head(sheet, true, "%s", list[i].label);
    sheet_head(raw, true, "%s", list[i].label);
    sheet_head(raw, true, "%s sd", list[i].label);
    sheet_head(raw, true, "%s runs", list[i].label);
    sheet_head(raw, true, "%s chance", list[i].label);
  }
  sheet_head(raw, false, "differs");
  sheet_head(raw, false, "protocol");
}

struct comparison compare(struct arena *arena, const struct compared *list, size_t n) {
  struct comparison comparison = {.sheet = {.arena = arena}, .raw = {.arena = arena}};
  VEC(const char *) names = {0};
  int marks = 0;
  put_heads(&comparison, list, n);
  note_facts(&comparison, arena, list, n);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < list[i].summary.rows.n; k++) {
      const char *name = list[i].summary.rows.at[k].metric.name;
      bool met = false;
      for (size_t j = 0; j < names.n; j++) met |= !strcmp(names.at[j], name);
      if (met) continue;
      vec_push(arena, &names, name);
      struct line line = line_of(arena, list, n, name);
      put_line(&comparison, &line, n, mark(&comparison, arena, list, n, &line, &marks));
    }
  return comparison;
}

bool comparison_print(FILE *to, const struct comparison *comparison) {
  bool ok = sheet_print(to, &comparison->sheet);
  for (size_t i = 0; i < comparison->notes.n; i++)
    ok = ok && fprintf(to, "%s%s\n", i ? "" : "\n", comparison->notes.at[i]) > 0;
  return fflush(to) == 0 && ok;
}

const char *comparison_tex(const struct comparison *comparison) {
  struct string_builder out = {.arena = comparison->sheet.arena};
  string_put(&out, sheet_tex(&comparison->sheet));
  for (size_t i = 0; i < comparison->notes.n; i++) {
    string_put(&out, "\\par{\\footnotesize ");
    string_put_tex(&out, comparison->notes.at[i]);
    string_put(&out, "}\n");
  }
  return string_get(&out);
}
