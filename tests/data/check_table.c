/* Where data sets are looked for, which is taken, and what a loaded one promises. */
#include "base/arena.h"
#include "data/catalogue.h"
#include "data/roots.h"
#include "data/table.h"
#include "tests/data/tiny.h"

static const struct data_set other = {
    .name = "other", .folder = "other-set", .n_columns = 2, .column = tiny_columns, .rows = {4, 2}, .mirrors = ""};
static const struct data_set *const both[] = {&tiny, &other};

static struct arena *arena;
static struct error error;
static struct data_location location;

static void begin(void) {
  arena = arena_new();
  unsetenv("CRL_DATA");
  setenv("HOME", "h", 1);
}

static void end(void) { arena_free(arena); }

static bool find(const char *option, size_t n) {
  struct data_roots roots = data_roots(arena, option);
  if (!option) roots.n--; /* the last is the system's, which may hold anything */
  error = (struct error){0};
  return data_find(both, n, &roots, arena, &location, &error);
}

START_TEST(roots_in_order) {
  struct data_roots roots = data_roots(arena, NULL);
  ck_assert_int_eq(roots.n, 3);
  ck_assert_str_eq(roots.at[0], "./data");
  ck_assert_str_eq(roots.at[1], "h/.cache/crl");
  ck_assert_str_eq(roots.at[2], "/usr/share/datasets");
  setenv("CRL_DATA", "e", 1);
  roots = data_roots(arena, "d");
  ck_assert_int_eq(roots.n, 1);
  ck_assert_str_eq(roots.at[0], "d");
  roots = data_roots(arena, NULL);
  ck_assert_int_eq(roots.n, 4);
  ck_assert_str_eq(roots.at[0], "e");
}
END_TEST

START_TEST(fetch_root) {
  error = (struct error){0};
  ck_assert_str_eq(data_fetch_root(arena, NULL, &error), "h/.cache/crl");
  setenv("CRL_DATA", "e", 1);
  ck_assert_str_eq(data_fetch_root(arena, NULL, &error), "e");
  ck_assert_str_eq(data_fetch_root(arena, "d", &error), "d");
  unsetenv("CRL_DATA");
  unsetenv("HOME");
  ck_assert_ptr_null(data_fetch_root(arena, NULL, &error));
  EXPECT_ERROR(error, "there is no place to put data: neither $CRL_DATA nor $HOME is set");
}
END_TEST

START_TEST(earlier_roots_first) {
  write_tiny("data");
  ck_assert(find(NULL, 1));
  ck_assert_str_eq(location.folder, "./data/tiny-set");
  write_tiny("e");
  setenv("CRL_DATA", "e", 1);
  ck_assert(find(NULL, 1));
  ck_assert_str_eq(location.folder, "e/tiny-set");
  write_tiny("d");
  ck_assert(find("d", 1));
  ck_assert_str_eq(location.folder, "d/tiny-set");
}
END_TEST

START_TEST(names_before_roots) {
  write_tiny("d");
  scratch_shell("mv d/tiny-set d/other-set; cp -r d data; mkdir -p h/.cache");
  ck_assert(find(NULL, 2));
  ck_assert_uint_eq(location.which, 1);
  write_tiny("h/.cache/crl");
  ck_assert(find(NULL, 2));
  ck_assert_uint_eq(location.which, 0);
  ck_assert_str_eq(location.folder, "h/.cache/crl/tiny-set");
}
END_TEST

/* What the user names is looked at alone. */
START_TEST(the_named_directory_alone) {
  write_tiny("data");
  write_tiny("d");
  scratch_shell("mv d/tiny-set d/other-set");
  ck_assert(find("d", 2));
  ck_assert_uint_eq(location.which, 1);
  ck_assert_str_eq(location.folder, "d/other-set");
  ck_assert(!find("d", 1));
  EXPECT_ERROR(error, "no data set 'tiny' was found in 'd', which holds 'other-set'");
  ck_assert(!find("nowhere", 1));
  EXPECT_ERROR(error, "the data directory 'nowhere' does not exist");
  scratch_shell("touch file; mkdir empty");
  ck_assert(!find("file", 1));
  EXPECT_ERROR(error, "the data directory 'file' is not a directory");
  ck_assert(!find("empty", 1));
  EXPECT_ERROR(error, "no data set 'tiny' was found in 'empty', which is empty");
  setenv("CRL_DATA", "nowhere", 1);
  ck_assert(!find(NULL, 1));
  EXPECT_ERROR(error, "the data directory 'nowhere' does not exist");
  ck_assert_str_eq(error.hint, "it is what $CRL_DATA says: correct or unset it, or pass --data DIR");
  setenv("CRL_DATA", "empty", 1);
  ck_assert(find(NULL, 1));
  ck_assert_str_eq(location.folder, "./data/tiny-set");
}
END_TEST

