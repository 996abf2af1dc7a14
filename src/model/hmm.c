/* hmm: see hmm.h. Its matrices are made by the rows of settings/families.h; here they are put
 * together (what follows from them is in hmm_statistics.c). */
#include "hmmgrid/hmm.h"

#include "base/hash.h"
#include "settings/families.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ENTRIES = MAX_STATES + MAX_STATES * MAX_STATES + MAX_STATES * MAX_SYMBOLS };

/* Given rows sum to 1 within ROW_SUM_TOLERANCE; what is left of the error goes. */
static void normalise(double *p, int rows, int cols)
{
    for (int i = 0; i < rows; i++) {
        double sum = 0;
        for (int j = 0; j < cols; j++) sum += p[i * cols + j];
        for (int j = 0; fabs(sum - 1) > 1e-12 && j < cols; j++) p[i * cols + j] /= sum;
    }
}

static void fill(struct hmm *hmm, const struct settings *s)
{
    int M = hmm->states, K = hmm->symbols;
    families[s->hmm.architecture].fill(s, hmm->transition);
    emission_families[s->hmm.emission].fill(s, hmm->emission);
    for (int i = 0; i < M; i++) hmm->start[i] = s->hmm.start.rows ? s->hmm.start.value[i] : 1.0 / M;
    normalise(hmm->start, 1, M);
    normalise(hmm->transition, M, M);
    normalise(hmm->emission, M, K);
}

int hmm_init(struct hmm *hmm, const struct settings *settings, struct status *st)
{
    struct settings s = *settings;
    const char *key;
    struct refusal refusal = {&key, st};
    int M = s.hmm.states, K = s.hmm.symbols;
    *hmm = (struct hmm){0};
    int code = families_resolve(&s, &refusal);
    if (code) return code;
    if (!families[s.hmm.architecture].fill)
        return status_set(st, STATUS_BAD_GRID,
                          "hmm.architecture: an unknown HMM has no matrices; name another");
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
    fill(hmm, &s);
    return STATUS_OK;
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
