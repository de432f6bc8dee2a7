/* Sharing and folding, shape problems as the user reads them, and the verifier against graphs broken by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "pass/pass.h"
#include "tests/graph/build.h"

static struct arena *arena;
static struct graph *g;
static node_id x, w, s; /* [batch, 3], [3], and one number a row */

static void begin(void) {
  arena = arena_new();
  g = graph_new(arena, "test", false);
  x = column(g, 0, SHAPE(3));
  w = variable(g, 0, SHAPE(3));
  s = column(g, 1, (struct shape){0});
}
static void end(void) {
  struct error error = {0};
  ck_assert_msg(graph_verify(g, &error), "%s", error.message);
  arena_free(arena);
}

static node_id number(double value) { return graph_number(g, value); }

static void check_constant(node_id id, double expected) {
  double value;
  ck_assert(graph_is_constant(g, id, &value));
  ck_assert_double_eq_tol(value, expected, 1e-12);
}

/* ---- sharing ---- */

START_TEST(equal_work_is_one_node) {
  ck_assert_uint_eq(binary(g, OP_add, x, w), binary(g, OP_add, x, w));
  ck_assert_uint_eq(binary(g, OP_add, x, w), binary(g, OP_add, w, x));
  ck_assert_uint_eq(variable(g, 0, SHAPE(3)), w);
  ck_assert_uint_ne(variable(g, 1, SHAPE(3)), w);
  ck_assert_uint_ne(binary(g, OP_sub, x, w), binary(g, OP_sub, w, x));
  ck_assert_uint_ne(unary(g, OP_exp, x), unary(g, OP_tanh, x));
  ck_assert_uint_ne(number(0), number(-0.0)); /* they differ under a division */
}
END_TEST

START_TEST(settings_tell_nodes_apart) {
  node_id first = graph_op1(g, OP_slice, WITH(0, 0, 2), x), second = graph_op1(g, OP_slice, WITH(0, 1, 3), x);
  ck_assert_uint_ne(first, second);
  ck_assert_uint_eq(first, graph_op1(g, OP_slice, WITH(0, 0, 2), x));
}
END_TEST

START_TEST(draws_are_their_keys) {
  struct attr one = {.key = 1, .shape = SHAPE(3), .rows = true}, two = one, narrow = one;
  two.key = 2;
  narrow.shape = SHAPE(2);
  ck_assert_uint_eq(graph_op0(g, OP_uniform, &one), graph_op0(g, OP_uniform, &one));
  ck_assert_uint_ne(graph_op0(g, OP_uniform, &one), graph_op0(g, OP_uniform, &two));
  ck_assert_uint_ne(graph_op0(g, OP_uniform, &one), graph_op0(g, OP_uniform, &narrow));
  ck_assert_uint_ne(graph_op0(g, OP_uniform, &one), graph_op0(g, OP_normal, &one));
}
END_TEST

START_TEST(sharing_survives_growth) {
  node_id made[500];
  for (int k = 0; k < 500; k++) made[k] = binary(g, OP_add, x, number(k + 1));
  for (int k = 0; k < 500; k++) ck_assert_uint_eq(made[k], binary(g, OP_add, x, number(k + 1)));
}
END_TEST

START_TEST(a_plain_graph_shares_only_what_is_stored) {
  struct graph *plain = graph_new(arena, "plain", true);
  node_id a = variable(plain, 0, SHAPE(3));
  ck_assert_uint_eq(a, variable(plain, 0, SHAPE(3)));
  ck_assert_uint_ne(unary(plain, OP_exp, a), unary(plain, OP_exp, a));
  ck_assert_uint_ne(binary(plain, OP_add, a, graph_number(plain, 0)), a);
}
END_TEST

/* ---- folding ---- */

START_TEST(numbers_are_computed) {
  check_constant(binary(g, OP_add, number(2), number(3)), 5);
  check_constant(unary(g, OP_sqrt, number(2)), sqrt(2));
  check_constant(graph_op3(g, OP_select, NULL, number(1), number(4), number(5)), 4);
  node_id array = graph_constant(g, SHAPE(3), 2);
  check_constant(binary(g, OP_mul, array, number(3)), 6);
  check_constant(graph_op1(g, OP_sum, WITH(1), array), 6);
  check_constant(spread(g, number(7), 1, SHAPE(3)), 7);
}
END_TEST

