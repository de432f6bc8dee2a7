#include "train/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct snapshots {
  const struct array **variable; /* those that the step writes */
  size_t variables;
  char *copy;
  struct training_state at; /* of the copy */
  int64_t next;             /* updates before the next look; 0: there is no copy yet */
};

static size_t bytes_of(const struct array *variable) {
  return (size_t)(variable->rows ? variable->rows : 1) * (size_t)shape_count(variable->shape) *
         dtype_size(variable->type);
}

/* written[v] for every variable that the graph writes. */
static void mark_written(const struct graph *graph, bool *written) {
  for (size_t i = 0; graph && i < graph->roots.n; i++)
    if (graph->roots.at[i].kind == ROOT_WRITE) written[graph->roots.at[i].target] = true;
}

struct snapshots *snapshots_new(const struct model *model, const struct stage *stage, struct error *error) {
  struct snapshots *snapshots = must_alloc(sizeof *snapshots);
  size_t size = 0, all = model->program->variables.n;
  bool *written = memset(must_alloc(all + 1), 0, all + 1);
  for (size_t k = 0; k < stage->updates; k++) {
    mark_written(stage->update[k].step, written);
    mark_written(stage->update[k].after, written);
  }
  *snapshots = (struct snapshots){.variable = must_alloc(size_product(all + DATA_SPLITS * model->program->columns.n + 1,
                                                                      sizeof *snapshots->variable))};
  for (size_t v = 0; v < all; v++) {
    if (!written[v]) continue;
    snapshots->variable[snapshots->variables++] = &model->variable[v];
    size += bytes_of(&model->variable[v]);
  }
  free(written);
  const struct array *rows = NULL;
  while ((rows = model_next_rows(model, rows))) {
    snapshots->variable[snapshots->variables++] = rows;
    size += bytes_of(rows);
  }
  snapshots->copy = block_alloc(size);
  if (snapshots->copy) return snapshots;
  error_set(error, ERROR_DATA, "there is no memory for a copy of the variables (%zu bytes)", size);
  snapshots_free(snapshots);
  return NULL;
}

void snapshots_free(struct snapshots *snapshots) {
  if (!snapshots) return;
  free(snapshots->variable);
  free(snapshots->copy);
  free(snapshots);
}

static void copy_all(struct snapshots *snapshots, bool back) {
  char *at = snapshots->copy;
  for (size_t i = 0; i < snapshots->variables; i++) {
    const struct array *variable = snapshots->variable[i];
    size_t bytes = bytes_of(variable);
    if (back) memcpy(variable->data, at, bytes);
    else memcpy(at, variable->data, bytes);
    at += bytes;
  }
}

static bool all_finite(const struct snapshots *snapshots) {
  for (size_t i = 0; i < snapshots->variables; i++) {
    const struct array *variable = snapshots->variable[i];
    if (variable->type == F32 && count_not_finite(variable->data, shape_count(variable->shape))) return false;
  }
  return true;
}

void snapshots_step(struct snapshots *snapshots, const struct training_state *at) {
  bool first = snapshots->next == 0;
  if (at->updates < snapshots->next) return;
  snapshots->next = at->updates + SNAPSHOT_STEPS;
  if (!first && !all_finite(snapshots)) return;
  copy_all(snapshots, false);
  snapshots->at = *at;
}

void snapshots_explain(struct snapshots *snapshots, struct stage_run *stage_run, const struct training_state *bad,
                       const char *term, struct error *error) {
  struct error found = {0};
  struct training_state at = snapshots->at;
  copy_all(snapshots, true);
  while (at.updates <= bad->updates && stage_run_step_checked(stage_run, &at, &found))
    stage_run_advance(stage_run, &at);
  error_set(error, ERROR_NUMBER, "the loss term '%s' is no longer finite in epoch %" PRId64 ", step %" PRId64 "%s%s",
            term, bad->epoch + 1, bad->step + 1, found.message[0] ? ": " : "", found.message);
  if (at.updates < bad->updates)
    error_hint(error, "it began in epoch %" PRId64 ", step %" PRId64 ": %s", at.epoch + 1, at.step + 1, found.hint);
  else if (found.hint[0]) error_hint(error, "%s", found.hint);
}
