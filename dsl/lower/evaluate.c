/* Evaluation, image grids and named values: what is measured of a trained model.
 *
 * Everything here is built in evaluation mode: no instance is in training, no state is written. */
#include <stdio.h>

#include "base/measures.h"
#include "base/schema.h"
#include "dsl/lower/stage.h"

/* ---- measurements ---- */

static const struct {
  const char *name;
  int traits;
} measures[] = {
#define MEASURE(name, arguments, traits, metrics, doc) {#name, traits},
#include "base/measures.def"
#undef MEASURE
};

static int traits_of(const char *measure) {
  for (size_t k = 0; measure && k < sizeof measures / sizeof *measures; k++)
    if (!strcmp(measure, measures[k].name)) return measures[k].traits;
  return 0;
}

static bool measure_reads_train(const char *measure) { return traits_of(measure) & MEASURE_FITS; }

static const char *add_root(const struct context *e, const char *what, const char *name, node_id node) {
  const char *root = arena_format(e->arena, "%s:%s", what, name);
  graph_root(graph_of(e), ROOT_VALUE, root, 0, node);
  return root;
}

/* The rows a value is collected for must be rows: a value that is the same in all is repeated. */
static node_id with_rows(const struct context *e, const struct value *v) {
  static const struct attr none;
  node_id node = v->array.node;
  return type_of(e, v)->rows ? node : graph_op1(graph_of(e), OP_to_rows, &none, node);
}

/* A root that says of how many rows a value is, of several the fewest; NULL where that is all of its split. */
static const char *add_rows(const struct context *e, const char *what, const char *name, const struct value *v) {
  node_id counted = v->array.fewest;
  if (!counted || counted == ALL_ROWS) return NULL;
  if (v->array.on_train) counted = fit_node(e, counted);
  return add_root(e, what, name, counted);
}

/* 1 in the rows that have all of these values: a root with rows, or NULL where every row has them. */
static const char *add_present(const struct context *e, const char *what, const char *name, const struct value *v,
                               size_t n) {
  static const struct attr none;
  node_id present = 0;
  for (size_t k = 0; k < n; k++) {
    node_id one = v[k].array.present;
    present = present && one ? graph_op2(graph_of(e), OP_mul, &none, present, one) : present ? present : one;
  }
  if (!present) return NULL;
  struct value mask = array_of(e, present, true, 0, v->made);
  return add_root(e, what, name, with_rows(e, &mask));
}

static void add_fit_root(const struct context *e, struct evaluation *evaluation, const char *name) {
  const struct graph *g = graph_of(e);
  for (size_t i = 0; name && i < g->roots.n; i++)
    if (g->roots.at[i].name == name) vec_push(e->arena, &evaluation->fit, g->roots.at[i]);
}

/* What the classes of a label are called: of the one column of data with as many that it is made of; NULL: numbers. */
static const char *const *class_names(const struct context *e, const struct value *label) {
  const struct graph *g = graph_of(e);
  const bool *reached = graph_reached(e->arena, g, label->array.node);
  const char *const *names = NULL;
  for (node_id id = 1; e->compile->data && id <= label->array.node; id++) {
    if (!reached[id] || graph_node(g, id)->op != OP_column) continue;
    const char *column = e->program->columns.at[graph_node(g, id)->attr.i[0]].name;
    for (int k = 0; k < e->compile->data->n_columns; k++) {
      const struct data_column *at = &e->compile->data->column[k];
      if (!strcmp(at->name, column) && at->class_name && at->classes == label->array.classes) names = at->class_name;
    }
  }
  return names;
}

