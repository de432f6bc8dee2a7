/* The forms of the language: how choices and `on train` bind, keys, loops of terms, lists, pipelines that are
 * instances. Two terms that mean the same are one node, by sharing. */
#include "tests/dsl/terms.h"

START_TEST(a_pipe_belongs_to_its_branch) {
  struct program *p = program_of(
      "minimize {\n"
      "  a = if true then sum(u + v) else sum(u + v) -> exp\n"
      "  b = if false then sum(u + v) -> exp else sum(u + v)\n"
      "  c = if false then 1 else if true then u -> abs -> sum else v -> sum\n"
      "  plain = sum(u + v)  absolute = sum(abs(u))  piped = (if true then u else v) -> abs -> sum\n"
      "}\n");
  same(p, "a", "plain");
  same(p, "b", "plain");
  same(p, "c", "absolute");
  same(p, "piped", "absolute");
}
END_TEST

START_TEST(presence_in_a_branch) {
  struct program *p = program_of(
      "m = digits.label < 5\n"
      "minimize {\n"
      "  a = sum(if true then u where m else v)   whole = sum(u where m)\n"
      "  b = sum(if false then u where m else v where m else u)   filled = sum(v where m else u)\n"
      "  c = sum(if true then (v where m else u) else v)\n"
      "}\n");
  same(p, "a", "whole");
  same(p, "b", "filled");
  same(p, "c", "filled");
}
END_TEST

START_TEST(on_train_belongs_to_what_is_before_it) {
  struct program *p = program_of("w = flatten(x)[:6]\n"
                                 "minimize {\n"
                                 "  a = sum(u * (w - mean(w, batch) on train))\n"
                                 "  b = sum(u * (w - (mean(w, batch) on train))) + sum(v)\n"
                                 "  c = sum(u * (w - (w -> mean(batch) on train)))\n"
                                 "  d = sum(u * (w - mean(w, batch)[:] on train))\n"
                                 "}\n");
  same(p, "a", "c");
  same(p, "a", "d");
  ck_assert_uint_eq(p->fits.n, 1);
}
END_TEST

START_TEST(no_definition_changes_a_key) {
  struct program *p = program_of("left = u\n"
                                 "towers = {left: dense(3), right: dense(4)}\n"
                                 "codes = {k: towers[k](left) for k in [.left, .right]}\n"
                                 "minimize {\n"
                                 "  a = sum(sum(codes[k]) for k in codes if k == .right)   right = sum(codes.right)\n"
                                 "  b = sum(codes[.left])   left = sum(codes[\"left\"])   w = sum(v)\n"
                                 "}\n");
  same(p, "a", "right");
  same(p, "b", "left");
  ck_assert_int_eq(variable(p, "towers.left.W")->shape.dim[0], 3);
}
END_TEST

START_TEST(terms_have_the_keys_of_all_loops) {
  struct program *p = program_of(
      "minimize {\n"
      "  for f in [.x, .y] { for t in [.a, .b] if t != .b { c[t] = sum(u)  d[f, t] = sum(v)  e[t, f] = sum(u)  g = sum(v) } }\n"
      "  for (a, b) in pairs({left: u, right: v}) { near[a, b] = mse(a, b)  part[b] = mse(a, b) }\n"
      "  for (a, b) in pairs([.l, .r]) { keys[a, b] = if a == .l and b == .r then sum(u) else sum(v) }\n"
      "  for (a, b) in pairs([u, v]) { list[a, b] = mse(a, b) }\n"
      "  distance = mse(u, v)\n"
      "}\n");
  same(p, "c[x,a]", "c[y,a]");
  same(p, "d[x,a]", "d[y,a]");
  same(p, "e[a,x]", "e[a,y]");
  same(p, "g[x,a]", "g[y,a]");
  same(p, "near[left,right]", "distance");
  same(p, "part[left,right]", "distance");
  same(p, "keys[l,r]", "c[x,a]");
  same(p, "list[0,1]", "distance");
  ck_assert_uint_eq(p->stages.at[0].terms, 13);
}
END_TEST

