/* gather_private: what the parts of gather share. Private to src/store. */
#pragma once

#include "internal.h"

/* A run that some of the files list. */
struct known {
    struct decoded_run decoded; /* owned */
    uint64_t line;              /* hash of the text of it */
    int listed_in, run;         /* file where it was found, run of the plan */
    int num_done;               /* files in which it is done */
    struct gathered_run counts;
};

int gather_no_memory(const struct gathered *gathered, struct status *st);

/* The run of a row, by its key; *known is valid until the next one is added. */
int gather_find_run(struct gathered *gathered, struct store *store, int file, int row,
                    struct known **known, struct status *st);

/* When every file was looked through: the plan, and the rows of its runs that count. */
int gather_plan(struct gathered *gathered, struct status *st);
