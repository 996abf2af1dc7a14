/* circuit_find: the circuit of a network, from its driven run and from silencing, see circuit.h:
 * the frequent directions, the kick set of each, the populations. Refuses to store anything:
 * circuit.c does. Source: SCIENCE 8.5.
 */
#include "kick_set.h"
#include "population.h"

#include <math.h>

/* Streams below that of the circuit. */
enum { DIRECTIONS, POPULATIONS, HELD_OUT };

enum { WARM_UP = 20 };

struct finder {
    const struct analysis_input *in;
    const struct driven *driven;
    int H, K;
    struct rng rng;
    struct circuit *circuit;
    struct kick_cluster *cluster;  /* (K) of the symbols of a direction; state NULL: not yet */
    struct kick_cluster *held_out; /* (K) the same in the held-out run */
    double *specific;              /* (MAX_DIRECTIONS, H) */
    int *order;                    /* (H) units by mean activity, then (H) their places */
};

int circuit_no_memory(struct status *st)
{
    return status_no_memory(st, "the circuit");
}

static int finder_init(struct finder *f, const struct analysis_input *in, struct status *st)
{
    size_t H = (size_t)in->net->shape.hidden;
    f->in = in;
    f->H = (int)H;
    f->K = in->net->shape.symbols;
    f->rng = rng_child(in->memo->shared, 1);
    f->cluster = scratch(in, (size_t)f->K, sizeof *f->cluster);
    f->specific = scratch(in, MAX_DIRECTIONS * H, sizeof *f->specific);
    f->held_out = scratch(in, (size_t)f->K, sizeof *f->held_out);
    f->order = scratch(in, 2 * H, sizeof *f->order);
    f->circuit = pile_take(&in->memo->kept, 1, sizeof *f->circuit);
    if (!f->cluster || !f->specific || !f->held_out || !f->order || !f->circuit)
        return circuit_no_memory(st);
    f->circuit->pair[0].group[0] = f->circuit->pair[0].group[1] = -1;
    return driven_get(in, &f->driven, st);
}

/* --- scores ---------------------------------------------------------------------------------- */

static int list_directions(struct finder *f, struct status *st)
{
    struct circuit *c = f->circuit;
    struct kick_direction list[MAX_DIRECTIONS];
    double spent[UINT8_MAX + 1] = {0};
    int code = kick_directions(f->in, f->driven, list, &c->num_directions, st);
    if (code) return code;
    for (size_t t = 0; t + 1 < f->driven->n; t++) spent[f->driven->symbol[t]]++;
    for (int d = 0; d < c->num_directions; d++) {
        struct kick_set *set = &c->direction[d];
        *set = (struct kick_set){.from = list[d].from,
                                 .to = list[d].to,
                                 .num_events = list[d].num_events,
                                 .rate = list[d].num_events / spent[list[d].from],
                                 .suppression = NAN};
        for (int k = 0; k < NUM_CONTROL_KINDS; k++)
            set->control[k] = (struct kick_comparison){0, NAN, NAN, NAN, false};
        for (int i = 0; i <= MAX_KICK_SET; i++) set->rate_left[i] = set->rate_left_error[i] = NAN;
    }
    size_t size = (size_t)c->num_directions * (size_t)f->H;
    c->score = pile_take(&f->in->memo->kept, 2 * size, sizeof *c->score);
    if (!c->score) return circuit_no_memory(st);
    c->auc = c->score + size;
    for (size_t i = 0; i < 2 * size; i++) c->score[i] = NAN;
    c->eligible = pile_take(&f->in->memo->kept, size, 1);
    if (!c->eligible) return circuit_no_memory(st);
    return STATUS_OK;
}

static bool is_clustered(const struct finder *f, int d)
{
    int from = f->circuit->direction[d].from;
    return f->circuit->direction[d].num_events >= KICK_LEAST_EVENTS &&
           f->cluster[from].num >= KICK_LEAST_CLUSTER && f->held_out[from].num > 0;
}

/* As long as the driven run, under other noise. */
static int make_held_out(struct finder *f, struct status *st)
{
    const struct network *net = f->in->net;
    struct driven *d = &f->circuit->held_out;
    int code = driven_init(d, &f->in->memo->kept, net, f->driven->n, st);
    if (!code)
        code = network_drive(net, rng_child(f->rng, HELD_OUT), NULL, WARM_UP, d->n, 1.0, d->h, NULL,
                             st);
    if (code) return code;
    network_logits(net, d->h, d->n, d->z);
    network_argmax(d->z, d->n, f->K, d->symbol);
    return STATUS_OK;
}

/* Cluster states of a symbol in both runs. */
static int find_clusters(struct finder *f, int symbol, struct status *st)
{
    if (f->cluster[symbol].state) return STATUS_OK;
    int code = kick_cluster_find(f->in, f->driven, symbol, &f->cluster[symbol], st);
    if (!code)
        code = kick_cluster_find(f->in, &f->circuit->held_out, symbol, &f->held_out[symbol], st);
    return code;
}

