/* run: the verb that runs a grid, alone or under mpirun/srun. The only verb that starts MPI.
 *
 * Refuses to print anything but on rank 0, and to let a rank leave before all are through: every
 * rank passes MPI_Finalize and then returns the same code, so that mpirun reports that code and
 * has no running rank to kill (RELIABILITY section 4).
 */
#include "cli.h"

#include "forecast/cost.h"
#include "base/kernel.h"
#include "base/linalg.h"
#include "study/study.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MAX_SETS = 256 };

/* Options that stand for a setting of the study; the same as --set KEY=VALUE. */
static const struct {
    const char *option, *key;
} setting_options[] = {{"retries", "run.retries"},
                       {"max-failures", "run.max_failures"},
                       {"order", "run.order"},
                       {"reserve", "run.reserve"}};
enum { NUM_SETTING_OPTIONS = sizeof setting_options / sizeof setting_options[0] };

static const char *const progress_names[] = {"auto", "bar", "plain", "json", "none"};

static const struct cli_option run_options[] = {
    {"output", 'o', "FILE.h5", "HMMGRID_OUTPUT", false, "results file (needed)"},
    {"resume", 0, NULL, "HMMGRID_RESUME", false,
     "continue the study in FILE.h5, or begin it when there is none"},
    {"fresh", 0, NULL, NULL, false, "replace FILE.h5"},
    {"extend", 0, NULL, NULL, false, "add this grid's new runs to FILE.h5, keep the finished ones"},
    {"where", 0, "EXPR", NULL, false, "do only the runs for which EXPR is true"},
    {"set", 0, "KEY=VALUE", NULL, true, "override a setting of every run"},
    {"retries", 0, "N", "HMMGRID_RETRIES", false,
     "further attempts at a run that killed its rank (run.retries)"},
    {"max-failures", 0, "N|P%", "HMMGRID_MAX_FAILURES", false,
     "failed runs that end the study early (run.max_failures)"},
    {"order", 0, "longest|grid", "HMMGRID_ORDER", false, "which run first (run.order)"},
    {"reserve", 0, "TIME", "HMMGRID_RESERVE", false,
     "time kept free before the deadline (run.reserve)"},
    {"deadline", 0, "TIME", "HMMGRID_DEADLINE", false,
     "stop in time for this: seconds since 1970, or a duration from now such as 3h50m; default "
     "SLURM_JOB_END_TIME when that is set"},
    {"progress", 0, "auto|bar|plain|json|none", "HMMGRID_PROGRESS", false,
     "how to show progress on stderr"},
    {"dry-run", 'n', NULL, NULL, false, "only say what would be run"},
    {0},
};

struct request {
    const struct invocation *inv;
    const char *grid; /* file */
    int rank, size;
    const char *sets[MAX_SETS];
    char set_text[NUM_SETTING_OPTIONS][256];
    int num_sets;
    const char *where;
    struct study_options study;
    char *shared; /* rank 0's texts on the other ranks, owned */
    char *text;   /* of the grid, owned */
    unsigned long bytes;
    struct plan plan;
    bool *selected; /* owned */
    int num_selected;
};

/* --- the command line ------------------------------------------------------------------------- */

static int read_sets(struct request *r, struct status *st)
{
    const char *const *value = NULL;
    int num = cli_values(r->inv, "set", &value);
    if (num > MAX_SETS - NUM_SETTING_OPTIONS)
        return status_set(st, STATUS_USAGE, "--set: at most %d of them",
                          MAX_SETS - NUM_SETTING_OPTIONS);
    for (int i = 0; i < num; i++) r->sets[r->num_sets++] = value[i];
    for (int i = 0; i < NUM_SETTING_OPTIONS; i++) {
        const char *text = cli_value(r->inv, setting_options[i].option);
        if (!text) continue;
        int n =
            snprintf(r->set_text[i], sizeof r->set_text[i], "%s=%s", setting_options[i].key, text);
        if (n >= (int)sizeof r->set_text[i])
            return status_set(st, STATUS_USAGE, "--%s: the value is too long",
                              setting_options[i].option);
        r->sets[r->num_sets++] = r->set_text[i];
    }
    return 0;
}

