/* schema: THE table of the results file. One row per dataset: name, type, row shape, unit,
 * meaning, where the value lives. Create, write, read, verify, document and export loop over it.
 * The metrics' columns are generated from metrics_table (metrics.h), the settings' columns from
 * settings_table (settings.h), the analyses' from analysis_table (analyse.h), the weights' from
 * rnn_views (rnn.h). Columns stand in groups: /runs, and /analysis/NAME for every analysis that a
 * cell of the grid asks for.
 */
#ifndef HMMGRID_SCHEMA_H
#define HMMGRID_SCHEMA_H

#include "experiment/run_record.h"
#include "plan/plan.h"

/* Format of the file. A reader takes the same major; a newer major is refused. */
enum { FORMAT_MAJOR = 3, FORMAT_MINOR = 0 };

enum schema_type { TYPE_I1, TYPE_I2, TYPE_I4, TYPE_I8, TYPE_U8, TYPE_F4, TYPE_F8, TYPE_TEXT };

/* The axes of /runs, the first ones of schema.axis; analyses add theirs. */
enum schema_dim {
    SCHEMA_RUN,
    SCHEMA_EPOCH,
    SCHEMA_SYMBOL,
    SCHEMA_SYMBOL_TO,
    SCHEMA_STATE,
    SCHEMA_STATE_TO,
    SCHEMA_WORD_LENGTH,
    SCHEMA_LAG,
    NUM_SCHEMA_DIMS
};

/* A named dimension of a group, a dimension scale there. Every group has one called "run". */
struct schema_axis {
    char group[48]; /* "/runs", "/analysis/pca" */
    char name[48];
    int size, first;     /* coordinates first, first + 1, ... */
    const double *value; /* (size) or these; borrowed, NULL in a schema read from a file */
    char unit[32], meaning[192];
};

enum { MAX_COLUMN_DIMS = 3 };

/* Who writes a column. LAYOUT: known before any run, never changes. WORKER: by store_write_run and
 * covered by the row's checksum. COORDINATOR: by rank 0 beside the record, which is what counts. */
enum schema_writer { WRITER_LAYOUT, WRITER_WORKER, WRITER_COORDINATOR };

/* One column: a dataset over the runs. */
struct schema_row {
    char name[96]; /* unique; in /runs the dataset's name, elsewhere "pca.dimension" is dataset
                      dimension of group /analysis/pca */
    char group[48];
    enum schema_type type;
    int text_bytes;           /* of TYPE_TEXT */
    int num_dims;             /* after run: 0..MAX_COLUMN_DIMS */
    int dim[MAX_COLUMN_DIMS]; /* axes */
    char unit[32];
    char meaning[256];
    bool in_digest; /* false: provenance (time, host, rank, attempts...), not a result */
    enum schema_writer writer;
    int source;      /* how to get its value; private to schema.c */
    int index, part; /* which setting, metric, or output of an analysis; private */
};

struct schema {
    struct schema_row *row; /* owned */
    int num_rows;
    struct schema_axis *axis; /* owned; sizes of this study: maxima over its cells */
    int num_axes;
};

/* The columns of a plan's file: the fixed ones, the settings (architecture, states, hidden and
 * noise_dim always, others when they vary; "rnn.hidden" is column rnn_hidden), every metric with
 * NAME_floor, NAME_floor_sd and NAME_z, then the outputs of the analyses. STATUS_INTERNAL when two
 * columns share a name or memory is out. Free with schema_free. */
int schema_init(struct schema *schema, const struct plan *plan, struct status *st);
void schema_free(struct schema *schema);

/* The value of a column before any run: NaN, 0 or "" (a run not yet done). */
void schema_fill(const struct schema *schema, const struct schema_row *row, void *buf);

/* Bytes of one element (text: its width); elements of one run's value. */
size_t schema_element_bytes(const struct schema_row *row);
size_t schema_row_count(const struct schema *schema, const struct schema_row *row);

/* Path of its dataset, "/runs/key" or "/analysis/pca/dimension". */
void schema_row_path(const struct schema_row *row, char path[160]);

/* Axis "run" of a group. */
int schema_run_axis(const struct schema *schema, const char *group);

/* The columns as text, one line each, as kept in /commit/schema (malloc'd; NULL: memory out), and
 * back. A file is read by the text it holds, so a later program with other columns can read it. */
char *schema_text(const struct schema *schema);
int schema_parse(struct schema *schema, const char *text, struct status *st);

/* Row by column name or NULL. */
const struct schema_row *schema_find(const struct schema *schema, const char *name);

/* Bytes of one run's value of a column. */
size_t schema_row_bytes(const struct schema *schema, const struct schema_row *row);

/* Encode the value of a column into buf (schema_row_bytes), NaN / 0 padded to the study's sizes.
 *   attempt  its run chooses the row; a LAYOUT column needs nothing else of it
 *   out      what the run made. NULL: floats NaN, integers 0, text "". Of a run that is not
 *            RUN_DONE only the losses so far, the HMM, best_epoch and best_val_loss, the reseeds
 *            and the kernels are taken; measures are NaN and weights are not kept. */
void schema_encode(const struct schema *schema, const struct schema_row *row,
                   const struct plan *plan, const struct run_attempt *attempt,
                   const struct run_output *out, void *buf);

#endif
