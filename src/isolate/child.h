/* child: the process that does the runs of a worker, one after another, and nothing else: no MPI,
 * no file. Started by isolate.c as `hmmgrid CHILD_WORD`. */
#pragma once

#include "experiment/experiment.h"

/* The command line of such a process; not for people. */
#define CHILD_WORD "--do-runs"

/* Do what is asked for until the worker closes the requests or dies. Returns the exit code; text on
 * stderr when the process was not started by a worker. */
int child_serve(run_function run);
