/* The transfer protocol on data whose accuracies are known, accuracy and chance counted by hand, and the
 * measurements by their names. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/accuracy.h"
#include "eval/measure.h"
#include "eval/transfer.h"
#include "tests/data/scratch.h"
#include "tests/eval/codes.h"

enum { ROWS = 103, CLASSES = 3 }; /* folds of 21 and 20 rows */

static const struct watch unwatched = {0};
static struct folding_of folding;

/* Classes at the corners of a triangle; `turn` moves every class to another one's corner. */
static void corners(float *codes, uint8_t *label, int turn, uint64_t stream) {
  static const float corner[CLASSES][2] = {{0, 0}, {4, 0}, {0, 4}};
  for (int i = 0; i < ROWS; i++) {
    label[i] = (uint8_t)(i % CLASSES + 1); /* labels need not begin at 0 */
    for (int j = 0; j < 2; j++)
      codes[2 * i + j] = corner[(i + turn) % CLASSES][j] + 0.3f * (float)noise(stream, 2 * i + j);
  }
}

START_TEST(separable_codes_transfer) {
  float a[2 * ROWS], b[2 * ROWS];
  uint8_t label[ROWS];
  corners(a, label, 0, 1);
  corners(b, label, 0, 2);
  struct array left = rows_of("a", a, ROWS, 2), right = rows_of("b", b, ROWS, 2), labels = labels_array(label, ROWS);
  struct transfer found;
  struct error error = {0};
  ck_assert(transfer_measure(&left, &right, &labels, NULL, unwatched, &found, &error));
  ck_assert_double_eq(found.a_to_b, 1);
  ck_assert_double_eq(found.b_to_a, 1);
  ck_assert_double_eq_tol(found.chance, 35.0 / ROWS, 1e-12);
}
END_TEST

START_TEST(codes_that_disagree_do_not_transfer) { /* each view alone is read perfectly */
  float a[2 * ROWS], b[2 * ROWS];
  uint8_t label[ROWS];
  corners(a, label, 0, 1);
  corners(b, label, 1, 2);
  struct array left = rows_of("a", a, ROWS, 2), right = rows_of("b", b, ROWS, 2), labels = labels_array(label, ROWS);
  struct transfer found;
  struct error error = {0};
  double alone;
  ck_assert(transfer_measure(&left, &right, &labels, NULL, unwatched, &found, &error));
  ck_assert_double_eq(found.a_to_b, 0);
  ck_assert_double_eq(found.b_to_a, 0);
  ck_assert(transfer_accuracy(&right, &right, &labels, NULL, unwatched, &alone, &folding, &error));
  ck_assert_double_eq(alone, 1);
}
END_TEST

/* A class that stood in one fold alone would never be told. */
START_TEST(labels_in_order_are_stratified) {
  enum { N = 50 };
  float a[2 * N];
  uint8_t label[N];
  for (int i = 0; i < N; i++) {
    label[i] = (uint8_t)(i / 10);
    a[2 * i] = cosf(1.2566f * label[i]), a[2 * i + 1] = sinf(1.2566f * label[i]); /* corners of a pentagon */
    a[2 * i] *= 9, a[2 * i + 1] *= 9;
  }
  struct array codes = rows_of("a", a, N, 2), labels = labels_array(label, N);
  struct error error = {0};
  double accuracy = 0;
  ck_assert(transfer_accuracy(&codes, &codes, &labels, NULL, unwatched, &accuracy, &folding, &error));
  ck_assert_int_eq(folding.how, STRATIFIED_ORDERED);
  ck_assert_int_eq(folding.rare, 0);
  ck_assert_double_eq_tol(accuracy, 1, 1e-12);
}
END_TEST

START_TEST(shuffled_labels_stay_in_file_order) { /* drawn, and taken in turn: folds are a fifth of the file each */
  enum { N = 503 };
  uint8_t drawn[N], turned[N], fold[N];
  for (int i = 0; i < N; i++) {
    drawn[i] = (uint8_t)(random_bits(key_mix(77, 9), (uint64_t)i) % 10);
    turned[i] = (uint8_t)(i % 7);
  }
  ck_assert_int_eq(folds_of(drawn, N, fold).how, IN_FILE_ORDER);
  ck_assert_int_eq(folds_of(turned, N, fold).how, IN_FILE_ORDER);
  for (int i = 1; i < N; i++) ck_assert_int_ge(fold[i], fold[i - 1]);
  ck_assert_int_eq(fold[100], 0); /* 101 rows in the first three */
  ck_assert_int_eq(fold[101], 1);
  ck_assert_int_eq(fold[N - 1], 4);
}
END_TEST

