/* test_show: characters that steer a terminal are shown by their numbers, all others as they are.
 */
#include "../support/check.h"
#include "base/json.h"
#include "base/log.h"
#include "base/show.h"

#include <stdlib.h>
#include <string.h>

/* What print writes of a text. */
static char *written(void (*print)(FILE *out, const char *text), const char *text)
{
    char *whole = NULL;
    size_t bytes;
    FILE *out = open_memstream(&whole, &bytes);
    assert_non_null(out);
    print(out, text);
    assert_int_equal(fclose(out), 0);
    return whole;
}

static void check_written(void (*print)(FILE *, const char *), const char *text, const char *wanted)
{
    char *whole = written(print, text);
    assert_string_equal(whole, wanted);
    free(whole);
}

static void print_shown(FILE *out, const char *text)
{
    show_on(out, "%s", text);
}

static void print_logged(FILE *out, const char *text)
{
    log_line(&(struct log){.out = out, .level = LOG_INFO, .rank = -1}, LOG_INFO, "%s", text);
}

static void shown_on_a_stream(void **state)
{
    (void)state;
    check_written(print_shown, "caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80\n\tx",
                  "caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80\n\tx");
    check_written(print_shown, "\033[2J \a\b\r\x7f", "\\x1b[2J \\x07\\x08\\x0d\\x7f");
    check_written(print_shown,
                  "\xc2\x9b"
                  "31m \xc2\x85",
                  "\\u009b31m \\u0085");
    check_written(print_shown, "a\xe2\x80\xaeltr\xe2\x81\xa9\xd8\x9c", "a\\u202eltr\\u2069\\u061c");
    check_written(print_shown,
                  "\x9b"
                  "31m \xc3",
                  "\\x9b31m \\xc3"); /* not UTF-8 */
}

static void long_texts_are_whole(void **state)
{
    (void)state;
    char text[10001] = "";
    memset(text, 0x1b, sizeof text - 1);
    char *whole = written(print_shown, text);
    assert_int_equal(strlen(whole), 4 * (sizeof text - 1));
    free(whole);
    whole = written(print_logged, text);
    assert_null(strchr(whole, 0x1b));
    assert_int_equal(whole[strlen(whole) - 1], '\n');
    free(whole);
}

static void logged(void **state)
{
    (void)state;
    check_written(print_logged, "a\033\nb\xc2\x9b", "hmmgrid: a\\x1b\n  b\\u009b\n");
}

static void in_json_nothing_is_lost(void **state)
{
    (void)state;
    struct status st = {0};
    struct node *root;
    const char *text = "\"a\\\033\x7f\xc2\x9b\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf\n";
    char *whole = written(json_put_text, text);
    assert_string_equal(whole, "\"\\\"a\\\\\\u001b\\u007f\\u009b\\u2028\\u202e\\ufeff\\n\"");
    struct pool *pool = pool_new();
    check_ok(json_read(pool, whole, &root, &st), &st);
    assert_string_equal(root->text, text);
    pool_free(pool);
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shown_on_a_stream), cmocka_unit_test(long_texts_are_whole),
        cmocka_unit_test(logged), cmocka_unit_test(in_json_nothing_is_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
