/* guard: a seal over everything in a results file that no run writes: HDF5's own structures, the
 * grid, the run keys and settings. Checked before HDF5 is let near the file, so that a truncated,
 * damaged, foreign or newer file is refused with its reason instead of being misread; HDF5 itself
 * has no checksums in this version of its format. Refuses to repair.
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

static int hash_range(int fd, uint64_t from, uint64_t to, struct hash_state *state, void *block)
{
    while (from < to) {
        size_t n = to - from < BLOCK_BYTES ? (size_t)(to - from) : BLOCK_BYTES;
        int error = file_read_at(fd, from, block, n);
        if (error) return error;
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
    void *block = malloc(BLOCK_BYTES);
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

/* Refuse what is no results file at all; *offset of the guard otherwise. */
static int check_kind(int fd, const char *path, uint64_t file_bytes, uint64_t *offset,
                      struct status *st)
{
    unsigned char head[8];
    if (file_bytes == 0)
        return status_set(st, STATUS_IO,
                          "%s: the file is empty (0 bytes), not a results file; remove it or name "
                          "another one",
                          path);
    if (file_bytes < sizeof head || file_read_at(fd, 0, head, sizeof head) ||
        memcmp(head, signature, sizeof head) != 0)
        return status_set(st, STATUS_IO,
                          "%s: this is not an HDF5 file: it is of another program, or its "
                          "beginning is damaged; name a results file of hmmgrid run",
                          path);
    *offset = find_guard(fd);
    if (*offset == 0)
        return status_set(st, STATUS_IO,
                          "%s: this HDF5 file is not a results file of hmmgrid, or little more "
                          "than its first bytes is left (%llu bytes); name a results file",
                          path, (unsigned long long)file_bytes);
    return STATUS_OK;
}

/* The parts that the header claims, against the file as it is. g: header, then the whole guard. */
static int check_header(const unsigned char *g, const char *path, uint64_t offset,
                        uint64_t file_bytes, struct status *st)
{
    uint32_t version[2];
    memcpy(version, g + 16, sizeof version);
    uint64_t bytes = get_u64(g + 32), whole = get_u64(g + 40), num = get_u64(g + 48);
    bool sane = get_u64(g + 24) == offset && bytes % PAGE == 0 && bytes >= PAGE &&
                bytes <= most_guard_bytes &&
                num <= (bytes - HEADER_BYTES) / sizeof(struct extent) && whole >= bytes &&
                offset <= whole - bytes;
    if (version[0] != FORMAT_MAJOR)
        return status_set(st, STATUS_IO,
                          "%s: format version %u.%u, this program reads %d.x: use the hmmgrid that "
                          "wrote it or a %s one",
                          path, version[0], version[1], (int)FORMAT_MAJOR,
                          version[0] > FORMAT_MAJOR ? "newer" : "older");
    if (!sane)
        return status_set(st, STATUS_IO,
                          "%s: damaged: the seal over its layout makes no sense; use a copy", path);
    if (file_bytes < whole)
        return status_set(
            st, STATUS_IO,
            "%s: truncated: %llu bytes are left of %llu; use a copy of the whole file", path,
            (unsigned long long)file_bytes, (unsigned long long)whole);
    return STATUS_OK;
}

static int refuse_changed(struct status *st, const char *path)
{
    if (getenv("HMMGRID_UNCHECKED_LAYOUT")) return STATUS_OK;
    return status_set(st, STATUS_IO,
                      "%s: its layout or attributes are not as hmmgrid wrote them: damaged, or "
                      "changed by another program; use a copy, or, if the change was yours, set "
                      "HMMGRID_UNCHECKED_LAYOUT=1 (keep additions in a file of their own)",
                      path);
}

int guard_check(int fd, const char *path, struct status *st)
{
    struct stat info;
    if (fstat(fd, &info) != 0) return file_fail(st, STATUS_IO, path, "look at it", errno);
    uint64_t file_bytes = (uint64_t)info.st_size, offset = 0, outside = 0;
    unsigned char header[HEADER_BYTES], *g = NULL;
    struct extent *extent = NULL;
    int code = check_kind(fd, path, file_bytes, &offset, st), error = 0;
    if (code) return code;
    error = file_read_at(fd, offset, header, sizeof header);
    if (error) return file_fail(st, STATUS_IO, path, "read its guard", error);
    code = check_header(header, path, offset, file_bytes, st);
    if (code) return code;

    size_t bytes = (size_t)get_u64(header + 32), num = (size_t)get_u64(header + 48);
    g = malloc(bytes);
    extent = malloc((num + 1) * sizeof *extent);
    if (!g || !extent) {
        code = status_no_memory(st, "the guard of %s", path);
        goto cleanup;
    }
    error = file_read_at(fd, offset, g, bytes);
    if (error) {
        code = file_fail(st, STATUS_IO, path, "read its guard", error);
        goto cleanup;
    }
    uint64_t sealed = get_u64(g + 64);
    put_u64(g + 64, 0);
    if (hash_64(g, bytes) != sealed) {
        code = status_set(st, STATUS_IO,
                          "%s: damaged: the seal over its layout does not agree with itself; use a "
                          "copy",
                          path);
        goto cleanup;
    }
    memcpy(extent, g + HEADER_BYTES, num * sizeof *extent);
    error =
        hash_outside(fd, get_u64(g + 40), (struct extent){offset, bytes}, extent, num, &outside);
    if (error)
        code = file_fail(st, STATUS_IO, path, "read its layout", error);
    else if (outside != get_u64(g + 56))
        code = refuse_changed(st, path);
cleanup:
    free(g);
    free(extent);
    return code;
}
