/* Which weights a stage trains, and what is said of those that nothing trains. */
#include <stdlib.h>

#include "dsl/lower/stage.h"

/* reached[v] for every variable that node depends on. */
void reach_variables(const struct context *e, node_id node, bool *reached) {
  const struct graph *g = graph_of(e);
  const bool *nodes = graph_reached(e->arena, g, node);
  for (node_id id = node; id > 0; id--)
    if (nodes[id] && graph_node(g, id)->op == OP_variable) reached[graph_node(g, id)->attr.i[0]] = true;
}

/* ---- weights that wait ---- */

bool read_in_function(const struct instance *instance, const char *name) {
  const struct ast *body = instance->block && instance->block->kind == AST_BLOCK ? instance->block->kid[2] : NULL;
  for (int i = 0; body && i < body->kids; i++)
    if (body->kid[i]->kind == AST_DEF && ast_reads(body->kid[i]->kid[1], name)) return true;
  return false;
}

static const struct parameter_slot *slot_of(const struct context *e, uint32_t variable, struct instance **owner) {
  for (size_t i = 0; i < e->compile->instances.n; i++) {
    *owner = e->compile->instances.at[i];
    for (size_t k = 0; k < (*owner)->slots.n; k++)
      if ((*owner)->slots.at[k].variable == variable) return &(*owner)->slots.at[k];
  }
  return NULL;
}

/* A weight of an instance that the loss trains otherwise, and which a function of the instance reads that no term
 * calls, as a Boltzmann machine's visible bias where only the hidden units are used. */
static bool waits(const struct context *e, uint32_t variable, const bool *reached) {
  struct instance *owner;
  const struct parameter_slot *slot = slot_of(e, variable, &owner);
  if (!slot || !read_in_function(owner, slot->name)) return false;
  for (size_t k = 0; k < owner->slots.n; k++)
    if (reached[owner->slots.at[k].variable] && is_trained(e, owner->slots.at[k].variable)) return true;
  return false;
}

static void set_waiting(const struct context *e, uint32_t variable, bool waiting) {
  size_t kept = 0;
  for (size_t i = 0; i < e->compile->waiting.n; i++)
    if (e->compile->waiting.at[i] != variable) e->compile->waiting.at[kept++] = e->compile->waiting.at[i];
  e->compile->waiting.n = kept;
  if (waiting) vec_push(e->arena, &e->compile->waiting, variable);
}

void refuse_waiting(const struct context *e, const struct graph *graph) {
  static const struct span nowhere;
  bool *read = ARENA_ARRAY(e->arena, bool, e->program->variables.n + 1);
  const bool *live = e->compile->waiting.n ? graph_live(e->arena, graph) : NULL;
  for (node_id id = 1; live && id < graph->nodes.n; id++)
    if (live[id] && graph_node(graph, id)->op == OP_variable) read[graph_node(graph, id)->attr.i[0]] = true;
  for (size_t i = 0; live && i < e->compile->waiting.n; i++) {
    uint32_t v = e->compile->waiting.at[i];
    if (!read[v]) continue;
    diag_error(e->diags, DIAG_E0403, weight_location(e, v, nowhere), "'%s' is used, but no stage trains it",
               e->program->variables.at[v].name);
    diag_hint(e->diags, "let a loss term depend on it, or measure something else");
  }
}

/* ---- weights of other stages ---- */

/* How the file writes the value's instance that owns the variable: "enc", "machines[0]", "towers.left"; or NULL. */
static const char *written_in(const struct context *e, const struct value *value, uint32_t variable, const char *name) {
  if (value->kind == V_INSTANCE) return slot_within(value->instance, variable) ? name : NULL;
  if (value->kind == V_ARRAY) return value->array.variable == variable + 1 ? name : NULL;
  const char *found = NULL;
  for (size_t i = 0; value->kind == V_LIST && i < value->list.n && !found; i++)
    found = written_in(e, &value->list.at[i], variable, arena_format(e->arena, "%s[%zu]", name, i));
  for (size_t i = 0; value->kind == V_RECORD && i < value->record->fields.n && !found; i++) {
    const struct field *f = &value->record->fields.at[i];
    found = written_in(e, f->value, variable, arena_format(e->arena, "%s.%s", name, f->name));
  }
  return found;
}