START_TEST(what_is_not_finite_stays_where_it_arises) {
  ck_assert_int_eq(graph_node(g, binary(g, OP_div, number(1), number(0)))->op, OP_div);
}
END_TEST

START_TEST(neutral_elements_vanish) {
  ck_assert_uint_eq(binary(g, OP_add, x, number(0)), x);
  ck_assert_uint_eq(binary(g, OP_add, number(0), x), x);
  ck_assert_uint_eq(binary(g, OP_sub, x, number(0)), x);
  ck_assert_uint_eq(binary(g, OP_mul, number(1), x), x);
  ck_assert_uint_eq(binary(g, OP_div, x, number(1)), x);
  ck_assert_uint_eq(binary(g, OP_pow, x, number(1)), x);
  ck_assert_uint_eq(binary(g, OP_add, x, graph_constant(g, SHAPE(3), 0)), x);
}
END_TEST

/* Of a sum of products over the rows, and of multiples of it; a matrix that is none, or of something else, keeps its own. */
START_TEST(diagonals_of_sums_are_summed_alone) {
  node_id m = binary(g, OP_matmul_rows, x, x), alone;
  node_id y = binary(g, OP_add, x, w), n = variable(g, 1, (struct shape){0});
  ck_assert_uint_eq(unary(g, OP_diagonal, m), unary(g, OP_sum_rows, binary(g, OP_mul, x, x)));
  m = binary(g, OP_matmul_rows, x, y);
  alone = unary(g, OP_sum_rows, binary(g, OP_mul, x, y));
  ck_assert_uint_eq(unary(g, OP_diagonal, unary(g, OP_negate, binary(g, OP_div, binary(g, OP_mul, n, m), number(5)))),
                    unary(g, OP_negate, binary(g, OP_div, binary(g, OP_mul, n, alone), number(5))));
  ck_assert_int_eq(graph_node(g, unary(g, OP_diagonal, unary(g, OP_exp, m)))->op, OP_diagonal);
  ck_assert_int_eq(graph_node(g, unary(g, OP_diagonal, binary(g, OP_add, m, number(1))))->op, OP_diagonal);
  node_id matrix = variable(g, 2, SHAPE(2, 3));
  ck_assert_int_eq(graph_node(g, unary(g, OP_diagonal, binary(g, OP_matmul_rows, matrix, matrix)))->op, OP_diagonal);
}
END_TEST

START_TEST(a_fold_never_changes_a_type) {
  node_id zeros = graph_constant(g, SHAPE(3), 0), wide = binary(g, OP_add, s, zeros);
  ck_assert_uint_ne(wide, s); /* [batch] is not [batch, 3] */
  ck_assert_int_eq(graph_node(g, wide)->type.shape.rank, 1);
  node_id nothing = binary(g, OP_mul, x, number(0));
  check_constant(nothing, 0);
  ck_assert(graph_node(g, nothing)->type.rows);
  ck_assert(shape_equal(graph_node(g, nothing)->type.shape, SHAPE(3)));
}
END_TEST

START_TEST(powers_become_cheap) {
  ck_assert_uint_eq(binary(g, OP_pow, x, number(2)), unary(g, OP_square, x));
  ck_assert_uint_eq(binary(g, OP_pow, x, number(0.5)), unary(g, OP_sqrt, x));
  ck_assert_uint_eq(binary(g, OP_mul, x, x), unary(g, OP_square, x));
  check_constant(binary(g, OP_pow, x, number(0)), 1);
}
END_TEST

