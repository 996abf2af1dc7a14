/* plan: a grid file expanded into cells and runs.
 *
 * cell = one resolved set of settings; two entries that resolve to the same settings are one cell.
 * run  = (cell, seed); its key is a hash of the resolved settings (scope run) and the seed and
 *        depends on nothing else: not on order, rank, block or the rest of the grid.
 * The order of runs is the order of the grid: blocks as written, zip rows, products with the last
 * key fastest, then include entries; every cell's seeds follow each other.
 * Everything is a pure function of the text, so every rank expands for itself and agrees.
 */
#pragma once

#include "hmmgrid/settings.h"

enum { PLAN_COUNT_BYTES = 128 };

struct cell {
    struct settings settings; /* resolved */
    const char *block;        /* name of the block that made it first */
    int line;                 /* where in the grid, 1-based */
};

struct run {
    char key[33]; /* 32 lower-case hex digits */
    int cell;     /* index into plan.cells */
    int64_t seed;
    const char *unknown; /* see decoded_run; borrowed; NULL in a plan that was read from a grid */
};

struct plan {
    const char *file;   /* as given, for messages */
    const char *study;  /* name */
    const char *source; /* YAML text as given */
    size_t source_bytes;
    char grid_sha256[65]; /* of source, --set and --seeds; without these: sha256sum of the file */
    const char *description;        /* "" when not given */
    struct settings study_settings; /* only .run.* is meant */
    struct cell *cells;
    int num_cells;
    struct run *runs;
    int num_runs;
    int num_duplicates;   /* grid entries that fell onto an existing cell */
    const char *warnings; /* of what did nothing, "file:line:column: ...", one a line; NULL: none */
    bool *varies;         /* (num_settings): takes more than one value among the cells */
    bool *tells;          /* (num_settings): worth telling, see names_telling */
    void *memory;         /* owner of all the above */
};

/* Read and expand.
 *   file      shown in messages with line and column; NULL: neither, the text is a program's, and
 *             its HMM may be unknown, which cannot be trained on
 *   text, bytes  the YAML (not kept)
 *   sets      "key=value" overrides of --set, applied last to every cell and to run.*; of
 *             --seeds: "seeds=0-9"
 * On STATUS_BAD_GRID *st holds every error found (up to 50), one a line, each
 * "file:line:column: what, why, what to do". On failure *plan is zeroed. Local, pure. */
int plan_read(struct plan *plan, const char *file, const char *text, size_t bytes,
              const char *const *sets, int num_sets, struct status *st);

/* Read a file of at most 1 MiB ("-": standard input) into malloc'd *text.
 * STATUS_NO_INPUT, STATUS_BAD_GRID when too large. */
int plan_load_text(const char *file, char **text, size_t *bytes, struct status *st);

/* The resolved run as one JSON object on one line:
 * {"run":0,"key":"...","seed":0,"block":"...","hmm":{"architecture":"linear-chain",...},...}.
 * malloc'd; NULL only when memory is out. */
char *plan_run_json(const struct plan *plan, int run);

/* Keep only runs for which EXPR (expr.h, over settings, seed, block, key, run) is true; order is
 * kept. Cells, `varies` and `tells` stay as they are: they describe the grid, not the choice. "run"
 * is the number before the choice. None may be left: st->text then says so, and which values there
 * are. STATUS_USAGE: a bad expression; the plan is then unchanged. */
int plan_where(struct plan *plan, const char *expr, struct status *st);

/* A one-run grid (YAML text, malloc'd) from resolved settings and seed; reading it gives back
 * the same run key. */
char *plan_run_yaml(const struct settings *settings, int64_t seed, const char *study);

/* Write the grid that makes these cells and runs, as plan->source; the blocks of the cells are
 * renamed where a name would stand for several. The runs of a cell follow each other. */
int plan_compose(struct plan *plan, struct status *st);

/* A run read back from one line of plan_run_json, written by this version or another one. */
struct decoded_run {
    struct settings settings; /* matrices malloc'd */
    int64_t seed;
    char key[33], block[64];
    char *unknown; /* lines "section.name=JSON": what this version does not know; NULL: none */
};

/* Read such a line. A setting that it does not name has its default, one that it names and this
 * version does not know is kept in `unknown`, whatever its value. Otherwise strict: no key twice,
 * values in range. STATUS_BAD_GRID or STATUS_NO_MEMORY, and nothing to free; otherwise free with
 * decoded_run_free, which takes a zeroed one too. */
int plan_parse_json(const char *line, struct decoded_run *run, struct status *st);

/* STATUS_BAD_GRID unless the key is that of these settings and seed. Where something is unknown
 * this cannot be told, and it is taken as it stands. */
int plan_check_key(const struct decoded_run *run, struct status *st);
void decoded_run_free(struct decoded_run *run);

/* "14 runs (7 cells x 2 seeds)", see names_count; ", 5 chosen by --where" where these are fewer: by
 * what. */
void plan_count(const struct plan *plan, int chosen, const char *by, char text[PLAN_COUNT_BYTES]);
/* A run for people, "hmm.states=4 rnn.hidden=50 seed 3": names_tell. */
char *plan_tell(const struct plan *plan, int run);

void plan_free(struct plan *plan);
