/* Makes a plan ready: every pointer that a step needs is written into its call, once.  Pointers into the slab, and into
 * the storage of variables and columns, are entered in lists, so that binding one anew is a short loop. */
#include <stdlib.h>

#include "exec/prepared.h"

int64_t exec_bytes(const struct exec *exec, const struct value_type *type, int64_t rows) {
  return plan_bytes(type, rows, exec->plan->element);
}

/* ---- memory ---- */

static bool allocate(const struct exec *exec, unsigned char **block, int64_t bytes, const char *what,
                     struct error *error) {
  *block = exec->backend->alloc((size_t)bytes);
  if (*block) return true;
  error_set(error, ERROR_DATA, "no memory for %s: %.1f MiB were asked for", what, (double)bytes / 0x1p20);
  return error_hint(error, "use a smaller batch");
}

static const struct node *source_node(const struct exec *exec, node_id id) {
  return graph_node(exec->graph, exec->plan->source[id]);
}

/* An offset for bytes behind those taken so far; false when they cannot be counted. */
static bool take(int64_t *total, int64_t bytes, int64_t *offset) {
  *offset = *total;
  if (bytes < 0 || __builtin_add_overflow(*total, bytes, total) || *total > INT64_MAX - PLAN_ALIGN) return false;
  *total = (*total + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
  return true;
}

/* Lays the constants out in a block of their own and fills them; offset is by node. */
static bool make_constants(struct exec *exec, int64_t *offset, struct error *error) {
  int64_t total = 0;
  size_t n = exec->graph->nodes.n;
  for (size_t i = 1; i < n; i++) {
    const struct node *node = graph_node(exec->graph, (node_id)i);
    if (exec->plan->source[i] != i || node->op != OP_constant) continue;
    if (!take(&total, exec_bytes(exec, &node->type, exec->plan->rows), &offset[i]))
      return error_set(error, ERROR_DATA, "the constants of '%s' need more memory than can be counted",
                       exec->graph->name);
  }
  if (!allocate(exec, &exec->constants, total, "constants", error)) return false;
  for (size_t i = 1; i < n; i++) {
    const struct node *node = graph_node(exec->graph, (node_id)i);
    if (exec->plan->source[i] != i || node->op != OP_constant) continue;
    struct call call = {.op = node->op,
                        .attr = &node->attr,
                        .rows = exec->plan->rows,
                        .batch = exec->plan->rows,
                        .out = {exec->constants + offset[i], node->type},
                        .pool = exec->pool};
    exec->backend->run[node->op](&call);
  }
  return true;
}

/* ---- pointers ---- */

static void count_leaves(struct exec *exec) {
  const struct graph *graph = exec->graph;
  for (size_t i = 1; i < graph->nodes.n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    size_t *count = node->op == OP_variable ? &exec->variables : node->op == OP_column ? &exec->columns : NULL;
    if (count && (size_t)node->attr.i[0] >= *count) *count = (size_t)node->attr.i[0] + 1;
  }
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    if (root->kind == ROOT_WRITE && root->target >= exec->variables) exec->variables = (size_t)root->target + 1;
  }
  exec->variable = ARENA_ARRAY(exec->arena, struct leaf, exec->variables);
  exec->column = ARENA_ARRAY(exec->arena, struct leaf, exec->columns);
}

/* Settles *pointer, which must stay where it is: where this node's value lies. */
static void point(struct exec *exec, void **pointer, node_id id, const int64_t *constant_at) {
  const struct plan *plan = exec->plan;
  node_id source = plan->source[id];
  const struct node *node = graph_node(exec->graph, source);
  if (plan->tile_local[source]) return; /* where it is differs by thread */
  if (node->op == OP_variable) vec_push(exec->arena, &exec->variable[node->attr.i[0]].users, pointer);
  else if (node->op == OP_column) vec_push(exec->arena, &exec->column[node->attr.i[0]].users, pointer);
  else if (node->op == OP_constant) *pointer = exec->constants + constant_at[source];
  else if (plan->direct[source] >= 0)
    vec_push(exec->arena, &exec->variable[exec->graph->roots.at[plan->direct[source]].target].users, pointer);
  else vec_push(exec->arena, &exec->placed, (struct placed){pointer, plan->buffer[plan->holder[source]].offset});
}

/* Whether a step makes lines of a product for the elements of its group; it reads its inputs as a whole. */
static bool is_product(const struct exec *exec, int s) {
  const struct group *group = &exec->plan->group[exec->plan->group_of[s]];
  return s < after_products(group);
}

