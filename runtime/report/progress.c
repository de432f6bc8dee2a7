#include "report/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "report/terminal.h"
#include "report/text.h"

enum { LINE = 4096, EPOCH_INDENT = 2 };
static const double REDRAW_SECONDS = 0.1;

struct progress {
  FILE *to;
  bool quiet, terminal, bold;
  bool open; /* the line in place is on the screen */
  double drawn;
  const struct progress_series *series;
};

struct progress *progress_new(FILE *to, bool quiet) {
  const char *kind = getenv("TERM"), *no_color = getenv("NO_COLOR");
  struct progress *progress = must_alloc(sizeof *progress);
  bool terminal = isatty(fileno(to)) && kind && *kind && strcmp(kind, "dumb");
  *progress = (struct progress){to, quiet, terminal, terminal && !(no_color && *no_color), false, 0, NULL};
  return progress;
}

void progress_of_series(struct progress *progress, const struct progress_series *series) { progress->series = series; }

/* Appends; what does not fit is left out. */
static void put(char *string, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void put(char *string, size_t size, const char *format, ...) {
  size_t at = strlen(string);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(string + at, size - at, format, arguments);
  va_end(arguments);
}

static void cut_to(char *string, int columns) { string[utf8_fitting(string, strlen(string), columns)] = 0; }

/* Those of one split behind its name, in the order in which splits come up. */
static void put_metrics(char *string, size_t size, const struct progress_state *state) {
  for (size_t i = 0; i < state->n_metrics; i++) {
    const struct log_metric *first = &state->metrics[i];
    bool said = false;
    for (size_t k = 0; k < i; k++) said |= !strcmp(state->metrics[k].split, first->split);
    if (said) continue;
    put(string, size, "  %s:", first->split);
    for (size_t k = i; k < state->n_metrics; k++) {
      const struct log_metric *metric = &state->metrics[k];
      if (strcmp(metric->split, first->split)) continue;
      if (isnan(metric->value)) put(string, size, " %s -", metric->name);
      else put(string, size, metric->percent ? " %s %.2f %%" : " %s %.4g", metric->name, metric->value);
    }
  }
}

/* Those to come take as long as those before, or as this one will have taken. */
static double series_left(const struct progress_series *series, double left) {
  double one = series->before ? series->seconds / series->before : clock_now() - series->begun + left;
  return left + (series->of - series->number) * one;
}

char *progress_string(char *string, size_t size, const struct progress_state *state, int width) {
  char left[32];
  string[0] = 0;
  if (state->series) put(string, size, "[%d/%d] %s  ", state->series->number, state->series->of, state->series->name);
  if (state->stage) put(string, size, "%s  ", state->stage);
  put(string, size, "epoch %lld/%lld  step %lld/%lld", (long long)state->epoch, (long long)state->epochs,
      (long long)state->step, (long long)state->steps);
  if (isfinite(state->samples_per_s)) put(string, size, "  %.0f samples/s", state->samples_per_s);
  if (state->seconds_left >= 0) put(string, size, "  %s left", duration_string(left, sizeof left, state->seconds_left));
  if (state->series && state->seconds_left >= 0)
    put(string, size, " (of all: %s)",
        duration_string(left, sizeof left, series_left(state->series, state->seconds_left)));
  for (size_t i = 0; i < state->n_terms; i++)
    if (isnan(state->terms[i].value)) put(string, size, "  %s -", state->terms[i].name);
    else put(string, size, "  %s %.4g", state->terms[i].name, state->terms[i].value);
  put_metrics(string, size, state);
  if (width >= 0) cut_to(string, width);
  return string;
}

/* The last column stays free: a terminal that wraps when it is written would scroll. */
static void draw(struct progress *progress, const char *string, size_t bold) {
  size_t n = strlen(string);
  if (bold > n || !progress->bold) bold = 0;
  fprintf(progress->to, "\r%s%.*s%s%s\033[K", bold ? "\033[1m" : "", (int)bold, string, bold ? "\033[0m" : "",
          string + bold);
  fflush(progress->to);
  progress->open = true;
  progress->drawn = clock_now();
}

static void draw_state(struct progress *progress, const struct progress_state *state) {
  char line[LINE];
  struct progress_state here = *state;
  here.series = progress->series;
  progress_string(line, sizeof line, &here, terminal_width(progress->to) - 1);
  char *end = strstr(line, "  step");
  draw(progress, line, end ? (size_t)(end - line) : 0);
}

/* When nobody reads any longer (a closed pipe, a terminal that is gone), nothing is written any longer. */
static bool is_silent(const struct progress *progress) { return progress->quiet || ferror(progress->to); }

static bool is_due(const struct progress *progress) {
  return !is_silent(progress) && progress->terminal && clock_now() - progress->drawn >= REDRAW_SECONDS;
}

void progress_step(struct progress *progress, const struct progress_state *state) {
  if (is_due(progress)) draw_state(progress, state);
}

void progress_epoch(struct progress *progress, const struct progress_state *state) {
  char line[LINE];
  struct progress_state here = *state;
  if (is_silent(progress)) return;
  here.series = progress->series;
  progress_clear(progress);
  progress_string(line, sizeof line - 1, &here, -1);
  print_wrapped(progress->to, strcat(line, "\n"), progress->terminal ? terminal_width(progress->to) : 0, EPOCH_INDENT);
  fflush(progress->to);
}

void progress_work(struct progress *progress, const char *what, double fraction) {
  char line[LINE];
  if (!is_due(progress)) return;
  snprintf(line, sizeof line, "%s  %.0f %%", what, 100 * fraction);
  cut_to(line, terminal_width(progress->to) - 1);
  draw(progress, line, 0);
}

void progress_clear(struct progress *progress) {
  if (!progress->open) return;
  fputs("\r\033[K", progress->to);
  fflush(progress->to);
  progress->open = false;
}

static void say(struct progress *progress, const char *format, va_list arguments) {
  progress_clear(progress);
  vfprintf(progress->to, format, arguments);
  fputc('\n', progress->to);
  fflush(progress->to);
}

void progress_note(struct progress *progress, const char *format, ...) {
  va_list arguments;
  if (is_silent(progress)) return;
  va_start(arguments, format);
  say(progress, format, arguments);
  va_end(arguments);
}

void progress_warning(struct progress *progress, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(progress, format, arguments);
  va_end(arguments);
}

void progress_free(struct progress *progress) {
  if (!progress) return;
  if (progress->open) fputc('\n', progress->to);
  fflush(progress->to);
  free(progress);
}
