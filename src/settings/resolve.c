/* resolve: what one setting alone cannot tell: presets against the numbers of states and symbols,
 * matrices against their shapes and sums, parts of the data against the split; and the values that
 * follow from others. Idempotent. Refuses to correct what was written: a row that sums to 0.99 is
 * an error, not normalised. Source: SCIENCE 1.1 to 1.3 and DESIGN section 2. */
#include "hmmgrid/settings.h"

#include <math.h>
#include <string.h>

static const double default_target_prob = 0.05;
static const double default_stay_prob = 0.95;
static const double row_sum_tolerance = 1e-9;

/* What a check leaves: the key at fault and its text. */
struct verdict {
    const char **key;
    struct status *st;
};

#define BAD(verdict, at_key, ...)                                                                  \
    (*(verdict)->key = (at_key), status_set((verdict)->st, STATUS_BAD_GRID, __VA_ARGS__))

static int check_stochastic(const char *key, const struct matrix *m, struct verdict *v)
{
    for (int i = 0; i < m->rows; i++) {
        double sum = 0;
        for (int j = 0; j < m->cols; j++) {
            double x = m->value[i * m->cols + j];
            if (!(x >= 0 && x <= 1))
                return BAD(v, key, "%s: row %d has %.10g; a probability lies between 0 and 1", key,
                           i + 1, x);
            sum += x;
        }
        if (!(fabs(sum - 1) <= row_sum_tolerance))
            return BAD(v, key,
                       "%s: row %d sums to %.10g, not 1; correct its numbers (write enough "
                       "digits: 1e-9 is tolerated)",
                       key, i + 1, sum);
    }
    return STATUS_OK;
}

static int check_shape(const char *key, const struct matrix *m, int rows, int cols,
                       struct verdict *v)
{
    if (m->rows == rows && m->cols == cols) return STATUS_OK;
    return BAD(v, key,
               "%s: the matrix is %d x %d, but hmm.states and hmm.symbols ask for %d x %d; "
               "change one or the other",
               key, m->rows, m->cols, rows, cols);
}

static int resolve_custom(struct settings *s, struct verdict *v)
{
    int M = s->hmm.states, code;
    if (!s->hmm.transition.rows)
        return BAD(v, "hmm.architecture",
                   "hmm.transition: missing; architecture custom needs "
                   "the transition matrix, states x states");
    if (!isnan(s->hmm.target_prob))
        return BAD(v, "hmm.target_prob",
                   "hmm.target_prob: not used by architecture custom, whose "
                   "transitions are hmm.transition; remove the line");
    if (!isnan(s->hmm.stay_prob))
        return BAD(v, "hmm.stay_prob",
                   "hmm.stay_prob: not used by architecture custom, whose "
                   "transitions are hmm.transition; remove the line");
    if ((code = check_shape("hmm.transition", &s->hmm.transition, M, M, v)) != STATUS_OK)
        return code;
    if ((code = check_stochastic("hmm.transition", &s->hmm.transition, v)) != STATUS_OK)
        return code;
    if (!s->hmm.start.rows) return STATUS_OK;
    if (s->hmm.start.rows != 1 || s->hmm.start.cols != M)
        return BAD(v, "hmm.start",
                   "hmm.start: %d x %d numbers given; one row with a number for "
                   "each of the %d states is needed",
                   s->hmm.start.rows, s->hmm.start.cols, M);
    return check_stochastic("hmm.start", &s->hmm.start, v);
}

/* Fills target_prob or stay_prob. */
static int resolve_linear_chain(struct settings *s, struct verdict *v)
{
    int M = s->hmm.states;
    if (!isnan(s->hmm.stay_prob)) {
        if (isnan(s->hmm.target_prob)) return STATUS_OK;
        return BAD(v, "hmm.stay_prob",
                   "hmm.stay_prob: hmm.target_prob is given too; a linear "
                   "chain has one or the other, set one of them to none");
    }
    if (isnan(s->hmm.target_prob)) s->hmm.target_prob = default_target_prob;
    double q = pow(s->hmm.target_prob, 1.0 / (M - 1));
    if (M >= 3 && 1 - 2 * q < 0)
        return BAD(v, "hmm.states",
                   "hmm.states: %d states with hmm.target_prob %.10g need a "
                   "negative probability of staying (1-2q = %.4f with q = %.4f); use fewer "
                   "states, a smaller target_prob or hmm.stay_prob",
                   M, s->hmm.target_prob, 1 - 2 * q, q);
    return STATUS_OK;
}

static int resolve_transitions(struct settings *s, struct verdict *v)
{
    int M = s->hmm.states, arch = s->hmm.architecture;
    if (arch == CUSTOM) return resolve_custom(s, v);
    const char *name = settings_name(s, settings_find("hmm.architecture"));
    if (s->hmm.transition.rows)
        return BAD(v, "hmm.transition",
                   "hmm.transition: only architecture custom takes a matrix, "
                   "this is %s; set hmm.architecture to custom or remove the matrix",
                   name);
    if (s->hmm.start.rows)
        return BAD(v, "hmm.start",
                   "hmm.start: only architecture custom takes a start "
                   "distribution, %s starts uniformly; remove it",
                   name);
    if (M < (arch == CYCLIC ? 3 : 2))
        return BAD(v, "hmm.states",
                   "hmm.states: %d is too few for %s, which needs at least %d; "
                   "use more states or architecture custom",
                   M, name, arch == CYCLIC ? 3 : 2);
    if (arch == LINEAR_CHAIN) return resolve_linear_chain(s, v);
    if (!isnan(s->hmm.target_prob))
        return BAD(v, "hmm.target_prob",
                   "hmm.target_prob: only linear-chain uses it, this is %s; "
                   "use hmm.stay_prob or set it to none",
                   name);
    if (isnan(s->hmm.stay_prob)) s->hmm.stay_prob = default_stay_prob;
    return STATUS_OK;
}

