/* Lists, records, comprehensions and loops.  A loop gives the instances made in it a key of their own. */
#include "dsl/eval/forms.h"

static bool bind_pattern(const struct context *e, const struct ast *pattern, struct value item) {
  if (pattern->kids == 1) {
    bind_value(e, e->scope, pattern->kid[0]->name, item, pattern->kid[0]->span);
    return true;
  }
  if (item.kind != V_LIST || item.list.n != (size_t)pattern->kids) {
    diag_error(e->diags, DIAG_E0204, pattern->span, "cannot take %s apart into %d names", describe(e, &item),
               pattern->kids);
    return false;
  }
  for (int i = 0; i < pattern->kids; i++)
    bind_value(e, e->scope, pattern->kid[i]->name, item.list.at[i], pattern->kid[i]->span);
  return true;
}

/* What a comprehension runs over: a list's items, or a record's keys. */
static bool items_of(const struct context *e, struct value source, struct span span, struct values *out) {
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
    if (source.kind == V_NUMBER) diag_hint(e->diags, "write 'range(%g)' to count so far", source.number);
    if (source.kind == V_INSTANCE) diag_hint(e->diags, "its weights are a list: 'weights(%s)'", source.instance->path);
    return false;
  }
  size_t n = source.record->fields.n;
  *out = (struct values){n, ARENA_ARRAY(e->arena, struct value, n)};
  for (size_t i = 0; i < n; i++)
    out->at[i] = (struct value){.kind = V_KEY, .made = span, .string = source.record->fields.at[i].name};
  return true;
}

const char *loop_key(const struct context *e, const char *outer, struct value item, size_t i) {
  const char *own = item.kind == V_KEY || item.kind == V_STRING ? item.string
                    : item.key                                  ? item.key
                                                                : arena_format(e->arena, "%zu", i);
  if (outer) own = arena_format(e->arena, "%s,%s", outer, own);
  return name_of_string(e->compile->names, own);
}

static bool is_boolean(const struct context *e, const struct value *condition, struct span span) {
  if (condition->kind == V_BOOLEAN) return true;
  if (condition->kind != V_ERROR)
    diag_error(e->diags, DIAG_E0204, span, "a condition here is a boolean, not %s", describe(e, condition));
  return false;
}

/* The name of what is at `key` in a record or list that has a name; of another record the key alone says it. */
static const char *name_within(const struct context *e, const char *whole, const char *key) {
  return name_of_string(e->compile->names, arena_format(e->arena, "%s.%s", whole, key));
}

static struct value eval_named(const struct context *e, const struct ast *ast, const char *name) {
  struct context in = *e;
  in.hint = &name;
  return eval(&in, ast);
}

/* The value of an entry; hint: the name of the whole record, or NULL. */
static struct value eval_entry(const struct context *e, const struct ast *entry, const char *hint, const char *name) {
  return eval_named(e, entry->kid[0], hint ? name_within(e, hint, name) : name);
}

/* The value of item i of a list that is called hint, or NULL. */
static struct value eval_item(const struct context *e, const struct ast *item, const char *hint, size_t i) {
  return eval_named(e, item, hint ? name_within(e, hint, arena_format(e->arena, "%zu", i)) : NULL);
}

/* One entry of `{k: e for k in l}`: a key that the pattern binds is its item. */
static bool run_entry(const struct context *e, const struct ast *entry, const char *hint, struct record *record) {
  const struct binding *b = scope_find_here(e->scope, entry->name);
  const char *name = entry->name;
  if (b && b->value.kind != V_KEY && b->value.kind != V_STRING) {
    diag_error(e->diags, DIAG_E0204, entry->at, "the keys of a record are names, but '%s' is %s", name,
               describe(e, &b->value));
    diag_hint(e->diags, "make a list: '[... for %s in ...]'; or run over names, such as '[.left, .right]'", name);
    return false;
  }
  if (b) name = b->value.string;
  if (record_get(record, name)) {
    diag_error(e->diags, DIAG_E0202, entry->at, "key '%s' is given twice", name);
    if (!b) diag_hint(e->diags, "it is the same in every turn: write the name that the loop runs through");
    return false;
  }
  record_set(e, record, name, eval_entry(e, entry, hint, name));
  return true;
}

