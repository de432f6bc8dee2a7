#include "train/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/draft.h"
#include "base/file.h"
#include "base/shell.h"
#include "data/derive.h"
#include "data/on.h"
#include "exec/exec.h"
#include "report/console.h"
#include "report/metrics.h"
#include "report/page.h"
#include "store/checkpoint.h"
#include "store/export.h"
#include "store/rundir.h"
#include "train/compute.h"
#include "train/course.h"
#include "train/evaluate.h"
#include "train/fit.h"
#include "train/manifest.h"
#include "train/reads.h"
#include "train/signals.h"
#include "train/train.h"

struct work { /* all that a run has open */
  const struct run_settings *settings;
  struct arena *arena;
  struct progress *progress;
  const char *path; /* of the run directory */
  struct rundir *directory;
  struct table *table;
  struct pool *pool;
  struct model *model;
  struct manifest *manifest; /* of the session that trains; NULL: none does */
  struct position position;
  double begun;
};

static const char *in_directory(struct work *work, const char *name) {
  return arena_format(work->arena, "%s/%s", work->path, name);
}

/* wanted: the columns of the data set that are read; where it is none, the set may be nowhere. */
static bool open_model(struct work *work, struct column_set wanted, struct fault *fault) {
  const struct run_settings *settings = work->settings;
  const struct program *program = settings->program;
  if (settings->on) {
    enum data_split split = split_named(program->collections.at[program->compute].split);
    if (!program->data) return fault_set(fault, FAULT_USAGE, "the model reads no data, so that --on says nothing");
    work->table = table_on(work->arena, program->data, wanted, split, settings->on, fault);
    if (!work->table) return false;
  } else if (program->data && !columns_none(wanted)) {
    work->table = program->data->made ? table_derive(program->data, settings->roots, wanted, fault)
                                      : table_load_columns(program->data, settings->data_folder, wanted, fault);
    if (!work->table) return false;
    if (settings->before && !manifest_same_data(settings->before, work->table, fault)) return false;
  }
  if (settings->threads > 1 && !(work->pool = pool_new(settings->threads)))
    return fault_set(fault, FAULT_DATA, "%d threads could not be started", settings->threads);
  work->model = model_new(program, work->table, work->pool, backend_fast(), fault);
  if (work->model) work->model->seed = settings->seed, work->model->memory = settings->memory;
  return work->model != NULL;
}

/* What a file made of its rows is only known now: what is trained, measured and shown has some. */
static bool splits_have_rows(const struct work *work, struct fault *fault) {
  const struct program *program = work->settings->program;
  bool needed[DATA_SPLITS] = {[SPLIT_TRAIN] = program->stages.n > 0, [SPLIT_TEST] = program->shows.n > 0};
  for (size_t i = 0; i < program->collections.n; i++) needed[split_named(program->collections.at[i].split)] = true;
  for (int split = 0; work->table && split < DATA_SPLITS; split++)
    if (needed[split] && !work->table->rows[split])
      return fault_set(fault, FAULT_DATA, "'%s' has no rows to %s", work->table->set->name, split_purpose(split));
  return true;
}

/* A new directory is only made when nothing else is in the way. */
static bool work_open(struct work *work, const struct run_settings *settings, struct column_set wanted, struct fault *fault) {
  *work = (struct work){.settings = settings, .arena = arena_new(), .begun = clock_now()};
  work->progress = progress_new(settings->messages, settings->quiet);
  signals_watch();
  work->path = settings->out;
  if (work->path && !settings->before && !manifest_is_there(work->path) && !rundir_is_free(work->path, fault)) return false;
  if (!open_model(work, wanted, fault)) return false;
  if (!settings->before && !splits_have_rows(work, fault)) return false;
  if (!settings->before && !(train_fits(work->model, fault) && position_can_save(work->model, fault))) return false;
  if (!work->path) work->path = rundir_make(work->arena, settings->path, settings->program->variant, fault);
  if (work->path) work->directory = rundir_open(work->path, fault);
  return work->directory != NULL;
}

static void work_close(struct work *work) {
  model_free(work->model);
  pool_free(work->pool);
  table_free(work->table);
  if (work->directory) rundir_close(work->directory);
  manifest_free(work->manifest);
  progress_free(work->progress);
  arena_free(work->arena);
}