START_TEST(signs_and_factors_meet) {
  node_id minus = unary(g, OP_negate, x);
  ck_assert_uint_eq(unary(g, OP_negate, minus), x);
  ck_assert_uint_eq(binary(g, OP_mul, x, number(-1)), minus);
  ck_assert_uint_eq(binary(g, OP_add, w, minus), binary(g, OP_sub, w, x));
  ck_assert_uint_eq(binary(g, OP_sub, w, minus), binary(g, OP_add, w, x));
  ck_assert_uint_eq(binary(g, OP_sub, number(0), x), minus);
  node_id twice = binary(g, OP_mul, x, number(2));
  ck_assert_uint_eq(binary(g, OP_mul, number(3), twice), binary(g, OP_mul, x, number(6)));
  ck_assert_uint_eq(unary(g, OP_negate, twice), binary(g, OP_mul, x, number(-2)));
  node_id a = variable(g, 5, (struct shape){0}), b = variable(g, 6, (struct shape){0});
  ck_assert_uint_eq(binary(g, OP_mul, a, binary(g, OP_mul, b, x)), binary(g, OP_mul, binary(g, OP_mul, a, b), x));
  ck_assert_uint_eq(binary(g, OP_mul, a, twice), binary(g, OP_mul, binary(g, OP_mul, a, number(2)), x));
}
END_TEST

START_TEST(moves_of_nothing_vanish) {
  node_id m = column(g, 2, SHAPE(2, 3));
  ck_assert_uint_eq(reshape(g, m, SHAPE(2, 3)), m);
  ck_assert_uint_eq(reshape(g, reshape(g, m, SHAPE(6)), SHAPE(3, 2)), reshape(g, m, SHAPE(3, 2)));
  ck_assert_uint_eq(graph_op1(g, OP_transpose, WITH(0, 1), m), m);
  ck_assert_uint_ne(graph_op1(g, OP_transpose, WITH(1, 0), m), m);
  ck_assert_uint_eq(graph_op1(g, OP_slice, WITH(1, 0, 3), m), m);
  ck_assert_uint_eq(graph_op1(g, OP_pad, WITH(1, 0, 0), m), m);
  ck_assert_uint_eq(graph_op1(g, OP_sum, WITH(0), m), m);
  node_id stopped = unary(g, OP_stop, m);
  ck_assert_uint_eq(unary(g, OP_stop, stopped), stopped);
}
END_TEST

START_TEST(parts_are_found_where_they_were_put) {
  node_id a = column(g, 2, SHAPE(2, 2)), b = column(g, 3, SHAPE(2, 3)), both = graph_op2(g, OP_concat, WITH(1), a, b);
  ck_assert_uint_eq(graph_op1(g, OP_slice, WITH(1, 0, 2), both), a);
  ck_assert_uint_eq(graph_op1(g, OP_slice, WITH(1, 2, 5), both), b);
  node_id part = graph_op1(g, OP_slice, WITH(1, 3, 5), both);
  ck_assert_uint_eq(part, graph_op1(g, OP_slice, WITH(1, 1, 3), b));
  ck_assert_uint_eq(graph_op1(g, OP_slice, WITH(1, 1, 2), part), graph_op1(g, OP_slice, WITH(1, 2, 3), b));
  ck_assert_int_eq(graph_node(g, graph_op1(g, OP_slice, WITH(1, 1, 4), both))->op, OP_slice); /* of both */
  ck_assert_uint_eq(graph_node(g, graph_op1(g, OP_slice, WITH(1, 1, 4), both))->in[0], both);
  ck_assert_uint_eq(graph_node(g, graph_op1(g, OP_slice, WITH(0, 0, 1), both))->in[0], both); /* another axis */
}
END_TEST

START_TEST(padded_parts_are_put_side_by_side) {
  node_id a = column(g, 2, SHAPE(2)), b = column(g, 3, SHAPE(3));
  node_id first = graph_op1(g, OP_pad, WITH(0, 0, 3), a), second = graph_op1(g, OP_pad, WITH(0, 2, 0), b);
  node_id both = graph_op2(g, OP_concat, WITH(0), a, b);
  ck_assert_uint_eq(binary(g, OP_add, first, second), both);
  ck_assert_uint_eq(binary(g, OP_add, second, first), both);
  node_id within = binary(g, OP_add, graph_op1(g, OP_pad, WITH(0, 1, 6), a), graph_op1(g, OP_pad, WITH(0, 3, 3), b));
  ck_assert_uint_eq(within, graph_op1(g, OP_pad, WITH(0, 1, 3), both));
  node_id apart = binary(g, OP_add, graph_op1(g, OP_pad, WITH(0, 0, 7), a), graph_op1(g, OP_pad, WITH(0, 3, 3), b));
  ck_assert_int_eq(graph_node(g, apart)->op, OP_add);
  ck_assert_int_eq(graph_node(g, binary(g, OP_sub, first, second))->op, OP_sub);
}
END_TEST

