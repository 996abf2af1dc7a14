/* landing: did a run that is done learn its HMM? One rule, of `accept`, for every reader. */
#pragma once

#include "hmmgrid/settings.h"

/* Columns of the run; NaN: not known. */
struct landing_numbers {
    double accepted, excess_loss, loss_floor, kl_hmm_rnn, kl_rnn_hmm;
};
#define LANDING_KL_HMM_RNN "likelihood.kl_hmm_rnn"
#define LANDING_KL_RNN_HMM "likelihood.kl_rnn_hmm"

/* 1: it is accepted, its excess_loss at most accept.max_excess_share of loss_floor, and no KL rate
 * that is known above accept.max_kl_rate. 0: it is not. NaN: nothing was trained. */
double landing_judge(const struct settings *s, const struct landing_numbers *x);