static void add_metric(const struct context *e, const char *name, const struct metric_value *f,
                       struct evaluation *evaluation) {
  bool percent = f->unit && !strcmp(f->unit, "%"); /* the model computes a share */
  struct measurement m = {.name = name,
                          .protocol = f->protocol,
                          .unit = f->unit,
                          .stage = f->stage,
                          .scale = percent ? 100 : 1,
                          .collection = (int)e->program->collections.n,
                          .fit_collection = -1,
                          .measure = f->measure};
  m.split = f->value ? split_of(e, graph_of(e), f->value->array.node, evaluation->split) : evaluation->split;
  if (f->value) m.value = add_root(e, "value", name, f->value->array.node);
  if (f->value) m.rows = add_rows(e, "rows", name, f->value);
  if (f->chance) {
    m.chance = add_root(e, "chance", name, f->chance->array.node);
    m.chance_split = split_of(e, graph_of(e), f->chance->array.node, evaluation->split);
    m.chance_rows = add_rows(e, "chance_rows", name, f->chance);
  }
  for (size_t k = 0; k < f->arguments.n; k++) {
    const struct value *v = &f->arguments.at[k];
    node_id node = with_rows(e, v);
    m.argument[k] = add_root(e, "argument", arena_format(e->arena, "%s:%zu", name, k), node);
    m.arguments++;
    if (measure_reads_train(f->measure)) add_fit_root(e, evaluation, m.argument[k]);
  }
  if (traits_of(f->measure) & MEASURE_LABELLED) {
    const struct value *label = &f->arguments.at[f->arguments.n - 1];
    m.class_name = class_names(e, label);
    m.classes = label->array.classes;
  }
  m.present = add_present(e, "present", name, f->arguments.at, f->arguments.n);
  if (f->measure && measure_reads_train(f->measure)) add_fit_root(e, evaluation, m.present);
  if (f->measure && measure_reads_train(f->measure)) m.fit_collection = 1; /* settled when collections are made */
  vec_push(e->arena, &e->program->measurements, m);
}

static void add_measurement(const struct context *e, const char *name, struct value v, struct span span,
                            struct evaluation *evaluation) {
  if (v.kind == V_ERROR) return;
  if (v.kind == V_RECORD) {
    for (size_t i = 0; i < v.record->fields.n; i++) {
      struct field *f = &v.record->fields.at[i];
      add_measurement(e, name_of_string(e->compile->names, arena_format(e->arena, "%s.%s", name, f->name)), *f->value,
                      span, evaluation);
    }
    return;
  }
  for (size_t i = evaluation->from; i < e->program->measurements.n; i++)
    if (!strcmp(e->program->measurements.at[i].name, name)) {
      diag_error(e->diags, DIAG_E0202, span, "the measurement '%s' is given twice", name);
      diag_hint(e->diags, "name one of them: 'other = ...'");
      return;
    }
  if (v.kind != V_METRIC) {
    if (!is_array(e, &v, span) || !is_measurement(e, &v, span)) return;
    struct metric_value *f = ARENA_NEW(e->arena, struct metric_value);
    *f = (struct metric_value){.value = keep_value(e, v), .scale = 1, .stage = -1};
    v.metric = f;
  }
  add_metric(e, name, v.metric, evaluation);
}

/* `transfer(l, r, label)` names its arguments: the library's function hands them to the measure as they stand. */
static void name_arguments(const struct context *e, const struct ast *call, size_t from) {
  for (size_t i = from; i < e->program->measurements.n; i++) {
    struct measurement *m = &e->program->measurements.at[i];
    bool own = m->measure && call->kind == AST_CALL && call->kid[0]->kind == AST_NAME &&
               !strcmp(call->kid[0]->name, m->measure) && call->kids == m->arguments + 1;
    for (int k = 1; own && k < call->kids; k++) own = call->kid[k]->kind != AST_ARGUMENT || !call->kid[k]->name;
    for (int k = 0; own && k < m->arguments; k++)
      m->argument_string[k] = source_words(e->compile->sources, call->kid[k + 1]->span);
  }
}

