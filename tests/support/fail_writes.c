/* fail_writes: preloaded into a program, it makes the disk of one process fail for good: from its
 * FAIL_FROM-th write to a regular file on, write, pwrite, fsync and fdatasync of files fail with
 * the error number FAIL_ERRNO. FAIL_RANK: only in the rank of this number (OMPI_COMM_WORLD_RANK);
 * -1: in every process. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int number(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

static int fails(int fd, int counts)
{
    static int count, from, error;
    struct stat info;
    if (!from) {
        int rank = number("FAIL_RANK", -1);
        int here = rank < 0 || rank == number("OMPI_COMM_WORLD_RANK", 0);
        error = number("FAIL_ERRNO", ENOSPC);
        from = here ? number("FAIL_FROM", 1 << 30) : 1 << 30;
    }
    if (syscall(SYS_fstat, fd, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
    count += counts;
    if (count < from) return 0;
    errno = error;
    return 1;
}

ssize_t write(int fd, const void *buf, size_t n)
{
    return fails(fd, 1) ? -1 : syscall(SYS_write, fd, buf, n);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
    return fails(fd, 1) ? -1 : syscall(SYS_pwrite64, fd, buf, n, at);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
    return fails(fd, 1) ? -1 : syscall(SYS_pwrite64, fd, buf, n, at);
}

int fsync(int fd)
{
    return fails(fd, 0) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return fails(fd, 0) ? -1 : (int)syscall(SYS_fdatasync, fd);
}
