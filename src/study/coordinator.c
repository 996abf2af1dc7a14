/* coordinator: see coordinator.h. Polls, so that it costs almost no CPU. Refuses to decide which
 * run is next (schedule), what is synced together (ledger) and what is valid on disk (store).
 *
 * Order of things for a run: begin durable -> DOWN_RUN -> row durable at the worker -> UP_ENDED ->
 * commit durable -> the schedule counts it.
 */
#include "coordinator.h"

#include "display.h"
#include "signals.h"

#include "base/clock.h"
#include "base/show.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double tick_every_s = 0.1, status_every_s = 1;

static void set_phase(struct coordinator *c, struct board_worker *w, enum rank_phase phase)
{
    double now_s = clock_monotonic_s();
    if (w->phase == RANK_BUSY) c->board->busy_s += now_s - w->begun_s;
    if (phase == RANK_BUSY) w->begun_s = now_s;
    c->num_in_phase[w->phase]--;
    w->phase = phase;
    c->num_in_phase[phase]++;
}

/* --- the clock -------------------------------------------------------------------------------- */

/* The deadline, less the reserve, by the clock that nobody sets. */
static void set_end(struct coordinator *c)
{
    c->board->deadline_s = c->deadline->end_s;
    c->end_s = clock_monotonic_s() + (c->deadline->end_s - c->reserve_s - clock_unix_s());
}

static void tick(struct coordinator *c)
{
    double now_s = clock_monotonic_s();
    if (now_s - c->last_tick_s < tick_every_s) return;
    c->last_tick_s = c->board->now_s = now_s;
    if (deadline_look(c->deadline)) set_end(c);
    display_refresh(c);
    progress_tick(c->progress, c->board);
    display_silence(c);
    if (now_s - c->last_status_s >= status_every_s) display_write_status(c);
    display_note_session(c, false);
}

static void report_failure(struct coordinator *c, int rank, const struct up_message *up)
{
    char run[256];
    progress_say(c->progress, "failed", "%s on rank %d: %s", display_run(c, up->run, run), rank,
                 up->text);
}

/* --- stopping --------------------------------------------------------------------------------- */

static void tell_busy_to_stop(struct coordinator *c)
{
    for (int i = 1; i < c->size; i++) {
        struct board_worker *w = board_of_rank(c->board, i);
        if (w->phase != RANK_BUSY || w->told_stop) continue;
        w->told_stop = true;
        protocol_send(c->comm, i, TAG_DOWN, &(struct down_message){.kind = DOWN_STOP},
                      sizeof(struct down_message));
    }
}

static void stop(struct coordinator *c, const char *why)
{
    if (c->stopping) return;
    c->stopping = true;
    c->stopping_s = clock_monotonic_s();
    schedule_stop(c->schedule);
    tell_busy_to_stop(c);
    if (!*c->board->message) snprintf(c->board->message, sizeof c->board->message, "%s", why);
    progress_say(c->progress, "note", "stopping: %s", why);
}

/* The world is broken: remember the first cause, stop everything. */
static void breakdown(struct coordinator *c, int code, const char *text, struct status *st)
{
    if (st->code == 0) status_set(st, code, "%s", text);
    snprintf(c->board->message, sizeof c->board->message, "%.1000s", st->text);
    stop(c, "the study cannot go on");
}

static double seconds_left(const struct coordinator *c)
{
    return c->end_s - clock_monotonic_s();
}

static void watch_for_stop(struct coordinator *c)
{
    if (c->stopping) return;
    char why[128];
    if (!c->signal) c->signal = signals_received();
    if (c->signal) {
        snprintf(why, sizeof why, "%s received", signals_name(c->signal));
        stop(c, why);
    } else if (seconds_left(c) <= 0 && !schedule_is_finished(c->schedule)) {
        stop(c, "the deadline is near");
    }
}

/* --- results ---------------------------------------------------------------------------------- */

