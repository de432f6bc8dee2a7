/* Applications of one layer to several values, stacked.  x W and y W read the same weights; with few rows, reading them
 * takes most of the time, and [x; y] W reads them once.  What both are followed by alike is stacked with them: sums with
 * a bias, activations, the gradients that come back, and the gradient of the weights, which is one sum over the rows of
 * both.  (By hand one would apply a shared encoder to the rows of two views, one below the other.)
 *
 * A stack is a list of nodes, its members: one operation with the same settings, none depends on another, and each of
 * their operands is the same node for all, or they are members of one stack in the same order.  It is computed as one
 * node, with the members along a new first axis.  A product by a matrix may begin one, on values gathered into an array.
 *
 * Requires: a verified graph; how many rows it mostly runs on.
 * Ensures:  the same roots.  Each element is computed as before, but for sums over the rows of several members, which take
 *           them in another order.
 * Breaks:   node numbers; the last digits of gradients of weights. */
#include <string.h>

#include "pass/pass.h"

enum {
  ROWS = 128,   /* of a stack; with more of them reading the weights is little beside multiplying */
  READERS = 16, /* of a value, that are looked at; a layer's has few */
  LOOKS = 64,   /* a node, in search of what depends on what */
};

struct stack {
  node_id *member;
  int n;
  bool gathered; /* from values that are made apart; else made by an operation on stacks */
  int next;      /* gathered: the next with the same first member, -1 for none */
  node_id total; /* of sums over the rows: the node that is the sum of them all */
  node_id made;  /* in the copy */
};

struct stacking {
  struct arena *arena;
  const struct graph *from;
  struct graph *to;
  int64_t rows, looks;
  bool always;
  VEC(struct stack) stacks;
  node_id *path;   /* of a search */
  unsigned search; /* its number */
  /* by node */
  const bool *live;
  size_t *begin; /* readers are reader[begin[id] .. begin[id + 1] - 1], once for each input */
  node_id *reader;
  bool *root;
  int *of, *gather; /* the stack it is computed with, and the last for which it was gathered first; -1 for none */
  bool *tried;      /* begins no stack */
  unsigned *seen;   /* by which search */
  int *done;        /* of the copy: how many inputs were looked at; -1: it is made */
  node_id *map;
};

static const struct node *node_at(const struct stacking *s, node_id id) { return graph_node(s->from, id); }

static void find_readers(struct stacking *s) {
  size_t n = s->from->nodes.n, total = 0;
  s->begin = ARENA_ARRAY(s->arena, size_t, n + 1);
  for (node_id id = 1; id < n; id++)
    for (int k = 0; s->live[id] && k < node_at(s, id)->inputs; k++, total++) s->begin[node_at(s, id)->in[k]]++;
  s->reader = ARENA_ARRAY(s->arena, node_id, total + 1);
  for (size_t i = 1; i <= n; i++) s->begin[i] += s->begin[i - 1];
  for (node_id id = (node_id)n - 1; id > 0; id--)
    for (int k = 0; s->live[id] && k < node_at(s, id)->inputs; k++) s->reader[--s->begin[node_at(s, id)->in[k]]] = id;
}

static size_t readers(const struct stacking *s, node_id id) { return s->begin[id + 1] - s->begin[id]; }

/* ---- what fits together ---- */

/* A stack of n with a first and b as member i; -1 for none. */
static int stack_with(const struct stacking *s, int n, node_id a, node_id b, int i) {
  int t = s->of[a];
  if (t >= 0 && s->stacks.at[t].n == n && s->stacks.at[t].member[0] == a && s->stacks.at[t].member[i] == b) return t;
  for (t = s->gather[a]; t >= 0; t = s->stacks.at[t].next)
    if (s->stacks.at[t].n == n && s->stacks.at[t].member[i] == b) return t;
  return -1;
}

enum { ONE_NODE = -1, NO_STACK = -2 };

static bool are_operands(const struct stacking *s, int stack, const node_id *member, int n, int k) {
  const struct stack *t = &s->stacks.at[stack];
  for (int i = 0; i < n; i++)
    if (t->n != n || t->member[i] != node_at(s, member[i])->in[k]) return false;
  return true;
}

