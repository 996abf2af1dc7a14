/* worker: see worker.h. A worker writes its row and makes it durable; it refuses to decide that a
 * run counts: that is rank 0's. While a run is on, the worker looks for messages and signals
 * whenever training or measuring asks whether to stop. */
#include "worker.h"

#include "signals.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const double progress_every_s = 1;

int worker_init(struct worker *w, double memory_bytes, struct status *st)
{
    const struct settings *s = &w->plan->study_settings;
    struct isolate_options options = {.memory_bytes = memory_bytes,
                                      .patience_s = s->run.patience_s,
                                      .checkpoints = w->checkpoints};
    if (!isnan(s->run.memory_mb)) options.memory_bytes = 1e6 * s->run.memory_mb;
    w->floors = floor_cache_new();
    if (s->run.isolate == ISOLATE_PROCESS) w->isolate = isolate_new(&options);
    w->free_s = clock_monotonic_s();
    if (w->floors && (w->isolate || s->run.isolate == ISOLATE_NONE)) return STATUS_OK;
    return status_no_memory(st, "the runs of rank %d", w->rank);
}

void worker_free(struct worker *w)
{
    if (!w) return;
    floor_cache_free(w->floors);
    isolate_free(w->isolate);
    w->floors = NULL;
    w->isolate = NULL;
}

double worker_silence_s(const struct worker *w)
{
    return w->isolate ? isolate_silence_s(w->isolate) : 0;
}

static void write_row(struct worker *w, const struct run_attempt *attempt,
                      const struct run_output *out, struct up_message *up)
{
    struct status st = {0};
    if (w->store && store_write_run(w->store, attempt, out, &up->checksum, &st) != 0) {
        up->kind = UP_BROKEN;
        up->code = st.code;
        text_fit(up->text, sizeof up->text - 1, st.text);
    }
}

/* In this process; what it takes is the most that this process ever took. */
static int do_here(struct worker *w, const struct run *r, const float *start,
                   const struct train_watch *watch, struct run_output *out,
                   struct isolate_report *report, struct status *st)
{
    struct run_context context = {.floors = w->floors,
                                  .watch = *watch,
                                  .checkpoints = w->checkpoints,
                                  .log = w->log,
                                  .start = start};
    struct rusage usage;
    double start_cpu_s = clock_cpu_s();
    int code = w->run(&w->plan->cells[r->cell].settings, r->key, r->seed, &context, out, st);
    getrusage(RUSAGE_SELF, &usage);
    *report = (struct isolate_report){.cpu_s = clock_cpu_s() - start_cpu_s,
                                      .peak_bytes = 1024 * (double)usage.ru_maxrss};
    return code;
}

static int do_apart(struct worker *w, int run, const float *start, const struct train_watch *watch,
                    struct run_output *out, struct isolate_report *report, struct status *st)
{
    const struct settings *s = &w->plan->cells[w->plan->runs[run].cell].settings;
    char *line = plan_run_json(w->plan, run);
    if (!line) return status_no_memory(st, "a run");
    int code = isolate_run(w->isolate, line, s, start, watch, out, report, st);
    free(line);
    return code;
}

/* A file of weights that is not there any more costs its runs alone. */
static int do_it(struct worker *w, int run, const struct train_watch *watch, struct run_output *out,
                 struct isolate_report *report, struct status *st)
{
    const struct run *r = &w->plan->runs[run];
    float *start;
    if (store_start_weights(&w->plan->cells[r->cell].settings, &start, st))
        return st->code = st->code == STATUS_NO_MEMORY ? st->code : STATUS_RUN_FAILED;
    int code = w->isolate ? do_apart(w, run, start, watch, out, report, st)
                          : do_here(w, r, start, watch, out, report, st);
    free(start);
    return code;
}

/* Of a run whose attempt ended with this code. */
static int status_of(int code)
{
    return !code ? RUN_DONE : code == STATUS_RUN_DIED ? RUN_CRASHED : RUN_FAILED;
}

void worker_do_run(struct worker *w, int run, int attempt_number, const struct train_watch *watch,
                   struct up_message *up)
{
    struct run_output out = {0};
    struct isolate_report report = {0};
    struct status st = {0};
    double start_s = clock_monotonic_s(), start_unix_s = clock_unix_s();
    int code = do_it(w, run, watch, &out, &report, &st);