/* One commit for everything that is pending, also in a study that is stopping. */
static void commit_ended(struct coordinator *c, struct status *st)
{
    struct status failure = {0};
    double wall_s = 0;
    int num = c->ledger.num_ends;
    if (num == 0) return;
    if (ledger_commit(&c->ledger, &wall_s, &failure) != 0)
        breakdown(c, failure.code, failure.text, st);
    c->board->wall_sum_s += wall_s;
    for (int i = 0; i < num && !c->ledger.broken && c->checkpoints; i++) {
        const struct store_commit *ended = &c->ledger.commit[i];
        if (ended->status == RUN_DONE || ended->status == RUN_FAILED)
            checkpoint_remove(c->checkpoints, c->plan->runs[ended->run].key);
    }
}

static void take_message(struct coordinator *c, int rank, const struct up_message *up,
                         struct status *st)
{
    struct board_worker *w = board_of_rank(c->board, rank);
    char text[900], run[256];
    w->heard_s = clock_monotonic_s();
    w->seen_s = w->heard_s - (up->kind == UP_PROGRESS ? up->silent_s : 0);
    if (w->heard_s - w->seen_s < SILENT_AFTER_S) w->told_silent = false;
    switch (up->kind) {
    case UP_READY:
        memcpy(w->host, up->text, sizeof w->host - 1);
        set_phase(c, w, RANK_IDLE);
        return;
    case UP_SIGNAL:
        if (!c->signal) c->signal = up->signal;
        return;
    case UP_PROGRESS:
        w->epoch = up->epoch;
        w->num_epochs = up->num_epochs;
        w->train_loss = up->train_loss;
        w->val_loss = up->val_loss;
        if (up->num_epochs > 0)
            schedule_progress(c->schedule, w->job, (double)up->epoch / up->num_epochs);
        return;
    case UP_BROKEN:
        set_phase(c, w, RANK_BROKEN);
        schedule_ended(c->schedule, w->job, RUN_PENDING, 0);
        snprintf(text, sizeof text, "rank %d (%s), %s: %s", rank, w->host,
                 display_run(c, up->run, run), up->text);
        breakdown(c, up->code, text, st);
        break;
    case UP_ENDED:
    case UP_GIVEN_BACK:
        set_phase(c, w, RANK_IDLE);
        if (up->kind == UP_ENDED && up->status != RUN_DONE) report_failure(c, rank, up);
        ledger_note_end(&c->ledger, w->job, up);
        break;
    }
    w->run = -1;
    w->epoch = w->num_epochs = 0;
}

/* --- handing out ------------------------------------------------------------------------------ */

/* Give every idle rank a run, after one begin for all of them. */
static void dispatch(struct coordinator *c, struct status *st)
{
    struct ledger *l = &c->ledger;
    struct status failure = {0};
    if (c->stopping) return;
    for (int rank = c->size > 1; rank < c->size && c->num_in_phase[RANK_IDLE] > 0; rank++) {
        struct board_worker *w = board_of_rank(c->board, rank);
        if (w->phase != RANK_IDLE) continue;
        int job = schedule_next(c->schedule, seconds_left(c));
        if (job == SCHEDULE_NONE) break;
        set_phase(c, w, RANK_BUSY);
        w->job = job;
        w->told_stop = false;
        ledger_note_start(l, rank, job);
    }
    if (l->num_starts == 0) return;
    bool begun = ledger_begin(l, &failure) == 0;
    for (int k = 0; k < l->num_starts; k++) {
        int rank = l->start[k].rank, row = l->start_row[k];
        struct board_worker *w = board_of_rank(c->board, rank);
        if (!begun) {
            set_phase(c, w, RANK_IDLE);
            continue;
        }
        c->num_started++;
        w->run = row;
        w->seen_s = w->heard_s = clock_monotonic_s();
        struct down_message down = {DOWN_RUN, row, schedule_attempts(c->schedule, l->start[k].job)};
        if (c->size > 1) protocol_send(c->comm, rank, TAG_DOWN, &down, sizeof down);
    }
    ledger_forget_starts(l);
    if (!begun) breakdown(c, failure.code, failure.text, st);
}

