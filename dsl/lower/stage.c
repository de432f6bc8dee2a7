/* Training stages: loss terms, gradients, the optimiser's rule, and what goes into the program's stage.
 *
 * The step of a stage is one graph: forward, the gradient of the loss (reverse mode, pass/differentiate.c), and the
 * rule's updates.  A second graph, `inspect`, has the gradient norm of each term by itself. */
#include "dsl/lower/stage.h"
#include "dsl/eval/tables.h"
#include "pass/pass.h"

/* ---- loss terms ---- */

/* A term as row variables see it: each row's own, and what is no mean as it stands. */
static struct value summed_term(const struct context *e, const struct value *each, const struct value *value,
                                struct span span) {
  struct value axis = {.kind = V_AXIS, .axis = AXIS_BATCH};
  if (!e->compile->rows.n || !each->array.per_sample) return *value;
  return nothing_of_no_row(e, reduce(e, "sum", *each, &axis, span), span);
}

static void read_term(const struct context *e, const struct ast *ast, double sign, struct terms *out) {
  const char *name = keyed_name(e, ast->name, ast->kids > 2 ? ast->kid[2] : NULL);
  if (!name) return;
  if (out->loss) name = name_of_string(e->compile->names, arena_format(e->arena, "%s.%s", out->loss, name));
  for (size_t i = 0; i < out->terms.n; i++)
    if (out->terms.at[i].name == name) {
      diag_error(e->diags, DIAG_E0407, ast->at, "the loss term '%s' is given twice", name);
      diag_label(e->diags, out->terms.at[i].span, "'%s' was given here", name);
      return;
    }
  struct loss_term term = {.name = name, .span = ast->at, .sign = sign, .weight = 1};
  struct value v = eval(e, ast->kid[0]);
  if (v.kind == V_ERROR && ast->kids > 1 && ast->kid[1]) eval(e, ast->kid[1]); /* for its own mistakes */
  if (v.kind == V_ERROR || !is_array(e, &v, ast->kid[0]->span)) return;
  if (type_of(e, &v)->shape.rank) {
    diag_error(e->diags, DIAG_E0402, ast->kid[0]->span, "a loss term is one number, not %s", describe(e, &v));
    blame_made(e, &v, ast->kid[0]->span);
    diag_hint(e->diags, "take its sum or mean");
    return;
  }
  struct value each = v;
  if (v.array.per_sample) { /* a term for each row is averaged over the rows that have it */
    struct value axis = {.kind = V_AXIS, .axis = AXIS_BATCH};
    v = reduce(e, "mean", v, &axis, ast->kid[0]->span);
  }
  v = nothing_of_no_row(e, v, ast->kid[0]->span);
  if (v.kind == V_ERROR) return;
  term.value = v;
  term.weighted = v;
  term.summed = summed_term(e, &each, &v, ast->kid[0]->span);
  if (ast->kids > 1 && ast->kid[1]) {
    struct value weight = eval(e, ast->kid[1]);
    if (weight.kind == V_ERROR) return;
    if (weight.kind == V_NUMBER) term.weight = weight.number;
    term.weighted = binary(e, OP_MUL, v, weight, ast->kid[1]->span);
    if (term.summed.kind == V_ARRAY) term.summed = binary(e, OP_MUL, term.summed, weight, ast->kid[1]->span);
  }
  if (term.weighted.kind == V_ERROR) return;
  if (type_of(e, &term.weighted)->shape.rank || type_of(e, &term.weighted)->rows) {
    diag_error(e->diags, DIAG_E0402, ast->kid[1]->span, "a term's weight is one number without rows");
    return;
  }
  vec_push(e->arena, &out->terms, term);
}

struct term_walk {
  double sign;
  struct terms *out;
};

static void visit_term(const struct context *e, const struct ast *item, void *of) {
  struct term_walk *walk = of;
  const char *name = e->loop_key ? arena_format(e->arena, "%s[%s]", item->name, e->loop_key) : item->name;
  struct context in = *e;
  in.frame = frame_call(e, name);
  read_term(&in, item, walk->sign, walk->out);
}

