#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"
#include "report/chart.h"
#include "report/console.h"
#include "report/text.h"

extern const struct embedded page_style[], map_style[]; /* page.css, map.css */

static void add_element(struct string_builder *html, const char *before, const char *plain, const char *after) {
  string_add(html, "%s", before);
  string_put_escaped(html, plain);
  string_add(html, "%s", after);
}

static void add_fact(struct string_builder *html, const char *name, const char *value) {
  add_element(html, "<div><dt>", name, "</dt>");
  add_element(html, "<dd>", value, "</dd></div>\n");
}

/* Thousands are marked from five digits on: 9800, 1,137,606. */
static void add_count(struct string_builder *html, const char *name, int64_t value) {
  char string[32];
  if (value <= 0) return;
  snprintf(string, sizeof string, "%" PRId64, value);
  for (size_t at = strlen(string); value >= 10000 && at > 3;) {
    at -= 3;
    memmove(string + at + 1, string + at, strlen(string + at) + 1);
    string[at] = ',';
  }
  add_fact(html, name, string);
}

/* The model's head comment: lines that stand at the margin are paragraphs, which the page breaks anew; runs of indented
 * ones are kept as they are. */
static void add_description(struct string_builder *html, const char *text) {
  const char *open = NULL;
  for (size_t n; *text; text += n + (text[n] == '\n')) {
    n = strcspn(text, "\n");
    const char *kind = !n ? NULL : text[0] == ' ' ? "pre" : "p";
    if (open != kind && open) string_add(html, "</%s>\n", open);
    if (open != kind && kind) string_add(html, "<%s class=\"about\">", kind);
    else if (kind) string_add(html, "\n");
    string_put_escaped_bytes(html, text, n);
    open = kind;
  }
  if (open) string_add(html, "</%s>\n", open);
}

void page_head(struct string_builder *html, const struct page *page, const char *title) {
  string_add(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                   "style-src 'unsafe-inline'; img-src data:\"/>\n");
  add_element(html, "<title>", title, "</title>\n");
  string_add(html, "<style>\n%s%s</style></head>\n<body><main>\n", page_style[0].text,
             page->n_maps ? map_style[0].text : "");
  add_element(html, "<h1>", title, "</h1>\n");
  if (page->run->variant) add_element(html, "<p class=\"soft\">variant ", page->run->variant, "</p>\n");
  if (page->description) add_description(html, page->description);
}

/* Where the time went: what took a fiftieth of it or more. */
static void add_timings(struct string_builder *html, const struct run *run) {
  struct string_builder list = {0};
  double all = 0;
  char string[64];
  for (size_t i = 0; i < run->n_timings; i++) all += run->timings[i].seconds;
  for (size_t i = 0; i < run->n_timings; i++)
    if (run->timings[i].seconds >= 0.02 * all)
      string_add(&list, "%s%s %s", list.n ? ", " : "", run->timings[i].name,
                 duration_string(string, sizeof string, run->timings[i].seconds));
  if (list.n) add_fact(html, "of it", string_get(&list));
  string_free(&list);
}

static void add_facts(struct string_builder *html, const struct run *run) {
  char string[64];
  string_add(html, "<dl>\n");
  add_fact(html, "model file", run->model);
  if (run->data) add_fact(html, "data", run->data);
  if (run->data_found) add_fact(html, "found in", run->data_found);
  snprintf(string, sizeof string, "%" PRIu64, run->seed);
  add_fact(html, "seed", string);
  add_count(html, "epochs", run->epochs);
  add_count(html, "batch", run->batch);
  add_count(html, "steps", run->steps);
  add_count(html, "parameters", run->parameters);
  add_count(html, "threads", run->threads);
  if (run->seconds > 0) add_fact(html, "wall clock", duration_string(string, sizeof string, run->seconds));
  add_timings(html, run);
  if (run->begun) add_fact(html, "begun", run->begun);
  if (run->ended) add_fact(html, "ended", run->ended);
  for (size_t i = 0; i < run->n_settings; i++) add_fact(html, run->settings[i].name, run->settings[i].value);
  if (run->version) add_fact(html, "program version", run->version);
  string_add(html, "</dl>\n");
}

