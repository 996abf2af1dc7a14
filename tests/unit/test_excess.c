/* test_excess: a perfect emulation (samples of the HMM stand for a network's) has no excess within
 * its error, an untrained network has much; the numbers depend on the stream alone.
 */
#include "../support/check.h"
#include "../support/small.h"
#include "hmmgrid/rnn.h"
#include "measure/excess.h"

#include <string.h>

static struct settings study_of(int family)
{
    struct settings s = small_settings(1);
    struct status st = {0};
    s.hmm.architecture = family;
    s.hmm.states = family == CYCLIC ? 4 : 3;
    s.data.sequences = 400;
    s.data.length = 15;
    s.data.split = (struct real_list){3, {2, 1, 1}};
    s.train.batch = 90; /* of 100 of validation */
    check_ok(settings_resolve(&s, NULL, &st), &st);
    return s;
}

static struct settings study(void)
{
    return study_of(LINEAR_CHAIN);
}

static int emit_hmm(void *hmm, struct rng rng, size_t n, int T, uint8_t *symbols, struct status *st)
{
    (void)st;
    hmm_sample(hmm, rng, 0, n, T, symbols, NULL);
    return STATUS_OK;
}

static struct excess excess_of_hmm(const struct settings *s, struct hmm *hmm, uint64_t seed)
{
    struct excess e;
    struct status st = {0};
    check_ok(excess_loss(s, hmm, rng_stream(seed, "key", "excess_loss"),
                         &(struct emitter){emit_hmm, hmm}, NULL, &e, &st),
             &st);
    return e;
}

/* loss / se is Student's t of 7 degrees of freedom: its variance is 7/5, its fourth moment 9.8, so
 * that the variance of 50 is within sqrt((9.8 - 1.96) / 50) = .4 of that, and 3 times as much is
 * allowed; 3 / sqrt(50) is 2.5 standard errors of their mean. */
static void a_perfect_emulation_has_none(void **state)
{
    (void)state;
    enum { DRAWS = 50 };
    for (int family = LINEAR_CHAIN; family <= CYCLIC; family++) {
        struct settings s = study_of(family);
        struct hmm hmm;
        struct status st = {0};
        double sum = 0, squares = 0;
        check_ok(hmm_init(&hmm, &s, &st), &st);
        assert_int_equal(excess_num_batches(&s), 8);
        assert_int_equal(excess_batch(&s), 90);
        for (uint64_t d = 0; d < DRAWS; d++) {
            struct excess e = excess_of_hmm(&s, &hmm, d);
            assert_true(e.se > 0);
            sum += e.loss / e.se;
            squares += e.loss / e.se * (e.loss / e.se);
        }
        check_near(sum / DRAWS, 0, 3 / sqrt(DRAWS));
        check_near((squares - sum * sum / DRAWS) / (DRAWS - 1), 1.4, 1.2);
        hmm_free(&hmm);
    }
}

static int emit_zeros(void *context, struct rng rng, size_t n, int T, uint8_t *symbols,
                      struct status *st)
{
    (void)context, (void)rng, (void)st;
    memset(symbols, 0, n * (size_t)T);
    return STATUS_OK;
}

static void a_constant_emitter_has_much(void **state)
{
    (void)state;
    for (int family = LINEAR_CHAIN; family <= CYCLIC; family++) {
        struct settings s = study_of(family);
        struct hmm hmm;
        struct status st = {0};
        struct excess e;
        check_ok(hmm_init(&hmm, &s, &st), &st);
        check_ok(excess_loss(&s, &hmm, rng_stream(0, "key", "excess_loss"),
                             &(struct emitter){emit_zeros, NULL}, NULL, &e, &st),
                 &st);
        if (!(e.loss > 20 * e.se && e.loss > 1)) fail_msg("%g +- %g is not much", e.loss, e.se);
        hmm_free(&hmm);
    }
}

struct untrained {
    struct rnn_shape shape;
    float params[100];
};

