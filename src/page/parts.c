/* parts: what several sections of a page are made of: links, marks, tables, lines of text. */
#include "page_private.h"

#include "base/sheet.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

double page_score(const struct page *p, int score, enum score_part part, int row)
{
    return p->part[part][(size_t)score * (size_t)p->num_rows + (size_t)row];
}

void page_put_cell_name(const struct page *p, int cell)
{
    for (int i = 0; i < p->source.num_runs; i++) {
        if (p->cell_of_source[i] != cell) continue;
        html_text(p->out, "%s", p->source.cell[p->source.run[i].cell].text);
        return;
    }
}

void page_put_cell_link(const struct page *p, int cell)
{
    html_mark(p->out, "<a href=\"#cell-%d\">", cell);
    page_put_cell_name(p, cell);
    fputs("</a>", p->out);
}

void page_open_filter(const struct page *p, const char *filter)
{
    fputs("<a class=\"only-script\" href=\"#?", p->out);
    for (const char *c = filter; *c; c++)
        html_mark(p->out, isalnum((unsigned char)*c) || strchr("._-", *c) ? "%c" : "%%%02X",
                  (unsigned char)*c);
    fputs("\">", p->out);
}

void page_put_run_link(const struct page *p, int row)
{
    html_mark(p->out, "<a href=\"#run-%d\">run %d</a>", p->row[row], p->row[row]);
}

void page_put_run_links(const struct page *p, const int *row, int num, const char *filter)
{
    for (int i = 0; i < num && i < MOST_LINKS; i++) {
        if (i) fputs(", ", p->out);
        html_mark(p->out, "<a href=\"#run-%d\">%d</a>", p->row[row[i]], p->row[row[i]]);
    }
    if (num > MOST_LINKS) html_mark(p->out, " and %d more", num - MOST_LINKS);
    if (num < 2) return;
    fputc(' ', p->out);
    page_open_filter(p, filter);
    fputs("in the table</a>", p->out);
}

void page_put_marks(const struct page *p, int row)
{
    for (int m = 0; m < NUM_MARKS; m++)
        if (p->marks[p->row[row]] >> m & 1)
            html_mark(p->out, ", <b class=\"mark\">%s</b>", store_mark_name[m]);
}

const char *page_file_of(const struct page *p, int row, int *file_row)
{
    const struct gathered *g = p->request->gathered;
    *file_row = p->row[row];
    if (!g || g->run[*file_row].file < 0) return p->request->file[0];
    const struct gathered_run *run = &g->run[*file_row];
    *file_row = run->row;
    return p->request->file[run->file];
}

int page_put_table(const struct page *p, const struct table *table, const char *more,
                   char *const *filter, struct status *st)
{
    if (table->is_lost) return status_no_memory(st, "a table");
    size_t n = table->num_columns, rows = n ? table->num_cells / n : 0;
    fputs("<div class=\"wide\"><table class=\"sorts\">\n", p->out);
    for (size_t r = 0; r < rows && r <= MOST_ROWS; r++) {
        const char *tag = r ? "td" : "th";
        fputs(r ? "<tr>" : "<thead><tr>", p->out);
        for (size_t c = 0; c < n; c++) {
            bool is_text = c < table->num_keys || !table->cell[c].is_number;
            html_mark(p->out, is_text ? "<%s class=\"t\">" : "<%s>", tag);
            bool leads = filter && r && c == 0;
            if (leads) page_open_filter(p, filter[r - 1]);
            html_text(p->out, "%s", table->cell[r * n + c].text);
            if (leads) fputs("</a>", p->out);
            html_mark(p->out, "</%s>", tag);
        }
        fputs(r ? "</tr>\n" : "</tr></thead><tbody>\n", p->out);
    }
    fputs("</tbody></table></div>\n", p->out);
    if (rows > MOST_ROWS + 1) {
        fputs("<p class=\"note\">", p->out);
        html_text(p->out, "The first %d of %zu rows; %s shows all.", MOST_ROWS, rows - 1, more);
        fputs("</p>\n", p->out);
    }
    return STATUS_OK;
}

int page_put_told(const struct page *p, void (*tell)(const void *what, FILE *out), const void *what,
                  struct status *st)
{
    struct sheet sheet;
    FILE *text = sheet_open(&sheet);
    if (text) tell(what, text);
    char *said = text ? sheet_close(&sheet, text, true, NULL) : NULL;
    if (!said) return status_no_memory(st, "the page");
    for (size_t n = strlen(said); n && said[n - 1] == '\n';) said[--n] = '\0';
    for (char *end = said; (end = strchr(end, '\n')); end++) /* it was wrapped for a terminal */
        if (end > said && end[-1] != '.' && end[1] != ' ' && !isdigit((unsigned char)end[1]))
            *end = ' ';
    html_tag(p->out, "p class=\"note lines\"", "%s", said);
    fputc('\n', p->out);
    free(said);
    return STATUS_OK;
}
