/* Units inside others: an initial value and `E on train` are found in graphs of their own, while the unit that needs them
 * waits.  Names are evaluated anew in them, in evaluation mode; values that stand in a body come from the graph of the
 * unit that waits, and are copied with all that they depend on. */
#include "dsl/lower/stage.h"

struct context nested_begin(const struct context *e, enum unit_kind kind, const char *name) {
  struct context in = unit_begin(e, kind, e->unit->stage, name);
  in.unit->outside = e->unit;
  in.closure = NULL;
  in.caller = NULL;
  in.override_mode = 0;
  in.record_sites = false;
  return in;
}

/* What the unit that waits knows of names and instances is put back. */
void nested_end(const struct context *e) {
  const struct unit *unit = e->unit;
  for (size_t i = unit->displaced.n; i-- > 0;) {
    const struct displaced *old = &unit->displaced.at[i];
    if (old->binding) {
      old->binding->value = old->value;
      old->binding->unit = old->unit;
    } else {
      old->instance->settings = old->settings;
      old->instance->last = old->last;
      old->instance->unit = old->unit;
    }
  }
}
