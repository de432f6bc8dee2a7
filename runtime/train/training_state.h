/* How far a run is, and keeping it: a checkpoint holds every variable and what a run needs to go on bit for bit.
 *
 * Which rows a step sees and what it draws follow from the seed and from here, so nothing else has a state.
 * Ownership: nothing is kept. */
#ifndef TRAIN_TRAINING_STATE_H
#define TRAIN_TRAINING_STATE_H
#include "train/model.h"

struct training_state {
  size_t stage;        /* number in the program */
  int64_t epoch, step; /* done: whole epochs of the stage, and steps of the epoch begun */
  int64_t updates;     /* done in all stages */
};

/* Steps in an epoch of a stage, and how many rows one has: those of the training data, or a batch without data. */
int64_t stage_rows(const struct model *model, const struct stage *stage);
int64_t stage_steps(const struct model *model, const struct stage *stage);

/* The clocks of a stage at a position, with the updates done before it. */
void stage_clock(const struct model *model, const struct stage *stage, const struct training_state *at,
                 double clock[CLOCKS]);
/* Lets the model's clocks stand where the training state is. */
void training_state_clock(struct model *model, const struct training_state *training_state);

/* A variable that is not finite is an ERROR_NUMBER, and nothing is written. */
bool training_state_save(const char *directory, const struct model *model, const struct training_state *training_state,
                         struct error *error);

/* The same, into the file that holds the best weights of the training state's stage; and back, the variables alone. */
bool training_state_save_best(const char *directory, const struct model *model,
                              const struct training_state *training_state, struct error *error);
bool training_state_load_best(const char *directory, struct model *model, size_t stage, struct error *error);

/* Whether training_state_save can ever write this model. */
bool training_state_can_save(const struct model *model, struct error *error);

/* The stage that the newest good checkpoint was written in, or NULL. */
const char *training_state_stage(struct arena *arena, const char *directory);

/* Loads the newest good checkpoint's variables and seed into the model.  training_state may be NULL; where it is asked
 * for, training is to go on there, and an error says what differs from the run that wrote the checkpoint: its
 * stage's graphs, its batch, its data.  notice is as checkpoint_latest gives it. */
bool training_state_load(const char *directory, struct model *model, struct training_state *training_state,
                         const uint64_t *seed, char *notice, struct error *error);

/* The way to a checkpoint, as the hint.  model: the file that is given for the run, or NULL.  Returns false. */
bool hint_train(const char *model, const char *directory, struct error *error);

#endif
