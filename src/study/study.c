/* study: see study.h and DESIGN section 4. Rank 0 prepares and coordinates, all open the file,
 * the others work; whatever happens, every rank leaves with the same code after a barrier.
 */
#include "base/clock.h"
#include "study.h"

#include "agenda.h"
#include "coordinator.h"
#include "memory.h"
#include "on_end.h"
#include "output.h"
#include "provenance.h"
#include "segments.h"
#include "states.h"
#include "statusfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct study {
    const struct plan *plan;
    const struct study_options *options;
    MPI_Comm comm;
    int rank, size;
    struct provenance_facts facts;
    struct output output; /* rank 0 */
    struct deadline deadline;
    struct lock alive;
    char *segments; /* rank 0: those that an earlier study left behind */
    struct store *store;
    struct worker worker;
    char folder[4096];
    struct checkpoints checkpoints; /* in this folder */
    int num_kept;                   /* of runs that are not finished; rank 0 */
    struct log log;
    /* rank 0, while coordinating */
    struct progress progress;
    struct board board;
    struct agenda agenda;
    struct session_log session;
    bool coordinated;
    char reason[1024]; /* why it ended, in a line */
};

/* --- checkpoints ------------------------------------------------------------------------------ */

static int name_checkpoints(struct study *s, struct status *st)
{
    s->checkpoints = (struct checkpoints){.folder = s->folder,
                                          .program = s->facts.program,
                                          .every_s = s->plan->study_settings.run.checkpoint_s,
                                          .keeps_state = s->plan->study_settings.run.keep_state};
    if (checkpoint_folder(s->options->output, s->folder, sizeof s->folder)) return STATUS_OK;
    return status_set(st, STATUS_CANNOT_CREATE, "%s: the path is too long", s->options->output);
}

static void look_at_checkpoint(void *context, const char *key, enum checkpoint_kind kind)
{
    struct study *s = context;
    if (kind == CHECKPOINT_STATE) return;
    int i = 0, num = s->plan->num_runs;
    while (i < num && strcmp(s->plan->runs[i].key, key) != 0) i++;
    if (i == num) return; /* not ours to remove */
    int status = s->output.status[i];
    if (status == RUN_DONE || status == RUN_FAILED || s->options->existing == EXISTING_FRESH)
        checkpoint_remove(s->folder, key);
    else if (!s->options->selected || s->options->selected[i])
        s->num_kept += kind == CHECKPOINT_NEWEST;
}

/* Rank 0, once the file is known: those of finished runs are of no use. */
static void look_at_checkpoints(struct study *s)
{
    checkpoint_each(s->folder, look_at_checkpoint, s);
    if (s->options->existing == EXISTING_FRESH)
        states_remove(s->plan, s->folder);
    else
        states_look(s->plan, s->options->selected, s->output.status, s->folder, &s->log);
    if (s->num_kept)
        log_line(&s->log, LOG_INFO, "%s: a checkpoint is kept of %d run%s", s->folder, s->num_kept,
                 s->num_kept == 1 ? "" : "s");
}

/* --- rank 0: what is known while it runs ---------------------------------------------------------
 */

static int make_board(struct study *s, struct status *st)
{
    struct board *b = &s->board;
    int workers = s->size > 1 ? s->size - 1 : 1;
    b->plan = s->plan;
    b->file = s->options->output;
    b->chosen_by = s->options->chosen_by;
    b->state = "running";
    b->ranks = s->size;
    b->num_workers = workers;
    b->deadline_s = INFINITY;
    b->start_unix_s = clock_unix_s();
    b->start_s = b->now_s = clock_monotonic_s();
    b->launched_unix_s =
        s->options->launched_unix_s > 0 ? s->options->launched_unix_s : b->start_unix_s;
    b->wall_sum_s = s->agenda.wall_sum_s;
    memcpy(b->others, s->agenda.others, sizeof b->others);
    memcpy(b->uuid, s->output.uuid, sizeof b->uuid);
    b->worker = calloc((size_t)workers, sizeof *b->worker);
    if (!b->worker) return status_no_memory(st, "the schedule");
    for (int i = 0; i < workers; i++) {
        b->worker[i].run = -1;
        b->worker[i].seen_s = b->start_s;
    }
    memcpy(b->worker[0].host, s->facts.host, sizeof b->worker[0].host);
    return 0;
}

