/* states: the runs that train longer than others do and are otherwise the same, and what such
 * others left in the folder of checkpoints. Rank 0. */
#pragma once

#include "base/log.h"
#include "plan/plan.h"

/* On the log: for how many runs that are to be done and have no checkpoint a state is kept,
 * whatever is in it, and how many train longer than a finished one and have none. status:
 * (num_runs) enum run_status. */
void states_look(const struct plan *plan, const bool *selected, const int *status,
                 const char *folder, const struct log *log);

/* Remove the states that runs of this plan would go on from. */
void states_remove(const struct plan *plan, const char *folder);
