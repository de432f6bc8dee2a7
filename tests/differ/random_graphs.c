/* A differential campaign: random graphs, most of them with their gradients and updates, carried out in several
 * ways that must agree.
 *   - the literal graph and the folded one, in double, by reference kernels: to what rounding in double may do
 *   - the same with images laid out for the kernels, and with products over the batch in another order
 *   - the executor's reference mode and a plain interpreter: the same bits
 *   - the fast execution and the reference: to what rounding in single precision may do
 *   - the fast execution in groups, finely cut and ungrouped: the same bits where nothing sums over rows
 *   - the fast execution on 1 to 8 threads, again, after a run of fewer rows, in memory that held anything: the
 *     same bits
 *   - some rows by themselves and those rows among others, wherever nothing couples them
 * What rounding may do is measured: interpretations with noise in every result that rounding touches, by hundreds
 * of times what rounding does, show for each element how far it is carried; that covers what is ill-conditioned.
 * Where noise turns a choice (argmax, less, floor), what depends on it is not compared in size, only in bits.
 *
 * usage: random_graphs [--seeds FROM COUNT] [--verbose]
 * A failure prints how to repeat it, and a smaller graph that fails in the same way. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "execute.h"
#include "interpret.h"
#include "pass/pass.h"
#include "recipe.h"

enum { POOLS = 5, PAIRS = 2, SEEDS = 300, SHRINK_SECONDS = 60 };
static const int threads[POOLS] = {1, 2, 3, 4, 8};
static struct pool *pools[POOLS];
static bool verbose;
static long compared, vague, wild, steps_run;

/* 512 roundings of single precision; and in double a millionth of a millionth. */
static const double noise = 512 * 0x1p-24, little_noise = 1e-11;

struct trial {
  struct arena *arena;
  const struct recipe *recipe;
  struct graph *plain, *folded;
  struct graph *laid; /* the folded one with images laid out for the kernels; its roots are in the same order */
  const bool *live;
  struct result *fast; /* of the fast execution */
  struct interpretation base;
  double **tolerance; /* by root: of the fast execution, by element */
  bool finite;
  const char *failure; /* what is wrong, one of a few sentences, or NULL */
  char detail[1200];
};

static bool fails(struct trial *t, const char *failure, const char *detail) {
  if (t->failure) return false;
  t->failure = failure;
  snprintf(t->detail, sizeof t->detail, "%s", detail);
  return false;
}

/* ---- how far rounding may carry a root ---- */

