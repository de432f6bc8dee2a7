/* After a mistake: what follows from it says little, and may be in pieces. */
#include "dsl/lower/stage.h"

bool mistaken(const struct elab *e) { return e->broken.kind || diag_met(e->diags) > e->mistakes_before; }

struct graph *passed(struct elab *e, const char *pass, struct graph *made) {
  if (!mistaken(e)) pass_run(pass, made, &e->broken); /* what follows a mistake may be in pieces */
  return made;
}
