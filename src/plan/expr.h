/* expr: EXPR of --where, e.g. `hmm.states in (4,5) and rnn.hidden != 50 and status == failed`.
 *
 *   or_  := and_ {"or" and_}      and_ := not_ {"and" not_}      not_ := ["not"] cmp
 *   cmp  := "(" or_ ")" | NAME OP VALUE | NAME ["not"] "in" "(" VALUE {"," VALUE} ")"
 *   OP   := == != < <= > >=       VALUE := number | word | 'text' | "text"
 * Names are settings ("rnn.hidden", and "rnn_hidden" is the same), seed, block, key, run, and, over
 * a results file, status, attempts, error and every scalar column. Bounded depth (64) and length
 * (4096).
 */
#ifndef HMMGRID_EXPR_H
#define HMMGRID_EXPR_H

#include "hmmgrid/status.h"
#include <stdbool.h>

struct expr;

/* A name's value: either text (number NaN allowed) or, when text is NULL, a number. */
struct expr_value {
    const char *text;
    double number;
};

/* Finds a name; returns false when there is none. */
typedef bool (*expr_lookup)(void *context, const char *name, struct expr_value *value);

/* Parse; STATUS_USAGE with the column on error. Free with expr_free. */
int expr_parse(struct expr **expr, const char *text, struct status *st);

/* Evaluate. An unknown name is STATUS_USAGE naming it; a comparison with NaN is false. */
int expr_eval(const struct expr *expr, expr_lookup lookup, void *context, bool *result,
              struct status *st);

void expr_free(struct expr *expr);

#endif
