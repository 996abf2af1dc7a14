/* sinkhorn: the debiased Sinkhorn divergence between two sets of symbol sequences, with epsilon
 * scaling, and its gradient. Source: SCIENCE 2.3; Feydy et al., AISTATS 2019; geomloss 0.2.6.
 *
 * n generated sequences x, m target sequences y, T steps, K symbols. Points are the flattened
 * one-hot sequences; the cost 1/2 |x - y|^2 between two of them is their Hamming distance, an
 * integer 0..T. Weights are uniform. Potentials: f (n) and g (m) of the problem x-y, p (n) of x-x,
 * q (m) of y-y.
 *
 * q depends on the targets alone and is computed once a target set (struct sinkhorn_target).
 */
#ifndef HMMGRID_SINKHORN_H
#define HMMGRID_SINKHORN_H

#include "hmmgrid/arena.h"
#include "hmmgrid/status.h"
#include <stdint.h>

struct sinkhorn_options {
    double blur;    /* eps of the last level is blur^2 */
    double scaling; /* ratio of successive blurs, in (0, 1) */
};

/* Enough for every blur, scaling, length and number of symbols that a grid may ask for. */
enum { SINKHORN_MAX_LEVELS = 1200 };

/* The annealing: eps[0] = D^2 (also the initialisation), D^2 scaling^(2k), ..., blur^2, with D^2
 * twice. Returns the number of levels, or -1 when there would be more than SINKHORN_MAX_LEVELS. */
int sinkhorn_levels(double diameter, struct sinkhorn_options options,
                    double eps[SINKHORN_MAX_LEVELS]);

/* A fixed set of target sequences. Symbols are borrowed; the rest lives in the arena. */
struct sinkhorn_target {
    const uint8_t *symbols; /* (m, T) */
    size_t m;
    void *codes;         /* bit-planes */
    unsigned char *seen; /* (T, K) 0 absent, 1 some, 2 all sequences: for the diameter */
    double q_sum;        /* sum_j Q_j / m of the last diameter */
    double q_diameter;   /* < 0: not yet */
    struct sinkhorn_options q_options;
};

/* Workspace for up to n_max x m_max; lives in the arena and can be shared by all targets. */
struct sinkhorn_work {
    int T, K;
    void *cost; /* of one problem after the other, which keeps it in the cache: (rows, stride) */
    void *codes_x;
    float *row_whole, *row_shift, *column_whole, *column_shift, *column_factor;
    float *column_part, *partial, *scratch;
    uint8_t *step, *base, *bound, *bad;
    uint16_t *row_bound;
    double *f, *g, *p, *row_sum, *column_sum, *self_sum;
    unsigned char *seen_x;
    /* pairs that matter, by rows */
    size_t *pair_start;    /* (rows + 1) */
    uint32_t *pair_column; /* (pair_most, and room for one row) */
    uint16_t *pair_cost;
    float *pair_weight; /* plan entries, as they are at log2(e) / eps = pair_s; 0: at none */
    double pair_s;
    double pair_slack; /* all with cost <= f_i + g_j + this are listed; < 0: none are */
    size_t pair_most;
    uint32_t *chosen_column; /* those of one row that the gradient takes */
    float *chosen_weight;
    uint16_t *onehot; /* bits of the sequences; NULL when there are many symbols */
};

/* Take the memory (arena may be a measuring one). Targets: also code the symbols. */
void sinkhorn_work_init(struct sinkhorn_work *work, struct arena *arena, size_t n_max, size_t m_max,
                        int T, int K);
void sinkhorn_target_init(struct sinkhorn_target *target, struct arena *arena,
                          const uint8_t *symbols, size_t m, int T, int K);

/* Value, and the gradient (n, T, K) unless grad is NULL. Terms of the gradient whose weight is
 * below 2^-30 of their row are dropped: an error of at most m 2^-30 of a row's weight (4e-6 for
 * 4096 of them); pairs that no sum counts are off by less than 2^-24 of it. STATUS_RUN_FAILED when
 * the value is not finite. */
int sinkhorn_loss(struct sinkhorn_work *work, struct sinkhorn_target *target, const uint8_t *x,
                  size_t n, struct sinkhorn_options options, double *value, float *grad,
                  struct status *st);

#endif
