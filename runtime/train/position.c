#include "train/position.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shell.h"
#include "data/batch.h"
#include "graph/digest.h"
#include "store/checkpoint.h"
#include "train/fit.h"

enum { METADATA = 12 };

int64_t stage_rows(const struct model *model, const struct stage *stage) {
  int64_t rows = model_rows(model, SPLIT_TRAIN);
  return rows ? rows : stage->batch;
}

int64_t stage_steps(const struct model *model, const struct stage *stage) {
  return batch_steps(stage_rows(model, stage), stage->batch, stage->drop_last);
}

void stage_clock(const struct model *model, const struct stage *stage, const struct position *at, double clock[CLOCKS]) {
  int64_t steps = stage_steps(model, stage);
  clock[CLOCK_EPOCH] = (double)at->epoch + (steps ? (double)at->step / (double)steps : 0);
  clock[CLOCK_UPDATES] = (double)(at->epoch * steps + at->step);
  clock[CLOCK_EPOCHS] = (double)stage->epochs;
  clock[CLOCK_STEPS] = (double)(stage->epochs * steps);
}

void position_clock(struct model *model, const struct position *position) {
  model->stage = position->stage;
  model->updates = position->updates;
  int64_t steps = stage_steps(model, &model->program->stages.at[position->stage]);
  model->epochs = (double)position->epoch + (steps ? (double)position->step / (double)steps : 0);
  stage_clock(model, &model->program->stages.at[position->stage], position, model->clock);
}

struct notes { /* the metadata of one checkpoint */
  struct arena *arena;
  size_t n;
  struct pair pair[METADATA];
};

static void note(struct notes *notes, const char *key, const char *value) {
  notes->pair[notes->n++] = (struct pair){key, value};
}

static void note_number(struct notes *notes, const char *key, int64_t value) {
  note(notes, key, arena_format(notes->arena, "%" PRId64, value));
}

static const char *data_name(const struct model *model) { return model->table ? model->table->set->name : ""; }

static void note_all(struct notes *notes, const struct model *model, const struct position *position) {
  note(notes, "model", model->program->name);
  note(notes, "seed", arena_format(notes->arena, "%" PRIu64, model->seed));
  note(notes, "data", data_name(model));
  note_number(notes, "rows", model_rows(model, SPLIT_TRAIN));
  note_number(notes, "epoch", position->epoch);
  note_number(notes, "epoch_step", position->step);
  if (position->stage >= model->program->stages.n) return;
  const struct stage *stage = &model->program->stages.at[position->stage];
  note(notes, "stage", stage->name);
  note_number(notes, "batch", stage->batch);
  note(notes, "graphs", digest_stage(notes->arena, model->program, stage));
}

/* The variables and the states of all stages: what a checkpoint holds. */
static size_t list_kept(const struct model *model, struct arena *arena, struct array **kept) {
  size_t n = model_kept(model, false, NULL);
  *kept = ARENA_ARRAY(arena, struct array, n + model_states(model, NULL) + 1);
  model_kept(model, false, *kept);
  return n + model_states(model, *kept + n);
}

/* best: into the file of the weights that are kept of a stage. */
static bool save(const char *directory, const struct model *model, const struct position *position, bool best,
                 struct fault *fault) {
  const struct array *wrong = model_not_finite(model);
  if (wrong)
    return fault_set(fault, FAULT_NUMBER,
                     "'%s' is no longer finite after %" PRId64 " updates; no checkpoint was written", wrong->name,
                     position->updates);
  struct notes notes = {.arena = arena_new()};
  struct array *kept;
  note_all(&notes, model, position);
  size_t n = list_kept(model, notes.arena, &kept);
  const char *stage = best ? model->program->stages.at[position->stage].name : NULL;
  bool ok = stage ? checkpoint_write_best(directory, stage, position->updates, kept, n, notes.pair, notes.n, fault)
                  : checkpoint_write(directory, position->updates, kept, n, notes.pair, notes.n, fault);
  arena_free(notes.arena);
  return ok;
}

