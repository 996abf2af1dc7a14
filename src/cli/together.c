/* together: several results files, read as the one that `merge` makes of them. Refuses what merge
 * refuses. */
#include "cli.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int make_of_several(const struct invocation *inv, const char *path,
                           int (*make)(void *made, const char *path, const void *request,
                                       struct status *st),
                           void *made, const void *request, struct status *st)
{
    struct gathered *g = NULL;
    int code = cli_gather(inv, true, &g, st);
    if (!code) {
        cli_tell_damage(inv, g);
        code = store_merge(g, path, NULL, false, st);
        if (!code) code = make(made, path, request, st); /* it is open now */
        unlink(path);
    }
    store_gathered_free(g);
    return code;
}

int cli_make_of_all(const struct invocation *inv,
                    int (*make)(void *made, const char *path, const void *request,
                                struct status *st),
                    void *made, const void *request, struct status *st)
{
    const char *folder = getenv("TMPDIR");
    char place[4096], path[4200];
    if (inv->num_operands == 1) return make(made, inv->operand[0], request, st);
    snprintf(place, sizeof place, "%.4000s/hmmgrid-XXXXXX", folder && *folder ? folder : "/tmp");
    if (!mkdtemp(place))
        return file_fail(st, STATUS_CANNOT_CREATE, place,
                         "put the files together here (TMPDIR names another place)", errno);
    snprintf(path, sizeof path, "%s/merged.h5", place);
    int code = make_of_several(inv, path, make, made, request, st);
    rmdir(place);
    return code;
}
