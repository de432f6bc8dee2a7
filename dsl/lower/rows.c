/* Row variables in stages: which a turn trains, each row's own gradient, and what the program is told of them.
 *
 * A loss is a mean over the rows of a batch, so that a weight's gradient is one; a row's gradient is that of its own
 * terms, whatever the batch is.  It is taken of the terms' sums. */
#include "dsl/lower/stage.h"

static const struct own_rule *rule_for(const struct stage_settings *settings, uint32_t column) {
  const struct own_rule *found = NULL;
  for (size_t i = 0; i < settings->own.n; i++) {
    const struct own_rule *own = &settings->own.at[i];
    if (own->column != column + 1) continue;
    if (own->turn == settings->turn) return own;
    found = own;
  }
  return found;
}

/* The rule by which the current turn trains a row variable that it reaches; NULL where it does not. */
static const struct ast *find_rule(const struct context *e, const struct stage_settings *settings,
                                   const struct row_variable *r) {
  const struct own_rule *own = rule_for(settings, r->column);
  if (own) return own->rule && own->turn == settings->turn ? own->rule : NULL;
  int first = stage_of_rows(e, r->column, settings->split);
  if (settings->optimizer && (first < 0 || first == e->build->stage)) return settings->optimizer;
  const char *name = e->program->columns.at[r->column].name;
  if (settings->unclear || settings->template) return NULL;
  diag_error(e->diags, first < 0 ? DIAG_E0403 : DIAG_E0410, settings->span,
             "the row variable '%s' is not among what stage '%s' trains", name, settings->name);
  diag_hint(e->diags, "say in 'train': '%s with sgd(lr = 0.1)', or 'keep %s'", name, name);
  return NULL;
}

/* A stage over rows that no stage has given values: of the training split check_row_variables says so. */
static void refuse_kept(const struct context *e, const struct stage_settings *settings, const struct row_variable *r) {
  const struct own_rule *own = rule_for(settings, r->column);
  bool read = own && !own->rule && settings->split != SPLIT_TRAIN;
  if (!read || stage_of_rows(e, r->column, settings->split) >= 0) return;
  diag_error(e->diags, DIAG_E0419, own->span, "'%s' has no values yet for the rows to %s", r->ast->name,
             split_purpose(settings->split));
  diag_hint(e->diags, "find them here, '%s with adam(lr = 0.01)', or in a stage before", r->ast->name);
}

void check_held_out(const struct context *e, const struct ast *list, int from, const struct stage_settings *settings) {
  if (settings->split == SPLIT_TRAIN) return;
  if (settings->template) {
    diag_error(e->diags, DIAG_E0420, settings->span,
               "a stage that is called in 'evaluate' trains on the rows to train on");
    diag_hint(e->diags, "write 'train { ... }' without 'on %s'", split_name(settings->split));
  }
  for (int i = from; i < list->kids; i++) {
    if (list->kid[i]->kind != AST_WRITE) continue;
    diag_error(e->diags, DIAG_E0420, list->kid[i]->at,
               "'%s' is not written by a stage that goes through the rows to %s", list->kid[i]->name,
               split_purpose(settings->split));
    diag_hint(e->diags, "write it in a stage over the rows to train on");
  }
}

/* The loss with sums in the place of means over the batch. */
static node_id summed_loss(const struct context *e, const struct terms *terms) {
  struct value total = v_error();
  for (size_t i = 0; i < terms->terms.n; i++) {
    const struct loss_term *t = &terms->terms.at[i];
    if (i == 0) total = t->sign > 0 ? t->summed : binary(e, OP_MUL, t->summed, v_number(-1, t->span), t->span);
    else total = binary(e, t->sign > 0 ? OP_ADD : OP_SUB, total, t->summed, t->span);
  }
  return total.kind == V_ARRAY ? total.array.node : 0;
}

static void update_rows(const struct context *e, const struct stage_settings *settings, const struct row_variable *r,
                        const struct ast *ast, node_id gradient) {
  struct value rule = rule_of(e, ast);
  if (rule.kind == V_ERROR) return;
  struct span span = rule.rule.ast->at;
  const char *path = arena_format(e->arena, "%s.%s", e->program->columns.at[r->column].name, rule.rule.ast->name);
  struct value in[2] = {array_of(e, rows_node(e, r->column), true, 0, span), array_of(e, gradient, true, 0, span)};
  in[0].array.column = r->column + 1;
  in[0].array.table = in[1].array.table = e->program->columns.at[r->column].table + 1;
  run_rule(e, rule, path, turn_path(e, settings), in);
}

