/* What a kernel says that cannot be done. */
#include <stdarg.h>
#include <stdio.h>

#include "kern/kern.h"

void kernel_fails(const struct call *call, int64_t row, const char *format, ...) {
  struct failure *failure = call->failure;
  if (!failure) return; /* nobody asks */
  row = call->out.type.rows ? call->first_row + row : -1;
  while (atomic_flag_test_and_set(&failure->busy)) continue; /* another thread writes some words */
  if (!failure->reason[0] || row < failure->row) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->reason, sizeof failure->reason, format, arguments);
    va_end(arguments);
    failure->row = row;
  }
  atomic_flag_clear(&failure->busy);
}
