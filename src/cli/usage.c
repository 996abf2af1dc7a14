/* usage: what a study cost, for `hmmgrid status --usage`: core-hours by what became of them, memory
 * and time against the plan's estimates, a line a rank. From the list of sessions, the rows and the
 * checkpoints beside the results file; no accounting of a batch system is asked. Refuses to guess
 * what sessions cost that the list does not hold: their runs are told apart. */
#include "usage.h"

#include "base/file.h"
#include "base/show.h"
#include "forecast/cost.h"
#include "report/rows.h"
#include "report/table.h"
#include "study/progress.h"
#include "study/sessions.h"
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double clocks_apart_s = 60; /* of a worker's machine and that of rank 0 */

/* Columns that are looked at: NaN where a run has not or the file lacks one. */
enum { WALL, IDLE, RANK, MEMORY, CELL, START, NUM_USED };
static const char *const used_column[NUM_USED] = {"wall_s",  "idle_s", "rank",
                                                  "max_rss", "cell",   "t_start"};

/* Core-seconds of the sessions by what became of them. */
enum { RESULTS, KEPT, LOST, NO_RUN, RANK_0, NUM_SHARES };
static const struct {
    const char *key, *label, *meaning;
} shares[NUM_SHARES] = {
    {"results_s", "results", "runs that are done or failed"},
    {"kept_s", "kept", "in checkpoints of runs that are not finished"},
    {"lost_s", "lost", "attempts that left nothing: kills, crashes, resets"},
    {"idle_s", "idle", "workers without a run"},
    {"rank_0_s", "rank 0", "handing out runs"},
};

struct usage {
    const char *path;
    struct store *store;
    struct sessions sessions;
    bool live;
    int num, num_kept, num_before, num_killed, largest; /* largest: the run of the peak; -1: none */
    double *column[NUM_USED];                           /* each [num], owned */
    double used_s, share_s[NUM_SHARES], before_s, peak_mb, estimate_mb;
};

/* --- figures ---------------------------------------------------------------------------------- */

static bool is_finished(const struct usage *u, int run)
{
    int status = store_run_status(u->store, run);
    return status == RUN_DONE || status == RUN_FAILED;
}

static bool is_killed(const struct usage *u, int session)
{
    bool last = session == u->sessions.num - 1;
    return strcmp(u->sessions.item[session].state, "running") == 0 && !(last && u->live);
}

static int read_columns(struct usage *u, struct status *st)
{
    for (int c = 0; c < NUM_USED; c++) {
        int column = store_find_column(u->store, used_column[c]);
        u->column[c] = calloc((size_t)u->num + 1, sizeof *u->column[c]);
        if (!u->column[c]) return status_no_memory(st, "%d runs", u->num);
        if (column >= 0 && store_read_column(u->store, column, u->column[c], st)) return st->code;
        for (int i = 0; i < u->num; i++)
            if (column < 0 || (c != CELL && !is_finished(u, i))) u->column[c][i] = NAN;
    }
    return STATUS_OK;
}

static void sum_sessions(struct usage *u, double *busy_s)
{
    *busy_s = 0;
    for (int i = 0; i < u->sessions.num; i++) {
        const struct session *s = &u->sessions.item[i];
        double wall_s = s->last_unix_s - s->begun_unix_s;
        u->used_s += s->ranks * wall_s;
        u->share_s[RANK_0] += (s->ranks - s->workers) * wall_s;
        *busy_s += s->busy_s;
        u->num_killed += is_killed(u, i);
    }
}

static int sum_runs(struct usage *u, const char *folder, struct status *st)
{
    double known_s = u->sessions.num ? u->sessions.item[0].begun_unix_s - clocks_apart_s : INFINITY;
    u->largest = -1;
    for (int i = 0; i < u->num; i++) {
        const struct decoded_run *run = store_settings(u->store, i, st);
        if (!run) return st->code;
        u->estimate_mb = fmax(u->estimate_mb, cost_memory_bytes(&run->settings) / 1e6);
        double wall_s =
            is_finished(u, i) ? u->column[WALL][i] : experiment_kept_s(folder, run->key);
        if (!is_finished(u, i)) {
            u->share_s[KEPT] += wall_s;
            u->num_kept += wall_s > 0;
        } else if (u->column[START][i] >= known_s) {
            u->share_s[RESULTS] += isnan(wall_s) ? 0 : wall_s;
        } else {
            u->before_s += isnan(wall_s) ? 0 : wall_s;
            u->num_before++;
        }
        if (!(u->column[MEMORY][i] > u->peak_mb)) continue;
        u->peak_mb = u->column[MEMORY][i];
        u->largest = i;
    }
    return STATUS_OK;
}

