/* store: the results file. The only module that knows HDF5.
 *
 * Protocol (RELIABILITY section 0): rank 0 makes the whole layout serially in FILE.tmp, syncs and
 * renames; then all ranks open it through MPI-IO and only write raw data. A worker writes a run's
 * row and weights and makes them durable on its own descriptor; rank 0 alone then writes the
 * 64-byte checksummed record that makes the run count. Only rows whose record and checksum agree
 * are trusted. No HDF5 call changes metadata after the layout.
 * Collective functions end in _all.
 */
#pragma once

#include "schema.h"

#include "experiment/run_record.h"
#include "plan/plan.h"
#include <mpi.h>

struct store; /* an open results file */

/* Who and what made the file: attributes of "/". Borrowed strings. */
struct provenance {
    const char *program_version, *git_commit, *compiler, *mpi, *blas, *blas_core, *cpu, *kernel,
        *hosts, *slurm_job_id, *command_line;
};

/* --- making -------------------------------------------------------------------------------- */

/* Create the layout of `plan` at path (serial; call on one rank). An existing file is replaced
 * only when `replace`. Space is reserved. STATUS_CANNOT_CREATE or STATUS_IO with the cause; on
 * failure nothing is left at path (an old file stays as it was). */
int store_create(const char *path, const struct plan *plan, const struct provenance *provenance,
                 bool replace, struct status *st);

/* Refuse what store_create would refuse before it writes; nothing is left behind or changed. */
int store_try_create(const char *path, bool replace, struct status *st);

/* A larger layout for `plan` with the finished rows of the file at path copied by run key, renamed
 * over it (serial). Refuses (STATUS_CANNOT_CREATE, STATUS_IO), with nothing touched, when a
 * finished row would be lost: it is not in the plan, its settings cannot be read, its bytes are not
 * the ones that were committed, or a column of it has no place in the new file. A finished run of
 * which the plan keeps or analyses something else is done again, and so is one of an altered file
 * whose row does not agree with its checksum: *num_left of them (NULL: not wanted). The file as it
 * was is then kept as PATH.old; STATUS_CANNOT_CREATE when there is one already. */
int store_extend(const char *path, const struct plan *plan, const struct provenance *provenance,
                 int *num_copied, int *num_left, struct status *st);

/* The same without writing anything: which status every run of the plan would have then, and in
 * how many attempts its own process died, (num_runs) out. path as of file_follow. */
int store_try_extend(const char *path, const struct plan *plan, int *status, int *deaths,
                     struct status *st);

/* How the columns of a file differ from those that this version would make for a plan. */
struct store_columns {
    int num_lacking, num_unknown;  /* the file has not; the file alone has */
    char lacking[96], unknown[96]; /* the first of each */
};

/* Can the study of this plan go on in the open file? STATUS_CANNOT_CREATE, and why, when it has
 * other runs, keeps or analyses something else of them, or has a column of another form; all of
 * which store_extend mends. A column that the file has not is not written, one that the file alone
 * has is left empty. */
int store_check_plan(struct store *store, const struct plan *plan, struct store_columns *columns,
                     struct status *st);

/* --- writing -------------------------------------------------------------------------------- */

/* Open for a study whose plan is `plan` (borrowed until close); refuses what store_check_plan does.
 * Until it is closed no other program can open it for writing, where the file system has locks;
 * STATUS_CANNOT_CREATE when one has it open so already. Collective over comm (dup'd); all ranks
 * return the same code. */
int store_open_all(struct store **store, const char *path, const struct plan *plan, MPI_Comm comm,
                   struct status *st);
/* Refuse what that refuses, on one rank. */
int store_try_open(const char *path, const struct plan *plan, struct status *st);
/* With STATUS_OK, rank 0's st->text is "" or says what was put back in a file into which another
 * program wrote meanwhile. On failure the file is abandoned. */
int store_close_all(struct store *store, struct status *st);
/* Let go of a file that can no longer be written, without a word to the other ranks: HDF5 keeps it
 * open and would write, and wait for them, when MPI ends. So the process has to end by _exit.
 * Local. */
void store_abandon(struct store *store);

/* Worker: write row, curves and weights, make them durable; *checksum covers every byte written.
 * Local. STATUS_IO when the disk says no: the run is then not committed. */
int store_write_run(struct store *store, const struct run_attempt *attempt,
                    const struct run_output *out, uint64_t *checksum, struct status *st);

/* Rank 0: what makes runs count; one sync for all of them. status RUN_DONE, RUN_FAILED or
 * RUN_CRASHED (checksum of the row that the worker wrote), RUN_CRASHED with an error (rank 0
 * empties the row and writes this text itself) or RUN_PENDING (given back unfinished, as at a
 * deadline: the attempt is not counted). */
struct store_commit {
    int run, attempt, status;
    uint64_t checksum;
    const char *error; /* NULL: the worker wrote the row */
    int deaths;        /* attempts so far in which the run's own process died */
};
int store_commit_runs(struct store *store, const struct store_commit *commit, int num,
                      struct status *st);

