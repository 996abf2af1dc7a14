/* results: the columns of one run that a figure is drawn from, kept until its end, and why there
 * are none. */
#pragma once

#include "figure.h"
#include "source.h"

enum { MAX_RESULTS = 32 };

struct results { /* {source, run, st}, the rest zero */
    const struct source *source;
    int run;
    struct status *st;
    int code; /* of the first failure; nothing is read after it */
    int num;
    const char *column[MAX_RESULTS];
    struct array array[MAX_RESULTS];
};

/* Read once and then the results' own: x is NULL where the file has no such column, and after a
 * failure. column: a text that lives as long as they do. */
const struct array *results_take(struct results *r, const char *column);
double results_number(struct results *r, const char *column); /* a scalar; NaN: no such column */

/* Is there a number in it? */
bool results_known(const struct array *array);

/* Is there none? Then f->says tells why: the file has no such column, the run is not done, the
 * network diverged, or the analysis (what comes before the dot) could not define it, which `why`
 * explains. True after a failure, too. */
bool results_lack(struct results *r, const struct array *array, const char *column, const char *why,
                  struct figure *f);

/* Free all that was taken. Returns the code. */
int results_end(struct results *r);
