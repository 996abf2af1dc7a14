/* analyse: taking one trained network apart.
 *
 * An analysis is a function of (the network, its HMM, the settings analysis.*) that fills named
 * arrays of fixed size. It depends on the weights and these settings alone: its random numbers are
 * keyed by the weights' bytes, so the worker after training and `hmmgrid analyse` on exported
 * weights get the same bits. Refuses to say how one is written: src/analyse/analysis.h does.
 */
#ifndef HMMGRID_ANALYSE_H
#define HMMGRID_ANALYSE_H

#include "hmmgrid/hmm.h"
#include "hmmgrid/network.h"
#include "hmmgrid/train.h"

/* --- what an analysis gives ------------------------------------------------------------------- */

/* Size of a dimension: a number, or one of these. */
enum analysis_size { SIZE_SYMBOLS = -1, SIZE_HIDDEN = -2, SIZE_SNAPSHOTS = -3, SIZE_STATES = -4 };

struct analysis_dim {
    const char *name; /* "component"; equal names within an analysis are one dimension */
    int size;
    const double *value;        /* (size) coordinates, e.g. noise levels; NULL: 0, 1, 2, ... */
    const char *unit, *meaning; /* "1" when dimensionless */
};

enum { MAX_ANALYSIS_DIMS = 3 };
struct analysis_output {
    const char *name; /* dataset /analysis/ANALYSIS/name, column ANALYSIS.name */
    int num_dims;     /* 0: a scalar, stored as float64; arrays are stored as float32 */
    const struct analysis_dim *dim[MAX_ANALYSIS_DIMS];
    const char *unit, *meaning; /* one line */
};

/* What an analysis is computed from, and so what becomes of it when a network diverges, that is
 * when a state leaves network_bound or a logit is not finite. */
enum analysis_source {
    FROM_DRIVEN_RUN, /* the long driven run, and runs of its own: NaN when one of them diverges */
    FROM_OWN_RUNS,   /* NaN when one of these diverges */
    FROM_WEIGHTS     /* or from many networks or runs: it says output by output what is lost */
};

struct analysis_input;
struct outputs;
struct analysis {
    const char *name; /* its group in the file; its switch is the setting analysis.NAME */
    size_t enabled;   /* offset of its switch (bool) in struct settings */
    enum analysis_source source;
    const struct analysis_output *output;
    int num_outputs;
    /* What is not defined for a network (no switch, HMM not known, no snapshots) stays NaN.
     * STATUS_NO_MEMORY; STATUS_RUN_FAILED: LAPACK gave up; STATUS_RUN_STOPPED. */
    int (*compute)(const struct analysis_input *in, struct outputs *out, struct status *st);
    /* What `plan` reckons with: network steps of one state that it takes, about, at a network
     * trained to full size (0: next to none), `times` over (NULL: once). `make bench` shows the
     * seconds. */
    double steps;
    double (*times)(const struct settings *s);
    int signal;          /* the output that a viewer of the file plots first; else its first one */
    const char *formula; /* how its outputs come about; plain ASCII */
    const char *reference;
};

/* The table, in the order of the list of settings.h. */
extern const struct analysis *const analysis_table[];
extern const int num_analyses;

const struct analysis *analysis_find(const char *name); /* or NULL */

/* What it tells: the help of its switch. */
const char *analysis_meaning(const struct analysis *analysis);

/* Its switch; of stability that of any: without it nobody would know why the others are NaN. */
bool analysis_is_enabled(const struct analysis *analysis, const struct settings *s);
void analysis_enable(const struct analysis *analysis, bool on, struct settings *s);

/* All on; evolution only with snapshots. */
void analyses_turn_on(struct settings *s, bool has_snapshots);

/* Network steps of the enabled ones together, about. */
double analyses_steps(const struct settings *s);

/* Size of a dimension, and number of doubles of an output, for one run's settings. */
int analysis_dim_size(const struct analysis_dim *dim, const struct settings *s);
size_t analysis_count(const struct analysis_output *output, const struct settings *s);

/* --- all of them ------------------------------------------------------------------------------ */

/* Results, in table order. */
struct analyses {
    double ***value; /* [num_analyses][num_outputs], arrays row-major at the sizes of this run;
                        value[a] is NULL for one that is off */
    double *cpu_s;   /* [num_analyses] processor time; NaN for one that is off or not done */
    double *memory;  /* owner */
};

/* Room for the enabled ones, all NaN. STATUS_NO_MEMORY. Free with analyses_free, also after a
 * failure. */
int analyses_init(struct analyses *a, const struct settings *s, struct status *st);
void analyses_free(struct analyses *a);

/* All its numbers, (count), processor times last; borrowed. NULL and 0 where there are none. */
double *analyses_numbers(const struct analyses *a, const struct settings *s, size_t *count);

struct analyse_options {
    const float *snapshots;    /* (num_snapshots, rnn_num_params); NULL: none */
    const int *snapshot_epoch; /* (num_snapshots); 0: before training */
    int num_snapshots;
    struct stop stop;            /* asked between pieces of work */
    void (*done)(void *context); /* told after each analysis; NULL: nobody */
    void *context;
};

/* A scalar of them by the name of its column, ANALYSIS.name; NaN: that one is off, or all are. */
double analyses_number(const struct analyses *a, const char *column);

/* The columns of the step at which the long driven run of a network diverges, NaN where it does
 * not: what is FROM_DRIVEN_RUN is then NaN; whether that was a logit; and of that of a run of many
 * lengths of a sequence. */
#define DIVERGED_COLUMN           "stability.diverged_at_step"
#define OVERFLOWED_COLUMN         "stability.logits_overflowed_at_step"
#define GENERATED_DIVERGED_COLUMN "stability.generated_diverged_at_step"

/* Run the enabled analyses on one network into *a (analyses_init has been called); those that have
 * a processor time are done already and stay as they are. params (rnn_num_params(shape)); hmm NULL:
 * not known; options NULL: none of them Local; no files, no messages. Errors as of
 * analysis.compute. */
int analyse_network(const struct settings *s, struct rnn_shape shape, const float *params,
                    const struct hmm *hmm, const struct analyse_options *options,
                    struct analyses *a, struct status *st);

#endif
