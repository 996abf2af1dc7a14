/* population_noise: what the noise into the populations does to the switches of a kick group,
 * against the noise into all other units and into random sets of as many of these, see
 * population.h. Noise is taken from the units, which go on receiving and sending; kick units keep
 * theirs in all conditions. Refuses to scale the noise: ablation does. Source: SCIENCE 5.9 (noise
 * projection) and 8.5.
 */
#include "kick_set.h"
#include "population.h"

#include <math.h>

enum { STARTS = 256, INTACT = 0, POPULATIONS, REST, RANDOM };

/* quiet (3 + controls, H): who gets no noise in each condition; unit (H): scratch */
static void mark_quiet(const struct circuit *circuit, const struct kick_pair *pair, int H,
                       int controls, struct rng rng, int *unit, uint8_t *quiet)
{
    uint8_t *in_population = quiet + POPULATIONS * H, *rest = quiet + REST * H;
    int num = 0, num_rest = 0;
    for (int i = 0; i < H; i++) rest[i] = 1;
    for (int g = 0; g < 2; g++) {
        const struct kick_set *set = &circuit->direction[pair->group[g]];
        for (int i = 0; i < set->num_units; i++) rest[set->unit[i]] = 0;
        for (int i = 0; i < pair->num_population[g]; i++) {
            in_population[pair->population[g][i]] = 1;
            rest[pair->population[g][i]] = 0;
            num++;
        }
    }
    for (int i = 0; i < H; i++)
        if (rest[i]) unit[num_rest++] = i;
    for (int c = 0; c < controls; c++) {
        struct rng draw = rng_child(rng, (uint64_t)c);
        for (int i = 0; i < num && i < num_rest; i++) {
            int other = i + (int)(rng_uniform(draw, (uint64_t)i) * (num_rest - i));
            int swap = unit[i];
            unit[i] = unit[other];
            unit[other] = swap;
            quiet[(RANDOM + c) * H + unit[i]] = 1;
        }
    }
}

static void summarise(const struct switch_count *count, int controls, int g,
                      struct population_noise *out)
{
    double sum = 0, squares = 0, left;
    int below = 0, n = STARTS;
    out->left[g] = silence_ratio(count + POPULATIONS * n, count, n, &out->error[g]);
    out->rest_left[g] = silence_ratio(count + REST * n, count, n, &out->rest_error[g]);
    for (int c = 0; c < controls; c++) {
        left = silence_ratio(count + (RANDOM + c) * n, count, n, NULL);
        below += left <= out->left[g];
        sum += left;
        squares += left * left;
    }
    out->random_left[g] = sum / controls;
    double spread = squares - sum * sum / controls; /* fmax would make 0 of NaN */
    out->random_sd[g] = sqrt((spread < 0 ? 0 : spread) / (controls - 1));
    out->p_value[g] = isnan(out->left[g]) ? NAN : (1.0 + below) / (1.0 + controls);
}

static int measure(const struct analysis_input *in, const struct kick_set *set,
                   const struct driven *driven, struct rng rng, int g, const uint8_t *quiet,
                   int controls, struct population_noise *out, struct status *st)
{
    int groups = RANDOM + controls;
    struct kick_cluster cluster = {0, NULL};
    struct switch_count *count = scratch(in, (size_t)groups * STARTS, sizeof *count);
    struct silence_task task = {.n = STARTS,
                                .from = set->from,
                                .num_to = 1,
                                .to = &set->to,
                                .groups = groups,
                                .quiet = quiet};
    int code = count ? STATUS_OK : circuit_no_memory(st);
    if (!code) code = kick_cluster_find(in, driven, set->from, &cluster, st);
    if (!code) code = kick_count(in, driven, &cluster, rng, task, count, st);
    if (!code) summarise(count, controls, g, out);
    return code;
}

int population_noise_find(const struct analysis_input *in, struct rng rng,
                          const struct circuit *circuit, int p, struct population_noise *out,
                          struct status *st)
{
    const struct driven *driven;
    const struct kick_pair *pair = &circuit->pair[p];
    int H = in->net->shape.hidden, controls = in->s->analysis.controls;
    uint8_t *quiet = scratch(in, (size_t)(RANDOM + controls), (size_t)H);
    int *unit = scratch(in, (size_t)H, sizeof *unit);
    int code = quiet && unit ? driven_get(in, &driven, st) : circuit_no_memory(st);
    if (!code) mark_quiet(circuit, pair, H, controls, rng_child(rng, 0), unit, quiet);
    for (int g = 0; g < 2 && !code; g++)
        code = measure(in, &circuit->direction[pair->group[g]], driven,
                       rng_child(rng, 1 + (uint64_t)g), g, quiet, controls, out, st);
    return code;
}
