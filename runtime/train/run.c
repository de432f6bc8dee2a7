#include "train/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/draft.h"
#include "base/file.h"
#include "exec/exec.h"
#include "report/console.h"
#include "report/metrics.h"
#include "report/page.h"
#include "store/checkpoint.h"
#include "store/export.h"
#include "store/rundir.h"
#include "train/course.h"
#include "train/evaluate.h"
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
  struct position position;
  double begun;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *in_directory(struct work *work, const char *name) {
  return arena_format(work->arena, "%s/%s", work->path, name);
}

/* Settles the path; where a run is to be read, it must be there. */
static bool find_directory(struct work *work, bool must_exist, struct fault *fault) {
  const struct run_settings *settings = work->settings;
  struct stat status;
  work->path = settings->out;
  if (!work->path) work->path = rundir_default(work->arena, settings->path, settings->program->variant);
  if (!must_exist || (stat(work->path, &status) == 0 && S_ISDIR(status.st_mode))) return true;
  fault_set(fault, FAULT_DATA, "there is no run directory '%s'", work->path);
  return fault_hint(fault, "train first: 'crlc %s --train --out %s'", settings->path, work->path);
}

static bool open_model(struct work *work, struct fault *fault) {
  const struct run_settings *settings = work->settings;
  const struct program *program = settings->program;
  if (program->data && !(work->table = table_load(program->data, settings->data_folder, fault))) return false;
  if (settings->threads > 1 && !(work->pool = pool_new(settings->threads)))
    return fault_set(fault, FAULT_DATA, "%d threads could not be started", settings->threads);
  kernels_start();
  work->model = model_new(program, work->table, work->pool, false, fault);
  if (work->model) work->model->seed = settings->seed, work->model->memory = settings->memory;
  return work->model != NULL;
}

/* must_exist: the directory holds a run already.  A new one is only made when nothing else is in the way. */
static bool work_open(struct work *work, const struct run_settings *settings, bool must_exist,
                      struct fault *fault) {
  *work = (struct work){.settings = settings, .arena = arena_new(), .begun = now()};
  work->progress = progress_new(settings->messages, settings->quiet);
  signals_watch();
  if (!find_directory(work, must_exist, fault) || !open_model(work, fault)) return false;
  if (!must_exist && !train_fits(work->model, fault)) return false;
  work->directory = rundir_open(work->path, fault);
  return work->directory != NULL;
}

static void work_close(struct work *work) {
  model_free(work->model);
  pool_free(work->pool);
  table_free(work->table);
  if (work->directory) rundir_close(work->directory);
  progress_free(work->progress);
  arena_free(work->arena);
}

static void say_what(const struct work *work) {
  const struct run_settings *settings = work->settings;
  progress_note(work->progress, "run: '%s', seed %" PRIu64 ", %d thread%s, crlc %s", work->path, work->model->seed,
                settings->threads, settings->threads == 1 ? "" : "s", settings->version);
  if (!work->table) return;
  progress_note(work->progress, "data: '%s' in '%s' (%s), %" PRId64 " rows to train on, %" PRId64 " to test on",
                work->table->set->name, work->table->folder, table_contents(work->table),
                work->table->rows[SPLIT_TRAIN], work->table->rows[SPLIT_TEST]);
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

static const struct stage *last_trained(const struct program *program) {
  for (size_t i = program->stages.n; i-- > 0;)
    if (!program->stages.at[i].in_evaluation) return &program->stages.at[i];
  return NULL;
}

static struct run describe(struct work *work) {
  const struct run_settings *settings = work->settings;
  const struct program *program = settings->program;
  const struct stage *stage = last_trained(program);
  struct setting *setting = ARENA_ARRAY(work->arena, struct setting, program->stages.n + 1);
  size_t n = 0;
  if (work->table) setting[n++] = (struct setting){"data contents", table_contents(work->table)};
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *at = &program->stages.at[i];
    setting[n++] = (struct setting){
        arena_format(work->arena, "%s '%s'", at->in_evaluation ? "probe" : "stage", at->name),
        arena_format(work->arena, "%" PRId64 " epochs of batches of %" PRId64, at->epochs, at->batch)};
  }
  return (struct run){
      .model = program->name,
      .variant = program->variant,
      .data = work->table ? work->table->set->name : NULL,
      .data_found = work->table ? work->table->folder : NULL,
      .version = settings->version,
      .seed = work->model->seed,
      .epochs = stage ? stage->epochs : 0,
      .batch = stage ? stage->batch : 0,
      .steps = work->position.updates,
      .parameters = settings->parameters,
      .seconds = now() - work->begun,
      .threads = settings->threads,
      .settings = setting,
      .n_settings = n,
  };
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
  if (!evaluate(work->model, work->progress, &results, fault) || !show(work->model, &results, fault)) return false;
  struct run run = describe(work);
  if (!metrics_write(in_directory(work, "metrics.json"), &run, results.figures.at, results.figures.n, fault) ||
      !write_pictures(work, &results, fault) || !write_page(work, &run, &results, fault))
    return false;
  if (results.figures.n && !console_figures(work->settings->results, results.figures.at, results.figures.n))
    return fault_set(fault, FAULT_DATA, "the results could not be written");
  progress_note(work->progress, "report: '%s'", in_directory(work, "report.html"));
  return true;
}

