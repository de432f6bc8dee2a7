/* Rounds: the losses of a stage that take turns on every batch, and what is written between them.
 *
 * Each turn is a step of its own, with its own graph; writes that follow an update, or stand in the round, are graphs
 * too, which read everything as it is when their turn comes. */
#include "dsl/lower/stage.h"

/* ---- what `train` says of the losses ---- */

static bool is_loss(const struct ast *s) { return s->kind == AST_MINIMIZE || s->kind == AST_MAXIMIZE; }

static const struct ast *find_loss(const struct ast *list, int from, const char *name) {
  for (int i = from; i < list->kids; i++)
    if (is_loss(list->kid[i]) && list->kid[i]->name == name) return list->kid[i];
  return NULL;
}

static bool check_turn(const struct context *e, const struct ast *list, int from, const struct stage_settings *settings,
                       size_t number) {
  const struct turn_settings *turn = &settings->turns.at[number];
  for (size_t i = 0; i < number; i++) {
    if (settings->turns.at[i].loss != turn->loss) continue;
    diag_error(e->diags, DIAG_E0407, turn->ast->at, "'%s' has its turn twice in a round", turn->loss);
    diag_label(e->diags, settings->turns.at[i].ast->at, "here for the first time");
    diag_hint(e->diags, "say how often, as in '2 times %s: ...', and all that it trains", turn->loss);
    return false;
  }
  if (find_loss(list, from, turn->loss)) return true;
  VEC(const char *) names = {0};
  for (int i = from; i < list->kids; i++)
    if (is_loss(list->kid[i]) && list->kid[i]->name) vec_push(e->arena, &names, list->kid[i]->name);
  diag_error(e->diags, DIAG_E0418, turn->ast->at, "there is no loss '%s' to take a turn", turn->loss);
  if (names.n) suggest(e, turn->loss, names.at, names.n, "the losses are");
  else diag_hint(e->diags, "name it: 'minimize %s { ... }', or leave '%s:' out", turn->loss, turn->loss);
  return false;
}

static bool has_name(const struct ast *list, int from) {
  for (int i = from; i < list->kids; i++)
    if (is_loss(list->kid[i]) && list->kid[i]->name) return true;
  return false;
}

/* The first loss with a name that has no turn, or NULL. */
static const struct ast *without_turn(const struct ast *list, int from, const struct stage_settings *settings) {
  for (int i = from; i < list->kids; i++) {
    bool found = !is_loss(list->kid[i]) || !list->kid[i]->name;
    for (size_t t = 0; t < settings->turns.n; t++) found |= settings->turns.at[t].loss == list->kid[i]->name;
    if (!found) return list->kid[i];
  }
  return NULL;
}

bool check_turns(const struct context *e, const struct ast *list, int from, const struct stage_settings *settings) {
  const struct ast *left = without_turn(list, from, settings), *plain = find_loss(list, from, NULL);
  bool good = true, named = left != NULL;
  for (size_t i = 0; i < settings->turns.n; i++) {
    if (!settings->turns.at[i].loss) continue;
    named = true;
    good &= check_turn(e, list, from, settings, i);
  }
  if (!named) return true;
  if (plain && has_name(list, from)) {
    diag_error(e->diags, DIAG_E0418, plain->at, "these terms are of no loss that takes turns");
    diag_hint(e->diags, "name it, as the others: '%s NAME { ... }'",
              plain->kind == AST_MINIMIZE ? "minimize" : "maximize");
  }
  if (settings->only) {
    diag_error(e->diags, DIAG_E0418, settings->only->at,
               "losses with names train what their turns say, and nothing else");
    diag_hint(e->diags, "write 'NAME: a, b with adam()' for each loss");
  } else if (left && settings->trains && good) {
    diag_error(e->diags, DIAG_E0418, left->at, "the loss '%s' has no turn in 'train'", left->name);
    diag_hint(e->diags, "say what it trains: '%s: a, b with adam()'", left->name);
  }
  return good && !plain && !settings->only && !left;
}

