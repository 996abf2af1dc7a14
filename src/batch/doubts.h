/* doubts: jobs that Slurm takes, or would not take, and that are hardly meant so. */
#pragma once

#include "submission.h"

/* Fill its warnings, one of a kind, where Slurm can be asked. */
void doubts_find(struct submission *submission);

/* Ask sbatch whether it would take the job of the study; nothing is submitted. What it says against
 * it, in the pool; NULL: nothing, or it does not answer. */
const char *doubts_of_sbatch(const struct submission *submission);
