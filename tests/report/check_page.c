/* The page and its images: pixels are decoded again, and the page is read as XML would be. */
#include <check.h>
#include <math.h>
#include <png.h>
#include <string.h>

#include "report/page.h"
#include "report/text.h"
#include "tests/data/scratch.h"

/* A decoded image: bytes of red, green and blue. */
struct decoded {
  int width, height;
  uint8_t rgb[64 * 64 * 3];
};

static struct decoded decode(const struct png *png) {
  struct decoded out = {0};
  png_image image = {.version = PNG_IMAGE_VERSION};
  ck_assert(png_image_begin_read_from_memory(&image, png->bytes, png->size));
  image.format = PNG_FORMAT_RGB;
  ck_assert_uint_le(PNG_IMAGE_SIZE(image), sizeof out.rgb);
  ck_assert(png_image_finish_read(&image, NULL, out.rgb, 0, NULL));
  out.width = (int)image.width, out.height = (int)image.height;
  return out;
}

static int red(const struct decoded *image, int x, int y) { return image->rgb[(y * image->width + x) * 3]; }

/* Two samples, [1, 2, 1] and [2, 1]: halves one pixel wide. */
static float left_data[] = {0, 1, 0.5f, -3}, right_data[] = {NAN, 0.2f, 2, 1};
static const struct array left = {"left", F32, {3, {1, 2, 1}}, 2, left_data, NULL};
static const struct array right = {"right", F32, {2, {2, 1}}, 2, right_data, NULL};

START_TEST(parts_stand_side_by_side) {
  struct grid_row grid_row = {"both", {&left, &right}, 2};
  struct error error = {0};
  struct png png;
  ck_assert(image_grid_encode_one(&png, &grid_row, 0, &error));
  struct decoded image = decode(&png);
  ck_assert(image.width == 2 && image.height == 2);
  ck_assert_int_eq(red(&image, 0, 0), 0);
  ck_assert_int_eq(red(&image, 0, 1), 255);
  ck_assert_int_eq(red(&image, 1, 0), 0); /* NaN */
  ck_assert_int_eq(red(&image, 1, 1), 51);
  free(png.bytes);
  ck_assert(image_grid_encode_one(&png, &grid_row, 1, &error));
  image = decode(&png);
  ck_assert_int_eq(red(&image, 0, 0), 128);
  ck_assert_int_eq(red(&image, 0, 1), 0); /* clamped */
  ck_assert_int_eq(red(&image, 1, 0), 255);
  free(png.bytes);
}
END_TEST

START_TEST(a_grid_has_scale_and_gap) {
  struct grid_row grid_rows[] = {{"left", {&left}, 1}, {"both", {&left, &right}, 2}};
  struct image_grid image_grid = {"grid", NULL, grid_rows, 2, NULL, 2};
  struct error error = {0};
  struct png png;
  ck_assert(image_grid_encode(&png, &image_grid, 3, 2, &error));
  struct decoded image = decode(&png);
  ck_assert_int_eq(image.width, 2 + 2 * (2 * 3 + 2));
  ck_assert_int_eq(image.height, 2 + 2 * (2 * 3 + 2));
  int background = red(&image, 0, 0);
  ck_assert(background != 0 && background != 255);
  ck_assert_int_eq(red(&image, 2, 2), 0);
  ck_assert_int_eq(red(&image, 4, 5), 255);
  ck_assert_int_eq(red(&image, 5, 5), background); /* the first image is narrower than its cell */
  ck_assert_int_eq(red(&image, 2 + 8, 2), 128);    /* the second sample */
  ck_assert_int_eq(red(&image, 5, 2 + 8 + 3), 51); /* the second image's right part */
  free(png.bytes);
}
END_TEST

START_TEST(colour_is_planes) {
  float data[] = {1, 0, 0, 1, 0, 0}; /* [3, 1, 2]: a red and a green pixel */
  struct array image = {"rgb", F32, {3, {3, 1, 2}}, 1, data, NULL};
  struct array grey = {"grey", F32, {2, {1, 1}}, 1, data, NULL};
  struct grid_row grid_row = {"rgb", {&image, &grey}, 2};
  struct error error = {0};
  struct png png;
  ck_assert(image_grid_encode_one(&png, &grid_row, 0, &error));
  struct decoded out = decode(&png);
  static const uint8_t expected[] = {255, 0, 0, 0, 255, 0, 255, 255, 255};
  ck_assert_mem_eq(out.rgb, expected, sizeof expected);
  free(png.bytes);
}
END_TEST

