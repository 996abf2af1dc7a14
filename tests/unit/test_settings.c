/* test_settings: the table of settings, defaults, look-up, resolving, durations, cost. */
#include "../support/check.h"
#include "forecast/cost.h"
#include "hmmgrid/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- table --------------------------------------------------------------------------------- */

static void table_is_consistent(void **state)
{
    (void)state;
    static const char *const sections[] = {"hmm",      "data",   "rnn",    "train", "measure",
                                           "analysis", "accept", "reseed", "run"};
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        const char *dot = strchr(row->key, '.');
        int known = 0;
        assert_non_null(dot);
        for (int k = 0; k < 9; k++)
            known += strlen(sections[k]) == (size_t)(dot - row->key) &&
                     strncmp(sections[k], row->key, (size_t)(dot - row->key)) == 0;
        assert_int_equal(known, 1);
        assert_true(strlen(row->help) > 10 && strlen(row->help) < 100);
        assert_ptr_equal(settings_find(row->key), row);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(settings_table[k].key, row->key);
            assert_true(settings_table[k].offset != row->offset);
        }
        if (row->type == SETTING_ENUM) assert_non_null(settings_choice(row, 0));
    }
}

/* Origin: DESIGN section 2 and SCIENCE 2.6. */
static void defaults_are_the_reference(void **state)
{
    (void)state;
    struct settings s;
    settings_default(&s);
    assert_int_equal(s.hmm.architecture, LINEAR_CHAIN);
    assert_int_equal(s.hmm.states, 3);
    assert_int_equal(s.hmm.symbols, 3);
    assert_true(isnan(s.hmm.target_prob) && isnan(s.hmm.stay_prob));
    assert_int_equal(s.hmm.emission, EMISSION_AUTO);
    assert_null(s.hmm.transition.value);
    assert_int_equal(s.data.sequences, 30000);
    assert_int_equal(s.data.split.count, 3);
    check_near(s.data.split.value[2], 1, 0);
    assert_int_equal(s.rnn.hidden, 150);
    assert_int_equal(s.rnn.noise_dim, 100);
    assert_false(s.rnn.bias);
    assert_int_equal(s.rnn.initial_state, INITIAL_ZEROS);
    assert_int_equal(s.train.epochs, 500);
    assert_int_equal(s.train.batch, 4096);
    assert_int_equal(s.train.learning_rate.count, 1);
    check_near(s.train.learning_rate.value[0], 1e-3, 0);
    check_near(s.train.betas.value[1], 0.9, 0);
    check_near(s.train.adam_eps, 1e-8, 0);
    check_near(s.train.clip_norm, 0.9, 0);
    check_near(s.train.weight_decay, 0, 0);
    check_near(s.train.blur, 0.2, 0);
    check_near(s.train.scaling, 0.5, 0);
    check_near(s.train.temperature, 1, 0);
    assert_int_equal(s.train.select, SELECT_BEST_VALIDATION);
    assert_int_equal(s.measure.sequences, 5000);
    assert_int_equal(s.measure.length, 0);
    assert_int_equal(s.measure.floor_draws, 8);
    assert_int_equal(s.measure.generation, GENERATE_TRAINED);
    assert_true(isnan(s.accept.max_excess_loss));
    assert_int_equal(s.run.order, ORDER_LONGEST);
    check_near(s.run.max_failures, 0.1, 1e-15);
    assert_true(s.run.max_failures_is_share);
    check_near(s.run.reserve_s, 180, 0);
    check_near(s.run.checkpoint_s, 600, 0);
}

/* Settings that make a run's key, with the defaults that they had when results files were first
 * promised to last. A key leaves out what has its default. */
static const char *const frozen[][2] = {
    {"hmm.architecture", "linear-chain"},
    {"hmm.states", "3"},
    {"hmm.symbols", "3"},
    {"hmm.target_prob", "auto"},
    {"hmm.stay_prob", "auto"},
    {"hmm.emission", "auto"},
    {"hmm.transition", "none"},
    {"hmm.start", "none"},
    {"data.sequences", "30000"},
    {"data.length", "30"},
    {"data.split", "[1, 1, 1]"},
    {"rnn.hidden", "150"},
    {"rnn.noise_dim", "100"},
    {"rnn.bias", "false"},
    {"rnn.initial_state", "zeros"},
    {"train.epochs", "500"},
    {"train.batch", "4096"},
    {"train.learning_rate", "0.001"},
    {"train.betas", "[0.9, 0.9]"},
    {"train.adam_eps", "1e-8"},
    {"train.clip_norm", "0.9"},
    {"train.weight_decay", "0"},
    {"train.blur", "0.2"},
    {"train.scaling", "0.5"},
    {"train.temperature", "1"},
    {"train.select", "best_validation"},
    {"train.start_weights", "none"},
    {"measure.sequences", "5000"},
    {"measure.length", "0"},
    {"measure.floor_draws", "8"},
    {"measure.generation", "trained"},
    {"accept.max_excess_loss", "none"},
    {"reseed.max", "0"},
};

