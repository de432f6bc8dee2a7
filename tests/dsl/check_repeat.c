/* What repeats, takes weights together and differentiates within a model: each changes the graph as what it stands for
 * would. Two terms that mean the same are one node, by sharing. */
#include "tests/dsl/terms.h"

START_TEST(fold_is_the_calls_written_out) {
  struct program *p = program_of(
      "def step(a, i) = tanh(a + i * v)\n"
      "all = scan(step, u, [1, 4])\n"
      "minimize {\n"
      "  folded = sum(fold(step, u, [1, 4]))  written = sum(tanh(tanh(u + v) + 4 * v))\n"
      "  last = sum(all[-1])  first = sum(all[0])  once = sum(tanh(u + v))\n"
      "  none = sum(fold(step, u, [])) + sum(v)  plain = sum(u) + sum(v)\n"
      "  counted = sum(fold(max, u, range(3))) + sum(fold(step, v, range(5, 0, -2)))\n"
      "  by_hand = sum(max(max(max(u, 0), 1), 2)) + sum(tanh(tanh(tanh(v + 5 * v) + 3 * v) + v))\n"
      "}\n");
  same(p, "folded", "written");
  same(p, "last", "folded");
  same(p, "first", "once");
  same(p, "none", "plain");
  same(p, "counted", "by_hand");
}
END_TEST

START_TEST(a_block_makes_an_instance_for_each_item) {
  struct program *p = program_of("block layer(w)(v[n], i) { param W[n, n] ~ glorot  return tanh(v @ W') / (i + 1) }\n"
                                 "block plain(v[n], i) { param W[n, n] ~ glorot  return tanh(v @ W') / (i + 1) }\n"
                                 "shared = layer(1)\n"
                                 "deep = fold(plain, u, range(3))\n"
                                 "minimize { a = sum(deep) + sum(v)  b = sum(fold(shared, u, range(2)))\n"
                                 "           c = sum(tanh(tanh(u @ shared.W') @ shared.W') / 2) }\n");
  ck_assert(variable(p, "deep.0.W") && variable(p, "deep.1.W") && variable(p, "deep.2.W"));
  ck_assert(!variable(p, "deep.3.W") && variable(p, "shared.W"));
  same(p, "b", "c");
}
END_TEST

START_TEST(items_of_a_list_are_called_by_their_place) {
  struct program *p = program_of(
      "layers = [dense(6) -> tanh for i in range(2)]\n"
      "mixed = {left: [dense(6)], right: [[dense(6)] for i in range(2)]}\n"
      "def through(a, layer) = layer(a)\n"
      "block tower(w) { parts = [dense(6) for i in range(2)]  return fold(through, w, parts) }\n"
      "minimize { a = sum(fold(through, u, layers)) + sum(v)  b = sum(mixed.left[0](u)) + sum(tower()(v))\n"
      "           c = sum(mixed.right[0][0](u)) + sum(mixed.right[1][0](u)) }\n");
  ck_assert(variable(p, "layers.0.dense1.W") && variable(p, "layers.1.dense1.W"));
  ck_assert(variable(p, "mixed.left.0.W") && variable(p, "mixed.right.0.0.W") && variable(p, "mixed.right.1.0.W"));
  ck_assert(variable(p, "tower1.parts.0.W") && variable(p, "tower1.parts.1.W"));
}
END_TEST

START_TEST(each_turn_of_a_fold_draws_for_itself) {
  struct program *p = program_of("def noisy(a, i) { e ~ normal(0, 1, like = a)  return a + e }\n"
                                 "minimize { a = sum(fold(noisy, u, range(3))) + sum(v) }\n");
  const struct graph *g = p->stages.at[0].update[0].step;
  int draws = 0;
  for (node_id id = 1; id < g->nodes.n; id++) draws += graph_node(g, id)->op == OP_normal;
  ck_assert_int_eq(draws, 3);
}
END_TEST

/* A call within a fold costs no stack, and a step nothing that grows with those before it. */
START_TEST(a_fold_is_as_long_as_its_list) {
  struct program *p = program_of("def step(a, i) = tanh(a + v)\n"
                                 "minimize { a = sum(fold(step, u, range(10000))) }\n");
  const struct graph *g = p->stages.at[0].update[0].step;
  int steps = 0;
  for (node_id id = 1; id <= term(p, "a"); id++) steps += graph_node(g, id)->op == OP_tanh;
  ck_assert_int_eq(steps, 10000);
}
END_TEST

START_TEST(a_gradient_is_what_calculus_says) {
  struct program *p = program_of("minimize {\n"
                                 "  square = sum(gradient(sum(sq(u)), u))  twice = sum(2 * u)\n"
                                 "  product = sum(gradient(sum(u * v), v))  other = sum(u)\n"
                                 "  outer = sum(gradient(sum(gradient(sum(sq(u)), u) * v), u))  two = sum(2 * v)\n"
                                 "}\n");
  same(p, "square", "twice");
  same(p, "product", "other");
  same(p, "outer", "two");
}
END_TEST

static node_id written(const struct program *p, const char *name) {
  const struct graph *g = p->stages.at[0].update[0].step;
  for (size_t k = 0; k < g->roots.n; k++)
    if (g->roots.at[k].kind == ROOT_WRITE && !strcmp(g->roots.at[k].name, name)) return g->roots.at[k].node;
  return 0;
}