/* The stack of the members' operands k, in their order; or that they are one node, or neither. */
static int operands(const struct stacking *s, const node_id *member, int n, int k) {
  node_id first = node_at(s, member[0])->in[k];
  int same = 1, t = s->of[first];
  while (same < n && node_at(s, member[same])->in[k] == first) same++;
  if (same == n) return ONE_NODE;
  if (t >= 0 && are_operands(s, t, member, n, k)) return t;
  for (t = s->gather[first]; t >= 0 && !are_operands(s, t, member, n, k);) t = s->stacks.at[t].next;
  return t >= 0 ? t : NO_STACK;
}

/* Whether b can be member i of a stack of n that begins with a. */
static bool is_like(const struct stacking *s, int n, node_id a, node_id b, int i) {
  const struct node *x = node_at(s, a), *y = node_at(s, b);
  if (a == b || s->of[b] >= 0 || !node_same_operation(x, y) || strcmp(x->where, y->where) != 0) return false;
  if (x->type.rows != y->type.rows || !shape_equal(x->type.shape, y->type.shape)) return false;
  for (int k = 0; k < x->inputs; k++)
    if (x->in[k] != y->in[k] && stack_with(s, n, x->in[k], y->in[k], i) < 0) return false;
  return true;
}

static bool is_elementwise(const struct stacking *s, const node_id *member, int n) {
  const struct node *node = node_at(s, member[0]);
  if (op_info[node->op].class != ELEMENTWISE || !node->type.rows) return false;
  for (int k = 0; k < node->inputs; k++) {
    const struct value_type *type = &node_at(s, node->in[k])->type;
    int from = operands(s, member, n, k);
    bool whole = shape_equal(type->shape, node->type.shape), shared = from == ONE_NODE;
    if (from == NO_STACK) return false;
    if (!whole && (!shared || type->shape.rank)) return false;
    if (shared && type->type != F32) return false;
  }
  return true;
}

static bool may_be_stacked(const struct stacking *s, const node_id *member, int n) {
  const struct node *node = node_at(s, member[0]);
  if (node->type.shape.rank == MAX_RANK || node_at(s, node->in[0])->type.shape.rank == MAX_RANK) return false;
  switch (node->op) {
  case OP_reshape:
  case OP_stop:
  case OP_sum: return node->type.rows && operands(s, member, n, 0) >= 0;
  case OP_sum_rows: return operands(s, member, n, 0) >= 0;
  case OP_matmul: return operands(s, member, n, 0) >= 0 && operands(s, member, n, 1) == ONE_NODE;
  case OP_matmul_rows: return operands(s, member, n, 0) >= 0 && operands(s, member, n, 1) >= 0;
  default: return is_elementwise(s, member, n);
  }
}

/* ---- sums over the rows of all members ---- */

static bool is_among(const node_id *member, int n, node_id id) {
  for (int i = 0; i < n; i++)
    if (member[i] == id) return true;
  return false;
}

static bool has_one_reader(const struct stacking *s, node_id id) { return readers(s, id) == 1 && !s->root[id]; }

/* How many members a sum adds up; more than n where it is of something else, too, which it is where it goes deeper. */
static int terms(const struct stacking *s, node_id id, const node_id *member, int n, int depth) {
  const struct node *node = node_at(s, id);
  if (depth == n || (depth && !has_one_reader(s, id))) return n + 1;
  if (is_among(member, n, id)) return 1;
  if (node->op != OP_add) return n + 1;
  int first = terms(s, node->in[0], member, n, depth + 1);
  return first > n ? first : first + terms(s, node->in[1], member, n, depth + 1);
}

/* The node that is the sum of all members, and of nothing else; 0 for none. */
static node_id total_of(const struct stacking *s, const node_id *member, int n) {
  node_id id = member[0];
  for (int found = 1; found < n;) {
    if (!has_one_reader(s, id)) return 0;
    id = s->reader[s->begin[id]];
    found = node_at(s, id)->op == OP_add ? terms(s, id, member, n, 0) : n + 1;
    if (found > n) return 0;
  }
  return id;
}

