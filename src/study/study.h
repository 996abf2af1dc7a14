/* study: run a plan's runs over a communicator into a store. Rank 0 coordinates (and, alone,
 * works); the others work. Messages are sent only below src/study.
 */
#pragma once

#include "experiment/experiment.h"
#include "base/log.h"
#include "plan/plan.h"
#include "store/gather.h"
#include "store/store.h"
#include <mpi.h>

enum study_existing { EXISTING_REFUSE, EXISTING_RESUME, EXISTING_FRESH, EXISTING_EXTEND };
enum study_progress { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE };

/* output, run and err are used on every rank, the rest on rank 0. */
struct study_options {
    const char *output;       /* results file; the same on every rank */
    const char *command_line; /* for provenance */
    int existing;             /* enum study_existing */
    int progress;             /* enum study_progress */
    unsigned retry;         /* 1 << RUN_FAILED: failed runs of the file are done anew, and so on */
    double launched_unix_s; /* when this process began; 0: now */
    double deadline_s;      /* Unix time; INFINITY: none; NAN: what the job's scheduler says */
    const bool *selected;   /* [num_runs] runs to do, others stay as they are; NULL: all.
                               Borrowed */
    const char *chosen_by;  /* rank 0: what selected them, for people: "--where"; borrowed */
    run_function run;       /* experiment_run, or a dummy in tests */
    FILE *out, *err;        /* streams */
    bool *abandoned; /* becomes true when the file could not be written to its end: the process is
                        to leave by _exit, without MPI_Finalize. NULL: not asked for */
};

/* Run everything. Collective over comm (dup'd). plan is the same on every rank.
 * plan->study_settings.run holds order, retries, reserve and max_failures: so many failed or
 * crashed runs end the study early with STATUS_SOME_FAILED, running runs being finished. A share
 * is one of the selected runs, rounded up and never less than 3 runs (0%: the first failure).
 * A signal of signals.h, where its handlers are installed, stops it early, resumable
 * (STATUS_STOPPED).
 * Returns the exit code of DESIGN section 1, the same on every rank, and *st with a text: the
 * errors (codes other than STATUS_OK, STATUS_SOME_FAILED, STATUS_STOPPED) are the caller's to show,
 * the other ends have been told on options->err already unless progress is json or none. */
int study_run_all(const struct plan *plan, const struct study_options *options, MPI_Comm comm,
                  struct status *st);

/* What a command line asks for; each rank has read it for itself, rank 0's reading counts. */
struct study_request {
    const char *grid;        /* file, "-": standard input */
    const char *where;       /* do only the runs for which this is true; NULL: all */
    const char *share;       /* of these, as of share_parse; NULL: all */
    const char *const *sets; /* KEY=VALUE overrides */
    int num_sets;
    bool dry_run;               /* only say on study.out what would be run, and refuse the rest */
    struct study_options study; /* selected and chosen_by follow from where
                                   and share */
};

/* Start MPI, read and expand the grid, run it, end MPI. Call it on every rank of the launcher, also
 * when the command line was found wrong: st->code then says so, and all ranks leave together.
 * From its first line to its last the signals of signals.h ask it to stop.
 * Errors are told on study.err by rank 0. Returns the exit code, the same on every rank. */
int study_launch(const struct study_request *request, struct status *st);

/* What a study would find in the results file (links are followed): status (num_runs) of each run,
 * RUN_PENDING where it would be run. existing: as of study_options. Refuses what the study would
 * refuse, also a file that one writes now; nothing is made or changed. */
int study_preview(const char *path, const struct plan *plan, int existing, int *status,
                  const struct log *log, struct status *st);

/* A results file for one run that was made without a study: layout, row, record; durable. plan has
 * one run. Refuses an existing file unless `replace`. Initialises MPI, once a process, unless it
 * is. Errors as of store_create and store_write_run. */
int study_write_single(const char *path, const struct plan *plan, const struct run_output *out,
                       double cpu_s, const char *command_line, bool replace, struct status *st);

/* Do `work` with a results file that no study writes meanwhile: locked, open for store_reset_runs.
 * path as of file_follow. Errors as of a study that takes the lock, of store_open_to_reset, and of
 * work. */
int study_with_file(const char *path,
                    int (*work)(void *context, struct store *store, struct status *st),
                    void *context, const struct log *log, struct status *st);

/* store_merge, while no study writes the file at path; the parts' checkpoints of runs that are left
 * and the states that they kept are copied, where that fails with a warning. Initialises MPI, once
 * a process, unless it is. Errors as of a study that takes the lock, and of store_merge. */
int study_merge(struct gathered *gathered, const char *path, const char *command_line, bool replace,
                const struct log *log, struct status *st);

/* One process's work, also where a launcher started several: rank 0 does it, the others wait, and
 * every rank returns its code. Initialises MPI and ends it, unless work of this kind is on. An MPI
 * that does not start is told on the log. */
int study_on_rank_0(int (*work)(void *context), void *context, const struct log *log);

/* --- the status file, FILE.h5.status.json, and the lock FILE.h5.lock ------------------------- */

/* Is a study running on this results file right now? holder gets "host H pid P ..." or "". */
bool study_is_locked(const char *results_path, char *holder, size_t n);
