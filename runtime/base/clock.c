#include "base/clock.h"

#include <time.h>

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double clock_now(void) { return seconds(CLOCK_MONOTONIC); }
double clock_processor(void) { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

char *clock_date(char string[DATE_STRING]) {
  time_t now = time(NULL);
  struct tm utc;
  strftime(string, DATE_STRING, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  return string;
}
