/* What the front end makes of files, as text, for the golden tests: `syntax tree|format|report FILE...`.
 * Exit status 1 where a file has errors; with `tree` and `format` they are printed on stderr. */
#include <stdio.h>
#include <string.h>

#include "grammar/parse.h"

static int show(const char *mode, const char *path) {
  struct arena *arena = arena_new();
  struct sources *sources = sources_new(arena);
  struct error error = {0};
  uint32_t source = source_read(sources, path, &error);
  if (!source) {
    fprintf(stderr, "%s\n", error.message);
    arena_free(arena);
    return 2;
  }
  struct diags *diags = diags_new(arena, sources);
  struct ast *tree = parse(arena, names_new(arena), sources, source, diags);
  int status = diag_errors(diags) > 0;
  if (!strcmp(mode, "report")) fputs(diag_text(diags), stdout);
  else if (status) fputs(diag_text(diags), stderr);
  else fputs(!strcmp(mode, "tree") ? ast_dump(arena, tree) : ast_format(arena, sources, tree), stdout);
  arena_free(arena);
  return status;
}

int main(int argc, char **argv) {
  static const char *const modes[] = {"tree", "format", "report"};
  const char *mode = argc > 2 ? argv[1] : "";
  int known = 0, status = 0;
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) known |= !strcmp(mode, modes[i]);
  if (!known) {
    fprintf(stderr, "usage: syntax tree|format|report FILE...\n");
    return 2;
  }
  for (int i = 2; i < argc; i++) {
    int one = show(mode, argv[i]);
    if (one > status) status = one;
  }
  return status;
}
