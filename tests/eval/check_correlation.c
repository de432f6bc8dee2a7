/* Sum correlation against hand-computed values, effective rank of known spectra, CCA on planted structure. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/cca.h"
#include "eval/correlation.h"
#include "tests/data/scratch.h"
#include "tests/eval/codes.h"

START_TEST(pearson_by_hand) {
  /* coordinates: (1,2,3,4) with (2,4,6,9), r = 11.5 / sqrt(5 * 26.75); with its negative, -1; constant, 0 */
  float a[] = {1, 1, 0.1f, 2, 2, 0.1f, 3, 3, 0.1f, 4, 4, 0.1f};
  float b[] = {2, -1, 5, 4, -2, 7, 6, -3, 1, 9, -4, 0};
  struct array first = rows_of("a", a, 4, 3), second = rows_of("b", b, 4, 3);
  struct error error = {0};
  double sum;
  ck_assert(correlation_sum(&first, &second, NULL, &sum, &error));
  ck_assert_double_eq_tol(sum, 11.5 / sqrt(5 * 26.75) - 1, 1e-12);
  ck_assert(correlation_sum(&first, &first, NULL, &sum, &error));
  ck_assert_double_eq_tol(sum, 2, 1e-12);
}
END_TEST

START_TEST(a_constant_coordinate_counts_nothing) { /* however its mean rounds */
  enum { ROWS = 1000 };
  float a[ROWS], b[ROWS];
  for (int i = 0; i < ROWS; i++) a[i] = 0.1f, b[i] = (float)noise(1, i);
  struct array first = rows_of("a", a, ROWS, 1), second = rows_of("b", b, ROWS, 1);
  struct error error = {0};
  double sum = 5, rank = 5;
  ck_assert(correlation_sum(&first, &second, NULL, &sum, &error));
  ck_assert_double_eq(sum, 0);
  ck_assert(!effective_rank(&first, &rank, &error));
  EXPECT_REFUSED(error, "none of its 1 numbers varies from row to row");
}
END_TEST

START_TEST(offset_and_scale_do_not_matter) {
  enum { ROWS = 500 };
  float a[ROWS], b[ROWS], c[ROWS];
  for (int i = 0; i < ROWS; i++) {
    a[i] = (float)(i % 17);
    b[i] = (float)((i * i) % 13);
    c[i] = 3 * b[i] + 100000;
  }
  struct array x = rows_of("x", a, ROWS, 1), y = rows_of("y", b, ROWS, 1), z = rows_of("z", c, ROWS, 1);
  struct error error = {0};
  double plain, moved;
  ck_assert(correlation_sum(&x, &y, NULL, &plain, &error) && correlation_sum(&x, &z, NULL, &moved, &error));
  ck_assert_double_eq_tol(plain, moved, 1e-12);
}
END_TEST

START_TEST(rounding_is_no_variation) { /* a constant off by its last places, and small numbers that do vary */
  enum { ROWS = 1000 };
  float a[ROWS], b[ROWS], c[ROWS];
  for (int i = 0; i < ROWS; i++) a[i] = 0.1f + (i % 3) * 7.5e-9f, b[i] = 1e-8f * (float)noise(1, i), c[i] = 3 * b[i];
  struct array first = rows_of("a", a, ROWS, 1), second = rows_of("b", b, ROWS, 1), third = rows_of("c", c, ROWS, 1);
  struct error error = {0};
  double sum = 5;
  ck_assert(correlation_sum(&first, &first, NULL, &sum, &error));
  ck_assert_double_eq(sum, 0);
  ck_assert(correlation_sum(&second, &third, NULL, &sum, &error));
  ck_assert_double_eq_tol(sum, 1, 1e-9);
}
END_TEST

START_TEST(shuffled_pairs_are_near_zero) {
  enum { ROWS = 5000, WIDTH = 4 };
  float *a = floats_new(ROWS * WIDTH);
  for (int i = 0; i < ROWS * WIDTH; i++) a[i] = (float)noise(2, i);
  struct array codes = rows_of("a", a, ROWS, WIDTH);
  struct error error = {0};
  uint64_t key = 1, other = 2;
  double paired, shuffled, again, different;
  ck_assert(correlation_sum(&codes, &codes, NULL, &paired, &error));
  ck_assert(correlation_sum(&codes, &codes, &key, &shuffled, &error));
  ck_assert(correlation_sum(&codes, &codes, &key, &again, &error));
  ck_assert(correlation_sum(&codes, &codes, &other, &different, &error));
  ck_assert_double_eq_tol(paired, WIDTH, 1e-9);
  ck_assert_double_lt(fabs(shuffled), 0.15);
  ck_assert_double_eq(shuffled, again);
  ck_assert_double_ne(shuffled, different);
  free(a);
}
END_TEST

