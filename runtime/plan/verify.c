/* The second opinion on a plan.  It shares nothing with the making of live ranges: it walks the steps with a note on
 * every buffer of whose value is in it and on every variable of whether it is still the old one, and compares each
 * read with the notes.  Then it builds the slab up from below and looks whether each buffer lies clear of all beneath,
 * and it looks at all pairs of results that a group keeps in tile memory. */
#include <stdlib.h>

#include "plan/plan.h"
#include "plan/skyline.h"

struct check {
  const struct plan *plan;
  const struct graph *graph;
  struct error *error;
  node_id *holds;  /* by holder: whose value its buffer has now */
  bool *ran;       /* by node */
  bool *written;   /* by variable */
  int *step;       /* by node; -1 where it does not run */
  int *last;       /* by node: the last step that reads it; -1 for none */
  struct due *due; /* the writes, by rising step */
  size_t dues;
};

struct due {
  int step;
  size_t root;
};

static bool wrong(const struct check *c, int step, node_id node, const char *what) {
  const struct node *at = graph_node(c->graph, node);
  return error_set(c->error, ERROR_DATA, "plan of '%s': step %d, node %u '%s': %s", c->graph->name, step, node,
                   op_info[at->op].name, what);
}

static bool in_slab(const struct plan *plan, node_id source) {
  return node_runs(graph_node(plan->graph, source)) && plan->direct[source] < 0 && !plan->tile_local[source];
}

/* Source's value is where it is looked for at this step. */
static bool there(const struct check *c, int step, node_id reader, node_id source) {
  const struct plan *plan = c->plan;
  const struct node *node = graph_node(c->graph, source);
  const struct buffer *buffer = &plan->buffer[plan->holder[source]];
  if (!source) return wrong(c, step, reader, "reads what no root needs");
  if (node->op == OP_variable && c->written[node->attr.i[0]])
    return wrong(c, step, reader, "reads a variable that was written already");
  if (node_runs(node) && c->holds[plan->holder[source]] != source)
    return wrong(c, step, reader, "reads a value that is not there");
  if (in_slab(plan, source) && (step < buffer->first || step > buffer->last))
    return wrong(c, step, reader, "reads outside the buffer's life");
  return true;
}

static bool write_root(const struct check *c, int step, const struct root *root) {
  node_id source = c->plan->source[root->node];
  if (!node_runs(graph_node(c->graph, source))) {
    if (step != c->plan->steps) return wrong(c, step, source, "a leaf is written before the end");
  } else if (!there(c, step, source, source)) {
    return false;
  }
  if (step != c->plan->steps && c->written[root->target]) return wrong(c, step, source, "a variable is written twice");
  c->written[root->target] = true;
  return true;
}

/* Carries out the writes that come after this step; next is the first that is still to come.  At the end all values are
 * read before any is stored. */
static bool write_after(const struct check *c, int step, size_t *next) {
  for (; *next < c->dues && c->due[*next].step == step; ++*next)
    if (!write_root(c, step, &c->graph->roots.at[c->due[*next].root])) return false;
  return true;
}

/* A result may lie over an input only if both are alike. */
static bool fits_over(const struct check *c, int step, const struct node *node, node_id id) {
  const struct plan *plan = c->plan;
  int root = plan->direct[id];
  if (root >= 0 &&
      (plan->holder[id] != id || plan->source[c->graph->roots.at[root].node] != id || plan->write_after[root] != step))
    return wrong(c, step, id, "is not what the variable gets");
  for (int k = 0; k < node->inputs; k++) {
    node_id source = plan->source[node->in[k]];
    const struct node *from = graph_node(c->graph, source), *as = graph_node(c->graph, node->in[k]);
    bool same = plan->holder[source] == plan->holder[id] ||
                (root >= 0 && from->op == OP_variable && from->attr.i[0] == c->graph->roots.at[root].target);
    if (same && (as->type.type != node->type.type || as->type.rows != node->type.rows ||
                 !shape_equal(as->type.shape, node->type.shape)))
      return wrong(c, step, id, "lies over an input of another type");
  }
  return true;
}

