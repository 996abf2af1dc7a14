/* sinkhorn_pairs_simd: the few pairs that matter at small eps; see sinkhorn_simd.h. Compiled once
 * per kernel level. */
#include "sinkhorn_vector.h"

/* which of COST_PAD columns have cost <= row_bound + bound, a saturating sum; bit 4 k + l = column
 * 16 l + k of the group */
INLINE uint64_t within_bound(const uint8_t *cost, const uint8_t *bound, uint8_t row_bound)
{
#if defined(__AVX512F__)
    __m512i most = _mm512_adds_epu8(_mm512_loadu_si512(bound), _mm512_set1_epi8((char)row_bound));
    return _mm512_cmple_epu8_mask(_mm512_loadu_si512(cost), most);
#elif defined(__AVX2__)
    uint64_t mask = 0;
    for (int half = 0; half < 2; half++) {
        __m256i c = _mm256_loadu_si256((const __m256i *)(cost + 32 * half));
        __m256i most = _mm256_adds_epu8(_mm256_loadu_si256((const __m256i *)(bound + 32 * half)),
                                        _mm256_set1_epi8((char)row_bound));
        most = _mm256_cmpeq_epi8(_mm256_max_epu8(c, most), most);
        mask |= (uint64_t)(unsigned)_mm256_movemask_epi8(most) << 32 * half;
    }
    return mask;
#else
    uint64_t mask = 0;
    for (int b = 0; b < COST_PAD; b++) mask |= (uint64_t)(cost[b] <= bound[b] + row_bound) << b;
    return mask;
#endif
}

/* bits of the first `left` columns of a group */
static uint64_t group_mask(size_t left)
{
    uint64_t mask = 0;
    for (size_t j = 0; j < left && j < COST_PAD; j++)
        mask |= UINT64_C(1) << (4 * (j % 16) + j / 16);
    return mask;
}

enum { GROUPS = 64 }; /* whose masks are found before their bits are looked at */

