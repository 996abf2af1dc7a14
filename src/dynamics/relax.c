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

void relax_draw(const struct driven *driven, int H, struct rng rng, int count, size_t *index,
                float *h)
{
    size_t row = (size_t)H;
    for (int c = 0; c < count; c++) {
        size_t last = driven->n - (size_t)(count - c);
        size_t i = (size_t)(rng_uniform(rng, (uint64_t)c) * (double)(last + 1));
        index[c] = is_drawn(index, c, i) ? last : i;
        memcpy(h + (size_t)c * row, driven->h + index[c] * row, row * sizeof *h);
    }
}

int relax_init(struct relax *r, const struct network *net, const struct driven *driven,
               struct rng rng, int count, struct status *st)
{
    int n = (size_t)count < driven->n ? count : (int)driven->n;
    size_t size = (size_t)n * (size_t)net->shape.hidden;
    *r = (struct relax){.net = net,
                        .n = n,
                        .h = malloc(size * sizeof(float)),
                        .before = calloc(size, sizeof(float)),
                        .exponent = calloc((size_t)n, sizeof(int))};
    size_t *index = malloc((size_t)n * sizeof *index);
    int code = STATUS_OK;
    if (r->h && r->before && r->exponent && index)
        relax_draw(driven, net->shape.hidden, rng, n, index, r->h);
    else
        code = status_no_memory(st, "states without noise");
    free(index);
    return code;
}

void relax_free(struct relax *r)
{
    free(r->h);
    free(r->before);
    free(r->exponent);
    *r = (struct relax){0};
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
    int H = r->net->shape.hidden;
    for (int i = 0; !r->net->bias_h && i < r->n; i++)
        rescale(r->h + (size_t)i * (size_t)H, H, &r->exponent[i]);
    float *next = r->before;
    r->before = r->h;
    r->h = next;
    network_step(r->net, r->before, NULL, (size_t)r->n, NULL, NULL, r->h);
}
