/* course: see course.h. Groups go by their direction of switching, so that no legend can swap them
 * (SCIENCE D20). Refuses to run the network: it looks at the shared driven run. Source:
 * SCIENCE 5.2, 5.6.
 */
#include "course.h"
#include "base/statistics.h"

#include <math.h>
#include <string.h>

static double mean_activity(const float *h, const int *unit, int num)
{
    double sum = 0;
    for (int i = 0; i < num; i++) sum += h[unit[i]];
    return sum / num;
}

void course_activity(const struct driven *driven, int H, const struct circuit *circuit, int steps,
                     double *kick, double *symbol)
{
    for (int t = 0; t < steps && (size_t)t < driven->n; t++) {
        const float *h = driven->h + (size_t)t * (size_t)H;
        symbol[t] = driven->symbol[t];
        for (int d = 0; d < circuit->num_directions; d++) {
            const struct kick_set *set = &circuit->direction[d];
            if (set->num_units) kick[d * steps + t] = mean_activity(h, set->unit, set->num_units);
        }
    }
}

void course_populations(const struct driven *driven, int H, const struct kick_pair *pair, int steps,
                        double *population)
{
    for (int t = 0; t < steps && (size_t)t < driven->n; t++)
        for (int p = 0; p < 2; p++)
            if (pair->num_population[p])
                population[p * steps + t] =
                    mean_activity(driven->h + (size_t)t * (size_t)H, pair->population[p],
                                  pair->num_population[p]);
}

/* What a group receives: row (H) the mean of its rows of W, the mean bias, the variance of the mean
 * noise. */
struct input {
    double *row, bias, noise;
};

static void group_input(const struct network *net, const struct kick_set *set, struct input *in)
{
    size_t H = (size_t)net->shape.hidden, D = (size_t)net->shape.noise_dim;
    double share = 1.0 / set->num_units;
    memset(in->row, 0, H * sizeof *in->row);
    in->bias = in->noise = 0;
    for (int i = 0; i < set->num_units; i++) {
        const float *w = net->W + (size_t)set->unit[i] * H;
        for (size_t j = 0; j < H; j++) in->row[j] += share * w[j];
        if (net->bias_h) in->bias += share * net->bias_h[set->unit[i]];
    }
    for (size_t d = 0; d < D; d++) {
        double u = 0;
        for (int i = 0; i < set->num_units; i++) u += share * net->U[(size_t)set->unit[i] * D + d];
        in->noise += u * u;
    }
}

/* bin (n) of the angle of each state */
static void find_bins(const struct driven *driven, double *score, int *bin)
{
    const double half_turn = acos(-1);
    pca_project(&driven->pca, driven->h, driven->n, 2, score);
    for (size_t t = 0; t < driven->n; t++) {
        double turn = (atan2(score[2 * t + 1], score[2 * t]) + half_turn) / (2 * half_turn);
        bin[t] = (int)(turn * ANGLE_BINS);
        if (bin[t] >= ANGLE_BINS) bin[t] = ANGLE_BINS - 1;
    }
}

static void average(const struct driven *driven, size_t H, const struct input *in, const int *bin,
                    double *mean, double *sd)
{
    struct sums sums[ANGLE_BINS] = {0};
    for (size_t t = 0; t < driven->n; t++) {
        const float *h = driven->h + t * H;
        double x = in->bias;
        for (size_t j = 0; j < H; j++) x += in->row[j] * h[j];
        sums_add(&sums[bin[t]], x);
    }
    for (int b = 0; b < ANGLE_BINS; b++) {
        if (!(sums[b].num > 0)) continue;
        mean[b] = sums_mean(&sums[b]);
        sd[b] = sqrt(sums_variance(&sums[b]) + in->noise);
    }
}

int course_orbit(const struct analysis_input *in, const struct driven *driven,
                 const struct circuit *circuit, double *mean, double *sd, struct status *st)
{
    size_t H = (size_t)in->net->shape.hidden;
    if (driven->pca.count < 2) return STATUS_OK;
    double *score = scratch(in, 2 * driven->n, sizeof *score);
    struct input input = {.row = scratch(in, H, sizeof *input.row)};
    int *bin = scratch(in, driven->n, sizeof *bin);
    if (!score || !input.row || !bin) return circuit_no_memory(st);
    find_bins(driven, score, bin);
    for (int d = 0; d < circuit->num_directions; d++) {
        if (!circuit->direction[d].num_units) continue;
        group_input(in->net, &circuit->direction[d], &input);
        average(driven, H, &input, bin, mean + d * ANGLE_BINS, sd + d * ANGLE_BINS);
    }
    return STATUS_OK;
}
