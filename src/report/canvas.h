/* canvas: a plot of characters, for a terminal: lines and points in a frame with numbers at its
 * ends. With UTF-8 a character is 2 by 4 dots (braille), else one dot. Pure apart from the stream.
 */
#pragma once

#include "hmmgrid/status.h"
#include <stdbool.h>
#include <stdio.h>

enum { CANVAS_LABEL = 9 }; /* columns left of the frame */

struct canvas {
    int columns, rows; /* characters of the frame's inside */
    bool utf8, log_y;
    double x[2], y[2]; /* what its ends are */
    char *cell;        /* (rows, columns) dots of a character as bits, or the character; owned */
};

/* Does the locale of the environment say UTF-8? */
bool canvas_is_utf8(void);

/* As wide as the stream's terminal (80 where it is none), `lines` high with axis and labels; x and
 * y are set by the caller before anything is drawn, or widened by canvas_take. STATUS_NO_MEMORY.
 * Free with canvas_free. */
int canvas_init(struct canvas *canvas, FILE *out, int lines, struct status *st);
void canvas_free(struct canvas *canvas);

/* Widen y to hold a finite number; the first one narrows it to that. */
void canvas_take(struct canvas *canvas, double y);
/* After the last: some room above and below, and a logarithm where numbers above 0 span 20 to 1. */
void canvas_fit(struct canvas *canvas);

/* What is not finite is left out. dashed: every other two dots. mark: of ASCII. */
void canvas_point(struct canvas *canvas, double x, double y, char mark);
void canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1, bool dashed,
                 char mark);

/* Lines of the frame, each ended by `end` ("\n", or what erases the rest of a terminal's line), y
 * at the left, below it label_x (num), each centred at its x. */
struct canvas_label {
    double x;
    const char *text;
};
void canvas_print(const struct canvas *canvas, const struct canvas_label *label_x, int num,
                  const char *end, FILE *out);
