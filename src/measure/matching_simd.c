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
INLINE void rows_of(const void *distance, size_t first, size_t rows, size_t stride, int wide,
                    const double *table, double mass, const double *b, double *a, double *column,
                    double *work)
{
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *narrow = (const uint8_t *)distance + (first + r) * stride;
        const uint16_t *broad = (const uint16_t *)distance + (first + r) * stride;
        double *k = work + r * stride;
        for (size_t j = 0; j < stride; j++) k[j] = table[wide ? broad[j] : narrow[j]];
    }
    lanes sum[ROWS][2];
    memset(sum, 0, sizeof sum);
    for (size_t j = 0; j < stride; j += 2 * LANES) {
        lanes b0 = *(const lanes *)(b + j), b1 = *(const lanes *)(b + j + LANES);
        for (size_t r = 0; r < rows; r++) {
            const double *k = work + r * stride + j;
            sum[r][0] += *(const lanes *)k * b0;
            sum[r][1] += *(const lanes *)(k + LANES) * b1;
        }
    }
    for (size_t r = 0; r < rows; r++) {
        lanes s = sum[r][0] + sum[r][1];
        double total = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
        a[first + r] = mass / total;
    }
    for (size_t j = 0; j < stride; j += LANES) {
        lanes c = *(lanes *)(column + j);
        for (size_t r = 0; r < rows; r++)
            c += a[first + r] * *(const lanes *)(work + r * stride + j);
        *(lanes *)(column + j) = c;
    }
}

INLINE void all_rows(const void *distance, size_t n, size_t stride, int wide, const double *table,
                     double mass, const double *b, double *a, double *column, double *work)
{
    size_t i = 0;
    memset(column, 0, stride * sizeof *column);
    for (; i + ROWS <= n; i += ROWS)
        rows_of(distance, i, ROWS, stride, wide, table, mass, b, a, column, work);
    for (; i < n; i++) rows_of(distance, i, 1, stride, wide, table, mass, b, a, column, work);
}

static void iterate(const void *distance, size_t n, size_t stride, int wide, const double *table,
                    double mass, const double *b, double *a, double *column, double *work)
{
    if (wide)
        all_rows(distance, n, stride, 1, table, mass, b, a, column, work);
    else
        all_rows(distance, n, stride, 0, table, mass, b, a, column, work);
}

const struct matching_kernels LEVEL(matching_kernels) = {hamming, iterate};
