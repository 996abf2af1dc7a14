/* shell: see shell.h. Source: POSIX.1-2017, Shell Command Language 2.2.2. */
#include "shell.h"

#include "sheet.h"

#include <string.h>

void shell_put(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./,:%@";
    if (*word && !word[strspn(word, plain)]) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++) *word == '\'' ? fputs("'\\''", out) : fputc(*word, out);
    fputc('\'', out);
}

char *shell_line(int num, const char *const *word)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    for (int i = 0; out && i < num; i++) {
        if (i) fputc(' ', out);
        shell_put(out, word[i]);
    }
    return out ? sheet_close(&sheet, out, true, NULL) : NULL;
}
