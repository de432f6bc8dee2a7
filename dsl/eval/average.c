/* What is said of the weights of an instance together: weights(f) lists them, and average(f, 0.99) follows them.
 *
 * An average is an instance of the same block with the same settings, which has a state for every weight and state of
 * the instance it follows.  These start as what they follow, and move towards it after every update (lower/average.c).
 * They are made by the names and places of the followed instance's own, so that it does not matter whether a stage
 * applies the average. */
#include "dsl/eval/forms.h"

static bool has_slots(const struct instance *instance) {
  if (instance->slots.n) return true;
  for (size_t i = 0; i < instance->children.n; i++)
    if (has_slots(instance->children.at[i].instance)) return true;
  return false;
}

/* That the weights are there: an instance has them once it is applied. */
static bool has_weights(const struct context *e, const char *what, struct instance *instance, struct span span) {
  if (!has_slots(instance)) apply_if_anywhere(e, instance);
  if (has_slots(instance) || runs_or_waits(e, instance->build)) return true;
  if (instance->broken) return false;
  diag_error(e->diags, DIAG_E0207, span, "'%s' has not been applied, so '%s' finds no weights in it", instance->path,
             what);
  diag_hint(e->diags, "apply it to a value, and give the result a name in the file");
  instance->broken = true;
  return false;
}

/* ---- weights ---- */

static bool is_weight(const struct context *e, const struct instance *instance, const struct parameter_slot *slot) {
  const struct parameter_slot *followed = instance->averaged ? slot_named(instance->averaged, slot->name) : slot;
  return followed && e->program->variables.at[followed->variable].kind == VARIABLE_WEIGHT;
}

static void add_weights(const struct context *e, const struct instance *instance, struct span span, struct values *list,
                        size_t *capacity) {
  for (size_t i = 0; i < instance->slots.n; i++) {
    const struct parameter_slot *slot = &instance->slots.at[i];
    if (!is_weight(e, instance, slot)) continue;
    if (list->n == *capacity) {
      const struct value *old = list->at;
      *capacity = 2 * *capacity + 8;
      list->at = ARENA_ARRAY(e->arena, struct value, *capacity);
      if (list->n) memcpy(list->at, old, list->n * sizeof *old);
    }
    list->at[list->n++] = weight_read(e, variable_value(e, slot->variable, span), span);
  }
  for (size_t i = 0; i < instance->children.n; i++)
    add_weights(e, instance->children.at[i].instance, span, list, capacity);
}

static bool add_weights_of(const struct context *e, const struct builtin *self, struct value *of, struct span span,
                           struct values *list, size_t *capacity) {
  struct values items;
  if (of->kind == V_INSTANCE) {
    if (!has_weights(e, self->name, of->instance, span)) return false;
    if (of->instance->averaged) make_average(e, of->instance);
    add_weights(e, of->instance, span, list, capacity);
    return true;
  }
  if (!values_of(e, of, &items)) {
    diag_error(e->diags, DIAG_E0304, span, "'%s' takes an instance, or a list or record of them, not %s", self->name,
               describe(e, of));
    if (of->kind == V_ARRAY) diag_hint(e->diags, "give it the instance, before it is applied");
    return false;
  }
  for (size_t i = 0; i < items.n; i++)
    if (!add_weights_of(e, self, &items.at[i], span, list, capacity)) return false;
  return true;
}

struct value call_weights(const struct context *e, const struct builtin *self, struct value *in,
                          const struct ast *location) {
  struct value v = {.kind = V_LIST, .made = location->span};
  size_t capacity = 0;
  return add_weights_of(e, self, &in[0], location->span, &v.list, &capacity) ? v : v_error();
}

/* ---- averages ---- */

static struct instance *make_child(const struct context *e, struct instance *average, const struct child *followed) {
  struct instance *made = ARENA_NEW(e->arena, struct instance);
  const char *name = followed->instance->path + strlen(average->averaged->path);
  made->path = arena_format(e->arena, "%s%s", average->path, name);
  made->block = followed->instance->block;
  made->owner = average;
  made->made = average->made;
  made->stage = average->stage;
  made->averaged = followed->instance;
  struct child child = {followed->location, followed->key, made};
  vec_push(e->arena, &average->children, child);
  vec_push(e->arena, &e->compile->instances, made);
  return made;
}

