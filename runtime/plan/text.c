/* The plan as a table, which --plan prints. */
#include <stdio.h>

#include "base/string_builder.h"
#include "plan/plan.h"

static const char *const kinds[] = {
    [GROUP_WHOLE] = "whole", [GROUP_ROWS] = "by rows", [GROUP_ELEMENTS] = "by elements"};

static void add_group(struct string_builder *out, const struct plan *plan, int g) {
  const struct group *group = &plan->group[g];
  const struct buffer *scratch = &plan->scratch[group->begin];
  string_add(out, "group %d, %s", g, kinds[group->kind]);
  if (group->kind != GROUP_WHOLE)
    string_add(out, ": %lld chunks of %lld, tiles of %lld in %lld bytes a thread", (long long)group->chunks,
               (long long)group->chunk, (long long)group->tile, (long long)group->tile_bytes);
  if (group->products)
    string_add(out, "; %d made %lld lines at a time", group->products, (long long)(group->span / group->line));
  if (scratch->size) string_add(out, "; scratch %lld at %lld", (long long)scratch->size, (long long)scratch->offset);
  string_add(out, "\n");
}

/* Why the node's result is where it is, and why the node is not with what it reads. */
static void add_reason(struct string_builder *out, const struct plan *plan, int step) {
  static const char *const strings[] = {[APART_LEAVES] = "reads leaves only",
                                        [APART_REDUCTION] = "sums over the rows by itself",
                                        [APART_KIND] = "is not cut as n%u is",
                                        [APART_MANY] = "the group of n%u is full",
                                        [APART_WEIGHTS] = "more weights than stay in a cache with n%u",
                                        [APART_ROOM] = "a row would be too large with n%u",
                                        [APART_SUM] = "reads n%u, a sum over all rows",
                                        [APART_ORDER] = "needs what runs after n%u's group",
                                        [APART_ALONE] = "runs alone"};
  node_id id = plan->order[step];
  const struct node *node = graph_node(plan->graph, id);
  const struct group *group = &plan->group[plan->group_of[step]];
  const struct reason *reason = &plan->reason[id];
  bool rows = false;
  for (int k = 0; k < node->inputs; k++) rows |= graph_node(plan->graph, node->in[k])->type.rows;
  string_add(out, "  [");
  if (plan->tile_local[id]) string_add(out, "stays in the tile");
  else if (group->kind == GROUP_ROWS && !node->type.rows) string_add(out, "sum, chunk by chunk");
  else if (group->end - group->begin > 1) string_add(out, "leaves the group");
  else string_add(out, "alone");
  if (node->cse_class) string_add(out, "; rematerialised for late readers");
  if (conv_winograd(&node->attr)) string_add(out, "; by Winograd's algorithm");
  if (reason->apart && (step == group->begin || plan->tile_local[id] || group->kind == GROUP_WHOLE)) {
    string_add(out, "; ");
    string_add(out, strings[reason->apart], reason->from);
  }
  if (!node->type.rows && !rows && shape_count(node->type.shape) > 1)
    string_add(out, "; once a step, same for every row");
  string_add(out, "]");
}

static double step_work(const struct plan *plan, int step) {
  const struct node *node = graph_node(plan->graph, plan->order[step]);
  struct value_type in[MAX_INPUTS];
  bool rows = node->type.rows;
  for (int k = 0; k < node->inputs; k++) {
    in[k] = graph_node(plan->graph, node->in[k])->type;
    rows |= in[k].rows;
  }
  return op_work(node->op, &node->attr, in, &node->type) * (double)(rows ? plan->rows : 1);
}

