/* Inside the front end: tables, and the functions that make them.  Ownership: the arena of the compile. */
#ifndef DSL_TABLES_H
#define DSL_TABLES_H
#include "base/schema.h"
#include "dsl/eval/builtin.h"

struct file_value {
  const char *name; /* as the model writes it */
  const struct file_columns *columns;
  struct file_options options;
};

struct column_value { /* of a table, or of a file (set NULL) */
  const struct data_set *set;
  int number; /* in the set */
  struct data_column column;
  struct column_source source;
  int64_t rows; /* of a file */
};

struct row_condition { /* of rows of one table */
  const struct data_set *set;
  struct condition condition;
};

struct value set_value(const struct data_set *set, struct span span);
struct value column_value(const struct context *e, const struct data_set *set, const char *name, struct span span);
struct value file_field(const struct context *e, const struct value *file, const char *name, struct span span);
struct value concat_tables(const struct context *e, const struct value *a, const struct value *b, struct span span);
/* Columns of a table compared with each other, with numbers and strings, and conditions put together. */
struct value condition_of(const struct context *e, enum ast_op op, const struct value *a, const struct value *b,
                          struct span span);
struct value condition_not(const struct context *e, const struct value *v, struct span span);
/* The rows for which the condition v holds. */
struct value table_where(const struct context *e, const struct value *table, const struct value *v, struct span span);
/* -1: reported */
int set_column(const struct context *e, const struct data_set *set, const char *name, struct span span);

/* tables.c, for table_rows.c: what calls take, and making a table.  Those that return false have reported why. */
struct column_list { /* of a table that is being made */
  VEC(struct data_column) columns;
  VEC(struct column_source) sources;
};
bool wants_table(const struct context *e, const struct builtin *self, const struct value *v, struct span span);
struct value wrong(const struct context *e, const struct builtin *self, const char *what, const struct value *v,
                   struct span span);
/* Leaves *out as it is where v is not given. */
bool read_number(const struct context *e, const struct builtin *self, const struct value *v, const char *what,
                 double least, double *out, struct span span);
bool read_seed(const struct context *e, const struct builtin *self, const struct value *v, uint64_t *seed,
               struct span span);
bool read_boolean(const struct context *e, const struct builtin *self, const struct value *v, const char *what,
                  bool *out, struct span span);
/* A column of single numbers that a key names; -1 where it is not given, and where it is wrong (then *ok is false). */
int key_column(const struct context *e, const struct builtin *self, const struct data_set *set, const struct value *v,
               const char *what, bool *ok, struct span span);
bool is_mask(const struct data_set *set, int column); /* of the column before it */
const char *table_name(const struct context *e, const struct data_set *set);
enum dtype wider(enum dtype a, enum dtype b); /* the type that holds the values of both */
void add_column(const struct context *e, struct column_list *list, struct data_column column,
                struct column_source source);
void add_columns_of(const struct context *e, struct column_list *list, const struct data_set *set, int k);
struct derivation derivation_of(const struct context *e, enum derivation_kind kind, const struct data_set *const *of,
                                int n);
struct value make_table(const struct context *e, struct derivation how, const struct column_list *list,
                        const int64_t rows[DATA_SPLITS], struct span span);
/* A table with the columns of another and other rows. */
struct value same_columns(const struct context *e, const struct data_set *of, struct derivation how,
                          const int64_t rows[DATA_SPLITS], struct span span);

#define TABLE_CALL(name) \
  struct value name(const struct context *e, const struct builtin *self, struct value *in, int n, struct span span)
TABLE_CALL(call_file);
TABLE_CALL(call_columns);
TABLE_CALL(call_labels);
TABLE_CALL(call_table);
TABLE_CALL(call_drop);
TABLE_CALL(call_split);
TABLE_CALL(call_splits);
TABLE_CALL(call_take);
TABLE_CALL(call_shuffle);
TABLE_CALL(call_sample);
TABLE_CALL(call_join);
TABLE_CALL(call_pair);
TABLE_CALL(call_filter);
TABLE_CALL(call_generate);
TABLE_CALL(call_numbered);
TABLE_CALL(call_present);

#endif
