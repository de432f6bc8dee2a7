/* The base layer by its contracts: what an arena, a vector, a name, a draw, a pool, a shape and an error promise. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/names.h"
#include "base/pool.h"
#include "base/processors.h"
#include "base/random.h"
#include "base/shell.h"
#include "base/string_builder.h"
#include "base/utf8.h"
#include "base/vec.h"

START_TEST(arena_gives_zeroed_aligned_memory) {
  struct arena *arena = arena_new();
  unsigned char *last = NULL;
  for (size_t size = 1; size < 300000; size = size * 3 + 1) {
    unsigned char *p = arena_alloc(arena, size);
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    for (size_t i = 0; i < size; i++) ck_assert_uint_eq(p[i], 0);
    memset(p, 0xab, size);
    if (last) ck_assert_uint_eq(last[0], 0xab); /* a new block never lies over an old one */
    last = p;
  }
  arena_free(arena);
  arena_free(NULL);
}
END_TEST

START_TEST(arena_strings) {
  struct arena *arena = arena_new();
  ck_assert_str_eq(arena_copy_string(arena, "abcdef", 3), "abc");
  ck_assert_str_eq(arena_format(arena, "%s has %d", "conv1", 9), "conv1 has 9");
  char *lengthy = arena_format(arena, "%0200000d", 7);
  ck_assert_uint_eq(strlen(lengthy), 200000);
  arena_free(arena);
}
END_TEST

START_TEST(words_for_a_shell) {
  struct arena *arena = arena_new();
  ck_assert_str_eq(shell_word(arena, "runs/pair-2.1"), "runs/pair-2.1");
  ck_assert_str_eq(shell_word(arena, "pr\xc3\xa9"), "pr\xc3\xa9");
  ck_assert_str_eq(shell_word(arena, "a b"), "\"a b\"");
  ck_assert_str_eq(shell_word(arena, "it's"), "\"it's\"");
  ck_assert_str_eq(shell_word(arena, "$HOME\\`x`\""), "\"\\$HOME\\\\\\`x\\`\\\"\"");
  ck_assert_str_eq(shell_word(arena, ""), "\"\"");
  arena_free(arena);
}
END_TEST

START_TEST(strings_grow) {
  struct arena *arena = arena_new();
  struct string_builder in_arena = {.arena = arena}, on_heap = {0}, *both[] = {&in_arena, &on_heap};
  for (int k = 0; k < 2; k++) {
    ck_assert_str_eq(string_get(both[k]), "");
    string_put_bytes(both[k], "%sx", 2);
    for (int i = 0; i < 1000; i++) string_add(both[k], " %d", i);
    ck_assert_uint_eq(both[k]->n, 2 + 10 * 2 + 90 * 3 + 900 * 4);
    ck_assert(strncmp(string_get(both[k]), "%s 0 1 2", 8) == 0);
    ck_assert_str_eq(string_get(both[k]) + both[k]->n - 8, " 998 999");
  }
  string_free(&on_heap);
  arena_free(arena);
}
END_TEST

START_TEST(characters) {
  static const char text[] = "a\xc3\xa9\xe6\xbc\xa2"; /* 1, 1 and 2 columns */
  uint32_t code = 0;
  char out[UTF8_LONGEST];
  ck_assert_uint_eq(utf8_char(text + 3, 3, &code), 3);
  ck_assert_uint_eq(code, 0x6f22);
  ck_assert_uint_eq(utf8_encode(code, out), 3);
  ck_assert_mem_eq(out, text + 3, 3);
  ck_assert_uint_eq(utf8_encode(0x110000, out), 3);
  ck_assert_mem_eq(out, UTF8_REPLACEMENT, 3);
  ck_assert_uint_eq(utf8_char(text + 3, 2, &code), 0);       /* cut */
  ck_assert_uint_eq(utf8_char("\xc0\xaf", 2, &code), 0);     /* longer than it need be */
  ck_assert_uint_eq(utf8_char("\xed\xa0\x80", 3, &code), 0); /* half a pair of UTF-16 */
  ck_assert_uint_eq(utf8_start(text, 5), 3);
  ck_assert_int_eq(utf8_text_columns(text), 4);
  ck_assert_int_eq(utf8_text_columns("e\xcc\x81\xff\t"), 3); /* a combining accent; a stray byte; a control character */
  ck_assert_uint_eq(utf8_fitting(text, 6, 3), 3);
  ck_assert_uint_eq(utf8_fitting(text, 6, 4), 6);
  ck_assert(utf8_is_shown(0x6f22) && !utf8_is_shown(0x202e) && !utf8_is_shown('\n'));
}
END_TEST

