/* resources: see resources.h. Refuses to ask for more than a limit: the study goes on in the next
 * job. */
#include "resources.h"

#include "forecast/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double least_busy = 0.95;    /* share of the workers' time */
static const double memory_margin = 1.25; /* over the forecast */
static const double start_s = 20;         /* of a job, until the first run is on */
static const double least_memory_mb = 512;
enum { SIGNAL_S = 60 }; /* sbatch's own lead */

struct finding {
    struct flags *flags;
    const struct profile *profile;
    const struct partition_limits *limits; /* or NULL */
    const struct plan *plan;
    struct forecast forecast;
    const struct estimate *chosen;
};

/* Somebody said it. */
static const char *said(const struct flags *flags, const char *name)
{
    const struct flag *flag = flags_find(flags, name);
    return flag && flag->from ? flag->value : NULL;
}

/* --- tasks ---------------------------------------------------------------------------------- */

/* The number that was said, in one way or another; 0: none. */
static int said_ntasks(const struct flags *flags)
{
    const char *ntasks = said(flags, "ntasks"), *nodes = said(flags, "nodes"),
               *each = said(flags, "ntasks-per-node");
    if (ntasks) return atoi(ntasks);
    return nodes && each ? atoi(nodes) * atoi(each) : 0;
}

static int most_ntasks(const struct finding *f)
{
    int most = f->profile->limit_ntasks ? f->profile->limit_ntasks : f->plan->num_runs + 1;
    if (f->limits && f->limits->cpus > 0 && f->limits->cpus < most) most = (int)f->limits->cpus;
    return most;
}

/* Ranks to choose from: 1, then so many workers and the one that hands out runs. */
static void list_ranks(struct finding *f, int given)
{
    static const int workers[] = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256};
    struct forecast *forecast = &f->forecast;
    int most = most_ntasks(f);
    forecast->estimate[forecast->num_estimates++].ranks = given > 0 ? given : 1;
    for (size_t i = 0; !given && i < sizeof workers / sizeof workers[0]; i++)
        if (workers[i] < most && workers[i] <= f->plan->num_runs)
            forecast->estimate[forecast->num_estimates++].ranks = workers[i] + 1;
}

static double busy(const struct estimate *e)
{
    double total_s = e->workers * e->schedule.makespan_s;
    return total_s > 0 ? e->schedule.busy_s / total_s : 1;
}

static int choose_ntasks(struct finding *f, int given, struct status *st)
{
    const struct forecast *forecast = &f->forecast;
    const struct estimate *next = NULL;
    char value[16], text[200];
    f->chosen = &forecast->estimate[0];
    if (given) return STATUS_OK;
    for (int i = 1; i < forecast->num_estimates; i++) {
        const struct estimate *e = &forecast->estimate[i];
        if (busy(e) >= least_busy)
            f->chosen = e, next = NULL;
        else if (!next)
            next = e;
    }
    int n = snprintf(text, sizeof text, "plan: %d worker%s busy %.0f %% of the time",
                     f->chosen->workers, f->chosen->workers == 1 ? " is" : "s are",
                     100 * busy(f->chosen));
    if (next)
        snprintf(text + n, sizeof text - (size_t)n, "; %d would be %.0f %%", next->workers,
                 100 * busy(next));
    snprintf(value, sizeof value, "%d", f->chosen->ranks);
    return flags_set(f->flags, "ntasks", value, text, st);
}

/* --- time ----------------------------------------------------------------------------------- */

/* Seconds of "B:USR1@300". */
static int lead_of(const struct flags *flags)
{
    const char *signal = flags_value(flags, "signal"), *at = signal ? strchr(signal, '@') : NULL;
    return !signal ? 0 : at ? atoi(at + 1) : SIGNAL_S;
}

/* The least limit, and whose it is. */
static double limit_of(const struct finding *f, char who[128])
{
    double limit_s = f->profile->limit_s > 0 ? f->profile->limit_s : INFINITY;
    snprintf(who, 128, "%s", f->profile->limit_from ? f->profile->limit_from : "");
    if (f->limits && f->limits->limit_s < limit_s) {
        limit_s = f->limits->limit_s;
        snprintf(who, 128, "partition %s", f->limits->name);
    }
    return limit_s;
}

