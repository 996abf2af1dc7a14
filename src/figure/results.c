/* results: see results.h. */
#include "results.h"

#include "experiment/run_record.h"
#include <math.h>
#include <string.h>

static const struct array absent = {.size = {1, 1, 1}};

const struct array *results_take(struct results *r, const char *column)
{
    if (r->code) return &absent;
    for (int i = 0; i < r->num; i++)
        if (strcmp(r->column[i], column) == 0) return &r->array[i];
    if (r->num == MAX_RESULTS) {
        r->code =
            status_set(r->st, STATUS_INTERNAL, "%s: more columns than a figure may take", column);
        return &absent;
    }
    struct array *a = &r->array[r->num];
    r->column[r->num++] = column;
    r->code = source_array(r->source, r->run, column, a, r->st);
    return r->code ? &absent : a;
}

double results_number(struct results *r, const char *column)
{
    return array_at(results_take(r, column), 0, 0, 0);
}

bool results_known(const struct array *array)
{
    for (int i = 0; array->x && i < array->num; i++)
        if (!isnan(array->x[i])) return true;
    return false;
}

bool results_lack(struct results *r, const struct array *array, const char *column, const char *why,
                  struct figure *f)
{
    double diverged = results_number(r, DIVERGED_COLUMN);
    int n = (int)strcspn(column, ".");
    f->shown = !r->code && results_known(array);
    f->left = !f->shown;
    if (f->shown) return false;
    if (r->source->run[r->run].status != RUN_DONE)
        figure_say(f, "This run is not done.");
    else if (!array->x)
        figure_say(f,
                   "The file has no %s: it was made without `analysis: {%.*s: true}`, or by an "
                   "older version.",
                   column, n, column);
    else if (!isnan(diverged))
        figure_say(f,
                   "Not defined: the driven network diverges at step %.0f, beyond what float32 can "
                   "follow.",
                   diverged);
    else
        figure_say(f, "%s", why);
    return true;
}

int results_end(struct results *r)
{
    for (int i = 0; i < r->num; i++) array_free(&r->array[i]);
    r->num = 0;
    return r->code;
}
