/* run_record: see run_record.h. Refuses to know where records are kept. */
#include "run_record.h"

#include <stdlib.h>

const char *const run_status_name[NUM_RUN_STATUS] = {"pending", "running", "done", "failed",
                                                     "crashed"};

void run_output_free(struct run_output *out)
{
    if (!out) return;
    free(out->train.train_loss);
    free(out->train.val_loss);
    free(out->train.last);
    free(out->train.best);
    free(out->train.snapshots);
    hmm_free(&out->hmm);
    measures_free(&out->measures);
    analyses_free(&out->analyses);
    *out = (struct run_output){0};
}
