/* Evaluating expressions. */
#include <math.h>
#include <stdlib.h>

#include "dsl/lower/stage.h"
#include "dsl/eval/tables.h"

struct value v_error(void) { return (struct value){.kind = V_ERROR}; }
struct value v_number(double number, struct span made) {
  return (struct value){.kind = V_NUMBER, .made = made, .number = number};
}
struct value v_truth(bool truth) { return (struct value){.kind = V_TRUTH, .truth = truth}; }

struct value *keep_value(struct elab *e, struct value value) {
  struct value *kept = ARENA_NEW(e->arena, struct value);
  *kept = value;
  return kept;
}

void record_set(struct elab *e, struct record *record, const char *name, struct value value) {
  struct value *old = record_get(record, name);
  if (old) {
    *old = value;
    return;
  }
  struct field field = {name, keep_value(e, value)};
  vec_push(e->arena, &record->fields, field);
}

struct value *record_get(struct record *record, const char *name) {
  for (size_t i = 0; record && i < record->fields.n; i++)
    if (record->fields.at[i].name == name) return record->fields.at[i].value;
  return NULL;
}

const struct value_type *type_of(struct elab *e, const struct value *value) {
  return &graph_node(e->unit->graph, value->array.node)->type;
}

struct value array_of(struct elab *e, node_id node, bool level, node_id present, struct span made) {
  if (!node) return v_error();
  if (e->unit->graph->nodes.n > NODE_LIMIT) {
    diag_error(e->diags, DIAG_E0310, made, "the model needs more than %d operations", NODE_LIMIT);
    return v_error();
  }
  struct value v = {.kind = V_ARRAY, .made = diag_place(e->diags, made)};
  v.array = (struct array_value){.node = node, .level = level, .present = present, .unit = e->unit->number};
  return v;
}

struct value array_number(struct elab *e, double number) {
  return array_of(e, graph_number(e->unit->graph, number), false, 0, (struct span){0});
}

bool is_array(struct elab *e, struct value *value, struct span span) {
  if (value->kind == V_ARRAY) return true;
  if (value->kind == V_NUMBER || value->kind == V_TRUTH) {
    struct span made = value->made;
    *value = array_number(e, value->kind == V_NUMBER ? value->number : value->truth);
    value->made = made;
    return true;
  }
  if (value->kind == V_KEY && value->bare) {
    diag_error(e->diags, DIAG_E0201, value->made.source ? value->made : span, "unknown name '%s'", value->text);
  } else if (value->kind != V_ERROR) {
    diag_error(e->diags, DIAG_E0204, span, "expected an array or a number, not %s", describe(e, value));
    suggest_array(e, value);
  }
  return false;
}

/* The one way in which the front end adds a node: infers, reports, and keeps level and presence.  An operation that takes
 * its rows for all there are is replaced where some are absent. */
struct value apply_op(struct elab *e, enum op op, const struct attr *attr, struct value *in, int n,
                      struct span span) {
  static const struct attr none;
  struct shape_problem problem = {.input = {-1, -1}};
  node_id id[MAX_INPUTS], present = 0;
  struct array_value rows = {0};
  bool level = false;
  for (int i = 0; i < n; i++) {
    if (!is_array(e, &in[i], span)) return v_error();
    if (in[i].array.unit != e->unit->number && (in[i] = value_inside(e, in[i])).kind == V_ERROR) return v_error();
    if (op_info[op].properties & FAILS && (in[i] = harmless(e, in[i], span)).kind == V_ERROR) return v_error();
    id[i] = in[i].array.node;
    level |= in[i].array.level;
    count_from(e, &rows, &in[i].array);
    node_id p = in[i].array.present;
    if (p && present && p != present)
      present = graph_op2(e->unit->graph, OP_mul, &none, present, p);
    else if (p)
      present = p;
  }
  if (present && op_info[op].properties & EVERY_ROW) return of_present_rows(e, op, attr, in, span);
  e->unit->graph->place = (uint64_t)span.source << 32 | span.begin;
  node_id node = graph_add(e->unit->graph, op, attr ? attr : &none, id, &problem);
  if (!node) {
    enum diag_code code = op_info[op].class == ELEMENTWISE ? DIAG_E0231 : DIAG_E0232;
    diag_error(e->diags, code, caret_of(e, span), "%s", problem.text);
    blame_inputs(e, op, &problem, in, span);
    return v_error();
  }
  struct value v = array_of(e, node, level, present, span);
  v.array.counted = rows.counted;
  v.array.fewest = rows.fewest;
  v.array.on_train = rows.on_train;
  int64_t count = v.kind == V_ARRAY ? shape_count(type_of(e, &v)->shape) : 0;
  if (count < 0 || count > ELEMENT_LIMIT) {
    diag_error(e->diags, DIAG_E0234, span, "%s has more than %lld elements a row", describe(e, &v),
               (long long)ELEMENT_LIMIT);
    return v_error();
  }
  /* an elementwise result has the shape of an input: remember where that was made, which says more */
  if (op_info[op].class == ELEMENTWISE)
    for (int i = 0; i < n; i++)
      if (in[i].made.source && in[i].array.level == level && shape_equal(type_of(e, &in[i])->shape, type_of(e, &v)->shape)) {
        v.made = in[i].made;
        break;
      }
  return v;
}