static bool run_for(const struct context *e, const struct ast *ast, struct values *list, struct record *record) {
  struct values items;
  const char *whole = *e->hint;
  if (!items_of(e, eval_named(e, ast->kid[2], NULL), ast->kid[2]->span, &items)) return false;
  if (list) list->at = ARENA_ARRAY(e->arena, struct value, items.n);
  struct context loop = *e;
  loop.frame = frame_call(e, "for");
  bool good = true;
  for (size_t i = 0; i < items.n && good; i++) {
    const char *hint = NULL;
    struct context in = in_scope(&loop, scope_new(e, e->scope, e->scope->owner));
    in.loop_key = loop_key(e, e->loop_key, items.at[i], i);
    in.frame = frame_call(&loop, in.loop_key);
    in.hint = &hint;
    good = bind_pattern(&in, ast->kid[1], items.at[i]);
    if (good && ast->kids > 3 && ast->kid[3]) {
      struct value keep = eval(&in, ast->kid[3]);
      good = is_boolean(e, &keep, ast->kid[3]->span);
      if (!good || !keep.boolean) continue;
    }
    if (!good) break;
    const struct ast *body = ast->kid[0];
    if (record) {
      good = run_entry(&in, body, whole, record);
    } else {
      struct value v = eval_item(&in, body, whole, list->n);
      good = v.kind != V_ERROR;
      list->at[list->n++] = v;
    }
  }
  return good;
}

static void walk_loop(const struct context *e, const struct ast *loop, visit_item *visit, void *of) {
  struct values items;
  if (!items_of(e, eval(e, loop->kid[1]), loop->kid[1]->span, &items)) return;
  struct turn turn = {.pattern = loop->kid[0], .outer = e->turn};
  for (size_t i = 0; i < items.n; i++) {
    struct context in = in_scope(e, scope_new(e, e->scope, e->scope->owner));
    in.loop_key = loop_key(e, e->loop_key, items.at[i], i);
    turn.key = loop_key(e, NULL, items.at[i], i);
    if (!bind_pattern(&in, loop->kid[0], items.at[i])) continue;
    if (loop->kid[3]) {
      struct value keep = eval(&in, loop->kid[3]);
      if (!is_boolean(e, &keep, loop->kid[3]->span)) break;
      if (!keep.boolean) continue;
    }
    in.turn = &turn;
    walk_items(&in, loop->kid[2], 0, visit, of);
  }
}

void walk_items(const struct context *e, const struct ast *list, int from, visit_item *visit, void *of) {
  for (int i = from; i < list->kids; i++) {
    const struct ast *item = list->kid[i];
    if (item->kind == AST_LOOP) walk_loop(e, item, visit, of);
    else if (item->kind != AST_EVERY) visit(e, item, of);
  }
}

/* The innermost loop that binds the name that a key is. */
static const struct turn *turn_of(const struct context *e, const struct ast *key) {
  for (const struct turn *t = e->turn; t && key->kind == AST_NAME; t = t->outer)
    for (int k = 0; k < t->pattern->kids; k++)
      if (t->pattern->kid[k]->name == key->name) return t;
  return NULL;
}

/* The first key that names the loop, or -1. */
static int named_at(const struct context *e, const struct turn *turn, const struct ast *keys) {
  for (int k = 0; keys && k < keys->kids; k++)
    if (turn_of(e, keys->kid[k]) == turn) return k;
  return -1;
}

static bool is_named(const struct context *e, const struct turn *turn, const struct ast *keys) {
  return named_at(e, turn, keys) >= 0;
}

static const char *append(const struct context *e, const char *list, const char *key) {
  return list ? arena_format(e->arena, "%s,%s", list, key) : key;
}

/* Appends the keys of the loops that no key names, the outermost first: of those inside of a loop that one names, or of
 * the others. */
static const char *unnamed_turns(const struct context *e, const struct turn *turn, const struct ast *keys, bool inside,
                                 const char *list) {
  if (!turn) return list;
  list = unnamed_turns(e, turn->outer, keys, inside, list);
  bool within = false;
  for (const struct turn *t = turn->outer; t; t = t->outer) within |= is_named(e, t, keys);
  return is_named(e, turn, keys) || within != inside ? list : append(e, list, turn->key);
}

