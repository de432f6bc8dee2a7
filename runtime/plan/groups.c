/* Which operations run together.  Walks the nodes in the graph's order and lets each join a group that makes one of
 * its inputs, where three things hold:
 *
 *   kind    both are cut in the same way: row-local operations by rows, elementwise ones on values without rows by
 *           elements.  A sum over rows (a batch reduction) may end a group by rows; what reads it cannot be in it.  A
 *           large one that is made some lines at a time (a product) begins a group by elements, as the gradient of
 *           weights does for their update; what it reads cannot be in it.
 *   order   no input of the node needs the group to be done, through whatever lies between (needs.h)
 *   space   what the group keeps of a row at one time stays small: some hundred KiB, or little enough for as many rows
 *           at a time as make a matrix product worth while.  Matrices that several products read stay in a cache from
 *           tile to tile, or nothing is gained, and what all of them leave for later readers is there at one time.  And a group has so few members that looking at all of
 *           them, for each that may join, is little work.
 *
 * When a node joins one group and reads from another of the same kind, the two become one if that keeps the order.
 *
 * Requires: plan->source.  Ensures: a task is a group, and a group's members are in the graph's order but for products,
 * which come first. */
#include <stdlib.h>

#include "plan/needs.h"
#include "plan/tasks.h"

enum {
  ROW_BYTES = 512 << 10,     /* of a group's results alive at one time */
  PRODUCT_BYTES = 20 << 10,  /* the same in a group with a matrix product */
  WEIGHTS_BYTES = 1 << 20,   /* of the matrices of several products */
  REDUCTION_BYTES = 1 << 20, /* of a batch reduction's result, of which every chunk has one */
  PRODUCTS = 4,              /* of a group: all that they read is there at one time */
};

struct draft {
  enum group_kind kind;
  int64_t count, line; /* GROUP_ELEMENTS: of each result, and of a line of products where there are any */
  node_id products[PRODUCTS];
  int product_count;
  int64_t weights;     /* bytes of the matrices that members read as a whole; 0: none does */
  int64_t chunk, tile; /* where the graph says how to cut it; else 0 */
  bool sums;           /* a member is a batch reduction */
  VEC(node_id) members;
  VEC(int) no_space; /* drafts with which it would be too large; as both only grow, that stays so */
};

struct grouping {
  struct arena *arena;
  const struct plan *plan;
  struct tasks *tasks;
  VEC(struct draft) drafts;
  struct needs *needs; /* its parts are the drafts */
  node_id *last;       /* by node: its last reader in the group that is looked at */
  node_id *joined;     /* members of two drafts in order */
};

static const struct node *node_at(const struct grouping *g, node_id id) { return graph_node(g->plan->graph, id); }

static bool is_batch_reduction(const struct grouping *g, node_id id) {
  const struct node *node = node_at(g, id);
  if (!(op_info[node->op].properties & CONTRACTS)) return false;
  for (int k = 0; k < node->inputs; k++)
    if (node_at(g, node->in[k])->type.rows)
      return plan_adds(g->plan, node->op) && plan_bytes(&node->type, 1, g->plan->element) <= REDUCTION_BYTES;
  return false;
}

static struct draft draft_of(const struct grouping *g, node_id id) {
  const struct node *node = node_at(g, id);
  struct draft draft = {.kind = GROUP_WHOLE};
  if (g->plan->settings.ungrouped || !g->plan->traits->cuts) return draft;
  if (plan_lines(g->plan, id)) {
    int64_t count = shape_count(node->type.shape);
    return (struct draft){.kind = GROUP_ELEMENTS,
                          .count = count,
                          .line = count / node->type.shape.dim[0],
                          .products = {id},
                          .product_count = 1};
  }
  if (node->chunk < 0) return draft;
  draft.chunk = node->chunk, draft.tile = node->tile;
  if (node->type.rows || is_batch_reduction(g, id)) {
    draft.kind = GROUP_ROWS;
    bool matrix = op_info[node->op].properties & READS_MATRIX;
    draft.weights = matrix ? plan_bytes(&node_at(g, node->in[1])->type, 1, g->plan->element) : 0;
  } else if (op_info[node->op].class == ELEMENTWISE) {
    draft.kind = GROUP_ELEMENTS;
    draft.count = shape_count(node->type.shape);
  }
  return draft;
}

/* ---- joining ---- */

/* Whether id is one of the n nodes, which rise. */
static bool is_among(const node_id *nodes, size_t n, node_id id) {
  size_t low = 0;
  while (low < n) {
    size_t middle = (low + n) / 2;
    if (nodes[middle] == id) return true;
    if (nodes[middle] < id) low = middle + 1;
    else n = middle;
  }
  return false;
}