START_TEST(names_that_are_near) {
  static const char *const known[] = {"relu", "sigmoid", "softmax"};
  ck_assert_str_eq(nearest("sigmiod", known, 3), "sigmoid");
  ck_assert_str_eq(nearest("relo", known, 3), "relu");
  ck_assert_ptr_null(nearest("tanh", known, 3));
  ck_assert_ptr_null(nearest("re", known, 3));
}
END_TEST

START_TEST(sizes_do_not_wrap) {
  ck_assert_uint_eq(size_product(6, 7), 42);
  ck_assert_uint_eq(size_product(0, SIZE_MAX), 0);
  ck_assert_uint_eq(size_product(SIZE_MAX / 2 + 1, 2), SIZE_MAX);
  ck_assert_ptr_null(block_alloc(SIZE_MAX));
  ck_assert_ptr_null(block_alloc(SIZE_MAX - 64));
}
END_TEST

START_TEST(blocks_are_aligned_and_zeroed) {
  unsigned char *block = block_alloc(1000);
  ck_assert_ptr_nonnull(block);
  ck_assert_uint_eq((uintptr_t)block % 64, 0);
  for (int i = 0; i < 1000; i++) ck_assert_uint_eq(block[i], 0);
  free(block);
  free(block_alloc(0));
}
END_TEST

static void leave(void) { _Exit(3); }

START_TEST(injected_failure_reaches_the_handler) {
  base_out_of_memory = leave;
  base_fail_after = 2;
  free(must_alloc(8));
  free(must_alloc(8));
  ck_assert_ptr_null(block_alloc(8)); /* a block reports, and does not leave */
  must_alloc(8);
  ck_abort_msg("an allocation succeeded that had to fail");
}
END_TEST

START_TEST(too_large_an_array_reaches_the_handler) {
  base_out_of_memory = leave;
  ARENA_ARRAY(arena_new(), double, SIZE_MAX / 4);
  ck_abort_msg("an allocation succeeded that had to fail");
}
END_TEST

START_TEST(vectors_keep_what_is_pushed) {
  struct arena *arena = arena_new();
  struct point {
    int x, y;
  };
  VEC(struct point) points = {0};
  for (int i = 0; i < 10000; i++) vec_push(arena, &points, (struct point){i, -i});
  ck_assert_uint_eq(points.n, 10000);
  for (int i = 0; i < 10000; i++) {
    ck_assert_int_eq(points.at[i].x, i);
    ck_assert_int_eq(points.at[i].y, -i);
  }
  arena_free(arena);
}
END_TEST

START_TEST(names_are_equal_as_pointers) {
  struct arena *arena = arena_new();
  struct names *names = names_new(arena);
  const char *first[3000];
  char text[32];
  for (int i = 0; i < 3000; i++) { /* many more than the first table has buckets */
    snprintf(text, sizeof text, "dense%d", i);
    first[i] = name_of_string(names, text);
    ck_assert_str_eq(first[i], text);
  }
  for (int i = 0; i < 3000; i++) {
    snprintf(text, sizeof text, "dense%d", i);
    ck_assert_ptr_eq(name_of_string(names, text), first[i]);
  }
  ck_assert_ptr_eq(name_of(names, "dense17(", 7), first[17]);
  ck_assert_ptr_ne(name_of_string(names, "dense1 "), first[1]);
  arena_free(arena);
}
END_TEST

START_TEST(hash_is_fnv_1a) {
  ck_assert_uint_eq(string_hash(""), 0xcbf29ce484222325u);
  ck_assert_uint_eq(string_hash("a"), 0xaf63dc4c8601ec8cu);
  ck_assert_uint_eq(string_hash("foobar"), 0x85944171f73967e8u);
}
END_TEST

START_TEST(distances) {
  ck_assert_int_eq(string_distance("relu", "relu", 3), 0);
  ck_assert_int_eq(string_distance("relu", "rleu", 3), 1); /* neighbours swapped */
  ck_assert_int_eq(string_distance("dense", "dens", 3), 1);
  ck_assert_int_eq(string_distance("kitten", "sitting", 9), 3);
  ck_assert_int_eq(string_distance("kitten", "sitting", 2), 3);
  ck_assert_int_eq(string_distance("", "abc", 5), 3);
  char lengthy[200];
  memset(lengthy, 'a', sizeof lengthy - 1);
  lengthy[sizeof lengthy - 1] = 0;
  ck_assert_int_eq(string_distance(lengthy, lengthy, 2), 3); /* too long to be a slip of the finger */
}
END_TEST

/* Every n in a dense range, the powers of two with their neighbours, and a data set's size. */
static void is_bijection(uint64_t key, uint64_t n) {
  unsigned char *seen = calloc(n, 1);
  uint64_t moved = 0;
  for (uint64_t i = 0; i < n; i++) {
    uint64_t image = random_permute(key, n, i);
    ck_assert_uint_lt(image, n);
    ck_assert_uint_eq(seen[image], 0);
    seen[image] = 1;
    moved += image != i;
  }
  if (n > 100) ck_assert_uint_gt(moved, n / 2);
  free(seen);
}