void read_terms(const struct context *e, const struct ast *list, int from, const char *loss, struct terms *out) {
  struct context in = *e;
  in.frame = frame_of(e, e->scope, "minimize");
  out->loss = loss;
  for (int i = from; i < list->kids; i++) {
    const struct ast *s = list->kid[i];
    if ((s->kind != AST_MINIMIZE && s->kind != AST_MAXIMIZE) || s->name != loss) continue;
    struct term_walk walk = {s->kind == AST_MINIMIZE ? 1 : -1, out};
    walk_items(&in, s, 0, visit_term, &walk);
  }
}

/* `state <- e` of a file or a stage: in every step, what the terms have read being as it was before. */
static void run_writes(const struct context *e, const struct ast *list, int from) {
  for (int i = from; i < list->kids && e->build->split == SPLIT_TRAIN; i++) {
    const struct ast *s = list->kid[i];
    if (s->kind != AST_WRITE) continue;
    for (int k = from; k < i; k++) {
      if (list->kid[k]->kind != AST_WRITE || list->kid[k]->name != s->name) continue;
      diag_error(e->diags, DIAG_E0202, s->at, "'%s' is written twice", s->name);
      diag_label(e->diags, list->kid[k]->at, "'%s' was written here", s->name);
    }
    struct context in = *e;
    in.frame = frame_of(e, e->scope, arena_format(e->arena, "write.%s", s->name));
    write_state(&in, s);
  }
}

static node_id total_loss(const struct context *e, const struct terms *terms) {
  struct value loss = v_error();
  for (size_t i = 0; i < terms->terms.n; i++) {
    const struct loss_term *t = &terms->terms.at[i];
    struct span at = t->span;
    if (i == 0) loss = t->sign > 0 ? t->weighted : binary(e, OP_MUL, t->weighted, v_number(-1, at), at);
    else loss = binary(e, t->sign > 0 ? OP_ADD : OP_SUB, loss, t->weighted, at);
  }
  return loss.kind == V_ARRAY ? loss.array.node : 0;
}

/* ---- the optimiser ---- */

bool check_rule(const struct context *e, const struct ast *rule) {
  const struct ast *inputs = rule->kid[1], *body = rule->kid[2];
  if (!inputs || inputs->kids != 2) {
    diag_error(e->diags, DIAG_E0406, rule->at, "an optimizer takes a weight and its gradient");
    diag_hint(e->diags, "give the rule two inputs: 'rule %s(...)(p, grad) { ... }'", rule->name);
    return false;
  }
  for (int i = 0; i < body->kids; i++) {
    const struct ast *s = body->kid[i];
    bool state = false; /* a write to something else is a mistake by itself */
    for (int k = 0; k < body->kids; k++) state |= body->kid[k]->kind == AST_STATE && body->kid[k]->name == s->name;
    if (s->kind == AST_WRITE && !state) return true;
  }
  diag_error(e->diags, DIAG_E0406, rule->at, "rule '%s' never writes its weight '%s'", rule->name,
             inputs->kid[0]->name);
  diag_hint(e->diags, "end it with '%s <- ...'", inputs->kid[0]->name);
  return false;
}

void run_rule(const struct context *e, struct value rule, const char *path, const char *stage,
              const struct value *values) {
  struct instance *instance = ARENA_NEW(e->arena, struct instance);
  instance->path = path;
  instance->block = rule.rule.ast;
  instance->stage = e->build->stage;
  instance->stage_name = stage;
  struct context in = in_scope(e, scope_new(e, rule.rule.scope, instance));
  in.scope->running = NULL;
  const struct ast *parameters = rule.rule.ast->kid[1];
  struct span span = rule.rule.ast->at;
  if (!check_rule(e, rule.rule.ast)) return;
  for (int k = 0; k < 2; k++) bind_value(e, in.scope, parameters->kid[k]->name, values[k], span);
  in.where = instance->path;
  in.frame = frame_begin(e, instance->path);
  in.closure = rule.rule.ast;
  in.caller = e;
  diag_enter(e->diags, rule.made, rule.rule.ast->name);
  run_statements(&in, rule.rule.ast->kid[2]);
  diag_leave(e->diags);
}

struct value rule_of(const struct context *e, const struct ast *ast) {
  struct value rule = eval(e, ast);
  if (rule.kind == V_CLOSURE && rule.closure.ast->kind == AST_RULE) { /* `optimizer adam`, with its defaults */
    struct arguments none = {.scope = e->scope};
    rule = call_value(e, rule, &none, ast);
  }
  if (rule.kind == V_RULE || rule.kind == V_ERROR) return rule;
  diag_error(e->diags, DIAG_E0406, ast->span, "an optimizer is a rule such as adam(), not %s", describe(e, &rule));
  return v_error();
}

