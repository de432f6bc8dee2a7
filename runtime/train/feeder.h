/* One graph made ready to run on rows of one split of a model: the executor with the model's variables bound, and
 * for each column that the graph reads a buffer in which the current rows are put together.  Rows that follow each
 * other are read where they lie.
 *
 * Ownership: feeder_new's caller calls feeder_free; the model and the graph must outlive the feeder. */
#ifndef TRAIN_FEEDER_H
#define TRAIN_FEEDER_H
#include "exec/exec.h"
#include "train/model.h"

struct feeder;

/* SCATTERED rows are chosen by feeder_take, rows IN_ORDER by feeder_range. */
enum row_order { SCATTERED, IN_ORDER };

/* How a graph is planned to run in this model on at most so many rows. */
struct plan_settings feeder_settings(const struct model *model, int64_t rows);

/* A feeder works in the model's slab: its values are there until another runs.  The plan must outlive it.  An error
 * where memory is short, or where the graph reads a column that is not there yet. */
struct feeder *feeder_new(struct model *model, const struct plan *plan, struct row_set rows, enum row_order order,
                          struct error *error);

/* The same with a plan of its own; batch: the largest. */
struct feeder *feeder_of(struct model *model, const struct graph *graph, struct row_set rows, int64_t batch,
                         enum row_order order, struct error *error);

/* The same with a slab of its own: its values stay until it runs again. */
struct feeder *feeder_apart(struct model *model, const struct graph *graph, struct row_set rows, int64_t batch,
                            enum row_order order, struct error *error);
void feeder_free(struct feeder *feeder);

/* Chooses the rows for the next run: n of them by their numbers, or n that follow each other. */
void feeder_take(struct feeder *feeder, const int64_t *row, int64_t n);
void feeder_range(struct feeder *feeder, int64_t first, int64_t n);
/* Before either: rows of another table, n of them as in its call, for the columns and draws that are of that. */
void feeder_take_beside(struct feeder *feeder, int table, const int64_t *row, int64_t n);

/* Runs on the rows chosen; the step context's row ids are filled in.  feeder_run_checked as exec_run_checked. */
bool feeder_run(struct feeder *feeder, struct step_context step_context, struct error *error);
bool feeder_run_checked(struct feeder *feeder, struct step_context step_context, struct error *error);

/* Stores a root's value in the column of the split: for each row that it was just run on. */
void feeder_store(struct feeder *feeder, const char *name, uint32_t column);

/* The executor inside, to plan or profile with. */
struct exec *feeder_exec(struct feeder *feeder);

/* A root's value after a run, as exec_value and exec_number. */
const void *feeder_value(const struct feeder *feeder, const char *name, struct value_type *type);
double feeder_number(const struct feeder *feeder, const char *name);

/* What evaluation runs with: the first step, so that its draws are always the same, and the clocks as training has
 * ended with them. */
struct step_context step_context_fixed(const struct model *model);

/* Runs a graph that reads no rows once, such as a stage's initial values. */
bool run_once(struct model *model, const struct graph *graph, struct error *error);

#endif
