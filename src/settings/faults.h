/* faults: the errors of one reading, collected so that a reader sees them all at once. */
#pragma once

#include "hmmgrid/status.h"

enum { MAX_FAULTS = 50, MAX_FAULT_TEXT = 700 };

struct fault {
    int line, column; /* 1-based; line 0: not in the file (--set) */
    char text[MAX_FAULT_TEXT];
};

struct faults {
    const char *file; /* borrowed; NULL: a text that nobody sees, so places are not told */
    int count;        /* kept in fault[] */
    int dropped;      /* more than MAX_FAULTS */
    int out_of_memory;
    struct fault fault[MAX_FAULTS];
};

/* One more; the same text at the same place is kept once. */
void faults_add(struct faults *faults, int line, int column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same at a node's place, of a reader with its `faults`. */
#define FAULT(reader, node, ...)                                                                   \
    faults_add((reader)->faults, (node)->line, (node)->column, __VA_ARGS__)

/* STATUS_OK without faults. Otherwise *st holds all, ordered by place, one a line:
 * "file:line:column: text"; what does not fit is counted in a last line. */
int faults_status(struct faults *faults, struct status *st);
