#include "base/array.h"

#include <stdio.h>

size_t dtype_size(enum dtype type) {
  static const size_t size[] = {[F32] = 4, [F64] = 8, [U8] = 1, [I32] = 4, [I64] = 8};
  return size[type];
}

const char *dtype_name(enum dtype type) {
  static const char *const name[] = {[F32] = "f32", [F64] = "f64", [U8] = "u8", [I32] = "i32", [I64] = "i64"};
  return name[type];
}

struct shape shape_make(int rank, const int64_t *dim) {
  struct shape shape = {.rank = rank};
  for (int i = 0; i < rank; i++) shape.dim[i] = dim[i];
  return shape;
}

bool shape_equal(struct shape a, struct shape b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; i++)
    if (a.dim[i] != b.dim[i]) return false;
  return true;
}

int64_t shape_count(struct shape shape) {
  int64_t count = 1;
  for (int i = 0; i < shape.rank; i++)
    if (shape.dim[i] != BATCH_SIZE && __builtin_mul_overflow(count, shape.dim[i], &count)) return -1;
  return count;
}

int shape_batch_axes(struct shape shape) {
  int n = 0;
  for (int i = 0; i < shape.rank; i++) n += shape.dim[i] == BATCH_SIZE;
  return n;
}

char *shape_string(char string[SHAPE_STRING], struct shape shape, bool rows) {
  int at = snprintf(string, SHAPE_STRING, rows ? "[batch" : "[");
  for (int i = 0; i < shape.rank; i++) {
    const char *comma = rows || i ? ", " : "";
    if (shape.dim[i] == BATCH_SIZE) at += snprintf(string + at, SHAPE_STRING - (size_t)at, "%sbatch", comma);
    else at += snprintf(string + at, SHAPE_STRING - (size_t)at, "%s%lld", comma, (long long)shape.dim[i]);
  }
  snprintf(string + at, SHAPE_STRING - (size_t)at, "]");
  return string;
}
