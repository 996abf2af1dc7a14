/* parallel: the results file opened by all ranks through MPI-IO. Rank 0 looks at it first and all
 * agree, so that no rank waits in a collective call for one that gave up. Refuses a file whose runs
 * are not the plan's. Source: RELIABILITY sections 0, 1 and 3. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The error of the lowest rank that has one, on all ranks. */
static int agree(MPI_Comm comm, int code, struct status *st)
{
    struct status local = {0};
    int rank, mine[2], worst[2];
    if (!st) st = &local;
    MPI_Comm_rank(comm, &rank);
    mine[0] = code ? 0 : 1;
    mine[1] = rank;
    MPI_Allreduce(mine, worst, 1, MPI_2INT, MPI_MINLOC, comm);
    if (worst[0] == 1) return STATUS_OK;
    if (rank == worst[1]) st->code = code;
    MPI_Bcast(&st->code, 1, MPI_INT, worst[1], comm);
    MPI_Bcast(st->text, sizeof st->text, MPI_CHAR, worst[1], comm);
    return st->code;
}

/* Names of one file are no names that FILE.lock could be found by: is a study writing it, or may
 * one be? */
static int check_links(const struct store *store, struct status *st)
{
    struct stat info;
    if (fstat(store->fd, &info) != 0 || info.st_nlink < 2) return STATUS_OK;
    if (file_lock(store->fd, LOCK_EX) != EWOULDBLOCK) return STATUS_OK;
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: has %ld names (hard links), and somebody has it open who may be a study "
                      "that writes it under another one; wait for it, or remove the other names",
                      store->path, (long)info.st_nlink);
}

/* A shared lock on the results file lets readers in (h5py "r") and keeps out whoever would write
 * ("r+", "a"). Where there are no locks, or where they would be in the way of those that MPI-IO
 * takes by fcntl, as on NFS, it is not held. */
static int hold(const struct store *store, struct status *st)
{
    struct flock other = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int error = file_lock(store->fd, LOCK_SH);
    if (error == EWOULDBLOCK)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: another program, perhaps a notebook, has it open for writing (h5py "
                          "\"r+\" or \"a\"); close it there (\"r\" may stay open), then --resume",
                          store->path);
    if (!error && (fcntl(store->fd, F_GETLK, &other) != 0 || other.l_type != F_UNLCK))
        flock(store->fd, LOCK_UN);
    return STATUS_OK;
}

int store_try_open(const char *path, const struct plan *plan, struct status *st)
{
    struct store *probe = NULL;
    struct store_columns columns;
    int code = store_attach(&probe, path, true, NULL, st);
    if (!code) code = check_links(probe, st);
    if (!code) code = store_check_plan(probe, plan, &columns, st);
    if (!code) code = hold(probe, st);
    store_detach(probe);
    return code;
}

static int open_shared(struct store *store, struct status *st)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    int code = STATUS_OK;
    if (access < 0 || H5Pset_fapl_mpio(access, store->comm, MPI_INFO_NULL) < 0)
        code = library_fail(st, STATUS_IO, store->path, "prepare MPI-IO");
    code = agree(store->comm, code, st);
    if (!code) {
        store->file = H5Fopen(store->path, H5F_ACC_RDWR, access);
        if (store->file < 0)
            code = library_fail(st, STATUS_IO, store->path, "open it through MPI-IO");
        code = agree(store->comm, code, st);
    }
    if (access >= 0) H5Pclose(access);
    return code;
}

