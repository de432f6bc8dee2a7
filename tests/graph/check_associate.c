/* The order of products over the batch: the graph with the other order has the same roots and gradients in double, the sum
 * over rows is gone where that multiplies less, and it stays where something else reads it. */
#include "tests/graph/compare.h"

static struct graph *g;
static node_id x, y; /* [batch, 16] and [batch, 14], which have gradients */

static void begin(void) {
  arena = arena_new();
  g = graph_new(arena, "associate", false);
  x = binary(g, OP_mul, column(g, 0, SHAPE(16)), variable(g, 0, SHAPE(16)));
  y = binary(g, OP_sub, column(g, 1, SHAPE(14)), variable(g, 1, SHAPE(14)));
}
static void end(void) { arena_free(arena); }

static node_id sum_of_products(void) { return binary(g, OP_matmul_rows, x, y); }

/* Minus twice the matrix over the number of rows. */
static node_id multiple(node_id m) {
  node_id number = graph_op0(g, OP_rows, NULL);
  return unary(g, OP_negate, binary(g, OP_div, binary(g, OP_mul, graph_number(g, 2), m), number));
}

static node_id by(node_id a, node_id m, bool transposed) { return graph_op2(g, OP_matmul, WITH(transposed), a, m); }

static node_id squares(node_id a) { return total(g, unary(g, OP_square, a)); }

/* With so many sums over rows left. */
static struct graph *other_order(int left) {
  struct graph *out = associate(arena, g, ROWS);
  ck_assert_ptr_nonnull(out);
  ck_assert_int_eq((int)out->rows, ROWS);
  compare(g, out);
  ck_assert_int_eq(count(out, OP_matmul_rows), left);
  return out;
}

static void check_stays(void) { ck_assert_ptr_null(associate(arena, g, ROWS)); }

START_TEST(squares_are_of_matrices_of_the_batch) {
  finish(g, squares(sum_of_products()));
  other_order(0);
}
END_TEST

START_TEST(multiples_have_their_numbers) {
  finish(g, squares(multiple(sum_of_products())));
  other_order(0);
}
END_TEST

START_TEST(a_code_with_itself_has_one_matrix) {
  node_id m = binary(g, OP_matmul_rows, x, x);
  finish(g, squares(m));
  ck_assert_int_eq(count(other_order(0), OP_rows_to_axis), 1);
}
END_TEST

START_TEST(products_go_by_the_rows) {
  node_id m = sum_of_products();
  node_id a = column(g, 2, SHAPE(16)), b = column(g, 3, SHAPE(14));
  graph_root(g, ROOT_VALUE, "plain", 0, by(a, multiple(m), false));
  graph_root(g, ROOT_VALUE, "transposed", 0, by(b, m, true));
  ck_assert_int_eq(count(other_order(0), OP_matmul), 4);
}
END_TEST

/* A matrix of each row, and one without rows. */
START_TEST(products_have_any_lines) {
  node_id m = sum_of_products();
  graph_root(g, ROOT_VALUE, "lines", 0, by(column(g, 2, SHAPE(5, 16)), m, false));
  graph_root(g, ROOT_VALUE, "matrix", 0, by(variable(g, 3, SHAPE(2, 14)), m, true));
  other_order(0);
}
END_TEST

START_TEST(of_many_rows_the_sum_is_made) {
  x = graph_op1(g, OP_slice, WITH(0, 0, 3), x);
  finish(g, squares(sum_of_products()));
  check_stays();
}
END_TEST

/* What else can read it: an operation, a root, a root of its squares, a sum of its squares within lines, a product in
 * which it comes first. */
START_TEST(what_is_read_is_made) {
  node_id m = sum_of_products(), s = unary(g, OP_square, m), t = multiple(m);
  const node_id readers[] = {
      unary(g, OP_exp, t),    m, t, s, graph_op1(g, OP_sum, WITH(1), s), by(m, variable(g, 3, SHAPE(14, 2)), false),
      binary(g, OP_mul, s, s)};
  graph_root(g, ROOT_VALUE, "squares", 0, total(g, s));
  ck_assert_ptr_nonnull(associate(arena, g, ROWS));
  graph_root(g, ROOT_VALUE, "reader", 0, readers[_i]);
  check_stays();
}
END_TEST

/* The one goes, the other stays. */
START_TEST(each_sum_for_itself) {
  node_id kept = binary(g, OP_matmul_rows, y, y);
  graph_root(g, ROOT_VALUE, "matrix", 0, kept);
  graph_root(g, ROOT_VALUE, "product", 0, by(y, kept, false));
  finish(g, squares(multiple(sum_of_products())));
  other_order(1);
}
END_TEST

START_TEST(matrices_without_rows_stay) {
  node_id a = variable(g, 3, SHAPE(2, 16));
  graph_root(g, ROOT_VALUE, "squares", 0, squares(binary(g, OP_matmul_rows, a, a)));
  check_stays();
}
END_TEST

START_TEST(a_literal_graph_stays) {
  g = graph_new(arena, "literal", true);
  x = column(g, 0, SHAPE(16)), y = column(g, 1, SHAPE(14));
  graph_root(g, ROOT_VALUE, "squares", 0, squares(sum_of_products()));
  check_stays();
}
END_TEST

int main(void) {
  kernels_start();
  Suite *suite = suite_create("associate");
  TCase *tests = tcase_create("associate");
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, squares_are_of_matrices_of_the_batch);
  tcase_add_test(tests, multiples_have_their_numbers);
  tcase_add_test(tests, a_code_with_itself_has_one_matrix);
  tcase_add_test(tests, products_go_by_the_rows);
  tcase_add_test(tests, products_have_any_lines);
  tcase_add_test(tests, of_many_rows_the_sum_is_made);
  tcase_add_loop_test(tests, what_is_read_is_made, 0, 7);
  tcase_add_test(tests, each_sum_for_itself);
  tcase_add_test(tests, matrices_without_rows_stay);
  tcase_add_test(tests, a_literal_graph_stays);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
