/* comparisons: section 6 of a page, the values of every setting that varies against each other, and
 * the cells against their floor. Refuses to compute: see report/compare.h.
 */
#include "page_private.h"

#include "base/sheet.h"
#include "report/compare.h"
#include "report/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pairs of values in all cells, of one setting: more take long, and nobody reads them. */
enum { MOST_PAIRS = 300 };

/* How many values a key of the cells has. */
static int count_levels(const struct page *p, const struct summary_key *key)
{
    int *group = calloc((size_t)p->num_rows + 1, sizeof *group), num = 1;
    if (!group || aggregate_split((const char *const *)key->text, p->num_rows, group, &num, NULL))
        num = 0;
    free(group);
    return num;
}

static void explain(const void *compare, FILE *out)
{
    compare_explain(compare, out);
}

/* A sentence an item, each with a link to the runs that it is about. */
static int put_sentences(const struct page *p, const struct compare *c, struct status *st)
{
    struct sheet sheet;
    char *rest = NULL;
    FILE *text = sheet_open(&sheet);
    if (text) compare_say(c, text);
    char *said = text ? sheet_close(&sheet, text, true, NULL) : NULL;
    if (!said) return status_no_memory(st, "the page");
    fputs("<ul class=\"says\">\n", p->out);
    for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        html_tag(p->out, "li", "%s", line);
        fputc('\n', p->out);
    }
    fputs("</ul>\n", p->out);
    free(said);
    return STATUS_OK;
}

/* What finds the runs of a comparison in the table of cells: keys of its cell, and both values.
 * malloc'd; NULL: memory out. */
static char *filter_of(const struct page *p, const struct compare *c, const struct comparison *one)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    int row = 0;
    if (!out) return NULL;
    while (one->cell >= 0 && row + 1 < c->num_rows && c->cell[row] != one->cell) row++;
    for (int k = 0; k < c->num_keys && one->cell >= 0; k++)
        for (int i = 0; i < p->summary.num_keys; i++) /* others the table has not */
            if (strcmp(p->summary.key[i].name, c->key[k]) == 0)
                html_mark(out, "%s=\"%s\" ", c->key[k], c->key_text[k][row]);
    if (one->b >= 0)
        html_mark(out, "%s=\"%s,%s\"", c->request.between, c->levels[one->a].text,
                  c->levels[one->b].text);
    return sheet_close(&sheet, out, true, NULL);
}

static int put_table(const struct page *p, const struct compare *c, struct status *st)
{
    struct table table = {0};
    char more[256], **filter = calloc((size_t)c->num_comparisons + 1, sizeof *filter);
    int code = filter ? STATUS_OK : status_no_memory(st, "the comparisons");
    compare_fill(c, TABLE_TEXT, &table);
    snprintf(more, sizeof more, "`hmmgrid compare FILE.h5 --between %.100s`", c->request.between);
    for (int i = 0; i < c->num_comparisons && !code; i++) {
        filter[i] = filter_of(p, c, &c->comparison[i]);
        if (!filter[i]) code = status_no_memory(st, "the comparisons");
    }
    if (!code) code = page_put_table(p, &table, more, filter, st);
    for (int i = 0; i < c->num_comparisons && filter; i++) free(filter[i]);
    free(filter);
    table_free(&table);
    return code;
}

static int put_one(const struct page *p, const char *between, struct status *st)
{
    struct compare c = {.store = NULL};
    const struct compare_request request = {
        .between = between, .where = p->request->where, .margin = NAN};
    int code = compare_make(&c, p->request->path, &request, st);
    if (!code) {
        html_tag(p->out, "h3", "%s%s", strcmp(between, "floor") == 0 ? "Against the " : "By ",
                 between);
        code = put_sentences(p, &c, st);
    }
    if (!code) code = put_table(p, &c, st);
    if (!code) code = page_put_told(p, explain, &c, st);
    compare_free(&c);
    if (code != STATUS_USAGE) return code;
    fputs("<p class=\"note\">", p->out); /* there is nothing to compare, and why */
    html_text(p->out, "%s: %s", between, st->text);
    fputs("</p>\n", p->out);
    *st = (struct status){0};
    return STATUS_OK;
}

int page_put_comparisons(const struct page *p, struct status *st)
{
    int code = STATUS_OK;
    for (int k = 0; k < p->summary.num_keys && !code; k++) {
        const struct summary_key *key = &p->summary.key[k];
        int levels = count_levels(p, key), pairs = levels * (levels - 1) / 2;
        if (levels < 2) continue;
        if ((double)pairs * p->num_cells / levels <= MOST_PAIRS) {
            code = put_one(p, key->name, st);
            continue;
        }
        fputs("<p class=\"note\">", p->out);
        html_text(p->out,
                  "%s has %d values in %d cells, more than are compared here: `hmmgrid compare "
                  "FILE.h5 --between %s --where EXPR` compares those that you choose.",
                  key->name, levels, p->num_cells, key->name);
        fputs("</p>\n", p->out);
    }
    return code || p->num_rows == 0 ? code : put_one(p, "floor", st);
}
