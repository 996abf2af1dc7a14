/* doctor: a profile for this cluster, proposed from what its Slurm says, with what else matters to
 * a study as comments. */
#pragma once

#include "hmmgrid/status.h"
#include <stdio.h>

/* profile_read takes what is printed. STATUS_NO_INPUT: there is no Slurm here, or it is silent. */
int doctor_print(FILE *out, struct status *st);
