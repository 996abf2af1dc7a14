/* test_plan: grid text -> plan: expansion and its order, keys, round trips, strictness, limits.
 * Malformed grids one by one: tests/system/bad_grids.sh. */
#include "../support/check.h"
#include "base/hash.h"
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The grid of DESIGN section 2, without the analyses. */
static const char design_grid[] =
    "version: 1\n"
    "study: architectures\n"
    "defaults:\n"
    "  hmm:   {symbols: 3}\n"
    "  data:  {sequences: 30000, split: [1, 1, 1]}\n"
    "  rnn:   {hidden: 150, noise_dim: 100, bias: false, initial_state: zeros}\n"
    "  train: {epochs: 500, batch: 4096, learning_rate: 1.0e-3, betas: [0.9, 0.9],\n"
    "          clip_norm: 0.9, blur: 0.2, temperature: 1.0, select: best_validation, snapshots: "
    "0}\n"
    "grid:\n"
    "  linear-chain:\n"
    "    set:     {hmm.architecture: linear-chain}\n"
    "    zip:     {hmm.states: [2, 3, 4, 5], data.length: [100, 30, 30, 40]}\n"
    "    product: {rnn.hidden: [50, 150, 200], rnn.noise_dim: [1, 10, 100, 200]}\n"
    "  fully-connected:\n"
    "    set: {hmm.architecture: fully-connected, hmm.states: 3, data.length: 30,\n"
    "          train.epochs: 1000, train.clip_norm: 0.3}\n"
    "  cyclic:\n"
    "    set: {hmm.architecture: cyclic, hmm.states: 4, data.length: 40, train.clip_norm: 0.3}\n"
    "exclude:\n"
    "  - {hmm.states: 2, rnn.hidden: 200, rnn.noise_dim: 200}\n"
    "include:\n"
    "  - {from: linear-chain, hmm.states: 3, data.length: 30, rnn.hidden: 400,\n"
    "     rnn.noise_dim: 100}\n"
    "overrides:\n"
    "  - {when: {hmm.states: 5}, set: {train.epochs: 800}}\n"
    "seeds: [0, 1, 2]\n"
    "accept: {max_excess_loss: 2.0}\n"
    "reseed: {max: 0}\n"
    "analysis: {pca: false}\n"
    "run: {order: grid, retries: 1, max_failures: 10%, reserve: 3min, checkpoint: 10min}\n";

static const char custom_grid[] =
    "version: 1\n"
    "study: 'with \"quotes\" and \\'\n"
    "grid:\n"
    "  custom:\n"
    "    set:\n"
    "      hmm: {architecture: custom, transition: [[0.1, 0.9], [0.3333333333333333, "
    "0.6666666666666667]], emission: [[0.25, 0.25, 0.25, 0.25], [0.7, 0.1, 0.1, 0.1]],\n"
    "            start: [0.3, 0.7]}\n"
    "    product: {train.learning_rate: [0.1, [0.1, 1e-3]]}\n"
    "  named: {set: {hmm.emission: gaussian, hmm.symbols: 5, hmm.stay_prob: 0.8}}\n"
    "seeds: [9223372036854775807, 0]\n";

static int read_with(struct plan *plan, const char *text, const char *const *sets, int num_sets,
                     struct status *st)
{
    *st = (struct status){0};
    return plan_read(plan, "g.yaml", text, strlen(text), sets, num_sets, st);
}

static struct plan must_read(const char *text)
{
    struct plan plan;
    struct status st;
    check_ok(read_with(&plan, text, NULL, 0, &st), &st);
    return plan;
}

/* The only cell of a grid with this block. */
static struct settings only(const char *block, struct plan *plan)
{
    char text[2000];
    snprintf(text, sizeof text, "version: 1\nstudy: s\n%s", block);
    *plan = must_read(text);
    assert_int_equal(plan->num_cells, 1);
    return plan->cells[0].settings;
}

/* --- expansion ----------------------------------------------------------------------------- */

static void expands_the_design(void **state)
{
    (void)state;
    struct plan p = must_read(design_grid);
    assert_string_equal(p.study, "architectures");
    assert_string_equal(p.description, "");
    assert_int_equal(p.num_cells, 47 + 1 + 1 + 1); /* 48 - 1 excluded, 2 blocks, 1 included */
    assert_int_equal(p.num_runs, 150);
    assert_int_equal(p.num_duplicates, 0);
    /* blocks as written, the product's last key fastest, zip rows slowest, the include last */
    const struct settings *first = &p.cells[0].settings, *second = &p.cells[1].settings;
    assert_int_equal(first->hmm.states, 2);
    assert_int_equal(first->data.length, 100);
    assert_int_equal(first->rnn.hidden, 50);
    assert_int_equal(first->rnn.noise_dim, 1);
    assert_int_equal(second->rnn.noise_dim, 10);
    assert_int_equal(p.cells[4].settings.rnn.hidden, 150);
    assert_int_equal(p.cells[11].settings.hmm.states, 3); /* one of 12 is excluded */
    assert_int_equal(p.cells[10].settings.rnn.noise_dim, 100);
    assert_string_equal(p.cells[47].block, "fully-connected");
    assert_int_equal(p.cells[47].settings.train.epochs, 1000);
    assert_string_equal(p.cells[48].block, "cyclic");
    assert_int_equal(p.cells[48].line, 17);
    assert_string_equal(p.cells[49].block, "linear-chain");
    assert_int_equal(p.cells[49].settings.rnn.hidden, 400);
    assert_int_equal(p.cells[49].line, 22);
    for (int i = 0; i < p.num_cells; i++) {
        const struct settings *s = &p.cells[i].settings;
        assert_int_equal(s->train.epochs, s->hmm.states == 5                       ? 800
                                          : s->hmm.architecture == FULLY_CONNECTED ? 1000
                                                                                   : 500);
        check_near(s->accept.max_excess_loss, 2, 0);
        assert_false(s->hmm.states == 2 && s->rnn.hidden == 200 && s->rnn.noise_dim == 200);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(p.runs[3 * i + k].cell, i);
            assert_int_equal(p.runs[3 * i + k].seed, k);
        }
    }
    assert_int_equal(p.study_settings.run.order, ORDER_GRID);
    assert_true(p.varies[settings_find("rnn.hidden") - settings_table]);
    assert_true(p.varies[settings_find("hmm.stay_prob") - settings_table]);
    assert_false(p.varies[settings_find("train.batch") - settings_table]);
    plan_free(&p);
    assert_null(p.memory);
    plan_free(&p);
    plan_free(NULL);
}

