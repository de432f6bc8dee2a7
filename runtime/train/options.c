#include "train/options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/names.h"

enum argument { NOTHING, REQUIRED, OPTIONAL, AFTER_EQUALS, FILES };

static const struct action_info {
  const char *name, *argument;
  enum argument takes;
  bool model; /* acts on a model file */
  const char *doc;
} action_info[] = {
#define ACTION(name, argument, takes, model, doc) {#name, argument, takes, model, doc},
#define OPTION(...)
#include "train/options.def"
};

enum option {
#define ACTION(...)
#define OPTION(name, ...) OPTION_##name,
#include "train/options.def"
  OPTIONS
};

static const struct option_info {
  const char *name, *argument;
  unsigned actions;
  const char *doc;
} option_info[] = {
#define ACTION(...)
#define OPTION(name, argument, actions, doc) {#name, argument, actions, doc},
#include "train/options.def"
};

enum { NAME_LIMIT = 32, VALUE_LIMIT = 1 << 20 };

struct parser {
  struct options *options;
  struct arena *arena;
  struct fault *fault;
  int argc, at;
  char **argv;
  bool given[OPTIONS], acted;
};

/* "log_every" is written "log-every". */
static const char *spelled(char text[NAME_LIMIT], const char *name) {
  size_t i = 0;
  for (; name[i] && i + 1 < NAME_LIMIT; i++) text[i] = name[i] == '_' ? '-' : name[i];
  text[i] = 0;
  return text;
}

static bool is_called(const char *name, const char *word, size_t length) {
  char text[NAME_LIMIT];
  return strlen(spelled(text, name)) == length && strncmp(text, word, length) == 0;
}

static bool unknown(struct parser *parser, const char *word, size_t length) {
  enum { NEAR = 3 };
  char text[NAME_LIMIT], best[NAME_LIMIT] = "";
  const char *given = arena_copy_text(parser->arena, word, length);
  int distance = NEAR;
  for (int i = 0; i < ACTIONS + OPTIONS; i++) {
    const char *name = spelled(text, i < ACTIONS ? action_info[i].name : option_info[i - ACTIONS].name);
    int d = text_distance(given, name, distance);
    if (d >= distance) continue;
    distance = d;
    memcpy(best, text, sizeof best);
  }
  fault_set(parser->fault, FAULT_USAGE, "there is no option '--%s'", given);
  if (best[0]) return fault_hint(parser->fault, "did you mean '--%s'?", best);
  return fault_hint(parser->fault, "'crlc --help' lists the options");
}

static bool number(struct parser *parser, enum option option, const char *text, uint64_t low, uint64_t high,
                   uint64_t *value) {
  char name[NAME_LIMIT], *end;
  errno = 0;
  *value = strtoull(text, &end, 10);
  if (isdigit((unsigned char)text[0]) && !*end && !errno && *value >= low && *value <= high) return true;
  return fault_set(parser->fault, FAULT_USAGE,
                   "--%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'",
                   spelled(name, option_info[option].name), low, high, text);
}

/* A number of bytes: digits, perhaps with a fraction, and perhaps K, M or G for powers of 1024. */
static bool size(struct parser *parser, enum option option, const char *text, int64_t *value) {
  static const char units[] = "KMG";
  char name[NAME_LIMIT], *end;
  double bytes = strtod(text, &end);
  const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
  for (const char *u = units; unit && u <= unit; u++) bytes *= 1024;
  bool plain = isdigit((unsigned char)text[0]) && strspn(text, "0123456789.") == (size_t)(end - text);
  if (plain && (!*end || (unit && !end[1])) && bytes >= 1 && bytes < 1e18) {
    *value = (int64_t)bytes;
    return true;
  }
  return fault_set(parser->fault, FAULT_USAGE, "--%s takes a size such as 500K, 30M or 1.5G, not '%s'",
                   spelled(name, option_info[option].name), text);
}

