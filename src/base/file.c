/* file: see file.h. Refuses to retry a failed sync: after one the state of the data is unknown. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- names ------------------------------------------------------------------------------------ */

static const char *kind_of_file(mode_t mode)
{
    return S_ISDIR(mode)    ? "a directory"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISLNK(mode)  ? "a symbolic link"
           : S_ISREG(mode)  ? "a file that has other names too (hard links)"
                            : "a device";
}

const char *file_kind(int folder, const char *name)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || S_ISREG(info.st_mode))
        return NULL;
    return kind_of_file(info.st_mode);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool file_is(int fd, const char *path)
{
    struct stat open_file, named;
    return fstat(fd, &open_file) == 0 && stat(path, &named) == 0 && is_same(&open_file, &named);
}

/* One link further: *at is freed and made anew; NULL: memory is out. */
static void follow_link(char **at, const char *target)
{
    char *slash = *target == '/' ? NULL : strrchr(*at, '/'), *next;
    int dir = slash ? (int)(slash + 1 - *at) : 0;
    if (asprintf(&next, "%.*s%s", dir, *at, target) < 0) next = NULL;
    free(*at);
    *at = next;
}

int file_follow(const char *path, char **real, struct status *st)
{
    enum { MOST_LINKS = 40 };
    char target[PATH_MAX], *at = strdup(path);
    struct stat named, found;
    ssize_t n;
    *real = NULL;
    for (int links = 0; at && (n = readlink(at, target, sizeof target - 1)) > 0; links++) {
        target[n] = '\0';
        follow_link(&at, target);
        if (links < MOST_LINKS) continue;
        free(at);
        return file_fail(st, STATUS_CANNOT_CREATE, path, "follow this link", ELOOP);
    }
    /* a link of /proc names what has no name, such as a pipe: it stays as it is */
    if (at && stat(path, &named) == 0 && (stat(at, &found) != 0 || !is_same(&named, &found))) {
        free(at);
        at = strdup(path);
    }
    *real = at;
    return at ? STATUS_OK : status_no_memory(st, "%s", path);
}

int file_open(const char *path, int flags, const char *what, struct status *st)
{
    struct stat info;
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error = errno;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) return fd;
    if (fd >= 0) close(fd);
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        status_set(st, STATUS_NO_INPUT, "%s: %s, not a regular file; name %s", path,
                   kind_of_file(info.st_mode), what);
    else if (error == ENOENT || error == ENOTDIR)
        status_set(st, STATUS_NO_INPUT, "%s: cannot open it: %s; check the path", path,
                   strerror(error));
    else if ((flags & O_ACCMODE) == O_RDONLY)
        file_fail(st, STATUS_NO_INPUT, path, "open it", error);
    else
        file_fail(st, STATUS_CANNOT_CREATE, path, "open it for writing", error);
    return -1;
}

int file_create(const char *path, bool fresh, struct status *st)
{
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    struct stat info;
    int fd = -1, error = 0;
    if (fresh && lstat(path, &info) == 0 && S_ISREG(info.st_mode) && unlink(path) != 0)
        error = errno;
    if (!error) fd = open(path, flags | (fresh ? O_EXCL : 0), 0666), error = errno;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink <= 1) return fd;
    if (fd >= 0) close(fd);
    if (lstat(path, &info) == 0 && (fd >= 0 || !S_ISREG(info.st_mode)))
        status_set(st, STATUS_CANNOT_CREATE,
                   "%s: is %s, and hmmgrid writes only into a file of its own there; remove it",
                   path, kind_of_file(info.st_mode));
    else
        file_fail(st, STATUS_CANNOT_CREATE, path, "create it", error);
    return -1;
}

/* --- locks -------------------------------------------------------------------------------------
 */