START_TEST(a_class_in_one_fold_is_dealt_out) { /* two rows of class 2, next to each other, and one of class 3 */
  enum { N = 50 };
  uint8_t label[N], fold[N];
  int count[TRANSFER_FOLDS] = {0};
  for (int i = 0; i < N; i++) label[i] = (uint8_t)(i == 4 || i == 5 ? 2 : i == 40 ? 3 : i % 2);
  struct folding_of found = folds_of(label, N, fold);
  ck_assert_int_eq(found.how, STRATIFIED_LUMPED);
  ck_assert_int_eq(found.rare, 2);
  ck_assert_int_ne(fold[4], fold[5]);
  for (int i = 0; i < N; i++) count[fold[i]]++;
  for (int f = 0; f < TRANSFER_FOLDS; f++) ck_assert_int_eq(count[f], N / TRANSFER_FOLDS);
}
END_TEST

START_TEST(accuracy_is_the_mean_over_folds) { /* in the first fold the classes have changed places */
  enum { N = 53 };
  float a[N];
  uint8_t label[N];
  for (int i = 0; i < N; i++) {
    label[i] = (uint8_t)(i % 2);
    a[i] = i < 11 ? (label[i] ? -5.f : 5.f) : label[i] ? 5.f : -5.f;
  }
  struct array codes = rows_of("a", a, N, 1), labels = labels_array(label, N);
  struct error error = {0};
  double accuracy;
  ck_assert(transfer_accuracy(&codes, &codes, &labels, NULL, unwatched, &accuracy, &folding, &error));
  ck_assert_double_eq_tol(accuracy, 0.8, 1e-12);
}
END_TEST

START_TEST(a_bias_is_learned) { /* both classes lie on one side of the origin */
  enum { N = 40 };
  float a[N];
  uint8_t label[N];
  for (int i = 0; i < N; i++) a[i] = i % 2 ? 3 : 1, label[i] = (uint8_t)(i % 2);
  struct array codes = rows_of("a", a, N, 1), labels = labels_array(label, N);
  struct error error = {0};
  double accuracy;
  ck_assert(transfer_accuracy(&codes, &codes, &labels, NULL, unwatched, &accuracy, &folding, &error));
  ck_assert_double_eq(accuracy, 1);
}
END_TEST

struct asked {
  int times, most;
  double last;
  bool ordered;
};

static bool ask(void *context, double fraction) {
  struct asked *asked = context;
  asked->ordered = asked->ordered && fraction >= asked->last && fraction <= 1;
  asked->last = fraction;
  return ++asked->times <= asked->most;
}

START_TEST(the_process_wide_draw_does_not_matter) {
  enum { N = 200, WIDTH = 6 };
  float a[N * WIDTH], b[N * WIDTH];
  uint8_t label[N];
  for (int i = 0; i < N; i++) {
    label[i] = (uint8_t)(i * 7 % 4);
    for (int j = 0; j < WIDTH; j++) {
      a[i * WIDTH + j] = (float)(noise(5, i * WIDTH + j) + 0.5 * (j == label[i]));
      b[i * WIDTH + j] = (float)(noise(6, i * WIDTH + j) + 0.5 * (j == label[i]));
    }
  }
  struct array left = rows_of("a", a, N, WIDTH), right = rows_of("b", b, N, WIDTH), labels = labels_array(label, N);
  struct transfer once, again;
  struct error error = {0};
  srand(1);
  ck_assert(transfer_measure(&left, &right, &labels, NULL, unwatched, &once, &error));
  srand(2);
  ck_assert(transfer_measure(&left, &right, &labels, NULL, unwatched, &again, &error));
  ck_assert_double_eq(once.a_to_b, again.a_to_b);
  ck_assert_double_eq(once.b_to_a, again.b_to_a);
  struct pool *pool = pool_new(3); /* nor do threads */
  ck_assert(transfer_measure(&left, &right, &labels, pool, unwatched, &again, &error));
  ck_assert_double_eq(once.a_to_b, again.a_to_b);
  ck_assert_double_eq(once.b_to_a, again.b_to_a);
  struct asked whole = {.most = 1000, .ordered = true}, none = {.most = 0, .ordered = true};
  ck_assert(transfer_measure(&left, &right, &labels, pool, (struct watch){ask, &whole}, &again, &error));
  ck_assert(whole.ordered);
  ck_assert_double_eq(whole.last, 1);
  ck_assert(!transfer_measure(&left, &right, &labels, pool, (struct watch){ask, &none}, &again, &error));
  pool_free(pool);
  ck_assert_double_gt(once.a_to_b, 0.25); /* better than a guess, and not perfect */
  ck_assert_double_lt(once.a_to_b, 0.9);
}
END_TEST

