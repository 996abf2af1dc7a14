/* dummy_run: see dummy_run.h. */
#include "dummy_run.h"

#include "base/hash.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool dummy_is_child;

static const double give_up_s = 20; /* a wait that nobody ends is a failure, not a hang */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* 0, STATUS_RUN_STOPPED when asked to, STATUS_RUN_FAILED when `seconds` did not suffice. */
static int wait_for_stop(const struct train_watch *watch, double seconds, struct status *st)
{
    double end_s = now_s() + seconds;
    while (now_s() < end_s) {
        int code = stop_check(&watch->stop, st, "a dummy worked");
        if (code) return code;
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    return status_set(st, STATUS_RUN_FAILED, "dummy: nobody asked to stop");
}

static int take_time(const struct train_watch *watch, struct status *st)
{
    const char *text = getenv("HMMGRID_DUMMY_MS");
    double ms = text ? atof(text) : 0;
    int code = ms > 0 ? wait_for_stop(watch, 1e-3 * ms, st) : 0;
    return code == STATUS_RUN_STOPPED ? code : 0;
}

static double number(const char *run_key, int i)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%s %d", run_key, i);
    return (double)(hash_64(text, (size_t)n) >> 40) / 65536;
}

static int fill_training(const struct settings *s, const char *run_key,
                         const struct train_watch *watch, struct run_output *out, struct status *st)
{
    int num_epochs = train_num_epochs(s);
    out->shape = rnn_shape_of(s);
    size_t num_params = rnn_num_params(out->shape);
    out->train.train_loss = calloc((size_t)num_epochs, sizeof(float));
    out->train.val_loss = calloc((size_t)num_epochs, sizeof(float));
    out->train.last = calloc(num_params, sizeof(float));
    out->train.best = calloc(num_params, sizeof(float));
    if (!out->train.train_loss || !out->train.val_loss || !out->train.last || !out->train.best)
        return status_set(st, STATUS_RUN_FAILED, "dummy: memory is out");
    for (int i = 0; i < num_epochs; i++) {
        out->train.train_loss[i] = out->train.val_loss[i] = (float)number(run_key, i);
        if (watch->epoch_done)
            watch->epoch_done(watch->stop.context, i + 1, num_epochs, out->train.train_loss[i],
                              out->train.val_loss[i]);
    }
    for (size_t i = 0; i < num_params; i++) {
        out->train.last[i] = (float)number(run_key, (int)i + 1000);
        out->train.best[i] = -out->train.last[i];
    }
    out->train.best_epoch = 1;
    out->train.best_val_loss = number(run_key, -1);
    out->train.final_val_loss = number(run_key, -2);
    out->train.loss_floor = number(run_key, -3);
    out->train.loss_floor_sd = 1;
    return 0;
}

static int fill_measures(const struct settings *s, const char *run_key, struct run_output *out,
                         struct status *st)
{
    int code = hmm_init(&out->hmm, s, st);
    if (!code) code = measures_init(&out->measures, s->hmm.symbols, s->measure.length, st);
    for (int i = 0; !code && i < num_metrics; i++) {
        int count = measure_count(&metrics_table[i], s->hmm.symbols, s->measure.length);
        for (int k = 0; k < count; k++)
            out->measures.value[i][k] = number(run_key, -100 * (i + 1) - k);
    }
    return code;
}

int dummy_run(const struct settings *s, const char *run_key, int64_t seed,
              struct run_context *context, struct run_output *out, struct status *st)
{
    const struct train_watch *watch = &context->watch;
    *out = (struct run_output){0};
    int kind = (int)(seed / 1000);
    bool released = getenv("HMMGRID_DUMMY_RELEASE") != NULL;
    if (kind == DUMMY_FAILS)
        return status_set(st, STATUS_RUN_FAILED, "dummy: seed %lld fails", (long long)seed);
    if (kind == DUMMY_BREAKS) return status_set(st, STATUS_INTERNAL, "dummy: broken world");
    if (kind == DUMMY_DIES) kill(getpid(), SIGKILL);
    if (kind == DUMMY_SPINS)
        for (volatile int i = 0;; i++) continue;
    while (kind == DUMMY_ALLOCATES) {
        char *block = malloc(1 << 20);
        if (block) memset(block, 1, 1 << 20);
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    pid_t rank = dummy_is_child ? getppid() : getpid();
    if (!released && kind == DUMMY_KILLS_RANK) kill(rank, SIGKILL);
    if (!released && kind == DUMMY_SIGNALS_SELF) kill(rank, SIGTERM);
    if (!released && kind == DUMMY_SIGNALS_ROOT) {
        const char *root = getenv("HMMGRID_DUMMY_ROOT");
        if (root && atoi(root) > 1) kill(atoi(root), SIGUSR1);
    }
    if (!released && kind >= DUMMY_WAITS && kind <= DUMMY_SIGNALS_ROOT)
        return wait_for_stop(watch, give_up_s, st);

    out->effective_seed = seed;
    out->accepted = 1;
    out->loss_z = number(run_key, -4);
    out->excess = (struct excess){number(run_key, -5), 1};
    out->kernel = "dummy";
    out->blas_core = "dummy";
    int code = take_time(watch, st);
    if (!code) code = fill_training(s, run_key, watch, out, st);
    if (kind == DUMMY_SEGFAULTS) {
        fputs("dummy: about to touch what is not there\n", stderr);
        raise(SIGSEGV);
    }
    if (!code) code = fill_measures(s, run_key, out, st);
    return code;
}
