/* forecast: see forecast.h. Refuses to be exact: a run that trains again with another seed is not
 * foreseen, and workers that share a node's memory may be slower. */
#include "forecast.h"

#include "base/kernel.h"
#include "base/linalg.h"
#include "cost.h"
#include "load.h"
#include "schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double time_margin = 1.25;    /* of the time to ask for over the estimate */
static const double start_and_end_s = 120; /* of a job */
static const double file_bytes = 65536;    /* of a results file without a run */
static const double calibration_s = 120;   /* then the cells that are left are not measured */

/* --- a schedule ------------------------------------------------------------------------- */

/* Which worker has which floors: a set of numbers > 0, open addressing, at most half full. */
struct number_set {
    uint64_t *slot;
    size_t size; /* a power of 2 */
};

/* False when it was there already. */
static bool set_add(struct number_set *set, uint64_t number)
{
    size_t at = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (set->size - 1);
    while (set->slot[at] && set->slot[at] != number) at = (at + 1) & (set->size - 1);
    bool is_new = set->slot[at] == 0;
    set->slot[at] = number;
    return is_new;
}

/* Every floor is computed once at least, and a run is not cut in pieces. */
static double lower_bound(const struct forecast_run *run, int num, const double *floors_s,
                          struct number_set *seen, int workers)
{
    double sum = 0, longest = 0;
    for (int i = 0; i < num; i++) {
        double floors = floors_s ? floors_s[run[i].floors] : 0;
        sum += run[i].run_s;
        if (floors > 0 && set_add(seen, (uint64_t)run[i].floors + 1)) sum += floors;
        longest = fmax(longest, run[i].run_s + floors);
    }
    return fmax(sum / workers, longest);
}

/* The worker that is free first takes what the schedule hands out. */
static void simulate(struct schedule *schedule, const struct forecast_run *run,
                     const double *floors_s, int num_floors, struct number_set *known,
                     struct load *load, int workers, struct makespan *out)
{
    for (int i; (i = schedule_next(schedule, INFINITY)) != SCHEDULE_NONE;
         load_sift_down(load, workers)) {
        double cost_s = run[i].run_s, floors = floors_s ? floors_s[run[i].floors] : 0;
        uint64_t pair = load->number * (uint64_t)num_floors + (uint64_t)run[i].floors + 1;
        if (floors > 0 && set_add(known, pair)) cost_s += floors;
        load->busy_s += cost_s;
        out->busy_s += cost_s;
        out->makespan_s = fmax(out->makespan_s, load->busy_s);
    }
}

static struct schedule *make_schedule(const struct forecast_run *run, int num, int order)
{
    struct schedule_options options = {.order = order, .max_failures = INFINITY};
    int *zero = calloc((size_t)num + 1, sizeof *zero); /* all pending, never tried */
    double *cost_s = calloc((size_t)num + 1, sizeof *cost_s);
    for (int i = 0; cost_s && i < num; i++) cost_s[i] = run[i].order_s;
    struct schedule *schedule =
        zero && cost_s ? schedule_new(num, zero, zero, zero, cost_s, &options) : NULL;
    free(zero);
    free(cost_s);
    return schedule;
}

bool forecast_makespan(const struct forecast_run *run, int num, int order, const double *floors_s,
                       int num_floors, int workers, struct makespan *out)
{
    *out = (struct makespan){0};
    int used = workers < num ? workers : num;
    struct number_set known = {.size = 2}, seen = {.size = 2};
    while (known.size < 2 * (size_t)num) known.size *= 2;
    while (seen.size < 2 * (size_t)num_floors) seen.size *= 2;
    known.slot = calloc(known.size, sizeof *known.slot);
    seen.slot = calloc(seen.size, sizeof *seen.slot);
    struct load *load = calloc((size_t)used + 1, sizeof *load);
    struct schedule *schedule = make_schedule(run, num, order);
    bool done = known.slot && seen.slot && load && schedule;
    for (int w = 0; done && w < used; w++) load[w].number = (uint64_t)w;
    if (done) out->bound_s = lower_bound(run, num, floors_s, &seen, workers);
    if (done) simulate(schedule, run, floors_s, num_floors, &known, load, used, out);
    schedule_free(schedule);
    free(known.slot);
    free(seen.slot);
    free(load);
    return done;
}

