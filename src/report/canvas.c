/* canvas: see canvas.h. Refuses colours: what is drawn must be told apart by its shape. */
#include "canvas.h"

#include "base/show.h"
#include "base/wrap.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool canvas_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *text = getenv(names[i]);
        if (text && *text) return strcasestr(text, "UTF-8") || strcasestr(text, "utf8");
    }
    return false;
}

int canvas_init(struct canvas *c, FILE *out, int lines, struct status *st)
{
    enum { USUAL = 80, LEAST = 8 };
    int width = wrap_width(out);
    if (width == INT_MAX) width = USUAL;
    *c = (struct canvas){.columns = width - CANVAS_LABEL - 3,
                         .rows = lines - 2,
                         .utf8 = canvas_is_utf8(),
                         .x = {0, 1},
                         .y = {NAN, NAN}};
    if (c->columns < LEAST) c->columns = LEAST;
    if (c->rows < LEAST / 2) c->rows = LEAST / 2;
    c->cell = calloc((size_t)c->columns * (size_t)c->rows + 1, 1);
    return c->cell ? STATUS_OK : status_no_memory(st, "a plot");
}

void canvas_free(struct canvas *c)
{
    free(c->cell);
}

/* --- scales ----------------------------------------------------------------------------------- */

void canvas_take(struct canvas *c, double y)
{
    if (!isfinite(y)) return;
    c->y[0] = fmin(c->y[0], y); /* skips NaN */
    c->y[1] = fmax(c->y[1], y);
}

void canvas_fit(struct canvas *c)
{
    static const double wide = 20, room = 0.04;
    if (isnan(c->y[0])) c->y[0] = 0, c->y[1] = 1;
    c->log_y = c->y[0] > 0 && c->y[1] / c->y[0] > wide;
    double low = c->log_y ? log(c->y[0]) : c->y[0], high = c->log_y ? log(c->y[1]) : c->y[1];
    double more = high > low ? room * (high - low) : fmax(fabs(high) / 10, 1e-3);
    c->y[0] = c->log_y ? exp(low - more) : low - more;
    c->y[1] = c->log_y ? exp(high + more) : high + more;
}

/* Dots from the left and from the top. */
static double across(const struct canvas *c, double x)
{
    return (x - c->x[0]) / (c->x[1] - c->x[0]) * (c->columns * (c->utf8 ? 2 : 1) - 1);
}

static double down(const struct canvas *c, double y)
{
    double share =
        c->log_y ? log(y / c->y[0]) / log(c->y[1] / c->y[0]) : (y - c->y[0]) / (c->y[1] - c->y[0]);
    return (1 - share) * (c->rows * (c->utf8 ? 4 : 1) - 1);
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void dot(struct canvas *c, double x, double y, char mark)
{
    static const unsigned char bit[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    if (!(fabs(x) < 1e6) || !(fabs(y) < 1e6)) return;
    int i = (int)lround(x), j = (int)lround(y), wide = c->utf8 ? 2 : 1, high = c->utf8 ? 4 : 1;
    if (i < 0 || j < 0 || i >= c->columns * wide || j >= c->rows * high) return;
    char *cell = &c->cell[j / high * c->columns + i / wide];
    if (c->utf8)
        *cell = (char)((unsigned char)*cell | bit[j % 4][i % 2]);
    else
        *cell = mark;
}

void canvas_point(struct canvas *c, double x, double y, char mark)
{
    double i = across(c, x), j = down(c, y);
    dot(c, i, j, mark);
    for (int k = 1; k < 4 && c->utf8; k++) dot(c, i + k % 2, j + k / 2, mark);
}

void canvas_line(struct canvas *c, double x0, double y0, double x1, double y1, bool dashed,
                 char mark)
{
    double i = across(c, x0), j = down(c, y0), to_i = across(c, x1), to_j = down(c, y1);
    double length = fmax(fabs(to_i - i), fabs(to_j - j));
    if (!(length < 1e5)) return;
    for (int k = 0; k <= (int)length; k++) {
        double t = length > 0 ? k / length : 0;
        if (!dashed || k % 4 < 2) dot(c, i + t * (to_i - i), j + t * (to_j - j), mark);
    }
}

/* --- printing --------------------------------------------------------------------------------- */

static void put_braille(unsigned dots, FILE *out)
{
    if (dots == 0)
        fputc(' ', out);
    else /* U+2800 and its dots */
        fputc(0xE2, out), fputc((int)(0xA0 | dots >> 6), out),
            fputc((int)(0x80 | (dots & 63)), out);
}

/* The number at the left of a row; most have none. */
static void put_label(const struct canvas *c, int row, FILE *out)
{
    bool has = row == 0 || row == c->rows - 1 || row == (c->rows - 1) / 2;
    double share = 1 - (double)row / (c->rows - 1);
    double y =
        c->log_y ? c->y[0] * pow(c->y[1] / c->y[0], share) : c->y[0] + share * (c->y[1] - c->y[0]);
    if (has)
        show_on(out, "%*.4g %s", CANVAS_LABEL, y, c->utf8 ? "\u2524" : "|");
    else
        show_on(out, "%*s %s", CANVAS_LABEL, "", c->utf8 ? "\u2502" : "|");
}

static void put_labels_x(const struct canvas *c, const struct canvas_label *label, int num,
                         FILE *out)
{
    int at = -CANVAS_LABEL - 2; /* column inside the frame that is next */
    for (int i = 0; i < num; i++) {
        int length = (int)strlen(label[i].text), wide = c->utf8 ? 2 : 1;
        int column = (int)lround(across(c, label[i].x) / wide) - length / 2;
        if (column + length > c->columns + 1) column = c->columns + 1 - length;
        if (i && column <= at) continue; /* no room behind the one before */
        if (column < at) column = at;
        show_on(out, "%*s%s", column - at, "", label[i].text);
        at = column + length;
    }
}

void canvas_print(const struct canvas *c, const struct canvas_label *label_x, int num,
                  const char *end, FILE *out)
{
    for (int row = 0; row < c->rows; row++) {
        int last = c->columns;
        while (last > 0 && !c->cell[row * c->columns + last - 1]) last--;
        put_label(c, row, out);
        for (int i = 0; i < last; i++) {
            unsigned char cell = (unsigned char)c->cell[row * c->columns + i];
            if (c->utf8)
                put_braille(cell, out);
            else
                fputc(cell ? cell : ' ', out);
        }
        fputs(end, out);
    }
    show_on(out, "%*s %s", CANVAS_LABEL, "", c->utf8 ? "\u2514" : "+");
    for (int i = 0; i < c->columns; i++) fputs(c->utf8 ? "\u2500" : "-", out);
    fputs(end, out);
    put_labels_x(c, label_x, num, out);
    fputs(end, out);
}