static int emit_network(void *context, struct rng rng, size_t n, int T, uint8_t *symbols,
                        struct status *st)
{
    struct untrained *u = context;
    return rnn_generate(u->shape, u->params, GENERATE_TRAINED, INITIAL_ZEROS, rng, 0, n, T, symbols,
                        NULL, st);
}

static void an_untrained_network_has_much(void **state)
{
    (void)state;
    struct settings s = study();
    struct hmm hmm;
    struct status st = {0};
    struct untrained u = {.shape = rnn_shape_of(&s)};
    struct excess e;
    assert_true(rnn_num_params(u.shape) <= 100);
    rnn_init_params(u.shape, rng_stream(0, "key", "init"), u.params);
    check_ok(hmm_init(&hmm, &s, &st), &st);
    check_ok(excess_loss(&s, &hmm, rng_stream(0, "key", "excess_loss"),
                         &(struct emitter){emit_network, &u}, NULL, &e, &st),
             &st);
    if (!(e.loss > 20 * e.se && e.loss > 1)) fail_msg("%g +- %g is not much", e.loss, e.se);
    hmm_free(&hmm);
}

/* Sharper probabilities than the HMM's: less varied sequences, which is no better emulation. */
static void less_varied_sequences_have_less_than_none(void **state)
{
    (void)state;
    struct settings s = study();
    struct hmm hmm, sharp;
    struct status st = {0};
    struct excess e;
    s.measure.floor_draws = 40;
    int K = s.hmm.symbols;
    check_ok(hmm_init(&hmm, &s, &st), &st);
    check_ok(hmm_init(&sharp, &s, &st), &st);
    for (int i = 0; i < sharp.states; i++) {
        double sum = 0;
        for (int k = 0; k < K; k++) sum += pow(hmm.emission[i * K + k], 2);
        for (int k = 0; k < K; k++)
            sharp.emission[i * K + k] = pow(hmm.emission[i * K + k], 2) / sum;
    }
    check_ok(excess_loss(&s, &hmm, rng_stream(0, "key", "excess_loss"),
                         &(struct emitter){emit_hmm, &sharp}, NULL, &e, &st),
             &st);
    if (!(e.loss < -4 * e.se)) fail_msg("%g +- %g is not below 0", e.loss, e.se);
    hmm_free(&hmm);
    hmm_free(&sharp);
}

static bool stop_after(void *context)
{
    int *left = context;
    return (*left)-- == 0;
}

static void numbers_follow_from_the_stream(void **state)
{
    (void)state;
    struct settings s = study();
    struct hmm hmm;
    struct status st = {0};
    check_ok(hmm_init(&hmm, &s, &st), &st);
    struct excess once = excess_of_hmm(&s, &hmm, 3), again = excess_of_hmm(&s, &hmm, 3);
    assert_memory_equal(&once, &again, sizeof once);
    assert_true(excess_of_hmm(&s, &hmm, 4).loss != once.loss);
    s.train.weight_decay = 1; /* no part of how well a network emulates */
    again = excess_of_hmm(&s, &hmm, 3);
    assert_memory_equal(&once, &again, sizeof once);
    s.measure.floor_draws = 9; /* more batches, a smaller validation part */
    s.train.batch = 1000;
    assert_int_equal(excess_num_batches(&s), 9);
    assert_int_equal(excess_batch(&s), 100);
    int left = 8;
    struct stop stop = {stop_after, &left};
    check_code(excess_loss(&s, &hmm, rng_stream(3, "key", "excess_loss"),
                           &(struct emitter){emit_hmm, &hmm}, &stop, &again, &st),
               STATUS_RUN_STOPPED, &st);
    hmm_free(&hmm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_emulation_has_none),
        cmocka_unit_test(a_constant_emitter_has_much),
        cmocka_unit_test(an_untrained_network_has_much),
        cmocka_unit_test(less_varied_sequences_have_less_than_none),
        cmocka_unit_test(numbers_follow_from_the_stream),
    };
    return cmocka_run_group_tests_name("excess", tests, NULL, NULL);
}
