/* Metrics of finished runs side by side. */
#include <string.h>

#include "base/file.h"
#include "cli/driver.h"
#include "session/compared.h"

static bool ends_in(const char *file, const char *ending) {
  size_t n = strlen(file), k = strlen(ending);
  return n > k && !strcmp(file + n - k, ending);
}

static const char *without_slash(struct arena *arena, const char *folder) {
  size_t length = strlen(folder);
  while (length > 1 && folder[length - 1] == '/') length--;
  return arena_copy_string(arena, folder, length);
}

bool act_compare(struct driver *driver, struct error *error) {
  const struct options *options = &driver->options;
  compared_list list = {0};
  if (options->to && !ends_in(options->to, ".csv") && !ends_in(options->to, ".tex")) {
    error_set(error, ERROR_USAGE, "'%s' names no format that a comparison can be written in", options->to);
    return error_hint(error, "end it in '.csv' or '.tex'");
  }
  for (size_t i = 0; i < options->files.n; i++)
    if (!compared_read(&list, driver->arena, without_slash(driver->arena, options->files.at[i]), error)) return false;
  struct comparison comparison = compare(driver->arena, list.at, list.n);
  if (options->to) {
    const char *text = ends_in(options->to, ".csv") ? sheet_csv(&comparison.raw) : comparison_tex(&comparison);
    if (!file_write_whole(options->to, text, strlen(text), error)) return false;
  }
  if (comparison_print(stdout, &comparison)) return true;
  return error_set(error, ERROR_DATA, "the results could not be written");
}
