#include "session/experiment_results.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/shell.h"
#include "report/console.h"
#include "report/metrics.h"
#include "report/summary_page.h"

static const char *path_of(const struct experiment *experiment, const struct member *member, const char *file) {
  return arena_format(experiment->arena, "%s/%s/%s", experiment->path, member->name, file);
}

/* NULL where the run has not been measured. */
static json_t *read_run(const struct experiment *experiment, const struct member *member, struct error *error) {
  json_error_t problem;
  const char *path = path_of(experiment, member, "metrics.json");
  if (access(path, F_OK) != 0) return NULL;
  json_t *json = json_load_file(path, 0, &problem);
  if (!json) error_set(error, ERROR_DATA, "'%s' cannot be read: %.200s", path, problem.text);
  return json;
}

/* ---- ranks ---- */

static bool is_bounded(const char *unit) { return unit && (!strcmp(unit, "%") || !strncmp(unit, "of ", 3)); }

/* By which metric settings are sorted, and whether high is good: what is not said follows from its unit. */
static const struct summary_row *rank(const struct experiment *experiment, struct summary *summary, bool *higher) {
  static const char split[] = "validation";
  const char *goal = experiment->goal;
  for (size_t i = 0; i < summary->rows.n && !goal; i++) {
    const struct metric *metric = &summary->rows.at[i].metric;
    if (metric->split && !strcmp(metric->split, split)) goal = metric->name;
  }
  if (!goal) return NULL;
  const struct summary_row *best = summary_rank(summary, goal, split, experiment->higher == 1);
  *higher = experiment->higher == 1;
  if (!best || experiment->higher >= 0) return best;
  *higher = is_bounded(best->metric.unit);
  return summary_rank(summary, goal, split, *higher);
}

static struct summary summary_of(const struct experiment *experiment, json_t *const *json) {
  struct summary_run *runs = ARENA_ARRAY(experiment->arena, struct summary_run, experiment->members.n + 1);
  for (size_t i = 0; i < experiment->members.n; i++) {
    const struct member *member = &experiment->members.at[i];
    struct metric *metrics = NULL;
    size_t n = json[i] ? metrics_read(json[i], experiment->arena, &metrics) : 0;
    runs[i] = (struct summary_run){.name = member->name,
                                   .column = member->column,
                                   .set = member->set,
                                   .n_set = member->n_set,
                                   .metrics = metrics,
                                   .n = n};
  }
  return summarise(experiment->arena, runs, experiment->members.n);
}

static bool read_all(const struct experiment *experiment, json_t **json, struct error *error) {
  for (size_t i = 0; i < experiment->members.n; i++)
    if (!(json[i] = read_run(experiment, &experiment->members.at[i], error)) && error->kind) return false;
  return true;
}

static void release(const struct experiment *experiment, json_t **json) {
  for (size_t i = 0; i < experiment->members.n; i++) json_decref(json[i]);
}

bool experiment_summary(const struct experiment *experiment, struct summary *summary, const struct summary_row **best,
                        struct error *error) {
  json_t **json = ARENA_ARRAY(experiment->arena, json_t *, experiment->members.n + 1);
  bool higher, ok = read_all(experiment, json, error);
  if (ok) *summary = summary_of(experiment, json);
  *best = ok && experiment->sweeps ? rank(experiment, summary, &higher) : NULL;
  release(experiment, json);
  return ok;
}

/* ---- metrics.json ---- */

/* What both have and agree in; the rest is null. */
static json_t *common(const json_t *a, const json_t *b) {
  const char *key;
  json_t *value;
  if (json_equal((json_t *)a, (json_t *)b)) return json_deep_copy(a);
  if (!json_is_object(a) || !json_is_object(b)) return json_null();
  json_t *object = json_object();
  json_object_foreach ((json_t *)a, key, value)
    json_object_set_new(object, key, common(value, json_object_get(b, key)));
  return object;
}

/* The keys of a run's file as far as all runs agree; the seconds of all. */
static json_t *common_of(json_t *const *json, size_t n) {
  json_t *all = NULL;
  double seconds = 0;
  for (size_t i = 0; i < n; i++) {
    if (!json[i]) continue;
    json_t *one = json_copy(json[i]);
    seconds += json_number_value(json_object_get(one, "seconds"));
    json_object_del(one, "figures");
    json_object_del(one, "tables");
    json_t *both = all ? common(all, one) : json_incref(one);
    json_decref(all);
    json_decref(one);
    all = both;
  }
  if (!all) all = json_object();
  json_object_set_new(all, "seconds", json_real(seconds));
  return all;
}

static json_t *runs_json(const struct experiment *experiment) {
  json_t *array = json_array();
  for (size_t i = 0; i < experiment->members.n; i++) {
    const struct member *member = &experiment->members.at[i];
    const json_t *state = json_object_get(json_object_get(experiment->json, "states"), member->name);
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string_or_null(member->name));
    json_object_set_new(object, "seed", json_seed(member->seed));
    if (member->fold) json_object_set_new(object, "fold", json_integer(member->fold));
    if (member->n_set) json_object_set_new(object, "set", set_json(member->set, member->n_set));
    json_object_set_new(object, "state", json_string_or_null(json_string_value(state)));
    json_array_append_new(array, object);
  }
  return array;
}

