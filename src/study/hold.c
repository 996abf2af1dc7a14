/* hold: a results file held as a study holds it, or made, by one process that starts none. Refuses
 * to wait for a study that runs. */
#include "study.h"

#include "base/file.h"
#include "lock.h"
#include "protocol.h"
#include "provenance.h"

#include <stdlib.h>

int study_with_file(const char *path,
                    int (*work)(void *context, struct store *store, struct status *st),
                    void *context, const struct log *log, struct status *st)
{
    struct lock lock = {.fd = -1};
    struct store *store = NULL;
    char *real = NULL;
    int code = file_follow(path, &real, st);
    if (!code) code = store_open(&store, real, st); /* no lock beside what is not there */
    store_close(store);
    store = NULL;
    if (!code) code = lock_take(&lock, real, 0, ORPHAN_WAIT_S, log, st);
    if (!code) code = store_open_to_reset(&store, real, st);
    if (!code) code = work(context, store, st);
    store_close(store);
    lock_release(&lock, true);
    free(real);
    return code;
}

static int merge(struct gathered *gathered, const char *path, const char *command_line,
                 bool replace, struct status *st)
{
    struct provenance_facts facts;
    int of_caller = 0;
    MPI_Initialized(&of_caller);
    if (protocol_start(st)) return st->code;
    provenance_gather_all(&facts, command_line, MPI_COMM_SELF);
    int code = store_merge(gathered, path, &facts.view, replace, st);
    provenance_free(&facts);
    if (!of_caller) MPI_Finalize();
    return code;
}

int study_merge(struct gathered *gathered, const char *path, const char *command_line, bool replace,
                const struct log *log, struct status *st)
{
    struct lock lock = {.fd = -1};
    char *real = NULL;
    int code = file_follow(path, &real, st);
    if (!code) code = lock_take(&lock, real, 0, ORPHAN_WAIT_S, log, st);
    if (!code) code = merge(gathered, real, command_line, replace, st);
    lock_release(&lock, true);
    free(real);
    return code;
}
