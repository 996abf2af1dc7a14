/* on_end: see on_end.h. Refuses to fork (MPI forbids it) and to wait for long. */
#include "on_end.h"

#include "signals.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const double limit_s = 30, grace_s = 2; /* until SIGTERM, from there to SIGKILL */

extern char **environ;

/* --- its environment -------------------------------------------------------------------------- */

/* Of one rank: an MPI program of the command would take itself for that rank, and wait for ever. */
static bool is_of_rank(const char *variable)
{
    static const char *const prefix[] = {"OMPI_", "PMIX_", "PMI_", "SLURM_STEP", "SLURM_PROCID="};
    if (strncmp(variable, "OMPI_ALLOW_", strlen("OMPI_ALLOW_")) == 0) return false;
    for (size_t i = 0; i < sizeof prefix / sizeof prefix[0]; i++)
        if (strncmp(variable, prefix[i], strlen(prefix[i])) == 0) return true;
    return false;
}

enum { NUM_FACTS = 9 };

/* "HMMGRID_FILE=..." and so on, owned by the caller. false: memory is out. */
static bool tell_facts(const struct on_end *f, char *fact[NUM_FACTS])
{
    const struct {
        const char *name, *text; /* NULL: the number */
        int number;
    } facts[NUM_FACTS] = {{"FILE", f->file, 0},         {"STUDY", f->study, 0},
                          {"REASON", f->reason, 0},     {"EXIT_CODE", NULL, f->exit_code},
                          {"TOTAL", NULL, f->total},    {"DONE", NULL, f->done},
                          {"FAILED", NULL, f->failed},  {"CRASHED", NULL, f->crashed},
                          {"PENDING", NULL, f->pending}};
    for (int i = 0; i < NUM_FACTS; i++) {
        int n = facts[i].text ? asprintf(&fact[i], "HMMGRID_%s=%s", facts[i].name, facts[i].text)
                              : asprintf(&fact[i], "HMMGRID_%s=%d", facts[i].name, facts[i].number);
        if (n >= 0) continue;
        fact[i] = NULL;
        return false;
    }
    return true;
}

/* --- the process ------------------------------------------------------------------------------ */

/* Its stdout and stderr are pipes: what it leaves in the background holds none of ours, on whose
 * closing mpirun and srun wait. */
struct child {
    pid_t pid;
    int status;
    struct pollfd from[2]; /* .fd -1: closed */
};

static void close_pipes(struct child *c)
{
    for (int i = 0; i < 2; i++) {
        if (c->from[i].fd >= 0) close(c->from[i].fd);
        c->from[i].fd = -1;
    }
}

/* In a group of its own; an errno value. */
static int spawn(struct child *c, const char *command, char **variables)
{
    char *const argv[] = {"sh", "-c", (char *)command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t ignored, none;
    int error = 0, to[2] = {-1, -1};
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE); /* by the study, for which that is right */
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    for (int i = 0, ends[2]; i < 2 && !error; i++) {
        if (pipe2(ends, O_CLOEXEC)) {
            error = errno;
            break;
        }
        c->from[i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
        to[i] = ends[1];
        posix_spawn_file_actions_adddup2(&files, to[i], STDOUT_FILENO + i);
    }
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                       POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&how, &ignored);
    posix_spawnattr_setsigmask(&how, &none);
    if (!error) error = posix_spawn(&c->pid, "/bin/sh", &files, &how, argv, variables);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    for (int i = 0; i < 2; i++)
        if (to[i] >= 0) close(to[i]);
    return error;
}

/* What it has written by now becomes our output: all that a pipe holds, at once. */
static void pass_on(struct child *c, int wait_ms)
{
    static char bytes[65536];
    if (poll(c->from, 2, wait_ms) <= 0) return;
    for (int i = 0; i < 2; i++) {
        if (c->from[i].fd < 0 || !c->from[i].revents) continue;
        ssize_t n = read(c->from[i].fd, bytes, sizeof bytes), written = 0;
        for (ssize_t at = 0; at < n && written >= 0; at += written)
            written = write(STDOUT_FILENO + i, bytes + at, (size_t)(n - at));
        if (n > 0) continue;
        close(c->from[i].fd);
        c->from[i].fd = -1;
    }
}

/* It has ended by then; not where a signal asks to stop, if that is heeded. */
static bool has_ended(struct child *c, double until_s, bool heed)
{
    for (;;) {
        pid_t found = waitpid(c->pid, &c->status, WNOHANG);
        if (found == c->pid || (found < 0 && errno != EINTR)) break;
        if ((heed && signals_received()) || clock_monotonic_s() > until_s) return false;
        pass_on(c, 10);
    }
    pass_on(c, 0);
    return true;
}

static void end(struct child *c)
{
    kill(-c->pid, SIGTERM);
    bool ended = has_ended(c, clock_monotonic_s() + grace_s, false);
    kill(-c->pid, SIGKILL); /* what the shell has started, too */
    if (!ended) has_ended(c, INFINITY, false);
}

static void tell(int status, const char *command, const struct log *log)
{
    if (WIFSIGNALED(status))
        log_line(log, LOG_WARNING, "run.on_end: '%.200s' was ended by signal %d", command,
                 WTERMSIG(status));
    else if (WEXITSTATUS(status))
        log_line(log, LOG_WARNING, "run.on_end: '%.200s' ended with exit code %d", command,
                 WEXITSTATUS(status));
}

static void do_command(const char *command, char **variables, const struct log *log)
{
    struct child c = {.from = {{.fd = -1}, {.fd = -1}}};
    int error = spawn(&c, command, variables);
    if (error) {
        log_line(log, LOG_WARNING, "run.on_end: '%.200s' cannot be started: %s", command,
                 strerror(error));
    } else if (has_ended(&c, clock_monotonic_s() + limit_s, true)) {
        tell(c.status, command, log);
    } else {
        if (signals_received())
            log_line(log, LOG_WARNING, "run.on_end: '%.200s' is ended: %s received", command,
                     signals_name(signals_received()));
        else
            log_line(log, LOG_WARNING,
                     "run.on_end: '%.200s' is ended: it still runs after %.0f s; what takes longer "
                     "is for a job of its own",
                     command, limit_s);
        end(&c);
    }
    close_pipes(&c);
}

void on_end_do(const char *command, const struct on_end *facts, const struct log *log)
{
    char *fact[NUM_FACTS] = {NULL};
    struct signals signals;
    int num = 0;
    while (environ[num]) num++;
    char **variables = calloc((size_t)num + NUM_FACTS + 1, sizeof *variables);
    bool told = variables && tell_facts(facts, fact);
    signals_install(&signals); /* those that came before have had their effect */
    if (told) {
        memcpy(variables, fact, sizeof fact);
        num = NUM_FACTS;
        for (char **v = environ; *v; v++)
            if (!is_of_rank(*v)) variables[num++] = *v;
        do_command(command, variables, log);
    } else {
        log_line(log, LOG_WARNING, "run.on_end: not done: out of memory");
    }
    signals_restore(&signals);
    for (int i = 0; i < NUM_FACTS; i++) free(fact[i]);
    free(variables);
}
