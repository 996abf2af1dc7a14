/* permutation: see permutation.h. Refuses to depend on the order of its blocks: effects of
 * arrangements are added in the order of the blocks, and whoever calls gives them a fixed one. */
#include "permutation.h"

#include "drawer.h"

#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_EXACT = 1000000 };
static const double close = 1e-9; /* of the spread: sums of the same numbers in another order */

static double effect_of(const struct block *b)
{
    return mean_of(b->x, (size_t)b->n) - mean_of(b->y, (size_t)b->m);
}

/* --- all arrangements of a block -------------------------------------------------------------- */

static double arrangements_of(const struct block *b)
{
    if (b->paired) return exp2(b->n);
    double count = 1;
    for (int i = 1; i <= b->n; i++) count = rint(count * (b->m + i) / i);
    return count;
}

/* All values of a block in one list. */
static double *values_of(const struct block *b)
{
    double *all = malloc(((size_t)b->n + (size_t)b->m + 1) * sizeof *all);
    if (!all) return NULL;
    memcpy(all, b->x, (size_t)b->n * sizeof *all);
    memcpy(all + b->n, b->y, (size_t)b->m * sizeof *all);
    return all;
}

/* mean(x) - mean(y) by the sum of x and that of all */
static double effect_by_sum(const struct block *b, double sum, double all)
{
    return sum / b->n - (all - sum) / b->m;
}

static void list_pairs(const struct block *b, double *effect)
{
    for (long k = 0; k < 1L << b->n; k++) {
        double sum = 0;
        for (int i = 0; i < b->n; i++) sum += (k >> i & 1 ? -1 : 1) * (b->x[i] - b->y[i]);
        effect[k] = sum / b->n;
    }
}

/* The first choice is this one: indices 0 to n - 1; then the next choice in lexical order. sum
 * (n + 1): of the first so many that are chosen, which only the last ones change. */
static void list_choices(const struct block *b, const double *value, int *chosen, double *sum,
                         double *effect)
{
    int total = b->n + b->m, from = 0;
    double all = mean_of(value, (size_t)total) * total;
    for (int i = 0; i < b->n; i++) chosen[i] = i;
    for (long k = 0;; k++) {
        for (int i = from; i < b->n; i++) sum[i + 1] = sum[i] + value[chosen[i]];
        effect[k] = effect_by_sum(b, sum[b->n], all);
        int i = b->n - 1;
        while (i >= 0 && chosen[i] == total - b->n + i) i--;
        if (i < 0) return;
        chosen[i]++;
        from = i;
        for (int j = i + 1; j < b->n; j++) chosen[j] = chosen[j - 1] + 1;
    }
}

/* Effects of all arrangements, this one first; malloc'd. NULL: memory is out. */
static double *list_effects(const struct block *b)
{
    double *effect = malloc((size_t)arrangements_of(b) * sizeof *effect), *value = values_of(b);
    int *chosen = malloc(((size_t)b->n + 1) * sizeof *chosen);
    double *sum = calloc((size_t)b->n + 1, sizeof *sum);
    bool good = effect && value && chosen && sum;
    if (good && b->paired)
        list_pairs(b, effect);
    else if (good)
        list_choices(b, value, chosen, sum, effect);
    free(value);
    free(chosen);
    free(sum);
    if (!good) free(effect);
    return good ? effect : NULL;
}

/* --- random arrangements ---------------------------------------------------------------------- */

/* value (n + m) scratch with all values, of which `all` is the sum; it is shuffled. */
static double random_effect(const struct block *b, double *value, double all, struct drawer *d)
{
    double sum = 0;
    if (b->paired) {
        for (int i = 0; i < b->n; i++) sum += (draw_below(d, 2) ? -1 : 1) * (b->x[i] - b->y[i]);
        return sum / b->n;
    }
    int total = b->n + b->m;
    for (int i = 0; i < b->n; i++) {
        int j = i + draw_below(d, total - i);
        double kept = value[i];
        value[i] = value[j];
        value[j] = kept;
        sum += value[i];
    }
    return effect_by_sum(b, sum, all);
}

/* --- the test --------------------------------------------------------------------------------- */

