/* Functions of the core on lists, and what the library asks of its arguments. */
#include <math.h>

#include "dsl/eval/builtin.h"

/* ---- lists ---- */

struct value add_list(const struct context *e, const struct value *list, struct span span) {
  struct value sum = v_number(0, span);
  for (size_t i = 0; i < list->list.n; i++) sum = i ? binary(e, OP_ADD, sum, list->list.at[i], span) : list->list.at[i];
  return sum;
}

struct value mean_of_list(const struct context *e, const struct value *list, struct span span) {
  if (!list->list.n) {
    diag_error(e->diags, DIAG_E0304, span, "the mean of an empty list");
    diag_hint(e->diags, "only the sum of nothing is a number, 0");
    return v_error();
  }
  return binary(e, OP_DIV, add_list(e, list, span), v_number((double)list->list.n, span), span);
}

bool values_of(const struct context *e, const struct value *v, struct values *out) {
  if (v->kind == V_LIST) *out = v->list;
  if (v->kind != V_RECORD) return v->kind == V_LIST;
  *out = (struct values){0, ARENA_ARRAY(e->arena, struct value, v->record->fields.n)};
  for (size_t i = 0; i < v->record->fields.n; i++) out->at[out->n++] = *v->record->fields.at[i].value;
  return true;
}

/* How a loop calls a pair: by both names of a record or of a list of keys, else by both indices. */
static const char *pair_key(const struct context *e, const struct value *list, const struct values *items, size_t i,
                            size_t j) {
  if (list->kind == V_RECORD)
    return arena_format(e->arena, "%s,%s", list->record->fields.at[i].name, list->record->fields.at[j].name);
  const struct value *a = &items->at[i], *b = &items->at[j];
  bool names = (a->kind == V_KEY || a->kind == V_STRING) && (b->kind == V_KEY || b->kind == V_STRING);
  return names ? arena_format(e->arena, "%s,%s", a->string, b->string) : arena_format(e->arena, "%zu,%zu", i, j);
}

struct value call_pairs(const struct context *e, const struct builtin *self, struct value *in, int n,
                        struct span span) {
  (void)self, (void)n;
  struct values items;
  if (!values_of(e, &in[0], &items)) {
    diag_error(e->diags, DIAG_E0304, span, "'pairs' takes a list or a record, not %s", describe(e, &in[0]));
    return v_error();
  }
  size_t count = items.n ? items.n * (items.n - 1) / 2 : 0;
  if (items.n > ITEM_LIMIT || count > ITEM_LIMIT) {
    diag_error(e->diags, DIAG_E0310, span, "'pairs' of %zu items are more than %d", items.n, ITEM_LIMIT);
    return v_error();
  }
  struct value v = {.kind = V_LIST, .made = span};
  v.list.at = ARENA_ARRAY(e->arena, struct value, count);
  for (size_t i = 0; i < items.n; i++)
    for (size_t j = i + 1; j < items.n; j++) {
      struct value pair = {.kind = V_LIST, .made = span, .key = pair_key(e, &in[0], &items, i, j)};
      pair.list = (struct values){2, ARENA_ARRAY(e->arena, struct value, 2)};
      pair.list.at[0] = items.at[i];
      pair.list.at[1] = items.at[j];
      v.list.at[v.list.n++] = pair;
    }
  return v;
}

/* Integers, known while compiling: how often something is repeated. */
struct value call_range(const struct context *e, const struct builtin *self, struct value *in, int n,
                        struct span span) {
  double bound[3] = {0, 0, 1};
  bool one = in[1].kind == V_ERROR;
  for (int k = 0; k < n; k++) {
    if (in[k].kind == V_ERROR) continue;
    if (in[k].kind != V_NUMBER || in[k].number != floor(in[k].number) || fabs(in[k].number) > 1e9) {
      const char *what = in[k].kind == V_NUMBER ? arena_format(e->arena, "%g", in[k].number) : describe(e, &in[k]);
      diag_error(e->diags, DIAG_E0304, diag_location(e->diags, span), "'range' takes integers, not %s", what);
      if (in[k].kind == V_ARRAY) diag_hint(e->diags, "how often something is repeated is known when the file is read");
      if (in[k].kind == V_LIST) diag_hint(e->diags, "'range(count(list))' has an integer for each item of a list");
      return v_error();
    }
    bound[one && k == 0 ? 1 : k] = in[k].number;
  }
  double count = ceil((bound[1] - bound[0]) / bound[2]);
  if (bound[2] == 0) {
    diag_error(e->diags, DIAG_E0304, diag_location(e->diags, span), "the step of '%s' is not 0", self->name);
    return v_error();
  }
  if (count > ITEM_LIMIT) {
    diag_error(e->diags, DIAG_E0310, diag_location(e->diags, span), "'range' of %.0f items is more than %d", count,
               ITEM_LIMIT);
    return v_error();
  }
  struct value v = {.kind = V_LIST, .made = span};
  v.list.at = ARENA_ARRAY(e->arena, struct value, count > 0 ? (size_t)count : 0);
  while ((double)v.list.n < count) {
    v.list.at[v.list.n] = v_number(bound[0] + (double)v.list.n * bound[2], span);
    v.list.n++;
  }
  return v;
}