/* What owns the instances of a measurement, or of a stage called in it: one for each location and key. */
static struct instance *owner_at(const struct context *e, struct instance *outer, const struct ast *location,
                                 const char *path) {
  struct instance *known = child_at(e, outer, location, e->loop_key);
  if (known) return known;
  struct instance *owner = ARENA_NEW(e->arena, struct instance);
  owner->path = path;
  owner->owner = outer;
  owner->stage = -1;
  struct child child = {location, e->loop_key, owner};
  vec_push(e->arena, &outer->children, child);
  return owner;
}

/* Of several stages that are called in one measurement, the first has the measurement's name and each other one of its
 * own, as they share no weights. */
static struct instance *owner_of_call(const struct context *e, struct instance *measurement, const struct ast *location,
                                      const char *stage) {
  bool first = !measurement->called || (measurement->called == location && measurement->called_key == e->loop_key);
  if (!first) {
    int ordinal = 1 + ordinal_of(e, &measurement->kinds, stage);
    return owner_at(e, measurement, location, arena_format(e->arena, "%s.%s%d", measurement->path, stage, ordinal));
  }
  measurement->called = location;
  measurement->called_key = e->loop_key;
  return measurement;
}

static void visit_measurement(const struct context *e, const struct ast *item, void *of) {
  struct evaluation *evaluation = of;
  const struct ast *value = item->kid[0];
  const char *name = item->name;
  if (item->kind == AST_CALL_ITEM) {
    const struct ast *callee = value->kind == AST_CALL ? value->kid[0] : value;
    name = callee->name ? callee->name : "figure";
  }
  name = keyed_name(e, name, item->kind == AST_BIND && item->kids > 1 ? item->kid[1] : NULL);
  if (!name) return;
  struct instance *owner = owner_at(e, e->compile->root, item, name);
  struct context in = in_scope(e, scope_new(e, e->scope, owner));
  in.scope->path = arena_format(e->arena, "%s.%s", evaluation->within, name);
  in.frame = frame_begin(e, in.scope->path);
  size_t before = e->program->measurements.n;
  add_measurement(&in, name, eval(&in, value), value->span, evaluation);
  name_arguments(e, value, before);
}

void measure_items(const struct context *e, const struct ast *list, struct evaluation *evaluation) {
  walk_items(e, list, 0, visit_measurement, evaluation);
}

/* ---- stages called in evaluate ---- */

struct value call_stage(const struct context *e, struct value stage, struct arguments *arguments,
                        const struct ast *location) {
  const struct ast *ast = stage.closure.ast, *body = ast->kid[1];
  if (e->build->kind != BUILD_EVALUATE || e->build->watches || !e->scope->owner || !*e->scope->owner->path) {
    diag_error(e->diags, DIAG_E0305, location->span, "stage '%s' can only be called in 'evaluate'", ast->name);
    return v_error();
  }
  struct instance *owner = owner_of_call(e, e->scope->owner, location, ast->name);
  struct context in = in_scope(e, scope_new(e, stage.closure.scope, owner));
  in.scope->running = NULL;
  in.scope->path = e->scope->path;
  in.closure = ast;
  in.caller = e;
  if (!bind_parameters(&in, ast->kid[0], arguments, ast->name, location->span, true)) return v_error();
  declare_statements(&in, in.scope, body, 0);
  struct stage_settings settings = {.name = owner->path, .span = location->span, .template = true, .call = owner};
  diag_enter(e->diags, location->span, ast->name);
  size_t met = diag_met(e->diags);
  int index = build_stage(&in, body, 0, &settings);
  struct value result = v_error();
  for (int i = 0; i < body->kids; i++)
    if (body->kid[i]->kind == AST_RETURN && diag_met(e->diags) == met) result = eval(&in, body->kid[i]->kid[0]);
  diag_leave(e->diags);
  bool returns = body->kids && body->kid[body->kids - 1]->kind == AST_RETURN;
  if (!returns) {
    diag_error(e->diags, DIAG_E0409, location->span, "stage '%s' returns nothing that could be measured", ast->name);
    diag_hint(e->diags, "end it with 'return' and one number, such as a mean over 'batch'");
  }
  if (result.kind == V_ARRAY) {
    if (!is_measurement(e, &result, result.made)) return v_error();
    struct metric_value *metric = ARENA_NEW(e->arena, struct metric_value);
    *metric = (struct metric_value){.value = keep_value(e, result), .scale = 1};
    result = (struct value){.kind = V_METRIC, .made = location->span, .metric = metric};
  }
  if (result.kind == V_METRIC) result.metric->stage = index;
  return result;
}

