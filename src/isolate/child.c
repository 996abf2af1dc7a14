/* child: see child.h. Signals that end a study are the worker's to judge: they are ignored here,
 * and when the worker dies the kernel ends this process. Refuses to write anything but answers;
 * what a library says on stdout or stderr goes to the worker. */
#include "child.h"

#include "wire.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/linalg.h"
#include "base/show.h"
#include "plan/plan.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct child {
    run_function run;
    struct wire_page *page;
    struct floor_cache *floors;
    struct log log;
};

/* --- the worker's questions, while a run is on ------------------------------------------ */

static bool should_stop(void *context)
{
    struct wire_page *page = context;
    atomic_fetch_add_explicit(&page->beat, 1, memory_order_relaxed);
    return atomic_load_explicit(&page->stop, memory_order_relaxed);
}

static void epoch_done(void *context, int epoch, int num_epochs, float train_loss, float val_loss)
{
    struct wire_page *page = context;
    page->num_epochs = num_epochs;
    page->train_loss = train_loss;
    page->val_loss = val_loss;
    page->epoch = epoch;
}

/* --- memory ----------------------------------------------------------------------------- */

static void forget_peak(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (!f) return;
    fputs("5", f); /* the peak is what is resident now */
    fclose(f);
}

/* Largest resident size since forget_peak, where the kernel tells it; else of the whole process. */
static double peak_bytes(void)
{
    char line[256];
    double kilobytes = NAN;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && isnan(kilobytes) && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0) kilobytes = strtod(line + 6, NULL);
    if (f) fclose(f);
    struct rusage usage;
    if (isnan(kilobytes) && getrusage(RUSAGE_SELF, &usage) == 0)
        kilobytes = (double)usage.ru_maxrss;
    return 1024 * kilobytes;
}

/* The kernel, when it needs memory, is to end this process rather than the worker. */
static void offer_to_die_first(void)
{
    FILE *f = fopen("/proc/self/oom_score_adj", "w");
    if (!f) return;
    fputs("500", f);
    fclose(f);
}

/* --- runs ------------------------------------------------------------------------------- */

static bool send_answer(struct wire_answer *answer, const struct settings *s,
                        struct run_output *out)
{
    struct run_part part[MAX_RUN_PARTS];
    int num = run_output_parts(s, out, part);
    answer->num_parts = 0;
    for (int i = 0; i < num; i++) answer->num_parts += part[i].value && part[i].bytes;
    bool sent = wire_write(WIRE_ANSWERS, answer, sizeof *answer);
    for (int i = 0; i < num && sent; i++) {
        if (!part[i].value || !part[i].bytes) continue;
        struct wire_part head = {i, part[i].bytes};
        sent = wire_write(WIRE_ANSWERS, &head, sizeof head) &&
               wire_write(WIRE_ANSWERS, part[i].value, part[i].bytes);
    }
    return sent;
}

static bool do_run(struct child *c, const char *line, const struct checkpoints *kept,
                   const float *start)
{
    struct decoded_run decoded;
    struct status st = {0};
    struct run_output out = {.accepted = 0};
    struct wire_answer answer = {.code = plan_parse_json(line, &decoded, &st)};
    struct run_context context = {.floors = c->floors,
                                  .watch = {{should_stop, c->page}, epoch_done},
                                  .checkpoints = *kept->folder ? kept : NULL,
                                  .log = &c->log,
                                  .start = start};
    forget_peak();
    double start_cpu_s = clock_cpu_s();
    if (!answer.code)
        answer.code = c->run(&decoded.settings, decoded.key, decoded.seed, &context, &out, &st);
    else
        decoded = (struct decoded_run){.seed = 0};
    answer.cpu_s = clock_cpu_s() - start_cpu_s;
    answer.peak_bytes = peak_bytes();
    if (out.kernel) snprintf(answer.kernel, sizeof answer.kernel, "%s", out.kernel);
    if (out.blas_core) snprintf(answer.blas_core, sizeof answer.blas_core, "%s", out.blas_core);
    snprintf(answer.text, sizeof answer.text, "%s", st.text);
    bool sent = send_answer(&answer, &decoded.settings, &out);
    run_output_free(&out);
    decoded_run_free(&decoded);
    return sent;
}

/* The next request; false: there is none. */
static bool serve(struct child *c, int *code)
{
    struct wire_request request;
    if (!wire_read(WIRE_REQUESTS, &request, sizeof request)) return false;
    size_t bytes = request.line_bytes + request.folder_bytes + request.program_bytes;
    char *line = malloc(bytes);
    float *start = request.first_bytes ? malloc(request.first_bytes) : NULL;
    *code = STATUS_INTERNAL;
    if (line && wire_read(WIRE_REQUESTS, line, bytes) && (start || !request.first_bytes) &&
        wire_read(WIRE_REQUESTS, start, request.first_bytes)) {
        const char *folder = line + request.line_bytes;
        struct checkpoints kept = {folder, folder + request.folder_bytes, request.checkpoint_s,
                                   request.keeps_state};
        *code = do_run(c, line, &kept, start) ? STATUS_OK : STATUS_IO;
    }
    free(line);
    free(start);
    return true;
}

static void tell_the_worker(int number)
{
    kill(getppid(), number);
}

/* Signals that a study watches for reach every process of a terminal's or a job's group; but the
 * processor time is spent here. */
static void leave_signals_to_the_worker(void)
{
    static const int number[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE};
    sigset_t all;
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) signal(number[i], SIG_IGN);
    signal(SIGXCPU, tell_the_worker);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    limits_keep_cpu_s();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int child_serve(run_function run)
{
    struct child c = {.run = run, .floors = floor_cache_new()};
    struct status st = {0};
    leave_signals_to_the_worker();
    offer_to_die_first();
    void *page = mmap(NULL, sizeof *c.page, PROT_READ | PROT_WRITE, MAP_SHARED, WIRE_PAGE, 0);
    if (page == MAP_FAILED || !c.floors) {
        show_on(stderr, "hmmgrid: error: %s is started by `hmmgrid run` only\n", CHILD_WORD);
        return STATUS_USAGE;
    }
    c.page = page;
    int code = linalg_start(&st);
    if (code) show_on(stderr, "hmmgrid: error: %s\n", st.text);
    log_init(&c.log, stderr, -1);
    c.log.timed = true;
    while (!code && serve(&c, &code)) continue;
    floor_cache_free(c.floors);
    return status_exit_code(code);
}
