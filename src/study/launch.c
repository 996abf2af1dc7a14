/* launch: from what was asked for to a study that runs on every rank: MPI, the request and the grid
 * as rank 0 has them, the choice of runs, the start of the numerics.
 *
 * Refuses to print anything but on rank 0, and to let a rank leave before all are through: every
 * rank passes MPI_Finalize and then returns the same code, so that mpirun reports that code and
 * has no running rank to kill (RELIABILITY section 4).
 */
#include "study.h"

#include "agenda.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/kernel.h"
#include "base/limits.h"
#include "base/linalg.h"
#include "base/sheet.h"
#include "base/show.h"
#include "deadline.h"
#include "forecast/cost.h"
#include "forecast/share.h"
#include "output.h"
#include "protocol.h"
#include "signals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct launch {
    const struct study_request *request;
    struct study_options study;
    const char *where, *share, **sets; /* sets: owned; the texts are in words */
    int num_sets;
    char *words; /* rank 0's texts, one behind the other, owned */
    char *text;  /* of the grid, owned */
    size_t words_bytes, text_bytes;
    struct plan plan;
    bool *selected; /* owned */
    char chosen_by[64];
    int num_selected, rank, size;
    bool abandoned; /* the results file is open for good */
    struct log log;
};

/* --- what rank 0 knows ------------------------------------------------------------------ */

/* A block of rank 0's on every rank: *block is malloc'd there (rank 0 keeps its own). */
static int share_all(char **block, size_t *bytes, int rank, struct status *st)
{
    unsigned long n = *bytes;
    MPI_CHECK(MPI_COMM_WORLD, MPI_Bcast(&n, 1, MPI_UNSIGNED_LONG, 0, MPI_COMM_WORLD));
    *bytes = n;
    if (rank > 0 && !(*block = malloc(n + 1))) status_no_memory(st, "what rank 0 read");
    if (protocol_agree_all(MPI_COMM_WORLD, st)) return st->code;
    MPI_CHECK(MPI_COMM_WORLD, MPI_Bcast(*block, (int)n, MPI_BYTE, 0, MPI_COMM_WORLD));
    return 0;
}

/* Output (the file itself, whatever links lead to it), where, share and the sets as texts one after
 * the other. */
static void pack_words(struct launch *l, struct status *st)
{
    const struct study_request *r = l->request;
    char *output = NULL;
    if (r->study.output && file_follow(r->study.output, &output, st)) return;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    const char *const first[] = {output, r->where, r->share};
    for (int i = -3; out && i < r->num_sets; i++) {
        const char *word = i < 0 ? first[i + 3] : r->sets[i];
        fwrite(word ? word : "", 1, word ? strlen(word) + 1 : 1, out);
    }
    if (out) l->words = sheet_close(&sheet, out, true, &l->words_bytes);
    if (!l->words) status_no_memory(st, "the request");
    free(output);
}

static void unpack_words(struct launch *l, struct status *st)
{
    const char *end = l->words + l->words_bytes;
    if (!(l->sets = calloc(l->words_bytes, sizeof *l->sets))) {
        status_no_memory(st, "the request");
        return;
    }
    l->study.output = l->words;
    l->where = l->words + strlen(l->words) + 1;
    l->share = l->where + strlen(l->where) + 1;
    for (const char *at = l->share + strlen(l->share) + 1; at < end; at += strlen(at) + 1)
        l->sets[l->num_sets++] = at;
}

/* Rank 0's reading of flags and environment holds everywhere: HMMGRID_* variables need not reach
 * every node. */
static int share_request_all(struct launch *l, struct status *st)
{
    if (l->rank == 0) pack_words(l, st);
    if (protocol_agree_all(MPI_COMM_WORLD, st) ||
        share_all(&l->words, &l->words_bytes, l->rank, st))
        return st->code;
    unpack_words(l, st);
    return protocol_agree_all(MPI_COMM_WORLD, st);
}

/* Rank 0 reads the text of the grid, everyone gets it; at most 1 MiB. */
static int load_text_all(struct launch *l, struct status *st)
{
    if (l->rank == 0) plan_load_text(l->request->grid, &l->text, &l->text_bytes, st);
    if (protocol_agree_all(MPI_COMM_WORLD, st)) return st->code;
    return share_all(&l->text, &l->text_bytes, l->rank, st);
}

/* --- the runs --------------------------------------------------------------------------- */

/* Keep what --where and --share choose. */
static int choose(struct launch *l, struct plan *part, struct status *st)
{
    struct share share;
    int code = *l->where ? plan_where(part, l->where, st) : STATUS_OK;
    if (!code && part->num_runs == 0) code = st->code = STATUS_USAGE; /* its text says why */
    if (code || !*l->share) return code;
    code = share_parse(l->share, &share, st);
    if (!code) code = share_keep(part, share, st);
    if (!code && part->num_runs == 0 && l->rank == 0)
        log_line(&l->log, LOG_WARNING, "%s", st->text);
    return code;
}

