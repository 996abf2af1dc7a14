/* cost: see cost.h. A model with a few constants, good for order and estimates; it refuses to be
 * a measurement. Flops follow from SCIENCE 2.1 and 2.4 (the noise needs no gradient), the length of
 * the annealing from 2.3; the rates were fitted to single runs on one core with AVX-512, from 10
 * to 200 hidden units and 10 to 100 steps, and hit them within 20 %. */
#include "cost.h"
#include "hmmgrid/metrics.h"
#include "hmmgrid/analyse.h"
#include "measure/excess.h"

#include <math.h>

static const double gemm_flops_per_s = 100e9;
static const double normal_s = 0.5e-9;        /* one Gaussian number */
static const double elementwise_s = 0.5e-9;   /* relu, mask and sum of one hidden value */
static const double softmin_pair_s = 0.07e-9; /* one pair of sequences in one softmin */
static const double matched_pair_s =
    0.25e-9; /* one pair in one iteration of the matched distance */
static const double matched_iterations = 100;
static const double measured_symbol_s = 0.2e-6; /* one symbol in all the other metrics */
static const double analyses_s = 0.7;           /* of their work that no network step tells */
static const double num_cost_matrices = 3;      /* xy, xx, yy */

/* Resident set of a rank that did a run of next to no size, without that run: the program, Open MPI
 * 4.1, HDF5 1.10 and OpenBLAS 0.3.21 with its packing buffers. */
static const double process_bytes = 34.1e6;
static const double generated_at_once = 512; /* sequences */
static const double analysis_work_bytes = 16e6;
static const double measured_bytes = 120; /* of a measured sequence, beside its symbols */
/* of a measured symbol: three samples, and two lists of words, which the heap keeps */
static const double measured_symbol_bytes = 3 + 2 * 8;

/* Entries of the annealing's list of temperatures. */
static double annealing_levels(const struct settings *s)
{
    double diameter = sqrt((double)s->hmm.symbols * s->data.length);
    double steps = log(diameter / s->train.blur) / -log(s->train.scaling);
    return 1 + (steps > 1 ? ceil(steps - 1e-12) : 1);
}

/* Pairs of sequences in the batches of n sequences. */
static double batch_pairs(double n, double batch)
{
    double full = floor(n / batch), rest = n - full * batch;
    return full * batch * batch + rest * rest;
}

/* Seconds of a network's pass over n sequences of T steps, forward or with backward. */
static double pass_s(const struct settings *s, double n, double T, bool backward)
{
    double H = s->rnn.hidden, D = s->rnn.noise_dim, K = s->hmm.symbols;
    double flops = n * T * H * (backward ? 4 * D + 6 * (H + K) : 2 * (D + H + K));
    return flops / gemm_flops_per_s + n * T * D * normal_s + n * T * H * elementwise_s;
}

static double measured_length(const struct settings *s)
{
    return s->measure.length ? s->measure.length : s->data.length;
}

/* The matched distance of one pair of samples. */
static double matched_s(const struct settings *s)
{
    double n = s->measure.sequences;
    return matched_iterations * n * n * matched_pair_s;
}

/* All other metrics of it. */
static double other_metrics_s(const struct settings *s)
{
    return (double)s->measure.sequences * measured_length(s) * measured_symbol_s;
}

double cost_analyses_s(const struct settings *s, double step_s)
{
    double steps = analyses_steps(s);
    if (steps == 0) return 0;
    return analyses_s + steps * (step_s > 0 ? step_s : pass_s(s, 1, 1, false));
}

double cost_floors_s(const struct settings *s)
{
    return s->measure.floor_draws * matched_s(s) +
           metric_draws(s->measure.floor_draws) * other_metrics_s(s);
}

/* The Sinkhorn divergences of one pass over n sequences. */
static double loss_s(const struct settings *s, double n)
{
    double softmins = (annealing_levels(s) + 2) * num_cost_matrices;
    return batch_pairs(n, s->train.batch) * softmins * softmin_pair_s;
}

double cost_epoch_s(const struct settings *s)
{
    int part[3];
    settings_split(s, part);
    double T = s->data.length;
    return pass_s(s, part[0], T, true) + loss_s(s, part[0]) + pass_s(s, part[1], T, false) +
           loss_s(s, part[1]);
}

/* The loss of fresh batches of the network and of the HMM. */
static double excess_s(const struct settings *s)
{
    double n = excess_batch(s);
    return excess_num_batches(s) * (pass_s(s, n, s->data.length, false) + 2 * loss_s(s, n));
}

double cost_run_s(const struct settings *s)
{
    int part[3];
    settings_split(s, part);
    double measure = pass_s(s, s->measure.sequences, measured_length(s), false) + matched_s(s) +
                     other_metrics_s(s);
    return train_num_epochs(s) * cost_epoch_s(s) + s->measure.floor_draws * loss_s(s, part[1]) +
           excess_s(s) + measure + cost_floors_s(s) + cost_analyses_s(s, 0);
}

/* The driven run, and what the largest analysis takes beside it. */
static double analysing_bytes(const struct settings *s)
{
    bool any = false;
    for (int a = 0; a < num_analyses; a++) any = any || analysis_is_enabled(analysis_table[a], s);
    return any ? 4.0 * s->analysis.steps * s->rnn.hidden + analysis_work_bytes : 0;
}

double cost_memory_bytes(const struct settings *s)
{
    double n = s->measure.sequences, T = measured_length(s), H = s->rnn.hidden;
    double networks = 2 + train_num_snapshots(s); /* last and best */
    double results =
        4 * (networks * (double)rnn_num_params(rnn_shape_of(s)) + 2 * train_num_epochs(s));
    double generate = 4 * generated_at_once * (2 * (H + s->hmm.symbols) + H + s->rnn.noise_dim);
    double measure =
        n * n * (T > 255 ? 2 : 1) + n * (measured_symbol_bytes * T + measured_bytes) + generate;
    return process_bytes + results +
           fmax(fmax((double)train_memory_bytes(s), measure), analysing_bytes(s));
}

static double analysis_bytes(const struct settings *s)
{
    double bytes = 0;
    for (int a = 0; a < num_analyses; a++)
        for (int o = 0;
             analysis_is_enabled(analysis_table[a], s) && o < analysis_table[a]->num_outputs; o++) {
            const struct analysis_output *output = &analysis_table[a]->output[o];
            bytes += (double)analysis_count(output, s) * (output->num_dims ? 4 : 8);
        }
    return bytes;
}

double cost_result_bytes(const struct settings *s)
{
    double K = s->hmm.symbols, T = measured_length(s);
    double losses = 2 * train_num_epochs(s) * 4;
    double networks = 2 + train_num_snapshots(s); /* last and best */
    double weights = networks * (double)rnn_num_params(rnn_shape_of(s)) * 4;
    double statistics = 8 * (4 * (K * K + K + T / 2 + 6)); /* values, floors, their sd and z */
    double scalars = 2048;                                 /* columns and the line of settings */
    return losses + weights + statistics + scalars + analysis_bytes(s);
}
