/* test_circuit: a planted circuit is given back exactly, whatever the size of the network and the order
 * of its units; untrained random networks give none. Source: SCIENCE 8.5. */
#include "../support/planted.h"
#include "hmmgrid/analyse.h"
#include "hmmgrid/circuit.h"

#include <stdio.h>
#include <string.h>

/* The circuit of a network, handed to `look`. */
static void find(struct rnn_shape shape, const float *params, int steps,
                 void (*look)(const struct circuit *circuit, void *context), void *context)
{
    struct settings s;
    struct network net;
    struct status st = {0};
    const struct circuit *circuit = NULL;
    settings_default(&s);
    s.hmm.architecture = UNKNOWN_HMM;
    s.hmm.symbols = shape.symbols;
    s.rnn.hidden = shape.hidden;
    s.rnn.noise_dim = shape.noise_dim;
    s.rnn.bias = shape.bias;
    s.analysis.steps = steps;
    check_ok(settings_resolve(&s, NULL, &st), &st);
    check_ok(network_init(&net, shape, params, &st), &st);
    struct analysis_memo memo = {.shared = rng_stream(0, "test", "analyses")};
    struct analysis_input in = {
        .s = &s, .net = &net, .rng = rng_stream(0, "test", "circuit"), .memo = &memo};
    check_ok(analysis_circuit(&in, &circuit, &st), &st);
    look(circuit, context);
    analysis_memo_free(&memo);
    network_free(&net);
}

static int smaller_first(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void look_for_planted(const struct circuit *circuit, void *context)
{
    struct planted *p = context;
    for (int d = 0; d < p->num_directions; d++) {
        const struct kick_set *found = NULL;
        for (int i = 0; i < circuit->num_directions; i++)
            if (circuit->direction[i].from == p->from[d] && circuit->direction[i].to == p->to[d])
                found = &circuit->direction[i];
        if (!found) fail_msg("H = %d: direction %d is not there", p->shape.hidden, d);
        int unit[MAX_KICK_SET];
        memcpy(unit, found->unit, sizeof unit);
        qsort(unit, (size_t)found->num_units, sizeof *unit, smaller_first);
        qsort(p->kick[d], (size_t)p->num_kicks[d], sizeof *unit, smaller_first);
        if (found->num_units != p->num_kicks[d] ||
            memcmp(unit, p->kick[d], (size_t)p->num_kicks[d] * sizeof *unit) != 0)
            fail_msg("H = %d, direction %d: %d units found, first %d; %d planted, first %d (p = %g)",
                     p->shape.hidden, d, found->num_units, found->num_units ? unit[0] : -1,
                     p->num_kicks[d], p->kick[d][0], found->p_value);
        assert_true(found->p_value < .05);
        assert_true(found->suppression >= 5);
    }
}

static void planted_is_found(void **state)
{
    (void)state;
    static const int sizes[] = {30, 100, 200};
    static const int kicks[] = {3, 2};
    for (int i = 0; i < 3; i++)
        for (int seed = 0; seed < 2; seed++) { /* another order of the units, other numbers */
            struct planted p = planted_build(sizes[i], 2, kicks, 10 * i + seed);
            find(p.shape, p.params, 30000, look_for_planted, &p);
            planted_free(&p);
        }
}

static void look_for_any(const struct circuit *circuit, void *context)
{
    int found = 0;
    for (int i = 0; i < circuit->num_directions; i++) found += circuit->direction[i].num_units > 0;
    *(int *)context += found > 0;
}

/* At most 5 % of networks with anything found, as the tests promise: of 100, no more than 5 + 2 sd. */
static void random_networks_have_none(void **state)
{
    (void)state;
    enum { NETWORKS = 100 };
    struct rnn_shape shape = {30, 10, 3, false};
    float *params = malloc(rnn_num_params(shape) * sizeof *params);
    int found = 0;
    assert_non_null(params);
    for (int i = 0; i < NETWORKS; i++) {
        rnn_init_params(shape, rng_child(rng_stream(2, "random", "init"), (uint64_t)i), params);
        find(shape, params, 10000, look_for_any, &found);
    }
    if (found > 5) fail_msg("%d of %d untrained networks have a circuit", found, NETWORKS);
    printf("%d of %d untrained networks have a circuit\n", found, NETWORKS);
    free(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(planted_is_found),
                                       cmocka_unit_test(random_networks_have_none)};
    return cmocka_run_group_tests_name("circuit", tests, NULL, NULL);
}