struct best { /* of a sweep */
  const struct summary_row *row;
  const char *text, *command;
  bool higher;
};

static json_t *best_json(const struct summary *summary, const struct best *best) {
  if (!best->row) return json_null();
  const struct summary_run *set = summary->sets.at[best->row->set];
  json_t *object = json_object();
  json_object_set_new(object, "set", set_json(set->set, set->n_set));
  json_object_set_new(object, "name", json_string_or_null(best->row->metric.name));
  json_object_set_new(object, "of", json_string(best->higher ? "highest" : "lowest"));
  json_object_set_new(object, "value", json_number_or_null(best->row->metric.value));
  json_object_set_new(object, "command", json_string_or_null(best->command));
  return object;
}

static bool write_json(const struct experiment *experiment, const struct summary *summary, const struct best *best,
                       json_t *const *json, struct error *error) {
  json_t *object = common_of(json, experiment->members.n);
  if (experiment->folds) json_object_set_new(object, "folds", json_integer(experiment->folds));
  json_object_set_new(object, "runs", runs_json(experiment));
  if (experiment->sweeps) json_object_set_new(object, "best", best_json(summary, best));
  json_object_set_new(object, "figures", summary_json(summary));
  return json_write(arena_format(experiment->arena, "%s/metrics.json", experiment->path), object, 10, error);
}

/* ---- the best setting ---- */

/* Options that a shell takes as they are. */
static const char *command_of(const struct experiment *experiment, const struct summary_run *set) {
  const char *text = experiment->command;
  for (size_t i = 0; i < set->n_set; i++) {
    const char *word = arena_format(experiment->arena, "%s=%s", set->set[i].name, set->set[i].value);
    text = arena_format(experiment->arena, "%s --set %s", text, shell_word(experiment->arena, word));
  }
  return text;
}

static struct best best_of(const struct experiment *experiment, struct summary *summary) {
  char value[64];
  struct best best = {.row = experiment->sweeps ? rank(experiment, summary, &best.higher) : NULL};
  if (!best.row) return best;
  const struct summary_run *set = summary->sets.at[best.row->set];
  const struct metric *metric = &best.row->metric;
  const char *mean = best.row->n > 1
                         ? arena_format(experiment->arena, ", the mean of %lld runs", (long long)best.row->n)
                         : "";
  best.command = command_of(experiment, set);
  best.text = arena_format(experiment->arena, "%s, where '%s' on validation is %s: %s%s",
                           set_string(experiment->arena, set->set, set->n_set), metric->name,
                           best.higher ? "highest" : "lowest",
                           metric_string(value, sizeof value, metric->value, metric->unit), mean);
  return best;
}

/* ---- all of it ---- */

static bool write_page(const struct experiment *experiment, const struct summary *summary, const struct best *best,
                       struct error *error) {
  struct summary_page page = {.title = experiment->model ? experiment->model : "",
                              .variant = experiment->variant,
                              .summary = summary,
                              .best = best->text,
                              .command = best->command,
                              .source = experiment->texts.n ? experiment->texts.at[0].text : NULL};
  return summary_page_write(arena_format(experiment->arena, "%s/report.html", experiment->path), &page, error);
}

static bool print(FILE *to, const struct sheet *sheet, const struct best *best) {
  bool ok = sheet_print(to, sheet);
  if (best->text) ok = ok && fprintf(to, "\nbest: %s\ntrain it: %s\n", best->text, best->command) > 0;
  return fflush(to) == 0 && ok;
}

bool experiment_results(const struct experiment *experiment, const struct run_settings *settings,
                        struct progress *progress, struct error *error) {
  json_t **json = ARENA_ARRAY(experiment->arena, json_t *, experiment->members.n + 1);
  bool ok = read_all(experiment, json, error);
  if (ok) {
    struct summary summary = summary_of(experiment, json);
    struct best best = best_of(experiment, &summary);
    struct sheet raw = summary_sheet(&summary, true), sheet = summary_sheet(&summary, false);
    const char *csv = sheet_csv(&raw);
    ok = write_json(experiment, &summary, &best, json, error) &&
         file_write_whole(arena_format(experiment->arena, "%s/metrics.csv", experiment->path), csv, strlen(csv),
                          error) &&
         write_page(experiment, &summary, &best, error);
    progress_clear(progress);
    if (best.row && experiment->higher < 0 && !is_bounded(best.row->metric.unit))
      progress_warning(progress,
                       "warning: nothing says whether a low or a high '%s' is better, so the lowest is taken: pass "
                       "--lowest or --highest",
                       best.row->metric.name);
    if (ok && settings->results && !print(settings->results, &sheet, &best))
      ok = error_set(error, ERROR_DATA, "the results could not be written");
    if (ok) progress_note(progress, "report: '%s/report.html'", experiment->path);
  }
  release(experiment, json);
  return ok;
}
