/* Placement: never an overlap, the true optimum where it can be had by trying everything, and the bound. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "plan/plan.h"
#include "plan/skyline.h"

enum { FEW = 6, CASES = 60 };

static uint64_t drawn;

static int choose(int n) { return (int)(random_unit(random_bits(11, drawn++)) * n); }

static void fill(struct buffer *b, size_t n, int steps) {
  for (size_t i = 0; i < n; i++) {
    int first = choose(steps), last = first + choose(steps - first);
    b[i] = (struct buffer){.size = 64 * (int64_t)choose(20), .first = first, .last = last};
  }
}

static bool together(const struct buffer *a, const struct buffer *b) {
  return a->first <= b->last && b->first <= a->last;
}

static void must_be_disjoint(const struct buffer *b, size_t n, int64_t peak) {
  for (size_t i = 0; i < n; i++) {
    ck_assert_int_ge(b[i].offset, 0);
    ck_assert_int_le(b[i].offset + b[i].size, peak);
    ck_assert_int_eq(b[i].offset % PLAN_ALIGN, 0);
    for (size_t j = 0; j < i; j++)
      ck_assert(!together(&b[i], &b[j]) || b[i].offset >= b[j].offset + b[j].size ||
                b[j].offset >= b[i].offset + b[i].size);
  }
}

/* The least peak: some order of first fits gives it, because any placement can be pushed down in order of offset.
 * */
static int64_t least(const struct buffer *b, size_t n, struct buffer *placed, size_t depth, unsigned used) {
  int64_t best = INT64_MAX;
  if (depth == n) {
    best = 0;
    for (size_t i = 0; i < n; i++)
      if (placed[i].offset + placed[i].size > best) best = placed[i].offset + placed[i].size;
    return best;
  }
  for (size_t i = 0; i < n; i++) {
    if (used >> i & 1) continue;
    placed[depth] = b[i];
    placed[depth].offset = 0;
    for (size_t j = 0; j < depth; j++) /* above whatever is in the way; again from the start when moved */
      if (together(&placed[depth], &placed[j]) && placed[depth].offset < placed[j].offset + placed[j].size &&
          placed[j].offset < placed[depth].offset + placed[depth].size) {
        placed[depth].offset = placed[j].offset + placed[j].size;
        j = (size_t)-1;
      }
    int64_t peak = least(b, n, placed, depth + 1, used | 1u << i);
    if (peak < best) best = peak;
  }
  return best;
}

static int64_t bound_by_steps(const struct buffer *b, size_t n, int steps) {
  int64_t most = 0;
  for (int s = 0; s < steps; s++) {
    int64_t alive = 0;
    for (size_t i = 0; i < n; i++) alive += b[i].first <= s && s <= b[i].last ? b[i].size : 0;
    if (alive > most) most = alive;
  }
  return most;
}

START_TEST(few_buffers_get_the_least_peak) {
  struct arena *arena = arena_new();
  for (int c = 0; c < CASES; c++) {
    struct buffer b[FEW], placed[FEW];
    size_t n = (size_t)choose(FEW) + 1;
    fill(b, n, 8);
    int64_t peak = place(arena, b, n, NULL);
    must_be_disjoint(b, n, peak);
    ck_assert_int_eq(peak, least(b, n, placed, 0, 0));
  }
  arena_free(arena);
}
END_TEST

START_TEST(the_bound_is_the_most_alive_at_a_step) {
  struct arena *arena = arena_new();
  struct buffer b[40];
  for (int c = 0; c < CASES; c++) {
    size_t n = (size_t)choose(40) + 1;
    fill(b, n, 30);
    int64_t bound = place_lower_bound(b, n), peak = place(arena, b, n, NULL);
    ck_assert_int_eq(bound, bound_by_steps(b, n, 30));
    ck_assert_int_ge(peak, bound);
    must_be_disjoint(b, n, peak);
  }
  arena_free(arena);
}
END_TEST

START_TEST(more_effort_is_never_worse_and_always_the_same) {
  struct arena *arena = arena_new();
  struct buffer b[120], again[120];
  fill(b, 120, 100);
  int64_t quick = place_hard(arena, b, 120, 0, NULL), hard = place_hard(arena, b, 120, 1000000, NULL);
  must_be_disjoint(b, 120, hard);
  ck_assert_int_le(hard, quick);
  for (int i = 0; i < 120; i++) again[i] = b[i], again[i].offset = -7;
  ck_assert_int_eq(place_hard(arena, again, 120, 1000000, NULL), hard);
  for (int i = 0; i < 120; i++) ck_assert_int_eq(again[i].offset, b[i].offset);
  arena_free(arena);
}
END_TEST

/* Cuts a rectangle of steps and bytes, filled without a gap, into n that fill it. */
static void cut(struct buffer *b, size_t n, int first, int last, int64_t units) {
  size_t lower = 1 + (size_t)choose((int)n - 1);
  if (n == 1) {
    *b = (struct buffer){.size = PLAN_ALIGN * units, .first = first, .last = last};
  } else if (choose(2) && first < last) {
    int middle = first + choose(last - first);
    cut(b, lower, first, middle, units);
    cut(b + lower, n - lower, middle + 1, last, units);
  } else {
    int64_t below = 1 + choose((int)units - 1);
    cut(b, lower, first, last, below);
    cut(b + lower, n - lower, first, last, units - below);
  }
}

