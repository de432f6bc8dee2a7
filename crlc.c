/* crlc: models of several views, written as text, trained and measured.
 *
 * The driver: options, then the phases, one line each.  It alone decides what is printed and with which status the
 * process ends (the values of enum fault_kind). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/draft.h"
#include "base/embedded.h"
#include "base/file.h"
#include "base/processors.h"
#include "base/shell.h"
#include "data/catalogue.h"
#include "data/fetch.h"
#include "data/roots.h"
#include "data/table.h"
#include "dsl/compile.h"
#include "dsl/differ.h"
#include "exec/exec.h"
#include "grammar/parse.h"
#include "graph/digest.h"
#include "report/progress.h"
#include "report/terminal.h"
#include "train/evaluate.h"
#include "train/gradcheck.h"
#include "train/manifest.h"
#include "train/memory.h"
#include "train/options.h"
#include "train/position.h"
#include "train/run.h"
#include "train/signals.h"

struct driver {
  struct arena *arena;
  struct options options;
  const char *data_folder; /* where the model's data set was found, or NULL */
  struct manifest *before; /* the run that is read or gone on with, or NULL */
  struct compiled *compiled, *was; /* what is to be done; what was run before */
  const char *const *command;
  size_t words; /* of the command */
};

/* ---- phases: each returns false with a fault ---- */

/* The model's own problems, which are printed as they are: the fault has no text. */
static bool report_problems(const struct driver *driver, const struct diags *diags, struct fault *fault) {
  fputs(driver->options.json ? diag_json(diags) : diag_text(diags), stderr);
  if (!diag_errors(diags)) return true;
  fault->kind = FAULT_MODEL;
  return false;
}

static bool needs_rows(enum action action) {
  return action == ACTION_train || action == ACTION_evaluate || action == ACTION_compute || action == ACTION_profile;
}

static const struct data_set *unknown_set(const char *name, struct fault *fault) {
  size_t n;
  const struct data_set *all = catalogue_all(&n);
  fault_set(fault, FAULT_MODEL, "there is no data set '%s'", name);
  for (size_t i = 0; i < n; i++)
    if (text_distance(name, all[i].name, 3) <= 3) fault_hint(fault, "did you mean '%s'?", all[i].name);
  char list[256] = "";
  for (size_t i = 0, at = 0; i < n && at < sizeof list; i++)
    at += (size_t)snprintf(list + at, sizeof list - at, "%s'%s'", i ? ", " : "", all[i].name);
  fault_hint(fault, "those it knows are %s", list);
  return NULL;
}

/* The set that the run was made with; where its files are is asked when it is known which are read. */
static const struct data_set *choose_runs_set(const struct manifest *run, const char *const *names, size_t n,
                                              struct fault *fault) {
  for (size_t i = 0; i < n; i++)
    if (run->data && strcmp(names[i], run->data) == 0) return catalogue_find(names[i]);
  fault_set(fault, FAULT_DATA, "the data set is '%s' and was '%s' in the run", names[0], run->data ? run->data : "none");
  fault_hint(fault, "figures of other data belong to another run: train anew in another --out DIR");
  return NULL;
}

/* Which of the sets that the file names is at hand; what needs no rows makes do with the first one's description.
 */
static const struct data_set *choose_data(void *context, const char *const *names, size_t n, struct fault *fault) {
  struct driver *driver = context;
  const struct data_set **sets = ARENA_ARRAY(driver->arena, const struct data_set *, n + 1);
  struct data_roots roots = data_roots(driver->arena, driver->options.data);
  struct data_place place;
  for (size_t i = 0; i < n; i++)
    if (!(sets[i] = catalogue_find(names[i]))) return unknown_set(names[i], fault);
  if (driver->before) return choose_runs_set(driver->before, names, n, fault);
  struct fault missing = {0};
  if (data_find(sets, n, &roots, driver->arena, &place, &missing)) {
    driver->data_folder = place.folder;
    return sets[place.which];
  }
  if (!needs_rows(driver->options.action)) return sets[0];
  *fault = missing;
  return NULL;
}

