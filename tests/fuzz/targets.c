/* targets: the readers of what others wrote. YAML, EXPR and checkpoints are read in this process,
 * HDF5 files by the program. A defect of the program is made a crash of this process. */
#include "fuzz.h"

#include "base/hash.h"
#include "experiment/checkpoint.h"
#include "plan/plan.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SANITIZER_CODE = 99 }; /* tests/fuzz/run.sh asks for it */

static void make_path(const struct place *place, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", place->folder, name);
}

static bool write_file(const char *path, const void *bytes, size_t num)
{
    FILE *f = fopen(path, "wb");
    bool good = f && fwrite(bytes, 1, num, f) == num;
    return f && fclose(f) == 0 && good;
}

/* --- a grid, an expression -------------------------------------------------------------------- */

static int run_yaml(const struct place *place, const struct input *input)
{
    struct plan plan = {0};
    struct status st = {0};
    (void)place;
    if (!plan_read(&plan, "grid.yaml", (const char *)input->bytes, input->num, NULL, 0, &st)) {
        char *line = plan.num_runs ? plan_run_json(&plan, plan.num_runs - 1) : NULL;
        struct decoded_run run;
        if (line && plan_parse_json(line, &run, &st)) abort(); /* what was written is read */
        if (line) decoded_run_free(&run);
        free(line);
    }
    plan_free(&plan);
    return 0;
}

static int run_where(const struct place *place, const struct input *input)
{
    static const char text[] = "version: 1\nstudy: s\ngrid: {b: {product: {hmm.states: [2, 3], "
                               "rnn.hidden: [5, 6], hmm.architecture: [linear-chain]}}}\n";
    struct plan plan = {0};
    struct status st = {0};
    (void)place;
    if (plan_read(&plan, "grid.yaml", text, sizeof text - 1, NULL, 0, &st)) abort();
    plan_where(&plan, (const char *)input->bytes, &st);
    plan_free(&plan);
    return 0;
}

/* --- a checkpoint -------------------------------------------------------------------------------
 */

static const char owner[] = "hmmgrid 1 a\nkey k\n";
static double weight[64];
static int epoch;
static const struct run_part part[] = {{&epoch, sizeof epoch}, {weight, sizeof weight}, {NULL, 8}};
enum { NUM_PARTS = sizeof part / sizeof part[0] };

static bool write_checkpoint(const struct place *place, char path[512])
{
    struct status st = {0};
    make_path(place, "k.ckpt", path);
    return checkpoint_write(place->folder, "k", owner, part, NUM_PARTS, &st) == STATUS_OK;
}

/* Every other one with the checksum that belongs to it, or few would come further. */
static int run_checkpoint(const struct place *place, const struct input *input)
{
    char path[512];
    uint64_t hash;
    make_path(place, "k.ckpt", path);
    if (place->index % 2 && input->num > sizeof hash) {
        hash = hash_64(input->bytes, input->num - sizeof hash);
        memcpy(input->bytes + input->num - sizeof hash, &hash, sizeof hash);
    }
    if (!write_file(path, input->bytes, input->num)) abort();
    struct checkpoint *c = checkpoint_read(place->folder, "k", owner, part, NUM_PARTS, NULL);
    if (c) checkpoint_put_back(c, part, NUM_PARTS);
    checkpoint_free(c);
    return 0;
}

/* --- HDF5 ------------------------------------------------------------------------------------- */

static void become(const struct place *place, const char *said, char *const argv[])
{
    int out = open("/dev/null", O_WRONLY), err = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execv(place->program, argv);
    _exit(127);
}

/* A signal, an internal error or a sanitizer's code is a defect. Returns 1 where it says that the
 * child that it reads the file in crashed. */
static int run_program(const struct place *place, char *const argv[])
{
    char said[512], text[8192] = "";
    int status = 0;
    make_path(place, "said", said);
    pid_t pid = fork();
    if (pid == 0) become(place, said, argv);
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || WIFSIGNALED(status)) abort();
    int code = WEXITSTATUS(status);
    if (code == SANITIZER_CODE || code == 127 || code == STATUS_INTERNAL) abort();
    FILE *f = fopen(said, "rb");
    if (f) text[fread(text, 1, sizeof text - 1, f)] = '\0';
    if (f) fclose(f);
    return strstr(text, "in a process of its own") != NULL;
}

static int run_weights(const struct place *place, const struct input *input)
{
    char in[512], out[512];
    make_path(place, "weights.h5", in);
    make_path(place, "out.h5", out);
    if (!write_file(in, input->bytes, input->num)) abort();
    unlink(out);
    return run_program(place, (char *[]){"hmmgrid", "analyse", in, "-o", out, "--set",
                                         "analysis=false", "--set", "analysis.readout=true", NULL});
}

static int run_results(const struct place *place, const struct input *input)
{
    static char *const verb[][2] = {
        {"summary", NULL}, {"verify", NULL}, {"why", "1"}, {"repro", "0"}, {"status", NULL}};
    enum { NUM_VERBS = sizeof verb / sizeof verb[0] };
    char *const *v = verb[place->index % NUM_VERBS], in[512];
    make_path(place, "results.h5", in);
    if (!write_file(in, input->bytes, input->num)) abort();
    return run_program(place, (char *[]){"hmmgrid", v[0], in, v[1], NULL});
}

/* ---------------------------------------------------------------------------------------------- */

static const struct target targets[] = {
    {"yaml", false, NULL, run_yaml},
    {"where", true, NULL, run_where},
    {"checkpoint", false, write_checkpoint, run_checkpoint},
    {"weights", false, NULL, run_weights},
    {"results", false, NULL, run_results},
};

const struct target *target_find(const char *name)
{
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (strcmp(targets[i].name, name) == 0) return &targets[i];
    return NULL;
}
