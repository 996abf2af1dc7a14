/* families: see families.h. Powers and exponentials are computed in long double and rounded, so
 * that the matrices do not depend on which libm kernel the CPU gets. Refuses to correct what was
 * written: a row that sums to 0.99 is an error. */
#include "families.h"

#include "value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- given matrices --------------------------------------------------------------------------- */

static int check_shape(const char *key, const struct matrix *m, int rows, int cols,
                       struct refusal *r)
{
    if (m->rows == rows && m->cols == cols) return STATUS_OK;
    return REFUSE(r, key,
                  "%s: the matrix is %d x %d, but hmm.states and hmm.symbols ask for %d x %d; "
                  "change one or the other",
                  key, m->rows, m->cols, rows, cols);
}

static double row_sum(const struct matrix *m, int i)
{
    double sum = 0;
    for (int j = 0; j < m->cols; j++) sum += m->value[i * m->cols + j];
    return sum;
}

static bool columns_sum_to_1(const struct matrix *m)
{
    for (int j = 0; j < m->cols; j++) {
        double sum = 0;
        for (int i = 0; i < m->rows; i++) sum += m->value[i * m->cols + j];
        if (!(fabs(sum - 1) <= ROW_SUM_TOLERANCE)) return false;
    }
    return m->rows > 1;
}

static int check_stochastic(const char *key, const struct matrix *m, struct refusal *r)
{
    for (int i = 0; i < m->rows * m->cols; i++)
        if (!(m->value[i] >= 0 && m->value[i] <= 1))
            return REFUSE(r, key, "%s: row %d has %.10g; a probability lies between 0 and 1", key,
                          i / m->cols + 1, m->value[i]);
    for (int i = 0; i < m->rows; i++) {
        double sum = row_sum(m, i);
        if (fabs(sum - 1) <= ROW_SUM_TOLERANCE) continue;
        if (columns_sum_to_1(m))
            return REFUSE(r, key,
                          "%s: row %d sums to %.10g, not 1, but its columns sum to 1: it looks "
                          "transposed, rows are the state one comes from",
                          key, i + 1, sum);
        return REFUSE(r, key,
                      "%s: row %d sums to %.10g, not 1; correct its numbers (what is within 1e-6 "
                      "is taken and normalised; a fraction such as 1/3 is a number)",
                      key, i + 1, sum);
    }
    return STATUS_OK;
}

/* --- transitions ------------------------------------------------------------------------------ */

/* target_prob or stay_prob */
static int settle_chain(struct settings *s, struct refusal *r)
{
    int M = s->hmm.states;
    if (!isnan(s->hmm.stay_prob)) {
        if (isnan(s->hmm.target_prob)) return STATUS_OK;
        return REFUSE(r, "hmm.stay_prob",
                      "hmm.stay_prob: hmm.target_prob is given too; a linear chain has one or the "
                      "other, set one of them to none");
    }
    if (isnan(s->hmm.target_prob)) s->hmm.target_prob = 0.05;
    double q = pow(s->hmm.target_prob, 1.0 / (M - 1));
    if (M >= 3 && 1 - 2 * q < 0)
        return REFUSE(r, "hmm.states",
                      "hmm.states: %d states with hmm.target_prob %.10g need a negative "
                      "probability of staying (1-2q = %.4f with q = %.4f); use fewer states, a "
                      "target_prob of at most %.4g or hmm.stay_prob",
                      M, s->hmm.target_prob, 1 - 2 * q, q, pow(0.5, M - 1));
    return STATUS_OK;
}

/* To stay and to move to one neighbour, at the ends and inside. */
static void fill_chain(const struct settings *s, double *A)
{
    int M = s->hmm.states;
    double end_stay = s->hmm.stay_prob, end_move = 1 - end_stay;
    double stay = end_stay, move = (1 - end_stay) / 2;
    if (isnan(end_stay)) {
        double q = (double)powl(s->hmm.target_prob, 1.0L / (M - 1));
        end_stay = 1 - q, stay = 1 - 2 * q;
        end_move = move = q;
    }
    for (int i = 0; i < M; i++) {
        bool end = i == 0 || i == M - 1;
        A[i * M + i] = end ? end_stay : stay;
        if (i > 0) A[i * M + i - 1] = end ? end_move : move;
        if (i < M - 1) A[i * M + i + 1] = end ? end_move : move;
    }
}

