/* test_batch: what sbatch is told: times in its own words, flags that exclude each other, lines
 * that it reads back as they were meant; and scripts that nobody has changed. */
#include "batch/flags.h"
#include "batch/script.h"

#include "../support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Forms of sbatch(1), --time. */
static void test_times(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } times[] = {{"5", 300},
                 {"5:30", 330},
                 {"1:05:30", 3930},
                 {"2-3", 183600},
                 {"2-3:04", 183840},
                 {"2-03:04:05", 183845},
                 {"infinite", INFINITY},
                 {"UNLIMITED", INFINITY},
                 {"0", 0}};
    static const char *const none[] = {"",        "-",  "a",  "5:",    ":5",
                                       "1:2:3:4", "1-", "-5", "5 min", "1-2-3"};
    char text[48];
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        assert_true(slurm_seconds(times[i].text) == times[i].seconds);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_true(isnan(slurm_seconds(none[i])));
    assert_string_equal(slurm_time(183845, text), "2-03:04:00");
    assert_true(slurm_seconds(slurm_time(90, text)) == 60);
}

static void test_flags(void **state)
{
    struct flags f = {.pool = pool_new()};
    struct status st = {0};
    (void)state;
    check_ok(flags_say(&f, "mem-per-cpu=2G", NULL, &st), &st);
    check_ok(flags_say(&f, "qos=a", NULL, &st), &st);
    check_ok(flags_say(&f, "mem=4G", "me", &st), &st);
    check_ok(flags_say(&f, "exclusive", "me", &st), &st);
    check_ok(flags_say(&f, "qos=b=c", "me", &st), &st);
    assert_int_equal(f.num, 3);
    assert_null(flags_find(&f, "mem-per-cpu"));
    assert_string_equal(flags_value(&f, "qos"), "b=c");
    assert_string_equal(flags_find(&f, "qos")->from, "me");
    assert_non_null(flags_find(&f, "exclusive"));
    assert_null(flags_value(&f, "exclusive"));
    flags_drop(&f, "qos");
    assert_null(flags_find(&f, "qos"));
    assert_int_equal(flags_say(&f, "comment=a\nb", NULL, &st), STATUS_USAGE);
    assert_int_equal(flags_say(&f, "Mem=1", NULL, &st), STATUS_USAGE);
    assert_int_equal(flags_say(&f, "", NULL, &st), STATUS_USAGE);
    assert_int_equal(flags_say(&f, "wrap=ls", NULL, &st), STATUS_USAGE);
    for (int i = 0; i < MAX_FLAGS - 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        check_ok(flags_set(&f, name, "1", NULL, &st), &st);
    }
    assert_int_equal(flags_say(&f, "y=1", NULL, &st), STATUS_USAGE);
    pool_free(f.pool);
}

static const char model[] = "#!/bin/bash\n"
                            "# What it is.\n"
                            "#SBATCH --requeue\n"
                            "#SBATCH --comment=x\n"
                            "\n"
                            "file=study.h5 # results\n"
                            "other=(1 2)\n"
                            "\n"
                            "# --- the same for every study ---\n"
                            "file=kept\n";

static const char made[] = "# What it is.\n"
                           "#SBATCH --requeue\n"
                           "# me\\x0aagain\n"
                           "#SBATCH --comment=\"a \\\"b\\\" \\\\\"\n"
                           "\n"
                           "file='x y' # me\n"
                           "other=(1 2)\n"
                           "\n"
                           "# site\n"
                           "module load mpi\n"
                           "\n"
                           "# --- the same for every study ---\n"
                           "file=kept\n";

static void test_script(void **state)
{
    struct flags f = {.pool = pool_new()};
    struct status st = {0};
    struct profile profile = {.modules = {.line = {"mpi"}, .from = "site", .num = 1}};
    struct script script = {model, &f, &profile, {{"file", "'x y'", "me"}}, 1};
    char path[] = "/tmp/test_batch_XXXXXX";
    (void)state;
    check_ok(script_flags(model, &f, &st), &st);
    check_ok(flags_set(&f, "comment", "a \"b\" \\", "me\nagain", &st), &st);
    char *text = script_text(&script);
    assert_non_null(text);
    assert_non_null(strstr(text, made));
    assert_int_equal(strncmp(text, "#!/bin/bash\n# made by `hmmgrid submit`", 38), 0);

    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(script_write(path, text, true, &st), STATUS_CANNOT_CREATE); /* it is empty */
    assert_int_equal(unlink(path), 0);
    check_ok(script_write(path, text, false, &st), &st);
    assert_int_not_equal(access(path, F_OK), 0);
    check_ok(script_write(path, text, true, &st), &st);
    check_ok(script_write(path, text, true, &st), &st); /* as made: replaced */
    char *other = strdup(text);
    other[strlen(other) - 2] = 'x';
    assert_int_equal(unlink(path), 0);
    check_ok(script_write(path, other, true, &st), &st);
    assert_int_equal(script_write(path, text, true, &st), STATUS_CANNOT_CREATE); /* changed */
    assert_int_equal(unlink(path), 0);
    close(fd);
    free(other);
    free(text);
    pool_free(f.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_times), cmocka_unit_test(test_flags),
                                       cmocka_unit_test(test_script)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
