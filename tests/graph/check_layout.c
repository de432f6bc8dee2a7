/* Laying images out: the graph with channels last has the same roots as the one it was made from, in double, for
 * graphs made by hand and for the steps of all models; and transposes stand only where they have to. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/catalogue.h"
#include "dsl/lower/compile.h"
#include "grammar/parse.h"
#include "pass/pass.h"
#include "tests/graph/compare.h"

static void begin(void) { arena = arena_new(); }
static void end(void) { arena_free(arena); }

static int count_last(const struct graph *g) {
  int n = 0;
  for (node_id id = 1; id < g->nodes.n; id++) {
    const struct node *node = graph_node(g, id);
    n += node->op != OP_transpose && node->attr.i[4] == 1;
  }
  return n;
}

static struct graph *laid_out(const struct graph *g) {
  struct graph *out = lay_out(arena, g, false);
  compare(g, out);
  return out;
}

/* ---- graphs made by hand */

static struct graph *start(void) { return graph_new(arena, "layout", false); }

/* [c, h, w] through a convolution to o channels with a bias a channel. */
static node_id convolve(struct graph *g, node_id x, int number, int64_t o, int64_t stride, int64_t pad) {
  node_id w = variable(g, number, SHAPE(o, graph_node(g, x)->type.shape.dim[0], 3, 2));
  node_id y = graph_op2(g, OP_conv2d, WITH(stride, pad), x, w);
  return binary(g, OP_add, y, spread(g, variable(g, number + 1, SHAPE(o)), 6, graph_node(g, y)->type.shape));
}

static node_id pool(struct graph *g, node_id x) {
  return graph_op2(g, OP_pool_take, WITH(2, 2), x, graph_op1(g, OP_pool_argmax, WITH(2, 2), x));
}

static node_id normalise(struct graph *g, node_id x, int number) {
  struct shape shape = graph_node(g, x)->type.shape;
  double n = (double)(shape.dim[1] * shape.dim[2]) * (graph_node(g, x)->type.rows ? ROWS : 1);
  node_id step_context[2], centred = x;
  for (int k = 0; k < 2; k++) {
    node_id sum = graph_op1(g, OP_sum, WITH(6), k ? unary(g, OP_square, centred) : x);
    if (graph_node(g, sum)->type.rows) sum = unary(g, OP_sum_rows, sum);
    step_context[k] = binary(g, OP_mul, sum, graph_number(g, 1 / n));
    if (!k) centred = binary(g, OP_sub, x, spread(g, step_context[0], 6, shape));
  }
  node_id in[] = {x, step_context[0], step_context[1], variable(g, number, SHAPE(shape.dim[0])),
                  variable(g, number + 1, SHAPE(shape.dim[0]))};
  return graph_add(g, OP_batch_norm, &(struct attr){.f = {1e-5}}, in, NULL);
}

static node_id flat(struct graph *g, node_id x) {
  return reshape(g, x, SHAPE(shape_count(graph_node(g, x)->type.shape)));
}

static node_id squares(struct graph *g, node_id x) { return total(g, unary(g, OP_square, x)); }

/* Two convolutions, poolings and normalisations of x, flattened. */
static node_id tower(struct graph *g, node_id x) {
  node_id a = normalise(g, pool(g, unary(g, OP_relu, convolve(g, x, 0, 9, 1, 1))), 2);
  return flat(g, normalise(g, unary(g, OP_relu, pool(g, convolve(g, a, 4, 8, 1, 1))), 6));
}

START_TEST(nothing_is_transposed_within_a_tower) {
  struct graph *g = start();
  finish(g, squares(g, tower(g, column(g, 0, SHAPE(1, 9, 12)))));
  struct graph *out = laid_out(g);
  ck_assert_int_eq(count(g, OP_transpose), 0);
  ck_assert_int_eq(count(out, OP_transpose), 2); /* to flatten, and back */
  static const enum op with_setting[] = {OP_conv2d,      OP_conv2d_input,     OP_conv2d_weights,
                                         OP_pool_argmax, OP_pool_take,        OP_pool_put,
                                         OP_batch_norm,  OP_batch_norm_scale, OP_batch_norm_input};
  int all = 0;
  for (size_t k = 0; k < sizeof with_setting / sizeof *with_setting; k++) all += count(out, with_setting[k]);
  ck_assert_int_eq(count_last(out), all);
}
END_TEST

START_TEST(a_view_of_zeros_has_the_same_tower) {
  struct graph *g = start();
  node_id x = tower(g, column(g, 0, SHAPE(1, 9, 12))), zero = tower(g, graph_constant(g, SHAPE(1, 9, 12), 0));
  finish(g, squares(g, binary(g, OP_sub, x, zero)));
  struct graph *out = laid_out(g);
  ck_assert_int_eq(count(out, OP_transpose), 4);
}
END_TEST

