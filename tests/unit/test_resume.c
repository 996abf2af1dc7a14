/* test_resume: a run that is stopped, anywhere and again and again, and goes on from its
 * checkpoints ends with the bits of one that was never stopped. */
#include "../support/check.h"
#include "../support/small.h"
#include "experiment/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char key[] = "0123456789abcdef";

/* Two learning rates, snapshots; never accepted, so that it is trained three times. */
static struct settings small(void)
{
    struct settings s = small_settings(2);
    struct status st = {0};
    s.measure.sequences = 40;
    s.accept.max_excess_loss = 1e-9;
    s.reseed.max = 2;
    s.analysis.steps = 300;
    for (int i = 0; i < num_analyses; i++) analysis_enable(analysis_table[i], false, &s);
    check_ok(settings_resolve(&s, NULL, &st), &st);
    return s;
}

/* --- a run ------------------------------------------------------------------------------------ */

struct trial {
    struct settings s;
    char folder[200];
    int asked, stop_at; /* stop_at 0: never */
    int epochs;         /* trained by this process of the run */
    bool keeps_state;
};

static bool should_stop(void *context)
{
    struct trial *t = context;
    return ++t->asked == t->stop_at;
}

static void epoch_done(void *context, int epoch, int num_epochs, float train_loss, float val_loss)
{
    (void)epoch, (void)num_epochs, (void)train_loss, (void)val_loss;
    ((struct trial *)context)->epochs++;
}

static int perform(struct trial *t, double every_s, const char *program, int stop_at,
                   struct run_output *out)
{
    struct status st = {0};
    struct checkpoints checkpoints = {t->folder, program, every_s, t->keeps_state};
    struct run_context context = {.watch = {{should_stop, t}, epoch_done},
                                  .checkpoints = program ? &checkpoints : NULL};
    t->asked = t->epochs = 0;
    t->stop_at = stop_at;
    int code = experiment_run(&t->s, key, 3, &context, out, &st);
    if (code != STATUS_RUN_STOPPED) check_ok(code, &st);
    return code;
}

/* All parts but the last two, which are times, and those of the processor in the analyses. */
static void same(const struct settings *s, struct run_output *a, struct run_output *b)
{
    struct run_part x[MAX_RUN_PARTS], y[MAX_RUN_PARTS];
    for (int i = 0; i < num_analyses; i++) a->analyses.cpu_s[i] = b->analyses.cpu_s[i] = 0;
    int num = run_output_parts(s, a, x);
    assert_int_equal(run_output_parts(s, b, y), num);
    for (int i = 0; i < num - 2; i++) {
        assert_int_equal(x[i].bytes, y[i].bytes);
        if (x[i].bytes) assert_memory_equal(x[i].value, y[i].value, x[i].bytes);
    }
}

static int make(void **state)
{
    struct trial *t = calloc(1, sizeof *t);
    const char *base = getenv("TMPDIR");
    if (!t) return -1;
    *state = t;
    t->s = small();
    snprintf(t->folder, sizeof t->folder, "%.150s/resume-XXXXXX", base ? base : "/tmp");
    return mkdtemp(t->folder) ? 0 : -1;
}

static int clear(void **state)
{
    struct trial *t = *state;
    checkpoint_remove(t->folder, key);
    int code = rmdir(t->folder);
    free(t);
    return code;
}

/* Stop it at its n-th question, then let it end. */
static void stop_and_go_on(struct trial *t, int n, struct run_output *whole)
{
    struct run_output out;
    assert_int_equal(perform(t, INFINITY, "1", n, &out), STATUS_RUN_STOPPED);
    run_output_free(&out);
    bool kept = checkpoint_is_there(t->folder, key);
    assert_true(kept || t->epochs == 0); /* before the first epoch there is nothing to keep */
    assert_int_equal(perform(t, INFINITY, "1", 0, &out), STATUS_OK);
    same(&t->s, &out, whole);
    assert_true(kept == (out.earlier_wall_s > 0 && out.earlier_cpu_s > 0));
    run_output_free(&out);
    checkpoint_remove(t->folder, key);
}

/* --- tests ------------------------------------------------------------------------------------ */

/* At every question of training, with its floor and three seeds, and of measuring. */
static void stopped_anywhere(void **state)
{
    struct trial *t = *state;
    struct run_output whole;
    assert_int_equal(perform(t, 0, NULL, 0, &whole), STATUS_OK);
    assert_int_equal(whole.reseeds, 2);
    assert_int_equal(t->epochs, 12);
    int asked = t->asked;
    assert_true(asked > 12 * 4 + 3 * 2);
    for (int n = 1; n <= asked; n++) stop_and_go_on(t, n, &whole);
    run_output_free(&whole);
}

/* Of the analyses those that are quick. */
static void stopped_in_analyses(void **state)
{
    struct trial *t = *state;
    struct run_output whole, out;
    t->s.reseed.max = 0;
    t->s.analysis.pca = t->s.analysis.readout = t->s.analysis.trajectory = true;
    t->s.analysis.stability = t->s.analysis.orbit = t->s.analysis.evolution = true;
    assert_int_equal(perform(t, 0, NULL, 0, &whole), STATUS_OK);
    int first = 4 * 4, asked = t->asked, stride = 1 + (asked - first) / 40;
    assert_true(asked > first + 10);
    for (int n = first; n <= asked; n += stride) stop_and_go_on(t, n, &whole);

    /* and in goes, each longer than the one before */
    int goes = 1;
    while (perform(t, INFINITY, "1", 1 + goes * asked / 12, &out) == STATUS_RUN_STOPPED) {
        run_output_free(&out);
        goes++;
    }
    assert_true(goes > 3);
    same(&t->s, &out, &whole);
    run_output_free(&out);
    run_output_free(&whole);
}

