/* Checkpoints: what is written comes back, a file that lies is refused with its lie named, and a failed write loses
 * nothing. */
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <zlib.h>

#include "base/arena.h"
#include "store/checkpoint.h"
#include "tests/data/scratch.h"

static struct error error;
static float weight[6] = {0, 1, -2, 3.5f, 4, 5};
static double moment[2] = {1e300, -1e-300};
static uint8_t flag[3] = {1, 0, 255};
static int64_t count[1] = {1234567890123};
static int32_t index_of[4] = {1, -2, 3, -4};

static const struct array arrays[] = {
    {.name = "flag", .type = U8, .rows = 3, .data = flag},
    {.name = "left.conv1.W", .type = F32, .shape = {2, {2, 3}}, .data = weight},
    {.name = "index", .type = I32, .shape = {1, {2}}, .rows = 2, .data = index_of},
    {.name = "left.conv1.W.m", .type = F64, .shape = {1, {2}}, .data = moment},
    {.name = "updates", .type = I64, .data = count},
};
enum { ARRAYS = sizeof arrays / sizeof *arrays };
static const struct pair metadata[] = {{"epoch", "3"}, {"stage", "a \"quoted\" name\n"}};

static bool write_step(int64_t step) {
  error = (struct error){0};
  return checkpoint_write(".", step, arrays, ARRAYS, metadata, 2, &error);
}

static size_t size_of(const struct array *array) {
  return (size_t)(shape_count(array->shape) * (array->rows ? array->rows : 1)) * dtype_size(array->type);
}

START_TEST(round_trip) {
  ck_assert_msg(write_step(600), "%s", error.message);
  struct checkpoint *checkpoint = checkpoint_read("./checkpoint-600.crlk", &error);
  ck_assert_msg(checkpoint != NULL, "%s", error.message);
  ck_assert_int_eq(checkpoint->step, 600);
  ck_assert_str_eq(checkpoint_value(checkpoint, "epoch"), "3");
  ck_assert_str_eq(checkpoint_value(checkpoint, "stage"), "a \"quoted\" name\n");
  ck_assert_ptr_null(checkpoint_value(checkpoint, "seed"));
  ck_assert_uint_eq(checkpoint->n, ARRAYS);
  for (int i = 0; i < ARRAYS; i++) {
    const struct array *back = checkpoint_array(checkpoint, arrays[i].name);
    ck_assert_ptr_nonnull(back);
    ck_assert_int_eq(back->type, arrays[i].type);
    ck_assert_int_eq(back->rows, arrays[i].rows);
    ck_assert(shape_equal(back->shape, arrays[i].shape));
    ck_assert_mem_eq(back->data, arrays[i].data, size_of(&arrays[i]));
    ck_assert_uint_eq((uintptr_t)back->data % dtype_size(back->type), 0);
  }
  checkpoint_free(checkpoint);
}
END_TEST

START_TEST(no_arrays_at_all) {
  ck_assert(checkpoint_write(".", 0, NULL, 0, NULL, 0, &error));
  struct checkpoint *checkpoint = checkpoint_read("checkpoint-0.crlk", &error);
  ck_assert_msg(checkpoint != NULL, "%s", error.message);
  ck_assert_uint_eq(checkpoint->n, 0);
  checkpoint_free(checkpoint);
}
END_TEST

START_TEST(restore) {
  float into[6] = {0}, wrong[6] = {0};
  struct array mine = {.name = "left.conv1.W", .type = F32, .shape = {2, {2, 3}}, .data = into};
  ck_assert(write_step(1));
  struct checkpoint *checkpoint = checkpoint_read("checkpoint-1.crlk", &error);
  ck_assert(checkpoint_restore(checkpoint, &mine, 1, &error));
  ck_assert_mem_eq(into, weight, sizeof into);
  struct array two[] = {mine, {.name = "right", .type = F32, .data = wrong}};
  memset(into, 0, sizeof into);
  ck_assert(!checkpoint_restore(checkpoint, two, 2, &error));
  EXPECT_ERROR(error, "'checkpoint-1.crlk' does not hold 'right'");
  ck_assert_mem_eq(into, wrong, sizeof into); /* nothing was copied */
  mine.shape = (struct shape){2, {3, 2}};
  error = (struct error){0};
  ck_assert(!checkpoint_restore(checkpoint, &mine, 1, &error));
  EXPECT_ERROR(error, "'checkpoint-1.crlk' holds 'left.conv1.W' as f32 [2, 3] with 0 rows, not f32 [3, 2] with 0");
  checkpoint_free(checkpoint);
}
END_TEST

