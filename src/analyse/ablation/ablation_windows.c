/* ablation_windows: which units are active around some switches of each point, and the critical
 * complex pairs of the Jacobians there. Source: SCIENCE 5.9 compute_CE. Fixed: D15, the Jacobian of
 * step s is that of the input which took part in it: its units are those active in state s; D16,
 * the windows are whole, of different trajectories, about switches of both senses, and no other
 * point's switches are put in place of missing ones. Refuses to simulate.
 */
#include "ablation.h"
#include "base/statistics.h"

#include <math.h>
#include <string.h>

int ablation_windows_init(struct ablation_windows *windows, const struct analysis_input *in,
                          int num_points, const int *point, struct rng rng, struct status *st)
{
    size_t n = (size_t)num_points, one = WINDOW_STEPS * (size_t)in->net->shape.hidden;
    *windows = (struct ablation_windows){.num_points = num_points,
                                         .point = point,
                                         .hidden = in->net->shape.hidden,
                                         .stride = 1,
                                         .rng = rng};
    windows->num = scratch(in, n, sizeof *windows->num);
    windows->window = scratch(in, n, sizeof *windows->window);
    windows->active = scratch(in, n * NUM_SENSES * MAX_WINDOWS, one);
    if (windows->num && windows->window && windows->active) return STATUS_OK;
    return status_no_memory(st, "windows around switches");
}

bool ablation_windows_wanted(const struct ablation_windows *windows)
{
    for (int i = 0; i < windows->num_points; i++)
        for (int sense = 0; sense < NUM_SENSES; sense++)
            if (windows->num[i][sense] < MAX_WINDOWS) return true;
    return false;
}

/* (WINDOW_STEPS, H) of a window */
static unsigned char *active_of(const struct ablation_windows *windows, int i, int sense, int w)
{
    size_t at = (size_t)((i * NUM_SENSES + sense) * MAX_WINDOWS + w);
    return windows->active + at * WINDOW_STEPS * (size_t)windows->hidden;
}

/* Step of the n-th switch of this sense in a row, n = 0, 1, ...; -1: there are fewer. */
static int find_switch(const struct ablation_tile *tile, size_t row, int sense, int n)
{
    size_t rows = (size_t)tile->num_points * (size_t)tile->num;
    for (int s = ABLATION_WARM_UP; s < ABLATION_WARM_UP + ABLATION_STEPS; s++) {
        const uint8_t *o = tile->symbol + (size_t)s * rows + row;
        bool is_switch = sense == SENSE_UP ? *o > *(o - rows) : *o < *(o - rows);
        if (is_switch && n-- == 0) return s;
    }
    return -1;
}

static void take(struct ablation_windows *windows, const struct ablation_tile *tile, int i, int j,
                 int sense)
{
    size_t H = (size_t)windows->hidden, row = (size_t)(windows->point[i] * tile->num + j);
    int trajectory = tile->first + j, num = 0;
    while (find_switch(tile, row, sense, num) >= 0) num++;
    if (num == 0) return;
    int which = (int)(rng_uniform(windows->rng, (uint64_t)trajectory) * num);
    int step = find_switch(tile, row, sense, which), w = windows->num[i][sense]++;
    windows->window[i][sense][w] = (struct ablation_window){trajectory, step};
    unsigned char *active = active_of(windows, i, sense, w);
    for (int k = 0; k < WINDOW_STEPS; k++, active += H) {
        size_t s = (size_t)(step - WINDOW_BEFORE + k * WINDOW_STRIDE);
        size_t at = (s * (size_t)windows->num_points + (size_t)i) * (size_t)tile->num + (size_t)j;
        memcpy(active, tile->active + at * H, H);
    }
}

void ablation_windows_take(struct ablation_windows *windows, const struct ablation_tile *tile)
{
    for (int i = 0; i < windows->num_points; i++)
        for (int j = 0; j < tile->num; j++) {
            int sense = (tile->first + j) % 2 ? SENSE_DOWN : SENSE_UP;
            if (windows->num[i][sense] < MAX_WINDOWS) take(windows, tile, i, j, sense);
        }
}

/* The first step of window w that is counted, and the units active there. */
static int first_step(const struct ablation_windows *windows, int i, int sense, int w,
                      const unsigned char **active)
{
    int first = w % windows->stride;
    *active = active_of(windows, i, sense, w) + first * windows->hidden;
    return first;
}

int ablation_windows_rounds(const struct ablation_windows *windows, double budget)
{
    int stride = windows->stride;
    double cost = 0;
    for (int w = 0; w < MAX_WINDOWS; w++) {
        for (int i = 0; i < windows->num_points; i++)
            for (int sense = 0; sense < NUM_SENSES; sense++) {
                if (w >= windows->num[i][sense]) continue;
                const unsigned char *active;
                for (int k = first_step(windows, i, sense, w, &active); k < WINDOW_STEPS;
                     k += stride, active += stride * windows->hidden) {
                    double n = 0;
                    for (int u = 0; u < windows->hidden; u++) n += active[u];
                    cost += n * n * n;
                }
            }
        if (cost > budget && w > 0) return w;
    }
    return MAX_WINDOWS;
}

int ablation_windows_count(const struct ablation_windows *windows, int i, int sense, int w,
                           struct spectrum *spectrum, double *pairs, struct status *st)
{
    const unsigned char *active;
    int sum = 0, num = 0, stride = windows->stride;
    for (int k = first_step(windows, i, sense, w, &active); k < WINDOW_STEPS;
         k += stride, active += stride * windows->hidden) {
        struct spectrum_counts counts;
        int code = spectrum_count(spectrum, active, &counts, st);
        if (code) return code;
        sum += counts.complex_critical;
        num++;
    }
    *pairs = (double)sum / num;
    return STATUS_OK;
}

/* Mean over switches, of all 30 steps of a window. */
static struct estimate estimate_windows(const double *pairs, int num)
{
    double all[NUM_SENSES * MAX_WINDOWS];
    for (int w = 0; w < num; w++) all[w] = 2 * WINDOW_BEFORE * pairs[w];
    double mean = mean_of_shares(all, (size_t)num);
    return (struct estimate){mean, sem_about(all, (size_t)num, mean)};
}

int ablation_windows_pairs(const struct ablation_windows *windows, int i, int rounds,
                           struct spectrum *spectrum, struct critical_pairs *out, struct status *st)
{
    double pairs[NUM_SENSES * MAX_WINDOWS];
    int num = 0, num_up = 0;
    for (int sense = 0; sense < NUM_SENSES; sense++) {
        for (int w = 0; w < rounds && w < windows->num[i][sense]; w++) {
            int code = ablation_windows_count(windows, i, sense, w, spectrum, &pairs[num++], st);
            if (code) return code;
        }
        if (sense == SENSE_UP) num_up = num;
    }
    *out =
        (struct critical_pairs){estimate_windows(pairs, num), estimate_windows(pairs, num_up), num};
    return STATUS_OK;
}
