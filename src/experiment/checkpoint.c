/* checkpoint: see checkpoint.h. Refuses to follow links and to trust a size before the checksum. */
#include "checkpoint.h"

#include "checkpoint_names.h"

#include "base/file.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "hmmckpt";
enum { FORMAT = 1 };

struct head {
    char magic[8];
    uint32_t format, owner_bytes;
};

/* --- writing -------------------------------------------------------------------------------- */

struct writer {
    int fd, error;
    uint64_t at;
    struct hash_state *hash;
};

static void put(struct writer *w, const void *from, size_t bytes)
{
    if (!bytes) return;
    hash_add(w->hash, from, bytes);
    if (!w->error) w->error = file_write_at(w->fd, w->at, from, bytes);
    w->at += bytes;
}

/* What a file is to hold: pieces, or the bytes of another one. */
struct content {
    const char *owner;
    const struct run_part *piece;
    int num, from; /* from: descriptor of the other one; -1: pieces */
};

static int put_pieces(int fd, const struct content *c)
{
    struct writer w = {.fd = fd, .hash = hash_begin()};
    struct head head = {.format = FORMAT, .owner_bytes = (uint32_t)strlen(c->owner)};
    memcpy(head.magic, magic, sizeof magic);
    if (!w.hash) return ENOMEM;
    put(&w, &head, sizeof head);
    put(&w, c->owner, head.owner_bytes);
    for (int i = 0; i < c->num; i++) {
        uint64_t bytes = c->piece[i].value ? c->piece[i].bytes : 0;
        put(&w, &bytes, sizeof bytes);
        put(&w, c->piece[i].value, bytes);
    }
    uint64_t hash = hash_end(w.hash);
    return w.error ? w.error : file_write_at(fd, w.at, &hash, sizeof hash);
}

static int put_bytes(int fd, int from)
{
    char bytes[65536];
    ssize_t n;
    int error = 0;
    for (uint64_t at = 0; !error && (n = read(from, bytes, sizeof bytes)) != 0; at += (uint64_t)n)
        error = n < 0 ? errno : file_write_at(fd, at, bytes, (size_t)n);
    return error;
}

/* All of it, durable; false: errno says why. */
static bool fill(int fd, const struct content *c)
{
    int error = c->from < 0 ? put_pieces(fd, c) : put_bytes(fd, c->from);
    if (error) errno = error;
    return !error && fsync(fd) == 0;
}

/* The new file under its own name, its generations moved; false: errno says why. */
static bool write_in(int folder, const char *key, int end, const struct content *content)
{
    char made[NAME_BYTES], newest[NAME_BYTES], before[NAME_BYTES];
    checkpoint_name(key, end == STATE ? UNFINISHED_STATE : UNFINISHED, made);
    checkpoint_name(key, end, newest);
    checkpoint_name(key, BEFORE, before);
    unlinkat(folder, made, 0); /* of a process that was killed */
    int fd = openat(folder, made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) return false;
    bool good = fill(fd, content);
    int error = errno;
    if (close(fd) != 0 && good) good = false, error = errno;
    if (good) {
        if (end == NEWEST) renameat(folder, newest, folder, before); /* there may be none */
        good = renameat(folder, made, folder, newest) == 0 && fsync(folder) == 0;
        error = errno;
    }
    if (!good) unlinkat(folder, made, 0);
    errno = error;
    return good;
}

/* A power cut is not to take the new folder with it. */
static void sync_above(int folder)
{
    int above = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0) return;
    fsync(above);
    close(above);
}

static int refuse_folder(const char *folder, int error, struct status *st)
{
    const char *kind = error == ENOTDIR ? file_kind(AT_FDCWD, folder) : NULL;
    if (kind)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: is %s, and hmmgrid uses only a folder of its own there; remove it",
                          folder, kind);
    return status_set(st, STATUS_CANNOT_CREATE, "%s: cannot be used as a folder: %s", folder,
                      strerror(error));
}

static int write_file(const char *folder, const char *key, int end, const struct content *content,
                      struct status *st)
{
    bool is_new = mkdir(folder, 0777) == 0; /* what does not work shows when it is opened */
    int fd = checkpoint_open_folder(folder);
    if (fd < 0) return refuse_folder(folder, errno, st);
    if (is_new) sync_above(fd);
    int code = STATUS_OK;
    if (!write_in(fd, key, end, content))
        code = status_set(st, STATUS_IO, "%s/%s%s: cannot be written: %s", folder, key,
                          checkpoint_ends[end], strerror(errno));
    close(fd);
    return code;
}

