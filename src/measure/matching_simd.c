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

/* Rows first..first+rows-1: their K in work, their a, and what they add to the columns. */
INLINE void rows_of(const struct matching_step *step, size_t first, size_t rows, int wide)
{
    size_t stride = step->stride;
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *narrow = (const uint8_t *)step->distance + (first + r) * stride;
        const uint16_t *broad = (const uint16_t *)step->distance + (first + r) * stride;
        double *k = step->work + r * stride;
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

INLINE void all_rows(const struct matching_step *step, int wide)
{
    size_t i = 0;
    memset(step->column, 0, step->stride * sizeof *step->column);
    for (; i + ROWS <= step->n; i += ROWS) rows_of(step, i, ROWS, wide);
    for (; i < step->n; i++) rows_of(step, i, 1, wide);
}

static void iterate(const struct matching_step *step)
{
    if (step->wide)
        all_rows(step, 1);
    else
        all_rows(step, 0);
}

/* --- in single precision ------------------------------------------------------------------------
 */

typedef float singles __attribute__((vector_size(64)));
enum { SINGLES = 16 };

/* k = table[distance] of a row: the table stands in registers, where they take it. */
INLINE void look_up(const uint8_t *distance, const float *table, int entries, size_t stride,
                    float *k)
{
#ifdef __AVX512F__
    __m512 entry[MATCHING_SINGLE / SINGLES];
    for (int i = 0; i < entries / SINGLES; i++) entry[i] = _mm512_load_ps(table + i * SINGLES);
    for (size_t j = 0; j < stride; j += SINGLES) {
        __m512i at = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(distance + j)));
        __m512 found = _mm512_permutex2var_ps(entry[0], at, entry[1]); /* by the last five bits */
        for (int i = 2; i < entries / SINGLES; i += 2) {
            __mmask16 is_here = _mm512_cmpge_epi32_mask(at, _mm512_set1_epi32(i * SINGLES));
            __m512 here = _mm512_permutex2var_ps(entry[i], at, entry[i + 1]);
            found = _mm512_mask_mov_ps(found, is_here, here);
        }
        _mm512_store_ps(k + j, found);
    }
#else
    (void)entries;
    for (size_t j = 0; j < stride; j++) k[j] = table[distance[j]];
#endif
}

INLINE void single_rows(const struct matching_step *step, const struct matching_single *in,
                        size_t first, size_t rows, int entries)
{
    size_t stride = step->stride;
    const uint8_t *distance = (const uint8_t *)step->distance + first * stride;
    singles sum[ROWS];
    float add[ROWS];
    memset(sum, 0, sizeof sum);
    for (size_t r = 0; r < rows; r++)
        look_up(distance + r * stride, in->table, entries, stride, in->work + r * stride);
    for (size_t j = 0; j < stride; j += SINGLES) {
        singles b = *(const singles *)(in->b + j);
        for (size_t r = 0; r < rows; r++)
            sum[r] += *(const singles *)(in->work + r * stride + j) * b;
    }
    for (size_t r = 0; r < rows; r++) {
        double total = 0, *a = &step->a[first + r];
        for (int i = 0; i < SINGLES; i++) total += (double)sum[r][i];
        *a *= matching_relaxed(step->mass / (total / in->scale * *a), step->level);
        add[r] = (float)(*a * step->count[first + r] / in->scale);
    }
    for (size_t j = 0; j < stride; j += SINGLES) {
        singles c = *(singles *)(in->column + j);
        for (size_t r = 0; r < rows; r++)
            c += add[r] * *(const singles *)(in->work + r * stride + j);
        *(singles *)(in->column + j) = c;
    }
}

INLINE void all_single_rows(const struct matching_step *step, const struct matching_single *in,
                            int entries)
{
    size_t i = 0;
    memset(in->column, 0, step->stride * sizeof *in->column);
    for (; i + ROWS <= step->n; i += ROWS) single_rows(step, in, i, ROWS, entries);
    for (; i < step->n; i++) single_rows(step, in, i, 1, entries);
}

static void iterate_single(const struct matching_step *step, const struct matching_single *in)
{
    switch (in->entries) {
    case 32: all_single_rows(step, in, 32); break;
    case 64: all_single_rows(step, in, 64); break;
    default: all_single_rows(step, in, MATCHING_SINGLE);
    }
}

const struct matching_kernels LEVEL(matching_kernels) = {hamming, iterate, iterate_single};
