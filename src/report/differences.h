/* differences: two results files, or two runs of such, side by side: what may explain that results
 * differ, and where they do. */
#pragma once

#include "store/store.h"
#include "table.h"

struct side {
    char *path; /* owned, like store */
    struct store *store;
    int run;         /* -1: all runs of the file */
    int *order;      /* its runs by their keys, owned */
    char (*key)[33]; /* of its runs, owned */
};

/* A result in which runs differ. */
struct score_difference {
    char name[128];
    int runs, run_a, run_b; /* how many pairs of runs; the pair with the largest difference */
    struct store_difference worst; /* of that pair, but for the name */
};

/* Set a and b, zero the rest. */
struct differences {
    struct side a, b;
    struct table facts;  /* "", "a", "b": versions, kernels, settings that differ */
    struct table status; /* "key", "run a", "a", "run b", "b": of runs that ended otherwise */
    struct score_difference *score; /* (num_scores), in the order of the file, owned */
    int num_scores, num_both, num_a, num_b, num_status; /* runs; those that one file alone has */
    int run_a, run_b;                                   /* its own, like the next */
    bool no_memory;
};

/* Compare the files, run by run of the same key, or the two runs. STATUS_NO_INPUT: a run is not
 * finished; otherwise as of store_differences. Free with differences_free, which closes both files
 * and takes a zeroed one too. */
int differences_find(struct differences *differences, struct status *st);
bool differences_any(const struct differences *differences);
void differences_free(struct differences *differences);
