/* kick_test: the test of a kick set and the verdict on its direction, see kick_set.h. All numbers
 * are from the held-out run and random numbers that the search has not seen. The set stands by rank
 * among random sets matched in mean activity, which leave less or as much, and among random sets of
 * its other candidates. Since those differ in any network, and the set was chosen for its effect,
 * one of them does as well already when two such sets would leave no more than the set does,
 * effects multiplying. Refuses to choose units. Source: SCIENCE 8.5 (controls).
 */
#include "kick_set.h"

#include <math.h>
#include <string.h>

enum { STARTS = 384 };
static const double found_below = 0.5; /* of what matched sets leave */
static const double as_well[NUM_CONTROL_KINDS] = {[MATCHED] = 1, [CANDIDATES] = 2}; /* so many */

/* --- the set itself --------------------------------------------------------------------------- */

static int measure_curve(const struct kick_case *c, const struct unit_set *tested,
                         struct kick_set *out, struct status *st)
{
    int size = tested->num;
    struct unit_set set[MAX_KICK_SET];
    struct switch_count *count = scratch(c->in, (size_t)(size + 1) * STARTS, sizeof *count);
    for (int i = 0; i < size; i++) {
        set[i] = *tested;
        set[i].num = i + 1;
    }
    int code =
        count ? kick_rate_count(c, set, size, STARTS, CURVE, 0, count, st) : circuit_no_memory(st);
    struct switch_total intact = {0, 0}, total = {0, 0};
    for (int i = 0; i <= size && !code; i++) {
        total = silence_total(count + i * STARTS, STARTS);
        if (i == 0) intact = total;
        silence_ratio(count + i * STARTS, count, STARTS, &out->rate_left_error[i]);
        out->rate_left[i] = kick_rate_left(total, intact);
    }
    total.events += .5; /* so that it stays finite where no switch is left */
    out->suppression = 1 / kick_rate_left(total, intact);
    return code;
}

/* --- against controls ------------------------------------------------------------------------- */

static void summarise(const struct kick_case *c, const struct kick_controls *k, double power,
                      double of_set, struct kick_comparison *out)
{
    double sum = 0, squares = 0;
    int num = 0;
    for (int g = 0; g < k->num; g++) {
        sum += k->left[g];
        squares += k->left[g] * k->left[g];
        num += pow(k->left[g], power) <= of_set;
    }
    out->num = k->num;
    out->passes = k->num && num <= KICK_ALPHA * k->num;
    if ((1 + k->num) * c->level >= 1) out->p_value = (1.0 + num) / (1.0 + k->num);
    if (!k->num) return;
    out->left = sum / k->num;
    out->sd = sqrt(fmax(0, squares - sum * sum / k->num) / fmax(1, k->num - 1));
}

/* The closest of them once more, on the trajectories of the set itself. */
static int compare(const struct kick_case *c, const struct unit_set *tested, enum control_kind kind,
                   struct kick_set *out, struct status *st)
{
    struct kick_controls k;
    int code = kick_controls_init(&k, c, tested, kind, st);
    if (!code && k.num_closest)
        code = kick_rate_measure(c, k.set, k.num_closest, STARTS, CURVE, 0, NULL, k.left, st);
    if (!code) summarise(c, &k, as_well[kind], 1 / out->suppression, &out->control[kind]);
    return code;
}

int kick_set_test(const struct kick_case *c, const struct unit_set *tested, struct kick_set *out,
                  struct status *st)
{
    int size = tested->num;
    if (!size) return STATUS_OK;
    int code = measure_curve(c, tested, out, st);
    bool given = c->in->s->analysis.kick_units.rows > 0;
    if (code || (!given && !(out->rate_left[size] < kick_found_below))) return code;
    for (int kind = 0; kind < NUM_CONTROL_KINDS && !code; kind++)
        code = compare(c, tested, (enum control_kind)kind, out, st);
    out->suppression *= fmin(1, out->control[MATCHED].left);
    out->num_tested = out->num_units = size;
    memcpy(out->unit, tested->unit, (size_t)size * sizeof *tested->unit);
    return code;
}

/* --- verdicts --------------------------------------------------------------------------------- */

/* Of what must not be true for this verdict: that matched units do it too, and for
 * VERDICT_CONCENTRATED, that other candidates do. */
static double p_value(const struct kick_set *set, enum kick_verdict verdict)
{
    const struct kick_comparison *matched = &set->control[MATCHED];
    const struct kick_comparison *candidates = &set->control[CANDIDATES];
    double left = set->rate_left[set->num_tested];
    bool little = left < kick_found_below && left < found_below * matched->left;
    double p = little ? matched->p_value : 1;
    if (isnan(p)) p = 1;
    if (verdict == VERDICT_DISTRIBUTED) return p;
    if (isnan(candidates->p_value)) return candidates->passes ? p : 1;
    return fmax(p, candidates->p_value);
}

/* The directions whose p-values pass get this verdict. */
static void judge(struct kick_set *set, int num, int num_hypotheses, enum kick_verdict verdict)
{
    bool done[MAX_DIRECTIONS] = {false};
    for (int left = num_hypotheses; left > 0; left--) {
        int best = -1;
        for (int i = 0; i < num; i++)
            if (!done[i] && set[i].num_units &&
                (best < 0 || p_value(&set[i], verdict) < p_value(&set[best], verdict)))
                best = i;
        if (best < 0 || !(p_value(&set[best], verdict) <= KICK_ALPHA / left)) return;
        done[best] = true;
        set[best].verdict = verdict;
    }
}

void kick_sets_judge(struct kick_set *set, int num, int num_hypotheses)
{
    judge(set, num, num_hypotheses, VERDICT_DISTRIBUTED);
    judge(set, num, num_hypotheses, VERDICT_CONCENTRATED);
}
