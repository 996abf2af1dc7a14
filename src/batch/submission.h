/* submission: a study as jobs of Slurm: its own, which ends when every run has, and that of its
 * report. First both scripts are made, then written, then submitted. */
#pragma once

#include "profile.h"
#include "resources.h"
#include "slurm.h"

/* What was asked for; borrowed. */
struct submission_request {
    const char *grid, *file;      /* names as said */
    const char *const *arguments; /* (num_arguments) of `hmmgrid run`: --resume, ... */
    const char *const *flags;     /* (num_flags) of sbatch, "name=value" or "name" */
    int num_arguments, num_flags;
    const char *after, *launcher, *log, *profile; /* of these options; NULL: not given */
    bool report;                                  /* submit its job too */
};

struct job {
    const char *path; /* of its script */
    char *text;
    char number[32]; /* "": not submitted */
};

struct submission { /* zeroed: nothing to free */
    const struct submission_request *request;
    const struct plan *plan; /* borrowed */
    struct pool *pool;       /* owns texts */
    const char *file;        /* results, from the root */
    struct profile profile;
    struct flags flags, report_flags;
    struct partition_limits limits;   /* name "": not known */
    const char *launch, *launch_from; /* what starts the ranks, and who said so */
    struct resources resources;
    struct job study, report;
    struct job grid;        /* no job: its copy, which they use */
    const char *warning[4]; /* what Slurm takes and is hardly meant; the job may never start */
    int num_warnings;
};

/* Read profiles, ask Slurm, make both texts; nothing is written. Free it also after a failure.
 * STATUS_USAGE, STATUS_NO_INPUT; STATUS_BAD_GRID: of a profile, a line an error. */
int submission_make(struct submission *submission, const struct submission_request *request,
                    const struct plan *plan, struct status *st);

/* Write the scripts; write false: only refuse what it would refuse. */
int submission_write(const struct submission *submission, bool write, struct status *st);

/* Hand them to sbatch, whose own words go to stderr: STATUS_CANNOT_CREATE. */
int submission_submit(struct submission *submission, struct status *st);

void submission_free(struct submission *submission);
