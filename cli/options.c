#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/names.h"

struct parser {
  struct options *options;
  struct arena *arena;
  struct error *error;
  int argc, at;
  char **argv;
  bool acted;
};

const char *option_spelled(struct arena *arena, const char *name) {
  char *string = arena_copy_string(arena, name, strlen(name));
  for (char *at = string; (at = strchr(at, '_'));) *at = '-';
  return string;
}

/* Refuses what was given for an option. */
#define REFUSE(parser, info, format, ...) \
  error_set((parser)->error, ERROR_USAGE, "--%s " format, option_spelled((parser)->arena, (info)->name), __VA_ARGS__)

/* ---- kinds: each reads an argument into its field of struct options ---- */

static bool read_FLAG(struct parser *parser, const struct option_info *info, const char *string, void *field) {
  (void)parser, (void)info, (void)string;
  *(option_FLAG *)field = true;
  return true;
}

static bool read_number(struct parser *parser, const struct option_info *info, const char *string, uint64_t *value) {
  char *end;
  errno = 0;
  *value = strtoull(string, &end, 10);
  if (isdigit((unsigned char)string[0]) && !*end && !errno && *value >= info->domain.low && *value <= info->domain.high)
    return true;
  return REFUSE(parser, info, "takes an integer from %" PRIu64 " to %" PRIu64 ", not '%s'", info->domain.low,
                info->domain.high, string);
}

/* "5" for 1 to 5, or the seeds themselves: "1,2,7". */
static bool read_SEEDS(struct parser *parser, const struct option_info *info, const char *string, void *field) {
  enum { MOST = 10000 };
  option_SEEDS *seeds = field;
  uint64_t value = 0;
  if (!strchr(string, ',')) {
    if (!read_number(parser, info, string, &value)) return false;
    if (value < 1 || value > MOST)
      return REFUSE(parser, info, "takes how many seeds, from 1 to %d, or a list such as 1,2,7; not '%s'", MOST,
                    string);
    for (uint64_t seed = 1; seed <= value; seed++) vec_push(parser->arena, seeds, seed);
    return true;
  }
  for (const char *at = string; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    const char *one = arena_copy_string(parser->arena, at, strcspn(at, ","));
    if (!read_number(parser, info, one, &value)) return false;
    for (size_t i = 0; i < seeds->n; i++)
      if (seeds->at[i] == value) return REFUSE(parser, info, "has the seed %s twice", one);
    vec_push(parser->arena, seeds, value);
  }
  return true;
}

static bool read_SEED(struct parser *parser, const struct option_info *info, const char *string, void *field) {
  return read_number(parser, info, string, field);
}

static bool read_WHOLE(struct parser *parser, const struct option_info *info, const char *string, void *field) {
  uint64_t value = 0;
  bool ok = read_number(parser, info, string, &value);
  *(option_WHOLE *)field = (int64_t)value;
  return ok;
}

/* A number of bytes: digits, perhaps with a fraction, and perhaps K, M or G for powers of 1024. */
static bool read_BYTES(struct parser *parser, const struct option_info *info, const char *string, void *field) {
  static const char units[] = "KMG";
  char *end;
  double bytes = strtod(string, &end);
  const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
  for (const char *u = units; unit && u <= unit; u++) bytes *= 1024;
  bool plain = isdigit((unsigned char)string[0]) && strspn(string, "0123456789.") == (size_t)(end - string);
  if (plain && (!*end || (unit && !end[1])) && bytes >= 1 && bytes < 1e18) {
    *(option_BYTES *)field = (int64_t)bytes;
    return true;
  }
  return REFUSE(parser, info, "takes a size such as 500K, 30M or 1.5G, not '%s'", string);
}

static bool read_WORD(struct parser *parser, const struct option_info *info, const char *string, void *field) {
  *(option_WORD *)field = string;
  return string[0] || REFUSE(parser, info, "is empty%s", "");
}

int option_choice(const char *choice, const char *string) {
  for (int i = 0; *choice; i++) {
    size_t length = strcspn(choice, "|");
    if (strlen(string) == length && strncmp(choice, string, length) == 0) return i;
    choice += length + (choice[length] == '|');
  }
  return -1;
}

