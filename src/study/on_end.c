/* on_end: see on_end.h. Refuses to fork (MPI forbids it) and to wait for long. */
#include "on_end.h"

#include "signals.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
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

/* In a group of its own; an errno value. */
static int spawn(pid_t *pid, const char *command, char **variables)
{
    char *const argv[] = {"sh", "-c", (char *)command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t ignored, none;
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE); /* by the study, for which that is right */
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                       POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&how, &ignored);
    posix_spawnattr_setsigmask(&how, &none);
    int error = posix_spawn(pid, "/bin/sh", &files, &how, argv, variables);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* It has ended by then, or a signal asks to stop: true, in the first case with its status. */
static bool has_ended(pid_t pid, double until_s, int *status)
{
    for (;;) {
        pid_t found = waitpid(pid, status, WNOHANG);
        if (found == pid || (found < 0 && errno != EINTR)) return true;
        if (signals_received() || clock_monotonic_s() > until_s) return false;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

static void end(pid_t pid, int *status)
{
    double until_s = clock_monotonic_s() + grace_s;
    pid_t found = 0;
    kill(-pid, SIGTERM);
    while (found == 0 && clock_monotonic_s() < until_s) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        found = waitpid(pid, status, WNOHANG);
    }
    kill(-pid, SIGKILL); /* what the shell has started, too */
    while (found == 0 && waitpid(pid, status, 0) < 0 && errno == EINTR) {
    }
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
    pid_t pid;
    int status = 0, error = spawn(&pid, command, variables);
    if (error) {
        log_line(log, LOG_WARNING, "run.on_end: '%.200s' cannot be started: %s", command,
                 strerror(error));
        return;
    }
    if (has_ended(pid, clock_monotonic_s() + limit_s, &status)) {
        tell(status, command, log);
        return;
    }
    if (signals_received())
        log_line(log, LOG_WARNING, "run.on_end: '%.200s' is ended: %s received", command,
                 signals_name(signals_received()));
    else
        log_line(log, LOG_WARNING,
                 "run.on_end: '%.200s' is ended: it still runs after %.0f s; let it end with & "
                 "what takes longer",
                 command, limit_s);
    end(pid, &status);
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
