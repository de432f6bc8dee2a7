/* Plans of graphs made up for one property each, of many random graphs, and of plans broken on purpose: the
 * verifier must pass all of the first and see every one of the last. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "plan/needs.h"
#include "plan/plan.h"
#include "tests/plan/graphs.h"

static bool elementwise(enum op op, int input) {
  (void)input;
  return op_info[op].class == ELEMENTWISE;
}

static size_t some_scratch(enum op op, const struct attr *attr, const struct value_type *in,
                           const struct value_type *out, int64_t rows, int threads) {
  (void)attr, (void)in, (void)out, (void)rows, (void)threads;
  return op == OP_matmul ? 1000 : 0;
}

static bool adds(enum op op) { return op == OP_sum_rows; }

static int64_t two_lines(enum op op, const struct attr *attr, const struct value_type *in, const struct value_type *out,
                         int64_t rows) {
  (void)attr, (void)in, (void)rows;
  return op == OP_matmul_rows && out->shape.dim[0] > 2 ? 2 : 0;
}

static const struct kernel_traits whole = {.real = F32, .scratch = some_scratch, .in_place = elementwise};
static const struct kernel_traits grouped = {
    .real = F32, .cuts = true, .scratch = some_scratch, .in_place = elementwise, .adds = adds, .lines = two_lines};

static struct arena *arena;
static void begin(void) { arena = arena_new(); }
static void end(void) { arena_free(arena); }

static struct plan *plan_with(const struct graph *graph, int64_t rows, const struct kernel_traits *with) {
  struct error error = {0};
  struct plan *plan = plan_make(arena, graph, &(struct plan_settings){.rows = rows, .threads = 2}, with, &error);
  ck_assert_msg(plan != NULL, "%s", error.message);
  return plan;
}

static struct plan *plan_of(const struct graph *graph, int64_t rows) { return plan_with(graph, rows, &whole); }

static int step_of(const struct plan *plan, node_id id) {
  for (int s = 0; s < plan->steps; s++)
    if (plan->order[s] == id) return s;
  return -1;
}

START_TEST(a_chain_runs_in_one_buffer) {
  struct graph *graph = graph_new(arena, "chain", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(100), true), y = x;
  for (int i = 0; i < 10; i++) y = unary(graph, OP_sigmoid, y);
  graph_root(graph, ROOT_VALUE, "y", 0, y);
  struct plan *plan = plan_of(graph, 8);
  ck_assert_int_eq(plan->steps, 10);
  ck_assert_int_eq(plan->peak, 8 * 100 * 4);
  ck_assert_int_eq(plan->lower_bound, plan->peak);
  ck_assert_int_eq(plan->buffer[x].offset, -1);
}
END_TEST

START_TEST(an_input_read_later_is_not_written_over) {
  struct graph *graph = graph_new(arena, "fork", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(16), true), a = unary(graph, OP_exp, x);
  node_id b = unary(graph, OP_sigmoid, a), c = binary(graph, OP_mul, a, b);
  graph_root(graph, ROOT_VALUE, "c", 0, c);
  struct plan *plan = plan_of(graph, 1);
  ck_assert_uint_ne(plan->holder[b], plan->holder[a]);
  ck_assert(plan->holder[c] == plan->holder[a] || plan->holder[c] == plan->holder[b]);
  ck_assert_int_eq(plan->peak, 2 * 64);
}
END_TEST

START_TEST(a_root_value_is_never_written_over) {
  struct graph *graph = graph_new(arena, "roots", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(16), true), a = unary(graph, OP_exp, x);
  node_id b = unary(graph, OP_sigmoid, a);
  graph_root(graph, ROOT_VALUE, "a", 0, a);
  graph_root(graph, ROOT_VALUE, "b", 0, b);
  struct plan *plan = plan_of(graph, 1);
  ck_assert_uint_eq(plan->holder[a], a);
  ck_assert_uint_eq(plan->holder[b], b);
  ck_assert_int_eq(plan->buffer[a].last, plan->steps);
}
END_TEST

START_TEST(views_share_and_keep_their_source_alive) {
  int64_t square[] = {4, 4};
  struct graph *graph = graph_new(arena, "views", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(16), true), a = unary(graph, OP_exp, x);
  node_id view = unary(graph, OP_stop, reshaped(graph, a, shape_make(2, square)));
  node_id b = unary(graph, OP_sigmoid, a), c = unary(graph, OP_tanh, b), d = unary(graph, OP_negate, view);
  node_id leaf_view = reshaped(graph, x, shape_make(2, square));
  graph_root(graph, ROOT_VALUE, "c", 0, c);
  graph_root(graph, ROOT_VALUE, "d", 0, d);
  graph_root(graph, ROOT_VALUE, "x", 0, leaf_view);
  struct plan *plan = plan_of(graph, 4);
  ck_assert_uint_eq(plan->source[view], a);
  ck_assert_uint_eq(plan->holder[view], plan->holder[a]);
  ck_assert_uint_eq(plan->source[leaf_view], x);
  ck_assert_int_eq(step_of(plan, view), -1);
  ck_assert_int_eq(plan->steps, 4);
}
END_TEST

START_TEST(what_no_root_needs_does_not_run) {
  struct graph *graph = graph_new(arena, "dead", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(16), true), a = unary(graph, OP_exp, x);
  node_id b = unary(graph, OP_log, x);
  graph_root(graph, ROOT_VALUE, "a", 0, a);
  struct plan *plan = plan_of(graph, 4);
  ck_assert_int_eq(plan->steps, 1);
  ck_assert_uint_eq(plan->source[b], 0);
  ck_assert_int_eq(plan->peak, 4 * 64);
}
END_TEST

/* w <- w - g where g is made from w: the update runs after w's other reader, in the storage of w. */
START_TEST(an_update_is_computed_in_its_variable) {
  struct graph *graph = graph_new(arena, "update", true);
  node_id w = leaf(graph, OP_variable, 0, vector_shape(1024), false);
  node_id again = leaf(graph, OP_variable, 0, vector_shape(1024), false);
  node_id late = unary(graph, OP_abs, again), g = unary(graph, OP_exp, w), new = binary(graph, OP_sub, w, g);
  node_id sum = binary(graph, OP_mul, late, unary(graph, OP_tanh, new));
  graph_root(graph, ROOT_WRITE, "w", 0, new);
  graph_root(graph, ROOT_VALUE, "sum", 0, sum);
  struct plan *plan = plan_of(graph, 1);
  ck_assert_int_lt(step_of(plan, late), step_of(plan, new));
  ck_assert_int_eq(plan->direct[new], 0);
  ck_assert_int_eq(plan->write_after[0], step_of(plan, new));
  ck_assert_int_eq(plan->peak, 2 * 4096);
}
END_TEST