START_TEST(it_tells_how_far_it_is_and_stops) {
  float a[2 * ROWS];
  uint8_t label[ROWS];
  corners(a, label, 0, 1);
  struct array codes = rows_of("a", a, ROWS, 2), labels = labels_array(label, ROWS);
  struct asked whole = {.most = 1000, .ordered = true}, part = {.most = 3, .ordered = true};
  struct transfer found;
  struct error error = {0};
  ck_assert(transfer_measure(&codes, &codes, &labels, NULL, (struct watch){ask, &whole}, &found, &error));
  ck_assert(whole.ordered);
  ck_assert_double_eq(whole.last, 1);
  ck_assert_int_ge(whole.times, 2 * TRANSFER_FOLDS);
  ck_assert(!transfer_measure(&codes, &codes, &labels, NULL, (struct watch){ask, &part}, &found, &error));
  ck_assert_int_eq(part.times, 4);
  ck_assert_int_eq(error.kind, ERROR_INTERRUPT);
}
END_TEST

START_TEST(bad_input_is_an_error) {
  float a[2 * ROWS] = {0};
  uint8_t label[ROWS] = {0};
  struct array codes = rows_of("a", a, ROWS, 2), labels = labels_array(label, ROWS), few = rows_of("a", a, 9, 2);
  struct array nine = labels_array(label, 9), narrow = rows_of("b", a, ROWS, 1);
  struct error error = {0};
  double accuracy;
  ck_assert(!transfer_accuracy(&codes, &codes, &labels, NULL, unwatched, &accuracy, &folding, &error));
  EXPECT_REFUSED(error, "two classes are needed to tell apart, and outside fold 1 all labels are 0");
  error = (struct error){0};
  ck_assert(!transfer_accuracy(&codes, &codes, &nine, NULL, unwatched, &accuracy, &folding, &error));
  EXPECT_REFUSED(error, "there are 9 labels for 103 rows");
  error = (struct error){0};
  ck_assert(!transfer_accuracy(&few, &few, &nine, NULL, unwatched, &accuracy, &folding, &error));
  EXPECT_REFUSED(error, "at least 10 rows are needed for 5 folds, and there are 9");
  error = (struct error){0};
  ck_assert(!transfer_accuracy(&codes, &narrow, &labels, NULL, unwatched, &accuracy, &folding, &error));
  EXPECT_REFUSED(error, "what is learned on codes of 2 numbers cannot read codes of 1");
}
END_TEST

START_TEST(accuracy_by_hand) {
  float scores[] = {1, 3, 2, /* 1 */ 5, 5, 0, /* 0: the first of the largest */ -3, -2, -1, /* 2 */ 0, NAN, 9};
  uint8_t label[] = {1, 0, 0, 2}, class[] = {1, 1, 0, 2};
  struct array of_scores = rows_of("logits", scores, 4, 3), labels = labels_array(label, 4);
  struct array of_classes = labels_array(class, 4);
  struct accuracy found;
  struct error error = {0};
  double chance;
  ck_assert(accuracy_measure(&of_scores, &labels, &found, &error));
  ck_assert_double_eq(found.value, 0.5); /* the row with a NaN is wrong, though its last score is a number */
  ck_assert_double_eq(found.chance, 0.5);
  ck_assert_int_eq(found.classes, 3);
  ck_assert_int_eq(found.count[0], 2);
  ck_assert_double_eq(found.of_class[0], 0.5);
  ck_assert_double_eq(found.of_class[1], 1);
  ck_assert_double_eq(found.of_class[2], 0);
  ck_assert(accuracy_measure(&of_classes, &labels, &found, &error));
  ck_assert_double_eq(found.value, 0.75);
  ck_assert(chance_level(&labels, &chance, &error));
  ck_assert_double_eq(chance, 0.5);
  of_classes.type = I64;
  ck_assert(!accuracy_measure(&of_classes, &labels, &found, &error));
  EXPECT_REFUSED(error, "predictions must be one u8 a row, or f32 scores of at most 256 classes");
}
END_TEST

