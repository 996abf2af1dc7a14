/* command: another program, without a shell and without a fork (MPI forbids it). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* What becomes of what it says on stderr. */
enum command_stderr { STDERR_NOWHERE, STDERR_TOO, STDERR_OURS }; /* TOO: like its stdout */

/* Start argv (NULL behind the last), argv[0] found on the PATH; its stdin is empty, and what it
 * prints comes out of *out, a pipe that does not block and is the caller's to close, as the process
 * is the caller's to wait for. 0: it cannot be started, errno says why. */
pid_t command_start(const char *const *argv, enum command_stderr where, int *out);

/* Start it, keep the first room - 1 bytes that it prints, and a NUL, and wait until it ends; after
 * limit_s it is killed. Returns its exit code, 128 + the signal that ended it, -1: it could not be
 * started (errno) or did not end in time (errno 0). */
int command_ask(const char *const *argv, enum command_stderr where, double limit_s, char *text,
                size_t room);
