#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *error, enum error_kind kind, const char *format, ...) {
  if (error->kind != ERROR_NONE) return false;
  va_list arguments;
  va_start(arguments, format);
  error->kind = kind;
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return false;
}

bool error_hint(struct error *error, const char *format, ...) {
  if (error->hint[0]) return false;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->hint, sizeof error->hint, format, arguments);
  va_end(arguments);
  return false;
}