START_TEST(measures_by_name) {
  float a[2 * ROWS], b[2 * ROWS];
  uint8_t label[ROWS];
  corners(a, label, 0, 1);
  corners(b, label, 0, 2);
  struct array left = rows_of("a", a, ROWS, 2), right = rows_of("b", b, ROWS, 2), labels = labels_array(label, ROWS);
  const struct array *argument[] = {&left, &right, &labels}, *one[] = {&left, &labels};
  struct measured found[MEASURED_MOST];
  struct error error = {0};
  int n;
  ck_assert_int_eq(measure_find("nonsense"), MEASURES);
  enum measure transfer = measure_find("transfer"), separate = measure_find("separate");
  ck_assert_int_eq(measure_arguments(transfer), 3);
  ck_assert(!measure_fits(transfer));
  ck_assert(measure_run(transfer, argument, NULL, 1, NULL, unwatched, found, &n, NULL, &error));
  ck_assert_int_eq(n, 2);
  ck_assert_str_eq(found[0].name, "first_to_second");
  ck_assert_str_eq(found[0].unit, "%");
  ck_assert_double_eq_tol(found[0].value, 100, 1e-9);
  ck_assert_double_eq_tol(found[0].chance, 3500.0 / ROWS, 1e-9);
  ck_assert(measure_run(separate, one, NULL, 1, NULL, unwatched, found, &n, NULL, &error));
  ck_assert_int_eq(n, 1);
  ck_assert_double_eq_tol(found[0].value, 100, 1e-9);
}
END_TEST

START_TEST(fitted_measures_by_name) {
  float a[2 * ROWS], b[2 * ROWS];
  uint8_t label[ROWS];
  corners(a, label, 0, 1);
  corners(b, label, 0, 2);
  struct array left = rows_of("a", a, ROWS, 2), right = rows_of("b", b, ROWS, 2);
  const struct array *argument[] = {&left, &right};
  struct measured found[MEASURED_MOST];
  struct error error = {0};
  int n;
  enum measure correlation = measure_find("correlation"), cca = measure_find("cca");
  ck_assert(measure_fits(correlation) && measure_fits(cca));
  ck_assert(measure_run(correlation, argument, argument, 1, NULL, unwatched, found, &n, NULL, &error));
  ck_assert_int_eq(n, 4);
  ck_assert_str_eq(found[1].name, "canonical");
  ck_assert_str_eq(found[1].unit, "of 2");
  ck_assert_double_gt(found[1].value, 1.8);
  ck_assert_double_lt(fabs(found[1].chance), 0.6);
  ck_assert(isnan(found[2].chance)); /* an effective rank has no chance level */
  ck_assert(measure_run(cca, argument, argument, 1, NULL, unwatched, found, &n, NULL, &error));
  ck_assert_int_eq(n, 1);
  ck_assert_double_gt(found[0].value, 1.8);
  ck_assert_double_lt(fabs(found[0].chance), 0.6);
}
END_TEST

int main(void) {
  TCase *cases = tcase_create("transfer");
  tcase_add_test(cases, separable_codes_transfer);
  tcase_add_test(cases, codes_that_disagree_do_not_transfer);
  tcase_add_test(cases, labels_in_order_are_stratified);
  tcase_add_test(cases, shuffled_labels_stay_in_file_order);
  tcase_add_test(cases, a_class_in_one_fold_is_dealt_out);
  tcase_add_test(cases, accuracy_is_the_mean_over_folds);
  tcase_add_test(cases, a_bias_is_learned);
  tcase_add_test(cases, the_process_wide_draw_does_not_matter);
  tcase_add_test(cases, it_tells_how_far_it_is_and_stops);
  tcase_add_test(cases, bad_input_is_an_error);
  tcase_add_test(cases, accuracy_by_hand);
  tcase_add_test(cases, measures_by_name);
  tcase_add_test(cases, fitted_measures_by_name);
  return scratch_main("transfer", cases);
}