static bool one_of(struct parser *parser, enum option option, const char *text, const char *a, const char *b) {
  char name[NAME_LIMIT];
  if (strcmp(text, a) == 0 || strcmp(text, b) == 0) return true;
  return fault_set(parser->fault, FAULT_USAGE, "--%s takes '%s' or '%s', not '%s'",
                   spelled(name, option_info[option].name), a, b, text);
}

static bool not_empty(struct parser *parser, enum option option, const char *text, const char **value) {
  char name[NAME_LIMIT];
  *value = text;
  if (text[0]) return true;
  return fault_set(parser->fault, FAULT_USAGE, "--%s is empty", spelled(name, option_info[option].name));
}

static bool add_set(struct parser *parser, const char *text) {
  const char *equals = strchr(text, '=');
  if (!equals || equals == text)
    return fault_set(parser->fault, FAULT_USAGE, "--set takes NAME=VALUE, not '%s'", text);
  vec_push(parser->arena, &parser->options->set, text);
  return true;
}

static bool store(struct parser *parser, enum option option, const char *text) {
  struct options *options = parser->options;
  uint64_t value = 0;
  bool ok = true;
  switch (option) {
  case OPTION_epochs:
    ok = number(parser, option, text, 1, 1000000000, &value);
    options->epochs = (int64_t)value;
    break;
  case OPTION_batch:
    ok = number(parser, option, text, 1, VALUE_LIMIT, &value);
    options->batch = (int64_t)value;
    break;
  case OPTION_log_every:
    ok = number(parser, option, text, 1, 1000000000, &value);
    options->log_every = (int64_t)value;
    break;
  case OPTION_threads:
    ok = number(parser, option, text, 1, 1024, &value);
    options->threads = (int)value;
    break;
  case OPTION_seed:
    ok = number(parser, option, text, 0, UINT64_MAX, &options->seed);
    options->seed_given = true;
    break;
  case OPTION_memory: ok = size(parser, option, text, &options->memory); break;
  case OPTION_data: ok = not_empty(parser, option, text, &options->data); break;
  case OPTION_out: ok = not_empty(parser, option, text, &options->out); break;
  case OPTION_variant: ok = not_empty(parser, option, text, &options->variant); break;
  case OPTION_stage: ok = not_empty(parser, option, text, &options->stage); break;
  case OPTION_to: ok = not_empty(parser, option, text, &options->to); break;
  case OPTION_trace: ok = not_empty(parser, option, text, &options->trace); break;
  case OPTION_split: ok = one_of(parser, option, options->split = text, "test", "train"); break;
  case OPTION_message_format:
    ok = one_of(parser, option, text, "text", "json");
    options->json = strcmp(text, "json") == 0;
    break;
  case OPTION_set: ok = add_set(parser, text); break;
  case OPTION_resume: options->resume = true; break;
  case OPTION_quiet: options->quiet = true; break;
  case OPTIONS: break;
  }
  return ok;
}

/* The argument of the word at hand: what follows its '=', or the next word. */
static bool argument(struct parser *parser, const char *name, const char *what, const char *inside,
                     const char **value) {
  char text[NAME_LIMIT];
  *value = inside;
  if (inside) return true;
  if (parser->at + 1 < parser->argc) {
    *value = parser->argv[++parser->at];
    return true;
  }
  return fault_set(parser->fault, FAULT_USAGE, "--%s needs an argument: --%s %s", spelled(text, name), text, what);
}

