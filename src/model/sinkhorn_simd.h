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
enum { TILE_ROWS = 64, TILE_COLUMNS = 1024, CODE_BITS = 32, COST_PAD = 64 };

struct sinkhorn_side {       /* one row's or the columns' potentials */
    const float *whole;      /* exponent mode */
    const float *shift;      /* exponent mode; product mode: 2^(s f) */
};

struct sinkhorn_tile {
    const void *cost;        /* first entry of the tile */
    size_t stride;           /* entries from row to row */
    int wide;                /* 0: uint8, 1: uint16 */
    int rows, columns;       /* columns may be any number; rows <= TILE_ROWS */
    struct sinkhorn_side row, column;
    float s;                 /* exponent mode */
    const float *table;      /* product mode: 2^(-s c), c = 0..T, padded to table_size */
    int table_size;          /* 32, 64, 128 or more */
    float *row_sum;          /* (rows) out: sum over the tile's columns */
    float *column_sum;       /* (columns) in/out: sum over rows is added; NULL: not wanted */
};

struct sinkhorn_kernels {
    /* Hamming distances of one coded sequence to `columns` coded ones.
     *   x (words, planes); y (words, planes, stride); out: uint8 or uint16 (columns) */
    void (*costs)(const uint32_t *x, const uint32_t *y, size_t stride, int words, int planes,
                  size_t columns, int wide, void *out);
    void (*exponent)(const struct sinkhorn_tile *tile);
    void (*product)(const struct sinkhorn_tile *tile);
    /* One row: columns whose exponent is above the smaller of row_floor and column_floor[j] (NULL:
     * row_floor alone); index and P into hit, weight; returns how many. */
    size_t (*significant)(const struct sinkhorn_tile *tile, int row, float row_floor,
                          const float *column_floor, uint32_t *hit, float *weight);
};

extern const struct sinkhorn_kernels sinkhorn_kernels_portable;
#if defined(__x86_64__)
extern const struct sinkhorn_kernels sinkhorn_kernels_avx2, sinkhorn_kernels_avx512;
#endif

#endif
