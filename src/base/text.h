/* text: a text into a field of fixed size, never cut without a sign; a word among others. */
#pragma once

#include <string.h>

/* field (room bytes) gets text and NULs behind it, as far as there is room; a longer one is cut
 * between two characters of UTF-8 and ends with "...". text NULL: none. */
static inline void text_fit(char *field, size_t room, const char *text)
{
    static const char sign[] = "...";
    size_t n = text ? strlen(text) : 0, mark = n > room && room > 3 ? 3 : 0;
    if (n > room) {
        n = room - mark;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
    }
    memset(field, 0, room);
    if (n) memcpy(field, text, n);
    memcpy(field + n, sign, mark);
}

/* Index of the first of num words that is this one, or -1. */
static inline int text_index(const char *const *words, int num, const char *word)
{
    for (int i = 0; i < num; i++)
        if (strcmp(words[i], word) == 0) return i;
    return -1;
}