START_TEST(zeros_pass_through_linear_operations) {
  node_id image = graph_constant(g, SHAPE(1, 4, 4), 0), filters = variable(g, 3, SHAPE(2, 1, 3, 3));
  check_constant(graph_op2(g, OP_conv2d, WITH(1, 0), image, filters), 0);
  check_constant(graph_op2(g, OP_matmul, NULL, graph_constant(g, SHAPE(4), 0), variable(g, 4, SHAPE(4, 2))), 0);
  check_constant(graph_op1(g, OP_pad, WITH(0, 1, 1), image), 0);
}
END_TEST

START_TEST(pooling_comes_before_what_it_commutes_with) {
  node_id image = column(g, 2, SHAPE(2, 4, 4)), bias = variable(g, 3, SHAPE(2));
  node_id z = unary(g, OP_relu, binary(g, OP_add, image, spread(g, bias, 6, SHAPE(2, 4, 4))));
  node_id places = graph_op1(g, OP_pool_argmax, WITH(2, 2), z);
  ck_assert_uint_eq(places, graph_op1(g, OP_pool_argmax, WITH(2, 2), image));
  node_id taken = graph_op2(g, OP_pool_take, WITH(2, 2), image, places);
  node_id late = unary(g, OP_relu, binary(g, OP_add, taken, spread(g, bias, 6, SHAPE(2, 2, 2))));
  ck_assert_uint_eq(graph_op2(g, OP_pool_take, WITH(2, 2), z, places), late);
  node_id even = unary(g, OP_square, image); /* not increasing */
  ck_assert_uint_ne(graph_op1(g, OP_pool_argmax, WITH(2, 2), even), places);
  node_id deep = image;
  for (int k = 0; k < 200000; k++) deep = unary(g, k % 2 ? OP_tanh : OP_relu, deep);
  ck_assert_uint_ne(graph_op1(g, OP_pool_argmax, WITH(2, 2), deep), places);
}
END_TEST

START_TEST(pooling_with_channels_last_folds_likewise) {
  node_id image = column(g, 2, SHAPE(4, 4, 2)), bias = variable(g, 3, SHAPE(2)), along = variable(g, 4, SHAPE(4));
  struct attr last = {.i = {2, 2, 0, 0, 1}};
  node_id z = binary(g, OP_add, image, spread(g, bias, 3, SHAPE(4, 4, 2)));
  node_id places = graph_op1(g, OP_pool_argmax, &last, z);
  ck_assert_uint_eq(places, graph_op1(g, OP_pool_argmax, &last, image));
  node_id taken = graph_op2(g, OP_pool_take, &last, image, places);
  ck_assert_uint_eq(graph_op2(g, OP_pool_take, &last, z, places),
                    binary(g, OP_add, taken, spread(g, bias, 3, SHAPE(2, 2, 2))));
  node_id lines = binary(g, OP_add, image, spread(g, along, 6, SHAPE(4, 4, 2))); /* not one number a channel */
  ck_assert_uint_ne(graph_op1(g, OP_pool_argmax, &last, lines), places);
}
END_TEST

START_TEST(sums_within_rows_come_first) {
  node_id m = column(g, 2, SHAPE(2, 3)), summed = unary(g, OP_sum_rows, m);
  ck_assert_uint_eq(graph_op1(g, OP_sum, WITH(2), summed), unary(g, OP_sum_rows, graph_op1(g, OP_sum, WITH(2), m)));
}
END_TEST

