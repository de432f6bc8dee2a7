#include "base/sha256.h"

#include <nettle/base16.h>

void sha256_start(struct sha256 *sha) { sha256_init(&sha->state); }

void sha256_add(struct sha256 *sha, const void *bytes, size_t size) { sha256_update(&sha->state, size, bytes); }

char *sha256_end(struct sha256 *sha, char hex[SHA256_HEX]) {
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(&sha->state, sizeof digest, digest);
  base16_encode_update(hex, sizeof digest, digest);
  hex[SHA256_HEX - 1] = 0;
  return hex;
}
