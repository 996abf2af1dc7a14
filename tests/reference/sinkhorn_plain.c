/* sinkhorn_plain: the debiased Sinkhorn divergence as SCIENCE 2.3 writes it, in float64 and in the
 * log domain: the reference that the fast kernel is tested against. Refuses to be fast. */
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double sinkhorn_diameter(const uint8_t *x, size_t n, const uint8_t *y, size_t m, int T, int K)
{
    long varying = 0;
    for (int t = 0; t < T; t++)
        for (int k = 0; k < K; k++) {
            size_t ones = 0;
            for (size_t i = 0; i < n; i++) ones += x[i * (size_t)T + (size_t)t] == k;
            for (size_t j = 0; j < m; j++) ones += y[j * (size_t)T + (size_t)t] == k;
            varying += ones > 0 && ones < n + m;
        }
    return sqrt((double)varying);
}

static int hamming(const uint8_t *a, const uint8_t *b, int T)
{
    int distance = 0;
    for (int t = 0; t < T; t++) distance += a[t] != b[t];
    return distance;
}

/* out_i = -eps log sum_j exp((log_weight + potential_j / eps) - c(i, j) / eps) */
static void softmin(double eps, const uint8_t *a, size_t num_a, const uint8_t *b, size_t num_b,
                    int T, const double *potential, double *scratch, double *out)
{
    double log_weight = -log((double)num_b);
    for (size_t i = 0; i < num_a; i++) {
        double largest = -INFINITY, sum = 0;
        for (size_t j = 0; j < num_b; j++) {
            double c = hamming(a + i * (size_t)T, b + j * (size_t)T, T);
            scratch[j] = log_weight + ((potential ? potential[j] : 0) - c) / eps;
            if (scratch[j] > largest) largest = scratch[j];
        }
        for (size_t j = 0; j < num_b; j++) sum += exp(scratch[j] - largest);
        out[i] = -eps * (largest + log(sum));
    }
}

/* grad_i += sign / n * sum_j softmax_j((potential_j - c(i, j)) / eps) onehot(b_j) */
static void add_barycentre(double eps, double sign, const uint8_t *a, size_t n, const uint8_t *b,
                           size_t num_b, int T, int K, const double *potential, double *scratch,
                           double *grad)
{
    for (size_t i = 0; i < n; i++) {
        double largest = -INFINITY, sum = 0;
        for (size_t j = 0; j < num_b; j++) {
            double c = hamming(a + i * (size_t)T, b + j * (size_t)T, T);
            scratch[j] = (potential[j] - c) / eps;
            if (scratch[j] > largest) largest = scratch[j];
        }
        for (size_t j = 0; j < num_b; j++) sum += scratch[j] = exp(scratch[j] - largest);
        double *row = grad + i * (size_t)T * (size_t)K;
        for (size_t j = 0; j < num_b; j++)
            for (int t = 0; t < T; t++)
                row[t * K + b[j * (size_t)T + (size_t)t]] += sign * scratch[j] / sum / (double)n;
    }
}

/* old <- (old + new) / 2 */
static void average(double *old, const double *new, size_t n)
{
    for (size_t i = 0; i < n; i++) old[i] = 0.5 * (old[i] + new[i]);
}

struct plain {
    const uint8_t *x, *y;
    size_t n, m;
    int T;
    double *f, *g, *p, *q;     /* old values */
    double *f2, *g2, *p2, *q2; /* new values */
    double *scratch;           /* max(n, m) */
};

/* all four softmins at eps, from the old values (or from nothing at the start) */
static void sweep(struct plain *w, double eps, int start)
{
    const uint8_t *x = w->x, *y = w->y;
    size_t n = w->n, m = w->m;
    softmin(eps, x, n, y, m, w->T, start ? NULL : w->g, w->scratch, w->f2);
    softmin(eps, y, m, x, n, w->T, start ? NULL : w->f, w->scratch, w->g2);
    softmin(eps, x, n, x, n, w->T, start ? NULL : w->p, w->scratch, w->p2);
    softmin(eps, y, m, y, m, w->T, start ? NULL : w->q, w->scratch, w->q2);
}

int sinkhorn_plain(const uint8_t *x, size_t n, const uint8_t *y, size_t m, int T, int K,
                   struct sinkhorn_options options, double *value, double *grad,
                   struct sinkhorn_potentials *potentials, struct status *st)
{
    double eps[SINKHORN_MAX_LEVELS];
    int levels = sinkhorn_levels(sinkhorn_diameter(x, n, y, m, T, K), options, eps);
    if (levels < 0)
        return status_set(st, STATUS_RUN_FAILED,
                          "train.scaling %g needs more than %d annealing levels; lower it",
                          options.scaling, SINKHORN_MAX_LEVELS);
    size_t longest = n > m ? n : m;
    double *block = calloc(4 * (n + m) + longest, sizeof *block);
    if (!block) return status_no_memory(st, "sinkhorn_plain");
    struct plain w = {.x = x, .y = y, .n = n, .m = m, .T = T};
    double *at = block;
    w.f = at, at += n, w.g = at, at += m, w.p = at, at += n, w.q = at, at += m;
    w.f2 = at, at += n, w.g2 = at, at += m, w.p2 = at, at += n, w.q2 = at, at += m;
    w.scratch = at;

    if (eps[0] == 0) { /* one and the same sequence everywhere */
        *value = 0;
        if (grad) memset(grad, 0, n * (size_t)T * (size_t)K * sizeof *grad);
        if (potentials) {
            memset(potentials->f, 0, n * sizeof(double)),
                memset(potentials->g, 0, m * sizeof(double));
            memset(potentials->p, 0, n * sizeof(double)),
                memset(potentials->q, 0, m * sizeof(double));
        }
        free(block);
        return STATUS_OK;
    }
    sweep(&w, eps[0], 1);
    memcpy(w.f, w.f2, 2 * (n + m) * sizeof(double));
    for (int level = 0; level < levels; level++) {
        sweep(&w, eps[level], 0);
        average(w.f, w.f2, n), average(w.g, w.g2, m), average(w.p, w.p2, n), average(w.q, w.q2, m);
    }
    double last = eps[levels - 1], sum_x = 0, sum_y = 0;
    sweep(&w, last, 0);
    for (size_t i = 0; i < n; i++) sum_x += w.f2[i] - w.p2[i];
    for (size_t j = 0; j < m; j++) sum_y += w.g2[j] - w.q2[j];
    *value = sum_x / (double)n + sum_y / (double)m;
    if (grad) {
        memset(grad, 0, n * (size_t)T * (size_t)K * sizeof *grad);
        add_barycentre(last, 1, x, n, x, n, T, K, w.p, w.scratch, grad);
        add_barycentre(last, -1, x, n, y, m, T, K, w.g, w.scratch, grad);
    }
    if (potentials) {
        memcpy(potentials->f, w.f2, n * sizeof(double));
        memcpy(potentials->g, w.g2, m * sizeof(double));
        memcpy(potentials->p, w.p2, n * sizeof(double));
        memcpy(potentials->q, w.q2, m * sizeof(double));
    }
    free(block);
    return STATUS_OK;
}