START_TEST(permutation_is_a_bijection) {
  for (uint64_t n = 1; n <= 130; n++)
    for (uint64_t key = 0; key < 3; key++) is_bijection(key, n);
  for (int bit = 8; bit <= 16; bit += 2)
    for (int step = -1; step <= 1; step++) is_bijection(99, ((uint64_t)1 << bit) + (uint64_t)step);
  is_bijection(7, 60000);
}
END_TEST

START_TEST(permutations_of_two_keys_differ) {
  int same = 0;
  for (uint64_t i = 0; i < 1000; i++) same += random_permute(1, 1000, i) == random_permute(2, 1000, i);
  ck_assert_int_lt(same, 20);
}
END_TEST

START_TEST(draws_have_the_right_moments) {
  enum { N = 200000 };
  double unit = 0, square = 0, normal = 0, variance = 0, fourth = 0;
  for (uint64_t i = 0; i < N; i++) {
    uint64_t bits = random_bits(key_mix(5, 6), i);
    double u = random_unit(bits), z = random_normal(bits);
    ck_assert(u >= 0 && u < 1 && isfinite(z));
    unit += u / N;
    square += u * u / N;
    normal += z / N;
    variance += z * z / N;
    fourth += z * z * z * z / N;
  }
  ck_assert_double_eq_tol(unit, 0.5, 0.004); /* five standard errors and more */
  ck_assert_double_eq_tol(square, 1.0 / 3, 0.004);
  ck_assert_double_eq_tol(normal, 0, 0.012);
  ck_assert_double_eq_tol(variance, 1, 0.02);
  ck_assert_double_eq_tol(fourth, 3, 0.15);
  ck_assert(isfinite(random_normal(0)) && isfinite(random_normal(UINT64_MAX)));
  ck_assert(random_unit(UINT64_MAX) < 1);
}
END_TEST

enum { TILES = 517 };

struct tally {
  int runs[TILES], threads;
};

static void count_tile(void *context, int tile, int worker) {
  struct tally *tally = context;
  tally->runs[tile] += worker >= 0 && worker < tally->threads ? 1 : 1000; /* a tile is one worker's: no lock */
}

START_TEST(pool_runs_every_tile_once) {
  static const int tiles[] = {TILES, 1, 0, 2, 8, 100};
  struct pool *pool = pool_new(_i);
  ck_assert_ptr_nonnull(pool);
  ck_assert_int_eq(pool_threads(pool), _i);
  for (int round = 0; round < 300; round++) {
    struct tally tally = {.threads = _i};
    int n = tiles[round % 6];
    pool_run(pool, n, count_tile, &tally);
    for (int i = 0; i < TILES; i++) ck_assert_int_eq(tally.runs[i], i < n);
  }
  pool_free(pool);
}
END_TEST

START_TEST(no_pool_runs_in_the_caller) {
  struct tally tally = {.threads = 1};
  pool_run(NULL, TILES, count_tile, &tally);
  for (int i = 0; i < TILES; i++) ck_assert_int_eq(tally.runs[i], 1);
  ck_assert_int_eq(pool_threads(NULL), 1);
  pool_free(NULL);
}
END_TEST

START_TEST(shapes) {
  char text[SHAPE_STRING];
  struct shape a = shape_make(3, (int64_t[]){128, 26, 12}), b = a, number = {0};
  ck_assert(shape_equal(a, b));
  b.dim[2] = 13;
  ck_assert(!shape_equal(a, b));
  ck_assert(!shape_equal(a, number));
  ck_assert_int_eq(shape_count(a), 128 * 26 * 12);
  ck_assert_int_eq(shape_count(number), 1);
  ck_assert_str_eq(shape_string(text, a, false), "[128, 26, 12]");
  ck_assert_str_eq(shape_string(text, a, true), "[batch, 128, 26, 12]");
  ck_assert_str_eq(shape_string(text, number, false), "[]");
  ck_assert_str_eq(shape_string(text, number, true), "[batch]");
  int64_t large[MAX_RANK];
  for (int i = 0; i < MAX_RANK; i++) large[i] = INT64_MAX;
  ck_assert_int_lt(shape_count(shape_make(MAX_RANK, large)), 0);
  shape_string(text, shape_make(MAX_RANK, large), true);
  ck_assert_int_eq(text[strlen(text) - 1], ']');
}
END_TEST

START_TEST(dtypes) {
  ck_assert_uint_eq(dtype_size(F32), 4);
  ck_assert_uint_eq(dtype_size(F64), 8);
  ck_assert_uint_eq(dtype_size(U8), 1);
  ck_assert_str_eq(dtype_name(I64), "i64");
}
END_TEST

