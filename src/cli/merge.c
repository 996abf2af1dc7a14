/* merge: the verb that puts the results files of one study's parts together. Refuses parts that a
 * study writes at the moment, and an output that exists or is one of the parts. */
#include "cli.h"

#include "base/file.h"
#include "base/show.h"
#include "base/wrap.h"
#include "store/gather.h"
#include "study/study.h"

#include <stdlib.h>
#include <sys/stat.h>

static const struct cli_option options[] = {
    {"output", 'o', "ALL.h5", "HMMGRID_OUTPUT", false, "results file to make (needed)"},
    {"fresh", 0, NULL, NULL, false, "replace ALL.h5"},
    {"dry-run", 'n', NULL, NULL, false,
     "only say what ALL.h5 would hold, and refuse what would be refused"},
    {0},
};

/* --- may it be? ------------------------------------------------------------------------------- */

static int check_output(const struct invocation *inv, struct status *st)
{
    const char *path = cli_value(inv, "output");
    struct stat output, part;
    if (!path || !*path)
        return status_set(st, STATUS_USAGE, "merge: -o ALL.h5 is missing: where the runs go");
    if (stat(path, &output) != 0) return STATUS_OK;
    for (int i = 0; i < inv->num_operands; i++)
        if (stat(inv->operand[i], &part) == 0 && part.st_dev == output.st_dev &&
            part.st_ino == output.st_ino)
            return status_set(st, STATUS_CANNOT_CREATE,
                              "%s: is one of the parts; give another -o, the parts stay as they "
                              "are",
                              path);
    if (cli_flag(inv, "fresh") || !S_ISREG(output.st_mode)) return STATUS_OK;
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: exists already; --fresh replaces it, or give another -o", path);
}

int cli_check_idle(const struct invocation *inv, struct status *st)
{
    for (int i = 0; i < inv->num_operands; i++) {
        char *real, holder[256];
        int code = file_follow(inv->operand[i], &real, st);
        if (code) return code;
        bool live = study_is_locked(real, holder, sizeof holder);
        free(real);
        if (live)
            return status_set(st, STATUS_CANNOT_CREATE,
                              "%s: a study is writing this file (%s); wait for it or stop it "
                              "(hmmgrid status shows how far it is)",
                              inv->operand[i], holder);
    }
    return STATUS_OK;
}

int cli_gather(const struct invocation *inv, bool check, struct gathered **g, struct status *st)
{
    int code = store_gather(g, inv->operand, inv->num_operands, check, st);
    if (code == STATUS_CANNOT_CREATE) st->code = code = STATUS_BAD_GRID;
    return code;
}

/* --- what is told ----------------------------------------------------------------------------- */

int cli_tell_damage(const struct invocation *inv, const struct gathered *g)
{
    enum { MOST = 10 };
    int lost = 0;
    if (g->note) log_line(&inv->log, LOG_WARNING, "%s", g->note);
    for (int i = 0; i < g->num_damaged; i++) {
        const struct gathered_damage *d = &g->damage[i];
        const struct gathered_run *counts = &g->run[d->run];
        bool found = counts->status >= RUN_DONE;
        char *told = plan_tell(&g->plan, d->run);
        lost += !found;
        if (i < MOST)
            log_line(&inv->log, LOG_WARNING,
                     "%s: run %d (%s): its bytes are not the ones that were committed: not "
                     "taken; %s has it",
                     g->path[d->file], d->row, told ? told : "",
                     found ? g->path[counts->file] : "no other part");
        free(told);
    }
    if (g->num_damaged > MOST)
        log_line(&inv->log, LOG_WARNING, "%d damaged rows in all; `hmmgrid verify` lists them",
                 g->num_damaged);
    return lost;
}

static void count(const struct gathered *g, int file, int num[NUM_RUN_STATUS])
{
    for (int i = 0; i < g->plan.num_runs; i++)
        if (file < 0 || g->run[i].file == file) num[g->run[i].status]++;
}

static void print(const struct invocation *inv, const struct gathered *g)
{
    char size[PLAN_COUNT_BYTES], text[PLAN_COUNT_BYTES + 128];
    int width = wrap_width(inv->out);
    int all[NUM_RUN_STATUS] = {0};
    bool dry = cli_flag(inv, "dry-run");
    for (int f = 0; f < g->num_files; f++) {
        int num[NUM_RUN_STATUS] = {0};
        count(g, f, num);
        snprintf(text, sizeof text, "%d done, %d failed, %d crashed of %d taken", num[RUN_DONE],
                 num[RUN_FAILED], num[RUN_CRASHED],
                 g->count[f][RUN_DONE] + g->count[f][RUN_FAILED] + g->count[f][RUN_CRASHED]);
        wrap_text(inv->out, text, 2, show_on(inv->out, "%s:", g->path[f]), width);
    }
    count(g, -1, all);
    plan_count(&g->plan, g->plan.num_runs, NULL, size);
    snprintf(text, sizeof text, "%s %s: %d done, %d failed, %d crashed, %d left",
             dry ? "would hold" : "holds", size, all[RUN_DONE], all[RUN_FAILED], all[RUN_CRASHED],
             all[RUN_PENDING] + all[RUN_RUNNING]);
    wrap_text(inv->out, text, 2, show_on(inv->out, "%s", cli_value(inv, "output")), width);
}

/* --- the verb --------------------------------------------------------------------------------- */

static int merge(const struct invocation *inv, struct gathered **g, struct status *st)
{
    const char *path = cli_value(inv, "output");
    int code = check_output(inv, st);
    if (!code) code = cli_check_idle(inv, st);
    if (!code) code = store_gather(g, inv->operand, inv->num_operands, true, st);
    int lost = code ? 0 : cli_tell_damage(inv, *g);
    if (!code && cli_flag(inv, "dry-run"))
        code = store_try_create(path, cli_flag(inv, "fresh"), st);
    else if (!code)
        code = study_merge(*g, path, inv->command_line, cli_flag(inv, "fresh"), &inv->log, st);
    if (code) return code;
    print(inv, *g);
    if (!lost) return STATUS_OK;
    return status_set(st, STATUS_IO,
                      "%d run%s %s damaged in every part that had %s: `hmmgrid run GRID -o %s "
                      "--resume` does %s again",
                      lost, lost == 1 ? "" : "s", lost == 1 ? "was" : "were",
                      lost == 1 ? "it" : "them", path, lost == 1 ? "it" : "them");
}

static int run_merge(const struct invocation *inv)
{
    struct status st = {0};
    struct gathered *g = NULL;
    int code = merge(inv, &g, &st);
    store_gathered_free(g);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

const struct verb verb_merge = {
    .name = "merge",
    .operands = "PART.h5...",
    .num_operands = 1,
    .several = true,
    .summary = "the files of a study's parts as one",
    .description =
        "Makes one results file of several: the parts of a study that was run with --share, or "
        "files some of whose runs are the same. Every run has the row of the file in which it is "
        "done, else of one in which it failed or crashed; of several such rows that which began "
        "first, so the order of the files is of no importance. The digest is that of the study "
        "run as one, `hmmgrid run GRID -o ALL.h5 --resume` does the runs that are left, from the "
        "parts' checkpoints, which are copied. The parts stay as they are.\n"
        "\n"
        "A run that is done in two files must have the same results there, bit for bit; if not, "
        "nothing is written and the message names both (exit code 73). Damaged rows are not taken "
        "and named; the code is 74 when no other part has the run. Files that other versions of "
        "the program made are taken; the column version tells which made a row.\n"
        "\n"
        "  hmmgrid merge part*.h5 -o study.h5",
    .options = options,
    .run = run_merge,
};
