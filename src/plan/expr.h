/* expr: EXPR of --where, e.g. `2 < hmm.states <= 5 and rnn.hidden != 50 and status == failed`.
 *
 *   or_   := and_ {("or" | "||") and_}        and_ := not_ {("and" | "&&") not_}
 *   not_  := ("not" | "!") not_ | "(" or_ ")" | cmp
 *   cmp   := side OP side {OP side} | NAME ["not"] "in" "(" VALUE {"," VALUE} ")" | NAME
 *   side  := NAME | VALUE, a VALUE beside every NAME and a NAME beside every VALUE
 *   OP    := == = != < <= > >=      VALUE := number | word | 'text' | "text" | true | false | none
 * A word is a NAME where a comparison begins or behind a VALUE, and a VALUE behind a NAME. Names
 * are settings ("rnn.hidden", and "rnn_hidden" is the same), seed, block, key, run, and, over a
 * results file, status, attempts, error, every scalar column and elements of the others,
 * "word_tv[3]". A NAME alone is true where it is true, or a number that is not 0. Bounded depth
 * (64) and length (4096).
 */
#pragma once

#include "hmmgrid/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name's value: a number (NaN: none), or a word that has an order only where a number goes with
 * it. */
struct expr_value {
    const char *text; /* of a word; NULL: a number */
    double number;
    int64_t whole;       /* the number, exactly, where is_whole */
    bool is_whole;       /* a whole number of 64 bits: compared as such */
    bool is_number;      /* a number although it has a text */
    bool is_list;        /* a list of one number: no list of several is equal to it, nor refused */
    const char *numbers; /* of a matrix, which is meant by them too. Else NULL */
    /* A key or the tag of a matrix without a name: any least_tag or more of its first characters
     * mean it. Else NULL */
    const char *tag;
    size_t least_tag;
    char *memory; /* malloc'd, begins with the text; whoever asked frees it. May be NULL */
};

/* The value of a number, without text. */
struct expr_value expr_number(double number);
struct expr_value expr_whole(int64_t whole);

/* Finds a name: STATUS_OK and *value; STATUS_USAGE with its text when there is none, to which the
 * column is added; or what went wrong. */
typedef int (*expr_lookup)(void *context, const char *name, struct expr_value *value,
                           struct status *st);

/* Is the text an expression? STATUS_USAGE with the column where not. */
int expr_check(const char *text, struct status *st);

/* Evaluate one that is. STATUS_USAGE where a name is none, or has no such order or number. A
 * comparison with NaN is false, != and not in too, but for == none. */
int expr_eval(const char *text, expr_lookup lookup, void *context, bool *result, struct status *st);