static struct compile_settings compile_settings(struct driver *driver) {
  const struct options *options = &driver->options;
  return (struct compile_settings){
      .variant = options->variant,
      .set = options->set.at,
      .n_set = options->set.n,
      .epochs = options->epochs,
      .batch = options->batch,
      .stage = options->stage,
      .compute = options->action == ACTION_compute ? options->argument : NULL,
      .compute_split = options->split ? options->split : "test",
      .check = options->action == ACTION_gradcheck,
      .choose_data = choose_data,
      .context = driver,
      .parse = parse,
  };
}

static struct compiled *compile(struct driver *driver, const char *path, const struct compile_settings *settings,
                                struct fault *fault) {
  struct compiled *compiled = compile_model(driver->arena, path, settings, fault);
  return compiled && report_problems(driver, compiled->diags, fault) ? compiled : NULL;
}

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
    comment = arena_format(driver->arena, "%s%s%.*s", comment ? comment : "", comment ? "\n" : "",
                           (int)(length - mark), at + mark);
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
    option[i] = (struct run_option){value->name, value->value, value->text};
  }
  for (size_t i = 0; i < compiled->used.n; i++) {
    const struct used_file *file = &compiled->used.at[i];
    used[i] = (struct used_text){file->name, file->text, file->length};
  }
  settings->options = option;
  settings->n_options = compiled->values.n;
  settings->used = used;
  settings->n_used = compiled->used.n;
  settings->command = driver->command;
  settings->n_command = driver->words;
}

