#include "dsl/differ.h"

#include <stdio.h>
#include <string.h>

struct differ {
  struct arena *arena;
  struct sources *sources;
  const char *lines;
  int n;
};

/* ---- what is the same ---- */

static bool same_name(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool same(const struct ast *a, const struct ast *b) {
  if (!a || !b) return a == b;
  bool equal = a->kind == b->kind && a->op == b->op && a->kids == b->kids && a->number == b->number &&
               (a->kind == AST_NUMBER || same_name(a->name, b->name));
  for (int i = 0; equal && i < a->kids; i++) equal = same(a->kid[i], b->kid[i]);
  return equal;
}

/* Statements that hold others, in any order: they are compared by these. */
static bool is_container(const struct ast *s) {
  switch (s->kind) {
  case AST_FILE: case AST_MINIMIZE: case AST_MAXIMIZE: case AST_TRAIN: case AST_EVALUATE: return true;
  default: return false;
  }
}

static bool has_same(const struct ast *list, const struct ast *one) {
  for (int i = 0; i < list->kids; i++)
    if (same(list->kid[i], one)) return true;
  return false;
}

/* The one in the list that `one` stands for: of its kind and name. */
static const struct ast *counterpart(const struct ast *list, const struct ast *one) {
  for (int i = 0; i < list->kids; i++)
    if (list->kid[i]->kind == one->kind && same_name(list->kid[i]->name, one->name)) return list->kid[i];
  return NULL;
}

/* ---- what is said ---- */

static void say(struct differ *d, const char *line) {
  if (d->n++ < MOST_DIFFERENCES) d->lines = arena_format(d->arena, "%s\n  %s", d->lines, line);
}

/* The text of a tree on one line, cut where it is long. */
static const char *quote(const struct differ *d, const struct ast *ast) {
  enum { LONGEST = 60 };
  const struct source *source = source_get(d->sources, ast->span.source);
  char *out = arena_alloc(d->arena, LONGEST + sizeof "...");
  size_t n = 0;
  for (uint32_t at = ast->span.begin; at < ast->span.end && n < LONGEST; at++) {
    bool space = strchr(" \t\r\n", source->text[at]) != NULL;
    if (space && n && out[n - 1] == ' ') continue;
    out[n++] = space ? ' ' : source->text[at];
    if (n == LONGEST) strcpy(out + n, "...");
  }
  return out;
}

static void say_changed(struct differ *d, const struct ast *now, const struct ast *was) {
  const char *what = now->kind == AST_OPTION ? "option " : "";
  bool value = (now->kind == AST_OPTION || now->kind == AST_BIND || now->kind == AST_VIEW || now->kind == AST_TERM ||
                now->kind == AST_DATA || now->kind == AST_TRAIN_ITEM) && now->kid[0] && was->kid[0] &&
               !same(now->kid[0], was->kid[0]);
  if (value)
    say(d, arena_format(d->arena, "%s'%s' is %s and was %s in the run", what, now->name, quote(d, now->kid[0]),
                        quote(d, was->kid[0])));
  else
    say(d, arena_format(d->arena, "'%s' was '%s' in the run", quote(d, now), quote(d, was)));
}

static void compare(struct differ *d, const struct ast *now, const struct ast *was) {
  for (int i = 0; i < now->kids; i++) {
    const struct ast *one = now->kid[i];
    if (one->kind == AST_VARIANT || has_same(was, one)) continue;
    const struct ast *other = counterpart(was, one);
    if (other && is_container(one)) compare(d, one, other);
    else if (other && !has_same(now, other)) say_changed(d, one, other);
    else say(d, arena_format(d->arena, "'%s' was not in the run", quote(d, one)));
  }
  for (int i = 0; i < was->kids; i++) {
    const struct ast *one = was->kid[i];
    if (one->kind == AST_VARIANT || has_same(now, one) || counterpart(now, one)) continue;
    say(d, arena_format(d->arena, "'%s' was in the run", quote(d, one)));
  }
}

static void compare_used(struct differ *d, const struct compiled *now, const struct compiled *was) {
  for (size_t i = 0; i < now->used.n; i++)
    for (size_t k = 0; k < was->used.n; k++) {
      const struct used_file *a = &now->used.at[i], *b = &was->used.at[k];
      if (strcmp(a->name, b->name) != 0 || (a->length == b->length && memcmp(a->text, b->text, a->length) == 0)) continue;
      say(d, arena_format(d->arena, "the file '%s' has another text than in the run", a->name + strlen("used/")));
    }
}

const char *text_differences(struct arena *arena, const struct compiled *now, const struct compiled *was,
                             const struct compile_settings *settings) {
  struct differ d = {arena, sources_new(arena), "", 0};
  struct names *names = names_new(arena);
  struct diags *diags = diags_new(arena, d.sources);
  uint32_t first = source_add(d.sources, "now", now->resolved, strlen(now->resolved), false);
  uint32_t second = source_add(d.sources, "then", was->resolved, strlen(was->resolved), false);
  const struct ast *a = settings->parse(arena, names, d.sources, first, diags);
  const struct ast *b = settings->parse(arena, names, d.sources, second, diags);
  if (a && b) compare(&d, a, b);
  compare_used(&d, now, was);
  if (d.n > MOST_DIFFERENCES) return arena_format(arena, "%s\n  and %d more", d.lines, d.n - MOST_DIFFERENCES);
  return d.lines;
}
