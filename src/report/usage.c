/* usage: see usage.h. No accounting of a batch system is asked. Refuses to guess what sessions cost
 * that the list does not hold: their runs are told apart. */
#include "usage.h"

#include "base/file.h"
#include "forecast/cost.h"
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double clocks_apart_s = 60; /* of a worker's machine and that of rank 0 */

static const char *const used_column[NUM_USED] = {"wall_s",  "idle_s", "rank",
                                                  "max_rss", "cell",   "t_start"};

/* --- figures ---------------------------------------------------------------------------------- */

static bool is_finished(const struct usage *u, int run)
{
    int status = store_run_status(u->store, run);
    return status == RUN_DONE || status == RUN_FAILED;
}

bool usage_was_killed(const struct usage *u, int session)
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
            if (column < 0 || (c != USED_CELL && !is_finished(u, i))) u->column[c][i] = NAN;
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
        u->num_killed += usage_was_killed(u, i);
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
            is_finished(u, i) ? u->column[USED_WALL][i] : experiment_kept_s(folder, run->key);
        if (!is_finished(u, i)) {
            u->share_s[KEPT] += wall_s;
        } else if (u->column[USED_START][i] >= known_s) {
            u->share_s[RESULTS] += isnan(wall_s) ? 0 : wall_s;
        } else {
            u->before_s += isnan(wall_s) ? 0 : wall_s;
            u->num_before++;
        }
        if (!(u->column[USED_MEMORY][i] > u->peak_mb)) continue;
        u->peak_mb = u->column[USED_MEMORY][i];
        u->largest = i;
    }
    return STATUS_OK;
}

/* What was spent in runs and is neither in a row nor in a checkpoint is lost. A run that went on
 * from the state of a shorter one has that one's time in its row again: it counts once. */
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
    if (u->sessions.num)
        u->share_s[RESULTS] = fmin(u->share_s[RESULTS], fmax(0, busy_s - u->share_s[KEPT]));
    u->share_s[LOST] = fmax(0, busy_s - u->share_s[RESULTS] - u->share_s[KEPT]);
    u->share_s[IDLE] = fmax(0, u->used_s - u->share_s[RANK_0] - busy_s);
    return STATUS_OK;
}

/* --- by cell ---------------------------------------------------------------------------------- */

static int find_cells(struct usage *u, struct status *st)
{
    int most = 0;
    for (int i = 0; i < u->num; i++) most = (int)fmax(most, u->column[USED_CELL][i] + 1);
    u->cell = calloc((size_t)most + 1, sizeof *u->cell);
    if (!u->cell) return status_no_memory(st, "the cells");
    for (int i = 0; i < u->num; i++) {
        if (store_run_status(u->store, i) != RUN_DONE || !(u->column[USED_CELL][i] >= 0)) continue;
        struct cell_usage *cell = &u->cell[(int)u->column[USED_CELL][i]];
        if (cell->runs++ == 0) cell->first = i;
        cell->wall_s += u->column[USED_WALL][i];
        cell->peak_mb = fmax(cell->peak_mb, u->column[USED_MEMORY][i]);
    }
    for (int c = 0; c < most; c++) {
        struct cell_usage *cell = &u->cell[c];
        if (!cell->runs) continue;
        const struct decoded_run *run = store_settings(u->store, cell->first, st);
        if (!run) return st->code;
        cell->cell = c;
        cell->wall_s /= cell->runs;
        cell->estimate_s = cost_run_s(&run->settings) - cost_floors_s(&run->settings);
        cell->estimate_mb = cost_memory_bytes(&run->settings) / 1e6;
        u->cell[u->num_cells++] = *cell;
    }
    return STATUS_OK;
}

/* --- by rank ---------------------------------------------------------------------------------- */

static int compare_ranks(const void *a, const void *b)
{
    const struct rank_usage *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank)
                              : strcmp(x->host, y->host);
}

static int find_ranks(struct usage *u, struct status *st)
{
    int host = store_find_column(u->store, "host"), rows = 0;
    u->rank = calloc((size_t)u->num + 1, sizeof *u->rank);
    if (!u->rank) return status_no_memory(st, "the ranks");
    for (int i = 0; i < u->num; i++) {
        if (!is_finished(u, i) || isnan(u->column[USED_RANK][i])) continue;
        struct rank_usage *r = &u->rank[rows++];
        *r = (struct rank_usage){.rank = (int)u->column[USED_RANK][i],
                                 .runs = 1,
                                 .busy_s = u->column[USED_WALL][i],
                                 .idle_s = u->column[USED_IDLE][i]};
        int code = host < 0 ? 0 : store_read_text(u->store, host, i, r->host, sizeof r->host, st);
        if (code) return code;
    }
    qsort(u->rank, (size_t)rows, sizeof *u->rank, compare_ranks);
    for (int i = 0; i < rows; i++) {
        struct rank_usage *r = &u->rank[i], *last = &u->rank[u->num_ranks - 1];
        if (u->num_ranks == 0 || compare_ranks(last, r) != 0) {
            u->rank[u->num_ranks++] = *r;
            continue;
        }
        last->runs++;
        last->busy_s += r->busy_s;
        last->idle_s += r->idle_s;
    }
    return STATUS_OK;
}

/* --- all -------------------------------------------------------------------------------------- */

int usage_find(struct usage *u, struct status *st)
{
    u->num = store_num_runs(u->store);
    int code = find_figures(u, st);
    if (!code) code = find_cells(u, st);
    return code ? code : find_ranks(u, st);
}

void usage_free(struct usage *u)
{
    for (int c = 0; c < NUM_USED; c++) free(u->column[c]);
    sessions_free(&u->sessions);
    free(u->cell);
    free(u->rank);
}
