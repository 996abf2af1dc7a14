/* schedule: see schedule.h. Longest processing time first (Graham 1969), which never needs more
 * than 4/3 of the best makespan, or the order of the grid.
 *
 * Refuses to know the time, ranks or files: the coordinator tells it. The order is sorted once; a
 * binary tree over it holds the least cost among the pending runs below every node, so that the
 * first run that fits is found, taken out or put back in log2(n) steps whatever the order.
 */
#include "schedule.h"

#include <math.h>
#include <stdlib.h>

struct item {
    int status, attempts, deaths;
    int place;                          /* in the order */
    double cost_s, progress, elapsed_s; /* progress NaN: not known */
};

struct schedule {
    struct schedule_options options;
    struct schedule_counts counts;
    int num;
    struct item *item;
    int *order;      /* [num] runs, in the order in which they are handed out */
    double *least_s; /* [2 leaves] tree: 1 the root, below i are 2 i and 2 i + 1, place p is leaf
                        leaves + p: its cost while pending; INFINITY: none below is pending */
    int leaves;      /* a power of two >= num */
    int *crashed;
    int num_crashed;
    /* finished runs: sums of cost, wall, and of ratio = wall / cost and its square */
    int num_walls;
    double sum_cost, sum_wall, sum_ratio, sum_ratio2;
};

struct sort_key {
    double cost_s;
    int run;
};

static int longer_first(const void *a, const void *b)
{
    const struct sort_key *x = a, *y = b;
    if (x->cost_s != y->cost_s) return x->cost_s < y->cost_s ? 1 : -1;
    return x->run < y->run ? -1 : x->run > y->run;
}

static bool make_order(struct schedule *s)
{
    struct sort_key *key = malloc(((size_t)s->num + 1) * sizeof *key);
    if (!key) return false;
    for (int i = 0; i < s->num; i++) key[i] = (struct sort_key){s->item[i].cost_s, i};
    if (s->options.order == ORDER_LONGEST) qsort(key, (size_t)s->num, sizeof *key, longer_first);
    for (int p = 0; p < s->num; p++) {
        s->order[p] = key[p].run;
        s->item[key[p].run].place = p;
    }
    free(key);
    return true;
}

/* The costs of the pending runs, none else. */
static bool make_tree(struct schedule *s)
{
    s->leaves = 1;
    while (s->leaves < s->num) s->leaves *= 2;
    s->least_s = malloc(2 * (size_t)s->leaves * sizeof *s->least_s);
    if (!s->least_s) return false;
    for (int p = 0; p < s->leaves; p++) {
        const struct item *item = p < s->num ? &s->item[s->order[p]] : NULL;
        s->least_s[s->leaves + p] = item && item->status == RUN_PENDING ? item->cost_s : INFINITY;
    }
    for (int i = s->leaves - 1; i > 0; i--)
        s->least_s[i] = fmin(s->least_s[2 * i], s->least_s[2 * i + 1]);
    return true;
}

static void set_leaf(struct schedule *s, int place, double cost_s)
{
    int i = s->leaves + place;
    s->least_s[i] = cost_s;
    while (i /= 2) s->least_s[i] = fmin(s->least_s[2 * i], s->least_s[2 * i + 1]);
}

int schedule_status_found(int status, int deaths, int retries)
{
    if (status == RUN_DONE || status == RUN_FAILED) return status;
    return status != RUN_PENDING && deaths > retries ? RUN_CRASHED : RUN_PENDING;
}

static void update_too_many(struct schedule *s)
{
    int num = s->counts.failed + s->counts.crashed;
    if (num > 0 && num >= s->options.max_failures) s->counts.too_many_failures = true;
}