/* Rank 0: runs are about to start: status running, attempts + 1, durable before return. blamed: an
 * attempt that never ends counts as a death of the run's own process, for it is done in the rank.
 */
int store_begin_runs(struct store *store, const int *run, int num, bool blamed, struct status *st);

/* Open on one rank, for store_reset_runs; errors as of store_open, and a file that another program
 * changed is refused (STATUS_CANNOT_CREATE). Close with store_close. */
int store_open_to_reset(struct store **store, const char *path, struct status *st);
/* These runs are pending as if never begun: no results, attempts and deaths. Durable. */
int store_reset_runs(struct store *store, const int *run, int num, struct status *st);

/* Write the columns status, attempts and checksum of the runs whose record they do not agree with;
 * *num of them. As store_reset_runs, not synced. */
int store_mend_columns(struct store *store, int *num, struct status *st);

/* --- reading (serial, also while a study runs) -----------------------------------------------
 * A reader sees the records as they were when it opened the file. */

/* STATUS_NO_INPUT: missing, not readable, empty, or no results file at all. STATUS_IO: truncated,
 * damaged or of a newer format; the text says which. A file that another program changed or wrote
 * anew is read in a child process, and every row of it checked: those that do not agree with their
 * checksums are as good as unfinished. */
int store_open(struct store **store, const char *path, struct status *st);
void store_close(struct store *store);

int store_num_runs(const struct store *store);
/* Was the network of a done run trained? In a file that `hmmgrid analyse` made none was. */
bool store_is_trained(struct store *store, int run);
/* Root attribute as text ("" when absent), owned by the store. */
const char *store_attribute(struct store *store, const char *name);
/* The grid as it was given: *text malloc'd, with a NUL behind *bytes. */
int store_source(struct store *store, char **text, size_t *bytes, struct status *st);
/* Line `run` of /grid/resolved, owned by the store. */
const char *store_resolved(struct store *store, int run);
/* Settings, seed, key and block of a run (decoded from that line), owned by the store. NULL, and st
 * says why (STATUS_IO, STATUS_NO_MEMORY), when the line cannot be understood. */
const struct decoded_run *store_settings(struct store *store, int run, struct status *st);

/* What a reader should be told of this file before its numbers, a line each: what another program
 * changed in it, and settings that it names and this version does not know. NULL: nothing. Reads
 * all settings; owned by the store. */
const char *store_note(struct store *store);
/* Is it not as hmmgrid wrote it, so that it is only read? */
bool store_is_altered(const struct store *store);

/* Status and attempts as the *records* say. A run that was started and has no valid record is
 * RUN_RUNNING. */
int store_run_status(struct store *store, int run);
int store_run_attempts(struct store *store, int run);
int store_run_deaths(struct store *store, int run); /* as of struct store_commit */
/* Version and commit of the program that made a finished row, or, of rows older than that column,
 * its file; buf (n bytes). */
void store_run_version(struct store *store, int run, char *buf, size_t n);
/* Is there a record that makes no sense, or, in a file that another program changed, one that its
 * row does not agree with? Its run is RUN_RUNNING above, and repeated by a resume. */
bool store_record_is_damaged(const struct store *store, int run);

/* RUN of a command line: a row number or the unique beginning of a key. STATUS_USAGE otherwise. */
int store_find_run(struct store *store, const char *text, int *run, struct status *st);

/* Recompute the checksum of a committed row and compare: false when its bytes are not the ones
 * that were committed. */
int store_check_run(struct store *store, int run, bool *valid, struct status *st);

/* Do the columns status, attempts and checksum of a run say what its record says? COLUMNS_BEHIND:
 * they tell of no end yet, as a study leaves them that is killed at that moment. */
enum store_agreement { COLUMNS_AGREE, COLUMNS_BEHIND, COLUMNS_WRONG };
int store_check_columns(struct store *store, int run, enum store_agreement *found,
                        struct status *st);

/* Columns: number, description, values. */
int store_num_columns(const struct store *store);
const struct schema_row *store_column(const struct store *store, int column);
int store_find_column(const struct store *store, const char *name); /* -1: none */
/* An axis that a column's dim[] names. */
const struct schema_axis *store_axis(const struct store *store, int axis);
/* Elements of one run's value. */
int store_column_count(const struct store *store, int column);
/* Numbers of one run as doubles: out (store_column_count); NaN of what workers write where no valid
 * record commits the run. STATUS_USAGE for a text column. */
int store_read_numbers(struct store *store, int column, int run, double *out, struct status *st);
/* A whole scalar column as doubles: out (num_runs). */
int store_read_column(struct store *store, int column, double *out, struct status *st);

/* Did each run land (experiment/landing.h)? (num_runs), owned by the store: 1; 0, also of one that
 * failed or crashed; NaN: it has not ended, or was not trained. Files without the column are judged
 * now. NULL: an error. */
