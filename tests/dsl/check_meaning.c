/* What a model file means: rows and levels, identity, modes and state, zero views, fits.  Each case compiles a small
 * text and looks at the program that comes out. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/catalogue.h"
#include "dsl/lower/compile.h"
#include "grammar/parse.h"
#include "pass/pass.h"

static struct arena *arena;
static void begin(void) { arena = arena_new(); }
static void end(void) { arena_free(arena); }

static const struct data_set *choose(void *context, const char *const *names, size_t n, struct error *error) {
  (void)context, (void)n, (void)error;
  return catalogue_find(names[0]);
}

static struct compiled *compile(const char *text) {
  struct compile_settings settings = {.choose_data = choose, .parse = parse};
  struct error error = {0};
  struct compiled *made = compile_text(arena, "case.crl", text, strlen(text), &settings, &error);
  ck_assert_msg(made != NULL, "%s", error.message);
  return made;
}

#define HEAD                                          \
  "crl 1\n"                                           \
  "data digits = mnist\n"                             \
  "view x = flatten(digits.image[:, :, :14]) / 255\n" \
  "view y = flatten(digits.image[:, :, 14:]) / 255\n"
#define TRAIN "train { epochs 1  batch 100  optimizer sgd(lr = 0.1) }\n"

static struct program *program_of(const char *text) {
  struct compiled *made = compile(text);
  ck_assert_msg(made->program != NULL, "%s", diag_text(made->diags));
  for (size_t i = 0; i < made->program->stages.n; i++) {
    struct error error = {0};
    const struct stage *s = &made->program->stages.at[i];
    ck_assert_msg(graph_verify(s->update->step, &error) && graph_verify(s->update->inspect, &error), "%s",
                  error.message);
  }
  return made->program;
}

/* What the text is refused with. */
static void refused(const char *text, const char *message) {
  struct compiled *made = compile(text);
  ck_assert(made->program == NULL);
  ck_assert_msg(strstr(diag_text(made->diags), message) != NULL, "expected '%s' in:\n%s", message,
                diag_text(made->diags));
}

static int count(const struct graph *g, enum op op, int rows) {
  struct graph *live = prune(arena, g, NULL);
  int n = 0;
  for (node_id id = 1; id < live->nodes.n; id++)
    n += graph_node(live, id)->op == op && (rows < 0 || graph_node(live, id)->type.rows == rows);
  return n;
}

static node_id root(const struct graph *g, const char *name) {
  for (size_t k = 0; k < g->roots.n; k++)
    if (!strcmp(g->roots.at[k].name, name)) return g->roots.at[k].node;
  ck_abort_msg("no root '%s'", name);
  return 0;
}

static bool has_variable(const struct program *p, const char *name) {
  for (size_t i = 0; i < p->variables.n; i++)
    if (!strcmp(p->variables.at[i].name, name)) return true;
  return false;
}

static bool writes(const struct graph *g, const char *name) {
  for (size_t k = 0; k < g->roots.n; k++)
    if (g->roots.at[k].kind == ROOT_WRITE && !strcmp(g->roots.at[k].name, name)) return true;
  return false;
}

/* ---- rows ---- */

#define MACHINE                                        \
  "block machine(hidden)(v) {\n"                       \
  "  param W[features(v), hidden] ~ normal(0, 0.01)\n" \
  "  param a[features(v)] = 0\n"                       \
  "  back = dense(features(v))\n"                      \
  "  def down(h) = sigmoid(h @ W' + a)\n"              \
  "  def decoded(h) = back(h)\n"                       \
  "  return sigmoid(v @ W)\n"                          \
  "}\n"                                                \
  "machines = [machine(w) for w in [20, 10]]\n"        \
  "h = machines[1](machines[0](x))\n"