static void say_what(const struct work *work) {
  const struct run_settings *settings = work->settings;
  const char *then = settings->before ? settings->before->version : settings->version;
  if (strcmp(then, settings->version) != 0)
    progress_warning(work->progress, "warning: the run was made by crlc %s, and this is crlc %s: numbers may differ", then,
                     settings->version);
  progress_note(work->progress, "run: '%s', seed %" PRIu64 ", %d thread%s, crlc %s", work->path, work->model->seed,
                settings->threads, settings->threads == 1 ? "" : "s", settings->version);
  if (!work->table) return;
  const struct table *table = work->table;
  const char *folder = table->folder ? arena_format(work->arena, " in '%s'", table->folder) : "", *rows = "";
  for (int split = 0; split < DATA_SPLITS; split++) /* 0 of a split that is not read */
    if (table->rows[split])
      rows = arena_format(work->arena, "%s, %" PRId64 "%s to %s", rows, table->rows[split], *rows ? "" : " rows", split_purpose(split));
  progress_note(work->progress, "data: '%s'%s (%s)%s", table->set->name, folder, table_contents(table), rows);
}

static bool load(struct work *work, struct position *position, struct fault *fault) {
  char notice[NOTICE_TEXT] = "";
  const struct run_settings *settings = work->settings;
  bool ok = position_load(work->path, work->model, position, settings->seed_given ? &settings->seed : NULL, notice,
                          fault);
  if (notice[0]) progress_warning(work->progress, "warning: %s", notice);
  return ok;
}

/* ---- results ---- */

/* "50 epochs of batches of 100", of which some may not have been trained. */
static const char *how_far(struct work *work, size_t number) {
  const struct model *model = work->model;
  const struct stage *stage = &work->settings->program->stages.at[number];
  const char *whole =
      arena_format(work->arena, "%" PRId64 " epochs of batches of %" PRId64, stage->epochs, stage->batch);
  bool passed_over = work->settings->stage && !work->settings->before && number < model->stage;
  if (stage->in_evaluation || (number < model->stage && !passed_over)) return whole;
  if (passed_over || number > model->stage || !model->updates) return arena_format(work->arena, "not trained (%s)", whole);
  if (model->clock[CLOCK_EPOCH] >= (double)stage->epochs) return whole;
  return arena_format(work->arena, "%.4g of %s", model->clock[CLOCK_EPOCH], whole);
}

/* Figures of a run that was stopped, or of an older checkpoint than it had come to, are of that. */
static void say_how_far(struct work *work) {
  const struct model *model = work->model;
  const struct program *program = work->settings->program;
  int64_t came_to = manifest_trained(work->settings->before).steps;
  if (came_to > model->updates)
    progress_warning(work->progress,
                     "warning: the run came to step %" PRId64 ", and its newest good checkpoint is of step %" PRId64, came_to,
                     model->updates);
  for (size_t i = model->stage; model->updates && i < program->stages.n; i++) {
    const struct stage *stage = &program->stages.at[i];
    if (stage->in_evaluation || (i == model->stage && model->clock[CLOCK_EPOCH] >= (double)stage->epochs)) continue;
    progress_warning(work->progress, "warning: training has not finished: stage '%s', %s", stage->name, how_far(work, i));
  }
}

/* The note, the data's contents, the options and the stages, for readers. */
static struct setting *list_settings(struct work *work, const char *note, size_t *n) {
  const struct run_settings *settings = work->settings;
  const struct program *program = settings->program;
  struct setting *list = ARENA_ARRAY(work->arena, struct setting, program->stages.n + settings->n_options + 2);
  *n = 0;
  if (note) list[(*n)++] = (struct setting){"note", note};
  if (work->table) list[(*n)++] = (struct setting){"data contents", table_contents(work->table)};
  for (size_t i = 0; i < settings->n_options; i++) {
    const struct run_option *option = &settings->options[i];
    list[(*n)++] = (struct setting){arena_format(work->arena, "option '%s'", option->name), option->value};
  }
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *at = &program->stages.at[i];
    list[(*n)++] = (struct setting){
        arena_format(work->arena, "%s '%s'", at->in_evaluation ? "probe" : "stage", at->name), how_far(work, i)};
  }
  return list;
}

