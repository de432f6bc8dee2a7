/* Actions on a run: training one, and what is done with it then. */
#include "config.h"

#include <string.h>

#include "base/processors.h"
#include "cli/driver.h"
#include "train/compute.h"

/* The comment at the head of the model file, without its marks, or NULL. */
static const char *head_comment(struct driver *driver) {
  const struct compiled *compiled = driver->compiled;
  const char *at = source_get(compiled->sources, compiled->file->span.source)->text, *comment = NULL;
  for (; *at; at += strcspn(at, "\n"), at += *at == '\n') {
    size_t length = strcspn(at, "\n");
    if (at[0] != '#') {
      if (comment) break;
      continue;
    }
    size_t mark = length > 1 && at[1] == ' ' ? 2 : 1;
    comment = arena_format(driver->arena, "%s%s%.*s", comment ? comment : "", comment ? "\n" : "", (int)(length - mark),
                           at + mark);
  }
  return comment;
}

/* What run.json tells besides the program: options, used files, the command line. */
static void tell_origin(struct driver *driver, struct run_settings *settings) {
  const struct compiled *compiled = driver->compiled;
  struct run_option *option = ARENA_ARRAY(driver->arena, struct run_option, compiled->values.n + 1);
  struct used_text *used = ARENA_ARRAY(driver->arena, struct used_text, compiled->used.n + 1);
  for (size_t i = 0; i < compiled->values.n; i++) {
    const struct option_value *value = &compiled->values.at[i];
    option[i] = (struct run_option){value->name, value->value, value->is_string};
  }
  for (size_t i = 0; i < compiled->used.n; i++) {
    const struct used_file *file = &compiled->used.at[i];
    used[i] = (struct used_text){file->name, file->text, file->length};
  }
  settings->options = option;
  settings->n_options = compiled->values.n;
  settings->used = used;
  settings->n_used = compiled->used.n;
  settings->described = driver->described.at;
  settings->n_described = driver->described.n;
  settings->command = driver->command;
  settings->n_command = driver->words;
}

struct run_settings run_settings(struct driver *driver) {
  const struct options *options = &driver->options;
  const struct compiled *compiled = driver->compiled;
  struct run_settings settings = {
      .program = compiled->program,
      .path = options->model,
      .before = driver->before,
      .was = driver->was ? driver->was->program : NULL,
      .out = options->out,
      .stage = options->stage,
      .note = options->note,
      .data_folder = driver->data_folder,
      .roots = &driver->roots,
      .seed = options->seed,
      .seed_given = options->given[OPTION_seed],
      .resume = options->resume,
      .quiet = options->quiet,
      .memory = options->memory,
      .threads = options->threads ? (int)options->threads : processors_allowed(),
      .log_every = options->log_every,
      .on = options->on,
      .data_memory = options->data_memory ? options->data_memory : memory_of_machine() / 2,
      .checkpoint_minutes = options->checkpoint_minutes,
      .trace = options->trace,
      .version = PACKAGE_VERSION,
      .results = stdout,
      .messages = stderr,
      .parameters = compiled->parameters,
      .source = compiled->resolved,
      .layers = compiled->summary,
      .description = head_comment(driver),
  };
  tell_origin(driver, &settings);
  return settings;
}

bool act_train(struct driver *driver, struct error *error) {
  if (experiment_wanted(&driver->options)) return train_experiment(driver, error);
  if (!(driver->options.resume ? open_run(driver, RUN_TRAIN, error) : open_model(driver, true, error))) return false;
  struct run_settings settings = run_settings(driver);
  return run_train(&settings, error);
}

bool act_profile(struct driver *driver, struct error *error) {
  if (!open_model(driver, true, error)) return false;
  struct run_settings settings = run_settings(driver);
  return run_profile(&settings, error);
}

bool act_evaluate(struct driver *driver, struct error *error) {
  if (!open_run(driver, RUN_EVALUATE, error)) return false;
  struct run_settings settings = run_settings(driver);
  return run_evaluate(&settings, error);
}

bool act_compute(struct driver *driver, struct error *error) {
  const char *file = driver->options.to;
  if (!compute_can_write(file, driver->options.argument, error) || !open_run(driver, RUN_COMPUTE, error)) return false;
  struct run_settings settings = run_settings(driver);
  return run_compute(&settings, file, error);
}

bool act_export(struct driver *driver, struct error *error) {
  const char *file = driver->options.argument;
  if (!run_can_export(file, error) || !open_run(driver, RUN_EXPORT, error)) return false;
  struct run_settings settings = run_settings(driver);
  return run_export(&settings, file, error);
}
