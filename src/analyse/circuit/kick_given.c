/* kick_given: kick sets by hand, analysis.kick_units, in place of the search: so the groups of
 * another study are measured in the network that they were picked in. Refuses to judge them: they
 * are tested like those that are found, and stay whatever the test says. Source: SCIENCE 5.5.
 */
#include "kick_set.h"

#include <string.h>

bool kick_given(const struct analysis_input *in, int d, struct unit_set *set)
{
    const struct matrix *given = &in->s->analysis.kick_units;
    *set = (struct unit_set){given->rows ? given->cols - 2 : 0, {0}};
    for (int i = 0; i < set->num; i++) set->unit[i] = (int)given->value[d * given->cols + 2 + i];
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
