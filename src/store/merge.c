/* merge: a results file of several, with the rows that count of each. Made beside its place and
 * renamed into it. Refuses to judge: which row counts is gather.c's. */
#include "internal.h"

#include <stdlib.h>
#include <unistd.h>

/* The rows of one file that count. */
static int copy_file(struct gathered *g, int file, struct store *to, struct status *st)
{
    struct store *from = NULL;
    int code = store_attach(&from, g->path[file], false, NULL, st), num = 0;
    if (code) return code;
    struct record *record = calloc((size_t)from->num_runs, sizeof *record);
    code = record ? transfer_check_columns(from, &g->plan, st)
                  : status_no_memory(st, "%s", g->path[file]);
    for (int row = 0; row < from->num_runs && !code; row++) {
        int run;
        code = gathered_find(g, from, file, row, &run, st);
        if (code || g->run[run].file != file) continue;
        if (g->run[run].status >= RUN_DONE)
            code = transfer_run(from, row, to, run, &record[num++], st);
        else if (g->run[run].attempts > 0)
            record[num++] = transfer_started(from, row, run);
    }
    if (!code) code = store_write_records(to, record, num, st);
    free(record);
    store_detach(from);
    return code;
}

int store_merge(struct gathered *g, const char *path, const struct provenance *provenance,
                bool replace, struct status *st)
{
    struct store *to = NULL;
    char *real = NULL, *tmp = NULL;
    int code = layout_prepare(path, replace, &real, &tmp, st);
    if (!code) code = layout_make(tmp, real, &g->plan, provenance, st);
    if (!code) code = store_attach(&to, tmp, true, &g->plan, st);
    for (int f = 0; f < g->num_files && !code; f++) code = copy_file(g, f, to, st);
    store_detach(to);
    if (!code) code = layout_publish(tmp, real, replace, st);
    if (code && tmp) unlink(tmp);
    free(real);
    free(tmp);
    return code;
}
