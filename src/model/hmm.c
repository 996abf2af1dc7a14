/* hmm: see hmm.h; here the presets of SCIENCE 1.2 and 1.3 (what follows from the matrices is in
 * hmm_statistics.c). Refuses what a preset cannot serve (negative probabilities, rows that do not
 * sum to 1, a missing matrix) and says so. Powers and exponentials are computed in long double and
 * rounded, so that the matrices do not depend on which libm kernel the CPU gets.
 */
#include "hmmgrid/hmm.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ENTRIES = MAX_STATES + MAX_STATES * MAX_STATES + MAX_STATES * MAX_SYMBOLS };

/* --- transition families ---------------------------------------------------------------------- */

static int bad_grid(struct status *st, const char *text)
{
    return status_set(st, STATUS_BAD_GRID, "%s", text);
}

static bool is_given(double x)
{
    return !isnan(x);
}

/* The chain of SCIENCE 1.2: to stay and to move to one neighbour, at the ends and inside. */
static void fill_chain(int M, double end_stay, double end_move, double inner_stay,
                       double inner_move, double *A)
{
    for (int i = 0; i < M; i++) {
        bool end = i == 0 || i == M - 1;
        A[i * M + i] = end ? end_stay : inner_stay;
        if (i > 0) A[i * M + i - 1] = end ? end_move : inner_move;
        if (i < M - 1) A[i * M + i + 1] = end ? end_move : inner_move;
    }
}

static int linear_chain(const struct settings *s, double *A, struct status *st)
{
    int M = s->hmm.states;
    double stay = s->hmm.stay_prob, target = s->hmm.target_prob;
    if (M < 2)
        return bad_grid(st, "hmm.states: a linear chain has two ends, so it needs at least 2 "
                            "states; use 2 or more, or architecture custom");
    if (is_given(stay) == is_given(target))
        return bad_grid(
            st, is_given(stay) ? "hmm.stay_prob and hmm.target_prob are both given, and each alone "
                                 "decides the transitions; keep one"
                               : "neither hmm.target_prob nor hmm.stay_prob is given, so the "
                                 "transitions are undecided; give one");
    if (is_given(stay)) {
        if (!(stay >= 0 && stay <= 1))
            return status_set(st, STATUS_BAD_GRID,
                              "hmm.stay_prob: %g is not a probability; use 0 to 1", stay);
        fill_chain(M, stay, 1 - stay, stay, (1 - stay) / 2, A);
        return STATUS_OK;
    }
    if (!(target > 0 && target <= 1))
        return status_set(st, STATUS_BAD_GRID,
                          "hmm.target_prob: %g is not a probability of getting from one end to the "
                          "other; use more than 0, at most 1",
                          target);
    double q = (double)powl(target, 1.0L / (M - 1));
    if (M > 2 && 1 - 2 * q < 0)
        return status_set(st, STATUS_BAD_GRID,
                          "hmm.target_prob %g with %d states: inner states would stay with "
                          "probability %.4f, which is negative; use fewer states, a target_prob of "
                          "at most %.4g, or stay_prob",
                          target, M, 1 - 2 * q, pow(0.5, M - 1));
    fill_chain(M, 1 - q, q, 1 - 2 * q, q, A);
    return STATUS_OK;
}

/* stay_prob of the families that know no other parameter. */
static int only_stay(const struct settings *s, const char *family, struct status *st)
{
    if (is_given(s->hmm.target_prob))
        return status_set(st, STATUS_BAD_GRID,
                          "hmm.target_prob: %s has no ends to walk between; use stay_prob", family);
    if (!(s->hmm.stay_prob >= 0 && s->hmm.stay_prob <= 1))
        return status_set(st, STATUS_BAD_GRID,
                          "hmm.stay_prob: %s needs a probability, not %g; use 0 to 1", family,
                          s->hmm.stay_prob);
    return STATUS_OK;
}

static int fully_connected(const struct settings *s, double *A, struct status *st)
{
    int M = s->hmm.states;
    if (only_stay(s, "fully-connected", st)) return STATUS_BAD_GRID;
    double stay = s->hmm.stay_prob;
    for (int i = 0; i < M * M; i++) A[i] = M > 1 ? (1 - stay) / (M - 1) : 1;
    for (int i = 0; M > 1 && i < M; i++) A[i * M + i] = stay;
    return STATUS_OK;
}

static int cyclic(const struct settings *s, double *A, struct status *st)
{
    int M = s->hmm.states;
    if (M < 3)
        return bad_grid(st, "hmm.states: a cycle gives every state two different neighbours, so it "
                            "needs at least 3 states; use 3 or more, or linear-chain for 2");
    if (only_stay(s, "cyclic", st)) return STATUS_BAD_GRID;
    double stay = s->hmm.stay_prob;
    for (int i = 0; i < M; i++) {
        A[i * M + i] = stay;
        A[i * M + (i + 1) % M] = (1 - stay) / 2;
        A[i * M + (i + M - 1) % M] = (1 - stay) / 2;
    }
    return STATUS_OK;
}

