/* bifurcation: when in training a network began to switch as it does in the end. */
#pragma once

#include "hmmgrid/rng.h"
#include "hmmgrid/status.h"

/* The reference's rule (SCIENCE 5.8): epoch of the first snapshot after which the share of steps
 * with complex eigenvalues jumps by more than 0.02, up or down. epoch, share (n); entries of NaN
 * are passed over; NaN when there is no such jump. */
double bifurcation_reference(const double *epoch, const double *share, int n);

/* A step of the log switch rate from the level of the first snapshots to that of the last. Level:
 * median of a quarter of the snapshots, at least 1 and at most 6. Where: least squares with these
 * two levels; a change within half of such a quarter of an end is not seen. Uncertainty: 1000
 * bootstrap samples of the sequences that the rates were counted in.
 */
struct bifurcation {
    double epoch;     /* midway between the snapshots around the step; NaN, as all the rest: fewer
                         than BIFURCATION_MIN snapshots, or no change of level at 95 % */
    double low, high; /* 95 % interval, widened to the snapshots around the step */
    double support;   /* share of bootstrap samples with the step between the same two snapshots */
    double ratio;     /* rate of the last level over that of the first */
    double explained; /* share of the variance of the log rate between the two sides */
};
enum { BIFURCATION_MIN = 4 };

/*   epoch (n) ascending; count (n, sequences): switches of sequence s in the same noise at every
 *   snapshot; steps: switches that a sequence can hold
 * A rate of zero is held above by half a switch in all sequences. STATUS_NO_MEMORY.
 */
int bifurcation_find(const double *epoch, const uint16_t *count, int n, int sequences, int steps,
                     struct rng rng, struct bifurcation *out, struct status *st);
