/* adam: see adam.h. Refuses to know what the parameters mean: everything is one flat array. */
#include "adam.h"
#include "base/linalg.h"

#include <math.h>

double adam_clip(float *grad, size_t n, double clip_norm)
{
    double norm = linalg_norm(grad, n);
    if (clip_norm > 0 && clip_norm < norm + 1e-6) {
        float scale = (float)(clip_norm / (norm + 1e-6));
        for (size_t i = 0; i < n; i++) grad[i] *= scale;
    }
    return norm;
}

void adam_step(float *params, const float *grad, float *m, float *v, size_t n, long k,
               const struct adam_options *options)
{
    float beta1 = (float)options->beta1, beta2 = (float)options->beta2, eps = (float)options->eps;
    float rest1 = (float)(1 - options->beta1), rest2 = (float)(1 - options->beta2);
    float rate = (float)(options->learning_rate / (1 - pow(options->beta1, (double)k)));
    float root = (float)sqrt(1 - pow(options->beta2, (double)k));
    for (size_t i = 0; i < n; i++) {
        m[i] = beta1 * m[i] + rest1 * grad[i];
        v[i] = beta2 * v[i] + rest2 * grad[i] * grad[i];
        params[i] -= rate * m[i] / (sqrtf(v[i]) / root + eps);
    }
}