/* Several ranks: poll, commit, hand out, wait a little. */
static void serve_workers(struct coordinator *c, struct status *st)
{
    struct backoff backoff;
    backoff_reset(&backoff);
    for (;;) {
        struct up_message up;
        int from;
        bool any = false;
        while (c->ledger.num_ends < c->ledger.room &&
               protocol_receive(c->comm, TAG_UP, &up, sizeof up, &from)) {
            any = true;
            take_message(c, from, &up, st);
        }
        commit_ended(c, st);
        watch_for_stop(c);
        lost_look(c);
        if (any) dispatch(c, st);
        bool waiting = c->num_in_phase[RANK_UNKNOWN] + c->num_in_phase[RANK_BUSY] > 0;
        if (!waiting && (c->stopping || schedule_is_finished(c->schedule))) break;
        tick(c);
        if (any)
            backoff_heard(&backoff);
        else
            backoff_wait(&backoff);
    }
    struct down_message quit = {.kind = DOWN_QUIT};
    for (int i = 1; i < c->size; i++) protocol_send(c->comm, i, TAG_DOWN, &quit, sizeof quit);
    lost_wait(c);
}

/* --- one rank: the same schedule, no messages ------------------------------------------------- */

static bool alone_should_stop(void *context)
{
    struct coordinator *c = context;
    watch_for_stop(c);
    c->board->worker[0].seen_s = clock_monotonic_s() - worker_silence_s(c->alone);
    tick(c);
    return c->stopping;
}

static void alone_epoch_done(void *context, int epoch, int num_epochs, float train_loss,
                             float val_loss)
{
    struct coordinator *c = context;
    struct up_message up = {.kind = UP_PROGRESS,
                            .epoch = epoch,
                            .num_epochs = num_epochs,
                            .train_loss = train_loss,
                            .val_loss = val_loss,
                            .silent_s = worker_silence_s(c->alone)};
    take_message(c, 0, &up, NULL);
    tick(c);
}

static void work_alone(struct coordinator *c, struct status *st)
{
    struct train_watch watch = {{alone_should_stop, c}, alone_epoch_done};
    struct board_worker *w = board_of_rank(c->board, 0);
    set_phase(c, w, RANK_IDLE);
    for (;;) {
        watch_for_stop(c);
        dispatch(c, st);
        if (w->phase != RANK_BUSY) break;
        struct up_message up;
        worker_do_run(c->alone, w->run, schedule_attempts(c->schedule, w->job), &watch, &up);
        take_message(c, 0, &up, st);
        commit_ended(c, st);
        tick(c);
    }
}

/* --- start and end ---------------------------------------------------------------------------- */

/* Runs that killed their rank too often, as found at the start, become crashed on disk. */
static void commit_crashed(struct coordinator *c, struct status *st)
{
    const int *job;
    int num = schedule_crashed(c->schedule, &job);
    struct status failure = {0};
    for (int i = 0; i < num && st->code == 0; i++) {
        char error[256], run[256];
        int row = c->row[job[i]];
        if (ledger_commit_crashed(&c->ledger, job[i], error, &failure) != 0)
            breakdown(c, failure.code, failure.text, st);
        else
            progress_say(c->progress, "failed", "%s: %s", display_run(c, row, run), error);
    }
}

int coordinator_run(struct coordinator *c, struct worker *alone, struct status *st)
{
    *st = (struct status){0};
    MPI_Comm_size(c->comm, &c->size);
    c->alone = alone;
    c->num_in_phase[RANK_UNKNOWN] = c->size > 1 ? c->size - 1 : 1;
    c->last_eta_s = -INFINITY;
    if (ledger_init(&c->ledger, c->store, c->schedule, c->row, c->size, st) !=
        0) { /* workers are waiting: end all of them */
        show_on(stderr, "hmmgrid: error: %s\n", st->text);
        MPI_Abort(c->comm, status_exit_code(st->code));
    }
    c->board->now_s = clock_monotonic_s();
    set_end(c);
    commit_crashed(c, st);
    display_refresh(c);
    display_write_status(c);
    display_note_session(c, true);
    progress_show(c->progress, "start", c->board);
    if (c->size > 1)
        serve_workers(c, st);
    else
        work_alone(c, st);
    c->board->now_s = clock_monotonic_s();
    c->last_eta_s = -INFINITY;
    display_refresh(c);
    ledger_free(&c->ledger);
    return st->code;
}
