/* keep: see keep.h. Refuses to judge a checkpoint that is not exactly of this run, program and kind
 * of machine: its bits would be others. */
#include "keep.h"

#include "base/clock.h"
#include "base/kernel.h"
#include "base/linalg.h"
#include "base/sheet.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PIECES = 1 + MAX_RUN_PARTS + NUM_TRAINER_ARRAYS };
static const double parts_are_kept_sooner = 10;

/* What has to be the same for the same bits, a line each; of the settings outside the key all, or
 * (of a state) those of training. */
static char *owner_of(const struct keeper *k, const char *key, bool whole)
{
    const struct settings *s = k->s;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    fprintf(out, "hmmgrid %s\nkey %s\nkernels %s of hmmgrid\nkernels %s of OpenBLAS\n",
            k->where->program, key, kernel_name(), linalg_core());
    for (int i = 0; i < num_settings; i++) {
        if (!settings_table[i].outside_key) continue;
        if (!whole && strncmp(settings_table[i].key, "train.", strlen("train.")) != 0) continue;
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
              const char *training_key, const struct run_context *context, struct run_output *out,
              struct status *st)
{
    struct run_part piece[MAX_PIECES];
    *k = (struct keeper){.s = s,
                         .where = context->checkpoints,
                         .log = context->log,
                         .key = run_key,
                         .training_key = training_key,
                         .out = out,
                         .start_s = clock_monotonic_s(),
                         .start_cpu_s = clock_cpu_s()};
    k->kept_s = k->start_s;
    if (!k->where) return STATUS_OK;
    if (!(k->owner = owner_of(k, run_key, true))) return status_no_memory(st, "a checkpoint");
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

static struct position where_it_is(const struct keeper *k)
{
    struct position at = k->at;
    at.wall_s = k->out->earlier_wall_s + clock_monotonic_s() - k->start_s;
    at.cpu_s = k->out->earlier_cpu_s + clock_cpu_s() - k->start_cpu_s;
    if (k->trainer) {
        at.epoch = train_state(k->trainer)->epoch;
        at.step = train_state(k->trainer)->step;
    }
    return at;
}

void keep_close(struct keeper *k)
{
    forget_found(k);
    free(k->owner);
}

/* --- the state of a training that is over ----------------------------------------------------- */

enum { MAX_STATE_PIECES = 4 + NUM_TRAIN_ARRAYS };

/* The state after so many epochs, the last ones of a training, in the arrays of this trainer. */
static int state_pieces(struct keeper *k, int epochs, struct position *at,
                        struct run_part piece[MAX_STATE_PIECES])
{
    const struct train_state state = train_state_after(k->trainer, epochs);
    struct train_output *out = state.output;
    const struct run_part numbers[] = {{at, sizeof *at},
                                       {&out->best_epoch, sizeof out->best_epoch},
                                       {&out->best_val_loss, sizeof out->best_val_loss},
                                       {&out->final_val_loss, sizeof out->final_val_loss}};
    int num = sizeof numbers / sizeof numbers[0];
    for (int i = 0; i < num; i++) piece[i] = numbers[i];
    for (int i = 0; i < NUM_TRAIN_ARRAYS; i++, num++)
        piece[num] = (struct run_part){state.array[i].value, state.array[i].count * sizeof(float)};
    return num;
}

/* A second rate begins after the epochs of the first, and a run that is trained with another seed
 * has another key at heart: neither has a shorter training that it could go on from. */
static bool has_state(const struct keeper *k)
{
    return k->where && k->s->train.learning_rate.count == 1 && k->out->reseeds == 0;
}

/* Into the trainer: the longest training that was kept, is not longer and can be read. */
static void go_on_from_state(struct keeper *k)
{
    struct run_part piece[MAX_STATE_PIECES];
    struct position at;
    struct checkpoint *found = NULL;
    const char *folder = k->where->folder, *key = k->training_key;
    char *owner = owner_of(k, key, false);
    int epochs = train_num_epochs(k->s) + 1, num = 0, ignored = 0;
    while (owner && !found && (epochs = checkpoint_find_state(folder, key, epochs - 1)) > 0) {
        num = state_pieces(k, epochs, &at, piece);
        found = checkpoint_read_state(folder, key, epochs, owner, piece, num, k->log);
        ignored += !found;
    }
    free(owner);
    if (ignored && found)
        log_line(k->log, LOG_INFO, "run %s goes on from its state after %d epochs", k->key, epochs);
    else if (ignored)
        log_line(k->log, LOG_WARNING, "run %s trains from the beginning", k->key);
    if (!found) return;
    checkpoint_put_back(found, piece, num);
    checkpoint_free(found);
    train_state(k->trainer)->epoch = epochs;
    train_state(k->trainer)->step = at.step;
    k->out->earlier_wall_s = at.wall_s;
    k->out->earlier_cpu_s = at.cpu_s;
}

void keep_state(struct keeper *k)
{
    struct run_part piece[MAX_STATE_PIECES];
    struct status st = {0};
    if (!has_state(k) || !k->where->keeps_state) return;
    int epochs = train_num_epochs(k->s);
    struct position at = where_it_is(k);
    char *owner = owner_of(k, k->training_key, false);
    int num = state_pieces(k, epochs, &at, piece);
    int code = owner ? checkpoint_write_state(k->where->folder, k->training_key, epochs, owner,
                                              piece, num, &st)
                     : status_no_memory(&st, "the state of training");
    if (code) log_line(k->log, LOG_WARNING, "no state is kept: %s; the run goes on", st.text);
    free(owner);
}

void keep_training(struct keeper *k, struct trainer *trainer)
{
    k->trainer = trainer;
    if (trainer && !k->found && has_state(k)) go_on_from_state(k);
    if (!trainer || !k->found) return;
    put_back(k);
    forget_found(k);
    train_state(trainer)->epoch = k->at.epoch;
    train_state(trainer)->step = k->at.step;
}

static void keep_now(struct keeper *k)
{
    struct run_part piece[MAX_PIECES];
    struct status st = {0};
    if (!k->where) return;
    k->at = where_it_is(k);
    int num = pieces_of(k, piece);
    if (checkpoint_write(k->where->folder, k->key, k->owner, piece, num, &st) && !k->troubled) {
        log_line(k->log, LOG_WARNING, "no checkpoint: %s; the run goes on without", st.text);
        k->troubled = true;
    }
    k->kept_s = clock_monotonic_s();
    k->has_news = false;
}

static void keep_if_older(struct keeper *k, double share)
{
    k->has_news = true;
    if (k->where && clock_monotonic_s() - k->kept_s >= share * k->where->every_s) keep_now(k);
}

void keep_epoch(struct keeper *k)
{
    keep_if_older(k, 1);
}

void keep_part(struct keeper *k)
{
    keep_if_older(k, 1 / parts_are_kept_sooner);
}

void keep_stage(struct keeper *k, enum stage stage)
{
    k->at.stage = stage;
    keep_part(k);
}

void keep_stop(struct keeper *k)
{
    if (k->has_news) keep_now(k);
}

double experiment_kept_s(const char *folder, const char *key)
{
    struct position at = {.wall_s = 0};
    return checkpoint_first_piece(folder, key, &at, sizeof at) ? at.wall_s : 0;
}
