/* bench: how fast is it? One row a figure; run.sh makes a table and JSON of them.
 * Refuses to judge: no figure passes or fails.
 *
 * usage: bench SECTION...               machine epoch parts sinkhorn rnn workers
 *        bench exchange T H D FILE      the input of torch_epoch.py
 */
#include "bench.h"
#include "base/kernel.h"
#include "base/linalg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const size_t bench_batch[BENCH_BATCHES] = {4096, 4096, 1808};

/* --- statistics ------------------------------------------------------------------------------- */

static int smaller_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, smaller_first);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

double bench_least(const double *x, int n)
{
    double least = x[0];
    for (int i = 1; i < n; i++) least = fmin(least, x[i]);
    return least;
}

/* --- failures, rows --------------------------------------------------------------------------- */

void bench_check(int code, const struct status *st)
{
    if (!code) return;
    fprintf(stderr, "bench: %s\n", st->text);
    exit(1);
}

void *bench_take(size_t count, size_t bytes)
{
    void *block = calloc(count, bytes);
    if (!block) {
        fprintf(stderr, "bench: no memory for %zu x %zu bytes\n", count, bytes);
        exit(1);
    }
    return block;
}

void bench_row(const char *section, const char *of_case, const char *quantity, double value,
               const char *unit, const char *meaning)
{
    printf("%s\t%s\t%s\t%.4g\t%s\t%s\n", section, of_case, quantity, value, unit, meaning);
    fflush(stdout);
}

void bench_text(const char *section, const char *quantity, const char *text, const char *meaning)
{
    printf("%s\t-\t%s\t%s\t\t%s\n", section, quantity, text, meaning);
    fflush(stdout);
}

const char *bench_name(struct bench_shape shape)
{
    static char name[64];
    snprintf(name, sizeof name, "T=%d H=%d D=%d", shape.T, shape.H, shape.D);
    return name;
}

/* --- data ------------------------------------------------------------------------------------- */

struct settings bench_settings(struct bench_shape shape)
{
    struct settings s;
    struct status st;
    settings_default(&s);
    s.data.length = shape.T;
    s.rnn.hidden = shape.H;
    s.rnn.noise_dim = shape.D;
    bench_check(settings_resolve(&s, NULL, &st), &st);
    return s;
}

uint8_t *bench_sequences(const struct settings *s, const char *purpose, size_t n)
{
    struct hmm hmm;
    struct status st;
    uint8_t *symbols = bench_take(n, (size_t)s->data.length);
    bench_check(hmm_init(&hmm, s, &st), &st);
    hmm_sample(&hmm, rng_stream(1, "bench", purpose), 0, n, s->data.length, symbols, NULL);
    hmm_free(&hmm);
    return symbols;
}

/* --- the machine ------------------------------------------------------------------------------ */

static void cpu_name(char name[128])
{
    char line[512];
    snprintf(name, 128, "unknown");
    FILE *f = fopen("/proc/cpuinfo", "r");
    if (!f) return;
    while (fgets(line, sizeof line, f)) {
        char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !value) continue;
        snprintf(name, 128, "%.127s", value + 2);
        name[strcspn(name, "\n")] = 0;
        break;
    }
    fclose(f);
}

void bench_machine(void)
{
    char cpu[128];
    double load = 0;
    cpu_name(cpu);
    bench_text("machine", "CPU", cpu, "");
    bench_row("machine", "-", "cores", (double)sysconf(_SC_NPROCESSORS_ONLN), "", "");
    if (getloadavg(&load, 1) == 1)
        bench_row(
            "machine", "-", "load", load, "processes",
            "mean of the last minute at the start; beyond 0, other work shares caches and cores");
    bench_text("machine", "kernel level", kernel_name(), "HMMGRID_KERNEL chooses another");
    bench_text("machine", "BLAS core", linalg_core(), "OPENBLAS_CORETYPE chooses another");
    bench_row("machine", "-", "sgemm peak", bench_gemm_peak() * 1e-9, "GFLOP/s",
              "best of products 1024 x 1024 x 1024, one thread");
}

/* --- choice ----------------------------------------------------------------------------------- */

static const struct section {
    const char *name;
    void (*run)(void);
} sections[] = {{"machine", bench_machine},      {"epoch", bench_epoch}, {"parts", bench_parts},
                {"sinkhorn", bench_sinkhorn},    {"rnn", bench_rnn},     {"workers", bench_workers},
                {"checkpoint", bench_checkpoint}};

int main(int argc, char **argv)
{
    struct status st;
    const char *core = linalg_advised_core(); /* as the program does */
    if (core && setenv("OPENBLAS_CORETYPE", core, 1) == 0) execv("/proc/self/exe", argv);
    bench_check(kernel_check(&st), &st);
    bench_check(linalg_start(&st), &st);
    if (argc == 6 && strcmp(argv[1], "exchange") == 0) {
        bench_exchange((struct bench_shape){atoi(argv[2]), atoi(argv[3]), atoi(argv[4])}, argv[5]);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        size_t at = 0, num = sizeof sections / sizeof *sections;
        while (at < num && strcmp(argv[i], sections[at].name) != 0) at++;
        if (at == num) {
            fprintf(stderr, "bench: no section %s\n", argv[i]);
            return 2;
        }
        sections[at].run();
    }
    return 0;
}