/* What was spent in runs and is neither in a row nor in a checkpoint is lost. */
static int find_figures(struct usage *u, struct status *st)
{
    char *real, folder[4096];
    double busy_s;
    int code = file_follow(u->path, &real, st);
    if (code) return code;
    u->live = study_is_locked(real, folder, sizeof folder);
    bool has_folder = checkpoint_folder(real, folder, sizeof folder);
    code = sessions_read(real, store_attribute(u->store, "uuid"), &u->sessions, st);
    free(real);
    if (!code) code = read_columns(u, st);
    if (!code) sum_sessions(u, &busy_s);
    if (!code) code = sum_runs(u, has_folder ? folder : "", st);
    if (code) return code;
    u->share_s[LOST] = fmax(0, busy_s - u->share_s[RESULTS] - u->share_s[KEPT]);
    u->share_s[NO_RUN] = fmax(0, u->used_s - u->share_s[RANK_0] - busy_s);
    return STATUS_OK;
}

/* --- by cell ---------------------------------------------------------------------------------- */

struct cell_usage {
    int cell, first, runs; /* first: a run of it */
    double estimate_s, wall_s, estimate_mb, peak_mb;
};

/* Of every cell that has a run which is done: *list malloc'd. */
static int find_cells(struct usage *u, struct cell_usage **list, int *num, struct status *st)
{
    int most = 0;
    *num = 0;
    for (int i = 0; i < u->num; i++) most = (int)fmax(most, u->column[CELL][i] + 1);
    *list = calloc((size_t)most + 1, sizeof **list);
    if (!*list) return status_no_memory(st, "the cells");
    for (int i = 0; i < u->num; i++) {
        if (store_run_status(u->store, i) != RUN_DONE || !(u->column[CELL][i] >= 0)) continue;
        struct cell_usage *cell = &(*list)[(int)u->column[CELL][i]];
        if (cell->runs++ == 0) cell->first = i;
        cell->wall_s += u->column[WALL][i];
        cell->peak_mb = fmax(cell->peak_mb, u->column[MEMORY][i]);
    }
    for (int c = 0; c < most; c++) {
        struct cell_usage *cell = &(*list)[c];
        if (!cell->runs) continue;
        const struct decoded_run *run = store_settings(u->store, cell->first, st);
        if (!run) return st->code;
        cell->cell = c;
        cell->wall_s /= cell->runs;
        cell->estimate_s = cost_run_s(&run->settings) - cost_floors_s(&run->settings);
        cell->estimate_mb = cost_memory_bytes(&run->settings) / 1e6;
        (*list)[(*num)++] = *cell;
    }
    return STATUS_OK;
}

static void table_seconds(struct table *table, double seconds)
{
    table_cell(table, seconds < 100 ? "%.3g" : "%.0f", seconds);
}

static int fill_cells(struct usage *u, struct table *table, const struct cell_usage *list, int num,
                      struct status *st)
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
    for (const struct cell_usage *c = list; c < list + num && !code; c++) {
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

/* --- by rank ---------------------------------------------------------------------------------- */

struct rank_usage {
    int rank, runs;
    char host[HOST_BYTES];
    double busy_s, idle_s;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct rank_usage *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank)
                              : strcmp(x->host, y->host);
}