/* ---- the step ---- */

/* The settings are read in a graph build before: an instance that they apply would not know its mode yet. */
void read_stage(const struct context *e, const struct ast *list, int from, int stage, struct stage_settings *settings) {
  size_t begun = diag_met(e->diags);
  struct context in = build_begin(e, BUILD_STEP, stage, "settings");
  read_settings(&in, list, from, settings);
  settings->read = in.build;
  settings->unclear = diag_met(e->diags) > begun;
}

struct context begin_step(const struct context *e, const struct ast *list, int stage, const char *name,
                          const struct stage_settings *settings) {
  struct context in = build_begin(e, BUILD_STEP, stage, name);
  struct graph_build *build = in.build;
  const struct graph_build *read = settings->read;
  build->trains_all = read->trains_all;
  build->turn = settings->turn;
  memcpy(&build->trained, &read->trained, sizeof build->trained);
  memcpy(&build->kept, &read->kept, sizeof build->kept);
  build->call = settings->call;
  build->split = settings->split;
  build->list = list;
  build->scope = in.scope;
  return in;
}

/* ---- a stage ---- */

/* A graph with these terms alone, which the step has computed; their nodes in it. */
static struct graph *graph_of_terms(const struct context *e, const struct terms *terms, node_id *node) {
  struct graph *step = graph_of(e), roots = *step;
  memset(&roots.roots, 0, sizeof roots.roots);
  roots.name = "gradient norms";
  for (size_t t = 0; t < terms->terms.n; t++)
    graph_root(&roots, ROOT_VALUE, terms->terms.at[t].name, 0, terms->terms.at[t].weighted.array.node);
  node_id *map = ARENA_ARRAY(e->arena, node_id, step->nodes.n);
  struct graph *out = passed(e, "prune", prune(arena_within(e->arena), &roots, map));
  out->roots.n = 0;
  for (size_t t = 0; t < terms->terms.n; t++) node[t] = map[terms->terms.at[t].weighted.array.node];
  return out;
}

/* Of the n nodes together, as one vector. */
static struct value norm_of(const struct context *e, const node_id *node, size_t n, struct span span) {
  struct value total = v_number(0, span);
  for (size_t k = 0; k < n; k++) {
    struct value axis = {.kind = V_AXIS, .axis = AXIS_BATCH};
    bool rows = graph_node(graph_of(e), node[k])->type.rows;
    struct value d = array_of(e, node[k], rows, 0, span);
    d = apply_op(e, OP_square, NULL, &d, 1, span);
    d = reduce(e, "sum", d, NULL, span);
    if (rows) d = reduce(e, "sum", d, &axis, span);
    total = binary(e, OP_ADD, total, d, span);
  }
  return is_array(e, &total, span) ? apply_op(e, OP_sqrt, NULL, &total, 1, span) : v_error();
}

/* The norm of the gradient of one term by all that the stage trains; 0 where it has none. */
static node_id gradient_norm(const struct context *e, const struct loss_term *term, node_id node) {
  struct graph *g = graph_of(e);
  size_t all = e->program->variables.n;
  bool *reached = ARENA_ARRAY(e->arena, bool, all);
  reach_variables(e, node, reached);
  VEC(node_id) wrt = {0};
  for (uint32_t v = 0; v < all; v++)
    if (reached[v] && is_trained(e, v)) vec_push(e->arena, &wrt, variable_node(e, v));
  for (size_t k = 0; k < e->build->rows_trained.n; k++)
    vec_push(e->arena, &wrt, rows_node(e, e->build->rows_trained.at[k]));
  node_id *gradient = ARENA_ARRAY(e->arena, node_id, wrt.n + 1);
  struct error error = {0};
  if (!differentiate(g, node, wrt.at, wrt.n, gradient, &error)) return 0;
  passed(e, "differentiate", g);
  struct value norm = norm_of(e, gradient, wrt.n, term->span);
  return norm.kind == V_ARRAY ? norm.array.node : 0;
}

