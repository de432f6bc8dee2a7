/* SHA-256 against the examples of FIPS 180-4, whole and in pieces of every size. */
#include "base/sha256.h"
#include "tests/data/scratch.h"

static const struct {
  const char *text, *digest;
} vector[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

START_TEST(examples_in_pieces) {
  size_t length = strlen(vector[_i].text);
  for (size_t piece = 1; piece <= length + 1; piece++) {
    struct sha256 sha;
    char hex[SHA256_HEX];
    sha256_start(&sha);
    for (size_t at = 0; at < length; at += piece)
      sha256_add(&sha, vector[_i].text + at, length - at < piece ? length - at : piece);
    ck_assert_str_eq(sha256_end(&sha, hex), vector[_i].digest);
  }
}
END_TEST

START_TEST(a_million_letters) {
  struct sha256 sha;
  char hex[SHA256_HEX], letters[1000];
  memset(letters, 'a', sizeof letters);
  sha256_start(&sha);
  for (int i = 0; i < 1000; i++) sha256_add(&sha, letters, sizeof letters);
  ck_assert_str_eq(sha256_end(&sha, hex), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("sha256");
  tcase_add_loop_test(tests, examples_in_pieces, 0, sizeof vector / sizeof *vector);
  tcase_add_test(tests, a_million_letters);
  return scratch_main("sha256", tests);
}
