/* test_expr: the language of --where: precedence, types, errors, bounds. */
#include "../support/check.h"
#include "plan/names.h"

#include <stdlib.h>
#include <string.h>

/* A row with hmm.states 4, rnn.hidden 150, status "failed", emission "linear" (number 1), loss NaN,
 * key "0123", bias "true" (number 1), seed 2^53 + 1, last 2^63 - 1, host "", rate 0.1. */
static int lookup(void *context, const char *name, struct expr_value *value, struct status *st)
{
    int *calls = context;
    ++*calls;
    *value = (struct expr_value){.text = NULL, .number = NAN};
    if (!strcmp(name, "hmm.states") || !strcmp(name, "hmm_states"))
        value->number = 4;
    else if (!strcmp(name, "rnn.hidden"))
        value->number = 150;
    else if (!strcmp(name, "status"))
        value->text = "failed";
    else if (!strcmp(name, "emission"))
        value->text = "linear", value->number = 1;
    else if (!strcmp(name, "loss"))
        value->number = NAN;
    else if (!strcmp(name, "key"))
        value->text = "0123";
    else if (!strcmp(name, "bias"))
        value->text = "true", value->number = 1;
    else if (!strcmp(name, "seed"))
        *value = expr_whole(9007199254740993);
    else if (!strcmp(name, "last"))
        *value = expr_whole(INT64_MAX);
    else if (!strcmp(name, "host"))
        value->text = "";
    else if (!strcmp(name, "rate"))
        *value = expr_number(0.1);
    else
        return status_set(st, STATUS_USAGE, "unknown name '%s'", name);
    return STATUS_OK;
}

static void truth(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool expected;
    } rows[] = {
        {"hmm.states in (4,5) and rnn.hidden != 50 and status == failed", true},
        {"hmm.states == 4", true},
        {"hmm_states==4.0", true},
        {"hmm.states != 4", false},
        {"hmm.states < 5", true},
        {"hmm.states <= 4", true},
        {"hmm.states > 4", false},
        {"hmm.states >= 4", true},
        {"hmm.states in (1, 2, 3)", false},
        {"hmm.states not in (1, 2, 3)", true},
        {"not hmm.states in (4)", false},
        {"not not hmm.states == 4", true},
        {"status == 'failed'", true},
        {"status == \"failed\"", true},
        {"status != done", true},
        {"status in (done, failed)", true},
        {"status not in (done, failed)", false},
        {"emission == linear", true},
        {"emission == 1", true},
        {"emission in (gaussian, linear)", true},
        {"key == 0123", true},
        {"key == 123", false},
        {"rnn.hidden == 1.5e2", true},
        {"rnn.hidden > -5", true},
        /* and binds more tightly than or, not more tightly than and */
        {"hmm.states == 4 or hmm.states == 5 and status == done", true},
        {"(hmm.states == 4 or hmm.states == 5) and status == done", false},
        {"not hmm.states == 5 and status == failed", true},
        {"not (hmm.states == 4 and status == failed)", false},
        /* a comparison with NaN is false, also its opposite */
        {"loss < 1", false},
        {"loss != 1", false},
        {"loss in (1)", false},
        {"loss not in (1)", false},
        {"not loss < 1", true},
        {"0 < loss", false},
        {"loss == none", true},
        {"loss != none", false},
        {"none != rnn.hidden", true},
        {"host == none and status != none", true},
        {"loss in (1, none)", true},
        /* other spellings */
        {"hmm.states = 4", true},
        {"hmm.states==4&&!(status=done)||loss<1", true},
        {"! hmm.states == 5 && rnn.hidden > 5", true},
        {"hmm.states == 5 || status == failed && rnn.hidden < 5", false},
        {"hmm.states !in (1, 2)", true},
        {"50 == rnn.hidden", false},
        {"150 == rnn.hidden", true},
        {"'failed' == status", true},
        {"3 < hmm.states <= 5", true},
        {"4 < hmm.states <= 5", false},
        {"5 >= hmm.states > 3 and 100 < rnn.hidden", true},
        {"3 < hmm.states == 4 < rnn.hidden", true},
        {"hmm.states < 100 < rnn.hidden > 149", true},
        {"bias == true", true},
        {"bias", true},
        {"not bias or loss", false},
        {"(rnn.hidden) and seed", true},
        {"bias != false && bias == 1", true},
        {"false == bias", false},
        /* whole numbers of 64 bits */
        {"seed == 9007199254740993", true},
        {"seed == 9007199254740992", false},
        {"9007199254740992 < seed < 9007199254740994", true},
        {"seed == 9007199254740992.0", false},
        {"seed in (9007199254740992, 9007199254740994)", false},
        {"last == 9223372036854775807", true},
        {"last == 9223372036854775806", false},
        {"last < 9223372036854775808", true},
        {"last == 1e19 or last > 1e18", true},
        {"rate == 0.1 and rate == 1e-1 and rate != 0", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct status st = {0};
        bool result = !rows[i].expected;
        int calls = 0;
        if (expr_check(rows[i].text, &st)) fail_msg("%s: %s", rows[i].text, st.text);
        if (expr_eval(rows[i].text, lookup, &calls, &result, &st))
            fail_msg("%s: %s", rows[i].text, st.text);
        if (result != rows[i].expected) fail_msg("%s is %d", rows[i].text, result);
        assert_true(calls > 0);
    }
}