/* A reader of the old value that needs the new one: the write has to wait for it, and the new value with it. */
START_TEST(a_write_waits_for_a_later_reader) {
  struct graph *graph = graph_new(arena, "difference", true);
  node_id w = leaf(graph, OP_variable, 0, vector_shape(1024), false);
  node_id new = unary(graph, OP_exp, w), change = binary(graph, OP_sub, new, w), end = unary(graph, OP_abs, change);
  graph_root(graph, ROOT_WRITE, "w", 0, new);
  graph_root(graph, ROOT_VALUE, "end", 0, end);
  struct plan *plan = plan_of(graph, 1);
  ck_assert_int_eq(plan->direct[new], -1);
  ck_assert_int_eq(plan->write_after[0], step_of(plan, change));
  ck_assert_uint_ne(plan->holder[change], plan->holder[new]);
}
END_TEST

/* x <- f(x, y) and y <- g(x, y): one must wait, and neither is read after it was written. */
START_TEST(crossed_updates_wait) {
  struct graph *graph = graph_new(arena, "crossed", true);
  node_id x = leaf(graph, OP_variable, 0, vector_shape(16), false);
  node_id y = leaf(graph, OP_variable, 1, vector_shape(16), false);
  node_id new_x = binary(graph, OP_add, x, y), new_y = binary(graph, OP_sub, x, y);
  graph_root(graph, ROOT_WRITE, "x", 0, new_x);
  graph_root(graph, ROOT_WRITE, "y", 1, new_y);
  struct plan *plan = plan_of(graph, 1);
  ck_assert_int_eq((plan->direct[new_x] >= 0) + (plan->direct[new_y] >= 0), 1);
  ck_assert_int_eq(plan->write_after[plan->direct[new_x] >= 0 ? 1 : 0], 1);
}
END_TEST