/* What was trained is the run's own, whoever measures it now. */
static struct run describe(struct work *work) {
  const struct run_settings *settings = work->settings;
  const struct manifest *manifest = work->manifest ? work->manifest : settings->before;
  struct trained trained = manifest_trained(manifest);
  struct run run = {
      .model = settings->program->name,
      .variant = settings->program->variant,
      .data = settings->program->data ? settings->program->data->name : NULL,
      .data_found = manifest->folder,
      .version = manifest->version,
      .seed = work->model->seed,
      .epochs = (int64_t)work->model->clock[CLOCK_EPOCH],
      .batch = settings->program->stages.n ? settings->program->stages.at[work->model->stage].batch : 0,
      .steps = work->model->updates,
      .parameters = settings->parameters,
      .seconds = trained.seconds,
      .threads = trained.threads,
      .begun = trained.begun,
      .ended = trained.ended,
  };
  run.settings = list_settings(work, manifest->note, &run.n_settings);
  return run;
}

/* What the session came to goes into run.json, also where it was stopped. */
static bool end_session(struct work *work, struct fault *fault) {
  return !work->manifest ||
         manifest_end(work->manifest, work->path, work->position.updates, clock_now() - work->begun, fault);
}

static bool write_pictures(struct work *work, const struct results *results, struct fault *fault) {
  enum { SCALE = 3, GAP = 4 };
  if (results->pictures.n && !folder_make(in_directory(work, "images"), fault)) return false;
  for (size_t i = 0; i < results->pictures.n; i++) {
    const struct picture *picture = &results->pictures.at[i];
    const char *path = in_directory(work, arena_format(work->arena, "images/%s.png", picture->name));
    if (!picture_write(path, picture, SCALE, GAP, fault)) return false;
  }
  return true;
}

static bool write_page(struct work *work, const struct run *run, const struct results *results,
                       struct fault *fault) {
  struct curves curves = {0};
  if (!curves_read(&curves, work->arena, in_directory(work, "log.jsonl"), fault)) return false;
  struct page page = {
      .run = run,
      .description = work->settings->description,
      .figures = results->figures.at,
      .n_figures = results->figures.n,
      .curves = curves.n ? &curves : NULL,
      .pictures = results->pictures.at,
      .n_pictures = results->pictures.n,
      .layers = work->settings->layers,
      .source = work->settings->source,
  };
  return page_write(in_directory(work, "report.html"), &page, fault);
}

/* Measures and shows what the model has become, and leaves metrics, pictures and page. */
static bool finish(struct work *work, struct fault *fault) {
  struct results results = {.arena = work->arena};
  if (!evaluate(work->model, work->progress, &results, fault) || !show(work->model, &results, fault) ||
      !end_session(work, fault))
    return false;
  struct run run = describe(work);
  if (!metrics_write(in_directory(work, "metrics.json"), &run, results.figures.at, results.figures.n, fault) ||
      !write_pictures(work, &results, fault) || !write_page(work, &run, &results, fault))
    return false;
  progress_clear(work->progress);
  if (results.figures.n && !console_figures(work->settings->results, results.figures.at, results.figures.n))
    return fault_set(fault, FAULT_DATA, "the results could not be written");
  progress_note(work->progress, "report: '%s'", in_directory(work, "report.html"));
  return true;
}

/* ---- actions ---- */

struct manifest *run_find(const char *directory, const char *model, struct fault *fault) {
  struct stat status;
  char notice[NOTICE_TEXT];
  struct checkpoint *found = NULL;
  if (stat(directory, &status) != 0 || !S_ISDIR(status.st_mode))
    fault_set(fault, FAULT_DATA, "there is no run directory '%s'", directory);
  else if (manifest_is_there(directory) || !checkpoint_latest(directory, &found, notice, fault) || found)
    return checkpoint_free(found), manifest_read(directory, fault);
  else
    fault_set(fault, FAULT_DATA, "there is no checkpoint in '%s'", directory);
  hint_train(model, directory, fault);
  return NULL;
}

/* A stage that is trained alone begins with what those before it have not made. */
static void say_passed_over(struct work *work) {
  const struct program *program = work->settings->program;
  const char *only = work->settings->stage;
  for (size_t i = 0; only && i < program->stages.n && strcmp(program->stages.at[i].name, only); i++)
    if (!program->stages.at[i].in_evaluation)
      progress_warning(work->progress,
                       "warning: stage '%s' comes before '%s' and is not trained: its weights are as they begin",
                       program->stages.at[i].name, only);
}

