/* provenance_section: what a study cost, where it comes from, and the grid as it was given. Refuses
 * to compute: see report/usage.h.
 */
#include "page_private.h"

#include "report/usage.h"

#include <stdlib.h>
#include <string.h>

/* --- cost ------------------------------------------------------------------------------------- */

/* fill: a table of usage; nothing is written where it is empty. */
static int put_usage(const struct page *p, const char *title, struct table *table,
                     struct status *st)
{
    int code = STATUS_OK;
    if (table->num_cells > table->num_columns || table->is_lost) {
        html_mark(p->out, "<h4>%s</h4>\n", title);
        code = page_put_table(p, table, "`hmmgrid status FILE.h5 --usage`", NULL, st);
    }
    table_free(table);
    return code;
}

int page_put_cost(const struct page *p, struct status *st)
{
    struct usage u = {.path = p->request->path, .store = p->store};
    struct table sessions = {0}, cells = {0}, ranks = {0};
    int code = usage_find(&u, st);
    if (!code) code = usage_fill_cells(&u, &cells, st);
    if (!code) {
        usage_fill_sessions(&u, &sessions);
        usage_fill_ranks(&u, &ranks);
        fputs("<h3>Cost against plan</h3>\n", p->out);
        if (u.sessions.num)
            html_mark(p->out, "<p>%.4g core-hours in %d session%s, %.0f %% of them in runs.</p>\n",
                      u.used_s / 3600, u.sessions.num, u.sessions.num == 1 ? "" : "s",
                      100 * u.share_s[RESULTS] / u.used_s);
        else
            html_tag(p->out, "p class=\"note\"", "%s",
                     "No list of sessions is beside the file, so the cost of all of it is not "
                     "known; rows tell theirs.");
    }
    if (!code) code = put_usage(p, "Sessions", &sessions, st);
    if (!code) code = put_usage(p, "Cells: seconds and megabytes, planned and real", &cells, st);
    if (!code) code = put_usage(p, "Ranks", &ranks, st);
    usage_free(&u);
    return code;
}

/* --- provenance ------------------------------------------------------------------------------- */

static void put_fact(const struct page *p, const char *name, const char *text)
{
    if (!*text) return;
    html_tag(p->out, "dt", "%s", name);
    html_tag(p->out, "dd", "%s", text);
    fputc('\n', p->out);
}

static void put_attributes(const struct page *p)
{
    static const char *const shown[] = {"created_utc",  "command_line", "program_version",
                                        "git_commit",   "compiler",     "mpi",
                                        "hdf5",         "blas",         "blas_core",
                                        "kernel",       "cpu",          "hosts",
                                        "slurm_job_id", "grid_sha256",  "uuid"};
    fputs("<h3>Provenance</h3>\n<dl class=\"facts\">\n", p->out);
    for (int f = 0; f < p->request->num_files; f++) put_fact(p, "file", p->request->file[f]);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        put_fact(p, shown[i], store_attribute(p->store, shown[i]));
    fputs("</dl>\n", p->out);
}

/* Settings that every run has in common, each with what it is. */
static int put_settings(const struct page *p, struct status *st)
{
    const struct decoded_run *first = store_settings(p->store, p->row[0], st);
    if (!first) return st->code;
    fputs("<details><summary>Settings that all runs have in common</summary>\n<dl "
          "class=\"facts\">\n",
          p->out);
    for (int k = 0; k < num_settings; k++) {
        const struct setting *row = &settings_table[k];
        bool same = row->scope == SCOPE_RUN && !p->differs[k];
        char *text = same ? settings_text(&first->settings, row) : NULL;
        if (same && !text) return status_no_memory(st, "the settings");
        if (text && strcmp(text, "none") != 0) put_fact(p, row->key, text);
        free(text);
    }
    fputs("</dl></details>\n", p->out);
    return STATUS_OK;
}

int page_put_provenance(const struct page *p, struct status *st)
{
    char *grid = NULL;
    size_t bytes;
    put_attributes(p);
    int code = p->num_rows ? put_settings(p, st) : STATUS_OK;
    if (!code) code = store_source(p->store, &grid, &bytes, st);
    if (!code) {
        fputs("<details><summary>The grid as it was given</summary>\n", p->out);
        html_tag(p->out, "pre", "%s", grid);
        fputs("</details>\n", p->out);
    }
    free(grid);
    return code;
}
