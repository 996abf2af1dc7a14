/* topics: see help.h. What `hmmgrid help TOPIC` prints of the tables of settings, metrics and
 * analyses, so that it cannot drift from them. Refuses to explain what no table says: pages.c. */
#include "help.h"

#include "base/paper.h"
#include "hmmgrid/analyse.h"
#include "hmmgrid/metrics.h"
#include "hmmgrid/settings.h"
#include "report/scores.h"
#include "store/columns.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int unknown(const char *what, const char *name, const char *nearest, struct status *st)
{
    return status_set(st, STATUS_USAGE, "no %s is called '%.60s'.%s%s%s", what, name,
                      nearest ? " Did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
}

/* --- settings ------------------------------------------------------------------------------------
 */

static const char matrix_form[] = "[[...], ...] or {name: NAME, rows: [[...], ...]}";

/* The values that a setting takes, as words behind its meaning. */
static void values_text(const struct setting *s, char *text, size_t bytes)
{
    char range[96];
    snprintf(range, sizeof range, "%s%.10g to %.10g%s%s", s->min_exclusive ? "above " : "", s->min,
             s->max, *s->unit ? " " : "", s->unit);
    size_t n = 0;
    *text = '\0';
    switch (s->type) {
    case SETTING_INT: snprintf(text, bytes, "a whole number, %s", range); break;
    case SETTING_REAL: snprintf(text, bytes, "a number, %s", range); break;
    case SETTING_BOOL: snprintf(text, bytes, "true or false"); break;
    case SETTING_ENUM:
    case SETTING_ENUM_OR_MATRIX:
        for (int i = 0; settings_choice(s, i) && n < bytes; i++)
            n +=
                (size_t)snprintf(text + n, bytes - n, "%s%s", i ? ", " : "", settings_choice(s, i));
        if (s->type == SETTING_ENUM_OR_MATRIX && n < bytes)
            snprintf(text + n, bytes - n, " written %s", matrix_form);
        break;
    case SETTING_REAL_LIST:
        if (s->min_count == s->max_count)
            snprintf(text, bytes, "a list of %d numbers, %s", s->min_count, range);
        else
            snprintf(text, bytes, "a number or a list of up to %d, %s", s->max_count, range);
        break;
    case SETTING_MATRIX:
        snprintf(text, bytes, "%s, written %s", s->max > 1 ? "whole numbers" : "probabilities",
                 matrix_form);
        break;
    case SETTING_DURATION:
        snprintf(text, bytes, "a time such as 90s, 10min or 1h30m, %s", range);
        break;
    case SETTING_COUNT_OR_SHARE: snprintf(text, bytes, "a count, or a share such as 10%%"); break;
    case SETTING_TEXT: snprintf(text, bytes, "a text"); break;
    case SETTING_FILE:
        snprintf(text, bytes,
                 "a path, from the folder that hmmgrid runs in; the run key has what the "
                 "file holds, not the path");
        break;
    }
}

/* Its key, its section or the part behind the dot. */
static bool is_meant(const struct setting *s, const char *one)
{
    const char *dot = strchr(s->key, '.');
    size_t n = (size_t)(dot - s->key);
    return !one || strcmp(s->key, one) == 0 || strcmp(dot + 1, one) == 0 ||
           (strlen(one) == n && strncmp(s->key, one, n) == 0) || settings_find_column(one) == s;
}

static int print_settings(FILE *out, const char *one, struct status *st)
{
    const char *section = NULL; /* of the setting before */
    if (!one) fputs("settings of a grid, SECTION.NAME: meaning; values [default]\n", out);
    for (int i = 0; i < num_settings; i++) {
        const struct setting *s = &settings_table[i];
        char values[256], text[512];
        if (!is_meant(s, one)) continue;
        if (!one && (!section || strncmp(s->key, section, strcspn(s->key, ".") + 1) != 0))
            fputc('\n', out);
        section = s->key;
        values_text(s, values, sizeof values);
        snprintf(text, sizeof text, "%s; %s [%s]", s->help, values, s->default_text);
        help_entry(out, fprintf(out, "  %s", s->key), text);
    }
    if (!section) return unknown("setting", one, settings_nearest(one), st);
    if (!one)
        fputs("\nSettings of `run` are of the study: they change no result and no run's key, and\n"
              "belong at the top of a grid. The others belong under defaults, in a block's\n"
              "set, zip or product, in exclude, include and overrides. On the command line,\n"
              "--set SECTION.NAME=VALUE sets any of them.\n\n"
              "null, ~ and none: no value where the default is none or auto, 0 where a range\n"
              "begins at 0. 1e3 and 10.0 are whole numbers, 1/3 is a number.\n",
              out);
    return STATUS_OK;
}

/* --- scores --------------------------------------------------------------------------------------
 */

/* The columns of a study that has everything. */
static int make_columns(struct plan *plan, struct schema *schema, struct status *st)
{
    static const char grid[] = "version: 1\nstudy: all\ndefaults: {train: {snapshots: 10}}\n"
                               "grid: {all: {set: {rnn.hidden: 150}}}\n";
    int code = plan_read(plan, "grid", grid, sizeof grid - 1, NULL, 0, st);
    if (code) return code;
    analyses_turn_on(&plan->cells[0].settings, true);
    return columns_init(schema, plan, st);
}

static const char *const beside[] = {"", " [floor]", " [floor, p]", " [floor, z]", " [floor, z]"};

/* "word_tv[word_length]" */
static int print_name(FILE *out, const struct schema *schema, const struct schema_row *row)
{
    int n = fprintf(out, "  %s", row->name);
    for (int d = 0; d < row->num_dims; d++)
        n += fprintf(out, "%c%s", d ? ',' : '[', schema->axis[row->dim[d]].name);
    return n + (row->num_dims ? fprintf(out, "]") : 0);
}

static bool has_unit(const char *unit)
{
    return *unit && strcmp(unit, "1") != 0;
}

static void print_line(FILE *out, const struct schema *schema, const struct schema_row *row)
{
    char text[512];
    const struct metric *metric = metrics_find(row->name);
    bool unit = has_unit(row->unit);
    snprintf(text, sizeof text, "%s%s%s%s", row->meaning, unit ? "; " : "", unit ? row->unit : "",
             metric ? beside[metric->floor] : "");
    help_entry(out, print_name(out, schema, row), text);
}

enum { FACT_COLUMN = 15 };

/* "  unit         bits" */
__attribute__((format(printf, 3, 4))) static void print_fact(FILE *out, const char *name,
                                                             const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    help_wrapped(out, text, FACT_COLUMN, fprintf(out, "  %s", name));
}

/* An axis, of many labels the first and last ones. */
static void print_labels(FILE *out, const char *name, const struct schema_axis *axis)
{
    enum { MANY = 8 };
    char text[256] = "";
    size_t n = 0;
    for (int i = 0; i < axis->size && n < sizeof text; i++) {
        bool left_out = axis->size > MANY && i == 3;
        if (left_out) i = axis->size - 1;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%.6g", i ? ", " : "",
                              left_out ? "..., " : "",
                              axis->value ? axis->value[i] : axis->first + i);
    }
    print_fact(out, name, "%s: %s", axis->name, text);
    print_fact(out, "", "(%s%s%s)", axis->meaning, has_unit(axis->unit) ? "; " : "",
               has_unit(axis->unit) ? axis->unit : "");
}

