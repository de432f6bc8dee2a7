/* What is written for other programs, byte for byte, and images read back through libpng. */
#include <math.h>
#include <png.h>
#include <stdint.h>

#include "store/export.h"
#include "tests/data/scratch.h"

static struct error error;

static void expect_bytes(const char *path, const char *expected, size_t size) {
  size_t found;
  char *bytes = scratch_read(path, &found);
  ck_assert_uint_eq(found, size);
  ck_assert_mem_eq(bytes, expected, size);
  free(bytes);
}

/* 128 bytes of header: 10 before the text, the text, spaces, and a newline as the last. */
static void expect_npy(const struct array *array, const char *text, size_t data) {
  char expected[512] = "\x93NUMPY\x01\0\x76\0";
  ck_assert(write_npy("f.npy", array, &error));
  snprintf(expected + 10, sizeof expected - 10, "%-117s\n", text);
  memcpy(expected + 128, array->data, data);
  expect_bytes("f.npy", expected, 128 + data);
}

START_TEST(npy) {
  float f[6] = {0, 1.5f, -2, 3, 4, 5};
  double d[1] = {0.1};
  uint8_t u[3] = {0, 128, 255};
  int32_t i[2] = {-1, 1};
  int64_t l[2] = {INT64_MIN, 1};
  expect_npy(&(struct array){.type = F32, .shape = {1, {3}}, .rows = 2, .data = f},
             "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", sizeof f);
  expect_npy(&(struct array){.type = F64, .data = d}, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
             sizeof d);
  expect_npy(&(struct array){.type = U8, .rows = 3, .data = u},
             "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", sizeof u);
  expect_npy(&(struct array){.type = I32, .shape = {1, {2}}, .data = i},
             "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", sizeof i);
  expect_npy(&(struct array){.type = I64, .shape = {3, {1, 2, 1}}, .data = l},
             "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2, 1), }", sizeof l);
}
END_TEST

START_TEST(the_longest_npy_header) {
  const int64_t most = INT64_MAX;
  struct array array = {.type = F32, .shape = {4, {0, most, most, most}}, .rows = most, .data = &error};
  size_t size;
  ck_assert(write_npy("f.npy", &array, &error)); /* a dimension of 0: no data */
  char *bytes = scratch_read("f.npy", &size);
  ck_assert_uint_eq(size % 64, 0);
  ck_assert_uint_eq(size, 10u + (unsigned char)bytes[8] + 256u * (unsigned char)bytes[9]);
  ck_assert_int_eq(bytes[size - 1], '\n');
  free(bytes);
}
END_TEST

static void expect_csv(const struct array *array, const char *text) {
  ck_assert(write_csv("f.csv", array, NULL, 1, &error));
  expect_bytes("f.csv", text, strlen(text));
}

START_TEST(csv) {
  float f[6] = {0, 0.1f, -2, INFINITY, 1e-30f, 16777216};
  double d[1] = {0.1};
  uint8_t u[2] = {0, 255};
  int64_t l[2] = {INT64_MIN, 1};
  expect_csv(&(struct array){.type = F32, .shape = {1, {3}}, .rows = 2, .data = f},
             "0,0.100000001,-2\ninf,1e-30,16777216\n");
  expect_csv(&(struct array){.type = F64, .data = d}, "0.10000000000000001\n");
  expect_csv(&(struct array){.type = U8, .rows = 2, .data = u}, "0\n255\n");
  expect_csv(&(struct array){.type = I64, .shape = {1, {2}}, .data = l}, "-9223372036854775808,1\n");
}
END_TEST

START_TEST(csv_of_absent_rows) {
  float f[6] = {1, NAN, NAN, 2, 3, 4}, present[3] = {1, 0, 1};
  struct array array = {.type = F32, .shape = {1, {2}}, .rows = 3, .data = f};
  size_t size;
  ck_assert(write_csv("f.csv", &array, &(const float *){present}, 1, &error));
  char *text = scratch_read("f.csv", &size);
  ck_assert_uint_eq(size, strlen("1,nan\n,\n3,4\n"));
  ck_assert_mem_eq(text, "1,nan\n,\n3,4\n", size);
  free(text);
}
END_TEST

static uint8_t pixels[4096];

/* Reads f.png into pixels, channels interleaved. */
static void read_png(unsigned format, unsigned width, unsigned height) {
  png_image image = {.version = PNG_IMAGE_VERSION};
  ck_assert(png_image_begin_read_from_file(&image, "f.png"));
  ck_assert_uint_eq(image.width, width);
  ck_assert_uint_eq(image.height, height);
  ck_assert_uint_eq(image.format, format);
  ck_assert_uint_le(PNG_IMAGE_SIZE(image), sizeof pixels);
  ck_assert(png_image_finish_read(&image, NULL, pixels, 0, NULL));
}