static int by_size(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

static double median_of_some(struct arena *arena, const double *values, int64_t n) {
  double *some = ARENA_ARRAY(arena, double, (size_t)n);
  size_t kept = 0;
  for (int64_t i = 0; i < n; i++)
    if (values[i] > 0) some[kept++] = values[i];
  qsort(some, kept, sizeof *some, by_size);
  return kept ? some[kept / 2] : 0;
}

static void spread_by(const struct graph *graph, const struct interpretation *base, const struct interpretation *other,
                      double **spread) {
  for (size_t r = 0; r < graph->roots.n; r++) {
    node_id id = graph->roots.at[r].node;
    const struct value_type *type = &graph_node(graph, id)->type;
    for (int64_t i = 0; i < elements_of(type, base->rows); i++) {
      double moved = fabs(typed_get(other->value[id], type->type, i, true) -
                          typed_get(base->value[id], type->type, i, true));
      if (!(moved <= spread[r][i])) spread[r][i] = isfinite(moved) ? moved : INFINITY;
    }
  }
}

/* How far noise moves what element i of a node reads of input k, and what that is without. */
static double moved_input(const struct graph *graph, const struct node *node, int k, const struct interpretation *base,
                          const struct interpretation *other, int64_t i, double *value) {
  const struct node *in = graph_node(graph, node->in[k]);
  if (!in->type.shape.rank && in->type.rows) i /= shape_count(node->type.shape);
  i %= elements_of(&in->type, base->rows);
  *value = typed_get(base->value[node->in[k]], in->type.type, i, true);
  return fabs(typed_get(other->value[node->in[k]], in->type.type, i, true) - *value);
}

/* Whether noise decides element i of a step: its result moves, a sign is no longer certain, or the two that are compared
 * are so near to each other that rounding, of which it is some hundred times as much, can make them equal. */
static bool turns(const struct graph *graph, node_id id, const struct interpretation *base,
                  const struct interpretation *other, int64_t i) {
  const struct node *node = graph_node(graph, id);
  double x, y, moved = moved_input(graph, node, 0, base, other, i, &x);
  if (node->op == OP_sign || node->op == OP_relu_back) return moved > 0 && moved >= fabs(x);
  bool compares = node->op == OP_less || node->op == OP_less_equal || node->op == OP_equal;
  if (compares && node->in[0] != node->in[1]) {
    moved += moved_input(graph, node, 1, base, other, i, &y);
    if (moved > 0 && moved >= 64 * fabs(x - y)) return true;
  }
  enum dtype type = node->type.type;
  return typed_get(base->value[id], type, i, true) != typed_get(other->value[id], type, i, true);
}

/* Marks nodes on whose choices noise has a say: a step that moves, or a gradient that passes here and not there. */
static void mark_flipped(const struct graph *graph, const bool *live, const struct interpretation *base,
                         const struct interpretation *other, bool *flipped) {
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    bool steps = op_info[node->op].properties & STEPS || node->op == OP_relu_back;
    for (int64_t i = 0; live[id] && steps && !flipped[id] && i < elements_of(&node->type, base->rows); i++)
      flipped[id] = turns(graph, id, base, other, i);
    for (int k = 0; k < node->inputs; k++) flipped[id] |= flipped[node->in[k]];
  }
}

/* By root and element: how far noise moves it, and four times what it moves half of them; any distance where a
 * choice turned. */
static double **tolerance_of(struct arena *arena, const struct graph *graph, const bool *live,
                             const struct interpretation *base, double level, int pairs) {
  double **spread = ARENA_ARRAY(arena, double *, graph->roots.n);
  bool *flipped = ARENA_ARRAY(arena, bool, graph->nodes.n);
  for (size_t r = 0; r < graph->roots.n; r++)
    spread[r] = ARENA_ARRAY(arena, double,
                            (size_t)elements_of(&graph_node(graph, graph->roots.at[r].node)->type, base->rows));
  for (int k = 0; k < 2 * pairs; k++) {
    struct arena *work = arena_new();
    struct interpretation moved = *base;
    moved.noise = k % 2 ? -level : level;
    moved.stream = (uint64_t)(1 + k / 2);
    interpret(work, graph, live, &moved);
    spread_by(graph, base, &moved, spread);
    mark_flipped(graph, live, base, &moved, flipped);
    arena_free(work);
  }
  for (size_t r = 0; r < graph->roots.n; r++) {
    int64_t n = elements_of(&graph_node(graph, graph->roots.at[r].node)->type, base->rows);
    double half = median_of_some(arena, spread[r], n);
    if (flipped[graph->roots.at[r].node]) half = INFINITY;
    for (int64_t i = 0; i < n; i++) spread[r][i] += 4 * half;
  }
  return spread;
}

static void count_vague(struct trial *t) {
  for (size_t r = 0; r < t->folded->roots.n; r++) {
    node_id id = t->folded->roots.at[r].node;
    const struct value_type *type = &graph_node(t->folded, id)->type;
    int64_t n = elements_of(type, t->base.rows), loose = 0;
    double squares = 0;
    for (int64_t i = 0; i < n; i++) squares += pow(typed_get(t->base.value[id], type->type, i, true), 2);
    for (int64_t i = 0; i < n; i++) loose += t->tolerance[r][i] > 0.02 * sqrt(squares / (double)n);
    compared++;
    vague += 2 * loose > n;
  }
}

