/* figures: how the figures of a report are made; see figure.h. Refuses to know what any of them
 * shows.
 */
#include "make.h"
#include "gnuplot.h"
#include "svg.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIGURE_ROW(name, section, scope, make) {name, section, scope, figure_##make},
const struct figure_row figures_table[] = {FIGURES(FIGURE_ROW)};
const int num_figures = sizeof figures_table / sizeof figures_table[0];

static void name_file(char path[4096], const char *folder, const struct figure *f, const char *end)
{
    snprintf(path, 4096, "%s/%s.%s", folder, f->name, end);
}

static int write_file(const char *folder, const struct figure *f, const char *end, const char *text,
                      size_t bytes, struct status *st)
{
    char path[4096];
    name_file(path, folder, f, end);
    int fd = file_create(path, true, st);
    if (fd < 0) return st ? st->code : STATUS_CANNOT_CREATE;
    int error = file_write_at(fd, 0, text, bytes);
    if (close(fd) != 0 && !error) error = errno;
    return error ? file_fail(st, STATUS_IO, path, "write it", error) : STATUS_OK;
}

/* NAME.csv and NAME.gp, and no drawing of an earlier report beside them. */
static int write_files(const char *folder, struct figure *f, const char *csv, size_t csv_bytes,
                       const char *script, struct status *st)
{
    struct sheet sheet;
    char path[4096];
    size_t bytes;
    FILE *out = sheet_open(&sheet);
    if (!out) return status_no_memory(st, "figure %s", f->name);
    gnuplot_write(out, f, script);
    char *text = sheet_close(&sheet, out, true, &bytes);
    int code = text ? write_file(folder, f, "csv", csv, csv_bytes, st)
                    : status_no_memory(st, "figure %s", f->name);
    if (!code) code = write_file(folder, f, "gp", text, bytes, st);
    free(text);
    f->has_files = !code;
    static const char *const drawing[] = {"svg", "pdf"};
    for (int i = 0; i < 2 && !code; i++) {
        name_file(path, folder, f, drawing[i]);
        unlink(path);
    }
    return code;
}

static int make_figure(struct figure *f, const struct figure_row *row, const struct source *s,
                       int run, const char *folder, struct status *st)
{
    *f = (struct figure){
        .section = row->section, .run = run, .width_mm = COLUMN_MM, .height_mm = 60};
    if (run < 0)
        snprintf(f->name, sizeof f->name, "%s", row->name);
    else
        snprintf(f->name, sizeof f->name, "%s-run%d", row->name, s->run[run].number);
    size_t csv_bytes, script_bytes;
    f->csv = sheet_open(&f->csv_text);
    f->script = sheet_open(&f->script_text);
    int code =
        f->csv && f->script ? row->make(f, s, run, st) : status_no_memory(st, "figure %s", f->name);
    char *csv = f->csv ? sheet_close(&f->csv_text, f->csv, true, &csv_bytes) : NULL;
    char *script = f->script ? sheet_close(&f->script_text, f->script, true, &script_bytes) : NULL;
    f->csv = f->script = NULL;
    if (!code && (!csv || !script)) code = status_no_memory(st, "figure %s", f->name);
    if (!code && script_bytes) code = write_files(folder, f, csv, csv_bytes, script, st);
    free(csv);
    free(script);
    return code;
}

/* The text of a whole SVG file; malloc'd, NULL: there is none. */
static char *read_svg(const char *folder, const struct figure *f)
{
    char path[4096];
    struct stat info;
    name_file(path, folder, f, "svg");
    int fd = file_open(path, O_RDONLY, "a figure", NULL);
    char *text = fd >= 0 && fstat(fd, &info) == 0 ? calloc((size_t)info.st_size + 1, 1) : NULL;
    if (text && (file_read_at(fd, 0, text, (size_t)info.st_size) || !strstr(text, "</svg>"))) {
        free(text);
        text = NULL;
    }
    if (fd >= 0) close(fd);
    return text;
}

/* The first one that gnuplot drew and that is not here. */
static void note_missing(struct figures *out)
{
    for (int i = 0; i < out->num && !*out->note; i++)
        if (out->figure[i].has_files && !out->figure[i].svg)
            snprintf(out->note, sizeof out->note, "figure %s: its drawing cannot be read back",
                     out->figure[i].name);
}

static int draw_all(struct figures *out, const char *folder, struct status *st)
{
    const struct figure **drawn = calloc((size_t)out->num + 1, sizeof *drawn);
    int num = 0;
    if (!drawn) return status_no_memory(st, "the figures");
    for (int i = 0; i < out->num; i++)
        if (out->figure[i].has_files) drawn[num++] = &out->figure[i];
    gnuplot_draw(drawn, num, folder, out->note, sizeof out->note);
    free(drawn);
    for (int i = 0; i < out->num; i++) {
        struct figure *f = &out->figure[i];
        char *text = f->has_files ? read_svg(folder, f) : NULL;
        f->svg = text ? svg_inline(text, f->name, f->title) : NULL;
        out->num_drawn += f->svg != NULL;
        free(text);
    }
    note_missing(out);
    return STATUS_OK;
}

int figures_draw(const struct source *s, const int *run, int num_runs, const char *dir,
                 struct figures *out, struct status *st)
{
    char folder[3800];
    int most = 0, code = STATUS_OK;
    for (int i = 0; i < num_figures; i++) most += figures_table[i].scope == OF_RUN ? num_runs : 1;
    *out = (struct figures){.figure = calloc((size_t)most + 1, sizeof *out->figure)};
    if (!out->figure) return status_no_memory(st, "%d figures", most);
    if (snprintf(folder, sizeof folder, "%s/figures", dir) >= (int)sizeof folder)
        return file_fail(st, STATUS_CANNOT_CREATE, dir, "create figures in it", ENAMETOOLONG);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return file_fail(st, STATUS_CANNOT_CREATE, folder, "create it", errno);
    for (int i = 0; i < num_figures && !code; i++) {
        const struct figure_row *row = &figures_table[i];
        int times = row->scope == OF_RUN ? num_runs : 1;
        for (int k = 0; k < times && !code; k++) {
            int which = row->scope == OF_RUN ? run[k] : -1;
            code = make_figure(&out->figure[out->num++], row, s, which, folder, st);
        }
    }
    return code ? code : draw_all(out, folder, st);
}

void figures_free(struct figures *figures)
{
    for (int i = 0; i < figures->num; i++) free(figures->figure[i].svg);
    free(figures->figure);
    *figures = (struct figures){.figure = NULL};
}
