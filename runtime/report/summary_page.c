#include "report/summary_page.h"

#include <string.h>

#include "base/file.h"
#include "report/page.h"
#include "report/text.h"

/* A path as an address: what is no plain character of one is written by its bytes. */
static void put_address(struct string_builder *html, const char *path) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/=,+";
  for (; *path; path++) {
    if (strchr(plain, *path)) string_put_bytes(html, path, 1);
    else string_add(html, "%%%02X", (unsigned char)*path);
  }
}

static void add_runs(struct string_builder *html, const struct summary *summary) {
  string_put(html, "<h2>Runs</h2>\n<ul>\n");
  for (size_t i = 0; i < summary->n_runs; i++) {
    const struct summary_run *run = &summary->runs[i];
    string_put(html, "<li>");
    if (run->n) string_put(html, "<a href=\""), put_address(html, run->name), string_put(html, "/report.html\">");
    string_put_escaped(html, run->name);
    string_put(html, run->n ? "</a></li>\n" : ": no results</li>\n");
  }
  string_put(html, "</ul>\n");
}

bool summary_page_write(const char *path, const struct summary_page *page, struct error *error) {
  struct string_builder html = {0};
  struct run run = {.variant = page->variant};
  struct page head = {.run = &run};
  struct sheet sheet = summary_sheet(page->summary, false);
  page_head(&html, &head, page->title);
  string_add(&html, "<p class=\"soft\">%zu runs; sd is the standard deviation of a sample.</p>\n",
             page->summary->n_runs);
  string_put(&html, "<h2>Results</h2>\n");
  sheet_html(&html, &sheet);
  if (page->best) {
    string_put(&html, "<p>Best: ");
    string_put_escaped(&html, page->best);
    string_put(&html, "</p>\n<pre>");
    string_put_escaped(&html, page->command);
    string_put(&html, "</pre>\n");
  }
  add_runs(&html, page->summary);
  if (page->source) {
    string_put(&html, "<h2>Model file</h2>\n<pre>");
    string_put_escaped(&html, page->source);
    string_put(&html, "</pre>\n");
  }
  string_put(&html, "</main></body></html>\n");
  bool ok = file_write_whole(path, html.at, html.n, error);
  string_free(&html);
  return ok;
}
