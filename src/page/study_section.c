/* study_section: how far a study is, which runs failed and of what, and which are not what their
 * numbers seem to say. Refuses to judge: marks are the store's.
 */
#include "page_private.h"

#include <stdlib.h>
#include <string.h>

struct counts {
    int of[NUM_RUN_STATUS];
};

static struct counts count_status(const struct page *p)
{
    struct counts n = {{0}};
    for (int i = 0; i < p->num_rows; i++) n.of[store_run_status(p->store, p->row[i])]++;
    return n;
}

static void put_tile(const struct page *p, const char *name, int num, const char *filter)
{
    html_mark(p->out, "<div class=\"tile\"><b>%d</b> ", num);
    page_open_filter(p, filter);
    html_mark(p->out, "%s</a></div>\n", name);
}

static void put_tiles(const struct page *p, const struct counts *n)
{
    fputs("<div class=\"tiles\">\n", p->out);
    put_tile(p, p->num_rows == 1 ? "run" : "runs", p->num_rows, "");
    html_mark(p->out, "<div class=\"tile\"><b>%d</b> %s</div>\n", p->num_cells,
              p->num_cells == 1 ? "cell" : "cells");
    int landed = 0;
    for (int c = 0; c < p->num_cells; c++) landed += p->summary.landed[c];
    if (store_is_trained(p->store, p->row[0]))
        put_tile(p, "landed", landed, "done -\"not landed\"");
    for (int s = NUM_RUN_STATUS - 1; s >= 0; s--)
        if (n->of[s] || s == RUN_DONE || s == RUN_FAILED)
            put_tile(p, run_status_name[s], n->of[s], run_status_name[s]);
    fputs("</div>\n", p->out);
}

/* What a reader must know before any number. */
static void put_warnings(const struct page *p, const struct counts *n)
{
    int open = n->of[RUN_PENDING] + n->of[RUN_RUNNING];
    const char *note = p->request->gathered ? p->request->gathered->note : store_note(p->store);
    if (open) {
        fputs("<p class=\"warning\">", p->out);
        html_text(
            p->out,
            "This study is not finished: %d of %d runs have not ended (%d of them begun). The "
            "page is about the others; `hmmgrid report` makes it again when there are more.",
            open, p->num_rows, n->of[RUN_RUNNING]);
        fputs("</p>\n", p->out);
    }
    if (note) html_tag(p->out, "p class=\"warning lines\"", "%s", note);
    if (p->request->where) {
        fputs("<p class=\"note\">", p->out);
        html_text(p->out, "Only runs with %s: %d of %d.", p->request->where, p->num_rows,
                  store_num_runs(p->store));
        fputs("</p>\n", p->out);
    }
}

/* --- failures --------------------------------------------------------------------------------- */

/* A line a cause: the text that is kept with a run. rows: (num) those that failed or crashed. */
static int put_causes(const struct page *p, const int *rows, int num, struct status *st)
{
    int column = store_find_column(p->store, "error"), num_causes = 1, code = STATUS_OK;
    char **text = calloc((size_t)num + 1, sizeof *text);
    int *cause = calloc((size_t)num + 1, sizeof *cause);
    int *of = malloc(((size_t)num + 1) * sizeof *of);
    if (!text || !cause || !of) code = status_no_memory(st, "the failures");
    for (int i = 0; i < num && !code; i++) {
        char said[2048] = "";
        if (column >= 0)
            code = store_read_text(p->store, column, p->row[rows[i]], said, sizeof said, st);
        text[i] = strdup(*said ? said : "no reason is kept");
        if (!code && !text[i]) code = status_no_memory(st, "the failures");
    }
    if (!code) code = aggregate_split((const char *const *)text, num, cause, &num_causes, st);
    for (int c = 0; c < num_causes && c < MOST_ROWS && !code; c++) {
        int found = 0;
        for (int i = 0; i < num; i++)
            if (cause[i] == c) of[found++] = rows[i];
        const char *status = run_status_name[store_run_status(p->store, p->row[of[0]])];
        html_mark(p->out, "<tr><td>%d</td><td class=\"t\">%s</td>", found, status);
        for (int i = 0; i < num; i++)
            if (rows[i] == of[0]) html_tag(p->out, "td class=\"t long\"", "%s", text[i]);
        fputs("<td class=\"t long\">", p->out);
        page_put_run_links(p, of, found, status);
        fputs("</td></tr>\n", p->out);
    }
    for (int i = 0; i < num && text; i++) free(text[i]);
    free(text);
    free(cause);
    free(of);
    return code;
}

static int put_failures(const struct page *p, const struct counts *n, struct status *st)
{
    int num = 0, code = STATUS_OK, *rows = malloc(((size_t)p->num_rows + 1) * sizeof *rows);
    if (!rows) return status_no_memory(st, "the failures");
    for (int i = 0; i < p->num_rows; i++) {
        int status = store_run_status(p->store, p->row[i]);
        if (status == RUN_FAILED || status == RUN_CRASHED) rows[num++] = i;
    }
    if (num) {
        html_mark(p->out, "<h3>Runs that failed (%d of %d)</h3>\n", num, p->num_rows);
        fputs("<div class=\"wide\"><table><thead><tr><th>runs</th><th class=\"t\">status</th><th "
              "class=\"t\">cause</th><th class=\"t\">which</th></tr></thead><tbody>\n",
              p->out);
        code = put_causes(p, rows, num, st);
        fputs("</tbody></table></div>\n", p->out);
        if (n->of[RUN_FAILED] > 0)
            html_tag(
                p->out, "p class=\"note\"", "%s",
                "A failed run is kept with its reason and not run again; `hmmgrid reset` makes "
                "it pending.");
    }
    free(rows);
    return code;
}

/* --- marks ------------------------------------------------------------------------------------ */

static int put_marked(const struct page *p, int done, struct status *st)
{
    int *rows = malloc(((size_t)p->num_rows + 1) * sizeof *rows);
    bool any = false;
    if (!rows) return status_no_memory(st, "the marks");
    for (int m = 0; m < NUM_MARKS; m++) {
        int num = 0;
        for (int i = 0; i < p->num_rows; i++)
            if (p->marks[p->row[i]] >> m & 1) rows[num++] = i;
        if (!num) continue;
        if (!any)
            fputs("<h3>Runs that are not what their numbers seem to say</h3>\n<ul>\n", p->out);
        any = true;
        char filter[64];
        snprintf(filter, sizeof filter, "\"%s\"", store_mark_name[m]);
        html_mark(p->out, "<li><b class=\"mark\">%d of %d</b> ", num, done);
        html_text(p->out, "%s: ", store_mark_words[m]);
        page_put_run_links(p, rows, num, filter);
        fputs("</li>\n", p->out);
    }
    if (any) fputs("</ul>\n", p->out);
    free(rows);
    return STATUS_OK;
}

static void explain(const void *summary, FILE *out)
{
    summary_explain(summary, out);
}

int page_put_study(const struct page *p, struct status *st)
{
    struct counts n = count_status(p);
    put_warnings(p, &n);
    if (p->num_rows == 0) {
        html_tag(p->out, "p class=\"warning\"", "%s",
                 p->summary.note ? p->summary.note : "There are no runs.");
        return STATUS_OK;
    }
    put_tiles(p, &n);
    fputs("<h3>Cells and their runs</h3>\n", p->out);
    int code = page_put_cells(p, st);
    if (!code) code = page_put_told(p, explain, &p->summary, st);
    if (!code) code = put_failures(p, &n, st);
    return code ? code : put_marked(p, n.of[RUN_DONE], st);
}