START_TEST(bad_input_is_an_error) {
  float a[6] = {1, 2, 3, 4, 5, 6}, bad[2] = {1, NAN};
  struct array three = rows_of("a", a, 3, 2), two = rows_of("b", a, 2, 3), wide = rows_of("c", a, 3, 1);
  struct array one = rows_of("one", a, 1, 2), nan = rows_of("nan", bad, 2, 1), f64 = three;
  double sum;
  f64.type = F64;
  struct error error = {0};
  ck_assert(!correlation_sum(&three, &two, NULL, &sum, &error));
  EXPECT_REFUSED(error, "'a' has 3 rows and 'b' has 2, so they cannot be paired");
  error = (struct error){0};
  ck_assert(!correlation_sum(&three, &wide, NULL, &sum, &error));
  EXPECT_REFUSED(error, "codes of 2 and of 1 numbers have no correlation by coordinate");
  error = (struct error){0};
  ck_assert(!effective_rank(&one, &sum, &error));
  EXPECT_REFUSED(error, "'one' has 1 row, and measuring needs at least 2");
  error = (struct error){0};
  ck_assert(!effective_rank(&f64, &sum, &error));
  EXPECT_REFUSED(error, "'a' holds f64, and measuring needs f32");
  error = (struct error){0};
  ck_assert(!effective_rank(&nan, &sum, &error));
  ck_assert_str_eq(error.message, "'nan' is not finite in row 1");
  ck_assert_int_eq(error.kind, ERROR_NUMBER);
}
END_TEST

START_TEST(rank_of_known_spectra) {
  enum { WIDTH = 5 };
  float identity[WIDTH * WIDTH] = {0}, signs[2 * WIDTH * WIDTH] = {0}, copies[20 * 3];
  float weighted[] = {2, 0, -2, 0, 0, 1, 0, -1};
  for (int i = 0; i < WIDTH; i++) {
    identity[i * WIDTH + i] = 1;
    signs[2 * i * WIDTH + i] = 1;
    signs[(2 * i + 1) * WIDTH + i] = -1;
  }
  for (int i = 0; i < 60; i++) copies[i] = (float)noise(3, i / 3); /* three times the same coordinate */
  struct array of_identity = rows_of("identity", identity, WIDTH, WIDTH);
  struct array of_signs = rows_of("signs", signs, 2 * WIDTH, WIDTH), of_copies = rows_of("copies", copies, 20, 3);
  struct array of_weighted = rows_of("weighted", weighted, 4, 2);
  struct error error = {0};
  double rank;
  ck_assert(effective_rank(&of_identity, &rank, &error));
  ck_assert_double_eq_tol(rank, WIDTH - 1, 1e-6); /* centring takes one */
  ck_assert(effective_rank(&of_signs, &rank, &error));
  ck_assert_double_eq_tol(rank, WIDTH, 1e-9);
  ck_assert(effective_rank(&of_copies, &rank, &error));
  ck_assert_double_eq_tol(rank, 1, 1e-5);
  ck_assert(effective_rank(&of_weighted, &rank, &error)); /* singular values 2 to 1 */
  ck_assert_double_eq_tol(rank, exp(2 / 3.0 * log(1.5) + log(3) / 3), 1e-9);
}
END_TEST

/* Two views that share two numbers, with population correlations 0.9 and 0.5, each view mixed and with
 * coordinates of its own: a is [3], b is [4]. */