/* --- rank 0: how it ended --------------------------------------------------------------------- */

static void find_reason(struct study *s, const struct status *st)
{
    const char *reason = st->text;
    if (st->code == STATUS_OK)
        reason = "complete";
    else if (st->code == STATUS_SOME_FAILED)
        reason = s->board.counts.too_many_failures ? "too many runs failed" : "some runs failed";
    else if (st->code == STATUS_STOPPED)
        reason = *s->board.message ? s->board.message
                                   : "no run that is left fits into the time before the deadline";
    snprintf(s->reason, sizeof s->reason, "%.*s", (int)strcspn(reason, "\n"), reason);
}

/* The sentence for people; also the text of *st for codes 0, 3 and 75. */
static void tell_end(struct study *s, struct status *st)
{
    char line[2100], rest[1024] = "", time[32];
    const char *path = s->options->output;
    struct schedule_counts c = s->board.counts;
    int code = st->code;
    progress_duration(s->board.now_s - s->board.start_s, time);
    if (code == STATUS_SOME_FAILED && c.too_many_failures)
        agenda_tell_failures(&s->agenda, c, path, rest, sizeof rest);
    else if (code == STATUS_SOME_FAILED)
        snprintf(rest, sizeof rest, "`hmmgrid why %s RUN` says why a run failed", path);
    if (code == STATUS_STOPPED)
        snprintf(rest, sizeof rest,
                 "stopped early (%.900s): %d of %d runs are left; the same command with "
                 "--resume continues",
                 s->reason, c.pending, c.total);
    snprintf(line, sizeof line, "%d done, %d failed in %s; results in %s%s%s", c.done,
             c.failed + c.crashed, time, path, *rest ? "\n" : "", rest);
    if (code == STATUS_OK || code == STATUS_SOME_FAILED || code == STATUS_STOPPED) {
        status_set(st, code, "%s", line);
        if (s->progress.kind != PROGRESS_JSON) progress_say(&s->progress, "note", "%s", line);
    }
}

/* Of the runs of this study that are done, how many bear a mark; nothing where it cannot be read.
 */
static void tell_marks(struct study *s)
{
    struct store *store = NULL;
    const char *path = s->options->output;
    int num = store_open(&store, path, NULL) ? 0 : store_num_runs(store), done = 0;
    int sum[NUM_MARKS] = {0};
    unsigned char *marks = num ? calloc((size_t)num, 1) : NULL;
    if (!marks || store_read_marks(store, marks, NULL)) goto cleanup;
    for (int j = 0; j < s->board.counts.total; j++) {
        done += store_run_status(store, s->agenda.row[j]) == RUN_DONE;
        for (int m = 0; m < NUM_MARKS; m++) sum[m] += marks[s->agenda.row[j]] >> m & 1;
    }
    for (int m = 0; m < NUM_MARKS; m++)
        if (sum[m])
            progress_say(&s->progress, m == MARK_ASTRAY ? "note" : "warning",
                         "%d of %d runs %s; see `hmmgrid summary %s`", sum[m], done,
                         store_mark_words[m], path);
cleanup:
    free(marks);
    store_close(store);
}

static void finish_board(struct study *s, struct status *st)
{
    struct board *b = &s->board;
    b->state = st->code == 0                                                    ? "complete"
               : st->code == STATUS_STOPPED || st->code == STATUS_USAGE         ? "interrupted"
               : st->code == STATUS_SOME_FAILED && !b->counts.too_many_failures ? "complete"
                                                                                : "failed";
    b->eta_s = b->eta_half_s = NAN;
    progress_show(&s->progress, "end", b);
    find_reason(s, st);
    tell_end(s, st);
    tell_marks(s);
    if (st->code) snprintf(b->message, sizeof b->message, "%.1000s", st->text);
    struct status writing = {0};
    if (statusfile_write(s->options->output, b, &writing))
        log_line(&s->log, LOG_WARNING, "%s", writing.text);
}

