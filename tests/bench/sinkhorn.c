/* sinkhorn: value and gradient of the fast divergence at every kernel level against the plain one;
 * and the batches that torch_epoch.py compares itself with. Points are sequences of the HMM on both
 * sides, which is what a trained network emits. */
#include "../reference/reference.h"
#include "bench.h"
#include "base/kernel.h"

#include <stdio.h>
#include <stdlib.h>

static const struct sinkhorn_options usual = {0.2, 0.5};
enum { PLAIN_N = 512 };

/* value and gradient once with new targets, then with known ones; least seconds of `times` */
static double fast_loss(const uint8_t *x, const uint8_t *y, size_t n, int T, int times,
                        double *fresh_s, double *known_s, float *grad)
{
    struct arena arena;
    struct sinkhorn_work work;
    struct sinkhorn_target target;
    struct status st;
    double value = 0, fresh[16], known[16];
    arena_measure(&arena);
    sinkhorn_work_init(&work, &arena, n, n, T, BENCH_SYMBOLS);
    sinkhorn_target_init(&target, &arena, y, n, T, BENCH_SYMBOLS);
    bench_check(arena_init(&arena, arena.used, &st), &st);
    sinkhorn_work_init(&work, &arena, n, n, T, BENCH_SYMBOLS);
    sinkhorn_target_init(&target, &arena, y, n, T, BENCH_SYMBOLS);
    for (int i = 0; i < times; i++) {
        target.q_diameter = -1; /* not solved yet */
        double start = clock_cpu_s();
        bench_check(sinkhorn_loss(&work, &target, x, n, usual, &value, grad, &st), &st);
        double middle = clock_cpu_s();
        bench_check(sinkhorn_loss(&work, &target, x, n, usual, &value, grad, &st), &st);
        fresh[i] = middle - start;
        known[i] = clock_cpu_s() - middle;
    }
    *fresh_s = bench_least(fresh, times);
    *known_s = bench_least(known, times);
    arena_free(&arena);
    return value;
}

static double plain_loss_s(const uint8_t *x, const uint8_t *y, int T)
{
    struct status st;
    double value, *grad = bench_take((size_t)PLAIN_N * (size_t)T * BENCH_SYMBOLS, sizeof *grad);
    double start = clock_cpu_s();
    bench_check(
        sinkhorn_plain(x, PLAIN_N, y, PLAIN_N, T, BENCH_SYMBOLS, usual, &value, grad, NULL, &st),
        &st);
    double took = clock_cpu_s() - start;
    free(grad);
    return took;
}

static void at_length(int T)
{
    struct settings s = bench_settings((struct bench_shape){T, 150, 100});
    size_t n = bench_batch[0];
    double pairs = (double)n / PLAIN_N * ((double)n / PLAIN_N), fresh_s, known_s;
    uint8_t *x = bench_sequences(&s, "x", n), *y = bench_sequences(&s, "y", n);
    float *grad = bench_take(n * (size_t)T * BENCH_SYMBOLS, sizeof *grad);
    enum kernel_level before = kernel_level();
    char name[64];
    double plain_s = plain_loss_s(x, y, T) * pairs;
    snprintf(name, sizeof name, "T=%d plain", T);
    bench_row("sinkhorn", name, "value + gradient", plain_s, "s",
              "4096 x 4096 by float64 loops: 512 x 512 measured, times 64 for the pairs");
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        if (!kernel_force((enum kernel_level)level)) continue;
        fast_loss(x, y, n, T, 3, &fresh_s, &known_s, grad);
        snprintf(name, sizeof name, "T=%d %s", T, kernel_name());
        bench_row("sinkhorn", name, "value + gradient", known_s, "s",
                  "4096 x 4096, targets solved before, as in training; best of 3");
        bench_row("sinkhorn", name, "with new targets", fresh_s, "s",
                  "the targets' own problem included, as the plain one has it");
        bench_row("sinkhorn", name, "plain / fast", plain_s / known_s, "x",
                  "float64 loops (scaled by pairs) over fast with targets solved before");
        bench_row("sinkhorn", name, "plain / fast, same work", plain_s / fresh_s, "x",
                  "float64 loops (scaled by pairs) over fast with new targets");
    }
    kernel_force(before);
    free(x), free(y), free(grad);
}

void bench_sinkhorn(void)
{
    at_length(30);
    at_length(100);
}

/* --- for torch_epoch.py ----------------------------------------------------------------------- */

static void put(FILE *f, const void *data, size_t bytes, const char *path)
{
    if (fwrite(data, 1, bytes, f) == bytes) return;
    fprintf(stderr, "bench: cannot write %s\n", path);
    exit(1);
}

void bench_exchange(struct bench_shape shape, const char *path)
{
    struct settings s = bench_settings(shape);
    struct bench_epochs e;
    size_t sizes[2] = {bench_batch[0], bench_batch[2]}, T = (size_t)shape.T;
    FILE *f = fopen(path, "wb");
    if (!f) {
        fprintf(stderr, "bench: cannot create %s\n", path);
        exit(1);
    }
    bench_epochs_run(&e, shape, 2, NULL);
    int32_t head[6] = {shape.T, shape.H, shape.D, BENCH_SYMBOLS, 2, 0};
    double epoch_s = bench_least(e.cpu_s, e.num);
    put(f, "hmmbench", 8, path);
    put(f, head, sizeof head, path);
    put(f, &epoch_s, sizeof epoch_s, path);
    for (int b = 0; b < 2; b++) {
        size_t n = sizes[b];
        double fresh_s, known_s;
        uint8_t *x = bench_sequences(&s, "x", n), *y = bench_sequences(&s, "y", n);
        float *grad = bench_take(n * T * BENCH_SYMBOLS, sizeof *grad);
        double value = fast_loss(x, y, n, shape.T, 1, &fresh_s, &known_s, grad);
        int64_t count = (int64_t)n;
        put(f, &count, sizeof count, path);
        put(f, &value, sizeof value, path);
        put(f, x, n * T, path);
        put(f, y, n * T, path);
        put(f, grad, n * T * BENCH_SYMBOLS * sizeof *grad, path);
        free(x), free(y), free(grad);
    }
    if (fclose(f) == 0) return;
    fprintf(stderr, "bench: cannot write %s\n", path);
    exit(1);
}
