/* bench: what the parts of the benchmark share: rows of the table, an epoch of training,
 * the matrix products of an epoch alone. Figures only: nothing passes or fails. Times are processor
 * seconds of this process unless said, so that other work on the machine disturbs them little. */
#ifndef HMMGRID_BENCH_H
#define HMMGRID_BENCH_H

#include "base/clock.h"
#include "hmmgrid/hmm.h"
#include "hmmgrid/rnn.h"
#include "hmmgrid/sinkhorn.h"

enum { BENCH_SYMBOLS = 3, BENCH_BATCHES = 3, BENCH_TILE = 512 };

/* an epoch trains on and validates with batches of these sizes */
extern const size_t bench_batch[BENCH_BATCHES];

struct bench_shape {
    int T, H, D;
};

double bench_median(double *x, int n); /* sorts x */
double bench_least(const double *x, int n);

/* End the program with a message when there is one. */
void bench_check(int code, const struct status *st);
void *bench_take(size_t count, size_t bytes); /* zeroed, or the program ends */

/* One row: section, case, quantity, value, unit, meaning; tab-separated on standard output. */
void bench_row(const char *section, const char *of_case, const char *quantity, double value,
               const char *unit, const char *meaning);
void bench_text(const char *section, const char *quantity, const char *text, const char *meaning);
/* "T=30 H=150 D=100"; overwritten by the next call */
const char *bench_name(struct bench_shape shape);

/* Settings of a shape, everything else at its default; resolved. */
struct settings bench_settings(struct bench_shape shape);
/* n sequences of the HMM of these settings, malloc'd (n, T) */
uint8_t *bench_sequences(const struct settings *s, const char *purpose, size_t n);

/* --- the matrix products of training alone, as src/model/rnn.c calls them (gemms.c) ----------- */

struct bench_gemms {
    struct bench_shape shape;
    float *hidden, *noise, *sums, *mixed, *delta, *params, *dparams;
};
void bench_gemms_init(struct bench_gemms *g, struct bench_shape shape);
void bench_gemms_free(struct bench_gemms *g);
/* kept: a state a step is stored, as training does; 0: two in turn, as validation does */
void bench_gemms_forward(struct bench_gemms *g, size_t n, int kept);
void bench_gemms_backward(struct bench_gemms *g, size_t n);
/* all products of three training and three validation batches */
void bench_gemms_epoch(struct bench_gemms *g);
double bench_forward_flops(struct bench_shape shape, double n);
double bench_backward_flops(struct bench_shape shape, double n);
/* best rate of a 1024 x 1024 x 1024 product, flops/s; about 0.3 s */
double bench_gemm_peak(void);

/* --- epochs by train_run, as a study runs them (epoch.c) -------------------------------------- */

enum { BENCH_MAX_EPOCHS = 16 };
struct bench_epochs {
    int num; /* epochs timed: the second and later ones of a fresh network */
    double cpu_s[BENCH_MAX_EPOCHS], wall_s[BENCH_MAX_EPOCHS];
    double gemm_s[BENCH_MAX_EPOCHS]; /* the products alone, run after each epoch; 0 without gemms */
};
/* gemms may be NULL */
void bench_epochs_run(struct bench_epochs *e, struct bench_shape shape, int num,
                      struct bench_gemms *gemms);

/* --- sections --------------------------------------------------------------------------------- */

void bench_machine(void);
void bench_epoch(void);
void bench_parts(void);
void bench_sinkhorn(void);
void bench_rnn(void);
void bench_workers(void);
void bench_checkpoint(void);
/* Symbols, loss and gradient of two batches, and the time of an epoch, into a file for
 * torch_epoch.py, which says how it is laid out. */
void bench_exchange(struct bench_shape shape, const char *path);

#endif
