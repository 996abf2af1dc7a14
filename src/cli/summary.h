/* summary: what a summary holds between its computation (summary.c) and its table
 * (summary_table.c). Private to src/cli. */
#ifndef HMMGRID_CLI_SUMMARY_H
#define HMMGRID_CLI_SUMMARY_H

#include "report/scores.h"

#include "report/aggregate.h"
#include "report/table.h"

enum stat { STAT_MEAN, STAT_SD, STAT_MEDIAN, STAT_CI95, STAT_N, STAT_MIN, STAT_MAX, NUM_STATS };
extern const char *const summary_stat_name[NUM_STATS];

enum { MAX_KEYS = 64, MAX_STATS = 16 };

struct summary {
    struct store *store;
    enum table_format format;
    enum stat stat[MAX_STATS];
    int num_stats;
    bool combined;             /* "mean ± sd (floor)" in one cell */
    int *row, num_rows;        /* runs that --where left */
    const char *key[MAX_KEYS]; /* borrowed from the settings table or the command line */
    char **key_text[MAX_KEYS]; /* (num_rows) each */
    int num_keys;
    int *group, num_groups;    /* group of each row; groups are numbered by first appearance */
    int *done, *failed, *open; /* (num_groups) runs by status; open: pending or running */
    struct score *score;
    int num_scores;
    struct statistics **value, **floor; /* [num_scores], each (num_groups); floor[i] NULL: none */
    char *list;                         /* the text of --by, cut */
};

/* Tables and Markdown: rounded numbers, dotted keys. CSV and JSON: every digit, names of columns.
 */
bool summary_is_for_people(const struct summary *s);

/* Write the table in its format. STATUS_IO when the stream fails. */
int summary_print(const struct summary *s, FILE *out, struct status *st);

#endif
