/* summary: mean and spread over seeds (or whatever is not a key), each score beside its floor.
 * Only runs that are done count; the others are counted, never hidden. Computed by summary.c, shown
 * by summary_table.c. */
#pragma once

#include "aggregate.h"
#include "plan/plan.h"
#include "scores.h"
#include "table.h"

enum stat { STAT_MEAN, STAT_SD, STAT_MEDIAN, STAT_CI95, STAT_N, STAT_MIN, STAT_MAX, NUM_STATS };
extern const char *const summary_stat_name[NUM_STATS];

double summary_stat(const struct statistics *v, enum stat stat);

enum { MAX_KEYS = 64, MAX_STATS = 16 };

/* What is asked for, as a command line says it; NULL: the default. Borrowed. */
struct summary_request {
    const char *where;                          /* runs */
    const char *by, *all_but, *metrics, *stats; /* lists */
    const char *sort; /* a key or NAME:STAT, "-" before it: the largest first */
    int most;         /* groups to show; 0: all */
    enum table_format format;
};

struct summary_key {
    const char *name; /* borrowed from the settings table or `list` */
    char **text;      /* (num_rows), each owned */
    bool is_number;   /* of every row */
};

struct summary {
    struct store *store;
    enum table_format format;
    enum stat stat[MAX_STATS];
    int num_stats;
    bool combined;      /* "mean ± sd (floor)" in one cell */
    int *row, num_rows; /* runs that --where left */
    struct summary_key key[MAX_KEYS];
    int num_keys;
    int *group, num_groups;    /* group of each row; groups are numbered by first appearance */
    int *order, num_shown;     /* (num_groups) groups as they are shown; the first so many are */
    int *done, *failed, *open; /* (num_groups) runs by status; open: pending or running */
    int *marked[NUM_MARKS];    /* (num_groups) of those done */
    bool accepts;              /* some runs may be refused by accept.max_excess_loss */
    int *tried;                /* (num_groups) seeds that those done or failed took */
    int *landed;               /* (num_groups) of those done */
    struct score *score;
    int num_scores;
    struct statistics **value, **floor; /* [num_scores], each (num_groups); floor[i] NULL: none */
    char *list;                         /* the text of --by, cut */
    char count[PLAN_COUNT_BYTES];       /* of the rows: "14 runs (7 cells x 2 seeds)" */
    char *note;                         /* why no run is left; NULL */
};

/* Open the results file at path, choose, group and compute. STATUS_USAGE for what the request names
 * and the file has not; errors as of store_open. Always free with summary_free. */
int summary_make(struct summary *summary, const char *path, const struct summary_request *request,
                 struct status *st);
void summary_free(struct summary *summary);

/* Tables and Markdown: rounded numbers, dotted keys. CSV and JSON: every digit, names of columns.
 */
bool summary_is_for_people(const struct summary *s);

/* How many of the runs that are done bear a mark, and how many those are. */
int summary_marked(const struct summary *s, enum store_mark mark, int *done);

/* The rows that are shown as a table, which is zeroed. STATUS_NO_MEMORY. */
int summary_fill(const struct summary *summary, struct table *table, struct status *st);
/* For people: what its numbers are, and which runs bear a mark. */
void summary_explain(const struct summary *summary, FILE *out);
/* Write the table in its format. STATUS_IO when the stream fails. */
int summary_print(const struct summary *s, FILE *out, struct status *st);
