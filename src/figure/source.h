/* source: what a report reads: one results file, or several that are shares of one study. Runs of
 * all files in one list, one that several files have once, the done one first; cells (what varies
 * but the seed); the median run of each. Refuses to draw, to print and to judge.
 * Numbers of runs and cells below are indices into struct source.
 */
#pragma once

#include "store/store.h"

struct source_run {
    struct store *store; /* borrowed from source.store */
    int file, row;       /* where it stands: source.path[file], run `row` of it */
    int number; /* as people call it: of one file its row, of several its place among all */
    int cell;
    int64_t seed;
    int status; /* enum run_status */
    char key[33];
};

struct source_cell {
    char *text; /* "linear-chain, M=3, H=150", or of a study with one cell what it is; owned */
    int *run;   /* (num_runs), by seed; a part of source.order */
    int num_runs, num_done;
    int median; /* the done run of the median excess loss, the lower one of two; -1: none is done */
};

struct source {
    struct store **store; /* (num_files) owned, open */
    char **path;          /* (num_files) owned, as given */
    int num_files;
    char *where; /* as given, NULL: all runs; owned */
    char *study; /* name, as the first file says; owned */
    struct source_run *run;
    int num_runs, num_twice; /* num_twice: rows left out, for another file has the run, too */
    struct source_cell *cell;
    int num_cells;
    int *order; /* (num_runs) runs by cell and seed */
};

/* Open the files and list their runs for which `where` (expr.h; NULL: all) is true. Free with
 * source_close, also after an error: as of store_open and rows_where, "PATH: " in front. None may
 * be left: num_runs is 0, and st->text says which values there are. */
int source_open(struct source *s, const char *const *path, int num_files, const char *where,
                struct status *st);
void source_close(struct source *s);

/* RUN of a command line: a number, or the beginning of a key. STATUS_USAGE. */
int source_find_run(const struct source *s, const char *text, int *run, struct status *st);

/* Settings of a run or of a cell's first one, owned by its store; NULL: cannot be understood. */
const struct settings *source_settings(const struct source *s, int run);

/* --- numbers ---------------------------------------------------------------------------------- */

/* One run's value of a column. */
struct array {
    double *x; /* (num) row-major, malloc'd, NaN where the run has none; NULL: the file of the run
                  has no such column */
    int num, num_dims, size[MAX_COLUMN_DIMS]; /* largest over the cells of the file: see source.c */
    double *axis[MAX_COLUMN_DIMS];            /* (size) coordinates; malloc'd */
};

/* Column `name` ("val_loss", "pca.dimension") of a run. Free with array_free always. STATUS_IO,
 * STATUS_NO_MEMORY; that there is no such column is none. */
int source_array(const struct source *s, int run, const char *name, struct array *a,
                 struct status *st);
void array_free(struct array *a);

/* Element [i][j][k], of fewer dimensions the last ones 0; NaN outside, or where x is NULL. */
double array_at(const struct array *a, int i, int j, int k);

/* A scalar column of all runs: out (num_runs), NaN where a run or its file has it not. *has (may be
 * NULL): some file has the column. */
int source_column(const struct source *s, const char *name, double *out, bool *has,
                  struct status *st);

/* Element `element` (row-major) of an array column of all runs, likewise. */
int source_elements(const struct source *s, const char *name, int element, double *out,
                    struct status *st);

/* Text of a column of a run: buf (n bytes), "" where there is none. */
void source_text(const struct source *s, int run, const char *name, char *buf, size_t n);
