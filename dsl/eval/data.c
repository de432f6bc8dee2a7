/* `data` statements and the columns that are read of their tables.
 *
 * Within a data statement `t.x` is a column as it is stored; everywhere else it is the array of its values. */
#include "dsl/eval/forms.h"
#include "dsl/eval/tables.h"

bool data_are_known(const struct context *e) {
  for (size_t i = 0; i < e->compile->chosen.n; i++)
    if (!e->compile->chosen.at[i].set) return false;
  return !e->compile->error->kind;
}

static const struct chosen_data *chosen_at(const struct context *e, const struct ast *ast) {
  for (size_t i = 0; i < e->compile->chosen.n; i++)
    if (e->compile->chosen.at[i].at == ast) return &e->compile->chosen.at[i];
  return NULL;
}

const struct data_set *chosen_set(const struct context *e, const struct ast *ast) {
  const struct chosen_data *chosen = chosen_at(e, ast);
  return chosen ? chosen->set : NULL;
}

bool names_known_sets(const struct context *e, const struct ast *ast, struct value *v) {
  const struct chosen_data *chosen = e->in_data ? chosen_at(e, ast) : NULL;
  if (!chosen) return false;
  *v = chosen->set ? set_value(chosen->set, ast->span) : v_error(); /* reported when it was to be chosen */
  return true;
}

struct value define_data(const struct context *e, const struct ast *ast) {
  const struct data_set *set = chosen_set(e, ast);
  if (set) return set_value(set, ast->at);
  struct context in = *e;
  in.in_data = true;
  struct value v = eval(&in, ast->kid[0]);
  if (v.kind == V_ERROR) return v;
  if (v.kind != V_SET) {
    diag_error(e->diags, DIAG_E0501, ast->kid[0]->span, "data is a table, not %s", describe(e, &v));
    diag_hint(e->diags,
              "name a known set, as in 'data digits = mnist', or make one of files: 'table(x = file(\"x.npy\"))'");
    return v_error();
  }
  if (v.set->made && !v.set->name) ((struct data_set *)v.set)->name = ast->name;
  vec_push(e->arena, &e->compile->chosen, (struct chosen_data){ast, v.set});
  return v;
}

/* ---- columns ---- */

int program_table(const struct context *e, const struct data_set *set) {
  size_t k = 0;
  while (k < e->program->tables.n && e->program->tables.at[k] != set) k++;
  if (k < e->program->tables.n) return (int)k;
  vec_push(e->arena, &e->program->tables, set);
  if (!set->name) ((struct data_set *)set)->name = arena_format(e->arena, "table %zu", k + 1);
  return (int)k;
}

static bool is_column(const struct column *column, const struct data_column *c, int table) {
  return column->kind == COLUMN_DATA && column->table == table && !strcmp(column->name, c->name);
}

static node_id column_node(const struct context *e, const struct data_column *c, int table) {
  uint32_t k = 0;
  while (k < e->program->columns.n && !is_column(&e->program->columns.at[k], c, table)) k++;
  if (k == e->program->columns.n) {
    struct column column = {COLUMN_DATA, c->name, c->type, c->shape, table, {0}};
    vec_push(e->arena, &e->program->columns, column);
  }
  struct attr attr = {.i = {k, c->type}, .shape = c->shape, .rows = true};
  node_id node = graph_add(graph_of(e), OP_column, &attr, NULL, NULL);
  return c->type == F32 ? node : graph_op1(graph_of(e), OP_to_float, &(struct attr){0}, node);
}

static struct value data_column(const struct context *e, const struct data_set *set, const char *name,
                                struct span span) {
  int k = set_column(e, set, name, span);
  if (k < 0) return v_error();
  const struct data_column *c = &set->column[k];
  int table = program_table(e, set);
  node_id present = c->partial ? column_node(e, c + 1, table) : 0;
  struct value v = array_of(e, column_node(e, c, table), true, present, span);
  v.array.classes = c->classes;
  v.array.table = table + 1;
  return v;
}

struct value table_field(const struct context *e, const struct data_set *set, const char *name, struct span span) {
  return e->in_data ? column_value(e, set, name, span) : data_column(e, set, name, span);
}