/* Every combination of the blocks' effects. */
struct count {
    double **effect; /* [num] lists */
    const long *length;
    int num;
    double least; /* |sum| that counts */
    double above; /* how many do */
};

static void count_from(struct count *c, int b, double sum)
{
    for (long k = 0; k < c->length[b]; k++) {
        double with = sum + c->effect[b][k];
        if (b + 1 < c->num)
            count_from(c, b + 1, with);
        else
            c->above += fabs(with) >= c->least;
    }
}

static int test_all(const struct block *block, int num, double least, double *above,
                    struct status *st)
{
    double **effect = calloc((size_t)num + 1, sizeof *effect);
    long *length = calloc((size_t)num + 1, sizeof *length);
    int code = effect && length ? STATUS_OK : status_no_memory(st, "arrangements");
    for (int b = 0; b < num && !code; b++) {
        length[b] = (long)arrangements_of(&block[b]);
        effect[b] = list_effects(&block[b]);
        if (!effect[b]) code = status_no_memory(st, "arrangements");
    }
    struct count count = {effect, length, num, least, 0};
    if (!code) count_from(&count, 0, 0);
    *above = count.above;
    for (int b = 0; b < num && effect; b++) free(effect[b]);
    free(effect);
    free(length);
    return code;
}

/* random arrangements, so many that p moves in steps of their number and 1 */
static int test_some(const struct block *block, int num, struct rng rng, double least, int random,
                     double *above, struct status *st)
{
    double *sum = calloc((size_t)random, sizeof *sum);
    int code = sum ? STATUS_OK : status_no_memory(st, "arrangements");
    for (int b = 0; b < num && !code; b++) {
        struct drawer d = {.rng = rng_child(rng, (uint64_t)b)};
        double *value = values_of(&block[b]), all = 0;
        if (!value) code = status_no_memory(st, "arrangements");
        for (int i = 0; i < block[b].n + block[b].m && !code; i++) all += value[i];
        for (int k = 0; k < random && !code; k++)
            sum[k] += random_effect(&block[b], value, all, &d);
        free(value);
    }
    *above = 1; /* the arrangement that was seen */
    for (int k = 0; k < random && !code; k++) *above += fabs(sum[k]) >= least;
    free(sum);
    return code;
}

/* Do the labels not matter, all values of each block being one? */
static bool is_settled(const struct block *block, int num)
{
    for (int b = 0; b < num; b++) {
        if (block[b].paired) return false;
        for (int i = 0; i < block[b].n; i++)
            if (block[b].x[i] != block[b].x[0]) return false;
        for (int i = 0; i < block[b].m; i++)
            if (block[b].y[i] != block[b].x[0]) return false;
    }
    return true;
}

int permutation_test(const struct block *block, int num, struct rng rng, struct permutation *out,
                     struct status *st)
{
    *out = (struct permutation){NAN, NAN, NAN, 1, true};
    if (num == 0) return STATUS_OK;
    double effect = 0, spread = 0, above = 0;
    bool symmetric = true; /* the other labels have the same effect, with the other sign */
    for (int b = 0; b < num; b++) {
        effect += effect_of(&block[b]);
        for (int i = 0; i < block[b].n; i++) spread = fmax(spread, fabs(block[b].x[i]));
        for (int i = 0; i < block[b].m; i++) spread = fmax(spread, fabs(block[b].y[i]));
        out->arrangements *= arrangements_of(&block[b]);
        symmetric = symmetric && (block[b].paired || block[b].n == block[b].m);
    }
    out->effect = effect / num;
    out->exact = out->arrangements <= MOST_EXACT;
    double least = fabs(effect) - close * spread;
    int random = draws_of(block, num, 99999), code = STATUS_OK;
    double of = out->exact ? out->arrangements : random + 1.0;
    if (is_settled(block, num))
        above = of;
    else
        code = out->exact ? test_all(block, num, least, &above, st)
                          : test_some(block, num, rng, least, random, &above, st);
    if (code) return code;
    out->p = above / of;
    out->least = out->exact ? (symmetric ? fmin(2 / of, 1) : 1 / of) : 1 / of;
    return STATUS_OK;
}