static bool has_checkpoint(struct work *work, struct fault *fault) {
  char notice[NOTICE_TEXT];
  struct checkpoint *found = NULL;
  if (!checkpoint_latest(work->path, &found, notice, fault)) return true;
  if (!found) return false;
  checkpoint_free(found);
  fault_set(fault, FAULT_USAGE, "'%s' holds a run already", work->path);
  fault_hint(fault, "say --resume to go on with it, or another --out DIR");
  return true;
}

/* Whether a step reads how long its stage is: the clocks `epochs` and `steps`. */
static bool reads_length(struct arena *arena, const struct graph *step) {
  const bool *live = graph_live(arena, step);
  for (node_id id = 1; id < step->nodes.n; id++) {
    const struct node *node = graph_node(step, id);
    if (!live[id] || node->op != OP_clock) continue;
    if (node->attr.i[0] == CLOCK_EPOCHS || node->attr.i[0] == CLOCK_STEPS) return true;
  }
  return false;
}

/* A stage may go on for longer than it was to; it cannot have been shorter, and what is done stays done. */
static bool check_epochs(struct work *work, struct fault *fault) {
  const struct program *now = work->settings->program, *was = work->settings->was;
  const struct position *at = &work->position;
  for (size_t i = 0; i <= at->stage && i < now->stages.n && i < was->stages.n; i++) {
    const struct stage *stage = &now->stages.at[i];
    int64_t then = was->stages.at[i].epochs;
    bool done = i < at->stage, too_few = !done && stage->epochs < at->epoch;
    if (stage->in_evaluation || stage->epochs == then) continue;
    if (done || too_few) {
      fault_set(fault, FAULT_USAGE, "the stage '%s' has been trained for %" PRId64 " epochs, and the model says %" PRId64,
                stage->name, done ? then : at->epoch, stage->epochs);
      return fault_hint(fault, "pass --stage NAME with --epochs for a later stage, leave --epochs out, or train anew in "
                        "another --out DIR");
    }
    int64_t steps = stage_steps(work->model, stage);
    if (at->updates && reads_length(work->arena, stage->step))
      progress_warning(work->progress,
                       "warning: the steps of '%s' read the clocks 'epochs' and 'steps' (a schedule does): they were %" PRId64
                       " and %" PRId64 " and are %" PRId64 " and %" PRId64 " from here on, so that the result is neither "
                       "that of %" PRId64 " epochs nor that of %" PRId64,
                       stage->name, then, then * steps, stage->epochs, stage->epochs * steps, then, stage->epochs);
  }
  return true;
}

static bool train(struct work *work, struct fault *fault) {
  const struct run_settings *settings = work->settings;
  if (!settings->resume && (has_checkpoint(work, fault) || !manifest_may_replace(work->path, fault))) return false;
  if (settings->resume && !(load(work, &work->position, fault) && check_epochs(work, fault))) return false;
  work->manifest = manifest_begin(work->path, settings->before, settings, work->model, fault);
  if (!work->manifest) return false;
  say_what(work);
  if (!settings->resume) say_passed_over(work);
  evaluate_foresee(work->model, work->progress);
  struct log *log = log_open(in_directory(work, "log.jsonl"), work->position.updates, fault);
  if (!log) return false;
  struct journal *journal = journal_new(log, work->progress, settings->log_every);
  bool ok = train_program(work->model, settings->stage, work->path, journal, &work->position, fault);
  journal_free(journal);
  if (!ok && signals_stop(NULL)) 
    fault_hint(fault, "go on with 'crlc %s --train --resume'", shell_word(work->arena, work->path));
  return log_close(log, fault) && ok;
}

bool run_train(const struct run_settings *settings, struct fault *fault) {
  struct work work;
  struct fault ignored = {0};
  bool trained = work_open(&work, settings, all_columns, fault) && train(&work, fault);
  bool ok = trained && finish(&work, fault);
  if (trained && !ok && signals_stop(NULL))
    fault_hint(fault, "training is done; measure with 'crlc %s --evaluate'", shell_word(work.arena, work.path));
  if (!ok) end_session(&work, &ignored);
  work_close(&work);
  return ok;
}

bool run_evaluate(const struct run_settings *settings, struct fault *fault) {
  struct work work;
  struct arena *arena = arena_new();
  bool ok = work_open(&work, settings, run_columns(arena, settings->program, RUN_EVALUATE), fault) &&
            load(&work, NULL, fault);
  arena_free(arena);
  if (ok) say_what(&work);
  if (ok) say_how_far(&work);
  ok = ok && finish(&work, fault);
  work_close(&work);
  return ok;
}

