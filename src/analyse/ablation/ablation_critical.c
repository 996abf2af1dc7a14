/* ablation_critical: critical complex pairs about switches at the mu between the coarse ones, from
 * a few trajectories. Of each window two of its six steps are counted: what a window costs is its
 * eigenvalues, and more windows tell more than more steps of one. Source: SCIENCE 5.9 compute_CE.
 */
#include "ablation.h"

#include <math.h>
#include <string.h>

enum { TRAJECTORIES = ABLATION_BLOCK, STRIDE = 3 };

/* Of the kept points, which are at the mu at[]. Condition c alone scales, so its factors of what is
 * received from others change from point to point only where c is a kick set. */
static int count_pairs(const struct analysis_input *in, const struct ablation_windows *windows,
                       const struct ablation_counts *counts, const float *recurrent, double budget,
                       const int *at, struct critical_pairs *out, struct status *st)
{
    size_t H = (size_t)windows->hidden;
    int rounds = ablation_windows_rounds(windows, budget), code = STATUS_OK;
    struct spectrum *spectrum = NULL;
    const float *last = NULL;
    for (int i = 0; i < windows->num_points && !code; i++) {
        const float *c = recurrent + (size_t)windows->point[i] * H;
        if (!last || memcmp(c, last, H * sizeof *c) != 0) {
            spectrum_free(spectrum);
            spectrum = spectrum_new(in->net, c);
            if (!spectrum) code = status_no_memory(st, "a spectrum");
        }
        last = c;
        if (!code && !counts->exploded[windows->point[i]])
            code = ablation_windows_pairs(windows, i, rounds, spectrum, &out[at[i]], st);
        if (!code) code = analysis_check_stop(in, st);
    }
    spectrum_free(spectrum);
    return code;
}

int ablation_critical_pairs(const struct analysis_input *in, int p,
                            const struct ablation_points *points, int c, int coarse,
                            struct rng trajectories, struct rng choice, double budget,
                            struct critical_pairs *out, struct status *st)
{
    size_t H = (size_t)in->net->shape.hidden, first = (size_t)points->first[c] * H;
    struct network_gain gain = {NUM_MU - 1, points->recurrent + first, points->noise + first};
    struct ablation_counts counts;
    struct ablation_windows windows;
    int kept[NUM_MU], at[NUM_MU], num = 0;
    for (int m = 0; m < NUM_MU; m++) {
        out[m] = (struct critical_pairs){{NAN, NAN}, {NAN, NAN}, 0};
        if (m % coarse == 0) continue;
        at[num] = m;
        kept[num++] = ablation_point(points, c, m) - points->first[c];
    }
    int code = ablation_counts_init(&counts, in, p, NUM_MU - 1, TRAJECTORIES, st);
    if (!code)
        code = ablation_windows_init(&windows, in, num, kept, rng_child(choice, (uint64_t)c), st);
    windows.stride = STRIDE;
    if (!code) code = ablation_run(in, trajectories, &gain, &counts, &windows, st);
    if (code) return code;
    return count_pairs(in, &windows, &counts, gain.recurrent, budget / NUM_ABLATIONS, at, out, st);
}
