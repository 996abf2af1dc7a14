/* ledger: see ledger.h. Refuses to choose runs, to send messages and to judge what a broken file
 * means for the study. */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>

int ledger_init(struct ledger *l, struct store *store, struct schedule *schedule, const int *row,
                int room, struct status *st)
{
    *l = (struct ledger){
        .store = store, .schedule = schedule, .row = row, .room = room, .blamed = l->blamed};
    size_t n = (size_t)room;
    l->start = calloc(n, sizeof *l->start);
    l->start_row = calloc(n, sizeof *l->start_row);
    l->end = calloc(n, sizeof *l->end);
    l->commit = calloc(n, sizeof *l->commit);
    if (l->start && l->start_row && l->end && l->commit) return 0;
    ledger_free(l);
    return status_no_memory(st, "the ledger of rank 0");
}

void ledger_free(struct ledger *l)
{
    if (!l) return;
    free(l->start);
    free(l->start_row);
    free(l->end);
    free(l->commit);
    *l = (struct ledger){.room = 0};
}

/* --- starts ----------------------------------------------------------------------------------- */

void ledger_note_start(struct ledger *l, int rank, int job)
{
    l->start[l->num_starts] = (struct ledger_start){rank, job};
    l->start_row[l->num_starts++] = l->row[job];
}

int ledger_begin(struct ledger *l, struct status *st)
{
    int code =
        l->store ? store_begin_runs(l->store, l->start_row, l->num_starts, l->blamed, st) : 0;
    if (!code) return 0;
    l->broken = true;
    for (int i = 0; i < l->num_starts; i++)
        schedule_ended(l->schedule, l->start[i].job, RUN_PENDING, 0);
    return code;
}

void ledger_forget_starts(struct ledger *l)
{
    l->num_starts = 0;
}

/* --- ends ------------------------------------------------------------------------------------- */

void ledger_note_end(struct ledger *l, int job, const struct up_message *up)
{
    int i = l->num_ends++;
    struct ledger_end *end = &l->end[i];
    end->job = job;
    end->wall_s = up->wall_s;
    l->commit[i] = (struct store_commit){.run = up->run,
                                         .attempt = up->attempt,
                                         .status = up->status,
                                         .checksum = up->checksum,
                                         .deaths = schedule_deaths(l->schedule, job) +
                                                   (up->status == RUN_CRASHED)};
}

int ledger_commit(struct ledger *l, double *wall_s, struct status *st)
{
    int num = l->num_ends, code = 0;
    l->num_ends = 0;
    *wall_s = 0;
    if (num > 0 && !l->broken && l->store) code = store_commit_runs(l->store, l->commit, num, st);
    if (code) l->broken = true;
    for (int i = 0; i < num; i++) {
        int status = l->broken ? RUN_PENDING : l->commit[i].status;
        schedule_ended(l->schedule, l->end[i].job, status, l->end[i].wall_s);
        if (status != RUN_PENDING && l->end[i].wall_s > 0) *wall_s += l->end[i].wall_s;
    }
    return code;
}

int ledger_commit_crashed(struct ledger *l, int job, char error[256], struct status *st)
{
    int attempts = schedule_attempts(l->schedule, job), deaths = schedule_deaths(l->schedule, job);
    snprintf(error, 256, "its rank died %d time%s; a larger --retries takes it up again", deaths,
             deaths == 1 ? "" : "s");
    struct store_commit commit = {.run = l->row[job],
                                  .attempt = attempts,
                                  .status = RUN_CRASHED,
                                  .error = error,
                                  .deaths = deaths};
    int code = l->store ? store_commit_runs(l->store, &commit, 1, st) : 0;
    if (code) l->broken = true;
    return code;
}
