/* gradient(e, x): a gradient as a value of the model.  It is made in the running graph, of the nodes there are, so what
 * is computed of it is differentiated as everything else: a penalty on it has a gradient of second order. */
#include "dsl/lower/stage.h"

static struct value not_by(const struct context *e, const struct value *by, struct span span) {
  diag_error(e->diags, DIAG_E0304, span, "'gradient' is by an array that the value is made of, not by %s",
             describe(e, by));
  if (by->kind == V_INSTANCE) diag_hint(e->diags, "'[gradient(e, w) for w in weights(f)]' is by each of its weights");
  if (by->kind == V_LIST) diag_hint(e->diags, "'[gradient(e, v) for v in list]' is by each item");
  return v_error();
}

/* One number, for each row only if what it is differentiated by differs from row to row too. */
static bool is_number(const struct context *e, const struct value *of, const struct value *by, struct span span) {
  if (type_of(e, of)->shape.rank) {
    diag_error(e->diags, DIAG_E0304, span, "'gradient' takes one number, or one for each row, not %s", describe(e, of));
    blame_made(e, of, span);
    diag_hint(e->diags, "take its sum, or one element after the other: "
                        "'[gradient(v[k], x) for k in range(features(v))]'");
    return false;
  }
  if (!of->array.per_sample || by->array.per_sample) return true;
  diag_error(e->diags, DIAG_E0304, span, "'gradient' of a number for each row by %s, which all rows share",
             describe(e, by));
  blame_made(e, by, span);
  diag_hint(e->diags, "take its mean over the rows: 'gradient(mean(v, batch), w)'");
  return false;
}

/* Whether the value is computed from the array, as the graph has it. */
static bool depends(const struct context *e, const struct value *of, const struct value *by, struct span span) {
  const struct graph *g = graph_of(e);
  if (by->array.node <= of->array.node && graph_reached(e->arena, g, of->array.node)[by->array.node]) return true;
  diag_error(e->diags, DIAG_E0408, span, "'gradient' of what does not depend on %s", describe(e, by));
  blame_made(e, by, span);
  diag_hint(e->diags, "name what it is by, and compute the value from that name: 'e = f(x)', 'gradient(e, x)'");
  return false;
}

/* Of numbers of rows, the sum: no other row's number depends on a row, but for what couples rows. */
static node_id total(const struct context *e, struct value of, struct span span) {
  struct value axis = {.kind = V_AXIS, .axis = AXIS_BATCH};
  if (of.array.per_sample) of = reduce(e, "sum", of, &axis, span);
  return of.kind == V_ARRAY ? of.array.node : 0;
}

static node_id both_present(const struct context *e, const struct value *of, const struct value *by) {
  node_id a = of->array.per_sample ? of->array.present : 0, b = by->array.present;
  return a && b && a != b ? graph_op2(graph_of(e), OP_mul, NULL, a, b) : a ? a : b;
}

/* ---- which texts have gradients ---- */

static bool is_among(const char *const *names, size_t n, const char *name) {
  while (n && names[n - 1] != name) n--;
  return n > 0;
}

/* Folding takes readers of a value past it, to what it was made of: a gradient by the value would miss them. */
bool has_gradients(const struct context *e, const struct ast *file) {
  VEC(const char *) users = {0}; /* 'gradient', and the library's definitions that use it, themselves or by others */
  vec_push(e->arena, &users, name_of_string(e->compile->names, "gradient"));
  for (size_t k = 0; k < users.n; k++) {
    if (ast_reads(file, users.at[k])) return true;
    for (const struct scope *s = e->compile->library; s != e->compile->builtins; s = s->parent)
      for (size_t i = 0; i < s->names.n; i++) {
        const struct binding *b = s->names.at[i];
        if (b->ast && ast_reads(b->ast, users.at[k]) && !is_among(users.at, users.n, b->name))
          vec_push(e->arena, &users, b->name);
      }
  }
  return false;
}

/* ---- the gradient ---- */

struct value call_gradient(const struct context *e, const struct builtin *self, struct value *in,
                           const struct ast *location) {
  (void)self;
  struct span span = location->span;
  struct value of = in[0], by = in[1];
  if (by.kind != V_ARRAY) return not_by(e, &by, span);
  if (!is_array(e, &of, span)) return v_error();
  of = value_inside(e, of);
  by = value_inside(e, by);
  if (of.kind == V_ERROR || by.kind == V_ERROR) return v_error();
  if (!is_number(e, &of, &by, span) || !depends(e, &of, &by, span)) return v_error();
  node_id loss = total(e, of, span), gradient;
  struct error error = {0};
  double constant;
  if (!loss) return v_error();
  if (!differentiate(graph_of(e), loss, &by.array.node, 1, &gradient, &error)) {
    diag_error(e->diags, DIAG_E0408, span, "%s", error.message);
    if (error.hint[0]) diag_hint(e->diags, "%s", error.hint);
    return v_error();
  }
  if (graph_is_constant(graph_of(e), gradient, &constant) && constant == 0) {
    diag_error(e->diags, DIAG_E0408, span, "'gradient' is zero: none passes from the value to %s", describe(e, &by));
    diag_hint(e->diags, "stop(v), comparisons, argmax, floor and zero(v) pass none");
    return v_error();
  }
  passed(e, "differentiate", graph_of(e));
  struct value v = array_of(e, gradient, by.array.per_sample, both_present(e, &of, &by), span);
  v.array.table = by.array.table;
  if (!by.array.per_sample && v.kind == V_ARRAY) count_from(e, &v.array, &of.array);
  return v;
}
