/* fuzz: feeds a reader for so many seconds and prints a line of figures. Inputs that crashed or
 * hung are kept in the folder. Exit code 1: there were some. usage: fuzz TARGET SECONDS SEED
 * PROGRAM FOLDER FILE...    FILE: good inputs
 */
#include "fuzz.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* By the clock; the child that reads HDF5 may take 30 s. */
static const double hang_s = 60;

/* What the child tells. */
struct shared {
    uint64_t index; /* of the input that is on */
    double since_s, longest_s;
    uint64_t longest; /* the input that took so long */
    int contained;
    size_t bytes;
    unsigned char input[MOST_BYTES + 1];
};

static void fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    exit(2);
}

/* --- the corpus ---------------------------------------------------------------------------------
 */

static void add(struct corpus *corpus, const unsigned char *bytes, size_t num)
{
    struct input *larger = realloc(corpus->item, ((size_t)corpus->num + 1) * sizeof *corpus->item);
    unsigned char *copy = malloc(num + 1);
    if (!larger || !copy) fail("out of memory");
    memcpy(copy, bytes, num);
    copy[num] = '\0';
    corpus->item = larger;
    larger[corpus->num++] = (struct input){copy, num};
}

static void load(struct corpus *corpus, const char *path, bool by_line)
{
    static unsigned char bytes[MOST_BYTES + 1];
    FILE *f = fopen(path, "rb");
    if (!f) fail(path);
    size_t num = fread(bytes, 1, MOST_BYTES, f), at = 0;
    fclose(f);
    bytes[num] = '\0';
    if (!by_line) add(corpus, bytes, num);
    while (by_line && at < num) {
        size_t n = strcspn((char *)bytes + at, "\n");
        add(corpus, bytes + at, n);
        at += n + 1;
    }
}

/* --- the child ----------------------------------------------------------------------------------
 */

static uint64_t chance_of(uint64_t seed, uint64_t index)
{
    return seed + index * 0x2545f4914f6cdd1du;
}

static void feed(const struct target *target, struct place *place, const struct corpus *corpus,
                 uint64_t seed, double until_s, struct shared *shared)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (; clock_monotonic_s() < until_s; shared->index++) {
        struct chance chance = {chance_of(seed, shared->index)};
        shared->bytes = mutate(corpus, &chance, shared->input);
        /* a copy as long as it is, so that a sanitizer sees what is read behind it */
        struct input input = {malloc(shared->bytes + 1), shared->bytes};
        if (!input.bytes) _exit(0);
        memcpy(input.bytes, shared->input, shared->bytes + 1);
        place->index = shared->index;
        shared->since_s = clock_monotonic_s();
        shared->contained += target->run(place, &input);
        double took_s = clock_monotonic_s() - shared->since_s;
        if (took_s > shared->longest_s) {
            shared->longest_s = took_s;
            shared->longest = shared->index;
        }
        free(input.bytes);
    }
    _exit(0);
}

/* --- the parent ---------------------------------------------------------------------------------
 */

static void keep(const struct place *place, const char *target, const char *how,
                 const struct shared *shared)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s-%s-%llu", place->folder, target, how,
             (unsigned long long)shared->index);
    FILE *f = fopen(path, "wb");
    if (f) fwrite(shared->input, 1, shared->bytes, f);
    if (f) fclose(f);
}

/* Until the child ends; it is killed where an input takes too long. True: that happened. */
static bool watch(pid_t child, const struct shared *shared, int *status)
{
    bool hung = false;
    while (waitpid(child, status, WNOHANG) == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        hung = clock_monotonic_s() - shared->since_s > hang_s;
        if (hung) kill(child, SIGKILL);
    }
    return hung;
}

int main(int argc, char **argv)
{
    if (argc < 6) fail("usage: fuzz TARGET SECONDS SEED PROGRAM FOLDER FILE...");
    const struct target *target = target_find(argv[1]);
    struct place place = {.program = argv[4]};
    struct corpus corpus = {0};
    char made[512];
    if (!target) fail("no such target");
    snprintf(place.folder, sizeof place.folder, "%s", argv[5]);
    if (target->prepare && !target->prepare(&place, made)) fail("the corpus cannot be made");
    if (target->prepare) load(&corpus, made, target->by_line);
    for (int i = 6; i < argc; i++) load(&corpus, argv[i], target->by_line);
    if (!corpus.num) fail("no inputs");

    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("out of memory");
    double until_s = clock_monotonic_s() + atof(argv[2]);
    uint64_t seed = strtoull(argv[3], NULL, 10);
    if (*argv[2] == '-') {
        struct chance chance = {chance_of(seed, strtoull(argv[2] + 1, NULL, 10))};
        fwrite(shared->input, 1, mutate(&corpus, &chance, shared->input), stdout);
        return 0;
    }
    int crashes = 0, hangs = 0;
    while (clock_monotonic_s() < until_s) {
        int status = 0;
        shared->since_s = clock_monotonic_s();
        pid_t child = fork();
        if (child < 0) fail("no process can be started");
        if (child == 0) feed(target, &place, &corpus, seed, until_s, shared);
        bool hung = watch(child, shared, &status);
        if (!hung && status == 0) continue;
        keep(&place, target->name, hung ? "hang" : "crash", shared);
        crashes += !hung;
        hangs += hung;
        shared->index++;
    }
    printf("%-10s %8llu inputs, %d crashes, %d hangs, longest %.2f s (%llu)", target->name,
           (unsigned long long)shared->index, crashes, hangs, shared->longest_s,
           (unsigned long long)shared->longest);
    printf(shared->contained ? ", %d crashes of HDF5 that its child process kept\n" : "\n",
           shared->contained);
    return crashes || hangs;
}
