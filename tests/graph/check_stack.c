/* Applications of a layer, stacked: the graph with them as one has the same roots and gradients in double, with a product
 * for all; and it stays as it is where one depends on another, where there are many rows, and where it would not pay. */
#include "tests/graph/compare.h"

static struct graph *g;

static void begin(void) {
  arena = arena_new();
  g = graph_new(arena, "stack", false);
}
static void end(void) { arena_free(arena); }

static node_id view(int64_t number) { return column(g, number, SHAPE(16)); }

/* x W + b, with ones of 16. */
static node_id dense(int64_t number, node_id x) {
  node_id w = variable(g, 2 * number, SHAPE(16, 16)), b = variable(g, 2 * number + 1, SHAPE(16));
  return binary(g, OP_add, binary(g, OP_matmul, x, w), b);
}

/* Two layers. */
static node_id encode(node_id x) { return unary(g, OP_tanh, dense(1, unary(g, OP_relu, dense(0, x)))); }

static node_id squares(node_id a) { return total(g, unary(g, OP_square, a)); }

static struct graph *stacked(int products, int sums) {
  struct graph *out = stack_applications(arena, g, ROWS, true);
  ck_assert_ptr_nonnull(out);
  compare(g, out);
  ck_assert_int_eq(count(out, OP_matmul), products);
  ck_assert_int_eq(count(out, OP_matmul_rows), sums);
  return out;
}

static void check_stays(int64_t rows, bool always) { ck_assert_ptr_null(stack_applications(arena, g, rows, always)); }

/* A shared encoder of two or three views: two products forward, one to the first layer's result and one to the views
 * back, and two gradients of weights. */
START_TEST(a_shared_encoder_is_one) {
  node_id loss = squares(encode(view(0)));
  for (int k = 1; k < _i; k++) loss = binary(g, OP_add, loss, squares(encode(view(k))));
  finish(g, loss);
  struct graph *out = stacked(4, 2);
  ck_assert_int_eq(count(out, OP_tanh), 1);
  ck_assert_int_eq(count(out, OP_concat), _i - 1);
  ck_assert_ptr_nonnull(stack_applications(arena, g, ROWS, false));
}
END_TEST

/* What comes after it differs: members are taken out; and one is a root itself. */
START_TEST(members_go_their_own_ways) {
  node_id x = encode(view(0)), y = encode(view(1));
  graph_root(g, ROOT_VALUE, "code", 0, y);
  finish(g, binary(g, OP_add, squares(unary(g, OP_exp, x)), total(g, binary(g, OP_mul, y, view(2)))));
  ck_assert_int_eq(count(stacked(4, 2), OP_exp), 1);
}
END_TEST

/* A decoder on the codes of an encoder: each is one, the second after the first.  Differences are those from the third
 * view, and one in the gradient of tanh. */
START_TEST(layers_after_layers) {
  node_id x = dense(2, encode(view(0))), y = dense(2, encode(view(1))), z = view(2);
  finish(g, binary(g, OP_add, squares(binary(g, OP_sub, x, z)), squares(binary(g, OP_sub, y, z))));
  ck_assert_int_eq(count(stacked(6, 3), OP_sub), 2);
}
END_TEST

/* The rows of a view have an axis of their own; a number of each row, and a bias of another shape, are not repeated. */
START_TEST(members_of_any_shape) {
  node_id w = variable(g, 0, SHAPE(16, 5)), numbers = column(g, 3, (struct shape){0}), loss = 0;
  for (int k = 0; k < 2; k++) {
    node_id x = column(g, k, SHAPE(4, 16)), y = binary(g, OP_mul, binary(g, OP_matmul, x, w), numbers);
    y = unary(g, OP_sigmoid, reshape(g, binary(g, OP_div, y, graph_number(g, 3)), SHAPE(20)));
    loss = k ? binary(g, OP_add, loss, squares(y)) : squares(y);
  }
  finish(g, loss);
  stacked(2, 1);
}
END_TEST

/* Each reads the one before. */
START_TEST(a_recurrence_stays) {
  node_id state = view(0);
  for (int k = 0; k < 4; k++) state = encode(state);
  graph_root(g, ROOT_VALUE, "state", 0, state);
  check_stays(ROWS, true);
}
END_TEST

