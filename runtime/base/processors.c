#define _GNU_SOURCE /* sched_getaffinity */
#include "base/processors.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 1024, PATH = 4096 };

#ifdef __linux__
/* The set grows until the kernel's own fits: there are machines with more processors than a cpu_set_t holds. */
static int processors_bound(void) {
  for (size_t capacity = CPU_SETSIZE; capacity <= 64 * CPU_SETSIZE; capacity *= 2) {
    cpu_set_t *set = CPU_ALLOC(capacity);
    size_t size = CPU_ALLOC_SIZE(capacity);
    if (!set) return 0;
    int n = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (n) return n;
  }
  return 0;
}
#else
static int processors_bound(void) { return 0; }
#endif

/* The first line of <mount>/<group>/<name>, without its end. */
static bool read_line(const char *mount, const char *group, const char *name, char *line, int size) {
  char path[PATH];
  if (snprintf(path, sizeof path, "%s%s/%s", mount, group, name) >= (int)sizeof path) return false;
  FILE *file = fopen(path, "r");
  bool ok = file && fgets(line, size, file);
  if (file) fclose(file);
  if (ok) line[strcspn(line, "\n")] = 0;
  return ok;
}

/* 0: no limit.  "max" and -1, which stand for none, are not positive numbers. */
static int rounded_up(const char *quota, const char *period) {
  double q = strtod(quota, NULL), p = strtod(period, NULL);
  if (!(q > 0) || !(p > 0)) return 0;
  double n = q / p;
  return n >= MOST ? MOST : (int)n + (n > (int)n);
}

static int quota_of(const char *mount, const char *group, bool unified) {
  char quota[64], period[64];
  if (unified) {
    if (!read_line(mount, group, "cpu.max", quota, sizeof quota)) return 0;
    char *space = strchr(quota, ' ');
    return space ? rounded_up(quota, space) : 0;
  }
  if (!read_line(mount, group, "cpu.cfs_quota_us", quota, sizeof quota)) return 0;
  return read_line(mount, group, "cpu.cfs_period_us", period, sizeof period) ? rounded_up(quota, period) : 0;
}

static int least(int a, int b) { return !a || (b && b < a) ? b : a; }

/* The group and all above it.  In a container the path may be the host's and lead nowhere; then only the top is
 * there. */
static int quota_upwards(const char *mount, char *group, bool unified) {
  int n = 0;
  for (;;) {
    n = least(n, quota_of(mount, group, unified));
    char *slash = strrchr(group, '/');
    if (!slash) return n;
    *slash = 0;
  }
}

/* Whether "cpu" is in a list such as "cpu,cpuacct". */
static bool controls_cpu(const char *list, size_t length) {
  for (const char *at = list; at < list + length; at += strcspn(at, ",:") + 1)
    if (strncmp(at, "cpu", 3) == 0 && strchr(",:", at[3])) return true;
  return false;
}

int processors_granted(const char *membership, const char *mount) {
  char line[PATH], controller[PATH];
  int n = 0;
  FILE *file = fopen(membership, "r");
  if (!file) return 0;
  snprintf(controller, sizeof controller, "%s/cpu", mount);
  while (fgets(line, sizeof line, file)) { /* "0::/group" of version 2, "4:cpu,cpuacct:/group" of version 1 */
    line[strcspn(line, "\n")] = 0;
    char *list = strchr(line, ':'), *group = list ? strchr(list + 1, ':') : NULL;
    if (!group) continue;
    size_t length = (size_t)(group - list - 1);
    if (length && !controls_cpu(list + 1, length)) continue;
    n = least(n, quota_upwards(length ? controller : mount, group + 1, !length));
  }
  fclose(file);
  return n;
}

int processors_allowed(void) {
  int n = processors_bound();
  if (!n) n = (int)sysconf(_SC_NPROCESSORS_ONLN);
  n = least(n < 1 ? 1 : n > MOST ? MOST : n, processors_granted("/proc/self/cgroup", "/sys/fs/cgroup"));
  return n;
}

int64_t memory_of_machine(void) {
#if defined(_SC_PHYS_PAGES) && defined(_SC_PAGESIZE)
  long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  if (pages > 0 && size > 0) return (int64_t)pages * size;
#endif
  return INT64_MAX;
}