/* A chain of layers, its gradients, and after all of them momentum and update of every weight.  No order that is
 * worth keeping holds all gradients until the end, and no new value needs memory of its own. */
START_TEST(updates_follow_their_gradients) {
  enum { LAYERS = 8, BYTES = 4096 };
  struct graph *graph = graph_new(arena, "training", true);
  node_id w[LAYERS], h[LAYERS + 1], g[LAYERS], rate = graph_number(graph, 0.1);
  h[0] = leaf(graph, OP_variable, 99, vector_shape(BYTES / 4), false);
  for (int i = 0; i < LAYERS; i++) {
    w[i] = leaf(graph, OP_variable, i, vector_shape(BYTES / 4), false);
    h[i + 1] = unary(graph, OP_tanh, binary(graph, OP_mul, h[i], w[i]));
  }
  node_id flow = h[LAYERS];
  for (int i = LAYERS; i-- > 0;) {
    flow = binary(graph, OP_mul, flow, h[i + 1]);
    g[i] = binary(graph, OP_mul, flow, h[i]);
    flow = binary(graph, OP_mul, flow, w[i]);
  }
  for (int i = 0; i < LAYERS; i++) {
    node_id m = leaf(graph, OP_variable, LAYERS + i, vector_shape(BYTES / 4), false);
    node_id new_m = binary(graph, OP_add, m, g[i]);
    node_id new_w = binary(graph, OP_sub, w[i], binary(graph, OP_mul, rate, new_m));
    graph_root(graph, ROOT_WRITE, "m", (uint32_t)(LAYERS + i), new_m);
    graph_root(graph, ROOT_WRITE, "w", (uint32_t)i, new_w);
  }
  struct plan *plan = plan_of(graph, 1);
  for (size_t r = 0; r < graph->roots.n; r++)
    ck_assert_int_eq(plan->direct[plan->source[graph->roots.at[r].node]], (int)r);
  ck_assert_int_le(plan->peak, (LAYERS + 3) * BYTES); /* what the way back reads, and three for the work */
}
END_TEST

START_TEST(leaves_and_double_writes_wait_for_the_end) {
  struct graph *graph = graph_new(arena, "swap", true);
  node_id x = leaf(graph, OP_variable, 0, vector_shape(16), false);
  node_id y = leaf(graph, OP_variable, 1, vector_shape(16), false);
  node_id a = unary(graph, OP_exp, x), b = unary(graph, OP_log, x);
  graph_root(graph, ROOT_WRITE, "x", 0, y);
  graph_root(graph, ROOT_WRITE, "y", 1, x);
  graph_root(graph, ROOT_WRITE, "z", 2, a);
  graph_root(graph, ROOT_WRITE, "z", 2, b);
  struct plan *plan = plan_of(graph, 1);
  for (int r = 0; r < 4; r++) ck_assert_int_eq(plan->write_after[r], plan->steps);
}
END_TEST

START_TEST(scratch_lies_beside_what_lives) {
  int64_t matrix[] = {16, 16};
  struct graph *graph = graph_new(arena, "scratch", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(16), true);
  node_id m = leaf(graph, OP_variable, 0, shape_make(2, matrix), false);
  node_id a = unary(graph, OP_exp, x), b = binary(graph, OP_matmul, a, m);
  graph_root(graph, ROOT_VALUE, "b", 0, b);
  struct plan *plan = plan_of(graph, 1);
  ck_assert_int_eq(plan->scratch[1].size, 1024);
  ck_assert_int_eq(plan->peak, 64 + 64 + 1024);
}
END_TEST