/* Copy a given matrix whose size must be rows x cols. */
static int copy_matrix(const char *key, const struct matrix *m, int rows, int cols, double *out,
                       struct status *st)
{
    if (!m->value || !m->rows || !m->cols)
        return status_set(st, STATUS_BAD_GRID,
                          "%s is not given, and nothing else can fill its %d x %d probabilities; "
                          "give the matrix",
                          key, rows, cols);
    if (m->rows != rows || m->cols != cols)
        return status_set(st, STATUS_BAD_GRID,
                          "%s is %d x %d, but hmm.states and hmm.symbols ask for %d x %d; change "
                          "one of them",
                          key, m->rows, m->cols, rows, cols);
    memcpy(out, m->value, sizeof *out * (size_t)rows * (size_t)cols);
    return STATUS_OK;
}

static int custom(const struct settings *s, double *A, struct status *st)
{
    return copy_matrix("hmm.transition", &s->hmm.transition, s->hmm.states, s->hmm.states, A, st);
}

/* --- emission presets ------------------------------------------------------------------------- */

static int emission_linear(const struct settings *s, double *B, struct status *st)
{
    int M = s->hmm.states;
    if (s->hmm.symbols != 3 || M < 2)
        return bad_grid(st, "hmm.emission: linear is made for 3 symbols and 2 or more states; use "
                            "gaussian or give the matrix");
    for (int i = 0; i < M; i++) {
        double alpha = (double)i / (M - 1);
        B[3 * i] = 0.99 * (1 - alpha);
        B[3 * i + 1] = 0.01;
        B[3 * i + 2] = 0.99 * alpha;
    }
    return STATUS_OK;
}

static int emission_gaussian(const struct settings *s, double *B, struct status *st)
{
    int M = s->hmm.states, K = s->hmm.symbols;
    if (M < 2 || K < 2)
        return bad_grid(st, "hmm.emission: gaussian spreads the states over the symbols, so it "
                            "needs at least 2 of each; give the matrix instead");
    for (int i = 0; i < M; i++) {
        long double centre = (long double)i * (K - 1) / (M - 1), sum = 0;
        for (int j = 0; j < K; j++) {
            long double d = (j - centre) / (0.1L * (K - 1));
            B[i * K + j] = (double)expl(-0.2L * d * d);
            sum += B[i * K + j];
        }
        for (int j = 0; j < K; j++) B[i * K + j] = (double)(B[i * K + j] / sum);
    }
    return STATUS_OK;
}

static int emission_triangular(const struct settings *s, double *B, struct status *st)
{
    int M = s->hmm.states, K = s->hmm.symbols;
    if (M != K)
        return status_set(
            st, STATUS_BAD_GRID,
            "hmm.emission: triangular gives every state its own symbol, so it needs "
            "as many states as symbols, not %d and %d; change one, or use gaussian or "
            "a matrix",
            M, K);
    for (int i = 0; i < M * K; i++) B[i] = M > 1 ? 0.02 / (M - 1) : 1;
    for (int i = 0; M > 1 && i < M; i++) B[i * K + i] = 0.98;
    return STATUS_OK;
}

static int emission_cyclic(const struct settings *s, double *B, struct status *st)
{
    static const double preset[12] = {.9, .1, 0, .1, .9, 0, 0, .1, .9, 0, .9, .1};
    if (s->hmm.states != 4 || s->hmm.symbols != 3)
        return bad_grid(st, "hmm.emission: the cyclic preset is for 4 states and 3 symbols; name "
                            "another emission (gaussian, triangular or a matrix)");
    memcpy(B, preset, sizeof preset);
    return STATUS_OK;
}

static int emission_matrix(const struct settings *s, double *B, struct status *st)
{
    return copy_matrix("hmm.emission", &s->hmm.emission_matrix, s->hmm.states, s->hmm.symbols, B,
                       st);
}

/* --- the tables ------------------------------------------------------------------------------- */

typedef int fill_function(const struct settings *s, double *out, struct status *st);

/* Row = enum architecture: how it moves, and what EMISSION_AUTO means for it. */
static const struct {
    fill_function *transition;
    int emission;
} families[] = {
    [LINEAR_CHAIN] = {linear_chain, EMISSION_LINEAR},
    [FULLY_CONNECTED] = {fully_connected, EMISSION_TRIANGULAR},
    [CYCLIC] = {cyclic, EMISSION_CYCLIC},
    [CUSTOM] = {custom, EMISSION_MATRIX},
};

