/* matching_simd: the hot loops of matching, one set a kernel level. Private to src/measure. */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* Columns are padded to this many; rows are worked on this many at a time. */
enum { MATCHING_PAD = 16, MATCHING_ROWS = 4 };

/* The longest table of the iterations in single precision. */
enum { MATCHING_SINGLE = 128 };

/* Of an iteration, over distinct sequences:
 *   a_i = a_i r^w, r = mass / (a_i sum_j K_ij b_j);  column_j = sum_i count_i a_i K_ij
 * with K_ij = table[distance_ij] and w of matching_relaxed. Sums have a fixed order of their own.
 * Arrays of columns are 64-byte aligned; b is times the counts of its own and 0 in the padding. */
struct matching_step {
    const void *distance; /* (n, stride) uint8 or (wide) uint16 */
    size_t n, stride;
    int wide, level;
    double mass;
    const double *count; /* (n) */
    double *a;           /* (n) */

    const double *table, *b; /* b (stride) */
    double *column, *work;   /* (stride) out, (MATCHING_ROWS, stride) */
};

/* The same in single precision: b is times `scale`, a power of 2, column over it; not wide. */
struct matching_single {
    double scale;
    int entries;            /* of the table: 32, 64 or 128 */
    const float *table, *b; /* table 64-byte aligned */
    float *column, *work;
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
    void (*iterate_single)(const struct matching_step *step, const struct matching_single *single);
};

extern const struct matching_kernels matching_kernels_portable, matching_kernels_avx2,
    matching_kernels_avx512; /* the last two: x86-64 */
