/* report.html: everything about a run in one file that opens from disk, with nothing outside it and no script.
 *
 * What the run was, every metric with its split, protocol and chance level, the loss curves, rebuilt images, the
 * layer table and the model's text.  All text is escaped.  Light and dark follow the reader's setting.
 * Ownership: nothing is kept. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H
#include <stdbool.h>

#include "report/curves.h"
#include "report/image_grid.h"
#include "report/map.h"
#include "report/metric.h"

struct page {
  const struct run *run;
  const char *title;       /* NULL: the model's name */
  const char *description; /* the model file's head comment; NULL: none */
  const struct metric *metrics;
  size_t n_metrics;
  const struct metric_table *tables;
  size_t n_tables;
  const struct curves *curves; /* NULL: none */
  const struct image_grid *image_grids;
  size_t n_image_grids;
  const char *layers; /* the summary as text; NULL: none */
  const char *source; /* the model as it was run; NULL: none */
  const struct code_map *maps;
  size_t n_maps;
};

/* How every page begins, up to its title. */
struct string_builder;
void page_head(struct string_builder *html, const struct page *page, const char *title);

/* The page's text, which the caller frees; NULL on failure. */
char *page_text(const struct page *page, struct error *error);
bool page_write(const char *path, const struct page *page, struct error *error);

#endif