static struct run_settings run_settings(struct driver *driver) {
  const struct options *options = &driver->options;
  const struct compiled *compiled = driver->compiled;
  struct run_settings settings = {
      .program = compiled->program,
      .path = options->model,
      .before = driver->before,
      .was = driver->was ? driver->was->program : NULL,
      .out = options->out,
      .stage = options->stage,
      .data_folder = driver->data_folder,
      .seed = options->seed,
      .seed_given = options->seed_given,
      .resume = options->resume,
      .quiet = options->quiet,
      .memory = options->memory,
      .threads = options->threads ? options->threads : processors_allowed(),
      .log_every = options->log_every,
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

/* ---- a run that is there ---- */

/* Whether the stages are the same up to the one named `last` (NULL: all). */
static bool trains_the_same(struct arena *arena, const struct program *now, const struct program *was, const char *last) {
  for (size_t i = 0; i < was->stages.n; i++) {
    const struct stage *stage = &was->stages.at[i];
    if (stage->in_evaluation) continue;
    if (i >= now->stages.n || strcmp(digest_stage(arena, now, &now->stages.at[i]), digest_stage(arena, was, stage)) != 0)
      return false;
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
  default: /* stages that have not begun may be others */
    return trains_the_same(arena, now, was, position_stage(arena, driver->options.out));
  }
}

static void hint_ways(const struct driver *driver, struct fault *fault) {
  const char *out = shell_word(driver->arena, driver->options.out);
  if (driver->options.action == ACTION_train)
    fault_hint(fault, "'crlc %s --train --resume' goes on as before; to train on from its weights with other settings, add a "
               "stage to the model of the run; or train anew in another --out DIR", out);
  else
    fault_hint(fault, "leave out the model ('crlc %s --%s ...'), or pass the same --set and --variant as in the run; or "
               "train anew in another --out DIR", out,
               driver->options.action == ACTION_compute ? "compute" :
               driver->options.action == ACTION_export ? "export" : "evaluate");
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
  struct fault ignored = {0};
  if (theirs && !model) return false; /* then it is the run's own text, which uses the run's files */
  if (theirs) name = model; /* files are looked for beside it */
  const struct compiled *compiled = compile_text(arena, name, text, strlen(text), c->run, &ignored);
  return !compiled || !compiled->program || !does_the_same(c->driver, compiled->program, c->driver->was->program);
}

static bool check_same(struct driver *driver, const struct compile_settings *run, struct fault *fault) {
  const struct compiled *now = driver->compiled, *was = driver->was;
  const char *variant = now->program->variant, *then = was->program->variant;
  struct comparison comparison = {driver, run};
  const struct difference_test test = {matters, &comparison};
  if (does_the_same(driver, now->program, was->program)) return true;
  const char *lines = text_differences(driver->arena, now, was, run, &test);
  if (strcmp(variant ? variant : "", then ? then : "") != 0)
    lines = arena_format(driver->arena, "\n  the variant is %s and was %s in the run%s", variant ? variant : "none",
                         then ? then : "none", lines);
  fault_set(fault, FAULT_USAGE, "this is not the model of the run '%s':%s", driver->options.out, lines);
  hint_ways(driver, fault);
  return false;
}

/* Where the columns that the action reads are: in --data and nowhere else, or where they were, or in the usual places. */
static bool find_runs_data(struct driver *driver, struct fault *fault) {
  static const enum run_action what[ACTIONS] = {
      [ACTION_evaluate] = RUN_EVALUATE, [ACTION_compute] = RUN_COMPUTE, [ACTION_export] = RUN_EXPORT};
  const struct program *program = driver->compiled->program;
  const struct data_set *set = program->data;
  uint64_t wanted = run_columns(driver->arena, program, what[driver->options.action]);
  const char *option = driver->options.data, *places = "";
  struct data_roots roots = data_roots(driver->arena, option);
  if (!set || !wanted) return true;
  for (int i = option ? 0 : -1; i < (option ? 1 : roots.n); i++) {
    const char *folder = i < 0 ? driver->before->folder : arena_format(driver->arena, "%s/%s", roots.at[i], set->folder);
    if (!folder) continue;
    driver->data_folder = folder;
    const char *lacking = table_lacks(set, folder, wanted, driver->arena);
    if (!lacking) return true;
    places = arena_format(driver->arena, "%s%s'%s' (which lacks '%s')", places, *places ? ", " : "", folder, lacking);
  }
  struct data_place place; /* under another name of the set's folder */
  struct fault missing = {0};
  if (data_find(&set, 1, &roots, driver->arena, &place, &missing)) {
    driver->data_folder = place.folder;
    return true;
  }
  fault_set(fault, FAULT_DATA, "the data set '%s' of the run was not found; looked in %s", set->name, places);
  return fault_hint(fault, "pass the folder that holds '%s/' with --data DIR", set->folder);
}

static bool has_settings(const struct options *options) {
  return options->model || options->set.n || options->variant || options->epochs || options->batch || options->stage;
}

/* Compiles what was run and, where something is said of a model, that too, which must be the same.  What is only read is
 * read with the run's own program. */
static bool compile_run(struct driver *driver, struct fault *fault) {
  const struct options *options = &driver->options;
  const char *kept = arena_format(driver->arena, "%s/model.crl", options->out);
  struct compile_settings now = compile_settings(driver), was = now;
  if (!(driver->before = run_find(options->out, options->model, fault))) return false;
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
  if (given && !(driver->compiled = compile(driver, options->model ? options->model : kept, &now, fault))) return false;
  if (!(driver->was = compile(driver, kept, &was, fault))) return false;
  if (given && !check_same(driver, &was, fault)) return false;
  if (!given || options->action != ACTION_train) driver->compiled = driver->was;
  return find_runs_data(driver, fault);
}

/* ---- actions on a model ---- */

/* The stage that --stage names (the front end has seen that it is there), or the first. */
static const struct stage *stage_to_show(const struct driver *driver, struct fault *fault) {
  const struct program *program = driver->compiled->program;
  const char *only = driver->options.stage;
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *stage = &program->stages.at[i];
    if (!stage->in_evaluation && (!only || strcmp(stage->name, only) == 0)) return stage;
  }
  fault_set(fault, FAULT_MODEL, "'%s' trains nothing, so there is no step to look at", driver->options.model);
  return NULL;
}

static bool act_graph(struct driver *driver, struct fault *fault) {
  const struct stage *stage = stage_to_show(driver, fault);
  if (!stage) return false;
  const char *dot = graph_dot(driver->arena, stage->step), *file = driver->options.argument;
  if (file) return file_write_whole(file, dot, strlen(dot), fault);
  fputs(dot, stdout);
  return true;
}

static bool act_plan(struct driver *driver, struct fault *fault) {
  const struct stage *stage = stage_to_show(driver, fault);
  struct exec_settings settings = {.rows = stage ? stage->batch : 0};
  const struct graph *step = stage ? stage->step : NULL;
  int64_t limit = driver->options.memory;
  if (step && limit) step = graph_within(driver->arena, step, &settings, limit, fault);
  struct exec *exec = step ? exec_new(step, &settings, fault) : NULL;
  if (!exec) return false;
  fputs(plan_text(driver->arena, exec_plan(exec)), stdout);
  exec_free(exec);
  return true;
}

static bool act_gradcheck(struct driver *driver, struct fault *fault) {
  if (!driver->compiled->program->checks.n)
    return fault_set(fault, FAULT_MODEL, "'%s' has no loss to take gradients of", driver->options.model);
  return gradcheck(driver->compiled->program, driver->options.seed, stdout, fault);
}

static bool act_on_model(struct driver *driver, struct fault *fault) {
  const struct options *options = &driver->options;
  const struct data_roots roots = data_roots(driver->arena, options->data);
  if (options->data && !data_named_is_there(&roots, fault)) return false; /* though nothing may be read from it */
  if (options->action == ACTION_compute && !compute_can_write(options->to, fault)) return false;
  if (options->action == ACTION_export && !run_can_export(options->argument, fault)) return false;
  struct compile_settings how = compile_settings(driver);
  if (options_read_run(options)) {
    if (!compile_run(driver, fault)) return false;
  } else if (!(driver->compiled = compile(driver, options->model, &how, fault))) {
    return false;
  }
  struct run_settings settings = run_settings(driver);
  switch (options->action) {
  case ACTION_summary: return print_wrapped(stdout, driver->compiled->summary, terminal_width(stdout), 4);
  case ACTION_help: return fputs(driver->compiled->options, stdout) >= 0;
  case ACTION_graph: return act_graph(driver, fault);
  case ACTION_plan: return act_plan(driver, fault);
  case ACTION_gradcheck: return act_gradcheck(driver, fault);
  case ACTION_profile: return run_profile(&settings, fault);
  case ACTION_train: return run_train(&settings, fault);
  case ACTION_evaluate: return run_evaluate(&settings, fault);
  case ACTION_compute: return run_compute(&settings, options->to, fault);
  default: return run_export(&settings, options->argument, fault);
  }
}

/* ---- actions on text ---- */

static bool format_file(struct driver *driver, const char *path, struct fault *fault) {
  struct sources *sources = sources_new(driver->arena);
  struct diags *diags = diags_new(driver->arena, sources);
  uint32_t number = source_read(sources, path, fault);
  if (!number) return false;
  struct ast *file = parse(driver->arena, names_new(driver->arena), sources, number, diags);
  if (!report_problems(driver, diags, fault)) return false;
  const char *text = ast_format(driver->arena, sources, file);
  const struct source *source = source_get(sources, number);
  if (strlen(text) == source->length && memcmp(text, source->text, source->length) == 0) return true;
  return file_write_whole(path, text, strlen(text), fault);
}

/* Every file is tried; the status is the first failure's. */
static bool act_fmt(struct driver *driver, struct fault *fault) {
  for (size_t i = 0; i < driver->options.files.n; i++) {
    struct fault one = {0};
    if (format_file(driver, driver->options.files.at[i], &one)) continue;
    if (one.text[0] && fault->kind) fprintf(stderr, "crlc: %s\n", one.text);
    if (!fault->kind) *fault = one;
  }
  return fault->kind == FAULT_NONE;
}

static void describe_op(enum op op) {
  static const char *const class_name[] = {"leaf", "elementwise", "view", "kernel"};
  const struct op_info *info = &op_info[op];
  printf("%s\n  %s\n  %s, %d input%s%s\n", info->name, info->doc, class_name[info->class], info->arity,
         info->arity == 1 ? "" : "s", info->differentiable ? ", differentiable" : "");
  if (info->class == ELEMENTWISE) printf("  = %s\n", info->expression);
}

static bool act_ops(const struct driver *driver, struct fault *fault) {
  const char *name = driver->options.argument, *names[OP_COUNT];
  if (!name) {
    for (int op = OP_NONE + 1; op < OP_COUNT; op++) printf("%-18s %s\n", op_info[op].name, op_info[op].doc);
    return true;
  }
  enum op op = op_by_name(name);
  if (op != OP_NONE) {
    describe_op(op);
    return true;
  }
  for (int i = OP_NONE + 1; i < OP_COUNT; i++) names[i - 1] = op_info[i].name;
  const char *near = nearest(name, names, OP_COUNT - 1);
  fault_set(fault, FAULT_USAGE, "there is no operation '%s'", name);
  return near ? fault_hint(fault, "did you mean '%s'?", near) : fault_hint(fault, "'crlc --ops' lists them");
}

static bool act_explain(const struct driver *driver, struct fault *fault) {
  const char *text = diag_explain(driver->options.argument);
  if (text) return fputs(text, stdout) >= 0;
  return fault_set(fault, FAULT_USAGE, "there is no error '%s'", driver->options.argument);
}

static bool tell_fetch(void *context, const char *file, int64_t bytes, int64_t total) {
  progress_work(context, file, total > 0 ? (double)bytes / (double)total : 0);
  return !signals_stop(NULL);
}

static bool act_fetch(struct driver *driver, struct fault *fault) {
  const struct data_set *set = catalogue_find(driver->options.argument);
  if (!set) {
    unknown_set(driver->options.argument, fault);
    fault->kind = FAULT_USAGE;
    return false;
  }
  const char *root = data_fetch_root(driver->arena, driver->options.data, fault);
  if (!root) return false;
  struct progress *progress = progress_new(stderr, driver->options.quiet);
  struct fetch_progress told = {tell_fetch, progress};
  signals_watch();
  bool ok = data_fetch(set, root, &told, fault);
  if (ok) progress_note(progress, "'%s' is in '%s/%s'", set->name, root, set->folder);
  progress_free(progress);
  if (!ok && signals_stop(NULL)) {
    *fault = (struct fault){0};
    signals_stop(fault);
  }
  return ok;
}

extern const struct embedded starter[]; /* cli/starter.crl */

static bool act_new(struct driver *driver, struct fault *fault) {
  const char *name = driver->options.argument, *dot = strrchr(name, '.');
  const char *path = dot && strcmp(dot, ".crl") == 0 ? name : arena_format(driver->arena, "%s.crl", name);
  struct stat status;
  if (stat(path, &status) == 0) return fault_set(fault, FAULT_DATA, "'%s' is there already", path);
  if (!file_write_whole(path, starter[0].text, strlen(starter[0].text), fault)) return false;
  fprintf(stderr, "wrote '%s'; check it with 'crlc %s'\n", path, shell_word(driver->arena, path));
  return true;
}

static bool act(struct driver *driver, struct fault *fault) {
  switch (driver->options.action) {
  case ACTION_fmt: return act_fmt(driver, fault);
  case ACTION_ops: return act_ops(driver, fault);
  case ACTION_explain: return act_explain(driver, fault);
  case ACTION_fetch: return act_fetch(driver, fault);
  case ACTION_new: return act_new(driver, fault);
  case ACTION_version: return printf("crlc %s\n", PACKAGE_VERSION) > 0;
  case ACTION_help:
    if (!driver->options.model) return fputs(options_help(driver->arena), stdout) >= 0;
    return act_on_model(driver, fault);
  default: return act_on_model(driver, fault);
  }
}

/* ---- the process ---- */

static void out_of_memory(void) {
  static const char text[] = "crlc: no memory is left\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  _exit(FAULT_DATA);
}

/* Blocks of this size are given back to the system when they are freed.  Left alone, glibc keeps what a first slab took
 * and puts later ones on the heap, where the next does not fit. */
enum { LARGE_BLOCK = 1 << 20 };

static void say(const struct fault *fault) {
  if (!fault->text[0]) return;
  fprintf(stderr, "crlc: %s\n", fault->text);
  if (fault->hint[0]) fprintf(stderr, "  = hint: %s\n", fault->hint);
}

/* A closed standard stream is a number that the next file would get, and output would go into that file. */
static void keep_standard_streams(void) {
  int fd = open("/dev/null", O_RDONLY);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDONLY);
  if (fd >= 0) close(fd);
}

int main(int argc, char **argv) {
  struct driver driver = {.command = (const char *const *)argv, .words = (size_t)argc};
  struct fault fault = {0};
  base_out_of_memory = out_of_memory;
  keep_standard_streams();
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
  driver.arena = arena_new();
  if (options_parse(&driver.options, driver.arena, argc, argv, &fault)) act(&driver, &fault);
  if (fflush(stdout) || ferror(stdout))
    fault_set(&fault, FAULT_DATA, "the results could not be written: %s", strerror(errno));
  say(&fault);
  manifest_free(driver.before);
  arena_free(driver.arena);
  return (int)fault.kind;
}
