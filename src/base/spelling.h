/* spelling: did you mean? */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The one of `num` candidates (NULL ones are skipped) that is most like a mistyped word, the first
 * of equals, capitals and small letters, - and _ being alike: it begins with the word (of two
 * letters or more), or the edit distance with swaps of neighbours (optimal string alignment) is at
 * most 2 or a third of the word, and less than its own length. NULL: none is. Words beyond 63 bytes
 * are like nothing. Borrowed from the candidates. */
const char *spelling_nearest(const char *word, const char *const *candidate, int num);

/* Are a[0..n), which has no NUL, and b one word, capitals and small letters, - and _ being alike?
 */
bool spelling_is_same(const char *a, size_t n, const char *b);
