/* Arguments: gathered where a call stands, matched with parameters, and bound to their names. */
#include "dsl/eval/forms.h"

void add_argument(const struct context *e, struct arguments *arguments, const char *name, struct value value,
                  const struct ast *ast, struct span span) {
  vec_push(e->arena, &arguments->values, value);
  vec_push(e->arena, &arguments->names, name);
  vec_push(e->arena, &arguments->spans, span);
  vec_push(e->arena, &arguments->asts, ast);
}

bool gather_arguments(const struct context *e, const struct ast *call, int from, bool lazy, struct arguments *out) {
  out->scope = e->scope;
  bool good = true;
  for (int i = from; i < call->kids; i++) {
    const struct ast *kid = call->kid[i];
    const struct ast *value = kid->kind == AST_ARGUMENT ? kid->kid[0] : kid;
    struct value v = lazy ? v_error() : eval(e, value);
    good &= lazy || v.kind != V_ERROR;
    add_argument(e, out, kid->kind == AST_ARGUMENT ? kid->name : NULL, v, value, kid->span);
  }
  return good;
}

/* The parameter that argument i is for; -1 after an error. */
static int parameter_of(const struct context *e, const struct ast *parameters, struct arguments *arguments, size_t i,
                        const char *called) {
  const char *name = arguments->names.at[i];
  int n = parameters ? parameters->kids : 0;
  VEC(const char *) all = {0};
  for (int k = 0; k < n; k++) vec_push(e->arena, &all, parameters->kid[k]->name);
  if (!name) {
    if ((int)i < n) return (int)i;
    diag_error(e->diags, DIAG_E0302, arguments->spans.at[i], "'%s' takes %d argument%s, not %zu", called, n,
               n == 1 ? "" : "s", arguments->values.n);
    suggest(e, "", all.at, all.n, "it takes");
    return -1;
  }
  for (int k = 0; k < n; k++)
    if (parameters->kid[k]->name == name) return k;
  diag_error(e->diags, DIAG_E0303, arguments->spans.at[i], "'%s' has no argument '%s'", called, name);
  suggest(e, name, all.at, all.n, "it takes");
  return -1;
}

/* Binds the names in `v[c, h, ..]` to the dimensions of an argument, `of` which the messages are. */
static bool match_shape(const struct context *e, const struct ast *pattern, struct value *value, const char *called,
                        const char *of, struct span span) {
  if (value->kind != V_ARRAY && value->kind != V_NUMBER && value->kind != V_BOOLEAN && value->kind != V_KEY) {
    diag_error(e->diags, DIAG_E0204, span, "'%s' takes an array, not %s", called, describe(e, value));
    suggest_array(e, value);
    return false;
  }
  if (!is_array(e, value, span)) return false;
  struct scope *outer = e->scope->parent;
  struct shape shape = type_of(e, value)->shape;
  int n = pattern->kids;
  bool rest = n > 0 && pattern->kid[n - 1]->kind == AST_REST;
  if (rest) n--;
  if (shape.rank < n || (shape.rank > n && !rest)) {
    const char *text = source_get(e->compile->sources, pattern->span.source)->text + pattern->span.begin;
    int length = (int)(pattern->span.end - pattern->span.begin);
    if (pattern->kids)
      diag_error(e->diags, DIAG_E0232, span, "'%s' takes %.*s%s, not %s", called, length, text, of, describe(e, value));
    else diag_error(e->diags, DIAG_E0232, span, "'%s' takes one number%s, not %s", called, of, describe(e, value));
    blame_made(e, value, span);
    if (n == 1 && !rest && shape.rank > 1) diag_hint(e->diags, "flatten it first: '... -> flatten -> %s'", called);
    return false;
  }
  for (int k = 0; k < n; k++) {
    const struct ast *item = pattern->kid[k];
    struct binding *b = item->kind == AST_NAME && outer ? scope_find_here(outer, item->name) : NULL;
    struct value want = item->kind != AST_NAME ? eval_number(e, item, "a dimension")
                        : b                    ? force(e, b)
                                               : size_value(e, shape.dim[k], span);
    if (want.kind == V_ERROR) return false;
    if (want.kind == V_NUMBER && want.number != (double)shape.dim[k]) {
      const char *found = shape.dim[k] == BATCH_SIZE ? "as many as there are rows"
                                                     : arena_format(e->arena, "%lld", (long long)shape.dim[k]);
      diag_error(e->diags, DIAG_E0232, span, "'%s' takes %g elements along axis %d, not %s", called, want.number, k,
                 found);
      blame_made(e, value, span);
      return false;
    }
    if (item->kind == AST_NAME && !b) bind_value(e, e->scope, item->name, want, item->span);
  }
  return true;
}

