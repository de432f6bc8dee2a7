/* Counter-based random numbers: a draw is a pure function of (key, row, element), so results never depend on
 * threads, on batch order or on what was drawn before (Salmon et al. 2011, "Parallel random numbers: as easy as
 * 1, 2, 3"; the mixer is the finaliser of SplitMix64, Steele et al. 2014). */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H
#include <stdint.h>

/* Mixes one more number into a key. */
static inline uint64_t key_mix(uint64_t key, uint64_t with) {
  uint64_t z = key + 0x9e3779b97f4a7c15u * (with + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* The 64 bits of one element of one row under a key. */
static inline uint64_t random_bits(uint64_t row_key, uint64_t element) { return key_mix(row_key, element); }

/* Uniform in [0, 1), 53 bits. */
static inline double random_unit(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

/* Standard normal by Box and Muller from one 64-bit draw (32 bits each for radius and angle). */
double random_normal(uint64_t bits);

/* The image of i under a keyed permutation of 0 .. n - 1 (a Feistel network with cycle walking): a shuffle that
 * needs no memory and is the same on every machine.  n is at least 1, i in range. */
uint64_t random_permute(uint64_t key, uint64_t n, uint64_t i);

#endif