static void parse_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", "column 1: the name"},
        {"hmm.states 4", "column 12: one of"},
        {"hmm.states =", "column 13: a number"},
        {"hmm.states => 4", "column 13: a number"},
        {"hmm.states == ", "column 15: a number"},
        {"hmm.states == 4 status == done", "column 17: 'and', 'or'"},
        {"hmm.states == 4 and", "column 20: the name"},
        {"(hmm.states == 4", "column 17: ')'"},
        {"hmm.states == 4)", "column 16: "},
        {"hmm.states in 4", "column 15: '('"},
        {"hmm.states in (4", "column 17: ',' or ')'"},
        {"hmm.states in ()", "column 16: a number"},
        {"hmm.states in (4,)", "column 18: a number"},
        {"hmm.states not == 4", "column 16: 'in' behind not"},
        {"4 == 4", "column 6: the name"},
        {"4 in (4)", "column 3: one of"},
        {"status == 'failed", "column 11: the quote"},
        {"status == and", "column 11: a number"},
        {"a == 1 & b == 2", "column 8: & alone means nothing; write and or &&"},
        {"word_tv[3] [ < 1", "column 12: one of"},
        {"(hmm.states <", "column 14: a number"},
        /* the column counts characters, and the mark stands below the place */
        {"block = \u03b1 ? 2", "column 11: 'and', 'or' or the end was expected\n"
                               "block = \u03b1 ? 2\n          ^"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct status st = {0};
        check_code(expr_check(rows[i].text, &st), STATUS_USAGE, &st);
        if (!strstr(st.text, rows[i].words)) fail_msg("%s: %s", rows[i].text, st.text);
    }
}

static void eval_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"status and hmm.states == 4", "column 1: status is a word"},
        {"rnn.hiden == 4", "column 1: unknown name 'rnn.hiden'"},
        {"hmm.states == 4 or nothing == 1", "column 20: "}, /* not hidden by the true side */
        {"hmm.states == four", "column 15: hmm.states is a number, 'four' is not"},
        {"hmm.states == '4'", "column 15: hmm.states is a number, the text '4' is not"},
        {"3 < hmm.states < rnn.hidden", "column 18: hmm.states is a number, 'rnn.hidden' is not"},
        {"loss < none", "column 8: loss is a number, 'none' is not"},
        {"word_tv[3] < 1", "column 1: unknown name 'word_tv[3]'"},
        {"status < failed", "column 1: status is a word, it has no order"},
        {"3 < status", "column 5: status is a word, it has no order"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct status st = {0};
        bool result = true;
        int calls = 0;
        check_ok(expr_check(rows[i].text, &st), &st);
        check_code(expr_eval(rows[i].text, lookup, &calls, &result, &st), STATUS_USAGE, &st);
        if (!strstr(st.text, rows[i].words)) fail_msg("%s: %s", rows[i].text, st.text);
    }
}

/* text: depth x open, "hmm.states == 4", depth x close */
static int parse_nested(const char *open, const char *close, int depth)
{
    char text[5000] = "";
    struct status st = {0};
    for (int i = 0; i < depth; i++) strcat(text, open);
    strcat(text, "hmm.states == 4");
    for (int i = 0; i < depth; i++) strcat(text, close);
    return expr_check(text, &st);
}

