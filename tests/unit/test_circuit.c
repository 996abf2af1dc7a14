/* test_circuit: planted circuits are given back exactly, whatever the size of the network and the
 * order of its units; networks before training, and those that have none to find, give none.
 * Source: SCIENCE 8.5.
 */
#include "../support/made_network.h"
#include "../support/planted.h"
#include "analyse/analysis.h"
#include "analyse/circuit/kick_set.h"
#include "analyse/circuit/population.h"
#include "base/linalg.h"

static void settle(struct settings *s, struct rnn_shape shape, int steps)
{
    struct status st = {0};
    settings_default(s);
    s->hmm.architecture = UNKNOWN_HMM;
    s->hmm.symbols = shape.symbols;
    s->rnn.hidden = shape.hidden;
    s->rnn.noise_dim = shape.noise_dim;
    s->rnn.bias = shape.bias;
    s->analysis.steps = steps;
    s->analysis.permutations = 200;
    check_ok(settings_resolve(s, NULL, &st), &st);
}

/* --- the circuit alone ------------------------------------------------------------------------ */

struct found {
    struct settings s;
    struct network net;
    struct analysis_memo memo;
    const struct circuit *circuit;
};

static void find(struct found *f, struct rnn_shape shape, const float *params, int steps)
{
    struct status st = {0};
    memset(f, 0, sizeof *f);
    settle(&f->s, shape, steps);
    check_ok(network_init(&f->net, shape, params, &st), &st);
    f->memo.shared = rng_stream(3, "circuit", "test");
    struct analysis_input in = {.s = &f->s, .net = &f->net, .memo = &f->memo};
    check_ok(circuit_get(&in, &f->circuit, &st), &st);
}

