#include "base/sha256.h"

#include <nettle/base16.h>

void sha256_start(struct sha256 *sha) { sha256_init(&sha->state); }

void sha256_add(struct sha256 *sha, const void *bytes, size_t size) { sha256_update(&sha->state, size, bytes); }

char *sha256_end(struct sha256 *sha, char text[SHA256_TEXT]) {
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(&sha->state, sizeof digest, digest);
  base16_encode_update(text, sizeof digest, digest);
  text[SHA256_TEXT - 1] = 0;
  return text;
}
