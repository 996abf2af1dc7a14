/* epoch: epochs of training as a study runs them, against their own matrix products; forward and
 * backward against the peak of the BLAS; two workers against one. Refuses to re-implement training:
 * train_run is timed through its watch. */
#include "bench.h"
#include "hmmgrid/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- epochs by train_run ---------------------------------------------------------------------- */

struct clockwork {
    struct bench_epochs *e;
    struct bench_gemms *gemms;
    int wanted, stop;
    double cpu, wall; /* at the start of the epoch */
};

static void epoch_done(void *context, int epoch, int num_epochs, float train_loss, float val_loss)
{
    struct clockwork *w = context;
    double cpu = clock_cpu_s() - w->cpu, wall = clock_monotonic_s() - w->wall, gemm = 0;
    (void)num_epochs, (void)train_loss, (void)val_loss;
    if (w->gemms) {
        double start = clock_cpu_s();
        bench_gemms_epoch(w->gemms);
        gemm = clock_cpu_s() - start;
    }
    if (epoch > 1) { /* the first one also solves the targets against themselves, once a run */
        w->e->cpu_s[w->e->num] = cpu;
        w->e->wall_s[w->e->num] = wall;
        w->e->gemm_s[w->e->num++] = gemm;
    }
    w->stop = w->e->num == w->wanted;
    w->cpu = clock_cpu_s();
    w->wall = clock_monotonic_s();
}

static bool should_stop(void *context)
{
    return ((struct clockwork *)context)->stop;
}

void bench_epochs_run(struct bench_epochs *e, struct bench_shape shape, int num,
                      struct bench_gemms *gemms)
{
    struct settings s = bench_settings(shape);
    struct hmm hmm;
    struct status st;
    s.train.epochs = num + 1;
    bench_check(hmm_init(&hmm, &s, &st), &st);
    size_t params = rnn_num_params(rnn_shape_of(&s)), epochs = (size_t)train_num_epochs(&s);
    struct train_output out = {.train_loss = bench_take(epochs, sizeof(float)),
                               .val_loss = bench_take(epochs, sizeof(float)),
                               .last = bench_take(params, sizeof(float)),
                               .best = bench_take(params, sizeof(float))};
    *e = (struct bench_epochs){0};
    struct clockwork w = {.e = e, .gemms = gemms, .wanted = num};
    struct train_watch watch = {{should_stop, &w}, epoch_done};
    int code = train_run(&s, &hmm, "bench", 1, &watch, &out, &st);
    if (code != STATUS_RUN_STOPPED) bench_check(code, &st);
    free(out.train_loss), free(out.val_loss), free(out.last), free(out.best);
    hmm_free(&hmm);
}

/* --- section epoch ---------------------------------------------------------------------------- */

void bench_epoch(void)
{
    static const struct {
        struct bench_shape shape;
        int num;
    } all[] = {{{30, 150, 100}, 5}, {{100, 150, 100}, 3}, {{30, 50, 10}, 9}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct bench_gemms gemms;
        struct bench_epochs e;
        double ratio[BENCH_MAX_EPOCHS];
        bench_gemms_init(&gemms, all[i].shape);
        bench_epochs_run(&e, all[i].shape, all[i].num, &gemms);
        bench_gemms_free(&gemms);
        for (int k = 0; k < e.num; k++) ratio[k] = e.cpu_s[k] / e.gemm_s[k];
        const char *name = bench_name(all[i].shape);
        bench_row("epoch", name, "epoch", bench_least(e.cpu_s, e.num), "s",
                  "best of several; 3 training and 3 validation batches of 4096, 4096, 1808");
        bench_row("epoch", name, "its GEMMs", bench_least(e.gemm_s, e.num), "s",
                  "best; all its matrix products alone, one thread, after each epoch in turn");
        bench_row("epoch", name, "epoch / GEMMs", bench_median(ratio, e.num), "x",
                  "median of an epoch's time over that of the products run right after it");
    }
}

/* --- section rnn ------------------------------------------------------------------------------ */

/* seconds of forward and of backward of one batch, least of several */
static void network_times(struct bench_shape shape, size_t n, double *forward_s, double *backward_s)
{
    struct settings s = bench_settings(shape);
    struct rnn_shape rnn = rnn_shape_of(&s);
    struct rnn_work work;
    struct arena arena;
    struct status st;
    arena_measure(&arena);
    rnn_work_init(&work, &arena, rnn, n, shape.T, 1);
    bench_check(arena_init(&arena, arena.used, &st), &st);
    rnn_work_init(&work, &arena, rnn, n, shape.T, 1);
    size_t params = rnn_num_params(rnn), entries = n * (size_t)shape.T * BENCH_SYMBOLS;
    float *block = bench_take(2 * params + entries, sizeof(float));
    float *grad = block + params, *dsymbols = grad + params;
    uint8_t *symbols = bench_take(n, (size_t)shape.T);
    rnn_init_params(rnn, rng_stream(1, "bench", "init"), block);
    rng_fill_normal(rng_stream(1, "bench", "dsymbols"), 0, entries, dsymbols);
    struct rnn_drive drive = rnn_drive_of(rng_stream(1, "bench", "drive"), INITIAL_ZEROS);
    enum { TIMES = 4 };
    double forward[TIMES], backward[TIMES];
    for (int i = 0; i < TIMES; i++) {
        double start = clock_cpu_s();
        rnn_forward(&work, block, &drive, n, 1.0, symbols);
        double middle = clock_cpu_s();
        rnn_backward(&work, block, &drive, n, 1.0, dsymbols, grad);
        forward[i] = middle - start;
        backward[i] = clock_cpu_s() - middle;
    }
    *forward_s = bench_least(forward, TIMES);
    *backward_s = bench_least(backward, TIMES);
    free(block), free(symbols);
    arena_free(&arena);
}

