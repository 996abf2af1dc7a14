/* verify: is a results file whole, and one number for all its results. Reads only; refuses to
 * repair: a damaged row is run again by `run --resume`. */
#include "cli.h"
#include "replay.h"

#include "base/show.h"
#include "settings/value.h"
#include "study/study.h"

#include <limits.h>

struct verdict {
    int count[NUM_RUN_STATUS];
    int num_committed, num_damaged_rows, num_damaged_records, num_columns;
};

static int check_columns(const struct invocation *inv, struct store *store, struct verdict *verdict,
                         struct status *st)
{
    const char *path = inv->operand[0];
    int behind = 0;
    for (int run = 0; run < store_num_runs(store); run++) {
        enum store_agreement found;
        int code = store_check_columns(store, run, &found, st);
        if (code) return code;
        behind += found == COLUMNS_BEHIND;
        if (found != COLUMNS_WRONG) continue;
        verdict->num_columns++;
        show_on(inv->err,
                "%s: run %d: its columns status, attempts and checksum do not say what its record "
                "says\n",
                path, run);
    }
    if (behind)
        log_line(&inv->log, LOG_INFO,
                 "%s: the columns status, attempts and checksum of %d run%s are older than the "
                 "record: a study is on, or was killed; --resume writes them",
                 path, behind, behind == 1 ? "" : "s");
    return STATUS_OK;
}

static int check_rows(struct store *store, const char *path, FILE *err, struct verdict *verdict,
                      struct status *st)
{
    for (int run = 0; run < store_num_runs(store); run++) {
        int status = store_run_status(store, run);
        bool valid = false;
        verdict->count[status]++;
        if (store_record_is_damaged(store, run)) {
            verdict->num_damaged_records++;
            show_on(err, "%s: run %d: its record is damaged\n", path, run);
        }
        if (status < RUN_DONE) continue;
        verdict->num_committed++;
        int code = store_check_run(store, run, &valid, st);
        if (code) return code;
        if (valid) continue;
        verdict->num_damaged_rows++;
        show_on(err, "%s: run %d (%s): its bytes are not the ones that were committed\n", path, run,
                run_status_name[status]);
    }
    return STATUS_OK;
}

/* 0: none that makes sense. */
static int read_replay(const struct invocation *inv)
{
    int64_t num = 0;
    const char *said = cli_value(inv, "replay");
    bool whole = said && value_whole(said, &num) == WHOLE;
    return whole && num > 0 && num <= INT_MAX ? (int)num : 0;
}

static int verify(const struct invocation *inv, struct store *store, int none, struct status *st)
{
    (void)none;
    const char *path = inv->operand[0];
    FILE *out = inv->out;
    struct verdict v = {0};
    char digest[17];
    int code = check_rows(store, path, inv->err, &v, st);
    if (!code) code = check_columns(inv, store, &v, st);
    if (code) return code;
    show_on(out, "runs %d", store_num_runs(store));
    for (int i = 0; i < NUM_RUN_STATUS; i++) show_on(out, " %s %d", run_status_name[i], v.count[i]);
    show_on(out, "\nrows %d committed %d damaged\n", v.num_committed, v.num_damaged_rows);
    const char *how = store_is_altered(store) ? "--extend" : "--resume";
    if (v.num_damaged_rows || v.num_damaged_records)
        return status_set(
            st, STATUS_IO,
            "%s: %d damaged row(s), %d damaged record(s); `hmmgrid run GRID -o %s %s` "
            "runs them again, or use a copy of the file",
            path, v.num_damaged_rows, v.num_damaged_records, path, how);
    if (v.num_columns)
        status_set(
            st, STATUS_IO,
            "%s: columns of %d run(s) were changed; the rows are whole: `hmmgrid run GRID -o "
            "%s %s` writes the columns from the records",
            path, v.num_columns, path, how);
    code = store_digest(store, digest, st);
    if (!code) show_on(out, "digest %s\n", digest);
    if (code || st->code) return code ? code : st->code;
    return cli_value(inv, "replay")
               ? replay(inv, store, read_replay(inv), cli_value(inv, "where"), st)
               : STATUS_OK;
}

static int verify_file(void *context)
{
    return cli_with_store(context, verify);
}

static int run_verify(const struct invocation *inv)
{
    struct status st = {0};
    const char *said = cli_value(inv, "replay");
    if (said && read_replay(inv) < 1)
        status_set(&st, STATUS_USAGE, "--replay: '%.40s' is no number of runs from 1 on", said);
    else if (!said && cli_value(inv, "where"))
        status_set(&st, STATUS_USAGE, "--where chooses runs for --replay N: add it");
    if (st.code) return cli_fail(inv, &st);
    return said ? study_on_rank_0(verify_file, (void *)inv, &inv->log) : verify_file((void *)inv);
}

static const struct cli_option verify_options[] = {
    {"replay", 0, "N", NULL, false, "run N done runs again and compare every bit of their results"},
    {"where", 0, "EXPR", NULL, false, "of those for which EXPR is true; see 'hmmgrid help where'"},
    {0},
};

const struct verb verb_verify = {
    "verify",
    "FILE.h5",
    1,
    "check every finished run's checksum, print a digest of all results",
    "Reads the whole file: its layout against the seal made with it, and every finished run's row, "
    "curves and weights against the checksum committed with it, the columns status, attempts and "
    "checksum against its record. Prints the counts and a digest, 16 "
    "hex digits that depend on the results alone: not on the number of ranks, the order of rows, "
    "the machines' names or the time of day. Exit code 74 when something is damaged.\n\n"
    "--replay N then runs N of the done runs again, here, in one process, one after the other: of "
    "as many cells as there are, the same ones every time. What the same version, kernels and BLAS "
    "made must be the same bits; otherwise run, result and values are named, and the exit code is "
    "74. A row that another version or kind of machine made may differ in last bits: the largest "
    "relative difference is told, and the exit code stays 0.\n\n"
    "  hmmgrid verify study.h5\n"
    "  hmmgrid verify study.h5 --replay 3 --where 'rnn.hidden == 50'",
    verify_options,
    .run = run_verify,
};
