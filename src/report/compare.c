/* compare: see compare.h. Refuses to print (compare_table.c), and to depend on the order of rows:
 * cells are taken by their texts, values by size, pairs by seed.
 */
#include "compare_private.h"

#include "base/statistics.h"
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- one cell --------------------------------------------------------------------------------- */

struct rng compare_stream(const struct compare *c, const char *cell, int a, int b,
                          const char *purpose)
{
    char text[2048];
    snprintf(text, sizeof text, "%.1500s|%.200s|%.200s", cell, c->levels[a].text,
             b < 0 ? COMPARE_FLOOR : c->levels[b].text);
    return rng_stream(c->request.seed, text, purpose);
}

static void compare_groups(const struct compare *c, const struct numbers *v, struct comparison *p)
{
    bool paired = c->request.paired;
    p->difference = paired ? difference_paired(v->x[0], v->x[1], v->n[0])
                           : difference_welch(v->x[0], v->n[0], v->x[1], v->n[1]);
    p->g = paired ? hedges_g_paired(v->x[0], v->x[1], v->n[0])
                  : hedges_g(v->x[0], v->n[0], v->x[1], v->n[1]);
    if (paired) p->pair_correlation = correlation(v->x[0], v->x[1], v->n[0]);
    p->better = p_larger(v->far[1], v->n[1], v->far[0], v->n[0]); /* B is further off */
    for (int s = 0; s < 2; s++) p->mean[s] = mean_of(v->x[s], (size_t)v->n[s]);
}

static int compare_cell(struct compare *c, const struct numbers *v, struct comparison *p,
                        struct status *st)
{
    const char *cell = c->cell_text[p->cell];
    p->n = v->n[0], p->m = v->n[1], p->num_cells = 1;
    if (p->b < 0) {
        p->difference = difference_from(v->above[0], v->n[0], 0);
        p->mean[0] = mean_of(v->x[0], (size_t)v->n[0]);
        p->mean[1] = mean_of(v->floor, (size_t)v->n[0]);
    } else {
        compare_groups(c, v, p);
    }
    p->effect = p->difference.value;
    p->interval = p->difference.interval;
    if (!isnan(c->request.margin))
        p->equivalence = equivalence_p(&p->difference, c->request.margin);
    if (p->b < 0) return STATUS_OK;
    struct block values = {v->x[0], v->x[1], p->n, p->m, c->request.paired};
    struct block landed = {v->landed[0], v->landed[1], v->ended[0], v->ended[1], false};
    struct permutation test;
    int code = STATUS_OK;
    if (p->n && p->m)
        code = permutation_test(&values, 1, compare_stream(c, cell, p->a, p->b, "permutation"),
                                &p->test, st);
    if (!code && v->ended[0] && v->ended[1]) {
        code =
            permutation_test(&landed, 1, compare_stream(c, cell, p->a, p->b, "landed"), &test, st);
        p->landing_p = test.p;
    }
    return code;
}

static const struct comparison nothing = {.landing_p = NAN,
                                          .mean = {NAN, NAN},
                                          .middle = {{NAN, NAN}, {NAN, NAN}},
                                          .difference = {NAN, NAN, NAN, {NAN, NAN}, NAN, NAN},
                                          .interval = {NAN, NAN},
                                          .effect = NAN,
                                          .g = NAN,
                                          .pair_correlation = NAN,
                                          .better = {NAN, {NAN, NAN}},
                                          .test = {NAN, NAN, NAN, 0, true},
                                          .holm = NAN,
                                          .equivalence = NAN};

/* --- all cells -------------------------------------------------------------------------------- */

static struct comparison *next(struct compare *c, int cell, int a, int b)
{
    struct comparison *p = &c->comparison[c->num_comparisons++];
    *p = nothing;
    p->cell = cell, p->a = a, p->b = b;
    return p;
}

/* A cell by its text. */
struct place {
    const char *text;
    int cell;
};