int store_open_all(struct store **store, const char *path, const struct plan *plan, MPI_Comm comm,
                   struct status *st)
{
    struct status local = {0};
    int rank;
    if (!st) st = &local;
    *store = NULL;
    library_init();
    MPI_Comm_rank(comm, &rank);
    int code = agree(comm, rank == 0 ? store_try_open(path, plan, st) : STATUS_OK, st);
    if (code) return code;
    struct store *s = calloc(1, sizeof *s);
    if (!s) code = status_no_memory(st, "%s", path);
    code = agree(comm, code, st);
    if (code) {
        free(s);
        return code;
    }
    s->file = H5I_INVALID_HID;
    s->writable = s->parallel = true;
    s->rank = rank;
    s->plan = plan;
    MPI_Comm_dup(comm, &s->comm);
    s->path = strdup(path);
    if (!s->path) code = status_no_memory(st, "%s", path);
    if (!code && (s->fd = file_open(path, O_RDWR, "a results file", st)) < 0) code = st->code;
    if (!code) s->file_bytes = (uint64_t)lseek(s->fd, 0, SEEK_END);
    if (!code) code = hold(s, st);
    code = agree(comm, code, st);
    if (!code) code = open_shared(s, st);
    if (!code) code = store_load(s, st);
    if (!code && rank == 0) code = restore_keep(s, st);
    code = agree(comm, code, st);
    if (code) {
        struct status ignored;
        store_close_all(s, &ignored);
        return code;
    }
    *store = s;
    return STATUS_OK;
}

static void close_datasets(struct store *store)
{
    for (int c = 0; store->place && c < store->schema.num_rows; c++)
        if (store->place[c].dataset >= 0) H5Dclose(store->place[c].dataset);
    for (int g = 0; g < store->num_groups; g++)
        for (int w = 0; w < NUM_WHICH; w++)
            for (int v = 0; v < store->group[g].num_views; v++)
                if (store->group[g].dataset[w][v] >= 0) H5Dclose(store->group[g].dataset[w][v]);
}

/* Can H5Fclose write? */
static int probe(struct store *store, struct status *st)
{
    unsigned char bytes[8];
    if (store->rank != 0 || store->file < 0) return STATUS_OK;
    ssize_t n = pread(store->fd, bytes, sizeof bytes, 0);
    int error = n < 0 ? errno : file_write_at(store->fd, 0, bytes, (size_t)n);
    if (!error && fdatasync(store->fd) != 0) error = errno;
    return error ? file_fail(st, STATUS_IO, store->path, "finish it", error) : STATUS_OK;
}

void store_abandon(struct store *store)
{
    if (!store) return;
    store->file = H5I_INVALID_HID;
    store_detach(store);
}

/* Where a write of H5Fclose fails on one rank, all of them are in it for ever, each waiting for the
 * others in another place, and no message reaches them: a clock does. */
enum { CLOSE_WITHIN_S = 8 };
static char not_closed[4200];

static void give_up(int number)
{
    (void)number;
    ssize_t n = write(STDERR_FILENO, not_closed, strlen(not_closed));
    (void)n;
    _exit(STATUS_IO);
}

static bool close_in_time(struct store *store)
{
    struct sigaction action = {.sa_handler = give_up}, before;
    if (store->rank == 0)
        snprintf(
            not_closed, sizeof not_closed,
            "hmmgrid: error: %s: cannot be closed within %d s (a full disk? a file system that "
            "stalls?); every finished run is safe in it\n",
            store->path, CLOSE_WITHIN_S);
    sigaction(SIGALRM, &action, &before);
    alarm(CLOSE_WITHIN_S);
    bool closed = H5Fclose(store->file) >= 0;
    alarm(0);
    sigaction(SIGALRM, &before, NULL);
    return closed;
}

int store_close_all(struct store *store, struct status *st)
{
    if (!store) return STATUS_OK;
    MPI_Comm comm = store->comm;
    int code = comm == MPI_COMM_NULL ? STATUS_OK : agree(comm, probe(store, st), st);
    if (code) {
        store_abandon(store);
        return code;
    }
    close_datasets(store);
    if (store->file >= 0 && !close_in_time(store))
        code =
            library_fail(st, STATUS_IO, store->path, "close it; every finished run is safe in it");
    if (store->fd >= 0 && fsync(store->fd) != 0 && !code)
        code = file_fail(st, STATUS_IO, store->path, "sync it", errno);
    if (comm != MPI_COMM_NULL) {
        code = agree(comm, code, st); /* all have closed it */
        if (!code && store->rank == 0) code = restore_layout(store, st);
        if (!code && store->rank == 0) code = restore_file(store, st);
        code = agree(comm, code, st);
        MPI_Comm_free(&comm);
    }
    store_detach(store);
    return code;
}
