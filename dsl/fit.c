/* `E on train`: a value without rows over the whole training split, such as the mean that standardises a view.
 *
 * E is elaborated where it stands, and what it depends on is taken out into a graph of its own, which runs once, before
 * the stage that needs it (or before measuring), and whose result is stored in a variable.  Two that come to the same
 * graph are the same fit.  Within a training stage E can depend on data and on what earlier stages trained: what the
 * stage itself trains changes under it. */
#include "dsl/stage.h"

static bool may_fit(struct elab *e, node_id node, struct span span) {
  const struct graph *g = e->unit->graph;
  bool *seen = ARENA_ARRAY(e->arena, bool, g->nodes.n);
  seen[node] = true;
  for (node_id id = node; id > 0; id--) {
    const struct node *n = graph_node(g, id);
    if (!seen[id]) continue;
    for (int k = 0; k < n->inputs; k++) seen[n->in[k]] = true;
    bool draw = n->op == OP_uniform || n->op == OP_normal, clock = n->op == OP_clock;
    if (draw || clock) {
      diag_error(e->diags, DIAG_E0413, span, "'on train' of a value that depends on %s", draw ? "a draw" : "time");
      return false;
    }
    if (n->op != OP_variable || e->unit->kind != UNIT_STEP) continue;
    const struct variable *v = &e->program->variables.at[n->attr.i[0]];
    if (v->kind == VARIABLE_FIT || v->stage != e->unit->stage) continue;
    diag_error(e->diags, DIAG_E0413, span, "'on train' of a value that depends on '%s', which this stage trains", v->name);
    diag_hint(e->diags, "it is computed once, before the stage: use data, or what an earlier stage trained");
    return false;
  }
  return true;
}

static struct graph *graph_of(struct elab *e, node_id node) {
  struct graph alone = *e->unit->graph;
  alone.name = "fit";
  alone.roots.at = NULL;
  alone.roots.n = alone.roots.room = 0;
  graph_root(&alone, ROOT_VALUE, "fit", 0, node);
  return prune(e->arena, &alone, NULL);
}

/* The fit with this graph, made where there is none. */
static uint32_t fit_variable(struct elab *e, struct graph *graph, struct shape shape) {
  const char *key = name_of_text(e->names, graph_dump(e->arena, graph));
  for (size_t i = 0; i < e->fits.n; i++)
    if (e->fits.at[i].key == key) return e->fits.at[i].variable;
  int stage = e->unit->kind == UNIT_STEP ? e->unit->stage : -1;
  struct variable variable = {arena_format(e->arena, "fit%zu", e->fits.n + 1), VARIABLE_FIT, shape, stage};
  vec_push(e->arena, &e->program->variables, variable);
  struct known_fit known = {key, (uint32_t)e->program->variables.n - 1};
  vec_push(e->arena, &e->fits, known);
  struct fit fit = {stage, add_collection(e, "train", graph), "fit", known.variable};
  vec_push(e->arena, &e->program->fits, fit);
  return known.variable;
}

node_id fit_node(struct elab *e, node_id node) {
  struct shape shape = graph_node(e->unit->graph, node)->type.shape;
  return variable_value(e, fit_variable(e, graph_of(e, node), shape), (struct span){0}).array.node;
}

struct value eval_on(struct elab *e, struct scope *scope, const struct ast *ast) {
  if (strcmp(ast->name, "train")) {
    diag_error(e->diags, DIAG_E0413, ast->at, "a value is computed over the split 'train', not over '%s'", ast->name);
    return v_error();
  }
  struct value v = eval(e, scope, ast->kid[0]);
  if (v.kind == V_NUMBER || v.kind == V_ERROR) return v;
  if (!is_array(e, &v, ast->span)) return v_error();
  if (v.array.level) {
    diag_error(e->diags, DIAG_E0413, ast->span, "'on train' needs a value without rows, not %s", describe(e, &v));
    diag_hint(e->diags, "reduce it over 'batch', which there is the whole split");
    return v_error();
  }
  if (e->unit->kind == UNIT_INITIAL || !may_fit(e, v.array.node, ast->span)) return v_error();
  struct shape shape = type_of(e, &v)->shape;
  struct value stored = variable_value(e, fit_variable(e, graph_of(e, v.array.node), shape), ast->span);
  stored.array.variable = 0; /* nothing writes it */
  stored.array.counted = v.array.counted;
  stored.array.on_train = v.array.counted;
  return stored;
}
