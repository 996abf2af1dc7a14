/* together: several results files as one, for verbs that read one: what `merge` makes of them, for
 * a while. */
#include "cli.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_together(const struct invocation *inv, struct together *t, struct status *st)
{
    const char *folder = getenv("TMPDIR");
    *t = (struct together){.gathered = NULL};
    if (inv->num_operands == 1) {
        t->path = inv->operand[0];
        return STATUS_OK;
    }
    int code = cli_gather(inv, true, &t->gathered, st);
    if (code) return code;
    cli_tell_damage(inv, t->gathered);
    snprintf(t->place, sizeof t->place, "%.4000s/hmmgrid-XXXXXX",
             folder && *folder ? folder : "/tmp");
    if (!mkdtemp(t->place)) {
        code = file_fail(st, STATUS_CANNOT_CREATE, t->place,
                         "put the files together here (TMPDIR names another place)", errno);
        *t->place = '\0';
        return code;
    }
    snprintf(t->merged, sizeof t->merged, "%s/merged.h5", t->place);
    t->path = t->merged;
    return store_merge(t->gathered, t->path, NULL, false, st);
}

void cli_together_free(struct together *t)
{
    if (*t->place) {
        unlink(t->merged);
        rmdir(t->place);
    }
    store_gathered_free(t->gathered);
}