struct schedule *schedule_new(int num, const int *status, const int *attempts, const int *deaths,
                              const double *cost_s, const struct schedule_options *options)
{
    struct schedule *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    size_t n = (size_t)num + 1;
    s->num = num;
    s->options = *options;
    s->item = calloc(n, sizeof *s->item);
    s->order = calloc(n, sizeof *s->order);
    s->crashed = calloc(n, sizeof *s->crashed);
    if (!s->item || !s->order || !s->crashed) goto no_memory;

    s->counts.total = num;
    for (int i = 0; i < num; i++) {
        struct item *item = &s->item[i];
        /* a cost that is not a number must not spoil the sort */
        *item =
            (struct item){.status = schedule_status_found(status[i], deaths[i], options->retries),
                          .attempts = attempts[i],
                          .deaths = deaths[i],
                          .cost_s = cost_s[i] > 0 && isfinite(cost_s[i]) ? cost_s[i] : 0,
                          .progress = NAN};
        if (item->status == RUN_PENDING) s->counts.pending++;
        if (item->status == RUN_DONE) s->counts.done++;
        if (item->status == RUN_FAILED) s->counts.failed++;
        if (item->status == RUN_CRASHED) s->counts.crashed++;
        if (item->status == RUN_CRASHED && status[i] == RUN_RUNNING)
            s->crashed[s->num_crashed++] = i;
    }
    if (!make_order(s) || !make_tree(s)) goto no_memory;
    update_too_many(s);
    return s;

no_memory:
    schedule_free(s);
    return NULL;
}

void schedule_free(struct schedule *s)
{
    if (!s) return;
    free(s->item);
    free(s->order);
    free(s->least_s);
    free(s->crashed);
    free(s);
}

int schedule_crashed(const struct schedule *s, const int **run)
{
    *run = s->crashed;
    return s->num_crashed;
}

int schedule_attempts(const struct schedule *s, int run)
{
    return s->item[run].attempts;
}

int schedule_deaths(const struct schedule *s, int run)
{
    return s->item[run].deaths;
}

/* Wall time a second of the cost model takes: 1 until a run has finished. */
static double cost_scale(const struct schedule *s)
{
    return s->sum_cost > 0 && s->sum_wall > 0 ? s->sum_wall / s->sum_cost : 1;
}

/* The first pending place whose run fits, or num. */
static int place_that_fits(const struct schedule *s, double seconds_left)
{
    double scale = cost_scale(s);
    int i = 1;
    for (;;) {
        bool fits = s->least_s[i] < INFINITY && s->least_s[i] * scale <= seconds_left;
        if (!fits && i == 1) return s->num;
        if (!fits) i++; /* then its neighbour on the right does */
        if (i >= s->leaves) return i - s->leaves;
        i *= 2;
    }
}

int schedule_next(struct schedule *s, double seconds_left)
{
    if (s->counts.stopped || s->counts.too_many_failures || s->counts.pending == 0)
        return SCHEDULE_NONE;
    bool parts_fit = s->options.part_s > 0 && seconds_left >= s->options.part_s;
    int place = place_that_fits(s, parts_fit ? INFINITY : seconds_left);
    s->counts.no_time = place == s->num;
    if (s->counts.no_time) return SCHEDULE_NONE;

    int run = s->order[place];
    struct item *item = &s->item[run];
    item->status = RUN_RUNNING;
    item->attempts++;
    item->progress = NAN;
    item->elapsed_s = 0;
    set_leaf(s, place, INFINITY);
    s->counts.pending--;
    s->counts.running++;
    return run;
}

void schedule_calibrate(struct schedule *s, int run, double wall_s)
{
    double cost_s = s->item[run].cost_s;
    if (!(wall_s >= 0) || !isfinite(wall_s) || !(cost_s > 0)) return;
    double ratio = wall_s / cost_s;
    s->num_walls++;
    s->sum_cost += cost_s;
    s->sum_wall += wall_s;
    s->sum_ratio += ratio;
    s->sum_ratio2 += ratio * ratio;
}

