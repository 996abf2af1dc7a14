/* divergence: what `analyse` and `why` say of a network that diverges. Refuses to find out. */
#include "cli.h"

#include <math.h>
#include <stdio.h>

const char *const divergence_column[NUM_DIVERGENCE] = {[DIVERGED_AT] = DIVERGED_COLUMN,
                                                       [OVERFLOWED_AT] = OVERFLOWED_COLUMN,
                                                       [GENERATED_AT] = GENERATED_DIVERGED_COLUMN,
                                                       [DIVERGENCE_RADIUS] =
                                                           "stability.spectral_radius"};

bool divergence_tell(const double number[NUM_DIVERGENCE], const struct settings *s,
                     struct divergence *d)
{
    bool late = isnan(number[DIVERGED_AT]);
    if (late && isnan(number[GENERATED_AT])) return false;
    if (late)
        snprintf(d->when, sizeof d->when, "only in a run of 100 x data.length, at step %.0f",
                 number[GENERATED_AT]);
    else
        snprintf(d->when, sizeof d->when, "its %s, at step %.0f of the driven run of %d",
                 isnan(number[OVERFLOWED_AT]) ? "states explode" : "logits overflow",
                 number[DIVERGED_AT], s->analysis.steps);
    snprintf(d->so, sizeof d->so, "spectral radius %.4g; %s", number[DIVERGENCE_RADIUS],
             late ? "analyses, of shorter runs, are defined"
                  : "what analyses would make of it is NaN");
    return true;
}
