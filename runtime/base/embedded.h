/* Files that are strings inside the program: embed.sh makes an array of them when the program is built, which is
 * declared where it is read.
 *
 * Ownership: static storage. */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H
#include <stddef.h>

struct embedded {
  const char *name; /* "layers" for dsl/std/layers.crl; NULL ends the array */
  const char *text; /* ends in a newline and a zero */
};

#endif
