/* plan: the verb that shows what a grid expands to and what it will cost, before anything runs.
 * Refuses to be exact: seconds and bytes come from the model of cost.h. */
#include "cli.h"

#include "hmmgrid/cost.h"
#include "hmmgrid/plan.h"
#include "hmmgrid/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 64 };

static const double time_margin = 1.25;   /* --time over the estimate */
static const double start_and_end_s = 120; /* of a job */
static const double file_bytes = 65536;    /* of a results file without a run */

static const struct cli_option plan_options[] = {
    {"ranks", 0, "N", NULL, false, "estimate for N ranks: one hands out runs, the others work"},
    {"where", 0, "EXPR", NULL, false, "only the runs for which EXPR is true"},
    {"set", 0, "KEY=VALUE", NULL, true, "override a setting of every run (repeats)"},
    {"json", 0, NULL, NULL, false, "one JSON document: study, every run resolved, totals"},
    {0},
};

struct totals {
    int runs, cells, ranks, workers;
    double core_s, bound_s, lpt_s, result_bytes, memory_bytes;
    char time[48]; /* D-HH:MM:SS to ask for */
};

/* Number of runs of every cell that are left, malloc'd; NULL: memory out. */
static int *count_seeds(const struct plan *plan)
{
    int *seeds = calloc((size_t)plan->num_cells + 1, sizeof *seeds);
    for (int i = 0; seeds && i < plan->num_runs; i++) seeds[plan->runs[i].cell]++;
    return seeds;
}

static int add_up(const struct plan *plan, int ranks, const int *seeds, struct totals *t,
                  struct status *st)
{
    double *cost = calloc((size_t)plan->num_runs + 1, sizeof *cost);
    *t = (struct totals){.runs = plan->num_runs, .ranks = ranks,
                         .workers = ranks > 1 ? ranks - 1 : 1, .result_bytes = file_bytes};
    if (!cost) return status_set(st, STATUS_INTERNAL, "out of memory");
    for (int i = 0, k = 0; i < plan->num_cells; i++) {
        const struct settings *s = &plan->cells[i].settings;
        if (!seeds[i]) continue;
        double one_s = cost_run_s(s);
        for (int j = 0; j < seeds[i]; j++) cost[k++] = one_s;
        t->cells++;
        t->core_s += seeds[i] * one_s;
        t->result_bytes += seeds[i] * cost_result_bytes(s);
        t->memory_bytes = fmax(t->memory_bytes, cost_memory_bytes(s));
    }
    cost_makespan(cost, plan->num_runs, t->workers, &t->bound_s, &t->lpt_s);
    free(cost);
    double ask = time_margin * t->lpt_s + start_and_end_s + plan->study_settings.run.reserve_s;
    long minutes = (long)ceil(ask / 60);
    snprintf(t->time, sizeof t->time, "%ld-%02ld:%02ld:00", minutes / 1440, minutes / 60 % 24,
             minutes % 60);
    return STATUS_OK;
}

/* --- for people ---------------------------------------------------------------------------- */

/* 95 -> "95 s", 5000 -> "1h23m" */
static const char *duration_text(double seconds, char buf[32])
{
    long minutes = lround(seconds / 60);
    if (seconds < 120) snprintf(buf, 32, "%.*f s", seconds < 10 ? 1 : 0, seconds);
    else if (minutes < 60) snprintf(buf, 32, "%ld min", minutes);
    else if (minutes < 2880) snprintf(buf, 32, "%ldh%02ldm", minutes / 60, minutes % 60);
    else snprintf(buf, 32, "%.1f days", seconds / 86400);
    return buf;
}

static const char *bytes_text(double bytes, char buf[32])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    int i = 0;
    for (; bytes >= 1000 && i < 4; i++) bytes /= 1000;
    snprintf(buf, 32, "%.*f %s", i && bytes < 100 ? 1 : 0, bytes, unit[i]);
    return buf;
}