    struct run_attempt attempt = {.run = run,
                                  .attempt = attempt_number,
                                  .status = status_of(code),
                                  .rank = w->rank,
                                  .host = w->host,
                                  .version = w->version,
                                  .error = code ? st.text : NULL,
                                  .t_start_s = start_unix_s,
                                  .wall_s = out.earlier_wall_s + clock_monotonic_s() - start_s,
                                  .cpu_s = out.earlier_cpu_s + report.cpu_s,
                                  .peak_bytes = report.peak_bytes,
                                  .signal = report.signal,
                                  .idle_s = start_s - w->free_s};
    *up = (struct up_message){.kind = UP_ENDED,
                              .run = run,
                              .attempt = attempt_number,
                              .status = attempt.status,
                              .wall_s = attempt.wall_s};
    if (code) text_fit(up->text, sizeof up->text - 1, st.text);
    if (code == STATUS_RUN_STOPPED) {
        up->kind = UP_GIVEN_BACK;
        up->status = RUN_PENDING;
    } else if (code == STATUS_OK || code == STATUS_RUN_FAILED || code == STATUS_NO_MEMORY ||
               code == STATUS_RUN_DIED) {
        write_row(w, &attempt, &out, up);
    } else {
        up->kind = UP_BROKEN;
        up->code = code;
    }
    run_output_free(&out);
    w->free_s = clock_monotonic_s();
}

/* --- a worker rank ---------------------------------------------------------------------------- */

struct service {
    struct worker *worker;
    MPI_Comm comm;
    bool stop;        /* rank 0 wants the run back */
    bool told_signal; /* rank 0 knows about our signal */
    bool quit;
    double last_progress_s;
    struct up_message progress;
    struct down_message next; /* of kind DOWN_RUN: to do */
    bool has_next;
};

static void send_up(struct service *s, const struct up_message *up)
{
    protocol_send(s->comm, 0, TAG_UP, up, sizeof *up);
}

static void tell_signal(struct service *s)
{
    int number = signals_received();
    if (!number || s->told_signal) return;
    s->told_signal = true;
    send_up(s, &(struct up_message){.kind = UP_SIGNAL, .run = -1, .signal = number});
}

static bool take_messages(struct service *s)
{
    struct down_message down;
    bool any = false;
    while (protocol_receive(s->comm, TAG_DOWN, &down, sizeof down, NULL)) {
        any = true;
        switch (down.kind) {
        case DOWN_RUN:
            s->next = down;
            s->has_next = true;
            s->stop = false;
            break;
        case DOWN_STOP: s->stop = true; break;
        case DOWN_QUIT: s->quit = s->stop = true; break;
        }
    }
    return any;
}

static void send_progress(struct service *s)
{
    double now_s = clock_monotonic_s();
    if (now_s - s->last_progress_s < progress_every_s) return;
    s->last_progress_s = now_s;
    s->progress.silent_s = worker_silence_s(s->worker);
    send_up(s, &s->progress);
}

static bool should_stop(void *context)
{
    struct service *s = context;
    take_messages(s);
    tell_signal(s);
    send_progress(s); /* also a sign of life in long epochs */
    return s->stop || signals_received();
}

static void epoch_done(void *context, int epoch, int num_epochs, float train_loss, float val_loss)
{
    struct service *s = context;
    s->progress.epoch = epoch;
    s->progress.num_epochs = num_epochs;
    s->progress.train_loss = train_loss;
    s->progress.val_loss = val_loss;
    send_progress(s);
}

static void serve_run(struct service *s)
{
    struct up_message up;
    struct train_watch watch = {{should_stop, s}, epoch_done};
    int run = s->next.run, attempt = s->next.attempt;
    s->has_next = false;
    s->progress = (struct up_message){.kind = UP_PROGRESS, .run = run, .attempt = attempt};
    s->last_progress_s = clock_monotonic_s();
    worker_do_run(s->worker, run, attempt, &watch, &up);
    send_up(s, &up);
}

void worker_serve(struct worker *worker, MPI_Comm comm)
{
    struct service s = {.worker = worker, .comm = comm};
    struct up_message ready = {.kind = UP_READY, .run = -1};
    snprintf(ready.text, sizeof ready.text, "%s", worker->host);
    send_up(&s, &ready);
    struct backoff backoff;
    backoff_reset(&backoff);
    while (!s.quit) {
        if (s.has_next) {
            serve_run(&s);
            backoff_reset(&backoff);
        }
        tell_signal(&s);
        if (take_messages(&s))
            backoff_reset(&backoff);
        else
            backoff_wait(&backoff);
    }
    protocol_meet_all(comm, INFINITY);
}
