/* analysis: what an analysis is written with: what it is given, what it shares with the others, and
 * how it gives its outputs. Private to src/analyse. A file of an analysis holds
 *   #define OUTPUTS(...)                           its outputs, below
 *   static int compute(in, out, st)                fills them
 *   const struct analysis analysis_NAME = {ANALYSIS(NAME), .signal = ..., .steps = ...};
 * and the list of include/hmmgrid/settings.h its row. readout.c is a short one.
 */
#pragma once

#include "hmmgrid/analyse.h"
#include "base/pile.h"
#include "dynamics/pca.h"

#define ANALYSIS(id)                                                                               \
    .name = #id, .enabled = offsetof(struct settings, analysis.id), .output = output,              \
    .num_outputs = NUM_OUTPUTS, .compute = compute

#define ANALYSIS_EXTERN(id, on, meaning) extern const struct analysis analysis_##id;
ANALYSES(ANALYSIS_EXTERN)

/* --- what it gives ---------------------------------------------------------------------------- */

/* Its outputs are a list OUTPUTS(SCALAR, CURVE, PLANE, SOLID) of rows: a scalar, or an array over
 * one to three dimensions, each a struct analysis_dim: CURVE(NAME, "name", angle, "unit",
 * "meaning"). From it are made their names, enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS }, and their
 * table. */

/* A row and, right behind it as put_pair wants it, that of its error, with these ends of names:
 * WITH(CURVE, NAME, _SEM, "name", "_sem", "meaning", "meaning of the error", angle, "unit"). */
#define WITH(ROW, id, ID_END, name, end, meaning, error, ...)                                      \
    ROW(id, name, __VA_ARGS__, meaning) ROW(id##ID_END, name end, __VA_ARGS__, error)

#define OUTPUT_NAMES(LIST) LIST(OUTPUT_NAME, OUTPUT_NAME, OUTPUT_NAME, OUTPUT_NAME)
#define OUTPUT_ROWS(LIST)  LIST(OUTPUT_SCALAR, OUTPUT_CURVE, OUTPUT_PLANE, OUTPUT_SOLID)

#define OUTPUT_NAME(id, ...)                        id,
#define OUTPUT_SCALAR(id, name, unit, meaning)      [id] = {name, 0, {NULL}, unit, meaning},
#define OUTPUT_CURVE(id, name, a, unit, meaning)    [id] = {name, 1, {&(a)}, unit, meaning},
#define OUTPUT_PLANE(id, name, a, b, unit, meaning) [id] = {name, 2, {&(a), &(b)}, unit, meaning},
#define OUTPUT_SOLID(id, name, a, b, c, unit, meaning)                                             \
    [id] = {name, 3, {&(a), &(b), &(c)}, unit, meaning},

/* All NaN before. What is put where an output has no entry goes nowhere, and the analysis fails. */
struct outputs {
    const struct analysis *analysis;
    const struct settings *s;
    double *const *value;  /* [num_outputs] to read, and for what fills a whole array at once */
    const char *misplaced; /* the first output that had no such entry; NULL: none */
};

/* put(out, WHICH, value): a scalar; put(out, WHICH, value, i, j): entry [i][j] of a plane.
 * put_pair(out, WHICH, value, error, i, j): the same, and its error to the output behind it. */
#define put(out, which, ...)      output_put(out, which, 1, OUTPUT_NUMBERS(__VA_ARGS__))
#define put_pair(out, which, ...) output_put(out, which, 2, OUTPUT_NUMBERS(__VA_ARGS__))
#define OUTPUT_NUMBERS(...)                                                                        \
    (const double[]){__VA_ARGS__}, (int)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double))
void output_put(struct outputs *out, int which, int num_values, const double *number, int count);

/* values (n), one after another, from entry [first][0][0] of an array on. */
void put_row(struct outputs *out, int which, size_t first, const double *values, size_t n);

/* Centres of 36 bins of an angle, degrees. */
enum { ANGLE_BINS = 36 };
extern const double angle_bins[ANGLE_BINS];

/* --- what it is given ------------------------------------------------------------------------- */

struct analysis_input {
    const struct settings
        *s; /* resolved; analysis.* is meant, and data.length, rnn.initial_state */
    const struct network *net; /* the weights that train.select names */
    const struct hmm *hmm;     /* what it was trained on; NULL: not known (foreign weights) */
    const float *snapshots;    /* (num_snapshots, rnn_num_params); NULL: none */
    const int *snapshot_epoch; /* (num_snapshots); 0: before training */
    int num_snapshots;
    struct rng rng;             /* of this analysis: take rng_child(rng, 0), 1, ... for its parts */
    struct analysis_memo *memo; /* what analyses share; never NULL */
    struct stop stop;           /* asked between pieces of work */
};

/* STATUS_RUN_STOPPED when a stop is wanted, else STATUS_OK: for use between pieces of work. */
int analysis_check_stop(const struct analysis_input *in, struct status *st);

/* --- what analyses share: computed by the first that asks ------------------------------------- */

/* The long driven run (SCIENCE 4): analysis.steps states from h = 0, noise sd 1, after 20 steps. */
struct driven {
    size_t n;
    float *h;           /* (n, H) states after each step */
    float *z;           /* (n, K) their logits */
    uint8_t *symbol;    /* (n) argmax z */
    size_t diverged_at; /* the first state, from 1, with an entry beyond net->bound or a logit that
                           is not finite; 0: none */
    struct pca pca;     /* of h, min(H, 10) components; none (count 0) when it diverged */
};

/* Room in `pile` for n states of net. STATUS_NO_MEMORY. */
int driven_init(struct driven *driven, struct pile *pile, const struct network *net, size_t n,
                struct status *st);

/* *driven stays the memo's. Errors as of analysis.compute. */
int driven_get(const struct analysis_input *in, const struct driven **driven, struct status *st);

/* noise (D) with which it took the step to its state t. */
void driven_noise(const struct analysis_input *in, size_t t, float *noise);

struct circuit;
struct residency;
struct analysis_memo {
    struct rng shared;           /* stream of what is shared: child 0 the driven run, 1 the circuit,
                                    2 the residency, 3 measures of its populations */
    struct driven *driven;       /* in `kept`, NULL: not yet */
    struct residency *residency; /* the same; residency.h */
    struct circuit *circuit;     /* the same; circuit.h */
    struct pile kept;            /* owner of these three */
    struct pile scratch;         /* of the analysis that runs */
};

/* `count` things of `size` bytes, all 0, until the analysis ends. NULL: memory is out. */
void *scratch(const struct analysis_input *in, size_t count, size_t size);

/* What it owns. */
void analysis_memo_free(struct analysis_memo *memo);

/* --- one of them ------------------------------------------------------------------------------ */

/* Row `index` of the table on in->net, into *a: all NaN where what it is computed from (its column
 * source) diverged, and single numbers that are infinite as stored. Errors as of analysis.compute,
 * and STATUS_RUN_FAILED when it put a value where its outputs have no entry. */
int analysis_run(int index, const struct analysis_input *in, struct analyses *a, struct status *st);
