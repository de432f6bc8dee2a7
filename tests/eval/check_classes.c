/* Measures of classes, clusters and retrieval against scikit-learn 1.9 on the same numbers: confusion_matrix,
 * precision_recall_fscore_support, normalized_mutual_info_score, adjusted_rand_score, average_precision_score, and
 * scipy.optimize.linear_sum_assignment.  Values of the codes and labels are formulas that Python computes as well. */
#include <check.h>
#include <math.h>

#include "eval/accuracy.h"
#include "eval/clustering.h"
#include "eval/measure.h"
#include "eval/retrieval.h"
#include "tests/data/scratch.h"
#include "tests/eval/codes.h"

enum { ROWS = 24, WIDTH = 3, CLASSES = 4 };

static const struct watch unwatched = {0};

static uint8_t label_of(int i) { return (uint8_t)((i * i + i / 3) % CLASSES); }
static uint8_t given_to(int i) { return (uint8_t)((3 * label_of(i) + 1 + (i % 5 == 0)) % CLASSES); }

struct made {
  float a[ROWS * WIDTH], b[ROWS * WIDTH];
  uint8_t label[ROWS], given[ROWS];
};

static void make(struct made *m) {
  for (int i = 0; i < ROWS; i++) {
    m->label[i] = label_of(i);
    m->given[i] = given_to(i);
    for (int j = 0; j < WIDTH; j++) {
      m->a[i * WIDTH + j] = (float)(sin(1.3 * i + 2.1 * j) + 0.5 * m->label[i] * (j == 0));
      m->b[i * WIDTH + j] = (float)(sin(1.3 * i + 2.1 * j + 0.4) + 0.3 * m->label[i] * (j == 1));
    }
  }
}

START_TEST(clusters_against_classes) {
  struct made m;
  struct agreement_of_classes found, same;
  make(&m);
  classes_agree(m.given, m.label, ROWS, CLASSES, &found);
  ck_assert_double_eq_tol(found.accuracy, 0.791666666666667, 1e-12);
  ck_assert_double_eq_tol(found.nmi, 0.686154496379958, 1e-12);
  ck_assert_double_eq_tol(found.ari, 0.549804262722923, 1e-12);
  classes_agree(m.label, m.label, ROWS, CLASSES, &same);
  ck_assert_double_eq_tol(same.accuracy, 1, 1e-12);
  ck_assert_double_eq_tol(same.nmi, 1, 1e-12);
  ck_assert_double_eq_tol(same.ari, 1, 1e-12);
}
END_TEST

START_TEST(scores_of_each_class) {
  static const double precision[] = {0.777777778, 0.8, 0.75, 0.5}, recall[] = {0.875, 1, 0.375, 0.75};
  static const double f1[] = {0.823529412, 0.888888889, 0.5, 0.6};
  static const int64_t taken[CLASSES * CLASSES] = {7, 1, 0, 0, 0, 4, 0, 0, 2, 0, 3, 3, 0, 0, 1, 3};
  struct made m;
  struct confusion found;
  struct error error = {0};
  struct arena *arena = arena_new();
  make(&m);
  for (int i = 0; i < ROWS; i++) m.given[i] = (uint8_t)((m.label[i] + (i % 5 == 0) + 2 * (i % 7 == 3)) % CLASSES);
  struct array given = labels_array(m.given, ROWS), labels = labels_array(m.label, ROWS);
  ck_assert(confusion_measure(&given, &labels, arena, &found, &error));
  ck_assert_int_eq(found.classes, CLASSES);
  ck_assert_int_eq(memcmp(found.taken, taken, sizeof taken), 0);
  for (int c = 0; c < CLASSES; c++) {
    struct class_scores s = class_scores(&found, c);
    ck_assert_double_eq_tol(s.precision, precision[c], 1e-8);
    ck_assert_double_eq_tol(s.recall, recall[c], 1e-8);
    ck_assert_double_eq_tol(s.f1, f1[c], 1e-8);
  }
  arena_free(arena);
}
END_TEST

static void check_retrieval(const struct retrieval *found, double at1, double at5, double at10, double median,
                            double map) {
  ck_assert_double_eq_tol(found->recall[0], at1, 1e-12);
  ck_assert_double_eq_tol(found->recall[1], at5, 1e-12);
  ck_assert_double_eq_tol(found->recall[2], at10, 1e-12);
  ck_assert_double_eq_tol(found->median, median, 1e-12);
  ck_assert_double_eq_tol(found->map, map, 1e-9);
}

START_TEST(one_code_finds_the_other) {
  struct made m;
  struct retrieval found, chance;
  struct error error = {0};
  make(&m);
  struct array a = rows_of("a", m.a, ROWS, WIDTH), b = rows_of("b", m.b, ROWS, WIDTH);
  struct array labels = labels_array(m.label, ROWS);
  ck_assert(retrieval_measure(&a, &b, &labels, NULL, unwatched, &found, &chance, &error));
  check_retrieval(&found, 3.0 / 24, 16.0 / 24, 23.0 / 24, 4, 0.4046188019140038);
  ck_assert(retrieval_measure(&b, &a, &labels, NULL, unwatched, &found, &chance, &error));
  check_retrieval(&found, 3.0 / 24, 18.0 / 24, 23.0 / 24, 3, 0.40290118108707);
  ck_assert_double_eq_tol(chance.recall[1], 5.0 / 24, 1e-12);
  ck_assert_double_eq_tol(chance.median, 12.5, 1e-12);
  ck_assert_double_eq_tol(chance.map, 0.3653, 1e-3); /* the mean over 4000 random orders: 0.36527 */
}
END_TEST

