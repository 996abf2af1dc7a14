/* shell: words as a shell takes them, whatever is in them. */
#pragma once

#include <stdio.h>

/* The word, in single quotes where a shell would see more in it than a word. */
void shell_put(FILE *out, const char *word);

/* Words with blanks between; malloc'd, NULL: memory out. */
char *shell_line(int num, const char *const *word);
