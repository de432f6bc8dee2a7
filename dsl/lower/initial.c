/* Initial values of weights and states: found in a graph of their own, which the stage that reaches the weight first
 * runs when it begins; made of numbers, draws, other weights and values over the training split. */
#include "base/random.h"
#include "dsl/lower/stage.h"

/* An initialiser: a function of fan_in and fan_out, which for weights [out, in, ...] are the sizes of what one output
 * reads and of what one input feeds (Glorot and Bengio 2010). */
static struct value call_initialiser(const struct context *e, struct value def, struct shape shape,
                                     const struct ast *location) {
  double field = 1;
  for (int k = 2; k < shape.rank; k++) field *= (double)shape.dim[k];
  double out = shape.rank ? (double)shape.dim[0] : 1, in = shape.rank > 1 ? (double)shape.dim[1] : out;
  const struct ast *parameters = def.closure.ast->kid[0];
  struct arguments arguments = {.scope = e->scope};
  for (int k = 0; parameters && k < parameters->kids; k++) {
    const char *name = parameters->kid[k]->name;
    bool fan_in = !strcmp(name, "fan_in"), other = !fan_in && strcmp(name, "fan_out");
    if (other && !parameters->kid[k]->kid[0]) {
      diag_error(e->diags, DIAG_E0320, location->span, "'%s' gives no initial values: it needs '%s'",
                 def.closure.ast->name, name);
      diag_hint(e->diags, "a function of 'fan_in' and 'fan_out', such as glorot, gives a distribution");
      return v_error();
    }
    if (other) continue;
    vec_push(e->arena, &arguments.values, v_number(fan_in ? in * field : out * field, location->span));
    vec_push(e->arena, &arguments.names, name);
    vec_push(e->arena, &arguments.spans, location->span);
    vec_push(e->arena, &arguments.asts, location);
  }
  return call_value(e, def, &arguments, location);
}

static struct value spread_to(const struct context *e, struct value v, struct shape shape, struct span span) {
  if (shape_equal(type_of(e, &v)->shape, shape)) return v;
  if (type_of(e, &v)->shape.rank) {
    char string[SHAPE_STRING];
    diag_error(e->diags, DIAG_E0231, span, "an initial value of %s does not fit %s", describe(e, &v),
               shape_string(string, shape, false));
    return v_error();
  }
  struct attr attr = {.i = {((int64_t)1 << shape.rank) - 1}, .shape = shape};
  return apply_op(e, OP_spread, &attr, &v, 1, span);
}

/* What an initial value cannot be is an error at the user's location. */
static bool is_initial_value(const struct context *e, const struct value *v, struct span span) {
  const struct graph *g = graph_of(e);
  if (v->array.per_sample || type_of(e, v)->rows) {
    diag_error(e->diags, DIAG_E0209, span, "an initial value is the same for all rows, not %s", describe(e, v));
    diag_hint(e->diags, "write '(mean(v, batch) on train)' for a value over the training split");
    return false;
  }
  const bool *reached = graph_reached(e->arena, g, v->array.node);
  for (node_id id = v->array.node; id > 0; id--) {
    const struct node *n = graph_node(g, id);
    if (!reached[id]) continue;
    bool clock = op_info[n->op].properties & TELLS_TIME;
    if (n->op != OP_column && !clock && !(op_info[n->op].properties & COUNTS_ROWS)) continue;
    diag_error(e->diags, DIAG_E0209, span, "an initial value cannot depend on %s", clock ? "time" : "the batch");
    diag_hint(e->diags, clock ? "use the clocks in a loss term or in a rule"
                              : "write '(... on train)': there the batch is the whole training split");
    return false;
  }
  return true;
}

/* Of a state that follows a weight: what that begins with, or has been trained to. */
void initial_copy(const struct context *outside, uint32_t from, uint32_t variable) {
  static const struct span nowhere;
  const struct variable var = outside->program->variables.at[variable];
  struct context in = nested_begin(outside, BUILD_INITIAL, "initial");
  struct value v = variable_value(&in, from, nowhere);
  graph_root(graph_of(&in), ROOT_WRITE, var.name, variable, v.array.node);
  struct setup setup = {passed(&in, "prune", prune(in.arena, graph_of(&in), NULL)), -1, false};
  vec_push(in.arena, &in.program->stages.at[var.stage].setup, setup);
  nested_end(&in);
}

/* Rows begin with numbers, draws of their own, or values of the data and of weights. */
void initial_rows(const struct context *outside, const struct ast *ast, uint32_t column) {
  const struct column *made = &outside->program->columns.at[column];
  const char *name = made->name;
  struct shape shape = made->shape;
  struct span span = ast->kid[1]->span;
  struct context in = nested_begin(outside, BUILD_INITIAL, "initial rows"), *e = &in;
  in.frame = frame_begin(e, name);
  struct value v = eval(e, ast->kid[1]);
  if (v.kind == V_DISTRIBUTION) v = draw(e, v, shape, true, made->table + 1, string_hash(name), ast->at);
  else if (ast->op == OP_BIND_DRAW && v.kind != V_ERROR) {
    no_distribution(e, &v, span);
    v = v_error();
  }
  bool good = v.kind != V_ERROR && is_array(e, &v, span);
  if (good) v = spread_to(e, v, shape, span);
  if (good && v.kind == V_ARRAY) {
    graph_root(graph_of(e), ROOT_VALUE, name, column, v.array.node);
    struct setup setup = {passed(e, "prune", prune(e->arena, graph_of(e), NULL)), -1, true};
    vec_push(e->arena, &e->program->stages.at[outside->build->stage].setup, setup);
  }
  nested_end(e);
}

/* Finds the initial value in a graph of its own.  What it needs and is not there yet is made first, so that the stage
 * sets its variables up in an order in which each may read those before it. */
void initial_value(const struct context *outside, const struct ast *ast, uint32_t variable) {
  struct variable *var = &outside->program->variables.at[variable];
  const char *name = var->name;
  struct shape shape = var->shape;
  int stage = var->stage;
  struct span span = ast->kid[1]->span;
  struct context in = nested_begin(outside, BUILD_INITIAL, "initial"), *e = &in;
  in.frame = frame_begin(e, name);
  struct value v = eval(e, ast->kid[1]);
  if (v.kind == V_CLOSURE && v.closure.ast->kind == AST_DEF) v = call_initialiser(e, v, shape, ast->kid[1]);
  if (v.kind == V_DISTRIBUTION) v = draw(e, v, shape, false, 0, string_hash(name), ast->at);
  else if (ast->op == OP_BIND_DRAW && v.kind != V_ERROR) {
    no_distribution(e, &v, span);
    v = v_error();
  }
  bool good = v.kind != V_ERROR && is_array(e, &v, span) && is_initial_value(e, &v, span);
  if (good) v = spread_to(e, v, shape, span);
  if (good && v.kind == V_ARRAY) {
    graph_root(graph_of(e), ROOT_WRITE, name, variable, v.array.node);
    struct setup setup = {passed(e, "prune", prune(e->arena, graph_of(e), NULL)), -1, false};
    vec_push(e->arena, &e->program->stages.at[stage].setup, setup);
  }
  nested_end(e);
}
