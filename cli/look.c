/* Actions that look into a model and train nothing. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/driver.h"
#include "exec/exec.h"
#include "report/terminal.h"
#include "train/gradcheck.h"
#include "train/memory.h"

bool act_summary(struct driver *driver, struct error *error) {
  return open_model(driver, false, error) &&
         print_wrapped(stdout, driver->compiled->summary, terminal_width(stdout), 4);
}

/* The stage that --stage names (the front end has seen that it is there), or the first. */
static const struct stage *stage_to_show(const struct driver *driver, struct error *error) {
  const struct program *program = driver->compiled->program;
  const char *only = driver->options.stage;
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *stage = &program->stages.at[i];
    if (!stage->in_evaluation && (!only || strcmp(stage->name, only) == 0)) return stage;
  }
  error_set(error, ERROR_MODEL, "'%s' trains nothing, so there is no step to look at", driver->options.model);
  return NULL;
}

bool act_graph(struct driver *driver, struct error *error) {
  const struct stage *stage = open_model(driver, false, error) ? stage_to_show(driver, error) : NULL;
  if (!stage) return false;
  const char *dot = "", *file = driver->options.argument;
  for (size_t i = 0; i < stage->updates; i++)
    dot = arena_format(driver->arena, "%s%s", dot, graph_dot(driver->arena, stage->update[i].step));
  if (file) return file_write_whole(file, dot, strlen(dot), error);
  fputs(dot, stdout);
  return true;
}

bool act_plan(struct driver *driver, struct error *error) {
  const struct stage *stage = open_model(driver, false, error) ? stage_to_show(driver, error) : NULL;
  if (!stage) return false;
  struct plan_settings settings = {.rows = stage->batch, .threads = 1};
  const struct kernel_traits *traits = &backend_fast()->traits;
  for (size_t i = 0; i < stage->updates; i++) {
    const struct update *update = &stage->update[i];
    const struct graph *graph[] = {update->step, update->inspect}; /* training runs both in one slab */
    const struct plan *plan[2];
    size_t n = update->inspect ? 2 : 1;
    if (!plans_within(driver->arena, graph, n, &settings, traits, driver->options.memory, plan, error)) return false;
    if (stage->updates > 1)
      printf("%s%s, %lld time%s a round:\n", i ? "\n" : "", update->name ? update->name : "writes",
             (long long)update->times, update->times == 1 ? "" : "s");
    fputs(plan_string(driver->arena, plan[0]), stdout);
    if (n == 2) printf("gradient norms, in the same slab: %lld bytes\n", (long long)plan[1]->peak);
  }
  return !ferror(stdout);
}

bool act_gradcheck(struct driver *driver, struct error *error) {
  if (!open_model(driver, false, error)) return false;
  if (!driver->compiled->program->checks.n)
    return error_set(error, ERROR_MODEL, "'%s' has no loss to take gradients of", driver->options.model);
  return gradcheck(driver->compiled->program, driver->options.seed, stdout, error);
}
