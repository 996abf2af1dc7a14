/* why: what became of one run, and what it was. Reads the results file only; refuses to guess why
 * an attempt did not end: the file knows that it began.
 */
#include "cli.h"

#include "base/show.h"
#include "base/wrap.h"
#include "experiment/checkpoint.h"
#include "hmmgrid/analyse.h"
#include "report/rows.h"
#include "report/scores.h"
#include "settings/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Scalar columns that say how a run went, in the order shown; the last ones of its training. */
static const char *const shown[] = {
    "host",           "rank",       "kernel",        "blas_core",   "wall_s",     "cpu_s",
    "effective_seed", "reseeds",    "accepted",      "excess_loss", "best_epoch", "best_val_loss",
    "final_val_loss", "loss_floor", "loss_floor_sd", "loss_z"};
enum { NUM_SHOWN = sizeof shown / sizeof shown[0], NUM_SHOWN_UNTRAINED = 6 };

/* begun: an attempt at it counts, or left a checkpoint. */
static const char *advice(int status, bool begun)
{
    switch (status) {
    case RUN_PENDING:
        return begun ? "given back unfinished; `hmmgrid run GRID -o FILE --resume` takes it up"
                     : "not started yet; `hmmgrid run GRID -o FILE --resume` takes it up";
    case RUN_RUNNING:
        return "started and not finished: it runs now, or its study was ended; `hmmgrid status` "
               "tells which, and --resume takes it up";
    case RUN_FAILED:
        return "kept with its reason and not run again; `hmmgrid repro` makes a grid of it, to try "
               "it alone or with another setting";
    case RUN_CRASHED:
        return "its process died more often than run.retries allows, so the run is passed over; "
               "--resume with a larger --retries takes it up again";
    default: return "";
    }
}

/* "host             node17" */
static void print_fact(FILE *out, const char *name, const char *text)
{
    enum { COLUMN = 17 };
    wrap_text(out, text, COLUMN, show_on(out, "%s", name), wrap_width(out));
}

/* NaN where the file has no such column. */
static int read_number(struct store *store, int run, const char *name, double *x, struct status *st)
{
    int column = store_find_column(store, name);
    *x = NAN;
    return column < 0 ? STATUS_OK : store_read_numbers(store, column, run, x, st);
}

/* Nothing where the file has no such column, or the run no value; with its standard error, NAME_se,
 * where it has one. */
static int print_column(struct store *store, int run, const char *name, FILE *out,
                        struct status *st)
{
    struct expr_value value;
    char error_name[64];
    double error;
    int column = store_find_column(store, name);
    if (column < 0 || store_column_count(store, column) != 1) return STATUS_OK;
    snprintf(error_name, sizeof error_name, "%.48s_se", name);
    int code = read_number(store, run, error_name, &error, st);
    if (!code) code = rows_value(store, run, name, &value, st);
    if (code) return code;
    if (value.text && *value.text) print_fact(out, name, value.text);
    if (value.is_whole)
        show_on(out, "%-16s %" PRId64 "\n", name, value.whole);
    else if (!isnan(value.number) && isnan(error))
        show_on(out, "%-16s %.10g\n", name, value.number);
    else if (!isnan(value.number))
        show_on(out, "%-16s %.4g ± %.2g\n", name, value.number, error);
    free(value.memory);
    return code;
}

static int print_start(struct store *store, int run, FILE *out, struct status *st)
{
    double start;
    int code = read_number(store, run, "t_start", &start, st);
    if (code) return code;
    time_t seconds = isfinite(start) ? (time_t)start : 0;
    struct tm utc;
    char text[32];
    if (seconds > 0 && gmtime_r(&seconds, &utc) &&
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc))
        show_on(out, "%-16s %s\n", "started", text);
    return STATUS_OK;
}

/* The numbers of a matrix beneath its short text, a row a line; nothing of another setting. */
static int print_rows(const struct settings *s, const struct setting *setting, FILE *out,
                      struct status *st)
{
    if (!value_takes_matrix(setting)) return STATUS_OK;
    char *text = settings_long_text(s, setting);
    if (!text) return status_no_memory(st, "the settings");
    int n = 0;
    for (const char *row = text + 1; *row == '['; row += n + (row[n] == ',')) {
        n = (int)strcspn(row, "]") + 1;
        show_on(out, "  %-22s %.*s\n", "", n, row);
    }
    free(text);
    return STATUS_OK;
}