START_TEST(bad_image_grids_are_errors) {
  struct array channels = {"two", F32, {3, {2, 4, 4}}, 1, left_data, NULL}, bytes = left, high = left;
  struct grid_row grid_row = {"s", {&channels}, 1}, typed = {"s", {&bytes}, 1}, mixed = {"s", {&left, &high}, 2};
  struct grid_row good = {"s", {&left}, 1};
  struct image_grid few = {"few", NULL, &good, 1, NULL, 3}, none = {"none", NULL, &good, 1, NULL, 0};
  struct png png;
  bytes.type = U8;
  high.shape.dim[1] = 3;
  struct error error = {0};
  ck_assert(!image_grid_encode_one(&png, &grid_row, 0, &error));
  EXPECT_ERROR(error, "'two' is not an image: f32 [2, 4, 4], where f32 [h, w], [1, h, w] or [3, h, w] is wanted");
  error = (struct error){0};
  ck_assert(!image_grid_encode_one(&png, &typed, 0, &error));
  EXPECT_ERROR(error, "'left' is not an image: u8 [1, 2, 1], where f32 [h, w], [1, h, w] or [3, h, w] is wanted");
  error = (struct error){0};
  ck_assert(!image_grid_encode_one(&png, &mixed, 0, &error));
  EXPECT_ERROR(error, "images of 2 and of 3 pixels' height do not stand side by side");
  error = (struct error){0};
  ck_assert(!image_grid_encode(&png, &few, 1, 0, &error));
  EXPECT_ERROR(error, "'left' has 2 rows, and 3 are to be shown");
  error = (struct error){0};
  ck_assert(!image_grid_encode(&png, &none, 1, 0, &error));
  EXPECT_ERROR(error, "image grid 'none' has no images");
}
END_TEST

START_TEST(base64_vectors) {
  static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
  static const char *const coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (int i = 0; i < 7; i++) {
    struct string_builder text = {0};
    string_add(&text, "%s", "");
    string_put_base64(&text, (const unsigned char *)plain[i], strlen(plain[i]));
    ck_assert_str_eq(text.at, coded[i]);
    string_free(&text);
  }
}
END_TEST

