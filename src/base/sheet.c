/* sheet: see sheet.h. */
#include "sheet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { FIRST_ROOM = 256 };

static ssize_t append(void *cookie, const char *from, size_t n)
{
    struct sheet *t = cookie;
    if (t->used + n >= t->room) {
        size_t room = 2 * (t->used + n + 1);
        char *larger = realloc(t->bytes, room);
        if (!larger) return 0;
        t->bytes = larger;
        t->room = room;
    }
    memcpy(t->bytes + t->used, from, n);
    t->used += n;
    t->bytes[t->used] = '\0';
    return (ssize_t)n;
}

FILE *sheet_open(struct sheet *t)
{
    *t = (struct sheet){.bytes = calloc(FIRST_ROOM, 1), .room = FIRST_ROOM};
    FILE *out = t->bytes ? fopencookie(t, "w", (cookie_io_functions_t){.write = append}) : NULL;
    if (!out) free(t->bytes);
    return out;
}

char *sheet_close(struct sheet *t, FILE *out, bool good, size_t *used)
{
    good = !ferror(out) && good;
    good = fclose(out) == 0 && good;
    if (used) *used = t->used;
    if (good) return t->bytes;
    free(t->bytes);
    return NULL;
}