START_TEST(weights_are_those_of_all_parts) {
  struct program *p = program_of(
      "enc = dense(4) -> relu -> dense(3)  more = [dense(2), dense(2)]\n"
      "minimize {\n"
      "  a = sum(enc(u)) + sum(v) + sum(more[0](u)) + sum(more[1](u))\n"
      "  listed = sum(sum(sq(w)) for w in weights(enc))\n"
      "  written = sum(sq(enc.dense1.W)) + sum(sq(enc.dense1.b)) + sum(sq(enc.dense2.W)) + sum(sq(enc.dense2.b))\n"
      "  many = 1 * count(weights({l: more, r: [enc]}))  eight = 8\n"
      "}\n");
  same(p, "listed", "written");
  same(p, "many", "eight");
}
END_TEST

START_TEST(held_weights_get_no_gradient) {
  struct program *p = program_of(
      "block lin(n)(v) { param W[n, features(v)] ~ glorot  def twice(v) = 2 * (v @ W')  return v @ W' }\n"
      "enc = lin(3)\n"
      "minimize {\n"
      "  a = sum(enc(u)) + sum(v)\n"
      "  fixed = sum(held enc(u))  by_hand = sum(u @ stop(enc.W)')\n"
      "  function = sum(held enc.twice(u))  its = sum(2 * (u @ stop(enc.W)'))\n"
      "  field = sum(held (u @ enc.W'))  calm = sum(still enc(u))  plain = sum(u @ enc.W')\n"
      "}\n");
  same(p, "fixed", "by_hand");
  same(p, "function", "its");
  same(p, "field", "by_hand");
  same(p, "calm", "plain");
  ck_assert(term(p, "fixed") != term(p, "plain"));
}
END_TEST

START_TEST(an_average_follows_after_the_update) {
  struct program *p = program_of("enc = dense(3) -> relu -> dense(2)\n"
                                 "slow = average(enc, 0.75)\n"
                                 "minimize { a = sum(enc(u)) + sum(v) }\n");
  struct graph *g = (struct graph *)p->stages.at[0].update[0].step;
  const struct variable *slow = variable(p, "slow.dense2.W");
  ck_assert(slow && slow->kind == VARIABLE_STATE && variable(p, "slow.dense1.b"));
  struct attr attr = {.i = {slow - p->variables.at}, .shape = slow->shape};
  node_id old = graph_op0(g, OP_variable, &attr);
  node_id own = graph_op2(g, OP_mul, NULL, graph_number(g, 0.75), old);
  node_id rest = graph_op2(g, OP_mul, NULL, graph_number(g, 0.25), written(p, "enc.dense2.W"));
  ck_assert_uint_eq(written(p, "slow.dense2.W"), graph_op2(g, OP_add, NULL, own, rest));
}
END_TEST

/* In the stage that keeps what it follows, an average stands still. */
START_TEST(an_average_waits_where_nothing_is_trained) {
  struct program *p = program_with("", "enc = dense(3)\n"
                                       "slow = average(enc, 0.75)\n"
                                       "top = dense(2)\n"
                                       "stage one {\n"
                                       "  minimize { a = sum(enc(flatten(x))) + sum(u) + sum(v) }\n"
                                       "  train { epochs 1  batch 9  optimizer sgd() }\n"
                                       "}\n"
                                       "stage two after one {\n"
                                       "  minimize { b = sum(top(slow(flatten(x)))) + sum(top(enc(flatten(x)))) }\n"
                                       "  train { epochs 1  batch 9  keep enc  top with sgd() }\n"
                                       "}\n");
  const struct graph *two = p->stages.at[1].update[0].step;
  ck_assert(written(p, "slow.W") != 0);
  for (size_t k = 0; k < two->roots.n; k++) ck_assert(strcmp(two->roots.at[k].name, "slow.W"));
}
END_TEST

START_TEST(arrays_of_lists) {
  struct program *p = program_of("three = [u, v, u * v]\n"
                                 "minimize {\n"
                                 "  joined = sum(sq(concat(three)))  pairs = sum(sq(concat(u, concat(v, u * v))))\n"
                                 "  part = sum(split(u, 3)[1])  slice = sum(u[2:4])\n"
                                 "  sized = sum(split(u, [1, 5])[1])  rest = sum(u[1:])\n"
                                 "  same_step = sum(u[::1])  whole = sum(u)\n"
                                 "  list = sum(three[::-2][0] + three[::-1][1])  by_hand = sum(three[2] + three[1])\n"
                                 "  none = sum(zeros(6) + u)  one = sum(ones(6) * u)\n"
                                 "}\n");
  same(p, "joined", "pairs");
  same(p, "part", "slice");
  same(p, "sized", "rest");
  same(p, "same_step", "whole");
  same(p, "list", "by_hand");
  same(p, "none", "whole");
  same(p, "one", "whole");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("repeat");
  TCase *tc = tcase_create("repeat");
  tcase_add_checked_fixture(tc, begin, end);
  tcase_add_test(tc, fold_is_the_calls_written_out);
  tcase_add_test(tc, a_block_makes_an_instance_for_each_item);
  tcase_add_test(tc, items_of_a_list_are_called_by_their_place);
  tcase_add_test(tc, each_turn_of_a_fold_draws_for_itself);
  tcase_add_test(tc, a_fold_is_as_long_as_its_list);
  tcase_add_test(tc, a_gradient_is_what_calculus_says);
  tcase_add_test(tc, weights_are_those_of_all_parts);
  tcase_add_test(tc, held_weights_get_no_gradient);
  tcase_add_test(tc, an_average_follows_after_the_update);
  tcase_add_test(tc, an_average_waits_where_nothing_is_trained);
  tcase_add_test(tc, arrays_of_lists);
  suite_add_tcase(suite, tc);
  SRunner *feeder = srunner_create(suite);
  srunner_run_all(feeder, CK_NORMAL);
  int failed = srunner_ntests_failed(feeder);
  srunner_free(feeder);
  return failed != 0;
}
