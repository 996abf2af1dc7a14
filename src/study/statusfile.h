/* statusfile: FILE.status.json, what a study says about itself while it runs. Written to a
 * temporary name and renamed, so a reader always sees a whole one. */
#pragma once

#include "base/json.h"
#include <stdbool.h>

struct board;

/* What it holds: fields by their names, NaN and NULL where it says null. */
struct worker_status {
    double rank;
    const char *host;
    double run;                 /* NaN: idle, like key and settings */
    const char *key, *settings; /* what tells the run apart: plan_tell */
    double epoch, num_epochs;   /* 0: not known yet */
    double train_loss, val_loss;
    double last_seen_s; /* ago */
};

struct study_status {
    const char *state;   /* "running", "complete", "interrupted", "failed" */
    const char *message; /* why it ended, "" while all is well */
    const char *study, *uuid, *file;
    const char *size;      /* "14 runs (7 cells x 2 seeds)" */
    const char *chosen_by; /* "--where and --share 2/8"; NULL: nothing chose */
    double updated_unix_s, started_unix_s, deadline_unix_s, elapsed_s, eta_s, eta_half_s;
    double core_hours; /* in runs that ended */
    double ranks, workers;
    double total, pending, running, done, failed, crashed; /* runs of the file; in an event of
                                                              --progress json of the chosen ones */
    double chosen, chosen_left;                            /* by that; not ended among them */
    struct worker_status *worker;                          /* [num_workers] */
    int num_workers;
    struct pool *memory; /* owner of all the above */
};

/* Write the file beside results_path. STATUS_IO, STATUS_CANNOT_CREATE: the caller warns once, for a
 * study does not fail because its status cannot be shown. */
int statusfile_write(const char *results_path, const struct board *board, struct status *st);

/* Read it; results_path as of file_follow. false: none, not readable or damaged (*status is then
 * zeroed). Free with statusfile_free, which takes a zeroed one too. */
bool statusfile_read(const char *results_path, struct study_status *status);
void statusfile_free(struct study_status *status);

/* The fields as entries of an open JSON object. */
void statusfile_put(struct json *json, const struct study_status *status);
void statusfile_put_board(struct json *json, const struct board *board, bool whole_file);
