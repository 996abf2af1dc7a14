/* main: hands the program its arguments and streams. */
#include "cli.h"
#include "base/limits.h"
#include "base/linalg.h"
#include "isolate/child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    /* A stream that is closed gets a descriptor on which reading and writing fail, so that no
     * results file is ever opened in its place and overwritten by messages. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
            return STATUS_IO;
    struct status st = {0};
    if (limits_check(&st)) {
        fprintf(stderr, "hmmgrid: error: %s\n", st.text);
        _exit(st.code); /* at an exit OpenBLAS would wait for ever */
    }
    /* an OpenBLAS that does not know this CPU: start again with the kernels that it can run */
    const char *core = linalg_advised_core();
    if (core && setenv("OPENBLAS_CORETYPE", core, 1) == 0) execv("/proc/self/exe", argv);
    if (argc == 2 && strcmp(argv[1], CHILD_WORD) == 0) return child_serve(experiment_run);
    return cli_main(argc, argv, stdout, stderr);
}
