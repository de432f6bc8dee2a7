#include "dsl/syntax/differ.h"

#include <stdio.h>
#include <string.h>

struct differ {
  struct arena *arena;
  struct sources *sources;
  const struct difference_test *test; /* NULL: every difference matters */
  const char *was;                    /* the run's text */
  const char *lines;
  int n;
};

/* ---- what is the same ---- */

static bool same_name(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

/* The first kids, which a chain may have many of within each other, in a loop. */
static bool same(const struct ast *a, const struct ast *b) {
  for (bool equal = true; equal; a = a->kid[0], b = b->kid[0]) {
    if (!a || !b) return a == b;
    equal = a->kind == b->kind && a->op == b->op && a->kids == b->kids && a->number == b->number &&
            (a->kind == AST_NUMBER || same_name(a->name, b->name));
    for (int i = 1; equal && i < a->kids; i++) equal = same(a->kid[i], b->kid[i]);
    if (!a->kids) return equal;
  }
  return false;
}

/* Statements that hold others, in any order: they are compared by these. */
static bool is_container(const struct ast *s) {
  switch (s->kind) {
  case AST_FILE:
  case AST_MINIMIZE:
  case AST_MAXIMIZE:
  case AST_TRAIN:
  case AST_EVALUATE:
  case AST_WATCH: return true;
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

static const char *written(const struct differ *d, const struct ast *ast) {
  const struct source *source = source_get(d->sources, ast->span.source);
  return arena_copy_string(d->arena, source->text + ast->span.begin, ast->span.end - ast->span.begin);
}

/* A text with other words between two locations. */
static const char *with(const struct differ *d, const char *text, uint32_t begin, uint32_t end, const char *words) {
  return arena_format(d->arena, "%.*s\n%s\n%s", (int)begin, text, words, text + end);
}

/* The run's text with the files that it uses where they lie beside a model. */
static const char *with_their_files(const struct differ *d, const struct ast *was) {
  const char *text = d->was;
  for (int i = was->kids; i-- > 0;) {
    const struct ast *use = was->kid[i];
    if (use->kind == AST_USE)
      text = with(d, text, use->span.begin, use->span.end,
                  arena_format(d->arena, "use \"%s\"", use->name + strlen("used/")));
  }
  return text;
}

static bool matters(const struct differ *d, const char *text, bool theirs) {
  return !d->test || d->test->matters(d->test->context, text, theirs);
}

static bool is_full(const struct differ *d) { return d->n > MOST_DIFFERENCES; }

static void say(struct differ *d, const char *line) {
  const char *reported = d->n++ < MOST_DIFFERENCES ? line : "and others";
  d->lines = arena_format(d->arena, "%s\n  %s", d->lines, reported);
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
                now->kind == AST_DATA || now->kind == AST_TRAIN_ITEM) &&
               now->kid[0] && was->kid[0] && !same(now->kid[0], was->kid[0]);
  if (value)
    say(d, arena_format(d->arena, "%s'%s' is %s and was %s in the run", what, now->name, quote(d, now->kid[0]),
                        quote(d, was->kid[0])));
  else say(d, arena_format(d->arena, "'%s' was '%s' in the run", quote(d, now), quote(d, was)));
}

/* `one` is in a container of now, and `was` is that container in the run. */
static void compare_one(struct differ *d, const struct ast *now, const struct ast *was, const struct ast *one) {
  const struct ast *other = counterpart(was, one);
  uint32_t end = was->kind == AST_FILE ? (uint32_t)strlen(d->was) : was->span.end - 1; /* before the '}' */
  if (other && !has_same(now, other)) {
    if (matters(d, with(d, d->was, other->span.begin, other->span.end, written(d, one)), false))
      say_changed(d, one, other);
  } else if (matters(d, with(d, d->was, end, end, written(d, one)), false)) {
    say(d, arena_format(d->arena, "'%s' was not in the run", quote(d, one)));
  }
}

static void compare(struct differ *d, const struct ast *now, const struct ast *was) {
  for (int i = 0; i < now->kids && !is_full(d); i++) {
    const struct ast *one = now->kid[i], *other = counterpart(was, one);
    if (one->kind == AST_VARIANT || has_same(was, one)) continue;
    if (other && is_container(one)) compare(d, one, other);
    else compare_one(d, now, was, one);
  }
  for (int i = 0; i < was->kids && !is_full(d); i++) {
    const struct ast *one = was->kid[i];
    if (one->kind == AST_VARIANT || has_same(now, one) || counterpart(now, one)) continue;
    if (matters(d, with(d, d->was, one->span.begin, one->span.end, ""), false))
      say(d, arena_format(d->arena, "'%s' was in the run", quote(d, one)));
  }
}

static void compare_used(struct differ *d, const struct model_text *now, const struct model_text *was) {
  for (size_t i = 0; i < now->n_used; i++)
    for (size_t k = 0; k < was->n_used; k++) {
      const struct used_file *a = &now->used[i], *b = &was->used[k];
      if (strcmp(a->name, b->name) != 0 || (a->length == b->length && memcmp(a->text, b->text, a->length) == 0))
        continue;
      say(d, arena_format(d->arena, "the file '%s' has another text than in the run", a->name + strlen("used/")));
    }
}

const char *text_differences(struct arena *arena, const struct model_text *now, const struct model_text *was,
                             parse_function *parse, const struct difference_test *test) {
  struct differ d = {arena, sources_new(arena), test, was->text, "", 0};
  struct names *names = names_new(arena);
  struct diags *diags = diags_new(arena, d.sources);
  uint32_t first = source_add(d.sources, "now", now->text, strlen(now->text), false);
  uint32_t second = source_add(d.sources, "then", was->text, strlen(was->text), false);
  const struct ast *a = parse(arena, names, d.sources, first, diags);
  const struct ast *b = parse(arena, names, d.sources, second, diags);
  if (a && b) compare(&d, a, b);
  if (b && now->n_used && matters(&d, with_their_files(&d, b), true)) compare_used(&d, now, was);
  return d.n || !test ? d.lines : text_differences(arena, now, was, parse, NULL);
}
