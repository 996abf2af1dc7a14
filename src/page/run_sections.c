/* run_sections: every cell with the settings in which it differs from others, and its runs: what
 * became of each, its scores beside their floors, the seeds that were tried, and the commands that
 * lead on from it. Of a large study only of runs that stand out (page.c): the others have their
 * line in the table of cells.
 */
#include "page_private.h"

#include "base/shell.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- facts ------------------------------------------------------------------------------------ */

/* Columns that say how a run went. */
static const char *const facts[] = {"host",    "rank",           "wall_s",     "cpu_s",
                                    "max_rss", "effective_seed", "best_epoch", "version"};
enum { NUM_FACTS = sizeof facts / sizeof *facts };

static int put_facts(const struct page *p, int row, struct status *st)
{
    int run = p->row[row], code = STATUS_OK;
    const struct decoded_run *d = store_settings(p->store, run, st);
    if (!d) return st->code;
    html_mark(p->out, "<p class=\"facts\">key %.8s, seed %" PRId64 ", <b>%s</b>", d->key, d->seed,
              run_status_name[store_run_status(p->store, run)]);
    page_put_marks(p, row);
    html_mark(p->out, "; attempts %d", store_run_attempts(p->store, run));
    for (int i = 0; i < NUM_FACTS && !code; i++) {
        char text[160] = "";
        int column = store_find_column(p->store, facts[i]);
        if (column < 0) continue;
        const struct schema_row *c = store_column(p->store, column);
        double x = NAN;
        if (c->type == TYPE_TEXT)
            code = store_read_text(p->store, column, run, text, sizeof text, st);
        else
            code = store_read_numbers(p->store, column, run, &x, st);
        if (!isnan(x)) snprintf(text, sizeof text, c->type == TYPE_F8 ? "%.4g" : "%.0f", x);
        bool pure = strcmp(c->unit, "1") == 0 || !*c->unit;
        if (!code && *text)
            html_text(p->out, ", %s %s%s%s", facts[i], text, pure ? "" : " ", pure ? "" : c->unit);
    }
    fputs("</p>\n", p->out);
    return code;
}

static int put_error(const struct page *p, int row, struct status *st)
{
    char text[2048] = "";
    int column = store_find_column(p->store, "error"), code = STATUS_OK;
    if (column >= 0) code = store_read_text(p->store, column, p->row[row], text, sizeof text, st);
    if (!code && *text) html_tag(p->out, "p class=\"warning\"", "%s", text);
    return code;
}

/* --- scores ----------------------------------------------------------------------------------- */

static void put_scores(const struct page *p, int row)
{
    static const enum score_part shown[] = {SCORE_VALUE, SCORE_FLOOR, SCORE_FLOOR_SD, SCORE_Z,
                                            SCORE_P};
    enum { NUM_SHOWN = sizeof shown / sizeof *shown };
    fputs("<table><thead><tr><th class=\"t\">score</th><th>run</th><th>floor</th><th>its "
          "sd</th><th>z</th><th>p</th></tr></thead><tbody>\n",
          p->out);
    for (int s = 0; s < p->summary.num_scores; s++) {
        if (isnan(page_score(p, s, SCORE_VALUE, row))) continue;
        fputs("<tr>", p->out);
        html_tag(p->out, "td class=\"t\"", "%s", p->summary.score[s].name);
        for (int i = 0; i < NUM_SHOWN; i++) html_number(p->out, page_score(p, s, shown[i], row));
        fputs("</tr>\n", p->out);
    }
    fputs("</tbody></table>\n", p->out);
}

/* --- seeds tried ------------------------------------------------------------------------------ */

static const char *const tried[] = {"reseed_best_epoch", "reseed_best_val_loss",
                                    "reseed_loss_floor"};
enum { NUM_TRIED = sizeof tried / sizeof *tried };

