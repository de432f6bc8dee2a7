#include "graph/program.h"
#include "base/arena.h"

const char *program_data(const struct program *program) {
  const char *names = NULL;
  for (size_t i = 0; i < program->tables.n; i++)
    names = arena_format(program->arena, "%s%s%s", names ? names : "", names ? ", " : "", program->tables.at[i]->name);
  return names;
}