/* The gradient norms by term, in a graph of their own. */
static struct graph *inspection(const struct context *e, struct terms *terms) {
  struct context in = *e;
  struct graph_build build = *e->build;
  node_id *node = ARENA_ARRAY(e->arena, node_id, terms->terms.n);
  build.graph = graph_of_terms(e, terms, node);
  in.build = &build;
  for (size_t t = 0; t < terms->terms.n; t++) {
    struct loss_term *term = &terms->terms.at[t];
    node_id norm = gradient_norm(&in, term, node[t]);
    if (!norm) continue;
    term->gradient = arena_format(e->arena, "gradient:%s", term->name);
    graph_root(build.graph, ROOT_VALUE, term->gradient, 0, norm);
  }
  return build.graph;
}

/* Where there is no loss to apply them to, rules can still be wrong in themselves. */
static void check_rules(const struct context *e, const struct stage_settings *settings) {
  if (settings->optimizer) rule_of(e, settings->optimizer);
  for (size_t i = 0; i < settings->own.n; i++)
    if (settings->own.at[i].rule) rule_of(e, settings->own.at[i].rule);
}

/* Whose states a turn's rules have, as in `W.adam.m@adapt`: NULL for the only loss of a file. */
const char *turn_path(const struct context *e, const struct stage_settings *settings) {
  const char *loss = settings->turns.at[settings->turn].loss;
  if (!*e->scope->path) return loss;
  return loss ? arena_format(e->arena, "%s.%s", settings->name, loss) : settings->name;
}

/* Before the rules: all gradients of the loss times min(1, most / norm), the norm being of all together (Pascanu,
 * Mikolov and Bengio 2013, algorithm 1; 1e-6 is added to it as in PyTorch). */
static void clip_gradients(const struct context *e, const struct stage_settings *settings, node_id *gradient,
                           size_t n) {
  struct span span = settings->span;
  struct value norm = norm_of(e, gradient, n, span);
  if (norm.kind != V_ARRAY) return;
  struct value least = binary(e, OP_ADD, norm, v_number(1e-6, span), span);
  struct value in[2] = {array_number(e, 1), binary(e, OP_DIV, v_number(settings->clip, span), least, span)};
  struct value factor = apply_op(e, OP_min, NULL, in, 2, span);
  for (size_t k = 0; k < n && factor.kind == V_ARRAY; k++)
    gradient[k] = binary(e, OP_MUL, array_of(e, gradient[k], false, 0, span), factor, span).array.node;
}

/* A rate that changes while the stage runs is logged, by the name of the loss, of what has the rule, or `optimizer`. */
static void add_rate(const struct context *e, const struct stage_settings *settings, const struct value *rule,
                     const struct own_rule *own) {
  struct binding *b = scope_find_here(rule->rule.scope, name_of_string(e->compile->names, "lr"));
  struct value lr = b ? force(e, b) : v_error();
  struct stage *stage = &e->program->stages.at[e->build->stage];
  const char *loss = settings->turns.at[settings->turn].loss, *name = "optimizer";
  double constant;
  if (lr.kind != V_ARRAY || lr.array.per_sample || type_of(e, &lr)->shape.rank) return;
  if (graph_is_constant(graph_of(e), lr.array.node, &constant)) return;
  if (loss) name = loss;
  else if (own && own->rule) name = source_words(e->compile->sources, own->span);
  for (size_t k = 0; k < stage->rates; k++)
    if (!strcmp(stage->rate[k].name, name)) return;
  struct rate *all = ARENA_ARRAY(e->arena, struct rate, stage->rates + 1);
  if (stage->rates) memcpy(all, stage->rate, stage->rates * sizeof *all);
  all[stage->rates] = (struct rate){name, arena_format(e->arena, "rate:%zu", stage->rates), stage->updates};
  graph_root(graph_of(e), ROOT_VALUE, all[stage->rates].root, 0, lr.array.node);
  stage->rate = all;
  stage->rates++;
}

