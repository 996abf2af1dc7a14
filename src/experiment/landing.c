/* landing: see landing.h. Refuses to judge what was not trained, and to take a KL rate that did not
 * settle for a large one. */
#include "landing.h"

#include <math.h>

double landing_judge(const struct settings *s, const struct landing_numbers *x)
{
    if (isnan(x->loss_floor)) return NAN;
    return x->accepted != 0 && x->excess_loss <= s->accept.max_excess_share * x->loss_floor &&
           !(x->kl_hmm_rnn > s->accept.max_kl_rate) && !(x->kl_rnn_hmm > s->accept.max_kl_rate);
}
