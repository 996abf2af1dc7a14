/* compare: two levels of a setting against each other, within cells that are otherwise the same,
 * and over all cells; or each cell against its floor. First how many runs landed, then the metric
 * of those that did. Computed by compare.c, shown by compare_table.c. The same numbers whatever the
 * order of the rows. Source: STATISTICS (Agarwal 2021, Bouthillier 2021).
 */
#pragma once

#include "permutation.h"
#include "scores.h"
#include "table.h"

enum { MAX_CELL_KEYS = 64 };

/* What is asked for, as a command line says it; NULL: the default. Borrowed. */
struct compare_request {
    const char *between;        /* a name of rows.h, or "floor" */
    const char *metric, *where; /* one score; runs */
    const char *by;             /* keys of cells, comma-separated */
    bool paired;                /* runs of the same seed are pairs */
    bool all;                   /* those that did not land too */
    double margin;              /* of equivalence, in units of the metric; NaN: not asked */
    uint64_t seed;              /* of what is drawn */
};

/* How many runs ended, and how many of these landed (store_landed). */
struct landing {
    int ended, landed;
    struct interval share; /* Wilson */
};

/* A against B in one cell, or (cell -1) over all cells that have both; of a floor B is empty. */
struct comparison {
    int cell, a, b; /* levels; b -1: the floor */
    struct landing landing[2];
    double landing_p; /* permutation of landed and not landed */
    int n, m;         /* values; of all cells: their sums */
    int num_cells;
    double mean[2]; /* of values; over all cells interquartile means of what is left above
                       the floor, with bootstrapped intervals */
    struct interval middle[2];
    struct difference difference; /* over all cells the mean of theirs */
    struct interval interval;     /* of the difference: t, or over all cells the bootstrap */
    double effect;                /* A - B */
    double g, pair_correlation;
    struct larger better; /* P(A is better); over all cells the mean of theirs */
    struct permutation test;
    double holm;        /* test.p in the family of the cells, or of all cells */
    double equivalence; /* p that the effect is beyond the margin; NaN: not asked */
};

struct compare_level {
    char *text; /* owned */
    double number;
};

struct compare {
    struct store *store;
    struct compare_request request;
    struct score score;
    char metric[160];
    bool has_floor; /* or is one already, as excess_loss: nearer to the floor is better */
    int *row, num_rows, num_open; /* runs that --where left; of these not ended */
    const double *landed;         /* (runs of the file) the store's */
    double *value, *floor;        /* (num_rows) of the metric */
    int *level, *cell;            /* (num_rows) */
    struct compare_level *levels;
    int num_levels;
    char *key[MAX_CELL_KEYS];       /* of cells, owned */
    char **key_text[MAX_CELL_KEYS]; /* (num_rows), owned */
    int num_keys, num_cells;
    char **cell_text;    /* (num_cells) all of it, owned */
    char *also, *within; /* settings that differ with the level alone, and within cells; owned */
    struct comparison *comparison; /* owned */
    int num_comparisons, unpaired; /* unpaired: values without a partner, left out */
};

/* Open the results file at path, choose, group and compute. STATUS_USAGE for what the request names
 * and the file has not, and where there is nothing to compare. Free with compare_free always. */
int compare_make(struct compare *c, const char *path, const struct compare_request *request,
                 struct status *st);
/* The same without the comparisons: levels, cells and values, for profile.h. */
int compare_read(struct compare *c, const char *path, const struct compare_request *request,
                 struct status *st);
void compare_free(struct compare *c);

/* A row a comparison, in their order, into a zeroed table. */
void compare_fill(const struct compare *c, enum table_format format, struct table *table);
/* For people: each comparison in a sentence, a line each; what the numbers are. */
void compare_say(const struct compare *c, FILE *out);
void compare_explain(const struct compare *c, FILE *out);
/* Write the table, and for people what it says. STATUS_IO when the stream fails. */
int compare_print(const struct compare *c, enum table_format format, FILE *out, struct status *st);
