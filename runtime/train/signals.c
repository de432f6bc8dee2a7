#include "train/signals.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t received;

static void receive(int number) { received = number; }

void signals_watch(void) {
  received = 0;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = receive;
  action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

bool signals_stop(struct fault *fault) {
  if (!received) return false;
  if (fault && received == SIGTERM)
    fault_set(fault, FAULT_TERMINATE, "terminated");
  else if (fault)
    fault_set(fault, FAULT_INTERRUPT, "interrupted");
  return true;
}