/* "one|other|third" as "'one', 'other' or 'third'" */
static const char *listed(struct arena *arena, const char *choice) {
  const char *list = "";
  for (size_t length; *choice; choice += length + (choice[length] == '|')) {
    length = strcspn(choice, "|");
    list = arena_format(arena, "%s%s'%.*s'", list, !*list ? "" : choice[length] ? ", " : " or ", (int)length, choice);
  }
  return list;
}

static bool read_CHOICE(struct parser *parser, const struct option_info *info, const char *string, void *field) {
  *(option_CHOICE *)field = string;
  return option_choice(info->argument, string) >= 0 ||
         REFUSE(parser, info, "takes %s, not '%s'", listed(parser->arena, info->argument), string);
}

static bool read_PAIRS(struct parser *parser, const struct option_info *info, const char *string, void *field) {
  const char *equals = strchr(string, '=');
  option_PAIRS *pairs = field;
  if (!equals || equals == string) return REFUSE(parser, info, "takes %s, not '%s'", info->argument, string);
  size_t length = (size_t)(equals - string);
  for (size_t i = 0; i < pairs->n; i++)
    if (strncmp(pairs->at[i], string, length + 1) == 0)
      return REFUSE(parser, info, "has '%.*s' twice", (int)length, string);
  vec_push(parser->arena, pairs, string);
  return true;
}

/* ---- the table ---- */

#define WITH(action) (1u << ACTION_##action)
#define RANGE(low, high) \
  { low, high }
#define ANY \
  { 0, 0 }

enum {
  ANY_RUN = 0
#define ACTION(name, letter, argument, takes, on, doc) | (unsigned)(ON_##on == ON_RUN) << ACTION_##name
#define OPTION(...)
#include "cli/options.def"
  ,
  ANY_MODEL = 0
#define ACTION(name, letter, argument, takes, on, doc) | (unsigned)(ON_##on != ON_TEXT) << ACTION_##name
#define OPTION(...)
#include "cli/options.def"
};

const struct action_info action_info[] = {
#define ACTION(name, letter, argument, takes, on, doc) {#name, letter, argument, TAKES_##takes, ON_##on, doc},
#define OPTION(...)
#include "cli/options.def"
};

