#include "base/names.h"

#include <string.h>

struct entry {
  struct entry *next;
  size_t length;
  char *string;
};

struct names {
  struct arena *arena;
  struct entry **bucket;
  size_t n, buckets;
};

static uint64_t hash(const char *string, size_t length) {
  uint64_t h = 0xcbf29ce484222325u;
  for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)string[i]) * 0x100000001b3u;
  return h;
}

uint64_t string_hash(const char *string) { return hash(string, strlen(string)); }

struct names *names_new(struct arena *arena) {
  struct names *names = ARENA_NEW(arena, struct names);
  names->arena = arena;
  names->buckets = 256;
  names->bucket = ARENA_ARRAY(arena, struct entry *, names->buckets);
  return names;
}

static void grow(struct names *names) {
  size_t buckets = names->buckets * 4;
  struct entry **bucket = ARENA_ARRAY(names->arena, struct entry *, buckets);
  for (size_t i = 0; i < names->buckets; i++)
    for (struct entry *e = names->bucket[i], *next; e; e = next) {
      struct entry **slot = &bucket[hash(e->string, e->length) % buckets];
      next = e->next;
      e->next = *slot;
      *slot = e;
    }
  names->bucket = bucket;
  names->buckets = buckets;
}

const char *name_of(struct names *names, const char *string, size_t length) {
  struct entry **slot = &names->bucket[hash(string, length) % names->buckets];
  for (struct entry *e = *slot; e; e = e->next)
    if (e->length == length && !memcmp(e->string, string, length)) return e->string;
  struct entry *e = ARENA_NEW(names->arena, struct entry);
  e->length = length;
  e->string = arena_copy_string(names->arena, string, length);
  e->next = *slot;
  *slot = e;
  if (++names->n > names->buckets) grow(names);
  return e->string;
}

const char *name_of_string(struct names *names, const char *string) { return name_of(names, string, strlen(string)); }

int string_distance(const char *a, const char *b, int limit) {
  enum { LONGEST = 48 };
  size_t m = strlen(a), n = strlen(b);
  if (m > LONGEST || n > LONGEST) return limit + 1;
  int d[LONGEST + 1][LONGEST + 1];
  for (size_t i = 0; i <= m; i++) d[i][0] = (int)i;
  for (size_t j = 0; j <= n; j++) d[0][j] = (int)j;
  for (size_t i = 1; i <= m; i++)
    for (size_t j = 1; j <= n; j++) {
      int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
      if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
        best = d[i - 2][j - 2] + 1;
      d[i][j] = best;
    }
  return d[m][n] > limit ? limit + 1 : d[m][n];
}

const char *nearest(const char *name, const char *const *candidates, size_t n) {
  /* A third of the letters may differ, so that a name of one or two letters suggests nothing. */
  int limit = (int)(strlen(name) / 3);
  if (limit > 3) limit = 3;
  const char *best = NULL;
  for (size_t i = 0; i < n; i++) {
    int distance = string_distance(name, candidates[i], limit);
    if (distance > limit || distance == 0) continue;
    best = candidates[i];
    limit = distance - 1;
  }
  return best;
}
