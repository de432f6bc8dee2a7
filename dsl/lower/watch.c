/* Watches: metrics that are taken while a stage trains, and the settings that go by them.
 *
 * They are read when all stages are built, in evaluation mode, each statement in a graph of its own.  A stage's own
 * watch is taken in that stage; one of the file in every stage from the one on whose weights it reads. */
#include <stdio.h>

#include "base/measures.h"
#include "base/schema.h"
#include "dsl/lower/stage.h"

static const struct {
  const char *name, *parts;
} measures[] = {
#define MEASURE(name, arguments, traits, metrics, doc) {#name, metrics},
#include "base/measures.def"
#undef MEASURE
};

/* ---- which stages a measurement is taken in ---- */

static int latest_stage_of(const struct context *e, const struct collection *from);

static int stage_of_variable(const struct context *e, uint32_t variable) {
  const struct variable *v = &e->program->variables.at[variable];
  int latest = v->stage;
  for (size_t i = 0; v->kind == VARIABLE_FIT && v->stage < 0 && i < e->program->fits.n; i++) {
    const struct fit *fit = &e->program->fits.at[i];
    if (fit->variable != variable) continue;
    latest = latest_stage_of(e, &e->program->collections.at[fit->collection]);
  }
  return latest;
}

/* The last of the stages whose weights a graph reads; -1 where it reads none. */
static int latest_stage(const struct context *e, const struct graph *graph) {
  const bool *live = graph_live(e->arena, graph);
  int latest = -1;
  for (node_id id = 1; id < graph->nodes.n; id++) {
    const struct node *n = graph_node(graph, id);
    if (!live[id] || n->op != OP_variable) continue;
    int stage = stage_of_variable(e, (uint32_t)n->attr.i[0]);
    if (stage > latest) latest = stage;
  }
  return latest;
}

static int latest_stage_of(const struct context *e, const struct collection *from) {
  int first = from->first ? latest_stage(e, from->first) : -1, second = latest_stage(e, from->second);
  return first > second ? first : second;
}

/* The measurements of a statement become monitors: of one stage, or of all that know their weights. */
static void add_monitors(const struct context *e, const struct graph *graph, const struct evaluation *evaluation,
                         const struct monitor *all, int only) {
  size_t n = all->measurements.n, collections = e->program->collections.n, columns = e->program->columns.n;
  int *ready = ARENA_ARRAY(e->arena, int, n + 1);
  for (size_t i = 0; i < n; i++) { /* a collection of its own, only to look at */
    struct measurement alone = all->measurements.at[i];
    collect_measured(e, graph, evaluation, &alone, 1);
    ready[i] = latest_stage_of(e, &e->program->collections.at[alone.collection]);
  }
  e->program->collections.n = collections;
  e->program->columns.n = columns;
  for (size_t k = 0; k < e->compile->built.n; k++) {
    int stage = e->compile->built.at[k].stage;
    struct monitor monitor = {.every = all->every, .steps = all->steps};
    for (size_t i = 0; i < n; i++)
      if (ready[i] <= stage && (only < 0 || only == stage))
        vec_push(e->arena, &monitor.measurements, all->measurements.at[i]);
    if (!monitor.measurements.n) continue;
    collect_measured(e, graph, evaluation, monitor.measurements.at, monitor.measurements.n);
    vec_push(e->arena, &e->program->stages.at[stage].monitors, monitor);
  }
}

/* ---- statements ---- */

static bool check_name(const struct context *e, const struct ast *watch) {
  enum data_split split = split_named(watch->name);
  if (split == SPLIT_TRAIN || split == SPLIT_VALIDATION) return true;
  if (split == SPLIT_TEST) {
    diag_error(e->diags, DIAG_E0413, watch->at, "the test split is not watched while training goes on");
    diag_hint(e->diags, "watch on 'validation', and measure on the test split with 'evaluate'");
  } else {
    diag_error(e->diags, DIAG_E0413, watch->at, "unknown split '%s'", watch->name);
    diag_hint(e->diags, "figures are watched on 'validation' or 'train'");
  }
  return false;
}

static void build_watch(const struct context *e, const struct ast *watch, int only) {
  struct evaluation evaluation = {.split = watch->name, .within = "watch", .from = e->program->measurements.n};
  const struct ast *every = watch->kids && watch->kid[0]->kind == AST_EVERY ? watch->kid[0] : NULL;
  struct monitor all = {.every = 1};
  if (!check_name(e, watch)) return;
  struct context in = build_begin(e, BUILD_EVALUATE, -1, "watch");
  in.build->watches = true;
  if (every) all.every = whole_number(&in, every->kid[0], "every", 1000000000);
  if (every) all.steps = !strcmp(every->name, "steps");
  measure_items(&in, watch, &evaluation);
  check_measured_split(e, e->program->measurements.at + evaluation.from, e->program->measurements.n - evaluation.from,
                       evaluation.split, watch->at);
  refuse_waiting(e, graph_of(&in));
  for (size_t i = evaluation.from; i < e->program->measurements.n; i++)
    vec_push(e->arena, &all.measurements, e->program->measurements.at[i]);
  e->program->measurements.n = evaluation.from;
  if (all.measurements.n && !mistaken(e)) add_monitors(e, graph_of(&in), &evaluation, &all, only);
}