/* Codes that are all the same find nothing: what is as near comes first. */
START_TEST(equal_codes_find_nothing) {
  float same[ROWS * WIDTH];
  struct made m;
  struct retrieval found, chance;
  struct error error = {0};
  make(&m);
  for (int k = 0; k < ROWS * WIDTH; k++) same[k] = 0.25f;
  struct array a = rows_of("a", same, ROWS, WIDTH), labels = labels_array(m.label, ROWS);
  ck_assert(retrieval_measure(&a, &a, &labels, NULL, unwatched, &found, &chance, &error));
  ck_assert_double_eq(found.recall[2], 0);
  ck_assert_double_eq(found.median, ROWS);
  ck_assert_double_lt(found.map, chance.map);
}
END_TEST

/* Clusters far apart are found, from any seed, with the sum of squares by hand; and the same on four threads. */
START_TEST(k_means_finds_what_is_apart) {
  float at[ROWS * 2];
  uint8_t cluster[ROWS], again[ROWS];
  double expected = 0, spread;
  struct error error = {0};
  for (int i = 0; i < ROWS; i++) {
    at[2 * i] = (float)(100 * (i % CLASSES)) + (i / CLASSES % 2 ? 1.0f : -1.0f);
    at[2 * i + 1] = 0;
    expected += 1;
  }
  struct array codes = rows_of("a", at, ROWS, 2);
  struct pool *pool = pool_new(4);
  for (uint64_t seed = 1; seed < 6; seed++) {
    ck_assert(k_means(&codes, CLASSES, seed, NULL, unwatched, cluster, &spread, &error));
    ck_assert_double_eq_tol(spread, expected, 1e-9);
    for (int i = CLASSES; i < ROWS; i++) ck_assert_int_eq(cluster[i], cluster[i % CLASSES]);
    ck_assert(k_means(&codes, CLASSES, seed, pool, unwatched, again, &spread, &error));
    ck_assert_int_eq(memcmp(cluster, again, ROWS), 0);
  }
  pool_free(pool);
  ck_assert(!k_means(&codes, ROWS + 1, 1, NULL, unwatched, cluster, &spread, &error));
  EXPECT_REFUSED(error, "25 clusters need as many rows, and there are 24");
}
END_TEST

/* By their names, with their tables. */
START_TEST(measures_by_name) {
  struct made m;
  struct measured found[MEASURED_MOST];
  struct arena *arena = arena_new();
  struct measured_tables tables = {.arena = arena};
  struct error error = {0};
  int n;
  make(&m);
  struct array a = rows_of("a", m.a, ROWS, WIDTH), b = rows_of("b", m.b, ROWS, WIDTH);
  struct array given = labels_array(m.given, ROWS), labels = labels_array(m.label, ROWS);
  const struct array *scores[] = {&given, &labels}, *codes[] = {&a, &b, &labels};
  ck_assert(measure_run(MEASURE_per_class, scores, NULL, 1, NULL, unwatched, found, &n, &tables, &error));
  ck_assert_int_eq(n, 4);
  ck_assert_int_eq(tables.n, 2);
  ck_assert_str_eq(tables.at[0].name, "confusion");
  double rows = 0;
  for (int k = 0; k < CLASSES * CLASSES; k++) rows += tables.at[0].value[k];
  ck_assert_double_eq(rows, ROWS);
  ck_assert_double_eq(tables.at[1].value[3], 8); /* rows of class 0 */
  ck_assert_double_eq_tol(found[0].chance, 100.0 * 8 / 24, 1e-9);
  ck_assert_double_eq_tol(found[2].chance, 25, 1e-9);
  ck_assert(measure_run(MEASURE_retrieval, codes, NULL, 1, NULL, unwatched, found, &n, NULL, &error));
  ck_assert_int_eq(n, 10);
  double asked[4] = {found[0].value, found[1].value, found[5].value, found[8].value};
  ck_assert(measure_run(MEASURE_matching, codes, NULL, 1, NULL, unwatched, found, &n, NULL, &error));
  ck_assert_int_eq(n, 8); /* the same but for what the labels tell */
  ck_assert_str_eq(found[4].name, "second_recall1");
  double partners[4] = {found[0].value, found[1].value, found[4].value, found[7].value};
  for (int k = 0; k < 4; k++) ck_assert_double_eq(partners[k], asked[k]);
  tables.n = 0;
  ck_assert(measure_run(MEASURE_spectrum, codes, codes, 1, NULL, unwatched, found, &n, &tables, &error));
  ck_assert_int_eq(n, 1);
  ck_assert_int_eq(tables.at[0].rows, WIDTH);
  ck_assert_double_eq_tol(tables.at[0].value[0], tables.at[0].value[1], 1e-12); /* scored where it was fitted */
  ck_assert_double_eq_tol(tables.at[0].value[0], found[0].value, 1e-12);
  arena_free(arena);
}
END_TEST

int main(void) {
  TCase *cases = tcase_create("classes");
  tcase_add_test(cases, clusters_against_classes);
  tcase_add_test(cases, scores_of_each_class);
  tcase_add_test(cases, one_code_finds_the_other);
  tcase_add_test(cases, equal_codes_find_nothing);
  tcase_add_test(cases, k_means_finds_what_is_apart);
  tcase_add_test(cases, measures_by_name);
  return scratch_main("classes", cases);
}