START_TEST(grey_grid) {
  float f[3][2] = {{0, 1}, {0.5f, 2}, {-1, NAN}}; /* three images of 1 x 2 */
  struct array images = {.name = "x", .type = F32, .shape = {3, {1, 1, 2}}, .rows = 3, .data = f};
  ck_assert_msg(write_png_grid("f.png", &images, 2, &error), "%s", error.message);
  read_png(PNG_FORMAT_GRAY, 5, 3);
  ck_assert_mem_eq(pixels, ((uint8_t[]){0, 255, 0, 128, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), 15);
}
END_TEST

START_TEST(colours) {
  uint8_t planes[12] = {10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33}; /* [3, 2, 2] */
  struct array images = {.name = "x", .type = U8, .shape = {3, {3, 2, 2}}, .data = planes};
  ck_assert(write_png_grid("f.png", &images, 10, &error));
  read_png(PNG_FORMAT_RGB, 2, 2);
  ck_assert_mem_eq(pixels, ((uint8_t[]){10, 20, 30, 11, 21, 31, 12, 22, 32, 13, 23, 33}), 12);
}
END_TEST

START_TEST(no_image_grids) {
  struct array code = {.name = "h", .type = F32, .shape = {1, {50}}, .rows = 2};
  ck_assert(!write_png_grid("f.png", &code, 1, &error));
  EXPECT_ERROR(error, "'h' is f32 [batch, 50], which is not an image");
  code.shape = (struct shape){3, {2, 4, 4}};
  error = (struct error){0};
  ck_assert(!write_png_grid("f.png", &code, 1, &error));
  EXPECT_ERROR(error, "'h' is f32 [batch, 2, 4, 4], which is not an image");
  code.shape = (struct shape){2, {40000, 1}};
  error = (struct error){0};
  ck_assert(!write_png_grid("f.png", &code, 1, &error));
  EXPECT_ERROR(error, "'h' makes an image larger than 65535 pixels a side");
}
END_TEST

START_TEST(safetensors) {
  float f[2] = {1, 2};
  uint8_t u[1] = {7};
  struct array arrays[] = {{.name = "n", .type = U8, .data = u},
                           {.name = "joint.b", .type = F32, .shape = {1, {2}}, .data = f}};
  size_t size;
  ck_assert(export_safetensors("f.safetensors", arrays, 2, &error));
  char *bytes = scratch_read("f.safetensors", &size);
  size_t header = (size_t)(unsigned char)bytes[0] + 256 * (size_t)(unsigned char)bytes[1];
  ck_assert_uint_eq(size, 8 + header + 9);
  ck_assert_uint_eq(header % 8, 0);
  ck_assert_ptr_nonnull(strstr(bytes + 8, "\"},\"joint.b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                                          "\"n\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[8,9]}}"));
  ck_assert_mem_eq(bytes + 8 + header, f, sizeof f);
  ck_assert_int_eq(bytes[size - 1], 7);
  free(bytes);
}
END_TEST

START_TEST(unwritable) {
  float f[1] = {0};
  struct array array = {.name = "x", .type = F32, .shape = {2, {1, 1}}, .data = f};
  ck_assert(!write_npy("none/f", &array, &error));
  EXPECT_ERROR(error, "cannot write 'none/f': No such file or directory");
  error = (struct error){0};
  ck_assert(!write_csv("none/f", &array, NULL, 1, &error));
  EXPECT_ERROR(error, "cannot write 'none/f': No such file or directory");
  error = (struct error){0};
  ck_assert(!write_png_grid("none/f", &array, 1, &error));
  EXPECT_ERROR(error, "cannot write 'none/f': No such file or directory");
  error = (struct error){0};
  ck_assert_int_eq(mkdir("d", 0777), 0);
  ck_assert(!write_csv("d", &array, NULL, 1, &error));
  EXPECT_ERROR(error, "cannot write 'd': Is a directory");
  scratch_shell("test \"$(ls)\" = d"); /* nothing half-written is left */
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("export");
  scratch_add(tests);
  tcase_add_test(tests, npy);
  tcase_add_test(tests, the_longest_npy_header);
  tcase_add_test(tests, csv);
  tcase_add_test(tests, csv_of_absent_rows);
  tcase_add_test(tests, grey_grid);
  tcase_add_test(tests, colours);
  tcase_add_test(tests, no_image_grids);
  tcase_add_test(tests, safetensors);
  tcase_add_test(tests, unwritable);
  return scratch_main("export", tests);
}
