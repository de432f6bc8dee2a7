#include "base/random.h"

#include <math.h>

double random_normal(uint64_t bits) {
  double radius = ((double)(bits >> 32) + 1) * 0x1p-32; /* in (0, 1]: its logarithm is finite */
  double angle = (double)(bits & 0xffffffffu) * 0x1p-32;
  return sqrt(-2 * log(radius)) * cos(6.283185307179586 * angle);
}

uint64_t random_permute(uint64_t key, uint64_t n, uint64_t i) {
  enum { ROUNDS = 6 };
  int bits = 1;
  while (bits < 32 && (uint64_t)1 << (2 * bits) < n) bits++;
  uint64_t mask = ((uint64_t)1 << bits) - 1;
  do {
    uint64_t left = i >> bits, right = i & mask;
    for (uint64_t round = 0; round < ROUNDS; round++) {
      uint64_t next = left ^ (key_mix(key_mix(key, round), right) & mask);
      left = right;
      right = next;
    }
    i = left << bits | right;
  } while (i >= n);
  return i;
}
