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

const char *add_root(const struct context *e, const char *what, const char *name, node_id node) {
  const char *root = arena_format(e->arena, "%s:%s", what, name);
  graph_root(graph_of(e), ROOT_VALUE, root, 0, node);
  return root;
}

/* The rows a value is collected for must be rows: a value that is the same in all is repeated. */
node_id repeated_rows(const struct context *e, const struct value *v) {
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
const char *add_present(const struct context *e, const char *what, const char *name, const struct value *v, size_t n) {
  static const struct attr none;
  node_id present = 0;
  for (size_t k = 0; k < n; k++) {
    node_id one = v[k].array.present;
    present = present && one ? graph_op2(graph_of(e), OP_mul, &none, present, one) : present ? present : one;
  }
  if (!present) return NULL;
  struct value mask = array_of(e, present, true, 0, v->made);
  return add_root(e, what, name, repeated_rows(e, &mask));
}

static void add_fit_root(const struct context *e, struct evaluation *evaluation, const char *name) {
  const struct graph *g = graph_of(e);
  for (size_t i = 0; name && i < g->roots.n; i++)
    if (g->roots.at[i].name == name) vec_push(e->arena, &evaluation->fit, g->roots.at[i]);
}

/* ---- whose rows ---- */

/* Of several values together: the one table whose rows they depend on, or else of which a fit is that they read; 0
 * where there is none, or where it is reported that there are several. */
int table_of_all(const struct context *e, const struct value *v, size_t n, const char *what, struct span span) {
  int table = -1, fitted = -1;
  for (size_t k = 0; k < n; k++) {
    if (v[k].kind != V_ARRAY) continue;
    size_t met = diag_met(e->diags);
    int one = table_of_value(e, graph_of(e), v[k].array.node, what, span);
    if (diag_met(e->diags) > met) return 0;
    if (v[k].array.table) one = v[k].array.table - 1;
    if (fitted < 0) fitted = fitted_table(e, graph_of(e), v[k].array.node);
    if (table < 0) table = one;
    if (one < 0 || one == table) continue;
    refuse_tables(e, what, table, one, span);
    return 0;
  }
  return table >= 0 ? table : fitted >= 0 ? fitted : 0;
}

static int table_of_metric(const struct context *e, const struct metric_value *f, struct span span) {
  struct value all[2 + MEASURE_ARGUMENTS] = {{0}};
  size_t n = 0;
  if (f->value) all[n++] = *f->value;
  if (f->chance) all[n++] = *f->chance;
  for (size_t k = 0; k < f->arguments.n && k < MEASURE_ARGUMENTS; k++) all[n++] = f->arguments.at[k];
  return table_of_all(e, all, n, "a measurement is", span);
}

static void add_metric(const struct context *e, const char *name, const struct metric_value *f, struct span span,
                       struct evaluation *evaluation) {
  bool percent = f->unit && !strcmp(f->unit, "%"); /* the model computes a share */
  struct measurement m = {.name = name,
                          .protocol = f->protocol,
                          .unit = f->unit,
                          .stage = f->stage,
                          .scale = percent ? 100 : 1,
                          .collection = (int)e->program->collections.n,
                          .fit_collection = -1,
                          .table = table_of_metric(e, f, span),
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
    node_id node = repeated_rows(e, v);
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
  add_metric(e, name, v.metric, span, evaluation);
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

/* ---- splits ---- */

/* The split that a statement measures on: "test" where it does not say. */
static const char *read_split(const struct context *e, const struct ast *evaluate) {
  const char *name = evaluate->name ? evaluate->name : "test";
  if (split_named(name) < DATA_SPLITS) return name;
  diag_error(e->diags, DIAG_E0413, evaluate->at, "unknown split '%s'", name);
  diag_hint(e->diags, "measurements are taken on 'test', 'validation' or 'train'");
  return NULL;
}

/* check_split of all that a statement measures, of each table once; where it measures nothing, of the only one. */
void check_measured_split(const struct context *e, const struct measurement *list, size_t n, const char *split,
                          struct span span) {
  bool *seen = ARENA_ARRAY(e->arena, bool, e->program->tables.n + 1);
  if (!n && e->program->tables.n == 1) check_split(e, 0, split, span);
  for (size_t i = 0; i < n; i++) {
    if (!seen[list[i].table]) check_split(e, list[i].table, split, span);
    seen[list[i].table] = true;
  }
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
static void join_passes(const struct context *e, int table) {
  struct program *p = e->program;
  struct graph *pass = NULL;
  uint32_t *column = ARENA_ARRAY(e->arena, uint32_t, p->columns.n + 1);
  for (uint32_t c = 0; c < p->columns.n; c++) column[c] = c;
  for (size_t i = 0; i < p->stages.n; i++) {
    struct stage *stage = &p->stages.at[i];
    if (!stage->in_evaluation || !stage->prepare || stage->table != table || !is_settled(e, stage->prepare)) continue;
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
    if (!fit->first || fit->table != table || !is_settled(e, fit->first)) continue;
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

/* The graph with those of the roots that these measurements of the table read; NULL where there is none. */
static struct graph *only_read(const struct context *e, const struct graph *graph, const struct root *root,
                               size_t roots, int table, const struct measurement *list, size_t n) {
  struct graph part = *graph;
  memset(&part.roots, 0, sizeof part.roots);
  for (size_t i = 0; i < roots; i++) {
    bool read = false;
    for (size_t k = 0; k < n; k++) read |= list[k].table == table && reads_root(&list[k], root[i].name);
    if (read) vec_push(e->arena, &part.roots, root[i]);
  }
  return part.roots.n ? passed(e, "prune", prune(e->arena, &part, NULL)) : NULL;
}

static void collect_of(const struct context *e, const struct graph *graph, const struct evaluation *evaluation,
                       int table, struct measurement *list, size_t n) {
  struct graph *fit = only_read(e, graph, evaluation->fit.at, evaluation->fit.n, table, list, n);
  struct graph *all = only_read(e, graph, graph->roots.at, graph->roots.n, table, list, n);
  int on = add_collection(e, table, evaluation->split, all);
  int train = fit ? add_collection(e, table, "train", fit) : -1;
  for (size_t i = 0; i < n; i++) {
    if (list[i].table != table) continue;
    list[i].collection = on;
    if (list[i].fit_collection >= 0) list[i].fit_collection = train;
  }
}

void collect_measured(const struct context *e, const struct graph *graph, const struct evaluation *evaluation,
                      struct measurement *list, size_t n) {
  bool *done = ARENA_ARRAY(e->arena, bool, e->program->tables.n + 1);
  for (size_t i = 0; i < n; i++) {
    if (!done[list[i].table]) collect_of(e, graph, evaluation, list[i].table, list, n);
    done[list[i].table] = true;
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
    size_t first = e->program->measurements.n;
    measure_items(&in, s, &evaluation);
    check_measured_split(e, e->program->measurements.at + first, e->program->measurements.n - first, split, s->at);
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
  for (size_t table = 0; table <= e->program->tables.n && e->program->measurements.n && !mistaken(e); table++)
    join_passes(e, (int)table);
  for (int i = from; i < list->kids; i++) {
    if (list->kid[i]->kind != AST_SHOW || e->compile->validation_only) continue;
    check_split(e, lower_show(e, list->kid[i]), "test", list->kid[i]->at);
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

/* All that is computed is of the rows of one table. */
static void add_computed(const struct context *e, const char *name, int *table, struct error *error) {
  size_t before = diag_errors(e->diags);
  for (size_t i = 0; i < e->program->computed.n; i++)
    if (e->program->computed.at[i].name == name) {
      error_set(error, ERROR_USAGE, "'%s' is named twice", name);
      return;
    }
  struct value v = named_value(e, name, error);
  if (error->kind || diag_errors(e->diags) > before) return;
  if (v.kind != V_ARRAY) {
    error_set(error, ERROR_USAGE, "'%s' is %s, not an array that could be written", name, describe(e, &v));
    return;
  }
  int other, own = table_of_all(e, &v, 1, name, v.made),
             reads = v.array.per_sample || table_read(e, graph_of(e), v.array.node, &other) >= 0;
  if (reads && *table >= 0 && own != *table) {
    error_set(error, ERROR_USAGE, "'%s' is of the rows of %s, and what is computed with it of %s", name,
              table_called(e, own), table_called(e, *table));
    error_hint(error, "compute them one after the other");
    return;
  }
  if (reads) *table = own;
  struct computed computed = {
      name, add_root(e, "compute", name, v.array.per_sample ? repeated_rows(e, &v) : v.array.node), NULL};
  if (v.array.per_sample) computed.present = add_present(e, "present", name, &v, 1);
  vec_push(e->arena, &e->program->computed, computed);
}

/* names: "hx" or "hx,guess.y". */
void build_compute(const struct context *e, const char *names, const char *split, struct error *error) {
  struct context in = build_begin(e, BUILD_EVALUATE, -1, "compute");
  int table = -1;
  for (const char *rest = names; rest && !error->kind; rest = strchr(rest, ',') ? strchr(rest, ',') + 1 : NULL)
    add_computed(&in, name_of(e->compile->names, rest, strcspn(rest, ",")), &table, error);
  if (error->kind || mistaken(e)) return;
  if (table < 0) table = 0;
  const struct data_set *set = e->program->tables.n ? e->program->tables.at[table] : NULL;
  if (set && !set->rows[split_named(split)])
    error_set(error, ERROR_USAGE, "'%s' has no rows in the %s split", set->name, split);
  else e->program->compute = add_collection(e, table, name_of_string(e->compile->names, split), graph_of(&in));
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
