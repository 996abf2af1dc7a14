/* restore: the layout of a results file, in rank 0's memory while a study writes the file, for
 * programs that open it for writing all the same (locks switched off, or a file system without
 * any): what they changed of HDF5's structures and what HDF5 writes when the study closes the file
 * do not go together. Refuses to keep what such a program added: where it stands is known to nobody
 * then. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20 };

/* HDF5's consistency flags come and go with programs that only open the file. */
static const struct extent flags = {20, 4};

int restore_keep(struct store *store, struct status *st)
{
    struct kept *kept = &store->kept;
    uint64_t sum = 0;
    int error = guard_layout(store->fd, &kept->range, &kept->num);
    for (size_t i = 0; i < kept->num; i++) sum += kept->range[i].bytes;
    if (!error && !(kept->bytes = malloc((size_t)sum + 1))) error = ENOMEM;
    unsigned char *at = kept->bytes;
    for (size_t i = 0; i < kept->num && !error; i++) {
        error = file_read_at(store->fd, kept->range[i].offset, at, (size_t)kept->range[i].bytes);
        at += kept->range[i].bytes;
    }
    if (error) restore_free(kept);
    if (error == ENOMEM) return status_no_memory(st, "the layout of %s", store->path);
    return error ? file_fail(st, STATUS_IO, store->path, "read its layout", error) : STATUS_OK;
}

void restore_free(struct kept *kept)
{
    free(kept->range);
    free(kept->bytes);
    *kept = (struct kept){.num = 0};
}

/* Put n bytes back at offset when others are there. An errno value. */
static int put_back(int fd, uint64_t offset, const unsigned char *bytes, size_t n,
                    unsigned char *block, bool *changed)
{
    int error = file_read_at(fd, offset, block, n);
    if (error && error != ENODATA) return error;
    if (offset <= flags.offset && flags.offset + flags.bytes <= offset + n)
        memcpy(block + flags.offset - offset, bytes + flags.offset - offset, flags.bytes);
    if (!error && memcmp(block, bytes, n) == 0) return 0;
    *changed = true;
    return file_write_at(fd, offset, bytes, n);
}

static int put_back_all(const struct store *store, bool *changed)
{
    const struct kept *kept = &store->kept;
    const unsigned char *at = kept->bytes;
    unsigned char *block = malloc(BLOCK_BYTES);
    struct stat info;
    int error = !block ? ENOMEM : fstat(store->fd, &info) != 0 ? errno : 0;
    if (!error && (uint64_t)info.st_size != store->file_bytes) {
        *changed = true;
        if (ftruncate(store->fd, (off_t)store->file_bytes) != 0) error = errno;
    }
    for (size_t i = 0; i < kept->num && !error; i++) {
        struct extent range = kept->range[i];
        for (uint64_t done = 0; done < range.bytes && !error;) {
            uint64_t left = range.bytes - done;
            size_t n = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
            error = put_back(store->fd, range.offset + done, at, n, block, changed);
            done += n;
            at += n;
        }
    }
    free(block);
    return error;
}

/* Records as rank 0 knows them, and how many finished rows are no longer what they say. */
static int check_rows(struct store *store, int *num_lost, struct status *st)
{
    struct record *record = malloc((size_t)store->num_runs * sizeof *record);
    bool valid;
    int num = 0;
    if (!record) return status_no_memory(st, "%s", store->path);
    for (int run = 0; run < store->num_runs; run++) num += store_record(store, run, &record[num]);
    int code = store_write_records(store, record, num, st);
    for (int i = 0; i < num && !code; i++) {
        if (record[i].status < RUN_DONE) continue;
        code = store_check_run(store, record[i].run, &valid, st);
        *num_lost += !code && !valid;
    }
    free(record);
    return code;
}

static int copy_to(const struct store *store, const char *tmp)
{
    unsigned char *block = malloc(BLOCK_BYTES);
    int fd = open(tmp, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    int error = !block ? ENOMEM : fd < 0 ? errno : 0;
    for (uint64_t at = 0; at < store->file_bytes && !error; at += BLOCK_BYTES) {
        uint64_t left = store->file_bytes - at;
        size_t n = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        error = file_read_at(store->fd, at, block, n);
        if (!error) error = file_write_at(fd, at, block, n);
    }
    if (fd >= 0) close(fd);
    free(block);
    return error;
}

/* What became of the name of the open file: it has another one now, or none. */
static void tell_fate(int fd, char *text, size_t n)
{
    char link[64], now[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, now, sizeof now - 1);
    now[length > 0 ? length : 0] = '\0';
    if (length > 0 && file_is(fd, now))
        snprintf(text, n, "was moved while the study wrote it, and is %s now, with every run", now);
    else
        snprintf(text, n, "was removed while the study wrote it");
}

int restore_file(struct store *store, struct status *st)
{
    char *name = NULL, *real, *tmp, fate[PATH_MAX + 128];
    if (file_is(store->fd, store->path)) return STATUS_OK;
    tell_fate(store->fd, fate, sizeof fate);
    bool replaced = access(store->path, F_OK) == 0;
    if (asprintf(&name, "%s%s", store->path, replaced ? ".rescued" : "") < 0)
        return status_no_memory(st, "%s", store->path);
    int code = layout_prepare(name, false, &real, &tmp, st);
    int error = code ? 0 : copy_to(store, tmp);
    if (error) code = file_fail(st, STATUS_IO, name, "write there what the study wrote", error);
    if (!code) code = layout_publish(tmp, real, false, st);
    if (code && tmp) unlink(tmp);
    if (code)
        status_prefix(st, "%s: %s; ", store->path, fate);
    else if (replaced)
        code = status_set(st, STATUS_IO,
                          "%s: another file was put in its place while the study wrote it; what "
                          "the study wrote is %s",
                          store->path, name);
    else
        status_set(st, STATUS_OK, "%s: %s; it is there again", store->path, fate);
    free(name);
    free(real);
    free(tmp);
    return code;
}

int restore_layout(struct store *store, struct status *st)
{
    bool changed = false;
    int num_lost = 0, error = store->kept.num ? put_back_all(store, &changed) : 0;
    if (!changed && !error) return STATUS_OK;
    if (!error && fsync(store->fd) != 0) error = errno;
    if (error) return file_fail(st, STATUS_IO, store->path, "put its layout back", error);
    int code = check_rows(store, &num_lost, st);
    if (code) return code;
    if (num_lost)
        return status_set(
            st, STATUS_IO,
            "%s: another program wrote into it while the study ran: its layout was put back, but "
            "%d finished rows are not what they were; --resume runs these again",
            store->path, num_lost);
    status_set(st, STATUS_OK,
               "%s: another program wrote into it while the study ran: its layout was put back as "
               "it was, every finished row is whole; what that program added is gone: keep "
               "additions in a file of their own",
               store->path);
    return STATUS_OK;
}
