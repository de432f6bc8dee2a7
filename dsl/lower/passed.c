/* After a mistake: what follows from it says little, and may be in pieces. */
#include "dsl/lower/stage.h"

bool mistaken(const struct context *e) {
  return e->compile->broken.kind || diag_met(e->diags) > e->compile->mistakes_before;
}

struct graph *passed(const struct context *e, const char *pass, struct graph *made) {
  if (!mistaken(e)) pass_run(pass, made, &e->compile->broken); /* what follows a mistake may be in pieces */
  return made;
}
