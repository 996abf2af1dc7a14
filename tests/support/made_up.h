/* made_up: a small plan of four shapes and run outputs computed from the run's key, for tests of
 * the results file. No training: every number is a hash, so any rank makes the same ones. */
#ifndef HMMGRID_TEST_MADE_UP_H
#define HMMGRID_TEST_MADE_UP_H

#include "base/hash.h"
#include "store/store.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char made_up_grid[] =
    "version: 1\n"
    "study: made-up\n"
    "defaults:\n"
    "  data: {sequences: 300, length: 12}\n"
    "  train: {epochs: 4, batch: 50, snapshots: 2}\n"
    "  measure: {sequences: 100}\n"
    "grid:\n"
    "  chain:\n"
    "    set: {hmm.architecture: linear-chain}\n"
    "    zip: {hmm.states: [2, 3], train.epochs: [4, 6]}\n"
    "    product: {rnn.hidden: [5, 7], rnn.noise_dim: [3], rnn.bias: [false, true]}\n"
    "seeds: [0, 1]\n";

/* made_up_grid with `more` further hidden units behind 5 and 7, longer runs and a third seed. */
static const char made_up_larger_grid[] =
    "version: 1\n"
    "study: made-up\n"
    "defaults:\n"
    "  data: {sequences: 300, length: 12}\n"
    "  train: {epochs: 4, batch: 50, snapshots: 2}\n"
    "  measure: {sequences: 100}\n"
    "grid:\n"
    "  wide:\n"
    "    set: {hmm.architecture: linear-chain, hmm.states: 4, train.epochs: 9, data.length: 20}\n"
    "    product: {rnn.hidden: [11], rnn.noise_dim: [2]}\n"
    "  chain:\n"
    "    set: {hmm.architecture: linear-chain}\n"
    "    zip: {hmm.states: [2, 3], train.epochs: [4, 6]}\n"
    "    product: {rnn.hidden: [7, 5], rnn.noise_dim: [3], rnn.bias: [false, true]}\n"
    "seeds: [2, 1, 0]\n";

static inline double made_up_number(const char *key, int stream, size_t i)
{
    struct {
        char key[32];
        uint64_t stream, i;
    } what = {.stream = (uint64_t)stream, .i = i};
    memcpy(what.key, key, sizeof what.key);
    return (double)(hash_64(&what, sizeof what) >> 11) * 0x1p-53;
}

static inline float *made_up_floats(const char *key, int stream, size_t n)
{
    float *value = malloc(n * sizeof *value);
    for (size_t i = 0; value && i < n; i++) value[i] = (float)made_up_number(key, stream, i);
    return value;
}

/* 0, or the code of what failed. Free with run_output_free. */
static inline int made_up_output(const struct plan *plan, int run, struct run_output *out,
                                 struct status *st)
{
    const struct settings *s = &plan->cells[plan->runs[run].cell].settings;
    const char *key = plan->runs[run].key;
    size_t epochs = (size_t)train_num_epochs(s);
    *out = (struct run_output){.shape = rnn_shape_of(s), .accepted = 1};
    int code = hmm_init(&out->hmm, s, st);
    if (!code) code = measures_init(&out->measures, s->hmm.symbols, s->measure.length, st);
    if (code) return code;
    size_t params = rnn_num_params(out->shape);
    out->train = (struct train_output){.train_loss = made_up_floats(key, 1, epochs),
                                       .val_loss = made_up_floats(key, 2, epochs),
                                       .last = made_up_floats(key, 3, params),
                                       .best = made_up_floats(key, 4, params),
                                       .best_epoch = 2,
                                       .best_val_loss = made_up_number(key, 5, 0),
                                       .final_val_loss = made_up_number(key, 5, 1),
                                       .loss_floor = made_up_number(key, 5, 2),
                                       .loss_floor_sd = made_up_number(key, 5, 3)};
    size_t snapshots = (size_t)train_num_snapshots(s);
    if (snapshots) out->train.snapshots = made_up_floats(key, 6, snapshots * params);
    code = analyses_init(&out->analyses, s, st);
    if (code) return code;
    for (int a = 0; a < num_analyses; a++)
        for (int o = 0; out->analyses.value[a] && o < analysis_table[a]->num_outputs; o++) {
            size_t n = analysis_count(&analysis_table[a]->output[o], s);
            for (size_t i = 0; i < n; i++)
                out->analyses.value[a][o][i] = (float)made_up_number(
                    key, 1000 + 100 * a + o, i); /* arrays are kept as float */
        }
    out->effective_seed = plan->runs[run].seed;
    out->loss_z = made_up_number(key, 5, 4);
    out->excess = (struct excess){made_up_number(key, 5, 5), made_up_number(key, 5, 6)};
    out->kernel = "plain";
    out->blas_core = "none";
    for (int m = 0; m < num_metrics; m++) {
        size_t n = (size_t)measure_count(&metrics_table[m], s->hmm.symbols, s->measure.length);
        for (size_t i = 0; i < n; i++) {
            out->measures.value[m][i] = made_up_number(key, 100 + m, i);
            if (metrics_table[m].floor == NO_FLOOR) continue;
            out->measures.floor[m][i] = made_up_number(key, 200 + m, i);
            out->measures.floor_sd[m][i] = made_up_number(key, 300 + m, i);
            if (metrics_table[m].floor == FLOOR_ALONE) continue;
            out->measures.test[m][i] = i == 0 ? NAN : made_up_number(key, 400 + m, i);
        }
    }
    return 0;
}

static inline struct run_attempt made_up_attempt(int run, int attempt, int status)
{
    struct run_attempt a = {.run = run,
                            .attempt = attempt,
                            .host = attempt == 1 ? "node1" : "node2",
                            .status = status,
                            .rank = attempt,
                            .t_start_s = 1.7e9 + 1000 * attempt + run,
                            .wall_s = 10 + attempt,
                            .cpu_s = 9 + attempt};
    if (status == RUN_FAILED) a.error = "loss is NaN at epoch 3";
    return a;
}

/* One attempt at a run, written and committed by this rank. */
static inline int made_up_run(struct store *store, const struct plan *plan, int run, int status,
                              struct status *st)
{
    struct run_output out = {0};
    struct store_commit commit = {.run = run, .status = status};
    int code = store_begin_runs(store, &run, 1, true, st);
    commit.attempt = store_run_attempts(store, run);
    struct run_attempt attempt = made_up_attempt(run, commit.attempt, status);
    if (!code) code = made_up_output(plan, run, &out, st);
    if (!code) code = store_write_run(store, &attempt, &out, &commit.checksum, st);
    if (!code) code = store_commit_runs(store, &commit, 1, st);
    run_output_free(&out);
    return code;
}

#endif