/* --- a plan ----------------------------------------------------------------------------- */

/* Seconds of the cells that have runs: f->cell, f->floors_s. */
static int cost_cells(struct forecast *f, const struct plan *plan, bool calibrate,
                      const struct calibrate_watch *watch, struct status *st)
{
    size_t room = (size_t)plan->num_cells + 1;
    f->seeds = calloc(room, sizeof *f->seeds);
    const struct settings **settings = calloc(room, sizeof(const struct settings *));
    struct calibrated *packed = calloc(room, sizeof *packed);
    f->cell = calloc(room, sizeof *f->cell);
    f->floors_s = calloc(room, sizeof *f->floors_s);
    int code = f->seeds && settings && packed && f->cell && f->floors_s
                   ? STATUS_OK
                   : status_no_memory(st, "the plan");
    for (int i = 0; i < plan->num_runs && !code; i++) f->seeds[plan->runs[i].cell]++;
    for (int i = 0; i < plan->num_cells && !code; i++)
        if (f->seeds[i]) settings[f->num_cells++] = &plan->cells[i].settings;
    f->num_measured = -1;
    if (!code) code = calibrate_by_model(settings, f->num_cells, packed, &f->num_floors, st);
    if (!code && calibrate) {
        code = kernel_check(st);
        if (!code) code = linalg_start(st);
        if (!code)
            code = calibrate_measure(settings, f->num_cells, calibration_s, watch, packed,
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

/* The order is the one in which `run` hands out. */
static int schedule_all(struct forecast *f, const struct plan *plan, struct status *st)
{
    struct forecast_run *run = calloc((size_t)plan->num_runs + 1, sizeof *run);
    bool done = run != NULL;
    for (int i = 0; done && i < plan->num_runs; i++) {
        int cell = plan->runs[i].cell;
        run[i] = (struct forecast_run){cost_run_s(&plan->cells[cell].settings), f->cell[cell].run_s,
                                       f->cell[cell].floors};
    }
    for (int i = 0; i < f->num_estimates && done; i++) {
        struct estimate *e = &f->estimate[i];
        e->workers = e->ranks > 1 ? e->ranks - 1 : 1;
        done = forecast_makespan(run, plan->num_runs, plan->study_settings.run.order, f->floors_s,
                                 f->num_floors, e->workers, &e->schedule);
        write_time(plan, e);
    }
    free(run);
    return done ? STATUS_OK : status_no_memory(st, "the plan");
}

int forecast_make(struct forecast *f, const struct plan *plan, bool calibrate,
                  const struct calibrate_watch *watch, struct status *st)
{
    int code = cost_cells(f, plan, calibrate, watch, st);
    if (code) return code;
    f->result_bytes = file_bytes;
    for (int i = 0; i < f->num_floors; i++) f->core_s += f->floors_s[i];
    for (int i = 0; i < plan->num_cells; i++) {
        const struct settings *s = &plan->cells[i].settings;
        if (!f->seeds[i]) continue;
        f->core_s += f->seeds[i] * f->cell[i].run_s;
        f->result_bytes += f->seeds[i] * cost_result_bytes(s);
        f->memory_bytes = fmax(f->memory_bytes, cost_memory_bytes(s));
    }
    f->memory_bytes +=
        (double)plan->num_cells * sizeof *plan->cells + (double)plan->num_runs * sizeof *plan->runs;
    return schedule_all(f, plan, st);
}

void forecast_free(struct forecast *f)
{
    free(f->seeds);
    free(f->cell);
    free(f->floors_s);
}