/* Of two pairs that would wait for each other, one is stacked. */
START_TEST(pairs_that_cross) {
  node_id v = variable(g, 8, SHAPE(16, 16)), w = variable(g, 9, SHAPE(16, 16));
  node_id a = binary(g, OP_matmul, view(0), v), b = binary(g, OP_matmul, view(1), w);
  graph_root(g, ROOT_VALUE, "one", 0, binary(g, OP_matmul, unary(g, OP_exp, a), w));
  graph_root(g, ROOT_VALUE, "other", 0, binary(g, OP_matmul, unary(g, OP_exp, b), v));
  stacked(3, 0);
}
END_TEST

/* The second view is made of what follows the first: the layer is one for both, what follows them is not. */
START_TEST(a_view_made_of_what_follows_another) {
  node_id w = variable(g, 8, SHAPE(16, 16)), x = view(0), follows = unary(g, OP_exp, x);
  node_id y = binary(g, OP_mul, follows, view(1));
  graph_root(g, ROOT_VALUE, "one", 0, binary(g, OP_matmul, x, w));
  graph_root(g, ROOT_VALUE, "other", 0, binary(g, OP_matmul, y, w));
  graph_root(g, ROOT_VALUE, "last", 0, unary(g, OP_exp, y));
  ck_assert_int_eq(count(stacked(1, 0), OP_exp), 2);
}
END_TEST

/* Two of three are multiplied by the first view, the third by its own: neither by one value, nor each by its own. */
START_TEST(operands_that_are_partly_the_same) {
  node_id w = variable(g, 8, SHAPE(16, 16)), x[] = {view(0), view(1), view(2)};
  for (int k = 0; k < 3; k++) {
    node_id y = binary(g, OP_mul, binary(g, OP_matmul, x[k], w), x[k == 1 ? 0 : k]);
    graph_root(g, ROOT_VALUE, arena_format(arena, "product:%d", k), 0, y);
  }
  ck_assert_int_eq(count(stacked(1, 0), OP_mul), 3);
}
END_TEST

START_TEST(a_layer_with_other_settings_is_another) {
  node_id w = variable(g, 0, SHAPE(16, 16));
  graph_root(g, ROOT_VALUE, "plain", 0, binary(g, OP_matmul, view(0), w));
  graph_root(g, ROOT_VALUE, "transposed", 0, graph_op2(g, OP_matmul, WITH(1), view(1), w));
  check_stays(ROWS, true);
}
END_TEST

START_TEST(many_rows_stay) {
  for (int k = 0; k < 2; k++) graph_root(g, ROOT_VALUE, k ? "one" : "two", 0, encode(view(k)));
  ck_assert_ptr_nonnull(stack_applications(arena, g, 64, true));
  check_stays(65, true);
}
END_TEST

/* Sixteen numbers of weights, and more of values to move. */
START_TEST(what_does_not_pay_stays) {
  node_id w = variable(g, 0, SHAPE(16, 1));
  for (int k = 0; k < 2; k++) graph_root(g, ROOT_VALUE, k ? "one" : "two", 0, binary(g, OP_matmul, view(k), w));
  stacked(1, 0);
  check_stays(ROWS, false);
}
END_TEST

START_TEST(a_literal_graph_stays) {
  g = graph_new(arena, "literal", true);
  for (int k = 0; k < 2; k++) graph_root(g, ROOT_VALUE, k ? "one" : "two", 0, encode(view(k)));
  check_stays(ROWS, true);
}
END_TEST

int main(void) {
  kernels_start();
  Suite *suite = suite_create("stack");
  TCase *tests = tcase_create("stack");
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_loop_test(tests, a_shared_encoder_is_one, 2, 4);
  tcase_add_test(tests, members_go_their_own_ways);
  tcase_add_test(tests, layers_after_layers);
  tcase_add_test(tests, members_of_any_shape);
  tcase_add_test(tests, a_recurrence_stays);
  tcase_add_test(tests, pairs_that_cross);
  tcase_add_test(tests, a_view_made_of_what_follows_another);
  tcase_add_test(tests, operands_that_are_partly_the_same);
  tcase_add_test(tests, a_layer_with_other_settings_is_another);
  tcase_add_test(tests, many_rows_stay);
  tcase_add_test(tests, what_does_not_pay_stays);
  tcase_add_test(tests, a_literal_graph_stays);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
