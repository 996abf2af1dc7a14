/* replay: finished runs run again, to compare their bits. */
#pragma once

#include "cli.h"

/* Run num done runs of the file again, of those for which where (NULL: all) is true: those of as
 * many cells as there are, chosen by their keys, so the same ones every time. Tells of each on the
 * log, of differences on err, of the counts on out. MPI has been started. STATUS_IO: a run of this
 * very version and kernels gave other bits. STATUS_USAGE: a bad expression, or none is left. */
int replay(const struct invocation *inv, struct store *store, int num, const char *where,
           struct status *st);
