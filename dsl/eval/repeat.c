/* fold and scan: a function that is called again and again, each time with what it has made before and with the next
 * item of a list.  A block makes an instance for each item, which is known by the item's key as in a loop; an instance,
 * as well as what a function reads, is the same for all. */
#include "dsl/eval/forms.h"

/* The user's words for what is called. */
static const char *first_words(const struct context *e, const struct ast *location) {
  const struct ast *first = location->kind == AST_CALL && location->kids > 1 ? location->kid[1] : location;
  if (first->kind == AST_ARGUMENT) first = first->kid[0];
  return source_words(e->compile->sources, first->span);
}

/* What is called has at least the two parameters. */
static bool takes_two(const struct context *e, const struct builtin *self, const struct value *f,
                      const struct ast *location) {
  const struct ast *block = f->kind == V_INSTANCE ? f->instance->block : f->kind == V_CLOSURE ? f->closure.ast : NULL;
  bool def = block && block->kind == AST_DEF;
  if ((!block && f->kind != V_BUILTIN) || (block && !def && block->kind != AST_BLOCK)) {
    diag_error(e->diags, DIAG_E0304, location->span, "'%s' calls a function, a block or an instance, not %s",
               self->name, describe(e, f));
    if (f->kind == V_ARRAY) diag_hint(e->diags, "give it the function's name alone, without arguments");
    return false;
  }
  const char *name = first_words(e, location);
  const struct ast *inputs = block ? block->kid[def ? 0 : 1] : NULL;
  if (!block || (inputs && inputs->kids >= 2)) return true;
  diag_error(e->diags, DIAG_E0302, location->span,
             "'%s' calls '%s' with the value so far and an item, but it takes %d input%s", self->name, name,
             inputs ? inputs->kids : 0, inputs && inputs->kids == 1 ? "" : "s");
  bool unnamed = f->kind == V_INSTANCE && strcmp(f->instance->path, name) != 0;
  diag_label(e->diags, block->at, "'%s' is defined here", unnamed ? block->name : name);
  if (unnamed)
    diag_hint(e->diags,
              "give it a name and write a function of both: 'f = %s', then 'def step(so_far, item) = f(so_far)'", name);
  else diag_hint(e->diags, "write a function of both: 'def step(so_far, item) = %s(so_far)'", name);
  return false;
}

static bool takes_list(const struct context *e, const struct builtin *self, const struct value *list,
                       const struct value *start, const struct ast *location) {
  if (list->kind == V_LIST && list->list.n <= ITEM_LIMIT) return true;
  if (list->kind == V_LIST)
    diag_error(e->diags, DIAG_E0310, location->span, "'%s' over more than %d items", self->name, ITEM_LIMIT);
  else diag_error(e->diags, DIAG_E0304, location->span, "'%s' runs over a list, not %s", self->name, describe(e, list));
  if (start->kind == V_LIST) diag_hint(e->diags, "the list comes last: '%s(f, start, list)'", self->name);
  else if (list->kind == V_ARRAY) diag_hint(e->diags, "take it apart: '[v[k] for k in range(size(v, 0))]'");
  if (list->kind == V_NUMBER) diag_hint(e->diags, "write 'range(%g)' to repeat it so often", list->number);
  if (list->kind == V_RECORD) diag_hint(e->diags, "write the order: '[r[k] for k in [.first, .second]]'");
  return false;
}

static struct value step(const struct context *e, struct value f, struct value so_far, struct value item,
                         const struct ast *location) {
  struct arguments none = {.scope = e->scope}, two = {.scope = e->scope};
  if (f.kind == V_CLOSURE && f.closure.ast->kind == AST_BLOCK) f = instance_of(e, f, &none, location);
  if (f.kind == V_ERROR) return f;
  add_argument(e, &two, NULL, so_far, location, location->span);
  add_argument(e, &two, NULL, item, location, location->span);
  return call_value(e, f, &two, location);
}

struct value call_fold(const struct context *e, const struct builtin *self, struct value *in,
                       const struct ast *location) {
  const struct values items = in[2].list;
  const char *whole = *e->hint;
  struct value so_far = in[1], all = {.kind = V_LIST, .made = location->span};
  if (!takes_list(e, self, &in[2], &in[1], location) || !takes_two(e, self, &in[0], location)) return v_error();
  bool scan = self->which == FORM_SCAN;
  if (scan) all.list.at = ARENA_ARRAY(e->arena, struct value, items.n);
  struct context loop = *e;
  loop.frame = frame_call(e, self->name);
  for (size_t i = 0; i < items.n && so_far.kind != V_ERROR; i++) {
    struct context turn = loop;
    const char *key = loop_key(e, NULL, items.at[i], i);
    const char *name = whole ? name_of_string(e->compile->names, arena_format(e->arena, "%s.%s", whole, key)) : NULL;
    turn.loop_key = loop_key(e, e->loop_key, items.at[i], i);
    turn.frame = frame_call(&loop, turn.loop_key);
    turn.hint = &name;
    so_far = step(&turn, in[0], so_far, items.at[i], location);
    if (scan) all.list.at[all.list.n++] = so_far;
  }
  *e->hint = NULL;
  return so_far.kind == V_ERROR || !scan ? so_far : all;
}