static void later_rules_win(void **state)
{
    (void)state;
    const char *grid = "version: 1\nstudy: s\n"
                       "defaults: {rnn.hidden: 1, train: {epochs: 1}, rnn.noise_dim: 1}\n"
                       "grid: {a: {set: {rnn.hidden: 2, train.epochs: 2, train.batch: 2}}}\n"
                       "overrides:\n"
                       "- {when: {train: {batch: [1, 2]}}, set: {rnn.hidden: 3, train.batch: 3}}\n"
                       "- {when: {train.batch: 3}, set: {rnn: {hidden: 4}}}\n"
                       "- {when: {train.batch: 2}, set: {rnn.hidden: 99}}\n";
    const char *sets[] = {"rnn.noise_dim=5", "train.betas=[0.5, 0.6]", "run.max_failures=7",
                          "rnn.noise_dim=6"};
    struct plan p;
    struct status st;
    check_ok(read_with(&p, grid, sets, 4, &st), &st);
    assert_int_equal(p.cells[0].settings.rnn.hidden, 4);
    assert_int_equal(p.cells[0].settings.train.epochs, 2);
    assert_int_equal(p.cells[0].settings.train.batch, 3);
    assert_int_equal(p.cells[0].settings.rnn.noise_dim, 6);
    check_near(p.cells[0].settings.train.betas.value[1], 0.6, 0);
    check_near(p.study_settings.run.max_failures, 7, 0);
    assert_false(p.study_settings.run.max_failures_is_share);
    assert_int_equal(p.runs[0].seed, 0); /* without seeds: 0 */
    assert_int_equal(p.num_runs, 1);
    plan_free(&p);
}

static void bad_options_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *option, *words;
    } rows[] = {
        {"rnn.hiden=3",
         "--set rnn.hiden=3: unknown setting 'rnn.hiden'; did you mean 'rnn.hidden'"},
        {"rnn.hidden", "write rnn.hidden=value"},
        {"rnn.hidden=", "write rnn.hidden=value"},
        {"rnn.hidden=x", "--set rnn.hidden=x: rnn.hidden: 'x' is not an integer"},
        {"rnn.hidden=[1, 2]", "one value was expected"},
        {"train.betas=[0.9", "not valid YAML"},
        {"hmm.states=9", "--set hmm.states=9: hmm.states: 9 states with"},
        {"run.retries=-1", "out of range"},
        /* what is at fault is what the option changed, though the grid says the rest */
        {"hmm.architecture=cyclic",
         "--set hmm.architecture=cyclic: hmm.architecture: cyclic serves"},
        {"hmm.architecture=unknown",
         "--set hmm.architecture=unknown: hmm.architecture: unknown is"},
        {"hmm.architecture=custom", "--set hmm.architecture=custom: hmm.transition: missing"},
        {"hmm.emission=[[1], [1], [1]]",
         "--set hmm.emission=[[1], [1], [1]]: hmm.symbols: 1 is out"},
        {"data.sequences=3", "--set data.sequences=3: data.split: leaves no sequence"},
        {"seeds=3,0-4", "--seeds 3,0-4: duplicate 3"},
        {"seeds=[", "--seeds [: not valid YAML"},
        {"seeds=", "none is given"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan p;
        struct status st;
        check_code(read_with(&p,
                             "version: 1\nstudy: s\ngrid: {a: {set: {hmm.states: 2, data.split: "
                             "[1, .1, 1]}}}\n",
                             &rows[i].option, 1, &st),
                   STATUS_BAD_GRID, &st);
        if (!strstr(st.text, rows[i].words)) fail_msg("%s: %s", rows[i].option, st.text);
        assert_null(p.memory);
    }
}

static void duplicates_merge(void **state)
{
    (void)state;
    struct plan p = must_read(
        "version: 1\nstudy: s\n"
        "grid:\n"
        "  a: {product: {rnn.hidden: [8, 9, 8]}}\n"
        "  b: {set: {rnn.hidden: 9, hmm.target_prob: 0.05, hmm.emission: linear,\n"
        "            measure.length: 30, train.learning_rate: [0.001], hmm.stay_prob: none}}\n"
        "include: [{rnn.hidden: 10}, {from: b, rnn: {hidden: 10}}]\n");
    assert_int_equal(p.num_cells, 3);
    assert_int_equal(p.num_duplicates, 3);
    assert_string_equal(p.cells[1].block, "a");
    assert_string_equal(p.cells[2].block, "include");
    plan_free(&p);
}

static void exclude_looks_at_resolved_settings(void **state)
{
    (void)state;
    struct plan p = must_read(
        "version: 1\nstudy: s\n"
        "grid: {a: {product: {hmm.architecture: [linear-chain, fully-connected, cyclic],\n"
        "                     train.learning_rate: [0.1, 0.2, [0.1, 0.2], [0.3, 0.4]],\n"
        "                     rnn.hidden: [1, 2]}, set: {hmm.emission: auto}}}\n"
        "exclude:\n"
        "- {hmm.architecture: cyclic}\n" /* would not resolve with 3 states */
        "- {hmm.emission: [linear, gaussian], rnn.hidden: 2}\n"
        "- {train.learning_rate: [0.1, 0.2], rnn.hidden: 1}\n"
        "- {train.learning_rate: [[0.3, 0.4]]}\n");
    /* linear-chain: hidden 2 goes, hidden 1 loses all four rates; fully-connected keeps hidden 2
       without [0.3, 0.4] */
    assert_int_equal(p.num_cells, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p.cells[i].settings.hmm.architecture, FULLY_CONNECTED);
        assert_int_equal(p.cells[i].settings.rnn.hidden, 2);
    }
    plan_free(&p);
}