/* The gradient and the rules, where nothing is wrong with the stage since it was `begun`; else what else is. */
static bool add_updates(const struct context *e, struct stage_settings *settings, node_id loss,
                        const struct terms *terms, size_t begun) {
  struct graph *g = graph_of(e);
  uint32_t *weights = ARENA_ARRAY(e->arena, uint32_t, e->program->variables.n + 1);
  if (settings->template) refuse_waiting(e, g);
  size_t met = diag_met(e->diags), n = find_weights(e, settings, loss, weights);
  size_t rows = add_row_updates(e, settings, loss, terms);
  if (!n && !rows && diag_met(e->diags) == met && !settings->unclear) {
    diag_error(e->diags, DIAG_E0403, settings->span, "no weight is trained: the loss reaches none");
    diag_hint(e->diags, "compute the loss from an instance's result, such as dense(10)(x)");
  }
  if (rows && settings->clip > 0) {
    diag_error(e->diags, DIAG_E0405, settings->clip_at,
               "'clip' is for gradients of weights, and this trains values of rows");
    diag_hint(e->diags, "a row's gradient is its own: train the weights in another stage, or leave 'clip' out");
  }
  if (!n && !rows) check_rules(e, settings);
  if (!n) return rows && diag_met(e->diags) == begun;
  node_id *wrt = ARENA_ARRAY(e->arena, node_id, n), *gradient = ARENA_ARRAY(e->arena, node_id, n);
  for (size_t k = 0; k < n; k++) wrt[k] = variable_node(e, weights[k]);
  struct error error = {0};
  if (!differentiate(g, loss, wrt, n, gradient, &error)) {
    diag_error(e->diags, DIAG_E0408, settings->span, "%s", error.message);
    if (error.hint[0]) diag_hint(e->diags, "%s", error.hint);
    check_rules(e, settings);
    return false;
  }
  passed(e, "differentiate", g);
  refuse_without_gradient(e, settings, weights, gradient, n);
  if (settings->clip > 0) clip_gradients(e, settings, gradient, n);
  const char *stage_name = turn_path(e, settings);
  for (size_t k = 0; k < n; k++) {
    const struct own_rule *own = own_rule(settings, weights[k]);
    const struct ast *ast = own && own->rule ? own->rule : settings->optimizer;
    struct value rule = ast ? rule_of(e, ast) : v_error();
    if (rule.kind == V_ERROR) continue;
    const char *path = arena_format(e->arena, "%s.%s", e->program->variables.at[weights[k]].name, rule.rule.ast->name);
    struct span made = rule.rule.ast->at;
    struct value in[2] = {variable_value(e, weights[k], made), array_of(e, gradient[k], false, 0, made)};
    run_rule(e, rule, path, stage_name, in);
    add_rate(e, settings, &rule, own);
  }
  write_averages(e);
  return diag_met(e->diags) == begun;
}

void add_writes(const struct context *e) {
  struct graph_build *build = e->build;
  for (size_t i = 0; i < build->writes.n; i++) {
    uint32_t v = build->writes.at[i].variable;
    bool last = last_write(build, v) == i + 1;
    const struct node *n = graph_node(build->graph, build->writes.at[i].node);
    bool same = n->op == OP_variable && n->attr.i[0] == v;
    if (last && !same)
      graph_root(build->graph, ROOT_WRITE, e->program->variables.at[v].name, v, build->writes.at[i].node);
  }
}

/* Statistics over the batch that mean nothing over fewer rows: where all rows have what they are of, the batch decides
 * now; else each step is looked at. */
static void check_needs(const struct context *e, const struct stage_settings *settings, struct stage *stage,
                        struct update *update) {
  const bool *live = graph_live(e->arena, update->step);
  struct row_need *all = ARENA_ARRAY(e->arena, struct row_need, stage->needs + e->build->needs.n + 1);
  if (stage->needs) memcpy(all, stage->need, stage->needs * sizeof *all);
  stage->need = all;
  for (size_t i = 0; i < e->build->needs.n; i++) {
    const struct need *need = &e->build->needs.at[i];
    if (!live[need->value]) continue;
    if (need->counted != ALL_ROWS) {
      struct row_need kept = {.what = need->what, .rows = need->rows, .update = (size_t)(update - stage->update)};
      kept.root = arena_format(e->arena, "need:%zu", stage->needs);
      kept.location = source_location(e->compile->sources, need->span);
      graph_root(update->step, ROOT_VALUE, kept.root, 0, need->counted);
      stage->need[stage->needs++] = kept;
    } else if ((double)settings->batch < need->rows) {
      diag_error(e->diags, DIAG_E0415, need->span,
                 "a batch of %lld row%s is too small for '%s', which needs at least %g", (long long)settings->batch,
                 settings->batch == 1 ? "" : "s", need->what, need->rows);
      diag_label(e->diags, settings->span, "the batch is set here");
      diag_hint(e->diags, "use a larger batch, in the file or with --batch");
    }
  }
}

