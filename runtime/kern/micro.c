#include "kern/micro.h"

#include <stdlib.h>
#include <string.h>

#include "kern/inner.h"

#define SIX(f) f(1) f(2) f(3) f(4) f(5) f(6)

#if defined __x86_64__
#include <immintrin.h>

#define NAME(x) x##_avx512
#define NAME_STRING "avx512"
#define TARGET __attribute__((target("avx512f,fma")))
#define VECTOR 16
#define ROWS 14
#define FUSED(x, v, sum) _mm512_fmadd_ps(_mm512_set1_ps(x), v, sum)
#define BLOCKS(f) SIX(f) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14)
#include "kern/micro_body.h"

#define NAME(x) x##_avx2
#define NAME_STRING "avx2"
#define TARGET __attribute__((target("avx2,fma")))
#define VECTOR 8
#define ROWS 6
#define FUSED(x, v, sum) _mm256_fmadd_ps(_mm256_set1_ps(x), v, sum)
#define BLOCKS(f) SIX(f)
#include "kern/micro_body.h"
#endif

#define NAME(x) x##_portable
#define NAME_STRING "portable"
#define TARGET
#define VECTOR 4
#define ROWS 6
#define FUSED(x, v, sum) ((sum) + (x) * (v))
#define BLOCKS(f) SIX(f)
#include "kern/micro_body.h"

static const struct micro *const sets[] = {
#if defined __x86_64__
    &set_avx512,
    &set_avx2,
#endif
    &set_portable,
};
enum { SETS = sizeof sets / sizeof *sets };

const struct micro *micro = &set_portable;

static bool have(const char *name) {
#if defined __x86_64__
  __builtin_cpu_init();
  if (!strcmp(name, "avx512")) return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
  if (!strcmp(name, "avx2")) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return !strcmp(name, "portable");
}

void micro_start(void) {
  const char *asked = getenv("CRL_KERNELS");
  int first = 0;
  for (int k = 0; asked && k < SETS; k++)
    if (!strcmp(asked, sets[k]->name)) first = k;
  while (!have(sets[first]->name)) first++;
  if (micro != sets[first]) micro = sets[first]; /* another thread may be at work already */
}