void make_average(const struct context *e, struct instance *average) {
  struct instance *from = average->averaged;
  for (size_t i = 0; i < from->slots.n && step_outside(e); i++)
    if (!slot_named(average, from->slots.at[i].name)) follow_slot(e, average, &from->slots.at[i]);
  for (size_t i = 0; i < from->children.n; i++) {
    const struct child *followed = &from->children.at[i];
    struct instance *part = child_at(e, average, followed->location, followed->key);
    make_average(e, part ? part : make_child(e, average, followed));
  }
}

static bool is_decay(const struct context *e, struct value *decay, struct span span) {
  if (decay->kind == V_NUMBER && decay->number >= 0 && decay->number <= 1) return true;
  if (decay->kind == V_NUMBER) {
    diag_error(e->diags, DIAG_E0304, span, "'average' takes a number from 0 to 1 for its decay, not %g", decay->number);
    return false;
  }
  if (!is_array(e, decay, span)) return false;
  if (!type_of(e, decay)->shape.rank && !decay->array.per_sample) return true;
  diag_error(e->diags, DIAG_E0304, span, "the decay of 'average' is one number without rows, not %s",
             describe(e, decay));
  return false;
}

static struct value average_of(const struct context *e, struct value v, const struct value *decay,
                               const struct ast *location);

static const char *part_name(const struct context *e, const char *key) {
  return *e->hint ? name_of_string(e->compile->names, arena_format(e->arena, "%s.%s", *e->hint, key)) : NULL;
}

/* The averages of all that a list or record holds, each an instance of its own. */
static struct value averages_of(const struct context *e, struct value v, const struct value *decay,
                                const struct ast *location) {
  struct value all = {.kind = v.kind, .made = location->span};
  size_t n = v.kind == V_LIST ? v.list.n : v.record->fields.n;
  if (v.kind == V_LIST) all.list = (struct values){n, ARENA_ARRAY(e->arena, struct value, n)};
  else all.record = ARENA_NEW(e->arena, struct record);
  for (size_t i = 0; i < n; i++) {
    struct context part = *e;
    bool list = v.kind == V_LIST;
    const char *key = list ? arena_format(e->arena, "%zu", i) : v.record->fields.at[i].name, *name = part_name(e, key);
    part.hint = &name;
    part.loop_key = name_of_string(e->compile->names,
                                   e->loop_key ? arena_format(e->arena, "%s,%s", e->loop_key, key) : key);
    struct value one = average_of(&part, list ? v.list.at[i] : *v.record->fields.at[i].value, decay, location);
    if (one.kind == V_ERROR) return one;
    if (list) all.list.at[i] = one;
    else record_set(e, all.record, key, one);
  }
  return all;
}

static struct value average_of(const struct context *e, struct value v, const struct value *decay,
                               const struct ast *location) {
  if (v.kind == V_LIST || v.kind == V_RECORD) return averages_of(e, v, decay, location);
  if (v.kind != V_INSTANCE) {
    diag_error(e->diags, DIAG_E0304, location->span,
               "'average' follows an instance, or a list or record of them, not %s", describe(e, &v));
    if (v.kind == V_ARRAY)
      diag_hint(e->diags, "an average of one value is a state: 's <- 0.99 * s + 0.01 * mean(v, batch)'");
    return v_error();
  }
  struct instance *average = instance_at(e, v.instance->block, location);
  displace_instance(e, average);
  average->averaged = v.instance;
  average->settings = v.instance->settings;
  average->decay = keep_value(e, *decay);
  average->decay_build = e->build->number;
  struct value made = {.kind = V_INSTANCE, .made = location->span};
  made.instance = average;
  return made;
}

struct value call_average(const struct context *e, const struct builtin *self, struct value *in,
                          const struct ast *location) {
  if (in[1].kind == V_INSTANCE && (in[0].kind == V_NUMBER || in[0].kind == V_ARRAY)) {
    diag_error(e->diags, DIAG_E0304, location->span,
               "'average' follows its first argument, and the second says how slowly");
    diag_hint(e->diags, "write 'average(%s, 0.99)'", in[1].instance->path);
    return v_error();
  }
  if (!is_decay(e, &in[1], location->span)) return v_error();
  if (!e->scope->owner) {
    refuse_ownership(e, self->name, AST_DEF, location->span);
    return v_error();
  }
  return average_of(e, in[0], &in[1], location);
}

bool begin_average(const struct context *e, struct instance *average, struct span span) {
  if (!has_weights(e, "average", average->averaged, span)) return false;
  make_average(e, average);
  return true;
}