static void tell_start(struct study *s)
{
    char size[PLAN_COUNT_BYTES];
    plan_count(s->plan, schedule_counts(s->agenda.schedule).total, s->options->chosen_by, size);
    if (s->progress.kind != PROGRESS_JSON) /* its first event says it too */
        progress_say(&s->progress, "note", "study %s: %s", s->plan->study, size);
}

static void begin_session(struct study *s)
{
    struct status st = {0};
    bool fresh = s->output.action == OUTPUT_CREATE || s->output.action == OUTPUT_REPLACE;
    if (session_log_open(&s->session, s->options->output, fresh, &st))
        log_line(&s->log, LOG_WARNING,
                 "%s; the study goes on, `hmmgrid status --usage` will lack it", st.text);
}

static void coordinate(struct study *s, struct status *st)
{
    struct coordinator c = {
        .plan = s->plan,
        .comm = s->comm,
        .schedule = s->agenda.schedule,
        .row = s->agenda.row,
        .store = s->store,
        .board = &s->board,
        .session = &s->session,
        .progress = &s->progress,
        .status_path = s->options->output,
        .checkpoints = s->folder,
        .deadline = &s->deadline,
        .reserve_s = s->plan->study_settings.run.reserve_s,
        .ledger.blamed = s->plan->study_settings.run.isolate == ISOLATE_NONE,
    };
    s->coordinated = true;
    begin_session(s);
    deadline_first(&s->deadline, s->options->deadline_s, &s->log);
    tell_start(s);
    if (coordinator_run(&c, s->size > 1 ? NULL : &s->worker, st) == 0)
        st->code = schedule_exit_code(s->agenda.schedule);
    if (st->code == STATUS_STOPPED && c.num_started == 0 && !c.signal)
        agenda_refuse_time(c.end_s + c.reserve_s - s->board.start_s, c.reserve_s, st);
}

/* --- all ranks -------------------------------------------------------------------------------- */

/* The file and rank 0's tables; nothing is open on failure but what `release` closes. */
static int prepare_all(struct study *s, struct status *st)
{
    provenance_gather_all(&s->facts, s->options->command_line, s->comm);
    *st = (struct status){0};
    int code = name_checkpoints(s, st);
    if (s->rank == 0) {
        progress_init(&s->progress, s->options->progress, s->options->err);
        if (!code)
            code = output_prepare(&s->output, s->plan, s->options, &s->facts.view, &s->log, st);
        if (!code) look_at_checkpoints(s);
        if (!code) code = agenda_make(&s->agenda, s->plan, s->options->selected, &s->output, st);
        if (!code) code = make_board(s, st);
        if (!code) s->segments = segments_left(s->options->output);
        if (!code) code = lock_alive(&s->alive, s->options->output, st);
        st->code = code;
    }
    if (protocol_agree_all(s->comm, st)) return st->code;
    if (s->rank > 0) lock_alive(&s->alive, s->options->output, NULL);
    segments_renew_all(s->comm, s->segments, s->alive.fd);
    code = store_open_all(&s->store, s->options->output, s->plan, s->comm, st);
    if (code) return code;

    s->worker = (struct worker){.plan = s->plan,
                                .store = s->store,
                                .run = s->options->run,
                                .rank = s->rank,
                                .checkpoints = &s->checkpoints,
                                .log = &s->log};
    memcpy(s->worker.host, s->facts.host, sizeof s->worker.host);
    s->worker.version = s->facts.program;
    double share = memory_share_all(s->comm);
    if (s->rank > 0 || s->size == 1) worker_init(&s->worker, share, st);
    return protocol_agree_all(s->comm, st);
}

