/* How many processors this process may use: of those that it is bound to (taskset, cpuset, batch systems), as much as
 * the control groups that it is in grant in processor time (containers).  Elsewhere than on Linux, all that run.
 *
 * Ownership: nothing is kept. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H
#include <stdint.h>

/* At least 1. */
int processors_allowed(void);

/* Bytes of memory of the machine, or INT64_MAX where the system does not say. */
int64_t memory_of_machine(void);

/* What control groups grant, rounded up: the least of the process's group and those above it; 0 where nothing limits.
 * membership: /proc/self/cgroup; mount: /sys/fs/cgroup. */
int processors_granted(const char *membership, const char *mount);

#endif