static void forget(struct found *f)
{
    analysis_memo_free(&f->memo);
    network_free(&f->net);
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The same units, in any order. */
static void check_units(const int *unit, int num, const int *expected, int num_expected)
{
    int a[MAX_KICK_SET], b[MAX_KICK_SET];
    assert_int_equal(num, num_expected);
    memcpy(a, unit, (size_t)num * sizeof *a);
    memcpy(b, expected, (size_t)num * sizeof *b);
    qsort(a, (size_t)num, sizeof *a, compare_ints);
    qsort(b, (size_t)num, sizeof *b, compare_ints);
    for (int i = 0; i < num; i++) assert_int_equal(a[i], b[i]);
}

/* Every planted direction with exactly its units, and no other direction with any. */
static void check_planted(const struct planted *p, const struct circuit *circuit)
{
    int seen = 0;
    for (int i = 0; i < circuit->num_directions; i++) {
        const struct kick_set *set = &circuit->direction[i];
        int d = 0;
        while (d < p->num_directions && (p->from[d] != set->from || p->to[d] != set->to)) d++;
        if (d == p->num_directions) {
            assert_int_equal(set->num_units, 0);
            continue;
        }
        seen++;
        check_units(set->unit, set->num_units, p->kick[d], p->num_kicks[d]);
        assert_int_equal(set->verdict, VERDICT_CONCENTRATED);
        assert_true(set->control[MATCHED].p_value <= .05 / circuit->num_directions);
        check_near(set->rate_left[0], 1, 0);
        assert_true(set->rate_left[set->num_units] < .01); /* no other way to switch is planted */
        assert_true(set->control[MATCHED].left > .8);
        assert_true(set->suppression > 20);
        for (int n = 1; n < set->num_units; n++) /* one of q kicks less: 1/q less often */
            check_near(set->rate_left[n], 1 - (double)n / set->num_units, .15);
    }
    assert_int_equal(seen, p->num_directions);
}

static void check_one(int H, int K, int a, int b, int c, int seed, int steps)
{
    const int num_kicks[] = {a, b, c};
    struct planted p = planted_build(H, K, num_kicks, seed);
    struct found f;
    find(&f, p.shape, p.params, steps);
    check_planted(&p, f.circuit);
    if (H >= 100 && K == 2) /* below, 5 units are too many of all to stand out of permuted rows */
        for (int q = 0; q < 2; q++) {
            int as_planted = f.circuit->direction[f.circuit->pair->group[0]].from == 0 ? q : 1 - q;
            check_units(f.circuit->pair->population[q], f.circuit->pair->num_population[q],
                        p.population[as_planted], PLANTED_POPULATION);
        }
    forget(&f);
    planted_free(&p);
}

/* The seed also permutes the units. */
static void test_planted_small(void **state)
{
    (void)state;
    check_one(30, 2, 3, 3, 0, 0, 12000);
    check_one(30, 2, 2, 4, 0, 1, 12000);
    check_one(60, 2, 1, 3, 0, 2, 12000); /* of 30 units, no single one is beyond chance */
    check_one(40, 3, 2, 3, 3, 3, 15000);
}

static void test_planted_large(void **state)
{
    (void)state;
    check_one(100, 2, 3, 2, 0, 4, 12000);
    check_one(200, 2, 3, 3, 0, 5, 12000);
}

/* The kicks of a direction are copies of one: each stands in for the others, and silencing helps
 * only when the last of them is silenced. */
static void test_kicks_that_stand_in_for_each_other(void **state)
{
    (void)state;
    const int num_kicks[] = {3, 2};
    struct planted p = planted_build(40, 2, num_kicks, 8);
    int H = 40, first = p.kick[0][0];
    for (int j = 0; j < 3; j++) {
        p.W[first * H + p.kick[0][j]] = 0;
        for (int i = 0; i < 2 * PLANTED_CLUSTER; i++) p.W[p.at[i] * H + p.kick[0][j]] *= 100;
    }
    for (int i = 1; i < 3; i++) {
        int copy = p.kick[0][i];
        memcpy(p.U + copy * PLANTED_D, p.U + first * PLANTED_D, PLANTED_D * sizeof *p.U);
        memcpy(p.W + copy * H, p.W + first * H, (size_t)H * sizeof *p.W);
        p.b[copy] = p.b[first];
        p.b[H + copy] = p.b[H + first];
    }
    struct found f;
    find(&f, p.shape, p.params, 12000);
    for (int i = 0; i < f.circuit->num_directions; i++) {
        const struct kick_set *set = &f.circuit->direction[i];
        int d = set->from;
        check_units(set->unit, set->num_units, p.kick[d], p.num_kicks[d]);
        assert_true(set->rate_left[set->num_units] < .01);
        if (d == 0) assert_true(set->rate_left[2] > .5);
    }
    forget(&f);
    planted_free(&p);
}

/* Units in another order: the same units under their new numbers. */
static void test_permutation_of_units(void **state)
{
    (void)state;
    const int num_kicks[] = {2, 3};
    struct planted p = planted_build(30, 2, num_kicks, 6), q = planted_build(30, 2, num_kicks, 6);
    int H = 30, to[30];
    for (int i = 0; i < H; i++) to[i] = (7 * i + 4) % H;
    for (int i = 0; i < H; i++) {
        for (int j = 0; j < H; j++) q.W[to[i] * H + to[j]] = p.W[i * H + j];
        for (int d = 0; d < PLANTED_D; d++) q.U[to[i] * PLANTED_D + d] = p.U[i * PLANTED_D + d];
        for (int k = 0; k < 2; k++) q.R[k * H + to[i]] = p.R[k * H + i];
        q.b[to[i]] = p.b[i];
        q.b[H + to[i]] = p.b[H + i];
    }
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < num_kicks[d]; i++) q.kick[d][i] = to[p.kick[d][i]];
    struct found f, g;
    find(&f, p.shape, p.params, 12000);
    find(&g, q.shape, q.params, 12000);
    check_planted(&p, f.circuit);
    check_planted(&q, g.circuit);
    forget(&f);
    forget(&g);
    planted_free(&p);
    planted_free(&q);
}

