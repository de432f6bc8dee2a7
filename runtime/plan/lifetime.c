/* Lives under a given order: who reads what last, where writes go, and which results lie over an input.
 *
 * Three times matter for a result: the step that makes it, the last step that reads it, and the last step after
 * which it is copied into a variable.  A step may write over an input only when that is its last read and no copy
 * is still to come, and only if every input in that buffer allows it. */
#include "plan/tasks.h"

struct lives {
  struct plan *plan;
  const struct plan_hooks *hooks;
  const struct tasks *tasks;
  int *step, *read, *copied; /* by source node: made at, last read at, last copied after (or -1) */
  int *variable_read;        /* by variable: the last step that reads it, or -1 */
};

static int latest(int a, int b) { return a > b ? a : b; }

static const struct node *node_at(const struct lives *l, node_id id) { return graph_node(l->plan->graph, id); }

static bool same_type(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

static void find_reads(struct arena *arena, struct lives *l) {
  struct plan *plan = l->plan;
  size_t n = plan->graph->nodes.n;
  l->step = ARENA_ARRAY(arena, int, n), l->read = ARENA_ARRAY(arena, int, n),
  l->copied = ARENA_ARRAY(arena, int, n);
  l->variable_read = ARENA_ARRAY(arena, int, l->tasks->variables);
  for (size_t i = 0; i < n; i++) l->step[i] = l->read[i] = l->copied[i] = -1;
  for (uint32_t v = 0; v < l->tasks->variables; v++) l->variable_read[v] = -1;
  for (int s = 0; s < plan->steps; s++) {
    const struct node *node = node_at(l, plan->order[s]);
    l->step[plan->order[s]] = l->read[plan->order[s]] = s;
    for (int k = 0; k < node->inputs; k++) {
      node_id source = plan->source[node->in[k]];
      l->read[source] = s;
      if (node_at(l, source)->op == OP_variable) l->variable_read[node_at(l, source)->attr.i[0]] = s;
    }
  }
}

/* Whether `node` may be written over what it reads from inputs that `lies_there` selects, itself a type `type`. */
static bool may_overwrite(const struct lives *l, const struct node *node, const bool lies_there[MAX_INPUTS]) {
  for (int k = 0; k < node->inputs; k++)
    if (lies_there[k] && (!l->hooks || !l->hooks->in_place || !l->hooks->in_place(node->op, k) ||
                          !same_type(&node_at(l, node->in[k])->type, &node->type)))
      return false;
  return true;
}

/* Whether source, made when all other readers of the variable are done, can be computed in its storage. */
static bool can_be_direct(const struct lives *l, node_id source, uint32_t variable) {
  const struct node *node = node_at(l, source);
  bool lies_there[MAX_INPUTS];
  if (l->tasks->writes[variable] != 1 || l->tasks->kept[l->tasks->of[source]] || l->plan->direct[source] >= 0)
    return false;
  if (l->variable_read[variable] > l->step[source] || node->type.rows) return false;
  for (int k = 0; k < node->inputs; k++) {
    const struct node *leaf = node_at(l, l->plan->source[node->in[k]]);
    lies_there[k] = leaf->op == OP_variable && leaf->attr.i[0] == variable;
  }
  return may_overwrite(l, node, lies_there);
}

static void find_writes(struct arena *arena, struct lives *l) {
  struct plan *plan = l->plan;
  const struct graph *graph = plan->graph;
  plan->direct = ARENA_ARRAY(arena, int, graph->nodes.n);
  plan->write_after = ARENA_ARRAY(arena, int, graph->roots.n);
  for (size_t i = 0; i < graph->nodes.n; i++) plan->direct[i] = -1;
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    node_id source = plan->source[root->node];
    int made = l->step[source];
    plan->write_after[r] = plan->steps;
    if (root->kind == ROOT_VALUE) {
      l->read[source] = plan->steps;
    } else if (made >= 0 && can_be_direct(l, source, root->target)) {
      plan->direct[source] = (int)r;
      plan->write_after[r] = made;
    } else {
      if (made >= 0 && l->tasks->writes[root->target] == 1)
        plan->write_after[r] = latest(made, l->variable_read[root->target]);
      l->copied[source] = latest(l->copied[source], plan->write_after[r]);
    }
  }
}

/* The buffer that step s's node can take over from an input, or 0. */
static node_id find_reuse(const struct lives *l, int s) {
  const struct plan *plan = l->plan;
  const struct node *node = node_at(l, plan->order[s]);
  for (int k = 0; k < node->inputs; k++) {
    node_id source = plan->source[node->in[k]];
    bool lies_there[MAX_INPUTS];
    if (l->step[source] < 0 || plan->direct[source] >= 0) continue;
    if (l->read[source] != s || l->copied[source] >= s) continue;
    for (int j = 0; j < node->inputs; j++) lies_there[j] = plan->source[node->in[j]] == source;
    if (may_overwrite(l, node, lies_there)) return plan->holder[source];
  }
  return 0;
}

void lifetimes_find(struct arena *arena, struct plan *plan, const struct plan_hooks *hooks,
                    const struct tasks *tasks, const int *order) {
  struct lives l = {.plan = plan, .hooks = hooks, .tasks = tasks};
  size_t n = plan->graph->nodes.n;
  plan->steps = tasks->n;
  plan->order = ARENA_ARRAY(arena, node_id, tasks->n);
  for (int s = 0; s < plan->steps; s++) plan->order[s] = tasks->node[order[s]];
  find_reads(arena, &l);
  find_writes(arena, &l);

  plan->holder = ARENA_ARRAY(arena, node_id, n);
  plan->buffer = ARENA_ARRAY(arena, struct buffer, n);
  plan->scratch = ARENA_ARRAY(arena, struct buffer, tasks->n);
  for (size_t i = 0; i < n; i++) {
    plan->holder[i] = plan->source[i] == i ? (node_id)i : 0;
    plan->buffer[i] = (struct buffer){.offset = -1};
  }
  for (int s = 0; s < plan->steps; s++) {
    node_id id = plan->order[s], reuse = plan->direct[id] < 0 ? find_reuse(&l, s) : 0;
    node_id holder = reuse ? reuse : id;
    struct buffer *buffer = &plan->buffer[holder];
    plan->holder[id] = holder;
    if (!reuse) *buffer = (struct buffer){-1, tasks->bytes[order[s]], s, s};
    buffer->last = latest(buffer->last, latest(l.read[id], l.copied[id]));
    plan->scratch[s] = (struct buffer){-1, tasks->scratch[order[s]], s, s};
  }
  for (size_t i = 1; i < n; i++)
    if (plan->source[i]) plan->holder[i] = plan->holder[plan->source[i]];
  size_t placed;
  struct buffer **of = slab_buffers(arena, plan, &placed), *all = ARENA_ARRAY(arena, struct buffer, placed);
  for (size_t i = 0; i < placed; i++) all[i] = *of[i];
  plan->lower_bound = place_lower_bound(arena, all, placed);
}
