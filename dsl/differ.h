/* In what two texts of a model differ, statement by statement; layout, comments and order are no difference.
 *
 * Ownership: the result lives in the arena. */
#ifndef DSL_DIFFER_H
#define DSL_DIFFER_H
#include "dsl/compile.h"

/* Whether it would make a difference to what is to be done with the run if the run's text were this one; theirs: and the
 * files that it uses those of the other model. */
struct difference_test {
  bool (*matters)(void *context, const char *text, bool theirs);
  void *context;
};

/* Lines such as "option 'lr' is 0.0001 and was 0.001", at most MOST_DIFFERENCES of them and one that speaks of the rest.
 * Only those that matter by themselves are named; all, where only several together do.  Empty where there is none.  Both
 * have been compiled; the texts compared are those that they resolved to. */
enum { MOST_DIFFERENCES = 6 };
const char *text_differences(struct arena *arena, const struct compiled *now, const struct compiled *was,
                             const struct compile_settings *settings, const struct difference_test *test);

#endif