static void plant(float *a, float *b, int64_t rows, uint64_t stream) {
  static const double mix_a[3][3] = {{1, 0.5, -2}, {0, 2, 1}, {1, 1, 1}};
  static const double mix_b[4][4] = {{1, 1, 0, 0}, {0, 1, 3, 0}, {-1, 0, 1, 1}, {2, 0, 0, 1}};
  for (int64_t i = 0; i < rows; i++) {
    double u[3], v[4];
    for (int64_t j = 0; j < 4; j++) {
      double own = noise(stream, 8 * i + j), other = noise(stream, 8 * i + 4 + j), r = j == 0 ? 0.9 : j == 1 ? 0.5 : 0;
      if (j < 3) u[j] = own;
      v[j] = r * own + sqrt(1 - r * r) * other;
    }
    for (int j = 0; j < 3; j++) a[3 * i + j] = (float)(u[0] * mix_a[0][j] + u[1] * mix_a[1][j] + u[2] * mix_a[2][j]);
    for (int j = 0; j < 4; j++)
      b[4 * i + j] = (float)(7 + v[0] * mix_b[0][j] + v[1] * mix_b[1][j] + v[2] * mix_b[2][j] + v[3] * mix_b[3][j]);
  }
}

START_TEST(cca_recovers_what_was_planted) {
  enum { ROWS = 20000 };
  float *a = floats_new(3 * ROWS), *b = floats_new(4 * ROWS), *c = floats_new(3 * ROWS), *d = floats_new(4 * ROWS);
  plant(a, b, ROWS, 10);
  plant(c, d, ROWS, 11);
  struct array train_a = rows_of("a", a, ROWS, 3), train_b = rows_of("b", b, ROWS, 4);
  struct array test_a = rows_of("c", c, ROWS, 3), test_b = rows_of("d", d, ROWS, 4);
  struct error error = {0};
  struct cca cca;
  double score, swapped;
  ck_assert(cca_fit(&cca, &train_a, &train_b, 0, 0, NULL, &error));
  ck_assert_int_eq(cca.k, 3);
  ck_assert_double_eq_tol(cca.values[0], 0.9, 0.01);
  ck_assert_double_eq_tol(cca.values[1], 0.5, 0.02);
  ck_assert_double_lt(cca.values[2], 0.03);
  ck_assert(cca_score(&cca, &test_a, &test_b, NULL, &score, &error));
  ck_assert_double_eq_tol(score, 1.4, 0.03);
  cca_free(&cca);
  ck_assert(cca_fit(&cca, &train_b, &train_a, 2, 0, NULL, &error)); /* the wider view first */
  ck_assert(cca_score(&cca, &test_b, &test_a, NULL, &swapped, &error));
  ck_assert_double_eq_tol(swapped, 1.4, 0.03);
  cca_free(&cca);
  free(a), free(b), free(c), free(d);
}
END_TEST

START_TEST(cca_variates_are_uncorrelated_with_unit_variance) {
  enum { ROWS = 4000, K = 3 };
  float *a = floats_new(3 * ROWS), *b = floats_new(4 * ROWS), *z = floats_new(K * ROWS);
  plant(a, b, ROWS, 12);
  struct array first = rows_of("a", a, ROWS, 3), second = rows_of("b", b, ROWS, 4);
  struct error error = {0};
  struct cca cca;
  ck_assert(cca_fit(&cca, &first, &second, K, 0, NULL, &error));
  for (int side = 0; side < 2; side++) {
    ck_assert(cca_project(&cca, side, side ? &second : &first, z, &error));
    for (int i = 0; i < K; i++)
      for (int j = 0; j < K; j++) {
        double product = 0;
        for (int row = 0; row < ROWS; row++) product += (double)z[row * K + i] * z[row * K + j];
        ck_assert_double_eq_tol(product / (ROWS - 1), i == j, 1e-4);
      }
  }
  cca_free(&cca);
  free(a), free(b), free(z);
}
END_TEST

START_TEST(cca_is_scored_on_other_rows) { /* noise fits the rows it was fitted to, and only those */
  enum { ROWS = 60, WIDTH = 20 };
  float a[ROWS * WIDTH], b[ROWS * WIDTH], c[ROWS * WIDTH], d[ROWS * WIDTH];
  for (int i = 0; i < ROWS * WIDTH; i++) {
    a[i] = (float)noise(20, i), b[i] = (float)noise(21, i);
    c[i] = (float)noise(22, i), d[i] = (float)noise(23, i);
  }
  struct array train_a = rows_of("a", a, ROWS, WIDTH), train_b = rows_of("b", b, ROWS, WIDTH);
  struct array test_a = rows_of("c", c, ROWS, WIDTH), test_b = rows_of("d", d, ROWS, WIDTH);
  struct error error = {0};
  struct agreement found;
  ck_assert(agreement_measure(&train_a, &train_b, &test_a, &test_b, 1, (struct watch){0}, &found, &error));
  ck_assert_double_gt(found.canonical_train, 8);
  ck_assert_double_lt(fabs(found.canonical), 3);
  ck_assert_double_lt(fabs(found.canonical_chance), 3);
  ck_assert_int_eq(found.width, WIDTH);
}
END_TEST