START_TEST(pairs_make_instances_by_both_names) {
  struct program *p = program_of("codes = {left: u, right: v}\n"
                                 "both = [dense(2)(a + b) for (a, b) in pairs(codes)]\n"
                                 "minimize { a = sum(both[0]) }\n");
  ck_assert(variable(p, "dense3[left,right].W") != NULL);
}
END_TEST

START_TEST(lists_have_means_ends_and_slices) {
  struct program *p = program_of("l = [u, v, 2 * u]\n"
                                 "param W[mean([1, 2, 6]), mean(k for k in [4, 6])] = 1\n"
                                 "minimize {\n"
                                 "  a = sum(mean(l))   mean = sum((u + v + 2 * u) / 3)\n"
                                 "  b = sum(mean(k for k in l[:2]))   two = sum((u + v) / 2)\n"
                                 "  c = sum(l[-1])   last = sum(2 * u)\n"
                                 "  d = sum(sum(l[1:-1])) + sum(W)   middle = sum(v) + sum(W)\n"
                                 "}\n");
  same(p, "a", "mean");
  same(p, "b", "two");
  same(p, "c", "last");
  same(p, "d", "middle");
  ck_assert_int_eq(variable(p, "W")->shape.dim[0], 3);
  ck_assert_int_eq(variable(p, "W")->shape.dim[1], 5);
}
END_TEST

START_TEST(axes_count_from_the_end) {
  struct program *p = program_of(
      "minimize {\n"
      "  a = sum(sq(concat(x, 2 * x, -1))) * 0 + sum(u)   axis = sum(sq(concat(x, 2 * x, 2))) * 0 + sum(u)\n"
      "  b = sum(transpose(x, [-1, 0, 1])[0, 0] * 2) * 0 + sum(v)\n"
      "  order = sum(transpose(x, [2, 0, 1])[0, 0] * 2) * 0 + sum(v)\n"
      "  c = sum(u) * (size(x, -1) / size(x, 2))   one = sum(u) * 1\n"
      "}\n");
  same(p, "a", "axis");
  same(p, "b", "order");
  same(p, "c", "one");
}
END_TEST

START_TEST(a_pipeline_of_blocks_is_an_instance) {
  struct program *p = program_of("enc = dense(5) -> relu as hidden -> dense(4)\n"
                                 "far = enc -> dense(2)\n"
                                 "norm = batchnorm -> relu\n"
                                 "minimize {\n"
                                 "  a = sum(enc(u))   b = sum(u -> enc)   other = sum(enc(v))\n"
                                 "  c = sum(enc(u).hidden) + sum(enc.dense1.W)\n"
                                 "  d = sum(far(u)) + sum(norm(v))\n"
                                 "}\n");
  same(p, "a", "b");
  ck_assert(term(p, "a") != term(p, "other"));
  ck_assert_int_eq(variable(p, "enc.dense1.W")->shape.dim[0], 5);
  ck_assert_int_eq(variable(p, "enc.dense2.W")->shape.dim[0], 4);
  ck_assert_int_eq(variable(p, "far.dense1.W")->shape.dim[1], 4);
  ck_assert(variable(p, "norm.batchnorm1.g") != NULL);
  ck_assert(variable(p, "enc.dense3.W") == NULL);
}
END_TEST

START_TEST(a_pipeline_of_blocks_is_kept_and_trained) {
  struct program *p = program_with("", "enc = {k: dense(5) -> relu for k in [.left, .right]}\n"
                                       "h = enc.left(flatten(x)) + enc.right(flatten(x))\n"
                                       "top = dense(3)\n"
                                       "stage one {\n"
                                       "  minimize { a = sum(h) + sum(u) + sum(v) }\n"
                                       "  train { epochs 1  batch 9  enc.left with adam()  optimizer sgd() }\n"
                                       "}\n"
                                       "stage two after one {\n"
                                       "  minimize { b = sum(top(h)) }\n"
                                       "  train { epochs 1  batch 9  keep enc.left  enc.right, top with sgd() }\n"
                                       "}\n");
  ck_assert(variable(p, "enc.left.dense1.W.adam.m@one") != NULL);
  ck_assert(variable(p, "enc.right.dense1.W.adam.m@one") == NULL);
  ck_assert(variable(p, "enc.right.dense1.W.sgd.v@one") != NULL);
}
END_TEST

