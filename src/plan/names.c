/* names: see names.h. Refuses to open files: columns of results are rows.c's. */
#include "names.h"

#include "base/sheet.h"
#include "base/spelling.h"
#include "base/text.h"
#include "settings/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names of a run besides its settings. */
enum { LEAST_KEY = 4 }; /* digits of a key that choose by it */
enum { OWN_RUN, OWN_SEED, OWN_ATTEMPTS, OWN_KEY, OWN_BLOCK, OWN_STATUS, NUM_OWN };
static const char *const own_name[] = {"run", "seed", "attempts", "key", "block", "status"};

bool names_is_known(const char *name)
{
    const struct setting *row = settings_find_column(name);
    return row ? row->scope == SCOPE_RUN : text_index(own_name, NUM_OWN, name) >= 0;
}

/* The numbers of a matrix and its tag, behind its short text. */
static void add_numbers(const struct settings *s, const struct setting *row,
                        struct expr_value *value)
{
    char *text = value->memory, *numbers = settings_long_text(s, row);
    char tag[MATRIX_TAG_BYTES + 1] = "";
    size_t n = strlen(text);
    value->memory = NULL;
    if (numbers) settings_matrix_tag(numbers, tag);
    if (numbers && asprintf(&value->memory, "%s%c%s%c%s", text, 0, tag, 0, numbers) > 0) {
        value->tag = strncmp(text, tag, n) == 0 ? value->memory + n + 1 : NULL;
        value->least_tag = n;
        value->numbers = value->memory + n + 1 + MATRIX_TAG_BYTES + 1;
    }
    free(numbers);
    free(text);
}

static void setting_value(const struct settings *s, const struct setting *row,
                          struct expr_value *value)
{
    bool lists = row->type == SETTING_REAL_LIST || row->type == SETTING_MATRIX;
    *value = expr_number(row->names ? NAN : settings_number(s, row));
    value->memory = settings_text(s, row);
    value->is_number = !row->names && row->type != SETTING_BOOL && row->type != SETTING_FILE &&
                       !(lists && isnan(value->number));
    value->is_list = lists && value->is_number;
    if (value->memory && value_load(s, row).matrix.rows) add_numbers(s, row, value);
}

static void own_value(const struct named_run *r, int own, struct expr_value *value)
{
    const int64_t number[] = {r->run, r->seed, r->attempts};
    const char *const text[] = {r->key, r->block, r->status};
    if (own > OWN_ATTEMPTS) {
        value->memory = strdup(text[own - OWN_KEY]);
        value->tag = own == OWN_KEY ? value->memory : NULL;
        value->least_tag = LEAST_KEY;
        return;
    }
    *value = expr_whole(number[own]);
    value->is_number = true;
    if (asprintf(&value->memory, "%" PRId64, number[own]) < 0) value->memory = NULL;
}

int names_value(const struct named_run *r, const char *name, struct expr_value *value,
                struct status *st)
{
    const struct setting *row = settings_find_column(name);
    const struct settings *s = row && row->scope == SCOPE_STUDY ? r->study : r->settings;
    int own = text_index(own_name, NUM_OWN, name);
    *value = (struct expr_value){.number = NAN};
    if (row && s)
        setting_value(s, row, value);
    else if (own >= 0 && (r->status || (own != OWN_STATUS && own != OWN_ATTEMPTS)))
        own_value(r, own, value);
    else if (own >= 0)
        return status_set(st, STATUS_USAGE, "a grid knows no %s, only a results file does", name);
    else
        return names_unknown(name, names_nearest(name, NULL, 0), st);
    value->text = value->memory;
    return value->text ? STATUS_OK : status_no_memory(st, "the value of %s", name);
}

/* --- for people ---------------------------------------------------------------------------------
 */

