/* A small model with lines of a test added, and what came of them: its terms, variables and program. */
#ifndef TESTS_DSL_TERMS_H
#define TESTS_DSL_TERMS_H
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "data/catalogue.h"
#include "dsl/lower/compile.h"
#include "grammar/parse.h"

static struct arena *arena;
static inline void begin(void) { arena = arena_new(); }
static inline void end(void) { arena_free(arena); }

static inline const struct data_set *choose(void *context, const char *const *names, size_t n, struct error *error) {
  (void)context, (void)n, (void)error;
  return catalogue_find(names[0]);
}

#define HEAD                       \
  "crl 1\n"                        \
  "data digits = mnist\n"          \
  "view x = digits.image / 255\n"  \
  "u = x -> flatten -> dense(6)\n" \
  "v = x -> flatten -> dense(6)\n"
#define TRAIN "train { epochs 1  batch 100  optimizer sgd() }\n"

/* The program of the small model above with these lines. */
static inline struct program *program_with(const char *train, const char *lines) {
  struct compile_settings settings = {.choose_data = choose, .parse = parse};
  struct error error = {0};
  const char *text = arena_format(arena, "%s%s%s", HEAD, train, lines);
  struct compiled *made = compile_text(arena, "case.crl", text, strlen(text), &settings, &error);
  ck_assert_msg(made != NULL, "%s", error.message);
  ck_assert_msg(made->program != NULL, "%s", diag_text(made->diags));
  return made->program;
}

static inline struct program *program_of(const char *lines) { return program_with(TRAIN, lines); }

static inline const struct variable *variable(const struct program *p, const char *name) {
  for (size_t i = 0; i < p->variables.n; i++)
    if (!strcmp(p->variables.at[i].name, name)) return &p->variables.at[i];
  return NULL;
}

static inline node_id term(const struct program *p, const char *name) {
  const struct graph *g = p->stages.at[0].update[0].step;
  for (size_t k = 0; k < g->roots.n; k++)
    if (!strcmp(g->roots.at[k].name, arena_format(arena, "term:%s", name))) return g->roots.at[k].node;
  ck_abort_msg("no term '%s'", name);
  return 0;
}

static inline void same(const struct program *p, const char *a, const char *b) {
  ck_assert_msg(term(p, a) == term(p, b), "'%s' and '%s' differ", a, b);
}

#endif
