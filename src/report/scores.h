/* scores: numbers of a run that can be summarised: a scalar column by its name, or elements of an
 * array column by their labels (elements.h); each with its floor where it has one, and beside those
 * that mislead alone what is needed to read them. */
#pragma once

#include "store/store.h"

/* What there is of a score: of the value's name NAME also NAME_floor, ... _floor_sd, _z, _p. */
enum score_part { SCORE_VALUE, SCORE_FLOOR, SCORE_FLOOR_SD, SCORE_Z, SCORE_P, NUM_SCORE_PARTS };

struct score {
    char name[160];              /* word_tv[3] */
    char floor_name[160];        /* word_tv_floor[3]; "" without floor */
    int column[NUM_SCORE_PARTS]; /* -1: none */
    int element;                 /* in the row-major value of one run */
};

/* Does it end so before its labels: "frequency_z[0]" with "_z"? */
bool scores_ends_with(const char *name, const char *end);

/* The scores of a comma-separated list; NULL: a handful that tells how good an emulation is, or,
 * of a file of `hmmgrid analyse`, the scalar outputs of its analyses; "all": every scalar result.
 *   beside  also those without which a listed one misleads: excess_loss before loss_z and its error
 *           behind it, the value of a z or p, the share of sequences that cross_entropy leaves out
 *   score   malloc'd array of *num, the caller's, whatever is returned
 * STATUS_USAGE for what is not there, with the nearest name. */
int scores_select(struct store *store, const char *list, bool beside, struct score **score,
                  int *num, struct status *st);

/* The one of num names (columns) that somebody means by a word that is none: a part of one
 * ("loss": best_val_loss, "rotation_number": orbit.rotation_number) or the nearest spelling; NULL:
 * none is. Borrowed from the names. */
const char *scores_nearest(const char *word, const char *const *name, int num);

/* Of these, the one of the handful that has the word as a part; NULL: none. */
const char *scores_meant(const char *word, const char *const *name, int num);

/* Values of num runs `row` into out (num): NaN for runs that are not done, and where the score has
 * not the part. */
int scores_read(struct store *store, const struct score *score, enum score_part part,
                const int *row, int num, double *out, struct status *st);
