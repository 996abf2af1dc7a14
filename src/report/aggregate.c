/* aggregate: see aggregate.h. Refuses to read files and to print. */
#include "aggregate.h"
#include "base/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* --- statistics ------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

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
        qsort(kept, (size_t)n, sizeof *kept, by_value);
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
    const char *const *text; /* (num_keys) */
    int num_keys, row;
};

static int by_text(const void *a, const void *b)
{
    const struct keyed_row *x = a, *y = b;
    for (int k = 0; k < x->num_keys; k++) {
        int order = strcmp(x->text[k], y->text[k]);
        if (order) return order;
    }
    return 0;
}

static int by_text_then_row(const void *a, const void *b)
{
    int order = by_text(a, b);
    if (order) return order;
    const struct keyed_row *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

int aggregate_groups(const char *const *text, int num_rows, int num_keys, int *group,
                     int *num_groups, struct status *st)
{
    *num_groups = 0;
    if (num_rows <= 0) return STATUS_OK;
    struct keyed_row *sorted = malloc((size_t)num_rows * sizeof *sorted);
    int *number = malloc((size_t)num_rows * sizeof *number); /* of the group that a row opens */
    if (!sorted || !number) {
        free(sorted);
        free(number);
        return status_no_memory(st, "grouping %d runs", num_rows);
    }
    for (int i = 0; i < num_rows; i++)
        sorted[i] = (struct keyed_row){text + (size_t)i * (size_t)num_keys, num_keys, i};
    qsort(sorted, (size_t)num_rows, sizeof *sorted, by_text_then_row);
    /* first the row that opens each group, then numbers in the order of those rows */
    for (int i = 0; i < num_rows; i++) {
        bool opens = i == 0 || by_text(&sorted[i - 1], &sorted[i]) != 0;
        group[sorted[i].row] = opens ? sorted[i].row : group[sorted[i - 1].row];
    }
    for (int i = 0; i < num_rows; i++) {
        if (group[i] == i) number[i] = (*num_groups)++;
        group[i] = number[group[i]];
    }
    free(sorted);
    free(number);
    return STATUS_OK;
}
