/* panel: see panel.h. */
#include "panel.h"

#include <stdarg.h>

/* Tags of labels. */
enum { TITLE = 1, WORD, SYMBOLS, LAST = 40, LEGEND, MAX_COLOURS = 7 };

static void component_label(struct figure *f, char axis, int component,
                            const struct array *explained)
{
    fprintf(f->script, "set %clabel \"PC%d", axis, component + 1);
    if (explained && explained->x) fprintf(f->script, " (%.0f %%)", 100 * explained->x[component]);
    fputs("\"\n", f->script);
}

void panel_open(struct figure *f, double left, double top, double width, double height)
{
    fprintf(f->script,
            "set lmargin at screen %.5f; set rmargin at screen %.5f\n"
            "set tmargin at screen %.5f; set bmargin at screen %.5f\n",
            left / f->width_mm, (left + width) / f->width_mm, 1 - top / f->height_mm,
            1 - (top + height) / f->height_mm);
}

void panel_title(struct figure *f, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(f->script, "set label %d \"", TITLE);
    vfprintf(f->script, fmt, args);
    fputs("\" at graph 0,1 offset 0,0.6\n", f->script);
    va_end(args);
}

void panel_symbols(struct figure *f, int num)
{
    num = num < MAX_COLOURS ? num : MAX_COLOURS;
    for (int k = 0; k < num; k++)
        fprintf(f->script,
                "set label %d \"● %d\" textcolor lt %d at graph 1,1 right offset %g,0.6\n",
                SYMBOLS + k, k, k + 1, 3.4 * (k + 1 - num));
    fprintf(f->script, "set label %d \"symbol\" at graph 1,1 right offset %g,0.6\n", SYMBOLS + num,
            -3.4 * num);
}

void panel_word(struct figure *f, const char *word)
{
    fprintf(f->script, "set label %d \"%s\" at graph 1,1 right offset 0,-0.5\n", WORD, word);
}

void panel_legend(struct figure *f, const struct legend *legend, int num)
{
    for (int i = 0; i < num; i++)
        fprintf(f->script, "set label %d \"%s\" textcolor %s at screen %.4f,%.4f\n", LEGEND + i,
                legend[i].word, legend[i].colour, legend[i].at / f->width_mm,
                1 - 2.5 / f->height_mm);
}

void panel_clear(struct figure *f)
{
    fprintf(f->script, "do for [tag=%d:%d] { unset label tag }\n", TITLE, LAST);
}

void plane_add(struct plane *plane, double x, double y)
{
    const double at[2] = {x, y};
    for (int i = 0; i < 2; i++) {
        plane->low[i] = fmin(plane->low[i], at[i]);
        plane->high[i] = fmax(plane->high[i], at[i]);
    }
}

double plane_fit(struct plane *plane, double width, double flattest, double tallest)
{
    double side[2], middle[2];
    for (int i = 0; i < 2; i++) {
        bool known = plane->high[i] >= plane->low[i];
        middle[i] = known ? (plane->high[i] + plane->low[i]) / 2 : 0;
        side[i] = known ? 1.06 * (plane->high[i] - plane->low[i]) : 0;
    }
    if (side[0] == 0 && side[1] == 0) side[0] = 1;
    side[1] = fmax(side[1], flattest * side[0]);
    side[0] = fmax(side[0], side[1] / tallest);
    for (int i = 0; i < 2; i++) {
        plane->low[i] = middle[i] - side[i] / 2;
        plane->high[i] = middle[i] + side[i] / 2;
    }
    return width * side[1] / side[0];
}

void plane_axes(struct figure *f, const struct plane *plane, const struct array *explained)
{
    component_label(f, 'x', 0, explained);
    component_label(f, 'y', 1, explained);
    fprintf(f->script, "set xrange [%.6g:%.6g]; set yrange [%.6g:%.6g]\n", plane->low[0],
            plane->high[0], plane->low[1], plane->high[1]);
}