/* block, what varies, runs, core_s. Returns the number of columns; the settings shown in row[]. */
static int choose_columns(const struct plan *plan, const struct setting *row[],
                          const char *header[], bool is_number[])
{
    int n = 0;
    header[n++] = "block";
    for (int i = 0; i < num_settings && n < MAX_COLUMNS - 2; i++) {
        const struct setting *s = &settings_table[i];
        if (!plan->varies[i]) continue;
        is_number[n] = s->type == SETTING_INT || s->type == SETTING_REAL;
        row[n] = s;
        header[n++] = s->key;
    }
    is_number[n] = is_number[n + 1] = true;
    header[n++] = "runs";
    header[n++] = "core-s each";
    return n;
}

/* A setting as it stands in a grid, cut to fit a column. */
static const char *value_text(const struct settings *s, const struct setting *row, char buf[41])
{
    const char *name = settings_name(s, row);
    int n = settings_json_value(s, row, buf, 41);
    if (name) snprintf(buf, 41, "%s", name);
    else if (n > 40) memcpy(buf + 37, "...", 4);
    return strcmp(buf, "null") == 0 ? "none" : buf;
}

static int add_row(struct table *table, const struct cell *cell, int seeds, int num_columns,
                   const struct setting *const row[], struct status *st)
{
    char text[MAX_COLUMNS][41], cost[32];
    const char *shown[MAX_COLUMNS] = {cell->block};
    double cost_s = cost_run_s(&cell->settings);
    for (int c = 1; c < num_columns - 2; c++)
        shown[c] = value_text(&cell->settings, row[c], text[c]);
    snprintf(text[0], sizeof text[0], "%d", seeds);
    snprintf(cost, sizeof cost, cost_s < 100 ? "%.3g" : "%.0f", cost_s);
    shown[num_columns - 2] = text[0];
    shown[num_columns - 1] = cost;
    return table_row(table, shown, st);
}

static int print_table(const struct plan *plan, const int *seeds, FILE *out, struct status *st)
{
    const struct setting *row[MAX_COLUMNS] = {NULL};
    const char *header[MAX_COLUMNS] = {NULL};
    bool is_number[MAX_COLUMNS] = {false};
    int num_columns = choose_columns(plan, row, header, is_number);
    struct table *table = table_new(num_columns, header, is_number);
    int code = table ? STATUS_OK : status_set(st, STATUS_INTERNAL, "out of memory");
    for (int i = 0; i < plan->num_cells && !code; i++)
        if (seeds[i]) code = add_row(table, &plan->cells[i], seeds[i], num_columns, row, st);
    if (!code) code = table_write(table, TABLE_TEXT, out, st);
    table_free(table);
    return code;
}

static void print_totals(const struct plan *plan, const struct totals *t, FILE *out)
{
    char a[32], b[32], ranks[32];
    fprintf(out, "\nstudy %s: %d run%s in %d cell%s", plan->study, t->runs, t->runs == 1 ? "" : "s",
            t->cells, t->cells == 1 ? "" : "s");
    if (plan->num_duplicates)
        fprintf(out, " (%d duplicate entr%s merged)", plan->num_duplicates,
                plan->num_duplicates == 1 ? "y" : "ies");
    snprintf(ranks, sizeof ranks, "on %d rank%s", t->ranks, t->ranks == 1 ? "" : "s");
    fprintf(out, "\n%-14s %.3g core-hours, by a model\n", "work", t->core_s / 3600);
    fprintf(out, "%-14s %s a worker\n", "memory", bytes_text(t->memory_bytes, a));
    fprintf(out, "%-14s about %s\n", "results file", bytes_text(t->result_bytes, a));
    fprintf(out, "%-14s %s with %d worker%s; at least %s\n", ranks, duration_text(t->lpt_s, a),
            t->workers, t->workers == 1 ? "" : "s", duration_text(t->bound_s, b));
    fprintf(out, "%-14s --time=%s\n", "ask Slurm for", t->time);
}

/* --- for programs -------------------------------------------------------------------------- */

