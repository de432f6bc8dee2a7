#include "graph/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"

/* The digests of one graph's nodes: node id is at[id], of SHA256_HEX bytes. */
struct digested {
  const struct graph *graph;
  char (*at)[SHA256_HEX];
};

struct digester {
  struct arena *arena;
  const struct program *program;
  VEC(struct digested) graphs;
  const char **column, **fitted; /* by number; NULL: not known yet */
  bool fits_by_name;             /* a fit is the variable that holds it, not what it computes */
};

static const char *const none = "none";

static struct digester *digester_new(struct arena *arena, const struct program *program) {
  struct digester *d = ARENA_NEW(arena, struct digester);
  d->arena = arena;
  d->program = program;
  d->column = ARENA_ARRAY(arena, const char *, program->columns.n + 1);
  d->fitted = ARENA_ARRAY(arena, const char *, program->variables.n + 1);
  return d;
}

/* ---- pieces of a digest: each ends in a zero byte, so that two never run together ---- */

static void add_string(struct sha256 *sha, const char *string) {
  if (!string) string = none;
  sha256_add(sha, string, strlen(string) + 1);
}

static void add_whole(struct sha256 *sha, int64_t value) {
  char string[32];
  snprintf(string, sizeof string, "%lld", (long long)value);
  add_string(sha, string);
}

static void add_real(struct sha256 *sha, double value) {
  char string[40];
  snprintf(string, sizeof string, "%a", value);
  add_string(sha, string);
}

static void add_shape(struct sha256 *sha, struct shape shape) {
  add_whole(sha, shape.rank);
  for (int i = 0; i < shape.rank; i++) add_whole(sha, shape.dim[i]);
}

static const char *finish(struct digester *d, struct sha256 *sha) {
  return sha256_end(sha, arena_alloc(d->arena, SHA256_HEX));
}

