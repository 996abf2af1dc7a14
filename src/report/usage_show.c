/* usage_show: what a study cost, as text and as JSON. Refuses to compute: see usage.h. */
#include "usage.h"

#include "base/show.h"
#include "rows.h"
#include "study/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *key, *label, *meaning;
} shares[NUM_SHARES] = {
    {"results_s", "results", "runs that are done or failed"},
    {"kept_s", "kept", "in checkpoints of runs that are not finished"},
    {"lost_s", "lost", "attempts that left nothing: kills, crashes, resets"},
    {"idle_s", "idle", "workers without a run"},
    {"rank_0_s", "rank 0", "handing out runs"},
};

/* --- tables ----------------------------------------------------------------------------------- */

static void table_seconds(struct table *table, double seconds)
{
    if (isnan(seconds))
        table_cell(table, "?");
    else
        table_cell(table, seconds < 100 ? "%.3g" : "%.0f", seconds);
}

int usage_fill_cells(const struct usage *u, struct table *table, struct status *st)
{
    bool *tells = calloc((size_t)num_settings, sizeof *tells);
    int code = tells ? STATUS_OK : status_no_memory(st, "the cells");
    if (!code) rows_telling(u->store, tells);
    table_column(table, false, "block");
    table->num_keys = 1;
    for (int k = 0; k < num_settings && !code; k++)
        if (tells[k]) table_column(table, false, "%s", settings_table[k].key);
    static const char *const heading[] = {"runs",  "plan s",  "real s",
                                          "ratio", "plan MB", "peak MB"};
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_column(table, true, "%s", heading[i]);
    for (const struct cell_usage *c = u->cell; c < u->cell + u->num_cells && !code; c++) {
        const struct decoded_run *run = store_settings(u->store, c->first, st);
        table_cell(table, "%s", run->block);
        for (int k = 0; k < num_settings && !code; k++) {
            char *text = tells[k] ? settings_text(&run->settings, &settings_table[k]) : NULL;
            if (tells[k] && !text) code = status_no_memory(st, "the cells");
            if (text) table_cell(table, "%s", text);
            free(text);
        }
        table_cell(table, "%d", c->runs);
        table_seconds(table, c->estimate_s);
        table_seconds(table, c->wall_s);
        table_cell(table, "%.2f", c->wall_s / c->estimate_s);
        table_cell(table, "%.0f", c->estimate_mb);
        table_cell(table, c->peak_mb > 0 ? "%.0f" : "?", c->peak_mb);
    }
    free(tells);
    return code;
}

void usage_fill_ranks(const struct usage *u, struct table *table)
{
    static const char *const heading[] = {"rank", "runs", "busy s", "idle s"};
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_column(table, true, "%s", heading[i]);
    table_column(table, false, "host");
    for (const struct rank_usage *r = u->rank; r < u->rank + u->num_ranks; r++) {
        table_cell(table, "%d", r->rank);
        table_cell(table, "%d", r->runs);
        table_seconds(table, r->busy_s);
        table_seconds(table, r->idle_s);
        table_cell(table, "%s", r->host);
    }
}

/* --- as text ---------------------------------------------------------------------------------- */

static void print_used(const struct usage *u, FILE *out)
{
    int n = u->sessions.num;
    show_on(out, "study %s: usage\n", store_attribute(u->store, "study"));
    if (n)
        show_on(out, "  %-8s %9.4g core-hours, ranks x time of %d session%s, %d killed\n", "used",
                u->used_s / 3600, n, n == 1 ? "" : "s", u->num_killed);
    else
        show_on(out,
                "  %-8s %9s: no list of its sessions is beside this file; of a merged one\n"
                "  %-8s %9s  ask the parts, of a renamed one rename FILE.h5.sessions too\n",
                "used", "unknown", "", "");
    for (int i = 0; i < NUM_SHARES && n; i++)
        show_on(out, "  %-8s %9.4g %5.1f %%  %s\n", shares[i].label, u->share_s[i] / 3600,
                100 * u->share_s[i] / u->used_s, shares[i].meaning);
    if (u->num_before)
        show_on(out, "  %-8s %9.4g core-hours in %d run%s%s\n", n ? "before" : "results",
                u->before_s / 3600, u->num_before, u->num_before == 1 ? "" : "s",
                n ? " of sessions before these" : "");
    if (u->sessions.num_damaged)
        show_on(out, "  %d line%s of FILE.h5.sessions cannot be read: what they cost is missing\n",
                u->sessions.num_damaged, u->sessions.num_damaged == 1 ? "" : "s");
    if (u->largest >= 0)
        show_on(out, "  %-8s %9.4g MB at most in a run (run %d), %.4g MB by the plan\n", "memory",
                u->peak_mb, u->largest, u->estimate_mb);
}

static const char *end_of(const struct usage *u, int i)
{
    const struct session *s = &u->sessions.item[i];
    if (usage_was_killed(u, i)) return "killed";
    if (strcmp(s->state, "running") == 0) return "goes on";
    return s->reason && *s->reason ? s->reason : s->state;
}

