/* study_case: what the programs test_study* share: a case's plan, file and checks, and a main.
 * A check that fails on one rank must not keep it from the next collective call: every rank notes
 * its own verdicts and the sum over all ranks decides at the end of a case. */
#ifndef HMMGRID_TEST_STUDY_CASE_H
#define HMMGRID_TEST_STUDY_CASE_H

#include "study/coordinator.h"
#include "../support/dummy_run.h"
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct test {
    const char *program; /* its name, for messages */
    MPI_Comm comm;
    int rank, size;
    char dir[512], file[600];
    struct plan plan;
    struct study_options options;
    int failed; /* checks of this rank in this case */
};

struct study_case {
    const char *name;
    void (*run)(struct test *t);
    bool by_name_only;
};

#define CHECK(t, condition)                                                                        \
    do {                                                                                           \
        if (!(condition)) note_failure((t), #condition, __FILE__, __LINE__);                       \
    } while (0)

void note_failure(struct test *t, const char *condition, const char *file, int line);

/* A small plan with these seeds; `extra` are --set texts ended by NULL. */
void make_plan(struct test *t, const char *seeds, const char *const *extra);

/* t->file below the directory, not there yet, and options of a study that writes it. Collective. */
void new_file_all(struct test *t, const char *name);

/* The study's code, which must be the same on every rank. Collective. */
int study_all(struct test *t, struct status *st);

/* A new file of the seeds 0, 1, 2, with run.retries=N as `retries`, in which the runs of these rows
 * were begun, one after another, and never ended: what a study that died leaves. Resuming it comes
 * next. Collective. */
void leave_begun_all(struct test *t, const char *name, const char *retries, const int *row, int num,
                     bool blamed);

struct found {
    int count[NUM_RUN_STATUS], attempts; /* attempts: of all runs together */
    char digest[17], error[256];         /* error: of the last failed run */
};

/* What the file holds, by rank 0, told to all. Collective. */
struct found look_all(struct test *t, const char *path);

/* Is t->file with this suffix there? */
bool is_there(const struct test *t, const char *suffix);

/* On rank 0: the status file tells this state, and no other side file is left. */
void check_status_file(struct test *t, const char *state);

/* PROGRAM [DIR [NAME]]: DIR (default a new one below TMPDIR) takes the results files; NAME runs one
 * case only. Starts and ends MPI; returns 0 when every check of every rank held. */
int study_cases_main(int argc, char **argv, const struct study_case *cases, int num);

#endif