/* --- the measure and the comparison ----------------------------------------------------------- */

static void test_rate_left_and_its_error(void **state)
{
    (void)state;
    struct switch_count none[4] = {{0, 10}, {0, 10}, {0, 10}, {0, 10}};
    struct switch_count one[4] = {{2, 10}, {0, 10}, {0, 10}, {0, 10}};
    struct switch_count two[4] = {{1, 10}, {0, 10}, {1, 10}, {0, 10}};
    struct switch_count four[4] = {{1, 10}, {1, 10}, {1, 10}, {1, 10}};
    double error;
    /* without one trajectory 1/3 or 2/3 are left: sqrt(3/4 (4 / 36)) */
    check_near(silence_ratio(two, four, 4, &error), .5, 1e-15);
    check_near(error, sqrt(3. / 36), 1e-15);
    check_near(silence_ratio(two, one, 4, &error), 1, 1e-15);
    assert_true(isnan(error)); /* without the first, nothing is left of nothing */
    assert_true(isnan(silence_ratio(two, none, 4, &error)) && isnan(error));
}

/* A unit that explodes without the one that inhibits it: of those trajectories nothing is counted.
 */
static void test_silenced_and_overflowed(void **state)
{
    (void)state;
    enum { N = 4, STEPS = 200 };
    struct made m = make(2, 1, 2, true);
    struct status st = {0};
    struct switch_count count[2][N];
    float start[N * 2] = {0};
    const uint8_t silent[] = {0, 0, 0, 1};
    const int to = 1;
    m.U[0] = .1f;
    m.bias_h[1] = 1; /* always on */
    m.W[0] = 2;
    m.W[1] = -3;
    m.R[1] = m.R[2] = 1; /* symbol 0 while the first unit is off */
    make_ready(&m);
    struct silence_task task = {.net = &m.net,
                                .rng = rng_stream(1, "silenced", "test"),
                                .start = start,
                                .n = N,
                                .steps = STEPS,
                                .num_to = 1,
                                .to = &to,
                                .groups = 2,
                                .silent = silent};
    check_ok(silence_count(&task, count[0], &st), &st);
    for (int i = 0; i < N; i++) {
        assert_true(count[0][i].steps > STEPS - 10 && count[0][i].events == 0);
        assert_true(count[1][i].steps == 0 && count[1][i].events == 0);
    }
    made_free(&m);
}

/* As many as there are, none twice, none of the set's units. */
static void check_controls(int H, int size, int expected)
{
    enum { WANTED = 79 };
    int order[64];
    struct network net = {.shape = {H, 1, 2, false}};
    struct analysis_input in = {.net = &net};
    struct unit_set set = {0, {0}}, control[WANTED];
    struct kick_case c = {.in = &in, .order = order, .place = order, .num_controls = WANTED};
    for (int i = 0; i < H; i++) order[i] = i;
    for (int i = 0; i < size; i++) set.unit[set.num++] = 2 * i;
    int num = kick_draw_controls(&c, &set, MATCHED, rng_stream(5, "controls", "test"), control);
    assert_int_equal(num, expected);
    for (int g = 0; g < num; g++) {
        uint64_t mark = 0;
        assert_int_equal(control[g].num, size);
        for (int i = 0; i < size; i++) {
            assert_false(unit_set_has(&set, control[g].unit[i]) || mark >> control[g].unit[i] & 1);
            mark |= (uint64_t)1 << control[g].unit[i];
        }
        for (int other = 0; other < g; other++) {
            uint64_t same = 0;
            for (int i = 0; i < size; i++) same |= (uint64_t)1 << control[other].unit[i];
            assert_true(same != mark);
        }
    }
}

static void test_controls_are_different(void **state)
{
    (void)state;
    check_controls(64, 3, 79);
    check_controls(30, 1, 29);
    check_controls(12, 6, 1);
    check_controls(2, 1, 1);
}