void usage_fill_sessions(const struct usage *u, struct table *table)
{
    table_column(table, false, "begun");
    table_column(table, true, "time");
    table_column(table, true, "ranks");
    table_column(table, true, "busy");
    table_column(table, false, "end");
    for (int i = 0; i < u->sessions.num; i++) {
        const struct session *s = &u->sessions.item[i];
        double wall_s = s->last_unix_s - s->begun_unix_s;
        time_t begun = (time_t)s->begun_unix_s;
        char when[32] = "?", spent[32];
        struct tm tm;
        if (localtime_r(&begun, &tm)) strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
        table_cell(table, "%s", when);
        table_cell(table, "%s", progress_duration(wall_s, spent));
        table_cell(table, "%.0f", s->ranks);
        table_cell(table, "%.0f %%", wall_s > 0 ? 100 * s->busy_s / (s->workers * wall_s) : 0);
        table_cell(table, "%.40s", end_of(u, i));
    }
}

static int write_table(struct table *table, int code, FILE *out, struct status *st)
{
    if (!code && table->num_cells > table->num_columns) {
        fputc('\n', out);
        code = table_write(table, TABLE_TEXT, out, st);
    }
    table_free(table);
    return code;
}

static int print_text(const struct usage *u, FILE *out, struct status *st)
{
    struct table sessions = {0}, cells = {0}, ranks = {0};
    print_used(u, out);
    usage_fill_sessions(u, &sessions);
    int code = write_table(&sessions, 0, out, st);
    if (!code) code = usage_fill_cells(u, &cells, st);
    code = write_table(&cells, code, out, st);
    if (!code) usage_fill_ranks(u, &ranks);
    return write_table(&ranks, code, out, st);
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void put_figures(struct json *json, const struct usage *u)
{
    json_text(json, "file", u->path);
    json_text(json, "study", store_attribute(u->store, "study"));
    json_number(json, "used_s", "%.3f", u->sessions.num ? u->used_s : NAN);
    for (int i = 0; i < NUM_SHARES; i++)
        json_number(json, shares[i].key, "%.3f", u->sessions.num ? u->share_s[i] : NAN);
    json_integer(json, "runs_before", u->num_before);
    json_number(json, "before_s", "%.3f", u->before_s);
    json_number(json, "peak_mb", "%.6g", u->largest >= 0 ? u->peak_mb : NAN);
    json_number(json, "estimate_mb", "%.6g", u->estimate_mb);
    json_integer(json, "damaged_sessions", u->sessions.num_damaged);
    json_open(json, "sessions", '[');
    for (int i = 0; i < u->sessions.num; i++) {
        json_open(json, NULL, '{');
        session_put(json, &u->sessions.item[i]);
        json_text(json, "end", end_of(u, i));
        json_close(json);
    }
    json_close(json);
}

static void print_json(const struct usage *u, FILE *out)
{
    struct json json = {.out = out, .lines = 2};
    json_open(&json, NULL, '{');
    put_figures(&json, u);
    json_open(&json, "cells", '[');
    for (const struct cell_usage *c = u->cell; c < u->cell + u->num_cells; c++) {
        json_open(&json, NULL, '{');
        json_integer(&json, "cell", c->cell);
        json_integer(&json, "run", c->first);
        json_integer(&json, "runs", c->runs);
        json_number(&json, "estimate_s", "%.6g", c->estimate_s);
        json_number(&json, "wall_s", "%.6g", c->wall_s);
        json_number(&json, "estimate_mb", "%.6g", c->estimate_mb);
        json_number(&json, "peak_mb", "%.6g", c->peak_mb > 0 ? c->peak_mb : NAN);
        json_close(&json);
    }
    json_close(&json);
    json_open(&json, "ranks", '[');
    for (const struct rank_usage *r = u->rank; r < u->rank + u->num_ranks; r++) {
        json_open(&json, NULL, '{');
        json_integer(&json, "rank", r->rank);
        json_text(&json, "host", r->host);
        json_integer(&json, "runs", r->runs);
        json_number(&json, "busy_s", "%.6g", r->busy_s);
        json_number(&json, "idle_s", "%.6g", r->idle_s);
        json_close(&json);
    }
    json_close(&json);
    json_close(&json);
    fputc('\n', out);
}

int usage_show_lines(const struct usage *u, int num, bool as_json, FILE *out, struct status *st)
{
    struct table table = {.num_keys = 1};
    double used_s = 0, results_s = 0;
    int sessions = 0, killed = 0, unknown = 0;
    table_column(&table, false, "file");
    table_column(&table, true, "used_s");
    for (int i = 0; i < NUM_SHARES; i++) table_column(&table, true, "%s", shares[i].key);
    for (; num-- > 0; u++) {
        bool known = u->sessions.num > 0;
        table_cell(&table, "%s", u->path);
        table_seconds(&table, known ? u->used_s : NAN);
        for (int i = 0; i < NUM_SHARES; i++) table_seconds(&table, known ? u->share_s[i] : NAN);
        unknown += !known;
        used_s += u->used_s;
        results_s += known ? u->share_s[RESULTS] : 0;
        sessions += u->sessions.num;
        killed += u->num_killed;
    }
    int code = table_write(&table, as_json ? TABLE_JSON : TABLE_TEXT, out, st);
    table_free(&table);
    if (code || as_json) return code;
    show_on(out, "\ntogether %.4g core-hours, %.4g in results; %d session%s, %d killed\n",
            used_s / 3600, results_s / 3600, sessions, sessions == 1 ? "" : "s", killed);
    if (unknown)
        show_on(out, "without %d file%s beside which no list of sessions is\n", unknown,
                unknown == 1 ? "" : "s");
    return STATUS_OK;
}

int usage_show(const struct usage *u, bool as_json, FILE *out, struct status *st)
{
    if (!as_json) return print_text(u, out, st);
    print_json(u, out);
    return STATUS_OK;
}
