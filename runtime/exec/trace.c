/* The measured steps, event by event, in the JSON form that chrome://tracing and Perfetto open: a track for each
 * thread, on it a bar for each strip of a group, and in that a bar for each call of a member's kernel.  What runs
 * by itself on the whole batch, or is prepared or added up for a group, has a bar on the first thread.
 *
 * Ownership: the profile's; each worker adds to its own list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/prepared.h"

static int workers_of(const struct exec *exec) {
  return exec->pool ? pool_threads(exec->pool) : 1;
}

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
  if (events->n == events->room) {
    events->room = events->room ? 2 * events->room : 1024;
    struct event *more = must_alloc(size_product(events->room, sizeof *more));
    if (events->n) memcpy(more, events->at, events->n * sizeof *more);
    free(events->at);
    events->at = more;
  }
  events->at[events->n++] = (struct event){what, begun, ended};
}

/* ---- the text ---- */

typedef VEC(char) text;

static void add(struct arena *arena, text *out, const char *line) {
  while (*line) vec_push(arena, out, *line++);
}

/* What all events of a step have in common: its name, and as arguments what it is in a whole run. */
static const char *step_text(struct arena *arena, const struct exec *exec, int s) {
  const struct node *node = graph_node(exec->graph, exec->plan->order[s]);
  const struct call *call = &exec->calls[s];
  char shape[SHAPE_TEXT];
  double runs = (double)exec->profile->runs;
  int64_t rows = exec->profile->rows / exec->profile->runs, bytes = exec_bytes(exec, &node->type, rows);
  for (int k = 0; k < call->inputs; k++) bytes += exec_bytes(exec, &call->in[k].type, rows);
  return arena_format(arena,
                      "\"name\": \"%s%s%s\", \"cat\": \"kernel\", \"args\": {\"step\": %d, \"shape\": \"%s\", "
                      "\"GFLOP\": %.9g, \"bytes\": %lld}",
                      op_info[node->op].name, *node->where ? " " : "", node->where, s,
                      shape_text(shape, node->type.shape, node->type.rows), 1e-9 * profile_work(exec, s) / runs,
                      (long long)bytes);
}

static const char *group_text(struct arena *arena, const struct exec *exec, int g) {
  const struct group *group = &exec->plan->group[g];
  return arena_format(arena, "\"name\": \"group %d\", \"cat\": \"strip\", \"args\": {\"from\": %d, \"to\": %d}", g,
                      group->begin, group->end - 1);
}

const char *exec_trace_text(struct arena *arena, const struct exec *exec) {
  const struct profile *profile = exec->profile;
  text out = {0};
  if (!profile || !profile->trace || !profile->runs) return "";
  const char **step = ARENA_ARRAY(arena, const char *, (size_t)exec->plan->steps);
  const char **group = ARENA_ARRAY(arena, const char *, (size_t)exec->plan->groups);
  for (int s = 0; s < exec->plan->steps; s++) step[s] = step_text(arena, exec, s);
  for (int g = 0; g < exec->plan->groups; g++) group[g] = group_text(arena, exec, g);
  add(arena, &out, "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n");
  for (int w = 0; w < workers_of(exec); w++) {
    char line[256];
    snprintf(line, sizeof line,
             "%s{\"ph\": \"M\", \"name\": \"thread_name\", \"pid\": 1, \"tid\": %d, "
             "\"args\": {\"name\": \"thread %d\"}}",
             w ? ",\n" : "", w, w);
    add(arena, &out, line);
    for (size_t i = 0; i < profile->trace[w].n; i++) {
      const struct event *event = &profile->trace[w].at[i];
      snprintf(line, sizeof line, ",\n{\"ph\": \"X\", \"pid\": 1, \"tid\": %d, \"ts\": %.3f, \"dur\": %.3f, ", w,
               1e6 * (event->begun - profile->begun), 1e6 * (event->ended - event->begun));
      add(arena, &out, line);
      add(arena, &out, event->what >= 0 ? step[event->what] : group[-1 - event->what]);
      add(arena, &out, "}");
    }
  }
  add(arena, &out, "\n]}\n");
  vec_push(arena, &out, '\0');
  return out.at;
}
