/* What a message says beside the problem itself: what a value is, where its shape came from, which names are near,
 * and what to do with a value of another kind than was wanted. */
#include "base/schema.h"
#include "base/utf8.h"
#include "dsl/eval/context.h"

enum { SHOWN = 40, LISTED = 8 };

const char *describe(const struct context *e, const struct value *value) {
  static const char *const called[] = {[V_ERROR] = "an error",
                                       [V_NUMBER] = "a number",
                                       [V_STRING] = "a string",
                                       [V_BOOLEAN] = "a boolean",
                                       [V_KEY] = "a key",
                                       [V_AXIS] = "an axis",
                                       [V_LIST] = "a list",
                                       [V_RECORD] = "a record",
                                       [V_BUILTIN] = "a function",
                                       [V_INSTANCE] = "an instance",
                                       [V_SET] = "a table",
                                       [V_FILE] = "a file",
                                       [V_COLUMN] = "a stored column",
                                       [V_CONDITION] = "a condition on rows",
                                       [V_DISTRIBUTION] = "a distribution",
                                       [V_RULE] = "an optimizer",
                                       [V_METRIC] = "a measurement"};
  if (value->kind == V_CLOSURE) return ast_called(value->closure.ast->kind);
  if (value->kind != V_ARRAY) return called[value->kind];
  struct shape shape = type_of(e, value)->shape;
  char string[SHAPE_STRING];
  if (!shape.rank && !value->array.per_sample) return "one number";
  return arena_format(e->arena, "%s", shape_string(string, shape, value->array.per_sample));
}

const char *table_statement(const struct context *e, int table) {
  const struct chosen_data *chosen = e->compile->chosen.at;
  for (size_t i = 0; i < e->compile->chosen.n; i++)
    if (chosen[i].at->kind == AST_DATA && chosen[i].set == e->program->tables.at[table]) return chosen[i].at->name;
  return NULL;
}

const char *table_called(const struct context *e, int table) {
  const char *name = table_statement(e, table);
  return arena_format(e->arena, "'%s'", name ? name : e->program->tables.at[table]->name);
}

static bool of_library(const struct context *e, struct span span) {
  return span.source && source_get(e->compile->sources, span.source)->library;
}

struct span setting_location(const struct context *e, struct span span) {
  bool made_here = of_library(e, span) && e->running && !of_library(e, e->running->made);
  return made_here ? e->running->made : diag_location(e->diags, span);
}

const char *called(const struct context *e, const char *own, struct span span) {
  const char *name = of_library(e, span) ? diag_called(e->diags) : NULL;
  return name ? name : own;
}

/* ---- names ---- */

void suggest(const struct context *e, const char *name, const char *const *all, size_t n, const char *has) {
  const char *near = nearest(name, all, n), *list = "";
  if (near) {
    diag_hint(e->diags, "did you mean '%s'?", near);
  } else if (n && n <= LISTED) {
    for (size_t i = 0; i < n; i++)
      list = arena_format(e->arena, "%s%s'%s'", list, !i ? "" : i + 1 < n ? ", " : " and ", all[i]);
    diag_hint(e->diags, "%s %s", has, list);
  }
}

/* ---- kinds ---- */

static const char *leaf(const char *path) {
  const char *dot = strrchr(path, '.');
  return dot ? dot + 1 : path;
}

void suggest_instance(const struct context *e, const char *block, const char *settings) {
  const char *name = strcmp(block, "f") ? "f" : "g"; /* another than the block's own */
  diag_hint(e->diags, "make an instance and apply that: '%s = %s(%s)', then '%s(...)'", name, block, settings, name);
}

