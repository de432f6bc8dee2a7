#include "train/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct snapshots {
  const struct model *model;
  size_t size; /* bytes of all variables */
  char *copy[2];
  struct position at[2];
  int taken; /* 0, 1 or 2 */
  int newest;
};

static size_t bytes_of(const struct array *variable) {
  return (size_t)shape_count(variable->shape) * dtype_size(variable->type);
}

struct snapshots *snapshots_new(const struct model *model, struct fault *fault) {
  struct snapshots *snapshots = must_alloc(sizeof *snapshots);
  *snapshots = (struct snapshots){.model = model};
  for (size_t i = 0; i < model->program->variables.n; i++) snapshots->size += bytes_of(&model->variable[i]);
  for (int i = 0; i < 2; i++) snapshots->copy[i] = block_alloc(snapshots->size + 1);
  if (snapshots->copy[0] && snapshots->copy[1]) return snapshots;
  fault_set(fault, FAULT_DATA, "there is no memory for copies of the variables (2 x %zu bytes)", snapshots->size);
  snapshots_free(snapshots);
  return NULL;
}

void snapshots_free(struct snapshots *snapshots) {
  if (!snapshots) return;
  for (int i = 0; i < 2; i++) free(snapshots->copy[i]);
  free(snapshots);
}

static void copy_all(struct snapshots *snapshots, int which, bool back) {
  char *at = snapshots->copy[which];
  for (size_t i = 0; i < snapshots->model->program->variables.n; i++) {
    const struct array *variable = &snapshots->model->variable[i];
    size_t bytes = bytes_of(variable);
    if (back)
      memcpy(variable->data, at, bytes);
    else
      memcpy(at, variable->data, bytes);
    at += bytes;
  }
}

void snapshots_step(struct snapshots *snapshots, const struct position *at) {
  if (snapshots->taken && at->updates - snapshots->at[snapshots->newest].updates < SNAPSHOT_STEPS) return;
  snapshots->newest = snapshots->taken ? !snapshots->newest : 0;
  copy_all(snapshots, snapshots->newest, false);
  snapshots->at[snapshots->newest] = *at;
  if (snapshots->taken < 2) snapshots->taken++;
}

void snapshots_explain(struct snapshots *snapshots, struct course *course, const struct position *bad,
                       const char *term, struct fault *fault) {
  int oldest = snapshots->taken == 2 ? !snapshots->newest : snapshots->newest;
  struct fault found = {0};
  struct position at = snapshots->at[oldest];
  copy_all(snapshots, oldest, true);
  while (at.updates <= bad->updates && course_step_checked(course, &at, &found)) course_advance(course, &at);
  fault_set(fault, FAULT_NUMBER,
            "the loss term '%s' is no longer finite in epoch %" PRId64 ", step %" PRId64 "%s%s", term,
            bad->epoch + 1, bad->step + 1, found.text[0] ? ": " : "", found.text);
  if (at.updates < bad->updates)
    fault_hint(fault, "it began in epoch %" PRId64 ", step %" PRId64 ": %s", at.epoch + 1, at.step + 1, found.hint);
  else if (found.hint[0])
    fault_hint(fault, "%s", found.hint);
}
