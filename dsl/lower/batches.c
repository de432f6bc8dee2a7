/* Whose rows a stage trains on: those that its terms depend on, or of the table that `batch 100 of NAME` names; and
 * whether a smaller last batch of them would be another loss. */
#include "dsl/lower/stage.h"

bool gives_batches(const struct stage_settings *settings, int table) {
  for (size_t i = 0; i < settings->beside.n; i++)
    if (settings->beside.at[i] == table) return true;
  return settings->table == table;
}

/* The first table whose rows a node depends on and of which there is no batch; -1: there is none. */
static int without_batch(const struct context *e, const struct stage_settings *settings, const struct graph *graph,
                         node_id node) {
  bool *read = ARENA_ARRAY(e->arena, bool, e->program->tables.n + 1);
  tables_read(e, graph, node, read);
  for (size_t k = 0; k < e->program->tables.n; k++)
    if (read[k] && !gives_batches(settings, (int)k)) return (int)k;
  return -1;
}

/* "'a', 'b'": the tables that there are batches of. */
static const char *batches_called(const struct context *e, const struct stage_settings *settings) {
  const char *names = table_called(e, settings->table);
  for (size_t i = 0; i < settings->beside.n; i++)
    names = arena_format(e->arena, "%s, %s", names, table_called(e, settings->beside.at[i]));
  return names;
}

/* How to have batches of one table more: those without a data statement cannot be named. */
static void hint_batches(const struct context *e, const struct stage_settings *settings, int more) {
  const char *names = table_statement(e, settings->table), *last = table_statement(e, more);
  for (size_t i = 0; names && i < settings->beside.n; i++) {
    const char *name = table_statement(e, settings->beside.at[i]);
    names = name ? arena_format(e->arena, "%s, %s", names, name) : NULL;
  }
  if (names && last)
    diag_hint(e->diags, "train on each in a stage of its own, or on a batch of each in a step: 'batch %lld of %s, %s'",
              (long long)settings->batch, names, last);
  else
    diag_hint(e->diags, "train on each in a stage of its own, or give each a data statement and train on a batch of "
                        "each in a step");
}

void claim_rows(const struct context *e, struct stage_settings *settings, const struct graph *graph, node_id node,
                struct span span) {
  int other, table = table_read(e, graph, node, &other);
  if (table < 0) return;
  if (settings->table < 0) settings->table = table, settings->table_span = span;
  other = without_batch(e, settings, graph, node);
  if (other < 0) return;
  diag_error(e->diags, DIAG_E0503, span, "the batches of '%s' are of %s, and this depends on rows of %s",
             settings->name, batches_called(e, settings), table_called(e, other));
  if (settings->table_span.begin != span.begin)
    diag_label(e->diags, settings->table_span, "this makes them batches of %s", batches_called(e, settings));
  hint_batches(e, settings, other);
}

/* What is named is read. */
static void check_beside(const struct context *e, const struct stage *stage, const struct stage_settings *settings) {
  bool *read = ARENA_ARRAY(e->arena, bool, e->program->tables.n + 1);
  for (size_t k = 0; k < stage->updates; k++) tables_read(e, stage->update[k].step, 0, read);
  for (size_t i = 0; i <= settings->beside.n; i++) {
    int table = i ? settings->beside.at[i - 1] : settings->table;
    if (read[table]) continue;
    diag_error(e->diags, DIAG_E0503, settings->table_span, "nothing in '%s' depends on rows of %s", settings->name,
               table_called(e, table));
    diag_hint(e->diags, "leave it out, or let a term depend on it");
  }
}

void settle_table(const struct context *e, struct stage *stage, struct stage_settings *settings) {
  for (size_t k = 0; k < stage->updates; k++) {
    const struct graph *graph[] = {stage->update[k].step, stage->update[k].after};
    size_t met = diag_met(e->diags);
    for (int g = 0; g < 2 && graph[g] && diag_met(e->diags) == met; g++)
      claim_rows(e, settings, graph[g], 0, settings->span);
  }
  stage->table = settings->table < 0 ? 0 : settings->table;
  stage->beside = settings->beside.n;
  stage->beside_table = settings->beside.at;
  if (stage->beside) check_beside(e, stage, settings);
  if (settings->table >= 0) return;
  struct rowless_stage none = {stage->name, settings->span};
  vec_push(e->arena, &e->compile->rowless, none);
}

void check_tables(const struct context *e) {
  for (size_t i = 0; i < e->compile->rowless.n && e->program->tables.n > 1; i++) {
    diag_error(e->diags, DIAG_E0503, e->compile->rowless.at[i].span,
               "the terms of '%s' depend on no rows, and the model reads several tables",
               e->compile->rowless.at[i].name);
    const char *first = table_statement(e, 0);
    diag_hint(e->diags, "say whose rows an epoch goes through: 'batch 100 of %s'", first ? first : "NAME");
  }
}