/* The scale that a metric's unit gives it; 0: none. */
static double full_scale(const struct metric *metric) {
  const char *unit = metric->unit ? metric->unit : "";
  return !strcmp(unit, "%") ? 100 : !strncmp(unit, "of ", 3) ? strtod(unit + 3, NULL) : 0;
}

static double percent(double value, double full) { return 100 * fmin(fmax(value / full, 0), 1); }

static void add_metric(struct string_builder *html, const struct metric *metric) {
  char string[64];
  double full = full_scale(metric);
  add_element(html, "<tr><th scope=\"row\">", metric->name, "</th>");
  add_element(html, "<td class=\"number\">", metric_string(string, sizeof string, metric->value, metric->unit), "");
  if (full > 0 && isfinite(metric->value)) {
    string_add(html, "<span class=\"meter\"><i style=\"width:%.1f%%\"></i>", percent(metric->value, full));
    if (isfinite(metric->chance))
      string_add(html, "<u style=\"left:%.1f%%\" title=\"chance\"></u>", percent(metric->chance, full));
    string_add(html, "</span>");
  }
  add_element(html, "</td><td class=\"number\">", metric_string(string, sizeof string, metric->chance, metric->unit),
              "</td>");
  add_element(html, "<td>", metric_split(metric), "</td>");
  add_element(html, "<td class=\"number\">", metric_rows(string, sizeof string, metric), "</td>");
  struct string_builder remark = {0};
  metric_remark(&remark, metric);
  add_element(html, "<td class=\"protocol\">", remark.at, "</td></tr>\n");
  string_free(&remark);
}

static void add_results(struct string_builder *html, const struct page *page) {
  string_add(html, "<h2>Results</h2>\n");
  if (!page->n_metrics) {
    string_add(html, "<p class=\"soft\">Nothing has been measured.</p>\n");
    return;
  }
  string_add(html,
             "<div class=\"wide\"><table class=\"results\"><thead><tr><th>metric</th><th class=\"number\">value</th>"
             "<th class=\"number\">chance</th><th>split</th>"
             "<th class=\"number\">rows</th><th>protocol</th></tr></thead><tbody>\n");
  for (size_t i = 0; i < page->n_metrics; i++) add_metric(html, &page->metrics[i]);
  string_add(html, "</tbody></table></div>\n"
                   "<p class=\"soft\">The mark on a bar is the chance level.</p>\n");
}

static void add_table(struct string_builder *html, const struct metric_table *table) {
  char string[64];
  add_element(html, "<h3>", table->name, "</h3>\n");
  add_element(html, "<p class=\"soft\">", table->protocol, "; ");
  string_add(html, "%lld rows", (long long)table->samples);
  if (table->split) add_element(html, " of the ", table->split, " split");
  if (table->table) add_element(html, " of ", table->table, "");
  string_add(html, "</p>\n");
  add_element(html, "<div class=\"wide\"><table class=\"numbers\"><thead><tr><th>", table->corner, "</th>");
  for (int64_t j = 0; j < table->columns; j++) add_element(html, "<th>", table->column[j], "</th>");
  string_add(html, "</tr></thead><tbody>\n");
  for (int64_t i = 0; i < table->rows; i++) {
    add_element(html, "<tr><th scope=\"row\">", table->row[i], "</th>");
    for (int64_t j = 0; j < table->columns; j++)
      add_element(html, "<td>", table_number(string, sizeof string, table->value[i * table->columns + j]), "</td>");
    string_add(html, "</tr>\n");
  }
  string_add(html, "</tbody></table></div>\n");
}

static void add_curves(struct string_builder *html, const struct curves *curves) {
  if (!curves || !curves->n) return;
  string_add(html,
             "<h2>Loss terms</h2>\n<p class=\"soft\">Each term before its weight, on training batches. The line is "
             "the mean over a short stretch of steps, the band its range.</p>\n<div class=\"charts\">\n");
  for (size_t i = 0; i < curves->n; i++) chart_add(html, &curves->at[i], (int)i);
  string_add(html, "</div>\n");
}

