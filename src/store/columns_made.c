/* columns_made: the columns of /runs that are made from the tables of settings and of metrics, and
 * those of the analyses, with the functions that put their values. Refuses to know
 * what a setting, a metric or an analysis is about. */
#include "columns.h"
#include "put.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* --- settings --------------------------------------------------------------------------------- */

static const char *const settings_always[] = {"hmm.architecture", "hmm.states", "rnn.hidden",
                                              "rnn.noise_dim"};

static void put_setting(struct made *m, void *buf)
{
    const struct setting *setting = &settings_table[m->row->index];
    double number = settings_number(m->s, setting);
    if (m->row->type == TYPE_F8) {
        put_real(m, number, buf);
    } else if (m->row->type != TYPE_TEXT) {
        put_integer(m, isfinite(number) ? (int64_t)number : 0, buf);
    } else {
        char *text = settings_text(m->s, setting);
        put_text(m, text, buf);
        if (!text) m->no_memory = true;
        free(text);
    }
}

/* Bytes for the longest text of the plan's cells. */
static int text_width(struct schema *schema, const struct plan *plan, const struct setting *setting)
{
    size_t longest = 1;
    for (int c = 0; c < plan->num_cells; c++) {
        char *text = settings_text(&plan->cells[c].settings, setting);
        if (!text) schema->no_memory = true;
        if (text && strlen(text) > longest) longest = strlen(text);
        free(text);
    }
    return (int)((longest + 7) / 8 * 8);
}

static bool has_column(const struct plan *plan, int setting)
{
    const struct setting *row = &settings_table[setting];
    if (row->scope != SCOPE_RUN) return false;
    for (size_t i = 0; i < sizeof settings_always / sizeof settings_always[0]; i++)
        if (strcmp(row->key, settings_always[i]) == 0) return true;
    return plan->varies && plan->varies[setting];
}

/* Lists are numbers where every cell's has one entry. */
static enum schema_type setting_type(const struct plan *plan, const struct setting *setting)
{
    bool number = true;
    switch (setting->type) {
    case SETTING_INT: return TYPE_I4;
    case SETTING_BOOL: return TYPE_I1;
    case SETTING_REAL:
    case SETTING_DURATION:
    case SETTING_COUNT_OR_SHARE: return TYPE_F8;
    case SETTING_REAL_LIST:
        for (int c = 0; c < plan->num_cells; c++)
            number &= !isnan(settings_number(&plan->cells[c].settings, setting));
        return number ? TYPE_F8 : TYPE_TEXT;
    default: return TYPE_TEXT;
    }
}

static void add_setting(struct schema *schema, const struct plan *plan, int setting)
{
    const struct setting *s = &settings_table[setting];
    const char *dot = strchr(s->key, '.');
    struct schema_row *row = &schema->row[schema->num_rows++];
    *row = (struct schema_row){
        .group = SCHEMA_RUNS,
        /* hmm_start and hmm_transition are the matrices themselves, whatever the family */
        .name = schema_keep(schema, "%.*s_%s%s", (int)(dot - s->key), s->key, dot + 1,
                            s->type == SETTING_MATRIX ? "_name" : ""),
        .type = setting_type(plan, s),
        .meaning = schema_keep(schema, "setting %s: %s", s->key, s->help ? s->help : ""),
        .writer = WRITER_LAYOUT,
        .put = put_setting,
        .index = setting};
    row->unit = row->type == TYPE_TEXT ? "" : s->unit && *s->unit ? s->unit : "1";
    if (row->type == TYPE_TEXT) row->text_bytes = text_width(schema, plan, s);
}

void columns_add_settings(struct schema *schema, const struct plan *plan)
{
    for (int i = 0; i < num_settings; i++)
        if (has_column(plan, i)) add_setting(schema, plan, i);
}

/* --- metrics ---------------------------------------------------------------------------------- */

static void put_measured(const struct made *m, double *const *table, void *buf)
{
    const struct metric *metric = &metrics_table[m->row->index];
    int size[MAX_COLUMN_DIMS] = {0};
    for (int d = 0; d < metric->num_dims; d++)
        size[d] = measure_dim_size(metric->dim[d], m->s->hmm.symbols, m->s->measure.length);
    if (table) put_array(m, table[m->row->index], size, buf);
}
PUT(put_metric, measured, m->out->measures.value)
PUT(put_metric_floor, measured, m->out->measures.floor)
PUT(put_metric_floor_sd, measured, m->out->measures.floor_sd)
PUT(put_metric_test, measured, m->out->measures.test)

/* What a metric has columns of when its floor is of a kind between two; unit NULL: the metric's. */
static const struct metric_column {
    const char *suffix, *unit, *prefix;
    void (*put)(struct made *made, void *buf);
    enum metric_floor from, to;
} metric_columns[] = {
    {"", NULL, "", put_metric, NO_FLOOR, FLOOR_Z_DEAR},
    {"_floor", NULL, "HMM against HMM, mean over draws: ", put_metric_floor, FLOOR_ALONE,
     FLOOR_Z_DEAR},
    {"_floor_sd", NULL, "HMM against HMM, sd over draws: ", put_metric_floor_sd, FLOOR_ALONE,
     FLOOR_Z_DEAR},
    {"_z", "1", METRIC_Z_IS ": ", put_metric_test, FLOOR_Z, FLOOR_Z_DEAR},
    {"_p", "1", METRIC_P_IS ": ", put_metric_test, FLOOR_P, FLOOR_P},
};
enum { NUM_METRIC_COLUMNS = sizeof metric_columns / sizeof metric_columns[0] };

