/* deadline: see deadline.h. Refuses to wait for a scheduler that does
 * not answer. Source: RELIABILITY section 4. */
#include "deadline.h"

#include "base/clock.h"
#include "base/command.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double ask_every_s = 600, answer_within_s = 10;

/* "2026-01-31T12:00:00", local time; anything else ("N/A", "Unknown"): no limit. */
static double local_time(const char *text)
{
    struct tm when = {.tm_isdst = -1};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &when);
    return end ? (double)mktime(&when) : INFINITY;
}

static double seconds_from_now(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);
    return end == text ? INFINITY : clock_unix_s() + seconds;
}

/* Who is asked, where the variable names a job. */
static const struct scheduler {
    const char *variable;
    const char *command[6]; /* the job's name comes last */
    double (*read)(const char *answer);
} schedulers[] = {{"SLURM_JOB_ID", {"squeue", "-h", "-o", "%e", "-j"}, local_time},
                  {"FLUX_JOB_ID", {"flux", "job", "timeleft"}, seconds_from_now}};
enum { NUM_SCHEDULERS = sizeof schedulers / sizeof schedulers[0] };

static void forget(struct deadline *d)
{
    if (!d->pid) return;
    close(d->answer);
    kill(d->pid, SIGKILL);
    while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    d->pid = 0;
}

static void ask(struct deadline *d)
{
    const struct scheduler *s = &schedulers[d->kind];
    const char *argv[8] = {NULL};
    int num = 0;
    d->asked_s = clock_monotonic_s();
    d->num_text = 0;
    for (int i = 0; i < 6 && s->command[i]; i++) argv[num++] = s->command[i];
    argv[num] = getenv(s->variable);
    d->pid = command_start(argv, STDERR_NOWHERE, &d->answer);
}

/* Take what has been printed: true when that is all of it, and end_s then says it. */
static bool listen_to(struct deadline *d)
{
    ssize_t n;
    do {
        n = read(d->answer, d->text + d->num_text, sizeof d->text - 1 - d->num_text);
        if (n > 0) d->num_text += (size_t)n;
    } while (n > 0 && d->num_text < sizeof d->text - 1);
    bool late = clock_monotonic_s() - d->asked_s > answer_within_s;
    if (n < 0 && (errno == EAGAIN || errno == EINTR) && !late) return false;
    d->text[d->num_text] = '\0';
    forget(d);
    if (d->num_text) d->end_s = schedulers[d->kind].read(d->text);
    return true;
}

void deadline_first(struct deadline *d, double given_s, const struct log *log)
{
    const char *slurm = getenv("SLURM_JOB_END_TIME");
    *d = (struct deadline){.end_s = isnan(given_s) ? INFINITY : given_s};
    if (!isnan(given_s)) return;
    if (slurm && strtod(slurm, NULL) >= 1e9) d->end_s = strtod(slurm, NULL);
    while (d->kind < NUM_SCHEDULERS && !getenv(schedulers[d->kind].variable)) d->kind++;
    d->is_asked = d->kind < NUM_SCHEDULERS;
    if (!d->is_asked) return;
    ask(d);
    while (d->pid && !listen_to(d))
        poll(&(struct pollfd){.fd = d->answer, .events = POLLIN}, 1, 100);
    const struct scheduler *s = &schedulers[d->kind];
    if (isinf(d->end_s) && !d->num_text)
        log_line(log, LOG_WARNING,
                 "no deadline is known: %s does not tell the end of this job (%s=%s); give "
                 "--deadline TIME, or the job may end amid a run",
                 s->command[0], s->variable, getenv(s->variable));
}

bool deadline_look(struct deadline *d)
{
    double before_s = d->end_s;
    if (d->pid)
        listen_to(d);
    else if (d->is_asked && clock_monotonic_s() - d->asked_s > ask_every_s)
        ask(d);
    return d->end_s != before_s;
}

void deadline_free(struct deadline *d)
{
    forget(d);
}