int checkpoint_write(const char *folder, const char *key, const char *owner,
                     const struct run_part *piece, int num, struct status *st)
{
    return write_file(folder, key, NEWEST, &(struct content){owner, piece, num, -1}, st);
}

int checkpoint_write_state(const char *folder, const char *training_key, int epochs,
                           const char *owner, const struct run_part *piece, int num,
                           struct status *st)
{
    char key[KEY_OF_STATE_BYTES];
    return write_file(folder, checkpoint_state_key(training_key, epochs, key), STATE,
                      &(struct content){owner, piece, num, -1}, st);
}

/* One file, where it is there. */
static int copy_file(int dir, int end, const char *to, const char *key, int as, struct status *st)
{
    char name[NAME_BYTES];
    struct stat info;
    int fd = openat(dir, checkpoint_name(key, end, name),
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? STATUS_OK : file_fail(st, STATUS_IO, name, "read it", errno);
    int code = fstat(fd, &info) == 0 && S_ISREG(info.st_mode)
                   ? write_file(to, key, as, &(struct content){.from = fd}, st)
                   : STATUS_OK;
    close(fd);
    return code;
}

int checkpoint_copy(const char *from, const char *to, const char *key, struct status *st)
{
    int dir = checkpoint_open_folder(from), code = STATUS_OK;
    if (dir < 0) return STATUS_OK;
    for (int g = NUM_GENERATIONS - 1; g >= 0 && !code;
         g--) /* the newest last: it moves the other */
        code = copy_file(dir, g, to, key, NEWEST, st);
    if (!code) code = copy_file(dir, STATE, to, key, STATE, st);
    close(dir);
    return code;
}

/* --- reading -------------------------------------------------------------------------------- */

struct checkpoint {
    size_t first;  /* byte of the first piece */
    size_t bytes;  /* up to the checksum */
    char memory[]; /* the file */
};

enum { WHY_BYTES = 512 };

/* More than a file with these pieces has, or one of the same run with other analyses. */
static size_t most_bytes(const struct run_part *piece, int num)
{
    size_t bytes = 1 << 24;
    for (int i = 0; i < num; i++) bytes += 4 * piece[i].bytes;
    return bytes;
}

/* What is in the file, unless there is more than `most`; NULL with the reason. */
static struct checkpoint *load(int fd, size_t most, char why[WHY_BYTES])
{
    struct stat info;
    struct checkpoint *c = NULL;
    size_t size = 0;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= 0)
        size = (size_t)info.st_size;
    if (size < sizeof(struct head) + sizeof(uint64_t) || size > most) {
        snprintf(why, WHY_BYTES, "it is no file of the size of a checkpoint");
        return NULL;
    }
    c = malloc(sizeof *c + size);
    int error = c ? file_read_at(fd, 0, c->memory, size) : ENOMEM;
    if (error) {
        snprintf(why, WHY_BYTES, "it cannot be read: %s", strerror(error));
        free(c);
        return NULL;
    }
    c->bytes = size - sizeof(uint64_t);
    return c;
}

/* The first line in which two owners differ; `theirs` has no NUL. */
static void tell_owner(const char *theirs, size_t bytes, const char *ours, char why[WHY_BYTES])
{
    size_t line = 0;
    for (size_t i = 0; i < bytes && ours[i] && theirs[i] == ours[i]; i++)
        if (ours[i] == '\n') line = i + 1;
    const char *end = memchr(theirs + line, '\n', bytes - line);
    size_t length = end ? (size_t)(end - theirs) - line : bytes - line;
    snprintf(why, WHY_BYTES, "it was made with %.*s, and this is %.*s", (int)length, theirs + line,
             (int)strcspn(ours + line, "\n"), ours + line);
}

/* Every piece has its bytes or none. */
static bool has_pieces(const struct checkpoint *c, const struct run_part *piece, int num)
{
    size_t at = c->first;
    for (int i = 0; i < num; i++) {
        uint64_t bytes;
        if (c->bytes - at < sizeof bytes) return false;
        memcpy(&bytes, c->memory + at, sizeof bytes);
        at += sizeof bytes;
        if ((bytes && bytes != piece[i].bytes) || bytes > c->bytes - at) return false;
        at += bytes;
    }
    return at == c->bytes;
}

