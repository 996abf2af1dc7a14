/* limits: see limits.h. Refuses to raise any: they are somebody's. */
#include "limits.h"

#include <math.h>
#include <sys/resource.h>

static const double megabyte = 1e6;

/* With room to spare: address space, since OpenBLAS waits for its 128 MB for ever below 520 MB;
 * data, which private mappings count as, the same below 260 MB, and MPI-IO aborts below 330 MB; the
 * stack of a run, 300 kB; files, 32 under mpirun. */
static const struct {
    int resource;
    const char *what, *option, *unit;
    double least, one; /* in units; a unit */
} needs[] = {{RLIMIT_AS, "address space", "-v", " MB", 700, megabyte},
             {RLIMIT_DATA, "data segment", "-d", " MB", 400, megabyte},
             {RLIMIT_STACK, "stack", "-s", " MB", 1, megabyte},
             {RLIMIT_NOFILE, "number of open files", "-n", "", 64, 1}};
enum { NUM_NEEDS = sizeof needs / sizeof needs[0], MOST_KEPT_S = 10 };

int limits_check(struct status *st)
{
    struct rlimit limit;
    for (int i = 0; i < NUM_NEEDS; i++) {
        if (getrlimit(needs[i].resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) continue;
        double has = (double)limit.rlim_cur / needs[i].one;
        if (has < needs[i].least)
            return status_set(st, STATUS_USAGE,
                              "the %s is limited to %.3g%s (ulimit %s); hmmgrid and its libraries "
                              "need %g%s to start, a run may need more",
                              needs[i].what, has, needs[i].unit, needs[i].option, needs[i].least,
                              needs[i].unit);
    }
    return STATUS_OK;
}

void limits_keep_cpu_s(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return;
    rlim_t most = limit.rlim_max, keep = most / 2 < MOST_KEPT_S ? most / 2 : MOST_KEPT_S;
    if (limit.rlim_cur <= most - keep) return;
    limit.rlim_cur = most - keep;
    setrlimit(RLIMIT_CPU, &limit);
}

double limits_cpu_s(void)
{
    struct rlimit limit;
    bool is_limited = getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_max != RLIM_INFINITY;
    return is_limited ? (double)limit.rlim_max : INFINITY;
}
