/* words: see words.h. A word is packed as a number in base K, the words are sorted by radix, and
 * one walk over the sorted words counts each and runs the HMM's forward recursion along it, going
 * on from the prefix shared with the word before. Refuses to enumerate words that were not
 * observed: their share is what the observed ones leave.
 */
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, NUM_DIGITS = 1 << DIGIT_BITS };

/* Sort n keys below `limit`; spare (n). Returns whichever of the two arrays holds the result. */
static uint64_t *sort_keys(uint64_t *key, uint64_t *spare, size_t n, uint64_t limit)
{
    for (int shift = 0; shift < 64 && (limit - 1) >> shift; shift += DIGIT_BITS) {
        size_t at[NUM_DIGITS] = {0}, sum = 0;
        for (size_t i = 0; i < n; i++) at[key[i] >> shift & (NUM_DIGITS - 1)]++;
        for (int d = 0; d < NUM_DIGITS; d++) {
            size_t count = at[d];
            at[d] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++) spare[at[key[i] >> shift & (NUM_DIGITS - 1)]++] = key[i];
        uint64_t *sorted = spare;
        spare = key;
        key = sorted;
    }
    return key;
}

/* Every word of k symbols of the sample as a number in base K, first symbol most significant. */
static void pack_words(const struct sample *sample, int symbols, int k, uint64_t *key)
{
    for (size_t i = 0; i < sample->n; i++)
        for (int t = 0; t + k <= sample->T; t++) {
            const uint8_t *word = sample->symbols + i * (size_t)sample->T + t;
            uint64_t code = 0;
            for (int d = 0; d < k; d++) code = code * (uint64_t)symbols + word[d];
            *key++ = code;
        }
}

/* forward[d] (M) = P(first d + 1 symbols of the word, state there), for d >= from. */
static double extend_forward(const struct hmm *hmm, const double *mean, const int *word, int from,
                             int k, double forward[][MAX_STATES])
{
    int M = hmm->states, K = hmm->symbols;
    for (int d = from; d < k; d++) {
        double *p = forward[d];
        for (int j = 0; j < M; j++) p[j] = d ? 0 : mean[j];
        for (int i = 0; d && i < M; i++)
            for (int j = 0; j < M; j++) p[j] += forward[d - 1][i] * hmm->transition[i * M + j];
        for (int j = 0; j < M; j++) p[j] *= hmm->emission[j * K + word[d]];
    }
    double total = 0;
    for (int j = 0; j < M; j++) total += forward[k - 1][j];
    return total;
}

static double distance(const struct hmm *hmm, const uint64_t *key, size_t n, int k, int T)
{
    double mean[MAX_STATES], forward[MAX_WORD_LENGTH][MAX_STATES];
    hmm_mean_marginal(hmm, T - k + 1, mean);
    int word[MAX_WORD_LENGTH];
    double difference = 0, covered = 0;
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && key[next] == key[i];) next++;
        int same = k; /* symbols shared with the word before */
        uint64_t rest = key[i];
        for (int d = k - 1; d >= 0; d--, rest /= (uint64_t)hmm->symbols) {
            int symbol = (int)(rest % (uint64_t)hmm->symbols);
            if (i == 0 || symbol != word[d]) same = d;
            word[d] = symbol;
        }
        double p = extend_forward(hmm, mean, word, same, k, forward);
        difference += fabs((double)(next - i) / (double)n - p);
        covered += p;
    }
    return (difference + fmax(1 - covered, 0)) / 2;
}

int words_total_variation(const struct hmm *hmm, const struct sample *sample, int k, double *out,
                          struct status *st)
{
    *out = NAN;
    if (k > sample->T || sample->n == 0) return STATUS_OK;
    size_t n = sample->n * (size_t)(sample->T - k + 1);
    uint64_t limit = 1;
    for (int d = 0; d < k; d++) limit *= (uint64_t)hmm->symbols;
    uint64_t *key = malloc(2 * n * sizeof *key);
    if (!key)
        return status_no_memory(st,
                                "counting words of %zu sequences, which needs %.0f MB; lower "
                                "measure.sequences or use fewer workers a node",
                                sample->n, 2 * sizeof *key * (double)n / 1e6);
    pack_words(sample, hmm->symbols, k, key);
    *out = distance(hmm, sort_keys(key, key + n, n, limit), n, k, sample->T);
    free(key);
    return STATUS_OK;
}
