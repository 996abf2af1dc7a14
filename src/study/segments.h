/* segments: the files of shared memory through which the ranks of a node talk (Open MPI's
 * vader_segment.HOST.UID.JOB.RANK, below /dev/shm unless told otherwise), which ranks that are
 * killed with their launcher leave behind. FILE.alive names those of a study, so that the next one
 * removes them. Private to src/study. */
#pragma once

#include <mpi.h>

/* Rank 0, before it holds FILE.alive: what it names, malloc'd, where nobody holds it any more.
 * NULL: nothing, or not to be known. */
char *segments_left(const char *results_path);

/* Every rank removes those of its machine that rank 0 found left, which are the user's, the
 * very files that were named, and mapped by no process; rank 0 then names those of this study in
 * alive_fd (-1: not). left: of rank 0, borrowed. Collective. */
void segments_renew_all(MPI_Comm comm, const char *left, int alive_fd);
