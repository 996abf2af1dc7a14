/* course: see course.h. Groups go by their direction of switching, so that no legend can swap them
 * (SCIENCE D20). Refuses to run the network: it looks at the shared driven run. Source:
 * SCIENCE 5.2, 5.6.
 */
#include "course.h"
#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double mean_activity(const float *h, const int *unit, int num)
{
    double sum = 0;
    for (int i = 0; i < num; i++) sum += h[unit[i]];
    return sum / num;
}

void course_activity(const struct driven *driven, int H, const struct circuit *circuit, int steps,
                     double *kick, double *population, double *symbol)
{
    for (int t = 0; t < steps && (size_t)t < driven->n; t++) {
        const float *h = driven->h + (size_t)t * (size_t)H;
        symbol[t] = driven->symbol[t];
        for (int d = 0; d < circuit->num_directions; d++) {
            const struct kick_set *set = &circuit->direction[d];
            if (set->num_units) kick[d * steps + t] = mean_activity(h, set->unit, set->num_units);
        }
        for (int p = 0; p < 2; p++)
            if (circuit->num_population[p])
                population[p * steps + t] =
                    mean_activity(h, circuit->population[p], circuit->num_population[p]);
    }
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
static void find_bins(const struct driven *driven, int bins, double *score, int *bin)
{
    const double half_turn = acos(-1);
    pca_project(&driven->pca, driven->h, driven->n, 2, score);
    for (size_t t = 0; t < driven->n; t++) {
        double turn = (atan2(score[2 * t + 1], score[2 * t]) + half_turn) / (2 * half_turn);
        bin[t] = (int)(turn * bins);
        if (bin[t] >= bins) bin[t] = bins - 1;
    }
}

static void average(const struct driven *driven, size_t H, const struct input *in, const int *bin,
                    int bins, struct sums *sums, double *mean, double *sd)
{
    memset(sums, 0, (size_t)bins * sizeof *sums);
    for (size_t t = 0; t < driven->n; t++) {
        const float *h = driven->h + t * H;
        double x = in->bias;
        for (size_t j = 0; j < H; j++) x += in->row[j] * h[j];
        sums_add(&sums[bin[t]], x);
    }
    for (int b = 0; b < bins; b++) {
        if (!(sums[b].num > 0)) continue;
        mean[b] = sums_mean(&sums[b]);
        sd[b] = sqrt(sums_variance(&sums[b]) + in->noise);
    }
}

int course_orbit(const struct network *net, const struct driven *driven,
                 const struct circuit *circuit, int bins, double *mean, double *sd,
                 struct status *st)
{
    size_t H = (size_t)net->shape.hidden;
    if (driven->pca.count < 2) return STATUS_OK;
    double *memory = malloc((2 * driven->n + H) * sizeof *memory);
    struct sums *sums = malloc((size_t)bins * sizeof *sums);
    int *bin = malloc(driven->n * sizeof *bin), code = STATUS_OK;
    if (memory && sums && bin) {
        struct input in = {.row = memory + 2 * driven->n};
        find_bins(driven, bins, memory, bin);
        for (int d = 0; d < circuit->num_directions; d++) {
            if (!circuit->direction[d].num_units) continue;
            group_input(net, &circuit->direction[d], &in);
            average(driven, H, &in, bin, bins, sums, mean + d * bins, sd + d * bins);
        }
    } else {
        code = status_no_memory(st, "the orbit of the circuit");
    }
    free(memory);
    free(sums);
    free(bin);
    return code;
}
