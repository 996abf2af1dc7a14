/* plan: the verb that shows what a grid expands to and what it will cost, before anything runs.
 * Refuses to compute: see forecast/forecast.h. */
#include "cli.h"

#include "base/json.h"
#include "base/show.h"
#include "forecast/forecast.h"
#include "report/table.h"
#include "study/progress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double tell_every_s = 5;

static const struct cli_option plan_options[] = {
    {"ranks", 0, "N[,N...]", NULL, false,
     "estimate for N ranks: one hands out runs, the others work"},
    {"calibrate", 0, NULL, NULL, false,
     "time pieces of the runs on one core of this machine, for a minute or so"},
    {"where", 0, "EXPR", NULL, false,
     "only the runs for which EXPR is true; see 'hmmgrid help where'"},
    {"share", 0, "I/N", "HMMGRID_SHARE", false,
     "only the I-th of N parts of these; see 'hmmgrid run --help'"},
    {"set", 0, "KEY=VALUE", NULL, true, "override a setting of every run (repeats)"},
    {"seeds", 0, "LIST", NULL, false, "seeds instead of the grid's, such as 0-9 or 0-4,10"},
    {"json", 0, NULL, NULL, false, "one JSON document: study, every run resolved, totals"},
    {0},
};

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
    log_line(&t->inv->log, LOG_INFO, "calibrating: %d of %d cells, %.0f s", cell, num,
             difftime(now, t->start));
}

/* --- for people ---------------------------------------------------------------------------- */

static const char *bytes_text(double bytes, char buf[32])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    int i = 0;
    for (; bytes >= 1000 && i < 4; i++) bytes /= 1000;
    snprintf(buf, 32, "%.*f %s", i && bytes < 100 ? 1 : 0, bytes, unit[i]);
    return buf;
}

/* The columns: block, what varies, runs, seconds. */
static void add_columns(struct table *table, const struct plan *plan)
{
    table_column(table, false, "block");
    table->num_keys = 1;
    for (int i = 0; i < num_settings; i++) {
        const struct setting *s = &settings_table[i];
        if (plan->tells[i])
            table_column(table, s->type == SETTING_INT || s->type == SETTING_REAL, "%s", s->key);
    }
    table_column(table, true, "runs");
    table_column(table, true, "core-s each");
}

static int add_row(struct table *table, const struct plan *plan, const struct cell *cell, int seeds,
                   double cost_s, struct status *st)
{
    table_cell(table, "%s", cell->block);
    for (int i = 0; i < num_settings; i++) {
        if (!plan->tells[i]) continue;
        char *text = settings_text(&cell->settings, &settings_table[i]);
        if (!text) return status_no_memory(st, "the plan");
        table_cell(table, "%s", text);
        free(text);
    }
    table_cell(table, "%d", seeds);
    table_cell(table, cost_s < 100 ? "%.3g" : "%.0f", cost_s);
    return STATUS_OK;
}

static int print_table(const struct plan *plan, const struct forecast *f, FILE *out,
                       struct status *st)
{
    struct table table = {0};
    int code = STATUS_OK;
    add_columns(&table, plan);
    for (int i = 0; i < plan->num_cells && !code; i++)
        if (f->seeds[i])
            code = add_row(&table, plan, &plan->cells[i], f->seeds[i], f->cell[i].run_s, st);
    if (!code) code = table_write(&table, TABLE_TEXT, out, st);
    table_free(&table);
    return code;
}

static void print_totals(const struct plan *plan, const struct forecast *f, FILE *out)
{
    char a[32], b[32], text[PLAN_COUNT_BYTES];
    plan_count(plan, plan->num_runs, NULL, text);
    show_on(out, "\nstudy %s: %s", plan->study, text);
    if (plan->num_duplicates)
        show_on(out, " (%d duplicate entr%s merged)", plan->num_duplicates,
                plan->num_duplicates == 1 ? "y" : "ies");
    show_on(out, "\n%-14s %.3g core-hours, ", "work", f->core_s / 3600);
    if (f->num_measured < 0)
        fputs("by a model; --calibrate measures it\n", out);
    else if (f->num_measured == f->num_cells)
        fputs("timed on one core of this machine\n", out);
    else
        show_on(out, "%d of %d cells timed on one core of this machine\n", f->num_measured,
                f->num_cells);
    if (f->num_floors)
        show_on(out, "%-14s %d, each worker computes those of its runs once\n", "floors",
                f->num_floors);
    show_on(out, "%-14s %s a worker\n", "memory", bytes_text(f->memory_bytes, a));
    show_on(out, "%-14s about %s\n", "results file", bytes_text(f->result_bytes, a));
    for (int i = 0; i < f->num_estimates; i++) {
        const struct estimate *e = &f->estimate[i];
        snprintf(text, sizeof text, "on %d rank%s", e->ranks, e->ranks == 1 ? "" : "s");
        show_on(out, "%-14s %s with %d worker%s, at least %s; Slurm: --time=%s\n", text,
                progress_duration(e->schedule.makespan_s, a), e->workers,
                e->workers == 1 ? "" : "s", progress_duration(e->schedule.bound_s, b), e->time);
    }
    if (plan->study_settings.run.on_end)
        show_on(out, "%-14s %s\n", "at its end", plan->study_settings.run.on_end);
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

static int run_plan(const struct invocation *inv)
{
    struct status st = {0};
    struct plan plan = {0};
    struct forecast forecast = {0};
    struct telling telling = {inv, time(NULL), 0};
    struct calibrate_watch watch = {&telling, tell_cell};
    FILE *out = inv->out;
    const char *where = cli_value(inv, "where");
    struct share share;
    int code = read_ranks(inv, &forecast, &st);
    if (!code) code = cli_share(inv, &share, &st);
    if (!code) code = cli_plan(inv, &plan, &st);
    if (!code && where) code = plan_where(&plan, where, &st);
    if (!code && share.of) code = share_keep(&plan, share, &st);
    if (!code && (where || share.of) && plan.num_runs == 0)
        log_line(&inv->log, LOG_WARNING, "%s", st.text);
    if (!code) code = forecast_make(&forecast, &plan, cli_flag(inv, "calibrate"), &watch, &st);
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
    .num_operands = 1,
    .summary = "the expanded runs, their cost, and the time to ask for",
    .description =
        "Expands a grid (\"-\": standard input) and prints one line a cell with what varies, then "
        "the totals: core-hours, memory, size of the results file, time on N ranks and the --time "
        "to ask Slurm for. The seconds are a model's, good for an order; --calibrate times pieces "
        "of every kind of run, within 2 minutes (cells beyond that are scaled), in processor time "
        "of "
        "one core. Workers that share a node's memory may be slower. Memory is that of a rank at "
        "its peak, libraries included; \"core-s each\" leaves out the floors.\n"
        "\n"
        "  hmmgrid plan grid.yaml --ranks 40 --where 'rnn.hidden >= 150'\n"
        "  hmmgrid plan grid.yaml --ranks 2,32,128 --calibrate",
    .options = plan_options,
    .run = run_plan,
};
