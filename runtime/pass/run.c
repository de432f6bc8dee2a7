#include "pass/pass.h"

struct graph *pass_run(const char *pass, struct graph *made, struct error *error) {
  struct error found = {0};
  if (!made || graph_verify(made, &found)) return made;
  error_set(error, ERROR_MODEL, "after the pass '%s' %s", pass, found.message);
  return NULL;
}