static int read_existing(struct request *r, struct status *st)
{
    static const struct {
        const char *option;
        int existing;
    } way[] = {{"resume", EXISTING_RESUME}, {"fresh", EXISTING_FRESH}, {"extend", EXISTING_EXTEND}};
    r->study.existing = EXISTING_REFUSE;
    for (int i = 0; i < 3; i++) {
        if (!cli_flag(r->inv, way[i].option)) continue;
        if (r->study.existing != EXISTING_REFUSE)
            return status_set(st, STATUS_USAGE,
                              "--resume, --fresh and --extend exclude each "
                              "other: give one of them");
        r->study.existing = way[i].existing;
    }
    return 0;
}

static int read_progress(struct request *r, struct status *st)
{
    const char *text = cli_value(r->inv, "progress");
    r->study.progress = PROGRESS_AUTO;
    for (int i = 0; text && i <= PROGRESS_NONE; i++) {
        if (strcmp(text, progress_names[i]) != 0) continue;
        r->study.progress = i;
        return 0;
    }
    return text ? status_set(st, STATUS_USAGE,
                             "--progress: '%s' is none of auto, bar, plain, json, "
                             "none",
                             text)
                : 0;
}

/* Unix seconds, or a duration from now. Digits alone from 10^9 on are Unix seconds. */
static int read_deadline(struct request *r, struct status *st)
{
    const char *text = cli_value(r->inv, "deadline"), *source = "--deadline";
    r->study.deadline_s = INFINITY;
    if (!text) text = getenv("SLURM_JOB_END_TIME"), source = "SLURM_JOB_END_TIME";
    if (!text || !*text) return 0;
    if (strspn(text, "0123456789.") == strlen(text) && strtod(text, NULL) >= 1e9) {
        r->study.deadline_s = strtod(text, NULL);
        return 0;
    }
    double seconds;
    struct status duration = {0};
    if (duration_parse(text, &seconds, &duration) != 0)
        return status_set(st, STATUS_USAGE,
                          "%s: '%s' is neither seconds since 1970 nor a duration "
                          "such as 3h50m (%s)",
                          source, text, duration.text);
    r->study.deadline_s = (double)time(NULL) + seconds;
    return 0;
}

static int check_output(const struct request *r, struct status *st)
{
    const char *path = r->study.output;
    struct stat info;
    if (!path && cli_flag(r->inv, "dry-run")) return 0;
    if (!path || !*path)
        return status_set(st, STATUS_USAGE, "run: -o FILE.h5 is missing: where the results go");
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: is a directory; name a file, such as -o %s%sstudy.h5", path, path,
                          path[strlen(path) - 1] == '/' ? "" : "/");
    return 0;
}

static int read_request(struct request *r, struct status *st)
{
    r->grid = cli_operand(r->inv, 0);
    r->where = cli_value(r->inv, "where");
    r->study.output = cli_value(r->inv, "output");
    r->study.command_line = cli_command_line(r->inv);
    r->study.run = experiment_run;
    r->study.out = cli_out(r->inv);
    r->study.err = cli_err(r->inv);
    int code = read_sets(r, st);
    if (!code) code = read_existing(r, st);
    if (!code) code = read_progress(r, st);
    if (!code) code = read_deadline(r, st);
    return code ? code : check_output(r, st);
}

/* Rank 0's reading of flags and environment holds everywhere: HMMGRID_* variables need not reach
 * every node. Output, where and the sets travel as texts one after the other. */