/* Which runs of the plan are chosen; both lists have the same order. */
static int select_runs(struct launch *l, struct status *st)
{
    struct plan part = {0};
    l->num_selected = l->plan.num_runs;
    if (!*l->where && !*l->share) return 0;
    snprintf(l->chosen_by, sizeof l->chosen_by, "%s%s%s%s", *l->where ? "--where" : "",
             *l->where && *l->share ? " and " : "", *l->share ? "--share " : "", l->share);
    int code = plan_read(&part, l->request->grid, l->text, l->text_bytes, l->sets, l->num_sets, st);
    if (!code) code = choose(l, &part, st);
    if (!code && !(l->selected = calloc((size_t)l->plan.num_runs + 1, sizeof *l->selected)))
        code = status_no_memory(st, "the choice of runs");
    for (int i = 0, k = 0; !code && i < l->plan.num_runs && k < part.num_runs; i++)
        if (strcmp(l->plan.runs[i].key, part.runs[k].key) == 0) l->selected[i] = true, k++;
    l->num_selected = part.num_runs;
    plan_free(&part);
    return code;
}

static int expand(struct launch *l, struct status *st)
{
    int code =
        plan_read(&l->plan, l->request->grid, l->text, l->text_bytes, l->sets, l->num_sets, st);
    if (!code) code = select_runs(l, st);
    if (!code && l->rank == 0) code = store_check_start_weights(&l->plan, st);
    return code;
}

/* Files that the grid names may differ from node to node, and with them what a run is. */
static int agree_on_keys_all(const struct launch *l, struct status *st)
{
    struct hash_state *state = hash_begin();
    uint64_t mine = 0, first;
    for (int i = 0; state && i < l->plan.num_runs; i++)
        hash_add(state, l->plan.runs[i].key, strlen(l->plan.runs[i].key));
    if (state)
        mine = hash_end(state);
    else
        status_no_memory(st, "the runs' keys");
    first = mine;
    MPI_CHECK(MPI_COMM_WORLD, MPI_Bcast(&first, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD));
    if (!st->code && first != mine)
        status_set(st, STATUS_NO_INPUT,
                   "rank %d: the file of train.start_weights holds there what it does not hold on "
                   "rank 0's node; put it where all nodes see the same",
                   l->rank);
    return protocol_agree_all(MPI_COMM_WORLD, st);
}

/* What is to become of the results file, and of its runs; those that would be run are selected. */
static int tell_output(struct launch *l, struct status *st)
{
    static const char *const become[] = {
        [OUTPUT_CREATE] = "is new",
        [OUTPUT_REPLACE] = "is replaced",
        [OUTPUT_GO_ON] = "is continued",
        [OUTPUT_EXTEND] = "is extended",
    };
    const struct plan *p = &l->plan;
    struct output o;
    struct agenda agenda = {.schedule = NULL};
    int count[NUM_RUN_STATUS] = {0}, code = output_preview(&o, p, &l->study, &l->log, st);
    if (code) return code;
    bool *todo = calloc((size_t)p->num_runs + 1, sizeof *todo);
    if (!todo) code = status_no_memory(st, "the choice of runs");
    for (int i = 0; !code && i < p->num_runs; i++) {
        if (l->selected && !l->selected[i]) continue;
        count[o.status[i]]++;
        todo[i] = o.status[i] == RUN_PENDING;
    }
    if (!code) code = agenda_make(&agenda, p, l->selected, &o, st);
    if (!code) code = agenda_try(&agenda, p, &l->study, st);
    if (!code)
        show_on(l->study.out, "%s %s: %d to be run, %d done, %d failed, %d crashed\n",
                l->study.output, become[o.action], count[RUN_PENDING], count[RUN_DONE],
                count[RUN_FAILED], count[RUN_CRASHED]);
    agenda_free(&agenda);
    output_free(&o);
    free(l->selected);
    l->selected = todo;
    return code;
}