START_TEST(names_that_cannot_be_written) {
  struct array bad[] = {{.name = "a", .type = U8, .data = flag}, {.name = "a", .type = U8, .data = flag}};
  ck_assert(!checkpoint_write(".", 1, bad, 2, NULL, 0, &error));
  EXPECT_ERROR(error, "two arrays have the name 'a'");
  bad[0].name = "\xff";
  error = (struct error){0};
  ck_assert(!checkpoint_write(".", 1, bad, 1, NULL, 0, &error));
  EXPECT_ERROR(error, "the name '\xff' cannot be written: it is not UTF-8");
  struct pair step = {"step", "1"};
  error = (struct error){0};
  ck_assert(!checkpoint_write(".", 1, bad, 0, &step, 1, &error));
  EXPECT_ERROR(error, "'step' cannot be written beside the arrays: it is given twice");
  bad[1].shape = (struct shape){2, {INT64_MAX, INT64_MAX}};
  error = (struct error){0};
  ck_assert(!checkpoint_write(".", 1, bad + 1, 1, NULL, 0, &error));
  EXPECT_ERROR(error, "'a' is too large for a file");
  scratch_shell("test -z \"$(ls)\"");
}
END_TEST

START_TEST(keeps_the_last_two_good) {
  for (int step = 100; step <= 400; step += 100) ck_assert(write_step(step));
  scratch_shell("test \"$(echo $(ls))\" = 'checkpoint-300.crlk checkpoint-400.crlk'");
  scratch_shell("printf x >> checkpoint-400.crlk; touch checkpoint-.crlk checkpoint-7x.crlk");
  ck_assert(write_step(1000)); /* 400 is no longer good, so 300 stays */
  scratch_shell("test -f checkpoint-1000.crlk -a -f checkpoint-300.crlk");
  ck_assert(write_step(1100));
  scratch_shell("test \"$(echo $(ls))\" = 'checkpoint-.crlk checkpoint-1000.crlk checkpoint-1100.crlk "
                "checkpoint-7x.crlk'");
}
END_TEST

START_TEST(latest) {
  struct checkpoint *checkpoint;
  char notice[NOTICE_STRING];
  ck_assert(checkpoint_latest(".", &checkpoint, notice, &error));
  ck_assert_ptr_null(checkpoint);
  ck_assert(write_step(90));
  ck_assert(write_step(100));
  ck_assert(checkpoint_latest(".", &checkpoint, notice, &error));
  ck_assert_int_eq(checkpoint->step, 100);
  ck_assert_str_eq(notice, "");
  checkpoint_free(checkpoint);
  scratch_shell("printf x >> checkpoint-100.crlk");
  ck_assert(checkpoint_latest(".", &checkpoint, notice, &error));
  ck_assert_int_eq(checkpoint->step, 90);
  ck_assert_str_eq(notice, "passed over: './checkpoint-100.crlk' is damaged: it goes on for 1 bytes after its last "
                           "array");
  checkpoint_free(checkpoint);
  scratch_shell("rm checkpoint-90.crlk");
  ck_assert(!checkpoint_latest(".", &checkpoint, notice, &error));
  EXPECT_ERROR(error, "no checkpoint in '.' can be used (passed over: './checkpoint-100.crlk' is damaged: it goes "
                      "on for 1 bytes after its last array)");
  error = (struct error){0};
  ck_assert(!checkpoint_latest("none", &checkpoint, notice, &error));
  EXPECT_ERROR(error, "cannot read the folder 'none': No such file or directory");
}
END_TEST

/* Every byte matters: none can change, and none can be missing, without being noticed. */
START_TEST(any_damage_is_noticed) {
  size_t size;
  ck_assert(write_step(5));
  char *bytes = scratch_read("checkpoint-5.crlk", &size);
  for (size_t i = 0; i < size; i++) {
    error = (struct error){0};
    bytes[i] ^= 1 << i % 8;
    scratch_write("f", bytes, size);
    ck_assert_msg(checkpoint_read("f", &error) == NULL, "byte %zu of %zu", i, size);
    bytes[i] ^= 1 << i % 8;
    error = (struct error){0};
    scratch_write("f", bytes, i);
    ck_assert_msg(checkpoint_read("f", &error) == NULL, "only %zu bytes of %zu", i, size);
    ck_assert_int_eq(error.kind, ERROR_DATA);
  }
  free(bytes);
}
END_TEST