void bench_rnn(void)
{
    static const struct bench_shape all[] = {{30, 150, 100}, {100, 150, 100}, {30, 50, 10}};
    size_t n = bench_batch[0];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        double forward_s, backward_s, peak = bench_gemm_peak();
        network_times(all[i], n, &forward_s, &backward_s);
        double again = bench_gemm_peak();
        if (again > peak) peak = again;
        double forward = bench_forward_flops(all[i], (double)n);
        double backward = bench_backward_flops(all[i], (double)n);
        double rate = (forward + backward) / (forward_s + backward_s);
        const char *name = bench_name(all[i]);
        bench_row("rnn", name, "forward", forward / forward_s * 1e-9, "GFLOP/s",
                  "operations of its products only, over all its time; 4096 sequences");
        bench_row("rnn", name, "backward", backward / backward_s * 1e-9, "GFLOP/s", "likewise");
        bench_row("rnn", name, "both", rate * 1e-9, "GFLOP/s", "likewise");
        bench_row("rnn", name, "both / sgemm peak", rate / peak, "x",
                  "of the 1024 x 1024 x 1024 product measured just before and after");
    }
}

/* --- section workers -------------------------------------------------------------------------- */

struct pace {
    double wall_s, cpu_s; /* of an epoch */
};

static void child(int ready, int go, int result, struct bench_shape shape, int num)
{
    struct bench_epochs e;
    char token = 1;
    if (write(ready, &token, 1) != 1 || read(go, &token, 1) != 1) _exit(1);
    bench_epochs_run(&e, shape, num, NULL);
    struct pace pace = {bench_median(e.wall_s, e.num), bench_median(e.cpu_s, e.num)};
    _exit(write(result, &pace, sizeof pace) != sizeof pace);
}

static void broken(const char *what)
{
    fprintf(stderr, "bench: workers: %s failed\n", what);
    exit(1);
}

/* Epochs of `workers` processes at once; the sum of their epochs a second of wall clock, and
 * the mean processor time of an epoch. */
static void at_once(int workers, struct bench_shape shape, int num, double *rate, double *cpu_s)
{
    int ready[2], go[2], result[2];
    char token;
    if (pipe(ready) || pipe(go) || pipe(result)) broken("pipe");
    for (int i = 0; i < workers; i++) {
        pid_t pid = fork();
        if (pid < 0) broken("fork");
        if (pid == 0) child(ready[1], go[0], result[1], shape, num);
    }
    close(ready[1]), close(go[0]), close(result[1]);
    for (int i = 0; i < workers; i++)
        if (read(ready[0], &token, 1) != 1) broken("start");
    for (int i = 0; i < workers; i++)
        if (write(go[1], &token, 1) != 1) broken("start");
    *rate = *cpu_s = 0;
    for (int i = 0; i < workers; i++) {
        struct pace pace;
        if (read(result[0], &pace, sizeof pace) != sizeof pace) broken("a worker");
        *rate += 1 / pace.wall_s;
        *cpu_s += pace.cpu_s / workers;
    }
    for (int i = 0; i < workers; i++) wait(NULL);
    close(ready[0]), close(go[1]), close(result[0]);
}

void bench_workers(void)
{
    const struct bench_shape shape = {30, 150, 100};
    const char *name = bench_name(shape);
    enum { TURNS = 2, EPOCHS = 5 };
    double rate[2] = {0, 0}, cpu[2][TURNS];
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        bench_text("workers", "two / one", "not measured", "needs two cores");
        return;
    }
    for (int turn = 0; turn < TURNS; turn++)
        for (int two = 0; two < 2; two++) {
            double epochs_per_s;
            at_once(1 + two, shape, EPOCHS, &epochs_per_s, &cpu[two][turn]);
            if (epochs_per_s > rate[two]) rate[two] = epochs_per_s;
        }
    bench_row("workers", name, "one process", rate[0], "epochs/s", "wall clock; best of two turns");
    bench_row("workers", name, "two at once", rate[1], "epochs/s", "sum of both; wall clock; best");
    bench_row("workers", name, "two / one", rate[1] / rate[0], "x",
              "throughput; 2 is perfect; wall clock, so other work on the machine counts");
    bench_row("workers", name, "epoch, two / one",
              bench_least(cpu[1], TURNS) / bench_least(cpu[0], TURNS), "x",
              "processor time of an epoch; 1 is perfect; memory and caches that they share");
}