/* ---- comparing ---- */

/* Results against an interpretation: within tolerance, and in the last place of what they are made of. */
static bool close_to(struct trial *t, const struct graph *graph, const struct result *results, bool wide,
                     const struct interpretation *base, double *const *tolerance, const char *failure) {
  char text[256];
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    for (int64_t i = 0; i < results[r].elements; i++) {
      double got = typed_get(results[r].data, results[r].type.type, i, wide);
      double expected = typed_get(base->value[root->node], results[r].type.type, i, true);
      double last = (wide ? 1e-15 : 2e-7) * fabs(expected) + (wide ? 0 : 1e-37);
      if (got == expected || fabs(got - expected) <= (tolerance ? tolerance[r][i] : 0) + last) continue;
      if (isnan(got) && isnan(expected)) continue;
      snprintf(text, sizeof text, "%s (%%%u) element %lld is %.9g, not %.9g +- %.1e", root->name, root->node,
               (long long)i, got, expected, tolerance ? tolerance[r][i] : 0);
      return fails(t, failure, text);
    }
  }
  return true;
}

static bool same_bits(struct trial *t, const struct graph *graph, const struct result *a, const struct result *b,
                      const bool *which, const char *failure) {
  for (size_t r = 0; r < graph->roots.n; r++)
    if ((!which || which[graph->roots.at[r].node]) && memcmp(a[r].data, b[r].data, a[r].bytes))
      return fails(t, failure, graph->roots.at[r].name);
  return true;
}

static struct result *execute_here(struct trial *t, const struct graph *graph, struct execution how) {
  struct error error = {0};
  how.seed = t->recipe->seed;
  if (!how.rows) how.rows = t->recipe->rows;
  if (!how.most) how.most = how.rows;
  struct result *results = execute(t->arena, graph, &how, &error);
  if (!results) fails(t, "it cannot be run", error.message);
  return results;
}

/* ---- the trial's parts ---- */

static bool build(struct trial *t) {
  struct error error = {0};
  t->plain = graph_new(t->arena, "plain", true);
  t->folded = graph_new(t->arena, "folded", false);
  if (!recipe_build(t->recipe, t->plain, &error) || !recipe_build(t->recipe, t->folded, &error))
    return fails(t, "it cannot be built", error.message);
  if (!graph_verify(t->plain, &error) || !graph_verify(t->folded, &error))
    return fails(t, "the verifier refuses it", error.message);
  t->laid = rematerialise_norms(t->arena, lay_out(t->arena, t->folded, true));
  if (!graph_verify(t->laid, &error)) return fails(t, "the verifier refuses its layout", error.message);
  t->live = graph_live(t->arena, t->folded);
  return true;
}

static bool check_other(struct trial *t, const struct graph *other, const struct interpretation *base,
                        double **tolerance, const char *refused, const char *differs) {
  struct error error = {0};
  if (!graph_verify(other, &error)) return fails(t, refused, error.message);
  struct result *results = execute_here(t, other, (struct execution){.reference = true});
  return results && close_to(t, t->plain, results, true, base, tolerance, differs);
}

/* As a step is planned for so many rows: products over the batch in the other order, and applications of a layer stacked. */
static bool check_settled(struct trial *t, const struct interpretation *base, double **tolerance) {
  struct error error = {0};
  const struct graph *settled = graph_of_rows(t->arena, t->folded, t->recipe->rows, &error);
  if (!settled) return fails(t, "it cannot have so many rows", error.message);
  const struct graph *other = associate(t->arena, settled, t->recipe->rows);
  if (other && !check_other(t, other, base, tolerance, "the verifier refuses its other order of products",
                            "another order of products has another result"))
    return false;
  other = stack_applications(t->arena, other ? other : settled, t->recipe->rows, true);
  return !other || check_other(t, other, base, tolerance, "the verifier refuses it with applications stacked",
                               "with applications stacked it has another result");
}

