/* course: the units of a circuit over time and around the orbit. Private to src/analyse. H hidden
 * units. Source: SCIENCE 5.2 and 5.6.
 */
#pragma once

#include "circuit.h"

/* The first `steps` states of the driven run, fewer when it is shorter; the rest is left alone.
 *   kick (num_directions, steps), population (2, steps): mean activity of these units
 *   symbol (steps) */
void course_activity(const struct driven *driven, int H, const struct circuit *circuit, int steps,
                     double *kick, double *symbol);
void course_populations(const struct driven *driven, int H, const struct kick_pair *pair, int steps,
                        double *population);

/* Mean pre-activation W h_t + U x_(t+1) + b of each kick group, over the states h_t of the driven
 * run in each bin of the angle about the mean in the plane of PC1 and PC2, from -180 to 180
 * degrees, and its sd within the bin: the noise x averages to 0 and its variance is added. mean, sd
 * (num_directions, ANGLE_BINS), left alone where there are no states. STATUS_NO_MEMORY.
 */
int course_orbit(const struct analysis_input *in, const struct driven *driven,
                 const struct circuit *circuit, double *mean, double *sd, struct status *st);