START_TEST(escapes) {
  struct string_builder text = {0};
  string_put_escaped(&text, "<a b=\"c\" d='e'>&amp;\n\x01\xff\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8d\xc0\xaf\xed\xa0\x80");
  ck_assert_str_eq(text.at,
                   "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;\n\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\xe2\x82\xac"
                   "\xf0\x9f\x8c\x8d\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  string_free(&text);
}
END_TEST

/* Reads tags as XML: every one is closed, in order, attributes are quoted, no bare '&'. */
static void check_well_formed(const char *html) {
  char open[64][16];
  int depth = 0;
  ck_assert(!strncmp(html, "<!DOCTYPE html>", 15));
  for (const char *at = html + 15; *at; at++) {
    if (*at == '&') ck_assert_msg(strchr("agl#q", at[1]) && strcspn(at, ";") < 8, "bare '&': %.20s", at);
    ck_assert_msg(*at != '>', "bare '>': %.20s", at);
    if (*at != '<') continue;
    bool closing = at[1] == '/';
    const char *name = at + 1 + closing;
    size_t length = strcspn(name, " />\n");
    ck_assert_uint_lt(length, sizeof open[0]);
    bool quoted = false;
    for (; *at && (quoted || *at != '>'); at++) {
      if (*at == '"') quoted = !quoted;
      ck_assert_msg(!quoted || *at != '<', "'<' in an attribute: %.20s", at);
      if (*at == '=' && !quoted) ck_assert_int_eq(at[1], '"');
    }
    ck_assert_int_eq(*at, '>');
    if (closing) {
      ck_assert_int_gt(depth--, 0);
      ck_assert_msg(strlen(open[depth]) == length && !strncmp(open[depth], name, length), "<%s> closed by </%.10s",
                    open[depth], name);
    } else if (at[-1] != '/') {
      ck_assert_int_lt(depth, 64);
      snprintf(open[depth++], sizeof open[0], "%.*s", (int)length, name);
    }
  }
  ck_assert_int_eq(depth, 0);
}

static int count(const char *text, const char *what) {
  int n = 0;
  for (; (text = strstr(text, what)); text++) n++;
  return n;
}

#define NASTY "<script>alert(\"&\")</script>'"

static double epoch[1000], value[1000], missing[1000];

static struct page nasty_page(void) {
  static struct setting setting = {NASTY, NASTY};
  static const struct timing timings[] = {{NASTY, 40}, {"short", 0.1}, {"the rest", 21}};
  static struct run run = {NASTY,   NASTY, NASTY, NASTY,    NASTY, 7,    2,    100,     12345,
                           1137606, 61,    2,     &setting, 1,     NULL, NULL, timings, 3};
  static struct metric metrics[] = {
      {NASTY, 90.27, "%", NASTY, NASTY, 11.35, 7, 100, NULL, NULL, NULL, NULL},
      {"sum", 49.08, "of 50", NULL, "Pearson", NAN, 7, 100, NULL, "of <other> rows", NULL, NULL},
      {"loss", NAN, NULL, "test", "mean", NAN, 7, 100, NULL, NULL, NULL, NULL}};
  static struct curve curves[] = {{NASTY, 1000, epoch, epoch, value},
                                  {"never finite", 1000, epoch, epoch, missing},
                                  {"one point", 1, epoch, epoch, value},
                                  {"empty", 0, epoch, epoch, value}};
  static const struct curves all = {curves, 4};
  static const char *const labels[] = {NASTY, "1"};
  static struct grid_row grid_rows[] = {{NASTY, {&left}, 1}, {"both", {&left, &right}, 2}};
  static struct image_grid image_grid = {NASTY, NASTY, grid_rows, 2, labels, 2};
  for (int i = 0; i < 1000; i++) {
    epoch[i] = (i + 1) / 100.0;
    value[i] = 30 * exp(-i / 50.0) + 0.1;
    missing[i] = i % 2 ? NAN : INFINITY;
  }
  static const char *const heads[] = {NASTY, "cat"};
  static const double counts[] = {3, 0.5, NAN, 12};
  static const struct metric_table table = {NASTY, NASTY, NASTY, NULL, NASTY, 7, 100, 2, 2, heads, heads, counts};
  return (struct page){&run, NASTY, NASTY, metrics, 3, &table, 1, &all, &image_grid, 1, NASTY, NASTY, NULL, 0};
}

START_TEST(a_page_is_well_formed_and_escaped) {
  struct page page = nasty_page();
  struct error error = {0};
  char *html = page_text(&page, &error);
  ck_assert_ptr_nonnull(html);
  const char *style = strstr(html, "<style>"), *style_end = strstr(html, "</style>");
  ck_assert(style && style_end);
  char *rest = strdup(html); /* CSS has its own '>' */
  size_t from = (size_t)(style - html) + strlen("<style>"), to = (size_t)(style_end - html);
  memmove(rest + from, rest + to, strlen(rest + to) + 1);
  check_well_formed(rest);
  ck_assert_ptr_null(strstr(html, "<script"));
  ck_assert_int_gt(count(html, "&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;&#39;"), 15);
  ck_assert_ptr_null(strstr(html, "nan"));
  ck_assert_ptr_null(strstr(html, "inf"));
  free(rest);
  free(html);
}
END_TEST

START_TEST(a_page_reaches_for_nothing_outside) {
  struct page page = nasty_page();
  struct error error = {0};
  char *html = page_text(&page, &error);
  ck_assert_ptr_nonnull(html);
  ck_assert_int_eq(count(html, "http:") + count(html, "https:") + count(html, "@import") + count(html, "<link"), 0);
  ck_assert_int_eq(count(html, "src=\""), count(html, "src=\"data:image/png;base64,"));
  ck_assert_int_eq(count(html, "<img "), 4);
  ck_assert_int_eq(count(html, "url("), count(html, "url(#clip"));
  free(html);
}
END_TEST

/* Paragraphs are broken anew by the page; a list that is set by hand stays. */
START_TEST(a_description_keeps_what_is_indented) {
  struct page page = nasty_page();
  struct error error = {0};
  page.description = "One line & another\nof a paragraph.\n\n  --variant a   first\n                second\nThe end.";
  char *html = page_text(&page, &error);
  ck_assert_ptr_nonnull(html);
  ck_assert_ptr_nonnull(strstr(html, "<p class=\"about\">One line &amp; another\nof a paragraph.</p>\n"
                                     "<pre class=\"about\">  --variant a   first\n                second</pre>\n"
                                     "<p class=\"about\">The end.</p>\n"));
  free(html);
}
END_TEST

START_TEST(a_page_says_what_it_was_given) {
  struct page page = nasty_page();
  struct error error = {0};
  char *html = page_text(&page, &error);
  ck_assert_ptr_nonnull(html);
  static const char *const expected[] = {"90.27 %",
                                         "11.35 %",
                                         "<td>-</td>",
                                         "Pearson; no chance level: of &lt;other&gt; rows",
                                         "49.08 of 50",
                                         "1,137,606",
                                         "12,345",
                                         "1 min 01 s",
                                         " 40 s, the rest 21 s</dd>",
                                         "prefers-color-scheme:dark",
                                         "<dd>7</dd>",
                                         ">epoch</text>",
                                         ">value (log scale)</text>",
                                         "no finite value was logged"};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    ck_assert_msg(strstr(html, expected[i]) != NULL, "'%s' is not on the page", expected[i]);
  ck_assert_int_eq(count(html, "<svg "), 2);
  ck_assert_int_eq(count(html, "<figure "), 4);
  ck_assert_int_eq(count(html, "class=\"meter\""), 2);
  free(html);
}
END_TEST

START_TEST(an_empty_page_stands) {
  struct run run = {.model = "bare.crl"};
  struct page page = {.run = &run};
  struct error error = {0};
  size_t size;
  ck_assert(page_write("report.html", &page, &error));
  char *html = scratch_read("report.html", &size);
  ck_assert_ptr_nonnull(strstr(html, "<h1>bare.crl</h1>"));
  ck_assert_ptr_nonnull(strstr(html, "Nothing has been measured."));
  free(html);
  ck_assert(!page_write("nowhere/report.html", &page, &error));
  EXPECT_ERROR(error, "cannot write 'nowhere/report.html': No such file or directory");
}
END_TEST

START_TEST(a_bad_image_grid_fails_the_page) {
  struct page page = nasty_page();
  struct image_grid image_grid = *page.image_grids;
  struct error error = {0};
  image_grid.samples = 3;
  image_grid.labels = NULL;
  page.image_grids = &image_grid;
  ck_assert_ptr_null(page_text(&page, &error));
  EXPECT_ERROR(error, "'left' has 2 rows, and 3 are to be shown");
}
END_TEST

START_TEST(a_image_grid_file) {
  struct grid_row grid_row = {"left", {&left}, 1};
  struct image_grid image_grid = {"left", NULL, &grid_row, 1, NULL, 2};
  struct error error = {0};
  struct png png;
  size_t size;
  ck_assert(image_grid_write("left.png", &image_grid, 2, 1, &error));
  char *bytes = scratch_read("left.png", &size);
  ck_assert(image_grid_encode(&png, &image_grid, 2, 1, &error));
  ck_assert_uint_eq(size, png.size);
  ck_assert_mem_eq(bytes, png.bytes, size);
  free(bytes);
  free(png.bytes);
}
END_TEST

static char *page_with(const struct code_map *map) {
  struct run run = {.model = "maps"};
  struct page page = {.run = &run, .maps = map, .n_maps = 1};
  struct error error = {0};
  char *html = page_text(&page, &error);
  ck_assert_ptr_nonnull(html);
  return html;
}

static int count_of(const char *text, const char *word) {
  int n = 0;
  while ((text = strstr(text, word))) n++, text++;
  return n;
}

START_TEST(a_map_has_marks_and_a_legend) {
  static const double point[] = {0, 0, 1, 1, 2, 0, 3, 1}, label[] = {0, 1, 1, 2};
  static const char *const name[] = {"cat", "d<g", "eel"};
  struct code_map map = {"map", "h & g", 4, label, 3, name, {{"principal", point}, {"t-SNE", point}}};
  char *html = page_with(&map);
  ck_assert_int_eq(count_of(html, "class=\"k0\""), 3); /* two panels and the legend */
  ck_assert_int_eq(count_of(html, "class=\"k2\""), 3);
  ck_assert_int_eq(count_of(html, "h4.6v4.6"), 2 * 2 + 1); /* the second class has squares, two in each panel */
  ck_assert_ptr_nonnull(strstr(html, "d&lt;g"));
  ck_assert_ptr_nonnull(strstr(html, "h &amp; g: the first 4 test rows"));
  ck_assert_ptr_nonnull(strstr(html, "prefers-color-scheme:dark"));
  free(html);
  map.classes = 0, map.label = NULL;
  html = page_with(&map);
  ck_assert_int_eq(count_of(html, "class=\"k0\""), 2); /* no legend */
  free(html);
}
END_TEST

int main(void) {
  TCase *cases = tcase_create("page");
  scratch_add(cases);
  tcase_add_test(cases, parts_stand_side_by_side);
  tcase_add_test(cases, a_grid_has_scale_and_gap);
  tcase_add_test(cases, colour_is_planes);
  tcase_add_test(cases, bad_image_grids_are_errors);
  tcase_add_test(cases, base64_vectors);
  tcase_add_test(cases, escapes);
  tcase_add_test(cases, a_page_is_well_formed_and_escaped);
  tcase_add_test(cases, a_page_reaches_for_nothing_outside);
  tcase_add_test(cases, a_description_keeps_what_is_indented);
  tcase_add_test(cases, a_page_says_what_it_was_given);
  tcase_add_test(cases, an_empty_page_stands);
  tcase_add_test(cases, a_bad_image_grid_fails_the_page);
  tcase_add_test(cases, a_image_grid_file);
  tcase_add_test(cases, a_map_has_marks_and_a_legend);
  return scratch_main("page", cases);
}