/* The folded graph and the literal one. */
static bool check_folding(struct trial *t) {
  struct interpretation base = t->base;
  const bool *live = graph_live(t->arena, t->plain);
  base.noise = 0;
  interpret(t->arena, t->plain, live, &base);
  double **tolerance = tolerance_of(t->arena, t->plain, live, &base, little_noise, 1);
  struct result *literal = execute_here(t, t->plain, (struct execution){.reference = true});
  struct result *folded = execute_here(t, t->folded, (struct execution){.reference = true});
  struct result *laid = execute_here(t, t->laid, (struct execution){.reference = true});
  if (!literal || !folded || !laid) return false;
  static const char other[] = "the reference execution is not what an interpreter has";
  if (!close_to(t, t->plain, literal, true, &base, NULL, other) ||
      !close_to(t, t->folded, folded, true, &t->base, NULL, other))
    return false;
  if (!t->finite) return true;
  return close_to(t, t->plain, folded, true, &base, tolerance, "folding changes what the graph means") &&
         close_to(t, t->plain, laid, true, &base, tolerance, "its layout changes what the graph means") &&
         check_settled(t, &base, tolerance);
}

/* By node: whether a row of it has the same bits however many are computed at a time, as all have but sums over
 * rows and what reads them. */
static bool *exact_of(struct arena *arena, const struct graph *graph) {
  bool *exact = ARENA_ARRAY(arena, bool, graph->nodes.n);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    exact[id] = !(op_info[node->op].properties & CONTRACTS);
    for (int k = 0; k < node->inputs; k++) exact[id] &= exact[node->in[k]];
  }
  return exact;
}

/* Cut in another way: not grouped at all, or finely; then on other threads. */
static bool check_cut(struct trial *t, struct execution how, const char *far, const char *other_bits) {
  struct result *cut = execute_here(t, t->laid, how);
  if (!cut) return false;
  if (t->finite && !close_to(t, t->folded, cut, false, &t->base, t->tolerance, far)) return false;
  if (!same_bits(t, t->laid, t->fast, cut, exact_of(t->arena, t->laid), other_bits)) return false;
  how.pool = pools[1 + t->recipe->seed % (POOLS - 1)];
  struct result *again = execute_here(t, t->laid, how);
  return again && same_bits(t, t->laid, cut, again, NULL, "other bits on other threads");
}

/* The fast execution, and all that must not change its bits. */
static bool check_fast(struct trial *t) {
  static const char far[] = "the fast execution is not what the reference has";
  const struct recipe *r = t->recipe;
  t->fast = execute_here(t, t->laid, (struct execution){.dirty = true});
  if (!t->fast) return false;
  if (t->finite && !close_to(t, t->folded, t->fast, false, &t->base, t->tolerance, far)) return false;
  struct execution ungrouped = {.dirty = true, .ungrouped = true}, fine = {.dirty = true, .fine = true};
  if (!check_cut(t, ungrouped, "without groups it is not what the reference has", "other bits in groups") ||
      !check_cut(t, fine, "finely cut it is not what the reference has", "other bits in small tiles"))
    return false;
  for (int p = 0; p < POOLS; p++) {
    if ((r->seed + (uint64_t)p) % 2) continue; /* half of the pools for each graph */
    struct result *again = execute_here(t, t->laid, (struct execution){.pool = pools[p], .dirty = true});
    if (!again || !same_bits(t, t->laid, t->fast, again, NULL, "other bits on other threads")) return false;
  }
  struct execution reused = {.pool = pools[r->seed % POOLS], .dirty = true, .fine = r->seed % 2};
  struct result *once = execute_here(t, t->laid, reused);
  reused.before = 1 + (int64_t)(r->seed % (uint64_t)r->rows);
  struct result *again = once ? execute_here(t, t->laid, reused) : NULL;
  return again && same_bits(t, t->laid, once, again, NULL, "other bits in a run after others");
}