/* A file with the given header after the CRC (which is made right) and so many bytes of data. */
static void write_lie(const char *rest, size_t data) {
  char bytes[2048] = {0}, digits[9];
  size_t length = (size_t)snprintf(bytes + 8, 1024, "{\"__metadata__\":{\"crc32\":\"00000000\"%s", rest);
  for (int i = 0; i < 8; i++) bytes[i] = (char)(length >> 8 * i);
  snprintf(digits, sizeof digits, "%08lx", crc32(0, (unsigned char *)bytes, (unsigned)(8 + length + data)));
  memcpy(bytes + 8 + 26, digits, 8);
  scratch_write("f", bytes, 8 + length + data);
}

#define STEP ",\"step\":\"1\"}"
#define ENTRY(name, type, shape, offsets) \
  ",\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static const struct {
  const char *header;
  size_t data;
  const char *message; /* NULL: a good file */
} lie[] = {
    {STEP ENTRY("a", "F32", "[2]", "[0,8]") "}", 8, NULL},
    {STEP "}", 0, NULL},
    {STEP ENTRY("a", "BF16", "[2]", "[0,4]") "}", 4, "the type 'BF16' of 'a' is unknown"},
    {STEP ",\"a\":7}", 0, "the type '' of 'a' is unknown"},
    {STEP ENTRY("a", "F32", "[0]", "[0,0]") "}", 0, "the shape of 'a'"},
    {STEP ENTRY("a", "F32", "[-2]", "[0,8]") "}", 8, "the shape of 'a'"},
    {STEP ENTRY("a", "F32", "[2.0]", "[0,8]") "}", 8, "the shape of 'a'"},
    {STEP ENTRY("a", "F32", "8", "[0,8]") "}", 8, "the shape of 'a'"},
    {STEP ENTRY("a", "F32", "[1,1,1,1,1,2]", "[0,8]") "}", 8, "the shape of 'a'"},
    {STEP ENTRY("a", "F32", "[1,1,1,1,1,1,2]", "[0,8]") "}", 8, "the shape of 'a'"},
    {STEP ENTRY("a", "F32", "[4611686018427387904,4]", "[0,0]") "}", 0, "the shape of 'a'"},
    {STEP ENTRY("a", "F32", "[2]", "[0]") "}", 8, "the offsets of 'a'"},
    {STEP ENTRY("a", "F32", "[2]", "[0,\"8\"]") "}", 8, "the offsets of 'a'"},
    {STEP ENTRY("a", "F32", "[2]", "[0,12]") "}", 8, "'a' lies at bytes 0 to 12 of 8"},
    {STEP ENTRY("a", "F32", "[2]", "[8,0]") "}", 8, "'a' lies at bytes 8 to 0 of 8"},
    {STEP ENTRY("a", "F32", "[2]", "[-8,0]") "}", 8, "'a' lies at bytes -8 to 0 of 8"},
    {STEP ENTRY("a", "F32", "[3]", "[0,8]") "}", 8, "'a' has 8 bytes where its shape takes 12"},
    {STEP ENTRY("a", "U8", "[2]", "[0,2]") ENTRY("b", "F32", "[1]", "[2,6]") "}", 6,
     "'b' lies at byte 2, which is not aligned"},
    {STEP ENTRY("a", "F32", "[2]", "[0,8]") ENTRY("b", "F32", "[2]", "[4,12]") "}", 12, "'b' overlaps 'a'"},
    {STEP ENTRY("a", "F32", "[1]", "[4,8]") "}", 8, "nothing fills bytes 0 to 4"},
    {STEP ENTRY("a", "F32", "[1]", "[0,4]") "}", 8, "it goes on for 4 bytes after its last array"},
    {STEP ENTRY("a", "F32", "[1]", "[0,4]") ENTRY("a", "F32", "[1]", "[4,8]") "}", 8,
     "its header is not JSON (duplicate object key near '\"a\"')"},
    {",\"step\":1}}", 0, "'step' is not a string"},
    {"}}", 0, "it does not say its step"},
    {",\"step\":\"-1\"}}", 0, "it does not say its step"},
    {",\"step\":\"99999999999999999999\"}}", 0, "it does not say its step"},
    {",\"step\":\"1\",\"with_rows\":\"[\\\"b\\\"]\"}" ENTRY("a", "U8", "[1]", "[0,1]") "}", 1,
     "which arrays have rows"},
    {",\"step\":\"1\",\"with_rows\":\"[\\\"a\\\"]\"}" ENTRY("a", "U8", "[]", "[0,1]") "}", 1, "which arrays have rows"},
    {",\"step\":\"1\",\"with_rows\":\"a\"}" ENTRY("a", "U8", "[1]", "[0,1]") "}", 1, "which arrays have rows"},
};