static const char *written_name(const struct context *e, uint32_t variable) {
  const char *found = NULL;
  for (struct scope *scope = e->build->scope; scope && scope != e->compile->file->parent; scope = scope->parent)
    for (size_t i = 0; i < scope->names.n && !found; i++) {
      const struct binding *b = scope->names.at[i];
      if (b->build == e->build->number) found = written_in(e, &b->value, variable, b->name);
    }
  return found;
}

/* Weights are trained on the training split: what a stage over other rows reaches of them, it keeps. */
static void refuse_held_out(const struct context *e, const struct stage_settings *settings, uint32_t v,
                            const char **reported) {
  const char *made = e->program->variables.at[v].name, *name = written_name(e, v);
  const char *shown = name_of_string(e->compile->names, name ? name : made);
  const struct own_rule *own = own_rule(settings, v);
  if (shown == *reported) return;
  *reported = shown;
  diag_error(e->diags, DIAG_E0420, own ? own->span : settings->span,
             "stage '%s' goes through the rows to %s, and would train '%s'", settings->name,
             split_purpose(settings->split), shown);
  if (e->program->variables.at[v].stage == e->build->stage)
    diag_hint(e->diags, "weights are trained on the training split: train '%s' in a stage before, and keep it here",
              shown);
  else diag_hint(e->diags, "weights are trained on the training split: say 'keep %s'", shown);
}

/* A weight of an earlier stage that the stage neither trains nor keeps: said once of a whole instance. */
static void refuse_unlisted(const struct context *e, const struct stage_settings *settings, uint32_t v,
                            const char **reported) {
  const struct variable *var = &e->program->variables.at[v];
  if (settings->split != SPLIT_TRAIN && var->stage == e->build->stage) {
    refuse_held_out(e, settings, v, reported);
    return;
  }
  const char *name = written_name(e, v), *made = name_of(e->compile->names, var->name, strcspn(var->name, "."));
  const char *shown = name_of_string(e->compile->names, name ? name : made);
  if (shown == *reported) return;
  *reported = shown;
  if (var->stage == e->build->stage)
    diag_error(e->diags, DIAG_E0403, settings->span, "'%s' is not among what stage '%s' trains", shown, settings->name);
  else
    diag_error(e->diags, DIAG_E0410, settings->span, "'%s' was trained by stage '%s'; say what stage '%s' does with it",
               shown, e->program->stages.at[var->stage].name, settings->name);
  if (!name) {
    diag_label(e->diags, weight_location(e, v, settings->span), "'%s' is made here", made);
    diag_hint(e->diags,
              "give it a name, as in 'part = dense(10)', and say in 'train': 'keep part' or 'part with adam()'");
  } else if (settings->split != SPLIT_TRAIN) {
    diag_hint(e->diags, "say in 'train': 'keep %s'", name);
  } else {
    diag_hint(e->diags, "say in 'train': 'keep %s', or name all that it trains: '%s, ... with adam()'", name, name);
  }
}

/* ---- those of a stage ---- */

/* The weights that the loss reaches and the stage trains.  Reports weights that no term reaches, and earlier ones that
 * the stage neither trains nor keeps. */
