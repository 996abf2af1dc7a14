/* compare_pooled: two levels over all cells that have both; see compare.h. Refuses to weigh cells:
 * each counts as much as the next, but for the interquartile means, in which each run does.
 */
#include "compare_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int blocks_of(const struct compare *c, const struct pooled *all, bool landed,
                     struct block *block)
{
    int num = 0;
    for (int i = 0; i < all->num; i++) {
        const struct numbers *v = &all->numbers[i];
        const int *n = landed ? v->ended : v->n;
        double *const *x = landed ? v->landed : v->x;
        if (n[0] && n[1])
            block[num++] = (struct block){x[0], x[1], n[0], n[1], !landed && c->request.paired};
    }
    return num;
}

/* Interquartile mean of what a side has above the floor, of all cells that have both. */
static int middle_of(const struct compare *c, const struct pooled *all, int s, struct comparison *p,
                     struct status *st)
{
    struct block *side = calloc((size_t)all->num + 1, sizeof *side);
    int num = 0;
    if (!side) return status_no_memory(st, "a comparison");
    for (int i = 0; i < all->num; i++) {
        const struct numbers *v = &all->numbers[i];
        if (v->n[0] && v->n[1]) side[num++] = (struct block){.x = v->above[s], .n = v->n[s]};
    }
    int code = bootstrap_middle(side, num, compare_stream(c, "", p->a, p->b, s ? "b" : "a"),
                                &p->mean[s], &p->middle[s], st);
    free(side);
    return code;
}

/* What the comparisons of the cells come to: counts, P(a better), and the difference with its t. */
static int sum_up(const struct pooled *all, struct comparison *p, struct status *st)
{
    struct difference *d = calloc((size_t)all->num + 1, sizeof *d);
    struct larger *better = calloc((size_t)all->num + 1, sizeof *better);
    int code = d && better ? STATUS_OK : status_no_memory(st, "a comparison"), num = 0;
    p->n = p->m = 0;
    for (int i = 0; i < all->num && !code; i++) {
        const struct comparison *one = &all->first[i];
        bool both = one->landing[0].ended && one->landing[1].ended;
        for (int s = 0; s < 2 && both; s++) {
            p->landing[s].ended += one->landing[s].ended;
            p->landing[s].landed += one->landing[s].landed;
            p->landing[s].share = (struct interval){NAN, NAN}; /* of cells that differ */
        }
        if (!one->n || !one->m) continue;
        p->n += one->n, p->m += one->m;
        d[num] = one->difference;
        better[num++] = one->better;
    }
    p->num_cells = num;
    if (!code) p->difference = difference_mean(d, num);
    if (!code) p->better = p_larger_mean(better, num);
    free(d);
    free(better);
    return code;
}

static int test_landed(const struct compare *c, const struct pooled *all, struct comparison *p,
                       struct block *block, struct status *st)
{
    struct permutation landed = {.p = NAN};
    int num = blocks_of(c, all, true, block), code = STATUS_OK;
    if (num)
        code =
            permutation_test(block, num, compare_stream(c, "", p->a, p->b, "landed"), &landed, st);
    p->landing_p = landed.p;
    return code;
}

int compare_pooled(const struct compare *c, const struct pooled *all, struct comparison *p,
                   struct status *st)
{
    struct block *block = calloc((size_t)all->num + 1, sizeof *block);
    if (!block) return status_no_memory(st, "a comparison");
    int code = test_landed(c, all, p, block, st);
    if (!code) code = sum_up(all, p, st);
    int num = code ? 0 : blocks_of(c, all, false, block);
    if (num)
        code = permutation_test(block, num, compare_stream(c, "", p->a, p->b, "permutation"),
                                &p->test, st);
    if (num && !code) {
        p->effect = p->test.effect;
        p->interval = p->difference.interval; /* of few values the bootstrap's is too narrow */
        if (p->difference.df >= LEAST_BOOTSTRAP_DF)
            code = bootstrap_interval(block, num, compare_stream(c, "", p->a, p->b, "bootstrap"),
                                      &p->interval, st);
    }
    for (int s = 0; s < 2 && num && !code; s++) code = middle_of(c, all, s, p, st);
    free(block);
    return code;
}