INLINE size_t collect_narrow(const struct sinkhorn_list *list, size_t i, size_t at)
{
    size_t from = list->self ? i / TILE_ROWS * TILE_ROWS : 0, columns = list->columns;
    const uint8_t *row = (const uint8_t *)list->costs + i * list->stride;
    const uint8_t *bound = list->bound + list->row_bound[i] % BOUND_UNIT * list->stride;
    uint8_t row_bound = (uint8_t)(list->row_bound[i] / BOUND_UNIT);
    uint32_t *column = list->pair_column + at;
    uint16_t *cost = list->pair_cost + at;
    for (; from < columns; from += GROUPS * COST_PAD) {
        uint64_t mask[GROUPS], filled = 0;
        size_t left = columns - from, groups = (left + COST_PAD - 1) / COST_PAD;
        if (groups > GROUPS) groups = GROUPS;
        for (size_t g = 0; g < groups; g++)
            mask[g] =
                within_bound(row + from + g * COST_PAD, bound + from + g * COST_PAD, row_bound);
        if (left < groups * COST_PAD)
            mask[groups - 1] &= group_mask(left - (groups - 1) * COST_PAD);
        for (size_t g = 0; g < groups; g++) filled |= (uint64_t)(mask[g] != 0) << g;
        for (; filled; filled &= filled - 1) {
            size_t g = (size_t)__builtin_ctzll(filled);
            uint64_t bits = mask[g];
            g = from + g * COST_PAD;
            size_t count = (size_t)__builtin_popcountll(bits);
            for (size_t e = 0; e < count; e += 2) /* two at a time: fewer branches go wrong */
                for (size_t next = e; next < e + 2; next++) {
                    size_t b = (size_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
                    column[next] = (uint32_t)(g + b / 4 + b % 4 * 16);
                    cost[next] = row[g + b];
                    bits &= bits - 1;
                }
            column += count, cost += count;
        }
    }
    return (size_t)(column - list->pair_column) - at;
}

static size_t collect_wide(const struct sinkhorn_list *list, size_t i, size_t at)
{
    const uint16_t *row = (const uint16_t *)list->costs + i * list->stride;
    vf s = v_set(list->s), row_whole = v_set(list->row.whole[i]);
    vf row_shift = v_set(list->row.shift[i]);
    size_t found = 0;
    for (size_t j = list->self ? i / TILE_ROWS * TILE_ROWS : 0; j < list->columns; j += VL) {
        vf whole = (row_whole + v_load(list->column.whole + j)) - v_float(load_wide(row + j));
        vf x = v_fma(s, whole, row_shift + v_load(list->column.shift + j));
        vi matters = (vi)(x >= (float)-SPARSE_BITS);
        for (size_t l = 0; l < VL && j + l < list->columns; l++)
            if (matters[l]) {
                list->pair_column[at + found] = (uint32_t)(j + l);
                list->pair_cost[at + found++] = row[j + l];
            }
    }
    return found;
}

static size_t collect(const struct sinkhorn_list *list, size_t i, size_t at)
{
    return list->wide ? collect_wide(list, i, at) : collect_narrow(list, i, at);
}

/* --- their plan entries --------------------------------------------------------------------- */

/* P of the first `left` of VL pairs; 0 for the others, whose columns may be anything */
INLINE vf entry(const struct sinkhorn_list *list, size_t at, vf row_whole, vf row_shift,
                size_t left)
{
    const uint32_t *column = list->pair_column + at;
    vf whole, shift;
#if defined(__AVX512F__)
    __mmask16 valid = (__mmask16)(left < VL ? (1u << left) - 1 : 0xffff);
    __m512i index = _mm512_maskz_loadu_epi32(valid, column);
    whole = (vf)_mm512_i32gather_ps(index, list->column.whole, 4);
    shift = (vf)_mm512_i32gather_ps(index, list->column.shift, 4);
#else
    for (size_t l = 0; l < VL; l++) {
        uint32_t j = column[l < left ? l : 0];
        whole[l] = list->column.whole[j];
        shift[l] = list->column.shift[j];
    }
#endif
    whole = (row_whole + whole) - v_float(load_wide(list->pair_cost + at));
    vf p = exp2_fast(v_fma(v_set(list->s), whole, row_shift + shift));
#if defined(__AVX512F__)
    return (vf)_mm512_maskz_mov_ps(valid, (__m512)p);
#else
    return left < VL ? (vf)((vi)p & head_mask((int)left)) : p;
#endif
}

INLINE double row_entries(const struct sinkhorn_list *list, size_t i, size_t at, size_t n)
{
    vf row_whole = v_set(list->row.whole[i]), row_shift = v_set(list->row.shift[i]);
    double total = 0;
    for (size_t from = 0; from < n; from += TILE_COLUMNS) {
        vf sum = {0};
        for (size_t e = from; e < n && e < from + TILE_COLUMNS; e += VL) {
            vf p = entry(list, at + e, row_whole, row_shift, n - e);
            sum += p;
            v_store(list->weight + at + e, p);
        }
        total += (double)v_sum(sum);
    }
    return total;
}

static void entries(const struct sinkhorn_list *list, size_t i, size_t at, size_t n)
{
    row_entries(list, i, at, n);
}

static int sums(const struct sinkhorn_list *list, int known, double *row_sum, double *column_sum)
{
    size_t at = 0;
    int fits = 1;
    for (size_t i = 0; i < list->rows; i++) {
        size_t n, e = 0, block_end = list->self ? (i / TILE_ROWS + 1) * TILE_ROWS : 0;
        if (known) {
            at = list->start[i];
            n = list->start[i + 1] - at;
        } else {
            list->start[i] = at;
            n = collect(list, i, at);
        }
        row_sum[i] += row_entries(list, i, at, n);
        const uint32_t *column = list->pair_column + at;
        while (e < n && column[e] < block_end) e++;
        for (; e < n; e++) column_sum[column[e]] += (double)list->weight[at + e];
        fits &= at + n <= list->most;
        if (fits) at += n;
    }
    if (!known) list->start[list->rows] = at;
    return fits;
}

/* --- sums of one-hot arrays ----------------------------------------------------------------- */

#if defined(__AVX512F__)
/* entry e = t K + k is set when symbol t is k: 64 of them by one shuffle and one comparison */
static int onehot(const struct sinkhorn_onehot *o, size_t n)
{
    int T = o->T, K = o->K, words = (T * K + 63) / 64;
    for (int w = 0; w < words; w++) {
        uint8_t step[64], symbol[64]; /* of each entry; steps from the first one's on */
        int first = 64 * w / K, left = T - first;
        for (int b = 0; b < 64; b++) {
            int e = 64 * w + b;
            step[b] = (uint8_t)(e / K - first);
            symbol[b] = (uint8_t)(e < T * K ? e % K : 255); /* no symbol is 255 */
        }
        __m512i steps = _mm512_loadu_si512(step), wanted = _mm512_loadu_si512(symbol);
        __mmask64 there = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
        for (size_t i = 0; i < n; i++) {
            __m512i x = _mm512_maskz_loadu_epi8(there, o->symbols + i * (size_t)T + first);
            uint64_t bits = _mm512_cmpeq_epi8_mask(_mm512_permutexvar_epi8(steps, x), wanted);
            memcpy(o->bits + 4 * (i * (size_t)words + (size_t)w), &bits, sizeof bits);
        }
    }
    return 1;
}

/* which of 16 entries from e on exist */
INLINE __mmask16 entries_left(const struct sinkhorn_onehot *o, int e)
{
    int left = o->T * o->K - e;
    return (__mmask16)(left < 16 ? (1u << left) - 1 : 0xffff);
}

INLINE const uint16_t *bits_of(const struct sinkhorn_onehot *o, size_t sequence)
{
    return o->bits + sequence * (size_t)((o->T * o->K + 63) / 64 * 4);
}

/* entries 16 q .. 16 (q + num): all terms while their sums lie in registers */
INLINE void gather_entries(const struct sinkhorn_onehot *o, const uint32_t *sequence,
                           const float *weight, size_t n, float *grad, int q, int num)
{
    __m512 sum[4];
    for (int v = 0; v < num; v++) sum[v] = _mm512_setzero_ps();
    for (size_t e = 0; e < n; e++) {
        const uint16_t *bits = bits_of(o, sequence[e]) + q;
        __m512 w = _mm512_set1_ps(weight[e]);
        for (int v = 0; v < num; v++) sum[v] = _mm512_mask_add_ps(sum[v], bits[v], sum[v], w);
    }
    for (int v = 0; v < num; v++) {
        __mmask16 there = entries_left(o, 16 * (q + v));
        float *at = grad + 16 * (q + v);
        _mm512_mask_storeu_ps(at, there, _mm512_add_ps(sum[v], _mm512_maskz_loadu_ps(there, at)));
    }
}

INLINE void gather_bits(const struct sinkhorn_onehot *o, const uint32_t *sequence,
                        const float *weight, size_t n, float *grad)
{
    int quarters = (o->T * o->K + 15) / 16, q = 0;
    for (; q + 4 <= quarters; q += 4) gather_entries(o, sequence, weight, n, grad, q, 4);
    switch (quarters - q) {
    case 3: gather_entries(o, sequence, weight, n, grad, q, 3); break;
    case 2: gather_entries(o, sequence, weight, n, grad, q, 2); break;
    case 1: gather_entries(o, sequence, weight, n, grad, q, 1);
    }
}

INLINE void spread_bits(const struct sinkhorn_onehot *o, size_t sequence, const uint32_t *row,
                        const float *weight, size_t n, float *grad)
{
    const uint16_t *bits = bits_of(o, sequence);
    int entries = o->T * o->K;
    for (size_t e = 0; e < n; e++) {
        float *at = grad + row[e] * (size_t)entries;
        __m512 w = _mm512_set1_ps(weight[e]);
        for (int q = 0; 16 * q < entries; q++) {
            __m512 x = _mm512_maskz_loadu_ps(bits[q], at + 16 * q);
            _mm512_mask_storeu_ps(at + 16 * q, bits[q], _mm512_add_ps(x, w));
        }
    }
}
#else
static int onehot(const struct sinkhorn_onehot *o, size_t n)
{
    (void)o, (void)n;
    return 0;
}
#endif

INLINE void add_onehot(float *grad, const uint8_t *symbols, int T, int K, float weight)
{
    for (int t = 0; t < T; t++) grad[t * K + symbols[t]] += weight;
}

static void gather(const struct sinkhorn_onehot *o, const uint32_t *sequence, const float *weight,
                   size_t n, float *grad)
{
#if defined(__AVX512F__)
    if (o->bits) {
        gather_bits(o, sequence, weight, n, grad);
        return;
    }
#endif
    for (size_t e = 0; e < n; e++)
        add_onehot(grad, o->symbols + sequence[e] * (size_t)o->T, o->T, o->K, weight[e]);
}

static void spread(const struct sinkhorn_onehot *o, size_t sequence, const uint32_t *row,
                   const float *weight, size_t n, float *grad)
{
#if defined(__AVX512F__)
    if (o->bits) {
        spread_bits(o, sequence, row, weight, n, grad);
        return;
    }
#endif
    for (size_t e = 0; e < n; e++)
        add_onehot(grad + row[e] * (size_t)o->T * (size_t)o->K,
                   o->symbols + sequence * (size_t)o->T, o->T, o->K, weight[e]);
}

const struct sinkhorn_pair_kernels LEVEL(sinkhorn_pair_kernels) = {collect, entries, sums,
                                                                   onehot,  gather,  spread};
