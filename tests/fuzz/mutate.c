/* mutate: see fuzz.h. Bits, bytes, numbers, words of the languages that are read, and pieces of
 * other inputs. */
#include "fuzz.h"

#include <string.h>

static const char *const word[] = {"\0\0\0\0",
                                   "\xff\xff\xff\xff\xff\xff\xff\xff",
                                   "\x7f",
                                   "\xc2\x9b",
                                   "\033[",
                                   "\\u0000",
                                   "1e999",
                                   "-1",
                                   "nan",
                                   "18446744073709551616",
                                   "9007199254740993",
                                   "0x10",
                                   "null",
                                   "true",
                                   "[[",
                                   "]",
                                   "{",
                                   "}: ",
                                   "&a ",
                                   "*a",
                                   "<<: *a",
                                   "!!int ",
                                   "- ",
                                   ": ",
                                   "\n  ",
                                   "'",
                                   "\"",
                                   "%",
                                   "(",
                                   ")",
                                   " and ",
                                   " in (",
                                   "not ",
                                   " == ",
                                   "[0]",
                                   "status",
                                   "hmm.states",
                                   "rnn.hidden",
                                   "0-999999999",
                                   "---\n"};
enum { NUM_WORDS = sizeof word / sizeof word[0], MOST_CHANGES = 8, MOST_PIECE = 64 };

/* splitmix64: Steele, Lea and Flood 2014. */
static uint64_t next(struct chance *c)
{
    uint64_t z = c->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t chance_below(struct chance *c, uint64_t below)
{
    return below ? next(c) % below : 0;
}

/* Put m bytes in the place of `gone` at `at`. */
static size_t replace(unsigned char *out, size_t n, size_t at, size_t gone, const void *from,
                      size_t m)
{
    if (gone > n - at) gone = n - at;
    if (n - gone + m > MOST_BYTES) return n;
    memmove(out + at + m, out + at + gone, n - at - gone);
    memcpy(out + at, from, m);
    return n - gone + m;
}

static size_t change(const struct corpus *corpus, struct chance *c, unsigned char *out, size_t n)
{
    unsigned char piece[MOST_PIECE];
    size_t at = chance_below(c, n + 1), m = 1 + chance_below(c, MOST_PIECE);
    const struct input *other = &corpus->item[chance_below(c, (uint64_t)corpus->num)];
    const char *w = word[chance_below(c, NUM_WORDS)];
    size_t from = chance_below(c, other->num + 1), length = *w ? strlen(w) : 4;
    bool over = chance_below(c, 2); /* in the place of others, or between them */
    switch (n ? chance_below(c, 8) : 6) {
    case 0:
    case 1: /* a bit */
        if (at < n) out[at] ^= (unsigned char)(1u << chance_below(c, 8));
        return n;
    case 2: /* a byte */
        if (at < n) out[at] = (unsigned char)next(c);
        return n;
    case 3: /* one more or less */
        if (at < n) out[at] = (unsigned char)(out[at] + (over ? 1 : 255));
        return n;
    case 4: /* nothing in its place */ return replace(out, n, at, m, piece, 0);
    case 5: /* of another one */
        if (m > other->num - from) m = other->num - from;
        return replace(out, n, at, over ? m : 0, other->bytes + from, m);
    case 6: return replace(out, n, at, over ? length : 0, w, length);
    default: /* twice */
        if (m > n - at) m = n - at;
        memcpy(piece, out + at, m);
        return replace(out, n, at, 0, piece, m);
    }
}

size_t mutate(const struct corpus *corpus, struct chance *c, unsigned char *out)
{
    const struct input *base = &corpus->item[chance_below(c, (uint64_t)corpus->num)];
    size_t n = base->num;
    memcpy(out, base->bytes, n);
    for (uint64_t num = 1 + chance_below(c, MOST_CHANGES); num > 0; num--)
        n = change(corpus, c, out, n);
    if (chance_below(c, 32) == 0) n = chance_below(c, n + 1); /* cut off */
    out[n] = '\0';
    return n;
}
