/* Folders of images and archives of them: splits, classes, pixels, and images that are broken or unlike the others. */
#include <png.h>

#include "base/png.h"
#include "tests/data/reading.h"

/* ---- what Pillow wrote ---- */

START_TEST(splits_and_classes) {
  struct datafile *file = open_good(checked_in("animals.tar.xz"));
  expect_entries(file, "train/image u8 [batch, 3, 3, 2] of 3 rows\ntest/image u8 [batch, 3, 3, 2] of 1 rows\n"
                       "train/label text [batch] of 3 rows in cat|dog\ntest/label text [batch] of 1 rows in cat|dog\n"
                       "train/path text [batch] of 3 rows in animals/train/cat/a.png|animals/train/cat/c.png|"
                       "animals/train/dog/b.png\ntest/path text [batch] of 1 rows in animals/test/cat/z.png\n");
  static const int made[] = {1, 2, 0}; /* rows are in the order of paths: a, c, b */
  uint8_t *pixels = read_all(file, "train/image", U8);
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 3; c++)
      for (int k = 0; k < 6; k++) ck_assert_int_eq(*pixels++, (3 * k + c) * 5 + 10 * made[r]);
  EXPECT_NUMBERS(file, "train/label", 0, 0, 1);
  EXPECT_NUMBERS(file, "test/label", 0);
  ck_assert_int_eq(*(uint8_t *)read_all(file, "test/image", U8), 30);
  datafile_close(file);
}
END_TEST

START_TEST(jpeg_as_pillow_decodes_it) {
  struct datafile *file = open_good(checked_in("photos.tar.gz")), *pixels = open_good(checked_in("photo.npy"));
  expect_entries(file, "image u8 [batch, 3, 20, 17] of 2 rows\npath text [batch] of 2 rows in 1.jpg|2.JPEG\n");
  uint8_t *found = read_all(file, "image", U8), *expected = read_all(pixels, "photo", U8);
  for (int r = 0; r < 2; r++)
    for (int c = 0; c < 3; c++)
      for (int k = 0; k < 20 * 17; k++) ck_assert_int_eq(*found++, expected[3 * k + c]);
  datafile_close(file);
  datafile_close(pixels);
}
END_TEST

/* ---- folders that the test makes ---- */

static void write_grey(const char *path, int width, int height) {
  struct error error = {0};
  uint8_t pixels[64];
  for (int i = 0; i < width * height; i++) pixels[i] = (uint8_t)(3 * i + path[2]);
  ck_assert_msg(png_write(path, pixels, width, height, 1, &error), "%s", error.message);
}

static void make_pets(void) {
  scratch_shell("mkdir -p f/cat f/dog f/.hidden");
  write_grey("f/cat/2.png", 3, 2);
  write_grey("f/dog/1.png", 3, 2);
  write_grey("f/cat/10.PNG", 3, 2);
  scratch_write("f/cat/notes.txt", "none", 4);
  scratch_write("f/cat/._2.png", "none", 4);
  scratch_write("f/.hidden/x.png", "none", 4);
}

START_TEST(a_folder) {
  make_pets();
  struct datafile *file = open_good("f");
  expect_entries(file, "image u8 [batch, 1, 2, 3] of 3 rows\nlabel text [batch] of 3 rows in cat|dog\n"
                       "path text [batch] of 3 rows in cat/10.PNG|cat/2.png|dog/1.png\n");
  uint8_t *pixels = read_all(file, "image", U8);
  for (int i = 0; i < 18; i++) ck_assert_int_eq(pixels[i], 3 * (i % 6) + (i < 12 ? 'c' : 'd'));
  EXPECT_NUMBERS(file, "label", 0, 0, 1);
  datafile_close(file);
  file = open_good("f/dog"); /* one folder has no classes */
  expect_entries(file, "image u8 [batch, 1, 2, 3] of 1 rows\npath text [batch] of 1 rows in 1.png\n");
  datafile_close(file);
  scratch_shell("mv f/dog f/test"); /* where not all images are in a split, it is a class */
  file = open_good("f");
  ck_assert_str_eq(entry_line(&file->entry[1]), "label text [batch] of 3 rows in cat|test");
  datafile_close(file);
}
END_TEST