static int score_directions(struct finder *f, struct status *st)
{
    struct circuit *c = f->circuit;
    int code = STATUS_OK;
    for (int d = 0; d < c->num_directions && !code; d++) {
        const struct kick_set *set = &c->direction[d];
        const int symbol[2] = {set->from, set->to};
        for (int i = 0; i < 2 && !code; i++) code = find_clusters(f, symbol[i], st);
        if (!code) code = analysis_check_stop(f->in, st);
        if (code || !is_clustered(f, d)) continue;
        size_t at = (size_t)d * (size_t)f->H;
        struct kick_scores scores = {c->score + at, c->auc + at, f->specific + at,
                                     c->eligible + at};
        code = kick_score(f->in, f->driven,
                          (struct kick_direction){set->from, set->to, set->num_events},
                          &f->cluster[set->from], &f->cluster[set->to], &scores, st);
    }
    return code;
}

/* --- sets ------------------------------------------------------------------------------------ */

/* What is known of direction d; held_out: of the run that the search does not see. */
static struct kick_case describe(const struct finder *f, int d, int tested, bool held_out)
{
    struct circuit *c = f->circuit;
    int from = c->direction[d].from;
    size_t at = (size_t)d * (size_t)f->H;
    /* so many that a set can pass as the first of all with one of them below it */
    int num_controls = (int)ceil(2 * tested / KICK_ALPHA) - 1;
    if (num_controls < f->in->s->analysis.controls) num_controls = f->in->s->analysis.controls;
    return (struct kick_case){.in = f->in,
                              .driven = held_out ? &c->held_out : f->driven,
                              .cluster = held_out ? &f->held_out[from] : &f->cluster[from],
                              .from = from,
                              .to = c->direction[d].to,
                              .score = c->score + at,
                              .specific = f->specific + at,
                              .eligible = c->eligible + at,
                              .order = f->order,
                              .place = f->order + f->H,
                              .most = f->H / 2 < MAX_KICK_SET ? f->H / 2 : MAX_KICK_SET,
                              .level = KICK_ALPHA / tested,
                              .num_controls = num_controls,
                              .rng = rng_child(rng_child(f->rng, DIRECTIONS), (uint64_t)d)};
}

static int judge_sets(struct finder *f, int tested, struct status *st)
{
    struct circuit *c = f->circuit;
    int code = STATUS_OK;
    kick_sets_judge(c->direction, c->num_directions, tested);
    for (int d = 0; d < c->num_directions && !code; d++) {
        struct kick_set *set = &c->direction[d];
        if (set->verdict != VERDICT_NONE) {
            struct kick_case search = describe(f, d, tested, false);
            struct kick_case held_out = describe(f, d, tested, true);
            code = kick_redundancy(&search, &held_out, set, st);
        }
        if (set->verdict == VERDICT_CONCENTRATED && set->redundancy > 1)
            set->verdict = VERDICT_REDUNDANT;
        if (set->verdict < VERDICT_REDUNDANT) set->num_units = 0;
    }
    return code;
}

static int find_sets(struct finder *f, struct status *st)
{
    struct circuit *c = f->circuit;
    int code = STATUS_OK, tested = 0;
    for (int d = 0; d < c->num_directions; d++) tested += is_clustered(f, d);
    for (int d = 0; d < c->num_directions && !code; d++) {
        if (!is_clustered(f, d)) continue;
        struct unit_set set = {0, {0}};
        struct kick_case search = describe(f, d, tested, false);
        struct kick_case held_out = describe(f, d, tested, true);
        for (int i = 0; i < f->H; i++) c->direction[d].num_candidates += search.eligible[i];
        if (!kick_given(f->in, d, &set)) code = kick_set_search(&search, &set, st);
        if (!code) code = kick_set_test(&held_out, &set, &c->direction[d], st);
    }
    if (!code) code = judge_sets(f, tested, st);
    kick_keep_given(f->in, c->direction, c->num_directions);
    return code;
}

static int find(struct finder *f, struct status *st)
{
    int code = kick_order(f->in, f->driven->pca.mean, f->order, st);
    for (int i = 0; i < f->H && !code; i++) f->order[f->H + f->order[i]] = i;
    if (!code) code = list_directions(f, st);
    if (!code) code = make_held_out(f, st);
    if (!code) code = score_directions(f, st);
    if (!code) code = find_sets(f, st);
    if (!code) code = population_find(f->in, rng_child(f->rng, POPULATIONS), f->circuit, st);
    return code;
}

int circuit_get(const struct analysis_input *in, const struct circuit **circuit, struct status *st)
{
    if (!in->memo->circuit) {
        struct finder f = {0};
        int code = finder_init(&f, in, st);
        if (!code) code = find(&f, st);
        if (code) return code;
        f.circuit->diverged = in->net->diverged && *in->net->diverged;
        in->memo->circuit = f.circuit;
    }
    if (in->memo->circuit->diverged && in->net->diverged) *in->net->diverged = true;
    *circuit = in->memo->circuit;
    return STATUS_OK;
}