static int64_t row_bytes(const struct grouping *g, node_id id) {
  int64_t bytes = plan_bytes(&node_at(g, id)->type, 1, g->plan->element);
  return bytes < 0 ? ROW_BYTES + 1 : bytes;
}

/* The most bytes of a row that are alive at one time between the members of a and b, in the graph's order. */
static int64_t row_peak(const struct grouping *g, const struct draft *a, const node_id *b, size_t n) {
  size_t total = 0;
  int64_t alive = 0, peak = 0;
  for (size_t i = 0, k = 0; i < a->members.n || k < n;) {
    bool first = k == n || (i < a->members.n && a->members.at[i] < b[k]);
    g->joined[total] = first ? a->members.at[i++] : b[k++];
    g->last[g->joined[total++]] = 0;
  }
  for (size_t i = 0; i < total; i++) {
    const struct node *node = node_at(g, g->joined[i]);
    for (int k = 0; k < node->inputs; k++) g->last[g->plan->source[node->in[k]]] = g->joined[i];
  }
  for (size_t i = 0; i < total; i++) {
    const struct node *node = node_at(g, g->joined[i]);
    if (g->last[g->joined[i]]) alive += row_bytes(g, g->joined[i]);
    if (alive > peak) peak = alive;
    for (int k = 0; k < node->inputs; k++) {
      node_id source = g->plan->source[node->in[k]];
      if (g->last[source] != g->joined[i] || !is_among(g->joined, i, source)) continue;
      alive -= row_bytes(g, source);
      g->last[source] = 0;
    }
  }
  return peak;
}

static enum apart fit_together(const struct grouping *g, const struct draft *a, const struct draft *b,
                               const node_id *members, size_t n) {
  if (a->kind == GROUP_WHOLE || a->kind != b->kind || a->count != b->count) return APART_KIND;
  if (a->chunk && b->chunk && (a->chunk != b->chunk || a->tile != b->tile)) return APART_KIND;
  if (a->line && b->line && a->line != b->line) return APART_KIND;
  if (a->members.n + n > PLAN_MEMBERS || a->product_count + b->product_count > PRODUCTS) return APART_MANY;
  if (a->kind == GROUP_ELEMENTS) return TOGETHER;
  if (a->weights && b->weights && a->weights + b->weights > WEIGHTS_BYTES) return APART_WEIGHTS;
  int64_t most = a->weights || b->weights ? PRODUCT_BYTES : ROW_BYTES;
  return row_peak(g, a, members, n) <= most ? TOGETHER : APART_ROOM;
}

/* Whether the node can run with draft d, as far as the order goes. */
static enum apart order_allows(const struct grouping *g, node_id id, int d) {
  const struct node *node = node_at(g, id);
  for (int k = 0; k < node->inputs; k++) {
    node_id source = g->plan->source[node->in[k]];
    int from = g->tasks->of[source];
    if (from < 0) continue;
    if (from == d && (plan_lines(g->plan, id) || is_batch_reduction(g, source))) return APART_SUM;
    if (from != d && needs_any(g->needs, from, d)) return APART_ORDER;
  }
  return TOGETHER;
}

/* Whether a member of draft a reads a sum that draft b makes. */
static bool reads_sum(const struct grouping *g, int a, int b) {
  const struct draft *draft = &g->drafts.at[a];
  if (!g->drafts.at[b].sums) return false;
  for (size_t i = 0; i < draft->members.n; i++) {
    const struct node *node = node_at(g, draft->members.at[i]);
    for (int k = 0; k < node->inputs; k++) {
      node_id source = g->plan->source[node->in[k]];
      if (g->tasks->of[source] == b && is_batch_reduction(g, source)) return true;
    }
  }
  return false;
}

/* Whether a product of draft a reads what draft b makes. */
static bool product_reads(const struct grouping *g, int a, int b) {
  const struct draft *draft = &g->drafts.at[a];
  for (int p = 0; p < draft->product_count; p++) {
    const struct node *node = node_at(g, draft->products[p]);
    for (int k = 0; k < node->inputs; k++)
      if (g->tasks->of[g->plan->source[node->in[k]]] == b) return true;
  }
  return false;
}

static void take_products(struct draft *to, const struct draft *from) {
  for (int p = 0; p < from->product_count; p++) to->products[to->product_count++] = from->products[p];
  if (from->line) to->line = from->line;
}

