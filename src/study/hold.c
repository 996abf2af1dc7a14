/* hold: a results file held as a study holds it, or made, by one process that starts none. Refuses
 * to wait for a study that runs. */
#include "study.h"

#include "base/file.h"
#include "lock.h"
#include "protocol.h"
#include "provenance.h"

#include "experiment/checkpoint.h"
#include "experiment/experiment.h"

#include <stdlib.h>
#include <string.h>

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

/* --- what runs that are left go on from ------------------------------------------------------- */

struct carrying {
    const struct gathered *g;
    const char *from, *to; /* folders */
    int num;
    struct status st; /* the first that could not be copied */
};

static bool is_left(const struct gathered *g, const char *key)
{
    int i = 0;
    while (i < g->plan.num_runs && strcmp(g->plan.runs[i].key, key) != 0) i++;
    return i < g->plan.num_runs &&
           (g->run[i].status == RUN_PENDING || g->run[i].status == RUN_RUNNING);
}

/* Of a run that several have begun, what took longest. */
static void carry(void *context, const char *key, enum checkpoint_kind kind)
{
    struct carrying *c = context;
    bool taken = kind == CHECKPOINT_STATE ||
                 (kind == CHECKPOINT_NEWEST && is_left(c->g, key) &&
                  experiment_kept_s(c->from, key) > experiment_kept_s(c->to, key));
    if (!taken || c->st.code) return;
    c->num += checkpoint_copy(c->from, c->to, key, &c->st) == 0;
}

static void carry_all(const struct gathered *g, const char *path, const struct log *log)
{
    char from[4096], to[4096];
    struct carrying c = {.g = g, .from = from, .to = to};
    if (!checkpoint_folder(path, to, sizeof to)) return;
    for (int f = 0; f < g->num_files && !c.st.code; f++) {
        char *real = NULL;
        if (!file_follow(g->path[f], &real, &c.st) && checkpoint_folder(real, from, sizeof from))
            checkpoint_each(from, carry, &c);
        free(real);
    }
    if (c.num)
        log_line(log, LOG_INFO, "%s: %d of the parts' checkpoints and states %s copied", to, c.num,
                 c.num == 1 ? "is" : "are");
    if (c.st.code)
        log_line(log, LOG_WARNING, "%s; some runs that are left begin anew in the merged file",
                 c.st.text);
}

int study_merge(struct gathered *gathered, const char *path, const char *command_line, bool replace,
                const struct log *log, struct status *st)
{
    struct lock lock = {.fd = -1};
    char *real = NULL;
    int code = file_follow(path, &real, st);
    if (!code) code = lock_take(&lock, real, 0, ORPHAN_WAIT_S, log, st);
    if (!code) code = merge(gathered, real, command_line, replace, st);
    if (!code) carry_all(gathered, real, log);
    lock_release(&lock, true);
    free(real);
    return code;
}