size_t find_weights(const struct context *e, const struct stage_settings *settings, node_id loss, uint32_t *weights) {
  size_t n = 0, all = e->program->variables.n;
  bool *reached = ARENA_ARRAY(e->arena, bool, all);
  const char *reported = NULL;
  struct span unused = {0};
  reach_variables(e, loss, reached);
  for (uint32_t v = 0; v < all; v++) {
    const struct variable *var = &e->program->variables.at[v];
    const struct own_rule *own = own_rule(settings, v);
    if (is_trained(e, v) && settings->split != SPLIT_TRAIN) {
      refuse_held_out(e, settings, v, &reported);
    } else if (is_trained(e, v)) {
      if (reached[v] && own && !own->rule && !settings->unclear)
        diag_error(e->diags, DIAG_E0405, settings->span, "'%s' cannot be kept: stage '%s' trains it", var->name,
                   settings->name);
      else if (reached[v]) weights[n++] = v;
      else if (!waits(e, v, reached)) {
        const char *loss = own && own->rule ? settings->turns.at[settings->turn].loss : NULL;
        struct span location = loss ? own->span : weight_location(e, v, settings->span);
        if (location.source == unused.source && location.begin == unused.begin) continue; /* of the same instance */
        unused = location;
        if (loss)
          diag_error(e->diags, DIAG_E0403, location, "the loss '%s' does not depend on '%s', which its turn trains",
                     loss, var->name);
        else diag_error(e->diags, DIAG_E0403, location, "the weight '%s' is in no loss term", var->name);
        diag_hint(e->diags, loss ? "train it in the turn of a loss that depends on it"
                                 : "let a loss term depend on it, or take it out");
      }
      set_waiting(e, v, !reached[v]);
    } else if (reached[v] && var->kind == VARIABLE_WEIGHT && !own && !settings->template && !settings->unclear &&
               var->stage >= 0) {
      refuse_unlisted(e, settings, v, &reported);
    }
  }
  return n;
}

/* Weights that the loss depends on, and yet never moves: said once of a whole instance. */
void refuse_without_gradient(const struct context *e, const struct stage_settings *settings, const uint32_t *weights,
                             const node_id *gradient, size_t n) {
  struct span reported = {0};
  for (size_t k = 0; k < n; k++) {
    double constant;
    if (!graph_is_constant(graph_of(e), gradient[k], &constant) || constant != 0) continue;
    struct span location = weight_location(e, weights[k], settings->span);
    if (location.source == reported.source && location.begin == reported.begin) continue;
    reported = location;
    diag_error(e->diags, DIAG_E0408, location, "the weight '%s' gets no gradient from the loss",
               e->program->variables.at[weights[k]].name);
    diag_hint(e->diags, "stop(v), comparisons, argmax, floor and zero(v) pass none");
  }
}

/* ---- after all stages ---- */

/* Where a term of a stage failed, what the stage reads is not known, and this says little. */
void refuse_untrained(const struct context *e) {
  for (size_t i = 0; i < e->compile->untrained.n && !e->compile->unread; i++) {
    const struct untrained *u = &e->compile->untrained.at[i];
    if (u->owner->broken) continue;
    if (u->ast->kind == AST_PARAM) {
      diag_error(e->diags, DIAG_E0403, u->location, "'%s' is used, but no stage trains it", u->path);
      diag_hint(e->diags, "let a loss term depend on it, or take it out");
    } else {
      diag_error(e->diags, DIAG_E0403, u->location, "the state '%s' is used, but in no stage", u->path);
      diag_hint(e->diags,
                "only a stage's steps write it: write it in one, or give its initial value a name, '%s = ...'",
                u->ast->name);
    }
  }
}

static int by_name(const void *a, const void *b) {
  const struct variable *const *x = a, *const *y = b;
  int order = strcmp((*x)->name, (*y)->name);
  return order ? order : (*x > *y) - (*x < *y);
}

void check_variable_names(const struct context *e) {
  struct program *p = e->program;
  const struct variable **sorted = ARENA_ARRAY(e->arena, const struct variable *, p->variables.n + 1);
  size_t n = 0;
  for (size_t v = 0; v < p->variables.n; v++) {
    int stage = p->variables.at[v].stage;
    if (stage >= 0 && !p->stages.at[stage].in_evaluation) sorted[n++] = &p->variables.at[v];
  }
  qsort(sorted, n, sizeof *sorted, by_name);
  for (size_t k = 1; k < n; k++) {
    if (strcmp(sorted[k]->name, sorted[k - 1]->name)) continue;
    static const struct span nowhere;
    diag_error(e->diags, DIAG_E0202, weight_location(e, (uint32_t)(sorted[k] - p->variables.at), nowhere),
               "two weights or states are called '%s'", sorted[k]->name);
    diag_label(e->diags, weight_location(e, (uint32_t)(sorted[k - 1] - p->variables.at), nowhere), "the other");
    diag_hint(e->diags, "give one of them another name: checkpoints and exports find them by it");
    return;
  }
}
