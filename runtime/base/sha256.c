#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

#if defined __x86_64__ && !defined __clang__ && __GNUC__ >= 11
#include <immintrin.h>
#define SHA_INSTRUCTIONS 1
#endif

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* Section 6.2.2: one block of 64 bytes.  The working variables a..h move on by one place in every round; here they
 * stay, and their names move: variable i of round t is v[(i - t) & 7]. */
static void add_block(uint32_t state[8], const unsigned char *block) {
  uint32_t w[64], v[8];
  for (int t = 0; t < 16; t++)
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 |
           block[4 * t + 3];
  for (int t = 16; t < 64; t++) {
    uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
    uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = s1 + w[t - 7] + s0 + w[t - 16];
  }
  memcpy(v, state, sizeof v);
  for (unsigned t = 0; t < 64; t++) {
    uint32_t a = v[(0 - t) & 7], b = v[(1 - t) & 7], c = v[(2 - t) & 7];
    uint32_t e = v[(4 - t) & 7], f = v[(5 - t) & 7], g = v[(6 - t) & 7], h = v[(7 - t) & 7];
    uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25), choose = (e & f) ^ (~e & g);
    uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22), majority = (a & b) ^ (a & c) ^ (b & c);
    uint32_t t1 = h + sum1 + choose + round_constant[t] + w[t];
    v[(3 - t) & 7] += t1;
    v[(7 - t) & 7] = t1 + sum0 + majority;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

#if SHA_INSTRUCTIONS
/* The same with the processor's own rounds, two at a time: it wants the variables as (a, b, e, f) and (c, d, g, h),
 * the first in the highest place, and makes four words of the schedule from the sixteen before. */
__attribute__((target("sha,sse4.1"))) static void add_blocks_fast(uint32_t state[8], const unsigned char *block,
                                                                 size_t n) {
  const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8(badc, hgfe, 8), cdgh = _mm_blend_epi16(hgfe, badc, 0xf0), w[4];
  for (; n; n--, block += 64) {
    __m128i abef_before = abef, cdgh_before = cdgh;
    for (int i = 0; i < 4; i++)
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)), swap);
    for (int i = 0; i < 16; i++) {
      __m128i last = w[(i + 3) & 3], at = w[i & 3];
      __m128i sum = _mm_add_epi32(at, _mm_loadu_si128((const __m128i *)(round_constant + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
      at = _mm_add_epi32(_mm_sha256msg1_epu32(at, w[(i + 1) & 3]), _mm_alignr_epi8(last, w[(i + 2) & 3], 4));
      w[i & 3] = _mm_sha256msg2_epu32(at, last); /* of round i + 4; the last four are not needed */
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}
#endif

static void add_blocks(uint32_t state[8], const unsigned char *block, size_t n) {
#if SHA_INSTRUCTIONS
  if (__builtin_cpu_supports("sha")) {
    add_blocks_fast(state, block, n);
    return;
  }
#endif
  for (; n; n--, block += 64) add_block(state, block);
}

void sha256_start(struct sha256 *sha) {
  /* The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
  *sha = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                                   0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *sha, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  size_t held = sha->length % 64;
  sha->length += size;
  if (held + size < 64) {
    memcpy(sha->block + held, at, size);
    return;
  }
  if (held) {
    memcpy(sha->block + held, at, 64 - held);
    add_blocks(sha->state, sha->block, 1);
    at += 64 - held;
    size -= 64 - held;
  }
  add_blocks(sha->state, at, size / 64);
  memcpy(sha->block, at + size / 64 * 64, size % 64);
}

char *sha256_end(struct sha256 *sha, char text[SHA256_TEXT]) {
  uint64_t bits = 8 * sha->length;
  unsigned char length[8];
  for (int i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
  sha256_add(sha, "\x80", 1);
  while (sha->length % 64 != 56) sha256_add(sha, "", 1);
  sha256_add(sha, length, sizeof length);
  for (int i = 0; i < 8; i++) snprintf(text + 8 * i, 9, "%08x", (unsigned)sha->state[i]);
  return text;
}
