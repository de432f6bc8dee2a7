/* Placement on published hard instances: files of lines "id,lower,upper,size" (upper exclusive) after a head line,
 * as arguments.  Prints for each the bound, the peak of the quick and of the hard search, their ratios to the
 * bound and the seconds; fails on a file that it cannot read, on buffers that lie on each other, and on a hard
 * ratio over 1.10. Usage: place_instances [-e LOOKS] FILE... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/vec.h"
#include "plan/plan.h"

typedef VEC(struct buffer) buffers;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool read_buffers(struct arena *arena, const char *path, buffers *out) {
  FILE *file = fopen(path, "r");
  char line[256];
  bool good = file && fgets(line, sizeof line, file);
  while (good && fgets(line, sizeof line, file)) {
    int lower, upper;
    long size;
    good = sscanf(line, "%*[^,],%d,%d,%ld", &lower, &upper, &size) == 3 && lower < upper && size >= 0;
    vec_push(arena, out, (struct buffer){.size = size, .first = lower, .last = upper - 1});
  }
  if (file) fclose(file);
  return good && out->n;
}

/* The number before ".csv" at the end of a name, or the bound. */
static double known_peak(const char *path, double bound) {
  const char *end = strrchr(path, '.'), *digits = end;
  while (digits && digits > path && digits[-1] >= '0' && digits[-1] <= '9') digits--;
  double known = digits && digits < end ? atof(digits) : 0;
  return known >= bound ? known : bound;
}

static bool disjoint(const buffers *b) {
  for (size_t i = 0; i < b->n; i++)
    for (size_t j = 0; j < i; j++) {
      const struct buffer *x = &b->at[i], *y = &b->at[j];
      if (x->first <= y->last && y->first <= x->last && x->offset < y->offset + y->size &&
          y->offset < x->offset + x->size)
        return false;
    }
  return true;
}

int main(int argc, char **argv) {
  int64_t looks = 2500000000;
  int status = 0, i = 1;
  if (argc > 2 && !strcmp(argv[1], "-e")) looks = atoll(argv[2]), i = 3;
  for (; i < argc; i++) {
    struct arena *arena = arena_new();
    buffers b = {0};
    if (!read_buffers(arena, argv[i], &b)) {
      fprintf(stderr, "%s: not a list of buffers\n", argv[i]);
      arena_free(arena);
      return 2;
    }
    double bound = (double)place_lower_bound(b.at, b.n), known = known_peak(argv[i], bound);
    double start = seconds();
    double quick = (double)place(arena, b.at, b.n, NULL) / known, middle = seconds();
    bool good = disjoint(&b);
    double hard = (double)place_hard(arena, b.at, b.n, looks, NULL) / known, end = seconds();
    good = good && disjoint(&b);
    printf("%s: %zu buffers, bound %.0f, known %.0f, quick %.4f in %.4f s, hard %.4f in %.2f s%s\n", argv[i], b.n,
           bound, known, quick, middle - start, hard, end - middle, good ? "" : ", overlapping");
    fflush(stdout);
    if (!good || hard > 1.10) status = 1;
    arena_free(arena);
  }
  return status;
}
