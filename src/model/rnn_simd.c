/* rnn_simd: see rnn_simd.h. Compiled once per kernel level; no sum changes its order with the level
 * except v_sum's, which is not used here, so all levels give the same bits. */
#include "rnn_simd.h"
#include "base/vector.h"

/* NaN stays NaN: a network that overflows must not look alive */
static void relu(const float *in, size_t ld, const float *bias, size_t rows, int H, float *out,
                 size_t ld_out)
{
    const vf zero = {0};
    int full = H / VL * VL;
    for (size_t r = 0; r < rows; r++, in += ld, out += ld_out) {
        for (int j = 0; j < full; j += VL) {
            vf x = v_load(in + j);
            if (bias) x = x + v_load(bias + j);
            v_store(out + j, v_max(zero, x));
        }
        for (int j = full; j < H; j++) {
            float x = bias ? in[j] + bias[j] : in[j];
            out[j] = x < 0 ? 0 : x;
        }
    }
}

static void relu_gradient(const float *delta, const float *h, size_t ld, size_t rows, int H,
                          float *e, size_t ld_e)
{
    const vf zero = {0};
    int full = H / VL * VL;
    for (size_t r = 0; r < rows; r++, delta += ld, h += ld, e += ld_e) {
        for (int j = 0; j < full; j += VL)
            v_store(e + j, (vf)((vi)v_load(delta + j) & (vi)(v_load(h + j) > zero)));
        for (int j = full; j < H; j++) e[j] = h[j] > 0 ? delta[j] : 0;
    }
}

static void gumbel(const uint32_t *bits, size_t n, float *out)
{
    for (size_t i = 0; i < n; i += VL) {
        vu b;
        memcpy(&b, bits + i, sizeof b);
        vf u = (v_float((vi)(b >> 9)) + 0.5f) * 0x1p-23f;
        v_store(out + i, -v_log(-v_log(u)));
    }
}

static void emit(float *z, const float *gumbel, int K, float inverse_temperature, int32_t *symbol)
{
    for (int r = 0; r < RNN_BLOCK; r += VL) {
        vf largest = {0};
        vi best = {0};
        for (int k = 0; k < K; k++) {
            size_t at = (size_t)k * RNN_BLOCK + (size_t)r;
            vf x = (v_load(z + at) + v_load(gumbel + at)) * inverse_temperature;
            v_store(z + at, x);
            vi above = k ? (vi)(x > largest) : ~(vi){0};
            largest = v_select(above, x, largest);
            best = (above & k) | (~above & best);
        }
        vf sum = {0};
        for (int k = 0; k < K; k++) {
            size_t at = (size_t)k * RNN_BLOCK + (size_t)r;
            vf e = v_exp(v_load(z + at) - largest);
            v_store(z + at, e);
            sum += e;
        }
        vf scale = v_set(1.0f) / sum;
        for (int k = 0; k < K; k++) {
            size_t at = (size_t)k * RNN_BLOCK + (size_t)r;
            v_store(z + at, v_load(z + at) * scale);
        }
        memcpy(symbol + r, &best, sizeof best);
    }
}

static void emit_gradient(const float *y, const float *G, int K, float inverse_temperature,
                          float *dz)
{
    for (int r = 0; r < RNN_BLOCK; r += VL) {
        vf inner = {0};
        for (int k = 0; k < K; k++) {
            size_t at = (size_t)k * RNN_BLOCK + (size_t)r;
            inner = inner + v_load(y + at) * v_load(G + at);
        }
        for (int k = 0; k < K; k++) {
            size_t at = (size_t)k * RNN_BLOCK + (size_t)r;
            v_store(dz + at, v_load(y + at) * (v_load(G + at) - inner) * inverse_temperature);
        }
    }
}

static void column_sums(const float *in, size_t ld, size_t rows, int H, float *sum)
{
    int full = H / VL * VL;
    for (size_t r = 0; r < rows; r++, in += ld) {
        for (int j = 0; j < full; j += VL) v_store(sum + j, v_load(sum + j) + v_load(in + j));
        for (int j = full; j < H; j++) sum[j] += in[j];
    }
}

static int exceeds(const float *x, size_t n, float most)
{
    vi within = ~(vi){0};
    size_t full = n / VL * VL;
    int lane[VL], all = 1;
    for (size_t i = 0; i < full; i += VL) {
        vf v = v_load(x + i);
        within &= (vi)(v <= most) & (vi)(v >= -most);
    }
    memcpy(lane, &within, sizeof lane);
    for (int i = 0; i < VL; i++) all &= lane[i];
    for (size_t i = full; i < n; i++) all &= x[i] <= most && x[i] >= -most;
    return !all;
}

const struct rnn_kernels LEVEL(rnn_kernels) = {relu,          relu_gradient, gumbel, emit,
                                               emit_gradient, column_sums,   exceeds};