bool position_save(const char *directory, const struct model *model, const struct position *position,
                   struct fault *fault) {
  return save(directory, model, position, false, fault);
}

bool position_save_best(const char *directory, const struct model *model, const struct position *position,
                        struct fault *fault) {
  return save(directory, model, position, true, fault);
}

bool position_load_best(const char *directory, struct model *model, size_t stage, struct fault *fault) {
  struct checkpoint *checkpoint = checkpoint_read_best(directory, model->program->stages.at[stage].name, fault);
  size_t n = model_kept(model, false, NULL);
  struct array *kept = must_alloc(size_product(n + 1, sizeof *kept));
  model_kept(model, false, kept);
  bool ok = checkpoint && checkpoint_restore(checkpoint, kept, n, fault);
  free(kept);
  checkpoint_free(checkpoint);
  return ok;
}

bool position_can_save(const struct model *model, struct fault *fault) {
  struct arena *arena = arena_new();
  struct array *kept;
  size_t n = list_kept(model, arena, &kept);
  bool ok = checkpoint_fits(kept, n, fault);
  arena_free(arena);
  return ok || fault_hint(fault, "no checkpoint of this model could be written: give its parts names of their own");
}

const char *position_stage(struct arena *arena, const char *directory) {
  struct checkpoint *checkpoint = NULL;
  struct fault ignored = {0};
  char notice[NOTICE_TEXT];
  checkpoint_latest(directory, &checkpoint, notice, &ignored);
  const char *stage = checkpoint ? checkpoint_value(checkpoint, "stage") : NULL;
  stage = stage ? arena_copy_text(arena, stage, strlen(stage)) : NULL;
  checkpoint_free(checkpoint);
  return stage;
}

static int64_t number(const struct checkpoint *checkpoint, const char *key) {
  const char *value = checkpoint_value(checkpoint, key);
  return value ? strtoll(value, NULL, 10) : -1;
}

static bool differs(const struct checkpoint *checkpoint, const char *key, const char *now, const char *remedy,
                    struct fault *fault) {
  const char *then = checkpoint_value(checkpoint, key);
  if (then && strcmp(then, now) == 0) return false;
  if (strcmp(key, "graphs") == 0)
    fault_set(fault, FAULT_USAGE, "the model is not the one whose training '%s' holds", checkpoint->path);
  else
    fault_set(fault, FAULT_USAGE, "'%s' was trained with %s %s, not %s", checkpoint->path, key,
              then && then[0] ? then : "unknown", now[0] ? now : "none");
  fault_hint(fault, "%s", remedy);
  return true;
}

/* Where the checkpoint was written; false where the model has no stage of that name. */
static bool find_position(const struct checkpoint *checkpoint, const struct program *program,
                          struct position *position) {
  const char *stage = checkpoint_value(checkpoint, "stage");
  *position = (struct position){.updates = checkpoint->step};
  while (stage && position->stage < program->stages.n &&
         (program->stages.at[position->stage].in_evaluation ||
          strcmp(program->stages.at[position->stage].name, stage) != 0))
    position->stage++;
  if (!stage || position->stage == program->stages.n) return false;
  position->epoch = number(checkpoint, "epoch");
  position->step = number(checkpoint, "epoch_step");
  return true;
}

