/* bench_report: a results file of runs that nobody trained, to time what reads it.
 *   bench_report GRID.yaml FILE.h5
 * Numbers come from the run keys alone (dummy_run), scaled so that they look like those of a study:
 * floors about 4, an excess of up to a tenth of that which grows with the size, and one run in 50
 * that fails. The file is whole, checksums included.
 */
#include "../support/dummy_run.h"
#include "study/study.h"

#include <math.h>

static int run(const struct settings *s, const char *run_key, int64_t seed,
               struct run_context *context, struct run_output *out, struct status *st)
{
    int code = dummy_run(s, run_key, seed, context, out, st);
    double chance = out->excess.loss / 256;
    if (code) return code;
    if (chance < 0.02) return status_set(st, STATUS_RUN_FAILED, "made up: one of 50 fails");
    for (int i = 0; i < s->train.epochs; i++) {
        float noise = out->train.val_loss[i] / 256;
        out->train.train_loss[i] = out->train.val_loss[i] = 4 + 20 * expf(-0.3F * (float)i) + noise;
    }
    out->train.loss_floor = 4 + 0.1 * out->train.loss_floor / 256;
    out->train.best_val_loss = out->train.loss_floor + 0.4 * chance;
    out->excess = (struct excess){0.4 * chance + 0.004 * s->rnn.hidden, 0.02};
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    struct status st = {0};
    if (argc != 3) {
        fputs("usage: bench_report GRID.yaml FILE.h5\n", stderr);
        return STATUS_USAGE;
    }
    struct study_request request = {.grid = argv[1],
                                    .study = {.output = argv[2],
                                              .command_line = "bench_report",
                                              .existing = EXISTING_FRESH,
                                              .progress = PROGRESS_NONE,
                                              .deadline_s = INFINITY,
                                              .run = run,
                                              .out = stdout,
                                              .err = stderr}};
    return study_launch(&request, &st);
}
