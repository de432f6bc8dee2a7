/* Golden dumps: graphs before and after passes, as text beside this file (<name>.dump).  With CRL_GOLDEN=update
 * in the environment the files are written anew instead of compared. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "pass/pass.h"
#include "tests/graph/build.h"

static struct arena *arena;
static void begin(void) { arena = arena_new(); }
static void end(void) { arena_free(arena); }

static const char *golden_path(const char *name) {
  const char *folder = getenv("srcdir");
  return arena_format(arena, "%s/tests/graph/%s", folder ? folder : ".", name);
}

static void check_text(const char *name, const char *text) {
  const char *path = golden_path(name), *mode = getenv("CRL_GOLDEN");
  bool update = mode && !strcmp(mode, "update");
  FILE *file = fopen(path, update ? "w" : "r");
  ck_assert_msg(file != NULL, "cannot open %s", path);
  if (update) {
    fputs(text, file);
    fclose(file);
    return;
  }
  char *expected = arena_alloc(arena, strlen(text) + 2); /* one byte more shows a longer file */
  size_t n = fread(expected, 1, strlen(text) + 1, file);
  fclose(file);
  ck_assert_msg(n == strlen(text) && !strcmp(expected, text), "%s differs; the dump is now\n%s", path, text);
}

static void check_graph(const char *name, const struct graph *graph) {
  struct error error = {0};
  ck_assert_msg(graph_verify(graph, &error), "%s", error.message);
  check_text(name, graph_dump(arena, graph));
}

/* Roots "d<name>" for the gradients of loss. */
static void add_gradients(struct graph *g, node_id loss, const node_id *wrt, const char *const *name, size_t n) {
  node_id gradient[8];
  struct error error = {0};
  ck_assert_msg(differentiate(g, loss, wrt, n, gradient, &error), "%s", error.message);
  graph_root(g, ROOT_VALUE, "loss", 0, loss);
  for (size_t k = 0; k < n; k++) {
    const struct value_type *want = &graph_node(g, wrt[k])->type, *have = &graph_node(g, gradient[k])->type;
    ck_assert(shape_equal(want->shape, have->shape) && want->rows == have->rows && have->type == F32);
    graph_root(g, ROOT_VALUE, name[k], 0, gradient[k]);
  }
}

static node_id mean_square(struct graph *g, node_id a) {
  node_id sum = total(g, unary(g, OP_square, a));
  return binary(g, OP_div, sum, graph_op0(g, OP_rows, NULL));
}

/* x W' + b, squared error. */
static struct graph *dense(bool plain) {
  struct graph *g = graph_new(arena, "dense", plain);
  node_id x = column(g, 0, SHAPE(4)), y = column(g, 1, SHAPE(2)), w = variable(g, 0, SHAPE(2, 4)),
          b = variable(g, 1, SHAPE(2));
  g->where = "out";
  node_id z = binary(g, OP_add, graph_op2(g, OP_matmul, WITH(1), x, w), b);
  g->where = "";
  node_id loss = mean_square(g, binary(g, OP_sub, z, y));
  add_gradients(g, loss, (node_id[]){w, b, x}, (const char *[]){"dW", "db", "dx"}, 3);
  return g;
}

START_TEST(dense_layer) { check_graph("dense.dump", dense(false)); }
END_TEST
START_TEST(dense_layer_plain) { check_graph("dense-plain.dump", dense(true)); }
END_TEST

/* A convolution, relu and pooling on an image and on a zero view, which runs once whatever the batch. */
START_TEST(convolution) {
  struct graph *g = graph_new(arena, "convolution", false);
  node_id views[2] = {column(g, 0, SHAPE(1, 6, 5)), graph_constant(g, SHAPE(1, 6, 5), 0)};
  node_id w = variable(g, 0, SHAPE(2, 1, 3, 3)), b = variable(g, 1, SHAPE(2)), loss = graph_number(g, 0);
  for (int k = 0; k < 2; k++) {
    g->where = k ? "tower.zero" : "tower.conv1";
    node_id z = graph_op2(g, OP_conv2d, WITH(1, 0), views[k], w);
    z = unary(g, OP_relu, binary(g, OP_add, z, spread(g, b, 6, SHAPE(2, 4, 3))));
    node_id places = graph_op1(g, OP_pool_argmax, WITH(2, 2), z);
    z = graph_op2(g, OP_pool_take, WITH(2, 2), z, places);
    loss = binary(g, OP_add, loss, mean_square(g, z));
  }
  g->where = "";
  add_gradients(g, loss, (node_id[]){w, b}, (const char *[]){"dW", "db"}, 2);
  check_graph("convolution.dump", g);
  check_text("convolution.dot", graph_dot(arena, g));
}
END_TEST

