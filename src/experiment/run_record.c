/* run_record: see run_record.h. Refuses to know where records are kept. */
#include "run_record.h"

#include "base/kernel.h"
#include "base/linalg.h"

#include <math.h>
#include <stdlib.h>

const char *const run_status_name[NUM_RUN_STATUS] = {"pending", "running", "done", "failed",
                                                     "crashed"};

int run_output_init(const struct settings *s, struct run_output *out, struct status *st)
{
    size_t epochs = (size_t)train_num_epochs(s), snapshots = (size_t)train_num_snapshots(s);
    *out = (struct run_output){
        .shape = rnn_shape_of(s), .kernel = kernel_name(), .blas_core = linalg_core()};
    int code = hmm_init(&out->hmm, s, st);
    if (!code) code = measures_init(&out->measures, s->hmm.symbols, s->measure.length, st);
    if (!code) code = analyses_init(&out->analyses, s, st);
    if (code) return code;
    size_t params = rnn_num_params(out->shape);
    struct train_output *t = &out->train;
    t->train_loss = calloc(epochs, sizeof(float));
    t->val_loss = calloc(epochs, sizeof(float));
    t->last = calloc(params, sizeof(float));
    t->best = calloc(params, sizeof(float));
    out->tried = calloc((size_t)s->reseed.max + 1, sizeof *out->tried);
    if (snapshots) t->snapshots = calloc(snapshots * params, sizeof(float));
    if (!t->train_loss || !t->val_loss || !t->last || !t->best || !out->tried ||
        (snapshots && !t->snapshots))
        return status_no_memory(st, "the results of a run");
    for (int i = 0; i <= s->reseed.max; i++) out->tried[i] = (struct seed_tried){NAN, NAN, NAN};
    run_output_forget(s, out);
    return STATUS_OK;
}

void run_output_forget(const struct settings *s, struct run_output *out)
{
    size_t epochs = (size_t)train_num_epochs(s), params = rnn_num_params(out->shape);
    struct train_output *t = &out->train;
    for (size_t i = 0; i < epochs; i++) t->train_loss[i] = t->val_loss[i] = NAN;
    for (size_t i = 0; i < params; i++) t->last[i] = t->best[i] = NAN;
    t->best_epoch = 0;
    t->best_val_loss = t->final_val_loss = t->loss_floor = t->loss_floor_sd = NAN;
    out->loss_z = out->excess.loss = out->excess.se = NAN;
}

void run_output_free(struct run_output *out)
{
    if (!out) return;
    free(out->train.train_loss);
    free(out->train.val_loss);
    free(out->train.last);
    free(out->train.best);
    free(out->train.snapshots);
    free(out->tried);
    hmm_free(&out->hmm);
    measures_free(&out->measures);
    analyses_free(&out->analyses);
    *out = (struct run_output){0};
}

int run_output_parts(const struct settings *s, struct run_output *out,
                     struct run_part part[MAX_RUN_PARTS])
{
    struct train_output *t = &out->train;
    size_t epochs = (size_t)train_num_epochs(s), params = rnn_num_params(out->shape);
    size_t snapshots = (size_t)train_num_snapshots(s), measured, analysed;
    size_t tried = (size_t)s->reseed.max + 1;
    double *measures =
        measures_numbers(&out->measures, s->hmm.symbols, s->measure.length, &measured);
    double *analyses = analyses_numbers(&out->analyses, s, &analysed);
    const struct run_part all[] = {{t->train_loss, epochs * sizeof(float)},
                                   {t->val_loss, epochs * sizeof(float)},
                                   {t->last, params * sizeof(float)},
                                   {t->best, params * sizeof(float)},
                                   {t->snapshots, snapshots * params * sizeof(float)},
                                   {&t->best_epoch, sizeof t->best_epoch},
                                   {&t->best_val_loss, sizeof t->best_val_loss},
                                   {&t->final_val_loss, sizeof t->final_val_loss},
                                   {&t->loss_floor, sizeof t->loss_floor},
                                   {&t->loss_floor_sd, sizeof t->loss_floor_sd},
                                   {measures, measured * sizeof(double)},
                                   {analyses, analysed * sizeof(double)},
                                   {&out->effective_seed, sizeof out->effective_seed},
                                   {&out->reseeds, sizeof out->reseeds},
                                   {out->tried, tried * sizeof *out->tried},
                                   {&out->accepted, sizeof out->accepted},
                                   {&out->loss_z, sizeof out->loss_z},
                                   {&out->excess, sizeof out->excess},
                                   {&out->earlier_wall_s, sizeof out->earlier_wall_s},
                                   {&out->earlier_cpu_s, sizeof out->earlier_cpu_s}};
    int num = sizeof all / sizeof all[0];
    for (int i = 0; i < num; i++) part[i] = all[i];
    return num;
}
