/* Where the time of a step goes. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "exec/exec.h"
#include "session/session.h"
#include "train/course.h"
#include "train/fit.h"
#include "train/signals.h"

static bool profile_steps(struct session *session, struct fault *fault) {
  enum { WARM = 5, STEPS = 40, TRACED = 8 };
  struct position at = {0};
  struct course course;
  const char *trace = session->settings->trace;
  int steps = trace ? TRACED : STEPS;
  const struct program *program = session->settings->program;
  while (at.stage < program->stages.n && program->stages.at[at.stage].in_evaluation) at.stage++;
  if (at.stage == program->stages.n)
    return fault_set(fault, FAULT_MODEL, "'%s' trains nothing, so there is no step to measure", program->name);
  const struct stage *stage = &program->stages.at[at.stage];
  if (!set_up(session->model, stage, (struct watch){0}, fault) ||
      !course_open(&course, session->model, stage, false, fault))
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
  fputs(exec_profile_text(session->arena, runner_exec(course.step)), session->settings->results);
  fprintf(session->settings->results, "%.2f ms a step of %" PRId64 " rows, %.0f samples/s, %d thread%s\n",
          1e3 * seconds / steps, course.batch, steps * (double)course.batch / seconds, session->settings->threads,
          session->settings->threads == 1 ? "" : "s");
  const char *text = trace ? exec_trace_text(session->arena, runner_exec(course.step)) : NULL;
  course_close(&course);
  return !trace || !*text || file_write_whole(trace, text, strlen(text), fault);
}

bool run_profile(const struct run_settings *settings, struct fault *fault) {
  struct session session = {.settings = settings, .arena = arena_new(), .begun = clock_now()};
  session.progress = progress_new(settings->messages, settings->quiet);
  signals_watch();
  bool ok = session_open_model(&session, all_columns, fault) && profile_steps(&session, fault);
  session_close(&session);
  return ok;
}
