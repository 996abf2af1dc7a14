/* residency: residency times (RT), zones, sign changes of the symbol's logit, and unstable
 * directions by zone. Refuses to take eigenvalues at more than SAMPLED states of a zone, evenly
 * spaced. Standard errors: jackknife. Source: SCIENCE 5.1.
 * Fixed of the reference: unassigned states and continuations cut at 60 steps are shares of their
 * own, sign changes are also given per increment (D19); bins do not follow the data; |l| > 1 is
 * counted as such, without m(l), which has a pole at l = -1 (D22).
 */
#include "residency.h"
#include "analysis.h"
#include "base/paper.h"
#include "base/linalg.h"
#include "base/statistics.h"
#include "dynamics/spectrum.h"

#include <math.h>
#include <string.h>

enum { CLASSES = 4, RT_BINS = RESIDENCY_HORIZON + 1, SIGN_BINS = RESIDENCY_HORIZON, COUNTS = 3 };
/* Of a zone, while this many units or fewer are active; beyond, fewer as the cube of their number,
 * which is what eigenvalues cost. */
enum { SAMPLED = 400, ACTIVE = 100, FEWEST = 20 };
enum { SHOWN = 500 }; /* states kept one by one */

static const double class_from[CLASSES] = {1, 2, 4, 9};

static const struct analysis_dim zone = {
    "zone", NUM_ZONES, NULL, "1",
    "0 transition RT < 2, 1 kick-zone RT 2 to 8, 2 cluster RT > 8 "
    "and max softmax > 0.8, 3 none of these"};
static const struct analysis_dim class = {"class", CLASSES, class_from, "steps",
                                          "RT from here to the next one"};
static const struct analysis_dim rt_bin = {"rt_bin", RT_BINS, NULL, "steps",
                                           "RT from here to one more"};
static const struct analysis_dim sign_bin = {"sign_bin", SIGN_BINS, NULL, "1",
                                             "sign changes from here to one more"};
static const struct analysis_dim unstable = {"unstable", COUNTS, NULL, "1",
                                             "unstable eigenvalues; 2: two or more"};

static const struct analysis_dim sample = {"sample", SHOWN, NULL, "1",
                                           "state of those looked at, evenly spaced, in time"};
static const struct analysis_dim axis = {"axis", 2, NULL, "1", "principal component PC1, PC2"};