static void add_step(struct string_builder *out, const struct plan *plan, int step) {
  node_id id = plan->order[step], holder = plan->holder[id];
  const struct node *node = graph_node(plan->graph, id);
  const struct buffer *buffer = &plan->buffer[holder];
  char shape[SHAPE_STRING], range[32], offset[64];
  bool in_slab = plan->direct[id] < 0 && !plan->tile_local[id];
  snprintf(range, sizeof range, buffer->last >= plan->steps ? "%d-end" : "%d-%d", buffer->first, buffer->last);
  if (plan->direct[id] >= 0)
    snprintf(offset, sizeof offset, "variable %u", plan->graph->roots.at[plan->direct[id]].target);
  else if (plan->tile_local[id]) snprintf(offset, sizeof offset, "tile + %lld", (long long)plan->tile_at[id]);
  else if (holder != id) snprintf(offset, sizeof offset, "%lld over n%u", (long long)buffer->offset, holder);
  else snprintf(offset, sizeof offset, "%lld", (long long)buffer->offset);
  int64_t bytes = plan_bytes(&node->type, plan->rows, plan->element);
  string_add(out, "%5d  %-6s %-17s %-26s %11lld %9.2f  %-10s  %-20s", step, arena_format(out->arena, "n%u", id),
             op_info[node->op].name, shape_string(shape, node->type.shape, node->type.rows), (long long)bytes,
             1e-6 * step_work(plan, step), in_slab ? range : "-", offset);
  add_reason(out, plan, step);
  if (*node->where) string_add(out, "  %s", node->where);
  string_add(out, "\n");
}

/* Bytes of the leaves of one kind; a variable that several nodes read counts once. */
static int64_t leaf_bytes(struct arena *arena, const struct plan *plan, enum op op, int *count) {
  const struct graph *graph = plan->graph;
  int64_t total = 0, numbers = 0;
  for (size_t i = 1; i < graph->nodes.n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    if (node->op == OP_variable && node->attr.i[0] >= numbers) numbers = node->attr.i[0] + 1;
  }
  bool *known = ARENA_ARRAY(arena, bool, (size_t)numbers);
  *count = 0;
  for (size_t i = 1; i < graph->nodes.n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    if (plan->source[i] != i || node->op != op || (op == OP_variable && known[node->attr.i[0]])) continue;
    if (op == OP_variable) known[node->attr.i[0]] = true;
    total += plan_bytes(&node->type, plan->rows, plan->element);
    ++*count;
  }
  return total;
}

static void add_writes(struct string_builder *out, const struct plan *plan) {
  int direct = 0, early = 0, late = 0;
  for (size_t r = 0; r < plan->graph->roots.n; r++) {
    const struct root *root = &plan->graph->roots.at[r];
    if (root->kind != ROOT_WRITE) continue;
    if (plan->direct[plan->source[root->node]] == (int)r) direct++;
    else if (plan->write_after[r] < plan->steps) early++;
    else late++;
  }
  string_add(out, "writes: %d computed in place, %d copied during the step, %d at the end\n", direct, early, late);
}

const char *plan_string(struct arena *arena, const struct plan *plan) {
  struct string_builder out = {.arena = arena};
  int variables, constants;
  int64_t shared = 0;
  double total = 0;
  int64_t variable_bytes = leaf_bytes(arena, plan, OP_variable, &variables);
  int64_t constant_bytes = leaf_bytes(arena, plan, OP_constant, &constants);
  string_add(&out, "plan of '%s' for %lld rows: %d steps in %d groups, order: %s\n", plan->graph->name,
             (long long)plan->rows, plan->steps, plan->groups, plan->order_name);
  string_add(&out, "%5s  %-6s %-17s %-26s %11s %9s  %-10s  %-20s  %s\n", "step", "node", "operation", "shape", "bytes",
             "MFLOP", "live", "offset", "[why]  instance");
  for (int s = 0; s < plan->steps; s++) {
    if (s == plan->group[plan->group_of[s]].begin) add_group(&out, plan, plan->group_of[s]);
    add_step(&out, plan, s);
    if (!graph_node(plan->graph, plan->order[s])->cse_class) total += step_work(plan, s); /* once is useful */
  }
  add_writes(&out, plan);
  for (int k = 0; k < plan->shareds; k++) shared += plan->shared[k].buffer.size;
  string_add(&out, "%d shared memories for kernels, %lld bytes\n", plan->shareds, (long long)shared);
  string_add(&out, "slab %lld bytes, lower bound %lld, ratio %.4f, placed %s\n", (long long)plan->peak,
             (long long)plan->lower_bound, plan->lower_bound ? (double)plan->peak / (double)plan->lower_bound : 1.0,
             plan->placed_by);
  string_add(&out, "%d variables %lld bytes, %d constants %lld bytes\n", variables, (long long)variable_bytes,
             constants, (long long)constant_bytes);
  string_add(&out, "work %.6g GFLOP\n", 1e-9 * total);
  return string_get(&out);
}
