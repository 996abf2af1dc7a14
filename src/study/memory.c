/* memory: see memory.h. Refuses to look at what is free: that is another matter a minute later. */
#include "memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A positive number in the environment; INFINITY: none. */
static double given(const char *name)
{
    const char *text = getenv(name);
    double x = text ? strtod(text, NULL) : 0;
    return x > 0 ? x : INFINITY;
}

/* The limit of the control group that this process is in (version 2); INFINITY: none. */
static double group_bytes(void)
{
    char line[1024], path[1100];
    double bytes = INFINITY;
    FILE *f = fopen("/proc/self/cgroup", "re");
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f)) found = strncmp(line, "0::", 3) == 0;
    if (f) fclose(f);
    if (!found) return INFINITY;
    line[strcspn(line, "\n")] = '\0';
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", line + 3);
    f = fopen(path, "re");
    if (!f) return INFINITY;
    if (fscanf(f, "%lf", &bytes) != 1) bytes = INFINITY; /* "max" */
    fclose(f);
    return bytes;
}

double memory_share_all(MPI_Comm comm)
{
    MPI_Comm node;
    int ranks = 1;
    if (MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node) == MPI_SUCCESS) {
        MPI_Comm_size(node, &ranks);
        MPI_Comm_free(&node);
    }
    double cpus = given("SLURM_CPUS_PER_TASK"), megabyte = 1024 * 1024;
    double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    double all = fmin(fmin(machine, group_bytes()), given("SLURM_MEM_PER_NODE") * megabyte);
    return fmin(all / ranks, given("SLURM_MEM_PER_CPU") * megabyte * (isinf(cpus) ? 1 : cpus));
}