static void matrices_give_sizes(void **state)
{
    (void)state;
    struct plan p = must_read(custom_grid);
    assert_string_equal(p.study, "with \"quotes\" and \\");
    assert_int_equal(p.num_cells, 3);
    const struct settings *s = &p.cells[1].settings;
    assert_int_equal(s->hmm.states, 2);
    assert_int_equal(s->hmm.symbols, 4);
    assert_int_equal(s->train.learning_rate.count, 2);
    check_near(s->hmm.transition.value[2], 1.0 / 3, 1e-15);
    check_near(s->hmm.emission_matrix.value[4], 0.7, 0);
    check_near(s->hmm.start.value[1], 0.7, 0);
    assert_int_equal(s->hmm.emission, EMISSION_MATRIX);
    plan_free(&p);
}

/* A fraction is the quotient in doubles, also of decimals. */
static void fractions_are_numbers(void **state)
{
    (void)state;
    struct plan p;
    struct settings s =
        only("grid: {a: {set: {hmm.architecture: custom, train.clip_norm: 1.5/4e-1, data.split:\n"
             "  [1/3, 1/3, 1/3], hmm.transition: [[1/3, 2/3], [+1/7, 6/7]], hmm.emission:\n"
             "  [[1/3, 1/3, 1/3], [0/5, 1, -0/2]]}}}\n",
             &p);
    check_near(s.train.clip_norm, 1.5 / 4e-1, 0);
    check_near(s.data.split.value[2], 1.0 / 3, 0);
    check_near(s.hmm.transition.value[0], 1.0 / 3, 0);
    check_near(s.hmm.transition.value[2], 1.0 / 7, 0);
    check_near(s.hmm.emission_matrix.value[2], 1.0 / 3, 0);
    assert_false(signbit(s.hmm.emission_matrix.value[5]));
    plan_free(&p);
}

/* --- what did nothing ---------------------------------------------------------------------- */

static void rules_without_effect(void **state)
{
    (void)state;
    static const char grid[] =
        "version: 1\n"
        "study: s\n"
        "defaults: {train.epochs: 7}\n"
        "grid:\n"
        "  a: {product: {rnn.hidden: [8, 16, 32]}}\n"
        "  b: {set: {rnn.hidden: 16}}\n" /* line 6: a has it */
        "  c: {set: {rnn.hidden: 4}}\n"  /* line 7: excluded */
        "exclude:\n"
        "  - {rnn.hidden: 61}\n"     /* line 9: none */
        "  - {rnn.hidden: [4, 5]}\n" /* line 10: 5 is none */
        "  - {rnn.hidden: 4, train.epochs: 7}\n"
        "overrides:\n"
        "  - {when: {rnn.hidden: 61}, set: {train.epochs: 8}}\n" /* line 13: none */
        "  - {when: {rnn.hidden: 8}, set: {train.epochs: 7}}\n"  /* line 14: is so */
        "  - {when: {hmm.emission: linear}, set: {train.batch: 8}}\n"
        "  - {when: {}, set: {train.learning_rate: 0.1}}\n"
        "  - {when: {train.learning_rate: [0.1, 0.2]}, set: {train.learning_rate: 0.2}}\n"
        "include:\n"
        "  - {rnn.hidden: 32}\n" /* line 19: a has it */
        "  - {rnn.hidden: 64}\n";
    static const char *const wanted[] = {"g.yaml:6:3: block b: adds no cell",
                                         "g.yaml:7:3: block c: exclude takes every cell",
                                         "g.yaml:9:5: exclude: matches no cell",
                                         "g.yaml:10:22: exclude: no cell has this value of rnn.h",
                                         "g.yaml:13:5: overrides: matches no cell",
                                         "g.yaml:14:5: overrides: sets what its cells have",
                                         "g.yaml:19:5: include: adds no cell"};
    struct plan p = must_read(grid);
    const char *line = p.warnings;
    assert_non_null(line);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (!line || strncmp(line, wanted[i], strlen(wanted[i])) != 0)
            fail_msg("no '%s' in\n%s", wanted[i], p.warnings);
        line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
    }
    assert_null(line);
    plan_free(&p);
    p = must_read(design_grid);
    assert_null(p.warnings);
    plan_free(&p);
    struct status st;
    const char *alike = "rnn.hidden=8"; /* of --set, that cells are alike */
    check_ok(read_with(&p, "version: 1\nstudy: s\ngrid: {a: {}, b: {set: {rnn.hidden: 9}}}\n",
                       &alike, 1, &st),
             &st);
    assert_null(p.warnings);
    plan_free(&p);
}