static void take_terms(struct stacking *s, node_id id, int stack) {
  if (s->of[id] == stack) return;
  s->of[id] = stack;
  for (int k = 0; k < 2; k++) take_terms(s, node_at(s, id)->in[k], stack);
}

/* ---- what depends on what ---- */

/* The node that stands for all that is computed at once with this one. */
static node_id one_of(const struct stacking *s, node_id id) {
  return s->of[id] < 0 ? id : s->stacks.at[s->of[id]].member[0];
}

/* Input number j of what is computed at once with a node, all members' inputs counted; 0 where there are no more. */
static node_id input_of(const struct stacking *s, node_id id, int j) {
  int inputs = node_at(s, id)->inputs, n = s->of[id] < 0 ? 1 : s->stacks.at[s->of[id]].n;
  if (j >= inputs * n) return 0;
  node_id member = n == 1 ? id : s->stacks.at[s->of[id]].member[j / inputs];
  return one_of(s, node_at(s, member)->in[j % inputs]);
}

/* Whether one of the members, none of them in a stack, needs another; true where that takes too long to find out. */
static bool depend(struct stacking *s, const node_id *member, int n) {
  size_t depth = 0;
  s->search++;
  for (int i = 0; i < n; i++)
    for (int k = 0; k < node_at(s, member[i])->inputs; k++) s->path[depth++] = one_of(s, node_at(s, member[i])->in[k]);
  while (depth) {
    node_id id = s->path[--depth], input;
    if (is_among(member, n, id) || --s->looks < 0) return true;
    for (int j = 0; (input = input_of(s, id, j)); j++) {
      if (s->seen[input] == s->search) continue;
      s->seen[input] = s->search;
      s->path[depth++] = input;
    }
  }
  return false;
}

/* ---- finding stacks ---- */

static int push(struct stacking *s, const node_id *member, int n, bool gathered) {
  node_id *kept = ARENA_ARRAY(s->arena, node_id, (size_t)n);
  memcpy(kept, member, (size_t)n * sizeof *kept);
  vec_push(s->arena, &s->stacks, (struct stack){.member = kept, .n = n, .gathered = gathered, .next = -1});
  return (int)s->stacks.n - 1;
}

/* Whether an operand is gathered: what it is made of may need one of the members.  Where all operands come from stacks that
 * are computed, or from one node, none of these needs a member, as each of them is there before a member. */
static bool is_gathered(const struct stacking *s, const node_id *member, int n) {
  bool any = false;
  for (int k = 0; k < node_at(s, member[0])->inputs; k++) {
    int stack = operands(s, member, n, k);
    any |= stack >= 0 && s->stacks.at[stack].gathered;
  }
  return any;
}

static bool push_computed(struct stacking *s, const node_id *member, int n) {
  bool sums = node_at(s, member[0])->op == OP_matmul_rows;
  node_id total = sums ? total_of(s, member, n) : 0;
  if (!may_be_stacked(s, member, n) || (sums && !total)) return false;
  if (is_gathered(s, member, n) && depend(s, member, n)) return false;
  int stack = push(s, member, n, false);
  s->stacks.at[stack].total = total;
  for (int i = 0; i < n; i++) s->of[member[i]] = stack;
  if (total) take_terms(s, total, stack);
  return true;
}

/* Stacks what reads the members of a stack alike. */
static void follow(struct stacking *s, int stack) {
  const struct stack t = s->stacks.at[stack];
  node_id member[ROWS];
  if (readers(s, t.member[0]) > READERS) return;
  for (size_t r = s->begin[t.member[0]]; r < s->begin[t.member[0] + 1]; r++) {
    int n = 1;
    member[0] = s->reader[r];
    if (s->of[member[0]] >= 0) continue;
    for (bool found = true; found && n < t.n; n += found) {
      found = false;
      for (size_t at = 0; at < readers(s, t.member[n]) && at < READERS && !found; at++) {
        member[n] = s->reader[s->begin[t.member[n]] + at];
        found = is_like(s, t.n, member[0], member[n], n);
      }
    }
    if (n == t.n) push_computed(s, member, n);
  }
}

