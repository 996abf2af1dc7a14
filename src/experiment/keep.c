/* keep: see keep.h. Refuses to judge a checkpoint that is not exactly of this run, program and kind
 * of machine: its bits would be others. */
#include "keep.h"

#include "base/clock.h"
#include "base/kernel.h"
#include "base/linalg.h"
#include "base/sheet.h"

#include <stdlib.h>

enum { MAX_PIECES = 1 + MAX_RUN_PARTS + NUM_TRAINER_ARRAYS };
static const double parts_are_kept_sooner = 10;

/* What has to be the same for the same bits, a line each, with all settings outside the key. */
static char *owner_of(const struct settings *s, const char *run_key, const char *program)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    fprintf(out, "hmmgrid %s\nkey %s\nkernels %s of hmmgrid\nkernels %s of OpenBLAS\n", program,
            run_key, kernel_name(), linalg_core());
    for (int i = 0; i < num_settings; i++) {
        if (!settings_table[i].outside_key) continue;
        fprintf(out, "%s ", settings_table[i].key);
        settings_put_json(out, s, &settings_table[i]);
        fputc('\n', out);
    }
    return sheet_close(&sheet, out, true, NULL);
}

/* Where it is, its output, and the trainer's own arrays, of which nothing is there but their sizes
 * where none is open. */
static int pieces_of(struct keeper *k, struct run_part piece[MAX_PIECES])
{
    size_t bytes = rnn_num_params(k->out->shape) * sizeof(float);
    piece[0] = (struct run_part){&k->at, sizeof k->at};
    int num = 1 + run_output_parts(k->s, k->out, piece + 1);
    for (int i = 0; i < NUM_TRAINER_ARRAYS; i++)
        piece[num++] =
            (struct run_part){k->trainer ? train_state(k->trainer)->array[i].value : NULL, bytes};
    return num;
}

static void forget_found(struct keeper *k)
{
    checkpoint_free(k->found);
    k->found = NULL;
}

/* Does it say where such a run can be? */
static bool is_possible(struct keeper *k, const struct run_part *piece)
{
    checkpoint_put_back(k->found, piece, 1);
    return k->at.stage >= STAGE_BEGUN && k->at.stage <= STAGE_MEASURED && k->at.epoch >= 0 &&
           k->at.epoch <= train_num_epochs(k->s);
}

static void put_back(struct keeper *k)
{
    struct run_part piece[MAX_PIECES];
    int num = pieces_of(k, piece);
    checkpoint_put_back(k->found, piece, num);
    k->out->earlier_wall_s = k->at.wall_s;
    k->out->earlier_cpu_s = k->at.cpu_s;
}

int keep_open(struct keeper *k, const struct settings *s, const char *run_key,
              const struct run_context *context, struct run_output *out, struct status *st)
{
    struct run_part piece[MAX_PIECES];
    *k = (struct keeper){.s = s,
                         .where = context->checkpoints,
                         .log = context->log,
                         .key = run_key,
                         .out = out,
                         .start_s = clock_monotonic_s(),
                         .start_cpu_s = clock_cpu_s()};
    k->kept_s = k->start_s;
    if (!k->where) return STATUS_OK;
    if (!(k->owner = owner_of(s, run_key, k->where->program)))
        return status_no_memory(st, "a checkpoint");
    int num = pieces_of(k, piece);
    k->found = checkpoint_read(k->where->folder, run_key, k->owner, piece, num, k->log);
    if (k->found && !is_possible(k, piece)) {
        log_line(k->log, LOG_WARNING, "checkpoint of run %s: ignored: its epoch is none", run_key);
        k->at = (struct position){.stage = STAGE_BEGUN};
        forget_found(k);
    }
    if (k->found) put_back(k);
    if (k->at.stage > STAGE_BEGUN) forget_found(k);
    return STATUS_OK;
}

void keep_close(struct keeper *k)
{
    forget_found(k);
    free(k->owner);
}

void keep_training(struct keeper *k, struct trainer *trainer)
{
    k->trainer = trainer;
    if (!trainer || !k->found) return;
    put_back(k);
    forget_found(k);
    train_state(trainer)->epoch = k->at.epoch;
    train_state(trainer)->step = k->at.step;
}

void keep_stage(struct keeper *k, enum stage stage)
{
    k->at.stage = stage;
    keep_part(k);
}

static void keep_if_older(struct keeper *k, double seconds)
{
    if (clock_monotonic_s() - k->kept_s >= seconds) keep_now(k);
}

void keep_epoch(struct keeper *k)
{
    if (k->where) keep_if_older(k, k->where->every_s);
}

void keep_part(struct keeper *k)
{
    if (k->where) keep_if_older(k, k->where->every_s / parts_are_kept_sooner);
}

void keep_now(struct keeper *k)
{
    struct run_part piece[MAX_PIECES];
    struct status st = {0};
    if (!k->where) return;
    k->at.wall_s = k->out->earlier_wall_s + clock_monotonic_s() - k->start_s;
    k->at.cpu_s = k->out->earlier_cpu_s + clock_cpu_s() - k->start_cpu_s;
    if (k->trainer) {
        k->at.epoch = train_state(k->trainer)->epoch;
        k->at.step = train_state(k->trainer)->step;
    }
    int num = pieces_of(k, piece);
    if (checkpoint_write(k->where->folder, k->key, k->owner, piece, num, &st) && !k->troubled) {
        log_line(k->log, LOG_WARNING, "no checkpoint: %s; the run goes on without", st.text);
        k->troubled = true;
    }
    k->kept_s = clock_monotonic_s();
}
