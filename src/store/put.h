/* put: the value of one column of one run, encoded. What a value is made of, and the ways to put
 * one; the functions that know which are in columns.c and columns_made.c. Private to src/store. */
#pragma once

#include "schema.h"

#include "experiment/run_record.h"
#include "plan/plan.h"

/* What a value is made of. */
struct made {
    const struct schema *schema;
    const struct schema_row *row;
    const struct run *run;
    const struct cell *cell;
    const struct settings *s; /* of the cell */
    const struct run_attempt *attempt;
    const struct run_output *out; /* NULL: none, or not yet */
    bool done;
    bool no_memory; /* found by a put function */
};

/* Into buf (one value of m->row, which holds the fill): a text (NULL: ""), one number, an array. */
void put_text(const struct made *m, const char *text, void *buf);
void put_integer(const struct made *m, int64_t value, void *buf);
void put_real(const struct made *m, double value, void *buf);
/* value (size[0], ... of row->num_dims), row-major, into the corner of the study's sizes; the rest
 * of buf keeps its fill. value may be NULL. */
void put_array(const struct made *m, const double *value, const int size[MAX_COLUMN_DIMS],
               void *buf);

/* A put function that is one expression of m: PUT(name, text, integer, real or another put_ above
 * it, value). */
#define PUT(name, kind, value)                                                                     \
    static void name(struct made *m, void *buf)                                                    \
    {                                                                                              \
        put_##kind(m, value, buf);                                                                 \
    }
