/* guard: a seal over everything in a results file that no run writes: HDF5's own structures, the
 * grid, the run keys and settings. Checked before HDF5 is let near the file: HDF5 itself has no
 * checksums in this version of its format, and damaged structures can crash it. A file whose seal
 * is broken or gone was changed by another program or is damaged: altered.c reads it. Refuses what
 * is no HDF5 file, what is cut off and what is of another format.
 *
 * The seal is the first large dataset (/commit/guard), found at a multiple of 4096 bytes:
 *   0 magic (16)   16 format major, minor (u32)   24 offset, 32 bytes of this dataset (u64)
 *   40 bytes of the file   48 number of extents   56 XXH3 of all bytes outside the extents
 *   64 XXH3 of this dataset with this field zero   72 extents (offset, bytes), sorted */
#include "internal.h"

#include "base/hash.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char magic[16] = "hmmgrid results";
static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
enum { PAGE = 4096, LAST_PAGE = 16, HEADER_BYTES = 72, BLOCK_BYTES = 1 << 20 };
static const uint64_t most_guard_bytes = (uint64_t)64 << 20;

static uint64_t get_u64(const unsigned char *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static void put_u64(unsigned char *p, uint64_t value)
{
    memcpy(p, &value, sizeof value);
}

size_t guard_bytes(size_t num_extents)
{
    size_t bytes = HEADER_BYTES + num_extents * sizeof(struct extent);
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

static int compare_extents(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* HDF5 keeps its file consistency flags here: set while another program has the file open for
 * writing, and left set when that program is killed. They say nothing of what is in the file. */
static const struct extent flags = {20, 4};

static int hash_range(int fd, uint64_t from, uint64_t to, struct hash_state *state,
                      unsigned char *block)
{
    while (from < to) {
        size_t n = to - from < BLOCK_BYTES ? (size_t)(to - from) : BLOCK_BYTES;
        int error = file_read_at(fd, from, block, n);
        if (error) return error;
        for (uint64_t at = flags.offset; at < flags.offset + flags.bytes; at++)
            if (at >= from && at - from < n) block[at - from] = 0;
        hash_add(state, block, n);
        from += n;
    }
    return 0;
}

/* XXH3 of the bytes of the file outside the guard and the extents; an errno value. */
static int hash_outside(int fd, uint64_t file_bytes, struct extent guard,
                        const struct extent *extent, size_t num, uint64_t *hash)
{
    struct hash_state *state = hash_begin();
    unsigned char *block = malloc(BLOCK_BYTES);
    int error = state && block ? 0 : ENOMEM;
    uint64_t at = 0;
    bool guard_passed = false;
    for (size_t i = 0; i <= num && !error;) {
        struct extent next = i < num ? extent[i] : (struct extent){file_bytes, 0};
        if (!guard_passed && guard.offset <= next.offset) {
            next = guard;
            guard_passed = true;
        } else {
            i++;
        }
        if (next.offset < at || next.offset > file_bytes || next.bytes > file_bytes - next.offset) {
            error = ERANGE;
            break;
        }
        error = hash_range(fd, at, next.offset, state, block);
        at = next.offset + next.bytes;
    }
    if (state) *hash = hash_end(state);
    free(block);
    return error;
}

int guard_seal(int fd, const char *path, struct extent guard, struct extent *extent, size_t num,
               struct status *st)
{
    struct stat info;
    uint64_t offset = guard.offset;
    size_t bytes = (size_t)guard.bytes;
    if (guard_bytes(num) > bytes)
        return status_set(st, STATUS_INTERNAL, "%s: the guard is too small for %zu extents", path,
                          num);
    unsigned char *g = calloc(1, bytes);
    if (!g) return status_no_memory(st, "the guard of %s", path);
    uint64_t outside = 0;
    int error = fstat(fd, &info) == 0 ? 0 : errno;
    qsort(extent, num, sizeof *extent, compare_extents);
    if (!error) error = hash_outside(fd, (uint64_t)info.st_size, guard, extent, num, &outside);
    if (!error) {
        uint32_t version[2] = {FORMAT_MAJOR, FORMAT_MINOR};
        memcpy(g, magic, sizeof magic);
        memcpy(g + 16, version, sizeof version);
        put_u64(g + 24, offset);
        put_u64(g + 32, bytes);
        put_u64(g + 40, (uint64_t)info.st_size);
        put_u64(g + 48, num);
        put_u64(g + 56, outside);
        memcpy(g + HEADER_BYTES, extent, num * sizeof *extent);
        put_u64(g + 64, hash_64(g, bytes));
        error = file_write_at(fd, offset, g, bytes);
    }
    free(g);
    return error ? file_fail(st, STATUS_IO, path, "seal the layout", error) : STATUS_OK;
}

static uint64_t find_guard(int fd)
{
    char head[16];
    for (uint64_t page = 1; page <= LAST_PAGE; page++)
        if (file_read_at(fd, page * PAGE, head, sizeof head) == 0 &&
            memcmp(head, magic, sizeof magic) == 0)
            return page * PAGE;
    return 0;
}

bool guard_is_present(int fd)
{
    return find_guard(fd) != 0;
}

int guard_layout(int fd, struct extent **range, size_t *num)
{
    unsigned char header[HEADER_BYTES];
    uint64_t offset = find_guard(fd), at = 0;
    int error = offset ? file_read_at(fd, offset, header, sizeof header) : ENODATA;
    if (error) return error;
    size_t n = (size_t)get_u64(header + 48);
    struct extent *gap = malloc((n + 1) * sizeof *gap); /* the extents, then what is between them */
    if (!gap) return ENOMEM;
    error = file_read_at(fd, offset + HEADER_BYTES, gap, n * sizeof *gap);
    gap[n] = (struct extent){get_u64(header + 40), 0};
    *num = 0;
    for (size_t i = 0; i <= n; i++) {
        struct extent next = gap[i];
        if (next.offset > at) gap[(*num)++] = (struct extent){at, next.offset - at};
        at = next.offset + next.bytes;
    }
    *range = gap;
    return error;
}

/* Refuse what is no HDF5 file, as damaged where a seal says that it was one of ours; *start: where
 * it begins, behind a block that belongs to a user. */
static int check_kind(int fd, const char *path, uint64_t file_bytes, uint64_t *start,
                      struct status *st)
{
    unsigned char head[sizeof signature];
    if (file_bytes == 0)
        return status_set(st, STATUS_NO_INPUT,
                          "%s: the file is empty (0 bytes), not a results file; remove it or name "
                          "another one",
                          path);
    for (uint64_t at = 0; at < file_bytes; at = at ? 2 * at : 512) {
        *start = at;
        if (file_read_at(fd, at, head, sizeof head) == 0 &&
            memcmp(head, signature, sizeof head) == 0)
            return STATUS_OK;
    }
    if (find_guard(fd))
        return status_set(st, STATUS_IO,
                          "%s: damaged: a results file whose beginning was overwritten; use a copy",
                          path);
    struct file_kind kind;
    kind_of(fd, &kind);
    return status_set(st, STATUS_NO_INPUT,
                      "%s: this is not an HDF5 file%s%s; name a results file of hmmgrid run", path,
                      *kind.what ? " but " : ": it is of another program, or damaged", kind.what);
}

/* Does HDF5 too say that the file was longer? (Superblock of version 0, as hmmgrid writes it.) */
static bool is_cut_off(int fd, uint64_t file_bytes)
{
    enum { VERSION = 8, END = 40 };
    unsigned char superblock[END + 8];
    return file_read_at(fd, 0, superblock, sizeof superblock) != 0 ||
           (superblock[VERSION] == 0 && get_u64(superblock + END) > file_bytes);
}

/* What the header at `offset` claims, against the file as it is. *sane: it may be our seal. */
static int check_header(int fd, const unsigned char *g, const char *path, uint64_t offset,
                        uint64_t file_bytes, bool *sane, struct status *st)
{
    uint32_t version[2];
    memcpy(version, g + 16, sizeof version);
    uint64_t bytes = get_u64(g + 32), whole = get_u64(g + 40), num = get_u64(g + 48);
    *sane = get_u64(g + 24) == offset && bytes % PAGE == 0 && bytes >= PAGE &&
            bytes <= most_guard_bytes && num <= (bytes - HEADER_BYTES) / sizeof(struct extent) &&
            whole >= bytes && offset <= whole - bytes;
    if (version[0] != FORMAT_MAJOR)
        return status_set(st, STATUS_IO,
                          "%s: format version %u.%u, this program reads %d.x: use the hmmgrid that "
                          "wrote it%s",
                          path, version[0], version[1], (int)FORMAT_MAJOR,
                          version[0] > FORMAT_MAJOR ? " or a newer one" : "");
    if (*sane && file_bytes < whole && is_cut_off(fd, file_bytes))
        return status_set(
            st, STATUS_IO,
            "%s: truncated: %llu bytes are left of %llu; use a copy of the whole file", path,
            (unsigned long long)file_bytes, (unsigned long long)whole);
    *sane = *sane && file_bytes == whole; /* bytes behind the end would be cut off by a writer */
    return STATUS_OK;
}

/* Is everything as the guard, whose header this is, says? Read errors are for the caller. */
static int check_seal(int fd, const unsigned char *header, uint64_t offset, bool *sealed)
{
    uint64_t outside = 0;
    size_t bytes = (size_t)get_u64(header + 32), num = (size_t)get_u64(header + 48);
    unsigned char *g = malloc(bytes);
    struct extent *extent = malloc((num + 1) * sizeof *extent);
    int error = g && extent ? file_read_at(fd, offset, g, bytes) : ENOMEM;
    if (!error) {
        uint64_t own = get_u64(g + 64);
        put_u64(g + 64, 0);
        *sealed = hash_64(g, bytes) == own;
        memcpy(extent, g + HEADER_BYTES, num * sizeof *extent);
    }
    if (!error && *sealed) {
        struct extent guard = {offset, bytes};
        error = hash_outside(fd, get_u64(g + 40), guard, extent, num, &outside);
        *sealed = outside == get_u64(g + 56);
    }
    free(g);
    free(extent);
    return error;
}

int guard_check(int fd, const char *path, enum seal *seal, struct status *st)
{
    struct stat info;
    unsigned char header[HEADER_BYTES];
    bool sane = false, sealed = false;
    *seal = SEAL_ABSENT;
    if (fstat(fd, &info) != 0) return file_fail(st, STATUS_IO, path, "look at it", errno);
    uint64_t file_bytes = (uint64_t)info.st_size, start = 0;
    int code = check_kind(fd, path, file_bytes, &start, st);
    if (code || start > 0) return code;
    uint64_t offset = find_guard(fd);
    if (offset == 0) return STATUS_OK;
    int error = file_read_at(fd, offset, header, sizeof header);
    if (error) return file_fail(st, STATUS_IO, path, "read its guard", error);
    code = check_header(fd, header, path, offset, file_bytes, &sane, st);
    if (code) return code;
    if (sane) error = check_seal(fd, header, offset, &sealed);
    if (error == ENOMEM) return status_no_memory(st, "the guard of %s", path);
    if (error) return file_fail(st, STATUS_IO, path, "read its layout", error);
    *seal = sealed ? SEAL_WHOLE : SEAL_BROKEN;
    return STATUS_OK;
}