/* a mean and, right behind it, its standard error */
#define SCALAR_MEAN(SCALAR, id, name, unit, meaning)                                               \
    SCALAR(id, name, unit, meaning) SCALAR(id##_SEM, name "_sem", unit, "standard error of " name)
#define CURVE_MEAN(CURVE, id, name, a, unit, meaning)                                              \
    CURVE(id, name, a, unit, meaning)                                                              \
    CURVE(id##_SEM, name "_sem", a, unit, "standard error of " name)

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(STATES, "states", "1", "states of the driven run looked at, evenly spaced")             \
    SCALAR_MEAN(SCALAR, RT, "rt", "steps", "residency time RT, at most 60")                        \
    SCALAR(RT_SD, "rt_sd", "steps", "standard deviation of RT over states")                        \
    SCALAR_MEAN(SCALAR, CENSORED, "censored", "1",                                                 \
                "share of continuations that kept their symbol for 60 steps")                      \
    SCALAR_MEAN(SCALAR, SIGN_CHANGES, "sign_changes", "1",                                         \
                "sign changes of the logit's increments, per continuation")                        \
    SCALAR_MEAN(SCALAR, SIGN_CHANGE_RATE, "sign_change_rate", "1",                                 \
                "sign changes per increment that has one before it")                               \
    SCALAR(RT_SIGN_CHANGES, "rt_sign_changes_correlation", "1",                                    \
           "correlation over states of RT and sign changes")                                       \
    SCALAR(RT_SIGN_CHANGE_RATE, "rt_sign_change_rate_correlation", "1",                            \
           "correlation over states of RT and sign changes per increment")                         \
    CURVE_MEAN(CURVE, CLASS_SHARE, "class_share", class, "1",                                      \
               "share of states with an RT of this class")                                         \
    CURVE(RT_HISTOGRAM, "rt_histogram", rt_bin, "1", "share of states with an RT of this bin")     \
    CURVE(SIGN_CHANGE_HISTOGRAM, "sign_change_histogram", sign_bin, "1",                           \
          "share of states with so many sign changes")                                             \
    CURVE(SIGN_CHANGE_RT, "sign_change_rt", sign_bin, "steps",                                     \
          "mean RT of the states of this bin")                                                     \
    CURVE_MEAN(CURVE, ZONE_SHARE, "zone_share", zone, "1", "share of states in this zone")         \
    CURVE_MEAN(CURVE, ZONE_RT, "zone_rt", zone, "steps", "RT of the zone's states")                \
    CURVE_MEAN(CURVE, ZONE_MAX_SOFTMAX, "zone_max_softmax", zone, "1",                             \
               "probability of the likeliest symbol")                                              \
    CURVE_MEAN(CURVE, ZONE_NORM, "zone_norm", zone, "1", "Euclidean norm of the zone's states")    \
    CURVE_MEAN(CURVE, ZONE_ACTIVE, "zone_active", zone, "1",                                       \
               "units active after a step without noise")                                          \
    CURVE(ZONE_SAMPLED, "zone_sampled", zone, "1",                                                 \
          "states of the zone whose eigenvalues were taken")                                       \
    CURVE_MEAN(CURVE, ZONE_UNSTABLE, "zone_unstable", zone, "1",                                   \
               "eigenvalues of the Jacobian without noise, size > 1")                              \
    CURVE_MEAN(CURVE, ZONE_RADIUS, "zone_radius", zone, "1", "largest size of an eigenvalue")      \
    PLANE(ZONE_UNSTABLE_SHARE, "zone_unstable_share", zone, unstable, "1",                         \
          "share of the zone's states with so many unstable eigenvalues")                          \
    PLANE(ZONE_UNSTABLE_SHARE_SEM, "zone_unstable_share_sem", zone, unstable, "1",                 \
          "standard error of zone_unstable_share")                                                 \
    PLANE(SAMPLE_SCORE, "sample_score", sample, axis, "state",                                     \
          "score of a state, see pca.direction")                                                   \
    CURVE(SAMPLE_SYMBOL, "sample_symbol", sample, "1", "its likeliest symbol")                     \
    CURVE(SAMPLE_RT, "sample_rt", sample, "steps", "its RT")                                       \
    CURVE(SAMPLE_ZONE, "sample_zone", sample, "1", "its zone")                                     \
    CURVE(SAMPLE_UNSTABLE, "sample_unstable", sample, "1",                                         \
          "its unstable eigenvalues; NaN beyond 100 active units")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* A mean and its standard error to output `which` and the one behind it: a scalar, entry `at`. */
static double give(const struct jackknife *jackknife, struct outputs *out, int which)
{
    double mean, sem;
    jackknife_give(jackknife, &mean, &sem);
    put_pair(out, which, mean, sem);
    return mean;
}

static void give_at(const struct jackknife *jackknife, struct outputs *out, int which, int at)
{
    double mean, sem;
    jackknife_give(jackknife, &mean, &sem);
    put_pair(out, which, mean, sem, at);
}

/* --- times and sign changes ------------------------------------------------------------------- */

/* Pearson's, of RT and sign changes: all, or per increment over the states that have any */
static double correlation(const struct residency *r, bool per_increment)
{
    double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < r->n; i++) {
        double y = r->escape[i].sign_changes;
        if (per_increment && r->escape[i].chances == 0) continue;
        if (per_increment) y /= r->escape[i].chances;
        n++;
        double da = r->rt[i] - a, db = y - b; /* running means: no cancellation */
        a += da / n;
        b += db / n;
        aa += da * (r->rt[i] - a);
        bb += db * (y - b);
        ab += da * (y - b);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

static void give_times(const struct residency *r, struct outputs *out)
{
    struct jackknife rt = {0}, censored = {0}, changes = {0}, rate = {0};
    for (size_t i = 0; i < r->n; i++) {
        const struct escape *e = &r->escape[i];
        jackknife_add(&rt, i, r->n, r->rt[i], 1);
        jackknife_add(&censored, i, r->n, 1 - e->left, 1);
        jackknife_add(&changes, i, r->n, e->sign_changes, 1);
        jackknife_add(&rate, i, r->n, e->sign_changes, e->chances);
    }
    put(out, STATES, (double)r->n);
    double mean = give(&rt, out, RT);
    give(&censored, out, CENSORED);
    give(&changes, out, SIGN_CHANGES);
    give(&rate, out, SIGN_CHANGE_RATE);
    put(out, RT_SD, sd_about(r->rt, r->n, mean, 1));
    put(out, RT_SIGN_CHANGES, correlation(r, false));
    put(out, RT_SIGN_CHANGE_RATE, correlation(r, true));
}

static void give_histograms(const struct residency *r, struct outputs *out)
{
    struct jackknife share[CLASSES] = {0};
    double rt_count[RT_BINS] = {0}, sign_count[SIGN_BINS] = {0}, rt_sum[SIGN_BINS] = {0};
    double n = (double)r->n;
    for (size_t i = 0; i < r->n; i++) {
        double rt = r->rt[i];
        int own = 0;
        while (own < CLASSES - 1 && rt >= class_from[own + 1]) own++;
        for (int c = 0; c < CLASSES; c++) jackknife_add(&share[c], i, r->n, c == own, 1);
        int sign = (int)r->escape[i].sign_changes;
        rt_count[(int)rt]++;
        sign_count[sign]++;
        rt_sum[sign] += rt;
    }
    for (int c = 0; c < CLASSES; c++) give_at(&share[c], out, CLASS_SHARE, c);
    for (int b = 0; b < RT_BINS; b++) put(out, RT_HISTOGRAM, rt_count[b] / n, b);
    for (int b = 0; b < SIGN_BINS; b++) {
        put(out, SIGN_CHANGE_HISTOGRAM, sign_count[b] / n, b);
        put(out, SIGN_CHANGE_RT, sign_count[b] > 0 ? rt_sum[b] / sign_count[b] : NAN, b);
    }
}

/* --- zones ------------------------------------------------------------------------------------ */

/* next (n, H): the states one step on without noise. Returns the mean number of active units. */
static double give_zones(const struct residency *r, const float *h, const float *next, size_t H,
                         struct outputs *out)
{
    struct jackknife share[NUM_ZONES] = {0}, rt[NUM_ZONES] = {0}, softmax[NUM_ZONES] = {0};
    struct jackknife size[NUM_ZONES] = {0}, active[NUM_ZONES] = {0};
    double all = 0;
    for (size_t i = 0; i < r->n; i++) {
        int z = r->zone[i], count = 0;
        for (size_t j = 0; j < H; j++) count += next[i * H + j] > 0;
        all += count;
        for (int other = 0; other < NUM_ZONES; other++)
            jackknife_add(&share[other], i, r->n, other == z, 1);
        jackknife_add(&rt[z], i, r->n, r->rt[i], 1);
        jackknife_add(&softmax[z], i, r->n, r->max_softmax[i], 1);
        jackknife_add(&size[z], i, r->n, linalg_norm(h + i * H, H), 1);
        jackknife_add(&active[z], i, r->n, count, 1);
    }
    for (int z = 0; z < NUM_ZONES; z++) {
        give_at(&share[z], out, ZONE_SHARE, z);
        give_at(&rt[z], out, ZONE_RT, z);
        give_at(&softmax[z], out, ZONE_MAX_SOFTMAX, z);
        give_at(&size[z], out, ZONE_NORM, z);
        give_at(&active[z], out, ZONE_ACTIVE, z);
    }
    return all / (double)r->n;
}

/* How many states of a zone get their eigenvalues. */
static size_t sample_size(double active)
{
    double scale = active > ACTIVE ? ACTIVE / active : 1, size = SAMPLED * scale * scale * scale;
    return size > FEWEST ? (size_t)size : FEWEST;
}

/* Eigenvalues at `most` evenly spaced states of zone z, or all of them. */
static int give_unstable(const struct analysis_input *in, const struct residency *r,
                         const float *next, struct spectrum *spectrum, size_t most, int z,
                         unsigned char *active, struct outputs *out, struct status *st)
{
    struct jackknife mean = {0}, radius = {0}, share[COUNTS] = {0};
    size_t H = (size_t)in->net->shape.hidden, members = 0, member = 0, sampled = 0;
    for (size_t i = 0; i < r->n; i++) members += r->zone[i] == z;
    if (members < most) most = members;
    for (size_t i = 0; i < r->n; i++) {
        if (r->zone[i] != z || member++ * most / members < sampled) continue;
        struct spectrum_counts c;
        int code = sampled % 50 ? STATUS_OK : analysis_check_stop(in, st);
        spectrum_active(next + i * H, (int)H, active);
        if (!code) code = spectrum_count(spectrum, active, &c, st);
        if (code) return code;
        sampled++;
        jackknife_add(&mean, i, r->n, c.unstable, 1);
        jackknife_add(&radius, i, r->n, c.radius, 1);
        for (int b = 0; b < COUNTS; b++)
            jackknife_add(&share[b], i, r->n, b < COUNTS - 1 ? c.unstable == b : c.unstable >= b,
                          1);
    }
    put(out, ZONE_SAMPLED, (double)sampled, z);
    give_at(&mean, out, ZONE_UNSTABLE, z);
    give_at(&radius, out, ZONE_RADIUS, z);
    for (int b = 0; b < COUNTS; b++) {
        double value, sem;
        jackknife_give(&share[b], &value, &sem);
        put_pair(out, ZONE_UNSTABLE_SHARE, value, sem, z, b);
    }
    return STATUS_OK;
}

/* --- states one by one ------------------------------------------------------------------------ */

static int give_sample(const struct analysis_input *in, const struct driven *driven,
                       const struct residency *r, const float *next, struct spectrum *spectrum,
                       unsigned char *active, struct outputs *out, struct status *st)
{
    size_t H = (size_t)in->net->shape.hidden, num = r->n < SHOWN ? r->n : SHOWN;
    for (size_t k = 0; k < num; k++) {
        struct spectrum_counts c;
        size_t i = k * r->n / num, t = r->state[i];
        int code = k % 50 ? STATUS_OK : analysis_check_stop(in, st), count = 0;
        spectrum_active(next + i * H, (int)H, active);
        for (size_t j = 0; j < H; j++) count += active[j];
        if (!code && count <= ACTIVE) code = spectrum_count(spectrum, active, &c, st);
        if (code) return code;
        double score[2];
        if (driven->pca.count >= 2) {
            pca_project(&driven->pca, driven->h + t * H, 1, 2, score);
            put_row(out, SAMPLE_SCORE, k, score, 2);
        }
        put(out, SAMPLE_SYMBOL, driven->symbol[t], k);
        put(out, SAMPLE_RT, r->rt[i], k);
        put(out, SAMPLE_ZONE, r->zone[i], k);
        if (count <= ACTIVE) put(out, SAMPLE_UNSTABLE, c.unstable, k);
    }
    return STATUS_OK;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    const struct residency *r;
    int code = driven_get(in, &driven, st);
    if (!code) code = residency_get(in, &r, st);
    if (code) return code;
    give_times(r, out);
    give_histograms(r, out);

    size_t H = (size_t)in->net->shape.hidden;
    float *h = scratch(in, r->n * H, sizeof *h), *next = scratch(in, r->n * H, sizeof *next);
    unsigned char *active = scratch(in, H, 1);
    struct spectrum *spectrum = spectrum_new(in->net, NULL);
    if (!h || !next || !active || !spectrum) {
        code = status_no_memory(st, "unstable eigenvalues");
        goto cleanup;
    }
    for (size_t i = 0; i < r->n; i++) memcpy(h + i * H, driven->h + r->state[i] * H, H * sizeof *h);
    network_step(in->net, h, NULL, r->n, NULL, NULL, next);
    size_t most = sample_size(give_zones(r, h, next, H, out));
    for (int z = 0; z < NUM_ZONES && !code; z++)
        code = give_unstable(in, r, next, spectrum, most, z, active, out, st);
    if (!code) code = give_sample(in, driven, r, next, spectrum, active, out, st);
cleanup:
    spectrum_free(spectrum);
    return code;
}

const struct analysis analysis_residency = {
    ANALYSIS(residency),
    .formula = "RT(h) = mean over continuations with fresh noise of the steps until argmax z "
               "leaves that of h, at most 60; unstable: |l| > 1 of J = diag([W h > 0]) W",
    .reference = PAPER, .signal = RT_HISTOGRAM, .steps = 2.3e6};