/* ---- actions ---- */

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

static bool train(struct work *work, struct fault *fault) {
  const struct run_settings *settings = work->settings;
  if (settings->resume ? !load(work, &work->position, fault) : has_checkpoint(work, fault)) return false;
  if (settings->source &&
      !file_write_whole(in_directory(work, "model.crl"), settings->source, strlen(settings->source), fault))
    return false;
  say_what(work);
  evaluate_foresee(work->model, work->progress);
  struct log *log = log_open(in_directory(work, "log.jsonl"), work->position.updates, fault);
  if (!log) return false;
  struct journal *journal = journal_new(log, work->progress, settings->log_every);
  bool ok = train_program(work->model, settings->stage, work->path, journal, &work->position, fault);
  journal_free(journal);
  if (!ok && (fault->kind == FAULT_INTERRUPT || fault->kind == FAULT_TERMINATE))
    fault_hint(fault, "go on with --resume --out %s", work->path);
  return log_close(log, fault) && ok;
}

bool run_train(const struct run_settings *settings, struct fault *fault) {
  struct work work;
  bool ok = work_open(&work, settings, settings->resume, fault) && train(&work, fault) && finish(&work, fault);
  work_close(&work);
  return ok;
}

bool run_evaluate(const struct run_settings *settings, struct fault *fault) {
  struct work work;
  bool ok = work_open(&work, settings, true, fault) && load(&work, NULL, fault);
  if (ok) say_what(&work);
  ok = ok && finish(&work, fault);
  work_close(&work);
  return ok;
}

bool run_compute(const struct run_settings *settings, const char *file, struct fault *fault) {
  struct work work;
  bool ok = work_open(&work, settings, true, fault) && load(&work, NULL, fault) &&
            compute(work.model, file, work.progress, fault);
  work_close(&work);
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
  if ((stage->initial && !run_once(work->model, stage->initial, fault)) ||
      !course_open(&course, work->model, stage, fault))
    return false;
  double begun = 0;
  for (int step = 0; step < WARM + steps && !signals_stop(NULL); step++) {
    if (step == WARM) exec_profile(runner_exec(course.step), true);
    if (step == WARM && trace) exec_trace(runner_exec(course.step));
    if (step == WARM) begun = now();
    course_step(&course, &at);
    course_advance(&course, &at);
  }
  double seconds = now() - begun;
  fputs(exec_profile_text(work->arena, runner_exec(course.step)), work->settings->results);
  fprintf(work->settings->results, "%.2f ms a step of %" PRId64 " rows, %.0f samples/s, %d thread%s\n",
          1e3 * seconds / steps, course.batch, steps * (double)course.batch / seconds, work->settings->threads,
          work->settings->threads == 1 ? "" : "s");
  const char *text = trace ? exec_trace_text(work->arena, runner_exec(course.step)) : NULL;
  course_close(&course);
  return !trace || !*text || file_write_whole(trace, text, strlen(text), fault);
}

bool run_profile(const struct run_settings *settings, struct fault *fault) {
  struct work work = {.settings = settings, .arena = arena_new(), .begun = now()};
  work.progress = progress_new(settings->messages, settings->quiet);
  signals_watch();
  bool ok = open_model(&work, fault) && profile_steps(&work, fault);
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
  bool ok = work_open(&work, settings, true, fault) && load(&work, NULL, fault);
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
