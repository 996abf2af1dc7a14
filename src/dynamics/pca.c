/* pca: see pca.h. The covariance is summed in float64. Source: SCIENCE 4; Jolliffe 2002. */
#include "pca.h"
#include "base/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 256 }; /* states centred at a time */

static void column_means(const float *x, size_t n, size_t width, double *mean)
{
    memset(mean, 0, width * sizeof *mean);
    for (size_t i = 0; i < n; i++, x += width)
        for (size_t j = 0; j < width; j++) mean[j] += x[j];
    for (size_t j = 0; j < width; j++) mean[j] /= (double)n;
}

/* lower triangle of the covariance (width, width), ddof 1; block (ROWS, width) is scratch */
static void covariance(const float *x, size_t n, size_t width, const double *mean, double *block,
                       double *cov)
{
    memset(cov, 0, width * width * sizeof *cov);
    for (size_t from = 0; from < n; from += ROWS) {
        size_t rows = n - from < ROWS ? n - from : ROWS;
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < width; j++)
                block[i * width + j] = x[(from + i) * width + j] - mean[j];
        linalg_add_gram((int)width, (int)rows, 1.0 / (double)(n - 1), block, cov);
    }
}

static void fix_sign(double *component, size_t width)
{
    size_t largest = 0;
    for (size_t j = 1; j < width; j++)
        if (fabs(component[j]) > fabs(component[largest])) largest = j;
    if (component[largest] >= 0) return;
    for (size_t j = 0; j < width; j++) component[j] = -component[j];
}

int pca_fit(struct pca *pca, const float *x, size_t n, int width, int count, struct status *st)
{
    size_t w = (size_t)width, kept = (size_t)count;
    *pca = (struct pca){.width = width, .count = count};
    pca->mean = malloc((w + kept * w + kept) * sizeof(double));
    double *block = malloc((ROWS * w + w * w + w) * sizeof(double));
    int code = STATUS_OK;
    if (!pca->mean || !block) {
        code = status_no_memory(st, "principal components");
        goto cleanup;
    }
    double *cov = block + ROWS * w, *value = cov + w * w;
    pca->component = pca->mean + w;
    pca->variance = pca->component + kept * w;
    column_means(x, n, w, pca->mean);
    covariance(x, n, w, pca->mean, block, cov);
    for (size_t j = 0; j < w; j++) pca->total += cov[j * w + j];
    if (!isfinite(pca->total)) {
        code = status_set(st, STATUS_RUN_FAILED, "states that are not finite have no components");
        goto cleanup;
    }
    code = linalg_symmetric_eigen(width, cov, value, st); /* ascending, rows of cov are vectors */
    for (size_t c = 0; c < w && !code; c++) pca->squares += value[c] * value[c];
    for (size_t c = 0; c < kept && !code; c++) {
        size_t from = w - 1 - c;
        pca->variance[c] = value[from] > 0 ? value[from] : 0;
        memcpy(pca->component + c * w, cov + from * w, w * sizeof(double));
        fix_sign(pca->component + c * w, w);
    }
cleanup:
    free(block);
    if (code) pca_free(pca);
    return code;
}

void pca_free(struct pca *pca)
{
    if (!pca) return;
    free(pca->mean);
    *pca = (struct pca){0};
}

void pca_project(const struct pca *pca, const float *x, size_t n, int count, double *score)
{
    size_t w = (size_t)pca->width;
    for (size_t i = 0; i < n; i++, x += w)
        for (int c = 0; c < count; c++) {
            const double *axis = pca->component + (size_t)c * w;
            double sum = 0;
            for (size_t j = 0; j < w; j++) sum += axis[j] * (x[j] - pca->mean[j]);
            score[i * (size_t)count + (size_t)c] = sum;
        }
}