static bool walk(const struct check *c) {
  const struct plan *plan = c->plan;
  size_t next = 0;
  for (size_t r = 0; r < c->graph->roots.n; r++)
    if (plan->write_after[r] < 0 || plan->write_after[r] > plan->steps)
      return wrong(c, plan->write_after[r], c->graph->roots.at[r].node, "is never written");
  for (int s = 0; s < plan->steps; s++) {
    node_id id = plan->order[s];
    const struct node *node = graph_node(c->graph, id);
    const struct buffer *buffer = &plan->buffer[plan->holder[id]];
    if (!node_runs(node) || plan->source[id] != id || c->ran[id]) return wrong(c, s, id, "has no step of its own");
    for (int k = 0; k < node->inputs; k++)
      if (!there(c, s, id, plan->source[node->in[k]])) return false;
    if (!fits_over(c, s, node, id)) return false;
    if (in_slab(plan, id) && (s < buffer->first || s > buffer->last))
      return wrong(c, s, id, "runs outside its buffer's life");
    if (!plan->tile_local[id] && plan_bytes(&node->type, plan->rows, plan->element) > buffer->size)
      return wrong(c, s, id, "has too little memory");
    c->ran[id] = true;
    c->holds[plan->holder[id]] = id;
    if (!write_after(c, s, &next)) return false;
  }
  for (size_t i = 1; i < c->graph->nodes.n; i++)
    if (plan->source[i] == i && node_runs(graph_node(c->graph, (node_id)i)) && !c->ran[i])
      return wrong(c, plan->steps, (node_id)i, "never runs");
  for (size_t r = 0; r < c->graph->roots.n; r++) { /* a leaf that is written is kept aside by the executor */
    node_id source = plan->source[c->graph->roots.at[r].node];
    bool value = c->graph->roots.at[r].kind == ROOT_VALUE && node_runs(graph_node(c->graph, source));
    if (value && !there(c, plan->steps, source, source)) return false;
  }
  return write_after(c, plan->steps, &next);
}

/* ---- groups ---- */

/* It is made in whole lines, of values with rows, which no member makes or writes over. */
static bool product_fits(const struct check *c, const struct group *group, const struct node *node) {
  for (int k = 0; k < node->inputs; k++)
    if (!graph_node(c->graph, node->in[k])->type.rows) return false;
  return op_info[node->op].properties & CONTRACTS &&
         shape_count(node->type.shape) / node->type.shape.dim[0] == group->line && group->span % group->line == 0 &&
         group->chunk % group->span == 0;
}

/* A member may run in tiles, and reads only what is there tile by tile. */
static bool member_fits(const struct check *c, const struct group *group, int s) {
  const struct plan *plan = c->plan;
  const struct node *node = graph_node(c->graph, plan->order[s]);
  bool reduction = group->kind == GROUP_ROWS && !node->type.rows;
  if (reduction && (!(op_info[node->op].properties & CONTRACTS) || plan->tile_local[plan->order[s]]))
    return wrong(c, s, plan->order[s], "is not a sum over the group's rows");
  if (group->kind == GROUP_ROWS && !reduction && op_info[node->op].properties & CONTRACTS)
    return wrong(c, s, plan->order[s], "needs all rows");
  bool product = s < after_products(group);
  if (product && !product_fits(c, group, node)) return wrong(c, s, plan->order[s], "is not cut by lines");
  if (group->kind == GROUP_ELEMENTS &&
      ((!product && op_info[node->op].class != ELEMENTWISE) || node->type.rows ||
       shape_count(node->type.shape) != shape_count(graph_node(c->graph, plan->order[group->begin])->type.shape)))
    return wrong(c, s, plan->order[s], "cannot be cut by elements");
  for (int k = 0; k < node->inputs; k++) {
    node_id source = plan->source[node->in[k]];
    bool member = c->step[source] >= group->begin && c->step[source] < s;
    if (plan->tile_local[source] && !member) return wrong(c, s, plan->order[s], "reads inside another group");
    if (member && group->kind == GROUP_ROWS && !graph_node(c->graph, source)->type.rows)
      return wrong(c, s, plan->order[s], "reads a sum that is not there yet");
  }
  return true;
}

