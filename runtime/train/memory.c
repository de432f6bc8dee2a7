/* Which values to rematerialise.  As long as a plan needs too much, look at the step where most is alive: a value
 * that lies there and is read only later need not lie there if its late readers get it rematerialised.  What
 * that takes are its inputs: those that are kept for other late readers anyway, or else are small and now kept
 * longer, or else are rematerialised too.  Of all such values that with the most bytes x steps for the least work
 * comes first; whether it helps is for the next plan to say.  What is chosen does not depend on the limit, so that
 * the least that is reported can be had.
 *
 * The same bits: an operation gives a row the same numbers wherever it runs, and draws are keyed.  A sum over rows
 * goes chunk by chunk and tile by tile of its group, so all sums are held to how the first plan cuts them, and a
 * choice under which that is not possible is not taken. */
#include "train/memory.h"

#include <stdlib.h>

#include "pass/pass.h"

enum {
  CHEAP = 16,   /* operations an element: what costs more is kept */
  CHAIN = 64,   /* nodes rematerialised for one value */
  PARTS = 1000, /* of the peak: smaller values are not looked at */
  SMALL = 16,   /* parts of a value: an input that is smaller is kept longer instead */
  TRIES = 12,   /* choices that do not help, one after the other, before it is given up */
};

struct look { /* at a plan, where most is alive */
  const struct plan *plan;
  const struct graph *graph;
  int at;       /* the first step of the group with the most */
  int *step;    /* by node; -1 where it does not run */
  int *late;    /* by source: the first step after the group that reads it; `steps` for none */
  bool *rooted; /* by source */
  bool *tried;  /* by node: known not to help */
  bool *again;  /* what is being chosen */
  node_id chain[CHAIN];
  int n;
  int64_t longer; /* bytes kept longer for the chain */
  double work;
};

static const struct node *node_at(const struct look *l, node_id id) { return graph_node(l->graph, id); }

static bool in_slab(const struct plan *plan, node_id id) {
  return node_runs(graph_node(plan->graph, id)) && plan->direct[id] < 0 && !plan->tile_local[id];
}

static int64_t bytes_of(const struct look *l, node_id id) {
  return plan_bytes(&node_at(l, id)->type, l->plan->rows, l->plan->element);
}

/* The first step at which most bytes are alive. */
static int fullest(struct arena *arena, const struct plan *plan) {
  int64_t *change = ARENA_ARRAY(arena, int64_t, (size_t)plan->steps + 2), alive = 0, most = -1;
  int at = 0;
  for (int s = 0; s < plan->steps; s++) {
    node_id id = plan->order[s];
    const struct buffer *two[] = {&plan->buffer[id], &plan->scratch[s]};
    for (int k = plan->holder[id] == id && in_slab(plan, id) ? 0 : 1; k < 2; k++) {
      if (!two[k]->size) continue;
      change[two[k]->first] += two[k]->size;
      change[(two[k]->last < plan->steps ? two[k]->last : plan->steps) + 1] -= two[k]->size;
    }
  }
  for (int s = 0; s < plan->steps; s++) {
    alive += change[s];
    if (alive <= most) continue;
    most = alive;
    at = s;
  }
  return at;
}

static void look_at(struct arena *arena, struct look *l, const struct plan *plan) {
  size_t n = plan->graph->nodes.n;
  *l = (struct look){.plan = plan, .graph = plan->graph};
  l->step = ARENA_ARRAY(arena, int, n), l->late = ARENA_ARRAY(arena, int, n);
  l->rooted = ARENA_ARRAY(arena, bool, n), l->tried = ARENA_ARRAY(arena, bool, n);
  l->again = ARENA_ARRAY(arena, bool, n);
  l->at = fullest(arena, plan);
  for (size_t i = 0; i < n; i++) l->step[i] = -1, l->late[i] = plan->steps;
  int end = plan->steps ? plan->group[plan->group_of[l->at]].end : 0;
  for (int s = plan->steps; s-- > 0;) {
    const struct node *node = node_at(l, plan->order[s]);
    l->step[plan->order[s]] = s;
    for (int k = 0; s >= end && k < node->inputs; k++) l->late[plan->source[node->in[k]]] = s;
  }
  for (size_t r = 0; r < plan->graph->roots.n; r++) l->rooted[plan->source[plan->graph->roots.at[r].node]] = true;
}

/* ---- choosing ---- */

static double work_of(const struct look *l, node_id id) {
  const struct node *node = node_at(l, id);
  struct value_type in[MAX_INPUTS];
  double moved = (double)shape_count(node->type.shape);
  for (int k = 0; k < node->inputs; k++) {
    in[k] = node_at(l, node->in[k])->type;
    moved += (double)shape_count(in[k].shape);
  }
  double rows = node->type.rows ? (double)l->plan->rows : 1;
  return rows * (moved + op_work(node->op, &node->attr, in, &node->type));
}