/* ---- splits and image grids ---- */

/* The split that a statement measures on: "test" where it does not say. */
static const char *read_split(const struct context *e, const struct ast *evaluate) {
  const char *name = evaluate->name ? evaluate->name : "test";
  if (split_named(name) < DATA_SPLITS) return name;
  diag_error(e->diags, DIAG_E0413, evaluate->at, "unknown split '%s'", name);
  diag_hint(e->diags, "measurements are taken on 'test', 'validation' or 'train'");
  return NULL;
}

enum { USUAL_MAP_ROWS = 1000, MOST_MAP_ROWS = 2000 }; /* of a map: all pairs of rows are looked at */

/* A split that is known to have no rows has nothing to measure or show. */
void check_split(const struct context *e, const char *split, struct span span) {
  enum data_split number = split_named(split);
  if (!e->compile->data || e->compile->data->rows[number]) return;
  diag_error(e->diags, DIAG_E0505, span, "'%s' has no rows to %s", e->compile->data->name, split_purpose(number));
  diag_hint(e->diags, "set some aside: 'split(%s, %s = 0.2)'", e->compile->data->name, split);
}

/* `map(code, label = classes, rows = 500)` as the parts of a map; false: reported. */
static bool read_map(const struct context *e, const struct ast *call, struct value *code, struct value *label,
                     struct map_show *made) {
  for (int i = 1; i < call->kids; i++) {
    const struct ast *kid = call->kid[i], *item = kid->kind == AST_ARGUMENT ? kid->kid[0] : kid;
    const char *name = kid->kind == AST_ARGUMENT && kid->name ? kid->name : i == 1 ? "code" : "";
    struct value v = eval(e, item);
    if (v.kind == V_ERROR) return false;
    if (!strcmp(name, "rows") && v.kind == V_NUMBER && v.number >= 4 && v.number <= MOST_MAP_ROWS) {
      made->rows = (int64_t)v.number;
    } else if (!strcmp(name, "code") && v.kind == V_ARRAY && v.array.per_sample && type_of(e, &v)->shape.rank == 1) {
      *code = v;
      made->caption = source_words(e->compile->sources, item->span);
    } else if (!strcmp(name, "label") && v.kind == V_ARRAY && v.array.per_sample && v.array.classes) {
      *label = v;
    } else {
      diag_error(e->diags, DIAG_E0414, item->span,
                 "a map is of codes, one vector a row, 'label' is a class and 'rows' a number from 4 to %d; this is %s",
                 MOST_MAP_ROWS, describe(e, &v));
      diag_hint(e->diags, "write 'show map(h, label = digits.label, rows = 1000)'");
      return false;
    }
  }
  if (code->kind == V_ARRAY) return true;
  diag_error(e->diags, DIAG_E0414, call->span, "'map' needs codes to show");
  diag_hint(e->diags, "write 'show map(h, label = digits.label)'");
  return false;
}

static void add_map(const struct context *outside, const struct ast *call) {
  struct context in = build_begin(outside, BUILD_EVALUATE, -1, "show"), *e = &in;
  size_t number = e->program->maps.n + 1;
  struct map_show made = {.graph = graph_of(e), .rows = USUAL_MAP_ROWS};
  struct value shown[2] = {v_error(), v_error()}, *code = &shown[0], *label = &shown[1];
  in.frame = frame_begin(e, arena_format(e->arena, "map.%zu", number));
  if (!read_map(e, call, code, label, &made)) return;
  made.name = number == 1 ? "map" : arena_format(e->arena, "map-%zu", number);
  made.width = shape_count(type_of(e, code)->shape);
  graph_root(graph_of(e), ROOT_VALUE, "code", 0, with_rows(e, code));
  if (label->kind == V_ARRAY) {
    made.label = add_root(e, "label", "class", with_rows(e, label));
    made.classes = label->array.classes;
    made.class_name = class_names(e, label);
  }
  made.present = add_present(e, "present", "code", shown, label->kind == V_ARRAY ? 2 : 1);
  refuse_waiting(e, made.graph);
  vec_push(e->arena, &e->program->maps, made);
}

