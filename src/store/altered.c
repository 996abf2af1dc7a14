/* altered: a results file whose seal is not whole: changed by another program (an attribute of
 * h5py, h5repack, nccopy) or damaged. Damaged structures can crash HDF5 or hold it for ever, so it
 * reads such a file in a child process, with limits of time and memory, that reports where every
 * dataset is (locate.c); what becomes of the child is at worst a message. The rows are then trusted
 * one by one, by their checksums. Refuses to write into such a file. Source: RELIABILITY section 7.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of the child: seconds of processor time and bytes of memory, and what they grow by with the file,
 * whose compressed datasets it may have to copy. */
static const uint64_t least_cpu_s = 5, bytes_a_second = 20 << 20;
static const uint64_t least_memory = (uint64_t)1 << 30, memory_a_byte = 8;
static const uint64_t least_copies = (uint64_t)4 << 30, copies_a_byte = 64;
enum { WALL_A_CPU_SECOND = 6 }; /* a slow disk, a busy machine */

/* --- the child ---------------------------------------------------------------------------- */

static void limit(int resource, uint64_t most)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0) return;
    if (now.rlim_cur != RLIM_INFINITY && now.rlim_cur < most) return;
    now.rlim_cur = (rlim_t)most;
    setrlimit(resource, &now);
}

static uint64_t memory_in_use(void)
{
    unsigned long pages = 0;
    FILE *in = fopen("/proc/self/statm", "r");
    if (in && fscanf(in, "%lu", &pages) != 1) pages = 0;
    if (in) fclose(in);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Die quietly when it must be, and with the parent. */
static void make_harmless(uint64_t file_bytes, uint64_t cpu_s)
{
    int silent = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;
    for (int s = 1; s < NSIG; s++) signal(s, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (silent >= 0) dup2(silent, STDOUT_FILENO), dup2(silent, STDERR_FILENO);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, cpu_s);
    limit(RLIMIT_AS, memory_in_use() + least_memory + memory_a_byte * file_bytes);
    limit(RLIMIT_FSIZE, least_copies + copies_a_byte * file_bytes);
}

/* --- the parent --------------------------------------------------------------------------- */

/* A file without a name, for what has to be copied. */
static int open_copies(void)
{
    const char *dir = getenv("TMPDIR");
    char name[512];
    if (!dir || !*dir) dir = "/tmp";
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    snprintf(name, sizeof name, "%.480s/hmmgrid-XXXXXX", dir);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) unlink(name);
    return fd;
}

/* Wait until the child has ended; after wall_s it is killed. Returns its status as waitpid does. */
static int await(pid_t child, int end, uint64_t wall_s, bool *late)
{
    struct pollfd ended = {.fd = end};
    struct timespec now, until;
    int status = 0, rc;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)wall_s;
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
        rc = now.tv_sec > until.tv_sec ? 0 : poll(&ended, 1, 1000);
    } while ((rc < 0 && errno == EINTR) || (rc == 0 && now.tv_sec <= until.tv_sec));
    *late = rc == 0;
    if (*late) kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

static int died(const struct store *store, int status, bool late, uint64_t cpu_s, struct status *st)
{
    int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    char how[96];
    if (late || by == SIGXCPU)
        snprintf(how, sizeof how, "did not come to an end in %llu s", (unsigned long long)cpu_s);
    else if (by)
        snprintf(how, sizeof how, "crashed (%s)", strsignal(by));
    else
        snprintf(how, sizeof how, "ended by itself (exit code %d)", WEXITSTATUS(status));
    return status_set(st, STATUS_IO,
                      "%s: damaged: HDF5, which read it in a process of its own, %s; use a copy of "
                      "the file",
                      store->path, how);
}

/* Say of an error of the child that the file is not as it was. */
static int blame(const struct store *store, const struct status *found, struct status *st)
{
    const char *why =
        store->seal == SEAL_ABSENT
            ? ""
            : "; its layout is not as hmmgrid wrote it: damaged, or changed by another "
              "program; use a copy";
    return status_set(st, found->code, "%.3600s%s", found->text, why);
}