static void run_all(struct study *s, struct status *st)
{
    if (s->rank == 0)
        coordinate(s, st);
    else
        worker_serve(&s->worker, s->comm);
    protocol_agree_all(s->comm, st);
}

/* In order, whatever became of the runs; otherwise the file or the program is at fault. */
static bool has_ended(int code)
{
    return code == STATUS_OK || code == STATUS_SOME_FAILED || code == STATUS_STOPPED ||
           code == STATUS_USAGE;
}

static void release_all(struct study *s, struct status *st)
{
    struct status closing = {0};
    bool abandoned = s->store && !has_ended(st->code);
    if (abandoned)
        store_abandon(s->store);
    else if (s->store && store_close_all(s->store, &closing) != 0) {
        abandoned = true;
        *st = closing;
    }
    if (abandoned && s->options->abandoned) *s->options->abandoned = true;
    if (!closing.code && *closing.text) log_line(&s->log, LOG_WARNING, "%s", closing.text);
    worker_free(&s->worker);
    MPI_Barrier(s->comm); /* nobody writes any more */
    lock_release(&s->alive, s->rank == 0);
    if (s->coordinated) finish_board(s, st);
    if (s->coordinated) checkpoint_remove_folder(s->folder);
    protocol_agree_all(s->comm, st);
    deadline_free(&s->deadline);
    if (s->rank == 0) output_free(&s->output);
    agenda_free(&s->agenda);
    free(s->segments);
    provenance_free(&s->facts);
}

/* Rank 0, when all is told, and again when the command of run.on_end has ended, which may be long
 * after or never. */
static void note_end(struct study *s)
{
    struct status st = {0};
    if (session_log_note(&s->session, &s->board, s->reason, true, &st))
        log_line(&s->log, LOG_WARNING, "%s", st.text);
}

/* Rank 0, when the file is closed and let go of: the command of run.on_end. */
static void do_on_end(struct study *s, int code)
{
    const int *others = s->board.others;
    struct schedule_counts c = s->board.counts;
    char *real = realpath(s->options->output, NULL);
    struct on_end facts = {.file = real ? real : s->options->output,
                           .study = s->plan->study,
                           .reason = s->reason,
                           .exit_code = status_exit_code(code),
                           .done = c.done + others[RUN_DONE],
                           .failed = c.failed + others[RUN_FAILED],
                           .crashed = c.crashed + others[RUN_CRASHED],
                           .pending = c.pending + others[RUN_PENDING]};
    facts.total = facts.done + facts.failed + facts.crashed + facts.pending;
    on_end_do(s->plan->study_settings.run.on_end, &facts, &s->log);
    free(real);
}

int study_run_all(const struct plan *plan, const struct study_options *options, MPI_Comm comm,
                  struct status *st)
{
    struct study s = {
        .plan = plan, .options = options, .output = {.lock = {.fd = -1}}, .alive = {.fd = -1}};
    if (MPI_Comm_dup(comm, &s.comm) != MPI_SUCCESS)
        return status_set(st, STATUS_INTERNAL, "MPI_Comm_dup failed");
    MPI_Comm_set_errhandler(s.comm, MPI_ERRORS_RETURN);
    MPI_Comm_rank(s.comm, &s.rank);
    MPI_Comm_size(s.comm, &s.size);
    log_init(&s.log, options->err, -1);
    s.log.timed = true;

    if (prepare_all(&s, st) == 0) run_all(&s, st);
    release_all(&s, st);
    if (s.coordinated) note_end(&s);
    if (plan->study_settings.run.on_end) {
        if (s.coordinated) do_on_end(&s, st->code);
        protocol_of_rank_0(s.comm, 0);
    }
    if (s.coordinated) {
        note_end(&s);
        session_log_close(&s.session);
    }
    free(s.board.worker);

    MPI_Comm_free(&s.comm);
    return st->code;
}