START_TEST(too_much_memory_is_an_error) {
  struct graph *graph = graph_new(arena, "huge", true);
  struct error error = {0};
  node_id x = leaf(graph, OP_column, 0, vector_shape(INT64_C(1) << 40), true);
  graph_root(graph, ROOT_VALUE, "y", 0, unary(graph, OP_exp, x));
  ck_assert_ptr_null(
      plan_make(arena, graph, &(struct plan_settings){.rows = INT64_C(1) << 30, .threads = 1}, &whole, &error));
  ck_assert_int_eq(error.kind, ERROR_DATA);
  ck_assert_ptr_nonnull(strstr(error.message, "'exp'"));
}
END_TEST

START_TEST(the_text_tells_all) {
  struct graph *graph = graph_new(arena, "table", true);
  node_id w = leaf(graph, OP_variable, 0, vector_shape(16), false);
  graph->where = "left.conv1";
  node_id a = binary(graph, OP_mul, w, graph_constant(graph, vector_shape(16), 2));
  graph_root(graph, ROOT_WRITE, "w", 0, a);
  graph_root(graph, ROOT_VALUE, "b", 0, unary(graph, OP_exp, a));
  const char *text = plan_string(arena, plan_of(graph, 1));
  static const char *const parts[] = {
      "plan of 'table' for 1 rows: 2 steps in 2 groups",
      "variable 0",
      "left.conv1",
      "slab 64 bytes, lower bound 64, ratio 1.0000, placed by size, each in the lowest gap",
      "1 computed in place",
      "1 variables 64 bytes, 1 constants 64 bytes",
      "work 3.2e-08 GFLOP"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    ck_assert_msg(strstr(text, parts[i]) != NULL, "no '%s' in:\n%s", parts[i], text);
}
END_TEST

START_TEST(random_graphs_have_sound_plans) {
  for (uint64_t key = 0; key < 300; key++) {
    struct graph *graph = random_graph(arena, key, 12 + (int)(key % 50));
    struct plan *plan = plan_of(graph, 1 + (int64_t)(key % 3));
    ck_assert_int_ge(plan->peak, plan->lower_bound);
  }
}
END_TEST

/* ---- groups ---- */

START_TEST(a_chain_is_one_group) {
  struct graph *graph = graph_new(arena, "chain", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(100), true), y = x;
  for (int i = 0; i < 10; i++) y = unary(graph, OP_sigmoid, y);
  graph_root(graph, ROOT_VALUE, "y", 0, y);
  struct plan *plan = plan_with(graph, 1000, &grouped);
  ck_assert_int_eq(plan->groups, 1);
  ck_assert_int_eq(plan->group[0].kind, GROUP_ROWS);
  ck_assert_int_gt(plan->group[0].chunks, 1);
  ck_assert(plan->tile_local[y - 1] && !plan->tile_local[y]);
  ck_assert_int_eq(plan->group[0].tile_bytes, (plan->group[0].tile * 400 + 63) / 64 * 64);
  ck_assert_int_eq(plan->peak, 1000 * 400 + 2 * plan->group[0].tile_bytes);
}
END_TEST

/* Of three products in a row two share a group, where their matrices stay in a cache, and each is alone where they do not. */
START_TEST(large_weights_are_apart) {
  int64_t width = _i ? 512 : 300, square[] = {width, width};
  struct graph *graph = graph_new(arena, "layers", true);
  node_id y = leaf(graph, OP_column, 0, vector_shape(width), true);
  for (int i = 0; i < 3; i++)
    y = binary(graph, OP_matmul, y, leaf(graph, OP_variable, i, shape_make(2, square), false));
  graph_root(graph, ROOT_VALUE, "y", 0, y);
  struct plan *plan = plan_with(graph, 1000, &grouped);
  ck_assert_int_eq(plan->groups, _i ? 3 : 2);
  ck_assert_int_eq(plan->reason[y].apart, APART_WEIGHTS);
}
END_TEST

/* However many nodes there are; and a group that is full says so. */
START_TEST(a_long_chain_is_few_groups) {
  enum { NODES = 30000, LEAST = 100 };
  struct graph *graph = graph_new(arena, "long chain", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(4), true), y = x;
  for (int i = 0; i < NODES; i++) y = unary(graph, OP_sigmoid, y);
  graph_root(graph, ROOT_VALUE, "y", 0, y);
  struct plan *plan = plan_with(graph, 8, &grouped);
  ck_assert_int_eq(plan->steps, NODES);
  ck_assert_int_le(plan->groups, NODES / LEAST);
  ck_assert_int_eq(plan->reason[plan->order[plan->group[1].begin]].apart, APART_MANY);
}
END_TEST

/* Parts that need each other at random, and are merged where that closes no circle, against all ways written out. */
START_TEST(needs_are_found_through_others) {
  enum { PARTS = 40 };
  int found = 0, merged = 0;
  for (uint64_t key = 0; key < 200; key++) {
    struct needs *needs = needs_new(arena);
    bool way[PARTS][PARTS] = {{false}}, gone[PARTS] = {false}, direct[PARTS][PARTS] = {{false}};
    for (int i = 0; i < PARTS; i++) needs_add(needs);
    for (uint64_t turn = 0; turn < 120; turn++) {
      uint64_t bits = random_bits(key, turn);
      int a = (int)(bits % PARTS), b = (int)(bits / PARTS % PARTS), through = 0;
      if (gone[a] || gone[b] || a == b) continue;
      for (int i = 0; i < PARTS; i++) through |= direct[a][i] && !gone[i] && i != b && way[i][b];
      ck_assert_int_eq(needs_any(needs, a, b), way[a][b]);
      ck_assert_int_eq(needs_through(needs, a, b), through);
      found += through;
      bool merge = turn % 4 == 3 && !through && !needs_through(needs, b, a);
      if (!merge && way[b][a]) continue;
      if (merge) needs_merge(needs, a, b), gone[b] = true, merged++;
      else needs_put(needs, a, b), direct[a][b] = true;
      for (int i = 0; merge && i < PARTS; i++) {
        direct[a][i] |= direct[b][i], direct[i][a] |= direct[i][b];
        direct[b][i] = direct[i][b] = false;
      }
      direct[a][a] = false;
      memcpy(way, direct, sizeof way);
      for (int k = 0; k < PARTS; k++)
        for (int i = 0; i < PARTS; i++)
          for (int j = 0; j < PARTS; j++) way[i][j] |= way[i][k] && way[k][j];
    }
  }
  ck_assert_int_gt(found, 100);
  ck_assert_int_gt(merged, 100);
}
END_TEST

START_TEST(a_sum_ends_a_group) {
  struct graph *graph = graph_new(arena, "centre", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(16), true), a = unary(graph, OP_exp, x);
  node_id s = unary(graph, OP_sum_rows, a), b = binary(graph, OP_sub, a, s), c = unary(graph, OP_square, b);
  graph_root(graph, ROOT_VALUE, "c", 0, c);
  struct plan *plan = plan_with(graph, 8, &grouped);
  ck_assert_int_eq(plan->groups, 2);
  ck_assert_int_eq(plan->group_of[step_of(plan, a)], plan->group_of[step_of(plan, s)]);
  ck_assert_int_eq(plan->group_of[step_of(plan, b)], plan->group_of[step_of(plan, c)]);
  ck_assert(!plan->tile_local[a] && !plan->tile_local[s] && plan->tile_local[b]);
  ck_assert_uint_eq(plan->holder[c], plan->holder[a]); /* over a value that an earlier member reads last */
}
END_TEST

/* Two threads have the same to do. */
START_TEST(chunks_come_in_pairs) {
  struct graph *graph = graph_new(arena, "pairs", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(4096), true);
  graph_root(graph, ROOT_VALUE, "y", 0, unary(graph, OP_square, unary(graph, OP_exp, x)));
  static const int64_t rows[] = {100, 125, 250, 300, 1000};
  for (int i = 0; i < 5; i++) {
    struct plan *plan = plan_with(graph, rows[i], &grouped);
    const struct group *group = &plan->group[0];
    ck_assert(plan->groups == 1 && group->chunks > 2 && group->chunks % 2 == 0);
    ck_assert_int_lt(group->chunk * group->chunks - rows[i], group->chunk);
  }
}
END_TEST

START_TEST(an_update_is_one_group) {
  struct graph *graph = graph_new(arena, "update", true);
  node_id w = leaf(graph, OP_variable, 0, vector_shape(5000), false),
          m = leaf(graph, OP_variable, 1, vector_shape(5000), false);
  node_id g = unary(graph, OP_square, w), n = binary(graph, OP_add, m, g), v = binary(graph, OP_sub, w, n);
  graph_root(graph, ROOT_WRITE, "m", 1, n);
  graph_root(graph, ROOT_WRITE, "w", 0, v);
  struct plan *plan = plan_with(graph, 8, &grouped);
  ck_assert_int_eq(plan->groups, 1);
  ck_assert_int_eq(plan->group[0].kind, GROUP_ELEMENTS);
  ck_assert(plan->direct[n] == 0 && plan->direct[v] == 1 && plan->tile_local[g]);
  ck_assert_int_eq(plan->peak, 2 * plan->group[0].tile_bytes);
}
END_TEST

/* A gradient made by two products of which only the update knows, and a third that a sum reads first. */
START_TEST(an_update_begins_with_its_products) {
  int64_t dim[] = {5, 7};
  struct graph *graph = graph_new(arena, "products", true);
  node_id w = leaf(graph, OP_variable, 0, shape_make(2, dim), false);
  node_id m = leaf(graph, OP_variable, 1, shape_make(2, dim), false), halved = unary(graph, OP_tanh, m);
  node_id x = leaf(graph, OP_column, 0, vector_shape(5), true), y = leaf(graph, OP_column, 1, vector_shape(7), true);
  node_id a = binary(graph, OP_matmul_rows, x, y), b = binary(graph, OP_matmul_rows, unary(graph, OP_exp, x), y);
  node_id known = binary(graph, OP_matmul_rows, unary(graph, OP_sin, x), y);
  node_id v = binary(graph, OP_sub, w, binary(graph, OP_add, halved, binary(graph, OP_add, a, b)));
  graph_root(graph, ROOT_WRITE, "w", 0, v);
  graph_root(graph, ROOT_VALUE, "size", 0, graph_op1(graph, OP_sum, &(struct attr){.i = {3}}, known));
  struct plan *plan = plan_with(graph, 8, &grouped);
  struct group *group = &plan->group[plan->group_of[step_of(plan, v)]];
  ck_assert_int_eq(group->kind, GROUP_ELEMENTS);
  ck_assert_int_eq(group->products, 2);
  ck_assert(step_of(plan, a) < group->begin + 2 && step_of(plan, b) < group->begin + 2);
  ck_assert_int_eq(plan->group_of[step_of(plan, halved)], plan->group_of[step_of(plan, v)]);
  ck_assert(plan->tile_local[a] && plan->tile_local[b] && !plan->tile_local[known] && plan->direct[v] == 0);
  ck_assert(group->line == 7 && group->span == 14 && group->chunk % 14 == 0);
  ck_assert_ptr_nonnull(strstr(plan_string(arena, plan), "; 2 made 2 lines at a time"));
  group->span++;
  ck_assert(!plan_verify(plan, &(struct error){0}));
  group->span--, group->products--;
  ck_assert(!plan_verify(plan, &(struct error){0}));
}
END_TEST

START_TEST(random_graphs_have_sound_groups) {
  int together = 0;
  for (uint64_t key = 0; key < 300; key++) {
    struct graph *graph = random_graph(arena, key, 12 + (int)(key % 50));
    struct plan *plan = plan_with(graph, 1 + (int64_t)(key % 40), &grouped);
    together += plan->steps - plan->groups;
  }
  ck_assert_int_gt(together, 1000);
}
END_TEST

/* ---- plans broken on purpose ---- */

static bool sound(const struct plan *plan) {
  struct error error = {0};
  bool good = plan_verify(plan, &error);
  ck_assert(good || error.kind == ERROR_DATA);
  return good;
}

static bool in_slab(const struct plan *plan, int step) {
  node_id id = plan->order[step];
  return plan->holder[id] == id && plan->direct[id] < 0;
}

START_TEST(broken_groups_are_caught) {
  int broken = 0;
  for (uint64_t key = 0; key < 60; key++) {
    struct plan *plan = plan_with(random_graph(arena, key, 40), 3, &grouped);
    for (int s = 0; s < plan->steps; s++) {
      node_id id = plan->order[s];
      int64_t at = plan->tile_at[id];
      if (!plan->tile_local[id]) continue;
      plan->tile_at[id] = plan->group[plan->group_of[s]].tile_bytes; /* outside */
      ck_assert(!sound(plan));
      for (int t = plan->group[plan->group_of[s]].begin; t < s; t++) {
        node_id other = plan->order[t];
        const struct node *node = graph_node(plan->graph, id);
        bool reads = false;
        for (int k = 0; k < node->inputs; k++) reads |= plan->source[node->in[k]] == other;
        if (!plan->tile_local[other] || !reads || graph_node(plan->graph, other)->type.type != node->type.type)
          continue;
        if (shape_count(graph_node(plan->graph, other)->type.shape) == shape_count(node->type.shape)) continue;
        plan->tile_at[id] = plan->tile_at[other]; /* over an input of another size */
        ck_assert(!sound(plan));
        broken++;
      }
      plan->tile_at[id] = at;
      plan->tile_local[id] = false; /* has no buffer */
      ck_assert(!sound(plan));
      plan->tile_local[id] = true;
      broken++;
    }
    for (int g = 1; g < plan->groups; g++) {
      plan->group[g].begin++; /* a step in no group */
      ck_assert(!sound(plan));
      plan->group[g].begin--;
    }
    ck_assert(sound(plan));
  }
  ck_assert_int_gt(broken, 100);
}
END_TEST

START_TEST(overlaps_are_caught) {
  int broken = 0;
  for (uint64_t key = 0; key < 60; key++) {
    struct plan *plan = plan_of(random_graph(arena, key, 40), 2);
    for (int s = 0; s < plan->steps; s++)
      for (int t = 0; t < s; t++) {
        struct buffer *a = &plan->buffer[plan->order[s]], *b = &plan->buffer[plan->order[t]];
        int64_t offset = a->offset;
        if (!in_slab(plan, s) || !in_slab(plan, t) || a->first > b->last || b->first > a->last) continue;
        a->offset = b->offset;
        ck_assert(!sound(plan));
        a->offset = offset;
        broken++;
      }
  }
  ck_assert_int_gt(broken, 100);
}
END_TEST

START_TEST(bad_orders_live_ranges_and_offsets_are_caught) {
  int broken = 0;
  for (uint64_t key = 0; key < 60; key++) {
    struct plan *plan = plan_of(random_graph(arena, key, 40), 2);
    for (int s = 0; s < plan->steps; s++) {
      struct buffer *buffer = &plan->buffer[plan->holder[plan->order[s]]];
      const struct node *node = graph_node(plan->graph, plan->order[s]);
      struct buffer old = *buffer;
      if (plan->direct[plan->order[s]] < 0) {
        buffer->offset++; /* not aligned */
        ck_assert(!sound(plan));
        buffer->offset = plan->peak; /* outside */
        ck_assert(!sound(plan));
        *buffer = old;
        buffer->last--; /* dies early */
        ck_assert(!sound(plan));
        *buffer = old;
      }
      node_id before = s ? plan->order[s - 1] : 0;
      for (int k = 0; k < node->inputs && before; k++)
        if (plan->source[node->in[k]] == before) { /* runs before its input */
          plan->order[s - 1] = plan->order[s];
          plan->order[s] = before;
          ck_assert(!sound(plan));
          plan->order[s] = plan->order[s - 1];
          plan->order[s - 1] = before;
          broken++;
        }
    }
    ck_assert(sound(plan));
  }
  ck_assert_int_gt(broken, 100);
}
END_TEST

START_TEST(early_writes_too_early_are_caught) {
  int broken = 0;
  for (uint64_t key = 0; key < 100; key++) {
    struct plan *plan = plan_of(random_graph(arena, key, 40), 2);
    const struct graph *graph = plan->graph;
    for (size_t r = 0; r < graph->roots.n; r++) {
      node_id source = plan->source[graph->roots.at[r].node];
      int after = plan->write_after[r];
      if (graph->roots.at[r].kind != ROOT_WRITE || plan->direct[source] >= 0 || after == plan->steps) continue;
      plan->write_after[r] = after - 1; /* the value is not there yet, or the variable is still read */
      ck_assert(!sound(plan));
      plan->write_after[r] = after;
      broken++;
    }
  }
  ck_assert_int_gt(broken, 5);
}
END_TEST

START_TEST(reuse_of_a_value_still_needed_is_caught) {
  struct graph *graph = graph_new(arena, "fork", true);
  node_id x = leaf(graph, OP_column, 0, vector_shape(16), true), a = unary(graph, OP_exp, x);
  node_id b = unary(graph, OP_sigmoid, a), c = binary(graph, OP_mul, a, b);
  graph_root(graph, ROOT_VALUE, "c", 0, c);
  struct plan *plan = plan_of(graph, 1);
  plan->holder[b] = plan->holder[a];
  ck_assert(!sound(plan));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("plan");
  TCase *tests = tcase_create("plan");
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, a_chain_runs_in_one_buffer);
  tcase_add_test(tests, an_input_read_later_is_not_written_over);
  tcase_add_test(tests, a_root_value_is_never_written_over);
  tcase_add_test(tests, views_share_and_keep_their_source_alive);
  tcase_add_test(tests, what_no_root_needs_does_not_run);
  tcase_add_test(tests, an_update_is_computed_in_its_variable);
  tcase_add_test(tests, a_write_waits_for_a_later_reader);
  tcase_add_test(tests, crossed_updates_wait);
  tcase_add_test(tests, updates_follow_their_gradients);
  tcase_add_test(tests, leaves_and_double_writes_wait_for_the_end);
  tcase_add_test(tests, scratch_lies_beside_what_lives);
  tcase_add_test(tests, too_much_memory_is_an_error);
  tcase_add_test(tests, the_text_tells_all);
  tcase_add_test(tests, random_graphs_have_sound_plans);
  tcase_add_test(tests, a_chain_is_one_group);
  tcase_add_loop_test(tests, large_weights_are_apart, 0, 2);
  tcase_add_test(tests, a_long_chain_is_few_groups);
  tcase_add_test(tests, needs_are_found_through_others);
  tcase_add_test(tests, a_sum_ends_a_group);
  tcase_add_test(tests, chunks_come_in_pairs);
  tcase_add_test(tests, an_update_is_one_group);
  tcase_add_test(tests, an_update_begins_with_its_products);
  tcase_add_test(tests, random_graphs_have_sound_groups);
  tcase_add_test(tests, broken_groups_are_caught);
  tcase_add_test(tests, overlaps_are_caught);
  tcase_add_test(tests, bad_orders_live_ranges_and_offsets_are_caught);
  tcase_add_test(tests, early_writes_too_early_are_caught);
  tcase_add_test(tests, reuse_of_a_value_still_needed_is_caught);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
