/* gather: several results files as one. Private parts of struct gathered are src/store's. */
#pragma once

#include "base/keymap.h"
#include "store.h"

/* The row of a run that counts. */
struct gathered_run {
    int file, row; /* file -1: no row holds anything of it */
    int status, attempts;
    double t_start_s;
    uint64_t checksum;
};

/* A row whose bytes, or whose record, are not what was committed. */
struct gathered_damage {
    int file, row, run; /* run of the plan */
};

struct known;
struct gathered {
    const char *const *path; /* [num_files], borrowed */
    int num_files;
    struct plan plan;               /* of all runs */
    struct gathered_run *run;       /* [plan.num_runs] */
    int (*count)[NUM_RUN_STATUS];   /* [num_files] rows by status, damaged ones too */
    struct gathered_damage *damage; /* [num_damaged], none of which counts */
    int num_damaged;
    char *note; /* what another program changed in the files, a line each; NULL: nothing; owned */
    /* private */
    struct known *known; /* in the order in which they were found */
    int num_known, room;
    struct keymap keys; /* of the known runs */
    int *num_rows, *order;
    char study[160]; /* of the first file */
    char (*sha256)[65];
};

/* Look through the files. check: compare every row with its checksum, and the rows of runs that are
 * done in several files with each other; otherwise all of them are believed. The plan is that of
 * the file that lists every run; where several do, of the grid whose hash is the least; where none
 * does, of a grid that is written here.
 * Refuses (STATUS_CANNOT_CREATE, with both files) runs that are kept or analysed otherwise, and
 * done runs whose results differ; errors as of store_open. Free also after an error. */
int store_gather(struct gathered **gathered, const char *const *path, int num, bool check,
                 struct status *st);
void store_gathered_free(struct gathered *gathered);

/* A results file of what was gathered (check): a row a run, as in the file whose row counts. A
 * study goes on in it. As store_create otherwise; path as given. */
int store_merge(struct gathered *gathered, const char *path, const struct provenance *provenance,
                bool replace, struct status *st);