/* ---- operators ---- */

/* x @ W' as one product, without making the transpose. */
static struct value product_with_transposed(struct elab *e, struct scope *scope, const struct ast *ast,
                                             struct value a, bool *done) {
  struct value b = eval(e, scope, ast->kid[1]->kid[0]);
  *done = true;
  if (a.kind == V_ERROR || b.kind == V_ERROR) return v_error();
  if (a.kind == V_ARRAY && b.kind == V_ARRAY && !type_of(e, &b)->rows && type_of(e, &b)->shape.rank == 2 &&
      type_of(e, &a)->shape.rank >= 1) {
    struct value in[2] = {a, b};
    struct attr attr = {.i = {1}};
    const struct ast *outer = e->operation;
    e->operation = ast;
    e->swapped = false;
    struct value v = apply_op(e, OP_matmul, &attr, in, 2, ast->span);
    struct shape left = type_of(e, &a)->shape;
    if (v.kind == V_ERROR && left.dim[left.rank - 1] == type_of(e, &b)->shape.dim[0])
      diag_hint(e->diags, "without the ' they fit");
    e->operation = outer;
    return v;
  }
  *done = false;
  return v_error();
}

static struct value binary_link(struct elab *e, struct scope *scope, const struct ast *ast, struct value a) {
  bool done;
  if (ast->op == OP_MATMUL && ast->kid[1]->kind == AST_TRANSPOSE) {
    struct value v = product_with_transposed(e, scope, ast, a, &done);
    if (done) return v;
  }
  if (a.kind == V_TRUTH && (ast->op == OP_AND || ast->op == OP_OR) && a.truth == (ast->op == OP_OR)) return a;
  struct value b = eval(e, scope, ast->kid[1]);
  if (a.kind == V_KEY && ast->kid[1]->kind == AST_NAME && !lookup(scope, ast->kid[1]->name))
    diag_hint(e->diags, "a key is written '.%s'", ast->kid[1]->name);
  const struct ast *outer = e->operation;
  e->operation = ast;
  struct value v = binary(e, ast->op, a, b, ast->span, ast->at);
  e->operation = outer;
  return v;
}

/* ---- names, fields, indices ---- */

struct value eval_name(struct elab *e, struct scope *scope, const struct ast *ast, bool may_be_key) {
  struct binding *b = lookup(scope, ast->name);
  if (b) return read_name(e, b, ast->span);
  if (may_be_key) {
    struct value v = {.kind = V_KEY, .made = ast->span, .bare = true, .text = ast->name};
    return v;
  }
  unknown_name(e, scope, ast->name, ast->span);
  return v_error();
}

static void unknown_field(struct elab *e, const char *what, const char *name, const struct record *record,
                          struct span span) {
  VEC(const char *) all = {0};
  for (size_t i = 0; record && i < record->fields.n; i++) vec_push(e->arena, &all, record->fields.at[i].name);
  diag_error(e->diags, DIAG_E0207, span, "%s has no '%s'", what, name);
  if (record)
    suggest(e, name, all.at, all.n, "it has");
  else if (*what == '[')
    diag_hint(e->diags, "values inside a block are reached when named there with 'as'");
}

static node_id column_node(struct elab *e, const struct data_column *c) {
  uint32_t k = 0;
  while (k < e->program->columns.n &&
         (e->program->columns.at[k].kind != COLUMN_DATA || strcmp(e->program->columns.at[k].name, c->name)))
    k++;
  if (k == e->program->columns.n) {
    struct column column = {COLUMN_DATA, c->name, c->type, c->shape};
    vec_push(e->arena, &e->program->columns, column);
  }
  struct attr attr = {.i = {k, c->type}, .shape = c->shape, .rows = true};
  node_id node = graph_add(e->unit->graph, OP_column, &attr, NULL, NULL);
  return c->type == F32 ? node : graph_op1(e->unit->graph, OP_to_float, &(struct attr){0}, node);
}

