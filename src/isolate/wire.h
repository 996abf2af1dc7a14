/* wire: what passes between a worker and the process that does its runs. Both are the same program
 * on the same machine, so numbers pass as they lie in memory. Private to src/isolate.
 *
 * Three descriptors of the child: requests (struct wire_request and its texts), answers (struct
 * wire_answer, then each part of the output that is there: its index, its bytes), and a page of
 * memory that both see, for what is asked and told while a run is on.
 */
#pragma once

#include "experiment/experiment.h"

#include <stdatomic.h>

enum { WIRE_REQUESTS = 3, WIRE_ANSWERS = 4, WIRE_PAGE = 5 }; /* descriptors */

struct wire_page {
    atomic_int stop;  /* the worker wants the run back */
    atomic_uint beat; /* grows whenever the run asks whether to stop: a sign of life */
    atomic_int epoch, num_epochs;
    _Atomic float train_loss, val_loss;
};

/* Then texts, each with its NUL: plan_run_json, the folder of checkpoints ("": none are made), the
 * program as they name it. Behind them the weights to start from, if any. */
struct wire_request {
    size_t line_bytes, folder_bytes, program_bytes, first_bytes;
    double checkpoint_s;
    bool keeps_state;
};

struct wire_answer {
    int code, num_parts;
    double cpu_s, peak_bytes; /* of this run alone */
    char kernel[32], blas_core[32];
    char text[4096]; /* of a failure */
};

struct wire_part {
    int index;
    size_t bytes;
};

/* All bytes or false: an error, or the other end is gone (no SIGPIPE is raised). */
bool wire_write(int fd, const void *from, size_t bytes);
bool wire_read(int fd, void *to, size_t bytes);
