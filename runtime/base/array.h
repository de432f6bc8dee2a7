/* Shapes, and plain named arrays: the only thing that data, store, eval and report know of the rest.
 *
 * A shape is the shape of one row.  Whether an array has rows is said beside it, never as an axis of the shape.
 * Ownership: a struct array does not own its data unless the function that made it says so. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_RANK = 5 };

/* The size of an axis along which the current rows lie, in a graph, before it is known how many they are. */
enum { BATCH_SIZE = -1 };

enum dtype { F32, F64, U8, I32, I64 };

struct shape {
  int rank;
  int64_t dim[MAX_RANK];
};

struct error;

/* Reads rows of a column that is not in memory, into out, in the order that is asked for. */
struct row_reader {
  bool (*read)(struct row_reader *reader, const int64_t *row, int64_t n, void *out, struct error *error);
};

struct array {
  const char *name;
  enum dtype type;
  struct shape shape;        /* of one row */
  int64_t rows;              /* how many rows there are; 0: the array has no rows and holds one value of its shape */
  void *data;                /* row-major, rows outermost */
  struct row_reader *reader; /* of a column whose rows are read as they are needed: data is NULL */
};

size_t dtype_size(enum dtype type);
const char *dtype_name(enum dtype type); /* "f32", ... */

struct shape shape_make(int rank, const int64_t *dim);
bool shape_equal(struct shape a, struct shape b);

/* Product of the dimensions, but for those of BATCH_SIZE; 1 for rank 0.  Negative where it would not fit in 63 bits. */
int64_t shape_count(struct shape shape);
/* How many axes are of BATCH_SIZE. */
int shape_batch_axes(struct shape shape);

/* Writes "[128, 26, 12]" ("[]" for one number), or with rows "[batch, 128, 26, 12]"; returns string. */
enum { SHAPE_STRING = 128 };
char *shape_string(char string[SHAPE_STRING], struct shape shape, bool rows);

#endif
