/* page: what `hmmgrid report` makes of a study: DIR/index.html, one page that needs nothing else,
 * and the figures in DIR/figures. The page has a section for each question (what was run, does the
 * network emulate the HMM, how does it move, by which units, how did it learn it, what differs),
 * the runs in the end, and a link from every number to its runs. It shows what is there, and says
 * what is not. Refuses to compute: numbers come from report, figures from figure.
 */
#pragma once

#include "store/gather.h"

struct page_request {
    const char *path;                /* of the results file */
    const char *const *file;         /* [num_files] as they were given */
    int num_files;                   /* several: `path` is what they come to, */
    const struct gathered *gathered; /* by this; NULL: path is the one file */
    const char *where;               /* runs; NULL: all */
    const char *const *run;          /* [num_runs] to show in detail, each for its cell */
    int num_runs;
    const char *folder; /* made, also below folders that are not there */
};

/* What was made. */
struct page_outcome {
    char count[PLAN_COUNT_BYTES]; /* "14 runs (7 cells x 2 seeds)" */
    int num_figures;              /* drawn */
    char *note;                   /* what the page lacks, and why; owned; NULL: nothing */
};

/* Make it; an older report in the folder is replaced. STATUS_CANNOT_CREATE: the folder cannot be
 * made, or has an index.html that is no report; STATUS_USAGE: where or run says what is not there;
 * STATUS_IO; errors as of store_open. */
int page_write(const struct page_request *request, struct page_outcome *outcome, struct status *st);
