/* The columns of files and of known sets that a made table reads: each is opened once, and its values are read when
 * they are first needed.
 *
 * A reference is a row of one of them in one number, so that a table is columns of references until its values are
 * gathered: rows are chosen, joined and shuffled without a value being moved.
 *
 * Ownership: stores_free releases files, sets and values; what was taken with store_take is the taker's. */
#ifndef DATA_STORES_H
#define DATA_STORES_H
#include "base/schema.h"
#include "data/roots.h"
#include "data/table.h"

typedef int64_t row_reference;
#define ROW_ABSENT ((row_reference)-1)

struct stores;

/* roots: where known sets are looked for. */
struct stores *stores_new(const struct data_roots *roots);
void stores_free(struct stores *stores);

/* An entry of a file, read as the column says.  The number of the store, and its rows; -1 with an error. */
int store_of_file(struct stores *stores, const struct column_source *source, const struct data_column *column,
                  int64_t *rows, struct error *error);
/* A column of a split of a known set, of which those in `wanted` are read. */
int store_of_set(struct stores *stores, const struct data_set *set, uint64_t wanted, enum data_split split, int column,
                 int64_t *rows, struct error *error);
/* The numbers 0 .. rows - 1. */
int store_of_numbers(struct stores *stores, int64_t rows, struct error *error);

row_reference reference_to(int store, int64_t row);
int reference_store(row_reference reference);
int64_t reference_row(row_reference reference);

/* The values, read now if they were not; NULL with an error. */
const struct array *store_values(struct stores *stores, int store, struct error *error);
/* The same, but numbers of double precision as the file has them: ids above 2^24 are not confused. */
const struct array *store_keys(struct stores *stores, int store, struct error *error);
/* Whether rows of this type can be read from the store one by one. */
bool store_can_stream(const struct stores *stores, int store, enum dtype type);
/* Rows in their order, from memory or from the file; memory that the file takes is given back now and then. */
bool store_read(struct stores *stores, int store, int64_t first, int64_t n, void *out, struct error *error);

/* "'kind' of 'new.csv' holds WHAT in row 7, which IS OTHER"; always false. */
bool store_error(const struct stores *stores, row_reference at, const char *what, const char *is, const char *other,
                 struct error *error);

/* The names of its classes, or NULL. */
const struct data_column *store_column(const struct stores *stores, int store);
/* Hands the values over where they are an array of their own, of this type and all of these rows; else false. */
bool store_take(struct stores *stores, int store, enum dtype type, int64_t rows, struct array *array);

/* Adds the files that were read, with the digests of their bytes. */
bool stores_files(const struct stores *stores, struct table *table, struct error *error);

#endif