void check_reached(const struct context *e, const struct stage *stage, const struct stage_settings *settings) {
  for (size_t i = 0; i < settings->own.n; i++) {
    const struct own_rule *own = &settings->own.at[i];
    const char *loss = own->rule ? settings->turns.at[own->turn].loss : NULL;
    bool found = !loss || own->column;
    for (size_t k = 0; k < stage->updates && !found; k++) {
      const struct graph *step = stage->update[k].step;
      if (stage->update[k].name != loss) continue;
      for (size_t r = 0; r < step->roots.n && !found; r++)
        found = step->roots.at[r].kind == ROOT_WRITE &&
                (own->instance ? slot_within(own->instance, step->roots.at[r].target)
                               : step->roots.at[r].target == own->variable);
    }
    if (found) continue;
    diag_error(e->diags, DIAG_E0403, own->span, "this is in no term of the loss '%s'", loss);
    diag_hint(e->diags, "leave it out of this turn, or let a term depend on it");
  }
}

/* ---- writes ---- */

/* The variable that `D <- e` or `enc.W <- e` writes; false after an error. */
static bool find_target(const struct context *e, const struct ast *ast, uint32_t *variable) {
  struct value v = eval(e, ast);
  if (v.kind == V_ERROR) return false;
  if (v.kind == V_ARRAY && v.array.stands_for_state) return false;
  bool kept = v.kind == V_ARRAY && v.array.variable;
  if (kept && e->build->split != SPLIT_TRAIN) {
    diag_error(e->diags, DIAG_E0420, ast->span, "'%s' is not written by a stage that goes through the rows to %s",
               e->program->variables.at[v.array.variable - 1].name, split_purpose(e->build->split));
    diag_hint(e->diags, "such a stage finds values of row variables alone");
    return false;
  }
  enum variable_kind kind = kept ? e->program->variables.at[v.array.variable - 1].kind : VARIABLE_FIT;
  if (kind == VARIABLE_STATE || (kind == VARIABLE_WEIGHT && is_trained_in_stage(e, v.array.variable - 1))) {
    *variable = v.array.variable - 1;
    return true;
  }
  if (kind == VARIABLE_WEIGHT) {
    diag_error(e->diags, DIAG_E0311, ast->span, "'%s' is not trained here, so nothing writes it",
               e->program->variables.at[v.array.variable - 1].name);
    diag_hint(e->diags, "take it out, or train it");
  } else {
    diag_error(e->diags, DIAG_E0311, ast->span, "'<-' writes a weight or a state, not %s", describe(e, &v));
    if (v.kind == V_INSTANCE) diag_hint(e->diags, "name one of its weights, such as 'enc.W'");
  }
  return false;
}

static bool find_written(const struct context *e, const struct ast *ast, uint32_t variable, node_id *node) {
  struct value v = eval(e, ast);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->span)) return false;
  struct shape shape = e->program->variables.at[variable].shape;
  if (!type_of(e, &v)->rows && shape_equal(type_of(e, &v)->shape, shape)) {
    *node = v.array.node;
    return true;
  }
  char text[SHAPE_STRING];
  diag_error(e->diags, DIAG_E0311, ast->span, "'%s' is %s and cannot hold %s", e->program->variables.at[variable].name,
             shape_string(text, shape, false), describe(e, &v));
  if (type_of(e, &v)->rows) diag_hint(e->diags, "it has no rows: take the mean over 'batch'");
  return false;
}

/* Whether the target is a row variable; what is written is one value a row then, or one for all. */
static bool writes_rows(const struct context *e, const struct ast *ast) {
  struct value target = eval(e, ast->kid[0]);
  if (target.kind != V_ARRAY || !target.array.column) return false;
  struct value v = eval(e, ast->kid[1]);
  if (v.kind == V_ERROR || !is_array(e, &v, ast->kid[1]->span)) return true;
  struct shape shape = e->program->columns.at[target.array.column - 1].shape;
  if (shape_equal(type_of(e, &v)->shape, shape)) {
    add_row_write(e, target.array.column - 1, v.array.node);
    return true;
  }
  diag_error(e->diags, DIAG_E0311, ast->kid[1]->span, "'%s' is %s and cannot hold %s",
             e->program->columns.at[target.array.column - 1].name, describe(e, &target), describe(e, &v));
  return true;
}

