/* sinkhorn_simd: the hot loops of sinkhorn, one set a kernel level. Private to src/model.
 *
 * A plan entry is P_ij = 2^(s (f_i + g_j - c_ij)), s = log2(e) / eps. Potentials are split into the
 * nearest integer (whole) and s times the rest (shift), so that the large parts cancel exactly
 * against the integer cost and float keeps its digits where the plan has its mass:
 *   P_ij = 2^(s (whole_i + whole_j - c_ij) + (shift_i + shift_j)).
 *
 * Product mode: P_ij = R_i(c_ij) b_j with a table R_i a row. Either b_j = 2^(s g_j), s g_j being
 * small (LOOKUP_32, _64, _256: costs below that). Or, at small eps, b_j = 2^(shift_j) and the whole
 * part goes into the cost (LOOKUP_WINDOW): of R_i only few values are neither 0 nor too large for
 * float, and those a table of WINDOW values holds.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Rows and columns of one tile: its column sums stay in the first-level cache. Sums go to float64
 * after so many columns of a row, and after FLUSH_ROWS rows of a column: some hundred float
 * additions. */
enum { TILE_ROWS = 64, TILE_COLUMNS = 4096, FLUSH_ROWS = 256 };
enum { CODE_BITS = 32, COST_PAD = 64 };

enum sinkhorn_lookup { LOOKUP_32, LOOKUP_64, LOOKUP_256, LOOKUP_WINDOW };
enum { WINDOW = 32 };

struct sinkhorn_codes {           /* bit-planes of the rows and columns of a tile */
    const uint32_t *row, *column; /* (words, planes, stride) */
    size_t row_stride, column_stride;
    int words, planes;
};

struct sinkhorn_side { /* potentials of the rows or of the columns */
    const float *whole, *shift;
};

struct sinkhorn_tile {
    void *cost;        /* first entry of the tile, of a column that is a multiple of COST_PAD */
    size_t stride;     /* entries from row to row */
    int wide;          /* costs: 0 uint8, in the order of sinkhorn_vector.h; 1 uint16 */
    int rows, columns; /* columns may be any number; rows <= TILE_ROWS */
    float s;
    struct sinkhorn_side row, column; /* product mode: R_i of the rows */
    int T;                            /* product mode: */
    enum sinkhorn_lookup lookup;
    const float *factor; /* (columns) b_j */
    const uint8_t *step; /* (columns) window, in the order of the costs: R_i is at */
    const uint8_t *base; /* (rows)    cost + step - base; where base > 0, it is infinite below 1 */
    float *row_sum;      /* (rows) out: sum over the tile's columns */
    float *column_sum;   /* (columns) in/out: sum over rows is added, in product mode without b_j */
};

struct sinkhorn_list { /* pairs of a problem that matter, by rows */
    const void *costs; /* (rows, stride) */
    size_t stride, rows, columns;
    int wide, self; /* self: row i has columns from its block of TILE_ROWS on */
    float s;
    struct sinkhorn_side row, column;
    /* 1-byte costs: a pair matters when, saturating,
     *   cost <= row_bound_i / BOUND_UNIT + bound_j of the array row_bound_i % BOUND_UNIT */
    const uint16_t *row_bound;
    const uint8_t *bound; /* (BOUND_UNIT, stride), in the order of the costs */
    size_t *start;        /* (rows + 1) */
    uint32_t *pair_column;
    uint16_t *pair_cost;
    float *weight; /* plan entries */
    size_t most;   /* pairs that may be kept; there is room for one row more */
};
enum { BOUND_SHIFT = 3, BOUND_UNIT = 1 << BOUND_SHIFT, SPARSE_BITS = 40 };
enum { FLOAT_BITS = 126 }; /* what is below 2^-126 counts as 0 */

