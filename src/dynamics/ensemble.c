/* ensemble: see ensemble.h. Refuses to know where trajectories start and what is asked of them. */
#include "ensemble.h"

#include <stdlib.h>

int ensemble_init(struct ensemble *e, const struct network *net, size_t n, struct status *st)
{
    size_t H = (size_t)net->shape.hidden, D = (size_t)net->shape.noise_dim;
    *e = (struct ensemble){.net = net, .n = n};
    e->memory = calloc(n * (2 * H + D + (size_t)net->shape.symbols), sizeof *e->memory);
    if (!e->memory) return status_no_memory(st, "%zu trajectories side by side", n);
    e->h = e->memory;
    e->before = e->h + n * H;
    e->noise = e->before + n * H;
    e->z = e->noise + n * D;
    return STATUS_OK;
}

void ensemble_free(struct ensemble *e)
{
    if (!e) return;
    free(e->memory);
    *e = (struct ensemble){0};
}

void ensemble_noise(struct ensemble *e, struct rng rng, uint64_t t)
{
    network_noise(rng, t, e->n, e->net->shape.noise_dim, e->noise);
}

void ensemble_noise_levels(struct ensemble *e, struct rng rng, uint64_t t, const double *sd,
                           size_t num)
{
    size_t one = e->n / num * (size_t)e->net->shape.noise_dim;
    network_noise(rng, t, e->n / num, e->net->shape.noise_dim, e->noise);
    for (size_t i = num * one; i-- > 0;) e->noise[i] = (float)sd[i / one] * e->noise[i % one];
}

void ensemble_step(struct ensemble *e, const float *noise)
{
    network_step(e->net, e->h, noise, e->n, NULL, NULL, e->before);
    ensemble_swap(e);
}

void ensemble_swap(struct ensemble *e)
{
    float *h = e->h;
    e->h = e->before;
    e->before = h;
}

void ensemble_read(struct ensemble *e, uint8_t *symbol)
{
    network_logits(e->net, e->h, e->n, e->z);
    if (symbol) network_argmax(e->z, e->n, e->net->shape.symbols, symbol);
}