static void add_metric(struct schema *schema, int metric, const struct metric_column *c)
{
    static const enum schema_dim dim_of[NUM_MEASURE_DIMS] = {SCHEMA_SYMBOL, SCHEMA_SYMBOL_TO,
                                                             SCHEMA_WORD_LENGTH, SCHEMA_LAG};
    const struct metric *m = &metrics_table[metric];
    struct schema_row *row = &schema->row[schema->num_rows++];
    *row = (struct schema_row){.group = SCHEMA_RUNS,
                               .name = schema_keep(schema, "%s%s", m->name, c->suffix),
                               .type = TYPE_F8,
                               .num_dims = m->num_dims,
                               .unit = c->unit               ? c->unit
                                       : m->unit && *m->unit ? m->unit
                                                             : "1",
                               .meaning = schema_keep(schema, "%s%s", c->prefix, m->meaning),
                               .in_digest = true,
                               .writer = WRITER_WORKER,
                               .when = WHEN_DONE,
                               .put = c->put,
                               .index = metric};
    for (int d = 0; d < m->num_dims; d++) row->dim[d] = dim_of[m->dim[d]];
}

void columns_add_metrics(struct schema *schema)
{
    for (int i = 0; i < num_metrics; i++)
        for (int c = 0; c < NUM_METRIC_COLUMNS; c++)
            if (metric_columns[c].from <= metrics_table[i].floor &&
                metrics_table[i].floor <= metric_columns[c].to)
                add_metric(schema, i, &metric_columns[c]);
}

/* --- analyses --------------------------------------------------------------------------------- */

static void put_analysis(struct made *m, void *buf)
{
    const struct schema_row *row = m->row;
    const struct analysis_output *output = &analysis_table[row->index]->output[row->part];
    double ***value = m->out->analyses.value;
    if (!value || !value[row->index]) return; /* off in this cell */
    int size[MAX_COLUMN_DIMS] = {0};
    for (int d = 0; d < output->num_dims; d++) size[d] = analysis_dim_size(output->dim[d], m->s);
    put_array(m, value[row->index][row->part], size, buf);
}

static bool is_asked_for(const struct plan *plan, const struct analysis *analysis)
{
    for (int c = 0; c < plan->num_cells; c++)
        if (analysis_is_enabled(analysis, &plan->cells[c].settings)) return true;
    return false;
}

/* The axis of an analysis's dimension, added when it is new. */
static int analysis_axis(struct schema *schema, const struct plan *plan,
                         const struct analysis *analysis, const char *group,
                         const struct analysis_dim *dim)
{
    int found = schema_find_axis(schema, group, dim->name), size = 1;
    if (found >= 0) return found;
    for (int c = 0; c < plan->num_cells; c++) {
        const struct settings *s = &plan->cells[c].settings;
        if (analysis_is_enabled(analysis, s)) size = larger(size, analysis_dim_size(dim, s));
    }
    schema->axis[schema->num_axes++] =
        (struct schema_axis){.group = group,
                             .name = dim->name,
                             .size = size,
                             .value = dim->value,
                             .unit = dim->unit ? dim->unit : "1",
                             .meaning = dim->meaning ? dim->meaning : ""};
    return schema->num_axes - 1;
}

static void add_analysis(struct schema *schema, const struct plan *plan, int index)
{
    const struct analysis *analysis = analysis_table[index];
    const char *group = schema_keep(schema, "/analysis/%s", analysis->name);
    struct schema_axis *run = &schema->axis[schema->num_axes++];
    *run = schema->axis[SCHEMA_RUN];
    run->group = group;
    for (int o = 0; o < analysis->num_outputs; o++) {
        const struct analysis_output *output = &analysis->output[o];
        struct schema_row *row = &schema->row[schema->num_rows++];
        *row =
            (struct schema_row){.group = group,
                                .name = schema_keep(schema, "%s.%s", analysis->name, output->name),
                                .type = output->num_dims ? TYPE_F4 : TYPE_F8,
                                .num_dims = output->num_dims,
                                .unit = output->unit,
                                .meaning = output->meaning,
                                .in_digest = true,
                                .writer = WRITER_WORKER,
                                .when = WHEN_DONE,
                                .put = put_analysis,
                                .index = index,
                                .part = o};
        for (int d = 0; d < output->num_dims; d++)
            row->dim[d] = analysis_axis(schema, plan, analysis, group, output->dim[d]);
    }
}

void columns_add_analyses(struct schema *schema, const struct plan *plan)
{
    for (int a = 0; a < num_analyses; a++)
        if (is_asked_for(plan, analysis_table[a])) add_analysis(schema, plan, a);
}