/* That its scores are NaN, or most of its analyses, and from where on. */
static int print_marks(struct store *store, int run, const struct settings *s, FILE *out,
                       struct status *st)
{
    double number[NUM_DIVERGENCE];
    struct divergence d;
    unsigned char *marks = malloc((size_t)store_num_runs(store));
    int code = marks ? store_read_marks(store, marks, st) : status_no_memory(st, "the runs");
    for (int i = 0; i < NUM_DIVERGENCE && !code; i++)
        code = read_number(store, run, divergence_column[i], &number[i], st);
    if (!code && marks[run] & 1 << MARK_OVERFLOWED)
        show_on(out, "%-16s NaN: states overflowed in the measured sample\n", "scores");
    if (!code && marks[run] & 1 << MARK_CONSTANT)
        show_on(out,
                "%-16s one symbol for ever: no emulation; scores that this makes small are NaN\n",
                "emits");
    if (!code && divergence_tell(number, s, &d))
        show_on(out, "%-16s %s:\n%-16s %s\n", "diverged", d.when, "", d.so);
    free(marks);
    return code;
}

static bool is_shown(const char *name)
{
    for (int i = 0; i < NUM_SHOWN; i++)
        if (strncmp(shown[i], name, strlen(shown[i])) == 0) return true;
    return false;
}

/* How well it emulates the HMM, each score with its floor, and its z or p where it has one. */
static int print_scores(struct store *store, int run, FILE *out, struct status *st)
{
    struct score *score = NULL;
    int num = 0, code = scores_select(store, NULL, true, &score, &num, st);
    bool any = false;
    for (int i = 0; i < num && !code; i++) {
        double part[NUM_SCORE_PARTS];
        if (is_shown(score[i].name)) continue;
        for (int p = 0; p < NUM_SCORE_PARTS && !code; p++)
            code = scores_read(store, &score[i], (enum score_part)p, &run, 1, &part[p], st);
        if (code || isnan(part[SCORE_VALUE])) continue;
        if (!any)
            fputs("\nscores, in brackets the floor: what the HMM itself scores; as good as "
                  "that\nis a z within 2 of 0 (a t; 2.4 where the floor is of 8 draws), or a p "
                  "above .05\n",
                  out);
        any = true;
        show_on(out, "  %-22s %.5g", score[i].name, part[SCORE_VALUE]);
        if (!isnan(part[SCORE_FLOOR]))
            show_on(out, " (%.5g ± %.2g)", part[SCORE_FLOOR], part[SCORE_FLOOR_SD]);
        if (!isnan(part[SCORE_Z])) show_on(out, ", z %.2g", part[SCORE_Z]);
        if (!isnan(part[SCORE_P])) show_on(out, ", p %.2g", part[SCORE_P]);
        fputc('\n', out);
    }
    free(score);
    return code;
}

/* What `hmmgrid analyse` found in a network. */
static int print_outputs(struct store *store, int run, FILE *out, struct status *st)
{
    struct score *score = NULL;
    int num = 0, code = scores_select(store, NULL, false, &score, &num, st);
    fputs("\noutputs of the analyses\n", out);
    for (int i = 0; i < num && !code; i++) {
        double value;
        const char *unit = store_column(store, score[i].column[SCORE_VALUE])->unit;
        bool pure = strcmp(unit, "1") == 0;
        code = scores_read(store, &score[i], SCORE_VALUE, &run, 1, &value, st);
        if (!code && !isnan(value))
            show_on(out, "  %-44s %.6g%s%s\n", score[i].name, value, pure ? "" : " ",
                    pure ? "" : unit);
    }
    free(score);
    return code;
}

/* Of a network that was only analysed, settings of training say nothing, nor those of an HMM that
 * is not known. */
static bool is_meant(const struct setting *setting, const struct settings *s, bool trained)
{
    const char *key = setting->key;
    bool known = s->hmm.architecture != UNKNOWN_HMM || strcmp(key, "hmm.architecture") == 0;
    return trained || strncmp(key, "rnn.", 4) == 0 || strncmp(key, "analysis.", 9) == 0 ||
           (strncmp(key, "hmm.", 4) == 0 && known);
}