/* A root for the number of rows that have a term, or NULL where that is every row. */
static const char *add_term_rows(const struct context *e, const struct loss_term *term) {
  node_id counted = term->value.array.counted;
  if (!counted || counted == ALL_ROWS || term->value.array.on_train) return NULL;
  const char *root = arena_format(e->arena, "rows:%s", term->name);
  graph_root(graph_of(e), ROOT_VALUE, root, 0, counted);
  return root;
}

/* What becomes of the terms in the program, once the updates are made. */
static void add_terms(const struct context *e, node_id loss, struct terms *terms, struct stage *stage, size_t update) {
  struct graph *g = graph_of(e);
  graph_root(g, ROOT_VALUE, "loss", 0, loss);
  stage->coupled |= loss && made_of_batch_size(e, g, loss);
  struct term *all = ARENA_ARRAY(e->arena, struct term, stage->terms + terms->terms.n + 1);
  if (stage->terms) memcpy(all, stage->term, stage->terms * sizeof *all);
  stage->term = all;
  for (size_t t = 0; t < terms->terms.n; t++) {
    struct loss_term *from = &terms->terms.at[t];
    from->root = arena_format(e->arena, "term:%s", from->name);
    graph_root(g, ROOT_VALUE, from->root, 0, from->value.array.node);
    from->rows = add_term_rows(e, from);
    bool coupled = term_is_coupled(g, from->value.array.node);
    stage->coupled |= coupled;
    all[stage->terms++] = (struct term){from->name,     from->sign, from->weight, from->root,
                                        from->gradient, coupled,    from->rows,   update};
  }
}

/* The terms and writes of a step: the node of the loss, or 0 where there is none, which is reported. */
static node_id read_step(const struct context *e, const struct ast *list, int from,
                         const struct stage_settings *settings, struct terms *terms) {
  struct context in = *e;
  in.record_sites = !settings->template;
  size_t met = diag_met(e->diags);
  read_terms(&in, list, from, settings->turns.at[settings->turn].loss, terms);
  reach_averages(&in, list, from);
  if (list != e->compile->text) reach_averages(&in, e->compile->text, 0);
  if (settings->turns.n == 1) run_writes(&in, list, from);
  bool read = diag_met(e->diags) == met && data_are_known(e); /* all that the terms say */
  e->compile->unread |= !read || !terms->terms.n;
  settle_sites(e);
  if (settings->losses && settings->trains && !terms->terms.n && read) {
    diag_error(e->diags, DIAG_E0401, settings->span, "'train' without a loss term");
    diag_hint(e->diags, "add one: 'minimize { loss = ... }'");
  }
  return terms->terms.n && read ? total_loss(e, terms) : 0;
}

/* What its statements say of metrics is read when all stages are built. */
static void remember_stage(const struct context *e, const struct ast *list, int from, int stage,
                           const struct stage_settings *settings) {
  struct watched_stage built = {stage, e->scope, list, settings->keep_best, settings->stop, from, settings->patience};
  vec_push(e->arena, &e->compile->built, built);
}

/* What is trained while something is measured has nothing to be watched by. */
static void refuse_goals(const struct context *e, const struct stage_settings *settings) {
  const struct ast *goal = settings->keep_best ? settings->keep_best : settings->stop;
  if (!goal) return;
  diag_error(e->diags, DIAG_E0416, goal->at, "a stage that is called in 'evaluate' is not watched");
  diag_hint(e->diags, "leave this out, and say its epochs");
}

/* All of a turn's step, once the terms have given a loss. */
static void finish_step(const struct context *e, const struct ast *list, struct stage_settings *settings, node_id loss,
                        struct terms *terms, int index) {
  struct stage *stage = &e->program->stages.at[index];
  const struct turn_settings *turn = &settings->turns.at[settings->turn];
  struct update *update = &stage->update[stage->updates];
  update->name = turn->loss;
  update->times = turn->times;
  for (size_t t = 0; t < terms->terms.n; t++)
    claim_rows(e, settings, graph_of(e), terms->terms.at[t].weighted.array.node, terms->terms.at[t].span);
  update->inspect = inspection(e, terms);
  add_terms(e, loss, terms, stage, stage->updates);
  add_writes(e);
  update->rows = row_roots(e);
  update->step = graph_of(e);
  check_needs(e, settings, stage, update);
  stage->updates++;
  if (turn->then.list.n) update->after = write_graph(e, list, index, settings, &turn->then, &update->rows_after);
}