static void settings_without_effect(void **state)
{
    (void)state;
    static const char grid[] = "version: 1\n"
                               "study: s\n"
                               "grid: {a: {product: {rnn.hidden: [8, 16]}}}\n"
                               "overrides:\n"
                               "  - {when: {rnn.hidden: 8}, set: {train.epochs: 8}}\n"
                               "  - {when: {}, set: {train.batch: 8, train.epochs: 6}}\n"
                               "  - {when: {rnn.hidden: [8, 16]}, set: {train.epochs: 9}}\n"
                               "reseed: {max: 2}\n";
    struct plan p = must_read(grid);
    assert_non_null(p.warnings);
    assert_non_null(strstr(p.warnings, "g.yaml:5:5: overrides: all that it sets is set again"));
    assert_null(strstr(p.warnings, "g.yaml:6:"));
    assert_null(strstr(p.warnings, "g.yaml:7:"));
    assert_non_null(strstr(p.warnings, "g.yaml:8:15: reseed.max: does nothing"));
    plan_free(&p);
    struct status st;
    const char *sets[] = {"reseed.max=2", "accept.max_excess_loss=1"};
    static const char plain[] = "version: 1\nstudy: s\ngrid: {a: {}}\n";
    check_ok(read_with(&p, plain, sets, 1, &st), &st);
    assert_non_null(strstr(p.warnings, "--set reseed.max=2: reseed.max: does nothing"));
    plan_free(&p);
    check_ok(read_with(&p, plain, sets, 2, &st), &st);
    assert_null(p.warnings);
    plan_free(&p);
}

/* --- seeds --------------------------------------------------------------------------------- */

static void seeds_are_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *grid, *option;
        int num;
        int64_t first, last;
    } rows[] = {
        {"0-49", NULL, 50, 0, 49},
        {"{start: 7, count: 3}", NULL, 3, 7, 9},
        {"[10, 0-4, {start: 20, count: 2}, 1e3]", NULL, 9, 10, 1000},
        {"[9007199254740992, 9007199254740993]", NULL, 2, 9007199254740992, 9007199254740993},
        {"9223372036854775806-9223372036854775807", NULL, 2, INT64_MAX - 1, INT64_MAX},
        {"[5]", "seeds=0-2,9", 4, 0, 9},
        {"[5]", "seeds=7", 1, 7, 7},
        {"[5]", "seeds={start: 1, count: 2}", 2, 1, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200];
        struct plan p;
        struct status st;
        snprintf(text, sizeof text, "version: 1\nstudy: s\ngrid: {a: {}}\nseeds: %s\n",
                 rows[i].grid);
        check_ok(read_with(&p, text, &rows[i].option, rows[i].option != NULL, &st), &st);
        assert_int_equal(p.num_runs, rows[i].num);
        assert_true(p.runs[0].seed == rows[i].first);
        assert_true(p.runs[p.num_runs - 1].seed == rows[i].last);
        plan_free(&p);
    }
}

/* Those of a block instead of the grid's; includes from it have them too, --seeds replaces all. */
static void blocks_have_seeds(void **state)
{
    (void)state;
    static const char text[] = "version: 1\nstudy: s\nseeds: [7]\n"
                               "grid: {a: {product: {rnn.hidden: [3, 4]}, seeds: 0-2}, b: {}}\n"
                               "include: [{from: a, rnn.hidden: 5}, {rnn.hidden: 6}]\n";
    static const int64_t seed[] = {0, 1, 2, 0, 1, 2, 7, 0, 1, 2, 7};
    enum { NUM = sizeof seed / sizeof seed[0] };
    struct plan p = must_read(text), again;
    struct status st = {0};
    const char *option = "seeds=4,5";
    assert_int_equal(p.num_runs, NUM);
    for (int i = 0; i < NUM; i++) assert_true(p.runs[i].seed == seed[i]);
    check_ok(plan_compose(&p, &st), &st); /* a grid of the same runs */
    again = must_read(p.source);
    assert_int_equal(again.num_runs, NUM);
    for (int i = 0; i < NUM; i++) assert_string_equal(p.runs[i].key, again.runs[i].key);
    plan_free(&again);
    plan_free(&p);
    check_ok(read_with(&p, text, &option, 1, &st), &st);
    assert_int_equal(p.num_runs, 10);
    for (int i = 0; i < 10; i++) assert_true(p.runs[i].seed == 4 + i % 2);
    plan_free(&p);
}

/* --- texts and types ----------------------------------------------------------------------- */

static void scalars_are_typed_by_the_table(void **state)
{
    (void)state;
    struct plan p;
    struct settings s = only("grid: {no: {set: {train.learning_rate: 1e-3, rnn.bias: true,\n"
                             "  train.clip_norm: .5, train.blur: '0.3', data.sequences: +300,\n"
                             "  train.weight_decay: -0, accept.max_excess_loss: ~}}}\n",
                             &p);
    check_near(s.train.learning_rate.value[0], 1e-3, 0);
    assert_true(s.rnn.bias);
    check_near(s.train.clip_norm, 0.5, 0);
    check_near(s.train.blur, 0.3, 0);
    assert_int_equal(s.data.sequences, 300);
    assert_false(signbit(s.train.weight_decay)); /* -0 and 0 are one cell */
    assert_true(isnan(s.accept.max_excess_loss));
    assert_string_equal(p.cells[0].block, "no"); /* a word where a word is meant */
    plan_free(&p);
}

static void whole_numbers_as_decimals(void **state)
{
    (void)state;
    struct plan p;
    struct settings s =
        only("grid: {a: {set: {rnn.hidden: 1e2, rnn.noise_dim: 10.0, train.epochs: \n"
             "  0.5e1, train.batch: 2.50e+2, data.sequences: 3000000e-3}}}\n"
             "run: {max_failures: 1e1}\n",
             &p);
    assert_int_equal(s.rnn.hidden, 100);
    assert_int_equal(s.rnn.noise_dim, 10);
    assert_int_equal(s.train.epochs, 5);
    assert_int_equal(s.train.batch, 250);
    assert_int_equal(s.data.sequences, 3000);
    check_near(p.study_settings.run.max_failures, 10, 0);
    plan_free(&p);
}

