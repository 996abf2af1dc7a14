/* value: one typed value of one setting, parsed from a node by the settings table. */
#pragma once

#include "hmmgrid/settings.h"
#include "base/node.h"

struct value {
    double number; /* int, real, bool, enum index, seconds, count or share; NaN: not given */
    bool is_share; /* SETTING_COUNT_OR_SHARE with % */
    struct real_list list;
    struct matrix matrix; /* numbers live in the pool given to value_parse */
    const char *text;     /* SETTING_TEXT and SETTING_FILE, in the pool too; NULL: not given */
};

/* Parse node as a value of this setting: type and range, nothing that depends on other settings.
 *   pool    takes the numbers of matrices, and texts; NULL refuses matrices and keeps no text
 *   where   set to the node at fault (node itself or one inside it); may be NULL
 * STATUS_BAD_GRID with "key: what, what to do"; STATUS_NO_MEMORY. */
int value_parse(const struct setting *row, const struct node *node, struct pool *pool,
                struct value *value, const struct node **where, struct status *st);

/* Is it in the setting's range? And the range in words, "from 1 to 64". */
bool value_in_range(const struct setting *row, double x);
const char *value_range_text(const struct setting *row, char buf[80]);

/* A whole number, exactly: digits up to 64 bits, or a decimal such as 1e3 or 10.0 up to 2^53. */
enum whole { WHOLE, NOT_WHOLE, WHOLE_TOO_LARGE };
enum whole value_whole(const char *text, int64_t *x);

/* Does this setting take matrices? May one of its matrices have this name? Letters, digits, _ . and
 * - behind a letter, and no word that says something else in a grid or in --where. */
bool value_takes_matrix(const struct setting *row);
bool value_is_name(const struct setting *row, const char *text);

/* Into and out of the setting's field. Matrices are shared, not copied. */
void value_store(struct settings *s, const struct setting *row, const struct value *value);
struct value value_load(const struct settings *s, const struct setting *row);

bool value_equal(const struct setting *row, const struct value *a, const struct value *b);
