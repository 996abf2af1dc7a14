/* gnuplot: see gnuplot.h. Its pdfcairo takes whole points: widths are exact to 0.2 mm.
 */
#include "gnuplot.h"

#include "base/command.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What every script finds: figure.h says it. Colours of Okabe & Ito 2008. */
static const char prelude[] =
    "ink = 'black'; grey = '#808080'; faint = '#c8c8c8'; paper = '#ffffff'; "
    "rnn = '#4b2e83'\n"
    "heat = \"set palette defined (0 '#ffffff', 1 '#9ecae1', 2 '#3182bd', 3 '#08306b')\"\n"
    "errors = \"set palette defined (0 '#ffffff', 1 '#fdd0a2', 2 '#e6550d', 3 '#7f2704')\"\n"
    "change = \"set palette defined (-1 '#0072b2', 0 '#ffffff', 1 '#d55e00')\"\n"
    "colours = '#0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9 #a0a000'\n"
    "do for [k = 1:7] { set linetype k lc rgb word(colours, k) lw 1 pt 7 }\n"
    "set linetype cycle 7\n"
    "set encoding utf8\n";

/* Of an SVG gnuplot takes texts for larger than they are: labels of axes go back. */
static const char frame[] = "set datafile separator comma\n"
                            "set datafile columnheaders\n"
                            "set datafile missing 'nan'\n"
                            "set border 3 lc rgb ink lw 0.7\n"
                            "set tics nomirror out scale 0.5\n"
                            "set errorbars 0\n"
                            "set xlabel offset 0, (format eq 'svg' ? 0.5 : 0.3)\n"
                            "set ylabel offset (format eq 'svg' ? 1.6 : 0.8), 0\n"
                            "set style fill solid noborder\n"
                            "set key noautotitle above horizontal left samplen 1.5 spacing 0.9\n"
                            "unset key\n";

void gnuplot_write(FILE *out, const struct figure *f, const char *script)
{
    const double px = 96 / 25.4, pt = 72 / 25.4;
    fprintf(out,
            "# %s: `gnuplot %s.gp`, in this folder, draws %s.svg and %s.pdf\n"
            "reset\n"
            "data = '%s.csv'\n%s"
            "do for [format in 'svg pdf'] {\n"
            "reset\n"
            "if (format eq 'svg') {\n"
            "set terminal svg size %.0f,%.0f noenhanced font 'Liberation Sans,9.33' lw 0.75\n"
            "} else {\n"
            "set terminal pdfcairo size %.4fin,%.4fin noenhanced font 'Liberation Sans,7' "
            "fontscale 0.75 lw 1\n"
            "}\n"
            "set output '%s.' . format\n%s\n%s\n"
            "unset multiplot\n"
            "set output\n"
            "}\n",
            f->name, f->name, f->name, f->name, f->name, prelude, f->width_mm * px,
            f->height_mm * px, (round(f->width_mm * pt) + 0.01) / 72,
            (round(f->height_mm * pt) + 0.01) / 72, f->name, frame, script);
}

static bool has_file(const char *folder, const char *name, const char *ending)
{
    char *path = NULL;
    bool has = asprintf(&path, "%s/%s.%s", folder, name, ending) > 0 && access(path, R_OK) == 0;
    free(path);
    return has;
}

/* What was drawn of a figure before the mistake in it. */
static void drop(const char *folder, const char *name)
{
    static const char *const ending[] = {"svg", "pdf"};
    for (int i = 0; i < 2; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s.%s", folder, name, ending[i]) > 0) unlink(path);
        free(path);
    }
}

/* cd to the folder, then load them all; malloc'd. */
static char *commands(const struct figure *const *figure, int num, const char *folder)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    fputs("cd ", out);
    figure_quote(out, folder);
    for (int i = 0; i < num; i++) fprintf(out, "; load '%s.gp'", figure[i]->name);
    return sheet_close(&sheet, out, true, NULL);
}

/* What gnuplot says of a mistake in this figure: the last line about its file, else the last one.
 */
static void find_mistake(char *text, const char *name)
{
    char about[80], *line = NULL;
    size_t n = strlen(text);
    while (n && strchr(" \n\r", text[n - 1])) text[--n] = '\0';
    snprintf(about, sizeof about, "\"%.60s.gp\" line", name);
    for (char *at = strstr(text, about); at; at = strstr(at + 1, about)) line = at;
    if (!line && (line = strrchr(text, '\n'))) line++;
    if (line) memmove(text, line, strlen(line) + 1);
    text[strcspn(text, "\n")] = '\0';
}

void gnuplot_draw(const struct figure *const *figure, int num, const char *folder, char *note,
                  size_t n)
{
    enum { MOST = 64 }; /* figures a process */
    *note = '\0';
    for (int from = 0; from < num;) {
        int batch = num - from < MOST ? num - from : MOST;
        char said[16384], *command = commands(figure + from, batch, folder);
        const char *argv[] = {"gnuplot", "-d", "-e", command, NULL};
        int code = command ? command_ask(argv, STDERR_TOO, 30 + 3 * batch, said, sizeof said) : -1;
        int error = command ? errno : ENOMEM;
        free(command);
        if (code == -1 && error) {
            snprintf(note, n,
                     "gnuplot cannot be started (%s): the figures are not drawn; install it, or "
                     "run `gnuplot NAME.gp` for each of %s elsewhere",
                     strerror(error), folder);
            return;
        }
        int drawn = 0;
        while (drawn < batch && has_file(folder, figure[from + drawn]->name, "pdf")) drawn++;
        if (code == 0 && drawn == batch) {
            from += batch;
            continue;
        }
        if (drawn == batch) drawn--; /* the last one was being written */
        find_mistake(said, figure[from + drawn]->name);
        if (!*note)
            snprintf(note, n, "figure %s: gnuplot says: %.200s", figure[from + drawn]->name, said);
        drop(folder, figure[from + drawn]->name);
        from += drawn + 1;
    }
}