/* null, ~ and none of what is counted or measured from 0 on, which 0 turns off; the same cell. */
static void null_turns_off(void **state)
{
    (void)state;
    struct plan p;
    struct settings s =
        only("grid:\n"
             "  a: {set: {train.clip_norm: null, train.snapshots: ~, train.weight_decay: none,\n"
             "            measure.length: null, reseed.max: null, accept.max_excess_loss: null}}\n"
             "  b: {set: {train.clip_norm: 0, train.snapshots: 0}}\n"
             "run: {retries: null, reserve: none}\n",
             &p);
    check_near(s.train.clip_norm, 0, 0);
    assert_int_equal(s.train.snapshots, 0);
    check_near(s.train.weight_decay, 0, 0);
    assert_int_equal(s.measure.length, 30);
    assert_true(isnan(s.accept.max_excess_loss));
    assert_int_equal(p.study_settings.run.retries, 0);
    check_near(p.study_settings.run.reserve_s, 0, 0);
    plan_free(&p);
}

static void aliases_and_merge_keys(void **state)
{
    (void)state;
    struct plan p = must_read("\xEF\xBB\xBF" /* a byte order mark is no fault */
                              "version: 1\nstudy: s\n"
                              "defaults: {rnn: &net {hidden: 7, noise_dim: 3}}\n"
                              "grid:\n"
                              "  a: {set: {rnn: {<<: *net, hidden: 8}}}\n"
                              "  b: {set: {rnn: {<<: [{noise_dim: 4}, *net]}}}\n"
                              "  c: {product: {rnn.hidden: &h [5, 6]}, set: &s {train.epochs: 9}}\n"
                              "  d: {product: {rnn.noise_dim: *h}, set: *s}\n");
    assert_int_equal(p.num_cells, 6);
    assert_int_equal(p.cells[0].settings.rnn.hidden, 8); /* its own key, then the merged */
    assert_int_equal(p.cells[0].settings.rnn.noise_dim, 3);
    assert_int_equal(p.cells[1].settings.rnn.hidden, 7);
    assert_int_equal(p.cells[1].settings.rnn.noise_dim, 4); /* the first of the list */
    assert_int_equal(p.cells[5].settings.rnn.noise_dim, 6);
    assert_int_equal(p.cells[5].settings.train.epochs, 9);
    plan_free(&p);
}

/* Under a key that begins with . or x- nothing is read: a place for anchors. */
static void anchors_at_the_top(void **state)
{
    (void)state;
    struct plan p;
    struct settings s = only(".base: &base {rnn.hidden: 8}\n"
                             "x-note: [whatever, {no_setting: 1}]\n"
                             "grid: {a: {set: {<<: *base}}}\n",
                             &p);
    assert_int_equal(s.rnn.hidden, 8);
    plan_free(&p);
}

static void all_errors_come_at_once(void **state)
{
    (void)state;
    char text[8000] = "version: 1\nstudy: s\ngrid: {a: {}}\nexclude:\n";
    struct plan p;
    struct status st;
    for (int i = 0; i < 60; i++) strcat(text, "- {rnn.hiden: 3}\n");
    check_code(read_with(&p, text, NULL, 0, &st), STATUS_BAD_GRID, &st);
    assert_true(strncmp(st.text,
                        "g.yaml:5:4: unknown key 'rnn.hiden'; did you mean 'rnn.hidden'?\n",
                        64) == 0);
    int lines = 1, shown, more;
    for (const char *c = st.text; *c; c++) lines += *c == '\n';
    shown = lines - 1;
    assert_int_equal(sscanf(strrchr(st.text, '\n'), "\n(and %d more)", &more), 1);
    assert_int_equal(shown + more, 60); /* none is lost silently */
    assert_int_equal(shown, 50);
}

/* `analysis: false` turns all of them off, from the grid and from --set; no key changes. */
static void analyses_can_be_turned_off_at_once(void **state)
{
    (void)state;
    const char *on = "version: 1\nstudy: s\ngrid: {a: {}}\n", *set = "analysis=false";
    struct plan p = must_read(on);
    struct plan off = must_read("version: 1\nstudy: s\nanalysis: false\ngrid: {a: {}}\n");
    struct plan by_set;
    struct status st;
    check_ok(read_with(&by_set, on, &set, 1, &st), &st);
    assert_true(p.cells[0].settings.analysis.pca && p.cells[0].settings.analysis.resonance);
    for (int i = 0; i < num_settings; i++)
        if (strncmp(settings_table[i].key, "analysis.", 9) == 0 &&
            settings_table[i].type == SETTING_BOOL) {
            check_near(settings_number(&off.cells[0].settings, &settings_table[i]), 0, 0);
            check_near(settings_number(&by_set.cells[0].settings, &settings_table[i]), 0, 0);
        }
    assert_string_equal(p.runs[0].key, off.runs[0].key);
    assert_string_equal(p.runs[0].key, by_set.runs[0].key);
    plan_free(&p);
    plan_free(&off);
    plan_free(&by_set);
}

/* --- keys and round trips ------------------------------------------------------------------ */

static void check_key(const struct settings *s, int64_t seed, const char *text)
{
    char expected[33], key[33];
    hash_128_hex(text, strlen(text), expected);
    settings_run_key(s, seed, key);
    assert_string_equal(key, expected);
}

/* The texts are written out by hand from the definition of settings_run_key; XXH3 is hash_128_hex.
 */
