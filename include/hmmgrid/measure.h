/* measure: all metrics of one run, each beside what a perfect emulation would score.
 *
 * A metric is evaluated with Y = the network's sample; its *floor* is the same function with Y =
 * another independent HMM sample that is emitted as the network's is (measure.generation:
 * reference puts a uniform symbol first), mean and sd (ddof 1) over metric_draws draws, of a costly
 * metric over measure.floor_draws (SCIENCE 8.1).
 */
#ifndef HMMGRID_MEASURE_H
#define HMMGRID_MEASURE_H

#include "hmmgrid/metrics.h"

/* Results of all metrics, in table order. Each value array has measure_count doubles. */
/* z = (value - floor) / (floor_sd sqrt(1 + 1/n)), n draws: of a perfect emulation Student's t of n
 * - 1 degrees of freedom, the sd and the mean of few draws being uncertain themselves. It is left a
 * t and not made a normal quantile, so that it grows in proportion with the distance from the
 * floor. NaN where the draws have no spread beyond rounding: compare value and floor. p = (1 +
 * number of draws with as large a value) / (1 + n). */
struct measures {
    double **value;    /* [num_metrics]; value[0] begins one block of all values in table order */
    double **floor;    /* [num_metrics], NULL entry without floor. Draws in which a metric is
                          undefined (NaN) are left out of its floor; NaN when all are */
    double **floor_sd; /* NaN when fewer than 2 draws are left */
    double **test;     /* NULL entry where the metric has neither z nor p */
    void *memory;      /* owner */
};
/* All NaN. STATUS_NO_MEMORY. */
int measures_init(struct measures *m, int symbols, int T, struct status *st);
void measures_free(struct measures *m);

/* All its numbers, (count), borrowed; NULL and 0 where there are none. */
double *measures_numbers(const struct measures *m, int symbols, int T, size_t *count);

/* The floors depend on the HMM, the sizes and measure.generation only, not on the run: one cache a
 * worker. Their streams are keyed by the HMM's fingerprint, these and nothing else, so cached or
 * not the bits agree. */
struct floor_cache;
struct floor_cache *floor_cache_new(void); /* NULL: memory out */
void floor_cache_free(struct floor_cache *cache);

/* Fill *m (free it with measures_free): the reference sample X is drawn with stream (seed, run_key,
 * "measure_reference"), as many sequences as `tested` has.
 *   tested (n, T) with n = settings.measure.sequences, T = settings.measure.length
 *   cache may be NULL: the floors are computed and not kept
 *   stop may be NULL; asked between metrics: STATUS_RUN_STOPPED
 * STATUS_NO_MEMORY. A failure leaves *m zeroed. Of the settings it reads
 * measure.floor_draws and measure.generation only. Peak memory: about n * n bytes (twice that for T
 * > 255). */
int measure_run(const struct settings *s, const struct hmm *hmm, const char *run_key, int64_t seed,
                struct sample tested, struct floor_cache *cache, const struct stop *stop,
                struct measures *m, struct status *st);

#endif
