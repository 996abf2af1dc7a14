/* measure: see measure.h. The floor of a metric is its mean over draws of two independent HMM
 * samples (SCIENCE 8.1). Refuses to let a run change its floors: their streams depend on the HMM,
 * the sizes and the way to emit alone, so a cached floor and one computed again have the same bits.
 */
#include "hmmgrid/measure.h"
#include "base/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- measures --------------------------------------------------------------------------------- */

static int out_of_memory(struct status *st)
{
    return status_no_memory(
        st, "the measures; lower measure.sequences or measure.length or use fewer workers a node");
}

/* Doubles of all metrics together. */
static size_t total_count(int symbols, int T)
{
    size_t total = 0;
    for (int i = 0; i < num_metrics; i++)
        total += (size_t)measure_count(&metrics_table[i], symbols, T);
    return total;
}

int measures_init(struct measures *m, int symbols, int T, struct status *st)
{
    size_t total = total_count(symbols, T), rows = (size_t)num_metrics;
    *m = (struct measures){0};
    m->memory = malloc(4 * rows * sizeof(double *) + 4 * total * sizeof(double));
    if (!m->memory) return out_of_memory(st);
    m->value = m->memory;
    m->floor = m->value + rows;
    m->floor_sd = m->floor + rows;
    m->test = m->floor_sd + rows;
    double *next = (double *)(m->test + rows);
    for (size_t i = 0; i < 4 * total; i++) next[i] = NAN;
    for (size_t i = 0; i < rows; i++) {
        size_t count = (size_t)measure_count(&metrics_table[i], symbols, T);
        enum metric_floor floor = metrics_table[i].floor;
        m->value[i] = next;
        m->floor[i] = floor > NO_FLOOR ? next + total : NULL;
        m->floor_sd[i] = floor > NO_FLOOR ? next + 2 * total : NULL;
        m->test[i] = floor > FLOOR_ALONE ? next + 3 * total : NULL;
        next += count;
    }
    return STATUS_OK;
}

void measures_free(struct measures *m)
{
    if (!m) return;
    free(m->memory);
    *m = (struct measures){0};
}

double *measures_numbers(const struct measures *m, int symbols, int T, size_t *count)
{
    *count = m->memory ? 4 * total_count(symbols, T) : 0;
    return m->memory ? m->value[0] : NULL;
}

/* --- what one call works on ------------------------------------------------------------------- */

struct job {
    const struct hmm *hmm;
    size_t n, total; /* numbers of all metrics */
    int T, dear_draws, draws, generation;
    const struct stop *stop;
    uint8_t *reference, *other; /* (n, T), owned */
};

enum choice { EVERY_METRIC, THOSE_WITH_FLOOR, THE_CHEAP_OF_THOSE };

static bool is_chosen(const struct metric *metric, enum choice choice)
{
    if (choice == EVERY_METRIC) return true;
    return metric->floor > NO_FLOOR &&
           !(choice == THE_CHEAP_OF_THOSE && metric->floor == FLOOR_Z_DEAR);
}

/* The chosen metrics of a pair of samples into out, one after another; NaN for the others. */
static int compute_all(const struct job *job, const uint8_t *reference, const uint8_t *tested,
                       enum choice choice, double *out, struct status *st)
{
    struct measure_memo memo = {0};
    struct measure_input in = {.hmm = job->hmm,
                               .reference = {reference, job->n, job->T},
                               .tested = {tested, job->n, job->T},
                               .memo = &memo,
                               .stop = job->stop};
    for (int i = 0; i < num_metrics; i++) {
        const struct metric *metric = &metrics_table[i];
        int code = stop_check(job->stop, st, "measuring, before %s", metric->name);
        if (code) return code;
        int count = measure_count(metric, job->hmm->symbols, job->T);
        for (int c = 0; c < count; c++) out[c] = NAN;
        if (is_chosen(metric, choice)) {
            in.part = metric->part;
            code = metric->compute(&in, out, st);
            if (code) {
                status_prefix(st, "measure %s: ", metric->name);
                return code;
            }
        }
        out += count;
    }
    return STATUS_OK;
}