static void fill_fully(const struct settings *s, double *A)
{
    int M = s->hmm.states;
    double stay = s->hmm.stay_prob;
    for (int i = 0; i < M * M; i++) A[i] = i % (M + 1) ? (1 - stay) / (M - 1) : stay;
}

static void fill_cycle(const struct settings *s, double *A)
{
    int M = s->hmm.states;
    double stay = s->hmm.stay_prob;
    for (int i = 0; i < M; i++) {
        A[i * M + i] = stay;
        A[i * M + (i + 1) % M] = (1 - stay) / 2;
        A[i * M + (i + M - 1) % M] = (1 - stay) / 2;
    }
}

static int settle_custom(struct settings *s, struct refusal *r)
{
    int M = s->hmm.states;
    const struct matrix *transition = &s->hmm.transition, *start = &s->hmm.start;
    if (!transition->rows)
        return REFUSE(r, "hmm.architecture",
                      "hmm.transition: missing; architecture custom needs the transition matrix, "
                      "states x states");
    int code = check_shape("hmm.transition", transition, M, M, r);
    if (!code) code = check_stochastic("hmm.transition", transition, r);
    if (code || !start->rows) return code;
    if (start->rows != 1 || start->cols != M)
        return REFUSE(r, "hmm.start",
                      "hmm.start: %d x %d numbers given; one row with a number for each of the %d "
                      "states is needed",
                      start->rows, start->cols, M);
    return check_stochastic("hmm.start", start, r);
}

static void fill_custom(const struct settings *s, double *A)
{
    const struct matrix *m = &s->hmm.transition;
    memcpy(A, m->value, sizeof *A * (size_t)(m->rows * m->cols));
}

/* --- emissions -------------------------------------------------------------------------------- */

static void fill_linear(const struct settings *s, double *B)
{
    for (int i = 0; i < s->hmm.states; i++) {
        double alpha = (double)i / (s->hmm.states - 1);
        B[3 * i] = 0.99 * (1 - alpha);
        B[3 * i + 1] = 0.01;
        B[3 * i + 2] = 0.99 * alpha;
    }
}

static void fill_gaussian(const struct settings *s, double *B)
{
    int M = s->hmm.states, K = s->hmm.symbols;
    for (int i = 0; i < M; i++) {
        long double centre = (long double)i * (K - 1) / (M - 1), sum = 0;
        for (int j = 0; j < K; j++) {
            long double d = (j - centre) / (0.1L * (K - 1));
            B[i * K + j] = (double)expl(-0.2L * d * d);
            sum += B[i * K + j];
        }
        for (int j = 0; j < K; j++) B[i * K + j] = (double)(B[i * K + j] / sum);
    }
}

static void fill_triangular(const struct settings *s, double *B)
{
    int M = s->hmm.states;
    for (int i = 0; i < M * M; i++) B[i] = i % (M + 1) ? 0.02 / (M - 1) : 0.98;
}

static void fill_cyclic(const struct settings *s, double *B)
{
    static const double preset[12] = {.9, .1, 0, .1, .9, 0, 0, .1, .9, 0, .9, .1};
    (void)s;
    memcpy(B, preset, sizeof preset);
}

static void fill_matrix(const struct settings *s, double *B)
{
    const struct matrix *m = &s->hmm.emission_matrix;
    memcpy(B, m->value, sizeof *B * (size_t)(m->rows * m->cols));
}

/* --- the tables ------------------------------------------------------------------------------- */

