#include "tests/op/typed.h"

#include <stdlib.h>
#include <string.h>

static size_t element_size(enum dtype type, bool wide) {
  return type == F32 && wide ? sizeof(double) : dtype_size(type);
}

void *typed_memory(enum dtype type, int64_t elements, bool wide) {
  void *memory = NULL;
  size_t bytes = (size_t)elements * element_size(type, wide);
  if (posix_memalign(&memory, 64, bytes)) abort();
  memset(memory, 0xff, bytes);
  return memory;
}

void typed_set(void *memory, enum dtype type, int64_t at, double value, bool wide) {
  switch (type) {
  case F32:
    if (wide) ((double *)memory)[at] = value;
    else ((float *)memory)[at] = (float)value;
    break;
  case F64: ((double *)memory)[at] = value; break;
  case U8: ((uint8_t *)memory)[at] = (uint8_t)value; break;
  case I32: ((int32_t *)memory)[at] = (int32_t)value; break;
  case I64: ((int64_t *)memory)[at] = (int64_t)value; break;
  }
}

double typed_get(const void *memory, enum dtype type, int64_t at, bool wide) {
  switch (type) {
  case F32: return wide ? ((const double *)memory)[at] : (double)((const float *)memory)[at];
  case F64: return ((const double *)memory)[at];
  case U8: return ((const uint8_t *)memory)[at];
  case I32: return ((const int32_t *)memory)[at];
  case I64: return (double)((const int64_t *)memory)[at];
  }
  return 0;
}