static int run_child(struct store *store, struct status *st)
{
    int end[2], status = 0;
    uint64_t cpu_s = least_cpu_s + store->file_bytes / bytes_a_second;
    bool late = false;
    if (pipe2(end, O_CLOEXEC) != 0)
        return file_fail(st, STATUS_IO, store->path, "read it in a process of its own", errno);
    pid_t child = fork();
    if (child == 0) {
        close(end[0]);
        make_harmless(store->file_bytes, cpu_s);
        store_load_by_library(store, &store->report->st);
        store->report->is_complete = true;
        _exit(0);
    }
    int error = errno;
    close(end[1]);
    if (child > 0) status = await(child, end[0], WALL_A_CPU_SECOND * cpu_s, &late);
    close(end[0]);
    if (child < 0)
        return file_fail(st, STATUS_IO, store->path, "read it in a process of its own", error);
    if (status != 0 || !store->report->is_complete) return died(store, status, late, cpu_s, st);
    return store->report->st.code ? blame(store, &store->report->st, st) : STATUS_OK;
}

int altered_read(struct store *store, struct status *st)
{
    void *shared = mmap(NULL, sizeof *store->report, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED) return status_no_memory(st, "%s", store->path);
    store->report = shared;
    store->copies = open_copies();
    int code = run_child(store, st);
    struct report *report = store->report;
    report->text[sizeof report->text - 1] = '\0';
    if (report->num_places > MOST_PLACES || report->text_bytes >= sizeof report->text)
        report->num_places = report->text_bytes = 0;
    for (size_t i = 0; i < report->num_places; i++)
        report->place[i].name[sizeof report->place[i].name - 1] = '\0';
    return code;
}

void altered_free(struct store *store)
{
    if (store->report) munmap(store->report, sizeof *store->report);
    if (store->copies >= 0) close(store->copies);
}

/* --- what is trusted of it ---------------------------------------------------------------- */

/* Do a finished row's settings, key and bytes all agree? Settings that this version does not know
 * hide whether the others are as they were, unless all of them were checked already. */
static int check_row(struct store *store, int run, bool *valid, struct status *st)
{
    char key[33], again[33];
    *valid = false;
    const struct decoded_run *decoded = store_settings(store, run, st);
    if (!decoded) return st->code == STATUS_NO_MEMORY ? st->code : STATUS_OK;
    int code = store_read_text(store, store->key_column, run, key, sizeof key, st);
    plan_run_key(&decoded->settings, decoded->seed, again);
    bool known = store->contents || strcmp(decoded->key, again) == 0;
    if (code || strcmp(decoded->key, key) != 0 || !known) return code;
    return store_check_run(store, run, valid, st);
}

int altered_check_rows(struct store *store, struct status *st)
{
    const struct report *report = store->report;
    int finished = 0, agree = 0;
    bool *doubted = calloc((size_t)store->num_runs, sizeof *doubted);
    if (!doubted) return status_no_memory(st, "%s", store->path);
    for (int run = 0; run < store->num_runs; run++) {
        bool valid = false;
        if (!store_is_committed(store, run)) continue;
        int code = check_row(store, run, &valid, st);
        if (code) {
            free(doubted);
            return code;
        }
        doubted[run] = !valid;
        finished++;
        agree += valid;
    }
    store->doubted = doubted;
    char pieces[96] = "";
    if (report->num_copied)
        snprintf(pieces, sizeof pieces, ", %d of %zu datasets compressed or stored otherwise",
                 report->num_copied, report->num_places);
    if (asprintf(&store->difference,
                 "%s: not as hmmgrid wrote it: %s%s; %d of %d finished rows agree with their "
                 "checksums and count; nothing can be written into it, --extend makes a new file "
                 "of its rows",
                 store->path,
                 store->seal == SEAL_ABSENT
                     ? "written anew by another program (h5repack, nccopy?)"
                     : "its attributes or structures were changed or added to",
                 pieces, agree, finished) >= 0)
        return STATUS_OK;
    store->difference = NULL;
    return status_no_memory(st, "%s", store->path);
}

int altered_refuse_writing(const struct store *store, struct status *st)
{
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: not as hmmgrid wrote it, so it is only read; --extend makes a new file "
                      "of its finished rows",
                      store->path);
}
