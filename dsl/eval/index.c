/* `v[...]`: indices and slices of arrays and lists, entries of records. */
#include <math.h>

#include "dsl/eval/forms.h"

/* The step of a slice, 1 where none is given; 0 after an error.  Backwards it goes over all there is. */
static int64_t step_of(const struct context *e, const struct ast *slice) {
  if (slice->kind != AST_SLICE || !slice->kid[2]) return 1;
  struct value n = eval_number(e, slice->kid[2], "a slice's step");
  if (n.kind == V_ERROR) return 0;
  bool good = n.number == floor(n.number) && n.number != 0 && fabs(n.number) < 1e9;
  if (!good) diag_error(e->diags, DIAG_E0234, slice->kid[2]->span, "a slice's step is an integer, and not 0");
  if (good && n.number < 0 && (slice->kid[0] || slice->kid[1])) {
    diag_error(e->diags, DIAG_E0234, slice->span, "a slice that goes backwards has no ends");
    diag_hint(e->diags, "cut first: 'v[2:5][::-1]'");
    return 0;
  }
  return good ? (int64_t)n.number : 0;
}

/* Every step-th element of an axis, from the last on where it is negative: elements are taken by their indices. */
static struct value every(const struct context *e, struct value v, int axis, int64_t step, struct span span) {
  struct shape shape = type_of(e, &v)->shape;
  int64_t size = shape.dim[axis], count = 1 + (size - 1) / (step < 0 ? -step : step);
  struct attr attr = {.shape = {1, {count}}}, back = {0};
  struct value both[2] = {axis_to_end(e, v, axis, span)}, index;
  index = array_of(e, graph_constant(graph_of(e), attr.shape, 1), false, 0, span);
  index = apply_op(e, OP_cumulative, &back, &index, 1, span);
  index = binary(e, OP_SUB, index, v_number(1, span), span);
  index = binary(e, OP_MUL, index, v_number((double)step, span), span);
  if (step < 0) index = binary(e, OP_ADD, index, v_number((double)size - 1, span), span);
  if (both[0].kind == V_ERROR || index.kind == V_ERROR) return v_error();
  attr.shape = type_of(e, &both[0])->shape;
  attr.shape.dim[shape.rank - 1] = count;
  for (int k = 0; k < shape.rank - 1; k++) attr.i[0] |= (int64_t)1 << k;
  both[1] = attr.i[0] ? apply_op(e, OP_spread, &attr, &index, 1, span) : index;
  v = both[1].kind == V_ERROR ? both[1] : apply_op(e, OP_take_last, NULL, both, 2, span);
  for (int k = 0; k < shape.rank; k++) back.i[k] = k < axis ? k : k == axis ? shape.rank - 1 : k - 1;
  return v.kind == V_ERROR ? v : apply_op(e, OP_transpose, &back, &v, 1, span);
}

/* The range [from, to) that an index or a slice takes of an axis; negative numbers count from its end. */
static bool read_range(const struct context *e, const struct ast *item, double size, double *from, double *to) {
  struct value n;
  *from = 0, *to = size;
  if (item->kind != AST_SLICE) {
    if ((n = eval_number(e, item, "an index")).kind == V_ERROR) return false;
    *from = n.number < 0 ? n.number + size : n.number;
    *to = *from + 1;
    return true;
  }
  if (item->kid[0] && (n = eval_number(e, item->kid[0], "a slice's start"), *from = n.number, n.kind == V_ERROR))
    return false;
  if (item->kid[1] && (n = eval_number(e, item->kid[1], "a slice's end"), *to = n.number, n.kind == V_ERROR))
    return false;
  if (*from < 0) *from += size;
  if (*to < 0) *to += size;
  return true;
}

static bool check_range(const struct context *e, const struct ast *item, int axis, double size, double from,
                        double to) {
  bool slice = item->kind == AST_SLICE, whole = from == floor(from) && to == floor(to);
  if (whole && from >= 0 && to <= size && from < to) return true;
  const char *what = slice ? "the slice" : "the index";
  if (!whole) diag_error(e->diags, DIAG_E0234, item->span, "%s is not at integers", what);
  else if (slice && from >= to)
    diag_error(e->diags, DIAG_E0234, item->span, "the slice holds nothing: it begins at %g and ends before %g", from,
               to);
  else
    diag_error(e->diags, DIAG_E0234, item->span, "%s is outside of axis %d, which has %lld element%s", what, axis,
               (long long)size, size == 1 ? "" : "s");
  return false;
}

