/* Where the time of a step goes. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "exec/exec.h"
#include "session/session.h"
#include "train/fit.h"
#include "train/signals.h"
#include "train/stage_run.h"

/* Begins to measure the updates of a step; a trace is of the first. */
static void begin_profile(const struct stage_run *stage_run, bool trace) {
  for (size_t i = 0; i < stage_run->stage->updates; i++) exec_profile(feeder_exec(stage_run->update[i].step), true);
  if (trace) exec_trace(feeder_exec(stage_run->update[0].step));
}

static bool profile_steps(struct session *session, struct error *error) {
  enum { WARM = 5, STEPS = 40, TRACED = 8 };
  struct training_state at = {0};
  struct stage_run stage_run;
  const char *trace = session->settings->trace;
  int steps = trace ? TRACED : STEPS;
  const struct program *program = session->settings->program;
  while (at.stage < program->stages.n && program->stages.at[at.stage].in_evaluation) at.stage++;
  if (at.stage == program->stages.n)
    return error_set(error, ERROR_MODEL, "'%s' trains nothing, so there is no step to measure", program->name);
  const struct stage *stage = &program->stages.at[at.stage];
  if (!set_up(session->model, stage, (struct watch){0}, error) ||
      !stage_run_open(&stage_run, session->model, stage, false, error))
    return false;
  double begun = 0;
  for (int step = 0; step < WARM + steps && !signals_stop(NULL); step++) {
    if (step == WARM) begin_profile(&stage_run, trace);
    if (step == WARM) begun = clock_now();
    int64_t rows;
    if (!stage_run_step(&stage_run, &at, &rows, error)) break;
    stage_run_advance(&stage_run, &at);
  }
  double seconds = clock_now() - begun;
  if (error->kind) {
    stage_run_close(&stage_run);
    return false;
  }
  for (size_t i = 0; i < stage->updates; i++)
    fputs(exec_profile_string(session->arena, feeder_exec(stage_run.update[i].step)), session->settings->results);
  fprintf(session->settings->results, "%.2f ms a step of %" PRId64 " rows, %.0f samples/s, %d thread%s\n",
          1e3 * seconds / steps, stage_run.batch, steps * (double)stage_run.batch / seconds, session->settings->threads,
          session->settings->threads == 1 ? "" : "s");
  const char *text = trace ? exec_trace_string(session->arena, feeder_exec(stage_run.update[0].step)) : NULL;
  stage_run_close(&stage_run);
  return !trace || !*text || file_write_whole(trace, text, strlen(text), error);
}

bool run_profile(const struct run_settings *settings, struct error *error) {
  struct session session = {.settings = settings, .arena = arena_new(), .begun = clock_now()};
  session.progress = progress_new(settings->messages, settings->quiet);
  signals_watch();
  bool ok = session_open_model(&session, NULL, error) && profile_steps(&session, error);
  session_close(&session);
  return ok;
}