/* Formulas of what training leaves, which no table of metrics has. */
static const struct {
    const char *name, *formula, *reference;
} of_training[] = {
    {"train_loss", "as best_val_loss, of a batch of training, mean over the batches of an epoch",
     PAPER},
    {"val_loss", "as best_val_loss, of an epoch", PAPER},
    {"best_val_loss",
     "OT(x, y) - OT(x, x)/2 - OT(y, y)/2, OT the entropic transport cost with cost d = steps "
     "in which two sequences differ, and epsilon = train.blur^2; plus the weight decay's penalty",
     PAPER "; Feydy et al. 2019"},
    {"final_val_loss", "as best_val_loss, of the last epoch", PAPER},
    {"loss_floor", "as best_val_loss, x independent sequences of the HMM, mean over draws", NULL},
    {"loss_z", "(best_val_loss - loss_floor) / loss_floor_sd", NULL},
    {"excess_loss",
     "mean over fresh batches of L(network, HMM) - L(HMM, HMM), L as best_val_loss, both against "
     "the same sequences",
     NULL},
    {"excess_loss_se", "sd over batches of that difference / sqrt(batches)", NULL},
    {"landed",
     "accepted and excess_loss <= accept.max_excess_share * loss_floor and not "
     "likelihood.kl_hmm_rnn "
     "> accept.max_kl_rate and not likelihood.kl_rnn_hmm > accept.max_kl_rate",
     NULL},
};