static struct value data_column(struct elab *e, const struct data_set *set, const char *name, struct span span) {
  int k = set_column(e, set, name, span);
  if (k < 0 || !reads_table(e, set, span)) return v_error();
  const struct data_column *c = &set->column[k];
  node_id present = c->partial ? column_node(e, c + 1) : 0;
  struct value v = array_of(e, column_node(e, c), true, present, span);
  v.array.classes = c->classes;
  return v;
}

/* `name(...)` or `... -> name`. */
static bool applies(const struct ast *ast, const char *name) {
  const struct ast *applied = ast->kind == AST_CALL ? ast->kid[0] : ast->kind == AST_PIPE ? ast->kid[1] : NULL;
  return applied && applied->kind == AST_NAME && !strcmp(applied->name, name);
}

/* Order means nothing in a file: where one of its names is an application of the instance, that is evaluated now. */
static void apply_where_named(struct elab *e, const struct instance *instance) {
  for (size_t i = 0; i < e->file->names.n && instance->unit != e->unit->number; i++) {
    struct binding *b = e->file->names.at[i];
    if (b->ast && b->ast->kind == AST_BIND && !b->busy && applies(b->ast->kid[0], instance->path)) force(e, b);
  }
}

static bool slot_value(struct elab *e, const struct instance *instance, const char *name, struct span span,
                       struct value *value) {
  for (size_t i = 0; i < instance->slots.n; i++)
    if (instance->slots.at[i].name == name) {
      *value = instance->slots.at[i].busy ? needs_itself(e, instance, name, span)
                                          : variable_value(e, instance->slots.at[i].variable, span);
      return true;
    }
  return false;
}

/* An instance that an instance has made: `enc.dense1`. */
static struct instance *child_named(const struct instance *instance, const char *name) {
  for (size_t i = 0; i < instance->children.n; i++) {
    struct instance *child = instance->children.at[i].instance;
    const char *dot = strrchr(child->path, '.');
    if (!strcmp(dot ? dot + 1 : child->path, name)) return child;
  }
  return NULL;
}

/* A weight, state, function, value or part of an instance. */
static struct value instance_field(struct elab *e, struct instance *instance, const char *name, struct span span) {
  struct value v;
  if (slot_value(e, instance, name, span, &v)) return v;
  apply_where_named(e, instance);
  if (!runs_or_waits(e, instance->unit)) apply_somewhere(e, instance);
  if (slot_value(e, instance, name, span, &v)) return v;
  if (instance->broken) return v_error();
  if (runs_or_waits(e, instance->unit) && instance->last) {
    struct binding *b = scope_find_here(instance->last, name);
    if (b) return force(e, b);
    struct instance *part = child_named(instance, name);
    if (part) {
      v = (struct value){.kind = V_INSTANCE, .made = span};
      v.instance = part;
      return v;
    }
    VEC(const char *) all = {0};
    for (size_t i = 0; i < instance->last->names.n; i++) vec_push(e->arena, &all, instance->last->names.at[i]->name);
    diag_error(e->diags, DIAG_E0207, span, "'%s' has no '%s'", instance->path, name);
    suggest(e, name, all.at, all.n, "it has");
  } else {
    diag_error(e->diags, DIAG_E0207, span, "'%s' has not been applied, so '%s' is not there to be reached",
               instance->path, name);
    diag_hint(e->diags, "apply it to a value, and give the result a name in the file");
    instance->broken = true;
  }
  return v_error();
}

struct value field_of(struct elab *e, struct value base, const char *name, struct span span) {
  struct value *found;
  switch (base.kind) {
    case V_ERROR: return base;
    case V_SET: return e->in_data ? column_value(e, base.set, name, span) : data_column(e, base.set, name, span);
    case V_FILE: return file_field(e, &base, name, span);
    case V_INSTANCE: return instance_field(e, base.instance, name, span);
    case V_RECORD:
      found = record_get(base.record, name);
      if (found) return *found;
      unknown_field(e, "the record", name, base.record, span);
      return v_error();
    default:
      found = record_get(base.taps, name);
      if (found) return *found;
      unknown_field(e, base.taps ? "the application" : describe(e, &base), name, base.taps, span);
      return v_error();
  }
}

