/* matching_simd: the hot loops of matching, one set a kernel level. Private to src/measure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Columns are padded to this many; rows are worked on this many at a time. */
enum { MATCHING_PAD = 16, MATCHING_ROWS = 4 };

struct matching_kernels {
    /* Hamming distances of one sequence to m others, as uint8 or (wide) uint16.
     *   x (planes, words), y (m, planes, words): bit w of plane p is bit p of the symbol at step w
     */
    void (*hamming)(const uint64_t *x, const uint64_t *y, size_t m, int planes, int words, int wide,
                    void *out);
    /* One Sinkhorn iteration in the exp domain, each pair touched once:
     *   a_i = mass / sum_j K_ij b_j;  column_j = sum_i a_i K_ij;  K_ij = table[distance_ij]
     * distance (n, stride) uint8 or (wide) uint16; b, column (stride), 64-byte aligned, b zero in
     * the padding; a (n) out; work (MATCHING_ROWS, stride). Sums have a fixed order of their own.
     */
    void (*iterate)(const void *distance, size_t n, size_t stride, int wide, const double *table,
                    double mass, const double *b, double *a, double *column, double *work);
};

extern const struct matching_kernels matching_kernels_portable, matching_kernels_avx2,
    matching_kernels_avx512; /* the last two: x86-64 */