START_TEST(an_archive_is_the_same) {
  make_pets();
  scratch_shell("tar cf f.tar f && tar czf g.tgz -C f .");
  struct datafile *folder = open_good("f"), *plain = open_good("f.tar"), *packed = open_good("g.tgz");
  ck_assert_mem_eq(read_all(folder, "image", U8), read_all(plain, "image", U8), 18);
  ck_assert_mem_eq(read_all(folder, "image", U8), read_all(packed, "image", U8), 18);
  EXPECT_NUMBERS(packed, "label", 0, 0, 1);
  ck_assert_str_eq(entry_named(packed, "path")->class_name[2], "dog/1.png");
  datafile_close(folder);
  datafile_close(plain);
  datafile_close(packed);
}
END_TEST

START_TEST(the_digest_of_a_folder) {
  struct error error = {0};
  char before[SHA256_HEX], after[SHA256_HEX];
  make_pets();
  struct datafile *file = open_good("f");
  ck_assert(datafile_digest(file, before, &error));
  scratch_write("f/cat/notes.txt", "other", 5); /* which is not read */
  ck_assert(datafile_digest(file, after, &error));
  ck_assert_str_eq(before, after);
  scratch_shell("mv f/cat/2.png f/cat/3.png");
  ck_assert(datafile_digest(file, after, &error));
  ck_assert_str_ne(before, after);
  datafile_close(file);
}
END_TEST

/* ---- kinds of PNG ---- */

static void write_png(const char *path, int color, int bits, int interlace, int width, int height, uint8_t *rows,
                      size_t stride) {
  FILE *file = fopen(path, "wb");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  static const png_color palette[] = {{1, 2, 3}, {40, 50, 60}};
  uint8_t *row[16];
  for (int y = 0; y < height; y++) row[y] = rows + (size_t)y * stride;
  png_init_io(png, file);
  png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, bits, color, interlace, 0, 0);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 2);
  png_write_info(png, info);
  png_write_image(png, row);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  fclose(file);
}

static void expect_pixels(const char *entry, const uint8_t *pixels, size_t n) {
  struct datafile *file = open_good("f");
  ck_assert_str_eq(entry_line(&file->entry[0]), entry);
  ck_assert_mem_eq(read_all(file, "image", U8), pixels, n);
  datafile_close(file);
}

START_TEST(kinds_of_png) {
  scratch_shell("mkdir f");
  uint8_t bits[] = {0xa0, 0x40}, palette[] = {0x80, 0x40}, many[16 * 9], alpha[] = {1, 2, 3, 4, 5, 6, 7, 8};
  write_png("f/1.png", PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE, 3, 2, bits, 1);
  expect_pixels("image u8 [batch, 1, 2, 3] of 1 rows", (uint8_t[]){255, 0, 255, 0, 255, 0}, 6);
  write_png("f/1.png", PNG_COLOR_TYPE_PALETTE, 1, PNG_INTERLACE_NONE, 2, 2, palette, 1);
  expect_pixels("image u8 [batch, 3, 2, 2] of 1 rows", (uint8_t[]){40, 1, 1, 40, 50, 2, 2, 50, 60, 3, 3, 60}, 12);
  write_png("f/1.png", PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_NONE, 2, 1, alpha, 8);
  expect_pixels("image u8 [batch, 4, 1, 2] of 1 rows", (uint8_t[]){1, 5, 2, 6, 3, 7, 4, 8}, 8);
  for (int i = 0; i < 16 * 9; i++) many[i] = (uint8_t)(i * 5);
  write_png("f/1.png", PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_ADAM7, 16, 9, many, 16);
  expect_pixels("image u8 [batch, 1, 9, 16] of 1 rows", many, sizeof many);
  write_png("f/1.png", PNG_COLOR_TYPE_GRAY, 16, PNG_INTERLACE_NONE, 4, 1, alpha, 8);
  expect_refused("f", "'f' cannot be read as folder of images: '1.png': it has 16 bits a channel, and 8 are read");
}
END_TEST

/* ---- what is wrong with images ---- */

