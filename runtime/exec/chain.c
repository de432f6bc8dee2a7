/* Chains: elementwise members of a group, each a loop over the numbers of a tile. */
#include "exec/prepared.h"

/* ---- making ---- */

static bool fill(struct exec *exec, int s, struct chained *member) {
  struct call *call = &exec->calls[s];
  if (!exec->backend->elements_run(call, &member->run)) return false;
  for (int k = 0; k < 3; k++) {
    int from = k < call->inputs ? k : member->run.number == 0;
    member->data[k] = &call->in[from].data;
    member->in[k] = exec->reach[s].in[from];
  }
  member->out = &call->out.data;
  member->to = exec->reach[s].out;
  return true;
}

struct chain *chain_new(struct exec *exec, const struct group *group) {
  struct chain *chain = ARENA_NEW(exec->arena, struct chain);
  int begin = group->begin + group->products;
  *chain = (struct chain){ARENA_ARRAY(exec->arena, struct chained, (size_t)(group->end - begin)), group->end - begin};
  for (int i = 0; i < chain->members; i++)
    if (!fill(exec, begin + i, &chain->member[i])) return NULL;
  return chain;
}

/* ---- running ---- */

/* A member while a span is worked on: where its operands and its result are for the tile, and how many numbers on they
 * are for the next. */
struct running {
  struct elements_run run;
  const float *x[3];
  float *out;
  int64_t step[3], out_step;
};

static float *begin_at(void *data, const struct reach *reach, const struct tile *tile, int64_t *step) {
  *step = (reach->tile < 0 ? reach->step : reach->span) ? tile->n : 0;
  return (float *)(void *)(reach->tile >= 0 ? reach_in_tile(reach, tile)
                                            : (unsigned char *)data + tile->at * reach->step);
}

static struct running running_of(const struct chained *member, const struct tile *tile) {
  struct running running = {.run = member->run};
  for (int k = 0; k < 3; k++) running.x[k] = begin_at(*member->data[k], &member->in[k], tile, &running.step[k]);
  running.out = begin_at(*member->out, &member->to, tile, &running.out_step);
  return running;
}

void chain_run(const struct chain *chain, const struct backend *backend, const struct tile *span, int64_t n) {
  struct running running[PLAN_MEMBERS];
  struct tile tile = *span;
  tile.n = n;
  for (int i = 0; i < chain->members; i++) running[i] = running_of(&chain->member[i], &tile);
  for (int64_t left = span->n; left > 0; left -= n)
    for (int i = 0; i < chain->members; i++) {
      struct running *r = &running[i];
      backend->elements_carry_out(&r->run, r->out, r->x, left < n ? left : n);
      for (int k = 0; k < 3; k++) r->x[k] += r->step[k];
      r->out += r->out_step;
    }
}
