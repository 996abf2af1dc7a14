/* population: see population.h. g1 and g2 are the mean weights of a unit onto the two kick groups;
 * a unit belongs to a population when both exceed the 95th percentile of their null and have
 * opposite signs, so that data decide how many there are, not the reference's 70. The null permutes
 * the entries of each row of a kick unit. Kick units themselves are in no population: their mean
 * weights are those within and between groups. Since a population is chosen by its weights, the
 * null of its mean weight chooses as many units by the same rule in every permutation. Refuses to
 * look at activity. Source: SCIENCE 5.5 and 8.5.
 */
#include "population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POOLED = 2000 }; /* permutations whose weights make the percentile */
static const double percentile = 0.95;

/* --- the rows of kick units, and permutations of them ---------------------------------------- */

static void average(struct kick_rows *r)
{
    for (int g = 0; g < 2; g++)
        for (size_t j = 0; j < r->H; j++) {
            double sum = 0;
            for (int i = 0; i < r->size[g]; i++) sum += r->weight[(size_t)r->row[g][i] * r->H + j];
            r->mean[g][j] = sum / r->size[g];
        }
}

int kick_rows_init(struct kick_rows *r, const struct analysis_input *in,
                   const struct circuit *circuit, int p, struct status *st)
{
    size_t H = (size_t)in->net->shape.hidden;
    *r = (struct kick_rows){.H = H};
    r->weight = scratch(in, (2 * MAX_KICK_SET + 2) * H, sizeof *r->weight);
    r->is_kick = scratch(in, H, 1);
    r->bits = scratch(in, H, sizeof *r->bits);
    if (!r->weight || !r->is_kick || !r->bits) return circuit_no_memory(st);
    for (int g = 0; g < 2; g++) {
        const struct kick_set *set = &circuit->direction[circuit->pair[p].group[g]];
        r->mean[g] = r->weight + (size_t)(2 * MAX_KICK_SET + g) * H;
        r->size[g] = set->num_units;
        for (int i = 0; i < set->num_units; i++) {
            int at = 0;
            while (at < r->num && r->unit[at] != set->unit[i]) at++;
            r->row[g][i] = at;
            if (at < r->num) continue;
            r->unit[r->num++] = set->unit[i];
            r->is_kick[set->unit[i]] = 1;
        }
    }
    for (int i = 0; i < r->num; i++)
        for (size_t j = 0; j < H; j++)
            r->weight[(size_t)i * H + j] = in->net->W[(size_t)r->unit[i] * H + j];
    average(r);
    return STATUS_OK;
}

void kick_rows_permute(struct kick_rows *r, struct rng rng)
{
    for (int i = 0; i < r->num; i++) {
        double *w = r->weight + (size_t)i * r->H;
        rng_fill_bits(rng_child(rng, (uint64_t)i), 0, r->H, r->bits);
        for (size_t j = r->H - 1; j > 0; j--) {
            size_t k = (size_t)((uint64_t)r->bits[j] * (j + 1) >> 32);
            double swap = w[j];
            w[j] = w[k];
            w[k] = swap;
        }
    }
    average(r);
}

/* --- populations ----------------------------------------------------------------------------- */

int population_of(const struct kick_rows *r, const struct kick_pair *pair, size_t j)
{
    double g1 = r->mean[0][j], g2 = r->mean[1][j];
    bool beyond = fabs(g1) > pair->bound[0] && fabs(g2) > pair->bound[1];
    if (r->is_kick[j] || !beyond || !(g1 * g2 < 0)) return 0;
    return g1 < 0 ? 1 : 2;
}

static int compare_floats(const void *a, const void *b)
{
    const float *p = a, *q = b;
    return (*p > *q) - (*p < *q);
}

/* 95th percentiles of |g1| and |g2| under the null */
static int find_bounds(const struct analysis_input *in, struct kick_rows *r, struct rng rng,
                       double bound[2], struct status *st)
{
    int permutations = in->s->analysis.permutations;
    size_t rounds = (size_t)(permutations < MOST_POOLED ? permutations : MOST_POOLED);
    size_t count = rounds * r->H;
    float *pooled = scratch(in, 2 * count, sizeof *pooled);
    if (!pooled) return circuit_no_memory(st);
    for (size_t p = 0; p < rounds; p++) {
        kick_rows_permute(r, rng_child(rng, p));
        for (int g = 0; g < 2; g++)
            for (size_t j = 0; j < r->H; j++)
                pooled[(size_t)g * count + p * r->H + j] = (float)fabs(r->mean[g][j]);
    }
    for (int g = 0; g < 2; g++) {
        float *values = pooled + (size_t)g * count;
        qsort(values, count, sizeof *values, compare_floats);
        bound[g] = values[(size_t)(percentile * (double)(count - 1))];
    }
    return STATUS_OK;
}

