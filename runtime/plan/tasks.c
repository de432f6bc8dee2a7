/* Finds what runs, what is left of it when it has run, and what must precede what. */
#include "plan/tasks.h"

#include <string.h>

int64_t plan_bytes(const struct value_type *type, int64_t rows, size_t element) {
  int64_t bytes = shape_count(type->shape);
  if (bytes < 0 || __builtin_mul_overflow(bytes, type->rows ? rows : 1, &bytes)) return -1;
  size_t size = type->type == F32 ? element : dtype_size(type->type);
  return __builtin_mul_overflow(bytes, (int64_t)size, &bytes) || bytes < 0 ? -1 : bytes;
}

int64_t plan_rounded(int64_t bytes) {
  if (bytes < 0 || bytes > INT64_MAX - PLAN_ALIGN) return -1;
  return (bytes + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
}

/* ---- what the kernels say ---- */

struct asked {
  const struct node *node;
  struct value_type in[MAX_INPUTS];
};

static struct asked ask(const struct plan *plan, node_id id) {
  struct asked asked = {.node = graph_node(plan->graph, id)};
  for (int k = 0; k < asked.node->inputs; k++) asked.in[k] = graph_node(plan->graph, asked.node->in[k])->type;
  return asked;
}

static int64_t counted(size_t bytes) { return bytes > INT64_MAX ? -1 : plan_rounded((int64_t)bytes); }

int64_t plan_scratch(const struct plan *plan, node_id id, int64_t rows, int threads) {
  if (!plan->traits->scratch) return 0;
  struct asked a = ask(plan, id);
  return counted(plan->traits->scratch(a.node->op, &a.node->attr, a.in, &a.node->type, rows, threads));
}

int64_t plan_shared(const struct plan *plan, node_id id) {
  if (!plan->traits->shared) return 0;
  struct asked a = ask(plan, id);
  return counted(plan->traits->shared(a.node->op, &a.node->attr, a.in, &a.node->type, plan->rows));
}

int64_t plan_partial(const struct plan *plan, node_id id) {
  if (!plan->traits->partial) return 0;
  struct asked a = ask(plan, id);
  return counted(plan->traits->partial(a.node->op, &a.node->attr, a.in, &a.node->type));
}

bool plan_in_place(const struct plan *plan, enum op op, int input) {
  return plan->traits->in_place && plan->traits->in_place(op, input);
}

int64_t plan_lines(const struct plan *plan, node_id id) {
  if (!plan->traits->lines) return 0;
  struct asked a = ask(plan, id);
  for (int k = 0; k < a.node->inputs; k++)
    if (!a.in[k].rows) return 0; /* a member of the group could write over it before all lines are made */
  return plan->traits->lines(a.node->op, &a.node->attr, a.in, &a.node->type, plan->rows);
}

bool plan_adds(const struct plan *plan, enum op op) { return plan->traits->adds && plan->traits->adds(op); }

/* ---- what runs ---- */

/* Marks what the roots need, and follows views to what they show. */
static void find_sources(struct arena *arena, struct plan *plan) {
  const struct graph *graph = plan->graph;
  size_t n = graph->nodes.n;
  bool *needed = ARENA_ARRAY(arena, bool, n);
  plan->source = ARENA_ARRAY(arena, node_id, n);
  for (size_t i = 0; i < graph->roots.n; i++) needed[graph->roots.at[i].node] = true;
  for (size_t i = n; i-- > 1;) {
    const struct node *node = graph_node(graph, (node_id)i);
    for (int k = 0; needed[i] && k < node->inputs; k++) needed[node->in[k]] = true;
  }
  for (size_t i = 1; i < n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    if (needed[i]) plan->source[i] = op_info[node->op].class == VIEW ? plan->source[node->in[0]] : (node_id)i;
  }
}

bool plan_too_large(const struct plan *plan, node_id id, struct error *error) {
  const struct node *node = graph_node(plan->graph, id);
  char string[SHAPE_STRING];
  error_set(error, ERROR_DATA, "'%s' in '%s', %s for %lld rows, needs more memory than can be counted",
            op_info[node->op].name, node_where(node), shape_string(string, node->type.shape, node->type.rows),
            (long long)plan->rows);
  return error_hint(error, "use a smaller batch");
}

/* One list for each of n: the other ends of its edges. */
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

/* The results that outlive their tasks.  The sum of all bytes is checked here, so that nothing overflows later. */
static bool find_values(struct arena *arena, struct plan *plan, struct tasks *t, struct error *error) {
  const struct graph *graph = plan->graph;
  int members = t->begin[t->n];
  int64_t total = 0;
  edges makes = {0};
  t->value = ARENA_ARRAY(arena, struct value, members);
  t->value_of = ARENA_ARRAY(arena, int, graph->nodes.n);
  for (size_t i = 0; i < graph->nodes.n; i++) t->value_of[i] = -1;
  for (int i = 0; i < members; i++) {
    node_id id = t->member[i];
    int64_t bytes = plan_rounded(plan_bytes(&graph_node(graph, id)->type, plan->rows, plan->element));
    if (bytes < 0 || __builtin_add_overflow(total, bytes, &total)) return plan_too_large(plan, id, error);
    if (plan->tile_local[id]) continue;
    t->value_of[id] = t->values;
    vec_push(arena, &makes, (struct edge){t->of[id], t->values});
    t->value[t->values++] = (struct value){.task = t->of[id], .bytes = bytes};
  }
  for (size_t r = 0; r < graph->roots.n; r++) {
    int value = t->value_of[plan->source[graph->roots.at[r].node]];
    if (value < 0) continue;
    *(graph->roots.at[r].kind == ROOT_VALUE ? &t->value[value].kept : &t->value[value].stored) = true;
  }
  t->makes = lists_make(arena, t->n, &makes, true);
  return true;
}

/* ---- lists ---- */

/* The values of other tasks that each task reads, each once, and the tasks that make them. */
static void data_edges(struct arena *arena, const struct plan *plan, const struct tasks *t, edges *reads,
                       edges *before) {
  int *seen = ARENA_ARRAY(arena, int, t->values); /* the last task that was found to read it, + 1 */
  for (int task = 0; task < t->n; task++)
    for (int i = t->begin[task]; i < t->begin[task + 1]; i++) {
      const struct node *node = graph_node(plan->graph, t->member[i]);
      for (int k = 0; k < node->inputs; k++) {
        int value = t->value_of[plan->source[node->in[k]]];
        if (value < 0 || t->value[value].task == task || seen[value] == task + 1) continue;
        seen[value] = task + 1;
        vec_push(arena, reads, (struct edge){value, task});
        vec_push(arena, before, (struct edge){t->value[value].task, task});
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

bool tasks_find(struct arena *arena, struct arena *work, struct plan *plan, struct tasks *t, struct error *error) {
  memset(t, 0, sizeof *t);
  find_sources(arena, plan);
  count_variables(work, plan, t);
  edges before = groups_find(arena, work, plan, t), reads = {0};
  if (!find_values(work, plan, t, error) || !tiles_find(arena, work, plan, t, error)) return false;
  data_edges(work, plan, t, &reads, &before);
  t->reads = lists_make(work, t->n, &reads, false);
  t->readers = lists_make(work, t->values, &reads, true);
  t->before = lists_make(work, t->n, &before, false);
  t->after = lists_make(work, t->n, &before, true);
  return true;
}