static int by_text(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strverscmp(x->text, y->text); /* numbers by their size */
    return order ? order : strcmp(x->text, y->text);
}

/* Level a against level b: the cells that have both, then all of them together. */
static int compare_levels(struct compare *c, int a, int b, const struct place *order,
                          struct status *st)
{
    int first = c->num_comparisons, code = STATUS_OK;
    struct pooled all = {calloc((size_t)c->num_cells + 1, sizeof *all.numbers), NULL, 0};
    if (!all.numbers) return status_no_memory(st, "a comparison");
    for (int k = 0; k < c->num_cells && !code; k++) {
        struct side side[2] = {{NULL, 0}, {NULL, 0}};
        code = side_gather(c, order[k].cell, a, &side[0], st);
        if (!code && b >= 0) code = side_gather(c, order[k].cell, b, &side[1], st);
        if (!code && side[0].num && (side[1].num || b < 0)) {
            struct comparison *p = next(c, order[k].cell, a, b);
            for (int s = 0; s < 2; s++) p->landing[s] = side_landing(&side[s]);
            struct numbers *v = &all.numbers[all.num++];
            code = numbers_of(c, side, v, st);
            if (!code) code = compare_cell(c, v, p, st);
        }
        free(side[0].entry);
        free(side[1].entry);
    }
    all.first = &c->comparison[first];
    if (!code && b >= 0 && all.num > 1) code = compare_pooled(c, &all, next(c, -1, a, b), st);
    for (int k = 0; k < all.num; k++) numbers_free(&all.numbers[k]);
    free(all.numbers);
    return code;
}

/* Holm's method, within the comparisons of single cells and within those of all cells. */
static int adjust(struct compare *c, bool cells, struct status *st)
{
    double *p = malloc(((size_t)c->num_comparisons + 1) * sizeof *p);
    int num = 0;
    for (int i = 0; p && i < c->num_comparisons; i++)
        if ((c->comparison[i].cell >= 0) == cells) p[num++] = c->comparison[i].test.p;
    bool good = p && holm_adjust(p, num);
    for (int i = 0, k = 0; good && i < c->num_comparisons; i++)
        if ((c->comparison[i].cell >= 0) == cells) c->comparison[i].holm = p[k++];
    free(p);
    return good ? STATUS_OK : status_no_memory(st, "a family of tests");
}

static int compare_them(struct compare *c, struct status *st)
{
    int pairs = compare_is_floor(c) ? 1 : c->num_levels * (c->num_levels - 1) / 2, code = STATUS_OK;
    struct place *order = malloc(((size_t)c->num_cells + 1) * sizeof *order);
    c->comparison = calloc((size_t)pairs * ((size_t)c->num_cells + 1) + 1, sizeof *c->comparison);
    if (!order || !c->comparison) code = status_no_memory(st, "comparisons");
    for (int k = 0; k < c->num_cells && !code; k++) order[k] = (struct place){c->cell_text[k], k};
    if (!code) qsort(order, (size_t)c->num_cells, sizeof *order, by_text);
    if (!code && compare_is_floor(c)) code = compare_levels(c, 0, -1, order, st);
    for (int a = 0; a < c->num_levels && !code; a++)
        for (int b = a + 1; b < c->num_levels && !code; b++)
            code = compare_levels(c, a, b, order, st);
    free(order);
    if (!code) code = adjust(c, true, st);
    return code ? code : adjust(c, false, st);
}

/* --- all together ----------------------------------------------------------------------------- */