void names_telling(const struct settings *(*settings_of)(void *context, int i), void *context,
                   int num, bool *tells)
{
    struct settings defaults;
    const struct settings *first = NULL;
    settings_default(&defaults);
    for (int k = 0; k < num_settings; k++) tells[k] = false;
    for (int i = 0; i < num && !first; i++) first = settings_of(context, i);
    for (int k = 0; k < num_settings && first; k++) {
        const struct setting *row = &settings_table[k];
        bool varies = false, set = strcmp(row->default_text, "auto") != 0;
        for (int i = 0; i < num && row->scope == SCOPE_RUN && !(varies && set); i++) {
            const struct settings *s = settings_of(context, i);
            if (!s) continue;
            varies = varies || !settings_equal(first, s, row);
            set = set || !settings_is_default(s, &defaults, row);
        }
        tells[k] = varies && set;
    }
}

char *names_tell(const struct settings *s, int64_t seed, const bool *tells)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    bool good = true;
    if (!out) return NULL;
    for (int k = 0; k < num_settings; k++) {
        if (!tells[k]) continue;
        char *text = settings_text(s, &settings_table[k]);
        good = good && text;
        fprintf(out, "%s=%s ", settings_table[k].key, text ? text : "");
        free(text);
    }
    fprintf(out, "seed %" PRId64, seed);
    return sheet_close(&sheet, out, good, NULL);
}

void names_count(const int *cell, int num, int num_cells, char text[PLAN_COUNT_BYTES])
{
    int *runs = calloc((size_t)num_cells + 1, sizeof *runs), cells = 0, seeds = 0;
    bool even = true;
    for (int i = 0; i < num && runs && cell; i++) runs[cell[i]]++;
    for (int c = 0; c < num_cells && runs; c++) {
        if (!runs[c]) continue;
        cells++;
        even = even && (seeds == 0 || seeds == runs[c]);
        seeds = runs[c];
    }
    free(runs);
    int n = snprintf(text, PLAN_COUNT_BYTES, "%d run%s", num, num == 1 ? "" : "s");
    if (cells == 0) return; /* also where memory was out: the text can do without */
    n += snprintf(text + n, PLAN_COUNT_BYTES - (size_t)n, " (%d cell%s", cells,
                  cells == 1 ? "" : "s");
    if (even)
        n += snprintf(text + n, PLAN_COUNT_BYTES - (size_t)n, " x %d seed%s", seeds,
                      seeds == 1 ? "" : "s");
    snprintf(text + n, PLAN_COUNT_BYTES - (size_t)n, ")");
}

/* --- suggestions --------------------------------------------------------------------------------
 */

const char *names_nearest(const char *name, const char *const *other, int num)
{
    for (int i = 0; i < num_settings; i++) /* "states", whatever else is spelt nearly so */
        if (settings_table[i].scope == SCOPE_RUN &&
            strcmp(strchr(settings_table[i].key, '.') + 1, name) == 0)
            return settings_table[i].key;
    const char **candidate = calloc((size_t)(NUM_OWN + num_settings + num), sizeof *candidate);
    if (!candidate) return NULL; /* the error that asks for a suggestion stands without it */
    for (int i = 0; i < NUM_OWN; i++) candidate[i] = own_name[i];
    for (int i = 0; i < num_settings; i++)
        if (settings_table[i].scope == SCOPE_RUN) candidate[NUM_OWN + i] = settings_table[i].key;
    for (int i = 0; i < num; i++) candidate[NUM_OWN + num_settings + i] = other[i];
    const char *nearest = spelling_nearest(name, candidate, NUM_OWN + num_settings + num);
    free(candidate);
    if (nearest) return nearest;
    nearest = settings_nearest(name); /* knows the part behind the dot alone: "hiden" */
    return nearest && names_is_known(nearest) ? nearest : NULL;
}

int names_unknown(const char *name, const char *nearest, struct status *st)
{
    if (nearest)
        return status_set(st, STATUS_USAGE, "unknown name '%.60s'. Did you mean '%s'?", name,
                          nearest);
    return status_set(st, STATUS_USAGE,
                      "unknown name '%.60s'; a name is a setting such as rnn.hidden, seed, block, "
                      "key, run or, of a results file, a column",
                      name);
}
