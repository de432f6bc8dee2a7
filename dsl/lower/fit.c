/* `E on train`: a value without rows over the whole training split, such as the mean that standardises a view.
 *
 * E is evaluated in a graph build of its own, in evaluation mode, whose graph runs once, before the stage that needs
 * it (or before measuring), and whose result is stored in a variable.  Two that come to the same graph are the same
 * fit, as long as what they read is the same.  Within a training stage E can depend on data and on what earlier stages
 * trained: what the stage itself trains changes under it.  Only initial values may read it, as it is before the
 * stage's first step. */
#include "dsl/lower/stage.h"
#include "graph/digest.h"

/* Whether the value is for an initial value of the stage, and not for its steps. */
static bool before_steps(const struct context *e) {
  const struct graph_build *build = e->build;
  while (build->kind == BUILD_FIT) build = build->outside;
  return build->kind == BUILD_INITIAL;
}

/* The name of the row variable that is this column and that no earlier stage has trained, or NULL. */
static const char *trained_rows(const struct context *e, uint32_t column) {
  for (size_t i = 0; i < e->compile->rows.n; i++) {
    const struct row_variable *r = &e->compile->rows.at[i];
    int stage = stage_of_rows(e, column, SPLIT_TRAIN);
    bool earlier = stage >= 0 && stage != e->build->stage;
    if (r->column == column && !earlier) return e->program->columns.at[column].name;
  }
  return NULL;
}

static bool may_fit(const struct context *e, node_id node, struct span span) {
  const struct graph *g = graph_of(e);
  const bool *reached = graph_reached(e->arena, g, node);
  for (node_id id = node; id > 0; id--) {
    const struct node *n = graph_node(g, id);
    if (!reached[id]) continue;
    unsigned properties = op_info[n->op].properties;
    bool draw = properties & DRAWS && !n->attr.i[0], clock = properties & TELLS_TIME;
    if (draw || clock) {
      diag_error(e->diags, DIAG_E0413, span, "'on train' of a value that depends on %s", draw ? "a draw" : "time");
      diag_hint(e->diags, draw ? "it is computed once, in evaluation mode: make it of values from before the draw"
                               : "it is computed once, before the first step: leave the clock out");
      return false;
    }
    const char *rows = n->op == OP_column ? trained_rows(e, (uint32_t)n->attr.i[0]) : NULL;
    if (rows && step_outside(e) && !before_steps(e)) {
      diag_error(e->diags, DIAG_E0413, span, "'on train' of a value that depends on '%s', which this stage trains",
                 rows);
      diag_hint(e->diags, "it is computed once, before the stage: use data, or what an earlier stage trained");
      return false;
    }
    if (n->op != OP_variable || !step_outside(e) || before_steps(e)) continue;
    const struct variable *v = &e->program->variables.at[n->attr.i[0]];
    if (v->kind == VARIABLE_FIT || v->stage != e->build->stage) continue;
    diag_error(e->diags, DIAG_E0413, span, "'on train' of a value that depends on '%s', which this stage trains",
               v->name);
    diag_hint(e->diags, "it is computed once, before the stage: use data, or what an earlier stage trained");
    return false;
  }
  return true;
}

/* counted: of how many rows the node is, 0 or ALL_ROWS where that is not counted. */
static struct graph *fit_graph(const struct context *e, node_id node, node_id counted) {
  graph_root(graph_of(e), ROOT_VALUE, "fit", 0, node);
  if (counted && counted != ALL_ROWS) graph_root(graph_of(e), ROOT_VALUE, "rows", 0, counted);
  return passed(e, "prune", prune(e->arena, graph_of(e), NULL));
}

static bool is_of_data(const struct context *e, const struct graph *graph) {
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *n = graph_node(graph, id);
    bool found = n->op != OP_variable;
    for (size_t i = 0; !found && i < e->compile->fits.n; i++)
      found = e->compile->fits.at[i].of_data && e->compile->fits.at[i].variable == (uint32_t)n->attr.i[0];
    if (!found) return false;
  }
  return true;
}

int fitted_table(const struct context *e, const struct graph *graph, node_id node) {
  const bool *reached = graph_reached(e->arena, graph, node);
  for (node_id id = node; id > 0; id--) {
    const struct node *n = graph_node(graph, id);
    for (size_t i = 0; reached[id] && n->op == OP_variable && i < e->compile->fits.n; i++)
      if (e->compile->fits.at[i].variable == (uint32_t)n->attr.i[0] && e->compile->fits.at[i].of_rows)
        return e->compile->fits.at[i].table;
  }
  return -1;
}

