/* figure: one figure of a report: its data, the gnuplot commands that draw it, and what it says in
 * words. THE table of figures is make.h: one row and one file make a new one.
 */
#pragma once

#include "source.h"
#include "base/sheet.h"

#include <stdio.h>

enum { COLUMN_MM = 85, PAGE_MM = 174 }; /* widths of print */
enum section { THE_STUDY = 1, EMULATION, DYNAMICS, CIRCUIT, TRAINING, COMPARISONS };
enum scope { OF_STUDY, OF_RUN };

/* Filled by a figure's function; what it does not set is empty. Texts are plain UTF-8, those of
 * users in them as they are: whoever shows them escapes them.
 *
 * csv: the data: a header line, then rows; several blocks are gnuplot's indexes, separated by two
 * blank lines, each with its header. Numbers as %.9g, NaN where there is none; text in the last
 * column, by figure_csv_text. At most some thousand rows in all.
 *
 * script: gnuplot commands behind those of the driver (gnuplot.c), which has set: terminal and
 * output, `data` (name of the CSV) and its separator, noenhanced text everywhere (write σ and ², no
 * markup), a plain frame of two axes with small ticks, `unset key`, and
 *   linetype k + 1  the colour of symbol k (of Okabe and Ito; the same in every figure)
 *   ink, grey, faint, paper  colours as strings: lc rgb ink
 *   rnn             that of networks, where no symbol is meant; the HMM is grey or ink, its floor
 * faint heat, change    palettes, as `eval heat`: from paper to dark, for 0 and more; blue, paper,
 * red Index of a block: `index`, and every block's header is skipped. Texts of users go through
 * figure_quote. The script is run once for each format: it must not change files nor define what
 * it does not also reset (multiplot: unset it). */
struct figure {
    char name[64];    /* "loss-by-cell", of a run "transitions-run12": of its files */
    int section, run; /* run: an index into the source, or -1 */
    char title[400];
    double width_mm, height_mm; /* COLUMN_MM by 60 to begin with */
    int shown, left;            /* runs; why some are left out: */
    char left_out[300];
    char says[1200]; /* one or two sentences with numbers, or why there is nothing to show */
    char band[300];  /* what bars and bands are; "": there are none */
    FILE *csv, *script;
    /* afterwards, by figures_draw */
    bool has_files; /* NAME.csv and NAME.gp are written */
    char *svg;      /* for inlining (svg.h), owned; NULL: not drawn */
    struct sheet csv_text, script_text;
};

/* One more sentence of `says`. */
void figure_say(struct figure *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The title: of a run's figure with its number, cell and seed behind it. */
void figure_title(struct figure *f, const struct source *s, const char *title);
/* Nothing to show: the run has no such column, or it is not done. */
void figure_absent(struct figure *f, const struct source *s, const char *column);

/* The plain step between ticks of an axis, 1, 2 or 5 times a power of ten, with which there are at
 * most `most` of them. */
double figure_step(double low, double high, int most);

/* Text as a string of gnuplot, with its quotes: nothing in it is obeyed or expanded. */
void figure_quote(FILE *script, const char *text);
/* Text as a field of CSV, quoted. */
void figure_csv_text(FILE *csv, const char *text);
/* Text of at most `most` characters for a label, cut with "..." (buf: 4 bytes for each). */
void figure_label(char *buf, size_t n, const char *text, int most);

/* The least and largest of x (num), widening low and high; NaN is passed over. */
void figure_range(const double *x, int num, double *low, double *high);

/* Places (num) of labels along an axis, moved apart to `gap` at least, in their order. */
void figure_spread(double *at, int num, double gap);

/* Which rows of a long curve are drawn so that none of what can be seen is lost: the row itself,
 * its least and its largest neighbour, in `most` buckets. at (2 * most) gets ascending rows of x
 * (num), NaN left out; their number is returned. */
int figure_thin(const double *x, int num, int most, int *at);

/* A figure's function: fills f for a run, or with run -1 for the study. Nothing written to
 * f->script: there is nothing to show, and f->says tells why. */
typedef int figure_function(struct figure *f, const struct source *s, int run, struct status *st);

struct figure_row {
    const char *name;
    enum section section;
    enum scope scope;
    figure_function *make;
};
extern const struct figure_row figures_table[];
extern const int num_figures;

/* All figures of a report, in the order of the table, each of a run once for every run. */
struct figures {
    struct figure *figure; /* (num) owned */
    int num, num_drawn;
    char note[400]; /* why figures were not drawn: no gnuplot, or its message; "": all were */
};

/* Make the figures of the study and of these runs (num_runs), write DIR/figures/NAME.csv, .gp, .svg
 * and .pdf; DIR is there. STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_MEMORY; without gnuplot .csv
 * and .gp alone, STATUS_OK and a note. Free with figures_free always. */
int figures_draw(const struct source *s, const int *run, int num_runs, const char *dir,
                 struct figures *out, struct status *st);
void figures_free(struct figures *figures);
