/* Units inside others: an initial value and `E on train` are found in graphs of their own, while the unit that needs them
 * waits.  Names are evaluated anew in them, in evaluation mode; values that stand in a body come from the graph of the
 * unit that waits, and are copied with all that they depend on. */
#include "dsl/lower/stage.h"

void nested_begin(struct elab *e, enum unit_kind kind, const char *name) {
  struct unit *outside = e->unit;
  unit_begin(e, kind, outside->stage, name);
  struct unit *unit = e->unit;
  unit->outside = outside;
  unit->before.mode = e->override_mode;
  unit->before.sites = e->record_sites;
  memcpy(&unit->before.active, &e->active, sizeof e->active);
  memset(&e->active, 0, sizeof e->active);
  e->override_mode = 0;
  e->record_sites = false;
}

void nested_end(struct elab *e) {
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
  memcpy(&e->active, &unit->before.active, sizeof e->active);
  e->override_mode = unit->before.mode;
  e->record_sites = unit->before.sites;
  e->unit = unit->outside;
}

