/* slurm: what the Slurm of this machine says of itself. Refuses to change anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct partition {
    char name[64];
    bool is_default;
    double limit_s;   /* INFINITY: none */
    long nodes, cpus; /* cpus: of its smallest node */
    double memory_mb; /* the same */
};

enum { MAX_PARTITIONS = 64, CONFIG_BYTES = 1 << 16, ASK_S = 30 };

/* The partitions that are up, of sinfo; -1: there is none, or it does not answer. */
int slurm_partitions(struct partition partition[MAX_PARTITIONS]);

/* What the partitions have in common that `names` (commas between) means, NULL: the default one:
 * the least limit and whose it is, the cpus of all nodes together. false: none is known. */
struct partition_limits {
    char name[64]; /* "": none is known */
    double limit_s;
    long cpus;
};
bool slurm_limits(const struct partition *partition, int num, const char *names,
                  struct partition_limits *limits);

/* Does squeue know this job? 1, 0; -1: it does not answer. */
int slurm_knows_job(const char *number);
/* The job of this user in the queue, or that runs, whose script is this file (from the root), as of
 * squeue; false: none, or it does not answer. */
bool slurm_find_job(const char *script, char number[32]);

/* Does `srun --mpi=list` name it ("pmix")? 1, 0; -1: there is no srun. */
int slurm_has_mpi(const char *name);

/* The value of a line "NAME = VALUE" of `scontrol show config`, into value, which is returned, or
 * NULL. config: what it printed; slurm_config fills it, false: nobody answers. */
bool slurm_config(char config[CONFIG_BYTES]);
const char *slurm_config_value(const char *config, const char *name, char value[64]);