static void add_image_grids(const struct context *outside, const struct ast *show) {
  const struct ast *call = show->kid[0];
  const char *what = call->kind == AST_CALL && call->kid[0]->kind == AST_NAME ? call->kid[0]->name : "";
  if (!strcmp(what, "map")) {
    add_map(outside, call);
    return;
  }
  if (strcmp(what, "images")) {
    diag_error(outside->diags, DIAG_E0414, call->span, "only 'images(...)' and 'map(...)' can be shown");
    return;
  }
  struct context in = build_begin(outside, BUILD_EVALUATE, -1, "show"), *e = &in;
  in.frame = frame_begin(e, arena_format(e->arena, "show.%zu", e->program->shows.n));
  struct image_grid_show made = {.graph = graph_of(e)};
  made.caption = ARENA_ARRAY(e->arena, const char *, call->kids);
  made.present = ARENA_ARRAY(e->arena, const char *, call->kids);
  for (int i = 1; i < call->kids; i++) {
    const struct ast *item = call->kid[i]->kind == AST_ARGUMENT ? call->kid[i]->kid[0] : call->kid[i];
    struct value v = eval(e, item);
    if (v.kind == V_ERROR || !is_array(e, &v, item->span)) continue;
    struct shape shape = type_of(e, &v)->shape;
    bool image = shape.rank == 2 || (shape.rank == 3 && (shape.dim[0] == 1 || shape.dim[0] == 3));
    if (!v.array.per_sample || !image) {
      diag_error(e->diags, DIAG_E0414, item->span, "an image is [height, width] or [1 or 3, height, width], not %s",
                 describe(e, &v));
      if (v.array.per_sample && shape.rank == 1)
        diag_hint(e->diags, "'reshape(v, height, width)' makes an image of a row");
      continue;
    }
    made.caption[made.images] = source_words(e->compile->sources, item->span);
    const char *number = arena_format(e->arena, "%d", made.images);
    add_root(e, "image", number, with_rows(e, &v));
    made.present[made.images++] = add_present(e, "present", number, &v, 1);
  }
  refuse_waiting(e, made.graph);
  if (made.images) vec_push(e->arena, &e->program->shows, made);
}

/* Whether all that a graph reads is known before the first stage of the evaluation. */
static bool is_settled(const struct context *e, const struct graph *graph) {
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *n = graph_node(graph, id);
    if (n->op != OP_variable) continue;
    int stage = e->program->variables.at[n->attr.i[0]].stage;
    if (stage < 0 || e->program->stages.at[stage].in_evaluation) return false;
  }
  return true;
}

/* Several probes, and measures that are fitted, read codes of the whole training split: one pass over it computes them
 * all, before the first probe. */
static void join_passes(const struct context *e) {
  struct program *p = e->program;
  struct graph *pass = NULL;
  uint32_t *column = ARENA_ARRAY(e->arena, uint32_t, p->columns.n + 1);
  for (uint32_t c = 0; c < p->columns.n; c++) column[c] = c;
  for (size_t i = 0; i < p->stages.n; i++) {
    struct stage *stage = &p->stages.at[i];
    if (!stage->in_evaluation || !stage->prepare || !is_settled(e, stage->prepare)) continue;
    if (pass) {
      join_cuts(pass, stage->prepare, column);
      passed(e, "join_cuts", pass);
      for (size_t k = 0; k < stage->updates; k++)
        stage->update[k].step = passed(e, "with_columns", with_columns(e->arena, stage->update[k].step, column));
      stage->prepare = NULL;
    } else {
      pass = stage->prepare;
    }
  }
  for (size_t i = 0; pass && i < p->measurements.n; i++) {
    if (p->measurements.at[i].fit_collection < 0) continue;
    struct collection *fit = &p->collections.at[p->measurements.at[i].fit_collection];
    if (!fit->first || !is_settled(e, fit->first)) continue;
    join_cuts(pass, fit->first, column);
    passed(e, "join_cuts", pass);
    fit->second = passed(e, "with_columns", with_columns(e->arena, fit->second, column));
    fit->first = NULL;
  }
}

