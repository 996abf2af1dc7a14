/* limits: what the shell or the job allows a process (ulimit). */
#pragma once

#include "hmmgrid/status.h"

/* STATUS_USAGE where a limit leaves less than hmmgrid and its libraries need to start: they would
 * hang or crash by themselves, some at an exit too, hence leave by _exit. */
int limits_check(struct status *st);

/* At the hard limit of processor time the kernel kills, at the soft one it sends SIGXCPU: let the
 * soft one come up to 10 s before the hard one, for an end in good order. Once a process. */
void limits_keep_cpu_s(void);

/* The hard limit of processor time of a process, INFINITY: none. */
double limits_cpu_s(void);