static void key_is_the_hash_of_what_differs_from_the_defaults(void **state)
{
    (void)state;
    struct settings s;
    struct status st = {0};
    settings_default(&s);
    check_ok(settings_resolve(&s, NULL, &st), &st);
    check_key(&s, 7, "measure.length=30\nseed=7\n");
    s.run.retries = 50;     /* of the study: no part of the key */
    s.train.snapshots = 10; /* what is kept does not change the network */
    check_key(&s, 7, "measure.length=30\nseed=7\n");
    s.hmm.emission = EMISSION_LINEAR; /* what auto means for this family */
    s.hmm.target_prob = 0.05;
    check_key(&s, 7, "measure.length=30\nseed=7\n");
    s.train.adam_eps = 1.0000000000000002e-08;
    s.hmm.target_prob = NAN;
    s.hmm.stay_prob = 0.75;
    s.hmm.emission = EMISSION_GAUSSIAN;
    check_key(&s, -3,
              "hmm.stay_prob=0.75\nhmm.emission=\"gaussian\"\n"
              "train.adam_eps=1.0000000000000002e-08\nmeasure.length=30\nseed=-3\n");
    double A[] = {.5, .5, .25, .75}, B[] = {1, 0, 0, 1};
    settings_default(&s);
    s.hmm.architecture = CUSTOM;
    s.hmm.states = s.hmm.symbols = 2;
    s.hmm.transition = (struct matrix){2, 2, A, ""};
    s.hmm.emission = EMISSION_MATRIX;
    s.hmm.emission_matrix = (struct matrix){2, 2, B, ""};
    check_ok(settings_resolve(&s, NULL, &st), &st);
    check_key(&s, 0,
              "hmm.architecture=\"custom\"\nhmm.states=2\nhmm.symbols=2\n"
              "hmm.emission=[[1,0],[0,1]]\nhmm.transition=[[0.5,0.5],[0.25,0.75]]\n"
              "measure.length=30\nseed=0\n");
}

static const struct run *find_run(const struct plan *p, const char *key)
{
    for (int i = 0; i < p->num_runs; i++)
        if (strcmp(p->runs[i].key, key) == 0) return &p->runs[i];
    return NULL;
}

static void keys_do_not_depend_on_the_grid(void **state)
{
    (void)state;
    struct plan p = must_read(design_grid);
    for (int i = 0; i < p.num_runs; i++)
        assert_ptr_equal(find_run(&p, p.runs[i].key), &p.runs[i]); /* all differ */
    struct plan q =
        must_read("version: 1\nstudy: other\nseeds: [2, 1]\n"
                  "accept: {max_excess_loss: 2}\n"
                  "grid: {z: {set: {hmm.states: 2, data.length: 100},\n"
                  "           product: {rnn.noise_dim: [200, 1], rnn.hidden: [50]}}}\n");
    assert_int_equal(q.num_runs, 4);
    for (int i = 0; i < q.num_runs; i++) {
        const struct run *same = find_run(&p, q.runs[i].key);
        assert_non_null(same);
        assert_int_equal(same->seed, q.runs[i].seed);
        assert_int_equal(p.cells[same->cell].settings.rnn.noise_dim,
                         q.cells[q.runs[i].cell].settings.rnn.noise_dim);
    }
    plan_free(&q);
    plan_free(&p);
}

static void round_trips(const char *grid)
{
    struct plan p = must_read(grid);
    for (int i = 0; i < p.num_runs; i++) {
        const struct settings *s = &p.cells[p.runs[i].cell].settings;
        struct decoded_run back;
        struct status st = {0};
        char again[33];

        char *json = plan_run_json(&p, i);
        assert_non_null(json);
        assert_null(strchr(json, '\n'));
        check_ok(plan_parse_json(json, &back, &st), &st);
        assert_string_equal(back.key, p.runs[i].key);
        assert_true(back.seed == p.runs[i].seed);
        assert_string_equal(back.block, p.cells[p.runs[i].cell].block);
        assert_null(back.unknown);
        for (int k = 0; k < num_settings; k++)
            if (settings_table[k].scope == SCOPE_RUN)
                assert_true(settings_equal(s, &back.settings, &settings_table[k]));
        settings_run_key(&back.settings, back.seed, again);
        assert_string_equal(again, p.runs[i].key);

        char *yaml = plan_run_yaml(&back.settings, back.seed, p.study);
        assert_non_null(yaml);
        struct plan one = must_read(yaml);
        assert_int_equal(one.num_runs, 1);
        assert_string_equal(one.runs[0].key, p.runs[i].key);
        assert_string_equal(one.study, p.study);
        plan_free(&one);
        decoded_run_free(&back);
        assert_null(back.settings.hmm.transition.value);
        free(yaml);
        free(json);
    }
    plan_free(&p);
}

static void json_and_yaml_round_trip(void **state)
{
    (void)state;
    round_trips(design_grid);
    round_trips(custom_grid);
    decoded_run_free(NULL);
}

/* Is byte i in the value of a setting outside the key (or of its section)? */
static int is_outside_key(const char *json, size_t i)
{
    static const char *const part[][2] = {
        {"\"snapshots\":", "}"}, {"\"analysis\":{", "}"}, {"\"max_excess_share\":", "}"}};
    for (int p = 0; p < 3; p++) {
        const char *from = strstr(json, part[p][0]);
        const char *to = from ? strstr(from, part[p][1]) : NULL;
        if (to && json + i > from && json + i < to) return 1;
    }
    return 0;
}

/* A line of a results file. */
static int parse_row(const char *json, struct decoded_run *run, struct status *st)
{
    int code = plan_parse_json(json, run, st);
    if (!code) code = plan_check_key(run, st);
    if (code) decoded_run_free(run);
    return code;
}

/* Whatever happens to the line, it is refused: every cut, every changed byte. Only a changed name
 * is one that some other version may know. */
