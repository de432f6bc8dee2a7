/* Variants: an ablation is a named difference.  The statements of `variant NAME { ... }` replace those of the file:
 * a definition replaces the one of its name, a loss term the term of its name, a setting of `train` the setting of its
 * name, `evaluate`, `watch` and `show` all of theirs; what the file does not have is added; `without L1` leaves a
 * term out. */
#include "dsl/lower/stage.h"

static struct ast *copy_list(struct arena *arena, const struct ast *from) {
  struct ast *copy = ast_new(arena, from->kind, from->span);
  *copy = *from;
  copy->kids = copy->capacity = 0;
  copy->kid = NULL;
  return copy;
}

static const struct ast *find_definition(const struct ast *body, const char *name) {
  for (int i = 0; i < body->kids; i++)
    if (ast_defines(body->kid[i]) && body->kid[i]->name == name) return body->kid[i];
  return NULL;
}

static bool has_kind(const struct ast *body, enum ast_kind kind) {
  for (int i = 0; i < body->kids; i++)
    if (body->kid[i]->kind == kind) return true;
  return false;
}

static bool is_loss(const struct ast *s) { return s->kind == AST_MINIMIZE || s->kind == AST_MAXIMIZE; }

/* Whether the variant says something about the loss term `name`: another one, or none. */
static bool replaces_term(const struct ast *body, const char *loss, const char *name, const struct ast **without) {
  for (int i = 0; i < body->kids; i++) {
    const struct ast *s = body->kid[i];
    bool same = (is_loss(s) && s->name == loss) || s->kind == AST_WITHOUT;
    for (int k = 0; same && k < s->kids; k++)
      if (s->kid[k]->name == name) {
        if (s->kind == AST_WITHOUT) *without = s->kid[k];
        return true;
      }
  }
  return false;
}

static struct ast *merge_train(struct arena *arena, const struct ast *old, const struct ast *new) {
  struct ast *merged = copy_list(arena, old);
  if (new->name) merged->name = new->name;
  bool only = has_kind(new, AST_TRAIN_ONLY) || has_kind(new, AST_KEEP);
  bool turns = has_kind(new, AST_TURN) || has_kind(new, AST_WRITTEN);
  for (int i = 0; i < old->kids; i++) {
    const struct ast *item = old->kid[i];
    bool replaced = only && (item->kind == AST_TRAIN_ONLY || item->kind == AST_KEEP);
    replaced |= turns && (item->kind == AST_TURN || item->kind == AST_WRITTEN);
    replaced |= (item->kind == AST_KEEP_BEST || item->kind == AST_STOP) && has_kind(new, item->kind);
    for (int k = 0; k < new->kids; k++)
      replaced |= item->kind == AST_TRAIN_ITEM && new->kid[k]->kind == AST_TRAIN_ITEM &&new->kid[k]->name == item->name;
    if (!replaced) ast_add(arena, merged, old->kid[i]);
  }
  for (int k = 0; k < new->kids; k++) ast_add(arena, merged, new->kid[k]);
  return merged;
}

static struct ast *merge_losses(struct arena *arena, struct ast *old, const struct ast *body, int *removed) {
  struct ast *merged = copy_list(arena, old);
  for (int k = 0; k < old->kids; k++) {
    const struct ast *without = NULL;
    bool replaced = old->kid[k]->kind == AST_TERM && replaces_term(body, old->name, old->kid[k]->name, &without);
    if (without) ++*removed;
    if (!replaced) ast_add(arena, merged, old->kid[k]);
  }
  return merged->kids ? merged : NULL;
}

