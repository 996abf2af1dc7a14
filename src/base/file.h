/* file: regular files by their names, bytes at offsets, locks, and errors of the system as
 * sentences with advice. Whatever else may stand at a name (a pipe, a device, a link that somebody
 * put there) is never waited for and never written into. */
#pragma once

#include "hmmgrid/status.h"
#include <stddef.h>
#include <stdint.h>

/* --- names ------------------------------------------------------------------------------------ */

/* Where a results path leads: links that its last part is are followed, to a file that need not be
 * there yet. *real is malloc'd. STATUS_NO_MEMORY, STATUS_CANNOT_CREATE (links in a circle). */
int file_follow(const char *path, char **real, struct status *st);

/* The regular file at path, links followed. flags: O_RDONLY or O_RDWR; what: "a results file".
 * Returns its descriptor; -1, *st filled: STATUS_NO_INPUT, or STATUS_CANNOT_CREATE when it is only
 * writing that cannot be done. */
int file_open(const char *path, int flags, const char *what, struct status *st);

/* A file of our own for reading and writing, at this very name: links are refused (also a file that
 * has other names) and so is all that is no regular file. fresh: always a new one, in the place of
 * what a process that was killed left there; else made when it is not there. Returns its
 * descriptor; -1, *st filled: STATUS_CANNOT_CREATE. */
int file_create(const char *path, bool fresh, struct status *st);

/* What stands at this name in an open folder (AT_FDCWD: the one that we are in) that is no regular
 * file, links not followed: "a symbolic link", "a pipe"; NULL: nothing, or a regular file. */
const char *file_kind(int folder, const char *name);

/* Is this descriptor the file of that name? */
bool file_is(int fd, const char *path);

/* --- locks -------------------------------------------------------------------------------------
 */

/* flock (LOCK_EX or LOCK_SH) without waiting; a look by others holds one for moments: tries for
 * 200 ms. 0; EWOULDBLOCK: held by others; or another errno. */
int file_lock(int fd, int how);

/* Is this errno of file_lock that of a file system without locks? */
bool file_has_no_locks(int error);

/* --- bytes and errors ----------------------------------------------------------------------------
 */

/* All n bytes or an errno value (ENODATA: the file ends before). Interrupted calls are repeated. */
int file_read_at(int fd, uint64_t offset, void *buf, size_t n);
int file_write_at(int fd, uint64_t offset, const void *buf, size_t n);

/* The first `room` bytes of a text: a file, a pipe such as the shell's <(...), "-": standard input.
 * Nothing but standard input is waited for longer than SILENCE_S at a time (ETIMEDOUT). *num: how
 * many there are. An errno value. */
enum { SILENCE_S = 30 };
int file_read_text(const char *path, char *buf, size_t room, size_t *num);

/* Make a folder, and those above it, unless they are there. STATUS_CANNOT_CREATE. */
int file_make_folder(const char *path, struct status *st);

/* fsync of the directory that holds path. */
int file_sync_directory(const char *path, struct status *st);

/* What helps against an errno, "; ...", or "". */
const char *file_advice(int error);

/* "PATH: cannot DOING: reason; advice", with the advice that fits errno. Returns code. */
int file_fail(struct status *st, int code, const char *path, const char *doing, int error);
