/* Runs a fusion group of a plan: chunks on the pool's threads, each chunk tile by tile through all members; where there
 * is one chunk, the kernels themselves use the pool.  A member's call is the prepared one with its operands moved to the
 * rows, or the elements, of the tile. */
#include "base/clock.h"
#include "exec/prepared.h"

enum { LINE = 64 }; /* bytes, of the processor's cache */

struct group_walk {
  struct exec *exec;
  const struct group *group;
  int64_t n, rows; /* what is cut; current rows */
  const struct step_context *step_context;
  _Atomic int64_t *bad;
  struct pool *pool; /* for kernels: NULL where chunks use it */
};

struct tile {
  int64_t at, n;         /* rows or elements */
  int64_t chunk;         /* its number */
  bool first;            /* of its chunk */
  unsigned char *memory; /* of the thread */
  int worker;
};

static void move(struct operand *operand, const struct reach *reach, const struct tile *tile, bool elements) {
  if (reach->tile >= 0) operand->data = tile->memory + reach->tile;
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
  if (partial_bytes) {
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

/* Asks for a share of what the next tile reads from outside, while this one is worked on.  An update of weights reads
 * four or five arrays a few thousand numbers at a time, too few for the processor to see them coming. */
static void fetch_ahead(const struct group_walk *walk, const struct tile *next, int member, int members) {
  const struct group *group = walk->group;
  const streams *streams = &walk->exec->streams[group - walk->exec->plan->group];
  for (size_t i = 0; i < streams->n; i++) {
    const struct stream *stream = &streams->at[i];
    const char *piece = (const char *)*stream->data + next->at * stream->step;
    int64_t bytes = next->n * stream->step, begin = bytes * member / members, end = bytes * (member + 1) / members;
    for (int64_t at = begin; at < end; at += LINE) __builtin_prefetch(piece + at, 0, 2);
  }
}

static struct tile tile_at(const struct group_walk *walk, int64_t begin, int64_t at, int64_t end) {
  int64_t n = end - at < walk->group->tile ? end - at : walk->group->tile;
  return (struct tile){.at = at, .n = n < 0 ? 0 : n, .first = at == begin};
}

static float *chained_at(void *data, const struct reach *reach, const struct tile *tile) {
  return (float *)(void *)(reach->tile >= 0 ? tile->memory + reach->tile
                                            : (unsigned char *)data + tile->at * reach->step);
}

static void run_chain(const struct backend *backend, const struct chained *chain, int members,
                      const struct tile *tile) {
  for (int i = 0; i < members; i++) {
    const struct chained *member = &chain[i];
    const float *x[3];
    for (int k = 0; k < 3; k++) x[k] = chained_at(*member->data[k], &member->in[k], tile);
    backend->elements_carry_out(&member->run, chained_at(*member->out, &member->to, tile), x, tile->n);
  }
}

static void run_chunk(void *context, int chunk, int worker) {
  const struct group_walk *walk = context;
  const struct group *group = walk->group;
  int64_t begin = chunk * group->chunk, end = begin + group->chunk < walk->n ? begin + group->chunk : walk->n;
  const struct exec *exec = walk->exec;
  unsigned char *memory = exec->memory + exec->tiles[group - exec->plan->group] + worker * group->tile_bytes;
  const struct chained *chain = walk->bad ? NULL : exec->chains[group - exec->plan->group];
  double begun = exec->profile ? clock_now() : 0;
  for (int64_t at = begin; at < end; at += group->tile) {
    struct tile tile = tile_at(walk, begin, at, end), next = tile_at(walk, begin, at + group->tile, end);
    tile.chunk = chunk, tile.memory = memory, tile.worker = worker;
    if (chain) {
      fetch_ahead(walk, &next, 0, 1);
      run_chain(exec->backend, chain, group->end - group->begin, &tile);
      continue;
    }
    for (int s = group->begin; s < group->end; s++) {
      fetch_ahead(walk, &next, s - group->begin, group->end - group->begin);
      run_member(walk, s, &tile);
    }
  }
  if (exec->profile && chain) profile_share(walk->exec, worker, group, begun);
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
