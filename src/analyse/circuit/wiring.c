/* wiring: mean weights within and between kick groups and from populations onto them, see
 * population.h. A population is chosen by its weights, so its null chooses as many units by the
 * same rule (the most negative g1 * g2 of its signs) in every permutation. Refuses other
 * connections: only rows of kick units are permuted. Source: SCIENCE 8.5 (structure).
 */
#include "population.h"

#include <math.h>

enum { NUM_WEIGHTS = NUM_WIRES * 2 };

/* Mean of the entries of the rows of group `onto` in the columns of the units of `from`. */
static double mean_between(const struct kick_rows *r, int onto, int from)
{
    double sum = 0;
    int num = 0;
    for (int i = 0; i < r->size[onto]; i++)
        for (int j = 0; j < r->size[from]; j++) {
            int row = r->row[onto][i], column = r->unit[r->row[from][j]];
            if (r->unit[row] == column) continue;
            sum += r->weight[(size_t)row * r->H + (size_t)column];
            num++;
        }
    return sum / num;
}

/* The `num` units of the signs of population p with the most negative products: sums of g1 and g2.
 */
static void choose(const struct kick_rows *r, int p, int num, uint8_t *taken, double mean[2])
{
    int chosen = 0;
    mean[0] = mean[1] = 0;
    for (size_t j = 0; j < r->H; j++) taken[j] = r->is_kick[j];
    for (; chosen < num; chosen++) {
        size_t best = r->H;
        double lowest = 0;
        for (size_t j = 0; j < r->H; j++) {
            double product = r->mean[0][j] * r->mean[1][j];
            if (taken[j] || (r->mean[0][j] < 0) != (p == 0) || !(product < lowest)) continue;
            best = j;
            lowest = product;
        }
        if (best == r->H) break;
        taken[best] = 1;
        for (int g = 0; g < 2; g++) mean[g] += r->mean[g][best];
    }
    for (int g = 0; g < 2; g++) mean[g] /= chosen; /* 0/0: NaN, nothing to average */
}

/* All mean weights; by_rank: populations are chosen again. */
static void average(const struct kick_rows *r, const struct kick_pair *pair, bool by_rank,
                    uint8_t *taken, double weight[NUM_WIRES][2])
{
    for (int g = 0; g < 2; g++) {
        weight[WITHIN][g] = mean_between(r, g, g);
        weight[BETWEEN][g] = mean_between(r, g, 1 - g);
    }
    for (int p = 0; p < 2; p++) {
        double *mean = weight[FROM_POPULATION_1 + p];
        int num = pair->num_population[p];
        if (by_rank) {
            choose(r, p, num, taken, mean);
            continue;
        }
        for (int g = 0; g < 2; g++) {
            mean[g] = 0;
            for (int i = 0; i < num; i++) mean[g] += r->mean[g][pair->population[p][i]];
            mean[g] /= num;
        }
    }
}

/* Two-sided, by distance from the mean of the null; null: every NUM_WEIGHTS-th of n */
static double rank_p_value(double value, const double *null, size_t n)
{
    double mean = 0;
    size_t beyond = 0;
    for (size_t i = 0; i < n; i++) mean += null[i * NUM_WEIGHTS] / (double)n;
    for (size_t i = 0; i < n; i++)
        beyond += fabs(null[i * NUM_WEIGHTS] - mean) >= fabs(value - mean);
    return isnan(value) || isnan(mean) ? NAN : (1 + (double)beyond) / (1 + (double)n);
}

int wiring_find(const struct analysis_input *in, struct rng rng, const struct circuit *circuit,
                int p, struct wiring *w, struct status *st)
{
    size_t n = (size_t)in->s->analysis.permutations, as_many[2] = {0, 0};
    struct kick_rows r;
    const struct kick_pair *pair = &circuit->pair[p];
    double(*null)[NUM_WIRES][2] = scratch(in, n, sizeof *null);
    uint8_t *taken = scratch(in, (size_t)in->net->shape.hidden, 1);
    int code = null && taken ? kick_rows_init(&r, in, circuit, p, st) : circuit_no_memory(st);
    if (code) return code;
    average(&r, pair, false, taken, w->weight);
    for (size_t i = 0; i < n && !code; i++) {
        kick_rows_permute(&r, rng_child(rng, i));
        average(&r, pair, true, taken, null[i]);
        int num[3] = {0};
        for (size_t j = 0; j < r.H; j++) num[population_of(&r, pair, j)]++;
        for (int q = 0; q < 2; q++) as_many[q] += num[q + 1] >= pair->num_population[q];
        if (i % 64 == 0) code = analysis_check_stop(in, st);
    }
    for (int k = 0; k < NUM_WIRES && !code; k++)
        for (int g = 0; g < 2; g++)
            w->p_value[k][g] = rank_p_value(w->weight[k][g], &null[0][k][g], n);
    for (int q = 0; q < 2; q++) w->size_p_value[q] = (1 + (double)as_many[q]) / (1 + (double)n);
    return code;
}
