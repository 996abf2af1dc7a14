/* script: the scripts of slurm/ with the flags and assignments of one study. What they do is in
 * slurm/requeue.sbatch and slurm/report.sbatch alone, which the Makefile makes texts of. */
#pragma once

#include "flags.h"
#include "profile.h"

/* The files as they stand. */
extern const char requeue_sbatch[], report_sbatch[];

struct assignment {
    const char *name, *value; /* "file", what stands behind "=" */
    const char *from;         /* who said it, for a comment; or NULL */
};

struct script {
    const char *model; /* requeue_sbatch or report_sbatch */
    const struct flags *flags;
    const struct profile *profile; /* its modules and setup */
    struct assignment assignment[8];
    int num_assignments;
};

/* The flags that the model's own lines say, said by nobody. */
int script_flags(const char *model, struct flags *flags, struct status *st);

/* The whole text, malloc'd; NULL: memory out. */
char *script_text(const struct script *script);

/* A text, with a NUL behind it, below `line`, which has its end, and the line by which script_write
 * knows it; one that has that line already stays as it is. malloc'd; NULL: memory out. */
char *script_copy(const char *line, const char *body, size_t bytes);

/* Into a file at this name. One that is there is replaced when it is as script_text made it.
 * STATUS_CANNOT_CREATE, also where only `write` is false and it would not be written. */
int script_write(const char *path, const char *text, bool write, struct status *st);
