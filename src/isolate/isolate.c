/* isolate: see isolate.h. The worker's side: start, hand over, watch, judge. Refuses to guess: a
 * process that died is told by its signal, how far it was and what it said last. */
#include "isolate.h"

#include "child.h"
#include "wire.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 10, SAID_BYTES = 600 };
static const double stop_within_s = 10, look_at_memory_s = .05;
static const double least_of_limit = .5; /* the kernel counts ticks for it, and finer for us */

extern char **environ;

struct isolate {
    struct isolate_options options;
    pid_t pid; /* 0: none is running */
    int requests, answers, said;
    struct wire_page *page;
    char last[SAID_BYTES]; /* what it said last */
    size_t num_last;
    char kernel[32], blas_core[32];
    double alive_s; /* by the clock, at the last sign of life of a run */
};

struct isolate *isolate_new(const struct isolate_options *options)
{
    struct isolate *c = calloc(1, sizeof *c);
    if (c) *c = (struct isolate){.options = *options, .requests = -1, .answers = -1, .said = -1};
    return c;
}

/* --- start and end of the process ------------------------------------------------------- */

/* Keep the end of it, and pass it on. */
static void listen_to(struct isolate *c)
{
    char text[512];
    ssize_t n;
    while ((n = read(c->said, text, sizeof text)) > 0) {
        fwrite(text, 1, (size_t)n, stderr);
        size_t add = (size_t)n, keep = c->num_last;
        if (keep + add > SAID_BYTES) keep = SAID_BYTES - add;
        memmove(c->last, c->last + c->num_last - keep, keep);
        memcpy(c->last + keep, text, add);
        c->num_last = keep + add;
    }
}

static void close_ends(struct isolate *c)
{
    int *const fd[] = {&c->requests, &c->answers, &c->said};
    for (int i = 0; i < 3; i++) {
        if (*fd[i] >= 0) close(*fd[i]);
        *fd[i] = -1;
    }
    if (c->page) munmap(c->page, sizeof *c->page);
    c->page = NULL;
}

/* End it, if it has not ended by itself, and hear its last words. Returns waitpid's status, and the
 * processor time that it had in all. */