static bool is_cheap(const struct look *l, node_id id) {
  const struct node *node = node_at(l, id);
  struct value_type in[MAX_INPUTS];
  for (int k = 0; k < node->inputs; k++) in[k] = node_at(l, node->in[k])->type;
  return !(op_info[node->op].properties & CONTRACTS) &&
         op_work(node->op, &node->attr, in, &node->type) <= CHEAP * (double)shape_count(node->type.shape);
}

/* Whether id's value is available at a late step without rematerialising it. */
static bool is_available(const struct look *l, node_id id, int step) {
  if (!node_runs(node_at(l, id))) return true;
  if (l->again[id] || !in_slab(l->plan, id)) return false;
  return l->rooted[id] || (l->plan->buffer[l->plan->holder[id]].last >= step && l->late[id] < l->plan->steps);
}

/* Adds to the chain what computing id again takes. */
static bool follow(struct look *l, node_id id, int step, int64_t small) {
  if (l->again[id]) return true;
  if (!is_cheap(l, id) || l->n == CHAIN) return false;
  l->again[id] = true;
  l->chain[l->n++] = id;
  l->work += work_of(l, id);
  const struct node *node = node_at(l, id);
  for (int k = 0; k < node->inputs; k++) {
    node_id source = l->plan->source[node->in[k]];
    if (is_available(l, source, step)) continue;
    if (!l->again[source] && bytes_of(l, source) <= small && l->plan->direct[source] < 0)
      l->longer += bytes_of(l, source);
    else if (!follow(l, source, step, small)) return false;
  }
  return true;
}

static void forget(struct look *l) {
  while (l->n) l->again[l->chain[--l->n]] = false;
  l->longer = 0;
  l->work = 0;
}

/* The value worth most by this look, or 0. */
static node_id best_choice(struct look *l) {
  double best = 0;
  node_id found = 0;
  for (int s = 0; s < l->plan->steps; s++) {
    node_id id = l->plan->order[s];
    const struct buffer *buffer = &l->plan->buffer[l->plan->holder[id]];
    if (!in_slab(l->plan, id) || l->tried[id] || l->rooted[id] || l->late[id] == l->plan->steps) continue;
    if (s >= l->at || buffer->last <= l->at) continue;
    forget(l);
    int64_t bytes = bytes_of(l, id);
    if (bytes < l->plan->peak / PARTS) continue;
    if (!follow(l, id, l->late[id], bytes / SMALL) || l->longer >= bytes) continue;
    double worth = (double)(bytes - l->longer) * (double)(l->late[id] - s) / (l->work + 1);
    if (worth <= best) continue;
    best = worth;
    found = id;
  }
  forget(l);
  return found;
}

/* The graph with one more value rematerialised. */
static struct graph *choose(struct arena *arena, struct look *l, node_id id, node_id *map, struct error *error) {
  size_t n = l->graph->nodes.n;
  bool *late = ARENA_ARRAY(arena, bool, n);
  int end = l->plan->group[l->plan->group_of[l->at]].end;
  for (size_t i = 1; i < n; i++) late[i] = l->step[i] >= end;
  follow(l, id, l->late[id], bytes_of(l, id) / SMALL);
  struct graph *graph = pass_run("rematerialise", rematerialise(arena, l->graph, l->again, late, map), error);
  forget(l);
  return graph;
}

/* ---- the same bits ---- */

static const struct group *sums_in(const struct plan *plan, const int *step, node_id id) {
  const struct node *node = graph_node(plan->graph, id);
  if (step[id] < 0 || !(op_info[node->op].properties & CONTRACTS)) return NULL;
  const struct group *group = &plan->group[plan->group_of[step[id]]];
  return group->products ? NULL : group; /* which lines are made at a time changes no bit */
}

/* Holds the graph's sums to how they are cut in the plan. */
static void hold_sums(const struct look *l, struct graph *graph, const node_id *map) {
  for (node_id id = 1; id < l->graph->nodes.n; id++) {
    const struct group *group = sums_in(l->plan, l->step, id);
    if (!group) continue;
    struct node *node = graph_at(graph, map[id]);
    node->chunk = group->kind == GROUP_WHOLE ? -1 : group->chunk;
    node->tile = group->kind == GROUP_WHOLE ? 0 : group->tile;
  }
}