/* --- nothing to find -------------------------------------------------------------------------- */

/* Networks of U, W, R uniform within 1 / sqrt(H), W and R times a gain, in which a set is found. */
static int count_found(int networks, double gain_W, double gain_R)
{
    int num = 0;
    for (int i = 0; i < networks; i++) {
        const int noise[] = {30, 10, 100, 2, 1};
        struct rnn_shape shape = {30 + i % 3 * 10, noise[i % 5], 3, false};
        struct found f;
        size_t U = (size_t)shape.hidden * (size_t)shape.noise_dim;
        size_t W = U + (size_t)shape.hidden * (size_t)shape.hidden;
        float *params = malloc(rnn_num_params(shape) * sizeof *params);
        assert_non_null(params);
        rnn_init_params(shape, rng_child(rng_stream(4, "untrained", "test"), (uint64_t)i), params);
        for (size_t j = U; j < rnn_num_params(shape); j++)
            params[j] *= (float)(j < W ? gain_W : gain_R);
        find(&f, shape, params, 12000);
        int found = 0;
        for (int d = 0; d < f.circuit->num_directions; d++)
            found += f.circuit->direction[d].num_units > 0;
        num += found > 0;
        forget(&f);
        free(params);
    }
    return num;
}

static void test_untrained(void **state)
{
    (void)state;
    assert_true(count_found(100, 1, 1) <= 5);
    /* sharper symbols and a longer memory: some dwell long enough to be looked at, and most of
     * those do switch by one unit or a few */
    assert_true(count_found(100, 1.5, 30) <= 5);
}

/* --- the outputs ------------------------------------------------------------------------------ */

static struct analyses take_apart(struct rnn_shape shape, const float *params, int steps)
{
    struct settings s;
    struct status st = {0};
    struct analyses a;
    settle(&s, shape, steps);
    for (int i = 0; i < num_analyses; i++)
        analysis_enable(analysis_table[i],
                        analysis_table[i] == &analysis_circuit ||
                            analysis_table[i] == &analysis_populations,
                        &s);
    check_ok(analyses_init(&a, &s, &st), &st);
    check_ok(analyse_network(&s, shape, params, NULL, NULL, &a, &st), &st);
    return a;
}

static const double *get_of(const struct analysis *of, const struct analyses *a, const char *name)
{
    int i = 0;
    while (analysis_table[i] != of) i++;
    for (int o = 0; o < of->num_outputs; o++)
        if (strcmp(of->output[o].name, name) == 0) return a->value[i][o];
    fail_msg("no output %s", name);
    return NULL;
}

static const double *get(const struct analyses *a, const char *name)
{
    return get_of(&analysis_circuit, a, name);
}

static const double *get_pair(const struct analyses *a, const char *name)
{
    return get_of(&analysis_populations, a, name);
}

static void check_equal(double a, double b)
{
    assert_true(a == b || (isnan(a) && isnan(b)));
}

/* The first pair has the numbers of the circuit; the block is W at the units that it names. */
static void check_first_pair(const struct analyses *a, const struct planted *p, int H)
{
    static const char *const same[] = {"weight_within",   "weight_between_p",
                                       "population_size", "population_size_p",
                                       "noise_left",      "noise_random_left_sd"};
    enum { PLACES = 50 };
    const double *units = get_pair(a, "units"), *block = get_pair(a, "block");
    check_near(*get_pair(a, "num_pairs"), 1, 0);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        for (int g = 0; g < 2; g++) check_equal(get_pair(a, same[i])[g], get(a, same[i])[g]);
    for (int i = 0; i < PLACES; i++) {
        if (isnan(units[i])) continue;
        check_near(units[i], i < 3 ? get(a, "units")[i] : units[i], 0);
        for (int j = 0; j < PLACES; j++)
            if (!isnan(units[j]))
                check_near(block[i * PLACES + j], p->W[(int)units[i] * H + (int)units[j]], 0);
    }
    for (int g = 0; g < 2; g++) {
        assert_true(isnan(units[10 * g + 3]) && isnan(block[(10 * g + 3) * PLACES]));
        check_near(get_pair(a, "from")[g], get(a, "from")[g], 0);
        assert_true(isnan(get_pair(a, "from")[2 + g]));
    }
    /* a unit that is active has its pre-activation as its activity */
    for (int t = 1; t < 200; t++) {
        double mean = 0;
        for (int i = 0; i < 3; i++) {
            double x = get_pair(a, "preactivation")[i * 200 + t];
            mean += (x > 0 ? x : 0) / 3;
        }
        check_near(mean, get(a, "activity_kick")[t], 1e-4);
    }
    for (int u = 0; u < H; u++)
        check_near(get_pair(a, "population_member")[u], get(a, "population_member")[u], 0);
}

