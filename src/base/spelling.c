/* spelling: see spelling.h. Refuses to decide what the words are. */
#include "spelling.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 63 };

/* linear_chain, Linear-Chain and linear-chain are one word. */
static int folded(char c)
{
    return c == '-' ? '_' : tolower((unsigned char)c);
}

static bool begins_with(const char *text, const char *word)
{
    while (*word && folded(*text) == folded(*word)) text++, word++;
    return !*word;
}

bool spelling_is_same(const char *a, size_t n, const char *b)
{
    size_t i = 0;
    while (i < n && folded(a[i]) == folded(b[i])) i++; /* b's NUL is like no byte of a */
    return i == n && !b[n];
}

static int distance(const char *a, const char *b)
{
    int d[LONGEST + 1][LONGEST + 1];
    size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST) return LONGEST + 1;
    for (size_t i = 0; i <= na; i++) d[i][0] = (int)i;
    for (size_t j = 0; j <= nb; j++) d[0][j] = (int)j;
    for (size_t i = 1; i <= na; i++)
        for (size_t j = 1; j <= nb; j++) {
            int best = d[i - 1][j - 1] + (folded(a[i - 1]) != folded(b[j - 1]));
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1]) && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[na][nb];
}

const char *spelling_nearest(const char *word, const char *const *candidate, int num)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    int most = length / 3 > 2 ? (int)(length / 3) : length > 2 ? 2 : (int)length - 1;
    for (int i = 0; i < num && length > 0; i++) {
        if (!candidate[i]) continue;
        int d = distance(word, candidate[i]);
        if (d > LONGEST) continue;
        if (length > 1 && d > 1 && begins_with(candidate[i], word)) d = 1;
        if (d > most || d >= (int)strlen(candidate[i])) continue;
        nearest = candidate[i];
        most = d - 1;
    }
    return nearest;
}