/* By node: whether a row depends on itself alone, and a value without rows on none. */
static bool *alone_of(struct arena *arena, const struct graph *graph) {
  bool *alone = ARENA_ARRAY(arena, bool, graph->nodes.n);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    alone[id] = !node->coupled && node->op != OP_rows;
    for (int k = 0; k < node->inputs; k++) alone[id] &= alone[node->in[k]];
  }
  return alone;
}

/* Rows first .. first + rows - 1 by themselves: every node interpreted, every root in the fast execution. */
static bool check_rows(struct trial *t) {
  int64_t first = (int64_t)(t->recipe->seed / 3 % (uint64_t)t->recipe->rows);
  int64_t rows = 1 + (int64_t)(t->recipe->seed / 7 % (uint64_t)(t->recipe->rows - first));
  struct arena *work = arena_new();
  const bool *alone = alone_of(work, t->folded);
  struct interpretation part = t->base;
  part.noise = 0;
  part.first = first;
  part.rows = rows;
  part.step_context = step_context_of(t->recipe->seed, first);
  interpret(work, t->folded, t->live, &part);
  for (node_id id = 1; id < t->folded->nodes.n && !t->failure; id++) {
    const struct node *node = graph_node(t->folded, id);
    if (!t->live[id] || !alone[id]) continue;
    size_t size = node->type.type == F32 ? sizeof(double) : dtype_size(node->type.type);
    size_t before = node->type.rows ? (size_t)(first * shape_count(node->type.shape)) * size : 0;
    if (memcmp((char *)t->base.value[id] + before, part.value[id], (size_t)elements_of(&node->type, rows) * size))
      fails(t, "a row depends on others", op_info[node->op].name);
  }
  struct execution how = {.first = first, .rows = rows, .most = t->recipe->rows};
  struct result *fast = execute_here(t, t->laid, how);
  for (size_t r = 0; fast && r < t->folded->roots.n && !t->failure; r++) {
    size_t before = fast[r].type.rows ? fast[r].bytes / (size_t)rows * (size_t)first : 0;
    if (alone[t->folded->roots.at[r].node] && memcmp(fast[r].data, (char *)t->fast[r].data + before, fast[r].bytes))
      fails(t, "rows by themselves have other bits than among others", t->folded->roots.at[r].name);
  }
  arena_free(work);
  return !t->failure;
}

static bool all_finite(const struct trial *t) {
  for (node_id id = 1; id < t->folded->nodes.n; id++) {
    const struct value_type *type = &graph_node(t->folded, id)->type;
    if (!t->live[id] || type->type != F32) continue;
    for (int64_t i = 0; i < elements_of(type, t->base.rows); i++)
      if (!(fabs(((const double *)t->base.value[id])[i]) < 1e15)) return false;
  }
  return true;
}

static void try(struct trial *t, const struct recipe *recipe) {
  *t = (struct trial){.arena = arena_new(), .recipe = recipe};
  if (!build(t)) return;
  t->base = (struct interpretation){
      .seed = recipe->seed, .rows = recipe->rows, .step_context = step_context_of(recipe->seed, 0)};
  interpret(t->arena, t->folded, t->live, &t->base);
  t->finite = all_finite(t);
  t->tolerance = tolerance_of(t->arena, t->folded, t->live, &t->base, noise, PAIRS);
  if (check_folding(t) && check_fast(t)) check_rows(t);
}

/* ---- failures ---- */

