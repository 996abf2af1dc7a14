/* lock: one study, one writer. Private to src/study.
 *
 * FILE.lock   held exclusively by rank 0 while a study runs (flock; the kernel drops it when the
 *             process dies). Holds one line about the holder. Never the results file itself,
 *             on which the store has a shared lock: this one would keep readers out.
 * FILE.alive  held shared by every rank: orphans of a killed study live on for seconds and may
 *             still write; a new study waits until they are gone.
 */
#pragma once

#include "base/log.h"
#include "hmmgrid/status.h"
#include <stddef.h>

enum { ORPHAN_WAIT_S = 60 }; /* they end within seconds */

struct lock {
    int fd; /* -1: not held */
    char path[4096];
};

/* Take FILE.lock for this process, then wait up to wait_s for orphans. STATUS_CANNOT_CREATE names
 * the holder, or says why the lock file cannot be made. A held lock is waited for up to
 * held_wait_s: rank 0 of a killed study may outlive its launcher by seconds. File systems without
 * flock: a warning on
 * log, and the status file's age stands in for the lock. */
int lock_take(struct lock *lock, const char *results_path, double held_wait_s, double wait_s,
              const struct log *log, struct status *st);

/* Hold FILE.alive shared; rank 0 calls it first and makes the file. STATUS_CANNOT_CREATE, which is
 * of no importance on other ranks: the file only guards against orphans, and their node may see it
 * late. fd stays -1 where it cannot be held. */
int lock_alive(struct lock *alive, const char *results_path, struct status *st);

/* Let go. remove: also unlink the file, which is the holder's of FILE.lock to do. A lock with fd -1
 * is accepted. */
void lock_release(struct lock *lock, bool remove);
