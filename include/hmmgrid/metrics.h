/* metrics: THE table of metrics: how well a sample of sequences agrees with an HMM.
 *
 * A metric is a function of (the HMM, a reference sample X drawn from it, the sample Y under test).
 * To add one: a row in the table of src/measure/metrics.c and its function.
 */
#ifndef HMMGRID_METRICS_H
#define HMMGRID_METRICS_H

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
    struct measure_memo *memo; /* borrowed */
    int part;                  /* the metric's */
    const struct stop *stop;   /* asked by what takes long; NULL: never */
};

/* What stands beside a value: name_floor and name_floor_sd, and what tells how far it is from them.
 * Which of the two a metric has was measured on perfect emulations (tests/unit/test_measure.c). */
enum metric_floor {
    NO_FLOOR,
    FLOOR_ALONE, /* neither */
    FLOOR_P, /* name_p, of a distance, the larger the worse: its draws are skewed, bounded by 0 */
    FLOOR_Z, /* name_z, of what may be too large or too small */
    FLOOR_Z_DEAR /* the same of what takes long: over measure.floor_draws draws, not metric_draws */
};

/* For those who read them. */
#define METRIC_Z_IS                                                                                \
    "z = (value - floor) / (floor_sd sqrt(1 + 1/n)) of n draws; a perfect emulation's is "         \
    "Student's "                                                                                   \
    "t of n - 1 degrees of freedom; none where floor_sd is 0"
#define METRIC_P_IS "p by rank: share of value and floor's draws that are as large as the value"

struct metric {
    const char *name; /* of its column */
    int num_dims;     /* 0 scalar, up to 2 */
    enum measure_dim dim[2];
    enum metric_floor floor;
    const char *unit;    /* "1" when dimensionless */
    const char *meaning; /* one line, for the file and the docs */
    /* out: (product of the HMM's own dims), row-major. STATUS_RUN_FAILED on trouble. */
    int (*compute)(const struct measure_input *in, double *out, struct status *st);
    int part;              /* which of the things that this function gives */
    const char *formula;   /* of symbols s_1 .. s_T of a sequence; plain ASCII */
    const char *reference; /* NULL: none needed */
};

/* Draws of a floor that is not dear: max(32, measure.floor_draws). */
int metric_draws(int floor_draws);

extern const struct metric metrics_table[];
extern const int num_metrics;

/* Row with this name, or NULL. */
const struct metric *metrics_find(const char *name);

/* Size of a dimension for K symbols and samples of length T (DIM_LAG: T/2 + 1). */
int measure_dim_size(enum measure_dim dim, int symbols, int T);

/* Number of doubles of one metric for (K, T). */
int measure_count(const struct metric *metric, int symbols, int T);

#endif