START_TEST(batch_normalisation) {
  struct graph *g = graph_new(arena, "batch_norm", false);
  node_id x = column(g, 0, SHAPE(3, 2)), scale = variable(g, 0, SHAPE(3)), shift = variable(g, 1, SHAPE(3));
  node_id rows = graph_op0(g, OP_rows, NULL), n = binary(g, OP_mul, rows, graph_number(g, 2));
  node_id mean = binary(g, OP_div, unary(g, OP_sum_rows, graph_op1(g, OP_sum, WITH(2), x)), n);
  node_id centred = binary(g, OP_sub, x, spread(g, mean, 2, SHAPE(3, 2)));
  node_id squares = graph_op1(g, OP_sum, WITH(2), unary(g, OP_square, centred));
  node_id variance = binary(g, OP_div, unary(g, OP_sum_rows, squares), n);
  struct attr epsilon = {.f = {1e-5}};
  node_id z = graph_add(g, OP_batch_norm, &epsilon, (node_id[]){x, mean, variance, scale, shift}, NULL);
  node_id loss = mean_square(g, unary(g, OP_tanh, z));
  add_gradients(g, loss, (node_id[]){scale, shift, x}, (const char *[]){"dscale", "dshift", "dx"}, 3);
  graph_root(g, ROOT_WRITE, "mean", 2, mean);
  check_graph("batch-norm.dump", g);
}
END_TEST

/* Softmax cross entropy with stop, max, one-hot and a draw. */
START_TEST(leaves_and_settings) {
  struct graph *g = graph_new(arena, "settings", false);
  struct attr label = {.i = {1, U8}, .rows = true}, draw = {.key = 0xabc, .shape = SHAPE(4), .rows = true};
  node_id x = column(g, 0, SHAPE(4)), t = graph_op0(g, OP_column, &label), w = variable(g, 0, SHAPE(4));
  node_id noisy = binary(g, OP_add, binary(g, OP_mul, x, w), graph_op0(g, OP_normal, &draw));
  node_id top = unary(g, OP_stop, unary(g, OP_max_last, noisy));
  node_id z = binary(g, OP_sub, noisy, spread(g, top, 1, SHAPE(4)));
  node_id sum = unary(g, OP_log, graph_op1(g, OP_sum, WITH(1), unary(g, OP_exp, z)));
  node_id picked = graph_op1(g, OP_sum, WITH(1), binary(g, OP_mul, z, graph_op1(g, OP_one_hot, WITH(4), t)));
  node_id loss = binary(g, OP_div, unary(g, OP_sum_rows, binary(g, OP_sub, sum, picked)), graph_op0(g, OP_rows, NULL));
  node_id slow = binary(g, OP_mul, loss, graph_op0(g, OP_clock, WITH(1)));
  add_gradients(g, slow, (node_id[]){w}, (const char *[]){"dw"}, 1);
  check_graph("settings.dump", g);
}
END_TEST

START_TEST(moves) {
  struct graph *g = graph_new(arena, "moves", false);
  node_id x = column(g, 0, SHAPE(2, 3)), w = variable(g, 0, SHAPE(2, 3));
  node_id turned = graph_op1(g, OP_transpose, WITH(1, 0), binary(g, OP_mul, x, w));
  node_id cut = graph_op1(g, OP_slice, WITH(0, 1, 3), turned), wide = graph_op1(g, OP_pad, WITH(1, 1, 0), cut);
  node_id joined = graph_op2(g, OP_concat, WITH(0), wide, graph_constant(g, SHAPE(1, 3), 1.5));
  node_id image = reshape(g, joined, SHAPE(1, 3, 3));
  node_id large = graph_op1(g, OP_resize, WITH(5, 4, 1), image);
  add_gradients(g, total(g, unary(g, OP_square, large)), (node_id[]){w, x}, (const char *[]){"dw", "dx"}, 2);
  check_graph("moves.dump", g);
}
END_TEST