const struct family families[] = {
    [LINEAR_CHAIN] = {"linear-chain",
                      {2, MAX_STATES, 2, MAX_SYMBOLS},
                      EMISSION_LINEAR,
                      {{"hmm.target_prob", NAN}, {"hmm.stay_prob", NAN}},
                      settle_chain,
                      fill_chain},
    [FULLY_CONNECTED] = {"fully-connected",
                         {2, MAX_STATES, 2, MAX_SYMBOLS},
                         EMISSION_TRIANGULAR,
                         {{"hmm.stay_prob", 0.95}},
                         NULL,
                         fill_fully},
    [CYCLIC] = {"cyclic",
                {3, MAX_STATES, 2, MAX_SYMBOLS},
                EMISSION_CYCLIC,
                {{"hmm.stay_prob", 0.95}},
                NULL,
                fill_cycle},
    [CUSTOM] = {"custom",
                {1, MAX_STATES, 2, MAX_SYMBOLS},
                EMISSION_AUTO,
                {{"hmm.transition", NAN}, {"hmm.start", NAN}},
                settle_custom,
                fill_custom},
    [UNKNOWN_HMM] = {.name = "unknown"},
    [NUM_ARCHITECTURES] = {0},
};

const struct emission_family emission_families[] = {
    [EMISSION_AUTO] = {.name = "auto"},
    [EMISSION_LINEAR] = {"linear", {2, MAX_STATES, 3, 3}, false, fill_linear},
    [EMISSION_GAUSSIAN] = {"gaussian", {2, MAX_STATES, 2, MAX_SYMBOLS}, false, fill_gaussian},
    [EMISSION_TRIANGULAR] = {"triangular", {2, MAX_STATES, 2, MAX_SYMBOLS}, true, fill_triangular},
    [EMISSION_CYCLIC] = {"cyclic", {4, 4, 3, 3}, false, fill_cyclic},
    [EMISSION_MATRIX] = {"matrix", {1, MAX_STATES, 2, MAX_SYMBOLS}, false, fill_matrix},
    [NUM_EMISSIONS] = {0},
};

/* --- resolving -------------------------------------------------------------------------------- */

static const struct family_parameter *parameter_of(const struct family *family, const char *key)
{
    for (int p = 0; p < MAX_FAMILY_PARAMETERS && family->parameter[p].key; p++)
        if (strcmp(family->parameter[p].key, key) == 0) return &family->parameter[p];
    return NULL;
}

/* One parameter of any family: in range if it is this one's, otherwise not given. */
static int check_parameter(struct settings *s, const struct family *family, const char *key,
                           struct refusal *r)
{
    const struct setting *row = settings_find(key);
    const struct family_parameter *own = parameter_of(family, key);
    struct value value = value_load(s, row);
    char others[200] = "";
    if (own && isnan(value.number) && !isnan(own->meant)) {
        value.number = own->meant;
        value_store(s, row, &value);
    }
    if (isnan(value.number) && !value.matrix.rows) return STATUS_OK;
    if (own && !value.matrix.rows && !value_in_range(row, value.number))
        return REFUSE(r, key, "%s: %g is out of range", key, value.number);
    if (own) return STATUS_OK;
    for (int i = 0; i < NUM_ARCHITECTURES; i++) {
        size_t n = strlen(others);
        if (parameter_of(&families[i], key))
            snprintf(others + n, sizeof others - n, "%s%s", n ? ", " : "", families[i].name);
    }
    return REFUSE(
        r, key,
        "%s: for architecture %s only, this is %s; set it to none or change hmm.architecture", key,
        others, family->name);
}

/* "2 to 64 states", "3 symbols" */
static const char *range_text(char text[48], int least, int most, const char *what)
{
    if (least == most)
        snprintf(text, 48, "%d %s", least, what);
    else
        snprintf(text, 48, "%d to %d %s", least, most, what);
    return text;
}

/* "set hmm.states to 4, or ", of numbers that a row wants; "": it wants none that would help. */
static const char *remedy_text(char text[80], const struct sizes *sizes, bool states_suit,
                               bool symbols_suit)
{
    int n = 0;
    text[0] = '\0';
    if (!states_suit && sizes->least_states == sizes->most_states)
        n = snprintf(text, 80, "set hmm.states to %d", sizes->least_states);
    if (!symbols_suit && sizes->least_symbols == sizes->most_symbols)
        n += snprintf(text + n, 80 - (size_t)n, "%s hmm.symbols to %d", n ? " and" : "set",
                      sizes->least_symbols);
    if (n) strcpy(text + n, ", or ");
    return text;
}

