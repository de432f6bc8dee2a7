/* New rows for a model that is trained: files in the place of the data that it was made for.
 *
 * Ownership: as of table_load; the table's schema lives in the arena. */
#ifndef DATA_ON_H
#define DATA_ON_H
#include "data/table.h"

/* `files`: "new.npz", or "x=new.npy,y=other.csv".  A file is read as the model says of the column's own file, and in
 * it the column is looked for under the names that its parts have there, then under its own; a file with one array is the
 * column that it is said to be, or the only one that is wanted.  A column that some rows may lack is absent where no file
 * has it.  The rows become those of the split. */
struct table *table_on(struct arena *arena, const struct data_set *set, struct column_set wanted, enum data_split split,
                       const char *files, struct error *error);

#endif
