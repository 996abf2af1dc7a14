/* sessions: FILE.sessions, a line of JSON for every session of the study on a results file: when it
 * began and ended, or was last alive, with how many ranks, and what they did. A line is rewritten
 * in its place while its session lasts, so that one that is killed leaves what it had come to.
 * Written by rank 0, which holds the study's lock; never synced: a power cut costs the last
 * seconds. */
#pragma once

#include "base/json.h"
#include <stdbool.h>

struct board;

struct session {
    const char *uuid;   /* of the results file */
    const char *state;  /* of struct study_status; "running": it goes on, or was killed */
    const char *reason; /* why it ended, a line; "" while it goes on */
    const char *host;   /* of rank 0 */
    double begun_unix_s, last_unix_s; /* last sign of life, or its end */
    double ranks, workers;
    double busy_s; /* of all workers together, in runs that were handed out to them */
};

/* --- writing ---------------------------------------------------------------------------------- */

struct session_log {
    int fd; /* -1: not open */
    uint64_t at;
    double written_s, begun_unix_s;
    char host[72];
    bool troubled; /* that it cannot be written was told */
};

/* Begin a line. fresh: the results file is new, and so is the list. STATUS_CANNOT_CREATE: a study
 * does without. */
int session_log_open(struct session_log *log, const char *results_path, bool fresh,
                     struct status *st);

/* Renew the line, not more often than twice a second unless `now`. reason: "" while it goes on.
 * STATUS_IO the first time that it cannot be written. */
int session_log_note(struct session_log *log, const struct board *board, const char *reason,
                     bool now, struct status *st);
void session_log_close(struct session_log *log);

/* --- reading ---------------------------------------------------------------------------------- */

struct sessions {
    struct session *item; /* (num), in the order in which they began */
    int num, num_damaged; /* lines that say nothing */
    struct pool *memory;  /* owner of the above */
};

/* Those of the results file of this name and uuid; results_path as of file_follow. None where there
 * is no list, or that of another file. STATUS_NO_MEMORY. Free with sessions_free. */
int sessions_read(const char *results_path, const char *uuid, struct sessions *sessions,
                  struct status *st);
void sessions_free(struct sessions *sessions);

/* The fields as entries of an open JSON object. */
void session_put(struct json *json, const struct session *session);
