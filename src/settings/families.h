/* families: THE table of HMM families and the table of emissions. A row says by which numbers of
 * states and symbols and by which settings its matrix is made, what `auto` means, what is refused,
 * and makes the matrix. Source: SCIENCE 1.2 and 1.3. */
#pragma once

#include "hmmgrid/settings.h"

/* How far the sum of a row of given probabilities may be from 1: thirds of six digits are taken,
 * whichever way their sum rounds. */
#define ROW_SUM_TOLERANCE 1.000001e-6

/* What a refusal leaves: the key at fault and its text. */
struct refusal {
    const char **key;
    struct status *st;
};
#define REFUSE(refusal, at_key, ...)                                                               \
    (*(refusal)->key = (at_key), status_set((refusal)->st, STATUS_BAD_GRID, __VA_ARGS__))

struct sizes {
    int least_states, most_states, least_symbols, most_symbols;
};

enum { MAX_FAMILY_PARAMETERS = 3 };

/* The rows of the family and the emission; index: enum architecture, enum emission. */
struct family {
    const char *name;
    struct sizes sizes;
    int emission; /* what EMISSION_AUTO means; EMISSION_AUTO: it must be given */
    /* Settings, absent unless given, that shape the transitions, and what one is when it is not
     * given (NaN: it stays absent). No other such setting may be given. */
    struct family_parameter {
        const char *key;
        double meant;
    } parameter[MAX_FAMILY_PARAMETERS];
    /* What the columns above cannot say; may fill in and refuse. NULL: nothing. */
    int (*settle)(struct settings *s, struct refusal *refusal);
    /* transition (M, M) out, zero before; settings are resolved. NULL: nothing is known of it. */
    void (*fill)(const struct settings *s, double *transition);
};
struct emission_family {
    const char *name;
    struct sizes sizes;
    bool square;                                              /* as many symbols as states */
    void (*fill)(const struct settings *s, double *emission); /* (M, K), zero before */
};
extern const struct family families[];
extern const struct emission_family emission_families[];

/* Check settings.hmm, and fill in what is auto. Idempotent. */
int families_resolve(struct settings *s, struct refusal *refusal);
