/* --summary: every layer with its output and weights, where instances are applied, totals; and the model's options. */
#include <stdio.h>

#include "base/string_builder.h"
#include "dsl/lower/stage.h"

/* 1137606 as "1,137,606". */
static const char *grouped(struct arena *arena, int64_t n) {
  const char *plain = arena_format(arena, "%lld", (long long)n);
  size_t length = strlen(plain);
  char *out = arena_alloc(arena, length * 2 + 1), *at = out;
  for (size_t i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0) *at++ = ',';
    *at++ = plain[i];
  }
  return out;
}

static int64_t own_weights(const struct context *e, const struct instance *instance) {
  int64_t n = 0;
  for (size_t i = 0; i < instance->slots.n; i++) {
    const struct variable *v = &e->program->variables.at[instance->slots.at[i].variable];
    if (v->kind == VARIABLE_WEIGHT) n += shape_count(v->shape);
  }
  return n;
}

/* The main stages' instances; what a probe makes is not part of the model. */
static bool in_model(const struct context *e, const struct instance *instance) {
  return instance->stage >= 0 && !e->program->stages.at[instance->stage].in_evaluation;
}

/* Weights of the file and of its training stages themselves, which no layer owns. */
static bool is_own(const struct context *e, const struct parameter_slot *slot) {
  const struct variable *v = &e->program->variables.at[slot->variable];
  return v->kind == VARIABLE_WEIGHT && v->stage >= 0 && !e->program->stages.at[v->stage].in_evaluation;
}

static void put_own_weights(const struct context *e, struct string_builder *t, int wide) {
  for (size_t i = 0; i < e->compile->root->slots.n; i++) {
    const struct parameter_slot *slot = &e->compile->root->slots.at[i];
    const struct variable *v = &e->program->variables.at[slot->variable];
    char shape[SHAPE_STRING];
    if (!is_own(e, slot)) continue;
    string_add(t, "%-*s  %-14s  %-16s  %10s\n", wide, v->name, "param", shape_string(shape, v->shape, false),
               grouped(e->arena, shape_count(v->shape)));
  }
}

static void put_row_variables(const struct context *e, struct string_builder *t, int wide) {
  for (size_t i = 0; i < e->compile->rows.n; i++) {
    const struct column *c = &e->program->columns.at[e->compile->rows.at[i].column];
    char shape[SHAPE_STRING];
    if (e->compile->rows.at[i].ast)
      string_add(t, "%-*s  %-14s  %-16s  %10s\n", wide, c->name, "variable", shape_string(shape, c->shape, true),
                 grouped(e->arena, shape_count(c->shape)));
  }
}

/* Puts the sites of each instance into a list, in their order. */
static void list_sites(const struct context *e) {
  for (size_t i = e->compile->sites.n; i > 0; i--) {
    struct site *site = &e->compile->sites.at[i - 1];
    site->next = site->instance->sites;
    site->instance->sites = i;
  }
}

static const struct site *site_numbered(const struct context *e, size_t number) {
  return number ? &e->compile->sites.at[number - 1] : NULL;
}
static const struct site *first_site(const struct context *e, const struct instance *instance) {
  return site_numbered(e, instance->sites);
}
static const struct site *next_site(const struct context *e, const struct site *site) {
  return site_numbered(e, site->next);
}

static void put_layers(const struct context *e, struct string_builder *t) {
  int wide = 5;
  for (size_t i = 0; i < e->compile->root->slots.n; i++) {
    int length = (int)strlen(e->program->variables.at[e->compile->root->slots.at[i].variable].name);
    if (is_own(e, &e->compile->root->slots.at[i]) && length > wide) wide = length;
  }
  for (size_t i = 0; i < e->compile->instances.n; i++) {
    int length = (int)strlen(e->compile->instances.at[i]->path);
    if (in_model(e, e->compile->instances.at[i]) && length > wide) wide = length;
  }
  string_add(t, "%-*s  %-14s  %-16s  %10s\n", wide, "layer", "block", "output", "weights");
  for (size_t i = 0; i < e->compile->instances.n; i++) {
    const struct instance *instance = e->compile->instances.at[i];
    if (!in_model(e, instance) || (instance->children.n && !instance->slots.n)) continue;
    char shape[SHAPE_STRING] = "(several)";
    const struct site *site = first_site(e, instance);
    while (site && site->type.shape.rank < 0) site = next_site(e, site);
    if (site) shape_string(shape, site->type.shape, false);
    int64_t n = own_weights(e, instance);
    string_add(t, "%-*s  %-14s  %-16s  %10s\n", wide, instance->path, instance->block->name, shape,
               n ? grouped(e->arena, n) : "-");
  }
  put_own_weights(e, t, wide);
  put_row_variables(e, t, wide);
}

