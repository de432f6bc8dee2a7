/* Training several runs as one: --seeds, --folds and --sweep say which, each is trained as by a command of its own, in a
 * driver of its own. */
#define _XOPEN_SOURCE 700 /* realpath */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/shell.h"
#include "cli/driver.h"
#include "session/experiment.h"

/* ---- which runs ---- */

/* An option is given one value or swept. */
static bool check_sweep(const struct options *options, size_t at, struct error *error) {
  const char *pair = options->sweep.at[at];
  size_t length = strcspn(pair, "=");
  for (size_t i = 0; i < options->set.n; i++)
    if (strncmp(pair, options->set.at[i], length + 1) == 0)
      return error_set(error, ERROR_USAGE, "'--sweep %.*s' is given by --set too", (int)length, pair);
  if (pair[length + 1] && !strstr(pair, ",,") && pair[length + 1] != ',' && pair[strlen(pair) - 1] != ',') return true;
  return error_set(error, ERROR_USAGE, "--sweep takes NAME=VALUE,VALUE..., not '%s'", pair);
}

/* Adds to every setting each value of one more option. */
typedef VEC(const struct setting *) setting_list;
static void add_values(struct arena *arena, setting_list *settings, size_t n_set, const char *pair) {
  size_t length = strcspn(pair, "="), before = settings->n;
  setting_list made = {0};
  for (size_t i = 0; i < before; i++)
    for (const char *value = pair + length + 1, *next; value; value = next) {
      size_t size = strcspn(value, ",");
      next = value[size] ? value + size + 1 : NULL;
      struct setting *set = ARENA_ARRAY(arena, struct setting, n_set + 1);
      if (n_set) memcpy(set, settings->at[i], n_set * sizeof *set);
      set[n_set].name = arena_copy_string(arena, pair, length);
      set[n_set].value = arena_copy_string(arena, value, size);
      vec_push(arena, &made, set);
    }
  *settings = made;
}

/* "width=20,rate=0.1": a name of a directory, so that other characters are '_'. */
static const char *set_name(struct arena *arena, const struct setting *set, size_t n) {
  char *name = "";
  for (size_t i = 0; i < n; i++) name = arena_format(arena, "%s%s%s=%s", name, i ? "," : "", set[i].name, set[i].value);
  for (char *at = name; *at; at++)
    if (!isalnum((unsigned char)*at) && !strchr("=,.+-_", *at)) *at = '_';
  return name;
}

static struct member member_of(struct arena *arena, const struct options *options, const struct setting *set,
                               uint64_t seed, int fold) {
  size_t n = options->sweep.n;
  const char *setting = set_name(arena, set, n), *column = "";
  if (options->seeds.n) column = arena_format(arena, "seed-%llu", (unsigned long long)seed);
  if (fold) column = arena_format(arena, "%s%sfold-%d", column, *column ? "/" : "", fold);
  const char *name = arena_format(arena, "%s%s%s", setting, *setting && *column ? "/" : "", column);
  return (struct member){.name = name, .column = column, .set = set, .n_set = n, .seed = seed, .fold = fold};
}

static bool add_member(struct experiment *experiment, struct member member, struct error *error) {
  for (size_t i = 0; i < experiment->members.n; i++)
    if (!strcmp(experiment->members.at[i].name, member.name))
      return error_set(error, ERROR_USAGE, "two runs of the sweep would have the directory '%s'", member.name);
  vec_push(experiment->arena, &experiment->members, member);
  return true;
}

/* Setting by setting, in it seed by seed, in it fold by fold. */
static bool plan_members(struct experiment *experiment, const struct options *options, struct error *error) {
  setting_list settings = {0};
  vec_push(experiment->arena, &settings, NULL);
  for (size_t i = 0; i < options->sweep.n; i++) {
    if (!check_sweep(options, i, error)) return false;
    add_values(experiment->arena, &settings, i, options->sweep.at[i]);
  }
  for (size_t s = 0; s < settings.n; s++)
    for (size_t i = 0; i < (options->seeds.n ? options->seeds.n : 1); i++)
      for (int fold = experiment->folds > 0; fold <= experiment->folds; fold++) {
        uint64_t seed = options->seeds.n ? options->seeds.at[i] : options->seed;
        if (!add_member(experiment, member_of(experiment->arena, options, settings.at[s], seed, fold), error))
          return false;
      }
  return true;
}

/* ---- one run ---- */

/* How a run of the experiment differs from a command of its own. */
static struct driver driver_of(const struct driver *driver, const struct experiment *experiment,
                               const struct member *member) {
  struct driver one = {.arena = arena_new(),
                       .options = driver->options,
                       .roots = driver->roots,
                       .command = driver->command,
                       .words = driver->words,
                       .rows = true,
                       .experiment = experiment,
                       .fold = member->fold};
  struct options *options = &one.options;
  options->model = experiment->file;
  options->out = arena_format(one.arena, "%s/%s", experiment->path, member->name);
  options->stage = experiment->stage;
  options->winograd = experiment->direct ? "off" : "on";
  options->given[OPTION_winograd] = false; /* each run says how it was begun */
  options->seed = member->seed;
  options->given[OPTION_seed] = true;
  memset(&options->set, 0, sizeof options->set);
  for (size_t i = 0; i < member->n_set; i++)
    vec_push(one.arena, &options->set, arena_format(one.arena, "%s=%s", member->set[i].name, member->set[i].value));
  return one;
}

