/* linalg: the few BLAS and LAPACK calls of the project, row-major, one thread. The only module that
 * knows cblas.h. */
#pragma once

#include "hmmgrid/status.h"
#include <stddef.h>

/* One BLAS thread; and small products and eigenvalues against what they must be, since some BLAS
 * builds miscompute on CPUs newer than they are. Call once at start-up. STATUS_INTERNAL with advice
 * when one is wrong. */
int linalg_start(struct status *st);

/* The core type to ask OpenBLAS for (OPENBLAS_CORETYPE) where the one it chose lacks instructions
 * that this CPU has: a build older than the CPU falls back to kernels of 2004, five times slower.
 * NULL: nothing better is known, or the variable is set. OpenBLAS reads it when it is loaded, so it
 * helps a program that starts itself again; see src/cli/main.c. */
const char *linalg_advised_core(void);

/* Name of the BLAS core in use, e.g. "SkylakeX"; "unknown" when the BLAS does not say. */
const char *linalg_core(void);

/* Product of row-major matrices, C (m, n) = alpha op(A) op(B) + beta C; op(A) is (m, k), op(B) is
 * (k, n); transpose_x: the matrix is stored transposed. ld*: elements from row to row as stored. */
void linalg_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a,
                 int lda, const float *b, int ldb, float beta, float *c, int ldc);

/* Lower triangle of C (n, n) += alpha X^T X, X (k, n); float64. */
void linalg_add_gram(int n, int k, double alpha, const double *x, double *c);

/* Eigenvalues (n), ascending, and eigenvectors, the rows of a on return, of a symmetric matrix of
 * which the lower triangle of a (n, n) is read. STATUS_NO_MEMORY; STATUS_RUN_FAILED: no
 * convergence.
 */
int linalg_symmetric_eigen(int n, double *a, double *value, struct status *st);

/* Eigenvalues re + i im (n) of a general matrix a (n, n), which is destroyed. Errors as above. */
int linalg_eigenvalues(int n, double *a, double *re, double *im, struct status *st);

/* Euclidean length of x (n), summed in float64. */
double linalg_norm(const float *x, size_t n);