/* ---- what the library asks of its arguments ---- */

/* One shape, or one of them a number; what is not an array at all is refused by what follows. */
struct value call_alike(const struct context *e, const struct builtin *self, struct value *in, int n,
                        struct span span) {
  (void)self, (void)n, (void)span;
  struct shape shape[2] = {{0}};
  for (int k = 0; k < 2; k++)
    if (in[k].kind == V_ARRAY) shape[k] = type_of(e, &in[k])->shape;
  return v_boolean(!shape[0].rank || !shape[1].rank || shape_equal(shape[0], shape[1]));
}

static const char *given(const struct context *e, const struct value *v) {
  if (v->kind == V_NUMBER) return arena_format(e->arena, "%g", v->number);
  if (v->kind == V_STRING) return arena_format(e->arena, "\"%s\"", v->string);
  if (v->kind == V_LIST && v->list.n == 2)
    return arena_format(e->arena, "%s and %s", given(e, &v->list.at[0]), given(e, &v->list.at[1]));
  return describe(e, v);
}

bool whole_setting(const struct context *e, const struct builtin *self, const struct value *v, double least,
                   const char *what, int64_t *out, struct span span) {
  const char *name = called(e, self->name, span);
  span = setting_location(e, span);
  if (v->kind != V_NUMBER || v->number != floor(v->number) || v->number < least || v->number > 1e9) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' takes an integer from %g for its %s, not %s", name, least, what,
               given(e, v));
    return false;
  }
  *out = (int64_t)v->number;
  return true;
}

/* Whether it is an integer of at least the second argument, known while compiling. */
struct value call_whole(const struct context *e, const struct builtin *self, struct value *in, int n,
                        struct span span) {
  (void)e, (void)self, (void)n, (void)span;
  bool numbers = in[0].kind == V_NUMBER && in[1].kind == V_NUMBER;
  return v_boolean(numbers && in[0].number == floor(in[0].number) && in[0].number >= in[1].number);
}

bool wants_array(const struct context *e, const struct builtin *self, struct value *v, struct span span) {
  if (v->kind == V_ARRAY || v->kind == V_NUMBER || v->kind == V_BOOLEAN || v->kind == V_KEY)
    return is_array(e, v, span);
  diag_error(e->diags, DIAG_E0204, span, "'%s' takes an array, not %s", called(e, self->name, span), describe(e, v));
  suggest_array(e, v);
  return false;
}

bool axis_of(const struct context *e, const struct builtin *self, const struct value *v, int rank, int64_t *out,
             struct span span) {
  const char *what = called(e, self->name, span);
  if (v->kind == V_NUMBER && v->number == floor(v->number) && v->number >= -rank && v->number < rank) {
    *out = (int64_t)v->number + (v->number < 0 ? rank : 0);
    return true;
  }
  if (v->kind == V_NUMBER) no_axis(e, what, v->number, rank, span);
  else diag_error(e->diags, DIAG_E0304, span, "'%s' takes an integer for its axis, not %s", what, describe(e, v));
  return false;
}

/* What is asked for: a string, or strings and numbers, which are put together. */
static const char *words_of(const struct context *e, const struct value *what) {
  if (what->kind == V_STRING) return what->string;
  if (what->kind == V_NUMBER) return arena_format(e->arena, "%g", what->number);
  const char *all = "";
  for (size_t k = 0; what->kind == V_LIST && k < what->list.n; k++)
    all = arena_format(e->arena, "%s%s%s", all, k ? " " : "", words_of(e, &what->list.at[k]));
  return *all ? all : "another value";
}

/* Whether one of two arrays has the rows as its first axis, and the other has none, but differs by row. */
static bool rows_apart(const struct context *e, const struct value *v) {
  if (v[0].kind != V_ARRAY || v[1].kind != V_ARRAY || v[0].array.per_sample == v[1].array.per_sample) return false;
  struct shape shape = type_of(e, &v[v[0].array.per_sample])->shape;
  return shape.rank && shape.dim[0] == BATCH_SIZE;
}

/* Reported where the user calls what asks.  A condition on what is computed is not known yet, and passes. */
struct value call_checked(const struct context *e, const struct builtin *self, struct value *in, int n,
                          struct span span) {
  (void)n;
  if (in[1].kind != V_BOOLEAN || in[1].boolean) return in[0];
  const char *own = e->closure ? e->closure->name : self->name;
  struct span location = in[0].kind == V_NUMBER ? setting_location(e, span) : diag_location(e->diags, span);
  diag_error(e->diags, DIAG_E0304, location, "'%s' takes %s, not %s", called(e, own, span), words_of(e, &in[2]),
             given(e, &in[0]));
  for (size_t k = 0; in[0].kind == V_LIST && k < in[0].list.n; k++)
    if (in[0].list.at[k].kind == V_ARRAY) blame_made(e, &in[0].list.at[k], location);
  if (in[0].kind == V_LIST && in[0].list.n == 2 && rows_apart(e, in[0].list.at))
    diag_hint(e->diags, "one of them has its rows as an axis, as 'rows(v)' does: hand over 'v' itself");
  return v_error();
}
