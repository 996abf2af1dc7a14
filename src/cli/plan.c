/* plan: the verb that shows what a grid expands to and what it will cost, before anything runs.
 * Refuses to be exact: seconds come from the model of cost.h, or from pieces of runs that
 * calibrate.h times on one core; a run that trains again with another seed is not foreseen. */
#include "cli.h"

#include "base/json.h"
#include "forecast/calibrate.h"
#include "forecast/cost.h"
#include "base/kernel.h"
#include "base/linalg.h"
#include "plan/plan.h"
#include "report/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_COLUMNS = 64, MAX_ESTIMATES = 16 };

static const double time_margin = 1.25;    /* --time over the estimate */
static const double start_and_end_s = 120; /* of a job */
static const double file_bytes = 65536;    /* of a results file without a run */
static const double calibration_s = 120;   /* then the cells that are left are not measured */
static const double tell_every_s = 5;

static const struct cli_option plan_options[] = {
    {"ranks", 0, "N[,N...]", NULL, false,
     "estimate for N ranks: one hands out runs, the others work"},
    {"calibrate", 0, NULL, NULL, false,
     "time pieces of the runs on one core of this machine, for a minute or so"},
    {"where", 0, "EXPR", NULL, false, "only the runs for which EXPR is true"},
    {"set", 0, "KEY=VALUE", NULL, true, "override a setting of every run (repeats)"},
    {"json", 0, NULL, NULL, false, "one JSON document: study, every run resolved, totals"},
    {0},
};

struct estimate {
    int ranks, workers;
    struct cost_schedule schedule;
    char time[48]; /* D-HH:MM:SS to ask for */
};

struct forecast {
    int *seeds;                              /* [num_cells] runs that are left, owned */
    struct calibrated *cell;                 /* [num_cells], owned */
    double *floors_s;                        /* [num_floors], owned */
    int num_floors, num_cells, num_measured; /* cells with runs left; -1: by the model */
    double core_s, result_bytes, memory_bytes;
    struct estimate estimate[MAX_ESTIMATES];
    int num_estimates;
};

/* Number of runs of every cell that are left, malloc'd; NULL: memory out. */
static int *count_seeds(const struct plan *plan)
{
    int *seeds = calloc((size_t)plan->num_cells + 1, sizeof *seeds);
    for (int i = 0; seeds && i < plan->num_runs; i++) seeds[plan->runs[i].cell]++;
    return seeds;
}

struct telling {
    const struct invocation *inv;
    time_t start, last;
};

static void tell_cell(void *context, int cell, int num)
{
    struct telling *t = context;
    time_t now = time(NULL);
    if (cell > 0 && difftime(now, t->last) < tell_every_s) return;
    t->last = now;
    log_line(cli_log(t->inv), LOG_INFO, "calibrating: %d of %d cells, %.0f s", cell, num,
             difftime(now, t->start));
}

/* Seconds of the cells that have runs: f->cell, f->floors_s. */
static int cost_cells(const struct invocation *inv, const struct plan *plan, struct forecast *f,
                      struct status *st)
{
    size_t room = (size_t)plan->num_cells + 1;
    struct telling telling = {inv, time(NULL), 0};
    struct calibrate_watch watch = {&telling, tell_cell};
    const struct settings **settings = calloc(room, sizeof(const struct settings *));
    struct calibrated *packed = calloc(room, sizeof *packed);
    f->cell = calloc(room, sizeof *f->cell);
    f->floors_s = calloc(room, sizeof *f->floors_s);
    int code =
        settings && packed && f->cell && f->floors_s ? STATUS_OK : status_no_memory(st, "the plan");
    for (int i = 0; i < plan->num_cells && !code; i++)
        if (f->seeds[i]) settings[f->num_cells++] = &plan->cells[i].settings;
    f->num_measured = -1;
    if (!code) code = calibrate_by_model(settings, f->num_cells, packed, &f->num_floors, st);
    if (!code && cli_flag(inv, "calibrate")) {
        code = kernel_check(st);
        if (!code) code = linalg_start(st);
        if (!code)
            code = calibrate_measure(settings, f->num_cells, calibration_s, &watch, packed,
                                     &f->num_measured, st);
    }
    for (int i = 0, k = 0; i < plan->num_cells && !code; i++)
        if (f->seeds[i]) f->cell[i] = packed[k++];
    for (int k = f->num_cells - 1; k >= 0 && !code; k--)
        f->floors_s[packed[k].floors] = packed[k].floors_s;
    free(settings);
    free(packed);
    return code;
}

