#include "train/training_state.h"

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
  int64_t rows = model_rows(model, (struct row_set){stage->table, stage->split});
  return rows ? rows : stage->batch;
}

int64_t stage_steps(const struct model *model, const struct stage *stage) {
  return batch_steps(stage_rows(model, stage), stage->batch, stage->drop_last);
}

void stage_clock(const struct model *model, const struct stage *stage, const struct training_state *at,
                 double clock[CLOCKS]) {
  int64_t steps = stage_steps(model, stage);
  clock[CLOCK_EPOCH] = (double)at->epoch + (steps ? (double)at->step / (double)steps : 0);
  clock[CLOCK_UPDATES] = (double)(at->epoch * steps + at->step);
  clock[CLOCK_EPOCHS] = (double)stage->epochs;
  clock[CLOCK_STEPS] = (double)(stage->epochs * steps);
}

void training_state_clock(struct model *model, const struct training_state *training_state) {
  model->stage = training_state->stage;
  model->updates = training_state->updates;
  int64_t steps = stage_steps(model, &model->program->stages.at[training_state->stage]);
  model->epochs = (double)training_state->epoch + (steps ? (double)training_state->step / (double)steps : 0);
  stage_clock(model, &model->program->stages.at[training_state->stage], training_state, model->clock);
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

/* The tables, and how many rows to train on each has. */
static void note_data(struct notes *notes, const struct model *model) {
  const char *names = program_data(model->program), *rows = "";
  for (size_t i = 0; i < model->program->tables.n; i++) {
    if (!model->table[i]) continue;
    int64_t n = model_rows(model, (struct row_set){(int)i, SPLIT_TRAIN});
    rows = arena_format(notes->arena, "%s%s%" PRId64, rows, *rows ? ", " : "", n);
  }
  note(notes, "data", names ? names : "");
  note(notes, "rows", *rows ? rows : "0");
}

static void note_all(struct notes *notes, const struct model *model, const struct training_state *training_state) {
  note(notes, "model", model->program->name);
  note(notes, "seed", arena_format(notes->arena, "%" PRIu64, model->seed));
  note_data(notes, model);
  note_number(notes, "epoch", training_state->epoch);
  note_number(notes, "epoch_step", training_state->step);
  if (training_state->stage >= model->program->stages.n) return;
  const struct stage *stage = &model->program->stages.at[training_state->stage];
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
static bool save(const char *directory, const struct model *model, const struct training_state *training_state,
                 bool best, struct error *error) {
  const struct array *wrong = model_not_finite(model);
  if (wrong)
    return error_set(error, ERROR_NUMBER,
                     "'%s' is no longer finite after %" PRId64 " updates; no checkpoint was written", wrong->name,
                     training_state->updates);
  struct notes notes = {.arena = arena_new()};
  struct array *kept;
  note_all(&notes, model, training_state);
  size_t n = list_kept(model, notes.arena, &kept);
  const char *stage = best ? model->program->stages.at[training_state->stage].name : NULL;
  bool ok = stage
                ? checkpoint_write_best(directory, stage, training_state->updates, kept, n, notes.pair, notes.n, error)
                : checkpoint_write(directory, training_state->updates, kept, n, notes.pair, notes.n, error);
  arena_free(notes.arena);
  return ok;
}

bool training_state_save(const char *directory, const struct model *model, const struct training_state *training_state,
                         struct error *error) {
  return save(directory, model, training_state, false, error);
}

bool training_state_save_best(const char *directory, const struct model *model,
                              const struct training_state *training_state, struct error *error) {
  return save(directory, model, training_state, true, error);
}

bool training_state_load_best(const char *directory, struct model *model, size_t stage, struct error *error) {
  struct checkpoint *checkpoint = checkpoint_read_best(directory, model->program->stages.at[stage].name, error);
  size_t n = model_kept(model, false, NULL);
  struct array *kept = must_alloc(size_product(n + 1, sizeof *kept));
  model_kept(model, false, kept);
  bool ok = checkpoint && checkpoint_restore(checkpoint, kept, n, error);
  free(kept);
  checkpoint_free(checkpoint);
  return ok;
}

bool training_state_can_save(const struct model *model, struct error *error) {
  struct arena *arena = arena_new();
  struct array *kept;
  size_t n = list_kept(model, arena, &kept);
  bool ok = checkpoint_fits(kept, n, error);
  arena_free(arena);
  return ok || error_hint(error, "no checkpoint of this model could be written: give its parts names of their own");
}

const char *training_state_stage(struct arena *arena, const char *directory) {
  struct checkpoint *checkpoint = NULL;
  struct error ignored = {0};
  char notice[NOTICE_STRING];
  checkpoint_latest(directory, &checkpoint, notice, &ignored);
  const char *stage = checkpoint ? checkpoint_value(checkpoint, "stage") : NULL;
  stage = stage ? arena_copy_string(arena, stage, strlen(stage)) : NULL;
  checkpoint_free(checkpoint);
  return stage;
}

static int64_t number(const struct checkpoint *checkpoint, const char *key) {
  const char *value = checkpoint_value(checkpoint, key);
  return value ? strtoll(value, NULL, 10) : -1;
}

static bool differs(const struct checkpoint *checkpoint, const char *key, const char *now, const char *remedy,
                    struct error *error) {
  const char *then = checkpoint_value(checkpoint, key);
  if (then && strcmp(then, now) == 0) return false;
  if (strcmp(key, "graphs") == 0)
    error_set(error, ERROR_USAGE, "the model is not the one whose training '%s' holds", checkpoint->path);
  else
    error_set(error, ERROR_USAGE, "'%s' was trained with %s %s, not %s", checkpoint->path, key,
              then && then[0] ? then : "unknown", now[0] ? now : "none");
  error_hint(error, "%s", remedy);
  return true;
}

/* Where the checkpoint was written; false where the model has no stage of that name. */
static bool find_training_state(const struct checkpoint *checkpoint, const struct program *program,
                                struct training_state *training_state) {
  const char *stage = checkpoint_value(checkpoint, "stage");
  *training_state = (struct training_state){.updates = checkpoint->step};
  while (stage && training_state->stage < program->stages.n &&
         (program->stages.at[training_state->stage].in_evaluation ||
          strcmp(program->stages.at[training_state->stage].name, stage) != 0))
    training_state->stage++;
  if (!stage || training_state->stage == program->stages.n) return false;
  training_state->epoch = number(checkpoint, "epoch");
  training_state->step = number(checkpoint, "epoch_step");
  return true;
}

/* Fills in the training state, and refuses to go on where the rest of the run would not be what it would have been. */
static bool go_on(const struct checkpoint *checkpoint, const struct model *model, const uint64_t *seed,
                  struct training_state *training_state, struct error *error) {
  struct notes now = {.arena = arena_new()};
  bool begun = find_training_state(checkpoint, model->program, training_state);
  if (!begun) training_state->stage = 0; /* only other stages were trained: this one begins with what they left */
  note_all(&now, model, training_state);
  bool same = training_state->epoch >= 0 && training_state->step >= 0;
  if (!same) error_set(error, ERROR_DATA, "'%s' does not say how far training was", checkpoint->path);
  if (seed)
    same = same && !differs(checkpoint, "seed", arena_format(now.arena, "%" PRIu64, *seed), "leave out --seed", error);
  for (size_t i = 0; same && i < now.n; i++) {
    const char *key = now.pair[i].key;
    if (strcmp(key, "data") == 0 || strcmp(key, "rows") == 0)
      same = !differs(checkpoint, key, now.pair[i].value, "pass the same data with --data DIR", error);
    else if (begun && strcmp(key, "batch") == 0)
      same = !differs(checkpoint, key, now.pair[i].value, "pass the same --batch as before", error);
    else if (begun && strcmp(key, "graphs") == 0)
      same = !differs(checkpoint, key, now.pair[i].value,
                      "restore the model file ('model.crl' in the run directory) and the same --set and --variant, "
                      "or train anew in another --out DIR",
                      error);
  }
  arena_free(now.arena);
  return same;
}

/* The stage that gives a row variable its first values. */
static size_t stage_of_rows(const struct model *model, const struct array *rows) {
  for (int split = 0; split < DATA_SPLITS; split++)
    for (size_t i = 0; i < model->program->columns.n; i++)
      if (model->column[split][i].data == rows->data) return (size_t)model->program->columns.at[i].made_by[split] - 1;
  return 0;
}

static size_t stage_of(const struct model *model, const struct array *variable) {
  size_t number = 0;
  while (number < model->program->variables.n && model->variable[number].data != variable->data) number++;
  if (number == model->program->variables.n) return stage_of_rows(model, variable);
  return (size_t)model->program->variables.at[number].stage;
}

/* What an older version has not written stays as it begins. */
static void restore_states(const struct checkpoint *checkpoint, struct model *model) {
  struct error ignored = {0};
  size_t n = model_states(model, NULL);
  struct array *state = must_alloc(size_product(n + 1, sizeof *state));
  model_states(model, state);
  for (size_t i = 0; i < n; i++)
    if (checkpoint_holds(checkpoint, &state[i])) checkpoint_restore(checkpoint, &state[i], 1, &ignored);
  free(state);
}

/* Restores the variables.  Those of stages that have not begun may be others than in the checkpoint, where such a stage
 * was added or changed since: they get initial values. */
static bool restore(const struct checkpoint *checkpoint, struct model *model,
                    const struct training_state *training_state, struct error *error) {
  const struct program *program = model->program;
  size_t n = model_kept(model, false, NULL), held = 0;
  struct array *kept = must_alloc(size_product(n + 1, sizeof *kept));
  bool *fresh = memset(must_alloc(program->stages.n + 1), 0, program->stages.n + 1);
  model_kept(model, false, kept);
  for (size_t i = 0; i < n; i++) {
    size_t stage = training_state ? stage_of(model, &kept[i]) : 0;
    bool later = training_state && stage > training_state->stage && !checkpoint_holds(checkpoint, &kept[i]);
    if (later) fresh[stage] = true;
    else kept[held++] = kept[i];
  }
  bool ok = checkpoint_restore(checkpoint, kept, held, error);
  if (ok) restore_states(checkpoint, model);
  for (size_t i = 0; ok && i < program->stages.n; i++)
    ok = !fresh[i] || set_up(model, &program->stages.at[i], (struct watch){0}, error);
  free(fresh);
  free(kept);
  return ok;
}

bool hint_train(const char *model, const char *directory, struct error *error) {
  struct arena *arena = arena_new();
  error_hint(error, "train first: 'crlc %s --train --out %s'", model ? shell_word(arena, model) : "MODEL.crl",
             shell_word(arena, directory));
  arena_free(arena);
  return false;
}

bool training_state_load(const char *directory, struct model *model, struct training_state *training_state,
                         const uint64_t *seed, char *notice, struct error *error) {
  struct checkpoint *checkpoint;
  if (!checkpoint_latest(directory, &checkpoint, notice, error)) return false;
  if (!checkpoint) {
    error_set(error, ERROR_DATA, "there is no checkpoint in '%s'", directory);
    return hint_train(NULL, directory, error);
  }
  const char *then = checkpoint_value(checkpoint, "seed");
  if (then) model->seed = strtoull(then, NULL, 10);
  bool ok = (!training_state || go_on(checkpoint, model, seed, training_state, error)) &&
            restore(checkpoint, model, training_state, error);
  struct training_state reached;
  if (ok && find_training_state(checkpoint, model->program, &reached) && reached.epoch >= 0 && reached.step >= 0)
    training_state_clock(model, &reached);
  checkpoint_free(checkpoint);
  return ok;
}
