/* The LAPACK routines that this layer calls, as Fortran sees them: everything by reference, matrices column-major,
 * the lengths of character arguments at the end.  OpenBLAS carries them without a header of its own here.
 *
 * Ownership: the caller's memory throughout. */
#ifndef EVAL_LAPACK_H
#define EVAL_LAPACK_H
#include <stddef.h>

/* Eigenvalues (ascending, in w) and vectors (in a's columns) of a symmetric matrix. */
void dsyev_(const char *vectors, const char *triangle, const int *n, double *a, const int *lda, double *w, double *work,
            const int *lwork, int *info, size_t length1, size_t length2);

/* a = U diag(s) V', by divide and conquer. */
void dgesdd_(const char *vectors, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
             const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info,
             size_t length);

#endif
