/* rnn_simd: the elementwise loops of rnn, one set a kernel level. Private to src/model.
 * Rows are sequences. Blocks of RNN_BLOCK sequences share a random stream. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { RNN_BLOCK = 64 };

struct rnn_kernels {
    /* out (rows, H; row stride ld_out) = max(in + bias, 0); in has row stride ld; bias (H) or NULL
     */
    void (*relu)(const float *in, size_t ld, const float *bias, size_t rows, int H, float *out,
                 size_t ld_out);
    /* e (rows, H; stride ld_e) = delta where h > 0, else 0; delta, h (rows, H; stride ld) */
    void (*relu_gradient)(const float *delta, const float *h, size_t ld, size_t rows, int H,
                          float *e, size_t ld_e);
    /* Gumbel noise of RNN_BLOCK uniform bits: -log(-log u), u = (bits / 2^9 + 1/2) / 2^23 */
    void (*gumbel)(const uint32_t *bits, size_t n, float *out);
    /* One step of RNN_BLOCK sequences: logits z (K, RNN_BLOCK) are replaced by the straight-through
     * probabilities softmax((z + gumbel) / temperature); symbol (RNN_BLOCK) = first maximum. */
    void (*emit)(float *z, const float *gumbel, int K, float inverse_temperature, int32_t *symbol);
    /* dz (K, RNN_BLOCK) = y_k (G_k - sum_m y_m G_m) / temperature; y, G likewise; dz may be G */
    void (*emit_gradient)(const float *y, const float *G, int K, float inverse_temperature,
                          float *dz);
    /* sum (H) += column sums of in (rows, H; stride ld) */
    void (*column_sums)(const float *in, size_t ld, size_t rows, int H, float *sum);
    /* Is any of x (n) not a number, above most or below -most? */
    int (*exceeds)(const float *x, size_t n, float most);
};

extern const struct rnn_kernels rnn_kernels_portable, rnn_kernels_avx2,
    rnn_kernels_avx512; /* the last two: x86-64 */
