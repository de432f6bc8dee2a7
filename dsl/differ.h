/* In what two texts of a model differ, statement by statement; layout, comments and order are no difference.
 *
 * Ownership: the result lives in the arena. */
#ifndef DSL_DIFFER_H
#define DSL_DIFFER_H
#include "dsl/compile.h"

/* Lines such as "option 'lr' is 0.0001 and was 0.001", at most MOST_DIFFERENCES of them and one that counts the rest;
 * empty where there is none.  Both have been compiled; the texts compared are those that they resolved to. */
enum { MOST_DIFFERENCES = 6 };
const char *text_differences(struct arena *arena, const struct compiled *now, const struct compiled *was,
                             const struct compile_settings *settings);

#endif