static int print_settings(const struct decoded_run *decoded, bool trained, FILE *out,
                          struct status *st)
{
    fputs("\nsettings\n", out);
    int code = STATUS_OK;
    for (int i = 0; i < num_settings && !code; i++) {
        const struct setting *setting = &settings_table[i];
        if (setting->scope != SCOPE_RUN || !is_meant(setting, &decoded->settings, trained))
            continue;
        char *text = settings_text(&decoded->settings, setting);
        if (!text) return status_no_memory(st, "the settings");
        if (strcmp(text, "none") != 0)
            show_on(out, "  %-22s %s%s%s\n", setting->key, text, *setting->unit ? " " : "",
                    setting->unit);
        free(text);
        code = print_rows(&decoded->settings, setting, out, st);
    }
    if (decoded->unknown) fputs("\nsettings that this version does not know\n", out);
    for (const char *line = decoded->unknown; line && *line;) {
        int n = (int)strcspn(line, "="), length = (int)strcspn(line, "\n");
        show_on(out, "  %-22.*s %.*s\n", n, line, length - n - 1, line + n + 1);
        line += length + 1;
    }
    return code;
}

static bool has_checkpoint(const struct invocation *inv, const char *key)
{
    char folder[4096];
    return checkpoint_folder(inv->operand[0], folder, sizeof folder) &&
           checkpoint_is_there(folder, key);
}

static int why(const struct invocation *inv, struct store *store, int run, struct status *st)
{
    FILE *out = inv->out;
    const struct decoded_run *decoded = store_settings(store, run, st);
    if (!decoded) return st->code;
    cli_check_rows(inv, inv->operand[0], store, &run, 1);
    char *told = rows_tell(store, run);
    if (!told) return status_no_memory(st, "the settings");
    int status = store_run_status(store, run), attempts = store_run_attempts(store, run);
    show_on(out, "%-16s %d of %d\n", "run", run, store_num_runs(store));
    print_fact(out, "told apart by", told);
    show_on(out, "%-16s %s\n%-16s %s\n%-16s %lld\n%-16s %s\n%-16s %d\n", "key", decoded->key,
            "block", decoded->block, "seed", (long long)decoded->seed, "status",
            store_record_is_damaged(store, run) ? "damaged" : run_status_name[status], "attempts",
            attempts);
    free(told);
    bool trained = store_is_trained(store, run), kept = has_checkpoint(inv, decoded->key);
    if (!trained) print_fact(out, "", "`hmmgrid analyse` made it: nothing was trained here");
    int code = status == RUN_DONE ? STATUS_OK : print_column(store, run, "error", out, st);
    if (code) return code;
    if (store_record_is_damaged(store, run))
        print_fact(
            out, "",
            "finished once, and damaged since: its bytes are not the ones that were committed; "
            "`hmmgrid verify` says how to go on");
    else if (*advice(status, attempts || kept))
        print_fact(out, "", advice(status, attempts || kept));
    if (kept) print_fact(out, "checkpoint", "kept: the run goes on from it");
    if (status == RUN_DONE || status == RUN_FAILED) {
        code = print_start(store, run, out, st);
        for (int i = 0; !code && i < (trained ? NUM_SHOWN : NUM_SHOWN_UNTRAINED); i++)
            code = print_column(store, run, shown[i], out, st);
        if (!code) code = print_marks(store, run, &decoded->settings, out, st);
    }
    if (!code && trained && status == RUN_DONE) code = print_scores(store, run, out, st);
    if (!code && !trained) code = print_outputs(store, run, out, st);
    return code ? code : print_settings(decoded, trained, out, st);
}

const struct verb verb_why = {
    "why",
    "FILE.h5 RUN",
    2,
    "attempts, error and settings of one run",
    "Tells what became of one run of a results file: status, attempts, error, machine, times, and "
    "every setting it was made of. Works while the study runs. RUN is the number of its row, from "
    "0, or enough of its key to tell it from the others.\n\n"
    "  hmmgrid why study.h5 12\n"
    "  hmmgrid why study.h5 3fa9",
    .work = why,
};
