/* status: how every function of hmmgrid says that something went wrong.
 *
 * Two tiers. A broken *world* (bad grid, missing file, full disk, MPI or HDF5 error) ends the
 * program: its code is the documented exit code. A failed *run* (NaN, out of memory for that run)
 * is recorded with its reason and the study goes on: its codes are never exit codes. Where memory
 * is out, a function says just that: of a run that is being done, whoever does it makes it a failed
 * run; anywhere else it ends the program.
 *
 * Convention: a function that can fail returns int, 0 for success, otherwise the code that it also
 * left in *st together with a text for the reader: what, where, why, what to do.
 */
#ifndef HMMGRID_STATUS_H
#define HMMGRID_STATUS_H

#include <stdbool.h>

enum status_code {
    STATUS_OK = 0,
    STATUS_INTERNAL = 1,       /* a defect of hmmgrid */
    STATUS_USAGE = 2,          /* command line */
    STATUS_SOME_FAILED = 3,    /* study finished, some runs failed */
    STATUS_BAD_GRID = 65,      /* the grid (or another input) does not say something valid */
    STATUS_NO_INPUT = 66,      /* an input file cannot be read */
    STATUS_CANNOT_CREATE = 73, /* an output file cannot be created */
    STATUS_IO = 74,            /* read or write failed */
    STATUS_STOPPED = 75,       /* stopped early, resumable */
    /* tier two: of one run, never an exit code */
    STATUS_RUN_FAILED = 200,  /* this run failed; text says why */
    STATUS_RUN_STOPPED = 201, /* this run was asked to stop and did */
    STATUS_RUN_DIED = 202,    /* the process that did this run died; text says of what */
    /* either tier: the caller decides */
    STATUS_NO_MEMORY = 210,
};

struct status {
    int code;
    char text[4096]; /* may hold several lines; no newline at the end */
};

/* Fill *st (overwriting) and return code. st may be NULL: then only the code is returned. */
int status_set(struct status *st, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The exit code of a program that ends with this code: itself, or STATUS_INTERNAL for those that
 * are none. */
int status_exit_code(int code);

/* STATUS_NO_MEMORY, "out of memory for " and what the memory was for. */
int status_no_memory(struct status *st, const char *what, ...)
    __attribute__((format(printf, 2, 3)));

/* Put text in front of the message that *st already holds ("FILE: " + message). Returns st->code.
 */
int status_prefix(struct status *st, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Whether the work on a run is to end early, asked between its pieces. */
struct stop {
    bool (*wanted)(void *context); /* NULL: never */
    void *context;
};

/* STATUS_RUN_STOPPED, "stopped while " and what was being done, when a stop is wanted; else
 * STATUS_OK. stop may be NULL: never. */
int stop_check(const struct stop *stop, struct status *st, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

#endif