START_TEST(what_is_in_the_named_directory) {
  scratch_shell("mkdir -p d/tiny-set; cd d/tiny-set; touch a b c d e f g .h");
  ck_assert(!find("d", 2));
  EXPECT_ERROR(error,
               "no data set 'tiny' or 'other' was found in 'd/tiny-set', which holds 'a', 'b', 'c', 'd', 'e', 'f' "
               "and 1 more");
  write_tiny("t");
  ck_assert(!find("t/tiny-set", 1));
  ck_assert_str_eq(error.hint,
                   "its files belong into a folder 'tiny-set' in it: pass the folder above with --data, and "
                   "call this one 'tiny-set'");
}
END_TEST

/* The names that archives and other programs give the four files of MNIST. */
START_TEST(other_names) {
  static const char *const layouts[] = {
      "touch train-images.idx3-ubyte train-labels.idx1-ubyte t10k-images.idx3-ubyte t10k-labels.idx1-ubyte",
      "touch train-images.idx3-ubyte.gz train-labels-idx1-ubyte t10k-images-idx3-ubyte.gz t10k-labels.idx1-ubyte",
      "for f in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1;"
      " do mkdir $f-ubyte; touch $f-ubyte/$f-ubyte; done"};
  static const char *const folders[] = {"mnist", "MNIST/raw"};
  const struct data_set *mnist = catalogue_find("mnist");
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 2; k++) {
      const char *root = arena_format(arena, "%d%d", i, k);
      scratch_shell(
          arena_format(arena, "mkdir -p %s/%s && cd %s/%s && { %s; }", root, folders[k], root, folders[k], layouts[i]));
      struct data_roots roots = data_roots(arena, root);
      error = (struct error){0};
      ck_assert_msg(data_find(&mnist, 1, &roots, arena, &location, &error), "%s", error.message);
      ck_assert_str_eq(location.folder, arena_format(arena, "%s/%s", root, folders[k]));
    }
}
END_TEST

START_TEST(nowhere) {
  ck_assert(!find(NULL, 2));
  EXPECT_ERROR(error, "no data set 'tiny' or 'other' was found; looked in './data', 'h/.cache/crl'");
  ck_assert_str_eq(error.hint, "run 'crlc --fetch tiny', or name the folder that holds 'tiny-set/' with --data DIR");
}
END_TEST

START_TEST(incomplete_is_no_reason_to_take_another) {
  write_tiny("d");
  scratch_shell("cp -r d/tiny-set d/other-set; rm d/tiny-set/test-labels");
  ck_assert(!find("d", 2));
  EXPECT_ERROR(error, "data set 'tiny' is incomplete: 'd/tiny-set' lacks 'test-labels'");
  scratch_shell("mv d data; mkdir -p h/.cache");
  write_tiny("h/.cache/crl");
  ck_assert(find(NULL, 2));
  ck_assert_str_eq(location.folder, "h/.cache/crl/tiny-set");
}
END_TEST

START_TEST(loads_everything) {
  write_tiny("d");
  scratch_shell("gzip d/tiny-set/train-images d/tiny-set/test-labels");
  ck_assert(find("d", 1));
  struct table *table = table_load(&tiny, location.folder, &error);
  ck_assert_msg(table != NULL, "%s", error.message);
  ck_assert_int_eq(table->rows[SPLIT_TRAIN], 4);
  ck_assert_int_eq(table->rows[SPLIT_TEST], 2);
  ck_assert_str_eq(table->folder, "d/tiny-set");
  ck_assert_str_eq(table_contents(table), "original");
  const struct array *label = table_column(table, SPLIT_TRAIN, "label");
  ck_assert_mem_eq(label->data, "\0\1\2\1", 4);
  ck_assert_int_eq(label->shape.rank, 0);
  ck_assert_int_eq(table_column(table, SPLIT_TEST, "image")->rows, 2);
  ck_assert_ptr_null(table_column(table, SPLIT_TEST, "sound"));
  table_free(table);
}
END_TEST

