/* run.json: what a run is.  It is there from before the first step, and holds all that made the run: the model and
 * the files that it uses as they lie in the directory, with their digests; every option, stage and seed; the data set
 * with the digest of every file; the program and the machine; and each session, from a start to a stop.
 *
 * Ownership: who reads or makes one calls manifest_free; texts live as long as it. */
#ifndef SESSION_MANIFEST_H
#define SESSION_MANIFEST_H
#include <jansson.h>

#include "session/run.h"
#include "train/model.h"

struct manifest {
  json_t *json;
  const char *model, *variant, *data, *folder, *version, *begun, *note; /* of it; NULL where there is none */
  uint64_t seed;
  bool winograd; /* of convolutions; a run that does not say it was made without */
};

/* What it says of the training that is done. */
struct trained {
  int64_t steps;
  int threads;
  double seconds;
  const char *begun, *ended;
};

/* Whether the directory is one that crlc made. */
bool manifest_is_there(const char *directory);

/* NULL with an error, also where a file of the run is no longer what was run. */
struct manifest *manifest_read(const char *directory, struct error *error);

/* Whether the texts in a run's directory, as far as they are there, are still those that were run and may make
 * place. */
bool manifest_may_replace(const char *directory, struct error *error);
void manifest_free(struct manifest *manifest);

/* A session begins: of a new run, or of the one that `before` describes.  Writes the model, used files and run.json. */
struct manifest *manifest_begin(const char *directory, const struct manifest *before,
                                const struct run_settings *settings, const struct model *model, struct error *error);

/* It ends, after so many updates of the whole run. */
bool manifest_end(struct manifest *manifest, const char *directory, int64_t updates, double seconds,
                  const struct timings *timings, struct error *error);

struct trained manifest_trained(const struct manifest *manifest);
/* Adds those of all sessions. */
void manifest_timings(const struct manifest *manifest, struct timings *timings);

/* Whether the columns that were read have the contents that the run was made with. */
/* Where a file of the data was when the run was made, and whether a known set was read; NULL and false where not. */
const char *manifest_path(const struct manifest *manifest, const char *file);
json_t *described_json(const struct run_settings *settings);
/* What a file's headers said then; NULL where that is not known. */
const struct file_columns *manifest_described(const struct manifest *manifest, const char *file,
                                              struct file_options options, struct arena *arena);
/* Where a table was, of a run that reads several; NULL where that is not known. */
const char *manifest_folder(const struct manifest *manifest, const char *set);
bool manifest_knows(const struct manifest *manifest, const char *set);
bool manifest_same_data(const struct manifest *manifest, const struct table *table, struct error *error);

#endif