static void put(struct grouping *g, node_id id, int d) {
  struct draft *draft = &g->drafts.at[d], own = draft_of(g, id);
  const struct node *node = node_at(g, id);
  for (int k = 0; k < node->inputs; k++) {
    int from = g->tasks->of[g->plan->source[node->in[k]]];
    if (from >= 0) needs_put(g->needs, d, from);
  }
  if (draft->members.n) draft->weights += own.weights;
  draft->sums |= is_batch_reduction(g, id);
  if (draft->members.n) take_products(draft, &own);
  if (own.chunk) draft->chunk = own.chunk, draft->tile = own.tile;
  vec_push(g->arena, &draft->members, id);
  g->tasks->of[id] = d;
}

static int by_id(const void *a, const void *b) {
  node_id x = *(const node_id *)a, y = *(const node_id *)b;
  return (x > y) - (x < y);
}

static bool may_merge(struct grouping *g, int a, int b) {
  struct draft *to = &g->drafts.at[a];
  const struct draft *from = &g->drafts.at[b];
  for (size_t i = 0; i < to->no_space.n; i++)
    if (to->no_space.at[i] == b) return false;
  enum apart apart = fit_together(g, to, from, from->members.at, from->members.n);
  if (apart == APART_ROOM || apart == APART_WEIGHTS) vec_push(g->arena, &to->no_space, b);
  return !apart && !reads_sum(g, a, b) && !reads_sum(g, b, a) && !product_reads(g, a, b) && !product_reads(g, b, a) &&
         !needs_through(g->needs, a, b) && !needs_through(g->needs, b, a);
}

/* Moves the members of draft b into a, where that keeps kind, space and order. */
static void merge(struct grouping *g, int a, int b) {
  struct draft *to = &g->drafts.at[a], *from = &g->drafts.at[b];
  if (!may_merge(g, a, b)) return;
  for (size_t i = 0; i < from->members.n; i++) {
    vec_push(g->arena, &to->members, from->members.at[i]);
    g->tasks->of[from->members.at[i]] = a;
  }
  from->members.n = 0;
  qsort(to->members.at, to->members.n, sizeof(node_id), by_id);
  to->weights += from->weights;
  to->sums |= from->sums;
  take_products(to, from);
  if (from->chunk) to->chunk = from->chunk, to->tile = from->tile;
  needs_merge(g->needs, a, b);
}

/* The draft that the node joins: of those that allow it, the one that makes most of what it reads; -1 for none, and
 * then the reason of the input that came nearest to it. */
static int find_draft(const struct grouping *g, node_id id, const struct draft *own, struct reason *reason) {
  const struct node *node = node_at(g, id);
  int best = -1;
  int64_t most = 0;
  *reason = (struct reason){APART_LEAVES, 0};
  for (int k = 0; k < node->inputs; k++) {
    node_id source = g->plan->source[node->in[k]];
    int d = g->tasks->of[source];
    int64_t bytes = 0;
    if (d < 0 || d == best) continue;
    enum apart apart = fit_together(g, &g->drafts.at[d], own, &id, 1);
    if (!apart) apart = order_allows(g, id, d);
    if (apart > reason->apart) *reason = (struct reason){apart, source};
    if (apart) continue;
    for (int j = 0; j < node->inputs; j++)
      if (g->tasks->of[g->plan->source[node->in[j]]] == d)
        bytes += plan_bytes(&node_at(g, node->in[j])->type, g->plan->rows, g->plan->element);
    if (bytes < most || (bytes == most && d < best)) continue;
    best = d, most = bytes;
  }
  if (best >= 0) *reason = (struct reason){TOGETHER, 0};
  return best;
}

static void place_node(struct grouping *g, node_id id, bool alone) {
  struct draft own = draft_of(g, id);
  const struct node *node = node_at(g, id);
  struct reason *reason = &g->plan->reason[id];
  int d = alone ? -1 : find_draft(g, id, &own, reason);
  if (alone) *reason = (struct reason){APART_ALONE, 0};
  else if (op_info[node->op].properties & CONTRACTS && own.kind == GROUP_WHOLE)
    *reason = (struct reason){APART_REDUCTION, 0};
  if (d < 0) {
    /* a sum over rows that ends nothing is better cut by its own kernel */
    if (own.kind == GROUP_ROWS && !node->type.rows) own.kind = GROUP_WHOLE;
    d = needs_add(g->needs);
    vec_push(g->arena, &g->drafts, own);
  }
  put(g, id, d);
  for (int k = 0; !alone && k < node->inputs; k++) {
    int other = g->tasks->of[g->plan->source[node->in[k]]];
    if (other >= 0 && other != d) merge(g, d, other);
  }
}

/* ---- variables ---- */

/* A value that replaces a variable should be computed after the variable's other readers, so that it can be stored at
 * once.  Such an edge is added where it closes no circle; a write whose readers come later just waits. */
