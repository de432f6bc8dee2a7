#include "session/outputs.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/draft.h"
#include "report/console.h"
#include "report/metrics.h"
#include "report/page.h"
#include "train/evaluate.h"
#include "train/monitor.h"

/* "50 epochs of batches of 100", of which some may not have been trained. */
static const char *how_far(struct session *session, size_t number) {
  const struct model *model = session->model;
  const struct stage *stage = &session->settings->program->stages.at[number];
  const struct program *program = model->program;
  const char *whole = arena_format(session->arena, "%" PRId64 " epochs of batches of %" PRId64, stage->epochs,
                                   stage->batch);
  if (program->tables.n > 1)
    whole = arena_format(session->arena, "%s of '%s'", whole, program->tables.at[stage->table]->name);
  for (size_t k = 0; k < stage->beside; k++)
    whole = arena_format(session->arena, "%s and '%s'", whole, program->tables.at[stage->beside_table[k]]->name);
  bool passed_over = session->settings->stage && !session->settings->before && number < model->stage;
  if (stage->in_evaluation || (number < model->stage && !passed_over)) return whole;
  if (passed_over || number > model->stage || !model->updates)
    return arena_format(session->arena, "not trained (%s)", whole);
  if (model->epochs >= (double)stage->epochs) return whole;
  return arena_format(session->arena, "%.4g of %s", model->epochs, whole);
}

static bool has_ended(const struct model *model) {
  return model->epochs >= (double)model->program->stages.at[model->stage].epochs || stage_gave_up(model, model->stage);
}

void outputs_say_how_far(struct session *session) {
  const struct model *model = session->model;
  const struct program *program = session->settings->program;
  int64_t came_to = manifest_trained(session->settings->before).steps;
  if (came_to > model->updates)
    progress_warning(session->progress,
                     "warning: the run came to step %" PRId64 ", and its newest good checkpoint is of step %" PRId64,
                     came_to, model->updates);
  for (size_t i = model->stage; model->updates && i < program->stages.n; i++) {
    const struct stage *stage = &program->stages.at[i];
    if (stage->in_evaluation || (i == model->stage && has_ended(model))) continue;
    progress_warning(session->progress, "warning: training has not finished: stage '%s', %s", stage->name,
                     how_far(session, i));
  }
}

/* "of step 4200, where 'bound' on validation was lowest: 0.0123", of a stage that keeps such weights; else NULL. */
static const char *which_weights(struct session *session, size_t number) {
  const struct goal *keep = &session->model->program->stages.at[number].keep;
  struct training_state at;
  double value;
  if (!stage_kept(session->model, number, &at, &value)) return NULL;
  return arena_format(session->arena, "of step %" PRId64 ", where '%s' on %s was %s: %.6g", at.updates, keep->metric,
                      keep->split, keep->higher ? "highest" : "lowest", value);
}

/* The note, the data's contents, the options and the stages, for readers. */
static struct setting *list_settings(struct session *session, const char *note, size_t *n) {
  const struct run_settings *settings = session->settings;
  const struct program *program = settings->program;
  struct setting *list = ARENA_ARRAY(session->arena, struct setting,
                                     2 * program->stages.n + settings->n_options + program->tables.n + 2);
  *n = 0;
  if (note) list[(*n)++] = (struct setting){"note", note};
  for (size_t i = 0; i < program->tables.n; i++) {
    if (!session->table[i]) continue;
    const char *name = arena_format(session->arena, "contents of '%s'", program->tables.at[i]->name);
    list[(*n)++] = (struct setting){program->tables.n > 1 ? name : "data contents", table_contents(session->table[i])};
  }
  for (size_t i = 0; i < settings->n_options; i++) {
    const struct run_option *option = &settings->options[i];
    list[(*n)++] = (struct setting){arena_format(session->arena, "option '%s'", option->name), option->value};
  }
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *at = &program->stages.at[i];
    list[(*n)++] = (struct setting){
        arena_format(session->arena, "%s '%s'", at->in_evaluation ? "probe" : "stage", at->name), how_far(session, i)};
    const char *weights = at->in_evaluation ? NULL : which_weights(session, i);
    if (weights) list[(*n)++] = (struct setting){arena_format(session->arena, "weights '%s'", at->name), weights};
  }
  return list;
}

