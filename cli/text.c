/* Actions that need no model: on texts, data sets and the program itself. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/shell.h"
#include "cli/describe.h"
#include "cli/driver.h"
#include "data/fetch.h"
#include "data/roots.h"
#include "grammar/parse.h"
#include "report/progress.h"
#include "report/terminal.h"
#include "train/signals.h"

static bool format_file(struct driver *driver, const char *path, struct error *error) {
  struct sources *sources = sources_new(driver->arena);
  struct diags *diags = diags_new(driver->arena, sources);
  uint32_t number = source_read(sources, path, error);
  if (!number) return false;
  struct ast *file = parse(driver->arena, names_new(driver->arena), sources, number, diags);
  if (!report_problems(driver, diags, error)) return false;
  const char *text = ast_format(driver->arena, sources, file);
  const struct source *source = source_get(sources, number);
  if (strlen(text) == source->length && memcmp(text, source->text, source->length) == 0) return true;
  return file_write_whole(path, text, strlen(text), error);
}

/* Every file is tried; the status is the first failure's. */
bool act_fmt(struct driver *driver, struct error *error) {
  for (size_t i = 0; i < driver->options.files.n; i++) {
    struct error one = {0};
    if (format_file(driver, driver->options.files.at[i], &one)) continue;
    if (one.message[0] && error->kind) fprintf(stderr, "crlc: %s\n", one.message);
    if (!error->kind) *error = one;
  }
  return error->kind == ERROR_NONE;
}

static void describe_settings(enum op op) {
  struct op_setting setting = {0};
  for (const char *before = "  settings:"; op_setting_next(op, &setting); before = ",")
    printf("%s %.*s", before, setting.length, setting.name);
  if (setting.name) putchar('\n');
}

static void describe_op(enum op op) {
  static const char *const class_name[] = {"leaf", "elementwise", "view", "kernel"};
  const struct op_info *info = &op_info[op];
  printf("%s\n  %s\n  %s, %d input%s%s\n", info->name, info->doc, class_name[info->class], info->arity,
         info->arity == 1 ? "" : "s", info->differentiable ? ", differentiable" : "");
  if (info->class == ELEMENTWISE) printf("  = %s\n", info->expression);
  describe_settings(op);
}

bool act_ops(struct driver *driver, struct error *error) {
  const char *name = driver->options.argument, *names[OP_COUNT];
  if (!name) {
    for (int op = OP_NONE + 1; op < OP_COUNT; op++) printf("%-18s %s\n", op_info[op].name, op_info[op].doc);
    return true;
  }
  enum op op = op_by_name(name);
  if (op != OP_NONE) {
    describe_op(op);
    return true;
  }
  for (int i = OP_NONE + 1; i < OP_COUNT; i++) names[i - 1] = op_info[i].name;
  const char *near = nearest(name, names, OP_COUNT - 1);
  error_set(error, ERROR_USAGE, "there is no operation '%s'", name);
  return near ? error_hint(error, "did you mean '%s'?", near) : error_hint(error, "'crlc --ops' lists them");
}

bool act_explain(struct driver *driver, struct error *error) {
  const char *text = diag_explain(driver->options.argument);
  if (text) return fputs(text, stdout) >= 0;
  return error_set(error, ERROR_USAGE, "there is no error '%s'", driver->options.argument);
}

static bool tell_fetch(void *context, const char *file, int64_t bytes, int64_t total) {
  progress_work(context, file, total > 0 ? (double)bytes / (double)total : 0);
  return !signals_stop(NULL);
}

bool act_fetch(struct driver *driver, struct error *error) {
  const struct data_set *set = catalogue_find(driver->options.argument);
  if (!set) {
    unknown_set(driver->options.argument, error);
    error->kind = ERROR_USAGE;
    return false;
  }
  const char *root = data_fetch_root(driver->arena, driver->options.data, error);
  if (!root) return false;
  struct progress *progress = progress_new(stderr, driver->options.quiet);
  struct fetch_progress told = {tell_fetch, progress};
  signals_watch();
  bool ok = data_fetch(set, root, &told, error);
  if (ok) progress_note(progress, "'%s' is in '%s/%s'", set->name, root, set->folder);
  progress_free(progress);
  if (!ok && signals_stop(NULL)) {
    *error = (struct error){0};
    signals_stop(error);
  }
  return ok;
}

extern const struct embedded starter[]; /* cli/starter.crl */

bool act_new(struct driver *driver, struct error *error) {
  const char *name = driver->options.argument, *dot = strrchr(name, '.');
  const char *path = dot && strcmp(dot, ".crl") == 0 ? name : arena_format(driver->arena, "%s.crl", name);
  struct stat status;
  if (stat(path, &status) == 0) return error_set(error, ERROR_DATA, "'%s' is there already", path);
  if (!file_write_whole(path, starter[0].text, strlen(starter[0].text), error)) return false;
  fprintf(stderr, "wrote '%s'; check it with 'crlc %s'\n", path, shell_word(driver->arena, path));
  return true;
}

bool act_manual(struct driver *driver, struct error *error) {
  (void)error;
  return fputs(describe_manual(driver->arena, PACKAGE_VERSION), stdout) >= 0;
}

bool act_completion(struct driver *driver, struct error *error) {
  (void)error;
  return fputs(describe_completion(driver->arena, driver->options.argument), stdout) >= 0;
}

bool act_version(struct driver *driver, struct error *error) {
  (void)driver, (void)error;
  return printf("crlc %s\n", PACKAGE_VERSION) > 0;
}

bool act_help(struct driver *driver, struct error *error) {
  if (!driver->options.model)
    return print_wrapped(stdout, describe_help(driver->arena), terminal_width(stdout), HELP_INDENT);
  return open_model(driver, false, error) && fputs(driver->compiled->options, stdout) >= 0;
}