static void frozen_defaults(void **state)
{
    (void)state;
    size_t num = sizeof frozen / sizeof frozen[0];
    for (size_t i = 0; i < num; i++) {
        const struct setting *row = settings_find(frozen[i][0]);
        if (row && !row->outside_key && strcmp(row->default_text, frozen[i][1]) == 0) continue;
        fail_msg("%s: its default was %s when results files were first promised to last, now it is "
                 "%s. A run's key hashes only what differs from the defaults, so with another "
                 "default (or without the setting) old keys would stand for other runs, and "
                 "--resume and --extend would take old results for new ones. Keep this default; "
                 "give the new behaviour a setting or a value of its own",
                 frozen[i][0], frozen[i][1], row ? row->default_text : "gone or outside the key");
    }
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        bool kept = row->scope != SCOPE_RUN || row->outside_key;
        for (size_t k = 0; k < num && !kept; k++) kept = strcmp(frozen[k][0], row->key) == 0;
        if (!kept)
            fail_msg("%s makes a run's key: add {\"%s\", \"%s\"} to the list above, and never "
                     "change that default again",
                     row->key, row->key, row->default_text);
    }
}

/* What auto means is frozen for the same reason. */
static void frozen_autos(void **state)
{
    (void)state;
    static const struct {
        int architecture, states, symbols, emission;
        double given; /* target_prob of the chain, stay_prob of the others */
    } meant[] = {{LINEAR_CHAIN, 4, 3, EMISSION_LINEAR, .05},
                 {FULLY_CONNECTED, 5, 5, EMISSION_TRIANGULAR, .95},
                 {CYCLIC, 4, 3, EMISSION_CYCLIC, .95}};
    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++) {
        struct settings s;
        struct status st = {0};
        settings_default(&s);
        s.hmm.architecture = meant[i].architecture;
        s.hmm.states = meant[i].states;
        s.hmm.symbols = meant[i].symbols;
        check_ok(settings_resolve(&s, NULL, &st), &st);
        assert_int_equal(s.hmm.emission, meant[i].emission);
        bool chain = meant[i].architecture == LINEAR_CHAIN;
        check_near(chain ? s.hmm.target_prob : s.hmm.stay_prob, meant[i].given, 0);
        assert_true(isnan(chain ? s.hmm.stay_prob : s.hmm.target_prob));
    }
    int autos = 0;
    for (int i = 0; i < num_settings; i++)
        autos += settings_table[i].scope == SCOPE_RUN &&
                 strcmp(settings_table[i].default_text, "auto") == 0;
    assert_int_equal(autos, 3); /* a new one: add what it means to the table above */
}

static void keys_are_found_and_suggested(void **state)
{
    (void)state;
    assert_null(settings_find("rnn.hiden"));
    assert_null(settings_find("hidden"));
    assert_string_equal(settings_find_column("rnn_noise_dim")->key, "rnn.noise_dim");
    assert_string_equal(settings_find_column("rnn.noise_dim")->key, "rnn.noise_dim");
    assert_null(settings_find_column("rnn_noise.dim"));
    assert_null(settings_find_column("rnn_noise"));
    assert_string_equal(settings_nearest("rnn.hiden"), "rnn.hidden");
    assert_string_equal(settings_nearest("hidden"), "rnn.hidden");
    assert_string_equal(settings_nearest("learning-rate"), "train.learning_rate");
    assert_string_equal(settings_nearest("run.retrys"), "run.retries");
    assert_null(settings_nearest("zebra_crossing"));
    assert_null(settings_nearest("this key is longer than every key of the table and than its "
                                 "distance's rows"));
}

