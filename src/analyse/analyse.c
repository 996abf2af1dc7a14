/* analyse: see analyse.h and analysis.h. THE table of analyses, made from the list of settings.h,
 * and the loop over it. Refuses to know what any of them does. */
#include "analysis.h"
#include "base/clock.h"
#include "base/hash.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW(name, on, meaning) &analysis_##name,
const struct analysis *const analysis_table[] = {ANALYSES(ROW)};
const int num_analyses = sizeof analysis_table / sizeof analysis_table[0];

const struct analysis *analysis_find(const char *name)
{
    for (int i = 0; i < num_analyses; i++)
        if (strcmp(analysis_table[i]->name, name) == 0) return analysis_table[i];
    return NULL;
}

const char *analysis_meaning(const struct analysis *analysis)
{
    char key[64];
    snprintf(key, sizeof key, "analysis.%s", analysis->name);
    return settings_find(key)->help;
}

static bool is_switched_on(const struct analysis *analysis, const struct settings *s)
{
    return *(const bool *)((const char *)s + analysis->enabled);
}

bool analysis_is_enabled(const struct analysis *analysis, const struct settings *s)
{
    if (analysis != &analysis_stability) return is_switched_on(analysis, s);
    bool any = false;
    for (int i = 0; i < num_analyses; i++) any = any || is_switched_on(analysis_table[i], s);
    return any;
}

void analysis_enable(const struct analysis *analysis, bool on, struct settings *s)
{
    *(bool *)((char *)s + analysis->enabled) = on;
}

void analyses_turn_on(struct settings *s, bool has_snapshots)
{
    for (int i = 0; i < num_analyses; i++) analysis_enable(analysis_table[i], true, s);
    s->analysis.evolution = has_snapshots;
}

double analyses_steps(const struct settings *s)
{
    double steps = 0;
    for (int i = 0; i < num_analyses; i++) {
        const struct analysis *a = analysis_table[i];
        if (analysis_is_enabled(a, s)) steps += a->steps * (a->times ? a->times(s) : 1);
    }
    return steps;
}

int analysis_dim_size(const struct analysis_dim *dim, const struct settings *s)
{
    switch (dim->size) {
    case SIZE_SYMBOLS: return s->hmm.symbols;
    case SIZE_STATES: return s->hmm.states;
    case SIZE_HIDDEN: return s->rnn.hidden;
    case SIZE_SNAPSHOTS: return train_num_snapshots(s);
    default: return dim->size;
    }
}

size_t analysis_count(const struct analysis_output *output, const struct settings *s)
{
    size_t count = 1;
    for (int d = 0; d < output->num_dims; d++)
        count *= (size_t)analysis_dim_size(output->dim[d], s);
    return count;
}

int analysis_check_stop(const struct analysis_input *in, struct status *st)
{
    return stop_check(&in->stop, st, "its network was analysed");
}

/* --- results ---------------------------------------------------------------------------------- */

/* Outputs of the enabled ones and their numbers, processor times not among them. */
static size_t count_numbers(const struct settings *s, size_t *outputs)
{
    size_t count = 0;
    *outputs = 0;
    for (int i = 0; i < num_analyses; i++) {
        if (!analysis_is_enabled(analysis_table[i], s)) continue;
        *outputs += (size_t)analysis_table[i]->num_outputs;
        for (int o = 0; o < analysis_table[i]->num_outputs; o++)
            count += analysis_count(&analysis_table[i]->output[o], s);
    }
    return count;
}

int analyses_init(struct analyses *a, const struct settings *s, struct status *st)
{
    size_t at = 0, pointers, count = count_numbers(s, &pointers);
    *a = (struct analyses){0};
    a->memory = malloc((count + (size_t)num_analyses) * sizeof *a->memory);
    a->value = calloc((size_t)num_analyses + pointers, sizeof *a->value);
    if (!a->memory || !a->value) {
        analyses_free(a);
        return status_no_memory(st, "the results of analyses");
    }
    a->cpu_s = a->memory + count;
    for (size_t i = 0; i < count + (size_t)num_analyses; i++) a->memory[i] = NAN;
    double **pointer = (double **)(void *)(a->value + num_analyses);
    for (int i = 0; i < num_analyses; i++) {
        if (!analysis_is_enabled(analysis_table[i], s)) continue;
        a->value[i] = pointer;
        for (int o = 0; o < analysis_table[i]->num_outputs; o++) {
            *pointer++ = a->memory + at;
            at += analysis_count(&analysis_table[i]->output[o], s);
        }
    }
    return STATUS_OK;
}

void analyses_free(struct analyses *a)
{
    if (!a) return;
    free(a->value);
    free(a->memory);
    *a = (struct analyses){0};
}

