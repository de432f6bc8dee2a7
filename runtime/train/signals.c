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
  struct sigaction hangup;
  if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL);
  action.sa_handler = SIG_IGN;
  action.sa_flags = 0;
  sigaction(SIGPIPE, &action, NULL);
}

bool signals_stop(struct error *error) {
  if (!received) return false;
  if (!error) return true;
  switch (received) {
  case SIGHUP: error_set(error, ERROR_HANGUP, "the terminal was closed"); break;
  case SIGTERM: error_set(error, ERROR_TERMINATE, "terminated"); break;
  default: error_set(error, ERROR_INTERRUPT, "interrupted");
  }
  return true;
}
