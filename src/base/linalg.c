/* linalg: see linalg.h. */
#include "hmmgrid/linalg.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

/* OpenBLAS only; another BLAS lacks them */
extern void openblas_set_num_threads(int n) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));

/* LAPACK by its Fortran names, which every build of it has; column-major */
extern void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                    double *w, double *work, const int *lwork, int *iwork, const int *liwork,
                    int *info, size_t jobz_length, size_t uplo_length);
extern void dgeev_(const char *jobvl, const char *jobvr, const int *n, double *a, const int *lda,
                   double *wr, double *wi, double *vl, const int *ldvl, double *vr,
                   const int *ldvr, double *work, const int *lwork, int *info,
                   size_t jobvl_length, size_t jobvr_length);

enum { CHECK_M = 67, CHECK_N = 53, CHECK_K = 61 };

int linalg_start(struct status *st)
{
    if (openblas_set_num_threads) openblas_set_num_threads(1);

    /* small integers: every product and sum is exact in float, so any difference is an error */
    float a[CHECK_M * CHECK_K], b[CHECK_K * CHECK_N], c[CHECK_M * CHECK_N];
    for (int i = 0; i < CHECK_M * CHECK_K; i++) a[i] = (float)((i * 37) % 17 - 8);
    for (int i = 0; i < CHECK_K * CHECK_N; i++) b[i] = (float)((i * 29) % 13 - 6);
    for (int variant = 0; variant < 4; variant++) {
        int ta = variant & 1, tb = variant >> 1;
        linalg_gemm(ta, tb, CHECK_M, CHECK_N, CHECK_K, 1.0f, a, ta ? CHECK_M : CHECK_K, b,
                    tb ? CHECK_K : CHECK_N, 0.0f, c, CHECK_N);
        for (int i = 0; i < CHECK_M; i++)
            for (int j = 0; j < CHECK_N; j++) {
                float sum = 0;
                for (int k = 0; k < CHECK_K; k++)
                    sum += a[ta ? k * CHECK_M + i : i * CHECK_K + k] *
                           b[tb ? j * CHECK_K + k : k * CHECK_N + j];
                if (!(c[i * CHECK_N + j] == sum))
                    return status_set(
                        st, STATUS_INTERNAL,
                        "BLAS (core %s) computes a wrong matrix product on this CPU: %g instead of "
                        "%g; set OPENBLAS_CORETYPE=Haswell in the environment, or install a newer "
                        "OpenBLAS",
                        linalg_core(), (double)c[i * CHECK_N + j], (double)sum);
            }
    }
    return STATUS_OK;
}

const char *linalg_core(void)
{
    return openblas_get_corename ? openblas_get_corename() : "unknown";
}

void linalg_gemm(int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a,
                 int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c,
                ldc);
}

void linalg_add_gram(int n, int k, double alpha, const double *x, double *c)
{
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, n, k, alpha, x, n, 1.0, c, n);
}

static int lapack_failed(const char *what, int info, struct status *st)
{
    return status_set(st, STATUS_RUN_FAILED, "%s of a matrix: LAPACK gave up (info %d)", what, info);
}

int linalg_symmetric_eigen(int n, double *a, double *value, struct status *st)
{
    int lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n, info;
    double *work = malloc((size_t)lwork * sizeof *work);
    int *iwork = malloc((size_t)liwork * sizeof *iwork);
    int code = STATUS_OK;
    if (!work || !iwork) {
        code = status_set(st, STATUS_RUN_FAILED, "out of memory for eigenvectors");
    } else {
        /* the lower triangle by rows is the upper one by columns; vectors come as columns = rows */
        dsyevd_("V", "U", &n, a, &n, value, work, &lwork, iwork, &liwork, &info, 1, 1);
        if (info) code = lapack_failed("eigenvectors", info, st);
    }
    free(work);
    free(iwork);
    return code;
}

int linalg_eigenvalues(int n, double *a, double *re, double *im, struct status *st)
{
    /* by columns a is its transpose, which has the same eigenvalues */
    int lwork = 8 * n, one = 1, info;
    double *work = malloc((size_t)lwork * sizeof *work);
    if (!work) return status_set(st, STATUS_RUN_FAILED, "out of memory for eigenvalues");
    dgeev_("N", "N", &n, a, &n, re, im, NULL, &one, NULL, &one, work, &lwork, &info, 1, 1);
    free(work);
    return info ? lapack_failed("eigenvalues", info, st) : STATUS_OK;
}