/* The one score, its values and its floor. */
static int read_metric(struct compare *c, struct status *st)
{
    struct score *score = NULL;
    int num = 0;
    const char *name = c->request.metric;
    if (!name)
        name = store_find_column(c->store, "excess_loss") >= 0 ? "excess_loss" : "best_val_loss";
    int code = scores_select(c->store, name, false, &score, &num, st);
    if (!code && num != 1)
        code =
            status_set(st, STATUS_USAGE, "--metric: %s is %d numbers; name one of them, such as %s",
                       name, num, num ? score[0].name : "excess_loss");
    if (!code) c->score = score[0];
    free(score);
    if (code) return code;
    snprintf(c->metric, sizeof c->metric, "%s", c->score.name);
    bool is_excess = strcmp(c->metric, "excess_loss") == 0; /* it has its floor taken off */
    c->has_floor = c->score.column[SCORE_FLOOR] >= 0 || is_excess;
    c->value = calloc(2 * (size_t)c->num_rows + 2, sizeof *c->value);
    if (!c->value) return status_no_memory(st, "values");
    if (c->score.column[SCORE_FLOOR] >= 0) c->floor = c->value + c->num_rows + 1;
    code = scores_read(c->store, &c->score, SCORE_VALUE, c->row, c->num_rows, c->value, st);
    if (!code && c->floor)
        code = scores_read(c->store, &c->score, SCORE_FLOOR, c->row, c->num_rows, c->floor, st);
    if (!code && compare_is_floor(c) && !c->has_floor)
        code = status_set(st, STATUS_USAGE, "--between floor: %s has no floor", c->metric);
    return code;
}

static int check_between(struct compare *c, struct status *st)
{
    if (compare_is_floor(c)) return STATUS_OK;
    return rows_find_key(c->store, "--between", c->request.between, &c->request.between, st);
}

static int nothing_to_compare(const struct compare *c, struct status *st)
{
    if (!compare_is_floor(c) && c->num_levels < 2)
        return status_set(st, STATUS_USAGE,
                          "--between: all these runs have %s=%s; name a setting that "
                          "they differ in",
                          c->request.between, c->num_levels ? c->levels[0].text : "?");
    char keys[400] = "";
    for (int k = 0; k < c->num_keys; k++)
        snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "%s%s", k ? "," : "", c->key[k]);
    return status_set(
        st, STATUS_USAGE,
        "nothing to compare: no cell, runs that agree in %s, has two values of %s with "
        "runs that ended; --by names fewer keys of cells",
        *keys ? keys : "everything", c->request.between);
}

int compare_read(struct compare *c, const char *path, const struct compare_request *request,
                 struct status *st)
{
    *c = (struct compare){.request = *request};
    int code = store_open(&c->store, path, st);
    if (!code) code = check_between(c, st);
    if (!code) code = rows_where(c->store, request->where, &c->row, &c->num_rows, st);
    if (!code && c->num_rows == 0)
        code = status_set(st, STATUS_USAGE, "no run is left to compare; see --where");
    if (!code) code = read_metric(c, st);
    if (!code) code = compare_find_levels(c, st);
    if (!code) code = compare_find_cells(c, st);
    if (!code && !(c->landed = store_landed(c->store, st))) code = st->code;
    return code;
}

int compare_make(struct compare *c, const char *path, const struct compare_request *request,
                 struct status *st)
{
    int code = compare_read(c, path, request, st);
    if (!code) code = compare_them(c, st);
    if (!code && c->num_comparisons == 0) code = nothing_to_compare(c, st);
    for (int i = 0; i < c->num_rows && !code; i++) {
        int status = store_run_status(c->store, c->row[i]);
        c->num_open += status == RUN_PENDING || status == RUN_RUNNING;
    }
    return code;
}

void compare_free(struct compare *c)
{
    for (int k = 0; k < c->num_keys; k++) {
        compare_free_texts(c->key_text[k], c->num_rows);
        free(c->key[k]);
    }
    compare_free_texts(c->cell_text, c->num_cells);
    for (int l = 0; l < c->num_levels && c->levels; l++) free(c->levels[l].text);
    free(c->levels);
    free(c->level);
    free(c->value);
    free(c->row);
    free(c->also);
    free(c->within);
    free(c->comparison);
    store_close(c->store);
}
