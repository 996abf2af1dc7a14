/* log: lines for people on a stream, with a level and, when more than one rank talks, its rank.
 * Holds no global state: whoever logs is handed a struct log. Results never go through it. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log {
    FILE *out;            /* borrowed, usually stderr; NULL: silent */
    enum log_level level; /* lines above it are dropped */
    int rank;             /* -1: no rank shown */
    bool timed;           /* each line with its time, for a log of hours; false unless set */
    bool colour;          /* only when out is a terminal and NO_COLOR is unset */
};

/* level from HMMGRID_LOG (error|warning|info|debug, default info); colour as described above. */
void log_init(struct log *log, FILE *out, int rank);

/* "2026-01-31T12:00:00 ", local time, where the stream is a file and no terminal; "" there. */
const char *log_time(FILE *out, char text[32]);

/* The text behind a head that ends with a blank or is "", at once. Lines behind the first are
 * indented, and so is what does not fit a terminal; elsewhere a line stays one, for grep. */
void log_text(FILE *out, const char *head, const char *text);

/* One such text, behind "hmmgrid: warning: ". log may be NULL. */
void log_line(const struct log *log, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
