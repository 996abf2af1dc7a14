/* matching_simd: see matching_simd.h. Compiled once per kernel level. Refuses to let the level
 * change the result: row sums are kept in 16 lanes and added in one order at every level, and the
 * column sums take the rows one after another.
 */
#include "matching_simd.h"

#include "base/vector.h"

enum { ROWS = VL / 4 };

typedef double lanes __attribute__((vector_size(64)));
enum { LANES = 8 };

_Static_assert((int)ROWS <= (int)MATCHING_ROWS && MATCHING_PAD == 2 * LANES, "sizes agree");

static void hamming(const uint64_t *x, const uint64_t *y, size_t m, int planes, int words, int wide,
                    void *out)
{
    for (size_t j = 0; j < m; j++, y += planes * words) {
        int sum = 0;
        for (int w = 0; w < words; w++) {
            uint64_t differ = 0;
            for (int p = 0; p < planes; p++) differ |= x[p * words + w] ^ y[p * words + w];
            sum += __builtin_popcountll(differ);
        }
        if (wide)
            ((uint16_t *)out)[j] = (uint16_t)sum;
        else
            ((uint8_t *)out)[j] = (uint8_t)sum;
    }
}

/* k[j] = table[distance[j]], of a table of MATCHING_SHORT entries: in registers, where they fit. */
INLINE void look_up_short(const uint8_t *distance, const double *table, size_t stride, double *k)
{
#ifdef __AVX512F__
    typedef uint8_t bytes __attribute__((vector_size(LANES)));
    typedef int64_t indices __attribute__((vector_size(64)));
    const lanes *entry = (const lanes *)table, t0 = entry[0], t1 = entry[1], t2 = entry[2],
                t3 = entry[3];
    for (size_t j = 0; j < stride; j += LANES) {
        indices at = __builtin_convertvector(*(const bytes *)(distance + j), indices);
        indices low = (indices)__builtin_shuffle(t0, t1, at & 15),
                high = (indices)__builtin_shuffle(t2, t3, at & 15), is_low = at < 16;
        *(lanes *)(k + j) = (lanes)((low & is_low) | (high & ~is_low));
    }
#else
    for (size_t j = 0; j < stride; j++) k[j] = table[distance[j]];
#endif
}

/* Rows first..first+rows-1: their K in work, their a, and what they add to the columns. */
INLINE void rows_of(const struct matching_step *step, size_t first, size_t rows, int wide,
                    bool is_short)
{
    size_t stride = step->stride;
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *narrow = (const uint8_t *)step->distance + (first + r) * stride;
        const uint16_t *broad = (const uint16_t *)step->distance + (first + r) * stride;
        double *k = step->work + r * stride;
        if (is_short)
            look_up_short(narrow, step->table, stride, k);
        else
            for (size_t j = 0; j < stride; j++) k[j] = step->table[wide ? broad[j] : narrow[j]];
    }
    lanes sum[ROWS][2];
    double add[ROWS];
    memset(sum, 0, sizeof sum);
    for (size_t j = 0; j < stride; j += 2 * LANES) {
        lanes b0 = *(const lanes *)(step->b + j), b1 = *(const lanes *)(step->b + j + LANES);
        for (size_t r = 0; r < rows; r++) {
            const double *k = step->work + r * stride + j;
            sum[r][0] += *(const lanes *)k * b0;
            sum[r][1] += *(const lanes *)(k + LANES) * b1;
        }
    }
    for (size_t r = 0; r < rows; r++) {
        lanes s = sum[r][0] + sum[r][1];
        double total = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
        double *a = &step->a[first + r];
        *a *= matching_relaxed(step->mass / (total * *a), step->level);
        add[r] = *a * step->count[first + r];
    }
    for (size_t j = 0; j < stride; j += LANES) {
        lanes c = *(lanes *)(step->column + j);
        for (size_t r = 0; r < rows; r++)
            c += add[r] * *(const lanes *)(step->work + r * stride + j);
        *(lanes *)(step->column + j) = c;
    }
}

INLINE void all_rows(const struct matching_step *step, int wide, bool is_short)
{
    size_t i = 0;
    memset(step->column, 0, step->stride * sizeof *step->column);
    for (; i + ROWS <= step->n; i += ROWS) rows_of(step, i, ROWS, wide, is_short);
    for (; i < step->n; i++) rows_of(step, i, 1, wide, is_short);
}

static void iterate(const struct matching_step *step)
{
    if (step->wide)
        all_rows(step, 1, false);
    else if (step->is_short)
        all_rows(step, 0, true);
    else
        all_rows(step, 0, false);
}

const struct matching_kernels LEVEL(matching_kernels) = {hamming, iterate};
