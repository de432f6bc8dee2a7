/* Lives under a given order: who reads what last, where writes go, and which results lie over an input.
 *
 * Members of a group run in turns, tile by tile, so a buffer that one of them uses lives while the whole group runs.
 * Within a tile they keep their order: a result may lie over an input of the group that no later member reads.
 *
 * Three times matter for a result: the step that makes it, the last step that reads it, and the last step after
 * which it is copied into a variable.  A step may write over an input only when that is its last read and no copy
 * is still to come, and only if every input in that buffer allows it. */
#include "plan/tasks.h"

struct liveness {
  struct plan *plan;
  const struct tasks *tasks;
  int *step, *read, *copied; /* by source node: made at, last read at, last copied after (or -1) */
  int *variable_read;        /* by variable: the last step that reads it, or -1 */
};

/* The group at a step, and its last step; what is read after the end stays so. */
static const struct group *group_at(const struct plan *plan, int step) { return &plan->group[plan->group_of[step]]; }
static int group_last(const struct plan *plan, int step) {
  return step >= 0 && step < plan->steps ? group_at(plan, step)->end - 1 : step;
}

static bool is_batch_reduction(const struct liveness *l, node_id id) {
  return group_at(l->plan, l->step[id])->kind == GROUP_ROWS && !graph_node(l->plan->graph, id)->type.rows;
}

static int latest(int a, int b) { return a > b ? a : b; }

static const struct node *node_at(const struct liveness *l, node_id id) { return graph_node(l->plan->graph, id); }

static bool same_type(const struct value_type *a, const struct value_type *b) {
  return a->type == b->type && a->rows == b->rows && shape_equal(a->shape, b->shape);
}