static void parse_json_is_strict(void **state)
{
    (void)state;
    struct plan p = must_read(custom_grid);
    struct decoded_run run;
    struct status st = {0};
    char *json = plan_run_json(&p, 0);
    size_t n = strlen(json);
    for (size_t i = 0; i < n; i++) {
        char kept = json[i];
        int outside_key = is_outside_key(json, i);
        json[i] = '\0';
        check_code(parse_row(json, &run, &st), STATUS_BAD_GRID, &st);
        json[i] = kept == '1' ? '2' : kept == '{' ? '[' : (char)(kept ^ 1);
        int code = parse_row(json, &run, &st);
        /* run, block, and what is kept and analysed are not part of the key */
        char *block_at = strstr(json, "\"block\":\"");
        int in_run = i == strlen("{\"run\":");
        int in_block = block_at && i >= (size_t)(block_at - json) + 9 &&
                       i < (size_t)(strstr(json, "\",\"hmm\"") - json);
        int in_name = !code && run.unknown;
        if (in_name) in_name = json[i + strspn(json + i, "abcdefghijklmnopqrstuvwxyz_`")] == '"';
        if (!in_run && !in_block && !outside_key && !in_name)
            check_code(code, STATUS_BAD_GRID, &st);
        decoded_run_free(&run);
        json[i] = kept;
    }
    check_ok(parse_row(json, &run, &st), &st);
    decoded_run_free(&run);
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "null",
                                      "{\"run\":0",
                                      "{\"run\":0,\"run\":0}",
                                      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_code(parse_row(bad[i], &run, &st), STATUS_BAD_GRID, &st);
    char *more = malloc(n + 32);
    assert_non_null(more);
    sprintf(more, "%s x", json);
    check_code(parse_row(more, &run, &st), STATUS_BAD_GRID, &st);
    sprintf(more, "%.*s,\"ex tra\":{\"a\":1}}", (int)n - 1, json);
    check_code(parse_row(more, &run, &st), STATUS_BAD_GRID, &st);
    free(more);
    free(json);
    plan_free(&p);
}

/* The line without one member, "NAME": and a value without commas. */
static void cut_member(char *json, const char *name)
{
    char *at = strstr(json, name);
    assert_non_null(at);
    size_t n = strlen(name) + strcspn(at + strlen(name), ",}");
    if (at[n] == ',')
        n++;
    else
        at--, n++;
    memmove(at, at + n, strlen(at + n) + 1);
}

/* A line of a version that lacked some settings, inside the key, outside it, and of default auto.
 */
static void older_lines(void **state)
{
    (void)state;
    struct plan p =
        must_read("version: 1\nstudy: s\nseeds: [3]\ngrid: {a: {set: {rnn.hidden: 9}}}\n");
    struct decoded_run run;
    struct status st = {0};
    char *json = plan_run_json(&p, 0);
    static const char *const newer[] = {
        "\"batch\":", "\"snapshots\":", "\"particles\":", "\"target_prob\":", "\"bias\":"};
    for (size_t i = 0; i < sizeof newer / sizeof newer[0]; i++) cut_member(json, newer[i]);
    check_ok(parse_row(json, &run, &st), &st);
    assert_string_equal(run.key, p.runs[0].key);
    for (int k = 0; k < num_settings; k++)
        if (settings_table[k].scope == SCOPE_RUN)
            assert_true(settings_equal(&p.cells[0].settings, &run.settings, &settings_table[k]));
    decoded_run_free(&run);
    cut_member(json, "\"hidden\":"); /* not at its default: the key tells */
    check_ok(plan_parse_json(json, &run, &st), &st);
    decoded_run_free(&run);
    check_code(parse_row(json, &run, &st), STATUS_BAD_GRID, &st);
    assert_non_null(strstr(st.text, "give the key"));
    free(json);
    plan_free(&p);
}

/* A line of a version that knows more: kept as it is, through reading and writing again. */
static void newer_lines(void **state)
{
    (void)state;
    static const char unknown[] =
        "rnn.gain=[1,{\"a b\":null}]\nheat=0.5\nextra.a=\"x=y\"\nextra.b=true\nother.c=-1e-3\n";
    struct plan p = must_read(custom_grid);
    struct decoded_run run, again;
    struct status st = {0};
    char wrong[33] = "0123456789abcdef0123456789abcdef";
    p.runs[1].unknown = unknown;
    memcpy(p.runs[1].key, wrong, sizeof wrong); /* the newer version's key */
    char *json = plan_run_json(&p, 1);
    assert_non_null(strstr(json, "\"gain\":[1,{\"a b\":null}]},\"train\":{"));
    assert_non_null(strstr(json, "},\"heat\":0.5,\"extra\":{\"a\":\"x=y\",\"b\":true},"
                                 "\"other\":{\"c\":-1e-3}}"));
    check_ok(parse_row(json, &run, &st), &st);
    assert_string_equal(run.unknown, unknown);
    assert_string_equal(run.key, wrong);
    p.runs[1].unknown = run.unknown;
    char *twice = plan_run_json(&p, 1);
    assert_string_equal(twice, json);
    check_ok(parse_row(twice, &again, &st), &st);
    assert_string_equal(again.unknown, unknown);
    decoded_run_free(&again);
    decoded_run_free(&run);
    free(twice);
    free(json);
    plan_free(&p);
}

/* sha256sum of the text; with --set it differs. */
static void fingerprint(void **state)
{
    (void)state;
    const char *text = "version: 1\nstudy: s\ngrid: {a: {}}\n", *set = "rnn.hidden=9";
    struct plan p = must_read(text), q;
    struct status st;
    assert_string_equal(p.grid_sha256,
                        "800745da9fc451d9fef0530ebb9a27187a05b37876860e987a69ffa96a6137d5");
    assert_int_equal(p.source_bytes, strlen(text));
    assert_string_equal(p.source, text);
    check_ok(read_with(&q, text, &set, 1, &st), &st);
    assert_string_not_equal(p.grid_sha256, q.grid_sha256);
    plan_free(&p);
    plan_free(&q);
}

/* --- where, files, limits ------------------------------------------------------------------ */

