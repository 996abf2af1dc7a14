/* bifurcation: see bifurcation.h. Refuses to fit the two levels along with the place of the step: a
 * long, slow approach to the last level would pull that place towards it. So the levels are those
 * of the ends, and what is left of least squares is a sum: the step stands where the sum of
 * y_i - middle over the snapshots before it is largest. All snapshots see the same noise, so the
 * bootstrap draws sequences for all of them at once. Source: Page 1954 (cumulative sums); Efron &
 * Tibshirani 1993.
 */
#include "bifurcation.h"

#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OF_LEVEL = 6, SAMPLES = 1000, TAIL = SAMPLES / 40 };

double bifurcation_reference(const double *epoch, const double *share, int n)
{
    int before = -1;
    for (int i = 0; i < n; i++) {
        if (isnan(share[i])) continue;
        if (before >= 0 && fabs(share[i] - share[before]) > 0.02) return epoch[before];
        before = i;
    }
    return NAN;
}

static double median(const double *y, int n)
{
    double sorted[MOST_OF_LEVEL];
    memcpy(sorted, y, (size_t)n * sizeof *y);
    sort_numbers(sorted, (size_t)n);
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

struct step {
    int at;             /* snapshots before it */
    double first, last; /* levels of the log rate */
};

static struct step fit(const double *y, int n)
{
    int width = n / 4 < 1 ? 1 : n / 4 < MOST_OF_LEVEL ? n / 4 : MOST_OF_LEVEL;
    struct step step = {1, median(y, width), median(y + n - width, width)};
    double middle = (step.first + step.last) / 2, sum = 0, largest = -INFINITY;
    for (int i = 0; i < n - 1; i++) {
        sum += step.first > step.last ? y[i] - middle : middle - y[i];
        if (sum <= largest) continue;
        largest = sum;
        step.at = i + 1;
    }
    return step;
}

/* Log rates y (n) of sequences that count weight[s] times, together as often as there are. */
static void log_rates(const uint16_t *count, const int *weight, int n, int sequences, int steps,
                      double *y)
{
    for (int i = 0; i < n; i++, count += sequences) {
        long sum = 0;
        for (int s = 0; s < sequences; s++) sum += (long)weight[s] * count[s];
        y[i] = log(((double)sum + 0.5) / ((double)sequences * steps + 1));
    }
}

static double explained(const double *y, int n, int at)
{
    double mean[2] = {0, 0}, all = 0, total = 0, within = 0;
    for (int i = 0; i < n; i++) {
        mean[i >= at] += y[i] / (i >= at ? n - at : at);
        all += y[i] / n;
    }
    for (int i = 0; i < n; i++) {
        total += (y[i] - all) * (y[i] - all);
        within += (y[i] - mean[i >= at]) * (y[i] - mean[i >= at]);
    }
    return 1 - within / total;
}

int bifurcation_find(const double *epoch, const uint16_t *count, int n, int sequences, int steps,
                     struct rng rng, struct bifurcation *out, struct status *st)
{
    *out = (struct bifurcation){NAN, NAN, NAN, NAN, NAN, NAN};
    if (n < BIFURCATION_MIN || sequences < 1 || steps < 1) return STATUS_OK;
    double *y = malloc((size_t)n * sizeof *y);
    double *change = malloc(2 * SAMPLES * sizeof *change);
    int *weight = malloc((size_t)sequences * sizeof *weight), same = 0;
    int code = STATUS_OK;
    if (!y || !change || !weight) {
        code = status_no_memory(st, "the bootstrap of a history");
        goto cleanup;
    }
    double *at = change + SAMPLES;
    for (int s = 0; s < sequences; s++) weight[s] = 1;
    log_rates(count, weight, n, sequences, steps, y);
    struct step step = fit(y, n);
    double share = explained(y, n, step.at);
    for (int b = 0; b < SAMPLES; b++) {
        struct rng stream = rng_child(rng, (uint64_t)b);
        memset(weight, 0, (size_t)sequences * sizeof *weight);
        for (int s = 0; s < sequences; s++)
            weight[(uint64_t)rng_bits(stream, (uint64_t)s) * (uint64_t)sequences >> 32]++;
        log_rates(count, weight, n, sequences, steps, y);
        struct step sampled = fit(y, n);
        change[b] = sampled.last - sampled.first;
        at[b] = sampled.at;
        same += sampled.at == step.at;
    }
    sort_numbers(change, SAMPLES);
    sort_numbers(at, SAMPLES);
    if (change[TAIL] <= 0 && change[SAMPLES - 1 - TAIL] >= 0) goto cleanup;
    int low = (int)fmin(at[TAIL], step.at), high = (int)fmax(at[SAMPLES - 1 - TAIL], step.at);
    *out = (struct bifurcation){.epoch = (epoch[step.at - 1] + epoch[step.at]) / 2,
                                .low = epoch[low - 1],
                                .high = epoch[high],
                                .support = (double)same / SAMPLES,
                                .ratio = exp(step.last - step.first),
                                .explained = share};
cleanup:
    free(weight);
    free(change);
    free(y);
    return code;
}
