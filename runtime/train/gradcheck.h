/* Gradients against differences: is the derivative that the compiler built the derivative of the loss?
 *
 * Everything runs in double through the reference kernels, on made-up rows.  For each weight and view the
 * gradient's product with a direction d must be the limit of (L(v + h d) - L(v - h d)) / 2h: for two random
 * directions (a random projection, because a plain sum is blind to what a softmax or a centring takes out) and two
 * single elements.  Where relu, maximum or pooling have a kink between v - h d and v + h d the difference is wrong,
 * so h shrinks by tens from 1e-5 until it agrees; each pair of steps also gives Richardson's extrapolation.  The
 * weights are moved off their initial values by a little noise, because biases of zero put dead inputs exactly on the
 * kink of a relu.  What stop(...) holds stays what it was where the gradient is taken, since the gradient takes it for
 * fixed.  A gradient that is zero where the loss never changes is counted apart: it has not been tested.
 *
 * Each training stage is checked by itself, with its own terms and by what it trains.
 *
 * Ownership: nothing is kept. */
#ifndef TRAIN_GRADCHECK_H
#define TRAIN_GRADCHECK_H
#include <stdio.h>

#include "graph/program.h"

/* Relative error that passes. */
#define GRADCHECK_LIMIT 1e-6

/* Prints a line for each weight and view; false with an error when one is wrong (ERROR_MODEL) or cannot be tested, or
 * when a stage has nothing to test. */
bool gradcheck(const struct program *program, uint64_t seed, FILE *results, struct error *error);

#endif
