/* Completions of the command line for the shells, from its table.  Where no option stands, models and runs are
 * completed. */
#include <string.h>

#include "base/string_builder.h"
#include "cli/describe.h"

struct word { /* one action or option */
  char letter;
  const char *name, *argument, *doc;
  enum takes takes;
  bool repeats;
};

static struct word word_at(struct arena *arena, int i) {
  if (i < ACTIONS) {
    const struct action_info *info = &action_info[i];
    return (struct word){info->letter, option_spelled(arena, info->name), info->argument, info->doc, info->takes,
                         false};
  }
  const struct option_info *info = &option_info[i - ACTIONS];
  return (struct word){info->letter,
                       option_spelled(arena, info->name),
                       info->argument,
                       info->doc,
                       info->argument ? TAKES_REQUIRED : TAKES_NOTHING,
                       i - ACTIONS == OPTION_set || i - ACTIONS == OPTION_sweep};
}

/* What completes an argument: `file`, `folder`, `words` (with its words for %s), or `other`. */
static const char *by_kind(struct arena *arena, const char *argument, const char *file, const char *folder,
                           const char *words, const char *other) {
  if (strncmp(argument, "FILE", 4) == 0) return file;
  if (strcmp(argument, "DIR") == 0) return folder;
  if (!strchr(argument, '|')) return other;
  char *list = arena_copy_string(arena, argument, strlen(argument));
  for (char *at = list; (at = strchr(at, '|'));) *at = ' ';
  const char *place = strstr(words, "%s");
  return arena_format(arena, "%.*s%s%s", (int)(place - words), words, list, place + 2);
}

/* A string in single quotes; a quote within ends them, stands by itself and begins them again. */
static const char *quoted(struct arena *arena, const char *string) {
  struct string_builder out = {.arena = arena};
  string_put(&out, "'");
  for (; *string; string++) {
    if (*string == '\'') string_put(&out, "'\\''");
    else string_put_bytes(&out, string, 1);
  }
  string_put(&out, "'");
  return string_get(&out);
}

static const char *bash(struct arena *arena) {
  struct string_builder out = {.arena = arena}, all = {.arena = arena};
  string_put(&out, "_crlc() {\n  local word=${COMP_WORDS[COMP_CWORD]}\n  case ${COMP_WORDS[COMP_CWORD-1]} in\n");
  for (int i = 0; i < ACTIONS + OPTIONS; i++) {
    struct word w = word_at(arena, i);
    const char *letter = w.letter ? arena_format(arena, "-%c", w.letter) : "";
    string_add(&all, "--%s %s%s", w.name, letter, w.letter ? " " : "");
    if (w.takes != TAKES_REQUIRED) continue;
    string_add(&out, "  --%s%s%s) mapfile -t COMPREPLY < <(compgen %s -- \"$word\"); return ;;\n", w.name,
               w.letter ? "|" : "", letter, by_kind(arena, w.argument, "-f", "-d", "-W '%s'", "-W ''"));
  }
  string_add(&out,
             "  esac\n  case $word in\n  -*) mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\") ;;\n"
             "  *) mapfile -t COMPREPLY < <(compgen -d -- \"$word\"; compgen -f -X '!*.crl' -- \"$word\") ;;\n"
             "  esac\n}\n"
             "complete -o filenames -F _crlc crlc\n",
             string_get(&all));
  return string_get(&out);
}

/* What _arguments is told of a word after its name: how the argument is given, the description, the argument. */
static const char *zsh_rest(struct arena *arena, const struct word *w, const char *given) {
  struct string_builder out = {.arena = arena};
  string_add(&out, "%s[", given);
  for (const char *doc = w->doc; *doc; doc++) {
    if (strchr("[]:\\", *doc)) string_put(&out, "\\"); /* these are its own */
    string_put_bytes(&out, doc, 1);
  }
  string_put(&out, "]");
  if (w->takes == TAKES_NOTHING || w->takes == TAKES_FILES) return string_get(&out);
  string_add(&out, "%s%s:%s", w->takes == TAKES_REQUIRED ? ":" : "::", w->argument,
             by_kind(arena, w->argument, "_files", "_directories", "(%s)", " "));
  return string_get(&out);
}

static const char *zsh(struct arena *arena) {
  static const char *const given[] = {[TAKES_NOTHING] = "",
                                      [TAKES_REQUIRED] = "=",
                                      [TAKES_OPTIONAL] = "",
                                      [TAKES_AFTER_EQUALS] = "=-",
                                      [TAKES_FILES] = ""};
  struct string_builder out = {.arena = arena};
  string_put(&out, "#compdef crlc\n_arguments \\\n");
  for (int i = 0; i < ACTIONS + OPTIONS; i++) {
    struct word w = word_at(arena, i);
    const char *rest = arena_format(arena, "--%s%s", w.name, zsh_rest(arena, &w, given[w.takes]));
    string_add(&out, "  %s%s \\\n", w.repeats ? "\\*" : "", quoted(arena, rest));
    if (!w.letter) continue;
    rest = arena_format(arena, "-%c%s", w.letter, zsh_rest(arena, &w, w.takes == TAKES_REQUIRED ? "+" : ""));
    string_add(&out, "  %s \\\n", quoted(arena, rest));
  }
  string_put(&out, "  '*:model or run:_files'\n");
  return string_get(&out);
}

static const char *fish(struct arena *arena) {
  struct string_builder out = {.arena = arena};
  for (int i = 0; i < ACTIONS + OPTIONS; i++) {
    struct word w = word_at(arena, i);
    string_add(&out, "complete -c crlc -l %s", w.name);
    if (w.letter) string_add(&out, " -s %c", w.letter);
    if (w.takes == TAKES_REQUIRED)
      string_add(&out, " %s",
                 by_kind(arena, w.argument, "-r -F", "-x -a '(__fish_complete_directories)'", "-x -a '%s'", "-x"));
    string_add(&out, " -d %s\n", quoted(arena, w.doc));
  }
  return string_get(&out);
}

const char *describe_completion(struct arena *arena, const char *shell) {
  static const char *(*const write[])(struct arena *) = {bash, zsh, fish};
  return write[option_choice(action_info[ACTION_completion].argument, shell)](arena);
}