/* Of every rank and host that finished a run, in this order: *list malloc'd. */
static int find_ranks(struct usage *u, struct rank_usage **list, int *num, struct status *st)
{
    int host = store_find_column(u->store, "host"), rows = 0;
    *num = 0;
    *list = calloc((size_t)u->num + 1, sizeof **list);
    if (!*list) return status_no_memory(st, "the ranks");
    for (int i = 0; i < u->num; i++) {
        if (!is_finished(u, i) || isnan(u->column[RANK][i])) continue;
        struct rank_usage *r = &(*list)[rows++];
        *r = (struct rank_usage){.rank = (int)u->column[RANK][i],
                                 .runs = 1,
                                 .busy_s = u->column[WALL][i],
                                 .idle_s = u->column[IDLE][i]};
        int code = host < 0 ? 0 : store_read_text(u->store, host, i, r->host, sizeof r->host, st);
        if (code) return code;
    }
    qsort(*list, (size_t)rows, sizeof **list, compare_ranks);
    for (int i = 0; i < rows; i++) {
        struct rank_usage *r = &(*list)[i], *last = &(*list)[*num - 1];
        if (*num == 0 || compare_ranks(last, r) != 0) {
            (*list)[(*num)++] = *r;
            continue;
        }
        last->runs++;
        last->busy_s += r->busy_s;
        last->idle_s += r->idle_s;
    }
    return STATUS_OK;
}

static void fill_ranks(struct table *table, const struct rank_usage *list, int num)
{
    static const char *const heading[] = {"rank", "runs", "busy s", "idle s"};
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_column(table, true, "%s", heading[i]);
    table_column(table, false, "host");
    for (const struct rank_usage *r = list; r < list + num; r++) {
        table_cell(table, "%d", r->rank);
        table_cell(table, "%d", r->runs);
        table_seconds(table, r->busy_s);
        if (isnan(r->idle_s))
            table_cell(table, "?");
        else
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
        show_on(out, "  %-8s %9s: FILE.h5.sessions, a list of newer versions, is not there\n",
                "used", "unknown");
    for (int i = 0; i < NUM_SHARES && n; i++)
        show_on(out, "  %-8s %9.4g %5.1f %%  %s\n", shares[i].label, u->share_s[i] / 3600,
                100 * u->share_s[i] / u->used_s, shares[i].meaning);
    if (u->num_before)
        show_on(out, "  %-8s %9.4g core-hours in %d run%s of sessions before those%s\n", "before",
                u->before_s / 3600, u->num_before, u->num_before == 1 ? "" : "s",
                n ? "" : " that are known");
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
    if (is_killed(u, i)) return "killed";
    if (strcmp(s->state, "running") == 0) return "goes on";
    return s->reason && *s->reason ? s->reason : s->state;
}

static void fill_sessions(const struct usage *u, struct table *table)
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

static int print_text(struct usage *u, const struct cell_usage *cell, int num_cells,
                      const struct rank_usage *rank, int num_ranks, FILE *out, struct status *st)
{
    struct table sessions = {0}, cells = {0}, ranks = {0};
    print_used(u, out);
    fill_sessions(u, &sessions);
    int code = write_table(&sessions, 0, out, st);
    if (!code) code = fill_cells(u, &cells, cell, num_cells, st);
    code = write_table(&cells, code, out, st);
    if (!code) fill_ranks(&ranks, rank, num_ranks);
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

static void print_json(const struct usage *u, const struct cell_usage *cell, int num_cells,
                       const struct rank_usage *rank, int num_ranks, FILE *out)
{
    struct json json = {.out = out, .lines = 2};
    json_open(&json, NULL, '{');
    put_figures(&json, u);
    json_open(&json, "cells", '[');
    for (const struct cell_usage *c = cell; c < cell + num_cells; c++) {
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
    for (const struct rank_usage *r = rank; r < rank + num_ranks; r++) {
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

int usage_show(struct store *store, const char *path, bool as_json, FILE *out, struct status *st)
{
    struct usage u = {.path = path, .store = store, .num = store_num_runs(store)};
    struct cell_usage *cell = NULL;
    struct rank_usage *rank = NULL;
    int num_cells = 0, num_ranks = 0, code = find_figures(&u, st);
    if (!code) code = find_cells(&u, &cell, &num_cells, st);
    if (!code) code = find_ranks(&u, &rank, &num_ranks, st);
    if (!code && as_json) print_json(&u, cell, num_cells, rank, num_ranks, out);
    if (!code && !as_json) code = print_text(&u, cell, num_cells, rank, num_ranks, out, st);
    for (int c = 0; c < NUM_USED; c++) free(u.column[c]);
    sessions_free(&u.sessions);
    free(cell);
    free(rank);
    return code;
}
