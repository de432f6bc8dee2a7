/* Batches: every row once an epoch, a different order in each, the same whoever asks. */
#include "data/batch.h"
#include "tests/data/scratch.h"

static const int64_t sizes[][2] = {{1, 1}, {7, 3}, {60, 20}, {101, 10}, {5, 9}};

START_TEST(every_row_once_an_epoch) {
  int64_t rows = sizes[_i][0], batch = sizes[_i][1], ids[32], total = 0;
  char seen[128] = {0};
  for (int64_t step = 0; step < batch_steps(rows, batch, false); step++) {
    int64_t n = batch_rows(7, 2, rows, batch, step, ids);
    ck_assert_int_eq(n, rows - step * batch < batch ? rows - step * batch : batch);
    for (int64_t i = 0; i < n; i++) {
      ck_assert(ids[i] >= 0 && ids[i] < rows && !seen[ids[i]]);
      seen[ids[i]] = 1;
    }
    total += n;
  }
  ck_assert_int_eq(total, rows);
  ck_assert_int_eq(batch_rows(7, 2, rows, batch, batch_steps(rows, batch, false), ids), 0);
}
END_TEST

START_TEST(steps) {
  ck_assert_int_eq(batch_steps(60000, 100, false), 600);
  ck_assert_int_eq(batch_steps(60000, 100, true), 600);
  ck_assert_int_eq(batch_steps(101, 10, false), 11);
  ck_assert_int_eq(batch_steps(101, 10, true), 10);
  ck_assert_int_eq(batch_steps(5, 9, true), 0);
}
END_TEST

START_TEST(keyed_by_seed_and_epoch) {
  int64_t a[16], b[16];
  batch_rows(7, 2, 1000, 16, 3, a);
  batch_rows(7, 2, 1000, 16, 3, b);
  ck_assert_mem_eq(a, b, sizeof a);
  batch_rows(7, 3, 1000, 16, 3, b);
  ck_assert_mem_ne(a, b, sizeof a);
  batch_rows(8, 2, 1000, 16, 3, b);
  ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

/* The mean place of a row over many epochs is the middle: a shuffle that leaves rows where they were would fail. */
START_TEST(rows_move_about) {
  enum { ROWS = 50, EPOCHS = 2000 };
  double place[ROWS] = {0};
  int64_t ids[ROWS];
  for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
    ck_assert_int_eq(batch_rows(1, epoch, ROWS, ROWS, 0, ids), ROWS);
    for (int i = 0; i < ROWS; i++) place[ids[i]] += i;
  }
  for (int i = 0; i < ROWS; i++) /* standard error 14.4 / sqrt(2000) = 0.32 */
    ck_assert_double_eq_tol(place[i] / EPOCHS, (ROWS - 1) / 2.0, 6 * 0.32);
}
END_TEST

START_TEST(gathers_any_type) {
  uint8_t bytes[] = {0, 1, 10, 11, 20, 21}, byte_out[4];
  int64_t longs[] = {5, 6, 7}, long_out[2], ids[] = {2, 0};
  struct array pixels = {.type = U8, .shape = {2, {1, 2}}, .rows = 3, .data = bytes};
  struct array numbers = {.type = I64, .rows = 3, .data = longs};
  ck_assert(batch_gather(&pixels, ids, 2, byte_out, NULL));
  ck_assert_mem_eq(byte_out, ((uint8_t[]){20, 21, 0, 1}), 4);
  ck_assert(batch_gather(&numbers, ids, 2, long_out, NULL));
  ck_assert_int_eq(long_out[0], 7);
  ck_assert_int_eq(long_out[1], 5);
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("batch");
  tcase_add_loop_test(tests, every_row_once_an_epoch, 0, sizeof sizes / sizeof *sizes);
  tcase_add_test(tests, steps);
  tcase_add_test(tests, keyed_by_seed_and_epoch);
  tcase_add_test(tests, rows_move_about);
  tcase_add_test(tests, gathers_any_type);
  return scratch_main("batch", tests);
}
