/* SHA-256 (FIPS 180-4), one pass over bytes in any pieces.
 * Ownership: the struct holds all of its state; nothing is allocated. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H
#include <stddef.h>
#include <stdint.h>

struct sha256 {
  uint32_t state[8];
  uint64_t length; /* bytes so far */
  unsigned char block[64];
};

enum { SHA256_TEXT = 65 };

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t size);

/* Writes 64 lower-case hexadecimal digits; returns text. */
char *sha256_end(struct sha256 *sha, char text[SHA256_TEXT]);

#endif