/* ---- whether it pays ---- */

struct effort {
  int64_t numbers; /* that are read or written */
  int calls;
};

static int64_t numbers(const struct stacking *s, node_id id) {
  const struct value_type *type = &node_at(s, id)->type;
  return shape_count(type->shape) * (type->rows ? s->rows : 1);
}

/* Whether a reader reads a member of a stack there. */
static bool reads_stacked(const struct stacking *s, node_id reader, node_id id) {
  if (s->of[reader] < 0) return false;
  const struct stack *t = &s->stacks.at[s->of[reader]];
  bool all = true;
  if (t->total && s->of[id] == s->of[reader]) return true;
  for (int k = 0; k < node_at(s, reader)->inputs; k++)
    all &= node_at(s, reader)->in[k] != id || operands(s, t->member, t->n, k) == s->of[id];
  return all;
}

static bool stays(const struct stacking *s, node_id id) {
  bool all = !s->root[id];
  for (size_t r = s->begin[id]; all && r < s->begin[id + 1]; r++) all = reads_stacked(s, s->reader[r], id);
  return all;
}

/* What is done once for all members: calls, and reading weights or writing their gradients. */
static struct effort saved_by(const struct stacking *s, const struct stack *t) {
  const struct node *node = node_at(s, t->member[0]);
  if (t->gathered) return (struct effort){0, 0};
  if (node->op == OP_matmul) return (struct effort){(t->n - 1) * numbers(s, node->in[1]), t->n - 1};
  return (struct effort){t->total ? (t->n - 1) * numbers(s, t->total) : 0, (t->total ? 2 : 1) * (t->n - 1)};
}

/* Moving values into a stack, repeating them for it, and moving members out of it. */
static struct effort caused_by(const struct stacking *s, const struct stack *t) {
  const struct node *node = node_at(s, t->member[0]);
  struct effort effort = {0, t->gathered ? -1 : 0};
  for (int i = 0; i < t->n; i++) {
    if (!t->gathered && stays(s, t->member[i])) continue;
    effort.numbers += numbers(s, t->member[i]), effort.calls++;
  }
  for (int k = 0; !t->gathered && node->op != OP_matmul && k < node->inputs; k++) {
    if (!node_at(s, node->in[k])->type.shape.rank || operands(s, t->member, t->n, k) >= 0) continue;
    effort.numbers += t->n * numbers(s, node->in[k]), effort.calls++;
  }
  return effort;
}

static bool pays(const struct stacking *s, size_t first) {
  struct effort saved = {0, 0}, caused = {0, 0};
  for (size_t t = first; t < s->stacks.n; t++) {
    struct effort less = saved_by(s, &s->stacks.at[t]), more = caused_by(s, &s->stacks.at[t]);
    saved.numbers += less.numbers, saved.calls += less.calls;
    caused.numbers += more.numbers, caused.calls += more.calls;
  }
  return saved.numbers >= caused.numbers && saved.calls >= caused.calls;
}

/* Gives up the stacks from `first` on, which nothing else reads yet. */
static void give_up(struct stacking *s, size_t first) {
  for (size_t t = first; t < s->stacks.n; t++) {
    const struct stack *stack = &s->stacks.at[t];
    for (int i = 0; i < stack->n && !stack->gathered; i++) s->of[stack->member[i]] = -1;
    if (stack->total) take_terms(s, stack->total, -1);
  }
  s->gather[s->stacks.at[first].member[0]] = s->stacks.at[first].next;
  s->stacks.n = first;
}

static bool begins_with(const struct stacking *s, node_id id, node_id other) {
  const struct node *a = node_at(s, id), *b = node_at(s, other);
  return s->of[other] < 0 && !s->tried[other] && b->in[1] == a->in[1] && node_same_operation(a, b) &&
         shape_equal(a->type.shape, b->type.shape) && strcmp(a->where, b->where) == 0 && a->in[0] != b->in[0];
}

