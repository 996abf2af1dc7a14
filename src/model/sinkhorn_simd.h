/* sinkhorn_simd: the hot loops of sinkhorn, one set a kernel level. Private to src/model.
 *
 * A plan entry is P_ij = 2^(s (f_i + g_j - c_ij)), s = log2(e) / eps. Potentials are split into the
 * nearest integer (whole) and s times the rest (shift), so that the large parts cancel exactly
 * against the integer cost and float keeps its digits where the plan has its mass:
 *   P_ij = 2^(s (whole_i + whole_j - c_ij) + (shift_i + shift_j)).
 */
#ifndef HMMGRID_SINKHORN_SIMD_H
#define HMMGRID_SINKHORN_SIMD_H

#include <stddef.h>
#include <stdint.h>

/* Rows and columns of one tile: its column sums stay in the first-level cache, and at most this many
 * float additions follow each other before a sum goes to float64. */
enum { TILE_ROWS = 64, TILE_COLUMNS = 4096, CODE_BITS = 32, COST_PAD = 64 };

/* Sparse mode leaves out entries below 2^-SPARSE_BITS, a sum of m terms by less than m 2^-40; sums
 * below m 2^-16 are not trusted (sinkhorn.c), so what is trusted is off by less than 2^-24. */
enum { SPARSE_BITS = 40 };

struct sinkhorn_side {     /* potentials of the rows or of the columns */
    const float *whole;    /* exponent and sparse mode */
    const float *shift;    /* exponent and sparse mode; product mode: 2^(s f) */
    const uint8_t *bound;  /* sparse mode: see below */
};

struct sinkhorn_tile {
    const void *cost;      /* first entry of the tile */
    size_t stride;         /* entries from row to row */
    int wide;              /* 0: uint8, 1: uint16 */
    int rows, columns;     /* columns may be any number; rows <= TILE_ROWS */
    struct sinkhorn_side row, column;
    float s;               /* exponent and sparse mode */
    int bound_shift;       /* sparse mode */
    const float *table;    /* product mode: 2^(-s c), c = 0..T, padded to table_size */
    int table_size;        /* 32, 64, 128 or 256 */
    float *row_sum;        /* (rows) out: sum over the tile's columns */
    float *column_sum;     /* (columns) in/out: sum over rows is added; NULL: not wanted */
};

struct sinkhorn_kernels {
    /* Hamming distances of one coded sequence to `columns` coded ones.
     *   x (words, planes); y (words, planes, stride); out: uint8 or uint16 (columns, padded) */
    void (*costs)(const uint32_t *x, const uint32_t *y, size_t stride, int words, int planes,
                  size_t columns, int wide, void *out);
    /* Sums of a tile: every entry by an exponential; 1-byte costs whose entries are products of
     * three factors; 1-byte costs of which few entries matter. The last one looks only at entries
     * with cost <= (row.bound + column.bound) >> bound_shift, a saturating sum of bytes. */
    void (*exponent)(const struct sinkhorn_tile *tile);
    void (*product)(const struct sinkhorn_tile *tile);
    void (*sparse)(const struct sinkhorn_tile *tile);
    /* One row: columns whose exponent is above the smaller of row_floor and column_floor[j] (NULL:
     * row_floor alone); index and P into hit, weight; returns how many. With row.bound, entries
     * beyond the bound are not looked at. */
    size_t (*significant)(const struct sinkhorn_tile *tile, int row, float row_floor,
                          const float *column_floor, uint32_t *hit, float *weight);
    /* sum[j] += part[j] * factor[j] (factor NULL: 1), and part[j] = 0 */
    void (*flush)(float *part, const float *factor, size_t n, double *sum);
};

extern const struct sinkhorn_kernels sinkhorn_kernels_portable;
#if defined(__x86_64__)
extern const struct sinkhorn_kernels sinkhorn_kernels_avx2, sinkhorn_kernels_avx512;
#endif

#endif