static void check_without(const struct context *e, const struct ast *file, const struct ast *body) {
  for (int i = 0; i < body->kids; i++) {
    if (body->kid[i]->kind != AST_WITHOUT) continue;
    for (int k = 0; k < body->kid[i]->kids; k++) {
      const struct ast *name = body->kid[i]->kid[k];
      VEC(const char *) terms = {0};
      bool found = false;
      for (int s = 0; s < file->kids; s++)
        for (int t = 0; is_loss(file->kid[s]) && t < file->kid[s]->kids; t++) {
          const char *term = file->kid[s]->kid[t]->name;
          found |= term == name->name;
          if (term) vec_push(e->arena, &terms, term);
        }
      if (found) continue;
      diag_error(e->diags, DIAG_E0411, name->span, "there is no loss term '%s' to leave out", name->name);
      const char *near = nearest(name->name, terms.at, terms.n);
      if (near) diag_hint(e->diags, "did you mean '%s'?", near);
    }
  }
}

static void once(const struct context *e, const struct ast *list, int i, bool (*counts)(const struct ast *)) {
  for (int k = 0; k < i && counts(list->kid[i]); k++) {
    if (!counts(list->kid[k]) || list->kid[k]->name != list->kid[i]->name) continue;
    diag_error(e->diags, DIAG_E0202, list->kid[i]->at, "'%s' is defined twice", list->kid[i]->name);
    diag_label(e->diags, list->kid[k]->at, "'%s' was defined here", list->kid[i]->name);
    return;
  }
}

static bool is_variant(const struct ast *s) { return s->kind == AST_VARIANT; }

/* Variants have different names, and so have the definitions of each. */
void check_variant_names(const struct context *e, const struct ast *file) {
  for (int i = 0; i < file->kids; i++) {
    if (!is_variant(file->kid[i])) continue;
    const struct ast *body = file->kid[i]->kid[1];
    once(e, file, i, is_variant);
    for (int k = 0; k < body->kids; k++) once(e, body, k, ast_defines);
  }
}

static const struct ast *find_variant(const struct context *e, const struct ast *file, const char *variant,
                                      struct error *error) {
  VEC(const char *) all = {0};
  for (int i = 0; i < file->kids; i++) {
    if (file->kid[i]->kind != AST_VARIANT) continue;
    if (!strcmp(file->kid[i]->name, variant)) return file->kid[i];
    vec_push(e->arena, &all, file->kid[i]->name);
  }
  error_set(error, ERROR_USAGE, "the model has no variant '%s'", variant);
  const char *near = nearest(variant, all.at, all.n);
  if (near) error_hint(error, "did you mean '%s'?", near);
  else if (!all.n) error_hint(error, "it has none at all");
  else error_hint(error, "it has '%s'%s", all.at[0], all.n > 1 ? " and others" : "");
  return NULL;
}

struct ast *apply_variant(const struct context *e, struct ast *file, const char *variant, struct error *error) {
  const struct ast *found = find_variant(e, file, variant, error);
  if (!found) return NULL;
  const struct ast *body = found->kid[1];
  check_without(e, file, body);
  struct ast *merged = copy_list(e->arena, file);
  bool train = false;
  int removed = 0;
  for (int i = 0; i < file->kids; i++) {
    struct ast *s = file->kid[i];
    if (s->kind == AST_VARIANT) continue;
    if (ast_defines(s) && find_definition(body, s->name)) {
      ast_add(e->arena, merged, (struct ast *)find_definition(body, s->name));
    } else if (is_loss(s)) {
      if ((s = merge_losses(e->arena, s, body, &removed))) ast_add(e->arena, merged, s);
    } else if (s->kind == AST_TRAIN && has_kind(body, AST_TRAIN)) {
      for (int k = 0; k < body->kids; k++)
        if (body->kid[k]->kind == AST_TRAIN) s = merge_train(e->arena, s, body->kid[k]);
      ast_add(e->arena, merged, s);
      train = true;
    } else if ((s->kind != AST_EVALUATE && s->kind != AST_WATCH && s->kind != AST_SHOW) || !has_kind(body, s->kind)) {
      ast_add(e->arena, merged, s);
    }
  }
  for (int k = 0; k < body->kids; k++) {
    struct ast *s = body->kid[k];
    bool done = s->kind == AST_WITHOUT || (s->kind == AST_TRAIN && train) ||
                (ast_defines(s) && find_definition(file, s->name));
    if (!done) ast_add(e->arena, merged, s);
  }
  return merged;
}