START_TEST(elementwise_operations_repeat_for_themselves) {
  node_id one = variable(g, 5, (struct shape){0});
  ck_assert_uint_eq(binary(g, OP_mul, x, spread(g, one, 1, SHAPE(3))), binary(g, OP_mul, x, one));
  ck_assert_uint_eq(binary(g, OP_mul, x, unary(g, OP_to_rows, w)), binary(g, OP_mul, x, w));
  node_id lonely = unary(g, OP_exp, unary(g, OP_to_rows, w)); /* nobody else brings the rows */
  ck_assert(graph_node(g, lonely)->type.rows);
}
END_TEST

START_TEST(a_known_condition_chooses) {
  ck_assert_uint_eq(graph_op3(g, OP_select, NULL, number(1), x, w), x);
  ck_assert_uint_ne(graph_op3(g, OP_select, NULL, number(0), x, w), w); /* w has no rows, the choice has */
  ck_assert_uint_eq(graph_op3(g, OP_select, NULL, s, x, x), x);
}
END_TEST

START_TEST(coupling_follows_sums_over_rows) {
  node_id sum = unary(g, OP_sum_rows, x);
  ck_assert(graph_node(g, sum)->coupled && !graph_node(g, sum)->type.rows);
  ck_assert(graph_node(g, binary(g, OP_sub, x, sum))->coupled);
  ck_assert(!graph_node(g, binary(g, OP_sub, x, w))->coupled);
  ck_assert_uint_eq(unary(g, OP_sum_rows, w), w);
}
END_TEST

/* ---- problems ---- */

static void check_problem(enum op op, const struct attr *attr, node_id a, node_id b, const char *text) {
  struct shape_problem problem = {.message = ""};
  ck_assert_uint_eq(graph_add(g, op, attr, (node_id[]){a, b, a, a}, &problem), 0);
  ck_assert_str_eq(problem.message, text);
}

START_TEST(problems_say_what_does_not_fit) {
  node_id m = column(g, 2, SHAPE(2, 3)), image = column(g, 3, SHAPE(1, 2, 14)), v = column(g, 4, SHAPE(10));
  node_id table = variable(g, 6, SHAPE(20, 5)), filters = variable(g, 7, SHAPE(8, 1, 3, 3));
  check_problem(OP_add, NULL, column(g, 5, SHAPE(300)), column(g, 6, SHAPE(256)),
                "cannot add [batch, 300] and [batch, 256]");
  check_problem(OP_sub, NULL, v, x, "cannot subtract [batch, 3] from [batch, 10]");
  check_problem(OP_less, NULL, v, x, "cannot compare [batch, 10] and [batch, 3]");
  check_problem(OP_matmul, NULL, v, table, "cannot multiply [batch, 10] by [20, 5]: 10 and 20 differ");
  check_problem(OP_matmul, WITH(1), v, table, "cannot multiply [batch, 10] by [5, 20]: 10 and 5 differ");
  check_problem(OP_matmul, NULL, v, m,
                "cannot multiply [batch, 10] by [batch, 2, 3]: the second must be a matrix without rows");
  check_problem(OP_conv2d, WITH(1, 0), v, filters, "a convolution needs [channels, height, width], not [batch, 10]");
  check_problem(OP_conv2d, WITH(1, 0), image, filters, "filters of 3 x 3 do not fit [batch, 1, 2, 14]");
  check_problem(OP_conv2d, WITH(0, 0), image, filters, "a convolution with a stride of 0");
  check_problem(OP_pool_argmax, WITH(3, 1), image, 0, "windows of 3 x 3 do not fit [batch, 1, 2, 14]");
  check_problem(OP_reshape, &(struct attr){.shape = SHAPE(3, 14, 7)}, v, 0,
                "cannot reshape [batch, 10] to [batch, 3, 14, 7]: 10 numbers are not 294");
  check_problem(OP_slice, WITH(0, 5, 30), v, 0,
                "cannot take elements 5 up to 30 of axis 0 of [batch, 10], which has 10");
  check_problem(OP_concat, WITH(0), m, v, "cannot join [batch, 2, 3] and [batch, 10] along axis 0");
  check_problem(OP_sum, WITH(2), v, 0, "[batch, 10] does not have all the axes to sum over");
  check_problem(OP_matmul_rows, NULL, w, x,
                "cannot sum products of [3] and [batch, 3] over the rows: only one of them has rows");
  check_problem(OP_conv2d_weights, WITH(1, 0, 2, 2), image, variable(g, 8, SHAPE(4, 1, 13)),
                "cannot sum products of [batch, 1, 2, 14] and [4, 1, 13] over the rows: only one of them has rows");
  check_problem(OP_batch_norm_scale, NULL, w, x,
                "cannot sum products of [3] and [batch, 3] over the rows: only one of them has rows");
}
END_TEST

