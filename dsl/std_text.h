/* The standard library as text inside the program: dsl/embed.sh makes it of dsl/std when the program is built.
 * Ownership: static storage. */
#ifndef DSL_STD_TEXT_H
#define DSL_STD_TEXT_H
#include <stddef.h>

struct std_file {
  const char *name; /* "dense" for dsl/std/dense.crl */
  const char *text; /* ends in a newline and a zero */
};

extern const struct std_file std_files[];
extern const size_t std_file_count;

#endif