/* Dead and doubled coordinates, units far apart and the order of coordinates change nothing. */
START_TEST(cca_does_not_depend_on_what_is_redundant) {
  enum { ROWS = 400, MORE = 6 };
  float *a = floats_new(3 * ROWS), *b = floats_new(4 * ROWS), *c = floats_new(MORE * ROWS);
  plant(a, b, ROWS, 13);
  for (int i = 0; i < ROWS; i++) {
    const float more[MORE] = {a[3 * i + 2] * 1e-2f, 0.1f, a[3 * i + 1] * 1e2f, a[3 * i], a[3 * i + 1] * 3, 7};
    for (int j = 0; j < MORE; j++) c[MORE * i + j] = more[j];
  }
  struct array plain = rows_of("a", a, ROWS, 3), other = rows_of("b", b, ROWS, 4), more = rows_of("c", c, ROWS, MORE);
  struct error error = {0};
  struct cca cca, with;
  double score, again;
  ck_assert(cca_fit(&cca, &plain, &other, 0, 0, NULL, &error) && cca_fit(&with, &more, &other, 0, 0, NULL, &error));
  ck_assert_int_eq(with.k, 3);
  ck_assert(cca_score(&cca, &plain, &other, NULL, &score, &error) &&
            cca_score(&with, &more, &other, NULL, &again, &error));
  ck_assert_double_eq_tol(score, again, 1e-4);
  cca_free(&cca);
  cca_free(&with);
  free(a), free(b), free(c);
}
END_TEST

/* The canonical correlations of a = (u, w) and b = (r u + s e, f), all independent, are r and 0 in any unit of any
 * column; with the ridge, r / (1 + ridge). */
START_TEST(cca_does_not_depend_on_the_unit_of_a_column) {
  enum { ROWS = 20000, WIDTH = 3 };
  static const double ratio[] = {1e-8, 1e-4, 1, 1e4, 1e8};
  float *a = floats_new(ROWS * WIDTH), *b = floats_new(ROWS * WIDTH), *c = floats_new(ROWS * WIDTH);
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < WIDTH; j++) {
      a[i * WIDTH + j] = (float)noise(50, i * WIDTH + j);
      b[i * WIDTH + j] = j ? (float)noise(51, i * WIDTH + j) : (float)(0.8 * a[i * WIDTH] + 0.6 * noise(51, i * WIDTH));
    }
  for (int ridge = 0; ridge < 2; ridge++)
    for (size_t k = 0; k < sizeof ratio / sizeof *ratio; k++) {
      for (int i = 0; i < ROWS * WIDTH; i++)
        c[i] = (float)(a[i] * (i % WIDTH == 0 ? ratio[k] : i % WIDTH == 1 ? 7 : 1));
      struct array first = rows_of("c", c, ROWS, WIDTH), second = rows_of("b", b, ROWS, WIDTH);
      struct error error = {0};
      struct cca cca;
      double score;
      ck_assert(cca_fit(&cca, &first, &second, 0, ridge ? CCA_RIDGE : 0, NULL, &error));
      ck_assert_int_eq(cca.k, WIDTH);
      ck_assert_double_eq_tol(cca.values[0], 0.8, 0.01);
      ck_assert_double_lt(cca.values[1], 0.03);
      ck_assert(cca_score(&cca, &first, &second, NULL, &score, &error));
      ck_assert_double_eq_tol(score, cca.values[0] + cca.values[1] + cca.values[2], 1e-3);
      cca_free(&cca);
    }
  free(a), free(b), free(c);
}
END_TEST