START_TEST(types_must_fit) {
  struct attr attr = {.i = {8, U8}, .shape = SHAPE(4), .rows = true};
  node_id bytes = graph_op0(g, OP_column, &attr);
  check_problem(OP_exp, NULL, bytes, 0,
                "exp takes floating-point numbers, not [batch, 4] of u8: convert with to_float");
  ck_assert_uint_ne(unary(g, OP_exp, unary(g, OP_to_float, bytes)), 0);
  check_problem(OP_to_float, NULL, x, 0, "[batch, 3] holds floating-point numbers already");
}
END_TEST

START_TEST(sizes_do_not_overflow) {
  const int64_t huge = INT64_MAX / 2;
  struct shape_problem problem;
  struct attr wide = {.shape = SHAPE(1 << 30, 1 << 30, 1 << 30)}, pad = {.i = {0, huge, huge}};
  ck_assert_uint_eq(graph_add(g, OP_variable, &wide, NULL, &problem), 0);
  ck_assert_uint_eq(graph_add(g, OP_pad, &pad, &x, &problem), 0);
  ck_assert_uint_eq(graph_add(g, OP_one_hot, WITH(INT64_MAX), &x, &problem), 0);
  ck_assert_uint_eq(graph_add(g, OP_sum, WITH(-1), &x, &problem), 0);
  ck_assert_uint_eq(graph_add(g, OP_transpose, WITH(-1), &x, &problem), 0);
  ck_assert_uint_eq(graph_add(g, OP_constant, &(struct attr){.shape = {.rank = 9}}, NULL, &problem), 0);
  ck_assert_uint_eq(graph_add(g, OP_constant, &(struct attr){.shape = SHAPE(0)}, NULL, &problem), 0);
}
END_TEST

START_TEST(work_is_counted) {
  struct value_type x3 = {F32, SHAPE(1, 28, 14), true}, w4 = {F32, SHAPE(128, 1, 3, 3), false}, out;
  struct value_type in[2] = {x3, w4};
  struct attr attr = {.i = {1, 0}};
  ck_assert(op_infer(OP_conv2d, &attr, in, &out, NULL));
  ck_assert(shape_equal(out.shape, SHAPE(128, 26, 12)));
  ck_assert_double_eq(op_work(OP_conv2d, &attr, in, &out), 2.0 * 128 * 26 * 12 * 9);
  struct value_type product[2] = {{F32, SHAPE(640), true}, {F32, SHAPE(500, 640), false}};
  ck_assert(op_infer(OP_matmul, WITH(1), product, &out, NULL));
  ck_assert_double_eq(op_work(OP_matmul, WITH(1), product, &out), 2.0 * 640 * 500);
}
END_TEST

/* ---- the verifier ---- */

/* Breaks a copy of a good graph and expects to be told about it. */
static void check_broken(const char *reported, void (*damage)(struct graph *graph, struct node *sum)) {
  struct graph *graph = graph_new(arena, "broken", false);
  node_id a = column(graph, 0, SHAPE(3)), b = variable(graph, 0, SHAPE(3));
  node_id sum = unary(graph, OP_sum_rows, binary(graph, OP_add, a, b));
  graph_root(graph, ROOT_VALUE, "sum", 0, sum);
  graph_root(graph, ROOT_WRITE, "b", 0, sum);
  struct error error = {0};
  ck_assert_ptr_eq(pass_run("none", graph, &error), graph);
  damage(graph, graph_at(graph, sum));
  ck_assert(!graph_verify(graph, &error));
  ck_assert_msg(strstr(error.message, reported) != NULL, "'%s' does not say '%s'", error.message, reported);
  struct error after = {0}; /* where a pass has made it, that is named */
  ck_assert_ptr_null(pass_run("damage", graph, &after));
  ck_assert_msg(strstr(after.message, "after the pass 'damage' graph 'broken'") == after.message, "%s", after.message);
}

