/* relax: see relax.h. Refuses to shuffle the run: as many numbers are drawn as states. Source of
 * the draw: Floyd's sampling without replacement (Bentley & Floyd 1987).
 */
#include "relax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLACK = 16 }; /* norms from 2^-16 to 2^16 are left alone */

static bool is_drawn(const size_t *index, int count, size_t i)
{
    for (int c = 0; c < count; c++)
        if (index[c] == i) return true;
    return false;
}

void relax_draw(const float *run, size_t num, int H, struct rng rng, int count, size_t *index,
                float *h)
{
    size_t row = (size_t)H;
    for (int c = 0; c < count; c++) {
        size_t last = num - (size_t)(count - c);
        size_t i = (size_t)(rng_uniform(rng, (uint64_t)c) * (double)(last + 1));
        index[c] = is_drawn(index, c, i) ? last : i;
        memcpy(h + (size_t)c * row, run + index[c] * row, row * sizeof *h);
    }
}

int relax_init(struct relax *r, const struct network *net, const float *run, size_t num,
               struct rng rng, int count, struct status *st)
{
    size_t n = (size_t)count < num ? (size_t)count : num;
    int code = ensemble_init(&r->all, net, n, st);
    size_t *index = malloc(n * sizeof *index);
    r->exponent = calloc(n, sizeof *r->exponent);
    if (!code && !(r->exponent && index)) code = status_no_memory(st, "states without noise");
    if (!code) relax_draw(run, num, net->shape.hidden, rng, (int)n, index, r->all.h);
    free(index);
    return code;
}

void relax_free(struct relax *r)
{
    ensemble_free(&r->all);
    free(r->exponent);
}

/* Bring the norm of a state near 1. */
static void rescale(float *h, int H, int *exponent)
{
    double sum = 0;
    int shift;
    for (int j = 0; j < H; j++) sum += (double)h[j] * h[j];
    if (!isfinite(sum) || sum == 0) return;
    (void)frexp(sqrt(sum), &shift);
    if (abs(shift) <= SLACK) return;
    for (int j = 0; j < H; j++) h[j] = ldexpf(h[j], -shift);
    *exponent += shift;
}

void relax_step(struct relax *r)
{
    const struct network *net = r->all.net;
    int H = net->shape.hidden;
    for (size_t i = 0; !net->bias_h && i < r->all.n; i++)
        rescale(r->all.h + i * (size_t)H, H, &r->exponent[i]);
    ensemble_step(&r->all, NULL);
}
