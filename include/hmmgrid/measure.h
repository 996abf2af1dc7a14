/* measure: how well a sample of sequences agrees with an HMM, and THE table of metrics.
 *
 * A metric is a function of (the HMM, a reference sample X drawn from it, the sample Y under test).
 * It is evaluated with Y = the network's sample; its *floor* is the same function with Y = another
 * independent HMM sample, mean and sd (ddof 1) over measure.floor_draws draws (SCIENCE 8.1). So
 * every metric comes with what a perfect emulation would score. To add a metric: one row in the
 * table of src/measure/metrics.c and its function.
 */
#ifndef HMMGRID_MEASURE_H
#define HMMGRID_MEASURE_H

#include "hmmgrid/hmm.h"

/* Size of a dimension that metrics use. Values are padded with NaN up to the study's sizes. */
enum measure_dim { DIM_SYMBOL, DIM_SYMBOL_TO, DIM_WORD_LENGTH, DIM_LAG, NUM_MEASURE_DIMS };
enum { MAX_WORD_LENGTH = 6 };

struct sample {
    const uint8_t *symbols; /* (n, T) */
    size_t n;
    int T;
};

/* What several metrics of one input share, filled by the first that needs it. Zero it once. */
struct measure_memo {
    bool has_matching, has_likelihood;
    double matched_mean, matched_sd;
    double cross_entropy, num_impossible; /* of the tested sample */
};

struct measure_input {
    const struct hmm *hmm;
    struct sample reference;   /* X */
    struct sample tested;      /* Y, same T */
    struct measure_memo *memo; /* borrowed; NULL: nothing is shared */
};

struct metric {
    const char *name; /* column name; its floor is name_floor, name_floor_sd, name_z */
    int num_dims;     /* 0 scalar, up to 2 */
    enum measure_dim dim[2];
    bool has_floor;
    const char *unit;    /* "1" when dimensionless */
    const char *meaning; /* one line, for the file and the docs */
    /* out: (product of the HMM's own dims), row-major. STATUS_RUN_FAILED on trouble. */
    int (*compute)(const struct measure_input *in, double *out, struct status *st);
};

extern const struct metric metrics_table[];
extern const int num_metrics;

/* Row with this name, or NULL. */
const struct metric *metrics_find(const char *name);

/* Size of a dimension for K symbols and samples of length T (DIM_LAG: T/2 + 1). */
int measure_dim_size(enum measure_dim dim, int symbols, int T);

/* Number of doubles of one metric for (K, T). */
int measure_count(const struct metric *metric, int symbols, int T);

/* Results of all metrics, in table order. Each value array has measure_count doubles. */
struct measures {
    double **value;    /* [num_metrics]; value[0] begins one block of all values in table order */
    double **floor;    /* [num_metrics], NULL entry without floor. Draws in which a metric is
                          undefined (NaN) are left out of its floor; NaN when all are */
    double **floor_sd; /* NaN when fewer than 2 draws are left */
    double **z;        /* (value - floor) / floor_sd; NaN where floor_sd is 0 */
    void *memory;      /* owner */
};
/* All NaN. STATUS_NO_MEMORY. */
int measures_init(struct measures *m, int symbols, int T, struct status *st);
void measures_free(struct measures *m);

/* The floors depend on the HMM and the sizes only, not on the run: one cache a worker.
 * Their streams are keyed by the HMM's fingerprint and sizes, so cached or not the bits agree. */
struct floor_cache;
struct floor_cache *floor_cache_new(void); /* NULL: memory out */
void floor_cache_free(struct floor_cache *cache);

/* Fill *m (free it with measures_free): the reference sample X is drawn with stream (seed, run_key,
 * "measure_reference"), as many sequences as `tested` has.
 *   tested (n, T) with n = settings.measure.sequences, T = settings.measure.length
 *   cache may be NULL: the floors are computed and not kept
 *   should_stop may be NULL; asked between metrics: true -> STATUS_RUN_STOPPED.
 * STATUS_NO_MEMORY. A failure leaves *m zeroed. Of the settings it reads
 * measure.floor_draws only. Peak memory: about n * n bytes (twice that for T > 255). */
int measure_run(const struct settings *s, const struct hmm *hmm, const char *run_key, int64_t seed,
                struct sample tested, struct floor_cache *cache, bool (*should_stop)(void *context),
                void *context, struct measures *m, struct status *st);

#endif
