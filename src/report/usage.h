/* usage: what a study cost, from the list of its sessions, its rows, and the checkpoints beside its
 * results file: core-hours by what became of them, memory and time against the plan's estimates. */
#pragma once

#include "store/store.h"
#include "study/sessions.h"
#include "table.h"

#include <stdio.h>

/* Core-seconds of the sessions by what became of them: in runs that are done or failed; in the
 * checkpoints of others; in attempts that left nothing; of workers without a run; of rank 0, where
 * others work. */
enum { RESULTS, KEPT, LOST, IDLE, RANK_0, NUM_SHARES };

/* Of a cell that has runs which are done: means, and the most. */
struct cell_usage {
    int cell, first, runs; /* first: a run of it */
    double estimate_s, wall_s, estimate_mb, peak_mb;
};

/* Of a rank on a host that finished runs; idle_s: between them. */
struct rank_usage {
    int rank, runs;
    char host[HOST_BYTES];
    double busy_s, idle_s;
};

/* Columns that are looked at: NaN where a run has not finished or the file lacks one. */
enum { USED_WALL, USED_IDLE, USED_RANK, USED_MEMORY, USED_CELL, USED_START, NUM_USED };

struct usage {
    const char *path;    /* borrowed, like the next */
    struct store *store; /* it may be written at the moment */
    struct sessions sessions;
    bool live;
    int num, num_killed, num_before; /* runs; sessions; runs of sessions before those */
    int largest;                     /* the run with the peak of memory; -1: not known */
    double used_s, share_s[NUM_SHARES], before_s, peak_mb, estimate_mb;
    struct cell_usage *cell; /* [num_cells], owned, like the next */
    struct rank_usage *rank; /* [num_ranks], in the order of ranks */
    int num_cells, num_ranks;
    double *column[NUM_USED]; /* each [num], owned */
};

/* Set path and store, zero the rest. Free with usage_free, also after a failure. */
int usage_find(struct usage *usage, struct status *st);
void usage_free(struct usage *usage);

/* Was a session ended without a word? */
bool usage_was_killed(const struct usage *usage, int session);

/* A row a session, a cell, a rank, each into a zeroed table. */
void usage_fill_sessions(const struct usage *usage, struct table *table);
int usage_fill_cells(const struct usage *usage, struct table *table, struct status *st);
void usage_fill_ranks(const struct usage *usage, struct table *table);

int usage_show(const struct usage *usage, bool as_json, FILE *out, struct status *st);

/* A line a file (num), in core-seconds, and as text what those together cost that is known. */
int usage_show_lines(const struct usage *usage, int num, bool as_json, FILE *out,
                     struct status *st);
