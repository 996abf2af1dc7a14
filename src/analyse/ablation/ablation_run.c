/* ablation_run: trajectories of many perturbed networks side by side, and their switches counted.
 * Refuses to know what is perturbed, or what the counts are compared with. Source: SCIENCE 5.9,
 * with many trajectories instead of one, and common random numbers across all points.
 */
#include "ablation.h"
#include "dynamics/ensemble.h"
#include "dynamics/silence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024 }; /* states of a step, about */

int ablation_counts_init(struct ablation_counts *counts, const struct analysis_input *in, int p,
                         int num_points, int num_trajectories, struct status *st)
{
    const struct circuit *circuit = in->memo->circuit;
    const int *group = circuit->pair[p].group;
    size_t size = NUM_ABLATION_RATES * (size_t)num_points * (size_t)num_trajectories;
    *counts = (struct ablation_counts){.num_points = num_points,
                                       .num_trajectories = num_trajectories,
                                       .from = {-1, -1},
                                       .to = {-1, -1},
                                       .events = scratch(in, size, sizeof(int)),
                                       .steps = scratch(in, size, sizeof(int)),
                                       .exploded = scratch(in, (size_t)num_points, 1)};
    if (!counts->events || !counts->steps || !counts->exploded)
        return status_no_memory(st, "counts of switches");
    for (int g = 0; g < 2; g++) {
        if (group[g] < 0) continue;
        counts->from[g] = circuit->direction[group[g]].from;
        counts->to[g] = circuit->direction[group[g]].to;
    }
    return STATUS_OK;
}

int ablation_num_trajectories(struct rnn_shape shape)
{
    /* multiplications a step that the full number is meant for: H = D = 220 */
    const double work = 1e5, H = shape.hidden, D = shape.noise_dim;
    double most = ABLATION_TRAJECTORIES * work / (H * (H + D));
    int num = most < ABLATION_TRAJECTORIES ? (int)most / ABLATION_BLOCK * ABLATION_BLOCK
                                           : ABLATION_TRAJECTORIES;
    return num < 2 * ABLATION_BLOCK ? 2 * ABLATION_BLOCK : num;
}

/* --- counting --------------------------------------------------------------------------------- */

static void count_tile(const struct ablation_tile *tile, struct ablation_counts *counts)
{
    size_t rows = (size_t)tile->num_points * (size_t)tile->num;
    size_t n = (size_t)counts->num_trajectories, size = (size_t)counts->num_points * n;
    for (size_t row = 0; row < rows; row++) {
        size_t at = row / (size_t)tile->num * n + (size_t)tile->first + row % (size_t)tile->num;
        int *events = counts->events + at, *steps = counts->steps + at;
        steps[ANY_SWITCH * size] = ABLATION_STEPS;
        const uint8_t *start = tile->symbol + (ABLATION_WARM_UP - 1) * rows + row;
        for (size_t s = 1; s <= ABLATION_STEPS; s++)
            events[ANY_SWITCH * size] += start[s * rows] != start[(s - 1) * rows];
        for (int g = 0; g < 2; g++) {
            struct switch_count count = silence_count_switches(
                start, rows, ABLATION_STEPS + SWITCH_PERSISTS - 1, counts->from[g], counts->to[g]);
            events[(size_t)(DIRECTION_A + g) * size] = count.events;
            steps[(size_t)(DIRECTION_A + g) * size] = count.steps;
        }
    }
}

/* --- simulating ------------------------------------------------------------------------------- */

/* Noise of step s for the tile's trajectories, the same for every point. */
static void fill_noise(struct ensemble *e, struct rng rng, const struct ablation_tile *tile, int s)
{
    size_t D = (size_t)e->net->shape.noise_dim, size = (size_t)tile->num * D;
    for (int j = 0; j < tile->num; j += ABLATION_BLOCK)
        network_noise(rng_child(rng, (uint64_t)((tile->first + j) / ABLATION_BLOCK)), (uint64_t)s,
                      ABLATION_BLOCK, (int)D, e->noise + (size_t)j * D);
    for (size_t p = 1; p < (size_t)tile->num_points; p++)
        memcpy(e->noise + p * size, e->noise, size * sizeof *e->noise);
}

static void mark_exploded(const struct ensemble *e, int per_point, unsigned char *exploded)
{
    size_t K = (size_t)e->net->shape.symbols;
    for (size_t i = 0; i < e->n * K; i++)
        if (!(fabsf(e->z[i]) <= 1e30f)) exploded[i / K / (size_t)per_point] = 1;
}

static void keep_active(const struct ensemble *e, const struct ablation_windows *windows,
                        const struct ablation_tile *tile, int s)
{
    size_t size = (size_t)(tile->num * e->net->shape.hidden);
    unsigned char *active = tile->active + (size_t)(s * windows->num_points) * size;
    for (int i = 0; i < windows->num_points; i++)
        spectrum_active(e->h + (size_t)windows->point[i] * size, (int)size,
                        active + (size_t)i * size);
}

/* work (rows, H): scratch */
static void run_tile(struct ensemble *e, struct rng rng, const struct network_gain *gain,
                     float *work, const struct ablation_windows *windows,
                     struct ablation_tile *tile, unsigned char *exploded)
{
    memset(e->h, 0, e->n * (size_t)e->net->shape.hidden * sizeof *e->h);
    for (int s = 0; s < ABLATION_ALL_STEPS; s++) {
        fill_noise(e, rng, tile, s);
        network_step(e->net, e->h, e->noise, e->n, gain, work, e->before);
        ensemble_swap(e);
        ensemble_read(e, tile->symbol + (size_t)s * e->n);
        mark_exploded(e, tile->num, exploded);
        if (windows) keep_active(e, windows, tile, s);
    }
}

/* Trajectories at a time: blocks, as many as fill ROWS, and a divisor of the number. */
static int tile_size(int num_points, int num_trajectories)
{
    int num = ABLATION_BLOCK;
    while (2 * num * num_points <= ROWS && num_trajectories % (2 * num) == 0) num *= 2;
    return num;
}

int ablation_run(const struct analysis_input *in, struct rng rng, const struct network_gain *points,
                 struct ablation_counts *counts, struct ablation_windows *windows,
                 struct status *st)
{
    struct ablation_tile tile = {.num = tile_size(points->groups, counts->num_trajectories),
                                 .num_points = points->groups};
    struct network net = *in->net;
    struct ensemble all;
    net.diverged = NULL; /* points explode one by one */
    size_t rows = (size_t)points->groups * (size_t)tile.num, H = (size_t)in->net->shape.hidden;
    size_t kept = windows ? (size_t)(windows->num_points * tile.num) : 0;
    int code = ensemble_init(&all, &net, rows, st);
    float *work = scratch(in, rows * H, sizeof *work);
    tile.symbol = scratch(in, ABLATION_ALL_STEPS, rows);
    tile.active = kept ? malloc(ABLATION_ALL_STEPS * kept * H) : NULL;
    if (!code && (!work || !tile.symbol || (kept && !tile.active)))
        code = status_no_memory(st, "%zu trajectories", rows);
    for (; !code && tile.first < counts->num_trajectories; tile.first += tile.num) {
        bool wanted = windows && ablation_windows_wanted(windows);
        run_tile(&all, rng, points->recurrent ? points : NULL, work, wanted ? windows : NULL, &tile,
                 counts->exploded);
        count_tile(&tile, counts);
        if (wanted) ablation_windows_take(windows, &tile);
        code = analysis_check_stop(in, st);
    }
    ensemble_free(&all);
    free(tile.active);
    return code;
}