/* Slices and places of an array: index k applies to axis k; a place removes its axis. */
static struct value index_array(struct elab *e, struct scope *scope, const struct ast *ast, struct value v) {
  struct value whole = v;
  int axis = 0;
  for (int k = 1; k < ast->kids; k++, axis++) {
    const struct ast *item = ast->kid[k];
    struct shape shape = type_of(e, &v)->shape;
    if (axis >= shape.rank) {
      diag_error(e->diags, DIAG_E0234, item->span, "an index too many for %s, which has %d ax%s", describe(e, &whole),
                 type_of(e, &whole)->shape.rank, type_of(e, &whole)->shape.rank == 1 ? "is" : "es");
      blame_made(e, &whole, ast->span);
      diag_hint(e->diags, "the batch is no axis");
      return v_error();
    }
    double from = 0, to = (double)shape.dim[axis], size = to;
    bool slice = item->kind == AST_SLICE;
    struct value n;
    if (slice) {
      if (item->kid[0] && (n = eval_number(e, scope, item->kid[0], "a slice's start"), from = n.number,
                           n.kind == V_ERROR)) return v_error();
      if (item->kid[1] && (n = eval_number(e, scope, item->kid[1], "a slice's end"), to = n.number,
                           n.kind == V_ERROR)) return v_error();
      if (from < 0) from += size;
      if (to < 0) to += size;
    } else {
      if ((n = eval_number(e, scope, item, "an index")).kind == V_ERROR) return v_error();
      from = n.number < 0 ? n.number + size : n.number;
      to = from + 1;
    }
    if (from != floor(from) || to != floor(to) || from < 0 || to > size || from >= to) {
      const char *what = slice ? "the slice" : "the index";
      if (from != floor(from) || to != floor(to))
        diag_error(e->diags, DIAG_E0234, item->span, "%s is not at whole numbers", what);
      else if (slice && from >= to)
        diag_error(e->diags, DIAG_E0234, item->span, "the slice holds nothing: it begins at %g and ends before %g", from, to);
      else
        diag_error(e->diags, DIAG_E0234, item->span, "%s is outside of axis %d, which has %lld element%s", what, k - 1,
                   (long long)size, size == 1 ? "" : "s");
      blame_made(e, &v, ast->span);
      return v_error();
    }
    if (from != 0 || to != size) {
      struct attr attr = {.i = {axis, (int64_t)from, (int64_t)to}};
      v = apply_op(e, OP_slice, &attr, &v, 1, ast->span);
    }
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
static struct value no_key(struct elab *e, struct scope *scope, const struct ast *item, const struct value *base,
                           const struct value *key) {
  const struct binding *b = item->kind == AST_NAME ? lookup(scope, item->name) : NULL;
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

/* Items a to before b of a list, or the one at an index; both count from the end where negative. */
static struct value index_list(struct elab *e, struct scope *scope, const struct ast *item, struct value list) {
  double n = (double)list.list.n, from = 0, to = n;
  bool slice = item->kind == AST_SLICE;
  const struct ast *ends[2] = {slice ? item->kid[0] : item, slice ? item->kid[1] : NULL};
  for (int k = 0; k < 2; k++) {
    if (!ends[k]) continue;
    struct value v = eval_number(e, scope, ends[k], slice ? "an end of a slice" : "an index");
    if (v.kind == V_ERROR) return v;
    *(k ? &to : &from) = v.number < 0 ? v.number + n : v.number;
  }
  if (!slice) to = from + 1;
  if (from != floor(from) || to != floor(to) || from < 0 || to > n || from > to) {
    diag_error(e->diags, DIAG_E0234, item->span, "%s is outside of a list of %zu item%s", slice ? "the slice" : "the index",
               list.list.n, list.list.n == 1 ? "" : "s");
    diag_hint(e->diags, "items are counted from 0, and from the end where negative");
    return v_error();
  }
  if (!slice) return list.list.at[(size_t)from];
  list.list.at += (size_t)from;
  list.list.n = (size_t)(to - from);
  return list;
}

static struct value eval_index(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value base = eval(e, scope, ast->kid[0]);
  if (base.kind == V_ERROR) return base;
  const struct ast *item = ast->kid[1];
  if (ast->kids == 2 && base.kind == V_LIST) return index_list(e, scope, item, base);
  if (ast->kids == 2 && item->kind != AST_SLICE) {
    bool keyed = base.kind == V_RECORD || base.taps || base.kind == V_INSTANCE;
    struct value key =
        item->kind == AST_NAME && keyed ? eval_name(e, scope, item, true) : eval(e, scope, item);
    if (key.kind == V_ERROR) return key;
    if (key.kind == V_KEY || key.kind == V_TEXT) return field_of(e, base, key.text, item->span);
    if (base.kind == V_RECORD || base.kind == V_INSTANCE) return no_key(e, scope, item, &base, &key);
  }
  if (base.kind != V_ARRAY) {
    diag_error(e->diags, DIAG_E0204, ast->kid[0]->span, "cannot index %s", describe(e, &base));
    return v_error();
  }
  struct value v = index_array(e, scope, ast, base);
  if (v.kind == V_ARRAY) v.made = ast->span;
  return v;
}

static struct value eval_transpose(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value v = eval(e, scope, ast->kid[0]);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->span)) return v_error();
  if (type_of(e, &v)->shape.rank != 2) {
    diag_error(e->diags, DIAG_E0232, ast->at, "only a matrix can be transposed, not %s", describe(e, &v));
    blame_made(e, &v, ast->span);
    if (type_of(e, &v)->shape.rank > 2) diag_hint(e->diags, "'transpose(v, [0, 2, 1])' takes the axes in any order");
    return v_error();
  }
  struct attr attr = {.i = {1, 0}};
  return apply_op(e, OP_transpose, &attr, &v, 1, ast->span);
}

/* ---- the rest ---- */

static struct value eval_if(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value c = eval(e, scope, ast->kid[0]);
  if (c.kind == V_TRUTH) return eval(e, scope, ast->kid[c.truth ? 1 : 2]);
  if (c.kind == V_ERROR) return c;
  if (c.kind != V_ARRAY) {
    diag_error(e->diags, DIAG_E0204, ast->kid[0]->span, "a condition is a truth, not %s", describe(e, &c));
    return v_error();
  }
  struct value in[3] = {c, eval(e, scope, ast->kid[1]), eval(e, scope, ast->kid[2])};
  if (in[1].kind == V_ERROR || in[2].kind == V_ERROR) return v_error();
  return apply_op(e, OP_select, NULL, in, 3, ast->span);
}

void refuse_tap(struct elab *e, const struct ast *as) {
  diag_error(e->diags, DIAG_E0208, as->at, "'as %s' outside of a block", as->name);
  diag_hint(e->diags, "name it instead: '%s = ...'", as->name);
}

static struct value as_link(struct elab *e, struct scope *scope, const struct ast *ast, struct value v) {
  if (v.kind != V_ERROR && scope->running && scope->running->unit != e->unit->number) {
    diag_error(e->diags, DIAG_E0208, ast->at, "'as %s' inside of %s", ast->name,
               e->unit->kind == UNIT_FIT ? "'on train'" : "a first value");
    diag_hint(e->diags, "name it in a line of its own, before it is used here: '%s = ...'", ast->name);
    return v_error();
  }
  if (scope->running) {
    if (record_get(scope->running->taps, ast->name)) {
      struct binding *old = scope_find_here(scope, ast->name);
      diag_error(e->diags, DIAG_E0202, ast->at, "'%s' is defined twice", ast->name);
      if (old) diag_label(e->diags, old->span, "'%s' was defined here", ast->name);
      return v_error();
    }
    record_set(e, scope->running->taps, ast->name, v);
  } else {
    refuse_tap(e, ast);
    return v_error();
  }
  bind_value(e, scope, ast->name, v, ast->at);
  return v;
}

static struct value eval_mode(struct elab *e, struct scope *scope, const struct ast *ast) {
  int mode = e->override_mode;
  e->override_mode = ast->kind == AST_STILL ? -1 : 1;
  struct value v = eval(e, scope, ast->kid[0]);
  e->override_mode = mode;
  return v;
}

static struct value eval_call(struct elab *e, struct scope *scope, const struct ast *ast) {
  const char *hint = e->hint;
  e->hint = NULL;
  struct value callee = eval(e, scope, ast->kid[0]);
  struct arguments arguments = {0};
  bool lazy = callee.kind == V_CLOSURE && callee.closure.ast->kind == AST_STAGE;
  bool good = gather_arguments(e, scope, ast, 1, lazy, &arguments);
  if (!good && callee.kind == V_INSTANCE) callee.instance->broken = true;
  if (!good || callee.kind == V_ERROR) return v_error();
  e->hint = hint;
  struct value v = call_value(e, callee, &arguments, scope, ast);
  e->hint = hint;
  return v;
}

static struct value eval_negate(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value v = eval(e, scope, ast->kid[0]);
  if (v.kind == V_NUMBER) return v_number(-v.number, ast->span);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->span)) return v_error();
  return apply_op(e, OP_negate, NULL, &v, 1, ast->span);
}