double analyses_number(const struct analyses *a, const char *column)
{
    size_t n = strcspn(column, ".");
    for (int i = 0; a->value && i < num_analyses; i++) {
        const struct analysis *one = analysis_table[i];
        if (!a->value[i] || strlen(one->name) != n || memcmp(one->name, column, n) != 0) continue;
        for (int o = 0; o < one->num_outputs; o++)
            if (!one->output[o].num_dims && strcmp(one->output[o].name, column + n + 1) == 0)
                return *a->value[i][o];
    }
    return NAN;
}

double *analyses_numbers(const struct analyses *a, const struct settings *s, size_t *count)
{
    size_t outputs;
    *count = a->memory ? count_numbers(s, &outputs) + (size_t)num_analyses : 0;
    return a->memory;
}

/* Where the entry index (num) of an output stands; row: the first of so many, its other indices 0.
 * NULL: it has no such entries. */
static double *place(struct outputs *out, int which, const double *index, int num, size_t row)
{
    const struct analysis_output *output = &out->analysis->output[which];
    size_t at = 0, all = 1;
    bool fits = row ? num <= output->num_dims : num == output->num_dims;
    for (int d = 0; d < output->num_dims; d++) {
        size_t size = (size_t)analysis_dim_size(output->dim[d], out->s);
        double i = d < num ? index[d] : 0;
        fits = fits && i >= 0 && i < (double)size;
        at = at * size + (fits ? (size_t)i : 0);
        all *= size;
    }
    if (fits && row <= all - at) return out->value[which] + at;
    if (!out->misplaced) out->misplaced = output->name;
    return NULL;
}

void output_put(struct outputs *out, int which, int num_values, const double *number, int count)
{
    for (int v = 0; v < num_values; v++) {
        double *to = place(out, which + v, number + num_values, count - num_values, 0);
        if (to) *to = number[v];
    }
}

void put_row(struct outputs *out, int which, size_t first, const double *values, size_t n)
{
    double *to = n ? place(out, which, (double[]){(double)first}, 1, n) : NULL;
    if (to) memcpy(to, values, n * sizeof *values);
}

const double angle_bins[ANGLE_BINS] = {-175, -165, -155, -145, -135, -125, -115, -105, -95,
                                       -85,  -75,  -65,  -55,  -45,  -35,  -25,  -15,  -5,
                                       5,    15,   25,   35,   45,   55,   65,   75,   85,
                                       95,   105,  115,  125,  135,  145,  155,  165,  175};

/* --- what they share -------------------------------------------------------------------------- */

enum { WARM_UP = 20, SHARED_COMPONENTS = 10 };

void *scratch(const struct analysis_input *in, size_t count, size_t size)
{
    return pile_take(&in->memo->scratch, count, size);
}

int driven_init(struct driven *d, struct pile *pile, const struct network *net, size_t n,
                struct status *st)
{
    *d = (struct driven){.n = n,
                         .h = pile_take(pile, n * (size_t)net->shape.hidden, sizeof *d->h),
                         .z = pile_take(pile, n * (size_t)net->shape.symbols, sizeof *d->z),
                         .symbol = pile_take(pile, n, 1)};
    if (d->h && d->z && d->symbol) return STATUS_OK;
    return status_no_memory(st, "a driven run of %zu steps; lower analysis.steps", n);
}

static size_t diverged_at(const struct network *net, const struct driven *d)
{
    size_t K = (size_t)net->shape.symbols, bounded = network_num_bounded(net, d->h, d->n);
    for (size_t i = 0; i < bounded * K; i++)
        if (!isfinite(d->z[i])) return i / K + 1;
    return bounded < d->n ? bounded + 1 : 0;
}

static int driven_make(const struct analysis_input *in, struct driven *d, struct status *st)
{
    const struct network *net = in->net;
    size_t H = (size_t)net->shape.hidden;
    int most = net->shape.hidden < SHARED_COMPONENTS ? net->shape.hidden : SHARED_COMPONENTS;
    int code = driven_init(d, &in->memo->kept, net, (size_t)in->s->analysis.steps, st);
    if (code) return code;
    /* of the weights alone, so that it is the same whichever analysis asks first */
    struct rng rng = rng_child(in->memo->shared, 0);
    code = network_drive(net, rng, NULL, WARM_UP, d->n, 1.0, d->h, NULL, st);
    if (code) return code;
    network_logits(net, d->h, d->n, d->z);
    network_argmax(d->z, d->n, net->shape.symbols, d->symbol);
    d->diverged_at = diverged_at(net, d);
    return d->diverged_at ? STATUS_OK : pca_fit(&d->pca, d->h, d->n, (int)H, most, st);
}

int driven_get(const struct analysis_input *in, const struct driven **driven, struct status *st)
{
    struct analysis_memo *memo = in->memo;
    if (!memo->driven) {
        struct driven *made = pile_take(&memo->kept, 1, sizeof *made);
        int code = made ? driven_make(in, made, st) : status_no_memory(st, "the analyses");
        if (code) return code;
        memo->driven = made;
    }
    *driven = memo->driven;
    return STATUS_OK;
}