static void write_time(const struct plan *plan, struct estimate *e)
{
    double ask =
        time_margin * e->schedule.makespan_s + start_and_end_s + plan->study_settings.run.reserve_s;
    long minutes = (long)ceil(ask / 60);
    snprintf(e->time, sizeof e->time, "%ld-%02ld:%02ld:00", minutes / 1440, minutes / 60 % 24,
             minutes % 60);
}

/* The schedules: the order is the one in which `run` hands out. */
static int schedule_all(const struct plan *plan, struct forecast *f, struct status *st)
{
    bool longest = plan->study_settings.run.order == ORDER_LONGEST;
    struct cost_run *run = calloc((size_t)plan->num_runs + 1, sizeof *run);
    if (!run) return status_no_memory(st, "the plan");
    for (int i = 0; i < plan->num_runs; i++) {
        int cell = plan->runs[i].cell;
        run[i] = (struct cost_run){longest ? cost_run_s(&plan->cells[cell].settings) : 0,
                                   f->cell[cell].run_s, f->cell[cell].floors};
    }
    int code = STATUS_OK;
    for (int i = 0; i < f->num_estimates && !code; i++) {
        struct estimate *e = &f->estimate[i];
        e->workers = e->ranks > 1 ? e->ranks - 1 : 1;
        if (!cost_schedule(run, plan->num_runs, f->floors_s, f->num_floors, e->workers,
                           &e->schedule))
            code = status_no_memory(st, "the plan");
        write_time(plan, e);
    }
    free(run);
    return code;
}

static int make_forecast(const struct invocation *inv, const struct plan *plan, struct forecast *f,
                         struct status *st)
{
    if (!(f->seeds = count_seeds(plan))) return status_no_memory(st, "the plan");
    int code = cost_cells(inv, plan, f, st);
    f->result_bytes = file_bytes;
    for (int i = 0; i < f->num_floors && !code; i++) f->core_s += f->floors_s[i];
    for (int i = 0; i < plan->num_cells && !code; i++) {
        const struct settings *s = &plan->cells[i].settings;
        if (!f->seeds[i]) continue;
        f->core_s += f->seeds[i] * f->cell[i].run_s;
        f->result_bytes += f->seeds[i] * cost_result_bytes(s);
        f->memory_bytes = fmax(f->memory_bytes, cost_memory_bytes(s));
    }
    f->memory_bytes +=
        (double)plan->num_cells * sizeof *plan->cells + (double)plan->num_runs * sizeof *plan->runs;
    return code ? code : schedule_all(plan, f, st);
}

static void forecast_free(struct forecast *f)
{
    free(f->seeds);
    free(f->cell);
    free(f->floors_s);
}

/* --- for people ---------------------------------------------------------------------------- */

/* 95 -> "95 s", 5000 -> "1h23m" */
static const char *duration_text(double seconds, char buf[32])
{
    long minutes = lround(seconds / 60);
    if (seconds < 120)
        snprintf(buf, 32, "%.*f s", seconds < 10 ? 1 : 0, seconds);
    else if (minutes < 60)
        snprintf(buf, 32, "%ld min", minutes);
    else if (minutes < 2880)
        snprintf(buf, 32, "%ldh%02ldm", minutes / 60, minutes % 60);
    else
        snprintf(buf, 32, "%.1f days", seconds / 86400);
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
    if (name)
        snprintf(buf, 41, "%s", name);
    else if (n > 40)
        memcpy(buf + 37, "...", 4);
    return strcmp(buf, "null") == 0 ? "none" : buf;
}

