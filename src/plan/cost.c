/* cost: see cost.h. A model with a few constants, good for order and estimates; it refuses to be
 * a measurement. Flops follow from SCIENCE 2.1 and 2.4 (the noise needs no gradient), the length of
 * the annealing from 2.3; the rates were fitted to single runs on one core with AVX-512, from 10
 * to 200 hidden units and 10 to 100 steps, and hit them within 20 %. */
#include "hmmgrid/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double gemm_flops_per_s = 100e9;
static const double normal_s = 0.5e-9;         /* one Gaussian number */
static const double elementwise_s = 0.5e-9;    /* relu, mask and sum of one hidden value */
static const double softmin_pair_s = 0.14e-9;  /* one pair of sequences in one softmin */
static const double matched_pair_s = 0.6e-9;   /* one pair in one iteration of the matched distance */
static const double matched_iterations = 100;
static const double num_cost_matrices = 3;     /* xy, xx, yy */

/* Entries of the annealing's list of temperatures. */
static double annealing_levels(const struct settings *s)
{
    double diameter = sqrt((double)s->hmm.symbols * s->data.length);
    double steps = log(diameter / s->train.blur) / -log(s->train.scaling);
    return 1 + (steps > 1 ? ceil(steps) : 1);
}

/* Pairs of sequences in the batches of n sequences. */
static double batch_pairs(double n, double batch)
{
    double full = floor(n / batch), rest = n - full * batch;
    return full * batch * batch + rest * rest;
}

static double num_weights(const struct settings *s)
{
    double H = s->rnn.hidden, D = s->rnn.noise_dim, K = s->hmm.symbols;
    return H * D + H * H + K * H + (s->rnn.bias ? 2 * H + K : 0);
}

static double num_epochs(const struct settings *s)
{
    return (double)s->train.epochs * s->train.learning_rate.count;
}

/* Seconds of a network's pass over n sequences of T steps, forward or with backward. */
static double pass_s(const struct settings *s, double n, double T, bool backward)
{
    double H = s->rnn.hidden, D = s->rnn.noise_dim, K = s->hmm.symbols;
    double flops = n * T * H * (backward ? 4 * D + 6 * (H + K) : 2 * (D + H + K));
    return flops / gemm_flops_per_s + n * T * D * normal_s + n * T * H * elementwise_s;
}

double cost_run_s(const struct settings *s)
{
    int part[3];
    settings_split(s, part);
    double T = s->data.length, batch = s->train.batch, draws = s->measure.floor_draws;
    double softmins = (annealing_levels(s) + 2) * num_cost_matrices;
    double train_loss = batch_pairs(part[0], batch) * softmins * softmin_pair_s;
    double val_loss = batch_pairs(part[1], batch) * softmins * softmin_pair_s;
    double epoch = pass_s(s, part[0], T, true) + train_loss + pass_s(s, part[1], T, false) +
                   val_loss;

    double n = s->measure.sequences, measured_T = s->measure.length ? s->measure.length : T;
    double measure = pass_s(s, n, measured_T, false) +
                     (1 + draws) * matched_iterations * n * n * matched_pair_s;
    return num_epochs(s) * epoch + draws * val_loss + measure;
}

double cost_memory_bytes(const struct settings *s)
{
    int part[3];
    settings_split(s, part);
    double H = s->rnn.hidden, K = s->hmm.symbols, T = s->data.length;
    double largest = part[0] > part[1] ? part[0] : part[1];
    double batch = s->train.batch < largest ? s->train.batch : largest;
    double data = (double)s->data.sequences * T;
    double weights = 16 * num_weights(s); /* with gradient and two moments */
    /* of a batch: hidden states, symbol probabilities and their gradients, symbols, and two
       matrices of costs; the noise is drawn again when it is needed */
    double train = batch * (T + 1) * (H + 2 * K) * 4 + batch * T +
                   2 * batch * batch * (T > 255 ? 2 : 1) + data + weights;
    double n = s->measure.sequences, measured_T = s->measure.length ? s->measure.length : T;
    double measure = n * n * (measured_T > 255 ? 2 : 1) + 3 * n * measured_T + data + weights;
    return train > measure ? train : measure;
}

double cost_result_bytes(const struct settings *s)
{
    double K = s->hmm.symbols, T = s->measure.length ? s->measure.length : s->data.length;
    double losses = 2 * num_epochs(s) * 4;
    double weights = 2 * num_weights(s) * 4;            /* last and best */
    double statistics = 8 * (4 * (K * K + K + T / 2 + 6)); /* values, floors, their sd and z */
    double scalars = 2048;                               /* columns and the line of settings */
    return losses + weights + statistics + scalars;
}

static int larger_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Restore the heap (smallest on top) after its top grew. */
static void sift_down(double *heap, int n)
{
    for (int i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap[child + 1] < heap[child]) child++;
        if (heap[i] <= heap[child]) return;
        double swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
    }
}

void cost_makespan(const double *cost_s, int num, int workers, double *bound_s, double *lpt_s)
{
    double sum = 0, longest = 0;
    if (workers < 1) workers = 1;
    for (int i = 0; i < num; i++) {
        sum += cost_s[i];
        if (cost_s[i] > longest) longest = cost_s[i];
    }
    *bound_s = sum / workers > longest ? sum / workers : longest;
    *lpt_s = *bound_s;
    if (workers == 1 || num < 1) return;
    if (workers > num) workers = num;

    double *sorted = malloc((size_t)num * sizeof *sorted);
    double *load = calloc((size_t)workers, sizeof *load);
    if (sorted && load) {
        memcpy(sorted, cost_s, (size_t)num * sizeof *sorted);
        qsort(sorted, (size_t)num, sizeof *sorted, larger_first);
        for (int i = 0; i < num; i++) {
            load[0] += sorted[i];
            if (load[0] > *lpt_s) *lpt_s = load[0];
            sift_down(load, workers);
        }
    }
    free(sorted);
    free(load);
}
