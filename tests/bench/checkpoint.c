/* checkpoint: what one checkpoint of a full-size run costs, in the folder where the benchmark is
 * started. By the clock: most of it is waiting for the disk. */
#include "bench.h"
#include "experiment/checkpoint.h"

#include <math.h>
#include <stdlib.h>

enum { TIMES = 9 };

static void cost(struct bench_shape shape, int snapshots)
{
    struct settings s = bench_settings(shape);
    struct run_output out;
    struct run_part piece[MAX_RUN_PARTS + NUM_TRAINER_ARRAYS];
    struct bench_epochs epochs;
    struct status st;
    double wall_s[TIMES], bytes = 0;
    char of_case[96];
    s.train.snapshots = snapshots;
    snprintf(of_case, sizeof of_case, "%s, snapshots %d", bench_name(shape), snapshots);
    bench_check(run_output_init(&s, &out, &st), &st);
    int num = run_output_parts(&s, &out, piece);
    for (int i = 0; i < NUM_TRAINER_ARRAYS; i++)
        piece[num++] = (struct run_part){out.train.last, rnn_num_params(out.shape) * sizeof(float)};
    for (int i = 0; i < num; i++) bytes += piece[i].value ? (double)piece[i].bytes : 0;
    for (int i = 0; i < TIMES; i++) {
        double start_s = clock_monotonic_s();
        bench_check(checkpoint_write("bench.ckpt", "k", "bench\n", piece, num, &st), &st);
        wall_s[i] = clock_monotonic_s() - start_s;
    }
    checkpoint_remove("bench.ckpt", "k");
    checkpoint_remove_folder("bench.ckpt");
    run_output_free(&out);
    bench_epochs_run(&epochs, shape, 2, NULL);
    double median_s = bench_median(wall_s, TIMES);
    bench_row("checkpoint", of_case, "size", bytes * 1e-6, "MB", "");
    bench_row("checkpoint", of_case, "time", 1e3 * median_s, "ms", "median, written and durable");
    bench_row("checkpoint", of_case, "after every epoch",
              100 * median_s / bench_least(epochs.wall_s, epochs.num), "%", "of training");
    bench_row("checkpoint", of_case, "every 10 min", 100 * median_s / 600, "%", "of training");
}

void bench_checkpoint(void)
{
    cost((struct bench_shape){30, 150, 100}, 0);
    cost((struct bench_shape){30, 150, 100}, 10);
}