static int add_row(struct table *table, const struct cell *cell, int seeds, double cost_s,
                   int num_columns, const struct setting *const row[], struct status *st)
{
    char text[MAX_COLUMNS][41], cost[32];
    const char *shown[MAX_COLUMNS] = {cell->block};
    for (int c = 1; c < num_columns - 2; c++)
        shown[c] = value_text(&cell->settings, row[c], text[c]);
    snprintf(text[0], sizeof text[0], "%d", seeds);
    snprintf(cost, sizeof cost, cost_s < 100 ? "%.3g" : "%.0f", cost_s);
    shown[num_columns - 2] = text[0];
    shown[num_columns - 1] = cost;
    return table_row(table, shown, st);
}

static int print_table(const struct plan *plan, const struct forecast *f, FILE *out,
                       struct status *st)
{
    const struct setting *row[MAX_COLUMNS] = {NULL};
    const char *header[MAX_COLUMNS] = {NULL};
    bool is_number[MAX_COLUMNS] = {false};
    int num_columns = choose_columns(plan, row, header, is_number);
    struct table *table = table_new(num_columns, header, is_number);
    int code = table ? STATUS_OK : status_no_memory(st, "the plan");
    for (int i = 0; i < plan->num_cells && !code; i++)
        if (f->seeds[i])
            code = add_row(table, &plan->cells[i], f->seeds[i], f->cell[i].run_s, num_columns, row,
                           st);
    if (!code) code = table_write(table, TABLE_TEXT, out, st);
    table_free(table);
    return code;
}

static void print_totals(const struct plan *plan, const struct forecast *f, FILE *out)
{
    char a[32], b[32], text[64];
    fprintf(out, "\nstudy %s: %d run%s in %d cell%s", plan->study, plan->num_runs,
            plan->num_runs == 1 ? "" : "s", f->num_cells, f->num_cells == 1 ? "" : "s");
    if (plan->num_duplicates)
        fprintf(out, " (%d duplicate entr%s merged)", plan->num_duplicates,
                plan->num_duplicates == 1 ? "y" : "ies");
    fprintf(out, "\n%-14s %.3g core-hours, ", "work", f->core_s / 3600);
    if (f->num_measured < 0)
        fputs("by a model; --calibrate measures it\n", out);
    else if (f->num_measured == f->num_cells)
        fputs("timed on one core of this machine\n", out);
    else
        fprintf(out, "%d of %d cells timed on one core of this machine\n", f->num_measured,
                f->num_cells);
    if (f->num_floors)
        fprintf(out, "%-14s %d, each worker computes those of its runs once\n", "floors",
                f->num_floors);
    fprintf(out, "%-14s %s a worker\n", "memory", bytes_text(f->memory_bytes, a));
    fprintf(out, "%-14s about %s\n", "results file", bytes_text(f->result_bytes, a));
    for (int i = 0; i < f->num_estimates; i++) {
        const struct estimate *e = &f->estimate[i];
        snprintf(text, sizeof text, "on %d rank%s", e->ranks, e->ranks == 1 ? "" : "s");
        fprintf(out, "%-14s %s with %d worker%s, at least %s; ask Slurm for --time=%s\n", text,
                duration_text(e->schedule.makespan_s, a), e->workers, e->workers == 1 ? "" : "s",
                duration_text(e->schedule.bound_s, b), e->time);
    }
}

/* --- for programs -------------------------------------------------------------------------- */

