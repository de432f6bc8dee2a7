/* `v.name`: entries of records, columns of tables, and what an instance has inside. */
#include "dsl/eval/forms.h"
#include "dsl/eval/tables.h"

/* How the language says what arrays of other languages have as fields and methods; NULL: it has no word for it. */
static const char *said_otherwise(const char *name) {
  static const char *const known[][2] = {
      {"shape", "shape(v)"},
      {"size", "size(v, 0)"},
      {"T", "v'"},
      {"mT", "v'"},
      {"sum", "sum(v)"},
      {"mean", "mean(v)"},
      {"max", "largest(v)"},
      {"min", "smallest(v)"},
      {"argmax", "argmax(v)"},
      {"norm", "norm(v)"},
      {"abs", "abs(v)"},
      {"exp", "exp(v)"},
      {"log", "log(v)"},
      {"sqrt", "sqrt(v)"},
      {"reshape", "reshape(v, 3, 4)"},
      {"view", "reshape(v, 3, 4)"},
      {"flatten", "flatten(v)"},
      {"transpose", "transpose(v, [1, 0])"},
      {"permute", "transpose(v, [1, 0])"},
      {"detach", "stop(v)"},
      {"matmul", "a @ b"},
      {"dot", "a @ b"},
  };
  for (size_t k = 0; k < sizeof known / sizeof *known; k++)
    if (!strcmp(known[k][0], name)) return known[k][1];
  return NULL;
}

static void unknown_field(const struct context *e, const char *what, const char *name, const struct record *record,
                          struct span span) {
  VEC(const char *) all = {0};
  for (size_t i = 0; record && i < record->fields.n; i++) vec_push(e->arena, &all, record->fields.at[i].name);
  diag_error(e->diags, DIAG_E0207, span, "%s has no '%s'", what, name);
  const struct binding *b = lookup(e->scope, name);
  bool key = record && b && b->value.kind == V_KEY;
  if (key) diag_hint(e->diags, "'[%s]' takes the entry that '%s' stands for", name, name);
  else if (record) suggest(e, name, all.at, all.n, "it has");
  else if (*what == '[' && said_otherwise(name)) diag_hint(e->diags, "write `%s`", said_otherwise(name));
  else if (*what == '[') diag_hint(e->diags, "values inside a block are reached when named there with 'as'");
}

/* `name(...)` or `... -> name`. */
static bool applies(const struct ast *ast, const char *name) {
  const struct ast *applied = ast->kind == AST_CALL ? ast->kid[0] : ast->kind == AST_PIPE ? ast->kid[1] : NULL;
  return applied && applied->kind == AST_NAME && !strcmp(applied->name, name);
}

/* Order means nothing in a file: where one of its names is an application of the instance, that is evaluated now. */
static void apply_where_named(const struct context *e, const struct instance *instance) {
  for (size_t i = 0; i < e->compile->file->names.n && instance->build != e->build->number; i++) {
    struct binding *b = e->compile->file->names.at[i];
    if (b->ast && b->ast->kind == AST_BIND && !b->busy && applies(b->ast->kid[0], instance->path)) force(e, b);
  }
}

static bool slot_value(const struct context *e, const struct instance *instance, const char *name, struct span span,
                       struct value *value) {
  for (size_t i = 0; i < instance->slots.n; i++)
    if (instance->slots.at[i].name == name) {
      *value = instance->slots.at[i].busy
                   ? needs_itself(e, instance, name, span)
                   : weight_read(e, variable_value(e, instance->slots.at[i].variable, span), span);
      return true;
    }
  return false;
}

/* An instance that an instance has made: `enc.dense1`. */
static struct instance *child_named(const struct instance *instance, const char *name) {
  for (size_t i = 0; i < instance->children.n; i++) {
    struct instance *child = instance->children.at[i].instance;
    const char *dot = strrchr(child->path, '.');
    if (!strcmp(dot ? dot + 1 : child->path, name)) return child;
  }
  return NULL;
}

void apply_if_anywhere(const struct context *e, struct instance *instance) {
  apply_where_named(e, instance);
  if (!runs_or_waits(e, instance->build)) apply_somewhere(e, instance);
}

/* A weight, state, function, value or part of an instance. */
static struct value instance_field(const struct context *e, struct instance *instance, const char *name,
                                   struct span span) {
  struct value v;
  if (slot_value(e, instance, name, span, &v)) return v;
  apply_if_anywhere(e, instance);
  if (slot_value(e, instance, name, span, &v)) return v;
  if (instance->broken) return v_error();
  if (runs_or_waits(e, instance->build) && instance->last) {
    struct binding *b = scope_find_here(instance->last, name);
    if (b) return force(e, b);
    struct instance *part = child_named(instance, name);
    if (part) {
      v = (struct value){.kind = V_INSTANCE, .made = span};
      v.instance = part;
      return v;
    }
    VEC(const char *) all = {0};
    for (size_t i = 0; i < instance->last->names.n; i++) vec_push(e->arena, &all, instance->last->names.at[i]->name);
    diag_error(e->diags, DIAG_E0207, span, "'%s' has no '%s'", instance->path, name);
    suggest(e, name, all.at, all.n, "it has");
  } else {
    diag_error(e->diags, DIAG_E0207, span, "'%s' has not been applied, so '%s' is not there to be reached",
               instance->path, name);
    diag_hint(e->diags, "apply it to a value, and give the result a name in the file");
    instance->broken = true;
  }
  return v_error();
}

struct value field_of(const struct context *e, struct value base, const char *name, struct span span) {
  struct value *found;
  switch (base.kind) {
  case V_ERROR: return base;
  case V_SET: return table_field(e, base.set, name, span);
  case V_FILE: return file_field(e, &base, name, span);
  case V_INSTANCE: return instance_field(e, base.instance, name, span);
  case V_RECORD:
    found = record_get(base.record, name);
    if (found) return *found;
    unknown_field(e, "the record", name, base.record, span);
    return v_error();
  default:
    found = record_get(base.intermediate_outputs, name);
    if (found) return *found;
    unknown_field(e, base.intermediate_outputs ? "the application" : describe(e, &base), name,
                  base.intermediate_outputs, span);
    return v_error();
  }
}