static bool sums_agree(struct arena *arena, const struct look *l, const struct plan *plan, const node_id *map) {
  int *step = ARENA_ARRAY(arena, int, plan->graph->nodes.n);
  for (size_t i = 0; i < plan->graph->nodes.n; i++) step[i] = -1;
  for (int s = 0; s < plan->steps; s++) step[plan->order[s]] = s;
  for (node_id id = 1; id < l->graph->nodes.n; id++) {
    const struct group *old = sums_in(l->plan, l->step, id), *new = old ? sums_in(plan, step, map[id]) : NULL;
    if (!old) continue;
    if (!new || new->kind != old->kind) return false;
    if (old->kind != GROUP_WHOLE && (new->chunk != old->chunk || new->tile != old->tile)) return false;
  }
  return true;
}

/* ---- until it fits ---- */

static bool impossible(const struct graph *graph, int64_t limit, int64_t least, struct error *error) {
  error_set(error, ERROR_DATA, "'%s' does not fit into %lld bytes: its intermediate results need %lld", graph->name,
            (long long)limit, (long long)least);
  return error_hint(error, "pass --memory %lldK or more, or a smaller batch", (long long)(least + 1023) / 1024);
}

struct attempt {
  struct arena *arena; /* of all that is in it */
  const struct plan *plan;
  struct look look;
};

/* What follows from computing id again too; false where it does not help, or cannot be planned, which is wrong. */
static bool attempt_next(struct attempt *a, node_id id, struct error *wrong) {
  struct arena *arena = arena_new();
  node_id *map = ARENA_ARRAY(arena, node_id, a->plan->graph->nodes.n);
  struct graph *graph = choose(arena, &a->look, id, map, wrong);
  if (graph) hold_sums(&a->look, graph, map);
  const struct plan *plan = graph ? plan_make(arena, graph, &a->plan->settings, a->plan->traits, wrong) : NULL;
  if (!plan || plan->peak >= a->plan->peak || !sums_agree(arena, &a->look, plan, map)) {
    arena_free(arena);
    return false;
  }
  arena_free(a->arena);
  *a = (struct attempt){.arena = arena, .plan = plan};
  look_at(arena, &a->look, plan);
  return true;
}

static bool writes(const struct graph *graph) {
  for (size_t k = 0; k < graph->roots.n; k++)
    if (graph->roots.at[k].kind == ROOT_WRITE) return true;
  return false;
}

/* For so many rows; and with products over them in the better order, which makes it for these alone, and applications of a
 * layer as one where there are few.  What is only looked at is so where what it looks at is for them alone (`sized`): or a
 * step would be planned in another way for being looked at. */
static const struct graph *settled(struct arena *arena, const struct graph *graph, bool sized, int64_t rows,
                                   struct error *error) {
  graph = graph_of_rows(arena, graph, rows, error);
  if (!graph || !(sized || graph->rows || writes(graph))) return graph;
  struct graph *associated = associate(arena, graph, rows);
  if (associated && !(graph = pass_run("associate", associated, error))) return NULL;
  struct graph *stacked = stack_applications(arena, graph, rows, false);
  return stacked ? pass_run("stack_applications", stacked, error) : graph;
}

/* The plan within the limit, or the least that is found where that is more. */
static const struct plan *plan_toward(struct arena *arena, const struct graph *graph, bool sized,
                                      const struct plan_settings *settings, const struct kernel_traits *traits,
                                      int64_t limit, struct error *error) {
  struct attempt a = {.arena = arena_new()};
  struct error wrong = {0};
  graph = settled(a.arena, graph, sized, settings->rows, &wrong);
  a.plan = graph ? plan_make(a.arena, graph, settings, traits, &wrong) : NULL;
  if (a.plan && limit) look_at(a.arena, &a.look, a.plan);
  for (int tries = 0; a.plan && limit && a.plan->peak > limit && tries < TRIES && !wrong.kind;) {
    node_id id = best_choice(&a.look);
    if (!id) break;
    if (attempt_next(&a, id, &wrong)) tries = 0;
    else a.look.tried[id] = true, tries++;
  }
  arena_join(arena, a.arena);
  if (!wrong.kind) return a.plan;
  *error = wrong;
  return NULL;
}

bool plans_within(struct arena *arena, const struct graph *const *graph, size_t n, const struct plan_settings *settings,
                  const struct kernel_traits *traits, int64_t limit, const struct plan **plan, struct error *error) {
  const struct plan *largest = NULL;
  bool sized = false;
  for (size_t i = 0; i < n; i++) {
    plan[i] = plan_toward(arena, graph[i], sized, settings, traits, limit, error);
    if (!plan[i]) return false;
    sized |= plan[i]->graph->rows > 0;
    if (!largest || plan[i]->peak > largest->peak) largest = plan[i];
  }
  return !limit || !largest || largest->peak <= limit || impossible(largest->graph, limit, largest->peak, error);
}