static void share_request_all(struct request *r)
{
    unsigned long bytes = 0;
    const char *first[2] = {r->study.output ? r->study.output : "", r->where ? r->where : ""};
    MPI_Bcast(&r->num_sets, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Bcast(&r->study.deadline_s, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    int num = r->num_sets + 2;
    for (int i = 0; r->rank == 0 && i < num; i++)
        bytes += strlen(i < 2 ? first[i] : r->sets[i - 2]) + 1;
    MPI_Bcast(&bytes, 1, MPI_UNSIGNED_LONG, 0, MPI_COMM_WORLD);
    if (!(r->shared = malloc(bytes))) {
        fprintf(stderr, "hmmgrid: rank %d: memory is out at the start\n", r->rank);
        MPI_Abort(MPI_COMM_WORLD, STATUS_INTERNAL);
    }
    char *at = r->shared;
    for (int i = 0; r->rank == 0 && i < num; i++)
        at = stpcpy(at, i < 2 ? first[i] : r->sets[i - 2]) + 1;
    MPI_Bcast(r->shared, (int)bytes, MPI_BYTE, 0, MPI_COMM_WORLD);
    at = r->shared;
    for (int i = 0; r->rank > 0 && i < num; i++) {
        if (i == 0)
            r->study.output = at;
        else if (i == 1)
            r->where = *at ? at : NULL;
        else
            r->sets[i - 2] = at;
        at += strlen(at) + 1;
    }
}

/* --- the grid --------------------------------------------------------------------------------- */

/* Rank 0 reads the text, everyone gets it. */
static int load_text_all(struct request *r, struct status *st)
{
    size_t bytes = 0;
    if (r->rank == 0) st->code = plan_load_text(r->grid, &r->text, &bytes, st);
    r->bytes = bytes;
    MPI_Bcast(st, sizeof *st, MPI_BYTE, 0, MPI_COMM_WORLD);
    if (st->code) return st->code;
    MPI_Bcast(&r->bytes, 1, MPI_UNSIGNED_LONG, 0, MPI_COMM_WORLD);
    if (r->rank > 0 && !(r->text = malloc(r->bytes + 1))) {
        fprintf(stderr, "hmmgrid: rank %d: memory is out at the start\n", r->rank);
        MPI_Abort(MPI_COMM_WORLD, STATUS_INTERNAL);
    }
    MPI_Bcast(r->text, (int)r->bytes, MPI_BYTE, 0, MPI_COMM_WORLD); /* at most 1 MiB */
    return 0;
}

/* Which runs of the plan --where keeps; both lists have the same order. */
static int select_runs(struct request *r, struct status *st)
{
    struct plan part = {0};
    r->num_selected = r->plan.num_runs;
    if (!r->where) return 0;
    int code = plan_read(&part, r->grid, r->text, r->bytes, r->sets, r->num_sets, st);
    if (!code) code = plan_where(&part, r->where, st);
    if (!code && !(r->selected = calloc((size_t)r->plan.num_runs + 1, sizeof *r->selected)))
        code = status_no_memory(st, "the choice of runs");
    if (!code) {
        for (int i = 0, k = 0; i < r->plan.num_runs && k < part.num_runs; i++)
            if (strcmp(r->plan.runs[i].key, part.runs[k].key) == 0) r->selected[i] = true, k++;
        r->num_selected = part.num_runs;
        r->study.selected = r->selected;
        if (part.num_runs == 0)
            code = status_set(st, STATUS_USAGE, "--where '%s' is true for none of the %d runs",
                              r->where, r->plan.num_runs);
    }
    plan_free(&part);
    return code;
}

static int dry_run(struct request *r)
{
    const struct plan *p = &r->plan;
    double core_s = 0, memory_bytes = 0;
    for (int i = 0; i < p->num_runs; i++) {
        const struct settings *s = &p->cells[p->runs[i].cell].settings;
        if (r->selected && !r->selected[i]) continue;
        core_s += cost_run_s(s);
        memory_bytes = fmax(memory_bytes, cost_memory_bytes(s));
    }
    if (r->rank > 0) return 0;
    int workers = r->size > 1 ? r->size - 1 : 1;
    fprintf(r->study.out,
            "%s: study %s: %d runs in %d cells, %d to do\n"
            "about %.3g core-hours (%.3g hours on %d worker%s), %.0f MB a worker\n",
            r->grid, p->study, p->num_runs, p->num_cells, r->num_selected, core_s / 3600,
            core_s / 3600 / workers, workers, workers == 1 ? "" : "s", memory_bytes / 1e6);
    return 0;
}

/* --- the verb --------------------------------------------------------------------------------- */

/* The worst code of all ranks, everywhere: a CPU or BLAS of one node may be at fault. */
static int start_numerics_all(int rank, struct status *st)
{
    int code = kernel_check(st), worst;
    if (!code) code = linalg_start(st);
    if (code && rank > 0) fprintf(stderr, "hmmgrid: rank %d: error: %s\n", rank, st->text);
    MPI_Allreduce(&code, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (worst && !code) status_set(st, worst, "another rank cannot compute here, see above");
    return worst;
}

static bool is_end_of_study(int code)
{
    return code == STATUS_OK || code == STATUS_SOME_FAILED || code == STATUS_STOPPED;
}

static int run_under_mpi(struct request *r)
{
    struct status st = {0};
    bool ran = false;
    MPI_Comm_rank(MPI_COMM_WORLD, &r->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &r->size);
    int code = read_request(r, &st);
    MPI_Bcast(&code, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (!code) share_request_all(r);
    if (!code) code = load_text_all(r, &st);
    if (!code) code = plan_read(&r->plan, r->grid, r->text, r->bytes, r->sets, r->num_sets, &st);
    if (!code) code = plan_check_trainable(&r->plan, &st);
    if (!code) code = select_runs(r, &st);
    if (!code && cli_flag(r->inv, "dry-run")) {
        code = dry_run(r);
    } else {
        if (!code) code = start_numerics_all(r->rank, &st);
        if (!code) {
            code = study_run_all(&r->plan, &r->study, MPI_COMM_WORLD, &st);
            ran = true;
        }
        if (code && r->rank == 0 && !(ran && is_end_of_study(code))) code = cli_fail(r->inv, &st);
    }
    plan_free(&r->plan);
    free(r->text);
    free(r->shared);
    free(r->selected);
    return status_exit_code(code);
}

static int run_run(const struct invocation *inv)
{
    struct request request = {.inv = inv};
    struct status st = {0};
    setenv("OMPI_MCA_io", "romio321", 0); /* OMPIO 4.1.4 overflows on long paths, can hang */
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS) {
        status_set(&st, STATUS_INTERNAL, "MPI_Init failed");
        return cli_fail(inv, &st);
    }
    int code = run_under_mpi(&request);
    MPI_Finalize();
    return code;
}

const struct verb verb_run = {
    .name = "run",
    .operands = "GRID",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "run a grid, alone or under mpirun/srun",
    .description =
        "Runs every run of GRID and writes one row each into FILE.h5. Under mpirun or srun rank 0 "
        "hands out runs and the other ranks do them; alone, one process does everything. The "
        "results are the same bits either way. 'hmmgrid help settings' lists what a grid and "
        "--set can set.\n"
        "\n"
        "  hmmgrid run grid.yaml -o results.h5\n"
        "  mpirun -n 40 hmmgrid run grid.yaml -o results.h5 --resume\n"
        "\n"
        "SIGINT, SIGTERM, SIGHUP, SIGUSR1 and the deadline stop the study so that --resume "
        "continues "
        "it (exit code 75). A failed run is recorded with its reason and the study goes on (exit "
        "code 3 at the end); max_failures of them end it early, a share being at least 3 runs. "
        "--where leaves the other runs pending; the code is 0 when the chosen ones are done.",
    .options = run_options,
    .run = run_run,
};
