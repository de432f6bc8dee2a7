/* Functions of the core that make measurements: one that the model computes itself, and those of base/measures.def. */
#include <math.h>

#include "base/measures.h"
#include "dsl/eval/builtin.h"

static bool is_given(const struct value *v) { return v->kind != V_ERROR; }

bool is_measurement(const struct context *e, const struct value *v, struct span span) {
  if (!v->array.per_sample && !type_of(e, v)->shape.rank) return true;
  diag_error(e->diags, DIAG_E0409, span, "a measurement is one number, not %s", describe(e, v));
  diag_hint(e->diags, "take the mean over 'batch', which here is the whole split");
  return false;
}

struct value call_figure(const struct context *e, const struct builtin *self, struct value *in, int n,
                         struct span span) {
  (void)n;
  struct value v = {.kind = V_METRIC, .made = span};
  v.metric = ARENA_NEW(e->arena, struct metric_value);
  for (int k = 0; k < 2; k++) {
    if (k && !is_given(&in[k])) continue;
    if (!wants_array(e, self, &in[k], span) || !is_measurement(e, &in[k], span)) return v_error();
  }
  v.metric->value = keep_value(e, in[0]);
  v.metric->chance = is_given(&in[1]) ? keep_value(e, in[1]) : NULL;
  v.metric->protocol = in[2].kind == V_STRING ? in[2].string : NULL;
  v.metric->unit = in[3].kind == V_STRING ? in[3].string : NULL;
  v.metric->scale = 1;
  v.metric->stage = -1;
  return v;
}

static const struct {
  const char *name;
  int arguments, traits;
} measures[] = {
#define MEASURE(name, arguments, traits, metrics, doc) {#name, arguments, traits},
#include "base/measures.def"
#undef MEASURE
};

/* Whether a node is an integer whatever the data are, but for NaN, if those that it reads are. */
static bool keeps_whole(enum op op) {
  return op_info[op].arity && op_info[op].properties & (KEEPS_WHOLE | EXACT | MOVES | ADDS);
}

/* What steps does so from one integer to the next. */
static bool makes_whole(const struct graph *g, node_id id) {
  enum op op = graph_node(g, id)->op;
  double constant;
  if (op_info[op].properties & (STEPS | COUNTS_ROWS) || op == OP_column) return true;
  return graph_is_constant(g, id, &constant) && constant == floor(constant);
}

/* A class is an integer: a column of the data (which is looked at when it is read), or what is made of them. */
static bool may_be_class(const struct context *e, const struct value *label) {
  const struct graph *g = graph_of(e);
  bool *whole = ARENA_ARRAY(e->arena, bool, (size_t)label->array.node + 1);
  for (node_id id = 1; id <= label->array.node; id++) {
    const struct node *n = graph_node(g, id);
    whole[id] = keeps_whole(n->op);
    for (int k = n->op == OP_select; k < op_info[n->op].arity && whole[id]; k++) whole[id] = whole[n->in[k]];
    whole[id] |= makes_whole(g, id);
  }
  return whole[label->array.node];
}

static bool check_label(const struct context *e, const char *measure, const struct value *label, struct span span) {
  if (type_of(e, label)->shape.rank)
    diag_error(e->diags, DIAG_E0232, span, "'%s' needs one label a row, not %s", measure, describe(e, label));
  else if (!may_be_class(e, label))
    diag_error(e->diags, DIAG_E0304, span, "'%s' needs a class for its label, and this is not made of integers",
               measure);
  else return true;
  blame_made(e, label, span);
  diag_hint(e->diags, "name a column of labels, such as 'digits.label'");
  return false;
}

/* What would only be found out after training: codes that are compared coordinate by coordinate, or read by one
 * classifier, are of one size. */
static bool check_sizes(const struct context *e, const char *measure, const struct value *a, const struct value *b,
                        struct span span) {
  if (shape_count(type_of(e, a)->shape) == shape_count(type_of(e, b)->shape)) return true;
  diag_error(e->diags, DIAG_E0232, span, "'%s' needs codes of one size, not %s and %s", measure, describe(e, a),
             describe(e, b));
  blame_made(e, a, span);
  blame_made(e, b, span);
  if (!strcmp(measure, "correlation")) diag_hint(e->diags, "'cca' takes codes of different sizes");
  return false;
}

static bool measure_fits(const struct context *e, const struct metric_value *metric, int traits, struct span span) {
  const struct value *given = metric->arguments.at;
  if (traits & MEASURE_LABELLED && !check_label(e, metric->measure, &given[metric->arguments.n - 1], span))
    return false;
  return !(traits & MEASURE_ALIKE) || check_sizes(e, metric->measure, &given[0], &given[1], span);
}

struct value call_measure(const struct context *e, const struct builtin *self, struct value *in, int n,
                          struct span span) {
  struct value v = {.kind = V_METRIC, .made = span};
  v.metric = ARENA_NEW(e->arena, struct metric_value);
  v.metric->stage = -1;
  v.metric->scale = 1;
  int found = -1;
  for (int k = 0; k < (int)(sizeof measures / sizeof *measures); k++)
    if (in[0].kind == V_STRING && !strcmp(in[0].string, measures[k].name)) found = k;
  if (found < 0) {
    const char *names[sizeof measures / sizeof *measures];
    for (size_t k = 0; k < sizeof measures / sizeof *measures; k++) names[k] = measures[k].name;
    bool is_string = in[0].kind == V_STRING;
    diag_error(e->diags, DIAG_E0304, span, "no measure is called %s%s%s", is_string ? "'" : "",
               is_string ? in[0].string : describe(e, &in[0]), is_string ? "'" : "");
    suggest(e, is_string ? in[0].string : "", names, sizeof names / sizeof *names, "there are");
    return v_error();
  }
  v.metric->measure = measures[found].name;
  v.metric->arguments.at = ARENA_ARRAY(e->arena, struct value, n);
  for (int k = 1; k < n && is_given(&in[k]); k++) {
    if (!wants_array(e, self, &in[k], span)) return v_error();
    if (!in[k].array.per_sample) {
      diag_error(e->diags, DIAG_E0304, span, "'%s' takes values with rows, not %s", v.metric->measure,
                 describe(e, &in[k]));
      return v_error();
    }
    v.metric->arguments.at[v.metric->arguments.n++] = in[k];
  }
  if ((int)v.metric->arguments.n != measures[found].arguments) {
    diag_error(e->diags, DIAG_E0301, span, "measure '%s' takes %d values, not %zu", v.metric->measure,
               measures[found].arguments, v.metric->arguments.n);
    return v_error();
  }
  return measure_fits(e, v.metric, measures[found].traits, span) ? v : v_error();
}