/* What only functions of an instance read is trained where they are called, and no mistake where they are not. */
START_TEST(functions_that_nothing_calls) {
  const struct program *p = program_of(HEAD MACHINE "minimize { l = mean(sq(h)) }\n" TRAIN);
  ck_assert_int_eq((int)p->variables.n, 6); /* two of the rule */
  ck_assert_int_eq(count(p->stages.at[0].update->step, OP_variable, -1), 2);
  p = program_of(HEAD MACHINE "minimize { l = mean(sq(h)) + mse(machines[1].down(h), stop(machines[0](x))) }\n" TRAIN);
  ck_assert_int_eq(count(p->stages.at[0].update->step, OP_variable, -1), 3);
  refused(HEAD MACHINE "minimize { l = mean(sq(h)) }\n" TRAIN
                       "evaluate { e = mean(mse(machines[0].decoded(h[:5]), x), batch) }\n",
          "'machines.0.back.W' is used, but no stage trains it");
  refused(HEAD MACHINE "minimize { l = mean(sq(h)) }\n" TRAIN
                       "evaluate { e = mean(machines[0].down(machines[0](x)), [batch, 0]) }\n",
          "'machines.0.a' is used, but no stage trains it");
}
END_TEST

/* Evaluation reads what a term or an image grid applies, wherever that stands. */
START_TEST(applied_in_a_term) {
  program_of(HEAD "show images(reshape(enc.before, 28, 14))\n"
                  "block tower(v) { v -> dense(392) as before -> relu }\n"
                  "enc = tower()\n"
                  "evaluate { size = mean(sq(enc.dense1.W)) }\n"
                  "minimize { l = mse(enc(x), y) }\n" TRAIN);
}
END_TEST

START_TEST(a_term_per_row_is_its_mean) {
  struct program *p = program_of(
      HEAD "f = dense(3)\nminimize { a = mse(f(x), zero(f(x))) b = mean(mse(f(x), zero(f(x))), batch) }\n" TRAIN);
  const struct graph *g = p->stages.at[0].update->step;
  ck_assert_uint_eq(root(g, "term:a"), root(g, "term:b")); /* the same node, by sharing */
  ck_assert(!p->stages.at[0].coupled);
}
END_TEST

START_TEST(a_correlation_couples) {
  struct program *p = program_of(HEAD "f = dense(3)\nmaximize { c = corr(f(x), f(y)) }\n" TRAIN);
  ck_assert(p->stages.at[0].coupled);
  ck_assert(!graph_node(p->stages.at[0].update->step, root(p->stages.at[0].update->step, "term:c"))->type.rows);
}
END_TEST

START_TEST(a_mean_of_present_rows_does_not_couple) {
  struct program *p = program_of(HEAD "f = dense(3)\np = mse(f(x), f(y)) where digits.label < 5\n"
                                      "q = mean(sq(f(x))) where digits.label > 7\n"
                                      "minimize { a = p + 3 * q b = mean(p, batch) - 2 * mean(q, batch) }\n" TRAIN);
  ck_assert(!p->stages.at[0].coupled);
  p = program_of(HEAD "f = dense(3)\nmaximize { c = corr(f(x), f(y) where digits.label < 5) }\n" TRAIN);
  ck_assert(p->stages.at[0].coupled);
}
END_TEST

/* Sums of means, and means scaled, are means; a product of two is none. */
START_TEST(a_product_of_means_couples) {
  struct program *p = program_of(HEAD "f = dense(3)\nm = mean(sq(f(x)), [batch, 0])\n"
                                      "n = mean(sq(f(y)), [batch, 0])\nminimize { a = (m - 3 * n) / 2 }\n" TRAIN);
  ck_assert(!p->stages.at[0].coupled);
  p = program_of(HEAD "f = dense(3)\nm = mean(sq(f(x)), [batch, 0])\nn = mean(sq(f(y)), [batch, 0])\n"
                      "minimize { a = m * n }\n" TRAIN);
  ck_assert(p->stages.at[0].coupled);
}
END_TEST

START_TEST(functions_of_numbers_are_numbers) {
  struct program *p = program_of(
      HEAD "f = dense(relu(3) + max(floor(1.5), abs(-2)))\nminimize { a = mean(sq(f(x))) }\n" TRAIN);
  ck_assert_int_eq((int)p->variables.at[0].shape.dim[0], 5);
}
END_TEST

START_TEST(a_zero_view_is_computed_once) {
  struct program *p = program_of(HEAD "f = dense(3)\nh = f(x) + f(zero(x))\nminimize { a = mean(sq(h)) }\n" TRAIN);
  ck_assert_int_eq(count(p->stages.at[0].update->step, OP_matmul, 1), 1); /* only f(x) has rows */
}
END_TEST

