/* page_private: what the sections of a page share. Each page_put_... writes a part of it to
 * page->out, whose errors page.c looks for. Rows are indices into page->row.
 */
#pragma once

#include "html.h"
#include "page.h"

#include "figure/figure.h"
#include "report/summary.h"

enum { MOST_LINKS = 24, MOST_ROWS = 200, MOST_SECTIONS = 2000 };

struct page {
    const struct page_request *request;
    struct summary summary; /* its groups are the cells */
    struct store *store;    /* borrowed from it, like the next one */
    const int *row;         /* (num_rows) runs */
    int num_rows, num_cells;
    int *order, *first;            /* rows, cell by cell: of cell c order[first[c]]... */
    int64_t *seed;                 /* (num_rows), like the next one */
    bool *has_section;             /* below the table of cells; else a line there is all */
    bool *differs;                 /* (num_settings) not alike in all cells */
    unsigned char *marks;          /* of all runs of the file */
    double *part[NUM_SCORE_PARTS]; /* each (summary.num_scores, num_rows) */
    struct source source;
    int *cell_of_source;         /* (source.num_runs) the cell of each of its runs */
    int *detailed, num_detailed; /* runs of the source that have figures of their own */
    struct figures figures;
    FILE *out;
};

/* The parts, in the order of the page. */
int page_put_study(const struct page *page, struct status *st);
int page_put_cells(const struct page *page, struct status *st);
int page_put_cost(const struct page *page, struct status *st);
int page_put_provenance(const struct page *page, struct status *st);
int page_put_comparisons(const struct page *page, struct status *st);
int page_put_runs(const struct page *page, struct status *st);
void page_put_figures(const struct page *page, int section); /* enum section */

/* Which runs are shown in detail: those asked for, and of the other cells the median run. Errors as
 * of source_find_run. */
int page_choose_shown(struct page *page, struct status *st);

/* --- what they are made of -------------------------------------------------------------------- */

double page_score(const struct page *page, int score, enum score_part part, int row);
/* A cell's keys: "linear-chain, rnn.hidden=50". */
void page_put_cell_name(const struct page *page, int cell);
void page_put_cell_link(const struct page *page, int cell);
/* The beginning of a link to the runs in the table of cells that a filter finds. */
void page_open_filter(const struct page *page, const char *filter);
void page_put_run_link(const struct page *page, int row);
/* Links to these rows (num), the first few of them; to all by what the filter of the table finds.
 */
void page_put_run_links(const struct page *page, const int *row, int num, const char *filter);
/* Links to the figures of a run that is shown in detail. */
void page_put_details(const struct page *page, int row);
/* ", diverged", marked, for each mark that a run bears. */
void page_put_marks(const struct page *page, int row);
/* The file of a run as it was given, and its row there. */
const char *page_file_of(const struct page *page, int row, int *file_row);
/* A table as it stands, at most MOST_ROWS rows of it; more: where the others are; filter: of each
 * row what finds its runs in the table of cells; NULL: no row has any. STATUS_NO_MEMORY: the table
 * was lost. */
int page_put_table(const struct page *page, const struct table *table, const char *more,
                   char *const *filter, struct status *st);
/* Lines that `tell` prints of `what`, as they are. STATUS_NO_MEMORY. */
int page_put_told(const struct page *page, void (*tell)(const void *what, FILE *out),
                  const void *what, struct status *st);
