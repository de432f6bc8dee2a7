/* A run that is there: what was run, whether a model that is given for it is the same, and where its data are. */
#include <string.h>

#include "base/shell.h"
#include "cli/driver.h"
#include "data/table.h"
#include "dsl/syntax/differ.h"
#include "graph/digest.h"
#include "train/training_state.h"

/* Whether the stages are the same up to the one named `last` (NULL: all). */
static bool trains_the_same(struct arena *arena, const struct program *now, const struct program *was,
                            const char *last) {
  for (size_t i = 0; i < was->stages.n; i++) {
    const struct stage *stage = &was->stages.at[i];
    if (stage->in_evaluation) continue;
    if (i >= now->stages.n) return false;
    if (strcmp(digest_stage(arena, now, &now->stages.at[i]), digest_stage(arena, was, stage)) != 0) return false;
    if (last && strcmp(stage->name, last) == 0) break;
  }
  return true;
}

/* Whether the part of the program that the action depends on is the same. */
static bool does_the_same(struct driver *driver, const struct program *now, const struct program *was) {
  struct arena *arena = driver->arena;
  switch (driver->options.action) {
  case ACTION_compute: return strcmp(digest_compute(arena, now), digest_compute(arena, was)) == 0;
  case ACTION_evaluate: return strcmp(digest_evaluation(arena, now), digest_evaluation(arena, was)) == 0;
  case ACTION_export: return trains_the_same(arena, now, was, NULL); /* what has made the weights */
  default:                                                           /* stages that have not begun may be others */
    return trains_the_same(arena, now, was, training_state_stage(arena, driver->options.out));
  }
}

static void hint_ways(const struct driver *driver, struct error *error) {
  const char *out = shell_word(driver->arena, driver->options.out);
  if (driver->options.action == ACTION_train)
    error_hint(error,
               "'crlc %s --train --resume' goes on as before; to train on from its weights with other settings, "
               "add a stage to the model of the run; or train anew in another --out DIR",
               out);
  else
    error_hint(error,
               "leave out the model ('crlc %s --%s ...'), or pass the same --set and --variant as in the run; "
               "or train anew in another --out DIR",
               out, action_info[driver->options.action].name);
}

struct comparison {
  struct driver *driver;
  const struct compile_settings *run; /* how the run's text is compiled */
};

/* A text that cannot be compiled tells nothing: the difference may be why the models differ. */
static bool matters(void *context, const char *text, bool theirs) {
  const struct comparison *c = context;
  struct arena *arena = c->driver->arena;
  const char *model = c->driver->options.model;
  const char *name = arena_format(arena, "%s/model.crl", c->driver->options.out);
  struct error ignored = {0};
  if (theirs && !model) return false; /* then it is the run's own text, which uses the run's files */
  if (theirs) name = model;           /* files are looked for beside it */
  const struct compiled *compiled = compile_text(arena, name, text, strlen(text), c->run, &ignored);
  return !compiled || !compiled->program || !does_the_same(c->driver, compiled->program, c->driver->was->program);
}

static struct model_text text_of(const struct compiled *compiled) {
  return (struct model_text){compiled->resolved, compiled->used.at, compiled->used.n};
}

static bool check_same(struct driver *driver, const struct compile_settings *run, struct error *error) {
  const struct compiled *now = driver->compiled, *was = driver->was;
  const char *variant = now->program->variant, *then = was->program->variant;
  struct comparison comparison = {driver, run};
  const struct difference_test test = {matters, &comparison};
  if (does_the_same(driver, now->program, was->program)) return true;
  const struct model_text text = text_of(now), before = text_of(was);
  const char *lines = text_differences(driver->arena, &text, &before, run->parse, &test);
  if (strcmp(variant ? variant : "", then ? then : "") != 0)
    lines = arena_format(driver->arena, "\n  the variant is %s and was %s in the run%s", variant ? variant : "none",
                         then ? then : "none", lines);
  error_set(error, ERROR_USAGE, "this is not the model of the run '%s':%s", driver->options.out, lines);
  hint_ways(driver, error);
  return false;
}

