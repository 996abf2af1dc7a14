/* ablation_points: the networks that the ablation simulates side by side: one intact, and every
 * condition at every mu. Source: SCIENCE 5.9. */
#include "ablation.h"

const double ablation_mu[NUM_MU] = {0,   .1,  .2,  .3,  .4,  .5,  .6,  .7,  .8,  .9, 1,
                                    1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2};

const int ablation_against[NUM_ABLATIONS] = {
    ABLATE_CONTROL, ABLATE_CONTROL, ABLATE_CONTROL, ABLATE_CONTROL, -1, ABLATE_REST, -1};

int ablation_point(const struct ablation_points *points, int c, int m)
{
    return m == INTACT_MU ? 0 : points->first[c] + m - (m > INTACT_MU);
}

int ablation_points_init(struct ablation_points *points, const struct analysis_input *in,
                         const struct ablation_sets *sets, struct status *st)
{
    *points = (struct ablation_points){.num = 1};
    for (int c = 0; c < NUM_ABLATIONS; c++) {
        points->first[c] = sets->num_units[c] ? points->num : -1;
        if (sets->num_units[c]) points->num += NUM_MU - 1;
    }
    size_t H = (size_t)in->net->shape.hidden, size = (size_t)points->num * H;
    points->recurrent = scratch(in, 2 * size, sizeof *points->recurrent);
    if (!points->recurrent) return status_no_memory(st, "factors");
    points->noise = points->recurrent + size;
    for (size_t i = 0; i < 2 * size; i++) points->recurrent[i] = 1;
    for (int c = 0; c < NUM_ABLATIONS; c++) {
        float *factor = c <= ABLATE_KICK_B ? points->recurrent : points->noise;
        for (int m = 0; m < NUM_MU && points->first[c] >= 0; m++)
            for (size_t i = 0; i < H; i++)
                if (sets->member[(size_t)c * H + i])
                    factor[(size_t)ablation_point(points, c, m) * H + i] = (float)ablation_mu[m];
    }
    return STATUS_OK;
}