void refuse_tables(const struct context *e, const char *what, int table, int other, struct span span) {
  diag_error(e->diags, DIAG_E0503, span, "%s of rows of one table, and this depends on rows of %s and of %s", what,
             table_called(e, table), table_called(e, other));
  diag_hint(e->diags, "'(mean(v, batch) on train)' is a value of all rows of a table, which can stand beside rows of "
                      "another");
}

int table_of_value(const struct context *e, const struct graph *graph, node_id node, const char *what,
                   struct span span) {
  int other, table = table_read(e, graph, node, &other);
  if (other < 0) return table;
  refuse_tables(e, what, table, other, span);
  return -1;
}

/* A split that is known to have no rows has nothing to go through, measure or show. */
void check_split(const struct context *e, int table, const char *split, struct span span) {
  enum data_split number = split_named(split);
  if (!e->program->tables.n) return;
  const struct data_set *set = e->program->tables.at[table];
  if (set->rows[number]) return;
  diag_error(e->diags, DIAG_E0505, span, "'%s' has no rows to %s", set->name, split_purpose(number));
  diag_hint(e->diags, "set some aside: 'split(%s, %s = 0.2)'", set->name, split);
}

/* ---- a smaller last batch ---- */

enum { CONDITIONS = 10 }; /* on rows, within each other, that are looked through */

/* Whether the node says which rows have a value: 1 or 0 in each, by what the row has itself. */
static bool marks_rows(const struct graph *g, node_id node, int depth) {
  const struct node *n = graph_node(g, node);
  if (depth > CONDITIONS || !n->type.rows || n->coupled) return false;
  if (op_info[n->op].properties & BOOLEAN) return true;
  bool joins = n->op == OP_mul || n->op == OP_max;
  return joins && marks_rows(g, n->in[0], depth + 1) && marks_rows(g, n->in[1], depth + 1);
}

/* Whether the node is a number of such rows, as a mean over the rows that have a value is divided by. */
static bool counts_rows(const struct graph *g, node_id node, int depth) {
  const struct node *n = graph_node(g, node);
  double constant;
  if (n->op == OP_sum_rows) return marks_rows(g, n->in[0], depth);
  if (graph_is_constant(g, node, &constant)) return true;
  bool joins = depth < CONDITIONS && (n->op == OP_max || n->op == OP_min);
  return joins && counts_rows(g, n->in[0], depth + 1) && counts_rows(g, n->in[1], depth + 1);
}

/* What a mean over the rows that have a value divides by their number, or the term that stands where some row has one;
 * 0 where the node is neither. */
static node_id over_present_rows(const struct graph *g, const struct node *n) {
  if (n->op == OP_div) return counts_rows(g, n->in[1], 0) ? n->in[0] : 0;
  if (n->op != OP_select || graph_node(g, n->in[2])->coupled) return 0;
  const struct node *some = graph_node(g, n->in[0]);
  bool counts = some->op == OP_less && counts_rows(g, some->in[0], 0) && counts_rows(g, some->in[1], 0);
  return counts ? n->in[1] : 0;
}

/* A term that is a plain mean of something per row, or of the rows that have it, is not coupled: a mean over a smaller
 * last batch is still the mean of its rows' losses.  It is where a row's own part depends on other rows, or where no such
 * mean ends it: means may be added, and scaled by what is none. */
bool term_is_coupled(const struct graph *g, node_id node) {
  const struct node *n = graph_node(g, node);
  const struct op_info *info = &op_info[n->op];
  int coupled = 0;
  if (!n->coupled) return false;
  node_id mean = over_present_rows(g, n);
  if (mean) return term_is_coupled(g, mean);
  if (info->properties & CONTRACTS) return !(info->properties & ALIGNED) || graph_node(g, n->in[0])->coupled;
  for (int k = 0; k < n->inputs; k++) {
    if (!graph_node(g, n->in[k])->coupled) continue;
    bool scaled = info->properties & ADDS || (input_in(info->linear, k) && info->class == ELEMENTWISE && !coupled);
    if (!scaled || term_is_coupled(g, n->in[k])) return true;
    coupled++;
  }
  return false;
}

/* Whether the loss is made of a value as large as the batch.  What states keep of a smaller batch is no part of it. */
bool made_of_batch_size(const struct context *e, const struct graph *g, node_id loss) {
  const bool *reached = graph_reached(e->arena, g, loss);
  for (node_id id = 1; id <= loss; id++)
    if (reached[id] && node_sized_by_batch(graph_node(g, id))) return true;
  return false;
}