/* Where what a product multiplies, or what that is made of, stands in a stack of n; 0 where it stands in none. */
static int place_of(const struct stacking *s, node_id product, int n) {
  node_id value = node_at(s, product)->in[0];
  for (int k = -1; k < node_at(s, value)->inputs; k++) {
    node_id id = k < 0 ? value : node_at(s, value)->in[k];
    if (s->of[id] < 0 || s->stacks.at[s->of[id]].n != n) continue;
    for (int i = 0; i < n; i++)
      if (s->stacks.at[s->of[id]].member[i] == id) return i;
  }
  return 0;
}

/* In the order of the stacks before: the gradients of a layer come from its last application to its first. */
static void order(const struct stacking *s, node_id *member, int n) {
  for (int i = 1; i < n; i++) {
    node_id id = member[i];
    int at = i, place = place_of(s, id, n);
    for (; at && place_of(s, member[at - 1], n) > place; at--) member[at] = member[at - 1];
    member[at] = id;
  }
}

/* Gathers what is multiplied by the same matrix as product id, later. */
static void begin_with(struct stacking *s, node_id id) {
  const struct node *node = node_at(s, id);
  node_id member[ROWS], value[ROWS], w = node->in[1];
  int n = 1;
  member[0] = id;
  for (size_t r = s->begin[w]; r < s->begin[w + 1]; r++) {
    node_id other = s->reader[r];
    if (other <= id || !node_at(s, other)->type.rows || !begins_with(s, id, other)) continue;
    if (n < ROWS) member[n] = other;
    s->tried[other] = true;
    n++;
  }
  int64_t lines = numbers(s, node->in[0]) / node_at(s, node->in[0])->type.shape.dim[node->type.shape.rank - 1];
  if (n < 2 || n * lines > ROWS) return;
  order(s, member, n);
  for (int i = 0; i < n; i++) value[i] = node_at(s, member[i])->in[0];
  size_t gathered = s->stacks.n;
  push(s, value, n, true);
  s->stacks.at[gathered].next = s->gather[value[0]];
  s->gather[value[0]] = (int)gathered;
  bool good = push_computed(s, member, n);
  for (size_t stack = gathered; good && stack < s->stacks.n; stack++) follow(s, (int)stack);
  if (!good || (!s->always && !pays(s, gathered))) give_up(s, gathered);
}

/* ---- the copy ---- */

static node_id reshaped(struct stacking *s, node_id id, struct shape shape) {
  return graph_op1(s->to, OP_reshape, &(struct attr){.shape = shape}, id);
}

static struct shape stacked_shape(int n, struct shape shape) {
  struct shape stacked = {.rank = shape.rank + 1, .dim = {n}};
  for (int k = 0; k < shape.rank; k++) stacked.dim[k + 1] = shape.dim[k];
  return stacked;
}

/* A node's value in the copy; a member's is taken out of its stack. */
static node_id value_of(struct stacking *s, node_id id) {
  if (s->map[id]) return s->map[id];
  const struct stack *t = &s->stacks.at[s->of[id]];
  int i = 0;
  while (t->member[i] != id) i++;
  node_id slice = graph_op1(s->to, OP_slice, &(struct attr){.i = {0, i, i + 1}}, t->made);
  return s->map[id] = reshaped(s, slice, node_at(s, id)->type.shape);
}

static node_id gather(struct stacking *s, struct stack *t) {
  struct shape one = stacked_shape(1, node_at(s, t->member[0])->type.shape);
  for (int i = 0; i < t->n; i++) {
    node_id value = reshaped(s, value_of(s, t->member[i]), one);
    t->made = i ? graph_op2(s->to, OP_concat, NULL, t->made, value) : value;
  }
  return t->made;
}

/* Operand k of a stack. */
static node_id operand(struct stacking *s, const struct stack *t, int k) {
  const struct node *node = node_at(s, t->member[0]), *in = node_at(s, node->in[k]);
  int from = operands(s, t->member, t->n, k);
  if (from >= 0) return s->stacks.at[from].made ? s->stacks.at[from].made : gather(s, &s->stacks.at[from]);
  node_id value = value_of(s, node->in[k]);
  if (node->op == OP_matmul || !in->type.shape.rank) return value;
  struct attr spread = {.i = {1}, .shape = stacked_shape(t->n, in->type.shape)};
  return graph_op1(s->to, OP_spread, &spread, value);
}