START_TEST(parts_of_a_list_are_kept_and_trained) {
  struct program *p = program_with("", "enc = [dense(5) for k in [0, 1]]\n"
                                       "h = enc[0](flatten(x)) + enc[1](flatten(x))\n"
                                       "top = dense(3)\n"
                                       "stage one {\n"
                                       "  minimize { a = sum(h) + sum(u) + sum(v) }\n"
                                       "  train { epochs 1  batch 9  enc with adam()  optimizer sgd() }\n"
                                       "}\n"
                                       "stage two after one {\n"
                                       "  minimize { b = sum(top(h)) }\n"
                                       "  train { epochs 1  batch 9  keep enc  top with sgd() }\n"
                                       "}\n");
  ck_assert(variable(p, "enc.0.W.adam.m@one") != NULL && variable(p, "enc.1.W.adam.m@one") != NULL);
  ck_assert(variable(p, "enc.0.W.sgd.v@two") == NULL && variable(p, "top.W.sgd.v@two") != NULL);
}
END_TEST

/* What a live application writes is read by nothing else in evaluation, whichever name is needed first. */
START_TEST(live_in_evaluation_leaves_the_state) {
  static const char *const order[] = {"evaluate { a = a b = b c = c d = d }", "evaluate { d = d c = c b = b a = a }"};
  for (size_t i = 0; i < 2; i++) {
    const struct program *p = program_of(
        arena_format(arena,
                     "block last()(v) { state s = 0\ns <- mean(v, [batch, 0])\ndef now() = s\nreturn s }\n"
                     "n = last()\na = live n(u)\nb = n(u)\nc = n.s\nd = n.now()\n"
                     "minimize { a = mean(sq(u + v)) + n(v) }\n%s",
                     order[i]));
    for (size_t k = 0; k < 4; k++) {
      const struct measurement *m = &p->measurements.at[k];
      const struct graph *g = p->collections.at[m->collection].second;
      node_id node = 0;
      for (size_t r = 0; r < g->roots.n; r++)
        if (!strcmp(g->roots.at[r].name, m->value)) node = g->roots.at[r].node;
      bool state = graph_node(g, node)->op == OP_variable;
      ck_assert_msg(state == (m->name[0] != 'a'), "%s in order %zu", m->name, i);
    }
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("forms");
  TCase *tc = tcase_create("forms");
  tcase_add_checked_fixture(tc, begin, end);
  tcase_add_test(tc, a_pipe_belongs_to_its_branch);
  tcase_add_test(tc, presence_in_a_branch);
  tcase_add_test(tc, on_train_belongs_to_what_is_before_it);
  tcase_add_test(tc, no_definition_changes_a_key);
  tcase_add_test(tc, terms_have_the_keys_of_all_loops);
  tcase_add_test(tc, pairs_make_instances_by_both_names);
  tcase_add_test(tc, lists_have_means_ends_and_slices);
  tcase_add_test(tc, axes_count_from_the_end);
  tcase_add_test(tc, a_pipeline_of_blocks_is_an_instance);
  tcase_add_test(tc, a_pipeline_of_blocks_is_kept_and_trained);
  tcase_add_test(tc, parts_of_a_list_are_kept_and_trained);
  tcase_add_test(tc, live_in_evaluation_leaves_the_state);
  suite_add_tcase(suite, tc);
  SRunner *feeder = srunner_create(suite);
  srunner_run_all(feeder, CK_NORMAL);
  int failed = srunner_ntests_failed(feeder);
  srunner_free(feeder);
  return failed != 0;
}