/* Fills in the position, and refuses to go on where the rest of the run would not be what it would have been. */
static bool go_on(const struct checkpoint *checkpoint, const struct model *model, const uint64_t *seed,
                  struct position *position, struct fault *fault) {
  struct notes now = {.arena = arena_new()};
  bool begun = find_position(checkpoint, model->program, position);
  if (!begun) position->stage = 0; /* only other stages were trained: this one begins with what they left */
  note_all(&now, model, position);
  bool same = position->epoch >= 0 && position->step >= 0;
  if (!same) fault_set(fault, FAULT_DATA, "'%s' does not say how far training was", checkpoint->path);
  if (seed)
    same = same &&
           !differs(checkpoint, "seed", arena_format(now.arena, "%" PRIu64, *seed), "leave out --seed", fault);
  for (size_t i = 0; same && i < now.n; i++) {
    const char *key = now.pair[i].key;
    if (strcmp(key, "data") == 0 || strcmp(key, "rows") == 0)
      same = !differs(checkpoint, key, now.pair[i].value, "pass the same data with --data DIR", fault);
    else if (begun && strcmp(key, "batch") == 0)
      same = !differs(checkpoint, key, now.pair[i].value, "pass the same --batch as before", fault);
    else if (begun && strcmp(key, "graphs") == 0)
      same = !differs(checkpoint, key, now.pair[i].value,
                      "restore the model file ('model.crl' in the run directory) and the same --set and --variant, "
                      "or train anew in another --out DIR",
                      fault);
  }
  arena_free(now.arena);
  return same;
}

static size_t stage_of(const struct model *model, const struct array *variable) {
  size_t number = 0;
  while (model->variable[number].data != variable->data) number++;
  return (size_t)model->program->variables.at[number].stage;
}

/* What an older version has not written stays as it begins. */
static void restore_states(const struct checkpoint *checkpoint, struct model *model) {
  struct fault ignored = {0};
  size_t n = model_states(model, NULL);
  struct array *state = must_alloc(size_product(n + 1, sizeof *state));
  model_states(model, state);
  for (size_t i = 0; i < n; i++)
    if (checkpoint_holds(checkpoint, &state[i])) checkpoint_restore(checkpoint, &state[i], 1, &ignored);
  free(state);
}

/* Restores the variables.  Those of stages that have not begun may be others than in the checkpoint, where such a stage
 * was added or changed since: they get first values. */
static bool restore(const struct checkpoint *checkpoint, struct model *model, const struct position *position,
                    struct fault *fault) {
  const struct program *program = model->program;
  size_t n = model_kept(model, false, NULL), held = 0;
  struct array *kept = must_alloc(size_product(n + 1, sizeof *kept));
  bool *fresh = memset(must_alloc(program->stages.n + 1), 0, program->stages.n + 1);
  model_kept(model, false, kept);
  for (size_t i = 0; i < n; i++) {
    size_t stage = position ? stage_of(model, &kept[i]) : 0;
    bool later = position && stage > position->stage && !checkpoint_holds(checkpoint, &kept[i]);
    if (later) fresh[stage] = true;
    else kept[held++] = kept[i];
  }
  bool ok = checkpoint_restore(checkpoint, kept, held, fault);
  if (ok) restore_states(checkpoint, model);
  for (size_t i = 0; ok && i < program->stages.n; i++)
    ok = !fresh[i] || set_up(model, &program->stages.at[i], (struct watch){0}, fault);
  free(fresh);
  free(kept);
  return ok;
}

bool hint_train(const char *model, const char *directory, struct fault *fault) {
  struct arena *arena = arena_new();
  fault_hint(fault, "train first: 'crlc %s --train --out %s'", model ? shell_word(arena, model) : "MODEL.crl",
             shell_word(arena, directory));
  arena_free(arena);
  return false;
}

bool position_load(const char *directory, struct model *model, struct position *position, const uint64_t *seed,
                   char *notice, struct fault *fault) {
  struct checkpoint *checkpoint;
  if (!checkpoint_latest(directory, &checkpoint, notice, fault)) return false;
  if (!checkpoint) {
    fault_set(fault, FAULT_DATA, "there is no checkpoint in '%s'", directory);
    return hint_train(NULL, directory, fault);
  }
  const char *then = checkpoint_value(checkpoint, "seed");
  if (then) model->seed = strtoull(then, NULL, 10);
  bool ok = (!position || go_on(checkpoint, model, seed, position, fault)) &&
            restore(checkpoint, model, position, fault);
  struct position reached;
  if (ok && find_position(checkpoint, model->program, &reached) && reached.epoch >= 0 && reached.step >= 0)
    position_clock(model, &reached);
  checkpoint_free(checkpoint);
  return ok;
}