static bool add_image(struct string_builder *html, const struct image_grid *image_grid, const struct grid_row *grid_row,
                      int64_t sample, struct error *error) {
  enum { SHOWN_HEIGHT = 84 };
  struct png png;
  const struct shape *shape = &grid_row->part[0]->shape;
  if (!image_grid_encode_one(&png, grid_row, sample, error)) return false;
  int64_t height = shape->dim[shape->rank - 2], scale = height >= SHOWN_HEIGHT ? 1 : SHOWN_HEIGHT / height;
  string_add(html, "<td><img height=\"%lld\" alt=\"", (long long)(height * scale));
  string_put_escaped(html, grid_row->caption);
  if (image_grid->labels) add_element(html, ": ", image_grid->labels[sample], "");
  string_add(html, "\" src=\"data:image/png;base64,");
  string_put_base64(html, png.bytes, png.size);
  string_add(html, "\"/></td>\n");
  free(png.bytes);
  return true;
}

static bool add_image_grid(struct string_builder *html, const struct image_grid *image_grid, struct error *error) {
  bool ok = true;
  add_element(html, "<h3>", image_grid->name, "</h3>\n");
  if (image_grid->caption) add_element(html, "<p class=\"soft\">", image_grid->caption, "</p>\n");
  string_add(html, "<div class=\"wide\"><table class=\"images\">");
  if (image_grid->labels) {
    string_add(html, "<thead><tr><td></td>");
    for (int64_t i = 0; i < image_grid->samples; i++) add_element(html, "<th>", image_grid->labels[i], "</th>");
    string_add(html, "</tr></thead>");
  }
  string_add(html, "<tbody>\n");
  for (int i = 0; i < image_grid->n_grid_rows && ok; i++) {
    add_element(html, "<tr><th scope=\"row\">", image_grid->grid_rows[i].caption, "</th>\n");
    for (int64_t sample = 0; sample < image_grid->samples && ok; sample++)
      ok = add_image(html, image_grid, &image_grid->grid_rows[i], sample, error);
    string_add(html, "</tr>\n");
  }
  string_add(html, "</tbody></table></div>\n");
  return ok;
}

static bool add_image_grids(struct string_builder *html, const struct page *page, struct error *error) {
  bool ok = true;
  if (page->n_image_grids) string_add(html, "<h2>Image grids</h2>\n");
  for (size_t i = 0; i < page->n_image_grids && ok; i++) ok = add_image_grid(html, &page->image_grids[i], error);
  return ok;
}

static void add_listing(struct string_builder *html, const char *title, const char *plain) {
  if (!plain) return;
  string_add(html, "<h2>%s</h2>\n", title);
  add_element(html, "<pre>", plain, "</pre>\n");
}

char *page_text(const struct page *page, struct error *error) {
  struct string_builder html = {0};
  const char *title = page->title ? page->title : page->run->model;
  page_head(&html, page, title);
  add_facts(&html, page->run);
  add_results(&html, page);
  for (size_t i = 0; i < page->n_tables; i++) add_table(&html, &page->tables[i]);
  add_curves(&html, page->curves);
  if (!add_image_grids(&html, page, error)) {
    string_free(&html);
    return NULL;
  }
  if (page->n_maps) string_add(&html, "<h2>Maps</h2>\n");
  for (size_t i = 0; i < page->n_maps; i++) map_add(&html, &page->maps[i]);
  add_listing(&html, "Layers", page->layers);
  add_listing(&html, "Model file", page->source);
  string_add(&html, "</main></body></html>\n");
  return html.at;
}

bool page_write(const char *path, const struct page *page, struct error *error) {
  char *html = page_text(page, error);
  if (!html) return false;
  bool ok = file_write_whole(path, html, strlen(html), error);
  free(html);
  return ok;
}
