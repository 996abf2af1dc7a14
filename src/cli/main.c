/* main: hands the program its arguments and streams. */
#include "cli.h"

#include <fcntl.h>

int main(int argc, char **argv)
{
    /* A stream that is closed gets a descriptor on which reading and writing fail, so that no
     * results file is ever opened in its place and overwritten by messages. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
            return STATUS_IO;
    return cli_main(argc, argv, stdout, stderr);
}