/* Instances named at the top of the file, with every location they are applied from. */
static void put_sharing(const struct context *e, struct string_builder *t) {
  string_add(t, "\napplications\n");
  for (size_t i = 0; i < e->compile->instances.n; i++) {
    const struct instance *instance = e->compile->instances.at[i];
    if (!in_model(e, instance) || instance->owner != e->compile->root) continue;
    int n = 0;
    for (const struct site *site = first_site(e, instance); site; site = next_site(e, site)) n++;
    string_add(t, "%s: %d", instance->path, n);
    if (n > 1) string_add(t, ", sharing its weights");
    for (const struct site *site = first_site(e, instance); site; site = next_site(e, site)) {
      struct span span = site->span;
      int line = 0, column = 0;
      const struct source *source = source_get(e->compile->sources, span.source);
      source_position(e->compile->sources, span.source, span.begin, &line, &column);
      bool first = site == first_site(e, instance);
      string_add(t, "%s%s:%d:%d", first ? "  at " : ", ", source->name, line, column);
      string_add(t, " %.*s", (int)(span.end - span.begin), source->text + span.begin);
    }
    string_add(t, "\n");
  }
}

static void put_round(struct string_builder *t, const struct stage *stage) {
  string_put(t, "  in a round:");
  for (size_t k = 0; k < stage->updates; k++) {
    const struct update *u = &stage->update[k];
    string_add(t, "%s %lld time%s %s%s", k ? "," : "", (long long)u->times, u->times == 1 ? "" : "s",
               u->name ? u->name : "writes", u->after ? " and writes" : "");
  }
  string_put(t, "\n");
}

static void put_totals(const struct context *e, struct string_builder *t) {
  int64_t weights = 0, states = 0;
  const struct program *p = e->program;
  for (size_t i = 0; i < p->variables.n; i++) {
    const struct variable *v = &p->variables.at[i];
    if (v->kind == VARIABLE_FIT || p->stages.at[v->stage].in_evaluation) continue;
    if (v->kind == VARIABLE_WEIGHT) weights += shape_count(v->shape);
    if (v->kind == VARIABLE_STATE) states += shape_count(v->shape);
  }
  string_add(t, "\n%s weights in all, %s numbers of state\n", grouped(e->arena, weights), grouped(e->arena, states));
  for (size_t i = 0; i < p->stages.n; i++) {
    const struct stage *s = &p->stages.at[i];
    string_add(t, "%s %s: %s%s%s%lld epochs, batch %lld, %zu loss term%s%s\n",
               s->in_evaluation ? "measuring stage" : "stage", s->name, s->split ? "rows to " : "",
               s->split ? split_purpose(s->split) : "", s->split ? ", " : "", (long long)s->epochs, (long long)s->batch,
               s->terms, s->terms == 1 ? "" : "s", s->coupled ? " (the loss couples the rows of a batch)" : "");
    if (p->tables.n > 1) string_add(t, "  rows of %s", table_called(e, s->table));
    for (size_t k = 0; k < s->beside; k++) string_add(t, " and %s", table_called(e, s->beside_table[k]));
    if (p->tables.n > 1) string_add(t, "\n");
    if (s->updates > 1) put_round(t, s);
  }
}

const char *summary_string(const struct context *e) {
  struct string_builder t = {.arena = e->arena};
  const char *data = program_data(e->program);
  string_add(&t, "%s%s%s: data %s\n\n", e->program->name, e->program->variant ? ", variant " : "",
             e->program->variant ? e->program->variant : "", data ? data : "none");
  list_sites(e);
  put_layers(e, &t);
  put_sharing(e, &t);
  put_totals(e, &t);
  return string_get(&t);
}

const char *options_string(const struct context *e, const struct ast *file) {
  struct string_builder t = {.arena = e->arena};
  for (int i = 0; i < file->kids; i++) {
    const struct ast *s = file->kid[i];
    const struct source *source = source_get(e->compile->sources, s->span.source);
    if (s->kind == AST_OPTION) {
      const struct span at = s->kid[0]->span;
      string_add(&t, "  --set %s=%.*s", s->name, (int)(at.end - at.begin), source->text + at.begin);
      string_add(&t, "%s%s\n", s->kids > 1 && s->kid[1] ? "  " : "", s->kids > 1 && s->kid[1] ? s->kid[1]->name : "");
    } else if (s->kind == AST_VARIANT) {
      string_add(&t, "  --variant %s%s%s\n", s->name, s->kid[0] ? "  " : "", s->kid[0] ? s->kid[0]->name : "");
    }
  }
  return string_get(&t);
}
