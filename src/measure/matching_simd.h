/* matching_simd: the hot loops of matching, one set a kernel level. Private to src/measure. */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns are padded to this many; rows are worked on this many at a time. */
enum { MATCHING_PAD = 16, MATCHING_ROWS = 4, MATCHING_SHORT = 32 };

/* Of an iteration, over distinct sequences:
 *   a_i = a_i r^w, r = mass / (a_i sum_j K_ij b_j);  column_j = sum_i count_i a_i K_ij
 * with K_ij = table[distance_ij] and w of matching_relaxed. Sums have a fixed order of their own.
 */
struct matching_step {
    const void *distance; /* (n, stride) uint8 or (wide) uint16 */
    size_t n, stride;
    int wide, level;
    bool is_short;       /* the table has MATCHING_SHORT entries */
    const double *table; /* 64-byte aligned */
    const double *count; /* (n) */
    double mass;
    const double *b; /* (stride), 64-byte aligned, times the counts of its own; 0 in the padding */
    double *a;       /* (n) */
    double *column;  /* (stride), 64-byte aligned; out */
    double *work;    /* (MATCHING_ROWS, stride) */
};

/* ratio^w with w = 2 - 2^-level (1, 1.5, 1.75, ...), by square roots: the same bits everywhere. */
static inline double matching_relaxed(double ratio, int level)
{
    double power = ratio, root = ratio;
    for (int i = 0; i < level; i++) {
        root = sqrt(root);
        power *= root;
    }
    return power;
}

struct matching_kernels {
    /* Hamming distances of one sequence to m others, as uint8 or (wide) uint16.
     *   x (planes, words), y (m, planes, words): bit w of plane p is bit p of the symbol at step w
     */
    void (*hamming)(const uint64_t *x, const uint64_t *y, size_t m, int planes, int words, int wide,
                    void *out);
    /* One Sinkhorn iteration in the exp domain, each pair touched once. */
    void (*iterate)(const struct matching_step *step);
};

extern const struct matching_kernels matching_kernels_portable, matching_kernels_avx2,
    matching_kernels_avx512; /* the last two: x86-64 */