size_t add_row_updates(const struct context *e, const struct stage_settings *settings, node_id loss,
                       const struct terms *terms) {
  struct graph *g = graph_of(e);
  size_t n = 0, known = e->compile->rows.n;
  const bool *reached = known ? graph_reached(e->arena, g, loss) : NULL;
  node_id *wrt = ARENA_ARRAY(e->arena, node_id, known + 1), *gradient = ARENA_ARRAY(e->arena, node_id, known + 1);
  const struct ast **rule = ARENA_ARRAY(e->arena, const struct ast *, known + 1);
  size_t *which = ARENA_ARRAY(e->arena, size_t, known + 1);
  for (size_t i = 0; i < known; i++) {
    struct row_variable *r = &e->compile->rows.at[i];
    node_id node = r->ast ? rows_node(e, r->column) : 0;
    if (!node || node > loss || !reached[node]) continue;
    if (!(rule[n] = find_rule(e, settings, r))) {
      refuse_kept(e, settings, r);
      continue;
    }
    int *made_by = &e->program->columns.at[r->column].made_by[settings->split];
    if (!*made_by) {
      *made_by = e->build->stage + 1;
      initial_rows(e, r->ast, r->column);
    }
    vec_push(e->arena, &e->build->rows_trained, r->column);
    which[n] = i;
    wrt[n++] = node;
  }
  struct error error = {0};
  node_id summed = n ? summed_loss(e, terms) : 0;
  if (!summed) return n;
  if (!differentiate(g, summed, wrt, n, gradient, &error)) {
    diag_error(e->diags, DIAG_E0408, settings->span, "%s", error.message);
    if (error.hint[0]) diag_hint(e->diags, "%s", error.hint);
    return n;
  }
  passed(e, "differentiate", g);
  for (size_t k = 0; k < n; k++) {
    struct row_variable r = e->compile->rows.at[which[k]]; /* its rule's states are added to the list */
    update_rows(e, settings, &r, rule[k], gradient[k]);
  }
  return n;
}

struct row_writes row_roots(const struct context *e) {
  struct graph_build *build = e->build;
  struct row_writes out = {0, ARENA_ARRAY(e->arena, struct row_write, build->row_writes.n + 1)};
  for (size_t i = 0; i < build->row_writes.n; i++) {
    uint32_t column = build->row_writes.at[i].column;
    struct row_write write = {arena_format(e->arena, "rows:%s", e->program->columns.at[column].name), column};
    graph_root(build->graph, ROOT_VALUE, write.root, 0, build->row_writes.at[i].node);
    out.at[out.n++] = write;
  }
  return out;
}

/* The first live row variable of the graph that has no values for the split, or with DATA_SPLITS any; NULL: none. */
static const struct row_variable *first_rows(const struct context *e, const struct graph *graph,
                                             enum data_split split) {
  if (!graph || !e->compile->rows.n) return NULL;
  const bool *live = graph_live(e->arena, graph);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *n = graph_node(graph, id);
    for (size_t i = 0; live[id] && n->op == OP_column && i < e->compile->rows.n; i++) {
      const struct row_variable *r = &e->compile->rows.at[i];
      bool there = split < DATA_SPLITS && stage_of_rows(e, r->column, split) >= 0;
      if (r->column == (uint32_t)n->attr.i[0] && !there) return r;
    }
  }
  return NULL;
}

bool reaches_rows(const struct context *e, const struct graph *graph) {
  return first_rows(e, graph, DATA_SPLITS) != NULL;
}

static void check_reader(const struct context *e, const struct graph *graph, const char *name) {
  enum data_split split = split_named(name);
  const struct row_variable *r = first_rows(e, graph, split);
  if (!r) return;
  const struct program *p = e->program;
  const int *made_by = p->columns.at[r->column].made_by;
  int from = 0;
  while (from < DATA_SPLITS && !made_by[from]) from++;
  if (from == DATA_SPLITS) return; /* said by check_row_variables */
  diag_error(e->diags, DIAG_E0419, r->ast->at, "'%s' has a value for each row to %s, and is read for the %s split",
             r->ast->name, split_purpose((enum data_split)from), name);
  diag_hint(e->diags,
            "find its values in a stage with 'train on %s { ... }', use 'evaluate on %s', or what is made of "
            "the data alone",
            name, split_name((enum data_split)from));
}

void check_row_variables(const struct context *e) {
  for (size_t i = 0; i < e->compile->rows.n; i++) {
    const struct row_variable *r = &e->compile->rows.at[i];
    bool trained = false;
    for (int k = 0; k < DATA_SPLITS; k++) trained |= stage_of_rows(e, r->column, (enum data_split)k) >= 0;
    if (!r->ast || trained || e->compile->unread) continue;
    diag_error(e->diags, DIAG_E0403, r->ast->at, "the row variable '%s' is used, but no stage trains it", r->ast->name);
    diag_hint(e->diags, "let a loss term depend on it, and say '%s with sgd(lr = 0.1)' in 'train'", r->ast->name);
    return;
  }
}

void check_row_readers(const struct context *e) {
  const struct program *p = e->program;
  if (mistaken(e)) return;
  for (size_t i = 0; i < p->collections.n; i++) {
    check_reader(e, p->collections.at[i].first, p->collections.at[i].split);
    check_reader(e, p->collections.at[i].second, p->collections.at[i].split);
  }
  for (size_t i = 0; i < p->shows.n; i++) check_reader(e, p->shows.at[i].graph, "test");
}
