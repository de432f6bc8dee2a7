/* The gradient check: for each training stage, the loss and its gradients by what the stage trains and by the views;
 * and the loss with stopped values held, for differences that see what the gradient sees. */
#include "dsl/lower/stage.h"

/* Columns and variables that stand for the held values, as hold_stopped has numbered them. */
static void add_held(const struct context *e, const struct graph *values) {
  for (size_t i = 0; values && i < values->roots.n; i++) {
    const struct root *root = &values->roots.at[i];
    const struct value_type *type = &graph_node(values, root->node)->type;
    struct column column = {COLUMN_CUT, root->name, type->type, type->shape, 0, {0}};
    struct variable variable = {root->name, VARIABLE_FIT, type->shape, -1};
    if (type->rows) vec_push(e->arena, &e->program->columns, column);
    else vec_push(e->arena, &e->program->variables, variable);
  }
}

static node_id loss_of(const struct context *e, const struct ast *list, const char *name, struct span span) {
  struct terms terms = {0};
  read_terms(e, list, 0, name, &terms);
  struct value loss = v_number(0, span);
  for (size_t t = 0; t < terms.terms.n; t++)
    loss = binary(e, terms.terms.at[t].sign > 0 ? OP_ADD : OP_SUB, loss, terms.terms.at[t].weighted, span);
  return loss.kind == V_ARRAY ? loss.array.node : 0;
}

static void check_turn_gradients(const struct context *outside, const struct ast *list, int index,
                                 const struct stage_settings *settings) {
  struct program *p = outside->program;
  const char *name = settings->turns.at[settings->turn].loss;
  struct context in = begin_step(outside, list, index, "check", settings), *e = &in;
  e->build->views_are_columns = true;
  node_id loss = loss_of(e, list, name, settings->span);
  if (!loss) return;
  struct graph *g = graph_of(e);
  bool *reached = ARENA_ARRAY(e->arena, bool, p->variables.n + 1);
  reach_variables(e, loss, reached);
  VEC(node_id) wrt = {0};
  VEC(const char *) names = {0};
  for (uint32_t v = 0; v < p->variables.n; v++)
    if (reached[v] && is_trained(e, v)) {
      vec_push(e->arena, &wrt, variable_value(e, v, settings->span).array.node);
      vec_push(e->arena, &names, arena_format(e->arena, "gradient:%s", p->variables.at[v].name));
    }
  for (node_id id = 1; id <= loss; id++) {
    const struct node *n = graph_node(g, id);
    enum column_kind kind = n->op == OP_column ? p->columns.at[n->attr.i[0]].kind : COLUMN_DATA;
    if (kind != COLUMN_VIEW && kind != COLUMN_ROWS) continue;
    vec_push(e->arena, &wrt, id);
    vec_push(e->arena, &names, arena_format(e->arena, "gradient:%s", p->columns.at[n->attr.i[0]].name));
  }
  graph_root(g, ROOT_VALUE, "loss", 0, loss);
  struct error error = {0}; /* the stage has met it already */
  const struct graph *settled = graph_of_rows(e->arena, g, GRADCHECK_ROWS, &error);
  if (!settled) return;
  struct held held = hold_stopped(e->arena, settled, (uint32_t)p->columns.n, (uint32_t)p->variables.n);
  passed(e, "hold_stopped", held.values);
  passed(e, "hold_stopped", held.rest);
  add_held(e, held.values);
  node_id *gradient = ARENA_ARRAY(e->arena, node_id, wrt.n + 1);
  if (!differentiate(g, loss, wrt.at, wrt.n, gradient, &error)) return;
  passed(e, "differentiate", g);
  for (size_t k = 0; k < wrt.n; k++) graph_root(g, ROOT_VALUE, names.at[k], 0, gradient[k]);
  const char *stage = name ? arena_format(e->arena, "%s, %s", settings->name, name) : settings->name;
  struct gradient_check check = {stage, g, held.values, held.rest};
  vec_push(e->arena, &p->checks, check);
}

static void check_stage_gradients(const struct context *e, const struct ast *list, int index) {
  struct stage_settings settings = {.name = e->program->stages.at[index].name, .span = list->span};
  read_stage(e, list, 0, index, &settings);
  for (size_t t = 0; t < settings.turns.n; t++) {
    settings.turn = (int)t;
    if (settings.turns.at[t].loss || !settings.turns.at[t].ast) check_turn_gradients(e, list, index, &settings);
  }
}

void build_checks(const struct context *e, const struct ast *file) {
  for (size_t i = 0; i < e->program->stages.n && !diag_errors(e->diags); i++) {
    const char *name = e->program->stages.at[i].name;
    const struct ast *stage = NULL;
    if (e->program->stages.at[i].in_evaluation) continue;
    for (int k = 0; k < file->kids; k++) {
      const struct ast *s = file->kid[k];
      if (s->kind == AST_STAGE && !s->kid[0] && !strcmp(s->name, name)) stage = s->kid[1];
    }
    if (!stage) { /* of the file itself */
      check_stage_gradients(e, file, (int)i);
      continue;
    }
    struct context in = in_scope(e, scope_new(e, e->scope, e->compile->root));
    declare_statements(e, in.scope, stage, 0);
    check_stage_gradients(&in, stage, (int)i);
  }
}
