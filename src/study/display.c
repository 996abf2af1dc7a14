/* display: see display.h. Refuses to send messages but the last one. */
#include "display.h"

#include "statusfile.h"

#include "base/clock.h"
#include "base/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double eta_every_s = 1;
/* to a worker that is to stop: its run has 10 s where it has a process, and asks rarely where not
 */
static const double given_up_after_s = 15, given_up_alone_after_s = 120;

void display_refresh(struct coordinator *c)
{
    struct board *b = c->board;
    b->counts = schedule_counts(c->schedule);
    if (b->now_s - c->last_eta_s < eta_every_s) return;
    c->last_eta_s = b->now_s; /* looks at every run */
    for (int i = 0; i < b->num_workers; i++)
        if (b->worker[i].phase == RANK_BUSY)
            schedule_elapsed(c->schedule, b->worker[i].job, b->now_s - b->worker[i].begun_s);
    schedule_eta(c->schedule, b->num_workers, &b->eta_s, &b->eta_half_s);
}

void display_write_status(struct coordinator *c)
{
    c->last_status_s = c->board->now_s;
    struct status st = {0};
    if (!c->status_path || statusfile_write(c->status_path, c->board, &st) == 0) return;
    if (!c->warned_status_file)
        progress_say(c->progress, "warning",
                     "%s; the study goes on, `hmmgrid status` will be out of date", st.text);
    c->warned_status_file = true;
}

void display_note_session(struct coordinator *c, bool now)
{
    struct status st = {0};
    if (c->session && session_log_note(c->session, c->board, "", now, &st))
        progress_say(c->progress, "warning", "%s; the study goes on", st.text);
}

const char *display_run(const struct coordinator *c, int row, char text[256])
{
    char *told = plan_tell(c->plan, row);
    snprintf(text, 256, "run %d (%.200s; key %.8s)", row, told ? told : "", c->plan->runs[row].key);
    free(told);
    return text;
}

void display_silence(struct coordinator *c)
{
    char run[256];
    for (int i = 1; i < c->size; i++) {
        struct board_worker *w = board_of_rank(c->board, i);
        if (w->phase != RANK_BUSY || w->told_silent || c->board->now_s - w->seen_s < SILENT_AFTER_S)
            continue;
        w->told_silent = true;
        progress_say(c->progress, "warning",
                     "rank %d (%s): no sign of life for %.0f s; it is at %s", i, w->host,
                     c->board->now_s - w->seen_s, display_run(c, w->run, run));
    }
}

/* --- ranks that give no sign of life ---------------------------------------------------------- */

/* Nobody can wait for them, and no collective call can end. What is on disk is whole. */
static void leave(struct coordinator *c)
{
    struct board *b = c->board;
    b->state = "interrupted";
    display_refresh(c);
    display_write_status(c);
    display_note_session(c, true);
    show_on(stderr, "hmmgrid: %s\n", b->message);
    MPI_Abort(c->comm, STATUS_STOPPED);
}

static void leave_without(struct coordinator *c, int rank)
{
    char run[256] = "";
    struct board *b = c->board;
    const struct board_worker *w = board_of_rank(b, rank);
    if (w->run >= 0) display_run(c, w->run, run);
    snprintf(b->message, sizeof b->message,
             "rank %d (%s) has said nothing for %.0f s, though it is to stop%s%s; the other ranks "
             "left without it, and --resume continues",
             rank, w->host, b->now_s - fmax(w->heard_s, b->start_s), *run ? "; it was at " : "",
             run);
    leave(c);
}

void lost_look(struct coordinator *c)
{
    bool apart = c->plan->study_settings.run.isolate == ISOLATE_PROCESS;
    double most_s = apart ? given_up_after_s : given_up_alone_after_s;
    for (int i = 1; i < c->size && c->stopping; i++) {
        const struct board_worker *w = board_of_rank(c->board, i);
        bool awaited = w->phase == RANK_BUSY || w->phase == RANK_UNKNOWN;
        if (awaited && c->board->now_s - fmax(w->heard_s, c->stopping_s) > most_s)
            leave_without(c, i);
    }
}

void lost_wait(struct coordinator *c)
{
    if (protocol_meet_all(c->comm, given_up_after_s)) return;
    c->board->now_s = clock_monotonic_s();
    snprintf(c->board->message, sizeof c->board->message,
             "a rank that has nothing to do has said nothing for %.0f s, though the study has come "
             "to its end; the other ranks left without it: --resume closes the file",
             given_up_after_s);
    leave(c);
}
