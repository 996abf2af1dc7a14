/* page: see page.h. Reads a study once, puts the sections one after another, and renames the page
 * into its place when it is whole. */
#include "page_private.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* page.css and page.js, by the Makefile. */
extern const char page_css[], page_js[];

/* THE sections, in their order; the first are those of enum section. */
static const struct chapter {
    const char *id, *title;
    int (*put[3])(const struct page *page, struct status *st);
} sections[] = {
    {"study", "The study", {page_put_study, page_put_cost, page_put_provenance}},
    {"emulation", "Does the network emulate the HMM?", {NULL}},
    {"dynamics", "How it moves", {NULL}},
    {"circuit", "The circuit", {NULL}},
    {"training", "How it was learnt", {NULL}},
    {"comparisons", "Comparisons", {page_put_comparisons}},
    {"runs", "The runs", {page_put_runs}},
};
enum { NUM_SECTIONS = sizeof sections / sizeof *sections };

static const char generator[] = "<meta name=\"generator\" content=\"hmmgrid report\">";

/* --- reading ---------------------------------------------------------------------------------- */

/* The rows of each cell, in the order of the file. */
static void order_rows(struct page *p)
{
    for (int i = 0; i < p->num_rows; i++) p->first[p->summary.group[i] + 1]++;
    for (int c = 0; c < p->num_cells; c++) p->first[c + 1] += p->first[c];
    for (int i = p->num_rows - 1; i >= 0; i--) /* filling moves the end of a cell to its start */
        p->order[--p->first[p->summary.group[i] + 1]] = i;
    memmove(p->first, p->first + 1, (size_t)p->num_cells * sizeof *p->first);
    p->first[p->num_cells] = p->num_rows;
}

static int read_scores(struct page *p, struct status *st)
{
    size_t n = (size_t)p->summary.num_scores * (size_t)p->num_rows;
    for (int part = 0; part < NUM_SCORE_PARTS; part++) {
        p->part[part] = malloc((n + 1) * sizeof(double));
        if (!p->part[part]) return status_no_memory(st, "%d runs", p->num_rows);
        for (int s = 0; s < p->summary.num_scores; s++)
            if (scores_read(p->store, &p->summary.score[s], (enum score_part)part, p->row,
                            p->num_rows, p->part[part] + (size_t)s * (size_t)p->num_rows, st))
                return st->code;
    }
    return STATUS_OK;
}

/* Of a large study only runs that did not end well have a section, and of every cell the first, the
 * best and the worst by the first score. */
static void choose_sections(struct page *p)
{
    bool all = p->num_rows <= MOST_SECTIONS;
    for (int i = 0; i < p->num_rows; i++) {
        int status = store_run_status(p->store, p->row[i]);
        p->has_section[i] = all || status == RUN_FAILED || status == RUN_CRASHED;
    }
    for (int c = 0; c < p->num_cells && !all && p->num_cells <= MOST_SECTIONS; c++) {
        int best = p->order[p->first[c]], worst = best;
        for (int i = p->first[c]; i < p->first[c + 1] && p->summary.num_scores; i++) {
            double x = page_score(p, 0, SCORE_VALUE, p->order[i]);
            if (x < page_score(p, 0, SCORE_VALUE, best)) best = p->order[i];
            if (x > page_score(p, 0, SCORE_VALUE, worst)) worst = p->order[i];
        }
        p->has_section[best] = p->has_section[worst] = true;
    }
}

/* Which settings not all cells have alike. */
static int find_differing(struct page *p, struct status *st)
{
    const struct decoded_run *first = NULL;
    for (int c = 0; c < p->num_cells; c++) {
        const struct decoded_run *d = store_settings(p->store, p->row[p->order[p->first[c]]], st);
        if (!d) return st->code;
        if (!first) first = d;
        for (int k = 0; k < num_settings; k++)
            if (settings_table[k].scope == SCOPE_RUN &&
                !settings_equal(&first->settings, &d->settings, &settings_table[k]))
                p->differs[k] = true;
    }
    return STATUS_OK;
}

static int read_runs(struct page *p, struct status *st)
{
    const struct summary_request request = {.where = p->request->where, .format = TABLE_TEXT};
    int code = summary_make(&p->summary, p->request->path, &request, st);
    if (code) return code;
    p->store = p->summary.store;
    p->row = p->summary.row;
    p->num_rows = p->summary.num_rows;
    p->num_cells = p->num_rows ? p->summary.num_groups : 0;
    size_t n = (size_t)p->num_rows + 2;
    p->order = calloc(n, sizeof *p->order);
    p->first = calloc(n, sizeof *p->first);
    p->seed = calloc(n, sizeof *p->seed);
    p->has_section = calloc(n, sizeof *p->has_section);
    p->differs = calloc((size_t)num_settings, sizeof *p->differs);
    p->marks = malloc((size_t)store_num_runs(p->store) + 1);
    if (!p->order || !p->first || !p->seed || !p->has_section || !p->marks || !p->differs)
        return status_no_memory(st, "%d runs", p->num_rows);
    order_rows(p);
    for (int i = 0; i < p->num_rows; i++) {
        const struct decoded_run *d = store_settings(p->store, p->row[i], st);
        if (!d) return st->code;
        p->seed[i] = d->seed;
    }
    code = store_read_marks(p->store, p->marks, st);
    if (!code) code = find_differing(p, st);
    if (!code) code = read_scores(p, st);
    if (!code) choose_sections(p);
    return code;
}

