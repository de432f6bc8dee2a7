/* A text that grows, with the escapes that a page needs, and the way numbers are written for people.
 *
 * Ownership: a struct text is its holder's; text_free, or take .at and free() it. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H
#include <stddef.h>

struct text {
  char *at; /* ends in a zero byte once anything was added */
  size_t n, room;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const char *bytes, size_t n);

/* For the content and the quoted attributes of XML and HTML; what is not a valid character becomes U+FFFD. */
void text_add_escaped(struct text *text, const char *plain);
void text_add_base64(struct text *text, const unsigned char *bytes, size_t n);
void text_free(struct text *text);

/* Length in bytes of the UTF-8 character that a text begins with; 0 where it is none, or a control character that
 * XML does not have. */
size_t utf8_length(const char *at);

/* "2 h 05 min", "3 min 20 s", "41 s", "0.3 s". */
char *duration_text(char *text, size_t size, double seconds);

#endif
