/* view: what is known of a study, from its status file and its lock. Private to src/cli. */
#pragma once

#include "cli.h"
#include "study/statusfile.h"

/* When nothing runs, the results file has the last word. */
struct view {
    struct study_status study;
    bool has_file, live, killed; /* a status file is there; the lock is held; it ended without a
                                    word */
    char holder[256];            /* of the lock */
    struct store *store;         /* the results file, when nothing runs */
    char size[PLAN_COUNT_BYTES];
};

/* path: the results file. Errors as of store_open. Free with view_free, also after an error. */
int view_read(const struct invocation *inv, const char *path, struct view *view, struct status *st);
void view_free(struct view *view);

/* For people: "3 of 12 done, ..."; since when, and how long it takes. */
void view_print_counts(FILE *out, const struct view *view);
void view_print_times(FILE *out, const struct view *view);

/* Draw it again and again on a terminal, loss curves of the runs that are on too; elsewhere print a
 * line now and then. Returns when the study ends (*ended) or q is pressed; 128 + its number
 * after a signal. */
int view_watch(const struct invocation *inv, bool *ended, struct status *st);
