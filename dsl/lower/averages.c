/* Averages of weights: after the updates of a step, average(f, decay) moves towards what f has become. */
#include "dsl/lower/stage.h"

static bool calls(const struct ast *ast, const char *name) {
  for (; ast; ast = ast->kids ? ast->kid[0] : NULL) {
    if (ast->kind == AST_CALL && ast->kid[0]->kind == AST_NAME && ast->kid[0]->name == name) return true;
    for (int i = 1; i < ast->kids; i++)
      if (calls(ast->kid[i], name)) return true;
  }
  return false;
}

/* An average that nothing in the step applies is only measured, and follows all the same. */
void reach_averages(const struct context *e, const struct ast *list, int from) {
  const char *average = name_of_string(e->compile->names, "average");
  for (int i = from; list && i < list->kids; i++) {
    const struct ast *s = list->kid[i];
    if (s->kind != AST_BIND || !calls(s->kid[0], average)) continue;
    struct binding *b = lookup(e->scope, s->name);
    if (b && b->ast == s) force(e, b);
  }
}

static bool trains(const struct context *e, const struct instance *instance) {
  for (size_t i = 0; i < instance->slots.n; i++)
    if (is_trained(e, instance->slots.at[i].variable)) return true;
  for (size_t i = 0; i < instance->children.n; i++)
    if (trains(e, instance->children.at[i].instance)) return true;
  return false;
}

/* What the average's own body has written, such as running statistics, stays. */
static void follow(const struct context *e, const struct instance *average, const struct value *decay) {
  struct span span = average->made;
  for (size_t i = 0; i < average->slots.n; i++) {
    const struct parameter_slot *slot = &average->slots.at[i], *from = slot_named(average->averaged, slot->name);
    if (!from || last_write(e->build, slot->variable)) continue;
    struct value rest = binary(e, OP_SUB, v_number(1, span), *decay, span);
    struct value old = binary(e, OP_MUL, *decay, variable_value(e, slot->variable, span), span);
    struct value new = binary(e, OP_MUL, rest, variable_value(e, from->variable, span), span);
    struct value v = binary(e, OP_ADD, old, new, span);
    if (v.kind == V_ARRAY) add_write(e, slot->variable, v.array.node);
  }
  for (size_t i = 0; i < average->children.n; i++)
    if (average->children.at[i].instance->averaged) follow(e, average->children.at[i].instance, decay);
}

void write_averages(const struct context *e) {
  for (size_t i = 0; i < e->compile->instances.n; i++) { /* making an average adds some at the end */
    struct instance *average = e->compile->instances.at[i];
    bool reached = average->decay && average->decay_build == e->build->number;
    if (!reached || !trains(e, average->averaged)) continue;
    make_average(e, average);
    follow(e, average, average->decay);
  }
}
