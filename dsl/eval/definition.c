/* What the statements that define a name mean: options, views, functions and the like. */
#include <stdlib.h>

#include "dsl/eval/forms.h"

/* ---- options ---- */

static const char *option_string(const struct context *e, const char *name) {
  size_t length = strlen(name);
  const char *const *set = e->compile->set;
  for (size_t i = e->compile->n_set; i-- > 0;)
    if (!strncmp(set[i], name, length) && set[i][length] == '=') return set[i] + length + 1;
  return NULL;
}

/* The value of `--set name=text`, read as the default's kind. */
static struct value option_value(const struct context *e, const struct ast *ast, struct value value) {
  const char *string = option_string(e, ast->name);
  if (!string || value.kind == V_ERROR) return value;
  char *end;
  if (value.kind == V_NUMBER) {
    value.number = strtod(string, &end);
    if (!*string || *end || value.number - value.number != 0) { /* nan and inf too */
      diag_error(e->diags, DIAG_E0412, ast->at, "option '%s' takes a number, not '%s'", ast->name, string);
      return v_error();
    }
  } else if (value.kind == V_BOOLEAN) {
    if (strcmp(string, "true") && strcmp(string, "false")) {
      diag_error(e->diags, DIAG_E0412, ast->at, "option '%s' is true or false, not '%s'", ast->name, string);
      return v_error();
    }
    value.boolean = *string == 't';
  } else {
    value.string = name_of_string(e->compile->names, string);
  }
  return value;
}

static struct value option_checked(const struct context *e, const struct ast *ast, struct value value) {
  if (value.kind != V_NUMBER && value.kind != V_STRING && value.kind != V_BOOLEAN && value.kind != V_ERROR) {
    diag_error(e->diags, DIAG_E0412, ast->kid[0]->span,
               "an option's default is a number, a string or a boolean, not %s", describe(e, &value));
    return v_error();
  }
  return option_value(e, ast, value);
}

struct value define_option(const struct context *e, const struct ast *ast) {
  return option_checked(e, ast, eval(e, ast->kid[0]));
}

/* ---- views ---- */

/* The value of a definition: an instance that is made for it gets its name. */
static struct value eval_named(const struct context *e, const struct ast *ast) {
  const char *hint = ast->name;
  struct context in = *e;
  in.hint = &hint;
  return eval(&in, ast->kid[0]);
}

/* A view: its value, or in the gradient check a column of its own in its place. */
static struct value view_value(const struct context *e, const struct ast *ast, struct value value) {
  if (value.kind == V_ERROR) return value;
  if (!is_array(e, &value, ast->kid[0]->span)) return v_error();
  if (!value.array.per_sample) {
    diag_error(e->diags, DIAG_E0205, ast->at, "view '%s' has no rows", ast->name);
    diag_hint(e->diags, "make it from a column of the data, such as 'digits.image'");
    return v_error();
  }
  if (!e->build->views_are_columns) return value;
  struct column column = {COLUMN_VIEW, ast->name, F32, type_of(e, &value)->shape, 0, {0}};
  uint32_t number = 0;
  while (number < e->program->columns.n &&
         (e->program->columns.at[number].kind != COLUMN_VIEW || e->program->columns.at[number].name != ast->name))
    number++;
  if (number == e->program->columns.n) vec_push(e->arena, &e->program->columns, column);
  struct attr attr = {.i = {number, F32}, .shape = column.shape, .rows = true};
  value.array.node = graph_add(graph_of(e), OP_column, &attr, NULL, NULL);
  return value;
}

struct value define_view(const struct context *e, const struct ast *ast) {
  return view_value(e, ast, eval_named(e, ast));
}

/* ---- the others ---- */

struct value define_name(const struct context *e, const struct ast *ast) {
  return eval_named(e, ast);
}

struct value define_closure(const struct context *e, const struct ast *ast) {
  check_parameters(e, ast);
  struct value v = {.kind = V_CLOSURE, .made = ast->at};
  v.closure.ast = ast;
  v.closure.scope = e->scope;
  return v;
}

/* A weight, state or draw of a file or a stage: as in a body, in a scope of its own. */
struct value define_parameter(const struct context *e, const struct ast *ast) {
  struct context in = in_scope(e, scope_new(e, e->scope, e->scope->owner));
  e->compile->forms->statement[ast->kind](&in, ast);
  struct binding *made = scope_find_here(in.scope, ast->name);
  return made ? made->value : v_error();
}