/* --- floors ----------------------------------------------------------------------------------- */

struct floor_entry {
    char key[80];
    int dear_draws;
    struct floor_entry *next;
    double value[]; /* (draws, total) */
};

struct floor_cache {
    struct floor_entry *first;
};

struct floor_cache *floor_cache_new(void)
{
    return calloc(1, sizeof(struct floor_cache));
}

void floor_cache_free(struct floor_cache *cache)
{
    if (!cache) return;
    for (struct floor_entry *e = cache->first, *next; e; e = next) {
        next = e->next;
        free(e);
    }
    free(cache);
}

/* A perfect emulation's sample into job->other: symbols of the HMM, emitted as a network's are
 * (SCIENCE 2.7): the reference's way a uniform symbol stands before the first T - 1 of them. */
static void sample_emulation(const struct job *job, struct rng rng)
{
    size_t T = (size_t)job->T, kept = T - (job->generation == GENERATE_REFERENCE);
    uint8_t *o = job->other;
    hmm_sample(job->hmm, rng, 0, job->n, (int)kept, o, NULL);
    if (kept == T) return;
    for (size_t i = job->n; i-- > 0;) { /* from the end: in place */
        memmove(o + i * T + 1, o + i * kept, kept);
        o[i * T] = (uint8_t)(rng_uniform(rng_child(rng, 0), i) * job->hmm->symbols);
    }
}

/* All metrics that have a floor of every draw, into value (draws, total). */
static int compute_draws(const struct job *job, const char *key, double *value, struct status *st)
{
    struct rng rng = rng_stream(0, key, "measure_floor");
    int code = STATUS_OK;
    for (int d = 0; d < job->draws && !code; d++) {
        hmm_sample(job->hmm, rng_child(rng, 2 * (uint64_t)d), 0, job->n, job->T, job->reference,
                   NULL);
        sample_emulation(job, rng_child(rng, 2 * (uint64_t)d + 1));
        code = compute_all(job, job->reference, job->other,
                           d < job->dear_draws ? THOSE_WITH_FLOOR : THE_CHEAP_OF_THOSE,
                           value + (size_t)d * job->total, st);
    }
    return code;
}

/* The draws of this job, from the cache or computed and then kept there; the caller's where there
 * is no cache. */
static int get_draws(const struct job *job, struct floor_cache *cache, struct floor_entry **out,
                     struct status *st)
{
    char hex[33], key[80];
    hmm_fingerprint(job->hmm, hex);
    snprintf(key, sizeof key, "%s n %zu T %d%s", hex, job->n, job->T,
             job->generation == GENERATE_REFERENCE ? " reference" : "");
    struct floor_entry *entry = cache ? cache->first : NULL;
    while (entry && (entry->dear_draws != job->dear_draws || strcmp(entry->key, key) != 0))
        entry = entry->next;
    *out = entry;
    if (entry) return STATUS_OK;
    entry = malloc(sizeof *entry + (size_t)job->draws * job->total * sizeof entry->value[0]);
    if (!entry) return out_of_memory(st);
    *entry = (struct floor_entry){.dear_draws = job->dear_draws};
    memcpy(entry->key, key, sizeof key);
    int code = compute_draws(job, key, entry->value, st);
    if (code) {
        free(entry);
        return code;
    }
    if (cache) {
        entry->next = cache->first;
        cache->first = entry;
    }
    *out = entry;
    return STATUS_OK;
}

/* --- a value and its draws -------------------------------------------------------------------- */

/* What rounding makes of equal numbers of size 1 or so. */
static double rounding(double x)
{
    return 1e-12 * (1 + fabs(x));
}