START_TEST(cca_needs_rows) {
  enum { ROWS = 12, WIDTH = 8 };
  float a[ROWS * WIDTH], b[ROWS * WIDTH], dead[ROWS * WIDTH] = {0};
  for (int i = 0; i < ROWS * WIDTH; i++) a[i] = (float)noise(40, i), b[i] = (float)noise(41, i);
  struct array first = rows_of("a", a, ROWS, WIDTH), second = rows_of("b", b, ROWS, WIDTH), none = first;
  struct error error = {0};
  struct cca cca;
  ck_assert(!cca_fit(&cca, &first, &second, 0, 0, NULL, &error));
  EXPECT_REFUSED(error, "8 and 8 numbers a row that vary independently, and 12 rows of the training split: with fewer "
                        "than 17 rows some canonical correlations are 1 whatever the values are");
  error = (struct error){0};
  ck_assert(cca_fit(&cca, &first, &second, 0, CCA_RIDGE, NULL, &error));
  cca_free(&cca);
  first.rows = second.rows = 8;
  ck_assert(!cca_fit(&cca, &first, &second, 0, CCA_RIDGE, NULL, &error));
  EXPECT_REFUSED(error,
                 "8 numbers a row and 8 rows of the training split: canonical correlation is fitted to more rows "
                 "than there are numbers in one");
  error = (struct error){0};
  none.data = dead;
  first.rows = 12;
  ck_assert(!cca_fit(&cca, &first, &none, 0, CCA_RIDGE, NULL, &error));
  EXPECT_REFUSED(error, "the second code does not vary in the 12 rows of the training split that it is fitted to");
}
END_TEST

START_TEST(redundant_codes_fool_the_sum_only) { /* ten copies of one number, and two dead coordinates */
  enum { ROWS = 2000, WIDTH = 12 };
  float *a = floats_new(ROWS * WIDTH), *b = floats_new(ROWS * WIDTH);
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < 10; j++) {
      a[i * WIDTH + j] = (float)noise(30, i);
      b[i * WIDTH + j] = (float)(noise(30, i) + 0.1 * noise(31, i));
    }
  struct array first = rows_of("a", a, ROWS, WIDTH), second = rows_of("b", b, ROWS, WIDTH);
  struct error error = {0};
  struct agreement found;
  ck_assert(agreement_measure(&first, &second, &first, &second, 3, (struct watch){0}, &found, &error));
  ck_assert_double_gt(found.sum, 9.9);
  ck_assert_double_lt(found.sum, 10);
  ck_assert_double_lt(found.canonical, 1.1);
  ck_assert_double_gt(found.canonical, 0.9);
  ck_assert_double_lt(fabs(found.sum_chance), 1);
  ck_assert_double_eq_tol(found.rank_a, 1, 1e-3);
  ck_assert_double_eq_tol(found.rank_b, 1, 1e-3);
  free(a), free(b);
}
END_TEST

START_TEST(cca_refuses_what_does_not_fit) {
  float a[12] = {1, 2, 4, 3, 5, 9, 2, 2, 1, 0, 4, 4};
  struct array two = rows_of("a", a, 6, 2), three = rows_of("b", a, 4, 3);
  struct error error = {0};
  struct cca cca;
  float out[12];
  ck_assert(!cca_fit(&cca, &two, &two, 3, 0, NULL, &error));
  EXPECT_REFUSED(error, "codes of 2 and of 2 numbers have at most 2 canonical pairs, not 3");
  error = (struct error){0};
  ck_assert(cca_fit(&cca, &two, &two, 0, 0, NULL, &error));
  ck_assert(!cca_project(&cca, 0, &three, out, &error));
  EXPECT_REFUSED(error, "cca was fitted to 2 numbers a row and is given 3");
  cca_free(&cca);
}
END_TEST

int main(void) {
  TCase *cases = tcase_create("correlation");
  tcase_add_test(cases, pearson_by_hand);
  tcase_add_test(cases, a_constant_coordinate_counts_nothing);
  tcase_add_test(cases, offset_and_scale_do_not_matter);
  tcase_add_test(cases, rounding_is_no_variation);
  tcase_add_test(cases, shuffled_pairs_are_near_zero);
  tcase_add_test(cases, bad_input_is_an_error);
  tcase_add_test(cases, rank_of_known_spectra);
  tcase_add_test(cases, cca_recovers_what_was_planted);
  tcase_add_test(cases, cca_variates_are_uncorrelated_with_unit_variance);
  tcase_add_test(cases, cca_is_scored_on_other_rows);
  tcase_add_test(cases, cca_does_not_depend_on_what_is_redundant);
  tcase_add_test(cases, cca_does_not_depend_on_the_unit_of_a_column);
  tcase_add_test(cases, cca_needs_rows);
  tcase_add_test(cases, redundant_codes_fool_the_sum_only);
  tcase_add_test(cases, cca_refuses_what_does_not_fit);
  return scratch_main("correlation", cases);
}
