/* Maps of codes: principal components and t-SNE against what NumPy makes of the same rows. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "eval/embed.h"
#include "tests/data/scratch.h"
#include "tests/eval/embed_numbers.h"

enum { PERPLEXITY_HALVES = 5 };
static struct error error;

static void near(const double *found, const double *expected, int n, double tolerance) {
  for (int i = 0; i < n; i++)
    ck_assert_msg(fabs(found[i] - expected[i]) <= tolerance, "number %d is %.12g, not %.12g", i, found[i], expected[i]);
}

START_TEST(components_are_numpys) {
  double y[2 * ROWS], share[2];
  ck_assert(principal_components(numpy_rows, ROWS, WIDTH, y, share, &error));
  near(y, numpy_components, 2 * ROWS, 1e-12);
  near(share, numpy_shares, 2, 1e-13);
  ck_assert(principal_components(numpy_rows, 3, WIDTH, y, share, &error)); /* fewer rows than numbers in one */
  near(y, numpy_wide_components, 6, 1e-12);
}
END_TEST

START_TEST(one_number_in_a_row) {
  double x[] = {1, 3, 8}, y[6], share[2];
  ck_assert(principal_components(x, 3, 1, y, share, &error));
  near(y, (double[]){-3, 0, -1, 0, 4, 0}, 6, 1e-12);
  near(share, (double[]){1, 0}, 2, 0);
}
END_TEST

START_TEST(affinities_are_numpys) {
  double p[ROWS * ROWS];
  ck_assert(tsne_affinities(numpy_rows, ROWS, WIDTH, PERPLEXITY_HALVES / 2.0, NULL, p, &error));
  near(p, numpy_affinities, ROWS * ROWS, 1e-9);
}
END_TEST

START_TEST(divergence_and_gradient_are_numpys) {
  double gradient[2 * ROWS], divergence = tsne_divergence(numpy_affinities, numpy_points, ROWS, NULL);
  near(&divergence, numpy_divergence, 1, 1e-12);
  ck_assert(tsne_gradient(numpy_affinities, numpy_points, ROWS, 1, NULL, gradient, &error));
  near(gradient, numpy_gradient, 2 * ROWS, 1e-9); /* of differences */
}
END_TEST

/* Three heaps of rows, far from each other. */
enum { HEAPS = 3, IN_A_HEAP = 30, HEAPED = HEAPS * IN_A_HEAP, NUMBERS = 5 };
static void heap(double *x) {
  for (int i = 0; i < HEAPED; i++)
    for (int k = 0; k < NUMBERS; k++)
      x[i * NUMBERS + k] = random_normal(random_bits(3, (uint64_t)(i * NUMBERS + k))) + (i % HEAPS == k ? 12 : 0);
}

static void embed(const double *x, int threads, double *y, double divergence[2]) {
  struct pool *pool = pool_new(threads);
  struct tsne_settings settings = tsne_usual(HEAPED);
  double share[2];
  ck_assert(principal_components(x, HEAPED, NUMBERS, y, share, &error));
  ck_assert(tsne(x, HEAPED, NUMBERS, &settings, pool, y, divergence, &error));
  pool_free(pool);
}

START_TEST(the_divergence_falls) {
  double x[HEAPED * NUMBERS], y[2 * HEAPED], divergence[2];
  heap(x);
  embed(x, 1, y, divergence);
  ck_assert_msg(divergence[1] < 0.3 * divergence[0] && divergence[1] > 0, "%g to %g", divergence[0], divergence[1]);
  for (int i = 0; i < HEAPED; i++) { /* the nearest point is of the same heap */
    int best = -1;
    double least = INFINITY;
    for (int j = 0; j < HEAPED; j++) {
      double a = y[2 * i] - y[2 * j], b = y[2 * i + 1] - y[2 * j + 1];
      if (j != i && a * a + b * b < least) least = a * a + b * b, best = j;
    }
    ck_assert_int_eq(best % HEAPS, i % HEAPS);
  }
}
END_TEST

START_TEST(threads_change_nothing) {
  double x[HEAPED * NUMBERS], one[2 * HEAPED], three[2 * HEAPED], divergence[2];
  heap(x);
  embed(x, 1, one, divergence);
  embed(x, 3, three, divergence);
  ck_assert(!memcmp(one, three, sizeof one));
}
END_TEST

START_TEST(rows_at_one_place) {
  double x[HEAPED * NUMBERS] = {0}, y[2 * HEAPED], divergence[2];
  embed(x, 1, y, divergence);
  for (int i = 0; i < 2 * HEAPED; i++) ck_assert(isfinite(y[i]));
}
END_TEST

int main(void) {
  TCase *cases = tcase_create("embed");
  tcase_add_test(cases, components_are_numpys);
  tcase_add_test(cases, one_number_in_a_row);
  tcase_add_test(cases, affinities_are_numpys);
  tcase_add_test(cases, divergence_and_gradient_are_numpys);
  tcase_add_test(cases, the_divergence_falls);
  tcase_add_test(cases, threads_change_nothing);
  tcase_add_test(cases, rows_at_one_place);
  return scratch_main("embed", cases);
}