/* As it was written, or the reason why not. */
static bool is_whole(struct checkpoint *c, char why[WHY_BYTES])
{
    struct head head;
    uint64_t hash;
    memcpy(&head, c->memory, sizeof head);
    memcpy(&hash, c->memory + c->bytes, sizeof hash);
    if (memcmp(head.magic, magic, sizeof magic) != 0 || head.format != FORMAT) {
        snprintf(why, WHY_BYTES, "it is no checkpoint of this version");
        return false;
    }
    if (hash != hash_64(c->memory, c->bytes) || head.owner_bytes > c->bytes - sizeof head) {
        snprintf(why, WHY_BYTES, "it is damaged");
        return false;
    }
    c->first = sizeof head + head.owner_bytes;
    return true;
}

/* Whole, and of this run, program and machine; or the reason. */
static bool is_valid(struct checkpoint *c, const char *owner, const struct run_part *piece, int num,
                     char why[WHY_BYTES])
{
    if (!is_whole(c, why)) return false;
    const char *theirs = c->memory + sizeof(struct head);
    size_t bytes = c->first - sizeof(struct head);
    if (bytes != strlen(owner) || memcmp(theirs, owner, bytes) != 0) {
        tell_owner(theirs, bytes, owner, why);
        return false;
    }
    if (has_pieces(c, piece, num)) return true;
    snprintf(why, WHY_BYTES, "it has other pieces than a checkpoint of this run");
    return false;
}

/* The first of the files with these ends that is good; what is wrong with one that is not is told.
 */
static struct checkpoint *read_first(const char *folder, const char *key, int end, int num_ends,
                                     const char *owner, const struct run_part *piece, int num,
                                     const struct log *log)
{
    struct checkpoint *c = NULL;
    int dir = checkpoint_open_folder(folder);
    if (dir < 0) return NULL;
    for (int e = end; e < end + num_ends && !c; e++) {
        char name[NAME_BYTES], why[WHY_BYTES];
        int fd = openat(dir, checkpoint_name(key, e, name),
                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) continue;
        int error = errno;
        const char *kind = file_kind(dir, name);
        if (kind)
            snprintf(why, WHY_BYTES, "it is %s", kind);
        else if (fd < 0)
            snprintf(why, WHY_BYTES, "it cannot be opened: %s", strerror(error));
        else
            c = load(fd, most_bytes(piece, num), why);
        if (fd >= 0) close(fd);
        if (c && is_valid(c, owner, piece, num, why)) break;
        free(c);
        c = NULL;
        log_line(log, LOG_WARNING, "%s/%s: ignored: %s", folder, name, why);
    }
    close(dir);
    return c;
}

struct checkpoint *checkpoint_read(const char *folder, const char *key, const char *owner,
                                   const struct run_part *piece, int num, const struct log *log)
{
    return read_first(folder, key, NEWEST, NUM_GENERATIONS, owner, piece, num, log);
}

struct checkpoint *checkpoint_read_state(const char *folder, const char *training_key, int epochs,
                                         const char *owner, const struct run_part *piece, int num,
                                         const struct log *log)
{
    char key[KEY_OF_STATE_BYTES];
    return read_first(folder, checkpoint_state_key(training_key, epochs, key), STATE, 1, owner,
                      piece, num, log);
}

bool checkpoint_first_piece(const char *folder, const char *key, void *value, size_t bytes)
{
    bool found = false;
    int dir = checkpoint_open_folder(folder);
    if (dir < 0) return false;
    for (int g = 0; g < NUM_GENERATIONS && !found; g++) {
        char name[NAME_BYTES], why[WHY_BYTES];
        int fd = openat(dir, checkpoint_name(key, g, name),
                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        struct checkpoint *c = fd < 0 ? NULL : load(fd, SIZE_MAX, why);
        if (fd >= 0) close(fd);
        uint64_t size = 0;
        found = c && is_whole(c, why) && c->bytes - c->first >= sizeof size + bytes;
        if (found) memcpy(&size, c->memory + c->first, sizeof size);
        found = found && size == bytes;
        if (found) memcpy(value, c->memory + c->first + sizeof size, bytes);
        free(c);
    }
    close(dir);
    return found;
}

void checkpoint_put_back(const struct checkpoint *c, const struct run_part *piece, int num)
{
    size_t at = c->first;
    for (int i = 0; i < num; i++) {
        uint64_t bytes;
        memcpy(&bytes, c->memory + at, sizeof bytes);
        at += sizeof bytes;
        if (bytes && piece[i].value) memcpy(piece[i].value, c->memory + at, bytes);
        at += bytes;
    }
}

void checkpoint_free(struct checkpoint *c)
{
    free(c);
}