static void close_driver(struct driver *driver) {
  manifest_free(driver->before);
  arena_free(driver->arena);
}

/* A run that has a checkpoint goes on by its own text; any other begins by the experiment's. */
static bool train_member(void *context, const struct experiment *experiment, const struct member *member,
                         const struct progress_series *series, struct error *error) {
  struct driver one = driver_of(context, experiment, member);
  struct options *options = &one.options;
  bool ok;
  if ((options->resume = run_has_begun(options->out))) {
    options->model = NULL;
    options->variant = options->stage = NULL;
    options->epochs = options->batch = options->set.n = 0;
    ok = open_run(&one, RUN_TRAIN, error);
    options->stage = experiment->stage;
  } else {
    struct compile_settings settings = compile_settings(&one);
    settings.name = experiment->model;
    settings.merged = experiment->variant;
    settings.variant = NULL;
    settings.epochs = settings.batch = 0;
    one.compiled = compile(&one, arena_format(one.arena, "%s/model.crl", experiment->path), &settings, error);
    ok = one.compiled != NULL;
  }
  if (ok) {
    struct run_settings settings = run_settings(&one);
    settings.results = NULL;
    settings.series = series;
    ok = run_train(&settings, error);
  }
  close_driver(&one);
  return ok;
}

/* ---- what can be summarised ---- */

static bool is_validated(const struct program *program, const struct measurement *m) {
  return !strcmp(program->collections.at[m->collection].split, "validation");
}

static bool measures(const struct program *program, const char *name) {
  for (size_t i = 0; i < program->measurements.n; i++) {
    const struct measurement *m = &program->measurements.at[i];
    size_t length = strlen(m->name);
    if (is_validated(program, m) && !strncmp(m->name, name, length) && (!name[length] || name[length] == '.'))
      return true;
  }
  return false;
}

/* By what settings are sorted: what the command line says, else what weights are kept or training is ended by, else the
 * first metric; of which a loss term of its name says whether low is good. */
static bool choose_goal(struct experiment *experiment, const struct options *options, const struct program *program,
                        struct error *error) {
  const char *given = options->lowest ? options->lowest : options->highest, *first = NULL;
  experiment->higher = -1;
  for (size_t i = program->stages.n; !given && i-- > 0 && !experiment->goal;) {
    const struct goal *goals[] = {&program->stages.at[i].keep, &program->stages.at[i].stop};
    for (int k = 0; k < 2 && !experiment->goal; k++)
      if (goals[k]->metric && !strcmp(goals[k]->split, "validation") && measures(program, goals[k]->metric))
        experiment->goal = goals[k]->metric, experiment->higher = goals[k]->higher;
  }
  if (experiment->goal) return true;
  for (size_t i = 0; !first && i < program->measurements.n; i++)
    if (is_validated(program, &program->measurements.at[i])) first = program->measurements.at[i].name;
  experiment->goal = given ? given : first;
  if (given) experiment->higher = given == options->highest;
  if (given && !measures(program, given)) {
    error_set(error, ERROR_USAGE, "the model measures no '%s' on validation", given);
    return error_hint(error, "it measures '%s'", first);
  }
  for (size_t i = 0; !given && i < program->stages.n; i++)
    for (size_t k = 0; k < program->stages.at[i].terms; k++)
      if (!program->stages.at[i].in_evaluation && !strcmp(program->stages.at[i].term[k].name, first))
        experiment->higher = program->stages.at[i].term[k].sign < 0;
  return true;
}

/* Folds and settings are compared by what is measured on the rows to validate on. */
static bool check_validation(const struct program *program, const char *option, struct error *error) {
  for (size_t i = 0; i < program->measurements.n; i++)
    if (is_validated(program, &program->measurements.at[i])) return true;
  error_set(error, ERROR_USAGE, "the model measures nothing on validation, which is what --%s goes by", option);
  return error_hint(error, "add 'evaluate on validation { ... }'; the test split is for the model that is chosen");
}

/* Compiles every setting before the first is trained. */
static bool check_settings(struct driver *driver, struct experiment *experiment, struct error *error) {
  const struct member *before = NULL;
  bool ok = true;
  for (size_t i = 0; ok && i < experiment->members.n; i++) {
    const struct member *member = &experiment->members.at[i];
    if (before && before->set == member->set) continue;
    struct driver one = driver_of(driver, experiment, member);
    for (size_t k = 0; k < driver->options.set.n; k++) vec_push(one.arena, &one.options.set, driver->options.set.at[k]);
    struct compile_settings settings = compile_settings(&one);
    struct compiled *compiled = compile(&one, driver->options.model, &settings, error);
    ok = compiled != NULL;
    if (ok && experiment->folds) ok = check_validation(compiled->program, "folds", error);
    if (ok && experiment->sweeps) ok = check_validation(compiled->program, "sweep", error);
    if (ok && experiment->sweeps && !before) ok = choose_goal(experiment, &driver->options, compiled->program, error);
    if (experiment->goal) experiment->goal = arena_format(experiment->arena, "%s", experiment->goal);
    close_driver(&one);
    before = member;
  }
  return ok;
}