struct sinkhorn_cost_kernels {
    /* Hamming distances of the tile's coded rows and columns into its costs; 1-byte costs: also the
     * sums of 2^(-s c), which is P at the start, where all potentials are 0 and s c is at most 1.
     */
    void (*costs)(const struct sinkhorn_tile *tile, const struct sinkhorn_codes *codes);
    /* most - whole_j to bytes in the order of the costs; n is rounded up to COST_PAD, as below */
    void (*steps)(const float *whole, size_t n, float most, uint8_t *step);
    /* For k < BOUND_UNIT: at least floor((BOUND_UNIT (whole_j + shift_j / s + add) + k) /
     * BOUND_UNIT), saturating, to bytes bound + k stride in the order of the costs. */
    void (*bounds)(struct sinkhorn_side column, size_t n, float s, float add, uint8_t *bound,
                   size_t stride);
};

struct sinkhorn_range {
    double least, most;
};

struct sinkhorn_kernels {
    /* Sums of a tile: every entry by an exponential (2-byte costs); by look-up (1-byte costs). */
    void (*exponent)(const struct sinkhorn_tile *tile);
    void (*product)(const struct sinkhorn_tile *tile);
    /* R_i from two or three factors (not LOOKUP_WINDOW) wants them within 2^+-(s reach). */
    int (*reach)(int T);
    /* sum[j] += part[j] * factor[j] (factor NULL: 1), and part[j] = 0 */
    void (*flush)(float *part, const float *factor, size_t n, double *sum);
    /* whole and shift of potential + centre; 2^(s whole + shift) */
    void (*split)(const double *potential, size_t n, double centre, double s, float *whole,
                  float *shift);
    void (*factors)(const float *whole, const float *shift, float s, size_t n, float *factor);
    struct sinkhorn_range (*range)(const double *x, size_t n);
    /* potential - eps log(sum / num); arrays have room for COST_PAD more */
    void (*renew)(const double *potential, const double *sum, size_t n, double num, double eps,
                  double *renewed);
    /* old <- keep old + (1 - keep) renewed; returns the largest rise */
    double (*mix)(double *old, const double *renewed, size_t n, double keep);
};

struct sinkhorn_onehot {    /* some sequences, for sums of their one-hot arrays (T, K) */
    const uint8_t *symbols; /* (n, T) */
    int T, K;
    uint16_t *bits; /* (n, 4 words), words = T K / 64 rounded up: bits t K + symbol t; NULL: none */
};

struct sinkhorn_pair_kernels {
    /* The pairs of row i into place `at` of the list, by groups of COST_PAD columns: how many. A
     * pair matters when it is within the bounds; 2-byte costs: when P >= 2^-SPARSE_BITS. */
    size_t (*collect)(const struct sinkhorn_list *list, size_t i, size_t at);
    /* P of the n pairs of row i at `at` into weight. */
    void (*entries)(const struct sinkhorn_list *list, size_t i, size_t at, size_t n);
    /* P of the rows' pairs into weight, and their sums, added; self: both are the same array, and
     * pairs right of the diagonal block count for both points. known: the list stands; else it is
     * collected; returns whether all of it could be kept. */
    int (*sums)(const struct sinkhorn_list *list, int known, double *row_sum, double *column_sum);
    /* Fill the bits, where the level has use for them; returns whether it has. */
    int (*onehot)(const struct sinkhorn_onehot *onehot, size_t n);
    /* grad (T, K) += sum_e weight_e onehot(sequence_e) */
    void (*gather)(const struct sinkhorn_onehot *onehot, const uint32_t *sequence,
                   const float *weight, size_t n, float *grad);
    /* grad (., T, K): grad[row_e] += weight_e onehot(sequence) */
    void (*spread)(const struct sinkhorn_onehot *onehot, size_t sequence, const uint32_t *row,
                   const float *weight, size_t n, float *grad);
};

extern const struct sinkhorn_cost_kernels sinkhorn_cost_kernels_portable;
extern const struct sinkhorn_kernels sinkhorn_kernels_portable;
extern const struct sinkhorn_pair_kernels sinkhorn_pair_kernels_portable;
/* x86-64 */
extern const struct sinkhorn_cost_kernels sinkhorn_cost_kernels_avx2, sinkhorn_cost_kernels_avx512;
extern const struct sinkhorn_kernels sinkhorn_kernels_avx2, sinkhorn_kernels_avx512;
extern const struct sinkhorn_pair_kernels sinkhorn_pair_kernels_avx2, sinkhorn_pair_kernels_avx512;
