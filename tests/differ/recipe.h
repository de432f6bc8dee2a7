/* Recipes of random programs: a list of steps, of which the same graph can be built literally or folded, and which
 * can be made smaller where something is wrong.
 *
 * Ownership: a recipe owns nothing but itself. */
#ifndef TESTS_DIFFER_RECIPE_H
#define TESTS_DIFFER_RECIPE_H
#include "graph/graph.h"

enum { MOST_STEPS = 200, MOST_LEAVES = 64, MOST_TERMS = 6, MOST_VALUES = 12, MOST_WRITES = 8 };

struct step {
  enum op op;
  struct attr attr;
  int in[MAX_INPUTS]; /* earlier steps */
  struct value_type type;
  double size; /* a guess at how large the numbers are, by which the recipe keeps them moderate */
};

/* What is done with a variable's gradient; the rules have further variables of their own. */
enum update { NO_UPDATE, SHOW_GRADIENT, DESCENT, MOMENTUM, ADAM, UPDATES };

struct recipe {
  uint64_t seed;
  int64_t rows;  /* current */
  int64_t limit; /* elements that a value may have */
  int n;
  struct step step[MOST_STEPS];
  int variables, columns;
  int variable[MOST_LEAVES], column[MOST_LEAVES]; /* steps that read them */
  bool trained;                                   /* the loss is differentiated */
  enum update update[MOST_LEAVES];                /* by variable */
  bool column_gradients;
  int terms, term[MOST_TERMS]; /* steps of one number without rows: the loss is their weighted sum */
  int values, value[MOST_VALUES];
  int writes, write[MOST_WRITES], target[MOST_WRITES];
};

/* Numbers of variables that rules of updates have: 2 for each variable, behind the recipe's own. */
static inline int state_of(int variable, int k) { return MOST_LEAVES + 2 * variable + k; }

void recipe_make(struct recipe *recipe, uint64_t seed);

/* Adds the recipe's nodes and roots to an empty graph; false where the loss has no gradient. */
bool recipe_build(const struct recipe *recipe, struct graph *graph, struct error *error);

/* Whether step s is used, straight or through others. */
void recipe_used(const struct recipe *recipe, bool used[MOST_STEPS]);

/* The change numbered k of those that make it smaller, from the largest to the smallest; false where it does not
 * apply.  There are recipe_changes(). */
int recipe_changes(const struct recipe *recipe);
bool recipe_change(struct recipe *recipe, int k);

#endif