/* Row = enum emission. */
static fill_function *const emissions[] = {
    [EMISSION_LINEAR] = emission_linear,         [EMISSION_GAUSSIAN] = emission_gaussian,
    [EMISSION_TRIANGULAR] = emission_triangular, [EMISSION_CYCLIC] = emission_cyclic,
    [EMISSION_MATRIX] = emission_matrix,
};

/* Every row must be probabilities that sum to 1 within 1e-6; what is left of the error goes. */
static int check_rows(const char *key, double *p, int rows, int cols, struct status *st)
{
    for (int i = 0; i < rows; i++) {
        double sum = 0;
        for (int j = 0; j < cols; j++) {
            double x = p[i * cols + j];
            if (!(x >= 0 && x <= 1 + 1e-6))
                return status_set(st, STATUS_BAD_GRID,
                                  "%s: entry %d of row %d is %g, which is not a probability; use 0 "
                                  "to 1",
                                  key, j + 1, i + 1, x);
            sum += x;
        }
        if (!(fabs(sum - 1) <= 1e-6))
            return status_set(st, STATUS_BAD_GRID,
                              "%s: row %d sums to %.9g, but the probabilities of what follows a "
                              "state sum to 1; correct the row",
                              key, i + 1, sum);
        for (int j = 0; fabs(sum - 1) > 1e-12 && j < cols; j++) p[i * cols + j] /= sum;
    }
    return STATUS_OK;
}

static int fill(struct hmm *hmm, const struct settings *s, struct status *st)
{
    int M = hmm->states, code;
    unsigned family = (unsigned)s->hmm.architecture;
    if (family >= sizeof families / sizeof *families)
        return status_set(st, STATUS_BAD_GRID, "hmm.architecture: %d is no architecture",
                          (int)family);
    unsigned emission = (unsigned)s->hmm.emission;
    if (emission == EMISSION_AUTO) emission = (unsigned)families[family].emission;
    if (emission >= sizeof emissions / sizeof *emissions)
        return status_set(st, STATUS_BAD_GRID, "hmm.emission: %d is no emission", (int)emission);

    if ((code = families[family].transition(s, hmm->transition, st))) return code;
    if ((code = emissions[emission](s, hmm->emission, st))) return code;
    for (int i = 0; i < M; i++) hmm->start[i] = 1.0 / M;
    if (s->hmm.start.value &&
        (code = copy_matrix("hmm.start", &s->hmm.start, 1, M, hmm->start, st)))
        return code;
    if ((code = check_rows("hmm.start", hmm->start, 1, M, st))) return code;
    if ((code = check_rows("hmm.transition", hmm->transition, M, M, st))) return code;
    return check_rows("hmm.emission", hmm->emission, M, hmm->symbols, st);
}

int hmm_init(struct hmm *hmm, const struct settings *s, struct status *st)
{
    *hmm = (struct hmm){0};
    int M = s->hmm.states, K = s->hmm.symbols;
    if (M < 1 || M > MAX_STATES)
        return status_set(st, STATUS_BAD_GRID, "hmm.states: %d is outside 1 to %d", M, MAX_STATES);
    if (K < 1 || K > MAX_SYMBOLS)
        return status_set(st, STATUS_BAD_GRID, "hmm.symbols: %d is outside 1 to %d", K,
                          MAX_SYMBOLS);
    double *block =
        calloc((size_t)M + (size_t)M * (size_t)M + (size_t)M * (size_t)K, sizeof *block);
    if (!block)
        return status_no_memory(st, "the matrices of an HMM of %d states; use fewer workers a node",
                                M);
    *hmm = (struct hmm){.states = M,
                        .symbols = K,
                        .start = block,
                        .transition = block + M,
                        .emission = block + M + M * M};
    int code = fill(hmm, s, st);
    if (code) hmm_free(hmm);
    return code;
}

void hmm_free(struct hmm *hmm)
{
    if (!hmm) return;
    free(hmm->start);
    *hmm = (struct hmm){0};
}

void hmm_fingerprint(const struct hmm *hmm, char hex[33])
{
    size_t M = (size_t)hmm->states, K = (size_t)hmm->symbols, n = 0;
    double all[2 + MAX_ENTRIES];
    all[n++] = (double)M;
    all[n++] = (double)K;
    /* + 0.0 makes one zero of the two */
    for (size_t i = 0; i < M; i++) all[n++] = hmm->start[i] + 0.0;
    for (size_t i = 0; i < M * M; i++) all[n++] = hmm->transition[i] + 0.0;
    for (size_t i = 0; i < M * K; i++) all[n++] = hmm->emission[i] + 0.0;
    hash_128_hex(all, n * sizeof *all, hex);
}