/* Where the columns that the action reads are: in --data and nowhere else, or where they were, or in the usual
 * places. */
static bool find_runs_data(struct driver *driver, enum run_action action, struct error *error) {
  const struct program *program = driver->compiled->program;
  const struct data_set *set = program->tables.n == 1 ? program->tables.at[0] : NULL; /* of several: session.c */
  struct column_set wanted = set ? run_columns(driver->arena, program, action)[0] : (struct column_set){{0}};
  const char *option = driver->options.data, *places = "";
  const struct data_roots roots = driver->roots;
  if (!set || columns_none(wanted) || set->made || driver->options.on) return true;
  for (int i = option ? 0 : -1; i < (option ? 1 : roots.n); i++) {
    const char *folder = i < 0 ? driver->before->folder
                               : arena_format(driver->arena, "%s/%s", roots.at[i], set->folder);
    if (!folder) continue;
    driver->data_folder = folder;
    const char *lacking = table_lacks(set, folder, wanted, driver->arena);
    if (!lacking) return true;
    places = arena_format(driver->arena, "%s%s'%s' (which lacks '%s')", places, *places ? ", " : "", folder, lacking);
  }
  struct data_location location; /* under another name of the set's folder */
  struct error missing = {0};
  if (data_find(&set, 1, &roots, driver->arena, &location, &missing)) {
    driver->data_folder = location.folder;
    return true;
  }
  error_set(error, ERROR_DATA, "the data set '%s' of the run was not found; looked in %s", set->name, places);
  return error_hint(error, "pass the folder that holds '%s/' with --data DIR", set->folder);
}

static bool has_settings(const struct options *options) {
  return options->model || options->set.n || options->variant || options->epochs || options->batch || options->stage;
}

/* A run goes on as it was begun. */
static bool check_winograd(const struct driver *driver, struct error *error) {
  bool off = !strcmp(driver->options.winograd, "off");
  if (!driver->options.given[OPTION_winograd] || off != driver->before->winograd) return true;
  error_set(error, ERROR_USAGE, "the run '%s' was begun with --winograd %s", driver->options.out, off ? "on" : "off");
  return error_hint(error, "leave out --winograd to go on as before, or train anew in another --out DIR");
}

/* Compiles what was run and, where something is said of a model, that too, which must be the same.  What is only read
 * is read with the run's own program. */
static bool compile_run(struct driver *driver, struct error *error) {
  const struct options *options = &driver->options;
  const char *kept = arena_format(driver->arena, "%s/model.crl", options->out);
  struct compile_settings now = compile_settings(driver), was = now;
  if (!(driver->before = run_find(options->out, options->model, error))) return false;
  if (!check_winograd(driver, error)) return false;
  now.direct = was.direct = !driver->before->winograd;
  was.variant = was.stage = NULL;
  was.n_set = 0;
  was.epochs = was.batch = 0;
  was.name = driver->before->model;
  was.merged = driver->before->variant;
  if (!options->model) {
    now.name = was.name;
    now.merged = was.merged;
  }
  bool merged = !options->model && now.variant && was.merged && !strcmp(now.variant, was.merged);
  if (merged) now.variant = NULL; /* the run's text has it already */
  bool given = has_settings(options);
  if (given && !(driver->compiled = compile(driver, options->model ? options->model : kept, &now, error))) return false;
  if (!(driver->was = compile(driver, kept, &was, error))) return false;
  if (given && !check_same(driver, &was, error)) return false;
  if (!given || options->action != ACTION_train) driver->compiled = driver->was;
  return true;
}

bool open_run(struct driver *driver, enum run_action action, struct error *error) {
  if (driver->options.data && !data_named_is_there(&driver->roots, error)) return false;
  return compile_run(driver, error) && find_runs_data(driver, action, error);
}