static void where_keeps_runs(void **state)
{
    (void)state;
    struct plan p = must_read(design_grid);
    struct status st = {0};
    check_code(plan_where(&p, "rnn.hiden == 3", &st), STATUS_USAGE, &st);
    assert_int_equal(p.num_runs, 150);
    check_ok(plan_where(&p, "hmm.states in (4,5) and rnn_hidden != 50 and seed >= 1", &st), &st);
    assert_int_equal(p.num_runs, 2 * 8 * 2 + 2); /* the cyclic network has 4 states too */
    for (int i = 1; i < p.num_runs; i++)
        assert_true(p.runs[i].cell > p.runs[i - 1].cell ||
                    (p.runs[i].cell == p.runs[i - 1].cell && p.runs[i].seed > p.runs[i - 1].seed));
    check_ok(plan_where(&p, "block == cyclic or hmm.emission == 'nothing'", &st), &st);
    assert_int_equal(p.num_runs, 2);
    char expr[64];
    snprintf(expr, sizeof expr, "key == '%s'", p.runs[1].key);
    check_ok(plan_where(&p, expr, &st), &st);
    assert_int_equal(p.num_runs, 1);
    assert_true(p.runs[0].seed == 2);
    check_ok(plan_where(&p, "rnn.bias == true", &st), &st);
    assert_int_equal(p.num_runs, 0);
    plan_free(&p);
}

static void files_are_loaded(void **state)
{
    (void)state;
    char name[] = "/tmp/test_plan_XXXXXX", *text = NULL;
    size_t bytes = 0;
    struct status st = {0};
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fputs(design_grid, file);
    fflush(file);
    check_ok(plan_load_text(name, &text, &bytes, &st), &st);
    assert_int_equal(bytes, strlen(design_grid));
    assert_string_equal(text, design_grid);
    free(text);
    for (int i = 0; i < 1 << 20; i++) fputc('#', file);
    fclose(file);
    check_code(plan_load_text(name, &text, &bytes, &st), STATUS_BAD_GRID, &st);
    assert_null(text);
    remove(name);
    check_code(plan_load_text(name, &text, &bytes, &st), STATUS_NO_INPUT, &st);
    check_code(plan_load_text("/", &text, &bytes, &st), STATUS_NO_INPUT, &st);
}

static void large_grids(void **state)
{
    (void)state;
    char seeds[5000] = "0", text[6000];
    for (int i = 1; i < 1000; i++) sprintf(seeds + strlen(seeds), ",%d", i);
    snprintf(text, sizeof text,
             "version: 1\nstudy: s\nseeds: [%s]\n"
             "grid: {a: {product: {rnn.hidden: [1,2,3,4,5,6,7,8,9,10],\n"
             "  rnn.noise_dim: [1,2,3,4,5,6,7,8,9,10], train.epochs: [1,2,3,4,5,6,7,8,9,10]}}}\n",
             seeds);
    struct plan p = must_read(text);
    assert_int_equal(p.num_runs, 1000000);
    plan_free(&p);
    struct status st;
    char *hidden = strstr(text, "train.epochs: [1,"); /* one value more is too much */
    memmove(hidden + 17 + 3, hidden + 17, strlen(hidden + 17) + 1);
    memcpy(hidden + 17, "11,", 3);
    check_code(read_with(&p, text, NULL, 0, &st), STATUS_BAD_GRID, &st);
    assert_non_null(strstr(st.text, "more than 1000000 runs"));
}

/* Every cut and many changed bytes of a grid: read or refused with a place, never more. */
static void hostile_texts(void **state)
{
    (void)state;
    static const char bytes[] = "\0\t\n !\"#&*',-:<>?@[]{}|%`~09a\x7f\x80\xc3\xff";
    char copy[4096];
    const char *text = custom_grid;
    size_t n = strlen(text);
    int good = 0, bad = 0;
    for (size_t i = 0; i <= n; i++)
        for (size_t k = 0; k < sizeof bytes; k++) {
            struct plan p;
            struct status st = {0};
            memcpy(copy, text, n + 1);
            copy[i] = bytes[k];
            int code = plan_read(&p, "g.yaml", copy, k ? n : i, NULL, 0, &st);
            if (code) {
                check_code(code, STATUS_BAD_GRID, &st);
                int line = 0, column = 0;
                assert_int_equal(sscanf(st.text, "g.yaml:%d:%d: ", &line, &column), 2);
                assert_true(line >= 1 && column >= 1);
                assert_null(p.memory);
                bad++;
            } else {
                good++;
            }
            plan_free(&p);
        }
    if (good < 1000 || bad < 1000) fail_msg("%d read, %d refused", good, bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_the_design),
        cmocka_unit_test(later_rules_win),
        cmocka_unit_test(bad_options_are_named),
        cmocka_unit_test(duplicates_merge),
        cmocka_unit_test(exclude_looks_at_resolved_settings),
        cmocka_unit_test(matrices_give_sizes),
        cmocka_unit_test(fractions_are_numbers),
        cmocka_unit_test(rules_without_effect),
        cmocka_unit_test(settings_without_effect),
        cmocka_unit_test(seeds_are_ranges),
        cmocka_unit_test(blocks_have_seeds),
        cmocka_unit_test(scalars_are_typed_by_the_table),
        cmocka_unit_test(whole_numbers_as_decimals),
        cmocka_unit_test(null_turns_off),
        cmocka_unit_test(aliases_and_merge_keys),
        cmocka_unit_test(anchors_at_the_top),
        cmocka_unit_test(all_errors_come_at_once),
        cmocka_unit_test(analyses_can_be_turned_off_at_once),
        cmocka_unit_test(key_is_the_hash_of_what_differs_from_the_defaults),
        cmocka_unit_test(keys_do_not_depend_on_the_grid),
        cmocka_unit_test(json_and_yaml_round_trip),
        cmocka_unit_test(parse_json_is_strict),
        cmocka_unit_test(older_lines),
        cmocka_unit_test(newer_lines),
        cmocka_unit_test(fingerprint),
        cmocka_unit_test(where_keeps_runs),
        cmocka_unit_test(files_are_loaded),
        cmocka_unit_test(large_grids),
        cmocka_unit_test(hostile_texts),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