static bool reads_root(const struct measurement *m, const char *root) {
  bool reads = root == m->value || root == m->chance || root == m->rows || root == m->chance_rows || root == m->present;
  for (int k = 0; k < m->arguments; k++) reads |= root == m->argument[k];
  return reads;
}

/* The graph with those of the roots that these measurements read; NULL where there is none. */
static struct graph *only_read(const struct context *e, const struct graph *graph, const struct root *root,
                               size_t roots, const struct measurement *list, size_t n) {
  struct graph part = *graph;
  memset(&part.roots, 0, sizeof part.roots);
  for (size_t i = 0; i < roots; i++) {
    bool read = false;
    for (size_t k = 0; k < n; k++) read |= reads_root(&list[k], root[i].name);
    if (read) vec_push(e->arena, &part.roots, root[i]);
  }
  return part.roots.n ? passed(e, "prune", prune(e->arena, &part, NULL)) : NULL;
}

void collect_measured(const struct context *e, const struct graph *graph, const struct evaluation *evaluation,
                      struct measurement *list, size_t n) {
  struct graph *fit = only_read(e, graph, evaluation->fit.at, evaluation->fit.n, list, n);
  int on = add_collection(e, evaluation->split, only_read(e, graph, graph->roots.at, graph->roots.n, list, n));
  int train = fit ? add_collection(e, "train", fit) : -1;
  for (size_t i = 0; i < n; i++) {
    list[i].collection = on;
    if (list[i].fit_collection >= 0) list[i].fit_collection = train;
  }
}

/* All that is measured on one split is one graph, and what is fitted for it another, over the training split. */
static void build_split(const struct context *e, const struct ast *list, int from, const char *split) {
  struct evaluation evaluation = {.split = split, .within = "evaluate"};
  size_t before = e->program->measurements.n;
  struct context in = build_begin(e, BUILD_EVALUATE, -1, "evaluate");
  struct graph *graph = graph_of(&in);
  bool any = false;
  for (int i = from; i < list->kids; i++) {
    const struct ast *s = list->kid[i];
    if (s->kind != AST_EVALUATE || strcmp(s->name ? s->name : "test", split)) continue;
    measure_items(&in, s, &evaluation);
    check_split(e, split, s->at);
    any = true;
  }
  if (!any) return;
  refuse_waiting(e, graph);
  size_t n = e->program->measurements.n - before;
  if (n && !mistaken(e)) collect_measured(e, graph, &evaluation, e->program->measurements.at + before, n);
}

void build_evaluation(const struct context *e, const struct ast *list, int from) {
  static const enum data_split order[] = {SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST};
  for (int i = from; i < list->kids; i++)
    if (list->kid[i]->kind == AST_EVALUATE) read_split(e, list->kid[i]);
  for (int k = 0; k < DATA_SPLITS; k++)
    if (!e->compile->validation_only || order[k] == SPLIT_VALIDATION) build_split(e, list, from, split_name(order[k]));
  if (e->program->measurements.n && !mistaken(e)) join_passes(e);
  for (int i = from; i < list->kids; i++) {
    if (list->kid[i]->kind != AST_SHOW || e->compile->validation_only) continue;
    add_image_grids(e, list->kid[i]);
    check_split(e, "test", list->kid[i]->at);
  }
}