static void bounds(void **state)
{
    (void)state;
    struct status st = {0};
    char text[4200];
    assert_int_equal(parse_nested("(", ")", 63), STATUS_OK);
    assert_int_equal(parse_nested("(", ")", 64), STATUS_USAGE);
    assert_int_equal(parse_nested("not ", "", 63), STATUS_OK);
    assert_int_equal(parse_nested("not ", "", 1000), STATUS_USAGE);
    memset(text, '(', 4100);
    text[4100] = '\0';
    check_code(expr_check(text, &st), STATUS_USAGE, &st);
    assert_non_null(strstr(st.text, "too long"));

    strcpy(text, "hmm.states == 5"); /* a long chain needs no depth */
    while (strlen(text) < 4000) strcat(text, " or rnn.hidden == 150");
    bool result = false;
    int calls = 0;
    check_ok(expr_check(text, &st), &st);
    check_ok(expr_eval(text, lookup, &calls, &result, &st), &st);
    assert_true(result);
}

/* Every prefix of a long expression and every single changed byte: an answer or an error. */
static void hostile_texts(void **state)
{
    (void)state;
    const char *text = "status not in ('a b',x) and (not hmm.states == -1e3 or loss <= .5)";
    char copy[128];
    int good = 0, bad = 0;
    for (size_t n = 0; n <= strlen(text); n++) {
        for (int c = 0; c < 256; c += n < strlen(text) ? 1 : 256) {
            struct status st = {0};
            bool result;
            int calls = 0;
            strcpy(copy, text);
            if (n < strlen(text)) copy[n] = (char)c;
            int code = expr_check(copy, &st);
            if (!code) code = expr_eval(copy, lookup, &calls, &result, &st);
            if (code) assert_int_equal(code, STATUS_USAGE);
            if (code)
                bad++;
            else
                good++;
        }
    }
    if (good < 100 || bad < 1000) fail_msg("%d read, %d refused", good, bad);
}

/* --- random expressions beside a plain evaluator -------------------------------------------------
 */

static uint32_t state_of_random = 1;

static int any(int n) /* 0..n-1 */
{
    state_of_random = state_of_random * 1664525u + 1013904223u;
    return (int)((state_of_random >> 8) % (uint32_t)n);
}

static const char *either(const char *a, const char *b)
{
    return any(2) ? a : b;
}

/* A comparison of hmm.states (4), rnn.hidden (150) or loss (NaN) with a number, or a chain or list
 * of them: appended to the text. Its truth. */
static bool random_comparison(char *text)
{
    static const char *const names[] = {"hmm.states", "rnn.hidden", "loss"}, *const ops[] = {
                                                                                 "==", "!=", "<",
                                                                                 "<=", ">",  ">="};
    static const double values[] = {4, 150, NAN};
    int name = any(3), a = any(2) ? 4 : 150, b = 3 + any(3), op = any(6);
    double x = values[name];
    bool nan = isnan(x);
    const bool truth[] = {x == a, x != a && !nan, x<a, x <= a, x> a, x >= a};
    static const int mirrored[] = {0, 1, 4, 5, 2, 3};
    char *end = text + strlen(text);
    switch (any(4)) {
    case 0: sprintf(end, "%s %s %d", names[name], ops[op], a); return truth[op];
    case 1: sprintf(end, "%d%s%s", a, ops[mirrored[op]], names[name]); return truth[op];
    case 2: sprintf(end, "%d < %s%s%d", b, names[name], ops[op], a); return x > b && truth[op];
    default:
        sprintf(end, "%s %s (%d, %d)", names[name], either("not in", "in"), a, b);
        return strstr(end, "not") ? !nan && x != a && x != b : x == a || x == b;
    }
}

static bool random_expression(char *text, int depth)
{
    int kind = depth > 0 ? any(4) : 0;
    if (kind == 0) return random_comparison(text);
    if (kind == 1) {
        strcat(text, either("not (", "!("));
        bool truth = random_expression(text, depth - 1);
        strcat(text, ")");
        return !truth;
    }
    strcat(text, "(");
    bool left = random_expression(text, depth - 1);
    strcat(text, kind == 2 ? either(") and (", ")&&(") : either(") or (", ")||("));
    bool right = random_expression(text, depth - 1);
    strcat(text, ")");
    return kind == 2 ? left && right : left || right;
}

static void random_expressions(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[4096] = "";
        struct status st = {0};
        bool expected = random_expression(text, 4), result;
        int calls = 0;
        if (expr_eval(text, lookup, &calls, &result, &st)) fail_msg("%s: %s", text, st.text);
        if (result != expected) fail_msg("%s is %d", text, result);
    }
}

