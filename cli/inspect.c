/* What is in a file of arrays: for whoever wants to write the line of a model that reads it. */
#include "data/inspect.h"

#include <stdio.h>
#include <string.h>

#include "cli/driver.h"

/* One character; "\t" in two stands for the tab, which a shell makes hard to write. */
static bool take_delimiter(const char *string, char *delimiter, struct error *error) {
  if (!string) return true;
  *delimiter = strcmp(string, "\\t") == 0 ? '\t' : string[0];
  if (*delimiter && (string[1] == 0 || *delimiter == '\t') && !strchr("\"\r\n", *delimiter)) return true;
  return error_set(error, ERROR_USAGE, "'%s' is not a delimiter, which is one character", string);
}

bool act_inspect(struct driver *driver, struct error *error) {
  const struct options *options = &driver->options;
  struct datafile_options how = {0};
  if (options->by) how.by = strcmp(options->by, "rows") == 0 ? BY_ROWS : BY_COLUMNS;
  if (options->header) how.header = strcmp(options->header, "yes") == 0 ? HEADER_THERE : HEADER_ABSENT;
  if (!take_delimiter(options->delimiter, &how.delimiter, error)) return false;
  struct datafile *file = datafile_open(options->argument, &how, driver->arena, error);
  const char *text = file ? inspect_string(driver->arena, file, &how, error) : NULL;
  datafile_close(file);
  return text && fputs(text, stdout) >= 0;
}