/* ---- a named value ---- */

/* "from_x.y": a top-level name and fields of it. */
static struct value named_value(const struct context *e, const char *name, struct error *error) {
  static const struct span nowhere;
  size_t length = strcspn(name, ".");
  struct binding *b = scope_find_here(e->compile->file, name_of(e->compile->names, name, length));
  if (!b) {
    const struct scope *file = e->compile->file;
    VEC(const char *) all = {0};
    for (size_t i = 0; i < file->names.n; i++) vec_push(e->arena, &all, file->names.at[i]->name);
    error_set(error, ERROR_USAGE, "the model has no value '%s'", name);
    const char *near = nearest(name, all.at, all.n);
    if (near) error_hint(error, "did you mean '%s'?", near);
    return v_error();
  }
  struct value v = read_name(e, b, nowhere);
  while (name[length] == '.' && v.kind != V_ERROR) {
    name += length + 1;
    length = strcspn(name, ".");
    v = field_of(e, v, name_of(e->compile->names, name, length), nowhere);
  }
  return v;
}

static void add_computed(const struct context *e, const char *name, struct error *error) {
  size_t before = diag_errors(e->diags);
  struct value v = named_value(e, name, error);
  if (error->kind || diag_errors(e->diags) > before) return;
  if (v.kind != V_ARRAY) {
    error_set(error, ERROR_USAGE, "'%s' is %s, not an array that could be written", name, describe(e, &v));
    return;
  }
  struct computed computed = {name, add_root(e, "compute", name, v.array.per_sample ? with_rows(e, &v) : v.array.node),
                              NULL};
  if (v.array.per_sample) computed.present = add_present(e, "present", name, &v, 1);
  vec_push(e->arena, &e->program->computed, computed);
}

/* names: "hx" or "hx,guess.y". */
void build_compute(const struct context *e, const char *names, const char *split, struct error *error) {
  struct context in = build_begin(e, BUILD_EVALUATE, -1, "compute");
  for (size_t length; *names && !error->kind; names += length + (names[length] == ',')) {
    length = strcspn(names, ",");
    add_computed(&in, name_of(e->compile->names, names, length), error);
  }
  if (error->kind || mistaken(e)) return;
  if (e->compile->data && !e->compile->data->rows[split_named(split)])
    error_set(error, ERROR_USAGE, "'%s' has no rows in the %s split", e->compile->data->name, split);
  else e->program->compute = add_collection(e, name_of_string(e->compile->names, split), graph_of(&in));
}

/* ---- what nothing has needed yet ---- */

/* Whether it has a name of the file that no text reads.  Any other instance may be applied where a mistake hides it. */
static bool is_unread(const struct context *e, const struct instance *instance) {
  const struct binding *b = scope_find_here(e->compile->file, name_of_string(e->compile->names, instance->path));
  return instance->owner == e->compile->root && b && !b->used;
}

/* Evaluates every name that no stage or measurement reached, so that mistakes in it are found too. */
void check_rest(const struct context *e) {
  for (size_t i = 0; i < e->compile->file->names.n; i++) {
    struct binding *b = e->compile->file->names.at[i];
    if (b->ast && !b->build) read_name(e, b, b->span);
  }
  refuse_untrained(e);
  for (size_t i = 0; i < e->compile->instances.n; i++) {
    struct instance *instance = e->compile->instances.at[i];
    const char *dot = strrchr(instance->path, '.');
    if (instance->averaged) continue; /* it follows, whether it is applied or not */
    if (instance->build || instance->broken || (mistaken(e) && !is_unread(e, instance))) continue;
    const char *name = name_of_string(e->compile->names, dot ? dot + 1 : "");
    if (instance->owner && read_in_function(instance->owner, name)) continue;
    diag_error(e->diags, DIAG_E0404, instance->made, "'%s' is never applied, so its weights are in no loss term",
               instance->path);
    diag_hint(e->diags, "apply it, or take it out");
  }
}
