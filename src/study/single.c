/* single: one run's output in a results file of its own, written as a study writes it, by one
 * process. Refuses to train. */
#include "protocol.h"
#include "provenance.h"

#include "store/store.h"
#include "study.h"

#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int write_run(struct store *store, const struct run_output *out, double cpu_s,
                     const char *version, struct status *st)
{
    int run = 0;
    char host[HOST_BYTES] = "";
    struct run_attempt attempt = {.attempt = 1,
                                  .status = RUN_DONE,
                                  .host = host,
                                  .version = version,
                                  .t_start_s = (double)time(NULL) - cpu_s,
                                  .wall_s = cpu_s,
                                  .cpu_s = cpu_s,
                                  .peak_bytes = NAN,
                                  .idle_s = NAN};
    struct store_commit commit = {.attempt = 1, .status = RUN_DONE};
    gethostname(host, sizeof host - 1);
    int code = store_begin_runs(store, &run, 1, true, st);
    if (!code) code = store_write_run(store, &attempt, out, &commit.checksum, st);
    return code ? code : store_commit_runs(store, &commit, 1, st);
}

int study_write_single(const char *path, const struct plan *plan, const struct run_output *out,
                       double cpu_s, const char *command_line, bool replace, struct status *st)
{
    struct provenance_facts facts;
    struct store *store = NULL;
    int of_caller = 0;
    MPI_Initialized(&of_caller);
    if (protocol_start(st)) return st->code;
    provenance_gather_all(&facts, command_line, MPI_COMM_SELF);
    int code = store_create(path, plan, &facts.view, replace, st);
    if (!code) {
        code = store_open_all(&store, path, plan, MPI_COMM_SELF, st);
        if (!code) code = write_run(store, out, cpu_s, facts.program, st);
        struct status closing = {0};
        int closed = store ? store_close_all(store, &closing) : STATUS_OK;
        if (!code && closed) code = status_set(st, closed, "%s", closing.text);
        if (code) unlink(path);
    }
    provenance_free(&facts);
    if (!of_caller) MPI_Finalize();
    return code;
}