/* Slices and indices of an array: index k applies to axis k; an index removes its axis. */
static struct value index_array(const struct context *e, const struct ast *ast, struct value v) {
  struct value whole = v;
  int axis = 0;
  for (int k = 1; k < ast->kids; k++, axis++) {
    const struct ast *item = ast->kid[k];
    struct shape shape = type_of(e, &v)->shape;
    if (axis >= shape.rank) {
      diag_error(e->diags, DIAG_E0234, item->span, "an index too many for %s, which has %d ax%s", describe(e, &whole),
                 type_of(e, &whole)->shape.rank, type_of(e, &whole)->shape.rank == 1 ? "is" : "es");
      blame_made(e, &whole, ast->span);
      diag_hint(e->diags, "the batch is not an axis");
      return v_error();
    }
    double size = (double)shape.dim[axis];
    bool slice = item->kind == AST_SLICE;
    if (shape.dim[axis] == BATCH_SIZE) {
      if (slice && !item->kid[0] && !item->kid[1]) continue;
      diag_error(e->diags, DIAG_E0234, item->span, "axis %d of %s is the batch, of which only ':' can be taken", k - 1,
                 describe(e, &whole));
      blame_made(e, &v, ast->span);
      diag_hint(e->diags, "rows are taken by their numbers: 'gather(rows(v), iota(5))' are the first five");
      return v_error();
    }
    double from, to;
    if (!read_range(e, item, size, &from, &to)) return v_error();
    if (!check_range(e, item, k - 1, size, from, to)) {
      blame_made(e, &v, ast->span);
      return v_error();
    }
    if (from != 0 || to != size) {
      struct attr attr = {.i = {axis, (int64_t)from, (int64_t)to}};
      v = apply_op(e, OP_slice, &attr, &v, 1, ast->span);
    }
    int64_t step = step_of(e, item);
    if (!step || v.kind == V_ERROR) return v_error();
    if (step != 1) v = every(e, v, axis, step, ast->span);
    if (!slice && v.kind == V_ARRAY) {
      struct attr attr = {.shape = {.rank = shape.rank - 1}};
      for (int a = 0, at = 0; a < shape.rank; a++)
        if (a != axis) attr.shape.dim[at++] = type_of(e, &v)->shape.dim[a];
      v = apply_op(e, OP_reshape, &attr, &v, 1, ast->span);
      axis--;
    }
    if (v.kind == V_ERROR) return v;
  }
  return v;
}

/* Something else than a key where a record or an instance is indexed. */
static struct value no_key(const struct context *e, const struct ast *item, const struct value *base,
                           const struct value *key) {
  const struct binding *b = item->kind == AST_NAME ? lookup(e->scope, item->name) : NULL;
  if (b) {
    diag_error(e->diags, DIAG_E0204, item->span, "'%s' is a value here (%s), not a key", item->name, describe(e, key));
    diag_hint(e->diags, "a key is written %s%s%s", b->ast ? "'." : "as in", b->ast ? item->name : " '[.left, .right]'",
              b->ast ? "'" : "");
  } else {
    diag_error(e->diags, DIAG_E0204, item->span, "%s is indexed by a key, not by %s", describe(e, base),
               describe(e, key));
    diag_hint(e->diags, "a key is written with a point before it, such as '.left'");
  }
  return v_error();
}

static struct value every_item(const struct context *e, struct value list, int64_t step) {
  struct values from = list.list;
  if (!step) return v_error();
  if (step == 1) return list;
  list.list = (struct values){0, ARENA_ARRAY(e->arena, struct value, from.n)};
  for (int64_t i = step > 0 ? 0 : (int64_t)from.n - 1; i >= 0 && i < (int64_t)from.n; i += step)
    list.list.at[list.list.n++] = from.at[i];
  return list;
}

/* Items a to before b of a list, or the one at an index; both count from the end where negative. */
static struct value index_list(const struct context *e, const struct ast *item, struct value list) {
  double n = (double)list.list.n, from = 0, to = n;
  bool slice = item->kind == AST_SLICE;
  const struct ast *ends[2] = {slice ? item->kid[0] : item, slice ? item->kid[1] : NULL};
  for (int k = 0; k < 2; k++) {
    if (!ends[k]) continue;
    struct value v = eval_number(e, ends[k], slice ? "an end of a slice" : "an index");
    if (v.kind == V_ERROR) return v;
    *(k ? &to : &from) = v.number < 0 ? v.number + n : v.number;
  }
  if (!slice) to = from + 1;
  if (from != floor(from) || to != floor(to) || from < 0 || to > n || from > to) {
    diag_error(e->diags, DIAG_E0234, item->span, "%s is outside of a list of %zu item%s",
               slice ? "the slice" : "the index", list.list.n, list.list.n == 1 ? "" : "s");
    diag_hint(e->diags, "items are counted from 0, and from the end where negative");
    return v_error();
  }
  if (!slice) return list.list.at[(size_t)from];
  list.list.at += (size_t)from;
  list.list.n = (size_t)(to - from);
  return every_item(e, list, step_of(e, item));
}

struct value eval_index(const struct context *e, const struct ast *ast) {
  struct value base = eval(e, ast->kid[0]);
  if (base.kind == V_ERROR) return base;
  const struct ast *item = ast->kid[1];
  if (ast->kids == 2 && base.kind == V_LIST) return index_list(e, item, base);
  if (ast->kids == 2 && item->kind != AST_SLICE) {
    bool keyed = base.kind == V_RECORD || base.intermediate_outputs || base.kind == V_INSTANCE;
    struct value key = item->kind == AST_NAME && keyed ? eval_name_or_key(e, item) : eval(e, item);
    if (key.kind == V_ERROR) return key;
    if (key.kind == V_KEY || key.kind == V_STRING) return field_of(e, base, key.string, item->span);
    if (base.kind == V_RECORD || base.kind == V_INSTANCE) return no_key(e, item, &base, &key);
  }
  if (base.kind != V_ARRAY) {
    diag_error(e->diags, DIAG_E0204, ast->kid[0]->span, "cannot index %s", describe(e, &base));
    return v_error();
  }
  struct value v = index_array(e, ast, base);
  if (v.kind == V_ARRAY) v.made = ast->span;
  return v;
}