static int print_json(const struct plan *plan, const struct totals *t, FILE *out,
                      struct status *st)
{
    fputs("{\"study\":\"", out);
    for (const char *c = plan->study; *c; c++) { /* has no control characters */
        if (*c == '"' || *c == '\\') fputc('\\', out);
        fputc(*c, out);
    }
    fputs("\",\"runs\":[", out);
    for (int i = 0; i < plan->num_runs; i++) {
        char *line = plan_run_json(plan, i);
        if (!line) return status_set(st, STATUS_INTERNAL, "out of memory");
        fprintf(out, "%s\n%s", i ? "," : "", line);
        free(line);
    }
    fprintf(out, "],\n\"totals\":{\"runs\":%d,\"cells\":%d,\"duplicates\":%d,\"core_s\":%.6g,"
            "\"memory_bytes_per_worker\":%.0f,\"results_bytes\":%.0f,\"ranks\":%d,\"workers\":%d,"
            "\"makespan_s\":%.6g,\"makespan_bound_s\":%.6g,\"time\":\"%s\"}}\n", t->runs, t->cells,
            plan->num_duplicates, t->core_s, t->memory_bytes, t->result_bytes, t->ranks, t->workers,
            t->lpt_s, t->bound_s, t->time);
    return STATUS_OK;
}

/* --- the verb ------------------------------------------------------------------------------ */

static int read_ranks(const struct invocation *inv, int *ranks, struct status *st)
{
    const char *text = cli_value(inv, "ranks");
    char *end = NULL;
    *ranks = 1;
    if (!text) return STATUS_OK;
    long value = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
    if (!end || *end || value < 1 || value > 1000000)
        return status_set(st, STATUS_USAGE, "--ranks: '%.40s' is not a number of ranks from 1 to "
                          "1000000", text);
    *ranks = (int)value;
    return STATUS_OK;
}

static int read_plan(const struct invocation *inv, struct plan *plan, struct status *st)
{
    const char *file = cli_operand(inv, 0), *where = cli_value(inv, "where"), *const *sets = NULL;
    char *text = NULL;
    size_t bytes = 0;
    int num_sets = cli_values(inv, "set", &sets);
    int code = plan_load_text(file, &text, &bytes, st);
    if (!code) code = plan_read(plan, file, text, bytes, sets, num_sets, st);
    if (!code && where) code = plan_where(plan, where, st);
    free(text);
    return code;
}

static int plan_run(const struct invocation *inv)
{
    struct status st = {0};
    struct plan plan = {0};
    struct totals totals;
    int *seeds = NULL, ranks = 1;
    FILE *out = cli_out(inv);
    int code = read_ranks(inv, &ranks, &st);
    if (!code) code = read_plan(inv, &plan, &st);
    if (!code && !(seeds = count_seeds(&plan)))
        code = status_set(&st, STATUS_INTERNAL, "out of memory");
    if (!code) code = add_up(&plan, ranks, seeds, &totals, &st);
    if (!code && cli_flag(inv, "json")) {
        code = print_json(&plan, &totals, out, &st);
    } else if (!code) {
        code = print_table(&plan, seeds, out, &st);
        if (!code) print_totals(&plan, &totals, out);
    }
    if (!code && (fflush(out) || ferror(out)))
        code = status_set(&st, STATUS_IO, "cannot write the plan to standard output");
    if (code) code = cli_fail(inv, &st);
    free(seeds);
    plan_free(&plan);
    return code;
}

const struct verb verb_plan = {
    .name = "plan",
    .operands = "GRID",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "the expanded runs, their cost, and the time to ask for",
    .description =
        "Expands a grid (\"-\": standard input) and prints one line a cell with what varies, then "
        "the totals: core-hours, memory, size of the results file, time on N ranks and the --time "
        "to ask Slurm for. All of it is a model; nothing runs.\n"
        "\n"
        "  hmmgrid plan grid.yaml --ranks 40 --where 'rnn.hidden >= 150'",
    .options = plan_options,
    .run = plan_run,
};
