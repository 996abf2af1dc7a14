/* panel: where the parts of a figure stand, in mm from its upper left corner, and planes of states,
 * which are drawn to the same scale both ways. Labels with tags from 51 on are the figure's own.
 * Refuses to plot.
 */
#pragma once

#include "figure.h"

#include <math.h>

/* A panel's axes. Its title, if any, stands above its upper left corner. */
void panel_open(struct figure *f, double left, double top, double width, double height);
void panel_title(struct figure *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Symbols 0 to num - 1, the first seven, in their colours, above the upper right corner. */
void panel_symbols(struct figure *f, int num);

/* A word in the upper right corner. */
void panel_word(struct figure *f, const char *word);

/* Words in colours of gnuplot ("lt 5", "rgb ink") in one line at the top of the figure, `at` mm
 * from its left. Once the height of the figure is set. */
struct legend {
    double at;
    const char *colour, *word;
};
void panel_legend(struct figure *f, const struct legend *legend, int num);

/* Title, symbols and word go. */
void panel_clear(struct figure *f);

/* The range of two coordinates; NaN is passed over. */
struct plane {
    double low[2], high[2];
};
#define PLANE_EMPTY                                                                                \
    {                                                                                              \
        {INFINITY, INFINITY},                                                                      \
        {                                                                                          \
            -INFINITY, -INFINITY                                                                   \
        }                                                                                          \
    }
void plane_add(struct plane *plane, double x, double y);

/* Make it a little wider all round, and as much so one way that a panel of this width (mm) gets
 * between `flattest` and `tallest` times that as its height, which is returned. A point
 * gets a side of 1. */
double plane_fit(struct plane *plane, double width, double flattest, double tallest);
/* Its axes, PC1 and PC2; explained: shares of the variance, NULL: not told. */
void plane_axes(struct figure *f, const struct plane *plane, const struct array *explained);