/* How it comes about, and who says so. */
static void print_formula(FILE *out, const struct schema_row *row, const struct metric *metric)
{
    const char *group = strrchr(row->group, '/') + 1;
    const struct analysis *analysis =
        strcmp(row->group, SCHEMA_RUNS) == 0 ? NULL : analysis_find(group);
    const char *formula = metric     ? metric->formula
                          : analysis ? analysis->formula
                                     : NULL,
               *reference = metric     ? metric->reference
                            : analysis ? analysis->reference
                                       : NULL;
    for (size_t i = 0; i < sizeof of_training / sizeof of_training[0]; i++)
        if (!analysis && strcmp(of_training[i].name, row->name) == 0)
            formula = of_training[i].formula, reference = of_training[i].reference;
    if (formula) print_fact(out, analysis ? "analysis" : "formula", "%s", formula);
    if (reference) print_fact(out, "reference", "%s", reference);
}

/* Everything about one. */
static void print_score(FILE *out, const struct schema *schema, const struct schema_row *row)
{
    char path[160];
    const struct metric *metric = metrics_find(row->name);
    schema_row_path(row, path);
    fprintf(out, "%s\n", row->name);
    help_wrapped(out, row->meaning, 2, 0);
    print_fact(out, "unit", "%s", has_unit(row->unit) ? row->unit : "none");
    for (int d = 0; d < row->num_dims; d++)
        print_labels(out, d ? "" : "labels", &schema->axis[row->dim[d]]);
    print_formula(out, row, metric);
    print_fact(out, "dataset", "%s", path);
    if (!metric || metric->floor == NO_FLOOR) return;
    bool has_z = metric->floor >= FLOOR_Z;
    print_fact(
        out, "beside it", "%s_floor, %s_floor_sd over %s draws%s%s%s", row->name, row->name,
        metric->floor == FLOOR_Z_DEAR ? "measure.floor_draws" : "max(32, measure.floor_draws)",
        metric->floor > FLOOR_ALONE ? "\n" : "", metric->floor > FLOOR_ALONE ? row->name : "",
        has_z                      ? "_" METRIC_Z_IS
        : metric->floor == FLOOR_P ? "_" METRIC_P_IS
                                   : "");
}

static bool is_score(const struct schema_row *row)
{
    return row->in_digest && row->type != TYPE_TEXT;
}

/* Columns that stand behind others that they are to be read before. */
static const char *const told_first[] = {"excess_loss", "excess_loss_se"};
enum { NUM_FIRST = sizeof told_first / sizeof told_first[0] };

static bool is_told_first(const struct schema_row *row)
{
    for (int i = 0; i < NUM_FIRST; i++)
        if (strcmp(row->name, told_first[i]) == 0) return true;
    return false;
}

