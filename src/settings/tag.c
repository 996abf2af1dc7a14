/* tag: a file told by what it holds, PATH@TAG. Refuses to know what is in it. */
#include "hmmgrid/settings.h"

#include "base/file.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int hash_file(int fd, uint64_t *hash)
{
    static const size_t piece = 1 << 16;
    char bytes[1 << 16];
    struct stat info;
    if (fstat(fd, &info) != 0) return errno;
    struct hash_state *state = hash_begin();
    if (!state) return ENOMEM;
    uint64_t size = (uint64_t)info.st_size;
    int error = 0;
    for (uint64_t at = 0; at < size && !error; at += piece) {
        size_t n = size - at < piece ? (size_t)(size - at) : piece;
        error = file_read_at(fd, at, bytes, n);
        if (!error) hash_add(state, bytes, n);
    }
    *hash = hash_end(state);
    return error;
}

int settings_file_tag(const char *path, char tag[FILE_TAG_BYTES + 1], struct status *st)
{
    uint64_t hash = 0;
    *tag = '\0';
    int fd = file_open(path, O_RDONLY, "a file of weights", st);
    if (fd < 0) return st->code;
    int error = hash_file(fd, &hash);
    close(fd);
    if (error) return file_fail(st, STATUS_NO_INPUT, path, "read", error);
    snprintf(tag, FILE_TAG_BYTES + 1, "@%016" PRIx64, hash);
    return STATUS_OK;
}

const char *settings_tag_of_file(const char *value)
{
    size_t n = strlen(value);
    const char *tag = n > FILE_TAG_BYTES ? value + n - FILE_TAG_BYTES : NULL;
    bool is_tag = tag && *tag == '@' && strspn(tag + 1, "0123456789abcdef") == FILE_TAG_BYTES - 1;
    return is_tag ? tag : NULL;
}
