/* Whose rows a stage trains on: those that its terms depend on, or of the table that `batch 100 of NAME` names. */
#include "dsl/lower/stage.h"

void claim_rows(const struct context *e, struct stage_settings *settings, const struct graph *graph, node_id node,
                struct span span) {
  int other, table = table_read(e, graph, node, &other);
  if (table < 0) return;
  if (settings->table < 0) settings->table = table, settings->table_span = span;
  if (table != settings->table) other = table;
  if (other < 0) return;
  diag_error(e->diags, DIAG_E0503, span, "the batches of '%s' are of %s, and this depends on rows of %s",
             settings->name, table_called(e, settings->table), table_called(e, other));
  if (settings->table_span.begin != span.begin)
    diag_label(e->diags, settings->table_span, "this makes them batches of %s", table_called(e, settings->table));
  diag_hint(e->diags, "train on each table in a stage of its own; '(mean(v, batch) on train)' is a value of all rows "
                      "of a table, which any stage can read");
}

void settle_table(const struct context *e, struct stage *stage, struct stage_settings *settings) {
  for (size_t k = 0; k < stage->updates; k++) {
    const struct graph *graph[] = {stage->update[k].step, stage->update[k].after};
    size_t met = diag_met(e->diags);
    for (int g = 0; g < 2 && graph[g]; g++)
      for (size_t i = 0; i < graph[g]->roots.n && diag_met(e->diags) == met; i++)
        claim_rows(e, settings, graph[g], graph[g]->roots.at[i].node, settings->span);
  }
  stage->table = settings->table < 0 ? 0 : settings->table;
  if (settings->table >= 0) return;
  struct rowless_stage none = {stage->name, settings->span};
  vec_push(e->arena, &e->compile->rowless, none);
}

void check_tables(const struct context *e) {
  for (size_t i = 0; i < e->compile->rowless.n && e->program->tables.n > 1; i++) {
    diag_error(e->diags, DIAG_E0503, e->compile->rowless.at[i].span,
               "the terms of '%s' depend on no rows, and the model reads several tables",
               e->compile->rowless.at[i].name);
    diag_hint(e->diags, "say whose rows an epoch goes through: 'batch 100 of %s'", e->program->tables.at[0]->name);
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
