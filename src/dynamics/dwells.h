/* dwells: times between two switches of symbol, and how regular they are.
 *
 * Those cut by the window are left out: short windows favour short dwells, so compare equal ones.
 * Coherence is 1/CV (Pikovsky & Kurths 1997: CV is the normalised fluctuation of the intervals, and
 * coherence resonance its minimum over the noise). In discrete time dwells of mean m without memory
 * have CV = sqrt(1 - 1/m), so 1/CV grows with the switch rate alone; regularity =
 * sqrt(1 - 1/m) / CV is 1 for them whatever their rate, and more where switching is more regular.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Sums over the dwells of one window, or of several added up. */
struct dwells {
    double places;                /* where a switch could be: steps - 1 of each window */
    double switches;              /* found there */
    double count, steps, squares; /* dwells, their sum and sum of squares */
};

enum { SWITCH_RATE, DWELL_MEAN, DWELL_CV, COHERENCE, REGULARITY, NUM_DWELL_STATISTICS };

struct dwells dwells_of(const uint8_t *symbol, int steps);
void dwells_add(struct dwells *total, double sign, struct dwells d); /* *total += sign d */
struct dwells dwells_total(const struct dwells *d, size_t n);

/* NaN where dwells are too few; coherence and regularity too when all are the same. */
void dwells_statistics(struct dwells d, double statistic[NUM_DWELL_STATISTICS]);

/* Standard errors of the statistics of windows a (n) taken together, or of their differences to
 * those of b (n) unless NULL, a[i] and b[i] being a pair: jackknife over windows (Efron & Stein
 * 1981). */
void dwells_jackknife(const struct dwells *a, const struct dwells *b, size_t n,
                      double se[NUM_DWELL_STATISTICS]);

/* What each window adds to a statistic of windows a (n): influence (n) out, as of peak.h. */
void dwells_influence(const struct dwells *a, size_t n, int statistic, double *influence);
