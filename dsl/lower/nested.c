/* Graph builds inside others: an initial value and `E on train` are found in graphs of their own, while the graph
 * build that needs them waits.  Names are evaluated anew in them, in evaluation mode; values that stand in a body come
 * from the graph of the graph build that waits, and are copied with all that they depend on. */
#include "dsl/lower/stage.h"

struct context nested_begin(const struct context *e, enum build_kind kind, const char *name) {
  struct context in = build_begin(e, kind, e->build->stage, name);
  in.build->outside = e->build;
  in.closure = NULL;
  in.caller = NULL;
  in.override_mode = 0;
  in.held = false;
  in.record_sites = false;
  return in;
}

/* What the graph build that waits knows of names and instances is put back. */
void nested_end(const struct context *e) {
  struct graph_build *build = e->build;
  for (size_t i = build->displaced.n; i-- > 0;) {
    const struct displaced *old = &build->displaced.at[i];
    if (old->binding) {
      old->binding->value = old->value;
      old->binding->build = old->build;
    } else {
      old->instance->settings = old->settings;
      old->instance->last = old->last;
      old->instance->build = old->build;
    }
  }
  if (build->kind != BUILD_INITIAL) return;
  arena_free(build->graph->arena);
  build->graph = NULL;
}