/* What was trained is the run's own, whoever measures it now. */
static struct run describe(struct session *session) {
  const struct run_settings *settings = session->settings;
  const struct manifest *manifest = session->manifest ? session->manifest : settings->before;
  struct trained trained = manifest_trained(manifest);
  struct run run = {
      .model = settings->program->name,
      .variant = settings->program->variant,
      .data = program_data(settings->program),
      .data_found = manifest->folder,
      .version = manifest->version,
      .seed = session->model->seed,
      .epochs = (int64_t)session->model->epochs,
      .batch = settings->program->stages.n ? settings->program->stages.at[session->model->stage].batch : 0,
      .steps = session->model->updates,
      .parameters = settings->parameters,
      .seconds = trained.seconds,
      .threads = trained.threads,
      .begun = trained.begun,
      .ended = trained.ended,
  };
  manifest_timings(manifest, session->all_timings);
  run.n_timings = timings_all(session->all_timings, &run.timings);
  run.settings = list_settings(session, manifest->note, &run.n_settings);
  return run;
}

static bool write_images(struct session *session, const struct results *results, struct error *error) {
  enum { SCALE = 3, GAP = 4 };
  if ((results->image_grids.n || results->maps.n) && !folder_make(session_file(session, "images"), error)) return false;
  for (size_t i = 0; i < results->image_grids.n; i++) {
    const struct image_grid *image_grid = &results->image_grids.at[i];
    const char *path = session_file(session, arena_format(session->arena, "images/%s.png", image_grid->name));
    if (!image_grid_write(path, image_grid, SCALE, GAP, error)) return false;
  }
  for (size_t i = 0; i < results->maps.n; i++) {
    const struct code_map *map = &results->maps.at[i];
    if (!map_write(session_file(session, arena_format(session->arena, "images/%s.svg", map->name)), map, error))
      return false;
  }
  return true;
}

static bool write_page(struct session *session, const struct run *run, const struct results *results,
                       struct error *error) {
  struct curves curves = {0};
  if (!curves_read(&curves, session->arena, session_file(session, "log.jsonl"), error)) return false;
  struct page page = {
      .run = run,
      .description = session->settings->description,
      .metrics = results->metrics.at,
      .n_metrics = results->metrics.n,
      .tables = results->tables.at,
      .n_tables = results->tables.n,
      .curves = curves.n ? &curves : NULL,
      .image_grids = results->image_grids.at,
      .n_image_grids = results->image_grids.n,
      .maps = results->maps.at,
      .n_maps = results->maps.n,
      .layers = session->settings->layers,
      .source = session->settings->source,
  };
  return page_write(session_file(session, "report.html"), &page, error);
}

static bool print_results(FILE *to, const struct results *results) {
  bool written = !to || !results->metrics.n || console_metrics(to, results->metrics.at, results->metrics.n);
  for (size_t i = 0; to && written && i < results->tables.n; i++) written = console_table(to, &results->tables.at[i]);
  return written;
}

bool outputs_write(struct session *session, struct error *error) {
  struct results results = {.arena = session->arena};
  if (!evaluate(session->model, session->progress, &results, error)) return false;
  double begun = clock_now();
  if (!show(session->model, &results, error) || !show_maps(session->model, &results, error)) return false;
  if (results.image_grids.n || results.maps.n) timings_add(session->timings, "images and maps", begun);
  if (!session_end(session, error)) return false;
  struct run run = describe(session);
  if (!metrics_write(session_file(session, "metrics.json"), &run, results.metrics.at, results.metrics.n,
                     results.tables.at, results.tables.n, error) ||
      !write_images(session, &results, error) || !write_page(session, &run, &results, error))
    return false;
  progress_clear(session->progress);
  if (!print_results(session->settings->results, &results))
    return error_set(error, ERROR_DATA, "the results could not be written");
  progress_note(session->progress, "report: '%s'", session_file(session, "report.html"));
  return true;
}