static struct value eval_not(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value v = eval(e, scope, ast->kid[0]);
  if (v.kind == V_TRUTH) return v_truth(!v.truth);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->span)) return v_error();
  struct value in[2] = {v_number(1, ast->span), v};
  return apply_op(e, OP_sub, NULL, in, 2, ast->span);
}

/* `a + b - c`, `v -> f as n -> g`: the first part, then link by link. */
static struct value eval_chain(struct elab *e, struct scope *scope, const struct ast *ast) {
  if (ast->kind != AST_BINARY && starts_with_block(e, scope, ast)) return compose(e, scope, ast);
  VEC(const struct ast *) chain = {0};
  for (;; ast = ast->kid[0]) {
    vec_push(e->arena, &chain, ast);
    if (ast->kind == AST_PIPE) e->hint = NULL; /* the name is that of the last part's result */
    if (!ast_continues(ast)) break;
  }
  struct value v = eval(e, scope, ast->kid[0]);
  e->work += (int)chain.n - 1;
  while (chain.n) {
    const struct ast *link = chain.at[--chain.n];
    v = link->kind == AST_PIPE ? pipe_link(e, scope, link, v)
        : link->kind == AST_AS ? as_link(e, scope, link, v)
                               : binary_link(e, scope, link, v);
  }
  return v;
}

