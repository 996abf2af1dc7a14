/* linalg: see linalg.h. */
#include "linalg.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* OpenBLAS only; another BLAS lacks them */
extern void openblas_set_num_threads(int n) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));

/* LAPACK by its Fortran names, which every build of it has; column-major */
extern void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                    double *w, double *work, const int *lwork, int *iwork, const int *liwork,
                    int *info, size_t jobz_length, size_t uplo_length);
extern void dgeev_(const char *jobvl, const char *jobvr, const int *n, double *a, const int *lda,
                   double *wr, double *wi, double *vl, const int *ldvl, double *vr, const int *ldvr,
                   double *work, const int *lwork, int *info, size_t jobvl_length,
                   size_t jobvr_length);

enum { CHECK_M = 67, CHECK_N = 53, CHECK_K = 61 };

static int wrong(const char *what, double got, double expected, struct status *st)
{
    return status_set(st, STATUS_INTERNAL,
                      "BLAS (core %s) computes a wrong %s on this CPU: %g instead of %g; set "
                      "OPENBLAS_CORETYPE=Haswell in the environment, or install a newer OpenBLAS",
                      linalg_core(), what, got, expected);
}

/* small integers: every product and sum is exact in float, so any difference is an error */
static int check_gemm(struct status *st)
{
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
                    return wrong("matrix product", (double)c[i * CHECK_N + j], (double)sum, st);
            }
    }
    return STATUS_OK;
}

/* in float64: a Gram matrix of small integers, exact; a permutation that is one cycle, whose
 * eigenvalues lie on the unit circle and sum to 0; a symmetric matrix, whose sum is its trace */
static int check_float64(struct status *st)
{
    enum { N = CHECK_K };
    double x[N * N], c[N * N] = {0}, re[N], im[N], sum = 0, trace = 0;
    for (int i = 0; i < N * N; i++) x[i] = (i * 37) % 17 - 8;
    linalg_add_gram(N, N, 1.0, x, c);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) {
            double expected = 0;
            for (int k = 0; k < N; k++) expected += x[k * N + i] * x[k * N + j];
            if (!(c[i * N + j] == expected))
                return wrong("matrix product", c[i * N + j], expected, st);
        }
    for (int i = 0; i < N; i++) trace += c[i * N + i];
    int code = linalg_symmetric_eigen(N, c, re, st);
    if (code) return code;
    for (int i = 0; i < N; i++) sum += re[i];
    if (!(fabs(sum - trace) <= 1e-10 * trace)) return wrong("sum of eigenvalues", sum, trace, st);
    for (int i = 0; i < N * N; i++) x[i] = i % N == (i / N + 1) % N;
    code = linalg_eigenvalues(N, x, re, im, st);
    for (int i = 0; i < N && !code; i++)
        if (!(fabs(hypot(re[i], im[i]) - 1) <= 1e-10))
            return wrong("eigenvalue", hypot(re[i], im[i]), 1, st);
    return code;
}

int linalg_start(struct status *st)
{
    if (openblas_set_num_threads) openblas_set_num_threads(1);
    int code = check_gemm(st);
    return code ? code : check_float64(st);
}

const char *linalg_core(void)
{
    return openblas_get_corename ? openblas_get_corename() : "unknown";
}

const char *linalg_advised_core(void)
{
#if defined(__x86_64__)
    /* what OpenBLAS calls its x86-64 kernels without AVX2 */
    static const char *const old[] = {
        "Prescott", "Core2",       "Penryn",  "Dunnington",   "Nehalem",   "Generic", "generic",
        "Atom",     "Sandybridge", "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat",  "Bulldozer"};
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
    if (!avx2 || getenv("OPENBLAS_CORETYPE")) return NULL;
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++)
        if (strcmp(linalg_core(), old[i]) == 0) return avx512 ? "SkylakeX" : "Haswell";
#endif
    return NULL;
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
    return status_set(st, STATUS_RUN_FAILED, "%s of a matrix: LAPACK gave up (info %d)", what,
                      info);
}

int linalg_symmetric_eigen(int n, double *a, double *value, struct status *st)
{
    int lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n, info;
    double *work = malloc((size_t)lwork * sizeof *work);
    int *iwork = malloc((size_t)liwork * sizeof *iwork);
    int code = STATUS_OK;
    if (!work || !iwork) {
        code = status_no_memory(st, "eigenvectors");
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
    if (!work) return status_no_memory(st, "eigenvalues");
    dgeev_("N", "N", &n, a, &n, re, im, NULL, &one, NULL, &one, work, &lwork, &info, 1, 1);
    free(work);
    return info ? lapack_failed("eigenvalues", info, st) : STATUS_OK;
}

double linalg_norm(const float *x, size_t n)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += (double)x[i] * (double)x[i];
    return sqrt(squares);
}
