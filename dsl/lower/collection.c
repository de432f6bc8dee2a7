/* Collections: values of a whole split, in a graph that is cut where rows meet. */
#include "dsl/lower/stage.h"

void add_cut_columns(const struct context *e, const struct cut *cut, enum column_kind kind, int table) {
  for (size_t k = 0; k < cut->columns; k++) {
    const char *name = arena_format(e->arena, "cut:%zu", k);
    struct column column = {.kind = kind, .name = name, .table = table};
    for (size_t r = 0; r < cut->first->roots.n; r++)
      if (!strcmp(cut->first->roots.at[r].name, name)) {
        const struct node *n = graph_node(cut->first, cut->first->roots.at[r].node);
        column.type = n->type.type;
        column.shape = n->type.shape;
      }
    vec_push(e->arena, &e->program->columns, column);
  }
}

int add_collection(const struct context *e, int table, const char *split, struct graph *graph) {
  struct cut cut = cut_at_rows(e->arena, graph, (uint32_t)e->program->columns.n);
  struct collection c = {split, passed(e, "cut_at_rows", cut.first), passed(e, "cut_at_rows", cut.second), table};
  add_cut_columns(e, &cut, COLUMN_CUT, table);
  vec_push(e->arena, &e->program->collections, c);
  return (int)e->program->collections.n - 1;
}

/* A collection over the training split, which is gone through a batch at a time: sums over its rows are added up. */
int add_sums(const struct context *e, int table, struct graph *graph) {
  struct cut cut = cut_at_sums(e->arena, graph, (uint32_t)e->program->columns.n);
  for (node_id id = 1; id < cut.second->nodes.n; id++)
    if (graph_node(cut.second, id)->type.rows) /* more than sums is asked for */
      return add_collection(e, table, "train", graph);
  struct collection c = {"train", cut.columns ? passed(e, "cut_at_sums", cut.first) : NULL,
                         passed(e, "cut_at_sums", cut.second), table};
  add_cut_columns(e, &cut, COLUMN_SUM, table);
  vec_push(e->arena, &e->program->collections, c);
  return (int)e->program->collections.n - 1;
}
