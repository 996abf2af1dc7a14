/* segments: see segments.h. Refuses to remove by name alone: job numbers come again. A line of
 * FILE.alive reads "HOST INODE PATH". */
#include "segments.h"

#include "base/file.h"
#include "protocol.h"

#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "/vader_segment.";
enum { LINE_BYTES = 512, MOST_BYTES = 1 << 24 };

char *segments_left(const char *results_path)
{
    char path[4200], *text = NULL;
    struct stat info;
    snprintf(path, sizeof path, "%s.alive", results_path);
    int fd = file_open(path, O_RDONLY, "a lock file", NULL);
    if (fd < 0) return NULL;
    bool ours = fstat(fd, &info) == 0 && info.st_uid == geteuid() && info.st_size > 0 &&
                info.st_size < MOST_BYTES && file_lock(fd, LOCK_EX) == 0;
    if (ours) text = calloc(1, (size_t)info.st_size + 1);
    if (text && file_read_at(fd, 0, text, (size_t)info.st_size) != 0) *text = '\0';
    close(fd);
    return text;
}

/* Does a process whose memory this user may look at have it mapped? */
static bool is_mapped(const char *path)
{
    glob_t maps = {0};
    char *line = NULL, *at;
    size_t room = 0;
    bool found = glob("/proc/[0-9]*/maps", GLOB_NOSORT, NULL, &maps) != 0;
    for (size_t i = 0; i < maps.gl_pathc && !found; i++) {
        FILE *in = fopen(maps.gl_pathv[i], "re");
        while (in && !found && getline(&line, &room, in) > 0)
            found = (at = strstr(line, path)) && strcspn(at, "\n ") == strlen(path);
        if (in) fclose(in);
    }
    free(line);
    globfree(&maps);
    return found;
}

/* The segment that a line names: of this machine and this user, and still that file. */
static void remove_one(const char *line, const char *host)
{
    char named[LINE_BYTES], path[LINE_BYTES];
    unsigned long long inode;
    struct stat info;
    if (sscanf(line, "%s %llu %s", named, &inode, path) != 3 || strcmp(named, host) != 0) return;
    const char *base = strrchr(path, '/');
    if (!base || strncmp(base, prefix, strlen(prefix)) != 0) return;
    if (lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
        info.st_ino == inode && !is_mapped(path))
        unlink(path);
}

/* The line of this rank's own segment, "" where it has none (or one with a space in its path). */
static void find_own(int rank, const char *host, char own[LINE_BYTES])
{
    char *line = NULL, path[LINE_BYTES], end[16];
    size_t room = 0;
    unsigned long long inode;
    FILE *maps = fopen("/proc/self/maps", "re");
    snprintf(end, sizeof end, ".%d\n", rank);
    *own = '\0';
    while (maps && !*own && getline(&line, &room, maps) > 0) {
        const char *last = strrchr(line, '.');
        if (!last || strcmp(last, end) != 0 || !strstr(line, prefix)) continue;
        if (sscanf(line, "%*s %*s %*s %*s %llu %s", &inode, path) != 2 ||
            snprintf(own, LINE_BYTES, "%s %llu %s\n", host, inode, path) >= LINE_BYTES)
            *own = '\0';
    }
    free(line);
    if (maps) fclose(maps);
}

static void remove_all(MPI_Comm comm, int rank, const char *left, const char *host)
{
    char line[LINE_BYTES];
    do {
        size_t n = rank == 0 && left ? strcspn(left, "\n") : 0;
        snprintf(line, sizeof line, "%.*s", (int)n, n ? left : "");
        if (n) left += n + (left[n] == '\n');
        MPI_CHECK(comm, MPI_Bcast(line, LINE_BYTES, MPI_CHAR, 0, comm));
        remove_one(line, host);
    } while (*line);
}

void segments_renew_all(MPI_Comm comm, const char *left, int alive_fd)
{
    char host[HOST_BYTES] = "", line[LINE_BYTES];
    int rank, size;
    off_t at = 0;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    gethostname(host, sizeof host - 1);
    remove_all(comm, rank, left, host);
    find_own(rank, host, line);
    if (rank > 0) protocol_send(comm, 0, TAG_UP, line, LINE_BYTES);
    bool good = rank == 0 && alive_fd >= 0 && ftruncate(alive_fd, 0) == 0;
    for (int i = 0; rank == 0 && i < size; i++) {
        if (i > 0)
            MPI_CHECK(comm,
                      MPI_Recv(line, LINE_BYTES, MPI_CHAR, i, TAG_UP, comm, MPI_STATUS_IGNORE));
        good = good && file_write_at(alive_fd, (uint64_t)at, line, strlen(line)) == 0;
        at += (off_t)strlen(line);
    }
}
