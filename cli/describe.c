#include "cli/describe.h"

#include <string.h>

#include "base/string_builder.h"

enum { LEFT = HELP_INDENT - 3 };

static const char summary[] = "models of several views, written as text, trained and measured";

static const struct {
  const char *status, *meaning;
} statuses[] = {
    {"0", "done"},
    {"1", "the model file has errors"},
    {"2", "wrong usage"},
    {"3", "data or files"},
    {"4", "numerical failure, with the layer named"},
    {"129, 130, 143", "stopped by SIGHUP, SIGINT, SIGTERM, after a checkpoint"},
};
enum { STATUSES = sizeof statuses / sizeof *statuses };

/* What follows the name: " DIR", "[=FILE]" */
static const char *action_argument(struct arena *arena, const struct action_info *info) {
  return !info->argument                     ? ""
         : info->takes == TAKES_AFTER_EQUALS ? arena_format(arena, "[=%s]", info->argument)
         : info->takes == TAKES_OPTIONAL     ? arena_format(arena, " [%s]", info->argument)
                                             : arena_format(arena, " %s", info->argument);
}

static const char *option_argument(struct arena *arena, const struct option_info *info) {
  return info->argument ? arena_format(arena, " %s", info->argument) : "";
}

/* With what stands for it where it is not given. */
static const char *option_doc(struct arena *arena, const struct option_info *info) {
  return info->otherwise ? arena_format(arena, "%s (%s)", info->doc, info->otherwise) : info->doc;
}

/* ---- help ---- */

/* "-o, --out DIR  the run directory" */
static void add_help(struct string_builder *out, char letter, const char *name, const char *argument, const char *doc) {
  const char *shorter = letter ? arena_format(out->arena, "-%c, ", letter) : "    ";
  const char *usage = arena_format(out->arena, "%s--%s%s", shorter, option_spelled(out->arena, name), argument);
  string_add(out, "  %-*s %s\n", LEFT, usage, doc);
}

const char *describe_help(struct arena *arena) {
  struct string_builder out = {.arena = arena};
  string_put(&out, "usage: crlc MODEL.crl [ACTION] [OPTION]...\n       crlc RUN ACTION [OPTION]...\n\nactions:\n");
  for (const struct action_info *info = action_info; info < action_info + ACTIONS; info++)
    add_help(&out, info->letter, info->name, action_argument(arena, info), info->doc);
  string_put(&out, "\noptions:\n");
  for (const struct option_info *info = option_info; info < option_info + OPTIONS; info++)
    add_help(&out, info->letter, info->name, option_argument(arena, info), option_doc(arena, info));
  string_put(&out, "\nexit status:\n");
  for (int i = 0; i < STATUSES; i++) string_add(&out, "  %-*s %s\n", LEFT, statuses[i].status, statuses[i].meaning);
  return string_get(&out);
}

/* ---- the manual page ---- */

/* In roff a backslash and a minus that is meant as one are written with a backslash; so is a line's first dot. */
static void put_roff(struct string_builder *out, const char *string) {
  if (strchr(".'", *string)) string_put(out, "\\&");
  for (; *string; string++) {
    if (strchr("\\-", *string)) string_put(out, *string == '\\' ? "\\e" : "\\-");
    else string_put_bytes(out, string, 1);
  }
}

static void add_entry(struct string_builder *out, char letter, const char *name, const char *argument,
                      const char *doc) {
  string_put(out, ".TP\n\\fB");
  if (letter) string_add(out, "\\-%c\\fR, \\fB", letter);
  put_roff(out, arena_format(out->arena, "--%s", option_spelled(out->arena, name)));
  string_put(out, "\\fR");
  if (*argument) put_roff(out, argument);
  string_put(out, "\n");
  put_roff(out, doc);
  string_put(out, "\n");
}

static void add_pair(struct string_builder *out, const char *term, const char *meaning) {
  string_put(out, ".TP\n.B ");
  put_roff(out, term);
  string_put(out, "\n");
  put_roff(out, meaning);
  string_put(out, "\n");
}

const char *describe_manual(struct arena *arena, const char *version) {
  struct string_builder out = {.arena = arena};
  string_add(&out, ".TH CRLC 1 \"\" \"crlc %s\" \"User Commands\"\n.SH NAME\ncrlc \\- %s\n", version, summary);
  string_put(&out, ".SH SYNOPSIS\n.B crlc\n.I MODEL.crl\n[\\fIaction\\fR] [\\fIoption\\fR]...\n.br\n.B crlc\n.I RUN\n"
                   "\\fIaction\\fR [\\fIoption\\fR]...\n.SH DESCRIPTION\n"
                   "A model is one text file, which says its data, views, layers, losses, training and measurements.\n"
                   "crlc checks it, compiles it to a graph, trains it and measures the result.\n"
                   "A run is the directory that training leaves; it holds all that later actions need.\n"
                   "Results go to standard output, all else to standard error.\n.SH ACTIONS\n");
  for (const struct action_info *info = action_info; info < action_info + ACTIONS; info++)
    add_entry(&out, info->letter, info->name, action_argument(arena, info), info->doc);
  string_put(&out, ".SH OPTIONS\n");
  for (const struct option_info *info = option_info; info < option_info + OPTIONS; info++)
    add_entry(&out, info->letter, info->name, option_argument(arena, info), option_doc(arena, info));
  string_put(&out, ".SH EXIT STATUS\n");
  for (int i = 0; i < STATUSES; i++) add_pair(&out, statuses[i].status, statuses[i].meaning);
  string_put(&out, ".SH ENVIRONMENT\n");
  add_pair(&out, "CRL_DATA", "where data sets are looked for without --data; it must be there if it is set");
  add_pair(&out, "CRL_KERNELS", "avx2 or portable: products and sums as on a lesser machine");
  add_pair(&out, "NO_COLOR", "if it is set, nothing is bold");
  return string_get(&out);
}