START_TEST(a_mean_over_equal_rows_is_one_of_them) {
  struct program *p = program_of(
      HEAD "f = dense(3)\nz = f(zero(x))\nminimize { a = sum(sq(mean(z, batch) - z)) + mean(sq(f(x))) }\n" TRAIN);
  ck_assert(!p->stages.at[0].coupled);
}
END_TEST

START_TEST(rows_do_not_mix_shapes) {
  refused(HEAD "f = dense(3)\ng = dense(4)\nminimize { a = mean(f(x) + g(y)) }\n" TRAIN,
          "cannot add [batch, 3] and [batch, 4]");
  refused(HEAD "f = dense(3)\nminimize { a = f(x) }\n" TRAIN, "a loss term is one number");
  refused(HEAD "param w[3] = 0\nminimize { a = sum(mean(w, batch)) }\n" TRAIN, "which has no rows");
}
END_TEST

START_TEST(absent_rows_do_not_count) {
  struct program *p = program_of(
      HEAD "f = dense(3)\nsome = mse(f(x), zero(f(x))) where digits.label < 5\nminimize { a = some }\n" TRAIN);
  const struct graph *g = p->stages.at[0].update->step;
  ck_assert_int_ge(count(g, OP_select, 1), 1);
  program_of(
      HEAD
      "f = dense(3)\nsome = f(x) where digits.label < 5\nall = some else f(y)\nminimize { a = mean(sq(all)) }\n" TRAIN);
}
END_TEST

START_TEST(a_metric_is_of_the_fewest_rows) {
  struct program *p = program_of(
      HEAD
      "f = dense(3)\nx5 = mean(mean(x) where digits.label < 5, batch)\nx3 = mean(mean(x) where digits.label < 3, batch)\n"
      "minimize { a = mse(f(x), f(y)) }\n" TRAIN "evaluate { both = x5 - x3  part = x5 - mean(mean(x), batch) }\n");
  ck_assert_uint_eq(p->collections.n, 1);
  const struct graph *g = p->collections.at[0].second;
  ck_assert_int_eq(graph_node(g, root(g, "rows:both"))->op, OP_min);
  ck_assert_int_eq(graph_node(g, root(g, "rows:part"))->op, OP_sum_rows);
}
END_TEST

/* ---- identity ---- */

START_TEST(an_instance_shares_and_two_do_not) {
  struct program *p = program_of(HEAD "f = dense(3)\nminimize { a = mse(f(x), f(y)) + mean(sq(f(x))) }\n" TRAIN);
  ck_assert(has_variable(p, "f.W") && has_variable(p, "f.b"));
  ck_assert_uint_eq(p->variables.n, 4); /* W, b, and the velocities of both */
  p = program_of(HEAD "f = dense(3)\ng = dense(3)\nminimize { a = mse(f(x), g(y)) }\n" TRAIN);
  ck_assert(has_variable(p, "f.W") && has_variable(p, "g.W") && has_variable(p, "g.W.sgd.v"));
}
END_TEST

START_TEST(names_are_paths_of_bindings) {
  struct program *p = program_of(HEAD "block two(v) { a = dense(4)   return a(v) -> relu -> dense(3) -> dense(2) }\n"
                                      "net = {x: two(), y: two()}\nminimize { a = mse(net.x(x), net.y(y)) }\n" TRAIN);
  ck_assert(has_variable(p, "net.x.a.W") && has_variable(p, "net.x.dense1.W") && has_variable(p, "net.y.dense2.b"));
}
END_TEST

START_TEST(a_loop_makes_an_instance_for_each_key) {
  struct program *p = program_of(HEAD "v = {x: x, y: y}\nenc = {k: dense(2) for k in v}\n"
                                      "minimize { a = sum(mean(sq(enc[k](v[k]))) for k in v) }\n" TRAIN);
  ck_assert(has_variable(p, "enc.x.W") && has_variable(p, "enc.y.W"));
}
END_TEST

START_TEST(two_applications_draw_for_themselves) {
  struct program *p = program_of(HEAD "d = dropout(0.5)\nf = dense(3)\nminimize { a = mse(d(f(x)), d(f(x))) }\n" TRAIN);
  ck_assert_int_eq(count(p->stages.at[0].update->step, OP_uniform, 1), 2);
  p = program_of(HEAD
                 "d = dropout(0.5)\nf = dense(3)\ne = d(f(x))\nminimize { a = mse(e, zero(e)) + mean(e) }\n" TRAIN);
  ck_assert_int_eq(count(p->stages.at[0].update->step, OP_uniform, 1), 1);
}
END_TEST