/* ---- refusals ---- */

START_TEST(a_draw_has_no_gradient) {
  struct graph *g = graph_new(arena, "draw", false);
  node_id w = variable(g, 0, (struct shape){0}), p = unary(g, OP_sigmoid, w), gradient;
  struct attr draw = {.key = 1, .rows = true};
  node_id d = binary(g, OP_less, graph_op0(g, OP_uniform, &draw), p);
  struct error error = {0};
  ck_assert(!differentiate(g, total(g, d), &w, 1, &gradient, &error));
  ck_assert_int_eq(error.kind, ERROR_MODEL);
  ck_assert_str_eq(error.message, "the loss depends on weights through a draw, which has no gradient");
  error = (struct error){0};
  ck_assert(differentiate(g, total(g, unary(g, OP_stop, d)), &w, 1, &gradient, &error));
  ck_assert(graph_is_constant(g, gradient, NULL));
  /* straight through: the value of d, the gradient of p */
  node_id straight = binary(g, OP_add, p, unary(g, OP_stop, binary(g, OP_sub, d, p)));
  ck_assert_msg(differentiate(g, total(g, straight), &w, 1, &gradient, &error), "%s", error.message);
  ck_assert(!graph_is_constant(g, gradient, NULL));
}
END_TEST

START_TEST(second_order_of_batch_norm_is_refused) {
  struct graph *g = graph_new(arena, "second", false);
  node_id x = variable(g, 0, SHAPE(2, 3)), c = variable(g, 1, SHAPE(2)), gradient;
  g->where = "tower.batchnorm1";
  node_id by_scale = graph_add(g, OP_batch_norm_scale, NULL, (node_id[]){x, x, c, c}, NULL);
  struct error error = {0};
  ck_assert(!differentiate(g, total(g, by_scale), &x, 1, &gradient, &error));
  ck_assert_msg(
      strstr(error.message, "'batch_norm_scale' of tower.batchnorm1, of a gradient, has no gradient itself") != NULL,
      "%s", error.message);
  error = (struct error){0};
  ck_assert(!differentiate(g, x, &c, 1, &gradient, &error));
  ck_assert_str_eq(error.message, "a loss is one number without rows");
}
END_TEST

START_TEST(what_the_loss_does_not_reach_has_gradient_zero) {
  struct graph *g = graph_new(arena, "apart", false);
  node_id w = variable(g, 0, SHAPE(3)), loss = total(g, variable(g, 1, SHAPE(3))), gradient[2];
  node_id later = variable(g, 2, SHAPE(2)), wrt[2] = {w, later};
  struct error error = {0};
  double value = 1;
  ck_assert(differentiate(g, loss, wrt, 2, gradient, &error));
  ck_assert(graph_is_constant(g, gradient[0], &value) && value == 0);
  ck_assert(shape_equal(graph_node(g, gradient[1])->type.shape, SHAPE(2)));
}
END_TEST

/* ---- prune and cut ---- */

START_TEST(pruning_keeps_what_roots_reach) {
  struct graph *g = graph_new(arena, "prune", false);
  node_id x = column(g, 0, SHAPE(3)), kept = unary(g, OP_exp, x), lost = unary(g, OP_tanh, x), map[8];
  graph_root(g, ROOT_VALUE, "kept", 0, kept);
  struct graph *small = prune(arena, g, map);
  ck_assert_uint_eq(small->nodes.n, 3);
  ck_assert_uint_ne(map[kept], 0);
  ck_assert_uint_eq(map[lost], 0);
  check_graph("pruned.dump", small);
}
END_TEST

