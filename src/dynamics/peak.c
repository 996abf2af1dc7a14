/* peak: see peak.h. */
#include "peak.h"

#include "base/statistics.h"

#include <math.h>

enum { DRAWS = 999, ITEMS = 256 };

/* Noise of a number in one draw: mean of its influences, each times a normal number of its item. */
static double noise_of(const double *influence, size_t n, struct rng rng)
{
    float normal[ITEMS];
    double sum = 0;
    for (size_t from = 0; from < n; from += ITEMS) {
        size_t num = n - from < ITEMS ? n - from : ITEMS;
        rng_fill_normal(rng, from, num, normal);
        for (size_t i = 0; i < num; i++) sum += influence[from + i] * (double)normal[i];
    }
    return sum / (double)n;
}

struct peak_floor peak_floor(const double *influence, size_t num, size_t n, size_t own,
                             double excess, struct rng rng)
{
    double draw[DRAWS];
    size_t as_large = 0;
    struct peak_floor floor = {NAN, NAN, NAN};
    if (isnan(excess)) return floor;
    for (uint64_t d = 0; d < DRAWS; d++) {
        struct rng of_draw = rng_child(rng, d); /* the same items behind all numbers */
        double at_own = noise_of(influence + own * n, n, of_draw), most = at_own;
        if (isnan(at_own)) return floor;
        for (size_t a = 0; a < num; a++) most = fmax(most, noise_of(influence + a * n, n, of_draw));
        draw[d] = most - at_own;
        as_large += draw[d] >= excess;
    }
    floor.mean = mean_of(draw, DRAWS);
    floor.sd = sd_about(draw, DRAWS, floor.mean, 1);
    floor.p = (double)(1 + as_large) / (1 + DRAWS);
    return floor;
}