/* A line a seed; nothing where only one may be tried. */
static int put_tried(const struct page *p, int row, struct status *st)
{
    double *x[NUM_TRIED] = {NULL};
    int num = 0, code = STATUS_OK;
    for (int t = 0; t < NUM_TRIED && !code; t++) {
        int column = store_find_column(p->store, tried[t]);
        if (column < 0) goto cleanup;
        num = store_column_count(p->store, column);
        x[t] = malloc((size_t)num * sizeof *x[t]);
        code = x[t] ? store_read_numbers(p->store, column, p->row[row], x[t], st)
                    : status_no_memory(st, "the seeds tried");
    }
    if (code || num < 2 || isnan(x[0][0])) goto cleanup;
    fputs("<table><thead><tr><th>seed tried</th><th>best epoch</th><th>best loss</th><th>floor"
          "</th></tr></thead><tbody>\n",
          p->out);
    for (int i = 0; i < num && !isnan(x[0][i]); i++) {
        html_mark(p->out, "<tr><td>%d</td>", i);
        for (int t = 0; t < NUM_TRIED; t++) html_number(p->out, x[t][i]);
        fputs("</tr>\n", p->out);
    }
    fputs("</tbody></table>\n", p->out);
cleanup:
    for (int t = 0; t < NUM_TRIED; t++) free(x[t]);
    return code;
}

/* --- commands --------------------------------------------------------------------------------- */

static int put_commands(const struct page *p, int row, struct status *st)
{
    int run;
    const char *file = page_file_of(p, row, &run);
    char number[16];
    snprintf(number, sizeof number, "%d", run);
    char *line = shell_line(2, (const char *const[]){file, number});
    if (!line) return status_no_memory(st, "the commands");
    html_tag(p->out, "pre class=\"do\"",
             "hmmgrid repro %s > run%d.yaml && hmmgrid run run%d.yaml -o run%d.h5\n"
             "hmmgrid why %s\nhmmgrid export %s -o run%d-weights.h5",
             line, run, run, run, line, line, run);
    fputc('\n', p->out);
    free(line);
    return STATUS_OK;
}

static int put_run(const struct page *p, int row, struct status *st)
{
    int run = p->row[row], status = store_run_status(p->store, run);
    html_mark(p->out, "<article class=\"run\" id=\"run-%d\"><h4>Run %d</h4>\n", run, run);
    int code = put_facts(p, row, st);
    if (!code && (status == RUN_FAILED || status == RUN_CRASHED)) code = put_error(p, row, st);
    if (!code && status == RUN_DONE) put_scores(p, row);
    page_put_details(p, row);
    if (!code) code = put_tried(p, row, st);
    if (!code) code = put_commands(p, row, st);
    fputs("</article>\n", p->out);
    return code;
}

/* --- cells ------------------------------------------------------------------------------------ */

/* Settings that not all cells have. */
static int put_settings(const struct page *p, int cell, struct status *st)
{
    const struct decoded_run *d = store_settings(p->store, p->row[p->order[p->first[cell]]], st);
    if (!d) return st->code;
    fputs("<p class=\"facts\">block ", p->out);
    html_text(p->out, "%s", d->block);
    for (int k = 0; k < num_settings; k++) {
        if (!p->differs[k]) continue;
        char *text = settings_text(&d->settings, &settings_table[k]);
        if (!text) return status_no_memory(st, "the settings");
        html_text(p->out, ", %s %s", settings_table[k].key, text);
        free(text);
    }
    fputs("</p>\n", p->out);
    return STATUS_OK;
}

static int put_cell(const struct page *p, int cell, struct status *st)
{
    int hidden = 0;
    html_mark(p->out, "<section class=\"cell\" id=\"cell-%d\"><h3>Cell %d: ", cell, cell);
    page_put_cell_name(p, cell);
    fputs("</h3>\n", p->out);
    int code = put_settings(p, cell, st);
    fputs("<div class=\"cards\">\n", p->out);
    for (int i = p->first[cell]; i < p->first[cell + 1] && !code; i++) {
        if (p->has_section[p->order[i]])
            code = put_run(p, p->order[i], st);
        else
            hidden++;
    }
    fputs("</div>\n", p->out);
    if (hidden)
        html_mark(p->out,
                  "<p class=\"note\">%d more of its runs have their line in the table of "
                  "cells.</p>\n",
                  hidden);
    fputs("</section>\n", p->out);
    return code;
}

int page_put_runs(const struct page *p, struct status *st)
{
    int code = STATUS_OK;
    for (int c = 0; c < p->num_cells && !code; c++) code = put_cell(p, c, st);
    return code;
}
