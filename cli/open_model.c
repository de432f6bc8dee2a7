/* From the command line to a program: the model file, and which data set it is compiled for. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "base/string_builder.h"
#include "cli/driver.h"
#include "data/describe.h"
#include "grammar/parse.h"

bool report_problems(const struct driver *driver, const struct diags *diags, struct error *error) {
  fputs(strcmp(driver->options.message_format, "json") == 0 ? diag_json(diags) : diag_text(diags), stderr);
  if (!diag_errors(diags)) return true;
  error->kind = ERROR_MODEL;
  return false;
}

enum { SETS = 64 };

const struct data_set *unknown_set(const char *name, struct error *error) {
  size_t n;
  const struct data_set *all = catalogue_all(&n);
  error_set(error, ERROR_MODEL, "there is no data set '%s'", name);
  const char *known[SETS];
  struct string_builder list = {0};
  if (n > SETS) n = SETS;
  for (size_t i = 0; i < n; i++) string_add(&list, "%s'%s'", i ? ", " : "", known[i] = all[i].name);
  const char *near = nearest(name, known, n);
  if (near) error_hint(error, "did you mean '%s'?", near);
  else error_hint(error, "those it knows are %s", string_get(&list));
  string_free(&list);
  return NULL;
}

/* The set that the run was made with; where its files are is asked when it is known which are read. */
static const struct data_set *choose_runs_set(const struct manifest *run, const char *const *names, size_t n,
                                              struct error *error) {
  for (size_t i = 0; i < n; i++)
    if (manifest_knows(run, names[i])) return catalogue_find(names[i]);
  error_set(error, ERROR_DATA, "the data set is '%s' and was '%s' in the run", names[0],
            run->data ? run->data : "none");
  error_hint(error, "metrics of other data belong to another run: train anew in another --out DIR");
  return NULL;
}

/* Which of the sets that the file names is available; what needs no rows makes do with the first one's description. */
static const struct data_set *choose_data(void *context, const char *const *names, size_t n, struct error *error) {
  struct driver *driver = context;
  const struct data_set **sets = ARENA_ARRAY(driver->arena, const struct data_set *, n + 1);
  struct data_location location;
  for (size_t i = 0; i < n; i++)
    if (!(sets[i] = catalogue_find(names[i]))) return unknown_set(names[i], error);
  if (driver->before) return choose_runs_set(driver->before, names, n, error);
  struct error missing = {0};
  if (data_find(sets, n, &driver->roots, driver->arena, &location, &missing)) {
    driver->data_folder = location.folder;
    return sets[location.which];
  }
  if (!driver->rows) return sets[0];
  *error = missing;
  return NULL;
}

/* A file that a model names: for a run, first where it was, and where it is no more, as it was. */
static const struct file_columns *describe_file(void *context, const char *name, struct file_options options,
                                                struct error *error) {
  struct driver *driver = context;
  const char *model = driver->options.model, *slash = model ? strrchr(model, '/') : NULL;
  const char *beside = slash ? arena_format(driver->arena, "%.*s", (int)(slash - model), model) : ".";
  const char *was = driver->before && !driver->options.data ? manifest_path(driver->before, name) : NULL;
  const char *path = was && access(was, R_OK) == 0 ? was
                                                   : data_own_file(driver->arena, &driver->roots, beside, name, error);
  const struct file_columns *columns = path ? file_describe(driver->arena, path, options, error) : NULL;
  if (!path && driver->before && !driver->options.data)
    columns = manifest_described(driver->before, name, options, driver->arena);
  if (columns) vec_push(driver->arena, &driver->described, (struct described_file){name, options, columns});
  if (columns) *error = (struct error){0};
  return columns;
}

struct compile_settings compile_settings(struct driver *driver) {
  const struct options *options = &driver->options;
  return (struct compile_settings){
      .variant = options->variant,
      .set = options->set.at,
      .n_set = options->set.n,
      .epochs = options->epochs,
      .batch = options->batch,
      .stage = options->stage,
      .folds = driver->experiment ? driver->experiment->folds : 0,
      .fold = driver->fold,
      .validation_only = driver->experiment && driver->experiment->sweeps,
      .compute = options->action == ACTION_compute ? options->argument : NULL,
      .compute_split = options->on ? "train" : options->split, /* new rows take the place of those */
      .check = options->action == ACTION_gradcheck,
      .direct = !strcmp(options->winograd, "off"),
      .choose_data = choose_data,
      .describe_file = describe_file,
      .context = driver,
      .parse = parse,
  };
}

struct compiled *compile(struct driver *driver, const char *path, const struct compile_settings *settings,
                         struct error *error) {
  struct compiled *compiled = compile_model(driver->arena, path, settings, error);
  return compiled && report_problems(driver, compiled->diags, error) ? compiled : NULL;
}

bool open_model(struct driver *driver, bool rows, struct error *error) {
  struct compile_settings settings = compile_settings(driver);
  driver->rows = rows;
  settings.without_rows = !rows;
  /* Also where nothing is read from it. */
  if (driver->options.data && !data_named_is_there(&driver->roots, error)) return false;
  driver->compiled = compile(driver, driver->options.model, &settings, error);
  return driver->compiled != NULL;
}
