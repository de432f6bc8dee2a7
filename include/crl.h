/* crlc in programs of one's own: what a run directory holds, applied to rows in memory.
 *
 *   struct crl_error error;
 *   crl_model *model = crl_open("run", "hx,guess", 0, &error);
 *   struct crl_rows x = {"x", numbers, 784};
 *   if (!model || !crl_compute(model, &x, 1, 100, "guess", out, &error)) fprintf(stderr, "%s\n", error.message);
 *   crl_close(model);
 *
 * Functions that can fail return NULL, false or a negative number, and say why in *error, which may be NULL.  A model
 * is used by one thread at a time; several models can be used at once. */
#ifndef CRL_H
#define CRL_H
#include <stdbool.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CRL_API __attribute__((visibility("default")))
#else
#define CRL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct crl_error {
  int status;         /* as crlc's exit status: 1 model, 2 usage, 3 data or files, 4 numbers */
  char message[1024]; /* lower case, without a full stop */
  char hint[1024];    /* the remedy; may be empty */
};

/* Rows of a column that the model reads: `size` numbers each, row after row, in the order of the column's axes. */
struct crl_rows {
  const char *name; /* of the column, as in `digits.image`: "image" */
  const float *number;
  int64_t size;
};

typedef struct crl_model crl_model;

CRL_API const char *crl_version(void);

/* The newest weights of a run directory, to compute these values of its model: names as in the model file, with commas
 * between them.  threads: 0 for as many as there are processors; results do not depend on it. */
CRL_API crl_model *crl_open(const char *run, const char *values, int threads, struct crl_error *error);

/* How many numbers a row of a value has; -1 where it was not asked for. */
CRL_API int64_t crl_size(const crl_model *model, const char *value, struct crl_error *error);

/* A value for `rows` rows into out: crl_size numbers a row.  `columns` are those that the values of the model read;
 * one that rows may lack can be left out, and what is computed of it is then NaN. */
CRL_API bool crl_compute(crl_model *model, const struct crl_rows *columns, int n, int64_t rows, const char *value,
                         float *out, struct crl_error *error);

/* NULL is fine. */
CRL_API void crl_close(crl_model *model);

#ifdef __cplusplus
}
#endif
#endif