void schedule_progress(struct schedule *s, int run, double fraction)
{
    if (s->item[run].status == RUN_RUNNING && fraction >= 0 && fraction <= 1)
        s->item[run].progress = fraction;
}

void schedule_elapsed(struct schedule *s, int run, double elapsed_s)
{
    if (s->item[run].status == RUN_RUNNING && elapsed_s >= 0) s->item[run].elapsed_s = elapsed_s;
}

void schedule_ended(struct schedule *s, int run, int status, double wall_s)
{
    struct item *item = &s->item[run];
    if (item->status != RUN_RUNNING) return;
    s->counts.running--;
    s->counts.no_time = false; /* to be asked again: the estimates may have changed */
    item->status = status;
    if (status == RUN_DONE) {
        s->counts.done++;
        schedule_calibrate(s, run, wall_s);
    } else if (status == RUN_FAILED) {
        s->counts.failed++;
        update_too_many(s);
    } else if (status == RUN_CRASHED && ++item->deaths > s->options.retries) {
        s->counts.crashed++;
        update_too_many(s);
    } else {
        item->status = RUN_PENDING;
        if (status != RUN_CRASHED) item->attempts--;
        s->counts.pending++;
        set_leaf(s, item->place, item->cost_s);
    }
}

void schedule_stop(struct schedule *s)
{
    s->counts.stopped = true;
}

struct schedule_counts schedule_counts(const struct schedule *s)
{
    struct schedule_counts counts = s->counts;
    counts.too_many_failures = counts.too_many_failures && counts.pending > 0;
    return counts;
}

bool schedule_is_finished(const struct schedule *s)
{
    const struct schedule_counts *c = &s->counts;
    return c->running == 0 && (c->pending == 0 || c->stopped || c->too_many_failures || c->no_time);
}

int schedule_exit_code(const struct schedule *s)
{
    const struct schedule_counts *c = &s->counts;
    if (c->too_many_failures) return STATUS_SOME_FAILED;
    if (c->pending + c->running > 0) return STATUS_STOPPED;
    return c->failed + c->crashed > 0 ? STATUS_SOME_FAILED : STATUS_OK;
}

/* Seconds to the end of a run: what the estimate leaves; at least what its own speed so far leaves,
 * and as long again as it is over the estimate, so that one that stalls does not count as done. */
static double remaining_s(const struct item *item, double scale)
{
    double whole_s = scale * item->cost_s;
    if (item->status == RUN_PENDING) return whole_s;
    if (item->status != RUN_RUNNING) return 0;
    double done = isnan(item->progress) ? 0.5 : item->progress;
    double own_s = item->progress > 0 ? item->elapsed_s * (1 - done) / done : 0;
    return fmax(fmax((1 - done) * whole_s, own_s), item->elapsed_s - whole_s);
}

/* Work W = sum of costs left; ratio = wall / cost of finished runs, mean m, variance v over n of
 * them. The end is at least m W / workers away and no sooner than the longest run that is left.
 * Variance of the sum: v sum c^2 (each run's own scatter) + v W^2 / n (that of the mean). */
void schedule_eta(const struct schedule *s, int workers, double *eta_s, double *half_s)
{
    *eta_s = *half_s = NAN;
    if (s->num_walls == 0) return;
    double left = 0, left2 = 0, longest = 0, scale = cost_scale(s);
    for (int i = 0; i < s->num; i++) {
        double cost_s = remaining_s(&s->item[i], scale) / scale;
        left += cost_s;
        left2 += cost_s * cost_s;
        if (cost_s > longest) longest = cost_s;
    }
    if (workers < 1) workers = 1;
    *eta_s = scale * fmax(left / workers, longest);
    if (s->num_walls < 2) return;
    double n = s->num_walls, mean = s->sum_ratio / n;
    double variance = fmax(0, (s->sum_ratio2 - n * mean * mean) / (n - 1));
    *half_s = 1.96 * sqrt(variance * (left2 + left * left / n)) / workers;
}