/* ---- the experiment ---- */

static const char *add_word(struct arena *arena, const char *command, const char *option, const char *value) {
  return value ? arena_format(arena, "%s --%s %s", command, option, shell_word(arena, value)) : command;
}

/* What trains the model as the command line has it, but for the sweep. */
static const char *plain_command(struct driver *driver) {
  const struct options *options = &driver->options;
  struct arena *arena = driver->arena;
  const char *command = arena_format(arena, "crlc %s --train", shell_word(arena, options->model));
  command = add_word(arena, command, "variant", options->variant);
  for (size_t i = 0; i < options->set.n; i++) command = add_word(arena, command, "set", options->set.at[i]);
  if (options->epochs) command = arena_format(arena, "%s --epochs %lld", command, (long long)options->epochs);
  if (options->batch) command = arena_format(arena, "%s --batch %lld", command, (long long)options->batch);
  command = add_word(arena, command, "stage", options->stage);
  if (options->given[OPTION_winograd]) command = add_word(arena, command, "winograd", options->winograd);
  if (options->given[OPTION_seed])
    command = arena_format(arena, "%s --seed %llu", command, (unsigned long long)options->seed);
  return add_word(arena, command, "data", options->data);
}

/* The texts as the runs' directory will have them. */
static void take_texts(struct experiment *experiment, const struct run_settings *settings) {
  struct used_text model = {"model.crl", settings->source, strlen(settings->source)};
  vec_push(experiment->arena, &experiment->texts, model);
  for (size_t i = 0; i < settings->n_used; i++) vec_push(experiment->arena, &experiment->texts, settings->used[i]);
}

/* Also from another folder. */
static const char *whole_path(struct arena *arena, const char *path) {
  char *whole = path ? realpath(path, NULL) : NULL;
  const char *copy = whole ? arena_format(arena, "%s", whole) : path;
  free(whole);
  return copy;
}

static bool plan(struct driver *driver, struct experiment *experiment, struct error *error) {
  const struct options *options = &driver->options;
  experiment->folds = (int)options->folds;
  driver->experiment = experiment; /* the text is that of the first fold */
  driver->fold = experiment->folds > 0;
  if (!open_model(driver, true, error)) return false;
  struct run_settings settings = run_settings(driver);
  experiment->path = options->out;
  experiment->model = driver->compiled->program->name;
  experiment->variant = driver->compiled->program->variant;
  experiment->file = whole_path(driver->arena, options->model);
  experiment->stage = options->stage;
  experiment->data = whole_path(driver->arena, options->data);
  experiment->direct = driver->compiled->program->direct;
  experiment->sweeps = options->sweep.n > 0;
  experiment->command = plain_command(driver);
  take_texts(experiment, &settings);
  return plan_members(experiment, options, error);
}

/* Said again, it has to be what was begun. */
static bool check_same(struct driver *driver, const struct experiment *experiment, struct error *error) {
  struct options *options = &driver->options;
  struct experiment now = {.arena = driver->arena};
  bool runs = options->seeds.n || options->folds || options->sweep.n || options->given[OPTION_seed];
  bool said = runs || options->set.n || options->variant || options->epochs || options->batch || options->stage ||
              options->given[OPTION_winograd];
  if (!options->model && !said) return true;
  if (!options->model) {
    error_set(error, ERROR_USAGE, "the runs of '%s' go on as they were begun", options->out);
  } else {
    if (!plan(driver, &now, error)) return false;
    if (experiment_is_as(experiment, &now, runs)) return true;
    error_set(error, ERROR_USAGE, "these are not the runs of '%s': the model, its options or the runs differ",
              options->out);
  }
  return error_hint(error, "'crlc %s --train --resume' goes on with them; other runs go to another --out DIR",
                    shell_word(driver->arena, options->out));
}

bool experiment_wanted(const struct options *options) {
  return options->seeds.n || options->folds || options->sweep.n ||
         (options->resume && options->out && experiment_is_there(options->out));
}

bool train_experiment(struct driver *driver, struct error *error) {
  struct options *options = &driver->options;
  struct experiment experiment = {.arena = driver->arena};
  struct run_settings settings = {.quiet = options->quiet, .results = stdout, .messages = stderr};
  bool ok;
  if (options->resume) {
    ok = experiment_read(&experiment, options->out, error) && check_same(driver, &experiment, error);
    if (ok && experiment.data && !options->data) {
      options->data = experiment.data;
      driver->roots = data_roots(driver->arena, options->data);
    }
  } else {
    ok = plan(driver, &experiment, error) && check_settings(driver, &experiment, error);
    if (ok) settings = run_settings(driver);
    ok = ok && experiment_begin(&experiment, &settings, error);
  }
  ok = ok && experiment_run(&experiment, train_member, driver, &settings, error);
  experiment_close(&experiment);
  return ok;
}
