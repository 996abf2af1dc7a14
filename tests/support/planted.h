/* planted: a network set by hand whose kick circuit is known, among units that look like it.
 *   symbols   2 cluster units each, self-exciting, all others inhibited: one symbol at a time
 *   kicks     of a direction: below threshold, silent while another symbol is on; each has its own
 *             noise, and when that lifts it over threshold alone switches the symbol
 *   noise     populations of 5 for the first two directions: 1 inhibits the first and excites the
 *             second, 2 the reverse; leaky integrators of noise
 *   the rest  shadows (the noise and gate of a kick unit, a lower threshold), noise, constant
 *             activity, readers of the populations; they drive each other but nothing above
 * Weights everywhere have a background of random numbers a hundred times smaller.
 */
#ifndef HMMGRID_TEST_PLANTED_H
#define HMMGRID_TEST_PLANTED_H

#include "check.h"
#include "hmmgrid/rnn.h"

#include <stdlib.h>
#include <string.h>

enum { PLANTED_D = 24, PLANTED_CLUSTER = 2, PLANTED_POPULATION = 5, MOST_PLANTED = 4 };

struct planted {
    struct rnn_shape shape;
    float *params, *U, *W, *R, *b; /* b: of the hidden units */
    int K, num_directions;
    int from[MOST_PLANTED], to[MOST_PLANTED];
    int num_kicks[MOST_PLANTED], kick[MOST_PLANTED][4];
    int population[2][PLANTED_POPULATION];
    int *at; /* (H) where the unit of each role is */
    int used;
    struct rng rng;
    uint64_t drawn;
};

static inline double planted_uniform(struct planted *p)
{
    return rng_uniform(p->rng, p->drawn++);
}

static inline double planted_normal(struct planted *p)
{
    float x;
    rng_fill_normal(p->rng, (1ull << 40) + p->drawn++, 1, &x);
    return x;
}

static inline float *planted_weight(struct planted *p, int to, int from)
{
    return &p->W[to * p->shape.hidden + from];
}

/* Noise of that sd from a random direction. */
static inline void planted_noise(struct planted *p, int unit, double sd)
{
    double row[PLANTED_D], norm = 0;
    for (int d = 0; d < PLANTED_D; d++) {
        row[d] = planted_normal(p);
        norm += row[d] * row[d];
    }
    for (int d = 0; d < PLANTED_D; d++)
        p->U[unit * PLANTED_D + d] = (float)(sd * row[d] / sqrt(norm));
}

static inline int planted_cluster(const struct planted *p, int symbol, int i)
{
    return p->at[symbol * PLANTED_CLUSTER + i];
}

/* Silent while another symbol than `from` is on. */
static inline void planted_gate(struct planted *p, int unit, int from, double threshold)
{
    p->b[unit] = (float)-threshold;
    for (int k = 0; k < p->K; k++)
        for (int i = 0; i < PLANTED_CLUSTER && k != from; i++)
            *planted_weight(p, unit, planted_cluster(p, k, i)) -= 1;
}

static inline void planted_symbols(struct planted *p)
{
    int C = PLANTED_CLUSTER;
    p->used = p->K * C;
    for (int u = 0; u < p->K * C; u++) {
        int unit = p->at[u];
        p->b[unit] = 1;
        planted_noise(p, unit, .1);
        p->R[u / C * p->shape.hidden + unit] += 3.f / (float)C;
        for (int v = 0; v < p->K * C; v++)
            *planted_weight(p, unit, p->at[v]) += u / C == v / C ? .5f / C : -1.5f / C;
    }
}

static inline void planted_kicks(struct planted *p, int direction, double threshold)
{
    int num = p->num_kicks[direction], *kick = p->kick[direction];
    for (int i = 0; i < num; i++) kick[i] = p->at[p->used++];
    for (int i = 0; i < num; i++) {
        planted_gate(p, kick[i], p->from[direction], threshold);
        planted_noise(p, kick[i], 1);
        for (int j = 0; j < num; j++)
            if (j != i) *planted_weight(p, kick[i], kick[j]) += .3f;
        for (int j = 0; j < PLANTED_CLUSTER; j++) {
            *planted_weight(p, planted_cluster(p, p->to[direction], j), kick[i]) += 40;
            *planted_weight(p, planted_cluster(p, p->from[direction], j), kick[i]) -= 40;
        }
    }
}

