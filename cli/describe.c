#include "cli/describe.h"

#include <string.h>

enum { LEFT = HELP_INDENT - 3 };

/* "-o, --out DIR" */
static const char *usage(struct arena *arena, char letter, const char *name, const char *argument) {
  const char *shorter = letter ? arena_format(arena, "-%c, ", letter) : "    ";
  return arena_format(arena, "%s--%s%s", shorter, option_spelled(arena, name), argument);
}

static const char *action_usage(struct arena *arena, const struct action_info *info) {
  const char *argument = !info->argument                     ? ""
                         : info->takes == TAKES_AFTER_EQUALS ? arena_format(arena, "[=%s]", info->argument)
                         : info->takes == TAKES_OPTIONAL     ? arena_format(arena, " [%s]", info->argument)
                                                             : arena_format(arena, " %s", info->argument);
  return usage(arena, info->letter, info->name, argument);
}

static const char *option_usage(struct arena *arena, const struct option_info *info) {
  const char *argument = info->argument ? arena_format(arena, " %s", info->argument) : "";
  return usage(arena, info->letter, info->name, argument);
}

/* With the words of a choice, and what stands for it where it is not given. */
static const char *option_doc(struct arena *arena, const struct option_info *info) {
  const char *text = info->doc;
  for (const char *const *word = info->domain.words; *word; word++)
    text = arena_format(arena, "%s%s%s", text, word == info->domain.words ? ": " : word[1] ? ", " : " or ", *word);
  return info->otherwise ? arena_format(arena, "%s (%s)", text, info->otherwise) : text;
}

const char *describe_help(struct arena *arena) {
  const char *text = "usage: crlc MODEL.crl [ACTION] [OPTION]...\n\nactions:\n";
  for (int i = 0; i < ACTIONS; i++)
    text = arena_format(arena, "%s  %-*s %s\n", text, LEFT, action_usage(arena, &action_info[i]), action_info[i].doc);
  text = arena_format(arena, "%s\noptions:\n", text);
  for (int i = 0; i < OPTIONS; i++)
    text = arena_format(arena, "%s  %-*s %s\n", text, LEFT, option_usage(arena, &option_info[i]),
                        option_doc(arena, &option_info[i]));
  return arena_format(arena,
                      "%s\nexit status: 0 done; 1 the model has errors; 2 wrong usage; 3 data or files; 4 numerical "
                      "failure;\n129, 130, 143 stopped by a signal after a checkpoint\n",
                      text);
}
