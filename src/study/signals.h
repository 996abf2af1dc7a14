/* signals: SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGXCPU ask the study to stop early and
 * resumably. Private to src/study. Handlers only set a flag (SA_RESTART: no system call is cut
 * short by them); a second SIGINT or SIGTERM, half a second later or more, ends the process at
 * once, as the shell expects (128 + n). SIGHUP stays ignored where it was (nohup). SIGPIPE is
 * ignored: a study outlives the reader of its messages. What the parent blocked is let through. */
#pragma once

#include "hmmgrid/status.h"

#include <signal.h>

enum { NUM_STOP_SIGNALS = 6 };

/* What was in place before. */
struct signals {
    struct sigaction before[NUM_STOP_SIGNALS], pipe_before;
    sigset_t blocked_before;
};

/* Forget earlier signals and install the handlers; restore puts back what was there. */
void signals_install(struct signals *signals);
void signals_restore(const struct signals *signals);

/* The signal that asked to stop, 0 when none did. */
int signals_received(void);

/* STATUS_STOPPED where one did before a study began; else STATUS_OK. */
int signals_check(struct status *st);

/* "SIGTERM" */
const char *signals_name(int number);
