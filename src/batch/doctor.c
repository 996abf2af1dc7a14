/* doctor: see doctor.h. Refuses to choose an account, or a partition that is not the default. */
#include "doctor.h"

#include "base/show.h"
#include "slurm.h"

#include "flags.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { END_TIME_VERSION = 2302 }; /* from 23.02 on a job knows SLURM_JOB_END_TIME */

static const char *limit_text(double limit_s, char text[48])
{
    if (isinf(limit_s)) snprintf(text, 48, "none");
    return isinf(limit_s) ? text : slurm_time(limit_s, text);
}

static void print_partitions(FILE *out, const struct partition *partition, int num)
{
    char limit[48];
    fputs("#\n# partition (* default)    limit of time  nodes  cpus a node  memory a node\n", out);
    for (const struct partition *p = partition; p < partition + num; p++) {
        show_on(out, "# %s%-*s %13s  %5ld  %11ld  %10.0f MB\n", p->name,
                (int)(strlen(p->name) < 24 ? 24 - strlen(p->name) : 1), p->is_default ? "*" : "",
                limit_text(p->limit_s, limit), p->nodes, p->cpus, p->memory_mb);
    }
}

/* "22.05.8" as 2205; 0: not known. */
static int version_of(const char *text)
{
    char *end = NULL;
    long year = text ? strtol(text, &end, 10) : 0;
    return text && *end == '.' ? (int)(100 * year + strtol(end + 1, NULL, 10)) : 0;
}

static void print_config(FILE *out, const char *config)
{
    char value[64];
    const char *text = slurm_config_value(config, "SLURM_VERSION", value);
    int version = version_of(text);
    if (text) show_on(out, "#\n# Slurm %s: ", text);
    if (text)
        fputs(version >= END_TIME_VERSION
                  ? "a job knows its end (SLURM_JOB_END_TIME)\n"
                  : "before 23.02 a job does not know its end; squeue is asked\n",
              out);
    if ((text = slurm_config_value(config, "KillWait", value)))
        show_on(out, "# KillWait %s: from SIGTERM to SIGKILL, for ranks of srun; 2 s with mpirun\n",
                text);
    if ((text = slurm_config_value(config, "JobRequeue", value)))
        show_on(out, "# JobRequeue %s: %s\n", text,
                *text == '0' ? "only jobs with --requeue, as studies, are requeued"
                             : "jobs may be requeued");
}

static void print_launcher(FILE *out)
{
    int pmix = slurm_has_mpi("pmix");
    fputs(pmix == 1 ? "\n# `srun --mpi=list` has pmix\nlauncher: srun --mpi=pmix\n"
          : pmix == 0
              ? "\n# `srun --mpi=list` has no pmix, which Open MPI needs\nlauncher: mpirun\n"
              : "\n# srun does not answer\nlauncher: mpirun\n",
          out);
}

static void print_limit(FILE *out, const struct partition *partition, int num)
{
    struct partition_limits limits;
    char time[48];
    if (!slurm_limits(partition, num, NULL, &limits)) {
        fputs("\n# no partition is the default: choose one of the above\n"
              "# sbatch: {partition: NAME}\n",
              out);
        return;
    }
    show_on(out, "\nsbatch:\n  partition: \"%s\"\n  # account: NAME\n", limits.name);
    fputs("\nlimit: # the most that is asked for by itself; a study goes on in the next job\n",
          out);
    if (isfinite(limits.limit_s)) show_on(out, "  time: %s\n", slurm_time(limits.limit_s, time));
    show_on(out, "  ntasks: %ld\n", limits.cpus > 0 ? limits.cpus : 1);
}

int doctor_print(FILE *out, struct status *st)
{
    struct partition *partition = calloc(MAX_PARTITIONS, sizeof *partition);
    char *config = calloc(CONFIG_BYTES, 1);
    int code = STATUS_OK, num = 0;
    if (!partition || !config) {
        code = status_no_memory(st, "what Slurm says");
    } else if ((num = slurm_partitions(partition)) <= 0) {
        code = status_set(st, STATUS_NO_INPUT,
                          num ? "sinfo cannot be asked: there is no Slurm on this machine, or its "
                                "controller does not answer; try on a login node of the cluster"
                              : "sinfo names no partition that is up");
    } else {
        fputs("# A profile for `hmmgrid submit`, as ~/.config/hmmgrid/slurm.yaml,\n"
              "# slurm/profile.yaml or --profile FILE.\n",
              out);
        print_partitions(out, partition, num);
        if (slurm_config(config)) print_config(out, config);
        print_launcher(out);
        print_limit(out, partition, num);
    }
    free(partition);
    free(config);
    return code;
}
