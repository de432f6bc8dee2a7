/* Lists, records, comprehensions and loops.  A loop gives the instances made in it a key of their own. */
#include "dsl/stage.h"

static bool bind_pattern(struct elab *e, struct scope *scope, const struct ast *pattern, struct value item) {
  if (pattern->kids == 1) {
    bind_value(e, scope, pattern->kid[0]->name, item, pattern->kid[0]->span);
    return true;
  }
  if (item.kind != V_LIST || item.list.n != (size_t)pattern->kids) {
    diag_error(e->diags, DIAG_E0204, pattern->span, "cannot take %s apart into %d names", describe(e, &item),
               pattern->kids);
    return false;
  }
  for (int i = 0; i < pattern->kids; i++)
    bind_value(e, scope, pattern->kid[i]->name, item.list.at[i], pattern->kid[i]->span);
  return true;
}

/* What a comprehension runs over: a list's items, or a record's keys. */
static bool items_of(struct elab *e, struct value source, struct span span, struct values *out) {
  if (source.kind == V_LIST && source.list.n > ITEM_LIMIT) {
    diag_error(e->diags, DIAG_E0310, span, "'for' over more than %d items", ITEM_LIMIT);
    return false;
  }
  if (source.kind == V_LIST) {
    *out = source.list;
    return true;
  }
  if (source.kind != V_RECORD) {
    if (source.kind != V_ERROR)
      diag_error(e->diags, DIAG_E0204, span, "'for' runs over a list or a record, not %s", describe(e, &source));
    return false;
  }
  size_t n = source.record->fields.n;
  *out = (struct values){n, ARENA_ARRAY(e->arena, struct value, n)};
  for (size_t i = 0; i < n; i++)
    out->at[i] = (struct value){.kind = V_KEY, .made = span, .text = source.record->fields.at[i].name};
  return true;
}

/* The key of item i of a loop inside the loop that has the key `outer`. */
static const char *loop_key(struct elab *e, const char *outer, struct value item, size_t i) {
  const char *own = item.kind == V_KEY || item.kind == V_TEXT ? item.text : arena_format(e->arena, "%zu", i);
  if (outer) own = arena_format(e->arena, "%s,%s", outer, own);
  return name_of_text(e->names, own);
}

static bool run_for(struct elab *e, struct scope *scope, const struct ast *ast, struct values *list,
                    struct record *record) {
  struct values items;
  if (!items_of(e, eval(e, scope, ast->kid[2]), ast->kid[2]->span, &items)) return false;
  if (list) list->at = ARENA_ARRAY(e->arena, struct value, items.n);
  const char *key = e->loop_key, *hint = e->hint;
  bool good = true;
  for (size_t i = 0; i < items.n && good; i++) {
    struct scope *inner = scope_new(e, scope, scope->owner);
    e->loop_key = loop_key(e, key, items.at[i], i);
    good = bind_pattern(e, inner, ast->kid[1], items.at[i]);
    if (good && ast->kids > 3 && ast->kid[3]) {
      struct value keep = eval(e, inner, ast->kid[3]);
      good = keep.kind == V_TRUTH;
      if (!good && keep.kind != V_ERROR)
        diag_error(e->diags, DIAG_E0204, ast->kid[3]->span, "a condition here is a truth, not %s", describe(e, &keep));
      if (!good || !keep.truth) continue;
    }
    if (!good) break;
    const struct ast *body = ast->kid[0];
    if (record) {
      struct binding *b = lookup(inner, body->name);
      struct value k = b ? force(e, b) : v_error();
      const char *name = k.kind == V_KEY || k.kind == V_TEXT ? k.text : body->name;
      e->hint = hint ? name_of_text(e->names, arena_format(e->arena, "%s.%s", hint, name)) : name;
      record_set(e, record, name, eval(e, inner, body->kid[0]));
    } else {
      e->hint = NULL;
      struct value v = eval(e, inner, body);
      good = v.kind != V_ERROR;
      list->at[list->n++] = v;
    }
  }
  e->loop_key = key;
  e->hint = hint;
  return good;
}

void walk_loop(struct elab *e, struct scope *scope, const struct ast *loop,
               void (*visit)(struct elab *, struct scope *, const struct ast *, void *), void *context) {
  struct values items;
  if (!items_of(e, eval(e, scope, loop->kid[1]), loop->kid[1]->span, &items)) return;
  const char *key = e->loop_key;
  for (size_t i = 0; i < items.n; i++) {
    struct scope *inner = scope_new(e, scope, scope->owner);
    e->loop_key = loop_key(e, key, items.at[i], i);
    if (bind_pattern(e, inner, loop->kid[0], items.at[i])) walk_items(e, inner, loop->kid[2], 0, visit, context);
  }
  e->loop_key = key;
}

struct value eval_list(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value v = {.kind = V_LIST, .made = ast->span};
  if (ast->kids == 1 && ast->kid[0]->kind == AST_FOR)
    return run_for(e, scope, ast->kid[0], &v.list, NULL) ? v : v_error();
  v.list.at = ARENA_ARRAY(e->arena, struct value, ast->kids);
  bool good = true;
  for (int i = 0; i < ast->kids; i++) {
    const struct ast *item = ast->kid[i];
    struct value one = item->kind == AST_NAME ? eval_name(e, scope, item, true) : eval(e, scope, item);
    good &= one.kind != V_ERROR;
    v.list.at[v.list.n++] = one;
  }
  return good ? v : v_error();
}

struct value eval_record(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value v = {.kind = V_RECORD, .made = ast->span};
  v.record = ARENA_NEW(e->arena, struct record);
  if (ast->kids == 1 && ast->kid[0]->kind == AST_FOR)
    return run_for(e, scope, ast->kid[0], NULL, v.record) ? v : v_error();
  const char *hint = e->hint;
  for (int i = 0; i < ast->kids; i++) {
    const struct ast *entry = ast->kid[i];
    if (record_get(v.record, entry->name)) {
      diag_error(e->diags, DIAG_E0202, entry->at, "key '%s' is given twice", entry->name);
      for (int k = 0; k < i; k++)
        if (ast->kid[k]->name == entry->name) diag_label(e->diags, ast->kid[k]->at, "'%s' was given here", entry->name);
      continue;
    }
    e->hint = hint ? name_of_text(e->names, arena_format(e->arena, "%s.%s", hint, entry->name)) : entry->name;
    record_set(e, v.record, entry->name, eval(e, scope, entry->kid[0]));
  }
  e->hint = hint;
  return v;
}

struct value eval_generator(struct elab *e, struct scope *scope, const struct ast *ast) {
  struct value v = {.kind = V_LIST, .made = ast->span};
  return run_for(e, scope, ast, &v.list, NULL) ? v : v_error();
}
