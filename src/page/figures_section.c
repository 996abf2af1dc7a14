/* figures_section: the figures of a section: those of the study, then those of each run that is
 * shown in detail. Each with what it says, how many runs it shows and which it leaves out, and its
 * files. Refuses to draw: see figure/figure.h.
 */
#include "page_private.h"

#include <string.h>

/* Cells whose runs are shown in detail: more nobody looks through, and each is a megabyte. */
enum { MOST_SHOWN = 12 };

int page_choose_shown(struct page *p, struct status *st)
{
    const struct source *s = &p->source;
    const struct page_request *r = p->request;
    for (int i = 0; i < r->num_runs; i++) {
        int run, k = 0, code = source_find_run(s, r->run[i], &run, st);
        if (code) return code;
        while (k < p->num_detailed && p->detailed[k] != run) k++;
        if (k == p->num_detailed) p->detailed[p->num_detailed++] = run;
    }
    int given = p->num_detailed;
    for (int c = 0; c < s->num_cells && p->num_detailed < MOST_SHOWN; c++) {
        bool is_given = s->cell[c].median < 0;
        for (int k = 0; k < given && !is_given; k++) is_given = s->run[p->detailed[k]].cell == c;
        if (!is_given) p->detailed[p->num_detailed++] = s->cell[c].median;
    }
    return STATUS_OK;
}

static void put_file(const struct page *p, const struct figure *f, const char *end,
                     const char *name)
{
    html_mark(p->out, "<a href=\"figures/%s.%s\">%s</a> ", f->name, end, name);
}

static void put_caption(const struct page *p, const struct figure *f)
{
    fputs("<figcaption>", p->out);
    if (*f->says) html_tag(p->out, "p", "%s", f->says);
    fputs("<p class=\"note\">", p->out);
    if (f->run < 0 && f->shown) html_text(p->out, "%d run%s. ", f->shown, f->shown == 1 ? "" : "s");
    if (f->left)
        html_text(p->out, "Left out: %d%s%s. ", f->left, *f->left_out ? ", " : "", f->left_out);
    html_text(p->out, "%s", f->band);
    fputs("</p>\n<p class=\"files\">", p->out);
    if (f->svg) put_file(p, f, "pdf", "PDF");
    put_file(p, f, "csv", "CSV");
    put_file(p, f, "gp", "gnuplot");
    fputs("</p></figcaption>", p->out);
}

static void put_figure(const struct page *p, const struct figure *f)
{
    html_mark(p->out, "<figure id=\"%s\"%s", f->name,
              f->width_mm > COLUMN_MM ? " class=\"double\"" : "");
    if (f->run >= 0) html_mark(p->out, " data-cell=\"%d\"", p->cell_of_source[f->run]);
    fputs(">\n", p->out);
    html_tag(p->out, "h4", "%s", f->title);
    if (f->svg) html_mark(p->out, "\n<div>%s</div>", f->svg);
    fputc('\n', p->out);
    put_caption(p, f);
    fputs("</figure>\n", p->out);
}

/* Those of a run, or with -1 of the study, then a line for each that has nothing to show. false:
 * there are none. */
static bool put_figures(const struct page *p, int section, int run)
{
    bool any = false, missing = false;
    for (int i = 0; i < p->figures.num; i++) {
        const struct figure *f = &p->figures.figure[i];
        if (f->section != section || f->run != run || !f->has_files) continue;
        if (!any) fputs("<div class=\"figures\">\n", p->out);
        any = true;
        put_figure(p, f);
    }
    if (any) fputs("</div>\n", p->out);
    for (int i = 0; i < p->figures.num; i++) {
        const struct figure *f = &p->figures.figure[i];
        if (f->section != section || f->run != run || f->has_files) continue;
        if (!missing) fputs("<ul class=\"note\">\n", p->out);
        missing = true;
        html_tag(p->out, "li", "%s%s%s", f->title, *f->title && *f->says ? ": " : "", f->says);
        fputc('\n', p->out);
    }
    if (missing) fputs("</ul>\n", p->out);
    return any || missing;
}

static bool has_figures(const struct page *p, int section, int run)
{
    for (int i = 0; i < p->figures.num; i++)
        if (p->figures.figure[i].section == section && p->figures.figure[i].run == run) return true;
    return false;
}

static void put_run_heading(const struct page *p, int section, int run)
{
    const struct source_run *r = &p->source.run[run];
    const struct source_cell *cell = &p->source.cell[r->cell];
    html_mark(p->out, "<h3 id=\"detail-%d-%d\">", section, r->number);
    html_text(p->out, "%s: ", cell->text);
    html_mark(p->out, "<a href=\"#run-%d\">run %d</a>", r->number, r->number);
    if (cell->median == run && cell->num_done > 1)
        html_mark(p->out, ", the median of %d by excess_loss", cell->num_done);
    fputs("</h3>\n", p->out);
}

void page_put_figures(const struct page *p, int section)
{
    bool any = put_figures(p, section, -1), of_runs = false;
    for (int k = 0; k < p->num_detailed; k++) {
        int run = p->detailed[k];
        if (!has_figures(p, section, run)) continue;
        of_runs = true;
        put_run_heading(p, section, run);
        any = put_figures(p, section, run) || any;
    }
    if (of_runs && p->num_cells > p->num_detailed)
        html_mark(p->out,
                  "<p class=\"note\">%d of %d cells are shown in detail; <code>--run RUN</code> "
                  "shows another run, <code>--where EXPR</code> other cells.</p>\n",
                  p->num_detailed, p->num_cells);
    if (!any && section > THE_STUDY && section < COMPARISONS)
        fputs("<p class=\"note\">There is nothing to show.</p>\n", p->out);
}

void page_put_details(const struct page *p, int row)
{
    static const char *const name[] = {[EMULATION] = "emulation",
                                       [DYNAMICS] = "dynamics",
                                       [CIRCUIT] = "circuit",
                                       [TRAINING] = "training"};
    bool any = false;
    for (int k = 0; k < p->num_detailed; k++) {
        int run = p->detailed[k], number = p->source.run[run].number;
        if (number != p->row[row]) continue;
        for (int s = EMULATION; s <= TRAINING; s++) {
            if (!has_figures(p, s, run)) continue;
            html_mark(p->out, "%s<a href=\"#detail-%d-%d\">%s</a>",
                      any ? ", " : "<p class=\"note\">In figures: ", s, number, name[s]);
            any = true;
        }
    }
    if (any) fputs("</p>\n", p->out);
}
