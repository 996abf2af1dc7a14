/* kick_given: kick sets by hand, analysis.kick_units, in place of the search: so the groups of
 * another study are measured in the network that they were picked in. Refuses to judge them: they
 * are tested like those that are found, and stay whatever the test says. Source: SCIENCE 5.5.
 */
#include "kick_set.h"

#include <string.h>

bool kick_given(const struct analysis_input *in, int d, struct unit_set *set)
{
    const struct matrix *given = &in->s->analysis.kick_units;
    *set = (struct unit_set){0, {0}};
    for (int i = 2; i < given->cols && given->rows; i++) {
        double unit = given->value[d * given->cols + i];
        if (unit >= 0) set->unit[set->num++] = (int)unit;
    }
    return given->rows > 0;
}

void kick_keep_given(const struct analysis_input *in, struct kick_set *set, int num)
{
    struct unit_set given;
    for (int d = 0; d < num && kick_given(in, d, &given); d++) {
        set[d].num_units = given.num;
        memcpy(set[d].unit, given.unit, (size_t)given.num * sizeof *given.unit);
    }
}