static int print_json(const struct plan *plan, const struct forecast *f, FILE *out,
                      struct status *st)
{
    struct json json = {.out = out, .lines = 2};
    json_open(&json, NULL, '{');
    json_text(&json, "study", plan->study);
    json_open(&json, "runs", '[');
    for (int i = 0; i < plan->num_runs; i++) {
        char *line = plan_run_json(plan, i);
        if (!line) return status_no_memory(st, "the plan");
        json_value(&json, NULL, line);
        free(line);
    }
    json_close(&json);
    json_open(&json, "totals", '{');
    json_integer(&json, "runs", plan->num_runs);
    json_integer(&json, "cells", f->num_cells);
    json_integer(&json, "duplicates", plan->num_duplicates);
    json_integer(&json, "measured_cells", f->num_measured > 0 ? f->num_measured : 0);
    json_number(&json, "core_s", "%.6g", f->core_s);
    json_number(&json, "memory_bytes_per_worker", "%.0f", f->memory_bytes);
    json_number(&json, "results_bytes", "%.0f", f->result_bytes);
    json_open(&json, "estimates", '[');
    for (const struct estimate *e = f->estimate; e < f->estimate + f->num_estimates; e++) {
        json_open(&json, NULL, '{');
        json_integer(&json, "ranks", e->ranks);
        json_integer(&json, "workers", e->workers);
        json_number(&json, "core_s", "%.6g", e->schedule.busy_s);
        json_number(&json, "makespan_s", "%.6g", e->schedule.makespan_s);
        json_number(&json, "makespan_bound_s", "%.6g", e->schedule.bound_s);
        json_text(&json, "time", e->time);
        json_close(&json);
    }
    for (int i = 0; i < 3; i++) json_close(&json);
    fputc('\n', out);
    return STATUS_OK;
}

/* --- the verb ------------------------------------------------------------------------------ */

/* "2,32,128" into f->estimate[].ranks */
static int read_ranks(const struct invocation *inv, struct forecast *f, struct status *st)
{
    const char *text = cli_value(inv, "ranks"), *at = text ? text : "1";
    for (char *end;; at = end + 1) {
        long value = *at >= '0' && *at <= '9' ? strtol(at, &end, 10) : 0;
        if (value < 1 || value > 1000000 || (*end && *end != ','))
            return status_set(st, STATUS_USAGE,
                              "--ranks: '%.40s' is not a number of ranks from 1 "
                              "to 1000000, or several with commas between",
                              text);
        if (f->num_estimates == MAX_ESTIMATES)
            return status_set(st, STATUS_USAGE, "--ranks: at most %d numbers", MAX_ESTIMATES);
        f->estimate[f->num_estimates++].ranks = (int)value;
        if (!*end) return STATUS_OK;
    }
}

static int read_plan(const struct invocation *inv, struct plan *plan, struct status *st)
{
    const char *file = cli_operand(inv, 0), *where = cli_value(inv, "where"), *const *sets = NULL;
    char *text = NULL;
    size_t bytes = 0;
    int num_sets = cli_values(inv, "set", &sets);
    int code = plan_load_text(file, &text, &bytes, st);
    if (!code) code = plan_read(plan, file, text, bytes, sets, num_sets, st);
    if (!code) code = plan_check_trainable(plan, st);
    if (!code && where) code = plan_where(plan, where, st);
    free(text);
    return code;
}

static int run_plan(const struct invocation *inv)
{
    struct status st = {0};
    struct plan plan = {0};
    struct forecast forecast = {0};
    FILE *out = cli_out(inv);
    int code = read_ranks(inv, &forecast, &st);
    if (!code) code = read_plan(inv, &plan, &st);
    if (!code) code = make_forecast(inv, &plan, &forecast, &st);
    if (!code && cli_flag(inv, "json")) {
        code = print_json(&plan, &forecast, out, &st);
    } else if (!code) {
        code = print_table(&plan, &forecast, out, &st);
        if (!code) print_totals(&plan, &forecast, out);
    }
    if (!code && (fflush(out) || ferror(out)))
        code = status_set(&st, STATUS_IO, "cannot write the plan to standard output");
    if (code) code = cli_fail(inv, &st);
    forecast_free(&forecast);
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
        "to ask Slurm for. The seconds are a model's, good for an order; --calibrate times pieces "
        "of "
        "every kind of run, within 2 minutes (cells beyond that are scaled), in processor time of "
        "one core. Workers that share a node's memory may be slower. Memory is that of a rank at "
        "its peak, libraries included; \"core-s each\" leaves out the floors.\n"
        "\n"
        "  hmmgrid plan grid.yaml --ranks 40 --where 'rnn.hidden >= 150'\n"
        "  hmmgrid plan grid.yaml --ranks 2,32,128 --calibrate",
    .options = plan_options,
    .run = run_plan,
};
