/* Finds what runs and what must precede what.
 *
 * Beside the data there is one more reason for an order: a value that replaces a variable should be computed after
 * the variable's other readers, so that it can be stored at once.  Such an edge is added only from an earlier node
 * to a later one, which can never close a circle; a write whose readers come later in the graph just waits. */
#include "plan/tasks.h"

#include <string.h>

int64_t plan_bytes(const struct value_type *type, int64_t rows, size_t element) {
  int64_t bytes = shape_count(type->shape);
  if (bytes < 0 || __builtin_mul_overflow(bytes, type->rows ? rows : 1, &bytes)) return -1;
  size_t size = type->type == F32 ? element : dtype_size(type->type);
  return __builtin_mul_overflow(bytes, (int64_t)size, &bytes) || bytes < 0 ? -1 : bytes;
}

/* Up to the next multiple of the alignment; negative stays so. */
static int64_t rounded(int64_t bytes) {
  if (bytes < 0 || bytes > INT64_MAX - PLAN_ALIGN) return -1;
  return (bytes + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
}

/* Marks what the roots need, and follows views to what they show. */
static void find_sources(struct arena *arena, struct plan *plan) {
  const struct graph *graph = plan->graph;
  size_t n = graph->nodes.n;
  bool *needed = ARENA_ARRAY(arena, bool, n);
  plan->source = ARENA_ARRAY(arena, node_id, n);
  for (size_t i = 0; i < graph->roots.n; i++) needed[graph->roots.at[i].node] = true;
  for (size_t i = n; i-- > 1;)
    for (int k = 0; needed[i] && k < graph->nodes.at[i].inputs; k++) needed[graph->nodes.at[i].in[k]] = true;
  for (size_t i = 1; i < n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    if (needed[i]) plan->source[i] = op_info[node->op].class == VIEW ? plan->source[node->in[0]] : (node_id)i;
  }
}

static bool size_tasks(struct plan *plan, const struct plan_hooks *hooks, struct tasks *t, struct fault *fault) {
  int64_t total = 0;
  for (int i = 0; i < t->n; i++) {
    const struct node *node = graph_node(plan->graph, t->node[i]);
    t->bytes[i] = rounded(plan_bytes(&node->type, plan->rows, plan->element));
    if (hooks && hooks->scratch)
      t->scratch[i] = rounded(hooks->scratch(hooks->context, plan->graph, t->node[i], plan->rows));
    if (t->bytes[i] < 0 || t->scratch[i] < 0 || __builtin_add_overflow(total, t->bytes[i], &total) ||
        __builtin_add_overflow(total, t->scratch[i], &total)) {
      char text[SHAPE_TEXT];
      fault_set(fault, FAULT_DATA, "'%s' in '%s', %s for %lld rows, needs more memory than can be counted",
                op_info[node->op].name, node->where, shape_text(text, node->type.shape, node->type.rows),
                (long long)plan->rows);
      return fault_hint(fault, "use a smaller batch");
    }
  }
  return true;
}

/* ---- lists ---- */

struct edge {
  int from, to;
};
typedef VEC(struct edge) edges;

/* One list for each task: of the other ends of its edges. */
static struct lists lists_make(struct arena *arena, int n, const edges *edges, bool by_from) {
  struct lists lists = {ARENA_ARRAY(arena, int, (size_t)n + 2), ARENA_ARRAY(arena, int, edges->n)};
  int *next = lists.begin + 1; /* while filling, begin[t + 1] is where list t goes on */
  for (size_t i = 0; i < edges->n; i++) next[(by_from ? edges->at[i].from : edges->at[i].to) + 1]++;
  for (int i = 0; i < n; i++) next[i + 1] += next[i];
  for (size_t i = 0; i < edges->n; i++) {
    const struct edge *e = &edges->at[i];
    lists.at[next[by_from ? e->from : e->to]++] = by_from ? e->to : e->from;
  }
  return lists;
}

/* The graph's edges between tasks, each pair once. */
static void data_edges(struct arena *arena, const struct plan *plan, const struct tasks *t, edges *out) {
  for (int i = 0; i < t->n; i++) {
    const struct node *node = graph_node(plan->graph, t->node[i]);
    size_t begin = out->n;
    for (int k = 0; k < node->inputs; k++) {
      int from = t->of[plan->source[node->in[k]]];
      bool known = from < 0;
      for (size_t e = begin; e < out->n; e++) known = known || out->at[e].from == from;
      if (!known) vec_push(arena, out, (struct edge){from, i});
    }
  }
}

/* From each reader of a variable to the task whose result replaces it, where that is later in the graph. */
static void replace_edges(struct arena *arena, const struct plan *plan, const struct tasks *t, edges *out) {
  const struct graph *graph = plan->graph;
  int *writer = ARENA_ARRAY(arena, int, (size_t)t->variables + 1);
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    int task = t->of[plan->source[root->node]];
    if (root->kind == ROOT_WRITE && t->writes[root->target] == 1 && task >= 0) writer[root->target] = task + 1;
  }
  for (int i = 0; i < t->n; i++) {
    const struct node *node = graph_node(graph, t->node[i]);
    for (int k = 0; k < node->inputs; k++) {
      const struct node *leaf = graph_node(graph, plan->source[node->in[k]]);
      int to = leaf->op == OP_variable ? writer[leaf->attr.i[0]] - 1 : -1;
      if (to > i) vec_push(arena, out, (struct edge){i, to});
    }
  }
}