static void later_input(struct graph *graph, struct node *sum) { (void)graph, sum->in[0] = 9; }
static void no_input(struct graph *graph, struct node *sum) { (void)graph, sum->in[0] = 0; }
static void other_arity(struct graph *graph, struct node *sum) { (void)graph, sum->inputs = 2; }
static void no_operation(struct graph *graph, struct node *sum) { (void)graph, sum->op = OP_COUNT; }
static void other_shape(struct graph *graph, struct node *sum) { (void)graph, sum->type.shape = SHAPE(4); }
static void other_type(struct graph *graph, struct node *sum) { (void)graph, sum->type.type = U8; }
static void more_rows(struct graph *graph, struct node *sum) { (void)graph, sum->type.rows = true; }
/* The sum's operands: %1, a column, %2, a variable, and %3, their sum by element. */
enum { SUM = 4 };
static void no_rows(struct graph *graph, struct node *sum) { (void)sum, graph_at(graph, 3)->type.rows = false; }
static void column_without_rows(struct graph *graph, struct node *sum) {
  (void)sum;
  graph_at(graph, 1)->attr.rows = graph_at(graph, 1)->type.rows = false;
}
static void variable_with_rows(struct graph *graph, struct node *sum) {
  (void)sum;
  graph_at(graph, 2)->attr.rows = graph_at(graph, 2)->type.rows = true;
}
static void count_with_rows(struct graph *graph, struct node *sum) {
  (void)sum;
  graph_at(graph, graph_op0(graph, OP_rows, NULL))->type.rows = true;
}
static void draw_without_rows(struct graph *graph, struct node *sum) {
  struct attr attr = {.shape = SHAPE(3), .rows = true};
  (void)sum;
  graph_at(graph, graph_op0(graph, OP_normal, &attr))->type.rows = false;
}
static void rows_to_none(struct graph *graph, struct node *sum) { (void)graph, sum->op = OP_square; }
static void coupled_rows(struct graph *graph, struct node *sum) {
  rows_to_none(graph, sum);
  sum->type.rows = true;
}
static void half_of_the_rows(struct graph *graph, struct node *sum) {
  node_id mixed = graph_op2(graph, OP_matmul_rows, NULL, 1, 3);
  (void)sum;
  graph_at(graph, mixed)->in[1] = 2;
}
static void rowed_weights(struct graph *graph, struct node *sum) {
  node_id w = variable(graph, 7, SHAPE(3, 3)), x = spread(graph, 1, 1, SHAPE(3, 3));
  node_id y = graph_op2(graph, OP_matmul, NULL, 1, w);
  (void)sum;
  graph_at(graph, y)->in[1] = x;
}
static void uncoupled_reader(struct graph *graph, struct node *sum) {
  (void)sum;
  node_id reader = binary(graph, OP_sub, 1, SUM);
  graph_at(graph, reader)->coupled = false;
}
static void uncoupled(struct graph *graph, struct node *sum) { (void)graph, sum->coupled = false; }
static void nowhere(struct graph *graph, struct node *sum) { (void)graph, sum->where = NULL; }
static void bad_setting(struct graph *graph, struct node *sum) {
  (void)graph;
  sum->op = OP_sum;
  sum->type.rows = true;
  sum->coupled = false;
  sum->attr.i[0] = 8;
}
static void bad_number(struct graph *graph, struct node *sum) {
  (void)sum;
  graph_at(graph, 1)->attr.i[0] = -1;
}
static void same_name(struct graph *graph, struct node *sum) {
  (void)sum;
  graph_root(graph, ROOT_VALUE, "sum", 0, SUM);
}
static void same_target(struct graph *graph, struct node *sum) {
  (void)sum;
  graph_root(graph, ROOT_WRITE, "again", 0, SUM);
}
static void rowed_write(struct graph *graph, struct node *sum) {
  (void)sum;
  graph->roots.at[1].node = 1;
}
static void other_target(struct graph *graph, struct node *sum) {
  variable(graph, 4, SHAPE(2));
  (void)sum;
  graph->roots.at[1].target = 4;
}
static void other_leaf(struct graph *graph, struct node *sum) {
  (void)sum;
  variable(graph, 0, SHAPE(2));
}
static void no_root(struct graph *graph, struct node *sum) {
  (void)sum;
  graph->roots.at[0].node = 99;
}