static void choose_pairs(struct circuit *circuit)
{
    int found[MAX_DIRECTIONS], num = 0;
    struct kick_pair *pair = circuit->pair;
    for (int d = 0; d < circuit->num_directions; d++)
        if (circuit->direction[d].num_units > 0) found[num++] = d;
    for (int a = 0; a < num; a++)
        for (int b = a + 1; b < num; b++) {
            const struct kick_set *p = &circuit->direction[found[a]];
            const struct kick_set *q = &circuit->direction[found[b]];
            if (p->from != q->to || p->to != q->from) continue;
            pair[circuit->num_pairs++] = (struct kick_pair){.group = {found[a], found[b]}};
        }
    if (circuit->num_pairs > 0) return;
    for (int g = 0; g < 2; g++) pair->group[g] = g < num ? found[g] : -1;
    circuit->num_pairs = num > 1;
}

static int find_populations(const struct analysis_input *in, struct rng rng,
                            struct circuit *circuit, int p, struct status *st)
{
    struct kick_rows permuted, r;
    struct kick_pair *pair = &circuit->pair[p];
    int code = kick_rows_init(&permuted, in, circuit, p, st);
    if (!code) code = kick_rows_init(&r, in, circuit, p, st);
    if (!code) code = find_bounds(in, &permuted, rng, pair->bound, st);
    if (code) return code;
    int *next = pile_take(&in->memo->kept, r.H, sizeof *next);
    if (!next) return circuit_no_memory(st);
    for (int q = 0; q < 2; q++) {
        pair->population[q] = next;
        for (size_t j = 0; j < r.H; j++)
            if (population_of(&r, pair, j) == q + 1) *next++ = (int)j;
        pair->num_population[q] = (int)(next - pair->population[q]);
    }
    return STATUS_OK;
}

int population_find(const struct analysis_input *in, struct rng rng, struct circuit *circuit,
                    struct status *st)
{
    int code = STATUS_OK;
    choose_pairs(circuit);
    for (int p = 0; p < circuit->num_pairs && !code; p++)
        code = find_populations(in, p ? rng_child(rng, MOST_POOLED + (uint64_t)p) : rng, circuit, p,
                                st);
    return code;
}

/* --- measured -------------------------------------------------------------------------------- */

static int measure(const struct analysis_input *in, const struct circuit *circuit, int p,
                   struct population_measures *measures, struct status *st)
{
    struct rng rng = rng_child(rng_child(in->memo->shared, 3), (uint64_t)p);
    const struct kick_pair *pair = &circuit->pair[p];
    struct population_noise *noise = &measures->noise;
    int code = wiring_find(in, rng_child(rng, 0), circuit, p, &measures->wiring, st);
    for (int g = 0; g < 2; g++)
        noise->left[g] = noise->error[g] = noise->rest_left[g] = noise->rest_error[g] =
            noise->random_left[g] = noise->random_sd[g] = noise->p_value[g] = NAN;
    if (!code && pair->num_population[0] + pair->num_population[1] > 0)
        code = population_noise_find(in, rng_child(rng, 1), circuit, p, noise, st);
    return code;
}

int population_measure(const struct analysis_input *in, const struct population_measures **measures,
                       struct status *st)
{
    struct circuit *circuit = in->memo->circuit;
    int code = STATUS_OK;
    if (!circuit->measures) {
        struct population_measures *made =
            pile_take(&in->memo->kept, MAX_PAIRS, sizeof *circuit->measures);
        if (!made) return circuit_no_memory(st);
        for (int p = 0; p < circuit->num_pairs && !code; p++)
            code = measure(in, circuit, p, &made[p], st);
        if (!code) circuit->measures = made;
    }
    *measures = circuit->measures;
    return code;
}