static int64_t tile_end(const struct check *c, const struct group *group, node_id id) {
  struct value_type one = graph_node(c->graph, id)->type;
  one.rows = false;
  if (group->kind == GROUP_ELEMENTS) one.shape = (struct shape){0};
  int64_t n = c->step[id] < after_products(group) ? group->span : group->tile;
  return c->plan->tile_at[id] + plan_bytes(&one, 1, c->plan->element) * n;
}

/* Nothing in tile memory is written over before its last reader. */
static bool tiles_keep(const struct check *c, const struct group *group) {
  const struct plan *plan = c->plan;
  for (int s = group->begin; s < group->end; s++) {
    node_id id = plan->order[s];
    if (!plan->tile_local[id]) continue;
    int last = c->last[id]; /* in this group, as nothing tile-local is read outside */
    bool product = s < after_products(group);
    if (product) last = group->end - 1; /* the next tile of the span reads it again */
    int64_t end = tile_end(c, group, id);
    if (plan->tile_at[id] < 0 || plan->tile_at[id] % PLAN_ALIGN || end > group->tile_bytes)
      return wrong(c, s, id, "does not lie in tile memory");
    for (int w = s + 1; w <= last; w++) {
      node_id by = plan->order[w];
      bool over = plan->tile_local[by] && plan->tile_at[by] < end && tile_end(c, group, by) > plan->tile_at[id];
      if (over && (product || w < last || plan->tile_at[by] != plan->tile_at[id] || tile_end(c, group, by) != end))
        return wrong(c, w, by, "is written over what is still read");
    }
  }
  return true;
}

/* What a step shares was made for a step before it, of the same inputs, and is still there. */
static bool shared_fits(const struct check *c, const struct group *group, int s) {
  const struct plan *plan = c->plan;
  if (plan->extra[s].shared < 0) return true;
  const struct shared *shared = &plan->shared[plan->extra[s].shared];
  const struct node *node = graph_node(c->graph, plan->order[s]),
                    *made = graph_node(c->graph, plan->order[shared->step]);
  bool good = shared->step <= s && made->op == node->op && shared->buffer.first <= group->begin &&
              shared->buffer.last >= group->end - 1;
  for (int k = 1; good && k < node->inputs; k++) good = plan->source[node->in[k]] == plan->source[made->in[k]];
  return good || wrong(c, s, plan->order[s], "shares what was not made for it");
}

static bool check_groups(const struct check *c) {
  const struct plan *plan = c->plan;
  int s = 0;
  for (int g = 0; g < plan->groups; g++) {
    const struct group *group = &plan->group[g];
    if (group->begin != s || group->end <= s || group->end > plan->steps ||
        (group->kind == GROUP_WHOLE && group->end != s + 1))
      return wrong(c, s, plan->order[s], "is in no group");
    for (s = group->begin; s < group->end; s++) {
      node_id holder = plan->holder[plan->order[s]];
      if (plan->group_of[s] != g) return wrong(c, s, plan->order[s], "is in another group");
      if (!member_fits(c, group, s) || !shared_fits(c, group, s)) return false;
      if (in_slab(plan, plan->order[s]) &&
          (plan->buffer[holder].first > group->begin || plan->buffer[holder].last < group->end - 1))
        return wrong(c, s, plan->order[s], "has a buffer that does not live as long as its group runs");
    }
    if (!tiles_keep(c, group)) return false;
  }
  return s == plan->steps || wrong(c, s, plan->order[plan->steps - 1], "is in no group");
}

/* ---- the slab ---- */

