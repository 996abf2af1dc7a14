/* share: see share.h. Longest processing time first (Graham 1969), by the cost model's seconds
 * rounded to three digits: the last bits of a logarithm are not the same everywhere. Refuses to
 * measure: a split that depended on the machine would lose runs. */
#include "share.h"

#include "cost.h"
#include "load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sized {
    double cost_s;
    const char *key;
    int run;
};

int share_parse(const char *text, struct share *share, struct status *st)
{
    static const char digits[] = "0123456789";
    size_t n = strspn(text, digits), m = text[n] == '/' ? strspn(text + n + 1, digits) : 0;
    *share = (struct share){0};
    if (!n || !m || n > 9 || m > 9 || text[n + 1 + m])
        return status_set(st, STATUS_USAGE,
                          "'%.60s' is no share: write 2/8 for the second of eight", text);
    *share = (struct share){atoi(text), atoi(text + n + 1)};
    if (share->of >= 1 && share->of <= MOST_SHARES && share->number >= 1 &&
        share->number <= share->of)
        return STATUS_OK;
    if (share->of < 1 || share->of > MOST_SHARES)
        return status_set(st, STATUS_USAGE, "'%s': a study has 1 to %d shares", text, MOST_SHARES);
    return status_set(st, STATUS_USAGE, "'%s': the shares are 1/%d to %d/%d%s", text, share->of,
                      share->of, share->of,
                      share->number ? "" : ", so begin an array of jobs with 1");
}

/* To ten bits. */
static double rounded(double x)
{
    int exponent;
    double mantissa = frexp(x, &exponent);
    return ldexp(rint(ldexp(mantissa, 10)), exponent - 10);
}

static int compare_sizes(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;
    if (x->cost_s != y->cost_s) return x->cost_s < y->cost_s ? 1 : -1;
    return strcmp(x->key, y->key);
}

/* keep (num_runs) out. */
static void deal(struct sized *sized, int num, struct share share, struct load *load, bool *keep)
{
    qsort(sized, (size_t)num, sizeof *sized, compare_sizes);
    for (int i = 0; i < share.of; i++) load[i] = (struct load){0, (uint64_t)i + 1};
    for (int i = 0; i < num; i++) {
        keep[sized[i].run] = load[0].number == (uint64_t)share.number;
        load[0].busy_s += sized[i].cost_s;
        load_sift_down(load, share.of);
    }
}

int share_keep(struct plan *plan, struct share share, struct status *st)
{
    size_t num = (size_t)plan->num_runs;
    struct sized *sized = calloc(num + 1, sizeof *sized);
    struct load *load = calloc((size_t)share.of + 1, sizeof *load);
    bool *keep = calloc(num + 1, sizeof *keep), ready = sized && load && keep;
    for (int i = 0; ready && i < plan->num_runs; i++) {
        const struct run *run = &plan->runs[i];
        double cost_s = cost_run_s(&plan->cells[run->cell].settings);
        sized[i] = (struct sized){rounded(cost_s), run->key, i};
    }
    if (ready) deal(sized, plan->num_runs, share, load, keep);
    int kept = 0;
    for (int i = 0; ready && i < (int)num; i++)
        if (keep[i]) plan->runs[kept++] = plan->runs[i];
    if (ready) plan->num_runs = kept;
    free(sized);
    free(load);
    free(keep);
    if (!ready) return status_no_memory(st, "--share");
    return kept ? STATUS_OK
                : status_set(st, STATUS_OK, "--share %d/%d: none of the %zu runs is left for it",
                             share.number, share.of, num);
}
