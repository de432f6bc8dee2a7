/* In what two texts of a model differ, statement by statement; layout, comments and order make no difference.
 *
 * Ownership: the result lives in the arena. */
#ifndef DSL_DIFFER_H
#define DSL_DIFFER_H
#include "dsl/syntax/ast.h"

struct used_file {
  const char *name; /* where the text of the model looks for it: "used/..." */
  const char *text;
  size_t length;
};

/* A model as it runs, in one text. */
struct model_text {
  const char *text;
  const struct used_file *used;
  size_t n_used;
};

/* Whether it would make a difference to what is to be done with the run if the run's text were this one; theirs: and the
 * files that it uses those of the other model. */
struct difference_test {
  bool (*matters)(void *context, const char *text, bool theirs);
  void *context;
};

/* Lines such as "option 'lr' is 0.0001 and was 0.001", at most MOST_DIFFERENCES of them and one that speaks of the rest.
 * Only those that matter by themselves are named; all, where only several together do.  Empty where there is none. */
enum { MOST_DIFFERENCES = 6 };
const char *text_differences(struct arena *arena, const struct model_text *now, const struct model_text *was,
                             parse_function *parse, const struct difference_test *test);

#endif
