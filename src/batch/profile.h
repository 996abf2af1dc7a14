/* profile: what a site, a project or a person wants of every job of Slurm: a file of YAML.
 *
 *   sbatch: {partition: short, account: xyz, exclusive: true, mail-type: [END, FAIL]}
 *   launcher: srun --mpi=pmix     # or mpirun, with what else stands before the program
 *   program: hmmgrid              # other than the one that submits
 *   modules: [openmpi/4.1, hdf5]  # `module load` each
 *   setup: [export UCX_TLS=tcp]   # lines of the shell before the study
 *   limit: {time: 8h, ntasks: 512} # the most that is ever asked for by itself
 */
#pragma once

#include "flags.h"

/* One thing, and the profile that said it. */
struct said {
    const char *text, *from; /* NULL: nobody did */
};

enum { MAX_LINES = 32 };
struct lines {
    const char *line[MAX_LINES], *from;
    int num;
};

struct profile {         /* zeroed but for flags */
    struct flags *flags; /* borrowed; texts live in its pool */
    struct said launcher, program;
    struct lines modules, setup;
    double limit_s;   /* 0: none */
    int limit_ntasks; /* 0: none */
    const char *limit_from;
};

/* Words that the shell takes as they are, but for $NAME: what stands before the program. */
bool profile_is_launcher(const char *text);
#define NO_LAUNCHER                                                                                \
    "is no launcher: words with blanks between are expected, such as mpirun -n $SLURM_NTASKS; "    \
    "what "                                                                                        \
    "needs quotes or several commands goes into a script of its own"

/* What the file says in the place of what was said before; false of a flag: it is not said at all.
 * A file that is not there counts only when it is `needed`. STATUS_NO_INPUT; STATUS_BAD_GRID with
 * every error at file:line:column. */
int profile_read(struct profile *profile, const char *path, bool needed, struct status *st);
