/* Options that are set in vain. */
#include "dsl/lower/stage.h"

static void check_option(const struct context *e, const struct ast *file, const struct ast *option) {
  VEC(const char *) others = {0};
  if (ast_reads(file, option->name)) return;
  diag_error(e->diags, DIAG_E0412, option->at, "nothing reads the option '%s'", option->name);
  for (int i = 0; i < file->kids; i++)
    if (file->kid[i]->kind == AST_OPTION && file->kid[i] != option) vec_push(e->arena, &others, file->kid[i]->name);
  const char *near = nearest(option->name, others.at, others.n);
  if (near) diag_hint(e->diags, "did you mean '%s'?", near);
}

void check_options(const struct context *e, const struct ast *file) {
  for (int i = 0; i < file->kids; i++) {
    const struct ast *s = file->kid[i];
    if (s->kind == AST_OPTION) check_option(e, file, s);
    for (int k = 0; s->kind == AST_VARIANT && k < s->kid[1]->kids; k++)
      if (s->kid[1]->kid[k]->kind == AST_OPTION) check_option(e, file, s->kid[1]->kid[k]);
  }
}
