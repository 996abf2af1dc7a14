/* test_peak: switching without memory at 13 rates has the same regularity at all of them: the
 * largest exceeds that of one of them by what the floor says, and has a small p as often as it may;
 * a regular level is found.
 */
#include "../support/check.h"
#include "dynamics/dwells.h"
#include "dynamics/peak.h"
#include "hmmgrid/rng.h"

#include <math.h>
#include <stdbool.h>

enum { LEVELS = 13, WINDOWS = 64, STEPS = 800, OWN = 6 };

/* Windows whose symbol changes with probability `rate` in a step, or every `period` steps or one
 * later. */
static void fill(struct dwells *windows, double rate, int period, struct rng rng)
{
    for (int i = 0; i < WINDOWS; i++) {
        uint8_t symbol[STEPS] = {0};
        struct rng own = rng_child(rng, (uint64_t)i);
        for (int t = 1, next = 1; t < STEPS; t++) {
            double u = rng_uniform(own, (uint64_t)t);
            bool change = period ? t == next : u < rate;
            if (period && change) next = t + period + (u < .5);
            symbol[t] = symbol[t - 1] ^ change;
        }
        windows[i] = dwells_of(symbol, STEPS);
    }
}

/* Of the regularity of levels of which number `regular` is (-1: none). */
static struct peak_floor try(uint64_t seed, int regular, double *excess)
{
    static double influence[LEVELS * WINDOWS];
    double most = -INFINITY, own = NAN;
    struct rng rng = rng_stream(seed, "peak", "data");
    for (int l = 0; l < LEVELS; l++) {
        struct dwells windows[WINDOWS];
        double value[NUM_DWELL_STATISTICS];
        fill(windows, .05 + .02 * l, l == regular ? 9 : 0, rng_child(rng, (uint64_t)l));
        dwells_statistics(dwells_total(windows, WINDOWS), value);
        dwells_influence(windows, WINDOWS, REGULARITY, influence + l * WINDOWS);
        most = fmax(most, value[REGULARITY]);
        if (l == OWN) own = value[REGULARITY];
    }
    *excess = most - own;
    return peak_floor(influence, LEVELS, WINDOWS, OWN, *excess, rng_child(rng, LEVELS));
}

/* More than 9 of 60 have a p of at most .05 in 1 of 1000 (binomial); 4 standard errors of a mean.
 */
static void levels_that_are_the_same(void **state)
{
    (void)state;
    enum { DRAWS = 60 };
    int small = 0;
    double z = 0, excess;
    for (uint64_t d = 0; d < DRAWS; d++) {
        struct peak_floor floor = try(d, -1, &excess);
        assert_true(excess >= 0 && floor.mean > 0 && floor.sd > 0);
        small += floor.p <= .05;
        z += (excess - floor.mean) / floor.sd / DRAWS;
    }
    check_near(z, 0, .5);
    if (small > 9) fail_msg("%d of %d have a small p", small, DRAWS);
}

static void a_peak_is_found(void **state)
{
    (void)state;
    double excess;
    struct peak_floor floor = try(0, 2, &excess);
    assert_true(excess > 5);
    check_near(floor.p, .001, 1e-12);
}

/* A level without dwells is left out; without those of the own level nothing is known. */
static void levels_that_are_not_known(void **state)
{
    (void)state;
    double influence[3 * 4] = {1, -1, 2, -2, NAN, 0, 0, 0, 3, -3, 1, -1};
    struct rng rng = rng_stream(0, "peak", "data");
    assert_true(peak_floor(influence, 3, 4, 0, .1, rng).mean > 0);
    assert_true(isnan(peak_floor(influence, 3, 4, 1, .1, rng).p));
    assert_true(isnan(peak_floor(influence, 3, 4, 0, NAN, rng).p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_that_are_the_same),
        cmocka_unit_test(a_peak_is_found),
        cmocka_unit_test(levels_that_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