static const struct ast *build_list(const struct context *e, const struct ast *list, int from, int only) {
  const struct ast *first = NULL;
  for (int i = from; i < list->kids; i++) {
    if (list->kid[i]->kind != AST_WATCH) continue;
    build_watch(e, list->kid[i], only);
    if (!first) first = list->kid[i];
  }
  return first;
}

/* ---- settings that name metrics ---- */

static const char *parts_of(const char *measure) {
  for (size_t k = 0; measure && k < sizeof measures / sizeof *measures; k++)
    if (!strcmp(measures[k].name, measure)) return measures[k].parts;
  return "";
}

struct metrics {
  VEC(const char *) names, splits;
  bool known; /* all of them: nothing is wrong */
};

/* What the monitors of a stage measure, as it is logged. */
static void list_metrics(const struct context *e, const struct stage *stage, struct metrics *out) {
  for (size_t i = 0; i < stage->monitors.n; i++) {
    const struct monitor *monitor = &stage->monitors.at[i];
    for (size_t k = 0; k < monitor->measurements.n; k++) {
      const struct measurement *m = &monitor->measurements.at[k];
      const char *part = parts_of(m->measure), *split = e->program->collections.at[m->collection].split;
      do {
        int length = (int)strcspn(part, " ");
        vec_push(e->arena, &out->names, length ? arena_format(e->arena, "%s.%.*s", m->name, length, part) : m->name);
        vec_push(e->arena, &out->splits, split);
        part += length + (part[length] == ' ');
      } while (*part);
    }
  }
}

/* "error[left]" as the loop names it, of `error[.left]` too. */
static const char *metric_name(const struct context *e, const struct ast *target) {
  char *name = arena_format(e->arena, "%s", source_words(e->compile->sources, target->span)), *out = name;
  for (const char *at = name; *at; at++) {
    bool key = *at == '.' && at > name && (at[-1] == '[' || at[-1] == ',');
    if (*at != ' ' && !key) *out++ = *at;
  }
  *out = 0;
  return name;
}

/* Of a name that is watched on both splits, the metric of the validation split counts. */
static void find_goal(const struct context *e, const struct metrics *metrics, const struct ast *item,
                      const struct ast *target, struct goal *goal) {
  if (!item || !metrics->known) return;
  const char *name = metric_name(e, target);
  goal->higher = !strcmp(item->name, "highest") || !strcmp(item->name, "higher");
  for (size_t i = 0; i < metrics->names.n; i++) {
    if (strcmp(metrics->names.at[i], name)) continue;
    goal->metric = metrics->names.at[i];
    if (!goal->split || !strcmp(metrics->splits.at[i], "validation")) goal->split = metrics->splits.at[i];
  }
  if (goal->metric) return;
  diag_error(e->diags, DIAG_E0416, target->span, "no metric '%s' is watched", name);
  if (metrics->names.n) suggest(e, name, metrics->names.at, metrics->names.n, "watched are");
  else diag_hint(e->diags, "add 'watch on validation { %s = ... }'", name);
}

void build_watches(const struct context *e) {
  const struct ast *watch = build_list(e, e->compile->text, 0, -1);
  if (watch && !e->compile->built.n && !mistaken(e)) {
    diag_error(e->diags, DIAG_E0416, watch->at, "nothing is trained, so there is nothing to watch");
    diag_hint(e->diags, "measure with 'evaluate on %s'", watch->name);
  }
  for (size_t k = 0; k < e->compile->built.n; k++) {
    const struct watched_stage *built = &e->compile->built.at[k];
    struct context in = in_scope(e, built->scope);
    if (built->list != e->compile->text) build_list(&in, built->list, built->from, built->stage);
  }
  struct metrics metrics = {.known = !mistaken(e)};
  for (size_t k = 0; k < e->compile->built.n; k++) {
    const struct watched_stage *built = &e->compile->built.at[k];
    struct stage *stage = &e->program->stages.at[built->stage];
    metrics.names.n = metrics.splits.n = 0;
    list_metrics(e, stage, &metrics);
    find_goal(e, &metrics, built->keep_best, built->keep_best ? built->keep_best->kid[0] : NULL, &stage->keep);
    find_goal(e, &metrics, built->stop, built->stop ? built->stop->kid[1] : NULL, &stage->stop);
    stage->stop.patience = built->patience;
  }
}
