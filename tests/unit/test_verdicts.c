/* test_verdicts: what the switches of networks rest on whose mechanism is known: a population that
 * shares the work is distributed, never concentrated; units in series are redundant, with their
 * number. test_circuit has those with a circuit of their own. Source: SCIENCE 8.5.
 */
#include "../support/made_network.h"
#include "../support/planted.h"
#include "analyse/analysis.h"
#include "analyse/circuit/circuit.h"
#include "base/linalg.h"

struct found {
    struct settings s;
    struct network net;
    struct analysis_memo memo;
    const struct circuit *circuit;
};

static void find(struct found *f, struct rnn_shape shape, const float *params)
{
    struct status st = {0};
    memset(f, 0, sizeof *f);
    settings_default(&f->s);
    f->s.hmm.architecture = UNKNOWN_HMM;
    f->s.hmm.symbols = shape.symbols;
    f->s.rnn.hidden = shape.hidden;
    f->s.rnn.noise_dim = shape.noise_dim;
    f->s.rnn.bias = shape.bias;
    f->s.analysis.steps = 12000;
    check_ok(settings_resolve(&f->s, NULL, &st), &st);
    check_ok(network_init(&f->net, shape, params, &st), &st);
    f->memo.shared = rng_stream(3, "verdicts", "test");
    struct analysis_input in = {.s = &f->s, .net = &f->net, .memo = &f->memo};
    check_ok(circuit_get(&in, &f->circuit, &st), &st);
}

static void forget(struct found *f)
{
    analysis_memo_free(&f->memo);
    network_free(&f->net);
}

/* Two populations that excite themselves and inhibit each other, weights their mean plus noise; the
 * readout of the two and a third symbol that is never on. */
static float *make_flip_flop(struct rnn_shape shape, int seed, double gain, double sd)
{
    size_t H = (size_t)shape.hidden, D = (size_t)shape.noise_dim, half = H / 2;
    float *params = calloc(rnn_num_params(shape), sizeof *params);
    assert_non_null(params);
    float *U = params, *W = U + H * D, *R = W + H * H;
    struct rng rng = rng_child(rng_stream(6, "flip-flop", "test"), (uint64_t)seed);
    rng_fill_normal(rng, 0, H * D + H * H, params);
    for (size_t i = 0; i < H * D; i++) U[i] *= (float)(.3 / sqrt((double)D));
    for (size_t i = 0; i < H; i++) {
        for (size_t j = 0; j < H; j++) {
            double mean = ((i < half) == (j < half) ? 1 : -.8) * gain / (double)half;
            W[i * H + j] = (float)(mean + W[i * H + j] * sd / sqrt((double)H));
        }
        R[(i < half ? 0 : H) + i] = .3f;
    }
    return params;
}

static int num_draws = 5; /* the first argument says another number */

static void test_flip_flops_are_distributed(void **state)
{
    (void)state;
    int distributed = 0, tested = 0;
    for (int seed = 0; seed < num_draws; seed++) {
        struct rnn_shape shape = {seed % 10 ? 60 : 150, 30, 3, false};
        float *params = make_flip_flop(shape, seed, .85 + .05 * (seed % 3), .3);
        struct found f;
        find(&f, shape, params);
        for (int d = 0; d < f.circuit->num_directions; d++) {
            const struct kick_set *set = &f.circuit->direction[d];
            assert_true(set->verdict < VERDICT_REDUNDANT && set->num_units == 0);
            tested += set->num_tested > 0;
            distributed += set->verdict == VERDICT_DISTRIBUTED;
        }
        forget(&f);
        free(params);
    }
    assert_true(tested > num_draws && distributed > .8 * tested);
}

/* Two kick units that act through one relay each: silencing the units or the relays, or one of
 * each, is enough. */
static void test_units_in_series_are_redundant(void **state)
{
    (void)state;
    for (int seed = 0; seed < 3; seed++) {
        const int num_kicks[] = {4, 2};
        struct planted p = planted_build(60 + 20 * seed, 2, num_kicks, 20 + seed);
        int H = p.shape.hidden, *kick = p.kick[0];
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) p.W[kick[i] * H + kick[j]] = 0;
        for (int i = 0; i < 2; i++) {
            int relay = kick[i + 2];
            for (int j = 0; j < 2 * PLANTED_CLUSTER; j++) p.W[p.at[j] * H + kick[i]] = 0;
            memset(p.U + relay * PLANTED_D, 0, PLANTED_D * sizeof *p.U);
            for (int j = 0; j < H; j++) p.W[relay * H + j] = 0;
            p.W[relay * H + kick[i]] = 1;
            p.b[relay] = p.b[H + relay] = 0;
        }
        struct found f;
        find(&f, p.shape, p.params);
        for (int d = 0; d < f.circuit->num_directions; d++) {
            const struct kick_set *set = &f.circuit->direction[d];
            bool series = set->from == 0;
            assert_int_equal(set->verdict, series ? VERDICT_REDUNDANT : VERDICT_CONCENTRATED);
            assert_int_equal(set->redundancy, series ? 2 : 1);
            assert_int_equal(set->num_units, 2);
        }
        forget(&f);
        planted_free(&p);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) num_draws = atoi(argv[1]);
    struct status st = {0};
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flip_flops_are_distributed),
        cmocka_unit_test(test_units_in_series_are_redundant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