static bool take_action(struct parser *parser, enum action action, const char *inside) {
  const struct action_info *info = &action_info[action];
  struct options *options = parser->options;
  if (parser->acted && options->action != action)
    return fault_set(parser->fault, FAULT_USAGE, "--%s and --%s cannot be asked for together",
                     action_info[options->action].name, info->name);
  if (parser->acted) return fault_set(parser->fault, FAULT_USAGE, "--%s is given twice", info->name);
  parser->acted = true;
  options->action = action;
  options->argument = inside;
  bool more = parser->at + 1 < parser->argc;
  if (info->takes == NOTHING && inside)
    return fault_set(parser->fault, FAULT_USAGE, "--%s takes no argument", info->name);
  if (info->takes == OPTIONAL && !inside && more && parser->argv[parser->at + 1][0] != '-')
    options->argument = parser->argv[++parser->at];
  if (info->takes == REQUIRED) return argument(parser, info->name, info->argument, inside, &options->argument);
  return true;
}

static bool take_option(struct parser *parser, enum option option, const char *inside) {
  const struct option_info *info = &option_info[option];
  char name[NAME_LIMIT];
  if (parser->given[option] && option != OPTION_set)
    return fault_set(parser->fault, FAULT_USAGE, "--%s is given twice", spelled(name, info->name));
  parser->given[option] = true;
  if (!info->argument && inside)
    return fault_set(parser->fault, FAULT_USAGE, "--%s takes no argument", spelled(name, info->name));
  const char *value = NULL;
  return (!info->argument || argument(parser, info->name, info->argument, inside, &value)) &&
         store(parser, option, value);
}

static bool take_word(struct parser *parser, const char *word) {
  const char *name = word + 2, *equals = strchr(name, '=');
  size_t length = equals ? (size_t)(equals - name) : strlen(name);
  if (word[0] != '-' || !word[1]) {
    vec_push(parser->arena, &parser->options->files, word);
    return true;
  }
  if (word[1] != '-') {
    fault_set(parser->fault, FAULT_USAGE, "there is no option '%s'", word);
    return fault_hint(parser->fault, "options begin with two dashes; 'crlc --help' lists them");
  }
  for (int i = 0; i < ACTIONS; i++)
    if (is_called(action_info[i].name, name, length))
      return take_action(parser, (enum action)i, equals ? equals + 1 : NULL);
  for (int i = 0; i < OPTIONS; i++)
    if (is_called(option_info[i].name, name, length))
      return take_option(parser, (enum option)i, equals ? equals + 1 : NULL);
  return unknown(parser, name, length);
}

/* ---- what fits together ---- */

bool options_read_run(const struct options *options) {
  return options->action == ACTION_evaluate || options->action == ACTION_compute || options->action == ACTION_export ||
         (options->action == ACTION_train && options->resume);
}

static bool check_files(struct parser *parser) {
  struct options *options = parser->options;
  const struct action_info *info = &action_info[options->action];
  if (options->action == ACTION_fmt) {
    if (options->argument)
      return fault_set(parser->fault, FAULT_USAGE, "--fmt is followed by files: --fmt FILE...");
    return options->files.n || fault_set(parser->fault, FAULT_USAGE, "--fmt needs files: --fmt FILE...");
  }
  if (options->files.n > 1)
    return fault_set(parser->fault, FAULT_USAGE, "'%s' is one argument too many", options->files.at[1]);
  if (options->files.n) options->model = options->files.at[0];
  if (options->model && !info->model && options->action != ACTION_help)
    return fault_set(parser->fault, FAULT_USAGE, "--%s acts on no model, so '%s' means nothing to it", info->name,
                     options->model);
  if (options->model || !info->model || (options->out && options_read_run(options))) return true;
  fault_set(parser->fault, FAULT_USAGE, "no model file is given");
  return fault_hint(parser->fault, "crlc MODEL.crl --%s; 'crlc --help' lists what there is", info->name);
}

