/* portrait: trajectories in the plane of the driven run's first two components, for figures: about
 * one switch, from its cluster and its transition, when none, half or all of the noise is fresh;
 * and from a cluster before a switch of each direction of the circuit's first pair, with parts of
 * it scaled. The noise keeps its variance where half of it is fresh, as in noise_sensitivity, whose
 * numbers these illustrate; planes of the reference are those of the one track. Refuses to
 * summarise them. Source: SCIENCE 5.4 and 5.9 (trajectories).
 */
#include "analyse/ablation/ablation.h"
#include "base/paper.h"
#include "dynamics/ensemble.h"
#include "track.h"

#include <math.h>
#include <string.h>

enum { DISTANT_FRESH = 9, DISTANT_ABLATED = 6, NOMINAL = 120, AXES = 2 };
enum { GAMMAS = 3, STARTS = 2, PANELS = STARTS * GAMMAS, SHOWN = 20, FRESH_STATES = 6 };
enum { CASES = 7, DRAWN = 3, PATHS = 2 * DRAWN, ABLATED_STATES = 61, SILENT = 0, EXCITED = 19 };
static const double root_half = 0.70710678118654752;

static const struct analysis_dim nominal_step = {"nominal_step", NOMINAL, NULL, "step",
                                                 "steps of the track; its switch is at step 114"};
static const struct analysis_dim axis_dim = {"axis", AXES, NULL, "1",
                                             "0: first, 1: second component of the driven run"};
static const struct analysis_dim panel = {"panel", PANELS, NULL, "1",
                                          "0 to 2: from the cluster, with none, half, all of the "
                                          "noise fresh; 3 to 5: from the transition"};
static const struct analysis_dim shown = {"trajectory", SHOWN, NULL, "1", "trajectory"};
static const struct analysis_dim fresh_step = {"fresh_step", FRESH_STATES, NULL, "step",
                                               "steps since the start"};
static const struct analysis_dim case_dim = {
    "case", CASES, NULL, "1",
    "0: intact; 1, 2: recurrent input of the direction's kick set times 0, 1.9; 3, 4: noise into "
    "the inputs of its kick neurons; 5, 6: control, see ablation"};
static const struct analysis_dim path_dim = {
    "path", PATHS, NULL, "1", "0 to 2: before a switch of the first direction; 3 to 5: the second"};
static const struct analysis_dim ablated_step = {"ablated_step", ABLATED_STATES, NULL, "step",
                                                 "steps since the start"};