START_TEST(the_verifier_finds_damage) {
  check_broken("an input does not come before it", later_input);
  check_broken("an input does not come before it", no_input);
  check_broken("wrong number of inputs", other_arity);
  check_broken("no such operation", no_operation);
  check_broken("its type is not what its inputs make", other_shape);
  check_broken("its type is not what its inputs make", other_type);
  check_broken("it has rows, but nothing in it differs", more_rows);
  check_broken("it has no rows, but what it reads differs", no_rows);
  check_broken("it has no rows, but what it reads differs", rows_to_none);
  check_broken("it has rows, but nothing in it differs", column_without_rows);
  check_broken("it has no rows, but what it reads differs", draw_without_rows);
  check_broken("it has rows, but nothing in it differs", variable_with_rows);
  check_broken("it has rows, but nothing in it differs", count_with_rows);
  check_broken("it sums over rows that only some of its inputs have", half_of_the_rows);
  check_broken("an input that all rows share has rows", rowed_weights);
  check_broken("marked wrongly as depending on other rows", uncoupled);
  check_broken("marked wrongly as depending on other rows", coupled_rows);
  check_broken("marked wrongly as depending on other rows", uncoupled_reader);
  check_broken("it belongs nowhere", nowhere);
  check_broken("does not have all the axes", bad_setting);
  check_broken("its number is out of range", bad_number);
  check_broken("two values have the same name", same_name);
  check_broken("a variable is written twice", same_target);
  check_broken("it cannot be stored", rowed_write);
  check_broken("it does not fit the variable", other_target);
  check_broken("with another type", other_leaf);
  check_broken("is not a node", no_root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("graph");
  TCase *tests = tcase_create("build");
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, equal_work_is_one_node);
  tcase_add_test(tests, settings_tell_nodes_apart);
  tcase_add_test(tests, draws_are_their_keys);
  tcase_add_test(tests, sharing_survives_growth);
  tcase_add_test(tests, a_plain_graph_shares_only_what_is_stored);
  tcase_add_test(tests, numbers_are_computed);
  tcase_add_test(tests, what_is_not_finite_stays_where_it_arises);
  tcase_add_test(tests, neutral_elements_vanish);
  tcase_add_test(tests, diagonals_of_sums_are_summed_alone);
  tcase_add_test(tests, a_fold_never_changes_a_type);
  tcase_add_test(tests, powers_become_cheap);
  tcase_add_test(tests, signs_and_factors_meet);
  tcase_add_test(tests, moves_of_nothing_vanish);
  tcase_add_test(tests, parts_are_found_where_they_were_put);
  tcase_add_test(tests, padded_parts_are_put_side_by_side);
  tcase_add_test(tests, zeros_pass_through_linear_operations);
  tcase_add_test(tests, pooling_comes_before_what_it_commutes_with);
  tcase_add_test(tests, pooling_with_channels_last_folds_likewise);
  tcase_add_test(tests, sums_within_rows_come_first);
  tcase_add_test(tests, elementwise_operations_repeat_for_themselves);
  tcase_add_test(tests, a_known_condition_chooses);
  tcase_add_test(tests, coupling_follows_sums_over_rows);
  tcase_add_test(tests, problems_say_what_does_not_fit);
  tcase_add_test(tests, types_must_fit);
  tcase_add_test(tests, sizes_do_not_overflow);
  tcase_add_test(tests, work_is_counted);
  tcase_add_test(tests, the_verifier_finds_damage);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