const char *split_of(const struct context *e, const struct graph *graph, node_id node, const char *current) {
  const bool *reached = graph_reached(e->arena, graph, node);
  for (node_id id = node; id > 0; id--) {
    const struct node *n = graph_node(graph, id);
    if (reached[id] && (n->type.rows || n->op == OP_column || op_info[n->op].properties & COUNTS_ROWS)) return current;
  }
  return fitted_table(e, graph, node) < 0 ? NULL : "train";
}

/* The fit with this graph, made where there is none.  span: of its words; none where the program makes it. */
static uint32_t fit_variable(const struct context *e, struct graph *graph, struct shape shape, struct span span) {
  const char *key = name_of_string(e->compile->names, digest_roots(e->arena, e->program, graph));
  int stage = step_outside(e) ? e->build->stage : -1;
  for (size_t i = 0; i < e->compile->fits.n; i++)
    if (e->compile->fits.at[i].key == key && (e->compile->fits.at[i].of_data || e->compile->fits.at[i].stage == stage))
      return e->compile->fits.at[i].variable;
  struct variable variable = {arena_format(e->arena, "fit%zu", e->compile->fits.n + 1), VARIABLE_FIT, shape, stage};
  vec_push(e->arena, &e->program->variables, variable);
  node_id node = graph->roots.at[0].node;
  int other, table = table_read(e, graph, node, &other), before = fitted_table(e, graph, node);
  struct known_fit known = {.key = key,
                            .variable = (uint32_t)e->program->variables.n - 1,
                            .stage = stage,
                            .of_data = is_of_data(e, graph),
                            .of_rows = split_of(e, graph, node, "train") != NULL,
                            .table = table >= 0    ? table
                                     : before >= 0 ? before
                                                   : 0};
  vec_push(e->arena, &e->compile->fits, known);
  struct fit fit = {
      stage, add_sums(e, known.table, graph), "fit", known.variable, graph->roots.n > 1 ? "rows" : NULL, NULL, NULL};
  if (span.source) {
    struct span location = diag_location(e->diags, span);
    fit.words = source_words(e->compile->sources, location);
    fit.location = source_location(e->compile->sources, location);
  }
  struct setup setup = {NULL, (int)e->program->fits.n, false};
  vec_push(e->arena, &e->program->fits, fit);
  if (stage >= 0) vec_push(e->arena, &e->program->stages.at[stage].setup, setup);
  return known.variable;
}

/* In the fit's own graph build: the variable that holds the value, or none after an error. */
static bool fitted(const struct context *e, struct value *v, struct span span, uint32_t *variable) {
  if (!is_array(e, v, span)) return false;
  if (v->array.per_sample) {
    diag_error(e->diags, DIAG_E0413, span, "'on train' needs a value without rows, not %s", describe(e, v));
    diag_hint(e->diags, "reduce it over 'batch', which there is the whole split: '(mean(v, batch) on train)'");
    return false;
  }
  size_t met = diag_met(e->diags);
  table_of_value(e, graph_of(e), v->array.node, "a value 'on train' is", span);
  if (diag_met(e->diags) > met || !may_fit(e, v->array.node, span)) return false;
  *variable = fit_variable(e, fit_graph(e, v->array.node, v->array.fewest), type_of(e, v)->shape, span);
  return true;
}

node_id fit_node(const struct context *e, node_id node) {
  struct shape shape = graph_node(graph_of(e), node)->type.shape;
  const struct graph *outside = graph_of(e);
  struct context in = nested_begin(e, BUILD_FIT, "fit");
  uint32_t variable = fit_variable(&in, fit_graph(&in, copied_node(&in, outside, node), 0), shape, (struct span){0});
  nested_end(&in);
  return variable_value(e, variable, (struct span){0}).array.node;
}

struct value eval_on(const struct context *e, const struct ast *ast) {
  if (strcmp(ast->name, "train")) {
    diag_error(e->diags, DIAG_E0413, ast->at, "a value is computed over the split 'train', not over '%s'", ast->name);
    return v_error();
  }
  uint32_t variable;
  struct context in = nested_begin(e, BUILD_FIT, "fit");
  struct value v = eval(&in, ast->kid[0]);
  bool good = v.kind != V_NUMBER && fitted(&in, &v, ast->span, &variable);
  const struct graph *graph = graph_of(&in);
  nested_end(&in);
  if (v.kind == V_NUMBER) return v;
  if (!good) return v_error();
  struct value stored = variable_value(e, variable, ast->span);
  stored.array.variable = 0; /* nothing writes it */
  stored.array.counted = copied_node(e, graph, v.array.counted);
  stored.array.fewest = copied_node(e, graph, v.array.fewest);
  stored.array.on_train = v.array.counted;
  return stored;
}
