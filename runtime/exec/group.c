/* Runs a fusion group of a plan: chunks on the pool's threads, each chunk tile by tile through all members; where there
 * is one chunk, the kernels themselves use the pool.  A member's call is the prepared one with its operands moved to the
 * rows, or the elements, of the tile. */
#include "base/clock.h"
#include "exec/prepared.h"

struct group_walk {
  struct exec *exec;
  const struct group *group;
  int64_t n, rows; /* what is cut; current rows */
  const struct step_context *step_context;
  _Atomic int64_t *bad;
  struct pool *pool; /* for kernels: NULL where chunks use it */
};

static void move(struct operand *operand, const struct reach *reach, const struct tile *tile, bool elements) {
  if (reach->tile >= 0) operand->data = reach_in_tile(reach, tile);
  else operand->data = (unsigned char *)operand->data + tile->at * reach->step;
  if (elements && reach->step) operand->type.shape = (struct shape){.rank = 1, .dim = {tile->n}};
}

static const void *shared_of(const struct exec *exec, int s) {
  return exec->reach[s].shared < 0 ? NULL : exec->memory + exec->reach[s].shared;
}

static void run_member(const struct group_walk *walk, int s, const struct tile *tile) {
  struct exec *exec = walk->exec;
  const struct member_reach *reach = &exec->reach[s];
  int64_t partial_bytes = exec->plan->extra[s].partial_bytes;
  struct call call = exec->calls[s];
  bool elements = walk->group->kind == GROUP_ELEMENTS;
  double begun = exec->profile ? clock_now() : 0;
  call.rows = elements ? walk->rows : tile->n;
  call.batch = walk->rows;
  call.first_row = elements ? 0 : tile->at;
  call.step_context = walk->step_context;
  call.scratch = tile->memory + exec->plan->extra[s].scratch;
  call.shared = shared_of(exec, s);
  for (int k = 0; k < call.inputs; k++) move(&call.in[k], &reach->in[k], tile, elements);
  if (s < after_products(walk->group)) {
    move(&call.out, &reach->out, tile, false);
    call.first_line = tile->at / walk->group->line;
    call.out.type.shape.dim[0] = tile->n / walk->group->line;
  } else if (partial_bytes) {
    call.part = true;
    call.add = !tile->first;
    call.out.data = exec->memory + reach->partial + tile->chunk * partial_bytes;
  } else {
    call.pool = walk->pool;
    move(&call.out, &reach->out, tile, elements);
  }
  exec->backend->run[call.op](&call);
  if (exec->profile) profile_note(exec, tile->worker, s, begun);
  if (walk->bad && !partial_bytes) walk->bad[s] += exec->backend->not_finite(&call.out, call.rows);
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* All members but products, tile by tile. */
static void run_tiles(const struct group_walk *walk, const struct tile *span) {
  const struct group *group = walk->group;
  struct tile tile = *span;
  for (int64_t end = span->at + span->n; tile.at < end; tile.at += group->tile) {
    tile.n = smaller(group->tile, end - tile.at);
    for (int s = after_products(group); s < group->end; s++) run_member(walk, s, &tile);
    tile.first = false;
  }
}

static void run_span(const struct group_walk *walk, const struct tile *span) {
  const struct group *group = walk->group;
  const struct exec *exec = walk->exec;
  const struct chain *chain = walk->bad ? NULL : exec->chains[group - exec->plan->group];
  for (int s = group->begin; s < after_products(group); s++) run_member(walk, s, span);
  double begun = exec->profile ? clock_now() : 0;
  if (chain) chain_run(chain, exec->backend, span, group->tile);
  else run_tiles(walk, span);
  if (exec->profile && chain) profile_share(walk->exec, span->worker, group, begun);
}

static void run_chunk(void *context, int chunk, int worker) {
  const struct group_walk *walk = context;
  const struct group *group = walk->group;
  const struct exec *exec = walk->exec;
  int64_t n = group->products ? group->span : group->chunk;
  int64_t begin = chunk * group->chunk, end = smaller(begin + group->chunk, walk->n);
  struct tile span = {.chunk = chunk, .first = true, .worker = worker};
  span.memory = exec->memory + exec->tiles[group - exec->plan->group] + worker * group->tile_bytes;
  double begun = exec->profile ? clock_now() : 0;
  for (span.at = begin; span.at < end; span.at += n) {
    span.span = span.at, span.n = smaller(n, end - span.at);
    run_span(walk, &span);
  }
  if (exec->profile && exec->profile->trace)
    trace_note(walk->exec, worker, -1 - (int)(group - exec->plan->group), begun, clock_now());
}

typedef void once(const struct group_walk *walk, struct call *call, int s);

/* What is done once, for the whole batch, by the kernel's own use of the pool. */
static void run_whole(const struct group_walk *walk, int s, once *run) {
  struct exec *exec = walk->exec;
  struct call call = exec->calls[s];
  double begun = exec->profile ? clock_now() : 0;
  call.rows = call.batch = walk->rows;
  call.step_context = walk->step_context;
  call.scratch = exec->memory + exec->reach[s].scratch;
  call.shared = shared_of(exec, s);
  call.pool = exec->pool;
  run(walk, &call, s);
  if (exec->profile) profile_note(exec, 0, s, begun);
}

static void prepare(const struct group_walk *walk, struct call *call, int s) {
  call->out.data = walk->exec->memory + walk->exec->reach[s].shared;
  walk->exec->backend->prepare(call);
}

static void look_at(const struct group_walk *walk, const struct call *call, int s) {
  if (walk->bad) walk->bad[s] += walk->exec->backend->not_finite(&call->out, call->rows);
}

static void carry_out(const struct group_walk *walk, struct call *call, int s) {
  walk->exec->backend->run[call->op](call);
  look_at(walk, call, s);
}

static void finish(const struct group_walk *walk, struct call *call, int s) {
  int64_t chunks = (walk->n + walk->group->chunk - 1) / walk->group->chunk;
  walk->exec->backend->finish(call, walk->exec->memory + walk->exec->reach[s].partial, (int)chunks);
  look_at(walk, call, s);
}

bool group_done(struct exec *exec, int g, struct error *error) {
  const struct group *group = &exec->plan->group[g];
  for (size_t i = 0; i < exec->failing.n; i++) {
    int s = exec->failing.at[i].step;
    struct failure *failure = &exec->failing.at[i].failure;
    if (s < group->begin || s >= group->end || !failure->reason[0]) continue;
    const struct node *node = graph_node(exec->graph, exec->plan->order[s]);
    const char *where = node_where(node);
    if (failure->row < 0)
      error_set(error, ERROR_NUMBER, "'%s' in '%s' has no result: %s", op_info[node->op].name, where, failure->reason);
    else
      error_set(error, ERROR_NUMBER, "'%s' in '%s' has no result in row %lld of the batch: %s", op_info[node->op].name,
                where, (long long)failure->row, failure->reason);
    for (size_t k = 0; k < exec->failing.n; k++) exec->failing.at[k].failure.reason[0] = '\0';
    return false;
  }
  return true;
}

void group_run(struct exec *exec, int g, int64_t rows, const struct step_context *step_context, _Atomic int64_t *bad) {
  const struct group *group = &exec->plan->group[g];
  struct group_walk walk = {exec, group, rows, rows, step_context, bad, NULL};
  for (int s = group->begin; s < group->end; s++)
    if (exec->reach[s].makes_shared) run_whole(&walk, s, prepare);
  if (group->kind == GROUP_WHOLE) {
    run_whole(&walk, group->begin, carry_out);
    return;
  }
  if (group->kind == GROUP_ELEMENTS) walk.n = shape_count(exec->calls[group->begin].out.type.shape);
  if (one_chunk(group)) {
    walk.pool = exec->pool;
    run_chunk(&walk, 0, 0);
  } else {
    pool_run(exec->pool, (int)((walk.n + group->chunk - 1) / group->chunk), run_chunk, &walk);
  }
  for (int s = group->begin; s < group->end; s++)
    if (exec->plan->extra[s].partial_bytes) run_whole(&walk, s, finish);
}