/* Do these states and symbols suit a row? `key`, or at fault the number itself when it is NULL. */
static int check_sizes(const struct settings *s, const char *what, const char *name,
                       const struct sizes *sizes, const char *key, const char *way_out,
                       struct refusal *r)
{
    int M = s->hmm.states, K = s->hmm.symbols;
    bool states_suit = M >= sizes->least_states && M <= sizes->most_states;
    bool symbols_suit = K >= sizes->least_symbols && K <= sizes->most_symbols;
    char states[48], symbols[48], remedy[80];
    if (states_suit && symbols_suit) return STATUS_OK;
    if (!key) key = states_suit ? "hmm.symbols" : "hmm.states";
    return REFUSE(r, key, "%s: %s serves %s and %s, not %d and %d; %s%s", what, name,
                  range_text(states, sizes->least_states, sizes->most_states, "states"),
                  range_text(symbols, sizes->least_symbols, sizes->most_symbols, "symbols"), M, K,
                  remedy_text(remedy, sizes, states_suit, symbols_suit), way_out);
}

static int resolve_transition(struct settings *s, struct refusal *r)
{
    const struct family *family = &families[s->hmm.architecture];
    int code = STATUS_OK;
    for (int i = 0; i < NUM_ARCHITECTURES && !code; i++)
        for (int p = 0; p < MAX_FAMILY_PARAMETERS && families[i].parameter[p].key && !code; p++)
            code = check_parameter(s, family, families[i].parameter[p].key, r);
    if (!code)
        code = check_sizes(s, "hmm.architecture", family->name, &family->sizes, NULL,
                           "change them, or use architecture custom", r);
    if (!code && family->settle) code = family->settle(s, r);
    return code;
}

static int resolve_emission(struct settings *s, struct refusal *r)
{
    int M = s->hmm.states, K = s->hmm.symbols;
    bool own = s->hmm.emission == EMISSION_AUTO;
    if (own) s->hmm.emission = families[s->hmm.architecture].emission;
    if (s->hmm.emission == EMISSION_AUTO)
        return REFUSE(r, "hmm.architecture",
                      "hmm.emission: missing; architecture %s needs an emission matrix, states x "
                      "symbols, or the name of one",
                      families[s->hmm.architecture].name);
    if (s->hmm.emission == EMISSION_MATRIX) {
        int code = check_shape("hmm.emission", &s->hmm.emission_matrix, M, K, r);
        return code ? code : check_stochastic("hmm.emission", &s->hmm.emission_matrix, r);
    }
    const struct emission_family *emission = &emission_families[s->hmm.emission];
    s->hmm.emission_matrix = (struct matrix){0};
    if (emission->square && M != K)
        return REFUSE(r, own ? "hmm.states" : "hmm.emission",
                      "hmm.emission: %s needs as many symbols as states, not %d and %d; make "
                      "them alike, or set hmm.emission to gaussian or a matrix",
                      emission->name, K, M);
    return check_sizes(
        s, "hmm.emission", emission->name, &emission->sizes, own ? NULL : "hmm.emission",
        s->hmm.emission == EMISSION_GAUSSIAN ? "give a matrix"
                                             : "set hmm.emission to gaussian or a matrix",
        r);
}

int families_resolve(struct settings *s, struct refusal *r)
{
    if (s->hmm.architecture < 0 || s->hmm.architecture >= NUM_ARCHITECTURES)
        return REFUSE(r, "hmm.architecture", "hmm.architecture: %d is no architecture",
                      s->hmm.architecture);
    if (s->hmm.emission < 0 || s->hmm.emission >= NUM_EMISSIONS)
        return REFUSE(r, "hmm.emission", "hmm.emission: %d is no emission", s->hmm.emission);
    if (!families[s->hmm.architecture].fill) return STATUS_OK;
    int code = resolve_transition(s, r);
    return code ? code : resolve_emission(s, r);
}
