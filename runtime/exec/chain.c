/* Chains: elementwise members of a group, each a loop over the numbers of a tile.
 *
 * Updates of weights are mostly sums of multiples, as a moving average a m + b g is.  Three loops would pass over a tile
 * for that, and the first's would wait for memory while the others have nothing to do: so where nobody else reads the
 * multiples, one loop makes them and their sum.  It rounds where three do, and gives the same bits. */
#include "exec/prepared.h"

static const struct node *node_of(const struct exec *exec, int s) {
  return graph_node(exec->graph, exec->plan->order[s]);
}

/* ---- making ---- */

struct making {
  struct exec *exec;
  int begin; /* the first elementwise member's step */
  struct chained *member;
  int *readers; /* by member: how many read it, inputs counted one by one */
};

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
  member->factor[0] = member->factor[1] = (struct factor){NULL, 1};
  return true;
}

/* The member that makes input k of step s, and which stays in the tile and has no other reader; -1 for none. */
static int only_for(const struct making *m, int s, int k) {
  const struct plan *plan = m->exec->plan;
  node_id source = plan->source[node_of(m->exec, s)->in[k]];
  if (!plan->tile_local[source]) return -1;
  for (int i = s - 1; i >= m->begin; i--)
    if (plan->order[i] == source) return m->readers[i - m->begin] == 1 ? i : -1;
  return -1;
}

/* Whether a step may write over what another reads: not where they lie in different tile memory, or where one of them
 * is a variable or another leaf that the step does not replace. */
static bool may_write_over(const struct exec *exec, int s, const struct reach *read, node_id source) {
  const struct plan *plan = exec->plan;
  const struct reach *to = &exec->reach[s].out;
  int64_t bytes = (int64_t)plan->element * plan->group[plan->group_of[s]].tile;
  if (to->tile >= 0 || read->tile >= 0)
    return to->tile >= 0 && read->tile >= 0 && to->tile < read->tile + bytes && read->tile < to->tile + bytes;
  const struct node *leaf = graph_node(exec->graph, source);
  int write = plan->direct[plan->order[s]];
  if (write >= 0) return leaf->op == OP_variable && leaf->attr.i[0] == exec->graph->roots.at[write].target;
  return node_runs(leaf) && plan->direct[source] < 0;
}

/* Whether what member i multiplies is still there when step s runs, which itself may write right over it. */
static bool lasts(const struct making *m, int i, int s, int input) {
  node_id source = m->exec->plan->source[node_of(m->exec, i)->in[input]];
  const struct reach *read = &m->member[i - m->begin].in[input], *to = &m->exec->reach[s].out;
  for (int between = i + 1; between < s; between++)
    if (may_write_over(m->exec, between, read, source)) return false;
  return read->tile < 0 || read->tile == to->tile || !may_write_over(m->exec, s, read, source);
}

/* Lets step s read what the product of its input k with a number is made of. */
static bool take_product(const struct making *m, int s, int k) {
  struct chained *to = &m->member[s - m->begin];
  int i = only_for(m, s, k);
  if (i < 0 || node_of(m->exec, i)->op != OP_mul) return false;
  struct chained *product = &m->member[i - m->begin];
  int number = product->run.number;
  if (number < 0 || !lasts(m, i, s, !number)) return false;
  to->data[k] = product->data[!number], to->in[k] = product->in[!number];
  to->factor[k].data = product->data[number];
  product->dropped = true;
  return true;
}

/* x + y, x - y where both or one of them is a multiple, and the same with a number in the place of one. */
static void join_sum(const struct making *m, int s) {
  struct chained *member = &m->member[s - m->begin];
  enum op op = node_of(m->exec, s)->op;
  int number = member->run.number;
  if (op != OP_add && op != OP_sub) return;
  if (op == OP_sub) member->factor[1].sign = -1;
  if (number >= 0) {
    if (!take_product(m, s, !number)) return;
    struct factor product = member->factor[!number], own = {member->data[number], member->factor[number].sign};
    member->data[0] = member->data[!number], member->in[0] = member->in[!number];
    for (int k = 1; k < 3; k++) member->data[k] = member->data[0], member->in[k] = member->in[0];
    member->factor[0] = product, member->factor[1] = own;
    member->run.loop = m->exec->backend->multiple_and_number;
  } else {
    bool first = take_product(m, s, 0), second = take_product(m, s, 1);
    if (!first && !second) return;
    member->data[2] = member->data[1], member->in[2] = member->in[1];
    member->run.loop = m->exec->backend->sum_of_multiples;
  }
  member->run.number = -1;
  member->sum = true;
}

struct chain *chain_new(struct exec *exec, const struct group *group) {
  struct making m = {exec, after_products(group), NULL, NULL};
  int members = group->end - m.begin;
  struct chain *chain = ARENA_NEW(exec->arena, struct chain);
  m.member = ARENA_ARRAY(exec->arena, struct chained, (size_t)members);
  m.readers = ARENA_ARRAY(exec->arena, int, (size_t)members);
  for (int s = m.begin; s < group->end; s++) {
    if (!fill(exec, s, &m.member[s - m.begin])) return NULL;
    for (int k = 0; k < node_of(exec, s)->inputs; k++)
      for (int i = m.begin; i < s; i++)
        m.readers[i - m.begin] += exec->plan->source[node_of(exec, s)->in[k]] == exec->plan->order[i];
  }
  for (int s = m.begin; s < group->end; s++) join_sum(&m, s);
  chain->member = m.member;
  for (int i = 0; i < members; i++)
    if (!m.member[i].dropped) m.member[chain->members++] = m.member[i];
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

static float factor_of(const struct factor *factor) {
  return factor->sign * (factor->data ? *(const float *)*factor->data : 1);
}

static struct running running_of(const struct chained *member, const struct tile *tile) {
  struct running running = {.run = member->run};
  for (int k = 0; k < 3; k++) running.x[k] = begin_at(*member->data[k], &member->in[k], tile, &running.step[k]);
  running.out = begin_at(*member->out, &member->to, tile, &running.out_step);
  if (member->sum) running.run.p = factor_of(&member->factor[0]), running.run.q = factor_of(&member->factor[1]);
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
