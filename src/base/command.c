/* command: see command.h. Refuses to wait for ever. */
#include "command.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

pid_t command_start(const char *const *argv, enum command_stderr where, int *out)
{
    int end[2];
    pid_t pid = 0;
    posix_spawn_file_actions_t files;
    if (pipe2(end, O_CLOEXEC) != 0) return 0;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, end[1], 1);
    if (where == STDERR_TOO) posix_spawn_file_actions_adddup2(&files, end[1], 2);
    if (where == STDERR_NOWHERE)
        posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    close(end[1]);
    if (!error) {
        fcntl(end[0], F_SETFL, O_NONBLOCK);
        *out = end[0];
        return pid;
    }
    close(end[0]);
    errno = error;
    return 0;
}

/* All that comes until its end; what has no room is read and left out. false: limit_s is over. */
static bool read_all(int from, double limit_s, char *text, size_t room)
{
    double end_s = clock_monotonic_s() + limit_s;
    char rest[512];
    size_t used = 0;
    ssize_t n = 1;
    while (n != 0 && clock_monotonic_s() < end_s) {
        bool full = used + 1 >= room;
        poll(&(struct pollfd){.fd = from, .events = POLLIN}, 1, 100);
        n = read(from, full ? rest : text + used, full ? sizeof rest : room - 1 - used);
        if (n > 0 && !full) used += (size_t)n;
        if (n < 0 && errno != EAGAIN && errno != EINTR) n = 0;
    }
    text[used] = '\0';
    return n == 0;
}

int command_ask(const char *const *argv, enum command_stderr where, double limit_s, char *text,
                size_t room)
{
    int from, status = 0;
    *text = '\0';
    pid_t pid = command_start(argv, where, &from);
    if (!pid) return -1;
    bool ended = read_all(from, limit_s, text, room);
    close(from);
    if (!ended) kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    errno = 0;
    if (!ended) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
