/* show: text for people, on a terminal or in a log that is read on one. Names of foreign files and
 * studies may hold characters that steer a terminal or turn text around; of these the number is
 * written: \x1b, \u009b, \u202e. */
#pragma once

#include <stdint.h>
#include <stdio.h>

/* A control character of either kind, an end of line that is none of ASCII's, one that sets the
 * direction of text, or none at all: what no text for people holds. */
int show_is_control(uint32_t point);

/* The character at s, which does not begin with NUL, or its number. Returns how many bytes of s it
 * takes. */
enum { SHOWN_BYTES = 8 };
size_t show_character(const char *s, char shown[SHOWN_BYTES]);

/* As fprintf, with every character so shown but for \n and \t. */
int show_on(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
