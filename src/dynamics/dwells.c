/* dwells: see dwells.h. Refuses to guess how long a cut dwell would have been. */
#include "dwells.h"

#include <math.h>

struct dwells dwells_of(const uint8_t *symbol, int steps)
{
    struct dwells d = {.places = steps - 1};
    int last = -1; /* switch */
    for (int t = 1; t < steps; t++) {
        if (symbol[t] == symbol[t - 1]) continue;
        d.switches++;
        if (last >= 0) {
            d.count++;
            d.steps += t - last;
            d.squares += (double)(t - last) * (t - last);
        }
        last = t;
    }
    return d;
}

void dwells_add(struct dwells *total, double sign, struct dwells d)
{
    total->places += sign * d.places;
    total->switches += sign * d.switches;
    total->count += sign * d.count;
    total->steps += sign * d.steps;
    total->squares += sign * d.squares;
}

struct dwells dwells_total(const struct dwells *d, size_t n)
{
    struct dwells total = {0};
    for (size_t i = 0; i < n; i++) dwells_add(&total, 1, d[i]);
    return total;
}

void dwells_statistics(struct dwells d, double statistic[NUM_DWELL_STATISTICS])
{
    double mean = d.count > 0 ? d.steps / d.count : NAN;
    /* whole numbers: 0 exactly when all dwells are the same */
    double spread = d.count * d.squares - d.steps * d.steps;
    double cv = d.count > 1 ? sqrt(spread / (d.count * (d.count - 1))) / mean : NAN;
    statistic[SWITCH_RATE] = d.places > 0 ? d.switches / d.places : NAN;
    statistic[DWELL_MEAN] = mean;
    statistic[DWELL_CV] = cv;
    statistic[COHERENCE] = cv > 0 ? 1 / cv : NAN;
    statistic[REGULARITY] = cv > 0 ? sqrt(1 - 1 / mean) / cv : NAN;
}

/* Statistics of windows a without window i, less those of b when there is a b. */
static void leave_out(const struct dwells *a, const struct dwells *b, size_t n, size_t i,
                      double statistic[NUM_DWELL_STATISTICS])
{
    struct dwells total = dwells_total(a, n);
    double other[NUM_DWELL_STATISTICS];
    dwells_add(&total, -1, a[i]);
    dwells_statistics(total, statistic);
    if (!b) return;
    total = dwells_total(b, n);
    dwells_add(&total, -1, b[i]);
    dwells_statistics(total, other);
    for (int s = 0; s < NUM_DWELL_STATISTICS; s++) statistic[s] -= other[s];
}

void dwells_jackknife(const struct dwells *a, const struct dwells *b, size_t n,
                      double se[NUM_DWELL_STATISTICS])
{
    double mean[NUM_DWELL_STATISTICS] = {0}, squares[NUM_DWELL_STATISTICS] = {0};
    double left[NUM_DWELL_STATISTICS];
    for (size_t i = 0; i < n; i++) {
        leave_out(a, b, n, i, left);
        for (int s = 0; s < NUM_DWELL_STATISTICS; s++) mean[s] += left[s] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        leave_out(a, b, n, i, left);
        for (int s = 0; s < NUM_DWELL_STATISTICS; s++)
            squares[s] += (left[s] - mean[s]) * (left[s] - mean[s]);
    }
    for (int s = 0; s < NUM_DWELL_STATISTICS; s++)
        se[s] = n > 1 ? sqrt(squares[s] * (double)(n - 1) / (double)n) : NAN;
}

void dwells_influence(const struct dwells *a, size_t n, int statistic, double *influence)
{
    double left[NUM_DWELL_STATISTICS], mean = 0;
    for (size_t i = 0; i < n; i++) {
        leave_out(a, NULL, n, i, left);
        influence[i] = left[statistic];
        mean += left[statistic] / (double)n;
    }
    for (size_t i = 0; i < n; i++) influence[i] = (double)(n - 1) * (mean - influence[i]);
}
