/* lock: see lock.h and RELIABILITY section 3. Refuses to break a lock: a dead holder's is gone by
 * itself. */
#include "lock.h"

#include "base/clock.h"
#include "base/file.h"
#include "study.h"
#include "statusfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 20 };

static const double heartbeat_limit_s = 30; /* rank 0 renews the status file every second */

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000L * ms}, NULL);
}

static int make_path(char *path, size_t n, const char *results_path, const char *suffix)
{
    int length = snprintf(path, n, "%s%s", results_path, suffix);
    return length > 0 && (size_t)length < n;
}

static void read_holder(int fd, char *holder, size_t n)
{
    ssize_t got = n > 1 ? pread(fd, holder, n - 1, 0) : 0;
    holder[got > 0 ? got : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
}

static int write_holder(int fd)
{
    char host[HOST_BYTES] = "?", line[256];
    gethostname(host, sizeof host - 1);
    const char *job = getenv("SLURM_JOB_ID");
    int n = snprintf(line, sizeof line, "host %s pid %ld%s%.60s\n", host, (long)getpid(),
                     job ? " slurm job " : "", job ? job : "");
    return ftruncate(fd, 0) == 0 && pwrite(fd, line, (size_t)n, 0) == n ? 0 : -1;
}

static int refuse_held(const char *results_path, const char *holder, struct status *st)
{
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: another study is writing this file (%s); wait for it, stop it, or give "
                      "another -o (hmmgrid status shows how far it is)",
                      results_path, *holder ? holder : "holder unknown");
}

/* Does the status file say that a study runs, and did so lately? */
static bool is_renewed(const char *results_path)
{
    struct study_status s;
    bool running = statusfile_read(results_path, &s) && strcmp(s.state, "running") == 0;
    running = running && clock_unix_s() - s.updated_unix_s < heartbeat_limit_s;
    statusfile_free(&s);
    return running;
}

/* Where flock does not work: a status file that was renewed lately means a living study. */
static int take_without_flock(const char *results_path, const struct log *log, struct status *st)
{
    if (is_renewed(results_path))
        return refuse_held(results_path, "its status file is being renewed", st);
    log_line(log, LOG_WARNING,
             "%s: this file system has no locks (flock); make sure that no "
             "second study writes this file",
             results_path);
    return 0;
}

/* *again: the lock file was replaced meanwhile; *held: somebody has the lock. */
static int take_once(struct lock *lock, const char *results_path, const struct log *log,
                     bool *again, bool *held, struct status *st)
{
    *again = *held = false;
    lock->fd = file_create(lock->path, false, st);
    if (lock->fd < 0) return STATUS_CANNOT_CREATE;
    int code = 0, error = file_lock(lock->fd, LOCK_EX);
    if (!error) {
        *again = !file_is(lock->fd, lock->path); /* its holder removed it meanwhile */
        if (!*again && write_holder(lock->fd) != 0)
            code = file_fail(st, STATUS_IO, lock->path, "write the lock file", errno);
    } else if (error == EWOULDBLOCK) {
        char holder[256];
        read_holder(lock->fd, holder, sizeof holder);
        *held = true;
        code = refuse_held(results_path, holder, st);
    } else if (file_has_no_locks(error)) {
        code = take_without_flock(results_path, log, st);
    } else {
        code = file_fail(st, STATUS_CANNOT_CREATE, lock->path, "lock it", error);
    }
    if (code || *again) lock_release(lock, code && !error); /* ours, but it could not be written */
    return code;
}

/* Wait until no rank of an earlier study lives. */
static int wait_for_orphans(const char *results_path, double wait_s, const struct log *log,
                            struct status *st)
{
    char path[4096];
    if (!make_path(path, sizeof path, results_path, ".alive")) return 0;
    if (access(path, F_OK) != 0) return 0;
    int fd = file_create(path, false, st);
    if (fd < 0) return STATUS_CANNOT_CREATE;
    double start_s = clock_monotonic_s();
    bool told = false;
    int code = 0;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        double waited_s = clock_monotonic_s() - start_s;
        if (waited_s > wait_s) {
            code = status_set(st, STATUS_CANNOT_CREATE,
                              "%s: ranks of an earlier study are still alive after %.0f s (%s is "
                              "held); end those processes, then try again",
                              results_path, waited_s, path);
            break;
        }
        if (!told && waited_s > 1)
            log_line(log, LOG_INFO, "waiting for the last ranks of an earlier study to end");
        told = waited_s > 1;
        sleep_ms(50);
    }
    close(fd);
    return code;
}

int lock_take(struct lock *lock, const char *results_path, double held_wait_s, double wait_s,
              const struct log *log, struct status *st)
{
    *lock = (struct lock){.fd = -1};
    if (!make_path(lock->path, sizeof lock->path, results_path, ".lock"))
        return status_set(st, STATUS_CANNOT_CREATE, "%.200s...: the path is too long",
                          results_path);
    double start_s = clock_monotonic_s();
    bool again = true;
    int code = 0;
    for (int i = 0; again && i < TRIES; i++) {
        bool held = false;
        code = take_once(lock, results_path, log, &again, &held, st);
        if (held && clock_monotonic_s() - start_s < held_wait_s)
            again = true, i = 0;
        else if (code)
            return code;
    }
    if (again) return refuse_held(results_path, "many studies start at once", st);
    code = wait_for_orphans(results_path, wait_s, log, st);
    if (code) lock_release(lock, true);
    return code;
}

void lock_release(struct lock *lock, bool remove)
{
    if (lock->fd < 0) return;
    /* still locked: whoever opened FILE.lock before sees another inode, tries again */
    if (remove) unlink(lock->path);
    close(lock->fd);
    lock->fd = -1;
}

int lock_alive(struct lock *alive, const char *results_path, struct status *st)
{
    *alive = (struct lock){.fd = -1};
    if (!make_path(alive->path, sizeof alive->path, results_path, ".alive")) return STATUS_OK;
    alive->fd = file_create(alive->path, false, st);
    if (alive->fd < 0) return STATUS_CANNOT_CREATE;
    if (file_lock(alive->fd, LOCK_SH) != 0) lock_release(alive, false);
    return STATUS_OK;
}

bool study_is_locked(const char *results_path, char *holder, size_t n)
{
    char path[4096];
    if (n > 0) holder[0] = '\0';
    if (!make_path(path, sizeof path, results_path, ".lock")) return false;
    int fd = file_open(path, O_RDONLY, "a lock file", NULL);
    if (fd < 0) return false;
    bool locked = false;
    if (flock(fd, LOCK_SH | LOCK_NB) != 0)
        locked = errno == EWOULDBLOCK || (file_has_no_locks(errno) && is_renewed(results_path));
    if (locked && n > 0) read_holder(fd, holder, n);
    close(fd);
    return locked;
}
