/* provenance: who and what makes a results file: program, compiler, libraries, CPUs, hosts.
 * Private to src/study. */
#pragma once

#include "store/store.h"

struct provenance_facts {
    struct provenance view; /* points into the buffers below: do not copy this struct */
    char mpi[256], host[HOST_BYTES];
    char program[64];   /* version and commit */
    char *cpus, *hosts; /* rank 0: "name x count, ..." over all ranks; owned */
};

/* Collective over comm (hosts and CPUs are gathered to rank 0; elsewhere the lists are empty).
 * command_line is borrowed. Memory out is not an error: the lists are then empty. */
void provenance_gather_all(struct provenance_facts *facts, const char *command_line, MPI_Comm comm);
void provenance_free(struct provenance_facts *facts);