static int by_offset(const void *a, const void *b) {
  const struct buffer *x = a, *y = b;
  return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Of two buffers that share a step, the upper one must begin above the lower one's top. */
static bool build_up(const struct check *c, struct arena *arena) {
  const struct plan *plan = c->plan;
  struct buffer *all = ARENA_ARRAY(arena, struct buffer, size_product(3, (size_t)plan->steps));
  size_t n = 0;
  for (int k = 0; k < plan->shareds; k++) all[n++] = plan->shared[k].buffer;
  for (int s = 0; s < plan->steps; s++) {
    node_id id = plan->order[s];
    if (plan->holder[id] == id && in_slab(plan, id)) all[n++] = plan->buffer[id];
    if (plan->scratch[s].size) all[n++] = plan->scratch[s];
  }
  qsort(all, n, sizeof *all, by_offset);
  struct skyline skyline = skyline_new(arena, plan->steps + 1);
  for (size_t i = 0; i < n; i++) {
    const struct buffer *b = &all[i];
    if (b->offset < 0 || b->size < 0 || b->offset % PLAN_ALIGN || b->size > plan->peak - b->offset)
      return error_set(c->error, ERROR_DATA, "plan of '%s': a buffer of %lld bytes at %lld does not lie in the slab",
                       c->graph->name, (long long)b->size, (long long)b->offset);
    if (b->size && skyline_top(&skyline, b->first, b->last) > b->offset)
      return error_set(c->error, ERROR_DATA,
                       "plan of '%s': the buffer at %lld overlaps one beneath it in steps %d to %d", c->graph->name,
                       (long long)b->offset, b->first, b->last);
    skyline_raise(&skyline, b->first, b->last, b->offset + b->size);
  }
  int64_t bound = place_lower_bound(all, n);
  if (bound != plan->lower_bound || plan->peak < bound)
    return error_set(c->error, ERROR_DATA, "plan of '%s': its bound of %lld bytes is really %lld", c->graph->name,
                     (long long)plan->lower_bound, (long long)bound);
  return true;
}

static int by_due(const void *a, const void *b) {
  const struct due *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  return (x->root > y->root) - (x->root < y->root);
}

/* When everything runs, is read last, and is written. */
static void find_times(struct check *c, struct arena *arena) {
  const struct plan *plan = c->plan;
  size_t n = c->graph->nodes.n;
  c->step = ARENA_ARRAY(arena, int, n), c->last = ARENA_ARRAY(arena, int, n);
  c->due = ARENA_ARRAY(arena, struct due, c->graph->roots.n);
  for (size_t i = 0; i < n; i++) c->step[i] = c->last[i] = -1;
  for (int s = 0; s < plan->steps; s++) {
    const struct node *node = graph_node(c->graph, plan->order[s]);
    c->step[plan->order[s]] = s;
    for (int k = 0; k < node->inputs; k++) c->last[plan->source[node->in[k]]] = s;
  }
  for (size_t r = 0; r < c->graph->roots.n; r++)
    if (c->graph->roots.at[r].kind == ROOT_WRITE) c->due[c->dues++] = (struct due){plan->write_after[r], r};
  qsort(c->due, c->dues, sizeof *c->due, by_due);
}

bool plan_verify(const struct plan *plan, struct error *error) {
  struct arena *arena = arena_new();
  const struct graph *graph = plan->graph;
  struct check c = {.plan = plan, .graph = graph, .error = error};
  int64_t variables = 0;
  for (size_t i = 1; i < graph->nodes.n; i++)
    if (graph_node(graph, (node_id)i)->op == OP_variable && graph_node(graph, (node_id)i)->attr.i[0] >= variables)
      variables = graph_node(graph, (node_id)i)->attr.i[0] + 1;
  for (size_t r = 0; r < graph->roots.n; r++)
    if (graph->roots.at[r].kind == ROOT_WRITE && graph->roots.at[r].target >= variables)
      variables = (int64_t)graph->roots.at[r].target + 1;
  c.holds = ARENA_ARRAY(arena, node_id, graph->nodes.n);
  c.ran = ARENA_ARRAY(arena, bool, graph->nodes.n);
  c.written = ARENA_ARRAY(arena, bool, (size_t)variables);
  find_times(&c, arena);
  bool good = walk(&c) && check_groups(&c) && build_up(&c, arena);
  arena_free(arena);
  return good;
}