#define NOISY HEAD "def noisy(m) {\n e ~ normal(0, 1, like = m)\n return m + e\n}\nf = dense(3)\n"

START_TEST(every_call_draws_for_itself) {
  static const struct {
    const char *loss;
    int draws;
  } cases[] = {
      {"noisy(f(x)) - noisy(f(x))", 2},
      {"sum([noisy(f(v)) for v in [x, y]])", 2},
      {"sum([sum([noisy(f(v)) for k in [1, 2]]) for v in [x, x]])", 4},
      {"twice(f(x)) + twice(f(x))", 4},
      {"anew - anew", 2},
      {"n - n", 1},
      {"sum([n for k in [1, 2]])", 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *text = arena_format(arena,
                                    NOISY
                                    "def twice(m) = noisy(m) + noisy(m)\ndef anew = noisy(f(x))\nn = noisy(f(x))\n"
                                    "minimize { a = mean(sq(%s)) }\n" TRAIN,
                                    cases[i].loss);
    ck_assert_int_eq(count(program_of(text)->stages.at[0].update->step, OP_normal, 1), cases[i].draws);
  }
}
END_TEST

/* The sum of the keys of all draws that a term reads. */
static uint64_t drawn_by(const struct program *p, const char *term) {
  struct graph *g = p->stages.at[0].update->step;
  struct graph alone = *g;
  memset(&alone.roots, 0, sizeof alone.roots);
  alone.arena = arena;
  graph_root(&alone, ROOT_VALUE, "term", 0, root(g, term));
  struct graph *live = prune(arena, &alone, NULL);
  uint64_t sum = 0;
  for (node_id id = 1; id < live->nodes.n; id++)
    if (graph_node(live, id)->op == OP_normal) sum += graph_node(live, id)->attr.key;
  return sum;
}

START_TEST(order_changes_no_draw) {
  const char *text[] = {
      "u = x -> dropout(0.5) -> f -> noisy\nw = noisy(f(y))\nminimize { a = mean(sq(u)) b = mean(sq(w)) c = mean(sq(noisy(f(x)))) }\n",
      "minimize { c = mean(sq(noisy(f(x)))) b = mean(sq(w)) a = mean(sq(u)) }\nw = noisy(f(y))\nu = x -> dropout(0.5) -> f -> noisy\n"};
  const struct program *p[2];
  for (int i = 0; i < 2; i++) p[i] = program_of(arena_format(arena, NOISY "%s" TRAIN, text[i]));
  for (const char *const *term = (const char *const[]){"term:a", "term:b", "term:c", NULL}; *term; term++)
    ck_assert_uint_eq(drawn_by(p[0], *term), drawn_by(p[1], *term));
  ck_assert_uint_ne(drawn_by(p[0], "term:a"), drawn_by(p[0], "term:b"));
  ck_assert_uint_ne(drawn_by(p[0], "term:b"), drawn_by(p[0], "term:c"));
}
END_TEST

START_TEST(stages_of_one_measurement_share_no_weights) {
  struct program *p = program_of(HEAD
                                 "f = dense(3)\nminimize { a = mean(sq(f(x))) }\n" TRAIN
                                 "stage top(v) { m = dense(2)\nminimize { a = mean(sq(m(v))) }\n" TRAIN
                                 "return mean(m(v), batch)[0] }\nevaluate { both = {k: top(f(x)) for k in [.l, .r]}\n"
                                 "two = {l: top(x), r: top(y)} }\n");
  static const char *const expected[] = {"both.m.W", "both.top2.m.W", "two.m.W", "two.top2.m.W"};
  ck_assert_uint_eq(p->measurements.n, 4);
  size_t found = 0;
  for (size_t v = 0; v < p->variables.n; v++)
    for (size_t k = 0; k < 4; k++) found += !strcmp(p->variables.at[v].name, expected[k]);
  ck_assert_uint_eq(found, 4);
}
END_TEST

START_TEST(two_calls_of_a_stage_draw_for_themselves) {
  struct program *p = program_of(
      HEAD "f = dense(3)\nminimize { a = mean(sq(f(x))) }\n" TRAIN
           "stage top(v) { m = dense(2)\nz = m(v) -> dropout(0.5)\nminimize { a = mean(sq(z)) }\n" TRAIN
           "return mean(m(v), batch)[0] }\nevaluate { one = top(f(x)) two = top(f(x)) }\n");
  uint64_t key[2] = {0};
  for (int i = 0; i < 2; i++) {
    const struct graph *g = prune(arena, p->stages.at[1 + i].update->step, NULL);
    for (node_id id = 1; id < g->nodes.n; id++)
      if (graph_node(g, id)->op == OP_uniform) key[i] += graph_node(g, id)->attr.key;
  }
  ck_assert(key[0] && key[1]);
  ck_assert_uint_ne(key[0], key[1]);
}
END_TEST

/* ---- modes and state ---- */

#define NORM HEAD "n = batchnorm()\nf = dense(3)\n"

START_TEST(running_statistics_come_from_real_views) {
  struct program *p = program_of(NORM "minimize { a = mean(sq(n(f(x)))) }\n" TRAIN);
  ck_assert(writes(p->stages.at[0].update->step, "n.mu") && writes(p->stages.at[0].update->step, "n.var"));
  p = program_of(NORM "minimize { a = mean(sq(n(f(zero(x))) + f(x))) }\n" TRAIN);
  ck_assert(!writes(p->stages.at[0].update->step, "n.mu"));
}
END_TEST

START_TEST(still_and_live_override_the_mode) {
  struct program *p = program_of(NORM "minimize { a = mean(sq(still n(f(x)))) }\n" TRAIN);
  ck_assert(!writes(p->stages.at[0].update->step, "n.mu"));
  ck_assert_int_eq(count(p->stages.at[0].update->step, OP_batch_norm, -1), 0);
}
END_TEST

/* Dropout draws where it is in training. */
START_TEST(all_but_the_frozen_is_in_training) {
  static const struct {
    const char *model;
    int first, second; /* draws in a step of the first stage and of the second */
  } cases[] = {
      {"train { epochs 1  batch 100  f, g with sgd(lr = 0.1) }", 2, -1},
      {"stage one { minimize { a = mean(h) } " TRAIN
       "} stage two { minimize { a = mean(h) } train { epochs 1 batch 100 f, g with sgd(lr = 0.1) } }",
       2, 2},
      {"stage one { minimize { a = mean(h) } " TRAIN
       "} stage two { minimize { a = mean(h) } train { epochs 1 batch 100 keep f g with sgd(lr = 0.1) } }",
       2, 1},
      {"stage one { minimize { a = mean(h) } " TRAIN
       "} stage two { minimize { a = mean(k(h)) } train { epochs 1 batch 100 optimizer sgd(lr = 0.1) keep f, g } }\nk = dense(2)",
       2, 1},
      {TRAIN "stage top(h) { m = dense(2)\nminimize { a = mean(h -> dropout(0.3) -> m) } " TRAIN
             " return mean(m(h), batch)[0] }\nevaluate { s = top(h) }",
       2, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *text = arena_format(arena,
                                    HEAD "block with_dropout()(v) { return v -> dense(4) -> dropout(0.5) }\n"
                                         "f = with_dropout()\ng = dense(3)\nh = f(x) -> dropout(0.5) -> g\n%s%s",
                                    strncmp(cases[i].model, "stage", 5) ? "minimize { a = mean(h) }\n" : "",
                                    cases[i].model);
    const struct program *p = program_of(text);
    ck_assert_msg(count(p->stages.at[0].update->step, OP_uniform, 1) == cases[i].first, "case %zu", i);
    if (cases[i].second >= 0)
      ck_assert_msg(count(p->stages.at[1].update->step, OP_uniform, 1) == cases[i].second, "case %zu", i);
  }
}
END_TEST

START_TEST(a_rule_has_states_for_each_stage) {
  struct program *p = program_of(
      HEAD "f = dense(3)\nh = f(x)\n"
           "stage one { minimize { a = mean(sq(h)) } train { epochs 1  batch 100  optimizer adam() } }\n"
           "stage two { minimize { b = mean(abs(h)) } train { epochs 1  batch 100  f with adam(lr = 0.01) } }\n");
  ck_assert(has_variable(p, "f.W.adam.m@one") && has_variable(p, "f.W.adam.m@two") && !has_variable(p, "f.W.adam.m"));
  p = program_of(HEAD
                 "f = dense(3)\nminimize { a = mean(sq(f(x))) }\ntrain { epochs 1  batch 100  optimizer adam() }\n");
  ck_assert(has_variable(p, "f.W.adam.m"));
}
END_TEST

START_TEST(evaluation_draws_and_writes_nothing) {
  struct program *p = program_of(
      HEAD "f = dense(3)\nd = dropout(0.5)\nn = batchnorm()\nh = n(d(f(x)))\nminimize { a = mean(sq(h)) }\n" TRAIN
           "evaluate { m = mean(mean(h), batch) }\n");
  const struct collection *c = &p->collections.at[p->measurements.at[0].collection];
  ck_assert_int_eq(count(c->first, OP_uniform, -1) + count(c->first, OP_batch_norm, -1), 0);
}
END_TEST

START_TEST(a_later_stage_says_what_it_keeps) {
  static const char stages[] = HEAD
      "f = dense(3)\ng = dense(2)\n"
      "stage one { minimize { a = mean(sq(f(x))) } train { epochs 1  batch 100  optimizer sgd() } }\n"
      "stage two after one { minimize { b = mean(sq(g(f(x)))) } train { epochs 1  batch 100  optimizer sgd() %s } }\n";
  refused(arena_format(arena, stages, ""), "was trained by stage 'one'");
  struct program *p = program_of(arena_format(arena, stages, " keep f"));
  ck_assert_uint_eq(p->stages.n, 2);
  ck_assert(p->stages.at[1].prepare != NULL); /* f(x) does not change: computed once */
  ck_assert(!writes(p->stages.at[1].update->step, "f.W") && writes(p->stages.at[1].update->step, "g.W"));
}
END_TEST

/* Probes and fitted measures read one pass over the training split, with a column for each value. */
START_TEST(probes_share_a_pass) {
  struct program *p = program_of(
      HEAD "f = dense(3)\ng = dense(3)\nh = f(x)\nk = g(y)\nminimize { a = mean(sq(h - k)) }\n" TRAIN
           "evaluate {\n  p = probe(mlp(4), on = h, from = k, label = digits.label)\n"
           "  q = probe(mlp(4), on = h, from = h, label = digits.label)\n"
           "  correlation(h, k)\n}\n");
  ck_assert_uint_eq(p->stages.n, 3);
  const struct graph *pass = p->stages.at[1].prepare;
  ck_assert_uint_eq(pass->roots.n, 2); /* h, k */
  ck_assert_int_eq(count(pass, OP_matmul, 1), 2);
  ck_assert(p->stages.at[2].prepare == NULL);
  for (int stage = 1; stage <= 2; stage++) {
    const struct graph *step = p->stages.at[stage].update->step;
    bool reads = false;
    for (node_id id = 1; id < step->nodes.n; id++) {
      const struct node *node = graph_node(step, id);
      reads |= node->op == OP_column && node->attr.i[0] == pass->roots.at[0].target;
    }
    ck_assert(reads);
  }
  int fits = 0;
  for (size_t i = 0; i < p->collections.n; i++) {
    if (strcmp(p->collections.at[i].split, "train")) continue;
    ck_assert(p->collections.at[i].first == NULL);
    fits++;
  }
  ck_assert_int_eq(fits, 1);
}
END_TEST

START_TEST(a_probe_trains_on_frozen_codes) {
  struct program *p = program_of(HEAD "f = dense(3)\nh = f(x)\nminimize { a = mean(sq(h)) }\n" TRAIN
                                      "evaluate { p = probe(mlp(4), on = h, from = f(y), label = digits.label) }\n");
  ck_assert_uint_eq(p->stages.n, 2);
  ck_assert(p->stages.at[1].in_evaluation && p->stages.at[1].prepare->roots.n == 1);
  ck_assert(!writes(p->stages.at[1].update->step, "f.W") && writes(p->stages.at[1].update->step, "p.mlp1.dense1.W"));
  ck_assert_int_eq(p->measurements.at[0].stage, 1);
}
END_TEST

/* ---- fits ---- */

START_TEST(a_fit_is_made_once) {
  struct program *p = program_of(HEAD "s = standardize(x)\nf = dense(3)\nminimize { a = mean(sq(f(s))) }\n" TRAIN
                                      "evaluate { m = mean(mean(s), batch) }\n");
  /* mean, unit, size and variance, in the step, its inspection and the evaluation alike */
  ck_assert_uint_eq(p->fits.n, 4);
  ck_assert_int_eq(p->fits.at[0].stage, 0);
}
END_TEST

START_TEST(a_fit_cannot_follow_what_is_trained) {
  refused(HEAD "f = dense(3)\nminimize { a = mean(sq(f(x) - (mean(f(x), batch) on train))) }\n" TRAIN,
          "which this stage trains");
  refused(HEAD "f = dense(3)\nminimize { a = mean(sq(f(x) - (mean(f(x), batch) on test))) }\n" TRAIN,
          "not over 'test'");
}
END_TEST

/* ---- the shipped models ---- */

static const char *const models[] = {"corrmcnn", "corrmcnn_paper",    "corrnet",
                                     "mae",      "dense_autoencoder", "three_layers"};

/* What an instance has inside can be reached before the text applies it, wherever it does: in a term, a function, a
 * record, a list, a loop, under another name. Only what is applied counts as an application. */
START_TEST(applied_further_down) {
  struct compiled *made = compile(
      HEAD "enc = dense(10)  joint = dense(7)  towers = {a: dense(4), b: dense(5)}\n"
           "many = [dense(k) for k in [3, 6]]  alias = many[1]\n"
           "def code(v) = v -> joint -> relu\n"
           "minimize { decay = sum(enc.b) + sum(joint.b) + sum(towers.a.b) + sum(towers.b.b) + sum(many[0].b)\n"
           "                   + sum(many[1].b)\n"
           "  one = mean(sq(enc(x)))  two = mean(sq(code(x)))\n"
           "  three = mean(sq({r: towers.a(x), s: [towers.b(x)]}.r)) + mean(sq(towers[b](x)))\n"
           "  four = sum(mean(sq(m(x))) for m in [many[0]])  five = mean(sq(alias(x))) }\n" TRAIN);
  ck_assert_msg(made->program != NULL, "%s", diag_text(made->diags));
  ck_assert(strstr(made->summary, "\nenc: 1  at") && strstr(made->summary, "\njoint: 1  at"));
  ck_assert(strstr(made->summary, "\ntowers.a: 1  at") && strstr(made->summary, "\ntowers.b: 2,"));
  ck_assert(strstr(made->summary, "\nmany.0: 1  at") && strstr(made->summary, "\nmany.1: 1  at"));
}
END_TEST

/* An application that was met early, for what is inside, draws as it does in its turn. */
START_TEST(early_draws_are_the_same) {
  struct program *p = program_of(HEAD
                                 "block noisy(v) { keep ~ bernoulli(0.5, v)  return v * keep -> dense(5) as code }\n"
                                 "enc = noisy()\n"
                                 "minimize { a = mean(sq(enc.code))  b = mean(sq(enc(x))) }\n" TRAIN);
  ck_assert_int_eq(count(p->stages.at[0].update->step, OP_uniform, -1), 1);
}
END_TEST

/* Literal and folded graphs mean the same; here they only must both compile, verify and have the same terms. */
START_TEST(models_compile_and_verify) {
  const char *folder = getenv("srcdir");
  const char *path = arena_format(arena, "%s/models/%s.crl", folder ? folder : ".", models[_i]);
  size_t terms[2];
  for (int plain = 0; plain < 2; plain++) {
    struct compile_settings settings = {.choose_data = choose, .parse = parse, .plain = plain, .check = true};
    struct error error = {0};
    struct compiled *made = compile_model(arena, path, &settings, &error);
    ck_assert_msg(made && made->program, "%s: %s", path, made ? diag_text(made->diags) : error.message);
    struct program *p = made->program;
    for (size_t i = 0; i < p->stages.n; i++)
      ck_assert_msg(graph_verify(p->stages.at[i].update->step, &error) &&
                        graph_verify(p->stages.at[i].update->inspect, &error),
                    "%s", error.message);
    for (size_t i = 0; i < p->collections.n; i++)
      ck_assert_msg((!p->collections.at[i].first || graph_verify(p->collections.at[i].first, &error)) &&
                        graph_verify(p->collections.at[i].second, &error),
                    "%s", error.message);
    ck_assert_uint_ge(p->checks.n, 1);
    for (size_t i = 0; i < p->checks.n; i++)
      ck_assert_msg(graph_verify(p->checks.at[i].gradients, &error) && graph_verify(p->checks.at[i].loss, &error), "%s",
                    error.message);
    terms[plain] = p->stages.at[0].terms;
  }
  ck_assert_uint_eq(terms[0], terms[1]);
}
END_TEST

START_TEST(corrmcnn_is_the_reports) {
  const char *folder = getenv("srcdir");
  struct compile_settings settings = {.choose_data = choose, .parse = parse};
  struct error error = {0};
  struct compiled *made = compile_model(arena, arena_format(arena, "%s/models/corrmcnn.crl", folder ? folder : "."),
                                        &settings, &error);
  ck_assert(made && made->program);
  ck_assert_int_eq(made->parameters, 1137606);
  const struct graph *g = made->program->stages.at[0].update->step;
  /* two towers on real views and two on zero views: only the real ones convolve a batch forward */
  ck_assert_int_eq(count(g, OP_conv2d, 1), 4 + 6); /* and the six decoders' gradients of transposed convolutions */
}
END_TEST

int main(void) {
  Suite *suite = suite_create("meaning");
  TCase *tc = tcase_create("meaning");
  tcase_add_checked_fixture(tc, begin, end);
  tcase_set_timeout(tc, 120);
  tcase_add_test(tc, functions_that_nothing_calls);
  tcase_add_test(tc, applied_in_a_term);
  tcase_add_test(tc, a_term_per_row_is_its_mean);
  tcase_add_test(tc, a_correlation_couples);
  tcase_add_test(tc, a_mean_of_present_rows_does_not_couple);
  tcase_add_test(tc, a_product_of_means_couples);
  tcase_add_test(tc, functions_of_numbers_are_numbers);
  tcase_add_test(tc, a_zero_view_is_computed_once);
  tcase_add_test(tc, a_mean_over_equal_rows_is_one_of_them);
  tcase_add_test(tc, rows_do_not_mix_shapes);
  tcase_add_test(tc, absent_rows_do_not_count);
  tcase_add_test(tc, a_metric_is_of_the_fewest_rows);
  tcase_add_test(tc, an_instance_shares_and_two_do_not);
  tcase_add_test(tc, names_are_paths_of_bindings);
  tcase_add_test(tc, a_loop_makes_an_instance_for_each_key);
  tcase_add_test(tc, two_applications_draw_for_themselves);
  tcase_add_test(tc, every_call_draws_for_itself);
  tcase_add_test(tc, order_changes_no_draw);
  tcase_add_test(tc, stages_of_one_measurement_share_no_weights);
  tcase_add_test(tc, two_calls_of_a_stage_draw_for_themselves);
  tcase_add_test(tc, running_statistics_come_from_real_views);
  tcase_add_test(tc, still_and_live_override_the_mode);
  tcase_add_test(tc, all_but_the_frozen_is_in_training);
  tcase_add_test(tc, a_rule_has_states_for_each_stage);
  tcase_add_test(tc, evaluation_draws_and_writes_nothing);
  tcase_add_test(tc, a_later_stage_says_what_it_keeps);
  tcase_add_test(tc, a_probe_trains_on_frozen_codes);
  tcase_add_test(tc, probes_share_a_pass);
  tcase_add_test(tc, a_fit_is_made_once);
  tcase_add_test(tc, a_fit_cannot_follow_what_is_trained);
  tcase_add_test(tc, applied_further_down);
  tcase_add_test(tc, early_draws_are_the_same);
  tcase_add_loop_test(tc, models_compile_and_verify, 0, (int)(sizeof models / sizeof *models));
  tcase_add_test(tc, corrmcnn_is_the_reports);
  suite_add_tcase(suite, tc);
  SRunner *feeder = srunner_create(suite);
  srunner_run_all(feeder, CK_NORMAL);
  int failed = srunner_ntests_failed(feeder);
  srunner_free(feeder);
  return failed != 0;
}