/* What PyTorch, hmmlearn and papers call it; the answer is advice, never a value. */
static void words_of_the_field_are_suggested(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"lr", "'train.learning_rate'"},
        {"train.lr", "'train.learning_rate'"},
        {"hidden_size", "'rnn.hidden'"},
        {"Hidden-Size", "'rnn.hidden'"},
        {"batch_size", "'train.batch'"},
        {"num_epochs", "'train.epochs'"},
        {"n_states", "'hmm.states'"},
        {"K", "'hmm.symbols'"},
        {"M", "'hmm.states'"},
        {"T", "'data.length'"},
        {"seq_len", "'data.length'"},
        {"hmm.transmat", "'hmm.transition'"},
        {"data.states", "'hmm.states'"},
        {"rnn.Learning_Rate", "'train.learning_rate'"},
        {"rnn.dropout", "there is no dropout"},
        {"seed", "seeds: 0-9"},
        {"optimizer", "Adam"},
    };
    char text[200];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strstr(settings_advice(rows[i][0], text, sizeof text), rows[i][1]))
            fail_msg("%s: %s", rows[i][0], text);
    for (int i = 0; i < num_settings; i++) /* a setting's own name is no other's alias */
        assert_string_equal(settings_nearest(settings_table[i].key), settings_table[i].key);
    assert_string_equal(settings_advice("zebra_crossing", text, sizeof text), "");
    assert_string_equal(settings_advice("x", text, sizeof text), "");
}

/* --- resolve ------------------------------------------------------------------------------- */

struct bad {
    void (*change)(struct settings *s);
    const char *key, *words;
};

static double half[4] = {0.5, 0.5, 0.5, 0.5};
static double rows_off[4] = {0.5, 0.5, 0.5, 0.500002};
static double columns[4] = {0.9, 0.4, 0.1, 0.6};
static double negative[4] = {1.5, -0.5, 0.5, 0.5};

static void custom(struct settings *s, double *transition)
{
    s->hmm.architecture = CUSTOM;
    s->hmm.states = s->hmm.symbols = 2;
    s->hmm.transition = (struct matrix){2, 2, transition, ""};
    s->hmm.emission = EMISSION_MATRIX;
    s->hmm.emission_matrix = (struct matrix){2, 2, half, ""};
}

static void six(struct settings *s)
{
    s->hmm.states = 6;
}
static void one(struct settings *s)
{
    s->hmm.states = 1;
}
static void both(struct settings *s)
{
    s->hmm.target_prob = .1, s->hmm.stay_prob = .9;
}
static void four_symbols(struct settings *s)
{
    s->hmm.symbols = 4;
}
static void gauss_one(struct settings *s)
{
    custom(s, half), s->hmm.emission = EMISSION_AUTO;
}
static void full(struct settings *s)
{
    s->hmm.architecture = FULLY_CONNECTED, s->hmm.states = 4;
}
static void full_target(struct settings *s)
{
    s->hmm.architecture = FULLY_CONNECTED;
    s->hmm.target_prob = .1;
}
static void ring2(struct settings *s)
{
    s->hmm.architecture = CYCLIC, s->hmm.states = 2;
}
static void ring5(struct settings *s)
{
    s->hmm.architecture = CYCLIC, s->hmm.states = 5;
}
static void ring_named(struct settings *s)
{
    ring5(s), s->hmm.emission = EMISSION_CYCLIC;
}
static void no_matrix(struct settings *s)
{
    s->hmm.architecture = CUSTOM;
}
static void off(struct settings *s)
{
    custom(s, rows_off);
}
static void transposed(struct settings *s)
{
    custom(s, columns);
}
static void below(struct settings *s)
{
    custom(s, negative);
}
static void stay(struct settings *s)
{
    custom(s, half), s->hmm.stay_prob = .9;
}
static void sizes(struct settings *s)
{
    custom(s, half), s->hmm.states = 3;
}
static void symbols(struct settings *s)
{
    custom(s, half), s->hmm.symbols = 3;
}
static void start(struct settings *s)
{
    custom(s, half), s->hmm.start = (struct matrix){2, 2, half, ""};
}
static void start_sum(struct settings *s)
{
    custom(s, half);
    s->hmm.start = (struct matrix){1, 2, rows_off + 2, ""};
}
static void preset_matrix(struct settings *s)
{
    s->hmm.transition = (struct matrix){2, 2, half, ""};
}
static void preset_start(struct settings *s)
{
    s->hmm.start = (struct matrix){1, 2, half, ""};
}
static void starved(struct settings *s)
{
    s->data.sequences = 3, s->data.split.value[1] = .1;
}
static void short_measure(struct settings *s)
{
    s->measure.length = 1;
}

