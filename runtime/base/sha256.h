/* SHA-256 of bytes in any pieces, in hexadecimal; the library is nettle.
 * Ownership: the struct holds all of its state; nothing is allocated. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H
#include <nettle/sha2.h>
#include <stddef.h>

struct sha256 {
  struct sha256_ctx state;
};

enum { SHA256_HEX = 2 * SHA256_DIGEST_SIZE + 1 };

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t size);

/* Writes 64 lower-case hexadecimal digits; returns hex. */
char *sha256_end(struct sha256 *sha, char hex[SHA256_HEX]);

#endif