const struct option_info option_info[] = {
#define ACTION(...)
#define OPTION(name, letter, argument, kind, domain, otherwise, actions, doc) \
  {#name, letter, argument, read_##kind, domain, otherwise, actions, doc, offsetof(struct options, name)},
#include "cli/options.def"
};

/* ---- words ---- */

static bool unknown(struct parser *parser, const char *word, size_t length) {
  const char *given = arena_copy_string(parser->arena, word, length), *known[ACTIONS + OPTIONS];
  for (int i = 0; i < ACTIONS + OPTIONS; i++)
    known[i] = option_spelled(parser->arena, i < ACTIONS ? action_info[i].name : option_info[i - ACTIONS].name);
  const char *near = nearest(given, known, ACTIONS + OPTIONS);
  error_set(parser->error, ERROR_USAGE, "there is no option '--%s'", given);
  if (near) return error_hint(parser->error, "did you mean '--%s'?", near);
  return error_hint(parser->error, "'crlc --help' lists the options");
}

/* The argument of the current word: what follows in it, or the next word. */
static bool argument(struct parser *parser, const char *name, const char *what, const char *inside,
                     const char **value) {
  *value = inside;
  if (inside) return true;
  if (parser->at + 1 < parser->argc) {
    *value = parser->argv[++parser->at];
    return true;
  }
  name = option_spelled(parser->arena, name);
  return error_set(parser->error, ERROR_USAGE, "--%s needs an argument: --%s %s", name, name, what);
}

static bool check_choice(struct parser *parser, const struct action_info *info, const char *string) {
  if (!strchr(info->argument, '|') || option_choice(info->argument, string) >= 0) return true;
  return REFUSE(parser, info, "takes %s, not '%s'", listed(parser->arena, info->argument), string);
}

static bool take_action(struct parser *parser, enum action action, const char *inside) {
  const struct action_info *info = &action_info[action];
  struct options *options = parser->options;
  if (parser->acted && options->action != action)
    return error_set(parser->error, ERROR_USAGE, "--%s and --%s cannot be asked for together",
                     action_info[options->action].name, info->name);
  if (parser->acted) return error_set(parser->error, ERROR_USAGE, "--%s is given twice", info->name);
  parser->acted = true;
  options->action = action;
  options->argument = inside;
  bool more = parser->at + 1 < parser->argc;
  if (info->takes == TAKES_NOTHING && inside)
    return error_set(parser->error, ERROR_USAGE, "--%s takes no argument", info->name);
  if (info->takes == TAKES_OPTIONAL && !inside && more && parser->argv[parser->at + 1][0] != '-')
    options->argument = parser->argv[++parser->at];
  if (info->takes == TAKES_REQUIRED)
    return argument(parser, info->name, info->argument, inside, &options->argument) &&
           check_choice(parser, info, options->argument);
  return true;
}

static void *field_of(struct options *options, const struct option_info *info) { return (char *)options + info->field; }

static bool take_option(struct parser *parser, enum option option, const char *inside) {
  const struct option_info *info = &option_info[option];
  struct options *options = parser->options;
  if (options->given[option] && info->read != read_PAIRS) return REFUSE(parser, info, "is given twice%s", "");
  options->given[option] = true;
  if (!info->argument && inside) return REFUSE(parser, info, "takes no argument%s", "");
  const char *value = NULL;
  return (!info->argument || argument(parser, info->name, info->argument, inside, &value)) &&
         info->read(parser, info, value, field_of(options, info));
}

static bool is_called(struct parser *parser, const char *name, const char *word, size_t length) {
  const char *spelled = option_spelled(parser->arena, name);
  return strlen(spelled) == length && strncmp(spelled, word, length) == 0;
}

/* "--name", "--name=argument" */
static bool take_long(struct parser *parser, const char *name) {
  const char *equals = strchr(name, '=');
  size_t length = equals ? (size_t)(equals - name) : strlen(name);
  for (int i = 0; i < ACTIONS; i++)
    if (is_called(parser, action_info[i].name, name, length))
      return take_action(parser, (enum action)i, equals ? equals + 1 : NULL);
  for (int i = 0; i < OPTIONS; i++)
    if (is_called(parser, option_info[i].name, name, length))
      return take_option(parser, (enum option)i, equals ? equals + 1 : NULL);
  return unknown(parser, name, length);
}

/* "-x", "-xargument" */
static bool take_short(struct parser *parser, const char *word) {
  const char *inside = word[2] ? word + 2 : NULL;
  for (int i = 0; i < ACTIONS; i++)
    if (action_info[i].letter == word[1]) return take_action(parser, (enum action)i, inside);
  for (int i = 0; i < OPTIONS; i++)
    if (option_info[i].letter == word[1]) return take_option(parser, (enum option)i, inside);
  error_set(parser->error, ERROR_USAGE, "there is no option '%s'", word);
  return error_hint(parser->error, "'crlc --help' lists the options");
}

static bool take_word(struct parser *parser, const char *word) {
  if (word[0] == '-' && word[1]) return word[1] == '-' ? take_long(parser, word + 2) : take_short(parser, word);
  vec_push(parser->arena, &parser->options->files, word);
  return true;
}

/* ---- what fits together ---- */

static bool options_read_run(const struct options *options) {
  return action_info[options->action].on == ON_RUN || (options->action == ACTION_train && options->resume);
}

static bool check_files(struct parser *parser) {
  struct options *options = parser->options;
  const struct action_info *info = &action_info[options->action];
  bool model = info->on != ON_TEXT;
  if (info->takes == TAKES_FILES) {
    if (options->argument)
      return error_set(parser->error, ERROR_USAGE, "--%s is followed by its arguments: --%s %s", info->name, info->name,
                       info->argument);
    return options->files.n || error_set(parser->error, ERROR_USAGE, "--%s needs an argument: --%s %s", info->name,
                                         info->name, info->argument);
  }
  if (options->files.n > 1)
    return error_set(parser->error, ERROR_USAGE, "'%s' is one argument too many", options->files.at[1]);
  if (options->files.n) options->model = options->files.at[0];
  if (options->model && !model && options->action != ACTION_help)
    return error_set(parser->error, ERROR_USAGE, "--%s acts on no model, so '%s' means nothing to it", info->name,
                     options->model);
  if (options->model || !model || (options->out && options_read_run(options))) return true;
  error_set(parser->error, ERROR_USAGE, "no model file is given");
  return error_hint(parser->error, "crlc MODEL.crl --%s; 'crlc --help' lists what there is", info->name);
}

/* "runs/a/" is "runs/a". */
static const char *without_slashes(struct arena *arena, const char *folder) {
  size_t length = strlen(folder);
  while (length > 1 && folder[length - 1] == '/') length--;
  return arena_copy_string(arena, folder, length);
}

/* A directory in the model's place is a run: what reads a run reads that, all else takes its text for the model. */
static bool take_run(struct parser *parser) {
  struct options *options = parser->options;
  struct stat status;
  if (options->out) options->out = without_slashes(parser->arena, options->out);
  if (!options->model || stat(options->model, &status) != 0 || !S_ISDIR(status.st_mode)) return true;
  const char *run = without_slashes(parser->arena, options->model);
  options->model = options_read_run(options) ? NULL : arena_format(parser->arena, "%s/model.crl", run);
  if (options->model && access(options->model, F_OK) == 0) return true;
  if (options->model) {
    error_set(parser->error, ERROR_DATA, "'%s' is a folder without a 'model.crl'", run);
    return error_hint(parser->error, "pass a model file, or the directory of a run");
  }
  if (options->out && strcmp(options->out, run) != 0) {
    error_set(parser->error, ERROR_USAGE, "'%s' is one run and --out %s another", run, options->out);
    return error_hint(parser->error, "leave out --out");
  }
  options->out = run;
  return true;
}

static bool check_needs(struct parser *parser) {
  struct options *options = parser->options;
  const char *action = action_info[options->action].name;
  if (options->resume && !options->out)
    return error_set(parser->error, ERROR_USAGE, "--resume needs the directory of the run to go on with: --out DIR");
  if (options_read_run(options) && !options->out)
    return error_set(parser->error, ERROR_USAGE, "--%s needs the directory of a run: --out DIR", action);
  if (options->action == ACTION_compute && !options->to)
    return error_set(parser->error, ERROR_USAGE, "--compute needs a file to write: --to FILE");
  if (options->seeds.n && options->given[OPTION_seed])
    return error_set(parser->error, ERROR_USAGE, "--seed gives one seed and --seeds several");
  if (options->lowest && options->highest)
    return error_set(parser->error, ERROR_USAGE, "the best of a sweep is by --lowest or by --highest, not by both");
  if ((options->lowest || options->highest) && !options->sweep.n)
    return error_set(parser->error, ERROR_USAGE, "--%s goes with --sweep", options->lowest ? "lowest" : "highest");
  return true;
}

static bool check_meant(struct parser *parser) {
  const enum action action = parser->options->action;
  for (int i = 0; i < OPTIONS; i++) {
    const struct option_info *info = &option_info[i];
    if (!parser->options->given[i] || info->actions >> action & 1) continue;
    REFUSE(parser, info, "means nothing to --%s", action_info[action].name);
    const char *list = "";
    for (int a = 0; a < ACTIONS; a++)
      if (info->actions >> a & 1)
        list = arena_format(parser->arena, "%s%s--%s", list, *list ? ", " : "", action_info[a].name);
    return error_hint(parser->error, "it goes with %s", list);
  }
  return true;
}

/* What is not given is as if it were given so. */
static void fill_in(struct parser *parser) {
  for (const struct option_info *info = option_info; info < option_info + OPTIONS; info++)
    if (info->otherwise) info->read(parser, info, info->otherwise, field_of(parser->options, info));
}

bool options_parse(struct options *options, struct arena *arena, int argc, char **argv, struct error *error) {
  struct parser parser = {.options = options, .arena = arena, .error = error, .argc = argc, .argv = argv};
  *options = (struct options){.action = ACTION_summary};
  fill_in(&parser);
  for (parser.at = 1; parser.at < argc; parser.at++)
    if (!take_word(&parser, argv[parser.at])) return false;
  return check_files(&parser) && take_run(&parser) && check_meant(&parser) && check_needs(&parser);
}