/* How to get an array from a value that is none. */
void suggest_array(const struct context *e, const struct value *value) {
  switch (value->kind) {
  case V_SET: diag_hint(e->diags, "name a column, such as 'digits.image'"); break;
  case V_CONDITION:
    diag_hint(e->diags, "it says which rows of a table to take: 'digits where digits.label < 5'");
    break;
  case V_COLUMN: diag_hint(e->diags, "a data statement chooses rows and columns: compute with them in a view"); break;
  case V_BUILTIN: diag_hint(e->diags, "call it: '%s(...)'", value->builtin->name); break;
  case V_INSTANCE: diag_hint(e->diags, "apply it: '%s(...)'", leaf(value->instance->path)); break;
  case V_LIST:
    diag_hint(e->diags,
              "'sum(f(v) for v in list)' adds up what f makes of each item, '[0]' takes one, and 'array(list)' is "
              "an array of numbers");
    break;
  case V_METRIC:
    diag_hint(e->diags, "a measurement stands by itself in 'evaluate': compute with the values it is of");
    break;
  case V_DISTRIBUTION: diag_hint(e->diags, "draw from it: 'v ~ ...'"); break;
  case V_RECORD:
    if (value->record->fields.n)
      diag_hint(e->diags, "take one of its entries, such as '.%s', or add them up: 'sum(r[k] for k in r)'",
                value->record->fields.at[0].name);
    break;
  case V_CLOSURE:
    if (value->closure.ast->kind == AST_BLOCK) suggest_instance(e, value->closure.ast->name, "...");
    else if (value->closure.ast->kind == AST_RULE)
      diag_hint(e->diags, "a schedule is a setting of a rule: '%s(lr = cosine_decay(0.01))'", value->closure.ast->name);
    else if (value->closure.ast->kind == AST_DEF) diag_hint(e->diags, "call it: '%s(...)'", value->closure.ast->name);
    break;
  default: break;
  }
}

/* ---- locations ---- */

static bool within(struct span inner, struct span outer) {
  return inner.source == outer.source && inner.begin >= outer.begin && inner.end <= outer.end;
}

/* Where a value got its shape, unless the problem's own location shows that. */
void blame_made(const struct context *e, const struct value *value, struct span problem) {
  if (within(value->made, diag_location(e->diags, problem))) return;
  diag_label(e->diags, value->made, "%s was made here", describe(e, value));
}

static int line_of(const struct context *e, struct span span) {
  int line, column;
  source_position(e->compile->sources, span.source, span.begin, &line, &column);
  return line;
}

/* The text at a location, cut at its line's end. */
static const char *excerpt(const struct context *e, struct span span) {
  const char *text = source_get(e->compile->sources, span.source)->text + span.begin;
  size_t length = strcspn(text, "\n");
  if (length > span.end - span.begin) length = span.end - span.begin;
  if (length <= SHOWN) return arena_format(e->arena, "%.*s", (int)length, text);
  return arena_format(e->arena, "%.*s...", (int)utf8_start(text, SHOWN), text);
}

/* "[batch, 300] was made here: dense(300), pair.crl:12:24" */
static const char *origin(const struct context *e, const struct value *value, struct span operand) {
  const char *shape = describe(e, value);
  struct span made = value->made;
  if (!made.source || within(made, operand)) return shape;
  int line, column;
  source_position(e->compile->sources, made.source, made.begin, &line, &column);
  return arena_format(e->arena, "%s was made here: %s, %s:%d:%d", shape, excerpt(e, made),
                      source_get(e->compile->sources, made.source)->name, line, column);
}

/* Whether the operands of the running operation can be marked beside its operator. */
static bool marks_operands(const struct context *e) {
  const struct ast *operation = e->operation;
  if (!operation || diag_location(e->diags, operation->at).begin != operation->at.begin) return false;
  int line = line_of(e, operation->at);
  return line == line_of(e, operation->kid[0]->span) && line == line_of(e, operation->kid[1]->span);
}

struct span caret_of(const struct context *e, struct span span) {
  return e->operation ? e->operation->at : span;
}

struct span operand_of(const struct context *e, int k, struct span span) {
  return e->operation ? e->operation->kid[k]->span : span;
}

/* Where the inputs blamed came from: at the operands of an operator, else a label each at their origin. */
void blame_inputs(const struct context *e, enum op op, const struct shape_problem *problem, const struct value *in,
                  struct span span) {
  bool marks = marks_operands(e), both = problem->input[0] >= 0 && problem->input[1] >= 0;
  for (int k = 0; k < 2; k++) {
    int i = problem->input[k];
    if (i < 0) continue;
    int kid = op == OP_select ? i - 1 : e->swapped ? 1 - i : i;
    if (marks && kid >= 0 && kid < 2) {
      struct span operand = e->operation->kid[kid]->span;
      diag_label(e->diags, operand, "%s", origin(e, &in[i], operand));
    } else if (!(both && k && in[i].made.begin == in[problem->input[0]].made.begin)) {
      blame_made(e, &in[i], span);
    }
  }
}