void driven_noise(const struct analysis_input *in, size_t t, float *noise)
{
    network_noise(rng_child(in->memo->shared, 0), WARM_UP + t, 1, in->net->shape.noise_dim, noise);
}

void analysis_memo_free(struct analysis_memo *memo)
{
    if (memo->driven) pca_free(&memo->driven->pca);
    pile_free(&memo->kept);
    pile_free(&memo->scratch);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Outputs of a diverged network are not defined, and no other number is infinite as it is stored.
 */
static void mask(struct outputs *out, bool all)
{
    for (int o = 0; o < out->analysis->num_outputs; o++) {
        const struct analysis_output *output = &out->analysis->output[o];
        double *value = out->value[o], most = output->num_dims ? FLT_MAX : DBL_MAX;
        size_t count = analysis_count(output, out->s);
        for (size_t i = 0; i < count; i++)
            if (all || fabs(value[i]) > most) value[i] = NAN;
    }
}

int analysis_run(int index, const struct analysis_input *in, struct analyses *a, struct status *st)
{
    struct outputs out = {.analysis = analysis_table[index], .s = in->s, .value = a->value[index]};
    enum analysis_source source = out.analysis->source;
    const struct driven *driven;
    struct analysis_input watched = *in;
    struct network net = *in->net;
    bool diverged = false;
    net.diverged = &diverged;
    watched.net = &net;
    int code = source == FROM_DRIVEN_RUN ? driven_get(&watched, &driven, st) : STATUS_OK;
    if (!code && source == FROM_DRIVEN_RUN) diverged = driven->diverged_at > 0;
    mask(&out, true); /* of an attempt that was stopped */
    if (!code && !diverged) code = out.analysis->compute(&watched, &out, st);
    mask(&out, diverged && source != FROM_WEIGHTS);
    pile_free(&in->memo->scratch);
    if (code || !out.misplaced) return code;
    return status_set(
        st, STATUS_RUN_FAILED,
        "its output '%s' was given more than the dimensions in its table hold; this is "
        "a fault of the program",
        out.misplaced);
}

/* The parts of the network that are analysed: params themselves, or a copy in `pile`; NULL: memory
 * is out. */
static const float *take_parts(struct pile *pile, int mode, struct rnn_shape shape,
                               const float *params)
{
    if (mode == MODE_FULL) return params;
    size_t n = rnn_num_params(shape), H = (size_t)shape.hidden, D = (size_t)shape.noise_dim;
    float *own = pile_take(pile, n, sizeof *own);
    if (!own) return NULL;
    memcpy(own, params, n * sizeof *own);
    float *U = own, *W = own + H * D;
    if (mode == MODE_RECURRENCE_ONLY)
        memset(U, 0, H * D * sizeof *U);
    else
        for (size_t i = 0; i < H * H; i++) W[i] = i % (H + 1) == 0;
    return own;
}

int analyse_network(const struct settings *s, struct rnn_shape shape, const float *params,
                    const struct hmm *hmm, const struct analyse_options *options,
                    struct analyses *a, struct status *st)
{
    struct network net;
    struct analyse_options none = {0};
    if (!options) options = &none;
    char weights[33];
    hash_128_hex(params, rnn_num_params(shape) * sizeof *params, weights);
    struct analysis_memo memo = {.shared = rng_stream(0, weights, "analyses")};
    const float *parts = take_parts(&memo.kept, s->analysis.mode, shape, params);
    int code = parts ? network_init(&net, shape, parts, st) : status_no_memory(st, "the analyses");
    if (code) {
        analysis_memo_free(&memo);
        return code;
    }
    for (int i = 0; i < num_analyses && !code; i++) {
        if (!a->value[i] || !isnan(a->cpu_s[i])) continue;
        struct analysis_input in = {.s = s,
                                    .net = &net,
                                    .hmm = hmm,
                                    .snapshots = options->snapshots,
                                    .snapshot_epoch = options->snapshot_epoch,
                                    .num_snapshots = options->num_snapshots,
                                    .rng = rng_stream(0, weights, analysis_table[i]->name),
                                    .memo = &memo,
                                    .stop = options->stop};
        code = analysis_check_stop(&in, st);
        double start = clock_cpu_s();
        if (!code) code = analysis_run(i, &in, a, st);
        if (code != STATUS_RUN_STOPPED) a->cpu_s[i] = clock_cpu_s() - start;
        if (!code && options->done) options->done(options->context);
        if (code && code != STATUS_RUN_STOPPED)
            status_prefix(st, "analysis.%s: ", analysis_table[i]->name);
    }
    analysis_memo_free(&memo);
    network_free(&net);
    return code;
}