/* The planted units of one direction and two of its others by hand: the same directions and units
 * in the order given, tested and kept; the network itself is asked what they do. */
static void test_given_by_hand(void **state)
{
    (void)state;
    const int num_kicks[] = {3, 3};
    struct planted p = planted_build(60, 2, num_kicks, 7);
    int other[3], num = 0;
    for (int u = 0; num < 3; u++) {
        bool kick = false;
        for (int i = 0; i < 6; i++) kick |= p.kick[i / 3][i % 3] == u;
        for (int i = 0; i < 2 * PLANTED_POPULATION; i++)
            kick |= p.population[i / PLANTED_POPULATION][i % PLANTED_POPULATION] == u;
        if (!kick) other[num++] = u;
    }
    double rows[2 * 5] = {p.to[0],   p.from[0], other[0],     other[1],     other[2],
                          p.from[0], p.to[0],   p.kick[0][2], p.kick[0][0], p.kick[0][1]};
    struct found f;
    struct status st = {0};
    memset(&f, 0, sizeof f);
    settle(&f.s, p.shape, 12000);
    f.s.analysis.kick_units = (struct matrix){2, 5, rows, ""};
    check_ok(settings_resolve(&f.s, NULL, &st), &st);
    check_ok(network_init(&f.net, p.shape, p.params, &st), &st);
    f.memo.shared = rng_stream(3, "circuit", "test");
    struct analysis_input in = {.s = &f.s, .net = &f.net, .memo = &f.memo};
    check_ok(circuit_get(&in, &f.circuit, &st), &st);
    assert_int_equal(f.circuit->num_directions, 2);
    for (int d = 0; d < 2; d++) {
        const struct kick_set *set = &f.circuit->direction[d];
        assert_int_equal(set->from, rows[5 * d]);
        assert_int_equal(set->to, rows[5 * d + 1]);
        assert_true(set->num_events >= 30);
        assert_int_equal(set->num_units, 3);
        for (int i = 0; i < 3; i++) assert_int_equal(set->unit[i], rows[5 * d + 2 + i]);
        assert_true(d ? set->rate_left[3] < .01 : set->rate_left[3] > .5);
    }
    assert_int_equal(f.circuit->num_pairs, 1);
    forget(&f);
    planted_free(&p);
}

