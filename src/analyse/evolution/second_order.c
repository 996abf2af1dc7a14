/* second_order: see second_order.h. A heuristic of the reference, kept as it is: 1[h > 0] stands
 * where the second derivative of the ReLU, zero almost everywhere, would (SCIENCE D21). Refuses to
 * average over trials. All trials are one batch.
 */
#include "second_order.h"
#include "base/linalg.h"

#include <stdlib.h>
#include <string.h>

enum { NOISY_STEPS = 9 };

/* out (n, H) = in (n, width) times a (H, width) transposed, added to out if asked for */
static void multiply(const float *in, const float *a, size_t n, int H, int width, bool add,
                     float *out)
{
    linalg_gemm(0, 1, (int)n, H, width, 1, in, width, a, width, add ? 1 : 0, out, H);
}

struct buffers {
    float *h, *next, *first, *gated; /* (n, H) */
    float *noise;                    /* (n, D) */
};

static void step(const struct network *net, size_t n, const float *noise, struct buffers *b)
{
    network_step(net, b->h, noise, n, NULL, NULL, b->next);
    float *h = b->h;
    b->h = b->next;
    b->next = h;
}

/* gated = D (second + first^2 / 2), or D first when second is NULL */
static void gate(const struct buffers *b, size_t size, const float *second)
{
    for (size_t i = 0; i < size; i++) {
        float x = second ? second[i] + 0.5f * b->first[i] * b->first[i] : b->first[i];
        b->gated[i] = b->h[i] > 0 ? x : 0;
    }
}

int second_order_term(const struct network *net, struct rng rng, const float *start, size_t n,
                      float *term, struct status *st)
{
    int H = net->shape.hidden, D = net->shape.noise_dim;
    size_t size = n * (size_t)H;
    float *memory = malloc((4 * size + n * (size_t)D) * sizeof *memory);
    if (!memory) return status_no_memory(st, "second-order terms");
    struct buffers b = {memory, memory + size, memory + 2 * size, memory + 3 * size,
                        memory + 4 * size};
    struct rng noise = rng_child(rng, 1);
    rng_fill_normal(rng_child(rng, 0), 0, size, b.h);
    for (size_t i = 0; i < size; i++) b.h[i] = start[i % (size_t)H] + 0.1f * b.h[i] - 0.05f;
    for (size_t t = 0; t < NOISY_STEPS; t++) {
        network_noise(noise, t, n, D, b.noise);
        step(net, n, b.noise, &b);
    }
    memset(term, 0, size * sizeof *term);
    for (size_t k = 0; k < SECOND_ORDER_HORIZON; k++) {
        network_noise(noise, NOISY_STEPS + k, n, D, b.noise);
        if (k) multiply(b.gated, net->W, n, H, H, false, b.first);
        multiply(b.noise, net->U, n, H, D, k > 0, b.first);
        gate(&b, size, term);
        multiply(b.gated, net->W, n, H, H, false, term);
        gate(&b, size, NULL);
        step(net, n, NULL, &b);
    }
    free(memory);
    return STATUS_OK;
}
