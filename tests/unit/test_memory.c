/* test_memory: memory that is out is told as such, wherever it runs out: every allocation of a call
 * fails once, and what comes back is STATUS_NO_MEMORY or, where it can be done without, the same
 * result. */
#include "../support/check.h"
#include "base/json.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

/* A sanitizer brings its own malloc. */
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define CAN_FAIL 1
#else
#define CAN_FAIL 0
#endif

static long allocation;  /* so many there have been */
static long failing = 0; /* the one of this number fails; 0: none */

#if CAN_FAIL
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);

static bool fails(void)
{
    return ++allocation == failing;
}

void *malloc(size_t bytes)
{
    return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes)
{
    return fails() ? NULL : __libc_realloc(block, bytes);
}
#endif

static int call_failing(int (*call)(struct status *st), long n, struct status *st)
{
    *st = (struct status){0};
    allocation = 0;
    failing = n;
    int code = call(st);
    failing = 0;
    return code;
}

/* Every allocation of the call fails once; of very many those at both ends and some between. */
static void starve(int (*call)(struct status *st), long least)
{
    struct status st;
    check_ok(call_failing(call, 0, &st), &st);
    long num = allocation;
    assert_true(num >= least);
    for (long n = 1; n <= num; n += n < 100 || n > num - 200 ? 1 : 41) {
        int code = call_failing(call, n, &st);
        if (code && (code != STATUS_NO_MEMORY || strncmp(st.text, "out of memory for ", 18) != 0))
            fail_msg("allocation %ld of %ld: code %d, %s", n, num, code, st.text);
    }
}

/* A matrix that no block of a pool has room for. */
enum { STATES = 64, SYMBOLS = 130 };

static char grid[1 << 16];

static void write_grid(void)
{
    FILE *out = fmemopen(grid, sizeof grid, "w");
    fprintf(
        out,
        "version: 1\nstudy: memory\nseeds: [0, 1]\nrun: {reserve: 1min}\n"
        "defaults: {data: {sequences: 30, length: 6}, train: {batch: 5}}\n"
        "grid:\n  a:\n    set: {hmm: {architecture: fully-connected, states: %d, symbols: %d}}\n"
        "    product:\n      rnn.hidden: [3, 4]\n      hmm.emission: [",
        STATES, SYMBOLS);
    for (int i = 0; i < STATES; i++)
        for (int j = 0; j < SYMBOLS; j++)
            fprintf(out, "%s%d%s",
                    j   ? ","
                    : i ? ",["
                        : "[[",
                    i == j,
                    j < SYMBOLS - 1  ? ""
                    : i < STATES - 1 ? "]"
                                     : "]]");
    fputs("]\n  b:\n    zip: {hmm.states: [2, 3], rnn.noise_dim: [3, 4]}\n", out);
    fclose(out);
}

static int read_grid(struct status *st)
{
    const char *const sets[] = {"train.epochs=3"};
    struct plan plan;
    int code = plan_read(&plan, "grid.yaml", grid, strlen(grid), sets, 1, st);
    if (!code)
        code = plan_where(&plan, "rnn.hidden > 3 and hmm.architecture == fully-connected", st);
    if (!code && plan.num_runs != 2) code = status_set(st, STATUS_INTERNAL, "%d", plan.num_runs);
    plan_free(&plan);
    return code;
}

static int read_json(struct status *st)
{
    struct pool *pool = pool_new();
    struct node *root;
    int code = pool ? json_read(pool, "{\"a\": [1, \"b\", {}]}", &root, st)
                    : status_no_memory(st, "a pool");
    pool_free(pool);
    return code;
}

static char *line;

static int read_run(struct status *st)
{
    struct decoded_run run;
    int code = plan_parse_json(line, &run, st);
    if (!code) decoded_run_free(&run);
    return code;
}

static void memory_out_is_told(void **state)
{
    (void)state;
    struct status st = {0};
    struct plan plan;
    if (!CAN_FAIL) skip();
    write_grid();
    starve(read_grid, 1000);
    starve(read_json, 2);
    check_ok(plan_read(&plan, "grid.yaml", grid, strlen(grid), NULL, 0, &st), &st);
    line = plan_run_json(&plan, 0);
    assert_non_null(line);
    starve(read_run, 4);
    free(line);
    plan_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_out_is_told)};
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
