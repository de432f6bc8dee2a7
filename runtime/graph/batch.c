/* Axes as large as the batch.  While a model is compiled nobody knows how many rows there will be; a plan is for a number
 * of them.  Then the size gets its value everywhere, and nothing after that knows of it. */
#include "graph/graph.h"

static void settle_shape(struct shape *shape, int64_t rows) {
  for (int k = 0; k < shape->rank; k++)
    if (shape->dim[k] == BATCH_SIZE) shape->dim[k] = rows;
}

static void settle_attr(enum op op, struct attr *attr, int64_t rows) {
  struct op_setting setting = {0};
  settle_shape(&attr->shape, rows);
  while (op_setting_next(op, &setting))
    if (setting.type == SETTING_SIZE && attr->i[setting.at] == BATCH_SIZE) attr->i[setting.at] = rows;
}

bool node_sized_by_batch(const struct node *n) {
  return shape_batch_axes(n->type.shape) || op_info[n->op].properties & OF_BATCH;
}

static bool graph_sized_by_batch(const struct graph *graph) {
  for (node_id id = 1; id < graph->nodes.n; id++)
    if (node_sized_by_batch(graph_node(graph, id))) return true;
  return false;
}

static bool settle_node(struct graph *graph, node_id id, struct error *error) {
  struct node *n = graph_at(graph, id);
  struct value_type in[MAX_INPUTS];
  struct shape_problem problem;
  settle_attr(n->op, &n->attr, graph->rows);
  for (int k = 0; k < n->inputs; k++) in[k] = graph_node(graph, n->in[k])->type;
  if (!op_infer(n->op, &n->attr, in, &n->type, &problem)) {
    error_set(error, ERROR_DATA, "'%s' in '%s' cannot be made of %lld rows: %s", op_info[n->op].name, node_where(n),
              (long long)graph->rows, problem.message);
    return error_hint(error, "use a smaller batch");
  }
  n->coupled = graph_couples(graph, n->op, n->in, &n->type);
  return true;
}

const struct graph *graph_of_rows(struct arena *arena, const struct graph *graph, int64_t rows, struct error *error) {
  if (graph->rows || !graph_sized_by_batch(graph)) return graph;
  struct graph *settled = graph_new(arena, graph->name, graph->plain);
  settled->rows = rows;
  for (node_id id = 1; id < graph->nodes.n; id++) graph_push(settled, *graph_node(graph, id));
  for (size_t i = 0; i < graph->roots.n; i++) vec_push(arena, &settled->roots, graph->roots.at[i]);
  for (node_id id = 1; id < settled->nodes.n; id++)
    if (!settle_node(settled, id, error)) return NULL;
  return settled;
}