struct column_set run_columns(struct arena *arena, const struct program *program, enum run_action action) {
  if (action == RUN_EXPORT) return (struct column_set){{0}};
  return action == RUN_EVALUATE  ? columns_of_evaluation(arena, program)
         : action == RUN_COMPUTE ? reads_of(arena, program, &program->collections.at[program->compute]).columns
                                 : all_columns;
}

bool run_compute(const struct run_settings *settings, const char *file, struct fault *fault) {
  struct work work;
  struct arena *arena = arena_new();
  bool ok = work_open(&work, settings, run_columns(arena, settings->program, RUN_COMPUTE), fault) &&
            load(&work, NULL, fault) && compute(work.model, file, work.progress, fault);
  work_close(&work);
  arena_free(arena);
  return ok;
}

static bool profile_steps(struct work *work, struct fault *fault) {
  enum { WARM = 5, STEPS = 40, TRACED = 8 };
  struct position at = {0};
  struct course course;
  const char *trace = work->settings->trace;
  int steps = trace ? TRACED : STEPS;
  const struct program *program = work->settings->program;
  while (at.stage < program->stages.n && program->stages.at[at.stage].in_evaluation) at.stage++;
  if (at.stage == program->stages.n)
    return fault_set(fault, FAULT_MODEL, "'%s' trains nothing, so there is no step to measure", program->name);
  const struct stage *stage = &program->stages.at[at.stage];
  if (!set_up(work->model, stage, (struct watch){0}, fault) ||
      !course_open(&course, work->model, stage, false, fault))
    return false;
  double begun = 0;
  for (int step = 0; step < WARM + steps && !signals_stop(NULL); step++) {
    if (step == WARM) exec_profile(runner_exec(course.step), true);
    if (step == WARM && trace) exec_trace(runner_exec(course.step));
    if (step == WARM) begun = clock_now();
    int64_t rows;
    if (!course_step(&course, &at, &rows, fault)) break;
    course_advance(&course, &at);
  }
  double seconds = clock_now() - begun;
  if (fault->kind) {
    course_close(&course);
    return false;
  }
  fputs(exec_profile_text(work->arena, runner_exec(course.step)), work->settings->results);
  fprintf(work->settings->results, "%.2f ms a step of %" PRId64 " rows, %.0f samples/s, %d thread%s\n",
          1e3 * seconds / steps, course.batch, steps * (double)course.batch / seconds, work->settings->threads,
          work->settings->threads == 1 ? "" : "s");
  const char *text = trace ? exec_trace_text(work->arena, runner_exec(course.step)) : NULL;
  course_close(&course);
  return !trace || !*text || file_write_whole(trace, text, strlen(text), fault);
}

bool run_profile(const struct run_settings *settings, struct fault *fault) {
  struct work work = {.settings = settings, .arena = arena_new(), .begun = clock_now()};
  work.progress = progress_new(settings->messages, settings->quiet);
  signals_watch();
  bool ok = open_model(&work, all_columns, fault) && profile_steps(&work, fault);
  work_close(&work);
  return ok;
}

bool run_can_export(const char *file, struct fault *fault) {
  const char *dot = strrchr(file, '.');
  if (dot && strcmp(dot, ".safetensors") == 0) return true;
  if (dot && strcmp(dot, ".onnx") == 0)
    fault_set(fault, FAULT_USAGE, "this version cannot write ONNX, so '%s' was not written", file);
  else
    fault_set(fault, FAULT_USAGE, "'%s' names no format that can be written", file);
  fault_hint(fault, "end it in '.safetensors'");
  return false;
}

bool run_export(const struct run_settings *settings, const char *file, struct fault *fault) {
  struct work work;
  bool ok = work_open(&work, settings, (struct column_set){{0}}, fault) && load(&work, NULL, fault);
  if (ok) {
    size_t n = model_kept(work.model, true, NULL);
    struct array *kept = ARENA_ARRAY(work.arena, struct array, n + 1);
    model_kept(work.model, true, kept);
    ok = export_safetensors(file, kept, n, fault);
  }
  if (ok) progress_note(work.progress, "wrote '%s'", file);
  work_close(&work);
  return ok;
}
