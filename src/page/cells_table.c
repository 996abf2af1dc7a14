/* cells_table: cells with their statistics, and below each its runs. The script folds the runs
 * away, sorts and filters; without it they are all there. Refuses to compute: the cells are those
 * of report/summary.h.
 */
#include "page_private.h"

/* Columns behind the first that are no score: keys and counts. */
static int num_facts(const struct page *p, const struct table *table)
{
    return (int)table->num_columns - p->summary.num_scores;
}

static void put_head(const struct page *p, const struct table *table)
{
    fputs("<thead><tr><th class=\"t\">cell, run</th>", p->out);
    for (int c = 0; c < (int)table->num_columns; c++) {
        int score = c - num_facts(p, table);
        fputs(c < (int)table->num_keys ? "<th class=\"t\"" : "<th", p->out);
        if (score >= 0) {
            int column = p->summary.score[score].column[SCORE_VALUE];
            fputs(" title=\"", p->out);
            html_text(p->out, "%s", store_column(p->store, column)->meaning);
            fputs("\"", p->out);
        }
        fputs(">", p->out);
        html_text(p->out, "%s", table->cell[c].text);
        fputs("</th>", p->out);
    }
    fputs("</tr></thead>\n", p->out);
}

static void put_cell(const struct page *p, const struct table *table, int cell)
{
    const struct table_cell *at = table->cell + (cell + 1) * (int)table->num_columns;
    html_mark(p->out, "<tr class=\"cell\"><td class=\"t\"><a href=\"#cell-%d\">cell %d</a></td>",
              cell, cell);
    for (size_t c = 0; c < table->num_columns; c++)
        html_tag(p->out, c < table->num_keys ? "td class=\"t\"" : "td", "%s", at[c].text);
    fputs("</tr>\n", p->out);
}

static void put_run(const struct page *p, int num_facts, int row)
{
    int run = p->row[row];
    if (p->has_section[row])
        fputs("<tr class=\"run\"><td class=\"t\">", p->out);
    else
        html_mark(p->out, "<tr class=\"run\" id=\"run-%d\"><td class=\"t\">", run);
    page_put_run_link(p, row);
    html_mark(p->out, "</td><td class=\"t\" colspan=\"%d\">seed %lld, %s", num_facts,
              (long long)p->seed[row], run_status_name[store_run_status(p->store, run)]);
    page_put_marks(p, row);
    fputs("</td>", p->out);
    for (int s = 0; s < p->summary.num_scores; s++)
        html_number(p->out, page_score(p, s, SCORE_VALUE, row));
    fputs("</tr>\n", p->out);
}

int page_put_cells(const struct page *p, struct status *st)
{
    struct table table = {0};
    int code = p->num_rows ? summary_fill(&p->summary, &table, st) : STATUS_OK;
    if (!code && table.is_lost) code = status_no_memory(st, "the cells");
    if (!code && p->num_rows) {
        fputs(
            "<div class=\"bar\"><input id=\"filter\" type=\"search\" aria-label=\"filter of runs\" "
            "placeholder=\"words, or seed=0 excess_loss&lt;0.1\"> <button id=\"unfold\" "
            "type=\"button\">unfold</button> <span id=\"count\"></span></div>\n",
            p->out);
        fputs("<div class=\"wide cells\"><table id=\"cells\" class=\"sorts\">\n", p->out);
        put_head(p, &table);
        for (int c = 0; c < p->num_cells; c++) {
            html_mark(p->out, "<tbody data-cell=\"%d\">\n", c);
            put_cell(p, &table, c);
            for (int i = p->first[c]; i < p->first[c + 1]; i++)
                put_run(p, num_facts(p, &table), p->order[i]);
            fputs("</tbody>\n", p->out);
        }
        fputs("</table></div>\n", p->out);
    }
    table_free(&table);
    return code;
}
