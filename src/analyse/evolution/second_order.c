/* second_order: see second_order.h. A heuristic of the reference, kept as it is: 1[h > 0] stands
 * where the second derivative of the ReLU, zero almost everywhere, would (SCIENCE D21). Refuses to
 * average over trials. All trials are one batch.
 */
#include "second_order.h"
#include "base/linalg.h"
#include "dynamics/ensemble.h"

#include <stdlib.h>
#include <string.h>

enum { NOISY_STEPS = 9 };

/* out (n, H) = in (n, width) times a (H, width) transposed, added to out if asked for */
static void multiply(const float *in, const float *a, size_t n, int H, int width, bool add,
                     float *out)
{
    linalg_gemm(0, 1, (int)n, H, width, 1, in, width, a, width, add ? 1 : 0, out, H);
}

/* gated = D (second + first^2 / 2), or D first when second is NULL; all (size) */
static void gate(const float *h, size_t size, const float *first, const float *second, float *gated)
{
    for (size_t i = 0; i < size; i++) {
        float x = second ? second[i] + 0.5f * first[i] * first[i] : first[i];
        gated[i] = h[i] > 0 ? x : 0;
    }
}

int second_order_term(const struct network *net, struct rng rng, const float *start, size_t n,
                      float *term, struct status *st)
{
    int H = net->shape.hidden, D = net->shape.noise_dim;
    size_t size = n * (size_t)H;
    float *first = malloc(2 * size * sizeof *first), *gated = first + size;
    if (!first) return status_no_memory(st, "second-order terms");
    struct ensemble e;
    int code = ensemble_init(&e, net, n, st);
    if (code) goto cleanup;
    struct rng noise = rng_child(rng, 1);
    rng_fill_normal(rng_child(rng, 0), 0, size, e.h);
    for (size_t i = 0; i < size; i++) e.h[i] = start[i % (size_t)H] + 0.1f * e.h[i] - 0.05f;
    for (size_t t = 0; t < NOISY_STEPS; t++) {
        ensemble_noise(&e, noise, t);
        ensemble_step(&e, e.noise);
    }
    memset(term, 0, size * sizeof *term);
    for (size_t k = 0; k < SECOND_ORDER_HORIZON; k++) {
        ensemble_noise(&e, noise, NOISY_STEPS + k);
        if (k) multiply(gated, net->W, n, H, H, false, first);
        multiply(e.noise, net->U, n, H, D, k > 0, first);
        gate(e.h, size, first, term, gated);
        multiply(gated, net->W, n, H, H, false, term);
        gate(e.h, size, first, NULL, gated);
        ensemble_step(&e, NULL);
    }
cleanup:
    ensemble_free(&e);
    free(first);
    return code;
}
