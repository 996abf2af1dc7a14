/* linalg: see linalg.h. */
#include "hmmgrid/linalg.h"

#include <cblas.h>
#include <math.h>

/* OpenBLAS only; another BLAS lacks them */
extern void openblas_set_num_threads(int n) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));

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