START_TEST(a_rectangle_that_was_cut_is_put_together) {
  enum { PIECES = 40, UNITS = 1 << 20, STEPS = 100, LOOKS = 200000000 };
  struct arena *arena = arena_new();
  for (int c = 0; c < 40; c++) {
    struct buffer b[PIECES + 1] = {{.size = 0}}, again[PIECES];
    size_t n = 2 + (size_t)choose(PIECES - 1);
    cut(b, n, 0, STEPS - 1, UNITS);
    for (size_t i = n - 1; i; i--) { /* in no order that would help */
      size_t other = (size_t)choose((int)i + 1);
      struct buffer kept = b[i];
      b[i] = b[other], b[other] = kept;
    }
    memcpy(again, b, n * sizeof *b);
    int64_t least = PLAN_ALIGN * (int64_t)UNITS, peak = place_hard(arena, b, n, LOOKS, NULL);
    ck_assert_int_eq(place_lower_bound(b, n), least);
    must_be_disjoint(b, n, peak);
    ck_assert_int_eq(peak, least);
    ck_assert_int_eq(place_hard(arena, again, n, LOOKS, NULL), peak);
    for (size_t i = 0; i < n; i++) ck_assert_int_eq(again[i].offset, b[i].offset);
  }
  arena_free(arena);
}
END_TEST

static int overlaps_at(const struct buffer *const *at, int n) {
  int overlaps = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < i; j++)
      overlaps += at[i]->offset < at[j]->offset + at[j]->size && at[j]->offset < at[i]->offset + at[i]->size;
  return overlaps;
}

START_TEST(thousands_of_buffers_are_placed) {
  enum { STEPS = 5000, LIFE = 20 };
  static const int many[] = {9000, 40000};
  int n = many[_i], overlaps = 0;
  struct arena *arena = arena_new();
  struct buffer *b = ARENA_ARRAY(arena, struct buffer, n);
  const struct buffer **at = ARENA_ARRAY(arena, const struct buffer *, n);
  fill(b, (size_t)n, STEPS);
  for (int i = 0; i < n; i++)
    if (b[i].last > b[i].first + LIFE) b[i].last = b[i].first + LIFE;
  int64_t peak = place(arena, b, (size_t)n, NULL);
  for (int s = 0; s < STEPS; s++) {
    int alive = 0;
    for (int i = 0; i < n; i++)
      if (b[i].first <= s && s <= b[i].last) at[alive++] = &b[i];
    overlaps += overlaps_at(at, alive);
  }
  ck_assert_int_eq(overlaps, 0);
  ck_assert_int_ge(peak, place_lower_bound(b, (size_t)n));
  ck_assert_int_le(2 * peak, 3 * place_lower_bound(b, (size_t)n));
  arena_free(arena);
}
END_TEST

/* So many pairs of them that not all are looked at: as the results of a chain of layers and of its gradients. */
START_TEST(a_pyramid_meets_the_bound) {
  enum { MANY = 40000 };
  struct arena *arena = arena_new();
  struct buffer *b = ARENA_ARRAY(arena, struct buffer, MANY);
  const char *name;
  for (int i = 0; i < MANY; i++) b[i] = (struct buffer){.size = PLAN_ALIGN, .first = i, .last = 2 * MANY - i};
  ck_assert_int_eq(place(arena, b, MANY, &name), (int64_t)PLAN_ALIGN * MANY);
  for (int i = 0; i < MANY; i++) ck_assert_int_eq(b[i].offset, (int64_t)PLAN_ALIGN * i);
  ck_assert_ptr_nonnull(strstr(name, "on top"));
  arena_free(arena);
}
END_TEST

/* Against a list of tops, step by step. */
START_TEST(a_skyline_is_as_high_as_what_was_put_there) {
  enum { STEPS = 37 };
  struct arena *arena = arena_new();
  struct skyline skyline = skyline_new(arena, STEPS);
  int64_t top[STEPS] = {0};
  for (int c = 0; c < CASES; c++) {
    int first = choose(STEPS), last = first + choose(STEPS - first);
    int64_t most = 0, height = choose(1000);
    for (int s = first; s <= last; s++) most = top[s] > most ? top[s] : most;
    ck_assert_int_eq(skyline_top(&skyline, first, last), most);
    if (c % 3) continue;
    skyline_raise(&skyline, first, last, height);
    for (int s = first; s <= last; s++) top[s] = top[s] > height ? top[s] : height;
  }
  arena_free(arena);
}
END_TEST

START_TEST(nothing_and_empty_buffers) {
  struct arena *arena = arena_new();
  struct buffer b[2] = {{.size = 0, .first = 0, .last = 3}, {.size = 64, .first = 1, .last = 1}};
  ck_assert_int_eq(place(arena, b, 0, NULL), 0);
  ck_assert_int_eq(place(arena, b, 1, NULL), 0);
  ck_assert_int_eq(b[0].offset, 0);
  ck_assert_int_eq(place(arena, b, 2, NULL), 64);
  arena_free(arena);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("place");
  TCase *tests = tcase_create("place");
  tcase_add_test(tests, few_buffers_get_the_least_peak);
  tcase_add_test(tests, the_bound_is_the_most_alive_at_a_step);
  tcase_add_test(tests, more_effort_is_never_worse_and_always_the_same);
  tcase_add_test(tests, a_rectangle_that_was_cut_is_put_together);
  tcase_add_loop_test(tests, thousands_of_buffers_are_placed, 0, 2);
  tcase_add_test(tests, a_pyramid_meets_the_bound);
  tcase_add_test(tests, a_skyline_is_as_high_as_what_was_put_there);
  tcase_add_test(tests, nothing_and_empty_buffers);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