static struct value eval_kind(struct elab *e, struct scope *scope, const struct ast *ast) {
  bool done;
  struct value v = {.made = ast->span};
  switch (ast->kind) {
    case AST_NUMBER: return v_number(ast->number, ast->span);
    case AST_STRING: v.kind = V_TEXT; v.text = ast->name; return v;
    case AST_KEY: v.kind = V_KEY; v.text = ast->name; return v;
    case AST_NAME: return eval_name(e, scope, ast, false);
    case AST_LIST: return eval_list(e, scope, ast);
    case AST_RECORD: return eval_record(e, scope, ast);
    case AST_FOR: return eval_generator(e, scope, ast);
    case AST_CALL: return eval_call(e, scope, ast);
    case AST_INDEX: return eval_index(e, scope, ast);
    case AST_FIELD:
      v = eval(e, scope, ast->kid[0]);
      done = v.kind == V_SET;
      v = field_of(e, v, ast->name, ast->at);
      if (done) v.made = ast->span;
      return v;
    case AST_TRANSPOSE: return eval_transpose(e, scope, ast);
    case AST_NEGATE: return eval_negate(e, scope, ast);
    case AST_NOT: return eval_not(e, scope, ast);
    case AST_BINARY: case AST_PIPE: case AST_AS: return eval_chain(e, scope, ast);
    case AST_IF: return eval_if(e, scope, ast);
    case AST_STILL:
    case AST_LIVE: return eval_mode(e, scope, ast);
    case AST_ON: return eval_on(e, scope, ast);
    default:
      diag_error(e->diags, DIAG_E0204, ast->span, "%s is not an expression", ast_called(ast->kind));
      return v_error();
  }
}

struct value eval(struct elab *e, struct scope *scope, const struct ast *ast) {
  if (++e->work >= WORK_LIMIT) {
    if (!e->spent)
      diag_error(e->diags, DIAG_E0310, ast->span, "the model takes more than %d evaluations", WORK_LIMIT);
    e->spent = true;
    e->work = WORK_LIMIT; /* all that is under way ends at once */
    return v_error();
  }
  if (e->nesting >= NEST_LIMIT) {
    if (!e->too_deep)
      diag_error(e->diags, DIAG_E0310, ast->span, "expressions need each other more than %d deep", NEST_LIMIT);
    e->too_deep = true; /* the rest of a long chain is as deep */
    return v_error();
  }
  e->nesting++;
  struct value v = eval_kind(e, scope, ast);
  e->nesting--;
  return v;
}

struct value eval_number(struct elab *e, struct scope *scope, const struct ast *ast, const char *what) {
  struct value v = eval(e, scope, ast);
  if (v.kind == V_NUMBER || v.kind == V_ERROR) return v;
  if (v.kind == V_ARRAY)
    diag_error(e->diags, DIAG_E0204, ast->span, "%s is known when the file is read, not computed as %s is", what,
               describe(e, &v));
  else
    diag_error(e->diags, DIAG_E0204, ast->span, "%s is a number, not %s", what, describe(e, &v));
  return v_error();
}
