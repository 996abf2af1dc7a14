/* small: settings of a run that trains in a moment: two learning rates, a batch that does not
 * divide the data, snapshots that do not divide the epochs. Not yet resolved. */
#ifndef HMMGRID_TEST_SMALL_H
#define HMMGRID_TEST_SMALL_H

#include "hmmgrid/settings.h"

static struct settings small_settings(int epochs)
{
    struct settings s;
    settings_default(&s);
    s.data.sequences = 90;
    s.data.length = 6;
    s.data.split = (struct real_list){3, {7, 2, 1}};
    s.rnn.hidden = 5;
    s.rnn.noise_dim = 3;
    s.train.epochs = epochs;
    s.train.learning_rate = (struct real_list){2, {0.01, 0.003}};
    s.train.batch = 31;
    s.train.snapshots = 2;
    s.measure.floor_draws = 2;
    return s;
}

#endif