/* The correlation-like loss reads codes; the codes are computed a batch at a time. */
static struct graph *codes(void) {
  struct graph *g = graph_new(arena, "codes", false);
  node_id x = column(g, 0, SHAPE(4)), w = variable(g, 0, SHAPE(4, 2)), rows = graph_op0(g, OP_rows, NULL);
  node_id h = unary(g, OP_tanh, graph_op2(g, OP_matmul, NULL, x, w));
  node_id centred = binary(g, OP_sub, h, binary(g, OP_div, unary(g, OP_sum_rows, h), rows));
  graph_root(g, ROOT_VALUE, "variance", 0, binary(g, OP_div, total(g, unary(g, OP_square, centred)), rows));
  graph_root(g, ROOT_VALUE, "share", 0, total(g, binary(g, OP_div, unary(g, OP_exp, h), rows)));
  graph_root(g, ROOT_VALUE, "weights", 0, total(g, unary(g, OP_abs, w)));
  return g;
}

START_TEST(cutting_at_rows) {
  struct cut cut = cut_at_rows(arena, codes(), 7);
  ck_assert_uint_eq(cut.columns, 2);
  check_graph("cut-first.dump", cut.first);
  check_graph("cut-second.dump", cut.second);
  for (size_t i = 1; i < cut.first->nodes.n; i++) {
    ck_assert(!graph_node(cut.first, (node_id)i)->coupled);
    ck_assert_int_ne(graph_node(cut.first, (node_id)i)->op, OP_rows);
  }
}
END_TEST

START_TEST(cutting_what_is_frozen) {
  struct graph *g = graph_new(arena, "probe", false);
  const bool frozen[2] = {true, false};
  node_id x = column(g, 0, SHAPE(4)), encoder = variable(g, 0, SHAPE(4, 2)), probe = variable(g, 1, SHAPE(2, 3));
  node_id h = unary(g, OP_relu, graph_op2(g, OP_matmul, NULL, x, encoder));
  node_id loss = mean_square(g, graph_op2(g, OP_matmul, NULL, h, probe));
  add_gradients(g, loss, &probe, (const char *[]){"dprobe"}, 1);
  struct cut cut = cut_frozen(arena, g, frozen, 3);
  ck_assert_uint_eq(cut.columns, 1);
  check_graph("frozen-first.dump", cut.first);
  check_graph("frozen-second.dump", cut.second);
}
END_TEST

START_TEST(draws_are_not_frozen) {
  struct graph *g = graph_new(arena, "dropout", false);
  const bool frozen[1] = {true};
  struct attr draw = {.key = 1, .shape = SHAPE(2), .rows = true};
  node_id x = column(g, 0, SHAPE(4)), h = graph_op2(g, OP_matmul, NULL, x, variable(g, 0, SHAPE(4, 2)));
  node_id kept = binary(g, OP_mul, h, binary(g, OP_less, graph_op0(g, OP_uniform, &draw), graph_number(g, 0.5)));
  graph_root(g, ROOT_VALUE, "kept", 0, kept);
  struct cut cut = cut_frozen(arena, g, frozen, 1);
  ck_assert_uint_eq(cut.columns, 1); /* the product, not what the draw makes of it */
  ck_assert_int_eq(graph_node(cut.first, cut.first->roots.at[0].node)->op, OP_matmul);
  const bool thawed[1] = {false};
  ck_assert_uint_eq(cut_frozen(arena, g, thawed, 1).columns, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("passes");
  TCase *tests = tcase_create("dumps");
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, dense_layer);
  tcase_add_test(tests, dense_layer_plain);
  tcase_add_test(tests, convolution);
  tcase_add_test(tests, batch_normalisation);
  tcase_add_test(tests, leaves_and_settings);
  tcase_add_test(tests, moves);
  tcase_add_test(tests, a_draw_has_no_gradient);
  tcase_add_test(tests, second_order_of_batch_norm_is_refused);
  tcase_add_test(tests, what_the_loss_does_not_reach_has_gradient_zero);
  tcase_add_test(tests, pruning_keeps_what_roots_reach);
  tcase_add_test(tests, cutting_at_rows);
  tcase_add_test(tests, cutting_what_is_frozen);
  tcase_add_test(tests, draws_are_not_frozen);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
