/* Row variables, `variable z[256] for digits = 0`: one value for each row of a table, which a stage trains
 * as it does a weight, but row by row.  In graphs they are columns. */
#include "dsl/eval/forms.h"

uint32_t row_column(const struct context *e, const struct ast *ast, const char *name, struct shape shape, int table) {
  for (size_t i = 0; i < e->compile->rows.n; i++)
    if (!strcmp(e->program->columns.at[e->compile->rows.at[i].column].name, name)) return e->compile->rows.at[i].column;
  struct column column = {COLUMN_ROWS, name, F32, shape, table, {0}};
  struct row_variable made = {ast, (uint32_t)e->program->columns.n};
  vec_push(e->arena, &e->program->columns, column);
  vec_push(e->arena, &e->compile->rows, made);
  return made.column;
}

struct value define_row_variable(const struct context *e, const struct ast *ast) {
  struct value table = eval(e, ast->kid[2]);
  struct shape shape;
  if (table.kind == V_ERROR || !eval_shape(e, ast->kid[0], &shape)) return v_error();
  if (table.kind != V_SET) {
    diag_error(e->diags, DIAG_E0419, ast->kid[2]->span, "a row variable is for the rows of a table, not for %s",
               describe(e, &table));
    diag_hint(e->diags, "name what 'data' makes: 'variable %s[10] for digits = 0'", ast->name);
    return v_error();
  }
  int number = program_table(e, table.set);
  uint32_t column = row_column(e, ast, ast->name, shape, number);
  struct value v = array_of(e, rows_node(e, column), true, 0, ast->at);
  v.array.column = column + 1;
  v.array.table = number + 1;
  return v;
}
