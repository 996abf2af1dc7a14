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
    m->z = m->floor_sd + rows;
    double *next = (double *)(m->z + rows);
    for (size_t i = 0; i < 4 * total; i++) next[i] = NAN;
    for (size_t i = 0; i < rows; i++) {
        size_t count = (size_t)measure_count(&metrics_table[i], symbols, T);
        bool has_floor = metrics_table[i].has_floor;
        m->value[i] = next;
        m->floor[i] = has_floor ? next + total : NULL;
        m->floor_sd[i] = has_floor ? next + 2 * total : NULL;
        m->z[i] = has_floor ? next + 3 * total : NULL;
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
    size_t n;
    int T, draws, generation;
    const struct stop *stop;
    uint8_t *reference, *other; /* (n, T), owned */
};

/* All metrics (floor_only: those with a floor) of a pair of samples into out, one after another. */
static int compute_all(const struct job *job, const uint8_t *reference, const uint8_t *tested,
                       bool floor_only, double *out, struct status *st)
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
        if (!floor_only || metric->has_floor) {
            in.part = metric->part;
            code = metric->compute(&in, out, st);
            if (code) {
                status_prefix(st, "measure %s: ", metric->name);
                return code;
            }
        }
        out += measure_count(metric, job->hmm->symbols, job->T);
    }
    return STATUS_OK;
}

/* --- floors ----------------------------------------------------------------------------------- */

struct floor_entry {
    char key[80];
    int draws;
    struct floor_entry *next;
    double floors[]; /* (2, total) */
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

/* Mean and sd (ddof 1) of one number over draws, NaN left out; draw d is at value[d * stride]; kept
 * (draws) is scratch. */
static void mean_sd(const double *value, int draws, size_t stride, double *kept, double *mean,
                    double *sd)
{
    size_t num = 0;
    for (int d = 0; d < draws; d++) {
        kept[num] = value[(size_t)d * stride];
        num += !isnan(kept[num]);
    }
    *mean = mean_of(kept, num);
    *sd = sd_about(kept, num, *mean, 1);
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

/* Means and sds of all metrics over draws into floors (2, total); those of a metric without floor
 * are 0. */
static int compute_floors(const struct job *job, const char *key, size_t total, double *floors,
                          struct status *st)
{
    struct rng rng = rng_stream(0, key, "measure_floor");
    size_t draws = (size_t)job->draws;
    int code = STATUS_OK;
    double *value =
        calloc(draws * (total + 1), sizeof *value); /* (draws, total), (draws) scratch */
    if (!value) return out_of_memory(st);
    for (int d = 0; d < job->draws && !code; d++) {
        hmm_sample(job->hmm, rng_child(rng, 2 * (uint64_t)d), 0, job->n, job->T, job->reference,
                   NULL);
        sample_emulation(job, rng_child(rng, 2 * (uint64_t)d + 1));
        code = compute_all(job, job->reference, job->other, true, value + (size_t)d * total, st);
    }
    for (size_t c = 0; c < total && !code; c++)
        mean_sd(value + c, job->draws, total, value + draws * total, &floors[c],
                &floors[total + c]);
    free(value);
    return code;
}

/* The floors of this job, from the cache or computed (and then kept). */
static int fill_floors(const struct job *job, struct floor_cache *cache, size_t total,
                       double *floors, struct status *st)
{
    size_t bytes = 2 * total * sizeof *floors;
    char hex[33], key[80];
    hmm_fingerprint(job->hmm, hex);
    snprintf(key, sizeof key, "%s n %zu T %d%s", hex, job->n, job->T,
             job->generation == GENERATE_REFERENCE ? " reference" : "");
    struct floor_entry *entry = cache ? cache->first : NULL;
    while (entry && (entry->draws != job->draws || strcmp(entry->key, key) != 0))
        entry = entry->next;
    if (entry) {
        memcpy(floors, entry->floors, bytes);
        return STATUS_OK;
    }
    int code = compute_floors(job, key, total, floors, st);
    if (code || !cache) return code;
    entry = malloc(sizeof *entry + bytes);
    if (!entry) return out_of_memory(st);
    *entry = (struct floor_entry){.draws = job->draws, .next = cache->first};
    memcpy(entry->key, key, sizeof key);
    memcpy(entry->floors, floors, bytes);
    cache->first = entry;
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
                      .T = tested.T,
                      .draws = s->measure.floor_draws,
                      .generation = s->measure.generation,
                      .stop = stop};
    *m = (struct measures){0};
    int code = check_tested(hmm, &tested, job.draws, st);
    if (code) return code;
    code = measures_init(m, hmm->symbols, tested.T, st);
    if (code) return code;
    size_t total = total_count(hmm->symbols, tested.T);
    double *value = m->value[0], *floor = value + total, *sd = floor + total, *z = sd + total;
    job.reference = malloc(job.n * (size_t)job.T);
    job.other = malloc(job.n * (size_t)job.T);
    if (!job.reference || !job.other) {
        code = out_of_memory(st);
        goto cleanup;
    }
    hmm_sample(hmm, rng_stream((uint64_t)seed, run_key, "measure_reference"), 0, job.n, job.T,
               job.reference, NULL);
    code = compute_all(&job, job.reference, tested.symbols, false, value, st);
    if (code) goto cleanup;
    code = fill_floors(&job, cache, total, floor, st);
    for (size_t c = 0; c < total; c++) z[c] = sd[c] > 0 ? (value[c] - floor[c]) / sd[c] : NAN;
cleanup:
    free(job.reference);
    free(job.other);
    if (code) measures_free(m);
    return code;
}