static int tell_plan(struct launch *l, struct status *st)
{
    const struct plan *p = &l->plan;
    char count[PLAN_COUNT_BYTES];
    double core_s = 0, memory_bytes = 0;
    int workers = l->size > 1 ? l->size - 1 : 1;
    plan_count(p, l->num_selected, l->chosen_by, count);
    l->study.selected = l->selected;
    show_on(l->study.out, "%s: study %s: %s\n", l->request->grid, p->study, count);
    if (*l->study.output && tell_output(l, st)) return st->code;
    for (int i = 0; i < p->num_runs; i++) {
        const struct settings *s = &p->cells[p->runs[i].cell].settings;
        if (l->selected && !l->selected[i]) continue;
        core_s += cost_run_s(s);
        memory_bytes = fmax(memory_bytes, cost_memory_bytes(s));
    }
    show_on(l->study.out, "about %.3g core-hours (%.3g hours on %d worker%s), %.0f MB a worker\n",
            core_s / 3600, core_s / 3600 / workers, workers, workers == 1 ? "" : "s",
            memory_bytes / 1e6);
    struct deadline deadline; /* for what it warns of */
    deadline_first(&deadline, l->study.deadline_s, &l->log);
    deadline_free(&deadline);
    return STATUS_OK;
}

/* --- the start -------------------------------------------------------------------------- */

/* A CPU or BLAS of one node may be at fault. */
static void start_numerics(int rank, struct status *st)
{
    int code = kernel_check(st);
    if (!code) code = linalg_start(st);
    if (code && rank > 0) status_prefix(st, "rank %d cannot compute: ", rank);
}

/* A launcher that this MPI does not know starts as many studies as it was to start ranks. */
static int check_launcher(int size, struct status *st)
{
    static const struct {
        const char *variable, *advice;
    } launchers[] = {
        {"SLURM_STEP_NUM_TASKS",
         "srun --mpi=pmix (or pmi2; `srun --mpi=list` shows what there is), or "
         "mpirun inside the job"},
        {"PMI_SIZE", "the mpirun of the MPI that `ldd` shows for this program"},
        {"OMPI_COMM_WORLD_SIZE", "the mpirun of the MPI that `ldd` shows for this program"}};
    for (size_t i = 0; size == 1 && i < sizeof launchers / sizeof launchers[0]; i++) {
        const char *text = getenv(launchers[i].variable);
        int tasks = text ? atoi(text) : 0;
        if (tasks > 1)
            return status_set(
                st, STATUS_USAGE,
                "%d tasks were started (%s), but MPI connects none of them: each would "
                "be a study of its own; use %s",
                tasks, launchers[i].variable, launchers[i].advice);
    }
    return STATUS_OK;
}

/* *told: the study has told its end. */
static void launch_all(struct launch *l, bool *told, struct status *st)
{
    /* what another rank found wrong with its copy of the command line does not matter */
    if (l->rank > 0) *st = (struct status){0};
    if (protocol_agree_all(MPI_COMM_WORLD, st) || share_request_all(l, st) || load_text_all(l, st))
        return;
    int code = expand(l, st);
    if (!code && !l->request->dry_run) start_numerics(l->rank, st);
    if (!st->code) signals_check(st);
    if (protocol_agree_all(MPI_COMM_WORLD, st) || agree_on_keys_all(l, st)) return;
    if (l->rank == 0 && l->plan.warnings) log_line(&l->log, LOG_WARNING, "%s", l->plan.warnings);
    if (l->request->dry_run) {
        if (l->rank == 0) tell_plan(l, st);
        protocol_agree_all(MPI_COMM_WORLD, st);
        return;
    }
    l->study.selected = l->selected;
    l->study.chosen_by = *l->chosen_by ? l->chosen_by : NULL;
    l->study.abandoned = &l->abandoned;
    l->log.timed = true;
    code = study_run_all(&l->plan, &l->study, MPI_COMM_WORLD, st);
    *told = code == STATUS_OK || code == STATUS_SOME_FAILED || code == STATUS_STOPPED;
}

int study_launch(const struct study_request *request, struct status *st)
{
    struct launch l = {.request = request, .study = request->study};
    struct signals signals;
    l.study.launched_unix_s = clock_unix_s();
    signals_install(&signals); /* the start of many ranks may take minutes */
    limits_keep_cpu_s();
    bool told = false, started = protocol_start(st) == 0;
    log_init(&l.log, request->study.err, -1);
    if (started) {
        MPI_Comm_rank(MPI_COMM_WORLD, &l.rank);
        MPI_Comm_size(MPI_COMM_WORLD, &l.size);
        if (!st->code) check_launcher(l.size, st);
        launch_all(&l, &told, st);
    }
    if (st->code && l.rank == 0 && !told)
        log_line(&l.log, st->code == STATUS_STOPPED ? LOG_INFO : LOG_ERROR, "%s", st->text);
    if (l.abandoned) { /* all have heard it: MPI_Finalize would close the file once more */
        MPI_Barrier(MPI_COMM_WORLD);
        fflush(NULL);
        _exit(status_exit_code(st->code));
    }
    plan_free(&l.plan);
    free(l.text);
    free(l.words);
    free(l.sets);
    free(l.selected);
    if (started) MPI_Finalize();
    signals_restore(&signals);
    return status_exit_code(st->code);
}