START_TEST(the_first_error_stands) {
  struct error error = {0};
  ck_assert(!error_set(&error, ERROR_DATA, "cannot read '%s'", "train-images"));
  error_hint(&error, "run %s", "crlc --fetch mnist");
  error_set(&error, ERROR_MODEL, "later");
  error_hint(&error, "later");
  ck_assert_int_eq(error.kind, ERROR_DATA);
  ck_assert_str_eq(error.message, "cannot read 'train-images'");
  ck_assert_str_eq(error.hint, "run crlc --fetch mnist");
}
END_TEST

START_TEST(a_long_error_is_cut) {
  struct error error = {0};
  error_set(&error, ERROR_MODEL, "%05000d", 1);
  ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
}
END_TEST

/* Control groups as text: version 2 above, version 1 below, and paths that lead nowhere. */
static int granted(const char *membership, const char *make_limits) {
  char folder[] = "cgroup.XXXXXX", command[2048], file[64];
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(command, sizeof command, "cd %s && mkdir -p a/b cpu/c && printf '%s' >membership && %s", folder, membership,
           make_limits);
  ck_assert_int_eq(system(command), 0);
  snprintf(file, sizeof file, "%s/membership", folder);
  int n = processors_granted(file, folder);
  snprintf(command, sizeof command, "rm -r %s", folder);
  ck_assert_int_eq(system(command), 0);
  return n;
}

START_TEST(processors_of_control_groups) {
  ck_assert_int_eq(processors_granted("nowhere/cgroup", "nowhere"), 0);
  ck_assert_int_eq(granted("0::/a/b\\n", "true"), 0);
  ck_assert_int_eq(granted("0::/a/b\\n", "echo 'max 100000' >a/b/cpu.max"), 0);
  ck_assert_int_eq(granted("0::/a/b\\n", "echo '250000 100000' >a/b/cpu.max"), 3);
  ck_assert_int_eq(granted("0::/a/b\\n", "echo '250000 100000' >a/b/cpu.max; echo '200000 100000' >a/cpu.max"), 2);
  ck_assert_int_eq(granted("0::/a/b\\n", "echo '1000 100000' >a/b/cpu.max"), 1);
  ck_assert_int_eq(granted("0::/of/the/host\\n", "echo '200000 100000' >cpu.max"), 2);
  ck_assert_int_eq(granted("4:memory:/a\\n3:cpuacct,cpu:/c\\n0::/\\n",
                           "echo 400000 >cpu/c/cpu.cfs_quota_us; echo 100000 >cpu/c/cpu.cfs_period_us"),
                   4);
  ck_assert_int_eq(granted("3:cpu:/c\\n", "echo -1 >cpu/c/cpu.cfs_quota_us; echo 100000 >cpu/c/cpu.cfs_period_us"), 0);
  ck_assert_int_eq(granted("3:cpuset:/c\\n", "echo 1 >cpu/c/cpu.cfs_quota_us; echo 1 >cpu/c/cpu.cfs_period_us"), 0);
}
END_TEST

START_TEST(processors_allowed_are_there) {
  ck_assert_int_ge(processors_allowed(), 1);
  ck_assert_int_le(processors_allowed(), (int)sysconf(_SC_NPROCESSORS_CONF));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("base");
  TCase *cases = tcase_create("base");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, arena_gives_zeroed_aligned_memory);
  tcase_add_test(cases, arena_strings);
  tcase_add_test(cases, words_for_a_shell);
  tcase_add_test(cases, strings_grow);
  tcase_add_test(cases, characters);
  tcase_add_test(cases, names_that_are_near);
  tcase_add_test(cases, sizes_do_not_wrap);
  tcase_add_test(cases, blocks_are_aligned_and_zeroed);
  tcase_add_exit_test(cases, injected_failure_reaches_the_handler, 3);
  tcase_add_exit_test(cases, too_large_an_array_reaches_the_handler, 3);
  tcase_add_test(cases, vectors_keep_what_is_pushed);
  tcase_add_test(cases, names_are_equal_as_pointers);
  tcase_add_test(cases, hash_is_fnv_1a);
  tcase_add_test(cases, distances);
  tcase_add_test(cases, permutation_is_a_bijection);
  tcase_add_test(cases, permutations_of_two_keys_differ);
  tcase_add_test(cases, draws_have_the_right_moments);
  tcase_add_loop_test(cases, pool_runs_every_tile_once, 1, 9);
  tcase_add_test(cases, no_pool_runs_in_the_caller);
  tcase_add_test(cases, shapes);
  tcase_add_test(cases, dtypes);
  tcase_add_test(cases, the_first_error_stands);
  tcase_add_test(cases, a_long_error_is_cut);
  tcase_add_test(cases, processors_of_control_groups);
  tcase_add_test(cases, processors_allowed_are_there);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
