/* wrap: a text over the lines of a terminal. */
#pragma once

#include <stdio.h>

/* Columns of the stream's terminal; INT_MAX where it is none, where nothing is wrapped. */
int wrap_width(FILE *out);

/* Its lines; 0 where it is none. */
int wrap_height(FILE *out);

/* The text and an end of line. Its first line begins at column `at`, the others behind `indent`
 * blanks; one that is longer than `width` columns is broken at its blanks, unless it begins with
 * one. */
void wrap_text(FILE *out, const char *text, int indent, int at, int width);