/* The same runs once more, as figures see them; then the figures. */
static int make_figures(struct page *p, struct status *st)
{
    int code = source_open(&p->source, &p->request->path, 1, p->request->where, st);
    if (code) return code;
    size_t n = (size_t)(p->source.num_runs + p->source.num_cells + p->request->num_runs) + 1;
    p->cell_of_source = calloc(n, sizeof *p->cell_of_source);
    p->detailed = calloc(n, sizeof *p->detailed);
    if (!p->cell_of_source || !p->detailed) return status_no_memory(st, "the figures");
    for (int i = 0, k = 0; i < p->source.num_runs; i++) { /* both in the order of the file */
        while (k + 1 < p->num_rows && p->row[k] < p->source.run[i].row) k++;
        p->cell_of_source[i] = p->summary.group[k];
    }
    code = page_choose_shown(p, st);
    if (!code && p->num_rows)
        code = figures_draw(&p->source, p->detailed, p->num_detailed, p->request->folder,
                            &p->figures, st);
    return code;
}

static void free_page(struct page *p)
{
    figures_free(&p->figures);
    source_close(&p->source);
    free(p->cell_of_source);
    free(p->detailed);
    for (int part = 0; part < NUM_SCORE_PARTS; part++) free(p->part[part]);
    free(p->order);
    free(p->first);
    free(p->seed);
    free(p->has_section);
    free(p->differs);
    free(p->marks);
    summary_free(&p->summary);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Without runs there is nothing to say but what was asked for. */
static int num_shown(const struct page *p)
{
    return p->num_rows ? NUM_SECTIONS : 1;
}

static void put_head(const struct page *p)
{
    const char *study = store_attribute(p->store, "study");
    const char *description = store_attribute(p->store, "description");
    html_mark(p->out,
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n%s\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
              generator);
    html_tag(p->out, "title", "%s", study);
    html_mark(p->out, "\n<style>\n%s</style>\n</head>\n<body>\n<nav aria-label=\"sections\">\n",
              page_css);
    html_tag(p->out, "a class=\"study\" href=\"#top\"", "%s", study);
    for (int s = 0; s < num_shown(p); s++)
        html_mark(p->out, "<a href=\"#%s\">%s</a>\n", sections[s].id, sections[s].title);
    fputs("</nav>\n<main id=\"top\">\n<header>", p->out);
    html_tag(p->out, "h1", "%s", study);
    if (*description) html_tag(p->out, "p", "%s", description);
    html_tag(p->out, "p class=\"note\"", "%s", p->summary.count);
    if (*p->figures.note) html_tag(p->out, "p class=\"warning\"", "%s", p->figures.note);
    fputs("</header>\n", p->out);
}

static int put_section(const struct page *p, int section, struct status *st)
{
    const struct chapter *s = &sections[section];
    int code = STATUS_OK;
    html_mark(p->out, "<section id=\"%s\">\n<h2>%s</h2>\n", s->id, s->title);
    bool leads = section + 1 > THE_STUDY && section + 1 <= COMPARISONS;
    if (leads) page_put_figures(p, section + 1);
    for (size_t i = 0; i < sizeof s->put / sizeof *s->put && s->put[i] && !code; i++)
        code = s->put[i](p, st);
    if (section + 1 == THE_STUDY && !code) page_put_figures(p, THE_STUDY);
    fputs("</section>\n", p->out);
    return code;
}

static int put_page(const struct page *p, struct status *st)
{
    int code = STATUS_OK;
    put_head(p);
    for (int s = 0; s < num_shown(p) && !code; s++) code = put_section(p, s, st);
    html_mark(p->out, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", page_js);
    return code;
}

/* --- files ------------------------------------------------------------------------------------ */

/* Is what stands at the page's name a report, or nothing? */
static int check_place(const char *path, struct status *st)
{
    char text[512] = "";
    size_t num = 0;
    if (access(path, F_OK) != 0) return STATUS_OK;
    if (file_read_text(path, text, sizeof text - 1, &num) == 0 && strstr(text, generator))
        return STATUS_OK;
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: is there and no report of hmmgrid; give another folder with -o", path);
}

/* The page at `place`, whole or not at all. */
static int write_file(struct page *p, const char *place, struct status *st)
{
    char part[4200];
    snprintf(part, sizeof part, "%.4100s.part", place);
    int fd = file_create(part, true, st);
    if (fd < 0) return st->code;
    p->out = fdopen(fd, "w");
    if (!p->out) {
        close(fd);
        return status_no_memory(st, "the page");
    }
    int code = put_page(p, st);
    errno = 0;
    bool lost = ferror(p->out) != 0;
    lost = fclose(p->out) != 0 || lost;
    if (!code && lost) code = file_fail(st, STATUS_IO, place, "write the page", errno);
    if (!code && rename(part, place) != 0)
        code = file_fail(st, STATUS_CANNOT_CREATE, place, "put the page here", errno);
    if (code) unlink(part);
    return code;
}

int page_write(const struct page_request *request, struct page_outcome *outcome, struct status *st)
{
    char place[4100];
    struct page p = {.request = request};
    *outcome = (struct page_outcome){.num_figures = 0};
    if (snprintf(place, sizeof place, "%s/index.html", request->folder) >= (int)sizeof place)
        return status_set(st, STATUS_CANNOT_CREATE, "%.60s...: the name is too long",
                          request->folder);
    int code = check_place(place, st);
    if (!code) code = read_runs(&p, st);
    if (!code) code = file_make_folder(request->folder, st);
    if (!code) code = make_figures(&p, st);
    if (!code) code = write_file(&p, place, st);
    if (!code) memcpy(outcome->count, p.summary.count, sizeof outcome->count);
    outcome->num_figures = p.figures.num_drawn;
    if (!code && *p.figures.note) outcome->note = strdup(p.figures.note);
    free_page(&p);
    return code;
}
