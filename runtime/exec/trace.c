/* The measured steps, event by event, in the JSON form that chrome://tracing and Perfetto open: a track for each
 * thread, on it a bar for each chunk of a group, and in that a bar for each call of a member's kernel.  What runs
 * by itself on the whole batch, or is prepared or added up for a group, has a bar on the first thread.
 *
 * Ownership: the profile's; each worker adds to its own list. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "exec/prepared.h"

static int workers_of(const struct exec *exec) { return exec->pool ? pool_threads(exec->pool) : 1; }

void exec_trace(struct exec *exec) {
  size_t bytes = size_product((size_t)workers_of(exec), sizeof *exec->profile->trace);
  exec->profile->trace = must_alloc(bytes);
  memset(exec->profile->trace, 0, bytes);
}

void trace_free(struct exec *exec) {
  for (int w = 0; exec->profile->trace && w < workers_of(exec); w++) free(exec->profile->trace[w].at);
  free(exec->profile->trace);
}

void trace_note(struct exec *exec, int worker, int what, double begun, double ended) {
  struct events *events = &exec->profile->trace[worker];
  if (events->n == events->capacity) {
    events->capacity = events->capacity ? 2 * events->capacity : 1024;
    struct event *more = must_alloc(size_product(events->capacity, sizeof *more));
    if (events->n) memcpy(more, events->at, events->n * sizeof *more);
    free(events->at);
    events->at = more;
  }
  events->at[events->n++] = (struct event){what, begun, ended};
}

/* ---- the text ---- */

static json_t *span(const char *name, const char *category, json_t *arguments) {
  return json_pack("{s:s, s:s, s:o}", "name", name, "cat", category, "args", arguments);
}

/* What all events of a step have in common: its name, and as arguments what it is in a whole run. */
static json_t *step_json(struct arena *arena, const struct exec *exec, int s) {
  const struct node *node = graph_node(exec->graph, exec->plan->order[s]);
  const struct call *call = &exec->calls[s];
  char shape[SHAPE_STRING];
  double runs = (double)exec->profile->runs;
  int64_t rows = exec->profile->rows / exec->profile->runs, bytes = exec_bytes(exec, &node->type, rows);
  for (int k = 0; k < call->inputs; k++) bytes += exec_bytes(exec, &call->in[k].type, rows);
  return span(arena_format(arena, "%s%s%s", op_info[node->op].name, *node->where ? " " : "", node->where), "kernel",
              json_pack("{s:i, s:s, s:f, s:I}", "step", s, "shape",
                        shape_string(shape, node->type.shape, node->type.rows), "GFLOP",
                        1e-9 * profile_work(exec, s) / runs, "bytes", (json_int_t)bytes));
}

static json_t *group_json(struct arena *arena, const struct exec *exec, int g) {
  const struct group *group = &exec->plan->group[g];
  return span(arena_format(arena, "group %d", g), "chunk",
              json_pack("{s:i, s:i}", "from", group->begin, "to", group->end - 1));
}

/* One event: what it is of, on which thread, and when, in microseconds. */
static json_t *event_json(const struct exec *exec, json_t *what, int worker, const struct event *event) {
  json_t *json = json_copy(what);
  json_object_update_new(json, json_pack("{s:s, s:i, s:i, s:f, s:f}", "ph", "X", "pid", 1, "tid", worker, "ts",
                                         1e6 * (event->begun - exec->profile->begun), "dur",
                                         1e6 * (event->ended - event->begun)));
  return json;
}

const char *exec_trace_string(struct arena *arena, const struct exec *exec) {
  enum { DIGITS = 12 };
  const struct profile *profile = exec->profile;
  struct string_builder out = {.arena = arena};
  if (!profile || !profile->trace || !profile->runs) return "";
  int steps = exec->plan->steps, groups = exec->plan->groups;
  json_t *events = json_array(), **what = ARENA_ARRAY(arena, json_t *, (size_t)(steps + groups));
  for (int s = 0; s < steps; s++) what[s] = step_json(arena, exec, s);
  for (int g = 0; g < groups; g++) what[steps + g] = group_json(arena, exec, g);
  for (int w = 0; w < workers_of(exec); w++) {
    json_array_append_new(events, json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "ph", "M", "name", "thread_name", "pid", 1,
                                            "tid", w, "args", "name", arena_format(arena, "thread %d", w)));
    for (size_t i = 0; i < profile->trace[w].n; i++) {
      const struct event *event = &profile->trace[w].at[i];
      json_t *of = what[event->what >= 0 ? event->what : steps - 1 - event->what];
      json_array_append_new(events, event_json(exec, of, w, event));
    }
  }
  for (int i = 0; i < steps + groups; i++) json_decref(what[i]);
  json_line(&out, json_pack("{s:s, s:o}", "displayTimeUnit", "ms", "traceEvents", events), DIGITS);
  return string_get(&out);
}
