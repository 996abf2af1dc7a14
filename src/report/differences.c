/* differences: see differences.h. Refuses to judge: another version may be right to say something
 * else. */
#include "differences.h"

#include "base/sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMED = 8 };

/* What may explain that results differ: attributes of a file, and the columns, where there is one,
 * that say it of a run. */
static const struct {
    const char *name, *column;
} facts[] = {{"study", NULL},      {"program_version", "version"}, {"git_commit", NULL},
             {"kernel", "kernel"}, {"blas_core", "blas_core"},     {"cpu", NULL}};
enum { NUM_FACTS = sizeof facts / sizeof facts[0] };

/* --- facts and settings ----------------------------------------------------------------------- */

static void say(struct differences *d, const char *what, const char *a, const char *b)
{
    table_cell(&d->facts, "%s", what);
    table_cell(&d->facts, "%s", a);
    table_cell(&d->facts, "%s", b);
}

/* What a column of text or of integers says of the two runs. */
static int say_column(struct differences *d, const char *name, struct status *st)
{
    char text[2][300] = {"", ""};
    const struct side *side[2] = {&d->a, &d->b};
    for (int i = 0; i < 2; i++) {
        int column = store_find_column(side[i]->store, name);
        int code = column < 0 ? 0
                              : store_read_text(side[i]->store, column, side[i]->run, text[i],
                                                sizeof text[i], st);
        if (code) return code;
    }
    if (strcmp(text[0], text[1]) != 0) say(d, name, text[0], text[1]);
    return STATUS_OK;
}

static bool is_of_run(const struct side *side, const char *column)
{
    return column && side->run >= 0 && store_find_column(side->store, column) >= 0;
}

static int say_facts(struct differences *d, struct status *st)
{
    int code = STATUS_OK;
    for (int i = 0; i < NUM_FACTS && !code; i++) {
        const char *a = store_attribute(d->a.store, facts[i].name),
                   *b = store_attribute(d->b.store, facts[i].name), *column = facts[i].column;
        if (is_of_run(&d->a, column) && is_of_run(&d->b, column))
            code = say_column(d, column, st);
        else if (strcmp(a, b) != 0)
            say(d, facts[i].name, a, b);
    }
    return code;
}

/* Has one of these runs the value of `run`? */
static bool is_named(const struct decoded_run *const *named, int num, const struct decoded_run *run,
                     const struct setting *row)
{
    for (int i = 0; i < num; i++)
        if (settings_equal(&named[i]->settings, &run->settings, row)) return true;
    return false;
}

/* The values that a setting has in the runs of a side, "50, 150", the first ones of many; malloc'd.
 */
static char *values_of(const struct side *side, const struct setting *row, struct status *st)
{
    const struct decoded_run *named[MOST_NAMED];
    int first = side->run < 0 ? 0 : side->run, num = 0;
    int last = side->run < 0 ? store_num_runs(side->store) - 1 : side->run;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    bool good = out;
    for (int i = first; i <= last && good; i++) {
        const struct decoded_run *run = store_settings(side->store, i, st);
        if (run && is_named(named, num, run, row)) continue;
        char *text = run ? settings_text(&run->settings, row) : NULL;
        good = text;
        if (good && num) fputs(", ", out);
        if (good) fputs(num < MOST_NAMED ? text : "...", out);
        free(text);
        if (num == MOST_NAMED) break;
        named[num++] = run;
    }
    return out ? sheet_close(&sheet, out, good, NULL) : NULL;
}

static int say_settings(struct differences *d, struct status *st)
{
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        if (row->scope != SCOPE_RUN) continue;
        char *a = values_of(&d->a, row, st), *b = a ? values_of(&d->b, row, st) : NULL;
        if (a && b && strcmp(a, b) != 0) say(d, row->key, a, b);
        bool bad = !a || !b;
        free(a);
        free(b);
        if (bad) return st->code ? st->code : status_no_memory(st, "the settings");
    }
    return STATUS_OK;
}

/* --- scores ----------------------------------------------------------------------------------- */

static double size_of(const struct store_difference *x)
{
    return x->num_alone ? INFINITY : x->largest;
}

static void take_difference(void *context, const struct store_difference *x)
{
    struct differences *d = context;
    int i = 0;
    while (i < d->num_scores && strcmp(d->score[i].name, x->name) != 0) i++;
    if (i == d->num_scores) {
        struct score_difference *grown =
            realloc(d->score, (size_t)(d->num_scores + 1) * sizeof *grown);
        if (!grown) {
            d->no_memory = true;
            return;
        }
        d->score = grown;
        d->score[d->num_scores++] = (struct score_difference){.runs = 0};
        snprintf(d->score[i].name, sizeof d->score[i].name, "%s", x->name);
    }
    struct score_difference *s = &d->score[i];
    if (s->runs++ && size_of(x) <= size_of(&s->worst)) return;
    s->worst = *x;
    s->worst.name = NULL; /* the store's */
    s->run_a = d->run_a;
    s->run_b = d->run_b;
}

