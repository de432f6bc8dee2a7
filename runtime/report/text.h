/* The escapes that a page needs, and the way numbers are written for people.
 *
 * Ownership: nothing is kept. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H
#include <stddef.h>

#include "base/string_builder.h"

/* For the content and the quoted attributes of XML and HTML; what is not a valid character becomes U+FFFD. */
void string_put_escaped(struct string_builder *string, const char *plain);
void string_put_escaped_bytes(struct string_builder *string, const char *plain, size_t n);
void string_put_base64(struct string_builder *string, const unsigned char *bytes, size_t n);

/* "2 h 05 min", "3 min 20 s", "41 s", "0.3 s". */
char *duration_string(char *string, size_t size, double seconds);

#endif