static int end(struct isolate *c, double *cpu_s)
{
    struct rusage usage = {0};
    int status = 0;
    kill(c->pid, SIGKILL); /* one that is ending keeps the status it has */
    while (wait4(c->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    *cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
             1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    c->pid = 0;
    listen_to(c);
    close_ends(c);
    return status;
}

void isolate_free(struct isolate *c)
{
    double cpu_s;
    if (!c) return;
    if (c->pid) end(c, &cpu_s); /* between two runs it has nothing to lose */
    free(c);
}

/* A descriptor that no dup2 of the child can hit. */
static int above(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, WIRE_PAGE + 1);
    close(fd);
    return high;
}

static bool make_pipe(int end[2])
{
    if (pipe2(end, O_CLOEXEC) != 0) return false;
    end[0] = above(end[0]);
    end[1] = above(end[1]);
    return end[0] >= 0 && end[1] >= 0;
}

static int spawn(pid_t *pid, int requests, int answers, int page, int said)
{
    char program[] = "/proc/self/exe", word[] = CHILD_WORD;
    char *const argv[] = {program, word, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t all;
    sigfillset(&all); /* until it has said what it ignores */
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&how, &all);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, said, 1);
    posix_spawn_file_actions_adddup2(&files, said, 2);
    posix_spawn_file_actions_adddup2(&files, requests, WIRE_REQUESTS);
    posix_spawn_file_actions_adddup2(&files, answers, WIRE_ANSWERS);
    posix_spawn_file_actions_adddup2(&files, page, WIRE_PAGE);
    int error = posix_spawn(pid, program, &files, &how, argv, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

static int start(struct isolate *c, struct status *st)
{
    int requests[2] = {-1, -1}, answers[2] = {-1, -1}, said[2] = {-1, -1}, error = 0;
    int page = above(memfd_create("hmmgrid", MFD_CLOEXEC));
    bool made = page >= 0 && ftruncate(page, sizeof *c->page) == 0 && make_pipe(requests) &&
                make_pipe(answers) && make_pipe(said);
    if (made) {
        c->page = mmap(NULL, sizeof *c->page, PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
        if (c->page == MAP_FAILED) c->page = NULL;
    }
    error = !made || !c->page ? errno : spawn(&c->pid, requests[0], answers[1], page, said[1]);
    c->requests = requests[1];
    c->answers = answers[0];
    c->said = said[0];
    c->num_last = 0;
    if (page >= 0) close(page);
    if (requests[0] >= 0) close(requests[0]);
    if (answers[1] >= 0) close(answers[1]);
    if (said[1] >= 0) close(said[1]);
    if (!error) {
        fcntl(c->said, F_SETFL, O_NONBLOCK);
        return STATUS_OK;
    }
    close_ends(c);
    c->pid = 0;
    return status_set(st, STATUS_INTERNAL,
                      "no process can be started for a run: %s; run.isolate: none does runs in the "
                      "rank itself",
                      strerror(error));
}

/* --- how it is -------------------------------------------------------------------------- */

static double resident_bytes(pid_t pid)
{
    char path[64];
    double pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f) return 0;
    if (fscanf(f, "%*f %lf", &pages) != 1) pages = 0;
    fclose(f);
    return pages * (double)sysconf(_SC_PAGESIZE);
}

static double processor_s(pid_t pid)
{
    clockid_t id;
    struct timespec t;
    if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &t) != 0) return 0;
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- a run ------------------------------------------------------------------------------ */

struct watching {
    struct isolate *c;
    const struct train_watch *watch;
    double asked_s;       /* when it was asked to stop; NaN: not yet */
    double memory_look_s; /* when its memory was looked at last */
    double cpu_s;         /* its processor time at the last sign of life */
    unsigned beat;
    int epoch;
    char why[256]; /* it was ended for; "": it was not */
    int code;      /* that goes with it */
};

static void tell_epoch(struct watching *w)
{
    struct wire_page *page = w->c->page;
    int epoch = page->epoch;
    if (epoch == w->epoch) return;
    w->epoch = epoch;
    if (w->watch->epoch_done)
        w->watch->epoch_done(w->watch->stop.context, epoch, page->num_epochs, page->train_loss,
                             page->val_loss);
}

/* Why the process is to be ended now; leaves why and code. */
static bool is_to_be_ended(struct watching *w)
{
    const struct isolate_options *options = &w->c->options;
    double now_s = clock_monotonic_s();
    unsigned beat = w->c->page->beat;
    if (isnan(w->asked_s) && w->watch->stop.wanted &&
        w->watch->stop.wanted(w->watch->stop.context)) {
        w->asked_s = now_s;
        w->c->page->stop = 1;
    }
    if (now_s - w->asked_s > stop_within_s) {
        w->code = STATUS_RUN_STOPPED;
        snprintf(w->why, sizeof w->why, "its process was ended, since it did not stop within %g s",
                 stop_within_s);
        return true;
    }
    if (now_s - w->memory_look_s < look_at_memory_s) return false;
    w->memory_look_s = now_s;
    double bytes = isfinite(options->memory_bytes) ? resident_bytes(w->c->pid) : 0;
    if (bytes > options->memory_bytes) {
        w->code = STATUS_RUN_FAILED;
        snprintf(
            w->why, sizeof w->why,
            "it took %.0f MB of memory, and run.memory leaves a run %.0f MB; use fewer ranks a "
            "node, or a smaller data.sequences, measure.sequences or train.batch",
            bytes / 1e6, options->memory_bytes / 1e6);
        return true;
    }
    double cpu_s = processor_s(w->c->pid);
    if (beat != w->beat) {
        w->beat = beat;
        w->c->alive_s = now_s;
        w->cpu_s = cpu_s;
    }
    double silent_s = now_s - w->c->alive_s, busy_s = cpu_s - w->cpu_s;
    if (!isnan(w->asked_s)) return false; /* to stop: it has its time for that */
    if (busy_s <= options->patience_s && silent_s <= ISOLATE_STANDSTILL * options->patience_s)
        return false;
    w->code = STATUS_RUN_DIED;
    snprintf(w->why, sizeof w->why,
             "its process was ended: no sign of life for %.3g s, in which it took %.3g s of "
             "processor time (run.patience is %g s)",
             silent_s, busy_s, options->patience_s);
    return true;
}

double isolate_silence_s(const struct isolate *c)
{
    return clock_monotonic_s() - c->alive_s;
}

/* Until an answer begins to come (true), or the process is gone or has to be ended. */
static bool wait_for_answer(struct watching *w)
{
    struct isolate *c = w->c;
    for (;;) {
        struct pollfd fd[] = {{.fd = c->answers, .events = POLLIN},
                              {.fd = c->said, .events = POLLIN}};
        int num = poll(fd, 2, LOOK_MS);
        listen_to(c);
        tell_epoch(w);
        if (num > 0 && fd[0].revents) return fd[0].revents & POLLIN;
        if (is_to_be_ended(w)) return false;
    }
}

static bool take_answer(struct isolate *c, const struct settings *s, struct run_output *out,
                        struct wire_answer *answer)
{
    struct run_part part[MAX_RUN_PARTS];
    int num = run_output_parts(s, out, part);
    if (!wire_read(c->answers, answer, sizeof *answer)) return false;
    for (int i = 0; i < answer->num_parts; i++) {
        struct wire_part head;
        if (!wire_read(c->answers, &head, sizeof head)) return false;
        if (head.index < 0 || head.index >= num || head.bytes != part[head.index].bytes ||
            !part[head.index].value)
            return false;
        if (!wire_read(c->answers, part[head.index].value, head.bytes)) return false;
    }
    memcpy(c->kernel, answer->kernel, sizeof c->kernel);
    memcpy(c->blas_core, answer->blas_core, sizeof c->blas_core);
    out->kernel = c->kernel;
    out->blas_core = c->blas_core;
    return true;
}

/* The end of what it said, on one line. */
static void last_words(const struct isolate *c, char text[SAID_BYTES + 1])
{
    size_t n = c->num_last;
    while (n > 0 && c->last[n - 1] == '\n') n--;
    for (size_t i = 0; i < n; i++) text[i] = c->last[i] < ' ' && c->last[i] >= 0 ? ' ' : c->last[i];
    text[n] = '\0';
}

/* At the hard limit of processor time it is not the run's fault, and the next one would end the
 * same way. */
static void judge_kill(struct watching *w, double cpu_s)
{
    double most_s = limits_cpu_s();
    bool was_warned = !isnan(w->asked_s) || most_s < 2; /* by SIGXCPU, see limits_keep_cpu_s */
    if (!was_warned || cpu_s < least_of_limit * most_s) return;
    w->code = STATUS_USAGE;
    snprintf(w->why, sizeof w->why,
             "%g s of processor time (ulimit -t; give more) are too few for a run and its orderly "
             "stop: its process was killed",
             most_s);
}

/* It died or was ended while the run was on. */
static int tell_death(struct watching *w, struct isolate_report *report, struct status *st)
{
    struct isolate *c = w->c;
    char how[256], where[64] = "before its first epoch", words[SAID_BYTES + 1];
    int num_epochs = c->page->num_epochs;
    if (w->epoch > 0)
        snprintf(where, sizeof where, "%s epoch %d of %d", w->epoch < num_epochs ? "in" : "after",
                 w->epoch + (w->epoch < num_epochs), num_epochs);
    double cpu_s;
    int status = end(c, &cpu_s);
    last_words(c, words);
    if (!w->code && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) judge_kill(w, cpu_s);
    if (w->code) {
        snprintf(how, sizeof how, "%s", w->why);
    } else if (WIFSIGNALED(status)) {
        report->signal = WTERMSIG(status);
        snprintf(how, sizeof how, "its process was ended by signal %d (%s)%s", report->signal,
                 sigdescr_np(report->signal),
                 report->signal == SIGKILL ? ": want of memory on the node? see its log" : "");
    } else {
        snprintf(how, sizeof how, "its process ended by itself with code %d", WEXITSTATUS(status));
    }
    return status_set(st, w->code ? w->code : STATUS_RUN_DIED, "%s, %s%s%s", how, where,
                      *words ? "; it said last: " : "", words);
}

static bool ask(struct isolate *c, const char *line, const float *first, size_t num_first)
{
    static const struct checkpoints none = {.folder = "", .program = ""};
    const struct checkpoints *kept = c->options.checkpoints ? c->options.checkpoints : &none;
    struct wire_request request = {strlen(line) + 1,
                                   strlen(kept->folder) + 1,
                                   strlen(kept->program) + 1,
                                   num_first * sizeof *first,
                                   kept->every_s,
                                   kept->keeps_state};
    return wire_write(c->requests, &request, sizeof request) &&
           wire_write(c->requests, line, request.line_bytes) &&
           wire_write(c->requests, kept->folder, request.folder_bytes) &&
           wire_write(c->requests, kept->program, request.program_bytes) &&
           wire_write(c->requests, first, request.first_bytes);
}

int isolate_run(struct isolate *c, const char *line, const struct settings *s, const float *first,
                const struct train_watch *watch, struct run_output *out,
                struct isolate_report *report, struct status *st)
{
    *report = (struct isolate_report){.cpu_s = NAN, .peak_bytes = NAN};
    int code = run_output_init(s, out, st);
    if (!code && !c->pid) code = start(c, st);
    if (code) return code;
    double now_s = clock_monotonic_s();
    struct watching w = {.c = c,
                         .watch = watch,
                         .asked_s = NAN,
                         .memory_look_s = now_s,
                         .cpu_s = processor_s(c->pid)};
    struct wire_answer answer;
    *c->page = (struct wire_page){.stop = 0};
    c->alive_s = now_s;
    c->num_last = 0;
    size_t num_first = first ? rnn_num_params(rnn_shape_of(s)) : 0;
    if (!ask(c, line, first, num_first) || !wait_for_answer(&w) || !take_answer(c, s, out, &answer))
        return tell_death(&w, report, st);
    report->cpu_s = answer.cpu_s;
    report->peak_bytes = answer.peak_bytes;
    return answer.code ? status_set(st, answer.code, "%s", answer.text) : STATUS_OK;
}