static void order_writes(struct grouping *g, edges *out) {
  const struct graph *graph = g->plan->graph;
  struct tasks *t = g->tasks;
  node_id *writer = ARENA_ARRAY(g->arena, node_id, (size_t)t->variables + 1);
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    node_id source = g->plan->source[root->node];
    if (root->kind == ROOT_WRITE && t->writes[root->target] == 1 && t->of[source] >= 0) writer[root->target] = source;
  }
  for (size_t i = 1; i < graph->nodes.n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    for (int k = 0; t->of[i] >= 0 && k < node->inputs; k++) {
      const struct node *leaf = node_at(g, g->plan->source[node->in[k]]);
      node_id to = leaf->op == OP_variable ? writer[leaf->attr.i[0]] : 0;
      if (!to || t->of[to] == t->of[i]) continue;
      if (needs_any(g->needs, t->of[i], t->of[to])) continue;
      vec_push(g->arena, out, (struct edge){(int)i, (int)to});
      needs_put(g->needs, t->of[to], t->of[i]);
    }
  }
}

/* ---- the result ---- */

static bool is_product_of(const struct draft *draft, node_id id) {
  for (int p = 0; p < draft->product_count; p++)
    if (draft->products[p] == id) return true;
  return false;
}

/* Numbers the drafts that have members, in the order of their first. */
static void number_tasks(struct grouping *g, struct arena *work, size_t members) {
  struct tasks *t = g->tasks;
  t->group = ARENA_ARRAY(work, struct group, g->drafts.n);
  t->begin = ARENA_ARRAY(work, int, g->drafts.n + 1);
  t->member = ARENA_ARRAY(work, node_id, members);
  int filled = 0;
  for (size_t d = 0; d < g->drafts.n; d++) {
    struct draft *draft = &g->drafts.at[d];
    if (!draft->members.n) continue;
    t->group[t->n] = (struct group){.kind = draft->kind, .products = draft->product_count, .line = draft->line};
    for (int p = 0; p < draft->product_count; p++) t->member[filled++] = draft->products[p];
    for (size_t i = 0; i < draft->members.n; i++) {
      t->of[draft->members.at[i]] = t->n;
      if (!is_product_of(draft, draft->members.at[i])) t->member[filled++] = draft->members.at[i];
    }
    t->begin[++t->n] = filled;
  }
}

/* A result is tile-local when its group alone reads it. */
static void find_tile_local(struct arena *arena, struct plan *plan, const struct tasks *t) {
  const struct graph *graph = plan->graph;
  plan->tile_local = ARENA_ARRAY(arena, bool, graph->nodes.n);
  for (int i = 0; i < t->begin[t->n]; i++) {
    enum group_kind kind = t->group[t->of[t->member[i]]].kind;
    bool rows = graph_node(graph, t->member[i])->type.rows;
    plan->tile_local[t->member[i]] = kind == GROUP_ELEMENTS || (kind == GROUP_ROWS && rows);
  }
  for (int i = 0; i < t->begin[t->n]; i++) {
    const struct node *node = graph_node(graph, t->member[i]);
    for (int k = 0; k < node->inputs; k++) {
      node_id source = plan->source[node->in[k]];
      if (t->of[source] != t->of[t->member[i]]) plan->tile_local[source] = false;
    }
  }
  for (size_t r = 0; r < graph->roots.n; r++) plan->tile_local[plan->source[graph->roots.at[r].node]] = false;
}

edges groups_find(struct arena *arena, struct arena *work, struct plan *plan, struct tasks *tasks) {
  const struct graph *graph = plan->graph;
  struct arena *own = arena_new();
  struct grouping g = {.arena = own, .plan = plan, .tasks = tasks, .needs = needs_new(own)};
  size_t n = graph->nodes.n, running = 0;
  edges before = {0}, result = {0};
  bool alone = plan->settings.ungrouped || !plan->traits->cuts;
  tasks->of = ARENA_ARRAY(work, int, n);
  plan->reason = ARENA_ARRAY(arena, struct reason, n);
  for (size_t i = 0; i < n; i++) tasks->of[i] = -1;
  g.last = ARENA_ARRAY(own, node_id, n), g.joined = ARENA_ARRAY(own, node_id, n);
  for (size_t i = 1; i < n; i++) {
    if (plan->source[i] != i || !node_runs(graph_node(graph, (node_id)i))) continue;
    place_node(&g, (node_id)i, alone);
    running++;
  }
  order_writes(&g, &before);
  plan->looks = needs_looks(g.needs);
  number_tasks(&g, work, running);
  find_tile_local(arena, plan, tasks);
  for (size_t i = 0; i < before.n; i++)
    vec_push(work, &result, (struct edge){tasks->of[before.at[i].from], tasks->of[before.at[i].to]});
  arena_free(own);
  return result;
}