static void resolve_refuses(void **state)
{
    (void)state;
    static const struct bad bad[] = {
        {six, "hmm.states", "negative"},
        {one, "hmm.states", "serves 2 to 64 states"},
        {both, "hmm.stay_prob", "one or the other"},
        {four_symbols, "hmm.symbols", "and 3 symbols, not 3 and 4"},
        {gauss_one, "hmm.architecture", "emission matrix"},
        {full, "hmm.states", "as many symbols as states"},
        {full_target, "hmm.target_prob", "for architecture linear-chain only"},
        {ring2, "hmm.states", "3 to 64 states"},
        {ring5, "hmm.states", "set hmm.emission"},
        {ring_named, "hmm.emission", "4 states and 3 symbols, not 5 and 3"},
        {no_matrix, "hmm.architecture", "missing"},
        {off, "hmm.transition", "row 2 sums to 1.000002"},
        {transposed, "hmm.transition", "it looks transposed"},
        {below, "hmm.transition", "row 1 has 1.5"},
        {stay, "hmm.stay_prob", "only, this is custom"},
        {sizes, "hmm.transition", "2 x 2"},
        {symbols, "hmm.emission", "2 x 2"},
        {start, "hmm.start", "one row"},
        {start_sum, "hmm.start", "row 1 sums"},
        {preset_matrix, "hmm.transition", "for architecture custom only"},
        {preset_start, "hmm.start", "for architecture custom only"},
        {starved, "data.split", "no sequence for the validation part"},
        {short_measure, "measure.length", "at least 2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct settings s;
        struct status st = {0};
        const char *key = NULL;
        settings_default(&s);
        bad[i].change(&s);
        check_code(settings_resolve(&s, &key, &st), STATUS_BAD_GRID, &st);
        if (!strstr(st.text, bad[i].words) || !key || strcmp(key, bad[i].key) != 0)
            fail_msg("case %zu: key %s, text: %s", i, key ? key : "none", st.text);
        assert_int_equal(settings_resolve(&s, NULL, NULL), STATUS_BAD_GRID);
    }
}

static void resolve_fills(void **state)
{
    (void)state;
    struct settings s, again;
    struct status st = {0};
    settings_default(&s);
    s.data.length = 40;
    check_ok(settings_resolve(&s, NULL, &st), &st);
    check_near(s.hmm.target_prob, 0.05, 0);
    assert_true(isnan(s.hmm.stay_prob));
    assert_int_equal(s.hmm.emission, EMISSION_LINEAR);
    assert_int_equal(s.measure.length, 40);
    again = s;
    check_ok(settings_resolve(&again, NULL, &st), &st);
    for (int i = 0; i < num_settings; i++)
        assert_true(settings_equal(&s, &again, &settings_table[i]));

    settings_default(&s);
    s.hmm.stay_prob = 0.9; /* instead of target_prob: any number of states */
    s.hmm.states = 12;
    check_ok(settings_resolve(&s, NULL, &st), &st);
    assert_true(isnan(s.hmm.target_prob));

    settings_default(&s);
    s.hmm.target_prob = 0.01; /* 1 - 2 * 0.01^(1/5) = 0.204 > 0 */
    s.hmm.states = 6;
    check_ok(settings_resolve(&s, NULL, &st), &st);

    settings_default(&s);
    s.hmm.architecture = FULLY_CONNECTED;
    check_ok(settings_resolve(&s, NULL, &st), &st);
    check_near(s.hmm.stay_prob, 0.95, 0);
    assert_int_equal(s.hmm.emission, EMISSION_TRIANGULAR);

    settings_default(&s);
    s.hmm.architecture = CYCLIC;
    s.hmm.states = 4;
    check_ok(settings_resolve(&s, NULL, &st), &st);
    assert_int_equal(s.hmm.emission, EMISSION_CYCLIC);
    s.hmm.states = 7;
    s.hmm.emission = EMISSION_GAUSSIAN;
    check_ok(settings_resolve(&s, NULL, &st), &st);

    settings_default(&s);
    custom(&s, half);
    check_ok(settings_resolve(&s, NULL, &st), &st);
    assert_true(isnan(s.hmm.stay_prob) && isnan(s.hmm.target_prob));

    settings_default(&s);
    custom(&s, (double[]){0.2f, 0.8f, 0.333333, 0.666666}); /* rows as short floats leave them */
    check_ok(settings_resolve(&s, NULL, &st), &st);
    check_near(s.hmm.transition.value[2], 0.333333, 0); /* as given: normalised by hmm_init */
}

/* int(30000 / 3) each; SCIENCE 1.1. */
static void split_by_position(void **state)
{
    (void)state;
    struct settings s;
    int part[3];
    settings_default(&s);
    settings_split(&s, part);
    assert_int_equal(part[0], 10000);
    assert_int_equal(part[1], 10000);
    assert_int_equal(part[2], 10000);
    s.data.sequences = 11;
    s.data.split.value[0] = 2;
    settings_split(&s, part);
    assert_int_equal(part[0], 5);
    assert_int_equal(part[1], 2);
    assert_int_equal(part[2], 4);
}

/* 7/10 of 90 is 63, though 90 * 0.7 is 62.999999999999993 in doubles: shares a, b, c of any n. */
static void split_is_exact(void **state)
{
    (void)state;
    struct settings s;
    settings_default(&s);
    for (int n = 1; n <= 100; n++)
        for (int a = 1; a < 12; a++)
            for (int b = 1; b < 12; b++)
                for (int tenths = 0; tenths < 2; tenths++) {
                    int part[3], sum = a + b + 1;
                    double unit = tenths ? 10 : 1;
                    s.data.sequences = n * 30;
                    s.data.split = (struct real_list){3, {a / unit, b / unit, 1 / unit}};
                    settings_split(&s, part);
                    assert_int_equal(part[0], n * 30 * a / sum);
                    assert_int_equal(part[1], n * 30 * b / sum);
                    assert_int_equal(part[0] + part[1] + part[2], n * 30);
                }
    s.data.sequences = 9999990; /* a part of 1e7 is off by up to 4e-9 before it is cut */
    s.data.split = (struct real_list){3, {0.7, 0.2, 0.1}};
    int part[3];
    settings_split(&s, part);
    assert_int_equal(part[0], 6999993);
    assert_int_equal(part[1], 1999998);
}

/* --- texts --------------------------------------------------------------------------------- */

static const char *json_of(const struct settings *s, const char *key, char *buf, size_t n)
{
    FILE *out = fmemopen(buf, n, "w");
    assert_non_null(out);
    settings_put_json(out, s, settings_find(key));
    assert_int_equal(fclose(out), 0);
    return buf;
}

static void json_values(void **state)
{
    (void)state;
    struct settings s;
    char buf[200];
    settings_default(&s);
    assert_string_equal(json_of(&s, "rnn.hidden", buf, sizeof buf), "150");
    assert_string_equal(json_of(&s, "rnn.bias", buf, sizeof buf), "false");
    assert_string_equal(json_of(&s, "hmm.architecture", buf, sizeof buf), "\"linear-chain\"");
    assert_string_equal(json_of(&s, "hmm.target_prob", buf, sizeof buf), "null");
    assert_string_equal(json_of(&s, "hmm.transition", buf, sizeof buf), "null");
    assert_string_equal(json_of(&s, "data.split", buf, sizeof buf), "[1,1,1]");
    assert_string_equal(json_of(&s, "train.adam_eps", buf, sizeof buf), "1e-08");
    assert_string_equal(json_of(&s, "run.max_failures", buf, sizeof buf), "\"10%\"");
    assert_string_equal(json_of(&s, "run.reserve", buf, sizeof buf), "180");
    custom(&s, half);
    assert_string_equal(json_of(&s, "hmm.emission", buf, sizeof buf), "[[0.5,0.5],[0.5,0.5]]");
    s.hmm.target_prob = 0.1 + 0.2; /* needs 17 digits */
    assert_string_equal(json_of(&s, "hmm.target_prob", buf, sizeof buf), "0.30000000000000004");
    s.hmm.target_prob = 1.0 / 3;
    double back = strtod(json_of(&s, "hmm.target_prob", buf, sizeof buf), NULL);
    check_near(back, 1.0 / 3, 0);
}

static void check_text(const struct settings *s, const char *key, const char *wanted)
{
    char *text = settings_text(s, settings_find(key));
    assert_non_null(text);
    assert_string_equal(text, wanted);
    free(text);
}

static void texts_for_people(void **state)
{
    (void)state;
    struct settings s;
    settings_default(&s);
    check_text(&s, "rnn.hidden", "150");
    check_text(&s, "rnn.bias", "false");
    check_text(&s, "hmm.architecture", "linear-chain");
    check_text(&s, "hmm.target_prob", "none");
    check_text(&s, "hmm.transition", "none");
    check_text(&s, "train.learning_rate", "0.001");
    check_text(&s, "data.split", "[1,1,1]");
    check_text(&s, "run.max_failures", "10%");
    custom(&s, half);
    check_text(&s, "hmm.emission", "matrix-00ec8310");
    strcpy(s.hmm.emission_matrix.name, "noisy");
    check_text(&s, "hmm.emission", "noisy");
    check_text(&s, "hmm.transition", "matrix-00ec8310");
}

static void numbers_and_names(void **state)
{
    (void)state;
    struct settings s, other;
    settings_default(&s);
    settings_default(&other);
    check_near(settings_number(&s, settings_find("rnn.hidden")), 150, 0);
    check_near(settings_number(&s, settings_find("train.learning_rate")), 1e-3, 0);
    assert_true(isnan(settings_number(&s, settings_find("data.split"))));
    assert_true(isnan(settings_number(&s, settings_find("accept.max_excess_loss"))));
    for (int i = 0; i < num_settings; i++)
        assert_true(settings_equal(&s, &other, &settings_table[i]));
    other.train.betas.value[1] = 0.5;
    assert_false(settings_equal(&s, &other, settings_find("train.betas")));
    custom(&s, half);
    custom(&other, rows_off);
    assert_false(settings_equal(&s, &other, settings_find("hmm.transition")));
    assert_true(settings_equal(&s, &other, settings_find("hmm.emission")));
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } good[] = {{"90", 90},
                {"90s", 90},
                {"10min", 600},
                {"1h30m", 5400},
                {"1.5h", 5400},
                {"2d", 172800},
                {"0", 0},
                {"12:30:00", 45000},
                {"1-02:03:04", 93784},
                {"100:00:00", 360000},
                {"1d2h3m4s", 93784},
                {"0-00:00:30", 30}};
    static const char *const bad[] = {"",        "min",   "10 min", "-5",         "1m1h", "1h1h",
                                      "10:30",   "1-2:3", "1e3",    "1..5h",      "5x",   "10min5",
                                      "1:60:00", "0x10",  "nan",    "1-24:00:00", ".",    "1h-5m"};
    struct status st;
    double seconds;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (duration_parse(good[i].text, &seconds, &st)) fail_msg("%s: %s", good[i].text, st.text);
        check_near(seconds, good[i].seconds, 1e-9);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (duration_parse(bad[i], &seconds, &st) != STATUS_BAD_GRID)
            fail_msg("'%s' was read as %g s", bad[i], seconds);
        assert_non_null(strstr(st.text, "1h30m"));
    }
}