START_TEST(few_channels_stay_first) {
  struct graph *g = start();
  finish(g, squares(g, pool(g, convolve(g, column(g, 0, SHAPE(3, 9, 12)), 0, 7, 2, 0))));
  struct graph *out = laid_out(g);
  ck_assert_int_eq(count_last(out), 0);
  ck_assert_int_eq(count(out, OP_transpose), 0);
}
END_TEST

START_TEST(the_small_side_is_transposed) {
  struct graph *g = start();
  node_id x = graph_op1(g, OP_resize, WITH(9, 12, 1), column(g, 0, SHAPE(3, 4, 5)));
  finish(g, squares(g, convolve(g, x, 0, 16, 1, 0)));
  struct graph *out = laid_out(g);
  ck_assert_int_eq(count(out, OP_transpose), 2); /* x, and its gradient */
  for (node_id id = 1; id < out->nodes.n; id++)
    if (graph_node(out, id)->op == OP_transpose)
      ck_assert_int_eq(shape_count(graph_node(out, id)->type.shape), 3 * 9 * 12);
}
END_TEST

START_TEST(one_place_is_in_both_orders) {
  struct graph *g = start();
  node_id x = convolve(g, column(g, 0, SHAPE(1, 3, 2)), 0, 20, 1, 0);
  finish(g, squares(g, flat(g, unary(g, OP_relu, x))));
  ck_assert_int_eq(count(laid_out(g), OP_transpose), 0);
}
END_TEST

/* Roots in their old order: an image, the places of a pooling; what reads elements in their order; draws. */
START_TEST(what_comes_out_is_as_it_was) {
  struct graph *g = start();
  node_id x = convolve(g, column(g, 0, SHAPE(2, 9, 8)), 0, 10, 1, 1);
  node_id places = graph_op1(g, OP_pool_argmax, WITH(2, 2), x);
  struct attr draw = {.key = 3, .shape = graph_node(g, x)->type.shape, .rows = true};
  node_id kept = binary(g, OP_less, graph_op0(g, OP_uniform, &draw), graph_number(g, 0.5));
  node_id dropped = binary(g, OP_mul, x, kept);
  node_id half = graph_op1(g, OP_slice, WITH(0, 2, 9), dropped);
  node_id joined = graph_op2(g, OP_concat, WITH(0), half, unary(g, OP_tanh, half));
  graph_root(g, ROOT_VALUE, "image", 0, x);
  graph_root(g, ROOT_VALUE, "places", 0, places);
  graph_root(g, ROOT_VALUE, "numbers", 0, unary(g, OP_to_float, places));
  finish(g, binary(g, OP_add, squares(g, joined), squares(g, graph_op2(g, OP_pool_take, WITH(2, 2), x, places))));
  laid_out(g);
}
END_TEST

START_TEST(sums_and_repetitions_over_any_axes) {
  for (int64_t axes = 1; axes < 8; axes++) {
    struct graph *g = start();
    node_id x = unary(g, OP_tanh, convolve(g, column(g, 0, SHAPE(2, 7, 8)), 0, 8, 1, 1));
    node_id sum = graph_op1(g, OP_sum, WITH(axes), x);
    node_id y = binary(g, OP_sub, x, spread(g, sum, axes, graph_node(g, x)->type.shape));
    graph_root(g, ROOT_VALUE, "sum", 0, sum);
    finish(g, squares(g, binary(g, OP_add, y, spread(g, graph_number(g, 2), 7, graph_node(g, y)->type.shape))));
    laid_out(g);
  }
}
END_TEST

START_TEST(a_literal_graph_stays) {
  struct graph *g = graph_new(arena, "plain", true);
  finish(g, squares(g, tower(g, column(g, 0, SHAPE(1, 9, 12)))));
  ck_assert_int_eq(count_last(lay_out(arena, g, false)), 0);
}
END_TEST

START_TEST(what_is_laid_out_stays) {
  struct graph *g = start();
  finish(g, squares(g, tower(g, column(g, 0, SHAPE(1, 9, 12)))));
  struct graph *once = lay_out(arena, g, false);
  ck_assert_str_eq(graph_dump(arena, laid_out(once)), graph_dump(arena, once));
}
END_TEST

/* ---- folding transposes */

