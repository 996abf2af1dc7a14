/* progress: what a person sees of a running study, on one stream (stderr). Private to src/study.
 * bar: one line that is drawn over, on a terminal; plain: one line a minute and at events, for log
 * files; json: one JSON object a line, with an "event"; none: nothing but errors. */
#pragma once

#include "board.h"
#include "study.h"

struct progress {
    int kind;      /* enum study_progress, never AUTO after progress_init */
    FILE *err;     /* borrowed */
    bool colour;   /* of the terminal */
    bool drawn;    /* the bar's line is on the screen */
    double last_s; /* monotonic clock of the last line */
};

/* AUTO becomes BAR on a terminal, otherwise PLAIN. */
void progress_init(struct progress *progress, int kind, FILE *err);

/* Show the board when it is time to: call often. */
void progress_tick(struct progress *progress, const struct board *board);
/* Show it at once: event is "start", "progress" or "end". */
void progress_show(struct progress *progress, const char *event, const struct board *board);

/* A line at once: event is "failed", "warning" or "note". Warnings are shown by every kind,
 * failures by every kind but none. */
void progress_say(struct progress *progress, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "0.4s", "1m23s", "2h05m", "3d04h"; "?" for NaN. */
const char *progress_duration(double seconds, char buf[32]);