/* Every kind of name: its text for --by, and whether --where compares it as a number. */
static void names_of_a_run(void **state)
{
    (void)state;
    static double half[] = {0.5, 0.5};
    static const struct {
        const char *name, *text;
        double number; /* NaN: a word */
    } rows[] = {
        {"rnn.hidden", "150", 150},
        {"rnn_hidden", "150", 150},
        {"hmm.stay_prob", "none", NAN},
        {"rnn.bias", "false", NAN},
        {"hmm.architecture", "linear-chain", NAN},
        {"train.learning_rate", "0.001", 0.001},
        {"train.betas", "[0.9,0.8]", NAN},
        {"hmm.start", "matrix-a5b5180f", NAN},
        {"seed", "9007199254740993", 9007199254740992},
        {"run", "7", 7},
        {"key", "00ff", NAN},
        {"block", "chain", NAN},
        {"attempts", "2", 2},
        {"status", "done", NAN},
    };
    struct settings settings;
    struct status st = {0};
    struct expr_value value;
    settings_default(&settings);
    settings.train.betas.value[1] = 0.8;
    settings.hmm.start = (struct matrix){1, 2, half, ""};
    struct named_run run = {.settings = &settings, .run = 7, .attempts = 2, .key = "00ff"};
    run.seed = 9007199254740993;
    run.block = "chain";
    run.status = "done";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(names_is_known(rows[i].name));
        check_ok(names_value(&run, rows[i].name, &value, &st), &st);
        assert_string_equal(value.text, rows[i].text);
        bool absent = strcmp(value.text, "none") == 0;
        assert_int_equal(value.is_number, absent || !isnan(rows[i].number));
        if (value.is_number && !absent) check_near(value.number, rows[i].number, 0);
        if (!strcmp(rows[i].name, "seed")) assert_true(value.whole == 9007199254740993);
        free(value.memory);
    }
    check_code(names_value(&run, "run.order", &value, &st), STATUS_USAGE, &st);
    run.study = &settings; /* of a grid */
    run.status = NULL;
    check_ok(names_value(&run, "run.order", &value, &st), &st);
    assert_string_equal(value.text, "longest");
    free(value.memory);
    check_code(names_value(&run, "status", &value, &st), STATUS_USAGE, &st);
    assert_non_null(strstr(st.text, "a grid knows no status"));
    check_code(names_value(&run, "hiddn", &value, &st), STATUS_USAGE, &st);
    assert_non_null(strstr(st.text, "Did you mean 'rnn.hidden'?"));
}

static const struct settings *one_of(void *all, int i)
{
    return ((const struct settings *const *)all)[i];
}

/* A run is told by what varies, without what follows from that; runs are counted in one wording. */
static void runs_for_people(void **state)
{
    (void)state;
    struct settings chain, cyclic;
    bool *tells = calloc((size_t)num_settings, sizeof *tells);
    char text[PLAN_COUNT_BYTES], *told;
    settings_default(&chain);
    cyclic = chain;
    cyclic.hmm.architecture = CYCLIC;
    cyclic.hmm.states = 4;
    settings_resolve(&chain, NULL, NULL);
    settings_resolve(&cyclic, NULL, NULL);
    const struct settings *all[] = {NULL, &chain, &cyclic};
    names_telling(one_of, all, 3, tells);
    told = names_tell(&cyclic, INT64_MAX, tells);
    assert_string_equal(told, "hmm.architecture=cyclic hmm.states=4 seed 9223372036854775807");
    free(told);
    all[2] = &chain;
    names_telling(one_of, all, 3, tells);
    told = names_tell(&chain, 0, tells);
    assert_string_equal(told, "seed 0");
    free(told);
    free(tells);
    static const int cell[] = {0, 0, 2, 2, 2};
    names_count(cell, 4, 3, text);
    assert_string_equal(text, "4 runs (2 cells x 2 seeds)");
    names_count(cell, 5, 3, text);
    assert_string_equal(text, "5 runs (2 cells)");
    names_count(cell, 1, 3, text);
    assert_string_equal(text, "1 run (1 cell x 1 seed)");
    names_count(cell, 0, 3, text);
    assert_string_equal(text, "0 runs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth),
        cmocka_unit_test(parse_errors),
        cmocka_unit_test(eval_errors),
        cmocka_unit_test(bounds),
        cmocka_unit_test(random_expressions),
        cmocka_unit_test(hostile_texts),
        cmocka_unit_test(names_of_a_run),
        cmocka_unit_test(runs_for_people),
    };
    return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
