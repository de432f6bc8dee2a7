/* The LAPACK routines that kernels call, as Fortran sees them: everything by reference, matrices column-major, the lengths
 * of character arguments at the end.  OpenBLAS carries them without a header of its own here.
 *
 * Ownership: the caller's memory throughout. */
#ifndef KERN_LAPACK_H
#define KERN_LAPACK_H
#include <stddef.h>

/* Eigenvalues (ascending, in w) and vectors (in a's columns) of a symmetric matrix, by divide and conquer. */
void dsyevd_(const char *vectors, const char *triangle, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info, size_t length1, size_t length2);

/* P a = L U, in a's place, and X = a^-1 B by it. */
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivot, int *info);
void dgetri_(const int *n, double *a, const int *lda, const int *pivot, double *work, const int *lwork, int *info);

#endif
