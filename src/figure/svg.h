/* svg: a drawing of gnuplot made fit to stand in a page. Pure.
 */
#pragma once

#include <stdbool.h>

/* From the text of an SVG file: without prologue and outside references, ids and what refers to
 * them with `prefix` in front, as wide as what holds it (viewBox kept), black as var(--figure-ink,
 * #000), white as var(--figure-paper, #fff), `title` as its name for those who cannot see it.
 * malloc'd; NULL: memory out, or no SVG. */
char *svg_inline(const char *svg, const char *prefix, const char *title);
