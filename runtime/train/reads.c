#include "train/reads.h"

#include <string.h>

struct reader {
  struct arena *arena;
  const struct program *program;
  struct reads *reads;
};

static void read_collection(const struct reader *reader, const struct collection *collection);

static void read_column(const struct reader *reader, const struct column *column, enum data_split split) {
  if (column->kind != COLUMN_DATA) return;
  const struct data_set *set = reader->program->tables.at[column->table];
  for (int i = 0; i < set->n_columns; i++)
    if (strcmp(set->column[i].name, column->name) == 0)
      reader->reads->columns[column->table].of[split] |= (uint64_t)1 << i;
}

/* How many rows a split has, whatever is read of them. */
static void read_rows(const struct reader *reader, int table, enum data_split split) {
  if (!reader->reads->columns[table].of[split]) reader->reads->columns[table].of[split] = 1;
}

static void read_fit(const struct reader *reader, size_t number) {
  if (reader->reads->fit[number]) return;
  reader->reads->fit[number] = true;
  read_collection(reader, &reader->program->collections.at[reader->program->fits.at[number].collection]);
}

/* What a stage of the training has found is stored with the run. */
static void read_variable(const struct reader *reader, uint32_t variable) {
  const struct program *program = reader->program;
  for (size_t i = 0; i < program->fits.n; i++) {
    int stage = program->fits.at[i].stage;
    bool stored = stage >= 0 && !program->stages.at[stage].in_evaluation;
    if (program->fits.at[i].variable == variable && !stored) read_fit(reader, i);
  }
}

static void read_graph(const struct reader *reader, const struct graph *graph, enum data_split split) {
  if (!graph) return;
  const bool *live = graph_live(reader->arena, graph);
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *node = graph_node(graph, id);
    if (!live[id]) continue;
    if (node->op == OP_column) read_column(reader, &reader->program->columns.at[node->attr.i[0]], split);
    if (node->op == OP_variable) read_variable(reader, (uint32_t)node->attr.i[0]);
  }
}

static void read_collection(const struct reader *reader, const struct collection *collection) {
  enum data_split split = split_named(collection->split);
  read_graph(reader, collection->first, split);
  read_graph(reader, collection->second, split);
  read_rows(reader, collection->table, split);
}

static struct reads reads_new(struct arena *arena, const struct program *program) {
  return (struct reads){ARENA_ARRAY(arena, bool, program->fits.n + 1),
                        ARENA_ARRAY(arena, struct column_set, program->tables.n + 1)};
}

struct reads reads_of(struct arena *arena, const struct program *program, const struct collection *collection) {
  struct reads reads = reads_new(arena, program);
  struct reader reader = {arena, program, &reads};
  read_collection(&reader, collection);
  return reads;
}

static void read_probe(const struct reader *reader, const struct stage *stage) {
  for (size_t k = 0; k < stage->setup.n; k++) {
    const struct setup *setup = &stage->setup.at[k];
    if (setup->graph) read_graph(reader, setup->graph, SPLIT_TRAIN);
    else read_fit(reader, (size_t)setup->fit);
  }
  read_graph(reader, stage->prepare, SPLIT_TRAIN);
  for (size_t k = 0; k < stage->updates; k++) {
    read_graph(reader, stage->update[k].step, SPLIT_TRAIN);
    read_graph(reader, stage->update[k].after, SPLIT_TRAIN);
  }
  read_rows(reader, stage->table, SPLIT_TRAIN);
  for (size_t k = 0; k < stage->beside; k++) read_rows(reader, stage->beside_table[k], SPLIT_TRAIN);
}

static void read_measurement(const struct reader *reader, const struct measurement *m) {
  read_collection(reader, &reader->program->collections.at[m->collection]);
  if (m->fit_collection >= 0) read_collection(reader, &reader->program->collections.at[m->fit_collection]);
  if (m->split) read_rows(reader, m->table, split_named(m->split));
  if (m->chance_split) read_rows(reader, m->table, split_named(m->chance_split));
}

/* An image grid shows each class once. */
static void read_show(const struct reader *reader, const struct image_grid_show *show) {
  const struct program *program = reader->program;
  const struct data_set *set = program->tables.n ? program->tables.at[show->table] : NULL;
  read_graph(reader, show->graph, SPLIT_TEST);
  for (int i = 0; set && i < set->n_columns; i++)
    if (set->column[i].classes) reader->reads->columns[show->table].of[SPLIT_TEST] |= (uint64_t)1 << i;
}

struct reads reads_of_evaluation(struct arena *arena, const struct program *program) {
  struct reads reads = reads_new(arena, program);
  struct reader reader = {arena, program, &reads};
  for (size_t i = 0; i < program->stages.n; i++)
    if (program->stages.at[i].in_evaluation) read_probe(&reader, &program->stages.at[i]);
  for (size_t i = 0; i < program->measurements.n; i++) read_measurement(&reader, &program->measurements.at[i]);
  for (size_t i = 0; i < program->shows.n; i++) read_show(&reader, &program->shows.at[i]);
  for (size_t i = 0; i < program->maps.n; i++) read_graph(&reader, program->maps.at[i].graph, SPLIT_TEST);
  return reads;
}
