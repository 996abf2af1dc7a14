/* stability: whether a driven network stays where float32 can follow it, network_bound, and how
 * long. A ReLU network has no ceiling: one that was trained on short sequences may grow without end
 * in a long run, and what other analyses would say of such a run is about rounding. They are NaN
 * then, see enum analysis_source; here stands when. The spectral radius of W is that of the network
 * with all units active: above 1 states may still be bounded, since few are.
 */
#include "analysis.h"
#include "base/paper.h"
#include "dynamics/ensemble.h"
#include "dynamics/spectrum.h"

#include <math.h>
#include <string.h>

enum { LENGTHS = 100 }; /* of the run as long as so many sequences */

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(SPECTRAL_RADIUS, "spectral_radius", "1",                                                \
           "largest size of an eigenvalue of the recurrent weights")                               \
    SCALAR(LARGEST_STATE, "largest_state", "state",                                                \
           "largest activity of a unit in the driven run before it diverges, if it does")          \
    SCALAR(DIVERGED, "diverged_at_step", "step",                                                   \
           "first of the analysis.steps steps of the driven run (its 20 of warm-up not counted) "  \
           "with an activity beyond 10^6 times what noise and bias bring into a unit, or a logit " \
           "that is not finite; NaN: none")                                                        \
    SCALAR(GENERATED_DIVERGED, "generated_diverged_at_step", "step",                               \
           "first of 100 data.length steps from the initial state of training with such an "       \
           "activity or logit as of diverged_at_step; NaN: none")                                  \
    SCALAR(OVERFLOWED, "logits_overflowed_at_step", "step",                                        \
           "diverged_at_step, where it is a logit that is not finite and no activity; else NaN")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

static int find_radius(const struct analysis_input *in, double *radius, struct status *st)
{
    struct spectrum_counts counts = {.radius = NAN};
    size_t H = (size_t)in->net->shape.hidden;
    unsigned char *active = scratch(in, H, 1);
    struct spectrum *spectrum = spectrum_new(in->net, NULL);
    int code = active && spectrum ? STATUS_OK : status_no_memory(st, "a spectrum");
    if (!code) memset(active, 1, H);
    if (!code) code = spectrum_count(spectrum, active, &counts, st);
    spectrum_free(spectrum);
    *radius = counts.radius;
    return code;
}

static double generated_steps(const struct settings *s)
{
    return (double)LENGTHS * s->data.length;
}

/* *at: the step, from 1, at which a run like those of training diverges; NaN: it does not. */
static int generate(const struct analysis_input *in, double *at, struct status *st)
{
    bool diverged = false;
    struct network net = *in->net;
    struct ensemble e;
    net.diverged = &diverged;
    int code = ensemble_init(&e, &net, 1, st);
    if (!code && in->s->rnn.initial_state == INITIAL_NORMAL)
        rng_fill_normal(rng_child(in->rng, 0), 0, (size_t)net.shape.hidden, e.h);
    *at = NAN;
    for (uint64_t t = 0; t < (uint64_t)generated_steps(in->s) && !code && !diverged; t++) {
        ensemble_noise(&e, rng_child(in->rng, 1), t);
        ensemble_step(&e, e.noise);
        ensemble_read(&e, NULL);
        if (diverged) *at = (double)t + 1;
        if (t % 1000 == 0) code = analysis_check_stop(in, st);
    }
    ensemble_free(&e);
    return code;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    double radius, generated, largest = 0;
    size_t sound;
    int code = driven_get(in, &driven, st);
    if (!code) code = find_radius(in, &radius, st);
    if (!code) code = generate(in, &generated, st);
    if (code) return code;
    sound = driven->diverged_at ? driven->diverged_at - 1 : driven->n;
    for (size_t i = 0; i < sound * (size_t)in->net->shape.hidden; i++)
        largest = fmax(largest, driven->h[i]);
    put(out, SPECTRAL_RADIUS, radius);
    put(out, LARGEST_STATE, largest);
    put(out, DIVERGED, driven->diverged_at ? (double)driven->diverged_at : NAN);
    put(out, GENERATED_DIVERGED, generated);
    if (driven->diverged_at && network_num_bounded(in->net, driven->h, driven->n) > sound)
        put(out, OVERFLOWED, (double)driven->diverged_at);
    return STATUS_OK;
}

const struct analysis analysis_stability = {ANALYSIS(stability),
                                            .formula =
                                                "rho(W) = largest |l| of W; diverged: an entry of "
                                                "h beyond the bound, or a logit that is not finite",
                                            .reference = PAPER,
                                            .source = FROM_WEIGHTS,
                                            .steps = 4,
                                            .times = generated_steps};
