/* The front end's front door: from a model file to a program.
 *
 * Ownership: everything lives in the arena given. */
#ifndef DSL_COMPILE_H
#define DSL_COMPILE_H
#include "base/vec.h"
#include "dsl/syntax/ast.h"
#include "dsl/syntax/differ.h"
#include "graph/program.h"

struct compile_settings {    /* all optional */
  const char *variant;       /* --variant */
  const char *name, *merged; /* of a text that a run keeps: the model's name, and its variant, merged already */
  const char *const *set;    /* "width=64" from --set */
  size_t n_set;
  int64_t epochs, batch;     /* of the main training stages; 0: as the file says */
  int folds, fold;           /* the number of folds, and the one that is validated on; 0: as the file says */
  bool validation_only;      /* what is measured on other splits is left out, and nothing is shown */
  const char *stage;         /* only this training stage */
  const char *compute;       /* name of a top-level value to compute */
  const char *compute_split; /* "test" or "train" */
  bool check;                /* also build program->checks */
  bool plain;                /* literal graphs: no sharing, no folding */
  bool direct;               /* no convolution by Winograd's algorithm */
  /* Which of the sets that the file names is to be used: its schema, or NULL with an error. */
  const struct data_set *(*choose_data)(void *context, const char *const *names, size_t n, struct error *error);
  /* What a file or folder that the model names holds, or NULL with an error.  It may read headers only. */
  const struct file_columns *(*describe_file)(void *context, const char *name, struct file_options options,
                                              struct error *error);
  bool without_rows; /* nothing will be read: files that the model declares need not be there */
  void *context;
  parse_function *parse;
};

struct option_value {
  const char *name, *value; /* as a model file spells the value, a string without its quotes */
  bool is_string;
};

struct compiled {
  struct sources *sources;
  struct diags *diags;
  struct ast *file;
  struct program *program; /* NULL where there are errors */
  const char *summary;     /* the layer table, with every sharing site, and totals */
  const char *options;     /* the file's own options and variants, with defaults */
  const char *resolved;    /* the text as it runs: variant merged, options and data resolved, files used from used/ */
  VEC(struct option_value) values; /* of every option, in the order of the file */
  VEC(struct used_file) used;
  int64_t parameters;
};

/* NULL with an error when the file cannot be read or an option is not the model's; errors in the file are in diags. */
struct compiled *compile_model(struct arena *arena, const char *path, const struct compile_settings *settings,
                               struct error *error);
/* The same of a text that is not in a file of its own (tests, library documentation). */
struct compiled *compile_text(struct arena *arena, const char *name, const char *text, size_t length,
                              const struct compile_settings *settings, struct error *error);

#endif
