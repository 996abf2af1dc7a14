/* schema: what the columns of a results file are: name, type, shape, unit, meaning. One row per
 * dataset over the runs; create, write, read, verify, document and export loop over the rows. A new
 * file's rows come from columns.c, an existing one's from the text that it holds. Columns stand in
 * groups: /runs, and /analysis/NAME for every analysis that a cell of the grid asks for.
 */
#pragma once

#include "hmmgrid/status.h"
#include <stdbool.h>
#include <stddef.h>

/* Format of the file. A reader takes the same major; a newer major is refused. A minor may add
 * columns, fields at the end of a line of schema_text, and lines that begin with another word. */
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
    NUM_SCHEMA_DIMS,
    SCHEMA_RESEED = NUM_SCHEMA_DIMS /* only where a run may be reseeded */
};

#define SCHEMA_RUNS "/runs"

/* A named dimension of a group, a dimension scale there. Every group has one called "run". */
struct schema_axis {
    const char *group, *name; /* "/analysis/contours", "noise_sd" */
    int size, first;          /* coordinates first, first + 1, ... */
    const double *value;      /* (size) or these */
    const char *unit, *meaning;
};

enum { MAX_COLUMN_DIMS = 3 };

/* Who writes a column. LAYOUT: known before any run, never changes. WORKER: by store_write_run and
 * covered by the row's checksum. COORDINATOR: by rank 0 beside the record, which is what counts. */
enum schema_writer { WRITER_LAYOUT, WRITER_WORKER, WRITER_COORDINATOR };

/* Of which attempts a column has a value: all of them; those that come with an output; those whose
 * run is done. Others keep the fill. */
enum schema_when { WHEN_EVER, WHEN_TRIED, WHEN_DONE };

struct made; /* put.h */

/* One column: a dataset over the runs. */
struct schema_row {
    const char *group;
    const char *name; /* unique; in /runs the dataset's name, elsewhere "pca.dimension" is dataset
                         dimension of group /analysis/pca */
    enum schema_type type;
    int text_bytes;           /* of TYPE_TEXT */
    int num_dims;             /* after run: 0..MAX_COLUMN_DIMS */
    int dim[MAX_COLUMN_DIMS]; /* axes */
    const char *unit;         /* "1": a number without one; "": text */
    const char *meaning;      /* one sentence, in full */
    bool in_digest;           /* false: provenance (time, host, rank, attempts...), not a result */
    enum schema_writer writer;
    enum schema_when when;
    void (*put)(struct made *made, void *buf); /* its value; NULL: not by columns_put */
    int index, part; /* which setting, metric, or output of an analysis: for put */
};

struct pool;
struct schema {
    struct schema_row *row; /* owned */
    int num_rows;
    struct schema_axis *axis; /* owned; sizes of this study: maxima over its cells */
    int num_axes;
    struct pool *texts; /* of rows and axes, where they are not of a table; owned */
    bool no_memory;     /* schema_keep found none */
};

/* Empty, with room for so many. STATUS_NO_MEMORY. Free with schema_free. */
int schema_make_room(struct schema *schema, size_t rows, size_t axes, struct status *st);
void schema_free(struct schema *schema);

/* A text that lives as long as the schema; "" and schema->no_memory when memory is out. */
const char *schema_keep(struct schema *schema, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The value of a column before any run: NaN, 0 or "" (a run not yet done). */
void schema_fill(const struct schema *schema, const struct schema_row *row, void *buf);

/* Bytes of one element (text: its width); elements and bytes of one run's value. */
size_t schema_element_bytes(const struct schema_row *row);
size_t schema_row_count(const struct schema *schema, const struct schema_row *row);
size_t schema_row_bytes(const struct schema *schema, const struct schema_row *row);

/* Its dataset: the name in the group, and the path, "/runs/key" or "/analysis/pca/dimension". */
const char *schema_row_label(const struct schema_row *row);
void schema_row_path(const struct schema_row *row, char path[160]);

/* Axis of a group by name, or -1. */
int schema_find_axis(const struct schema *schema, const char *group, const char *name);

/* Row by column name or NULL. */
const struct schema_row *schema_find(const struct schema *schema, const char *name);

/* The columns as text, as kept in /commit/schema (malloc'd; NULL: memory out), and back. A file is
 * read by the text it holds, so a later program with other columns can read it. One line an axis
 * or a column, fields between tabs:
 *   axis    group  name  size  first  values (none: first, first + 1, ...)  unit  meaning
 *   column  group  name  type  width of text  axes after run  result or provenance  writer  unit
 *           meaning
 * Values and axes are separated by commas. */
char *schema_text(const struct schema *schema);
int schema_parse(struct schema *schema, const char *text, struct status *st);