START_TEST(other_contents_are_known_as_such) {
  write_tiny("d");
  write_labels("d/tiny-set/train-labels", 4, "\0\1\2\2");
  error = (struct error){0};
  struct table *table = table_load(&tiny, "d/tiny-set", &error);
  ck_assert_str_eq(table_contents(table), "unknown contents");
  table_free(table);
}
END_TEST

static void expect_lie(const char *message) {
  error = (struct error){0};
  ck_assert_ptr_null(table_load(&tiny, "d/tiny-set", &error));
  EXPECT_ERROR(error, message);
  ck_assert_str_eq(error.hint, "move the folder away and run 'crlc --fetch tiny', or name another with --data DIR");
}

START_TEST(labels_out_of_range) {
  write_tiny("d");
  write_labels("d/tiny-set/train-labels", 4, "\0\1\3\1");
  expect_lie("'d/tiny-set/train-labels' holds the label 3 in row 2, where 0 to 2 are possible");
}
END_TEST

START_TEST(counts_differ) {
  write_tiny("d");
  write_labels("d/tiny-set/train-labels", 3, "\0\1\2");
  expect_lie("'d/tiny-set/train-images' has 4 rows and 'd/tiny-set/train-labels' has 3");
}
END_TEST

START_TEST(files_that_vanish) {
  write_tiny("d");
  scratch_shell("rm d/tiny-set/test-images");
  expect_lie("there is no 'd/tiny-set/test-images', plain or '.gz'");
}
END_TEST

START_TEST(the_catalogue) {
  size_t n;
  const struct data_set *all = catalogue_all(&n);
  ck_assert_uint_ge(n, 2);
  for (size_t i = 0; i < n; i++) {
    ck_assert_ptr_eq(catalogue_find(all[i].name), &all[i]);
    for (int k = 0; k < all[i].n_columns; k++)
      for (int split = SPLIT_TRAIN; split <= SPLIT_TEST; split++)
        ck_assert_uint_eq(strspn(all[i].column[k].file[split].sha256, "0123456789abcdef"), 64);
  }
  const struct data_set *mnist = catalogue_find("mnist");
  ck_assert_int_eq(mnist->n_columns, 2);
  ck_assert_str_eq(mnist->column[0].name, "image");
  ck_assert(shape_equal(mnist->column[0].shape, shape_make(3, (int64_t[]){1, 28, 28})));
  ck_assert_int_eq(mnist->column[1].shape.rank, 0);
  ck_assert_int_eq(mnist->column[1].classes, 10);
  ck_assert_int_eq(mnist->rows[SPLIT_TRAIN], 60000);
  ck_assert_str_eq(catalogue_find("fashion_mnist")->folder, "fashion-mnist");
  ck_assert_ptr_null(catalogue_find("fashion-mnist"));
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("table");
  scratch_add(tests);
  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, roots_in_order);
  tcase_add_test(tests, fetch_root);
  tcase_add_test(tests, earlier_roots_first);
  tcase_add_test(tests, names_before_roots);
  tcase_add_test(tests, nowhere);
  tcase_add_test(tests, the_named_directory_alone);
  tcase_add_test(tests, what_is_in_the_named_directory);
  tcase_add_test(tests, other_names);
  tcase_add_test(tests, incomplete_is_no_reason_to_take_another);
  tcase_add_test(tests, loads_everything);
  tcase_add_test(tests, other_contents_are_known_as_such);
  tcase_add_test(tests, labels_out_of_range);
  tcase_add_test(tests, counts_differ);
  tcase_add_test(tests, files_that_vanish);
  tcase_add_test(tests, the_catalogue);
  return scratch_main("table", tests);
}
