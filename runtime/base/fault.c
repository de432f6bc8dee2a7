#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>

bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...) {
  if (fault->kind != FAULT_NONE) return false;
  va_list arguments;
  va_start(arguments, format);
  fault->kind = kind;
  vsnprintf(fault->text, sizeof fault->text, format, arguments);
  va_end(arguments);
  return false;
}

bool fault_hint(struct fault *fault, const char *format, ...) {
  if (fault->hint[0]) return false;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(fault->hint, sizeof fault->hint, format, arguments);
  va_end(arguments);
  return false;
}