/* Of six directions three pairs, in the order of their most frequent ones; each is measured. */
static void test_three_pairs(void **state)
{
    (void)state;
    enum { H = 40, D = 5, K = 3 };
    static const int from[] = {2, 0, 1, 0, 2, 1}, to[] = {0, 1, 2, 2, 1, 0};
    static const int group[MAX_PAIRS][2] = {{0, 3}, {1, 5}, {2, 4}};
    struct rnn_shape shape = {H, D, K, false};
    float params[H * (D + H + K)];
    struct circuit circuit = {.num_directions = 6};
    struct analysis_memo memo = {.circuit = &circuit};
    struct settings s;
    struct network net;
    struct status st = {0};
    const struct population_measures *measures, *again;
    settle(&s, shape, 2000);
    rnn_init_params(shape, rng_stream(5, "pairs", "test"), params);
    check_ok(network_init(&net, shape, params, &st), &st);
    memo.shared = rng_stream(3, "circuit", "test");
    struct analysis_input in = {.s = &s, .net = &net, .memo = &memo};
    for (int d = 0; d < 6; d++)
        circuit.direction[d] = (struct kick_set){
            .from = from[d], .to = to[d], .num_units = 3, .unit = {3 * d, 3 * d + 1, 3 * d + 2}};
    check_ok(population_find(&in, memo.shared, &circuit, &st), &st);
    check_ok(population_measure(&in, &measures, &st), &st);
    check_ok(population_measure(&in, &again, &st), &st);
    assert_true(measures == again);
    assert_int_equal(circuit.num_pairs, MAX_PAIRS);
    for (int p = 0; p < MAX_PAIRS; p++) {
        assert_memory_equal(circuit.pair[p].group, group[p], sizeof group[p]);
        assert_true(circuit.pair[p].bound[0] > 0);
        assert_true(measures[p].wiring.p_value[WITHIN][0] > .005);
    }
    circuit.direction[3].num_units = circuit.direction[5].num_units = 0;
    circuit.direction[4].num_units = 0;
    memset(circuit.pair, 0, sizeof circuit.pair);
    circuit.num_pairs = 0;
    check_ok(population_find(&in, memo.shared, &circuit, &st), &st); /* none: the first two */
    assert_int_equal(circuit.num_pairs, 1);
    assert_memory_equal(circuit.pair->group, ((int[]){0, 1}), sizeof group[0]);
    analysis_memo_free(&memo);
    network_free(&net);
}

static void test_outputs_of_a_planted_network(void **state)
{
    (void)state;
    const int num_kicks[] = {3, 3};
    int H = 60;
    struct planted p = planted_build(H, 2, num_kicks, 7);
    struct analyses a = take_apart(p.shape, p.params, 12000);
    check_near(*get(&a, "num_directions"), 2, 0);
    check_near(*get(&a, "num_tested"), 2, 0);
    check_near(*get(&a, "num_found"), 2, 0);
    check_near(*get(&a, "kick_set_size"), 3, 0);
    assert_true(*get(&a, "mean_suppression") > 20 && *get(&a, "smallest_p") < .05);
    for (int i = 0; i < 2; i++) {
        int d = get(&a, "from")[i] == 0 ? 0 : 1;
        check_near(get(&a, "to")[i], 1 - d, 0);
        check_near(get(&a, "size")[i], 3, 0);
        for (int u = 0; u < H; u++) {
            bool is_kick = false;
            for (int k = 0; k < 3; k++) is_kick |= p.kick[d][k] == u;
            /* a kick unit alone: a third of all switches; others: a half at the very most */
            if (is_kick) check_near(get(&a, "causal_score")[i * H + u], 2. / 3, .15);
            if (is_kick) assert_true(get(&a, "kick_auc")[i * H + u] > .52);
        }
        for (int k = 0; k < 3; k++) {
            int u = (int)get(&a, "units")[i * MAX_KICK_SET + k];
            check_near(get(&a, "unit_score")[i * MAX_KICK_SET + k],
                       get(&a, "kick_score")[i * H + u], 0);
            assert_true(get(&a, "rate_left_sem")[i * (MAX_KICK_SET + 1) + k + 1] < .05);
        }
        assert_true(isnan(get(&a, "units")[i * MAX_KICK_SET + 3]));
        /* planted: .3 within, -.3 between */
        check_near(get(&a, "weight_within")[i], .3, .01);
        check_near(get(&a, "weight_between")[i], -.3, .01);
        assert_true(get(&a, "weight_within_p")[i] < .05 && get(&a, "weight_between_p")[i] < .05);
        assert_true(get(&a, "preactivation_sd")[i * 36 + 17] >= 0 ||
                    isnan(get(&a, "preactivation_sd")[i * 36 + 17]));
    }
    for (int t = 0; t < 200; t++) {
        double symbol = get(&a, "activity_symbol")[t];
        assert_true(symbol == 0 || symbol == 1);
        assert_true(get(&a, "activity_kick")[t] >= 0);
    }
    check_first_pair(&a, &p, H);
    analyses_free(&a);
    planted_free(&p);
}