/* z and p: see measure.h. draw (n), none NaN. */
static double test_of(enum metric_floor floor, double value, const double *draw, size_t n,
                      double mean, double sd)
{
    if (floor >= FLOOR_Z)
        return sd > rounding(mean) ? (value - mean) / (sd * sqrt(1 + 1 / (double)n)) : NAN;
    size_t as_large = 0;
    if (isnan(value) || n == 0) return NAN;
    for (size_t d = 0; d < n; d++) as_large += draw[d] >= value - rounding(value);
    return (double)(1 + as_large) / (double)(1 + n);
}

/* Floor, its sd (ddof 1) and the test of every metric that has them from its draws; those that are
 * NaN are left out. */
static int compare(const struct job *job, const struct floor_entry *draws, struct measures *m,
                   struct status *st)
{
    size_t column = 0;
    double *draw = malloc((size_t)job->draws * sizeof *draw);
    if (!draw) return out_of_memory(st);
    for (int i = 0; i < num_metrics; i++) {
        enum metric_floor floor = metrics_table[i].floor;
        int count = measure_count(&metrics_table[i], job->hmm->symbols, job->T);
        for (int c = 0; c < count && floor > NO_FLOOR; c++) {
            size_t n = 0;
            for (size_t d = 0; d < (size_t)job->draws; d++) {
                draw[n] = draws->value[d * job->total + column + (size_t)c];
                n += !isnan(draw[n]);
            }
            double mean = mean_of(draw, n), sd = sd_about(draw, n, mean, 1);
            m->floor[i][c] = mean;
            m->floor_sd[i][c] = sd;
            if (m->test[i]) m->test[i][c] = test_of(floor, m->value[i][c], draw, n, mean, sd);
        }
        column += (size_t)count;
    }
    free(draw);
    return STATUS_OK;
}

/* --- a run ------------------------------------------------------------------------------------ */

static int check_tested(const struct hmm *hmm, const struct sample *tested, int draws,
                        struct status *st)
{
    if (tested->n < 1 || tested->T < 1 || draws < 1)
        return status_set(st, STATUS_INTERNAL,
                          "measure_run asked for %zu sequences of %d steps and %d draws", tested->n,
                          tested->T, draws);
    for (size_t i = 0; i < tested->n * (size_t)tested->T; i++)
        if (tested->symbols[i] >= hmm->symbols)
            return status_set(st, STATUS_INTERNAL,
                              "measure_run given symbol %d, but the HMM has %d symbols",
                              tested->symbols[i], hmm->symbols);
    return STATUS_OK;
}

int measure_run(const struct settings *s, const struct hmm *hmm, const char *run_key, int64_t seed,
                struct sample tested, struct floor_cache *cache, const struct stop *stop,
                struct measures *m, struct status *st)
{
    struct job job = {.hmm = hmm,
                      .n = tested.n,
                      .total = total_count(hmm->symbols, tested.T),
                      .T = tested.T,
                      .dear_draws = s->measure.floor_draws,
                      .draws = metric_draws(s->measure.floor_draws),
                      .generation = s->measure.generation,
                      .stop = stop};
    *m = (struct measures){0};
    struct floor_entry *draws = NULL;
    int code = check_tested(hmm, &tested, job.dear_draws, st);
    if (code) return code;
    code = measures_init(m, hmm->symbols, tested.T, st);
    if (code) return code;
    job.reference = malloc(job.n * (size_t)job.T);
    job.other = malloc(job.n * (size_t)job.T);
    if (!job.reference || !job.other) {
        code = out_of_memory(st);
        goto cleanup;
    }
    hmm_sample(hmm, rng_stream((uint64_t)seed, run_key, "measure_reference"), 0, job.n, job.T,
               job.reference, NULL);
    code = compute_all(&job, job.reference, tested.symbols, EVERY_METRIC, m->value[0], st);
    if (!code) code = get_draws(&job, cache, &draws, st);
    if (!code) code = compare(&job, draws, m, st);
    if (!cache) free(draws);
cleanup:
    free(job.reference);
    free(job.other);
    if (code) measures_free(m);
    return code;
}