/* How an operand of a group's member is found for some rows or elements. */
static struct reach reach_of(const struct exec *exec, int s, node_id id) {
  const struct group *group = &exec->plan->group[exec->plan->group_of[s]];
  const struct value_type *type = &graph_node(exec->graph, id)->type;
  struct reach reach = {.tile = -1};
  node_id source = exec->plan->source[id];
  if (is_product(exec, s) && id != exec->plan->order[s]) return reach;
  if (exec->plan->tile_local[source]) reach.tile = exec->plan->tile_at[source];
  if (group->kind == GROUP_ROWS && type->rows) reach.step = exec_bytes(exec, type, 1);
  if (group->kind == GROUP_ELEMENTS && shape_count(type->shape) > 1)
    reach.step = type->type == F32 ? (int64_t)exec->plan->element : (int64_t)dtype_size(type->type);
  for (int p = group->begin; p < after_products(group); p++)
    if (exec->plan->order[p] == source) reach.span = reach.step;
  return reach;
}

static void make_call(struct exec *exec, int s, const int64_t *constant_at) {
  const struct plan *plan = exec->plan;
  int begin = plan->group[plan->group_of[s]].begin;
  const struct node *node = graph_node(exec->graph, plan->order[s]);
  struct call *call = &exec->calls[s];
  int64_t memory = plan->scratch[begin].size ? plan->scratch[begin].offset : 0;
  *call = (struct call){.op = node->op, .attr = &node->attr, .inputs = node->inputs};
  for (int k = 0; k < node->inputs; k++) {
    call->in[k].type = graph_node(exec->graph, node->in[k])->type;
    exec->reach[s].in[k] = reach_of(exec, s, node->in[k]);
    point(exec, &call->in[k].data, node->in[k], constant_at);
  }
  call->out.type = node->type;
  exec->reach[s].out = reach_of(exec, s, plan->order[s]);
  point(exec, &call->out.data, plan->order[s], constant_at);
  exec->reach[s].shared = -1;
  if (plan->extra[s].shared >= 0) {
    const struct shared *shared = &plan->shared[plan->extra[s].shared];
    exec->reach[s].shared = shared->buffer.offset;
    exec->reach[s].makes_shared = shared->step == s;
  }
  exec->reach[s].partial = memory + plan->extra[s].partial;
  exec->reach[s].scratch = memory + plan->extra[s].scratch;
}

static void make_calls(struct exec *exec, const int64_t *constant_at) {
  const struct plan *plan = exec->plan;
  exec->calls = ARENA_ARRAY(exec->arena, struct call, (size_t)plan->steps);
  exec->reach = ARENA_ARRAY(exec->arena, struct member_reach, (size_t)plan->steps);
  exec->tiles = ARENA_ARRAY(exec->arena, int64_t, (size_t)plan->groups);
  exec->chains = ARENA_ARRAY(exec->arena, struct chain *, (size_t)plan->groups);
  for (int s = 0; s < plan->steps; s++) make_call(exec, s, constant_at);
  for (int g = 0; g < plan->groups; g++)
    if (plan->group[g].kind == GROUP_ELEMENTS && exec->backend->elements_run)
      exec->chains[g] = chain_new(exec, &plan->group[g]);
  for (int g = 0; g < plan->groups; g++) { /* tile memory is what comes last */
    const struct group *group = &plan->group[g];
    const struct buffer *scratch = &plan->scratch[group->begin];
    exec->tiles[g] = (scratch->size ? scratch->offset + scratch->size : 0) -
                     (one_chunk(group) ? 1 : plan->settings.threads) * group->tile_bytes;
  }
}

/* The lists' addresses are settled before calls point to them. */
static void make_failing(struct exec *exec) {
  for (int s = 0; s < exec->plan->steps; s++)
    if (op_info[exec->calls[s].op].properties & FAILS)
      vec_push(exec->arena, &exec->failing, (struct failing){.step = s, .failure = {.busy = ATOMIC_FLAG_INIT}});
  for (size_t i = 0; i < exec->failing.n; i++)
    exec->calls[exec->failing.at[i].step].failure = &exec->failing.at[i].failure;
}

/* ---- roots ---- */

/* Whether a root shows or stores a variable itself, and a write replaces that variable. */
static bool *find_kept(struct exec *exec) {
  const struct graph *graph = exec->graph;
  bool *replaced = ARENA_ARRAY(exec->arena, bool, exec->variables);
  bool *kept = ARENA_ARRAY(exec->arena, bool, graph->roots.n);
  for (size_t r = 0; r < graph->roots.n; r++)
    if (graph->roots.at[r].kind == ROOT_WRITE) replaced[graph->roots.at[r].target] = true;
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct node *source = source_node(exec, graph->roots.at[r].node);
    kept[r] = source->op == OP_variable && replaced[source->attr.i[0]];
  }
  return kept;
}

static struct copy copy_of(const struct exec *exec, const struct value_type *type, int after) {
  struct value_type row = *type;
  row.rows = false;
  return (struct copy){.bytes = exec_bytes(exec, &row, 1), .rows = type->rows, .after = after};
}