static int choose_time(struct finding *f, struct status *st)
{
    char who[128], text[300], value[48];
    double makespan_s = f->chosen->schedule.makespan_s, limit_s = limit_of(f, who);
    double lead_s = lead_of(f->flags) - f->plan->study_settings.run.reserve_s;
    double wanted_s = slurm_seconds(f->chosen->time) + 60 * ceil(fmax(0, lead_s) / 60);
    if (said(f->flags, "time")) return STATUS_OK;
    if (wanted_s <= limit_s)
        snprintf(text, sizeof text, "plan: %s on %d rank%s, and room",
                 makespan_s < 60 ? "less than a minute" : slurm_time(makespan_s, value),
                 f->chosen->ranks, f->chosen->ranks == 1 ? "" : "s");
    else
        snprintf(text, sizeof text, "limit of %s; the plan says %s", who,
                 slurm_time(wanted_s, value));
    return flags_set(f->flags, "time", slurm_time(fmin(wanted_s, limit_s), value), text, st);
}

/* Slurm takes such a job and lets it wait for ever. */
static void check_time(const struct finding *f, struct resources *r)
{
    const char *time = said(f->flags, "time");
    char limit[48];
    if (time && f->limits && slurm_seconds(time) > f->limits->limit_s)
        snprintf(r->warning, sizeof r->warning,
                 "--time=%.40s is more than partition %s allows (%s): the job may never start",
                 time, f->limits->name, slurm_time(f->limits->limit_s, limit));
}

static int count_slices(const struct finding *f, struct resources *r, struct status *st)
{
    const char *time = flags_value(f->flags, "time");
    double time_s = time ? slurm_seconds(time) : NAN;
    double reserve_s = f->plan->study_settings.run.reserve_s;
    double left_out_s = fmax(reserve_s, r->lead_s);
    r->makespan_s = f->chosen->schedule.makespan_s;
    r->slice_s = isnan(time_s) ? INFINITY : time_s - left_out_s - start_s;
    r->slices = 1;
    if (r->slice_s > 0) {
        r->slices = (int)fmin(1e6, fmax(1, ceil(r->makespan_s / r->slice_s)));
        return STATUS_OK;
    }
    return status_set(st, STATUS_USAGE,
                      "--time=%s leaves no time for runs: run.reserve keeps %.0f s before the end, "
                      "and --signal=%s stops the study %d s before it; ask for more time, or give "
                      "--set run.reserve=30s --signal=B:USR1@60",
                      time, reserve_s, flags_value(f->flags, "signal"), r->lead_s);
}

/* --- memory --------------------------------------------------------------------------------- */

static int choose_memory(struct finding *f, struct status *st)
{
    static const char *const memory[] = {"mem", "mem-per-cpu", "mem-per-gpu"};
    char text[100], value[32];
    for (int i = 0; i < 3; i++)
        if (said(f->flags, memory[i])) return STATUS_OK;
    double bytes = f->forecast.memory_bytes;
    snprintf(text, sizeof text, "plan: %.0f MB a worker at its peak, and room", bytes / 1e6);
    snprintf(value, sizeof value, "%.0fM",
             ceil(fmax(least_memory_mb, memory_margin * bytes / (1 << 20))));
    return flags_set(f->flags, "mem-per-cpu", value, text, st);
}

int resources_fill(struct flags *flags, const struct profile *profile,
                   const struct partition_limits *limits, const struct plan *plan,
                   struct resources *r, struct status *st)
{
    struct finding f = {.flags = flags, .profile = profile, .limits = limits, .plan = plan};
    int given = said_ntasks(flags);
    *r = (struct resources){.lead_s = lead_of(flags)};
    if (given && !said(flags, "ntasks")) flags_drop(flags, "ntasks"); /* the script's own */
    list_ranks(&f, given);
    int code = forecast_make(&f.forecast, plan, false, NULL, st);
    if (!code) code = choose_ntasks(&f, given, st);
    if (!code) code = choose_time(&f, st);
    if (!code) code = choose_memory(&f, st);
    if (!code) code = count_slices(&f, r, st);
    if (!code) check_time(&f, r);
    forecast_free(&f.forecast);
    return code;
}