/* --- networks without a circuit, and stops ---------------------------------------------------- */

/* All weights are those of the seed, times gain. */
static struct analyses take_random(int H, int D, int K, double gain, int steps)
{
    struct rnn_shape shape = {H, D, K, false};
    float *params = malloc(rnn_num_params(shape) * sizeof *params);
    assert_non_null(params);
    rnn_init_params(shape, rng_stream(5, "degenerate", "test"), params);
    for (size_t i = 0; i < rnn_num_params(shape); i++) params[i] *= (float)gain;
    struct analyses a = take_apart(shape, params, steps);
    free(params);
    return a;
}

static void test_degenerate_networks(void **state)
{
    (void)state;
    static const struct {
        int H, D, K;
        double gain;
    } cases[] = {{1, 1, 2, 1},  {2, 1, 255, 1}, {20, 3, 255, 1},
                 {12, 4, 3, 0}, {1, 4, 3, 0},   {30, 2, 2, 1.3}};
    for (int c = 0; c < (int)(sizeof cases / sizeof *cases); c++) {
        struct analyses a = take_random(cases[c].H, cases[c].D, cases[c].K, cases[c].gain, 2000);
        check_near(*get(&a, "num_found"), 0, 0);
        assert_true(isnan(*get(&a, "mean_suppression")));
        if (cases[c].gain == 0) check_near(*get(&a, "num_directions"), 0, 0);
        analyses_free(&a);
    }
    struct analyses a = take_random(20, 5, 3, 1e6, 500); /* explodes: nothing is defined */
    assert_true(isnan(*get(&a, "num_directions")));
    analyses_free(&a);
}

static bool stop_later(void *context)
{
    return --*(int *)context < 0;
}

/* Stopped at any of its questions: told so, and nothing is kept. */
static void test_stop(void **state)
{
    (void)state;
    const int num_kicks[] = {3, 3};
    struct planted p = planted_build(30, 2, num_kicks, 0);
    struct settings s;
    struct status st = {0};
    settle(&s, p.shape, 5000);
    for (int i = 0; i < num_analyses; i++)
        analysis_enable(analysis_table[i],
                        analysis_table[i] == &analysis_circuit ||
                            analysis_table[i] == &analysis_populations,
                        &s);
    for (int asked = 0; asked < 40; asked += 13) {
        int left = asked;
        struct analyse_options options = {.stop = {stop_later, &left}};
        struct analyses a;
        check_ok(analyses_init(&a, &s, &st), &st);
        check_code(analyse_network(&s, p.shape, p.params, NULL, &options, &a, &st),
                   STATUS_RUN_STOPPED, &st);
        assert_true(isnan(*get(&a, "num_found")));
        analyses_free(&a);
    }
    planted_free(&p);
}

int main(void)
{
    struct status st = {0};
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silenced_and_overflowed),
        cmocka_unit_test(test_planted_small),
        cmocka_unit_test(test_planted_large),
        cmocka_unit_test(test_kicks_that_stand_in_for_each_other),
        cmocka_unit_test(test_permutation_of_units),
        cmocka_unit_test(test_rate_left_and_its_error),
        cmocka_unit_test(test_controls_are_different),
        cmocka_unit_test(test_untrained),
        cmocka_unit_test(test_outputs_of_a_planted_network),
        cmocka_unit_test(test_given_by_hand),
        cmocka_unit_test(test_three_pairs),
        cmocka_unit_test(test_degenerate_networks),
        cmocka_unit_test(test_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
