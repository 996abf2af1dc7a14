/* expr: EXPR of --where, e.g. `hmm.states in (4,5) and rnn.hidden != 50 and status == failed`.
 *
 *   or_  := and_ {"or" and_}      and_ := not_ {"and" not_}      not_ := ["not"] cmp
 *   cmp  := "(" or_ ")" | NAME OP VALUE | NAME ["not"] "in" "(" VALUE {"," VALUE} ")"
 *   OP   := == != < <= > >=       VALUE := number | word | 'text' | "text"
 * Names are settings ("rnn.hidden", and "rnn_hidden" is the same), seed, block, key, run, and, over
 * a results file, status, attempts, error and every scalar column. Bounded depth (64) and length
 * (4096).
 */
#pragma once

#include "hmmgrid/status.h"
#include <stdbool.h>

/* A name's value: a number (NaN: none), or a word that has an order only where a number goes with
 * it. */
struct expr_value {
    const char *text; /* of a word; NULL: a number */
    double number;
    bool is_number; /* a number although it has a text */
    char *memory;   /* malloc'd, holds the text; whoever asked frees it. May be NULL */
};

/* Finds a name: STATUS_OK and *value; STATUS_USAGE with its text when there is none; or what went
 * wrong. */
typedef int (*expr_lookup)(void *context, const char *name, struct expr_value *value,
                           struct status *st);

/* Is the text an expression? STATUS_USAGE with the column where not. */
int expr_check(const char *text, struct status *st);

/* Evaluate one that is. What the look-up of a name returns is passed on; STATUS_USAGE where a name
 * has no such order or number; a comparison with NaN is false. */
int expr_eval(const char *text, expr_lookup lookup, void *context, bool *result, struct status *st);