static int compare_runs(struct differences *d, int run_a, int run_b, struct status *st)
{
    d->run_a = run_a;
    d->run_b = run_b;
    int code = store_differences(d->a.store, run_a, d->b.store, run_b, take_difference, d, st);
    return !code && d->no_memory ? status_no_memory(st, "the scores") : code;
}

/* --- files ------------------------------------------------------------------------------------ */

static int compare_by_key(const void *a, const void *b, void *keys)
{
    char(*key)[33] = keys;
    return strcmp(key[*(const int *)a], key[*(const int *)b]);
}

static int sort_runs(struct side *side, struct status *st)
{
    int num = store_num_runs(side->store);
    side->order = calloc((size_t)num + 1, sizeof *side->order);
    side->key = calloc((size_t)num + 1, sizeof *side->key);
    if (!side->order || !side->key) return status_no_memory(st, "%d runs", num);
    for (int i = 0; i < num; i++) {
        const struct decoded_run *run = store_settings(side->store, i, st);
        if (!run) return st->code;
        side->order[i] = i;
        memcpy(side->key[i], run->key, sizeof side->key[i]);
    }
    qsort_r(side->order, (size_t)num, sizeof *side->order, compare_by_key, side->key);
    return STATUS_OK;
}

/* A run that both have. */
static int compare_pair(struct differences *d, int run_a, int run_b, struct status *st)
{
    int x = store_run_status(d->a.store, run_a), y = store_run_status(d->b.store, run_b);
    d->num_both++;
    if (x == y) return x >= RUN_DONE ? compare_runs(d, run_a, run_b, st) : STATUS_OK;
    d->num_status++;
    table_cell(&d->status, "%.8s", d->a.key[run_a]);
    table_cell(&d->status, "%d", run_a);
    table_cell(&d->status, "%s", run_status_name[x]);
    table_cell(&d->status, "%d", run_b);
    table_cell(&d->status, "%s", run_status_name[y]);
    return STATUS_OK;
}

static int compare_files(struct differences *d, struct status *st)
{
    int i = 0, j = 0, num_a = store_num_runs(d->a.store), num_b = store_num_runs(d->b.store);
    int code = sort_runs(&d->a, st);
    if (!code) code = sort_runs(&d->b, st);
    while (!code && (i < num_a || j < num_b)) {
        int x = i < num_a ? d->a.order[i] : -1, y = j < num_b ? d->b.order[j] : -1;
        int order = x < 0 ? 1 : y < 0 ? -1 : strcmp(d->a.key[x], d->b.key[y]);
        if (order == 0) code = compare_pair(d, x, y, st);
        d->num_a += order < 0;
        d->num_b += order > 0;
        i += order <= 0;
        j += order >= 0;
    }
    return code;
}

/* --- two runs --------------------------------------------------------------------------------- */

static int check_finished(const struct side *side, struct status *st)
{
    int status = store_run_status(side->store, side->run);
    if (status >= RUN_DONE) return STATUS_OK;
    return status_set(st, STATUS_NO_INPUT, "%s: run %d has no results to compare: it is %s",
                      side->path, side->run, run_status_name[status]);
}

static int compare_two(struct differences *d, struct status *st)
{
    int code = check_finished(&d->a, st);
    if (!code) code = check_finished(&d->b, st);
    if (!code) code = say_column(d, "seed", st);
    if (!code) code = say_column(d, "status", st);
    d->num_status =
        !code && store_run_status(d->a.store, d->a.run) != store_run_status(d->b.store, d->b.run);
    return code ? code : compare_runs(d, d->a.run, d->b.run, st);
}

/* --- both ------------------------------------------------------------------------------------- */

int differences_find(struct differences *d, struct status *st)
{
    static const char *const facts_heading[] = {"", "a", "b"}, *const status_heading[] = {
                                                                   "key", "run a", "a", "run b",
                                                                   "b"};
    for (int i = 0; i < 3; i++) table_column(&d->facts, false, "%s", facts_heading[i]);
    for (int i = 0; i < 5; i++) table_column(&d->status, false, "%s", status_heading[i]);
    int code = say_facts(d, st);
    if (!code) code = say_settings(d, st);
    return code ? code : (d->a.run < 0 ? compare_files : compare_two)(d, st);
}

bool differences_any(const struct differences *d)
{
    return d->num_a || d->num_b || d->num_status || d->num_scores;
}

static void close_side(struct side *side)
{
    store_close(side->store);
    free(side->path);
    free(side->order);
    free(side->key);
}

void differences_free(struct differences *d)
{
    close_side(&d->a);
    close_side(&d->b);
    table_free(&d->facts);
    table_free(&d->status);
    free(d->score);
}