int *match_parameters(const struct context *e, const struct ast *parameters, struct arguments *arguments,
                      const char *called, struct span span) {
  int n = parameters ? parameters->kids : 0;
  int *from = ARENA_ARRAY(e->arena, int, n + 1);
  bool good = true;
  for (size_t i = 0; i < arguments->values.n; i++) {
    int k = parameter_of(e, parameters, arguments, i, called);
    if (k >= 0 && from[k]) {
      diag_error(e->diags, DIAG_E0202, arguments->spans.at[i], "argument '%s' of '%s' is given twice",
                 parameters->kid[k]->name, called);
      good = false;
    } else if (k >= 0) {
      from[k] = (int)i + 1;
    } else if (good && !arguments->names.at[i]) {
      return NULL; /* one too many: the next are not another mistake */
    } else {
      good = false;
    }
  }
  for (int k = 0; k < n && good; k++)
    if (!from[k] && !parameters->kid[k]->kid[0]) {
      diag_error(e->diags, DIAG_E0301, span, "'%s' needs its argument '%s'", called, parameters->kid[k]->name);
      good = false;
    }
  return good ? from : NULL;
}

bool bind_parameters(const struct context *e, const struct ast *parameters, struct arguments *arguments,
                     const char *called, struct span span, bool lazy) {
  int n = parameters ? parameters->kids : 0;
  int *from = match_parameters(e, parameters, arguments, called, span);
  if (!from) return false;
  for (int k = 0; k < n; k++) {
    const struct ast *p = parameters->kid[k];
    size_t i = (size_t)from[k] - 1;
    if (lazy) {
      bind_lazy(e, e->scope, p->name, from[k] ? arguments->asts.at[i] : p->kid[0],
                from[k] ? arguments->scope : e->scope);
      continue;
    }
    struct value value = from[k] ? arguments->values.at[i] : eval(e, p->kid[0]);
    if (value.kind == V_ERROR) return false;
    const char *of = n > 1 ? arena_format(e->arena, " for its %s", p->name) : "";
    if (p->kids > 1 && p->kid[1] &&
        !match_shape(e, p->kid[1], &value, called, of, from[k] ? arguments->spans.at[i] : span))
      return false;
    bind_value(e, e->scope, p->name, value, p->at);
  }
  return true;
}

/* ---- of functions of the core ---- */

/* Arguments that are all named, and by the caller: a record of them. */
static int gather_named(const struct context *e, const struct builtin *f, struct arguments *arguments,
                        struct value *in) {
  struct record *record = ARENA_NEW(e->arena, struct record);
  for (size_t i = 0; i < arguments->values.n; i++) {
    const char *name = arguments->names.at[i];
    struct value v = arguments->values.at[i];
    if (!name || record_get(record, name)) {
      diag_error(e->diags, name ? DIAG_E0202 : DIAG_E0302, arguments->spans.at[i],
                 name ? "'%s' gives '%s' twice" : "each argument of '%s' has a name", f->name, name);
      if (!name) diag_hint(e->diags, "write '%s(x = ...)'", f->name);
      return -1;
    }
    v.made = arguments->spans.at[i];
    record_set(e, record, name, v);
  }
  if (in) *in = (struct value){.kind = V_RECORD, .record = record};
  return 1;
}

/* Its parameter list is a string: "v, axes?". */
int match_builtin(const struct context *e, const struct builtin *f, struct arguments *arguments, struct span span,
                  struct value *in) {
  bool given[MOST_ARGUMENTS] = {false};
  const char *name[MOST_ARGUMENTS];
  bool optional[MOST_ARGUMENTS] = {false};
  int n = 0;
  if (!strcmp(f->parameters, "...")) return gather_named(e, f, arguments, in);
  for (const char *p = f->parameters; *p && n < MOST_ARGUMENTS; n++) {
    size_t length = strcspn(p, "?,");
    name[n] = name_of(e->compile->names, p, length);
    p += length;
    if (*p == '?') optional[n] = true, p++;
    while (*p == ',' || *p == ' ') p++;
  }
  for (size_t i = 0; i < arguments->values.n; i++) {
    int k = (int)i;
    if (arguments->names.at[i])
      for (k = 0; k < n && name[k] != arguments->names.at[i]; k++) {
      }
    if (k >= n && arguments->names.at[i]) {
      diag_error(e->diags, DIAG_E0303, arguments->spans.at[i], "'%s' has no argument '%s'", f->name,
                 arguments->names.at[i]);
      suggest(e, arguments->names.at[i], name, (size_t)n, "it takes");
      return -1;
    }
    if (k >= n) {
      diag_error(e->diags, DIAG_E0302, arguments->spans.at[i], "'%s' takes %d argument%s, not %zu", f->name, n,
                 n == 1 ? "" : "s", arguments->values.n);
      suggest(e, "", name, (size_t)n, "it takes");
      return -1;
    }
    if (given[k]) {
      diag_error(e->diags, DIAG_E0202, arguments->spans.at[i], "argument '%s' of '%s' is given twice", name[k],
                 f->name);
      return -1;
    }
    if (in) in[k] = arguments->values.at[i];
    given[k] = true;
  }
  for (int k = 0; k < n; k++)
    if (!given[k] && !optional[k]) {
      diag_error(e->diags, DIAG_E0301, span, "'%s' needs its argument '%s'", f->name, name[k]);
      return -1;
    }
  return n;
}