static void find_reads(struct arena *arena, struct liveness *l) {
  struct plan *plan = l->plan;
  size_t n = plan->graph->nodes.n;
  l->step = ARENA_ARRAY(arena, int, n), l->read = ARENA_ARRAY(arena, int, n), l->copied = ARENA_ARRAY(arena, int, n);
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
static bool may_overwrite(const struct liveness *l, const struct node *node, const bool lies_there[MAX_INPUTS]) {
  for (int k = 0; k < node->inputs; k++)
    if (lies_there[k] &&
        (!plan_in_place(l->plan, node->op, k) || !same_type(&node_at(l, node->in[k])->type, &node->type)))
      return false;
  return true;
}

/* Whether source, made when all other readers of the variable are done, can be computed in its storage. */
static bool can_be_direct(const struct liveness *l, node_id source, uint32_t variable) {
  const struct node *node = node_at(l, source);
  bool lies_there[MAX_INPUTS];
  if (l->tasks->writes[variable] != 1 || l->plan->direct[source] >= 0 || l->plan->tile_local[source] ||
      l->tasks->value[l->tasks->value_of[source]].kept)
    return false;
  /* a batch reduction's result grows while the group runs */
  int until = is_batch_reduction(l, source) ? group_at(l->plan, l->step[source])->begin - 1 : l->step[source];
  if (l->variable_read[variable] > until || node->type.rows) return false;
  for (int k = 0; k < node->inputs; k++) {
    const struct node *leaf = node_at(l, l->plan->source[node->in[k]]);
    lies_there[k] = leaf->op == OP_variable && leaf->attr.i[0] == variable;
  }
  return may_overwrite(l, node, lies_there);
}

static void find_writes(struct arena *arena, struct liveness *l) {
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

/* The buffer that step s's node can take over from what member `reader` of its group reads, or 0. */
static node_id find_reuse_of(struct liveness *l, int s, const struct node *reader) {
  const struct plan *plan = l->plan;
  const struct node *node = node_at(l, plan->order[s]);
  int begin = group_at(plan, s)->begin;
  for (int k = 0; k < reader->inputs; k++) {
    node_id source = plan->source[reader->in[k]];
    bool lies_there[MAX_INPUTS];
    if (l->step[source] < 0 || l->step[source] >= begin || plan->direct[source] >= 0) continue;
    if (l->read[source] < begin || l->read[source] > s || l->copied[source] >= begin) continue;
    if (!same_type(&node_at(l, source)->type, &node->type)) continue;
    for (int j = 0; j < node->inputs; j++) lies_there[j] = plan->source[node->in[j]] == source;
    if (!may_overwrite(l, node, lies_there)) continue;
    l->read[source] = -1; /* nobody else takes it */
    return plan->holder[source];
  }
  return 0;
}

/* A result of a group may lie over what this or an earlier member reads last: rows are the same rows. */
static node_id find_reuse(struct liveness *l, int s) {
  const struct plan *plan = l->plan;
  if (is_batch_reduction(l, plan->order[s])) return 0;
  for (int m = s; m >= group_at(plan, s)->begin; m--) {
    node_id found = find_reuse_of(l, s, node_at(l, plan->order[m]));
    if (found) return found;
  }
  return 0;
}

/* What is common to the steps of a group. */
static void find_groups(struct arena *arena, struct plan *plan, const struct tasks *tasks, const int *order) {
  plan->steps = tasks->begin[tasks->n];
  plan->groups = tasks->n;
  plan->order = ARENA_ARRAY(arena, node_id, plan->steps);
  plan->group_of = ARENA_ARRAY(arena, int, plan->steps);
  plan->extra = ARENA_ARRAY(arena, struct extra, plan->steps);
  plan->scratch = ARENA_ARRAY(arena, struct buffer, plan->steps);
  plan->group = ARENA_ARRAY(arena, struct group, plan->groups);
  for (int g = 0, s = 0; g < plan->groups; g++) {
    int task = order[g], n = tasks->begin[task + 1] - tasks->begin[task];
    plan->group[g] = tasks->group[task];
    plan->group[g].begin = s;
    plan->group[g].end = s + n;
    for (int i = 0; i < n; i++) {
      plan->order[s + i] = tasks->member[tasks->begin[task] + i];
      plan->extra[s + i] = tasks->extra[tasks->begin[task] + i];
      plan->group_of[s + i] = g;
      plan->scratch[s + i] = (struct buffer){-1, i ? 0 : tasks->scratch[task], s, s + n - 1};
    }
    s += n;
  }
}

/* From the first group that reads it to the last. */
static void find_shared(struct arena *arena, struct plan *plan, const struct tasks *tasks) {
  plan->shareds = tasks->shareds;
  plan->shared = ARENA_ARRAY(arena, struct shared, plan->shareds);
  for (int k = 0; k < plan->shareds; k++) plan->shared[k].step = -1;
  for (int s = 0; s < plan->steps; s++) {
    int k = plan->extra[s].shared;
    if (k < 0) continue;
    struct shared *shared = &plan->shared[k];
    if (shared->step < 0) *shared = (struct shared){{-1, tasks->shared[k], group_at(plan, s)->begin, s}, s};
    shared->buffer.last = group_last(plan, s);
  }
}

void liveness_find(struct arena *arena, struct plan *plan, const struct tasks *tasks, const int *order) {
  struct liveness l = {.plan = plan, .tasks = tasks};
  size_t n = plan->graph->nodes.n;
  struct arena *own = arena_new();
  find_groups(arena, plan, tasks, order);
  find_reads(own, &l);
  find_writes(arena, &l);

  plan->holder = ARENA_ARRAY(arena, node_id, n);
  plan->buffer = ARENA_ARRAY(arena, struct buffer, n);
  for (size_t i = 0; i < n; i++) {
    plan->holder[i] = plan->source[i] == i ? (node_id)i : 0;
    plan->buffer[i] = (struct buffer){.offset = -1};
  }
  for (int s = 0; s < plan->steps; s++) {
    node_id id = plan->order[s];
    int last = group_last(plan, latest(s, latest(l.read[id], l.copied[id])));
    if (plan->tile_local[id]) continue;
    node_id reuse = plan->direct[id] < 0 ? find_reuse(&l, s) : 0, holder = reuse ? reuse : id;
    struct buffer *buffer = &plan->buffer[holder];
    plan->holder[id] = holder;
    if (!reuse) *buffer = (struct buffer){-1, tasks->value[tasks->value_of[id]].bytes, group_at(plan, s)->begin, s};
    buffer->last = latest(buffer->last, last);
  }
  for (size_t i = 1; i < n; i++)
    if (plan->source[i]) plan->holder[i] = plan->holder[plan->source[i]];
  find_shared(arena, plan, tasks);
  size_t placed;
  struct buffer **of = slab_buffers(own, plan, &placed), *all = ARENA_ARRAY(own, struct buffer, placed);
  for (size_t i = 0; i < placed; i++) all[i] = *of[i];
  plan->lower_bound = place_lower_bound(all, placed);
  arena_free(own);
}
