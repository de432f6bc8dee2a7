#include "pass/pass.h"

struct graph *pass_run(const char *pass, struct graph *made, struct fault *fault) {
  struct fault found = {0};
  if (!made || graph_verify(made, &found)) return made;
  fault_set(fault, FAULT_MODEL, "after the pass '%s' %s", pass, found.text);
  return NULL;
}
