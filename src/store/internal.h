/* internal: what the files of src/store share. HDF5 is used to make the layout, to find where each
 * dataset's bytes are (H5Dget_offset; contiguous, allocated early) and for the workers' writes;
 * everything else is pread and pwrite at those offsets on a descriptor of our own, which is also
 * the one that is synced. Little-endian machines only, like the file. */
#pragma once

#include "gather.h"
#include "store.h"

#include "base/file.h"
#include <hdf5.h>
#include <sys/types.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the results file is little-endian; src/store needs a little-endian machine"
#endif

#define FORMAT_NAME         "hmmgrid-results"
#define WEIGHTS_FORMAT_NAME "hmmgrid-weights"

enum { RECORD_BYTES = 64 };

/* The networks of a run that are kept: of the last epoch, of the best one, and those over training.
 */
enum which { WHICH_LAST, WHICH_BEST, WHICH_SNAPSHOTS, NUM_WHICH };
extern const char *const which_name[NUM_WHICH]; /* "last", "best", "snapshots" */

/* Weights of one kind: num flat blocks (rnn.h), borrowed; NULL: none. */
struct networks {
    const float *params;
    int num;
};

/* A run of bytes of the file. */
struct extent {
    uint64_t offset, bytes;
};

/* --- library.c: HDF5 and its errors -------------------------------------------------------------
 */

/* HDF5 without its own printing and file locks; before any other HDF5 call. */
void library_init(void);
/* "PATH: cannot DOING: " and what HDF5 says, innermost reason first. Returns code. */
int library_fail(struct status *st, int code, const char *path, const char *doing);
/* An attribute's text, malloc'd; NULL: not there, or not one text. */
char *library_attribute(hid_t object, const char *name);
/* Access properties for serial use: no file lock, 4 KiB alignment. Close with H5Pclose. */
hid_t library_serial_access(void);
/* Open a file for reading, with them; negative, and *st filled (code), when HDF5 cannot. */
hid_t library_open(const char *path, int code, struct status *st);

/* --- foreign.c: a file of another program --------------------------------------------------------
 */

struct foreign {
    const char *path;
    uint64_t bytes; /* of the file */
    int code;       /* of an error: HDF5 crashed over it, or did not come to an end */
    /* Reads it, in the child, whose memory is lost but for what is shared. Returns a code. */
    int (*work)(void *context, struct status *st);
    void *context;
};
/* What work returned, with its *st; STATUS_IO where no process can be started. */
int foreign_read(const struct foreign *file, struct status *st);

/* --- kind.c: files that are not HDF5 ---------------------------------------------------------- */

struct file_kind {
    const char *what; /* "a zip archive"; "": not known */
    char advice[512]; /* how it becomes HDF5, "; ..." of a line or more; or "" */
};
void kind_of(int fd, struct file_kind *out);

/* --- tensors.c: the datasets of a file of weights -----------------------------------------------
 */

struct tensor {
    char *name;        /* path from the root: "module.rnn.weight_hh_l0", "net/fc.weight"; owned */
    char *dotted;      /* the same with dots for slashes; owned */
    int num_dims;      /* -1: not of up to 3 dimensions */
    hsize_t dim[3];    /* of up to 3 dimensions */
    H5T_class_t class; /* H5T_NO_CLASS: a link that leads to no dataset */
    bool used;         /* one of the network's */
    bool ignored;      /* left out on request */
    const char *elsewhere; /* "virtual: ...": its values are in other files; NULL: in this one */
};

struct tensors {
    const char *path; /* borrowed */
    struct status *st;
    hid_t file;
    struct tensor *tensor; /* (num) in the order of names, owned */
    int num, room;
};