START_TEST(images_unlike_the_others) {
  make_pets();
  write_grey("f/dog/1.png", 2, 3);
  expect_refused("f", "'f' cannot be read as folder of images: 'dog/1.png': it is of [1, 3, 2] where 'cat/10.PNG' is "
                      "of [1, 2, 3]");
  scratch_write("f/dog/1.png", "GIF89a", 6);
  expect_refused("f", "'f' cannot be read as folder of images: 'dog/1.png': it is neither PNG nor JPEG");
  scratch_shell("mkdir g");
  expect_refused("g", "'g' cannot be read as folder of images: there is no PNG or JPEG file in it");
}
END_TEST

START_TEST(truncated_images) {
  size_t size;
  struct error error = {0};
  uint8_t out[6];
  make_pets();
  char *bytes = scratch_read("f/dog/1.png", &size);
  scratch_write("f/dog/1.png", bytes, size - 20);
  struct datafile *file = open_good("f");
  ck_assert(!datafile_read(file, &file->entry[0], 0, 1, U8, out, &error));
  EXPECT_ERROR(error, "'f' cannot be read as folder of images: 'dog/1.png': it is truncated");
  datafile_close(file);
  scratch_shell(arena_format(reading_arena, "gzip -dc '%s' | tar xf -", checked_in("photos.tar.gz")));
  free(bytes);
  bytes = scratch_read("1.jpg", &size);
  scratch_shell("mkdir g");
  scratch_write("g/1.jpg", bytes, size - 20);
  error = (struct error){0};
  file = open_good("g");
  ck_assert(!datafile_read(file, &file->entry[0], 0, 1, U8, arena_alloc(reading_arena, 2000), &error));
  EXPECT_ERROR(error, "'g' cannot be read as folder of images: '1.jpg': Premature end of JPEG file");
  datafile_close(file);
  free(bytes);
}
END_TEST

START_TEST(truncated_archives) {
  size_t size;
  char *bytes = scratch_read(checked_in("animals.tar.xz"), &size);
  for (size_t n = 6; n < size; n += 9) {
    struct error error = {0};
    scratch_write("f.tar.xz", bytes, n);
    ck_assert_ptr_null(datafile_open("f.tar.xz", NULL, reading_arena, &error));
    ck_assert_int_eq(error.kind, ERROR_DATA);
  }
  free(bytes);
  struct error error = {0};
  struct datafile_options options = {.limit = 4000};
  ck_assert_ptr_null(datafile_open(checked_in("animals.tar.xz"), &options, reading_arena, &error));
  EXPECT_ERROR(error, arena_format(reading_arena,
                                   "'%s' cannot be read as archive of images: it decompresses to more "
                                   "than 4000 bytes, the limit",
                                   checked_in("animals.tar.xz")));
}
END_TEST

START_TEST(without_libarchive) { expect_without("animals.tar.xz", "archive of images", "libarchive"); }
END_TEST

START_TEST(without_libjpeg) {
  scratch_shell("mkdir f");
  scratch_write("f/1.jpg", "\xff\xd8\xff", 3);
  expect_refused("f", "'f' cannot be read as folder of images: '1.jpg': it is a JPEG file, and this program was built "
                      "without libjpeg (package libjpeg-dev)");
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("images");
  if (BUILT_WITH_ARCHIVE) tcase_add_test(tests, splits_and_classes);
  if (BUILT_WITH_ARCHIVE && BUILT_WITH_JPEG) tcase_add_test(tests, jpeg_as_pillow_decodes_it);
  tcase_add_test(tests, a_folder);
  if (BUILT_WITH_ARCHIVE) tcase_add_test(tests, an_archive_is_the_same);
  tcase_add_test(tests, the_digest_of_a_folder);
  tcase_add_test(tests, kinds_of_png);
  tcase_add_test(tests, images_unlike_the_others);
  if (BUILT_WITH_ARCHIVE && BUILT_WITH_JPEG) tcase_add_test(tests, truncated_images);
  if (BUILT_WITH_ARCHIVE) tcase_add_test(tests, truncated_archives);
  if (!BUILT_WITH_ARCHIVE) tcase_add_test(tests, without_libarchive);
  if (!BUILT_WITH_JPEG) tcase_add_test(tests, without_libjpeg);
  return reading_main("images", tests);
}