/* A process that is killed leaves what it kept last: here, all epochs and parts. */
static void kept_as_it_goes(void **state)
{
    struct trial *t = *state;
    struct run_output whole, out;
    assert_int_equal(perform(t, 0, "1", 0, &whole), STATUS_OK);
    assert_int_equal(t->epochs, 12);
    assert_int_equal(perform(t, 0, "1", 0, &out), STATUS_OK);
    assert_int_equal(t->epochs, 0);
    assert_int_equal(t->asked, 0);
    same(&t->s, &out, &whole);
    run_output_free(&out);

    assert_int_equal(perform(t, 0, "2", 0, &out), STATUS_OK); /* another version */
    assert_int_equal(t->epochs, 12);
    run_output_free(&out);
    t->s.analysis.pca = true; /* another grid */
    assert_int_equal(perform(t, 0, "2", 0, &out), STATUS_OK);
    assert_int_equal(t->epochs, 12);
    run_output_free(&out);
    run_output_free(&whole);
}

/* Nowhere to write: the run ends all the same. */
static void without_a_folder(void **state)
{
    struct trial *t = *state;
    struct run_output out;
    snprintf(t->folder + strlen(t->folder), 40, "/no/such/folder");
    assert_int_equal(perform(t, 0, "1", 0, &out), STATUS_OK);
    *strstr(t->folder, "/no/such/folder") = '\0';
    run_output_free(&out);
}

/* Longer training of the same network from the end of a shorter one: with the bits of training from
 * the beginning, of which as many epochs are saved as the shorter one had. */
static void goes_on_longer(struct trial *t, int epochs, int trained)
{
    struct run_output whole, out;
    t->s.train.epochs = epochs;
    assert_int_equal(perform(t, 0, NULL, 0, &whole), STATUS_OK);
    assert_int_equal(t->epochs, epochs);
    assert_int_equal(perform(t, INFINITY, "1", 0, &out), STATUS_OK);
    assert_int_equal(t->epochs, trained);
    same(&t->s, &out, &whole);
    run_output_free(&out);
    run_output_free(&whole);
}

static void a_longer_training(void **state)
{
    struct trial *t = *state;
    char training_key[RUN_KEY_BYTES], name[64];
    t->s = small_settings(5); /* snapshots of every second epoch and the last */
    t->s.train.learning_rate.count = 1;
    t->s.measure.sequences = 40;
    for (int i = 0; i < num_analyses; i++) analysis_enable(analysis_table[i], false, &t->s);
    struct status st = {0};
    check_ok(settings_resolve(&t->s, NULL, &st), &st);
    goes_on_longer(t, 5, 5); /* none is kept unless it is said */
    goes_on_longer(t, 7, 7);
    t->keeps_state = true;
    goes_on_longer(t, 4, 4);
    goes_on_longer(t, 9, 5);
    goes_on_longer(t, 6, 2);
    goes_on_longer(t, 3, 3); /* all are longer */
    goes_on_longer(t, 4, 0);

    t->s.train.snapshots =
        3; /* other snapshots, another rate after the first: from the beginning */
    goes_on_longer(t, 5, 5);
    settings_training_key(&t->s, 3, training_key);
    for (int epochs = 3; epochs <= 9; epochs++) {
        snprintf(name, sizeof name, "%s-%d", training_key, epochs);
        checkpoint_remove(t->folder, name);
    }
}

/* Never accepted: the first seed goes on from its state, the further ones are trained anew; and a
 * schedule of two rates has no shorter one. */
static void a_longer_training_of_other_seeds(void **state)
{
    struct trial *t = *state;
    char training_key[RUN_KEY_BYTES], name[64];
    struct run_output whole, out;
    t->keeps_state = true;
    assert_int_equal(perform(t, INFINITY, "1", 0, &out), STATUS_OK);
    run_output_free(&out);
    assert_int_equal(checkpoint_find_state(t->folder, "", 1000), 0);
    t->s.train.learning_rate.count = 1;
    settings_training_key(&t->s, 3, training_key);
    assert_int_equal(perform(t, INFINITY, "1", 0, &out), STATUS_OK);
    assert_int_equal(t->epochs, 3 * 2);
    run_output_free(&out);
    t->s.train.epochs = 3;
    assert_int_equal(perform(t, 0, NULL, 0, &whole), STATUS_OK);
    assert_int_equal(perform(t, INFINITY, "1", 0, &out), STATUS_OK);
    assert_int_equal(t->epochs, 1 + 3 + 3);
    same(&t->s, &out, &whole);
    run_output_free(&out);
    run_output_free(&whole);
    for (int epochs = 2; epochs <= 3; epochs++) {
        snprintf(name, sizeof name, "%s-%d", training_key, epochs);
        checkpoint_remove(t->folder, name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stopped_anywhere, make, clear),
        cmocka_unit_test_setup_teardown(stopped_in_analyses, make, clear),
        cmocka_unit_test_setup_teardown(kept_as_it_goes, make, clear),
        cmocka_unit_test_setup_teardown(without_a_folder, make, clear),
        cmocka_unit_test_setup_teardown(a_longer_training, make, clear),
        cmocka_unit_test_setup_teardown(a_longer_training_of_other_seeds, make, clear),
    };
    return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