/* A directory in the model's place is a run: what reads a run reads that, all else takes its text for the model. */
static bool take_run(struct parser *parser) {
  struct options *options = parser->options;
  struct stat status;
  if (!options->model || stat(options->model, &status) != 0 || !S_ISDIR(status.st_mode)) return true;
  const char *run = options->model;
  options->model = options_read_run(options) ? NULL : arena_format(parser->arena, "%s/model.crl", run);
  if (options->model && access(options->model, F_OK) == 0) return true;
  if (options->model) {
    fault_set(parser->fault, FAULT_DATA, "'%s' is a folder without a 'model.crl'", run);
    return fault_hint(parser->fault, "pass a model file, or the directory of a run");
  }
  if (options->out && strcmp(options->out, run) != 0) {
    fault_set(parser->fault, FAULT_USAGE, "'%s' is one run and --out %s another", run, options->out);
    return fault_hint(parser->fault, "leave out --out");
  }
  options->out = run;
  return true;
}

static bool check_needs(struct parser *parser) {
  struct options *options = parser->options;
  const char *action = action_info[options->action].name;
  if (options->resume && !options->out)
    return fault_set(parser->fault, FAULT_USAGE,
                     "--resume needs the directory of the run to go on with: --out DIR");
  if (options_read_run(options) && !options->out)
    return fault_set(parser->fault, FAULT_USAGE, "--%s needs the directory of a run: --out DIR", action);
  if (options->action == ACTION_compute && !options->to)
    return fault_set(parser->fault, FAULT_USAGE, "--compute needs a file to write: --to FILE");
  return true;
}

static bool check_options(struct parser *parser) {
  char name[NAME_LIMIT];
  const char *where = action_info[parser->options->action].name;
  for (int i = 0; i < OPTIONS; i++) {
    if (!parser->given[i] || option_info[i].actions >> parser->options->action & 1) continue;
    fault_set(parser->fault, FAULT_USAGE, "--%s means nothing to --%s", spelled(name, option_info[i].name), where);
    const char *list = "";
    for (int a = 0; a < ACTIONS; a++)
      if (option_info[i].actions >> a & 1)
        list = arena_format(parser->arena, "%s%s--%s", list, *list ? ", " : "", action_info[a].name);
    return fault_hint(parser->fault, "it goes with %s", list);
  }
  return true;
}

bool options_parse(struct options *options, struct arena *arena, int argc, char **argv, struct fault *fault) {
  struct parser parser = {.options = options, .arena = arena, .fault = fault, .argc = argc, .argv = argv};
  *options = (struct options){.action = ACTION_summary, .seed = 1};
  for (parser.at = 1; parser.at < argc; parser.at++)
    if (!take_word(&parser, argv[parser.at])) return false;
  return check_files(&parser) && take_run(&parser) && check_options(&parser) && check_needs(&parser);
}

const char *options_help(struct arena *arena) {
  enum { WIDTH = 24 };
  char name[NAME_LIMIT];
  const char *text = "usage: crlc MODEL.crl [ACTION] [OPTION]...\n\nactions:\n";
  for (int i = 0; i < ACTIONS; i++) {
    const struct action_info *info = &action_info[i];
    const char *left = !info->argument               ? arena_format(arena, "--%s", info->name)
                       : info->takes == AFTER_EQUALS ? arena_format(arena, "--%s[=%s]", info->name, info->argument)
                       : info->takes == OPTIONAL     ? arena_format(arena, "--%s [%s]", info->name, info->argument)
                                                     : arena_format(arena, "--%s %s", info->name, info->argument);
    text = arena_format(arena, "%s  %-*s %s\n", text, WIDTH, left, info->doc);
  }
  text = arena_format(arena, "%s\noptions:\n", text);
  for (int i = 0; i < OPTIONS; i++) {
    const struct option_info *info = &option_info[i];
    const char *left = info->argument ? arena_format(arena, "--%s %s", spelled(name, info->name), info->argument)
                                      : arena_format(arena, "--%s", spelled(name, info->name));
    text = arena_format(arena, "%s  %-*s %s\n", text, WIDTH, left, info->doc);
  }
  return arena_format(
      arena,
      "%s\nexit status: 0 done; 1 the model has errors; 2 wrong usage; 3 data or files; 4 numerical "
      "failure;\n130, 143 stopped by a signal after a checkpoint\n",
      text);
}
