#include "execute.h"

#include <string.h>

#include "interpret.h"
#include "recipe.h"
#include "tests/exec/ready.h"

enum { NUMBERS = 3 * MOST_LEAVES };

struct storage {
  struct arena *arena;
  const struct execution *how;
  struct exec *exec;
  const struct value_type *variable[NUMBERS], *column[NUMBERS];
  void *memory[NUMBERS];
  bool written[NUMBERS];
};

static void store(void *memory, bool wide, int64_t i, double value) {
  if (wide) ((double *)memory)[i] = value;
  else ((float *)memory)[i] = (float)value;
}

static void find_storage(struct storage *s, const struct graph *graph) {
  for (size_t i = 1; i < graph->nodes.n; i++) {
    const struct node *node = graph_node(graph, (node_id)i);
    if (node->op == OP_variable) s->variable[node->attr.i[0]] = &node->type;
    if (node->op == OP_column) s->column[node->attr.i[0]] = &node->type;
  }
  for (size_t r = 0; r < graph->roots.n; r++) {
    if (graph->roots.at[r].kind != ROOT_WRITE) continue;
    s->written[graph->roots.at[r].target] = true;
    s->variable[graph->roots.at[r].target] = &graph_node(graph, graph->roots.at[r].node)->type;
  }
}

static size_t bytes_of(const struct storage *s, const struct value_type *type, int64_t rows) {
  return (size_t)plan_bytes(type, rows, s->how->reference ? sizeof(double) : sizeof(float));
}

/* Variables as they are at the start. */
static void bind_variables(struct storage *s) {
  for (uint32_t v = 0; v < NUMBERS; v++) {
    if (!s->variable[v]) continue;
    if (!s->memory[v]) s->memory[v] = arena_alloc(s->arena, bytes_of(s, s->variable[v], 1));
    for (int64_t i = 0; i < shape_count(s->variable[v]->shape); i++)
      store(s->memory[v], s->how->reference, i, variable_element(s->how->seed, v, i));
    exec_bind_variable(s->exec, v, s->memory[v]);
  }
}

static void bind_columns(struct storage *s, int64_t first, int64_t rows) {
  for (uint32_t c = 0; c < NUMBERS; c++) {
    const struct value_type *type = s->column[c];
    if (!type) continue;
    int64_t n = shape_count(type->shape) * rows, before = shape_count(type->shape) * first;
    char *memory = arena_alloc(s->arena, bytes_of(s, type, rows));
    for (int64_t i = 0; i < n; i++) {
      double value = column_element(s->how->seed, c, type->type, before + i);
      if (type->type == F32) store(memory, s->how->reference, i, value);
      else if (type->type == U8) ((uint8_t *)memory)[i] = (uint8_t)value;
      else ((int32_t *)memory)[i] = (int32_t)value;
    }
    exec_bind_column(s->exec, c, memory);
  }
}

static void run(struct storage *s, int64_t first, int64_t rows) {
  struct step_context step_context = step_context_of(s->how->seed, first);
  bind_variables(s);
  bind_columns(s, first, rows);
  exec_run(s->exec, rows, &step_context, NULL);
}

static bool untouched(const struct storage *s, struct error *error) {
  for (int v = 0; v < NUMBERS; v++) {
    if (!s->variable[v] || s->written[v]) continue;
    for (int64_t i = 0; i < shape_count(s->variable[v]->shape); i++)
      if (typed_get(s->memory[v], F32, i, s->how->reference) != variable_element(s->how->seed, v, i))
        return error_set(error, ERROR_DATA, "variable %d has changed, which nothing writes", v);
  }
  return true;
}

static struct result *results_of(struct storage *s, const struct graph *graph) {
  struct result *results = ARENA_ARRAY(s->arena, struct result, graph->roots.n);
  for (size_t r = 0; r < graph->roots.n; r++) {
    const struct root *root = &graph->roots.at[r];
    struct value_type type = graph_node(graph, root->node)->type;
    const void *from = root->kind == ROOT_WRITE ? s->memory[root->target] : exec_value(s->exec, root->name, NULL);
    size_t bytes = bytes_of(s, &type, s->how->rows);
    void *copy = arena_alloc(s->arena, bytes);
    memcpy(copy, from, bytes);
    results[r] = (struct result){type, elements_of(&type, s->how->rows), bytes, copy};
  }
  return results;
}

struct result *execute(struct arena *arena, const struct graph *graph, const struct execution *how,
                       struct error *error) {
  struct plan_settings settings = {.rows = how->most, .ungrouped = how->ungrouped, .fine = how->fine};
  const struct backend *backend = how->reference ? backend_reference() : backend_fast();
  struct storage s = {.arena = arena, .how = how};
  struct result *results = NULL;
  s.exec = ready(arena, graph, settings, backend, how->pool, error);
  if (!s.exec) return NULL;
  find_storage(&s, graph);
  if (how->dirty) memset(s.exec->slab->memory, 0xff, (size_t)s.exec->slab->bytes);
  if (how->before) run(&s, 1, how->before);
  if (how->before) run(&s, how->first, how->rows);
  run(&s, how->first, how->rows);
  if (untouched(&s, error)) results = results_of(&s, graph);
  done(s.exec);
  return results;
}
