/* test_train: training in pieces ends with the bits of training in one, and stops when asked. */
#include "../support/check.h"
#include "../support/small.h"
#include "hmmgrid/train.h"

#include <stdlib.h>
#include <string.h>

static struct settings small(void)
{
    struct settings s = small_settings(3);
    struct status st = {0};
    check_ok(settings_resolve(&s, NULL, &st), &st);
    return s;
}

/* --- outputs ---------------------------------------------------------------------------------- */

static float *take(size_t n)
{
    float *value = calloc(n, sizeof *value);
    assert_non_null(value);
    return value;
}

static struct train_output output_of(const struct settings *s)
{
    size_t n = rnn_num_params(rnn_shape_of(s)), epochs = (size_t)train_num_epochs(s);
    return (struct train_output){.train_loss = take(epochs),
                                 .val_loss = take(epochs),
                                 .last = take(n),
                                 .best = take(n),
                                 .snapshots = take(n * (size_t)train_num_snapshots(s))};
}

static void output_free(struct train_output *out)
{
    free(out->train_loss);
    free(out->val_loss);
    free(out->last);
    free(out->best);
    free(out->snapshots);
}

/* --- a state kept and put back ---------------------------------------------------------------- */

struct kept {
    int epoch, best_epoch;
    long step;
    double best_val_loss, final_val_loss;
    float *value[NUM_TRAIN_ARRAYS];
};

static struct kept keep(const struct train_state *state)
{
    struct kept kept = {.epoch = state->epoch,
                        .step = state->step,
                        .best_epoch = state->output->best_epoch,
                        .best_val_loss = state->output->best_val_loss,
                        .final_val_loss = state->output->final_val_loss};
    for (int i = 0; i < NUM_TRAIN_ARRAYS; i++) {
        kept.value[i] = take(state->array[i].count);
        memcpy(kept.value[i], state->array[i].value, state->array[i].count * sizeof(float));
    }
    return kept;
}

static void put_back(struct kept *kept, struct train_state *state)
{
    state->epoch = kept->epoch;
    state->step = kept->step;
    state->output->best_epoch = kept->best_epoch;
    state->output->best_val_loss = kept->best_val_loss;
    state->output->final_val_loss = kept->final_val_loss;
    for (int i = 0; i < NUM_TRAIN_ARRAYS; i++) {
        memcpy(state->array[i].value, kept->value[i], state->array[i].count * sizeof(float));
        free(kept->value[i]);
    }
}

/* --- tests ------------------------------------------------------------------------------------ */

static struct trainer *trainer_opened(const struct settings *s, const struct hmm *hmm,
                                      const struct train_watch *watch, struct train_output *out)
{
    struct trainer *trainer;
    struct status st = {0};
    check_ok(train_open(s, hmm, "key", 3, watch, out, &trainer, &st), &st);
    return trainer;
}

static void train_to(struct trainer *trainer, int epoch)
{
    struct status st = {0};
    while (train_state(trainer)->epoch < epoch) check_ok(train_epoch(trainer, &st), &st);
}

static void same_output(const struct settings *s, const struct train_output *a,
                        const struct train_output *b)
{
    size_t n = rnn_num_params(rnn_shape_of(s)), epochs = (size_t)train_num_epochs(s);
    assert_memory_equal(a->train_loss, b->train_loss, epochs * sizeof(float));
    assert_memory_equal(a->val_loss, b->val_loss, epochs * sizeof(float));
    assert_memory_equal(a->last, b->last, n * sizeof(float));
    assert_memory_equal(a->best, b->best, n * sizeof(float));
    assert_memory_equal(a->snapshots, b->snapshots,
                        n * (size_t)train_num_snapshots(s) * sizeof(float));
    assert_int_equal(a->best_epoch, b->best_epoch);
    check_near(a->best_val_loss, b->best_val_loss, 0);
    check_near(a->final_val_loss, b->final_val_loss, 0);
    check_near(a->loss_floor, b->loss_floor, 0);
    check_near(a->loss_floor_sd, b->loss_floor_sd, 0);
}

/* Broken off after any epoch, within a learning rate and between two. */
static void pieces_make_the_whole(void **state)
{
    (void)state;
    struct settings s = small();
    struct hmm hmm;
    struct status st = {0};
    struct train_output whole = output_of(&s);
    check_ok(hmm_init(&hmm, &s, &st), &st);
    check_ok(train_run(&s, &hmm, "key", 3, NULL, &whole, &st), &st);
    assert_int_equal(train_num_epochs(&s), 6);
    assert_true(
        memcmp(whole.snapshots, whole.last, rnn_num_params(rnn_shape_of(&s)) * sizeof(float)) != 0);
    for (int k = 0; k <= 6; k++) {
        struct train_output first = output_of(&s), second = output_of(&s);
        struct trainer *trainer = trainer_opened(&s, &hmm, NULL, &first);
        train_to(trainer, k);
        struct kept kept = keep(train_state(trainer));
        train_close(trainer);
        output_free(&first);
        trainer = trainer_opened(&s, &hmm, NULL, &second);
        put_back(&kept, train_state(trainer));
        train_to(trainer, 6);
        check_ok(train_floor(trainer, &st), &st);
        train_close(trainer);
        same_output(&s, &second, &whole);
        output_free(&second);
    }
    output_free(&whole);
    hmm_free(&hmm);
}

struct asked {
    int times, stop_at;
};

static bool should_stop(void *context)
{
    struct asked *asked = context;
    return ++asked->times == asked->stop_at;
}

/* 63 training sequences in batches of 31, 31 and 1, then 18 of validation in one. */
static void stops_between_batches(void **state)
{
    (void)state;
    struct settings s = small();
    struct hmm hmm;
    struct status st = {0};
    struct asked asked = {0};
    struct train_watch watch = {.stop = {should_stop, &asked}};
    struct train_output out = output_of(&s);
    check_ok(hmm_init(&hmm, &s, &st), &st);
    struct trainer *trainer = trainer_opened(&s, &hmm, &watch, &out);
    train_to(trainer, 1);
    assert_int_equal(asked.times, 4);
    asked.stop_at = 6;
    check_code(train_epoch(trainer, &st), STATUS_RUN_STOPPED, &st);
    assert_non_null(strstr(st.text, "epoch 2"));
    asked = (struct asked){.stop_at = 2};
    check_code(train_floor(trainer, &st), STATUS_RUN_STOPPED, &st);
    train_close(trainer);
    train_close(NULL);
    output_free(&out);
    hmm_free(&hmm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_make_the_whole),
        cmocka_unit_test(stops_between_batches),
    };
    return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
