/* memory: how much of its machine a rank may take. Private to src/study. */
#pragma once

#include <mpi.h>

/* A rank's share, in bytes, of what the job or the machine allows: the least of Slurm's figures,
 * the control group's limit and the memory there is, over the ranks of this machine. Collective. */
double memory_share_all(MPI_Comm comm);
