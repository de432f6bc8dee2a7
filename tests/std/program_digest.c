/* Prints what a model file comes to: of each stage its epochs, and digests of what it computes, and of what is measured and
 * shown.  What changes none of these lines changes nothing of the program.
 *
 * usage: program_digest FILE [VARIANT] */
#include <stdio.h>

#include "data/catalogue.h"
#include "dsl/lower/compile.h"
#include "grammar/parse.h"
#include "graph/digest.h"

static const struct data_set *choose(void *context, const char *const *names, size_t n, struct error *error) {
  (void)context, (void)n, (void)error;
  return catalogue_find(names[0]);
}

int main(int arguments, char **argument) {
  struct arena *arena = arena_new();
  struct error error = {0};
  struct compile_settings settings = {.choose_data = choose, .parse = parse};
  if (arguments > 2) settings.variant = argument[2];
  struct compiled *made = arguments > 1 ? compile_model(arena, argument[1], &settings, &error) : NULL;
  if (!made || !made->program) {
    fprintf(stderr, "%s\n", made ? diag_text(made->diags) : error.message);
    return 1;
  }
  const struct program *program = made->program;
  for (size_t i = 0; i < program->stages.n; i++) {
    const struct stage *stage = &program->stages.at[i];
    printf("stage %s %lld %s\n", stage->name, (long long)stage->epochs, digest_stage(arena, program, stage));
  }
  printf("evaluation %s\n", digest_evaluation(arena, program));
  arena_free(arena);
  return 0;
}