static void print_all(FILE *out, const struct schema *schema)
{
    const struct schema_row *row = schema->row, *end = row + schema->num_rows,
                            *metrics = schema_find(schema, metrics_table[0].name);
    fputs("scores of a run, NAME[DIMENSIONS]: meaning; unit\n\ntraining and its target\n", out);
    for (int i = 0; i < NUM_FIRST; i++) print_line(out, schema, schema_find(schema, told_first[i]));
    for (; row < metrics; row++)
        if (is_score(row) && !is_told_first(row)) print_line(out, schema, row);
    fputs("\nhow well it emulates the HMM; [floor]: NAME_floor and NAME_floor_sd stand\n"
          "beside it, what independent samples of the HMM itself score, and how far it is\n"
          "from them: NAME_z (within 2, or 2.4 of 8 draws: as good as perfect) or NAME_p\n"
          "(above .05). Seeds of a cell have one floor: their z's vary together\n",
          out);
    for (int i = 0; i < num_metrics; i++)
        print_line(out, schema, schema_find(schema, metrics_table[i].name));
    for (row = metrics; row < end; row++) {
        const char *group = row->group;
        if (strcmp(group, SCHEMA_RUNS) == 0) continue;
        const char *name = strrchr(group, '/') + 1;
        if (strcmp(group, row[-1].group) != 0)
            help_wrapped(out, analysis_meaning(analysis_find(name)), 2,
                         fprintf(out, "\n%s:", name) - 1);
        print_line(out, schema, row);
    }
    fputs("\n'hmmgrid help metrics NAME' tells all about one, or about those of an analysis;\n"
          "'hmmgrid summary FILE.h5 --metrics NAME,NAME' shows them, an element of an\n"
          "array by its labels: word_tv[3].\n",
          out);
}

static int unknown_score(const struct schema *schema, const char *one, struct status *st)
{
    const char **name = calloc((size_t)schema->num_rows + 1, sizeof *name);
    int num = 0;
    for (int i = 0; name && i < schema->num_rows; i++)
        if (is_score(&schema->row[i])) name[num++] = schema->row[i].name;
    int code = unknown("score", one, name ? scores_nearest(one, name, num) : NULL, st);
    free(name);
    return code;
}

/* A score by its name, with or without an index, or those of an analysis. */
static int print_one(FILE *out, const struct schema *schema, const char *one, struct status *st)
{
    int n = (int)strcspn(one, "["), num = 0;
    for (int i = 0; i < schema->num_rows; i++) {
        const struct schema_row *row = &schema->row[i];
        bool of_analysis =
            strcmp(row->group, SCHEMA_RUNS) != 0 && strcmp(strrchr(row->group, '/') + 1, one) == 0;
        bool named = strncmp(row->name, one, (size_t)n) == 0 && !row->name[n];
        if (!is_score(row) || (!named && !of_analysis)) continue;
        if (num++) fputc('\n', out);
        print_score(out, schema, row);
    }
    return num ? STATUS_OK : unknown_score(schema, one, st);
}

static int print_metrics(FILE *out, const char *one, struct status *st)
{
    struct plan plan = {0};
    struct schema schema = {0};
    int code = make_columns(&plan, &schema, st);
    if (!code && one) code = print_one(out, &schema, one, st);
    if (!code && !one) print_all(out, &schema);
    schema_free(&schema);
    plan_free(&plan);
    return code;
}

/* --- the table -----------------------------------------------------------------------------------
 */

const struct topic topic_table[] = {
    {"settings", "what a grid can set: meaning, values, default", NULL, print_settings},
    {"metrics", "every score: meaning and unit; of one also its formula and reference", NULL,
     print_metrics},
    {"grid", "the form of a grid file", page_grid, NULL},
    {"where", "choosing runs: EXPR of --where", page_where, NULL},
    {"file", "what stands where in a results file", page_file, NULL},
};
const int num_topics = sizeof topic_table / sizeof topic_table[0];

const struct topic *topic_find(const char *name)
{
    for (int i = 0; i < num_topics; i++)
        if (strcmp(topic_table[i].name, name) == 0) return &topic_table[i];
    return NULL;
}

int topic_print(FILE *out, const struct topic *topic, const char *one, struct status *st)
{
    if (topic->print) return topic->print(out, one, st);
    if (one)
        return status_set(st, STATUS_USAGE, "'help %s' is one page; leave out '%.60s'", topic->name,
                          one);
    help_wrapped(out, topic->page, 0, 0);
    return STATUS_OK;
}
