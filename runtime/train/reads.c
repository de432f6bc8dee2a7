#include "train/reads.h"

#include <string.h>

struct reader {
  struct arena *arena;
  const struct program *program;
  struct reads *reads;
};

static void read_collection(const struct reader *reader, const struct collection *collection);

static void read_column(const struct reader *reader, const struct column *column) {
  const struct data_set *set = reader->program->data;
  for (int i = 0; set && column->kind == COLUMN_DATA && i < set->n_columns; i++)
    if (strcmp(set->column[i].name, column->name) == 0) reader->reads->columns |= (uint64_t)1 << i;
}

static void read_variable(const struct reader *reader, uint32_t variable) {
  const struct program *program = reader->program;
  for (size_t i = 0; i < program->fits.n; i++) {
    const struct fit *fit = &program->fits.at[i];
    if (fit->variable != variable || fit->stage >= 0 || reader->reads->fit[i]) continue;
    reader->reads->fit[i] = true;
    read_collection(reader, &program->collections.at[fit->collection]);
  }
}

static void read_graph(const struct reader *reader, const struct graph *graph) {
  if (!graph) return;
  const bool *live = graph_live(reader->arena, graph);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    if (!live[id]) continue;
    if (node->op == OP_column) read_column(reader, &reader->program->columns.at[node->attr.i[0]]);
    if (node->op == OP_variable) read_variable(reader, (uint32_t)node->attr.i[0]);
  }
}

static void read_collection(const struct reader *reader, const struct collection *collection) {
  read_graph(reader, collection->first);
  read_graph(reader, collection->second);
}

struct reads reads_of(struct arena *arena, const struct program *program, const struct collection *collection) {
  struct reads reads = {.fit = ARENA_ARRAY(arena, bool, program->fits.n + 1)};
  struct reader reader = {arena, program, &reads};
  read_collection(&reader, collection);
  return reads;
}
