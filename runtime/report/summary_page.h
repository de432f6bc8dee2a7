/* report.html of several runs: what they come to, and links to the page of each.
 *
 * Ownership: nothing is kept. */
#ifndef REPORT_SUMMARY_PAGE_H
#define REPORT_SUMMARY_PAGE_H
#include "base/error.h"
#include "report/summary.h"

struct summary_page {
  const char *title, *variant; /* variant: NULL where there is none */
  const struct summary *summary;
  const char *best, *command; /* of a sweep, in words, and what trains it; NULL: none */
  const char *source;         /* the model; NULL: none */
};

bool summary_page_write(const char *path, const struct summary_page *page, struct error *error);

#endif
