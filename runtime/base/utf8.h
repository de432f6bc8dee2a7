/* Characters of UTF-8 text; what Unicode says of them is utf8proc's.
 *
 * Ownership: nothing is kept. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, which stands for bytes that are not a character */
enum { UTF8_LONGEST = 4 };

/* The length in bytes of the character that a string begins with, and its code; 0 where it begins with none. */
size_t utf8_char(const char *text, size_t length, uint32_t *code);

/* Writes at most UTF8_LONGEST bytes; returns how many.  What is not a character becomes U+FFFD. */
size_t utf8_encode(uint32_t code, char *out);

/* Where the character begins that the byte `at` is of. */
size_t utf8_start(const char *text, size_t at);

/* Whether a terminal shows the character as itself: no control, nothing that changes the direction of writing,
 * assigned. */
bool utf8_is_shown(uint32_t code);

/* How many columns of a terminal it takes: 0 (a combining mark), 1 (also a control character) or 2. */
int utf8_columns(uint32_t code);
int utf8_text_columns(const char *text);

/* How many bytes of a string fit into so many columns. */
size_t utf8_fitting(const char *text, size_t length, int columns);

#endif