static void count_variables(struct arena *arena, const struct plan *plan, struct tasks *t) {
  const struct graph *graph = plan->graph;
  for (size_t i = 1; i < graph->nodes.n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    if (plan->source[i] && node->op == OP_variable && node->attr.i[0] >= t->variables)
      t->variables = (uint32_t)node->attr.i[0] + 1;
  }
  for (size_t r = 0; r < graph->roots.n; r++)
    if (graph->roots.at[r].kind == ROOT_WRITE && graph->roots.at[r].target >= t->variables)
      t->variables = graph->roots.at[r].target + 1;
  t->writes = ARENA_ARRAY(arena, int, t->variables);
  for (size_t r = 0; r < graph->roots.n; r++)
    if (graph->roots.at[r].kind == ROOT_WRITE) t->writes[graph->roots.at[r].target]++;
}

bool tasks_find(struct arena *arena, struct plan *plan, const struct plan_hooks *hooks, struct tasks *t,
                struct fault *fault) {
  const struct graph *graph = plan->graph;
  size_t n = graph->nodes.n;
  memset(t, 0, sizeof *t);
  find_sources(arena, plan);
  t->node = ARENA_ARRAY(arena, node_id, n);
  t->of = ARENA_ARRAY(arena, int, n);
  for (size_t i = 0; i < n; i++) {
    t->of[i] = -1;
    if (!i || plan->source[i] != i || !node_runs(graph_node(graph, (node_id)i))) continue;
    t->of[i] = t->n;
    t->node[t->n++] = (node_id)i;
  }
  t->bytes = ARENA_ARRAY(arena, int64_t, t->n), t->scratch = ARENA_ARRAY(arena, int64_t, t->n);
  t->kept = ARENA_ARRAY(arena, bool, t->n), t->stored = ARENA_ARRAY(arena, bool, t->n);
  if (!size_tasks(plan, hooks, t, fault)) return false;
  count_variables(arena, plan, t);
  for (size_t r = 0; r < graph->roots.n; r++) {
    int task = t->of[plan->source[graph->roots.at[r].node]];
    if (task >= 0) *(graph->roots.at[r].kind == ROOT_VALUE ? &t->kept[task] : &t->stored[task]) = true;
  }
  edges edges = {0};
  data_edges(arena, plan, t, &edges);
  t->reads = lists_make(arena, t->n, &edges, false);
  replace_edges(arena, plan, t, &edges);
  t->before = lists_make(arena, t->n, &edges, false);
  t->after = lists_make(arena, t->n, &edges, true);
  return true;
}
