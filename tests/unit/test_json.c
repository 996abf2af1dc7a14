/* test_json: what is written is read back, commas and escapes included; what RFC 8259 forbids is
 * refused. */
#include "../support/check.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* Every control character, quotes, backslash, a character of 1 to 4 bytes. */
static const char hard[] = "\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14"
                           "\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f \"\\/a\x7f é ± 漢 😀";

static char *written(int lines)
{
    char *text = NULL;
    size_t bytes;
    struct json json = {.out = open_memstream(&text, &bytes), .lines = lines};
    assert_non_null(json.out);
    json_open(&json, NULL, '{');
    json_integer(&json, "seed", 9007199254740993);
    json_number(&json, "loss", "%.3f", 0.5);
    json_number(&json, "none", "%.3f", NAN);
    json_number(&json, "much", "%.3f", -INFINITY);
    json_open(&json, "list", '[');
    json_value(&json, NULL, "true\nnot this");
    json_text(&json, NULL, NULL);
    json_open(&json, NULL, '{');
    json_close(&json);
    json_close(&json);
    json_text(&json, "a \"key\"", hard);
    json_close(&json);
    fclose(json.out);
    return text;
}

static void commas_and_lines(void **state)
{
    (void)state;
    static const char tail[] =
        "\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\u0008\\u0009\\n\\u000b\\u000c\\u000d"
        "\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019"
        "\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f \\\"\\\\/a\\u007f é ± 漢 😀\"";
    char expected[1024], *text = written(0);
    snprintf(expected, sizeof expected,
             "{\"seed\":9007199254740993,\"loss\":0.500,\"none\":null,\"much\":null,"
             "\"list\":[true,null,{}],\"a \\\"key\\\"\":\"%s}",
             tail);
    assert_string_equal(text, expected);
    free(text);
    text = written(1);
    snprintf(expected, sizeof expected,
             "{\n\"seed\": 9007199254740993,\n\"loss\": 0.500,\n\"none\": null,\n\"much\": null,\n"
             "\"list\": [true, null, {}],\n\"a \\\"key\\\"\": \"%s\n}",
             tail);
    assert_string_equal(text, expected);
    free(text);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    for (int lines = 0; lines < 4; lines++) {
        struct pool *pool = pool_new();
        struct node *root;
        struct status st = {0};
        char *text = written(lines);
        check_ok(json_read(pool, text, &root, &st), &st);
        assert_int_equal(root->count, 6);
        assert_string_equal(root->item[node_find(root, "seed")]->text, "9007199254740993");
        assert_true(node_is_null(root->item[node_find(root, "much")]));
        const struct node *list = root->item[node_find(root, "list")];
        assert_int_equal(list->count, 3);
        assert_string_equal(list->item[0]->text, "true");
        assert_false(list->item[0]->quoted);
        assert_int_equal(list->item[2]->kind, NODE_MAP);
        const struct node *last = root->item[node_find(root, "a \"key\"")];
        assert_string_equal(last->text, hard);
        assert_true(last->quoted);
        free(text);
        pool_free(pool);
    }
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text; /* NULL: refused */
    } rows[] = {
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u6f22\\uD83D\\ude00\"", "Aé漢😀"},
        {"\"\\u0000\"", NULL},
        {"\"\\ud83d\"", NULL},
        {"\"\\ud83dx\"", NULL},
        {"\"\\ud83d\\u0041\"", NULL},
        {"\"\\ude00\"", NULL},
        {"\"\\u00g1\"", NULL},
        {"\"\\u 041\"", NULL},
        {"\"\\u-041\"", NULL},
        {"\"\\u00", NULL},
        {"\"\\x\"", NULL},
        {"\"\\", NULL},
        {"\"\\\"", NULL},
        {"\"\t\"", NULL},
        {"\"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pool *pool = pool_new();
        struct node *root;
        struct status st = {0};
        int code = json_read(pool, rows[i].json, &root, &st);
        if (rows[i].text) {
            check_ok(code, &st);
            assert_string_equal(root->text, rows[i].text);
        } else {
            check_code(code, STATUS_BAD_GRID, &st);
            if (!strstr(st.text, "byte ")) fail_msg("%s: %s", rows[i].json, st.text);
        }
        pool_free(pool);
    }
}

static void numbers(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "-0", "12", "1.5", "-0.5e-3", "1E+10", "0e0"};
    static const char *const bad[] = {"",   "-",   ".5",  "01",   "1.",  "1e",  "1e+",
                                      "+1", "0x1", "nan", "1.5.", "--1", "1 2", "inf"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(json_number_length(good[i]), strlen(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (json_number_length(bad[i]) == strlen(bad[i]) && *bad[i]) fail_msg("%s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_lines),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(escapes),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
