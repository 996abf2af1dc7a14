/* main: hands the program its arguments and streams. */
#include "cli.h"
#include "base/linalg.h"
#include "isolate/child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Below this MPI and OpenBLAS hang or crash while they start, by themselves. */
enum { ADDRESS_SPACE_MB = 700 };

static bool has_address_space(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= (rlim_t)ADDRESS_SPACE_MB * 1000000)
        return true;
    fprintf(stderr,
            "hmmgrid: error: the address space is limited to %.0f MB (ulimit -v); hmmgrid and its "
            "libraries need %d MB to start, a run more\n",
            (double)limit.rlim_cur / 1e6, ADDRESS_SPACE_MB);
    return false;
}

int main(int argc, char **argv)
{
    /* A stream that is closed gets a descriptor on which reading and writing fail, so that no
     * results file is ever opened in its place and overwritten by messages. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
            return STATUS_IO;
    if (!has_address_space()) _exit(STATUS_USAGE); /* at an exit OpenBLAS would wait for ever */
    /* an OpenBLAS that does not know this CPU: start again with the kernels that it can run */
    const char *core = linalg_advised_core();
    if (core && setenv("OPENBLAS_CORETYPE", core, 1) == 0) execv("/proc/self/exe", argv);
    if (argc == 2 && strcmp(argv[1], CHILD_WORD) == 0) return child_serve(experiment_run);
    return cli_main(argc, argv, stdout, stderr);
}