START_TEST(header_lies) {
  char message[512];
  write_lie(lie[_i].header, lie[_i].data);
  struct checkpoint *checkpoint = checkpoint_read("f", &error);
  if (!lie[_i].message) {
    ck_assert_msg(checkpoint != NULL, "%s", error.message);
    checkpoint_free(checkpoint);
    return;
  }
  snprintf(message, sizeof message, "'f' is damaged: %s", lie[_i].message);
  ck_assert_ptr_null(checkpoint);
  EXPECT_ERROR(error, message);
}
END_TEST

START_TEST(no_checkpoint_at_all) {
  ck_assert_ptr_null(checkpoint_read("f", &error));
  EXPECT_ERROR(error, "cannot open 'f': No such file or directory");
  error = (struct error){0};
  scratch_write("f", "1234", 4);
  ck_assert_ptr_null(checkpoint_read("f", &error));
  EXPECT_ERROR(error, "'f' is damaged: 4 bytes are not a checkpoint");
  error = (struct error){0};
  scratch_write("f", "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
  ck_assert_ptr_null(checkpoint_read("f", &error));
  EXPECT_ERROR(error, "'f' is damaged: a header of 18446744073709551615 bytes in a file of 10");
  error = (struct error){0};
  scratch_write("f", "\2\0\0\0\0\0\0\0{}", 10);
  ck_assert_ptr_null(checkpoint_read("f", &error));
  EXPECT_ERROR(error, "'f' is not a checkpoint: its header begins otherwise");
  error = (struct error){0};
  scratch_write("f", "\x1d\0\0\0\0\0\0\0{\"__metadata__\":{\"crc32\":\"\"}}", 37);
  ck_assert_ptr_null(checkpoint_read("f", &error));
  EXPECT_ERROR(error, "'f' is not a checkpoint: its header begins otherwise");
}
END_TEST

START_TEST(a_full_disk_loses_nothing) {
  static double large[20000];
  struct array big = {.name = "big", .type = F64, .shape = {1, {20000}}, .data = large};
  struct rlimit limit = {.rlim_cur = 65536, .rlim_max = RLIM_INFINITY};
  ck_assert(write_step(1));
  ck_assert(write_step(2));
  signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  ck_assert(!checkpoint_write(".", 3, &big, 1, NULL, 0, &error));
  EXPECT_ERROR(error, "cannot write './checkpoint-3.crlk': File too large");
  scratch_shell("test \"$(echo $(ls))\" = 'checkpoint-1.crlk checkpoint-2.crlk'");
}
END_TEST

START_TEST(no_folder_to_write_to) {
  ck_assert(!checkpoint_write("none", 3, arrays, ARRAYS, NULL, 0, &error));
  EXPECT_ERROR(error, "cannot write 'none/checkpoint-3.crlk': No such file or directory");
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("checkpoint");
  scratch_add(tests);
  tcase_add_test(tests, round_trip);
  tcase_add_test(tests, no_arrays_at_all);
  tcase_add_test(tests, restore);
  tcase_add_test(tests, names_that_cannot_be_written);
  tcase_add_test(tests, keeps_the_last_two_good);
  tcase_add_test(tests, latest);
  tcase_add_test(tests, any_damage_is_noticed);
  tcase_add_loop_test(tests, header_lies, 0, sizeof lie / sizeof *lie);
  tcase_add_test(tests, no_checkpoint_at_all);
  tcase_add_test(tests, a_full_disk_loses_nothing);
  tcase_add_test(tests, no_folder_to_write_to);
  return scratch_main("checkpoint", tests);
}
