/* How training is going, for the person who waits for it.
 *
 * On a terminal: one line, redrawn in place at most ten times a second and cut to the terminal's width, with epoch,
 * step, samples a second, time left, every loss term and the metrics of a watch; at the end of an epoch it stays,
 * whole, on as many as it takes.  Elsewhere (a file, a pipe, TERM=dumb): one plain line an epoch.  Bold only on a
 * terminal and only without NO_COLOR.  Quiet: only warnings. Ownership: progress_new's caller calls progress_free; the
 * FILE stays the caller's. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H
#include <stdbool.h>
#include <stdio.h>

#include "report/log.h"

struct progress;

/* One of several runs that are trained one after the other. */
struct progress_series {
  const char *name;
  int number, of;
  double begun; /* when it began, by clock_now */
  int before;   /* how many have been trained by this process, and in how many seconds */
  double seconds;
};

struct progress_state {
  const char *stage;                  /* NULL: only one */
  int64_t epoch, epochs, step, steps; /* step of steps in the whole stage */
  double samples_per_s;
  double seconds_left; /* negative: not known */
  const struct log_term *terms;
  size_t n_terms;
  const struct log_metric *metrics; /* as they were taken last */
  size_t n_metrics;
  const struct progress_series *series; /* NULL: it is the only run */
};

struct progress *progress_new(FILE *to, bool quiet);
/* Lines say which of the series it is, and how long the whole series will take.  NULL: there is none. */
void progress_of_series(struct progress *progress, const struct progress_series *series);
void progress_step(struct progress *progress, const struct progress_state *state);  /* after every step */
void progress_epoch(struct progress *progress, const struct progress_state *state); /* after every epoch */

/* Work other than training: "transfer", 0.4.  Redrawn in place; not shown where there is no terminal. */
void progress_work(struct progress *progress, const char *what, double fraction);

/* A line of its own, such as what data was found where; the progress line moves down.  note is silenced by quiet,
 * warning is not. */
void progress_note(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
void progress_warning(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Takes the line in place away, so that other output can begin on a line of its own. */
void progress_clear(struct progress *progress);
void progress_free(struct progress *progress); /* ends the line in place */

/* The line itself, cut to width columns (width < 0: not cut), without colour; returns string. */
char *progress_string(char *string, size_t size, const struct progress_state *state, int width);

#endif
