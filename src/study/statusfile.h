/* statusfile: FILE.status.json, what a study says about itself while it runs. Private to src/study
 * and the verb `status`. Written to a temporary name and renamed, so a reader always sees a whole
 * one. One top-level key a line, one worker a line: the reader below relies on that. */
#ifndef HMMGRID_RUN_STATUSFILE_H
#define HMMGRID_RUN_STATUSFILE_H

#include "board.h"

#include <stdio.h>

/* Write the file beside results_path. Returns 0, or -1 with errno set: the caller warns once, for
 * a study does not fail because its status cannot be shown. */
int statusfile_write(const char *results_path, const struct board *board);

/* The same JSON object on a stream, on one line when one_line. */
void statusfile_print(FILE *out, const struct board *board, bool one_line);

/* Text as a JSON string, quotes included. */
void statusfile_print_text(FILE *out, const char *text);

/* The text of the status file (malloc'd) or NULL: none, or not readable. */
char *statusfile_read(const char *results_path);

/* Value of a top-level key as text without quotes (buf, n) / as a number (NaN when absent or
 * null). false / NaN when there is none. */
bool statusfile_text(const char *json, const char *key, char *buf, size_t n);
double statusfile_number(const char *json, const char *key);

/* Does it say "running"? *age_s: seconds since it was renewed. */
bool statusfile_is_running(const char *results_path, double *age_s);

#endif
