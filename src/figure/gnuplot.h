/* gnuplot: the program that draws. Refuses to know what is drawn.
 */
#pragma once

#include "figure.h"

/* The gnuplot file of a figure: what runs by itself in its folder and draws NAME.svg and NAME.pdf.
 */
void gnuplot_write(FILE *out, const struct figure *f, const char *script);

/* Run the files NAME.gp of these figures (num), all in `folder`, in as few processes as there are
 * mistakes. note (n bytes): "", or why some were not drawn. Which ones were is told by their files.
 */
void gnuplot_draw(const struct figure *const *figure, int num, const char *folder, char *note,
                  size_t n);