/* --- cost ---------------------------------------------------------------------------------- */

static void cost_grows(void **state)
{
    (void)state;
    struct settings small, large;
    settings_default(&small);
    settings_default(&large);
    large.rnn.hidden = 200;
    assert_true(cost_run_s(&large) > cost_run_s(&small));
    assert_true(cost_memory_bytes(&large) > cost_memory_bytes(&small));
    assert_true(cost_result_bytes(&large) > cost_result_bytes(&small));
    large = small;
    large.train.epochs *= 2;
    assert_true(cost_run_s(&large) > 1.5 * cost_run_s(&small));
    large = small;
    large.train.learning_rate.count = 3;
    assert_true(cost_run_s(&large) > 2 * cost_run_s(&small));
    large = small;
    large.measure.sequences *= 2;
    assert_true(cost_run_s(&large) > cost_run_s(&small));
    large = small;
    large.train.scaling = 0.9;
    assert_true(cost_run_s(&large) > cost_run_s(&small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_consistent),
        cmocka_unit_test(defaults_are_the_reference),
        cmocka_unit_test(frozen_defaults),
        cmocka_unit_test(frozen_autos),
        cmocka_unit_test(keys_are_found_and_suggested),
        cmocka_unit_test(words_of_the_field_are_suggested),
        cmocka_unit_test(resolve_refuses),
        cmocka_unit_test(resolve_fills),
        cmocka_unit_test(split_by_position),
        cmocka_unit_test(split_is_exact),
        cmocka_unit_test(json_values),
        cmocka_unit_test(texts_for_people),
        cmocka_unit_test(numbers_and_names),
        cmocka_unit_test(durations),
        cmocka_unit_test(cost_grows),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
