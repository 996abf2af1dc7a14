/* foreign: a file that another program made or changed, read by HDF5 in a child process. Damaged
 * structures, or those of an attacker, can crash HDF5 or hold it for ever: the child has limits of
 * time and memory, and what becomes of it is at worst a message. In it links to other files lead
 * nowhere. Refuses to trust what the child leaves: whoever asked looks at it. Source: RELIABILITY
 * section 7.
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

/* What the child says, in memory that both see. */
struct verdict {
    bool is_complete;
    struct status st;
};

static void work_in_child(const struct foreign *file, struct verdict *verdict, uint64_t cpu_s)
{
    make_harmless(file->bytes, cpu_s);
    library_init();
    H5Lunregister(H5L_TYPE_EXTERNAL);
    verdict->st.code = file->work(file->context, &verdict->st);
    verdict->is_complete = true;
    _exit(0);
}

/* --- the parent --------------------------------------------------------------------------- */

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

static int died(const struct foreign *file, int status, bool late, uint64_t cpu_s,
                struct status *st)
{
    int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    char how[96];
    if (late || by == SIGXCPU)
        snprintf(how, sizeof how, "did not come to an end in %llu s", (unsigned long long)cpu_s);
    else if (by)
        snprintf(how, sizeof how, "crashed (%s)", strsignal(by));
    else
        snprintf(how, sizeof how, "ended by itself (exit code %d)", WEXITSTATUS(status));
    return status_set(st, file->code,
                      "%s: damaged: HDF5, which read it in a process of its own, %s; use a copy of "
                      "the file",
                      file->path, how);
}

static int run_child(const struct foreign *file, struct verdict *verdict, struct status *st)
{
    static const char doing[] = "read it in a process of its own";
    int end[2], status = 0;
    uint64_t cpu_s = least_cpu_s + file->bytes / bytes_a_second;
    bool late = false;
    if (pipe2(end, O_CLOEXEC) != 0) return file_fail(st, STATUS_IO, file->path, doing, errno);
    pid_t child = fork();
    if (child == 0) {
        close(end[0]);
        work_in_child(file, verdict, cpu_s);
    }
    int error = errno;
    close(end[1]);
    if (child > 0) status = await(child, end[0], WALL_A_CPU_SECOND * cpu_s, &late);
    close(end[0]);
    if (child < 0) return file_fail(st, STATUS_IO, file->path, doing, error);
    if (status != 0 || !verdict->is_complete) return died(file, status, late, cpu_s, st);
    verdict->st.text[sizeof verdict->st.text - 1] = '\0';
    return verdict->st.code ? status_set(st, verdict->st.code, "%s", verdict->st.text) : STATUS_OK;
}

int foreign_read(const struct foreign *file, struct status *st)
{
    struct verdict *verdict =
        mmap(NULL, sizeof *verdict, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (verdict == MAP_FAILED) return status_no_memory(st, "%s", file->path);
    int code = run_child(file, verdict, st);
    munmap(verdict, sizeof *verdict);
    return code;
}