/* A turn of writes alone. */
static void add_write_turn(const struct context *e, struct graph *graph, struct row_writes rows, int index) {
  struct stage *stage = &e->program->stages.at[index];
  if (graph) stage->update[stage->updates++] = (struct update){.times = 1, .step = graph, .rows = rows};
}

static void build_turn(const struct context *e, const struct ast *list, int from, struct stage_settings *settings,
                       int index, size_t begun) {
  const struct turn_settings *turn = &settings->turns.at[settings->turn];
  struct terms terms = {0};
  if (turn->ast && !turn->loss) {
    struct written written = {0};
    vec_push(e->arena, &written.list, turn->ast);
    struct row_writes rows = {0};
    struct graph *graph = write_graph(e, list, index, settings, &written, &rows);
    add_write_turn(e, graph, rows, index);
    return;
  }
  struct context in = begin_step(e, list, index, "step", settings);
  node_id loss = read_step(&in, list, from, settings, &terms);
  if (!loss) check_rules(&in, settings);
  if (loss && add_updates(&in, settings, loss, &terms, begun)) finish_step(&in, list, settings, loss, &terms, index);
}

/* `state <- e` of the file or stage, where updates take turns: at the end of each round. */
static void build_state_writes(const struct context *e, const struct ast *list, int from,
                               const struct stage_settings *settings, int index) {
  struct context in = begin_step(e, list, index, "writes", settings);
  run_writes(&in, list, from);
  add_writes(&in);
  add_write_turn(e, graph_of(&in)->roots.n ? graph_of(&in) : NULL, (struct row_writes){0}, index);
}

/* What the terms say by themselves, where their losses have not all a turn. */
static void read_losses(const struct context *e, const struct ast *list, int from,
                        const struct stage_settings *settings, int index) {
  e->compile->unread = true;
  for (int i = from; i < list->kids; i++) {
    const struct ast *s = list->kid[i];
    bool first = s->kind == AST_MINIMIZE || s->kind == AST_MAXIMIZE;
    for (int k = from; k < i && first; k++)
      first = (list->kid[k]->kind != AST_MINIMIZE && list->kid[k]->kind != AST_MAXIMIZE) ||
              list->kid[k]->name != s->name;
    if (!first) continue;
    struct terms terms = {0};
    struct context in = begin_step(e, list, index, "step", settings);
    read_terms(&in, list, from, s->name, &terms);
  }
}

int build_stage(const struct context *e, const struct ast *list, int from, struct stage_settings *settings) {
  int index = (int)e->program->stages.n;
  struct stage made = {.name = settings->name, .in_evaluation = settings->template};
  vec_push(e->arena, &e->program->stages, made);
  size_t begun = diag_met(e->diags);
  read_stage(e, list, from, index, settings);
  check_held_out(e, list, from, settings);
  check_complete(e, list, from, settings);
  bool turns = check_turns(e, list, from, settings);
  struct stage *stage = &e->program->stages.at[index];
  stage->epochs = settings->epochs;
  stage->batch = settings->batch;
  stage->drop_last = settings->drop_last;
  stage->split = settings->split;
  stage->update = ARENA_ARRAY(e->arena, struct update, settings->turns.n + 1);
  for (size_t t = 0; t < settings->turns.n && turns; t++) {
    settings->turn = (int)t;
    build_turn(e, list, from, settings, index, begun);
  }
  if (!turns) read_losses(e, list, from, settings, index);
  if (settings->turns.n > 1 && turns) build_state_writes(e, list, from, settings, index);
  if (!mistaken(e)) settle_table(e, stage, settings);
  if (!mistaken(e) && stage->split != SPLIT_TRAIN)
    check_split(e, stage->table, split_name(stage->split), settings->span);
  if (!mistaken(e)) check_reached(e, &e->program->stages.at[index], settings);
  if (!mistaken(e)) cut_prepared(e, &e->program->stages.at[index], index);
  if (settings->template) refuse_goals(e, settings);
  else remember_stage(e, list, from, index, settings);
  return index;
}