int file_lock(int fd, int how)
{
    enum { TRIES = 20 };
    for (int i = 0; flock(fd, how | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK || i == TRIES) return errno;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return 0;
}

bool file_has_no_locks(int error)
{
    return error == ENOSYS || error == EOPNOTSUPP || error == ENOLCK || error == EINVAL;
}

/* --- bytes and errors ----------------------------------------------------------------------------
 */

static const size_t largest_call = (size_t)256 << 20; /* larger single calls fail on some systems */

int file_read_at(int fd, uint64_t offset, void *buf, size_t n)
{
    char *at = buf;
    while (n > 0) {
        ssize_t got = pread(fd, at, n < largest_call ? n : largest_call, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return ENODATA;
        at += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return 0;
}

int file_write_at(int fd, uint64_t offset, const void *buf, size_t n)
{
    const char *at = buf;
    while (n > 0) {
        ssize_t put = pwrite(fd, at, n < largest_call ? n : largest_call, (off_t)offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno;
        if (put == 0) return EIO;
        at += put;
        offset += (uint64_t)put;
        n -= (size_t)put;
    }
    return 0;
}

int file_read_text(const char *path, char *buf, size_t room, size_t *num)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int error = 0, ready;
    ssize_t got = 1;
    *num = 0;
    if (!is_stdin) in.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (in.fd < 0) return errno;
    while (*num < room && got != 0 && !error) {
        ready = poll(&in, 1, is_stdin ? -1 : 1000 * SILENCE_S);
        got = ready > 0 ? read(in.fd, buf + *num, room - *num) : -1;
        if (got > 0)
            *num += (size_t)got;
        else if (ready == 0)
            error = ETIMEDOUT;
        else if (got < 0 && errno != EINTR && errno != EAGAIN)
            error = errno;
    }
    if (!is_stdin) close(in.fd);
    return error;
}

const char *file_advice(int error)
{
    switch (error) {
    case ENOENT: return "; make the directory first or correct the path";
    case ENOTDIR: return "; a part of the path is a file, not a directory";
    case EACCES:
    case EPERM: return "; you lack the permission: choose another path or change its mode";
    case EROFS: return "; the file system is mounted read-only: choose another one";
    case ENOSPC: return "; the disk is full: free some space or choose another file system";
    case EDQUOT: return "; your quota is used up: free some space or choose another file system";
    case EFBIG: return "; the file is larger than the limit (ulimit -f) or the file system allows";
    case ENAMETOOLONG: return "; choose a shorter path";
    case EISDIR: return "; name a file, not a directory";
    case EIO: return "; the storage reports an error: what was not yet committed is not trusted";
    case ENODATA: return "; the file ends before: it was cut off";
    default: return "";
    }
}

int file_fail(struct status *st, int code, const char *path, const char *doing, int error)
{
    const char *reason = error == ENODATA ? "end of file" : strerror(error);
    return status_set(st, code, "%s: cannot %s: %s%s", path, doing, reason, file_advice(error));
}

int file_sync_directory(const char *path, struct status *st)
{
    char *dir = strdup(path);
    if (!dir) return status_no_memory(st, "a path");
    char *slash = strrchr(dir, '/');
    const char *name = !slash ? "." : slash == dir ? "/" : dir;
    if (slash) *slash = '\0';
    if (slash == dir) name = "/";
    int code = STATUS_OK, fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* some file systems know no fsync of directories (EINVAL): then there is nothing to do */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        code = file_fail(st, STATUS_IO, name, "sync this directory", errno);
    if (fd >= 0) close(fd);
    free(dir);
    return code;
}

static int make_one(const char *path)
{
    struct stat there;
    if (mkdir(path, 0777) == 0) return 0;
    if (errno != EEXIST || stat(path, &there) != 0) return errno;
    return S_ISDIR(there.st_mode) ? 0 : ENOTDIR;
}

int file_make_folder(const char *path, struct status *st)
{
    char *part = strdup(path);
    int error = part && *part ? 0 : part ? ENOENT : ENOMEM;
    for (char *at = part; !error && *at; at++) {
        char next = at[1];
        if (next && next != '/') continue;
        at[1] = '\0';
        error = make_one(part);
        at[1] = next;
    }
    free(part);
    return error ? file_fail(st, STATUS_CANNOT_CREATE, path, "make this folder", error) : STATUS_OK;
}
