/* scores: numbers of a run that can be summarised: a scalar column by its name, or elements of an
 * array column by their labels (elements.h); each with its floor where it has one. */
#pragma once

#include "store/store.h"

struct score {
    char name[160];       /* word_tv[3] */
    char floor_name[160]; /* word_tv_floor[3]; "" without floor */
    int column, floor_column;
    int element; /* in the row-major value of one run */
};

/* The scores of a comma-separated list; NULL: a handful that tells how good an emulation is, or,
 * of a file of `hmmgrid analyse`, the scalar outputs of its analyses; "all": every scalar result.
 *   score  malloc'd array of *num, the caller's, whatever is returned
 * STATUS_USAGE for what is not there, with the nearest name. */
int scores_select(struct store *store, const char *list, struct score **score, int *num,
                  struct status *st);

/* The one of num names (columns) that somebody means by a word that is none: a part of one
 * ("loss": best_val_loss, "rotation_number": orbit.rotation_number) or the nearest spelling; NULL:
 * none is. Borrowed from the names. */
const char *scores_nearest(const char *word, const char *const *name, int num);

/* Of these, the one of the handful that has the word as a part; NULL: none. */
const char *scores_meant(const char *word, const char *const *name, int num);

/* Values of num runs `row` into out (num): NaN for runs that are not done.
 *   floor  true: of the score's floor. */
int scores_read(struct store *store, const struct score *score, bool floor, const int *row, int num,
                double *out, struct status *st);