static node_id make_stack(struct stacking *s, const struct stack *t) {
  const struct node *node = node_at(s, t->member[0]);
  struct attr attr = node->attr;
  node_id in[MAX_INPUTS];
  if (node->op == OP_sum) attr.i[0] <<= 1;
  if (node->op == OP_reshape) attr.shape = stacked_shape(t->n, attr.shape);
  for (int k = 0; k < node->inputs; k++) in[k] = operand(s, t, k);
  return graph_add(s->to, node->op, &attr, in, NULL);
}

static node_id make_node(struct stacking *s, node_id id) {
  const struct node *node = node_at(s, id);
  for (int k = 0; k < node->inputs; k++) value_of(s, node->in[k]);
  return graph_copy(s->to, node, s->map);
}

static void make(struct stacking *s, node_id id) {
  const struct node *node = node_at(s, id);
  s->to->where = node->where;
  s->to->location = node->location;
  s->to->cse_class = node->cse_class;
  s->done[id] = -1;
  if (s->of[id] < 0) {
    s->map[id] = make_node(s, id);
  } else {
    struct stack *t = &s->stacks.at[s->of[id]];
    t->made = make_stack(s, t);
    if (t->total) s->map[t->total] = t->made;
  }
}

/* Makes a node after all that it needs. */
static void make_after_inputs(struct stacking *s, node_id id) {
  size_t depth = 0;
  if (s->done[id] >= 0) s->path[depth++] = id;
  while (depth) {
    id = s->path[depth - 1];
    node_id input = input_of(s, id, s->done[id]);
    if (!input) make(s, id), depth--;
    else if (s->done[id]++, s->done[input] == 0) s->path[depth++] = input;
  }
}

static void fill(struct stacking *s) {
  size_t n = s->from->nodes.n;
  s->live = graph_live(s->arena, s->from);
  find_readers(s);
  s->root = ARENA_ARRAY(s->arena, bool, n), s->tried = ARENA_ARRAY(s->arena, bool, n);
  s->of = ARENA_ARRAY(s->arena, int, n), s->gather = ARENA_ARRAY(s->arena, int, n);
  s->seen = ARENA_ARRAY(s->arena, unsigned, n), s->done = ARENA_ARRAY(s->arena, int, n);
  s->map = ARENA_ARRAY(s->arena, node_id, n);
  s->path = ARENA_ARRAY(s->arena, node_id, size_product(n, 2) + ROWS * MAX_INPUTS);
  for (size_t i = 0; i < n; i++) s->of[i] = s->gather[i] = -1;
  for (size_t k = 0; k < s->from->roots.n; k++) s->root[s->from->roots.at[k].node] = true;
}

struct graph *stack_applications(struct arena *arena, const struct graph *graph, int64_t rows, bool always) {
  size_t n = graph->nodes.n;
  if (graph->plain || rows > ROWS / 2) return NULL;
  struct stacking s = {
      .arena = arena_new(), .from = graph, .rows = rows, .looks = LOOKS * (int64_t)n, .always = always};
  fill(&s);
  for (node_id id = 1; id < n; id++)
    if (s.live[id] && node_at(&s, id)->op == OP_matmul && node_at(&s, id)->type.rows && s.of[id] < 0 && !s.tried[id])
      begin_with(&s, id);
  if (s.stacks.n) {
    s.to = graph_new(arena, graph->name, false);
    s.to->rows = graph->rows;
    for (node_id id = 1; id < n; id++)
      if (s.live[id]) make_after_inputs(&s, one_of(&s, id));
    for (size_t k = 0; k < graph->roots.n; k++) value_of(&s, graph->roots.at[k].node);
    graph_copy_roots(s.to, graph, s.map);
    s.to->where = "";
    s.to->cse_class = 0;
  }
  arena_free(s.arena);
  return s.to;
}