static const struct analysis_dim direction = {"direction", 2, NULL, "1",
                                              "the two directions of the circuit's first pair"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(TRACKS, "tracks", "1", "tracks of 2000 steps searched for the switch, at most 30")      \
    SCALAR(FROM, "from", "1", "symbol that the switch leaves; NaN: no switch was accepted")        \
    SCALAR(TO, "to", "1", "symbol that it goes to")                                                \
    SCALAR(CLUSTER, "cluster", "step", "nominal_step of the cluster, midway in the dwell, tc")     \
    SCALAR(TRANSITION, "transition", "step", "nominal_step from which the switch is imminent, tk") \
    PLANE(TRACK, "nominal", nominal_step, axis_dim, "1", "scores of the track about the switch")   \
    CURVE(TRACK_SYMBOL, "nominal_symbol", nominal_step, "1", "its likeliest symbols")              \
    SOLID(FRESH_PC1, "fresh_pc1", panel, shown, fresh_step, "1",                                   \
          "first score of trajectories from the cluster and from the transition")                  \
    SOLID(FRESH_PC2, "fresh_pc2", panel, shown, fresh_step, "1", "second score of these")          \
    CURVE(ABLATED_FROM, "ablated_from", direction, "1",                                            \
          "symbol that the switch after the start leaves; NaN: no switch was accepted")            \
    CURVE(ABLATED_TO, "ablated_to", direction, "1", "symbol that it goes to, unperturbed")         \
    SOLID(                                                                                         \
        ABLATED_PC1, "ablated_pc1", case_dim, path_dim, ablated_step, "1",                         \
        "first score of trajectories from the middle of a dwell, half of their noise fresh, the "  \
        "same in every case")                                                                      \
    SOLID(ABLATED_PC2, "ablated_pc2", case_dim, path_dim, ablated_step, "1",                       \
          "second score of these")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

struct search {
    struct track_switch found;
    bool accepted;
    int tracks; /* that were searched */
};

/* A switch on one of the first tracks of the stream, if there is one. */
static int search(const struct analysis_input *in, struct track *track, struct rng rng, int from,
                  double distant, struct search *s, struct status *st)
{
    int code = STATUS_OK;
    *s = (struct search){.accepted = false};
    while (s->tracks < MAX_TRACKS && !s->accepted && !code)
        code = track_search(in, track, rng_child(rng, (uint64_t)s->tracks++), from, distant,
                            &s->found, &s->accepted, st);
    return code;
}

/* e->noise: a n_t + b x_t, the same for the rows of every group of `num`; nominal (D) scratch. */
static void mix_noise(struct ensemble *e, const struct track *track, int t, struct rng fresh,
                      uint64_t step, size_t num, double a, double b, float *nominal)
{
    size_t D = (size_t)e->net->shape.noise_dim;
    track_noise(track, t, (int)D, nominal);
    network_noise(fresh, step, num, (int)D, e->noise);
    for (size_t i = 0; i < num * D; i++)
        e->noise[i] = (float)a * nominal[i % D] + (float)b * e->noise[i];
    for (size_t i = num; i < e->n; i += num)
        memcpy(e->noise + i * D, e->noise, num * D * sizeof *e->noise);
}

static void start_all(struct ensemble *e, const struct track *track, int t)
{
    size_t H = (size_t)e->net->shape.hidden;
    for (size_t i = 0; i < e->n; i++)
        memcpy(e->h + i * H, track->h + (size_t)t * H, H * sizeof *e->h);
}

/* --- fresh noise ------------------------------------------------------------------------------ */

static void give_nominal(const struct pca *pca, const struct track *track,
                         const struct track_switch *found, struct outputs *out)
{
    int first = found->at + TRACK_AFTER + 1 - NOMINAL;
    put(out, FROM, found->from);
    put(out, TO, found->to);
    put(out, CLUSTER, found->cluster - first);
    put(out, TRANSITION, found->transition - first);
    for (int i = 0; i < NOMINAL; i++) {
        double score[AXES];
        pca_project(pca, track->h + (size_t)(first + i) * (size_t)pca->width, 1, AXES, score);
        for (int a = 0; a < AXES; a++) put(out, TRACK, score[a], i, a);
        put(out, TRACK_SYMBOL, track->symbol[first + i], i);
    }
}

static int give_fresh(const struct analysis_input *in, const struct pca *pca, struct track *track,
                      float *nominal, struct outputs *out, struct status *st)
{
    static const double mix[GAMMAS][2] = {{1, 0}, {root_half, root_half}, {0, 1}};
    struct search s;
    struct ensemble e = {0};
    int code = search(in, track, rng_child(in->rng, 0), ANY_SYMBOL, DISTANT_FRESH, &s, st);
    if (!code) put(out, TRACKS, s.tracks);
    if (code || !s.accepted) return code;
    give_nominal(pca, track, &s.found, out);
    code = ensemble_init(&e, in->net, SHOWN, st);
    for (int i = 0; i < PANELS && !code; i++) {
        int start = i < GAMMAS ? s.found.cluster : s.found.transition;
        struct rng fresh = rng_child(track_fresh(track), (uint64_t)(i / GAMMAS));
        start_all(&e, track, start);
        for (int t = 0; t < FRESH_STATES; t++) {
            double score[SHOWN * AXES];
            pca_project(pca, e.h, SHOWN, AXES, score);
            for (int j = 0; j < SHOWN; j++) {
                put(out, FRESH_PC1, score[j * AXES], i, j, t);
                put(out, FRESH_PC2, score[j * AXES + 1], i, j, t);
            }
            mix_noise(&e, track, start + t + 1, fresh, (uint64_t)t, SHOWN, mix[i % GAMMAS][0],
                      mix[i % GAMMAS][1], nominal);
            ensemble_step(&e, e.noise);
        }
    }
    ensemble_free(&e);
    return code;
}

/* --- ablation --------------------------------------------------------------------------------- */

/* Factors of the cases, (CASES, H) each: those of direction g. */
static int find_factors(const struct analysis_input *in, int g, float *recurrent, float *noise,
                        struct status *st)
{
    struct ablation_sets sets;
    size_t H = (size_t)in->net->shape.hidden;
    const int condition[] = {ABLATE_KICK_A + g, ABLATE_NOISE_A + g, ABLATE_CONTROL};
    int code = ablation_sets_init(&sets, in, 0, st);
    for (size_t i = 0; i < CASES * H; i++) recurrent[i] = noise[i] = 1;
    for (size_t k = 0; k < CASES - 1 && !code; k++) {
        int c = condition[k / 2];
        float *factor = (c <= ABLATE_KICK_B ? recurrent : noise) + (k + 1) * H;
        for (size_t i = 0; i < H; i++)
            if (sets.member[(size_t)c * H + i])
                factor[i] = (float)ablation_mu[k % 2 ? EXCITED : SILENT];
    }
    return code;
}

static void give_paths(struct ensemble *e, const struct network_gain *gain, const struct pca *pca,
                       const struct track *track, int start, int g, float *work, float *nominal,
                       struct outputs *out)
{
    struct network net = *e->net;
    net.diverged = NULL; /* an excited network may: its own states say so */
    start_all(e, track, start);
    for (int t = 0; t < ABLATED_STATES; t++) {
        double score[CASES * DRAWN * AXES];
        pca_project(pca, e->h, CASES * DRAWN, AXES, score);
        for (int i = 0; i < CASES * DRAWN; i++) {
            put(out, ABLATED_PC1, score[i * AXES], i / DRAWN, g * DRAWN + i % DRAWN, t);
            put(out, ABLATED_PC2, score[i * AXES + 1], i / DRAWN, g * DRAWN + i % DRAWN, t);
        }
        mix_noise(e, track, start + t + 1, track_fresh(track), (uint64_t)t, DRAWN, root_half,
                  root_half, nominal);
        network_step(&net, e->h, e->noise, e->n, gain, work, e->before);
        ensemble_swap(e);
    }
}

static int give_ablated(const struct analysis_input *in, const struct circuit *circuit, int g,
                        const struct pca *pca, struct track *track, float *nominal,
                        struct outputs *out, struct status *st)
{
    struct search s;
    struct ensemble e = {0};
    size_t size = CASES * (size_t)in->net->shape.hidden;
    float *factor = scratch(in, (2 + DRAWN) * size, sizeof *factor);
    if (!factor) return status_no_memory(st, "factors");
    struct network_gain gain = {CASES, factor, factor + size};
    int code = search(in, track, rng_child(in->rng, 1 + (uint64_t)g),
                      circuit->direction[circuit->pair->group[g]].from, DISTANT_ABLATED, &s, st);
    if (code || !s.accepted) return code;
    put(out, ABLATED_FROM, s.found.from, g);
    put(out, ABLATED_TO, s.found.to, g);
    code = find_factors(in, g, factor, factor + size, st);
    if (!code) code = ensemble_init(&e, in->net, CASES * DRAWN, st);
    if (!code)
        give_paths(&e, &gain, pca, track, s.found.cluster, g, factor + 2 * size, nominal, out);
    ensemble_free(&e);
    return code;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    const struct circuit *circuit;
    struct track track;
    int code = driven_get(in, &driven, st);
    if (!code && driven->pca.count < AXES) return STATUS_OK;
    float *nominal = scratch(in, (size_t)in->net->shape.noise_dim, sizeof *nominal);
    if (!code && !nominal) code = status_no_memory(st, "a track");
    if (!code) code = track_init(&track, in, st);
    if (!code) code = give_fresh(in, &driven->pca, &track, nominal, out, st);
    if (!code) code = circuit_get(in, &circuit, st);
    for (int g = 0; g < 2 && !code; g++)
        if (circuit->pair->group[g] >= 0)
            code = give_ablated(in, circuit, g, &driven->pca, &track, nominal, out, st);
    return code;
}

const struct analysis analysis_portrait = {
    ANALYSIS(portrait),
    .formula = "(h_t - mean(h)) V about one switch, noise as in noise_sensitivity, parts of the "
               "circuit scaled as in ablation",
    .reference = PAPER, .signal = FRESH_PC1, .steps = 2e5};
