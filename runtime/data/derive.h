/* Carries out what `data` statements say: makes a table of files, known sets and other tables.
 *
 * Ownership: as of table_load; files whose columns are read as they are needed stay open until table_free. */
#ifndef DATA_DERIVE_H
#define DATA_DERIVE_H
#include "data/roots.h"
#include "data/table.h"

/* Only the wanted columns, and what these and their rows depend on.  memory: bytes that columns may take; the largest
 * of those beyond are not read now, but have a reader.  NULL with an error that says at which location in the model
 * file. */
struct table *table_derive(const struct data_set *set, const struct data_roots *roots, struct column_set wanted,
                           int64_t memory, struct error *error);

#endif
