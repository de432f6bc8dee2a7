/* One graph made ready to run on rows of one split of a model: the executor with the model's variables bound, and
 * for each column that the graph reads a place where the rows at hand are put together.  Rows that follow each
 * other are read where they lie.
 *
 * Ownership: runner_new's caller calls runner_free; the model and the graph must outlive the runner. */
#ifndef TRAIN_RUNNER_H
#define TRAIN_RUNNER_H
#include "exec/exec.h"
#include "train/model.h"

struct runner;

/* SCATTERED rows are chosen by runner_take, rows IN_ORDER by runner_range. */
enum row_order { SCATTERED, IN_ORDER };

/* How a graph is planned to run in this model on at most so many rows. */
struct plan_settings runner_settings(const struct model *model, int64_t rows);

/* A runner works in the model's slab: its values are there until another runs.  The plan must outlive it.  A fault
 * where memory is short, or where the graph reads a column that is not there yet. */
struct runner *runner_new(struct model *model, const struct plan *plan, enum data_split split, enum row_order order,
                          struct fault *fault);

/* The same with a plan of its own; rows: the largest batch. */
struct runner *runner_of(struct model *model, const struct graph *graph, enum data_split split, int64_t rows,
                         enum row_order order, struct fault *fault);

/* The same with a slab of its own: its values stay until it runs again. */
struct runner *runner_apart(struct model *model, const struct graph *graph, enum data_split split, int64_t rows,
                            enum row_order order, struct fault *fault);
void runner_free(struct runner *runner);

/* Chooses the rows for the next run: n of them by their numbers, or n that follow each other. */
void runner_take(struct runner *runner, const int64_t *row, int64_t n);
void runner_range(struct runner *runner, int64_t first, int64_t n);

/* Runs on the rows chosen; the moment's row ids are filled in.  runner_run_checked as exec_run_checked. */
bool runner_run(struct runner *runner, struct moment moment, struct fault *fault);
bool runner_run_checked(struct runner *runner, struct moment moment, struct fault *fault);

/* The executor inside, to plan or profile with. */
struct exec *runner_exec(struct runner *runner);

/* A root's value after a run, as exec_value and exec_number. */
const void *runner_value(const struct runner *runner, const char *name, struct value_type *type);
double runner_number(const struct runner *runner, const char *name);

/* What evaluation runs with: the first round, so that its draws are always the same, and the clocks as training has ended
 * with them. */
struct moment moment_fixed(const struct model *model);

/* Runs a graph that reads no rows once, such as a stage's first values. */
bool run_once(struct model *model, const struct graph *graph, struct fault *fault);

#endif