static inline void planted_populations(struct planted *p)
{
    for (int q = 0; q < 2; q++)
        for (int i = 0; i < PLANTED_POPULATION; i++) {
            int unit = p->population[q][i] = p->at[p->used++];
            planted_noise(p, unit, .1);
            *planted_weight(p, unit, unit) += .6f;
            for (int d = 0; d < 2; d++)
                for (int j = 0; j < p->num_kicks[d]; j++)
                    *planted_weight(p, p->kick[d][j], unit) += q == d ? -.6f : .6f;
        }
    for (int i = 0; i < p->num_kicks[0]; i++)
        for (int j = 0; j < p->num_kicks[1]; j++) {
            *planted_weight(p, p->kick[0][i], p->kick[1][j]) -= .3f;
            *planted_weight(p, p->kick[1][j], p->kick[0][i]) -= .3f;
        }
}

static inline void planted_rest(struct planted *p, double threshold)
{
    int H = p->shape.hidden, first = p->used;
    for (; p->used < H; p->used++) {
        int unit = p->at[p->used], kind = (p->used - first) % 4;
        int d = (p->used - first) / 4 % p->num_directions;
        int twin = p->kick[d][(p->used - first) / 4 / p->num_directions % p->num_kicks[d]];
        planted_noise(p, unit, kind == 1 ? 1 : .2);
        if (kind == 0) {
            planted_gate(p, unit, p->from[d], threshold - .4);
            for (int i = 0; i < PLANTED_D; i++)
                p->U[unit * PLANTED_D + i] = p->U[twin * PLANTED_D + i];
        }
        if (kind == 2) p->b[unit] = 1;
        for (int i = 0; i < PLANTED_POPULATION && kind == 3; i++)
            *planted_weight(p, unit, p->population[d % 2][i]) += 1;
        for (int j = first; j < H; j++)
            *planted_weight(p, unit, p->at[j]) +=
                (float)(.3 * planted_normal(p) / sqrt((double)(H - first)));
    }
}

/* Directions: all with num_kicks > 0 of (0,1) (1,0) for K = 2, of (0,1) (1,2) (2,0) for K = 3. The
 * seed decides where units are and all random numbers. Free params and at. */
static inline struct planted planted_build(int H, int K, const int *num_kicks, int seed)
{
    struct planted p = {.shape = {H, PLANTED_D, K, true}, .K = K, .num_directions = K};
    struct rnn_view v[MAX_RNN_VIEWS];
    rnn_views(p.shape, v);
    p.rng = rng_child(rng_stream(1, "planted", "test"), (uint64_t)seed);
    p.params = malloc(rnn_num_params(p.shape) * sizeof *p.params);
    p.at = malloc((size_t)H * sizeof *p.at);
    assert_non_null(p.params);
    assert_non_null(p.at);
    for (size_t i = 0; i < rnn_num_params(p.shape); i++)
        p.params[i] = (float)(.01 * planted_uniform(&p) - .005);
    p.U = p.params + v[0].offset;
    p.W = p.params + v[1].offset;
    p.R = p.params + v[2].offset;
    p.b = p.params + v[3].offset;
    for (int i = 0; i < H; i++) {
        int other = (int)(planted_uniform(&p) * (i + 1));
        p.at[i] = p.at[other];
        p.at[other] = i;
    }
    planted_symbols(&p);
    for (int d = 0; d < K; d++) {
        p.from[d] = d;
        p.to[d] = (d + 1) % K;
        p.num_kicks[d] = num_kicks[d];
        planted_kicks(&p, d, 2.1);
    }
    planted_populations(&p);
    planted_rest(&p, 2.1);
    return p;
}

static inline void planted_free(struct planted *p)
{
    free(p->params);
    free(p->at);
}

#endif
