/* publish: a new results file in its place: made beside it as FILE.tmp, synced, renamed, directory
 * synced. Refuses to replace a file that is not one of ours, says why a file cannot be made, and
 * leaves nothing behind when it fails. Source: RELIABILITY sections 0, 1 and 7. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int layout_publish(const char *tmp, const char *path, bool replace, struct status *st)
{
    int fd = open(tmp, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0 && close(fd) != 0 && !error) error = errno;
    if (error) return file_fail(st, STATUS_CANNOT_CREATE, path, "sync it", error);
    int rc =
        replace ? rename(tmp, path) : renameat2(AT_FDCWD, tmp, AT_FDCWD, path, RENAME_NOREPLACE);
    if (rc != 0 && !replace && (errno == EINVAL || errno == ENOSYS)) {
        if (access(path, F_OK) == 0)
            errno = EEXIST; /* no such rename here: look, then do */
        else
            rc = rename(tmp, path);
    }
    if (rc != 0) return file_fail(st, STATUS_CANNOT_CREATE, path, "put it in its place", errno);
    return file_sync_directory(path, st);
}

/* May an existing file be replaced? Only one of ours, or an empty one. */
static int check_replaceable(const char *path, const struct stat *info, bool replace,
                             struct status *st)
{
    int fd = file_open(path, O_RDONLY, "a results file", NULL);
    bool ours = fd >= 0 && (info->st_size == 0 || guard_is_present(fd));
    if (fd >= 0) close(fd);
    struct store *altered =
        NULL; /* written anew by another program, it has no guard in its place */
    if (fd >= 0 && !ours) ours = store_attach(&altered, path, false, NULL, NULL) == STATUS_OK;
    store_detach(altered);
    if (!ours)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: exists and is not a results file of hmmgrid (or cannot be read), so "
                          "it is not replaced; move it away or choose another name",
                          path);
    if (!replace)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: exists already; --resume goes on with it, --extend adds the runs it "
                          "lacks, --fresh throws it away and starts anew",
                          path);
    if (access(path, W_OK) != 0)
        return file_fail(st, STATUS_CANNOT_CREATE, path, "replace it", errno);
    return STATUS_OK;
}

static int check_place(const char *path, bool replace, struct status *st)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT ? STATUS_OK
                               : file_fail(st, STATUS_CANNOT_CREATE, path, "create it", errno);
    if (S_ISDIR(info.st_mode))
        return file_fail(st, STATUS_CANNOT_CREATE, path, "create it", EISDIR);
    if (!S_ISREG(info.st_mode))
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: exists and is not a regular file; choose another name", path);
    return check_replaceable(path, &info, replace, st);
}

/* only_try: what a process that was killed left at FILE.tmp stays there. */
static int prepare(const char *path, bool replace, bool only_try, char **real, char **tmp,
                   struct status *st)
{
    struct stat info;
    *tmp = NULL;
    int fd = -1, code = file_follow(path, real, st);
    if (!code) code = check_place(*real, replace, st);
    if (!code && asprintf(tmp, "%s.tmp", *real) < 0) {
        *tmp = NULL;
        code = status_no_memory(st, "a path");
    }
    bool made = !only_try || !*tmp || lstat(*tmp, &info) != 0 || !S_ISREG(info.st_mode);
    if (!code && made && (fd = file_create(*tmp, true, st)) < 0) code = STATUS_CANNOT_CREATE;
    if (fd >= 0) close(fd);
    if (fd >= 0 && only_try) unlink(*tmp);
    if (!code && !only_try) return STATUS_OK;
    free(*real);
    free(*tmp);
    *real = *tmp = NULL;
    return code;
}

int layout_prepare(const char *path, bool replace, char **real, char **tmp, struct status *st)
{
    return prepare(path, replace, false, real, tmp, st);
}

int store_try_create(const char *path, bool replace, struct status *st)
{
    char *real, *tmp;
    return prepare(path, replace, true, &real, &tmp, st);
}

int store_create(const char *path, const struct plan *plan, const struct provenance *provenance,
                 bool replace, struct status *st)
{
    char *real, *tmp;
    int code = layout_prepare(path, replace, &real, &tmp, st);
    if (code) return code;
    code = layout_make(tmp, real, plan, provenance, st);
    if (!code) code = layout_publish(tmp, real, replace, st);
    if (code) unlink(tmp);
    free(real);
    free(tmp);
    return code;
}