static int by_string(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Of several digests in any order. */
static const char *of_set(struct digester *d, const char **set, size_t n) {
  struct sha256 sha;
  sha256_start(&sha);
  if (n) qsort(set, n, sizeof *set, by_string);
  for (size_t i = 0; i < n; i++) add_string(&sha, set[i]);
  return finish(d, &sha);
}

/* ---- leaves: what a number stands for ---- */

static const char *of_node(struct digester *d, const struct graph *graph, node_id id);

static const char *of_root(struct digester *d, const struct graph *graph, const char *name) {
  for (size_t k = 0; name && graph && k < graph->roots.n; k++)
    if (graph->roots.at[k].kind == ROOT_VALUE && strcmp(graph->roots.at[k].name, name) == 0)
      return of_node(d, graph, graph->roots.at[k].node);
  return none;
}

/* The root of `graph` that is kept as this column, or NULL. */
static const char *made_by(struct digester *d, const struct graph *graph, uint32_t column) {
  for (size_t k = 0; graph && k < graph->roots.n; k++)
    if (graph->roots.at[k].kind == ROOT_VALUE && graph->roots.at[k].target == column)
      return of_node(d, graph, graph->roots.at[k].node);
  return NULL;
}

static const char *of_column(struct digester *d, uint32_t number) {
  const struct program *p = d->program;
  const struct column *column = &p->columns.at[number];
  if (column->kind != COLUMN_CUT && column->kind != COLUMN_SUM) /* of the first table as where there is but one */
    return column->table ? arena_format(d->arena, "%d:%s", column->table, column->name) : column->name;
  if (d->column[number]) return d->column[number];
  const char *found = NULL;
  d->column[number] = none; /* until it is known */
  for (size_t i = 0; !found && i < p->stages.n; i++) found = made_by(d, p->stages.at[i].prepare, number);
  for (size_t i = 0; !found && i < p->collections.n; i++) found = made_by(d, p->collections.at[i].first, number);
  return d->column[number] = found ? found : none;
}

static const char *of_variable(struct digester *d, uint32_t number) {
  const struct variable *variable = &d->program->variables.at[number];
  if (variable->kind != VARIABLE_FIT || d->fits_by_name) return variable->name;
  if (d->fitted[number]) return d->fitted[number];
  d->fitted[number] = none;
  for (size_t i = 0; i < d->program->fits.n; i++) {
    const struct fit *fit = &d->program->fits.at[i];
    if (fit->variable != number) continue;
    d->fitted[number] = of_root(d, d->program->collections.at[fit->collection].second, fit->root);
  }
  return d->fitted[number];
}

/* ---- nodes, graphs ---- */

/* What a setting of a leaf stands for in the program's tables; NULL where the operation has no such setting. */
static const char *of_named(struct digester *d, const struct node *n) {
  struct op_setting setting = {0};
  while (op_setting_next(n->op, &setting)) {
    if (setting.type == SETTING_VARIABLE) return of_variable(d, (uint32_t)n->attr.i[setting.at]);
    if (setting.type == SETTING_COLUMN) return of_column(d, (uint32_t)n->attr.i[setting.at]);
  }
  return NULL;
}

/* Settings that an operation has got since runs were first kept count where they are set, so that runs from before stay
 * what they were. */
enum { ALWAYS = 10 };

static void add_node(struct digester *d, struct sha256 *sha, const struct node *n, char (*at)[SHA256_HEX]) {
  const char *named = of_named(d, n);
  add_string(sha, op_info[n->op].name);
  add_whole(sha, n->type.type);
  add_whole(sha, n->type.rows);
  add_shape(sha, n->type.shape);
  if (named) add_string(sha, named);
  for (size_t k = 0; !named && k < ATTR_WHOLES; k++)
    if (k < ALWAYS || n->attr.i[k]) add_whole(sha, n->attr.i[k]);
  for (size_t k = 0; k < sizeof n->attr.f / sizeof *n->attr.f; k++) add_real(sha, n->attr.f[k]);
  add_whole(sha, (int64_t)n->attr.key);
  bool swapped = (op_info[n->op].properties & COMMUTES) && strcmp(at[n->in[0]], at[n->in[1]]) > 0;
  for (int k = 0; k < n->inputs; k++) add_string(sha, at[n->in[swapped ? 1 - k : k]]);
}

static const char *of_node(struct digester *d, const struct graph *graph, node_id id) {
  for (size_t i = 0; i < d->graphs.n; i++)
    if (d->graphs.at[i].graph == graph) return d->graphs.at[i].at[id];
  const bool *live = graph_live(d->arena, graph);
  char(*at)[SHA256_HEX] = arena_alloc(d->arena, size_product(graph->nodes.n + 1, SHA256_HEX));
  for (node_id k = 1; k < graph->nodes.n; k++) {
    struct sha256 sha;
    at[k][0] = 0;
    if (!live[k]) continue;
    sha256_start(&sha);
    add_node(d, &sha, graph_node(graph, k), at);
    sha256_end(&sha, at[k]);
  }
  struct digested digested = {graph, at};
  vec_push(d->arena, &d->graphs, digested);
  return at[id];
}

static const char *of_graph(struct digester *d, const struct graph *graph) {
  if (!graph) return none;
  const char **root = ARENA_ARRAY(d->arena, const char *, graph->roots.n + 1);
  for (size_t k = 0; k < graph->roots.n; k++) {
    const struct root *r = &graph->roots.at[k];
    struct sha256 sha;
    sha256_start(&sha);
    add_string(&sha, r->kind == ROOT_WRITE ? of_variable(d, r->target) : r->name);
    add_string(&sha, of_node(d, graph, r->node));
    root[k] = finish(d, &sha);
  }
  return of_set(d, root, graph->roots.n);
}

/* ---- what a program is made of ---- */

/* Each step of a setup says what it writes, and reads what others wrote by its name, so their order says nothing
 * more. */
static const char *of_setup(struct digester *d, const struct stage *stage) {
  const char **step = ARENA_ARRAY(d->arena, const char *, stage->setup.n + 1);
  for (size_t i = 0; i < stage->setup.n; i++) {
    const struct setup *setup = &stage->setup.at[i];
    step[i] = setup->graph ? of_graph(d, setup->graph) : of_variable(d, d->program->fits.at[setup->fit].variable);
  }
  return of_set(d, step, stage->setup.n);
}

static const char *of_stage(struct digester *d, const struct stage *stage);

/* What a measurement reads of a collection. */
static void add_roots(struct digester *d, struct sha256 *sha, const struct measurement *m, int collection) {
  if (collection < 0) return;
  const struct collection *from = &d->program->collections.at[collection];
  add_string(sha, from->split);
  add_string(sha, of_root(d, from->second, m->value));
  add_string(sha, of_root(d, from->second, m->chance));
  add_string(sha, of_root(d, from->second, m->rows));
  add_string(sha, of_root(d, from->second, m->chance_rows));
  add_string(sha, of_root(d, from->second, m->present));
  for (int k = 0; k < m->arguments; k++) add_string(sha, of_root(d, from->second, m->argument[k]));
}

static const char *of_measurement(struct digester *d, const struct measurement *m) {
  struct sha256 sha;
  sha256_start(&sha);
  add_string(&sha, m->name);
  add_string(&sha, m->protocol);
  add_string(&sha, m->unit);
  add_string(&sha, m->measure);
  add_string(&sha, m->split);
  add_real(&sha, m->scale);
  add_roots(d, &sha, m, m->collection);
  add_roots(d, &sha, m, m->fit_collection);
  if (m->stage >= 0) add_whole(&sha, d->program->stages.at[m->stage].epochs);
  if (m->stage >= 0) add_string(&sha, of_stage(d, &d->program->stages.at[m->stage]));
  return finish(d, &sha);
}

static void add_goal(struct sha256 *sha, const struct goal *goal) {
  add_string(sha, goal->metric);
  add_string(sha, goal->split);
  add_whole(sha, goal->higher);
  add_whole(sha, goal->patience);
}

/* Nothing, where there are none: what was trained by an older version has the digest that it had. */
static void add_monitors(struct digester *d, struct sha256 *sha, const struct stage *stage) {
  for (size_t i = 0; i < stage->monitors.n; i++) {
    const struct monitor *monitor = &stage->monitors.at[i];
    add_whole(sha, monitor->every);
    add_whole(sha, monitor->steps);
    for (size_t k = 0; k < monitor->measurements.n; k++)
      add_string(sha, of_measurement(d, &monitor->measurements.at[k]));
  }
  if (stage->keep.metric) add_goal(sha, &stage->keep);
  if (stage->stop.metric) add_goal(sha, &stage->stop);
}

/* The only update of a stage has the digest that it had before there were several. */
static void add_update(struct digester *d, struct sha256 *sha, const struct update *update) {
  add_string(sha, of_graph(d, update->step));
  if (update->times > 1) add_whole(sha, update->times);
  if (update->after) add_string(sha, of_graph(d, update->after));
}

static const char *of_stage(struct digester *d, const struct stage *stage) {
  struct sha256 sha;
  sha256_start(&sha);
  add_string(&sha, stage->name);
  add_whole(&sha, stage->batch);
  add_whole(&sha, stage->drop_last);
  add_string(&sha, of_setup(d, stage));
  for (size_t i = 0; i < stage->updates; i++) add_update(d, &sha, &stage->update[i]);
  add_monitors(d, &sha, stage);
  if (stage->table) add_whole(&sha, stage->table);
  if (stage->split != SPLIT_TRAIN) add_string(&sha, split_name(stage->split));
  for (size_t i = 0; i < stage->beside; i++) add_whole(&sha, stage->beside_table[i]);
  return finish(d, &sha);
}

static const char *of_show(struct digester *d, const struct image_grid_show *show) {
  struct sha256 sha;
  sha256_start(&sha);
  for (int k = 0; k < show->images; k++) add_string(&sha, show->caption[k]);
  add_string(&sha, of_graph(d, show->graph));
  return finish(d, &sha);
}

static const char *of_map(struct digester *d, const struct map_show *map) {
  struct sha256 sha;
  sha256_start(&sha);
  add_string(&sha, map->name);
  add_whole(&sha, map->rows);
  add_string(&sha, of_graph(d, map->graph));
  return finish(d, &sha);
}

const char *digest_stage(struct arena *arena, const struct program *program, const struct stage *stage) {
  return of_stage(digester_new(arena, program), stage);
}

const char *digest_evaluation(struct arena *arena, const struct program *program) {
  struct digester *d = digester_new(arena, program);
  size_t n = 0;
  const char **item = ARENA_ARRAY(arena, const char *,
                                  program->measurements.n + program->shows.n + program->maps.n + 1);
  for (size_t i = 0; i < program->measurements.n; i++) item[n++] = of_measurement(d, &program->measurements.at[i]);
  for (size_t i = 0; i < program->shows.n; i++) item[n++] = of_show(d, &program->shows.at[i]);
  for (size_t i = 0; i < program->maps.n; i++) item[n++] = of_map(d, &program->maps.at[i]);
  return of_set(d, item, n);
}

const char *digest_compute(struct arena *arena, const struct program *program) {
  struct digester *d = digester_new(arena, program);
  if (program->compute < 0) return none;
  const struct collection *from = &program->collections.at[program->compute];
  struct sha256 sha;
  sha256_start(&sha);
  add_string(&sha, from->split);
  for (size_t k = 0; k < program->computed.n; k++) {
    add_string(&sha, of_root(d, from->second, program->computed.at[k].root));
    add_string(&sha, of_root(d, from->second, program->computed.at[k].present));
  }
  return finish(d, &sha);
}

const char *digest_roots(struct arena *arena, const struct program *program, const struct graph *graph) {
  struct digester *d = digester_new(arena, program);
  struct sha256 sha;
  d->fits_by_name = true;
  sha256_start(&sha);
  for (size_t k = 0; k < graph->roots.n; k++) {
    add_string(&sha, graph->roots.at[k].name);
    add_string(&sha, of_node(d, graph, graph->roots.at[k].node));
  }
  return finish(d, &sha);
}
