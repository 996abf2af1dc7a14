/* aggregate: see aggregate.h. Refuses to read files and to print. */
#include "aggregate.h"
#include "base/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* --- statistics ------------------------------------------------------------------------------ */

int aggregate_statistics(const double *value, int num, struct statistics *out, struct status *st)
{
    *out = (struct statistics){
        .mean = NAN, .sd = NAN, .median = NAN, .ci95 = NAN, .min = NAN, .max = NAN};
    double *kept = malloc((num > 0 ? (size_t)num : 1) * sizeof *kept);
    if (!kept) return status_no_memory(st, "%d values", num);
    int n = 0;
    for (int i = 0; i < num; i++)
        if (isfinite(value[i])) kept[n++] = value[i];
    out->n = n;
    out->n_missing = (num > 0 ? num : 0) - n;
    if (n > 0) {
        sort_numbers(kept, (size_t)n);
        out->min = kept[0];
        out->max = kept[n - 1];
        out->median = n % 2 ? kept[n / 2] : 0.5 * kept[n / 2 - 1] + 0.5 * kept[n / 2];
        double mean = mean_of_shares(kept, (size_t)n), rest = 0;
        for (int i = 0; i < n; i++) rest += (kept[i] - mean) / n;
        out->mean = mean + rest; /* what rounding took from the first pass */
        out->sd = sd_about(kept, (size_t)n, out->mean, 1);
        out->ci95 = student_t(0.95, n - 1) * out->sd / sqrt(n);
    }
    free(kept);
    return STATUS_OK;
}

/* --- groups ---------------------------------------------------------------------------------- */

struct keyed_row {
    const char *text;
    int group, row;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed_row *x = a, *y = b;
    return x->group != y->group ? x->group - y->group : strcmp(x->text, y->text);
}

static int by_key_then_row(const void *a, const void *b)
{
    int order = by_key(a, b);
    return order ? order : ((const struct keyed_row *)a)->row - ((const struct keyed_row *)b)->row;
}

int aggregate_split(const char *const *text, int num_rows, int *group, int *num_groups,
                    struct status *st)
{
    struct keyed_row *sorted = malloc(((size_t)num_rows + 1) * sizeof *sorted);
    if (!sorted) return status_no_memory(st, "grouping %d runs", num_rows);
    for (int i = 0; i < num_rows; i++) sorted[i] = (struct keyed_row){text[i], group[i], i};
    qsort(sorted, (size_t)num_rows, sizeof *sorted, by_key_then_row);
    /* first the row that opens each group, then numbers in the order of those rows */
    for (int i = 0; i < num_rows; i++) {
        bool opens = i == 0 || by_key(&sorted[i - 1], &sorted[i]) != 0;
        group[sorted[i].row] = opens ? sorted[i].row : group[sorted[i - 1].row];
    }
    *num_groups = 0;
    for (int i = 0; i < num_rows; i++) {
        if (group[i] == i) sorted[i].group = (*num_groups)++; /* now by the row that opens */
        group[i] = sorted[group[i]].group;
    }
    free(sorted);
    return STATUS_OK;
}
