/* The command line: what is asked for, and with which settings.  An option that means nothing to the action is an
 * error, as is one that does not exist; nothing is read and then ignored.
 *
 * Ownership: strings are argv's, the arena's or the table's. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

enum action {
#define ACTION(name, ...) ACTION_##name,
#define OPTION(...)
#include "cli/options.def"
  ACTIONS
};

enum option {
#define ACTION(...)
#define OPTION(name, ...) OPTION_##name,
#include "cli/options.def"
  OPTIONS
};

typedef bool option_FLAG;
typedef int64_t option_WHOLE;
typedef uint64_t option_SEED;
typedef int64_t option_BYTES;
typedef const char *option_WORD, *option_CHOICE;
typedef VEC(const char *) option_PAIRS;
typedef VEC(uint64_t) option_SEEDS;

struct options {
  enum action action;
  const char *argument;    /* the action's, or NULL */
  const char *model;       /* path of the model file; NULL where there is none, or it is the run's */
  VEC(const char *) files; /* of --fmt */
  bool given[OPTIONS];
#define ACTION(...)
#define OPTION(name, letter, argument, kind, ...) option_##kind name;
#include "cli/options.def"
};

/* ---- the table ---- */

enum takes { TAKES_NOTHING, TAKES_REQUIRED, TAKES_OPTIONAL, TAKES_AFTER_EQUALS, TAKES_FILES };
enum subject { ON_TEXT, ON_MODEL, ON_RUN };

struct action_info {
  const char *name; /* with '_' for '-', as of an option: see option_spelled */
  char letter;
  const char *argument;
  enum takes takes;
  enum subject on;
  const char *doc;
};

struct domain {
  uint64_t low, high;
};

struct parser;
struct option_info {
  const char *name;
  char letter;
  const char *argument; /* NULL: none; "one|other": a choice */
  bool (*read)(struct parser *parser, const struct option_info *info, const char *string, void *field);
  struct domain domain;
  const char *otherwise;
  unsigned actions; /* a bit each */
  const char *doc;
  size_t field; /* where it is in struct options */
};

extern const struct action_info action_info[ACTIONS];
extern const struct option_info option_info[OPTIONS];

/* A name of the table as it is written after the two dashes. */
const char *option_spelled(struct arena *arena, const char *name);

/* Which of the words of a choice, "one|other", a string is: its number, or -1. */
int option_choice(const char *choice, const char *string);

/* ---- reading ---- */

/* ERROR_USAGE with the remedy. */
bool options_parse(struct options *options, struct arena *arena, int argc, char **argv, struct error *error);

#endif