START_TEST(transposes_fold) {
  struct graph *g = start();
  node_id x = column(g, 0, SHAPE(4, 5, 6)), last = graph_op1(g, OP_transpose, WITH(1, 2, 0), x);
  ck_assert_uint_eq(graph_op1(g, OP_transpose, WITH(2, 0, 1), last), x);
  ck_assert_uint_eq(graph_op1(g, OP_transpose, WITH(1, 2, 0), last), graph_op1(g, OP_transpose, WITH(2, 0, 1), x));
  node_id thin = column(g, 1, SHAPE(1, 5, 6)), point = column(g, 2, SHAPE(4, 1, 1));
  ck_assert_uint_eq(graph_op1(g, OP_transpose, WITH(1, 2, 0), thin), reshape(g, thin, SHAPE(5, 6, 1)));
  ck_assert_uint_eq(graph_op1(g, OP_transpose, WITH(1, 2, 0), point), reshape(g, point, SHAPE(1, 1, 4)));
  ck_assert_int_eq(graph_node(g, graph_op1(g, OP_transpose, WITH(0, 2, 1), thin))->op, OP_transpose);
}
END_TEST

/* ---- models */

static const struct data_set *choose(void *context, const char *const *names, size_t n, struct error *error) {
  (void)context, (void)n, (void)error;
  return catalogue_find(names[0]);
}

static struct program *compiled(const char *model, bool plain) {
  struct compile_settings settings = {.choose_data = choose, .parse = parse, .plain = plain};
  struct error error = {0};
  const char *top = getenv("srcdir");
  const char *path = arena_format(arena, "%s/models/%s.crl", top ? top : ".", model);
  struct compiled *made = compile_model(arena, path, &settings, &error);
  ck_assert_msg(made && made->program, "%s: %s", path, made ? diag_text(made->diags) : error.message);
  return made->program;
}

/* The literal graph, which the pass leaves alone, made one that it does not. */
static struct graph *folded(const struct graph *g) {
  struct graph other = *g;
  other.plain = false;
  return prune(arena, &other, NULL);
}

static const char *const models[] = {"baseline",          "corrmcnn", "corrmcnn_paper", "corrnet",
                                     "dense_autoencoder", "mae",      "three_layers"};

START_TEST(models_mean_the_same) {
  struct program *p = compiled(models[_i], true);
  for (size_t k = 0; k < p->stages.n; k++) laid_out(folded(p->stages.at[k].update->step));
}
END_TEST

/* Four towers (two of zeros), each flattened, and back: none between convolutions, poolings and normalisations. */
START_TEST(corrmcnn_transposes_what_it_flattens) {
  const struct graph *out = lay_out(arena, compiled("corrmcnn", false)->stages.at[0].update->step, true);
  ck_assert_int_eq(count(out, OP_transpose), 8);
  for (node_id id = 1; id < out->nodes.n; id++)
    if (graph_node(out, id)->op == OP_transpose)
      ck_assert_int_eq(shape_count(graph_node(out, id)->type.shape), 64 * 5 * 2);
}
END_TEST

/* The second convolution's weights in both towers read a normalised value that is made for them; nobody else does. */
START_TEST(corrmcnn_normalises_again_for_gradients) {
  const struct graph *whole = prune(arena, compiled("corrmcnn", false)->stages.at[0].update->step, NULL);
  int made = 0;
  for (node_id id = 1; id < whole->nodes.n; id++) {
    const struct node *node = graph_node(whole, id);
    if (node->op == OP_conv2d_weights && graph_node(whole, node->in[0])->op == OP_batch_norm &&
        node->type.shape.dim[1] == 128)
      made += graph_node(whole, node->in[0])->cse_class;
  }
  ck_assert_int_eq(made, 2);
  ck_assert_int_eq(count(whole, OP_batch_norm), 8 + 2);
}
END_TEST

int main(void) {
  kernels_start();
  Suite *suite = suite_create("layout");
  TCase *tests = tcase_create("layout");
  tcase_add_checked_fixture(tests, begin, end);
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, nothing_is_transposed_within_a_tower);
  tcase_add_test(tests, a_view_of_zeros_has_the_same_tower);
  tcase_add_test(tests, few_channels_stay_first);
  tcase_add_test(tests, the_small_side_is_transposed);
  tcase_add_test(tests, one_place_is_in_both_orders);
  tcase_add_test(tests, what_comes_out_is_as_it_was);
  tcase_add_test(tests, sums_and_repetitions_over_any_axes);
  tcase_add_test(tests, a_literal_graph_stays);
  tcase_add_test(tests, what_is_laid_out_stays);
  tcase_add_test(tests, transposes_fold);
  tcase_add_loop_test(tests, models_mean_the_same, 0, (int)(sizeof models / sizeof *models));
  tcase_add_test(tests, corrmcnn_transposes_what_it_flattens);
  tcase_add_test(tests, corrmcnn_normalises_again_for_gradients);
  suite_add_tcase(suite, tests);
  SRunner *feeder = srunner_create(suite);
  srunner_run_all(feeder, CK_ENV);
  int failed = srunner_ntests_failed(feeder);
  srunner_free(feeder);
  return failed != 0;
}
