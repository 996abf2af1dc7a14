/* hold: a results file held as a study holds it, by one process that starts none. Refuses to wait
 * for a study that runs. */
#include "study.h"

#include "base/file.h"
#include "lock.h"

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