struct graph *write_graph(const struct context *outside, const struct ast *list, int stage,
                          const struct stage_settings *settings, const struct written *written,
                          struct row_writes *rows) {
  struct context in = begin_step(outside, list, stage, "writes", settings), *e = &in;
  uint32_t *variable = ARENA_ARRAY(e->arena, uint32_t, written->list.n + 1);
  node_id *node = ARENA_ARRAY(e->arena, node_id, written->list.n + 1);
  size_t n = 0;
  for (size_t i = 0; i < written->list.n; i++) {
    const struct ast *ast = written->list.at[i];
    in.frame = frame_of(e, e->scope, "train");
    if (writes_rows(e, ast)) continue;
    if (find_target(e, ast->kid[0], &variable[n]) && find_written(e, ast->kid[1], variable[n], &node[n])) n++;
  }
  forget_writes(e, 0); /* those of blocks are the updates' own */
  for (size_t i = 0; i < n; i++) add_write(e, variable[i], node[i]);
  add_writes(e);
  *rows = row_roots(e);
  return graph_of(e)->roots.n ? graph_of(e) : NULL;
}

/* ---- what stands still ---- */

static void mark_written(const struct graph *graph, bool *written) {
  for (size_t i = 0; graph && i < graph->roots.n; i++)
    if (graph->roots.at[i].kind == ROOT_WRITE) written[graph->roots.at[i].target] = true;
}

/* frozen[v] for what the stage reads and never writes; whether some of it is more than data and fits, which are cheap
 * enough to be made in every step. */
static bool find_frozen(const struct context *e, const struct stage *stage, int index, bool *frozen) {
  size_t all = e->program->variables.n;
  bool *written = ARENA_ARRAY(e->arena, bool, all + 1), any = false;
  for (size_t k = 0; k < stage->updates; k++) {
    mark_written(stage->update[k].step, written);
    mark_written(stage->update[k].after, written);
  }
  for (uint32_t v = 0; v < all; v++) {
    bool fit = e->program->variables.at[v].kind == VARIABLE_FIT;
    frozen[v] = fit || (e->program->variables.at[v].stage != index && !written[v]);
    any |= frozen[v] && !fit;
  }
  return any;
}

/* One pass over the split computes what all updates read. */
void cut_prepared(const struct context *e, struct stage *stage, int index) {
  bool *frozen = ARENA_ARRAY(e->arena, bool, e->program->variables.n + 1);
  if (stage->beside || !find_frozen(e, stage, index, frozen)) return; /* a pass over a split is of one table */
  for (size_t k = 0; k < stage->updates; k++) /* what is made of row variables changes, and looks as if of data */
    if (reaches_rows(e, stage->update[k].step)) return;
  for (size_t k = 0; k < stage->updates; k++) {
    uint32_t first = (uint32_t)e->program->columns.n;
    struct cut cut = cut_frozen(e->arena, stage->update[k].step, frozen, first);
    if (!cut.columns) continue;
    add_cut_columns(e, &cut, COLUMN_CUT, stage->table);
    struct graph *before = passed(e, "cut_frozen", cut.first);
    stage->update[k].step = passed(e, "cut_frozen", cut.second);
    if (!stage->prepare) {
      stage->prepare = before;
      continue;
    }
    uint32_t *column = ARENA_ARRAY(e->arena, uint32_t, e->program->columns.n + 1);
    for (uint32_t c = 0; c < e->program->columns.n; c++) column[c] = c;
    join_cuts(stage->prepare, before, column);
    passed(e, "join_cuts", stage->prepare);
    stage->update[k].step = passed(e, "with_columns", with_columns(e->arena, stage->update[k].step, column));
  }
}
