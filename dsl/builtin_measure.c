/* Functions of the core that make measurements: one that the model computes itself, and those of base/measures.def. */
#include "dsl/stage.h"

static bool is_given(const struct value *v) { return v->kind != V_ERROR; }

struct value call_figure(struct elab *e, const struct builtin *self, struct value *in, int n, struct span span) {
  (void)n;
  struct value v = {.kind = V_FIGURE, .made = span};
  v.figure = ARENA_NEW(e->arena, struct figure_value);
  for (int k = 0; k < 2; k++) {
    if (k && !is_given(&in[k])) continue;
    if (!wants_array(e, self, &in[k], span) || !is_measurement(e, &in[k], span)) return v_error();
  }
  v.figure->value = keep_value(e, in[0]);
  v.figure->chance = is_given(&in[1]) ? keep_value(e, in[1]) : NULL;
  v.figure->protocol = in[2].kind == V_TEXT ? in[2].text : NULL;
  v.figure->unit = in[3].kind == V_TEXT ? in[3].text : NULL;
  v.figure->scale = 1;
  v.figure->stage = -1;
  return v;
}

static const struct {
  const char *name;
  int arguments;
} measures[] = {
#define MEASURE(name, arguments, fit, doc) {#name, arguments},
#include "base/measures.def"
#undef MEASURE
};

/* What would only be found out after training: a label is one number a row, and codes that are compared coordinate by
 * coordinate, or read by one classifier, are of one size. */
static bool measure_fits(struct elab *e, const struct figure_value *figure, struct span span) {
  const struct values *given = &figure->arguments;
  bool correlation = !strcmp(figure->measure, "correlation"), transfer = !strcmp(figure->measure, "transfer");
  const struct value *label = transfer || !strcmp(figure->measure, "separate") ? &given->at[given->n - 1] : NULL;
  if (label && type_of(e, label)->shape.rank) {
    diag_error(e->diags, DIAG_E0232, span, "'%s' needs one label a row, not %s", figure->measure, describe(e, label));
    blame_made(e, label, span);
    diag_hint(e->diags, "name a column of labels, such as 'digits.label'");
    return false;
  }
  const struct value *a = &given->at[0], *b = &given->at[1];
  if ((!correlation && !transfer) || shape_count(type_of(e, a)->shape) == shape_count(type_of(e, b)->shape)) return true;
  diag_error(e->diags, DIAG_E0232, span, "'%s' needs codes of one size, not %s and %s", figure->measure, describe(e, a),
             describe(e, b));
  blame_made(e, a, span);
  blame_made(e, b, span);
  if (correlation) diag_hint(e->diags, "'cca' takes codes of different sizes");
  return false;
}

struct value call_measure(struct elab *e, const struct builtin *self, struct value *in, int n, struct span span) {
  struct value v = {.kind = V_FIGURE, .made = span};
  v.figure = ARENA_NEW(e->arena, struct figure_value);
  v.figure->stage = -1;
  v.figure->scale = 1;
  int found = -1;
  for (int k = 0; k < (int)(sizeof measures / sizeof *measures); k++)
    if (in[0].kind == V_TEXT && !strcmp(in[0].text, measures[k].name)) found = k;
  if (found < 0) {
    const char *names[sizeof measures / sizeof *measures];
    for (size_t k = 0; k < sizeof measures / sizeof *measures; k++) names[k] = measures[k].name;
    bool text = in[0].kind == V_TEXT;
    diag_error(e->diags, DIAG_E0304, span, "no measure is called %s%s%s", text ? "'" : "",
               text ? in[0].text : describe(e, &in[0]), text ? "'" : "");
    suggest(e, text ? in[0].text : "", names, sizeof names / sizeof *names, "there are");
    return v_error();
  }
  v.figure->measure = measures[found].name;
  v.figure->arguments.at = ARENA_ARRAY(e->arena, struct value, n);
  for (int k = 1; k < n && is_given(&in[k]); k++) {
    if (!wants_array(e, self, &in[k], span)) return v_error();
    if (!in[k].array.level) {
      diag_error(e->diags, DIAG_E0304, span, "'%s' takes values with rows, not %s", v.figure->measure,
                 describe(e, &in[k]));
      return v_error();
    }
    v.figure->arguments.at[v.figure->arguments.n++] = in[k];
  }
  if ((int)v.figure->arguments.n != measures[found].arguments) {
    diag_error(e->diags, DIAG_E0301, span, "measure '%s' takes %d values, not %zu", v.figure->measure,
               measures[found].arguments, v.figure->arguments.n);
    return v_error();
  }
  return measure_fits(e, v.figure, span) ? v : v_error();
}