/* Memory for each kept variable, and the copies that fill them; at is by root. */
static bool make_kept(struct exec *exec, const bool *kept, int64_t *at, struct error *error) {
  const struct graph *graph = exec->graph;
  int64_t total = 0;
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct value_type *type = &graph_node(graph, graph->roots.at[r].node)->type;
    if (!kept[r]) continue;
    if (!take(&total, exec_bytes(exec, type, exec->plan->rows), &at[r]))
      return error_set(error, ERROR_DATA, "the roots of '%s' need more memory than can be counted", graph->name);
    vec_push(exec->arena, &exec->before, copy_of(exec, type, -1));
  }
  if (!allocate(exec, &exec->kept, total, "kept variables", error)) return false;
  for (size_t r = 0, i = 0; r < graph->roots.n; r++) {
    if (!kept[r]) continue;
    struct copy *copy = &exec->before.at[i++];
    copy->to = exec->kept + at[r];
    point(exec, &copy->from, graph->roots.at[r].node, NULL);
  }
  return true;
}

struct due {
  int step;
  size_t root;
};

static int by_step(const void *a, const void *b) {
  const struct due *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  return (x->root > y->root) - (x->root < y->root);
}

/* The copies of writes in the order in which they are due; those of one step in the roots' order. */
static void make_writes(struct exec *exec, const bool *kept, const int64_t *kept_at, const int64_t *constant_at) {
  const struct graph *graph = exec->graph;
  const struct plan *plan = exec->plan;
  struct due *due = ARENA_ARRAY(exec->arena, struct due, graph->roots.n);
  size_t n = 0;
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    if (root->kind == ROOT_WRITE && plan->direct[plan->source[root->node]] != (int)r)
      due[n++] = (struct due){plan->write_after[r], r};
  }
  qsort(due, n, sizeof *due, by_step);
  for (size_t i = 0; i < n; i++)
    vec_push(exec->arena, &exec->writes,
             copy_of(exec, &graph_node(graph, graph->roots.at[due[i].root].node)->type, due[i].step));
  for (size_t i = 0; i < n; i++) { /* only now do the copies stay where they are */
    size_t r = due[i].root;
    const struct root *root = &graph->roots.at[r];
    if (kept[r]) exec->writes.at[i].from = exec->kept + kept_at[r];
    else point(exec, &exec->writes.at[i].from, root->node, constant_at);
    vec_push(exec->arena, &exec->variable[root->target].users, &exec->writes.at[i].to);
  }
}

static void make_outcomes(struct exec *exec, const bool *kept, const int64_t *kept_at, const int64_t *constant_at) {
  const struct graph *graph = exec->graph;
  exec->outcome = ARENA_ARRAY(exec->arena, struct outcome, graph->roots.n);
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    struct outcome *outcome = &exec->outcome[exec->outcomes];
    if (root->kind != ROOT_VALUE) continue;
    *outcome = (struct outcome){.name = root->name, .type = graph_node(graph, root->node)->type};
    if (kept[r]) outcome->data = exec->kept + kept_at[r];
    else point(exec, &outcome->data, root->node, constant_at);
    exec->outcomes++;
  }
}

static bool prepare(struct exec *exec, struct error *error) {
  const struct graph *graph = exec->graph;
  int64_t *constant_at = ARENA_ARRAY(exec->arena, int64_t, graph->nodes.n);
  int64_t *kept_at = ARENA_ARRAY(exec->arena, int64_t, graph->roots.n);
  count_leaves(exec);
  bool *kept = find_kept(exec);
  if (!make_constants(exec, constant_at, error) || !make_kept(exec, kept, kept_at, error)) return false;
  make_calls(exec, constant_at);
  make_failing(exec);
  make_writes(exec, kept, kept_at, constant_at);
  make_outcomes(exec, kept, kept_at, constant_at);
  return true;
}

struct exec *exec_new(const struct plan *plan, const struct backend *backend, struct pool *pool, struct slab *slab,
                      struct error *error) {
  struct arena *arena = arena_new();
  struct exec *exec = ARENA_NEW(arena, struct exec);
  *exec = (struct exec){
      .arena = arena, .graph = plan->graph, .plan = plan, .backend = backend, .pool = pool, .slab = slab};
  if (slab_reserve(slab, backend, plan->peak, error) && prepare(exec, error)) return exec;
  exec_free(exec);
  return NULL;
}

void exec_free(struct exec *exec) {
  if (!exec) return;
  profile_free(exec);
  exec->backend->free(exec->constants);
  exec->backend->free(exec->kept);
  arena_free(exec->arena);
}

static void bind(struct leaf *leaves, size_t n, uint32_t number, void *data) {
  if (number >= n) return;
  leaves[number].data = data;
  for (size_t i = 0; i < leaves[number].users.n; i++) *leaves[number].users.at[i] = data;
}

void exec_bind_variable(struct exec *exec, uint32_t variable, void *data) {
  bind(exec->variable, exec->variables, variable, data);
}

void exec_bind_column(struct exec *exec, uint32_t column, const void *data) {
  bind(exec->column, exec->columns, column, (void *)data); /* kernels never write to an input that is a leaf */
}

void exec_name_columns(struct exec *exec, const struct array *columns) { exec->column_names = columns; }
