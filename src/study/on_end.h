/* on_end: the command that a study does when it has ended (run.on_end). Private to src/study;
 * rank 0 only. */
#pragma once

#include "base/log.h"

/* What the command finds in its environment, as HMMGRID_FILE, HMMGRID_DONE and so on. Borrowed. */
struct on_end {
    const char *file, *study, *reason; /* the file by its whole path; one line why it ended */
    int exit_code;
    int total, done, failed, crashed, pending; /* runs of the file */
};

/* Do the command by /bin/sh, in a process group of its own, without the variables by which a
 * launcher tells ranks from others. It is given 30 s; a signal that asks to stop ends it too. Its
 * output is passed on until the shell has ended; what it leaves in the background is not waited
 * for. What becomes of it is no business of the study: trouble is a warning on the log. */
void on_end_do(const char *command, const struct on_end *facts, const struct log *log);