static void shrink(struct recipe *recipe, const char *failure) {
  static struct recipe smaller;
  static struct trial t;
  time_t end = time(NULL) + SHRINK_SECONDS;
  for (bool better = true; better && time(NULL) < end;) {
    better = false;
    for (int k = 0; k < recipe_changes(recipe) && time(NULL) < end; k++) {
      smaller = *recipe;
      if (!recipe_change(&smaller, k)) continue;
      try(&t, &smaller);
      bool same = t.failure && !strcmp(t.failure, failure);
      arena_free(t.arena);
      if (!same) continue;
      *recipe = smaller;
      better = true;
      k--;
    }
  }
}

static void explain(struct recipe *recipe, const struct trial *t) {
  static struct trial small;
  printf("failed: seed %llu: %s: %s\n", (unsigned long long)recipe->seed, t->failure, t->detail);
  printf("repeat: tests/differ/random_graphs --seeds %llu 1 --verbose\n", (unsigned long long)recipe->seed);
  fflush(stdout);
  if (!strcmp(t->failure, "it cannot be built")) return;
  shrink(recipe, t->failure);
  try(&small, recipe);
  printf("smaller, %lld rows: %s\n%s", (long long)recipe->rows, small.failure ? small.detail : "?",
         graph_dump(small.arena, small.folded));
  arena_free(small.arena);
}

static unsigned long long at_seed;

/* A crash says where, too. */
static void crashed(int number) {
  char text[] = "\ncrashed: tests/differ/random_graphs --seeds                      1 --verbose\n";
  unsigned long long seed = at_seed;
  for (char *digit = text + 65; digit > text + 45 && (seed || digit == text + 65); seed /= 10)
    *--digit = (char)('0' + seed % 10);
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(1);
  signal(number, SIG_DFL);
  raise(number);
}

static bool run_seed(uint64_t seed) {
  static struct recipe recipe;
  static struct trial t;
  at_seed = seed;
  recipe_make(&recipe, seed);
  try(&t, &recipe);
  if (t.failure && !strcmp(t.failure, "it cannot be built") && recipe.trained && strstr(t.detail, "draw")) {
    arena_free(t.arena); /* a loss that depends on the outcome of a draw has no gradient */
    recipe.trained = false;
    for (int v = 0; v < MOST_LEAVES; v++) recipe.update[v] = NO_UPDATE;
    try(&t, &recipe);
  }
  bool good = !t.failure;
  if (good) {
    for (node_id id = 1; id < t.folded->nodes.n; id++) steps_run += t.live[id];
    if (t.finite) count_vague(&t);
    wild += !t.finite;
  } else explain(&recipe, &t);
  if (verbose)
    printf("seed %llu: %zu nodes, %zu literally, %zu roots, %lld rows%s%s\n", (unsigned long long)seed,
           t.folded->nodes.n - 1, t.plain->nodes.n - 1, t.folded->roots.n, (long long)recipe.rows,
           recipe.trained ? ", with gradients" : "", good ? "" : ": failed");
  arena_free(t.arena);
  return good;
}

int main(int argc, char **argv) {
  uint64_t from = 1, count = SEEDS;
  long passed = 0, failed = 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--verbose")) verbose = true;
    else if (!strcmp(argv[i], "--seeds") && i + 2 < argc) {
      from = strtoull(argv[++i], NULL, 10);
      count = strtoull(argv[++i], NULL, 10);
    } else {
      fprintf(stderr, "usage: random_graphs [--seeds FROM COUNT] [--verbose]\n");
      return 2;
    }
  }
  signal(SIGSEGV, crashed);
  signal(SIGABRT, crashed);
  kernels_start();
  for (int i = 0; i < POOLS; i++)
    if (!(pools[i] = pool_new(threads[i]))) return 1;
  for (uint64_t seed = from; seed < from + count; seed++) *(run_seed(seed) ? &passed : &failed) += 1;
  for (int i = 0; i < POOLS; i++) pool_free(pools[i]);
  printf("%ld nodes; %ld roots compared, %ld of them only vaguely; %ld graphs with numbers beyond bounds\n", steps_run,
         compared, vague, wild);
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed != 0;
}
