/* adam: one optimiser step over a flat block of parameters. Source: Kingma & Ba 2015; SCIENCE 2.5.
 */
#pragma once

#include <stddef.h>

struct adam_options {
    double learning_rate, beta1, beta2, eps;
};

/* Scale grad (n) by min(1, clip_norm / (norm + 1e-6)); clip_norm 0: leave it. Returns the norm
 * before. */
double adam_clip(float *grad, size_t n, double clip_norm);

/* Step number k (1, 2, ...): moments m, v (n) and params (n) are updated in place; moments start at
 * zero. */
void adam_step(float *params, const float *grad, float *m, float *v, size_t n, long k,
               const struct adam_options *options);