/* "PATH: " and why these weights are not taken: STATUS_NO_INPUT. */
int tensors_refuse(const struct tensors *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* List those of in->file. Free with tensors_free, also after an error. */
int tensors_list(struct tensors *in);
void tensors_free(struct tensors *in);
/* The one whose name in dots is prefix and name, ignored or not; NULL: none. */
struct tensor *tensors_find(const struct tensors *in, const char *prefix, const char *name);
/* Into text (n bytes): "norm.weight (20), ..."; of all, or of those neither used nor ignored; how
 * many. */
int tensors_show(const struct tensors *in, bool all, char *text, size_t n);
/* All values as memory_type, H5T_NATIVE_FLOAT of floats only, H5T_NATIVE_INT of integers only. */
int tensors_read(const struct tensors *in, const struct tensor *tensor, hid_t memory_type,
                 void *out);

/* --- nonlinearity.c: what a file says of its units ---------------------------------------------
 */

/* Refuse every attribute nonlinearity or activation that is not one text "relu"; those of the file,
 * of the recurrent layer behind prefix and of the groups that it is in. *says_relu: there is one.
 */
int nonlinearity_check(const struct tensors *in, const char *prefix, bool *says_relu);

/* --- import.c, parcel.c: a network out of such a file -------------------------------------------
 */

enum { MOST_UNITS = 10000, MOST_SNAPSHOTS = 1000000 };
/* In the child: store_import_weights of the file at path, open at fd. *out is zeroed before, and to
 * be freed also after an error. */
int import_weights(const char *path, int fd, const char *const *ignore, int num_ignore,
                   struct imported *out, struct status *st);

/* --- guard.c: the part of a file that never changes ------------------------------------------- */

/* Bytes that a guard of `num` extents takes in the file. */
size_t guard_bytes(size_t num_extents);
/* Seal a finished layout. guard: where the guard's dataset is; extent: every part that runs will
 * write (sorted by this call). */
int guard_seal(int fd, const char *path, struct extent guard, struct extent *extent, size_t num,
               struct status *st);
/* A file whose seal is not whole: changed by another program, or damaged; one that has none where
 * it should be may be of another program altogether. */
enum seal { SEAL_WHOLE, SEAL_BROKEN, SEAL_ABSENT };
/* Before H5Fopen: refuses what is no HDF5 file, what is cut off and what is of another format. */
int guard_check(int fd, const char *path, enum seal *seal, struct status *st);
/* Is there a guard at all, whatever its state: "one of our files". */
bool guard_is_present(int fd);
/* What a whole seal covers, itself included, in order: *range (num), malloc'd. An errno value. */
int guard_layout(int fd, struct extent **range, size_t *num);

/* --- restore.c: the layout, kept while a study writes the file----------------------------------
 */

struct kept {
    unsigned char *bytes;
    struct extent *range; /* (num) whose bytes these are, one after the other */
    size_t num;
};

/* Rank 0: remember it, sealed as it is. STATUS_IO, STATUS_NO_MEMORY. */
int restore_keep(struct store *store, struct status *st);
/* Rank 0, after the file was closed: put it back where another program changed it; st->text then
 * says so, also with STATUS_OK. STATUS_IO: it cannot be, or finished rows were changed too. */
int restore_layout(struct store *store, struct status *st);
/* Rank 0, then: when the file was removed, write it anew at its name, and say so in st->text; when
 * another one is there, at PATH.rescued (STATUS_IO). */
int restore_file(struct store *store, struct status *st);
void restore_free(struct kept *kept);

/* --- the open file ---------------------------------------------------------------------------- */

struct store_column_place {
    uint64_t offset; /* of row 0 */
    size_t bytes;    /* of one run's value */
    hid_t dataset;   /* open only while writing through MPI-IO, else H5I_INVALID_HID */
};

struct weight_group {
    char name[64]; /* H150_D100_K3[_bias] */
    struct rnn_shape shape;
    int num_slots, num_views;
    int copies[NUM_WHICH]; /* networks of a slot: 1, 1 and the most snapshots of its runs */
    int32_t *run;          /* (num_slots) row of each slot, owned */
    struct rnn_view view[MAX_RNN_VIEWS];
    uint64_t offset[NUM_WHICH][MAX_RNN_VIEWS];
    hid_t dataset[NUM_WHICH][MAX_RNN_VIEWS];
};

struct record {
    int run, attempt, status;
    uint64_t checksum;
    int deaths;
};

struct attribute {
    char *name, *text;
};

/* Offsets from here on are places in the copies of an altered file. */
#define COPIED ((uint64_t)1 << 62)

struct place {
    char name[192];
    struct extent where;
};

enum { MOST_PLACES = 1 << 18, MOST_ATTRIBUTE_TEXT = 1 << 18 };

/* What the child that reads an altered file tells its parent, in memory that they share. */
struct report {
    size_t num_places;
    struct place place[MOST_PLACES];
    int num_copied;
    uint64_t copied_bytes;
    size_t text_bytes;
    char text[MOST_ATTRIBUTE_TEXT]; /* attributes of "/": name, NUL, text, NUL */
};

struct store {
    char *path;
    int fd;              /* our own descriptor; read-only unless writable */
    uint64_t file_bytes; /* when it was opened */
    enum seal seal;
    struct report *report; /* of an altered file, else NULL */
    int copies;            /* descriptor of what was copied out of it; -1: none */
    size_t num_looked_up;
    char *contents;   /* of an altered file: /commit/contents; NULL: it has none */
    bool *doubted;    /* (num_runs) of an altered file: finished, but its row does not agree */
    char *difference; /* of an altered file: one line about it */
    struct kept kept; /* of a study's rank 0 */
    hid_t file;       /* open only while writing through MPI-IO */
    bool writable, parallel;
    MPI_Comm comm; /* dup'd; MPI_COMM_NULL when serial */
    int rank;
    const struct plan *plan; /* borrowed; NULL when reading */
    struct schema schema;
    int num_runs;
    struct store_column_place *place; /* (schema.num_rows) */
    struct weight_group *group;
    int num_groups;
    int *run_group, *run_slot; /* (num_runs) */
    uint64_t record_offset;
    unsigned char *record; /* (num_runs, 64) as last read or written */
    int16_t *attempts;     /* (num_runs) the column, used where a record is damaged */
    int status_column, attempts_column, checksum_column, key_column;
    struct extent source;         /* of /grid/source */
    char *resolved;               /* NUL-terminated lines */
    const char **line;            /* (num_runs) */
    struct decoded_run **decoded; /* (num_runs), made when asked for */
    double *landed;               /* (num_runs), the same */
    char *note;                   /* made when asked for */
    struct attribute *attribute;
    int num_attributes;
};

/* --- tree.c: groups, datasets and attributes of a new file -------------------------------- */

/* What a dataset's bytes are before any run. */
enum fill { FILL_ZERO, FILL_NAN4, FILL_NAN8, FILL_OWN };
struct piece {
    char *name; /* owned */
    struct extent where;
    bool changes; /* runs write it: outside the seal */
    enum fill fill;
    void *own; /* bytes of FILL_OWN, owned */
};

/* A file being made. The first error stays and makes every later call do nothing. */
struct tree {
    const char *path; /* for messages */
    struct status *st;
    int code;
    int memory; /* the file in memory */
    hid_t file;
    struct piece *piece; /* every dataset, owned */
    size_t num_pieces, room;
};

struct dataset_kind {
    const char *name; /* path from the root */
    enum schema_type type;
    int text_bytes;
    int num_dims;
    hsize_t dim[1 + MAX_COLUMN_DIMS];
    const char *unit, *meaning; /* unit NULL or "": text and raw bytes */
    bool changes;
    enum fill fill;
    void *own; /* taken over, freed by tree_free even after an error */
};

/* path: for messages; most_bytes: an upper bound of the file's size, refused when the process may
 * not write so much (ulimit -f). */
int tree_open(struct tree *tree, const char *path, uint64_t most_bytes, struct status *st);
void tree_group(struct tree *tree, const char *name, const char *meaning);
/* Create a dataset, with attributes units, description and long_name (its name in words); returns
 * its number among the pieces. scale[d]: path of the dimension scale of
 * dimension d or NULL (for none of them: scale NULL). */
size_t tree_dataset(struct tree *tree, const struct dataset_kind *kind, const char *const *scale);
/* A dimension scale at path `name`: the axis's numbers, i4 or f8. */
void tree_scale(struct tree *tree, const char *name, const struct schema_axis *axis);
void tree_text(struct tree *tree, const char *object, const char *name, const char *text);
/* Attribute `name` of several texts. */
void tree_words(struct tree *tree, const char *object, const char *name, const char *const *word,
                int num);
void tree_flags(struct tree *tree, const char *object, const char *const *name, int num);
/* NeXus: the group is a plot of its dataset `signal` against its datasets `axis`, as H5Web, silx
 * and nexusformat find it. beside: a dataset of the same shape, drawn with it; NULL: none. */
void tree_plot(struct tree *tree, const char *group, const char *signal, const char *const *axis,
               int num_axes, const char *beside);
/* How the last num_dims dimensions of a dataset are to be drawn. */
void tree_interpretation(struct tree *tree, const char *name, int num_dims);
/* Write it to the existing file tmp: space reserved, structures, what every dataset starts with.
 * Returns the tree's code. */
int tree_finish(struct tree *tree, const char *tmp);
void tree_free(struct tree *tree);

/* HDF5's type of an element; close with H5Tclose. */
hid_t element_type(enum schema_type type, int text_bytes);

/* --- layout.c: making --------------------------------------------------------------------- */

/* Name of the group that holds weights of this shape. */
void weight_group_name(struct rnn_shape shape, char name[64]);
/* Path of a parameter's dataset: /weights/GROUP/last/VIEW or /snapshots/GROUP/VIEW. */
void weight_path(const char *group, enum which which, const char *view, char path[192]);

/* /weights and /snapshots of the runs of a plan: layout_networks.c. */
void layout_networks(struct tree *tree, const struct plan *plan);
/* The complete, filled and sealed file at `tmp` (truncated first). path: for messages. */
int layout_make(const char *tmp, const char *path, const struct plan *plan,
                const struct provenance *provenance, struct status *st);
/* Sync tmp and rename it to path; !replace: fails when path exists meanwhile. */
int layout_publish(const char *tmp, const char *path, bool replace, struct status *st);
/* Can a file be created at path at all? Refuses directories, files of other programs, missing and
 * read-only directories, each by name. real: where path leads, tmp: an empty file beside it, both
 * malloc'd. */
int layout_prepare(const char *path, bool replace, char **real, char **tmp, struct status *st);

/* --- locate.c: where things are ----------------------------------------------------------- */

/* Bytes of the file, or of what was copied out of it. An errno value. */
int store_read_at(const struct store *store, uint64_t offset, void *buf, size_t n);
/* Where a dataset's bytes are; *keep gets its handle (NULL: closed again). */
int locate_dataset(struct store *store, const char *name, enum schema_type type, int text_bytes,
                   struct extent *where, hid_t *keep, struct status *st);
/* Is there a dataset or a group of datasets at path? */
bool locate_exists(struct store *store, const char *path);
/* Give every group of top to take; false of take: memory is out. */
int locate_groups(struct store *store, const char *top,
                  bool (*take)(struct store *store, const char *name), struct status *st);
/* Into store->attribute. */
int locate_attributes(struct store *store, struct status *st);

/* --- altered.c: a file that is not as it was written ---------------------------------------- */

/* Have a child read it and report. */
int altered_read(struct store *store, struct status *st);
/* Which of its finished rows count. */
int altered_check_rows(struct store *store, struct status *st);
int altered_refuse_writing(const struct store *store, struct status *st);
void altered_free(struct store *store);

/* --- store.c ------------------------------------------------------------------------------ */

/* Open serially on one rank; writable for extend. plan may be NULL. */
int store_attach(struct store **store, const char *path, bool writable, const struct plan *plan,
                 struct status *st);
void store_detach(struct store *store);
/* In a child: everything of the file by HDF5, for its report. */
int store_load_by_library(struct store *store, struct status *st);
/* read.c: read the root's attributes; refuse another format. */
int store_check_format(struct store *store, struct status *st);
/* Columns, weights and records. Local. */
int store_load(struct store *store, struct status *st);

/* --- match.c ------------------------------------------------------------------------------ */

/* target[run of the file]: the run of the plan with its key, or -1. */
int match_runs(struct store *store, const struct plan *plan, int *target, struct status *st);
/* Do two columns of one name hold the same kind of value? Widths of texts and sizes of axes may
 * differ. */
bool match_column(const struct schema *a, const struct schema_row *x, const struct schema *b,
                  const struct schema_row *y);
/* Say of each column of the file which function puts its value; one that this version does not know
 * keeps its fill. */
int match_columns(struct store *store, const struct plan *plan, struct store_columns *columns,
                  struct status *st);

/* --- transfer.c --------------------------------------------------------------------------- */

/* STATUS_CANNOT_CREATE when a column of the file's finished rows has no place in the layout of
 * plan; those of an analysis that it turns off may go. */
int transfer_check_columns(struct store *from, const struct plan *plan, struct status *st);
/* Write the finished row of a run, and its networks, as those of run `target` of `to`; *record is
 * the one that makes it count there, still to be written. Not synced. STATUS_CANNOT_CREATE when a
 * value does not fit. */
int transfer_run(struct store *from, int run, struct store *to, int target, struct record *record,
                 struct status *st);
/* The record of a run that is not finished: how often it was begun. */
struct record transfer_started(struct store *from, int run, int target);

/* --- gather.c ----------------------------------------------------------------------------- */

/* The run of the plan that row `row` of open file number `file` is of. */
int gathered_find(struct gathered *g, struct store *store, int file, int row, int *run,
                  struct status *st);

/* --- commit.c ----------------------------------------------------------------------------- */

void record_encode(const struct record *record, unsigned char bytes[RECORD_BYTES]);
/* False: not a valid record of this run. */
bool record_decode(const unsigned char bytes[RECORD_BYTES], int run, struct record *record);
/* The record of a run; false: none or damaged. */
bool store_record(const struct store *store, int run, struct record *record);
/* Done, failed or crashed by a valid record. */
bool store_is_committed(const struct store *store, int run);
/* Write a run's row and weights given as bytes: row = the WORKER columns one after the other,
 * weights = its networks (none of a kind, or fewer than there is room for: NaN). Not synced. Gives
 * their checksum. */
int store_write_bytes(struct store *store, int run, const unsigned char *row,
                      const struct networks weights[NUM_WHICH], uint64_t *checksum,
                      struct status *st);
size_t store_row_bytes(const struct store *store); /* of all WORKER columns */
/* Rank 0: records and their columns, one sync; columns that tell of an end are written after it. */
int store_write_records(struct store *store, const struct record *record, int num,
                        struct status *st);

/* --- mirror.c ----------------------------------------------------------------------------- */

/* The columns status, attempts and checksum of a record's run, not synced. An errno value. */
int mirror_write(struct store *store, const struct record *record);