const double *store_landed(struct store *store, struct status *st);

/* What a run that is done may bear and its numbers do not show. */
enum store_mark {
    MARK_DIVERGED,
    MARK_DIVERGED_LATE,
    MARK_OVERFLOWED,
    MARK_ASTRAY,
    MARK_CONSTANT,
    NUM_MARKS
};
extern const char *const store_mark_words[NUM_MARKS]; /* "2 of 6 runs ..." */
extern const char *const store_mark_name[NUM_MARKS];  /* a word or two */
/* marks (num_runs) out: a bit each of the marks of a run. None where the file has not the column
 * that tells of it. */
int store_read_marks(struct store *store, unsigned char *marks, struct status *st);

/* Text of one run: buf gets at most n bytes with NUL; of a number its digits (integers in full,
 * the checksum in hex). "" where nothing is committed. */
int store_read_text(struct store *store, int column, int run, char *buf, size_t n,
                    struct status *st);

/* Weights of a done run: which = "last" or "best"; params malloc'd flat block (rnn.h). */
int store_read_weights(struct store *store, int run, const char *which, struct rnn_shape *shape,
                       float **params, struct status *st);

/* The same for any kind: which = "last", "best" (one network) or "snapshots" (those over training,
 * in the order of train_snapshot_epoch; *num may be 0); params (num, rnn_num_params) malloc'd. */
int store_read_networks(struct store *store, int run, const char *which, struct rnn_shape *shape,
                        float **params, int *num, struct status *st);

/* A result in which two runs differ. NaN is what a run has not. */
struct store_difference {
    const char *name;         /* of the column; "weights (last)" */
    bool shared;              /* both files have it: a column of both, or weights */
    char element[96];         /* the first that differs, by its labels: "word_tv[3]" */
    double a, b;              /* its values */
    long num, of;             /* elements that differ, of those that one of the runs has */
    long num_alone;           /* that differ and are a finite number in one run at most */
    double largest, relative; /* differences of the others, the second by the larger of the two */
};
typedef void store_difference_told(void *context, const struct store_difference *difference);

/* Tell of every result in which two runs differ, bit for bit, also of one that only one of the
 * files has: the columns of the digest, then the weights. Of a run that is not finished there are
 * none. STATUS_USAGE: a column has other dimensions in the other file. */
int store_differences(struct store *a, int run_a, struct store *b, int run_b,
                      store_difference_told *tell, void *context, struct status *st);

/* Do two committed runs hold the same results, bit for bit, as far as both files have the columns?
 * Where not, what (n bytes) gets the first that differs: "train_loss[1] is 2.5 and 2.6". */
int store_compare_runs(struct store *a, int run_a, struct store *b, int run_b, bool *same,
                       char *what, size_t n, struct status *st);

/* Digest of all results: every in_digest column, curve and weight of every done or failed run in
 * the order of run keys, so independent of order, ranks and the time of day. 16 hex digits. */
int store_digest(struct store *store, char hex[17], struct status *st);

/* A network as a file of its own. */
struct imported {
    struct rnn_shape shape;
    float *params;       /* (rnn_num_params) */
    bool says_relu;      /* it has an attribute nonlinearity, "relu" */
    char prefix[128];    /* that its names have: "module."; "": none */
    char *resolved;      /* the run as plan_run_json wrote it; NULL: not from here */
    int num_snapshots;   /* networks over training */
    int *snapshot_epoch; /* (num_snapshots) epochs trained before each */
    float *snapshots;    /* (num_snapshots, rnn_num_params) */
};

/* Write it as a state_dict file: datasets of rnn_views at the root, float32; snapshots, if any, in
 * a group of that name with `epoch`. run_key: for the attribute. Refuses an existing path
 * (STATUS_CANNOT_CREATE); leaves nothing behind when it fails. */
int store_export_weights(const char *path, const struct imported *network, const char *run_key,
                         struct status *st);

/* Read such a file, or any HDF5 file with PyTorch's names, all behind one prefix or none: floats of
 * any width; biases that are missing are zero where others are there. Every dataset is either of
 * the network or named by ignore (num): comma-separated lists of names and globs. STATUS_NO_INPUT
 * with the reason for anything but a one-layer ReLU network, STATUS_USAGE where ignore names what
 * is not there. Free with store_imported_free, which takes a zeroed one. */
int store_import_weights(const char *path, const char *const *ignore, int num_ignore,
                         struct imported *out, struct status *st);
void store_imported_free(struct imported *imported);

/* The weights that a run starts from, by train.start_weights: *params malloc'd (rnn_num_params),
 * the caller's; NULL: they are drawn. STATUS_NO_INPUT with the reason: no such network, another
 * shape than the run's, or another content than when the study was planned. */
int store_start_weights(const struct settings *s, float **params, struct status *st);

/* The same of every cell of a plan, only to see that it can be done. */
int store_check_start_weights(const struct plan *plan, struct status *st);