const char *keyed_name(const struct context *e, const char *name, const struct ast *keys) {
  const char *list = unnamed_turns(e, e->turn, keys, false, NULL);
  for (int k = 0; keys && k < keys->kids; k++) {
    const struct ast *key = keys->kid[k];
    const struct turn *turn = turn_of(e, key);
    if (turn) {
      if (named_at(e, turn, keys) == k) list = append(e, list, turn->key);
      continue;
    }
    struct value v = eval(e, key);
    if (v.kind == V_NUMBER) {
      list = append(e, list, arena_format(e->arena, "%g", v.number));
    } else if (v.kind == V_KEY || v.kind == V_STRING) {
      list = append(e, list, v.string);
    } else {
      if (v.kind != V_ERROR) {
        diag_error(e->diags, DIAG_E0204, key->span, "a key of '%s' is a name, a string or a number, not %s", name,
                   describe(e, &v));
        diag_hint(e->diags, "write what the loop runs through");
      }
      return NULL;
    }
  }
  list = unnamed_turns(e, e->turn, keys, true, list);
  return list ? name_of_string(e->compile->names, arena_format(e->arena, "%s[%s]", name, list)) : name;
}

/* A list of bare names is one of values, or one of keys where none is defined; beside what is computed, they are
 * values. */
static bool names_agree(const struct context *e, const struct ast *list) {
  const struct ast *defined = NULL, *unknown = NULL;
  bool computed = false;
  for (int i = 0; i < list->kids; i++) {
    enum ast_kind kind = list->kid[i]->kind;
    computed |= kind != AST_NAME && kind != AST_KEY && kind != AST_STRING;
    if (kind != AST_NAME) continue;
    if (lookup(e->scope, list->kid[i]->name)) defined = defined ? defined : list->kid[i];
    else unknown = unknown ? unknown : list->kid[i];
  }
  if (!unknown || !(defined || computed)) return true;
  struct value v = defined ? force(e, lookup(e->scope, defined->name)) : v_error();
  if (v.kind == V_ERROR || v.kind == V_KEY) { /* a key that is bound by a loop */
    unknown_name(e, e->scope, unknown->name, unknown->span);
    diag_hint(e->diags, "a key is written '.%s'", unknown->name);
    return false;
  }
  diag_error(e->diags, DIAG_E0204, defined->span, "'%s' is a value here (%s), and '%s' is not defined", defined->name,
             describe(e, &v), unknown->name);
  diag_label(e->diags, unknown->span, "this is not defined");
  diag_hint(e->diags, "a key is written '.%s'", defined->name);
  return false;
}

struct value eval_list(const struct context *e, const struct ast *ast) {
  struct value v = {.kind = V_LIST, .made = ast->span};
  if (ast->kids == 1 && ast->kid[0]->kind == AST_FOR) return run_for(e, ast->kid[0], &v.list, NULL) ? v : v_error();
  const char *whole = *e->hint;
  bool agree = names_agree(e, ast), good = agree;
  v.list.at = ARENA_ARRAY(e->arena, struct value, ast->kids);
  for (int i = 0; i < ast->kids; i++) {
    const struct ast *item = ast->kid[i];
    if (!agree && item->kind == AST_NAME && !lookup(e->scope, item->name)) continue; /* reported */
    struct value one = item->kind == AST_NAME ? eval_name_or_key(e, item) : eval_item(e, item, whole, (size_t)i);
    good &= one.kind != V_ERROR;
    v.list.at[v.list.n++] = one;
  }
  return good ? v : v_error();
}

struct value eval_record(const struct context *e, const struct ast *ast) {
  struct value v = {.kind = V_RECORD, .made = ast->span};
  v.record = ARENA_NEW(e->arena, struct record);
  if (ast->kids == 1 && ast->kid[0]->kind == AST_FOR) return run_for(e, ast->kid[0], NULL, v.record) ? v : v_error();
  for (int i = 0; i < ast->kids; i++) {
    const struct ast *entry = ast->kid[i];
    if (record_get(v.record, entry->name)) {
      diag_error(e->diags, DIAG_E0202, entry->at, "key '%s' is given twice", entry->name);
      for (int k = 0; k < i; k++)
        if (ast->kid[k]->name == entry->name) diag_label(e->diags, ast->kid[k]->at, "'%s' was given here", entry->name);
      continue;
    }
    record_set(e, v.record, entry->name, eval_entry(e, entry, *e->hint, entry->name));
  }
  return v;
}

struct value eval_generator(const struct context *e, const struct ast *ast) {
  struct value v = {.kind = V_LIST, .made = ast->span};
  return run_for(e, ast, &v.list, NULL) ? v : v_error();
}
