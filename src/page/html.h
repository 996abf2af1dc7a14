/* html: what a page is written with. Text of others goes through html_text alone, which leaves
 * nothing in it that a browser would obey; errors stay in the stream.
 */
#pragma once

#include <stdio.h>

/* Text as printf makes it: & < > " ' are written as entities, control characters as show.h does. */
void html_text(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* <tag>text</tag>; tag: our own, attributes may follow its name: "td class=\"number\"". */
void html_tag(FILE *out, const char *tag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Our own markup as it stands: no text of others. */
void html_mark(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A table's cell with a number of 4 significant digits, all of them for who sorts; NaN: a dash. */
void html_number(FILE *out, double x);