/* Emission auto becomes the architecture's own. */
static int choose_emission(struct settings *s, struct verdict *v)
{
    switch (s->hmm.architecture) {
    case LINEAR_CHAIN: s->hmm.emission = EMISSION_LINEAR; return STATUS_OK;
    case FULLY_CONNECTED: s->hmm.emission = EMISSION_TRIANGULAR; return STATUS_OK;
    case CYCLIC:
        if (s->hmm.states == 4 && s->hmm.symbols == 3) {
            s->hmm.emission = EMISSION_CYCLIC;
            return STATUS_OK;
        }
        return BAD(v, "hmm.states",
                   "hmm.emission: cyclic has an emission of its own for 4 states "
                   "and 3 symbols only, not for %d and %d; set hmm.emission to gaussian or a "
                   "matrix",
                   s->hmm.states, s->hmm.symbols);
    default:
        return BAD(v, "hmm.architecture",
                   "hmm.emission: missing; architecture custom needs an "
                   "emission matrix, states x symbols, or the name of one");
    }
}

static int resolve_emission(struct settings *s, struct verdict *v)
{
    int M = s->hmm.states, K = s->hmm.symbols, code;
    bool own = s->hmm.emission == EMISSION_AUTO;
    if (own && (code = choose_emission(s, v)) != STATUS_OK) return code;
    const char *K_key = own ? "hmm.symbols" : "hmm.emission";
    const char *M_key = own ? "hmm.states" : "hmm.emission";
    const char *name = settings_name(s, settings_find("hmm.emission"));
    if (s->hmm.emission == EMISSION_MATRIX) {
        code = check_shape("hmm.emission", &s->hmm.emission_matrix, M, K, v);
        return code ? code : check_stochastic("hmm.emission", &s->hmm.emission_matrix, v);
    }
    s->hmm.emission_matrix = (struct matrix){0};
    if (M < 2)
        return BAD(v, M_key,
                   "hmm.emission: %s needs at least 2 states, hmm.states is %d; give a "
                   "matrix",
                   name, M);
    if (s->hmm.emission == EMISSION_LINEAR && K != 3)
        return BAD(v, K_key,
                   "hmm.emission: linear serves 3 symbols only, hmm.symbols is %d; use "
                   "gaussian or a matrix",
                   K);
    if (s->hmm.emission == EMISSION_TRIANGULAR && M != K)
        return BAD(v, M_key,
                   "hmm.emission: triangular needs as many symbols as states, not %d and "
                   "%d; set hmm.symbols to %d, or use gaussian or a matrix",
                   K, M, M);
    if (s->hmm.emission == EMISSION_CYCLIC && (M != 4 || K != 3))
        return BAD(v, M_key,
                   "hmm.emission: cyclic serves 4 states and 3 symbols only, not %d and "
                   "%d; use gaussian or a matrix",
                   M, K);
    return STATUS_OK;
}

void settings_split(const struct settings *s, int part[3])
{
    const double *share = s->data.split.value;
    double sum = share[0] + share[1] + share[2];
    /* 1e-6: 7:2:1 of 90 is 63, 18 and 9, whichever way the division rounds */
    part[0] = (int)(s->data.sequences * (share[0] / sum) + 1e-6);
    part[1] = (int)(s->data.sequences * (share[1] / sum) + 1e-6);
    part[2] = s->data.sequences - part[0] - part[1];
}

static int resolve_data(struct settings *s, struct verdict *v)
{
    int part[3];
    if (s->data.split.count != 3)
        return BAD(v, "data.split",
                   "data.split: %d shares given, 3 needed: training, validation "
                   "and test",
                   s->data.split.count);
    if (s->train.betas.count != 2)
        return BAD(v, "train.betas", "train.betas: %d numbers given, 2 needed",
                   s->train.betas.count);
    settings_split(s, part);
    for (int i = 0; i < 2; i++)
        if (part[i] < 1)
            return BAD(v, "data.split",
                       "data.split: leaves no sequence for the %s part of %d; "
                       "give it a larger share or more data.sequences",
                       i ? "validation" : "training", s->data.sequences);
    if (s->measure.length == 0) s->measure.length = s->data.length;
    if (s->measure.length < 2)
        return BAD(v, "measure.length",
                   "measure.length: %d is too short to measure transitions; "
                   "give at least 2, or 0 for data.length",
                   s->measure.length);
    return STATUS_OK;
}

static int resolve_analysis(struct settings *s, struct verdict *v)
{
    if (s->analysis.evolution && s->train.snapshots == 0)
        return BAD(v, "analysis.evolution",
                   "analysis.evolution: needs the weights of several "
                   "epochs; set train.snapshots, to 10 for instance, or analysis.evolution to "
                   "false");
    return STATUS_OK;
}

int settings_resolve(struct settings *s, const char **key, struct status *st)
{
    const char *unused = NULL;
    struct verdict v = {.key = key ? key : &unused, .st = st};
    *v.key = NULL;
    bool known = s->hmm.architecture != UNKNOWN_HMM;
    int code = known ? resolve_transitions(s, &v) : STATUS_OK;
    if (!code && known) code = resolve_emission(s, &v);
    if (!code) code = resolve_data(s, &v);
    if (!code) code = resolve_analysis(s, &v);
    return code;
}
