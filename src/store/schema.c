/* schema: see schema.h. The fixed columns of /runs are the table below; settings and metrics add
 * theirs from their own tables. Refuses to know HDF5: types and shapes only, and their text form.
 * Source: section 3 of the design (layout of the results file). */
#include "schema_source.h"

#include "hmmgrid/train.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *meaning;
    int first;
} runs_axis[NUM_SCHEMA_DIMS] = {{"run", "row of the run, in the order of the grid", 0},
                                {"epoch", "epoch, from 1", 1},
                                {"symbol", "emitted symbol", 0},
                                {"symbol_to", "symbol emitted next", 0},
                                {"state", "state of the HMM", 0},
                                {"state_to", "state of the HMM one step later", 0},
                                {"word_length", "length of words, symbols", 1},
                                {"lag", "distance of two steps", 0}};
static const char runs_group[] = "/runs";
static const char *const type_name[] = {"i1", "i2", "i4", "i8", "u8", "f4", "f8", "text"};
static const size_t type_bytes[] = {1, 2, 4, 8, 8, 4, 8, 0};
enum { NUM_TYPES = 8 };

struct fixed_column {
    const char *name;
    enum schema_type type;
    int text_bytes, num_dims;
    enum schema_dim dim[2];
    const char *unit;
    bool in_digest;
    enum schema_writer writer;
    enum schema_source source;
    const char *meaning;
};

#define UNIX_TIME "seconds since 1970-01-01"
static const struct fixed_column fixed_columns[] = {
    /* clang-format off */
    {"key", TYPE_TEXT, 32, 0, {0}, "1", false, WRITER_LAYOUT, SOURCE_KEY,
     "hash of the resolved settings and the seed: the identity of the run"},
    {"cell", TYPE_I4, 0, 0, {0}, "1", false, WRITER_LAYOUT, SOURCE_CELL,
     "runs of one cell differ in their seed only"},
    {"seed", TYPE_I8, 0, 0, {0}, "1", false, WRITER_LAYOUT, SOURCE_SEED,
     "root of every random number of the run"},
    {"block", TYPE_TEXT, 32, 0, {0}, "1", false, WRITER_LAYOUT, SOURCE_BLOCK,
     "block of the grid that made the cell"},
    /* the settings' columns come here */
    {"status", TYPE_I1, 0, 0, {0}, "1", false, WRITER_COORDINATOR, SOURCE_STATUS,
     "what became of the run; only done and failed rows hold results"},
    {"attempts", TYPE_I2, 0, 0, {0}, "1", false, WRITER_COORDINATOR, SOURCE_ATTEMPTS,
     "how often the run was started; counted before each start"},
    {"checksum", TYPE_U8, 0, 0, {0}, "1", false, WRITER_COORDINATOR, SOURCE_CHECKSUM,
     "XXH3 of the bytes of the row and its weights; 0 where nothing is committed"},
    {"error", TYPE_TEXT, 256, 0, {0}, "1", false, WRITER_WORKER, SOURCE_ERROR,
     "why the run failed or crashed; empty otherwise"},
    {"t_start", TYPE_F8, 0, 0, {0}, UNIX_TIME, false, WRITER_WORKER, SOURCE_T_START,
     "start of the attempt that counts, UTC"},
    {"wall_s", TYPE_F8, 0, 0, {0}, "s", false, WRITER_WORKER, SOURCE_WALL,
     "elapsed time"},
    {"cpu_s", TYPE_F8, 0, 0, {0}, "s", false, WRITER_WORKER, SOURCE_CPU,
     "processor time"},
    {"analyses_cpu_s", TYPE_F8, 0, 0, {0}, "s", false, WRITER_WORKER, SOURCE_ANALYSES_CPU,
     "processor time of all analyses together, part of cpu_s"},
    {"rank", TYPE_I4, 0, 0, {0}, "1", false, WRITER_WORKER, SOURCE_RANK,
     "MPI rank that worked on the run"},
    {"host", TYPE_TEXT, 64, 0, {0}, "1", false, WRITER_WORKER, SOURCE_HOST,
     "machine that worked on the run"},
    {"kernel", TYPE_TEXT, 32, 0, {0}, "1", false, WRITER_WORKER, SOURCE_KERNEL,
     "kernels chosen for the processor"},
    {"blas_core", TYPE_TEXT, 32, 0, {0}, "1", false, WRITER_WORKER, SOURCE_BLAS_CORE,
     "core type of OpenBLAS; the last bits of results depend on it"},
    {"effective_seed", TYPE_I8, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_EFFECTIVE_SEED,
     "seed that made the results; differs from seed after a reseed"},
    {"reseeds", TYPE_I2, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_RESEEDS,
     "further seeds tried because the run was not accepted"},
    {"accepted", TYPE_I1, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_ACCEPTED,
     "1: within the bounds of accept; 0: outside them after all reseeds, or not done"},
    {"best_epoch", TYPE_I4, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_BEST_EPOCH,
     "epoch of the smallest validation loss, from 1; 0: none"},
    {"best_val_loss", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_BEST_VAL_LOSS,
     "smallest validation loss (debiased Sinkhorn divergence)"},
    {"final_val_loss", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_FINAL_VAL_LOSS,
     "validation loss of the last epoch"},
    {"loss_floor", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_LOSS_FLOOR,
     "loss of independent samples of the HMM itself against the validation targets, mean"},
    {"loss_floor_sd", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_LOSS_FLOOR_SD,
     "standard deviation of loss_floor over its draws"},
    {"loss_z", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, SOURCE_LOSS_Z,
     "(best_val_loss - loss_floor) / loss_floor_sd: 0 is a perfect emulation, not less"},
    {"hmm_start", TYPE_F8, 0, 1, {SCHEMA_STATE, 0}, "1", true, WRITER_WORKER, SOURCE_HMM_START,
     "start distribution of the target HMM"},
    {"hmm_transition", TYPE_F8, 0, 2, {SCHEMA_STATE, SCHEMA_STATE_TO}, "1", true, WRITER_WORKER,
     SOURCE_HMM_TRANSITION,
     "transition matrix of the target HMM, rows sum to 1"},
    {"hmm_emission_matrix", TYPE_F8, 0, 2, {SCHEMA_STATE, SCHEMA_SYMBOL}, "1", true,
     WRITER_WORKER, SOURCE_HMM_EMISSION,
     "emission matrix of the target HMM, rows sum to 1"},
    {"train_loss", TYPE_F4, 0, 1, {SCHEMA_EPOCH, 0}, "1", true, WRITER_WORKER, SOURCE_TRAIN_LOSS,
     "training loss: mean over the batches of the epoch, before each update"},
    {"val_loss", TYPE_F4, 0, 1, {SCHEMA_EPOCH, 0}, "1", true, WRITER_WORKER, SOURCE_VAL_LOSS,
     "validation loss after the updates of the epoch"},
    /* clang-format on */
};
enum { NUM_FIXED = sizeof fixed_columns / sizeof fixed_columns[0], NUM_FIXED_BEFORE_SETTINGS = 4 };

static const char *const settings_always[] = {"hmm.architecture", "hmm.states", "rnn.hidden",
                                              "rnn.noise_dim"};

void schema_row_path(const struct schema_row *row, char path[160])
{
    const char *dot = strchr(row->name, '.');
    bool prefixed = dot && strcmp(row->group, runs_group) != 0;
    snprintf(path, 160, "%s/%s", row->group, prefixed ? dot + 1 : row->name);
}

static int find_axis(const struct schema *schema, const char *group, const char *name)
{
    for (int a = 0; a < schema->num_axes; a++)
        if (strcmp(schema->axis[a].name, name) == 0 && strcmp(schema->axis[a].group, group) == 0)
            return a;
    return -1;
}

int schema_run_axis(const struct schema *schema, const char *group)
{
    return find_axis(schema, group, "run");
}

size_t schema_element_bytes(const struct schema_row *row)
{
    return row->type == TYPE_TEXT ? (size_t)row->text_bytes : type_bytes[row->type];
}

size_t schema_row_count(const struct schema *schema, const struct schema_row *row)
{
    size_t count = 1;
    for (int d = 0; d < row->num_dims; d++) count *= (size_t)schema->axis[row->dim[d]].size;
    return count;
}

size_t schema_row_bytes(const struct schema *schema, const struct schema_row *row)
{
    return schema_row_count(schema, row) * schema_element_bytes(row);
}

const struct schema_row *schema_find(const struct schema *schema, const char *name)
{
    for (int i = 0; i < schema->num_rows; i++)
        if (strcmp(schema->row[i].name, name) == 0) return &schema->row[i];
    return NULL;
}

void schema_free(struct schema *schema)
{
    if (!schema) return;
    free(schema->row);
    free(schema->axis);
    *schema = (struct schema){0};
}

static void add_fixed(struct schema *schema, const struct fixed_column *c)
{
    struct schema_row *row = &schema->row[schema->num_rows++];
    *row = (struct schema_row){.type = c->type,
                               .text_bytes = c->text_bytes,
                               .num_dims = c->num_dims,
                               .dim = {c->dim[0], c->dim[1]},
                               .in_digest = c->in_digest,
                               .writer = c->writer,
                               .source = (int)c->source};
    snprintf(row->name, sizeof row->name, "%s", c->name);
    snprintf(row->group, sizeof row->group, runs_group);
    snprintf(row->unit, sizeof row->unit, "%s", c->unit);
    snprintf(row->meaning, sizeof row->meaning, "%s", c->meaning);
}

static bool has_column(const struct plan *plan, int setting)
{
    const struct setting *row = &settings_table[setting];
    /* hmm.start and hmm.transition stand there as matrices, whatever the family */
    if (row->scope != SCOPE_RUN || row->type == SETTING_MATRIX) return false;
    for (size_t i = 0; i < sizeof settings_always / sizeof settings_always[0]; i++)
        if (strcmp(row->key, settings_always[i]) == 0) return true;
    return plan->varies && plan->varies[setting];
}

static void add_setting(struct schema *schema, const struct plan *plan, int setting)
{
    const struct setting *s = &settings_table[setting];
    struct schema_row *row = &schema->row[schema->num_rows++];
    *row = (struct schema_row){
        .writer = WRITER_LAYOUT, .source = SOURCE_SETTING, .index = setting, .type = TYPE_TEXT};
    if (s->type == SETTING_INT) row->type = TYPE_I4;
    if (s->type == SETTING_BOOL) row->type = TYPE_I1;
    if (s->type == SETTING_REAL || s->type == SETTING_DURATION || s->type == SETTING_COUNT_OR_SHARE)
        row->type = TYPE_F8;
    if (row->type == TYPE_TEXT) {
        size_t longest = 8;
        for (int c = 0; c < plan->num_cells; c++) {
            char text[SETTING_TEXT_BYTES];
            size_t n = setting_text(&plan->cells[c].settings, s, text);
            if (n > longest) longest = n;
        }
        row->text_bytes = (int)((longest + 7) / 8 * 8);
    }
    snprintf(row->group, sizeof row->group, runs_group);
    snprintf(row->name, sizeof row->name, "%s", s->key);
    for (char *c = row->name; *c; c++)
        if (*c == '.') *c = '_';
    snprintf(row->unit, sizeof row->unit, "%s", s->unit && *s->unit ? s->unit : "1");
    snprintf(row->meaning, sizeof row->meaning, "setting %s: %s", s->key, s->help ? s->help : "");
}

static void add_metric(struct schema *schema, int metric, enum schema_source source,
                       const char *suffix, const char *prefix)
{
    static const enum schema_dim dim_of[NUM_MEASURE_DIMS] = {SCHEMA_SYMBOL, SCHEMA_SYMBOL_TO,
                                                             SCHEMA_WORD_LENGTH, SCHEMA_LAG};
    const struct metric *m = &metrics_table[metric];
    struct schema_row *row = &schema->row[schema->num_rows++];
    *row = (struct schema_row){.type = TYPE_F8,
                               .num_dims = m->num_dims,
                               .in_digest = true,
                               .writer = WRITER_WORKER,
                               .source = (int)source,
                               .index = metric};
    for (int d = 0; d < m->num_dims; d++) row->dim[d] = dim_of[m->dim[d]];
    snprintf(row->group, sizeof row->group, runs_group);
    snprintf(row->name, sizeof row->name, "%s%s", m->name, suffix);
    snprintf(row->unit, sizeof row->unit, "%s",
             source == SOURCE_METRIC_Z || !m->unit || !*m->unit ? "1" : m->unit);
    snprintf(row->meaning, sizeof row->meaning, "%s%s", prefix, m->meaning);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void add_runs_axes(struct schema *schema, const struct plan *plan)
{
    int size[NUM_SCHEMA_DIMS] = {
        [SCHEMA_RUN] = plan->num_runs, [SCHEMA_WORD_LENGTH] = MAX_WORD_LENGTH};
    for (int c = 0; c < plan->num_cells; c++) {
        const struct settings *s = &plan->cells[c].settings;
        int lag = measure_dim_size(DIM_LAG, s->hmm.symbols, s->measure.length);
        size[SCHEMA_SYMBOL] = larger(size[SCHEMA_SYMBOL], s->hmm.symbols);
        size[SCHEMA_STATE] = larger(size[SCHEMA_STATE], s->hmm.states);
        size[SCHEMA_LAG] = larger(size[SCHEMA_LAG], lag);
        size[SCHEMA_EPOCH] = larger(size[SCHEMA_EPOCH], train_num_epochs(s));
    }
    size[SCHEMA_SYMBOL_TO] = size[SCHEMA_SYMBOL];
    size[SCHEMA_STATE_TO] = size[SCHEMA_STATE];
    for (int d = 0; d < NUM_SCHEMA_DIMS; d++) {
        struct schema_axis *axis = &schema->axis[schema->num_axes++];
        *axis = (struct schema_axis){.size = larger(size[d], 1), .first = runs_axis[d].first};
        snprintf(axis->group, sizeof axis->group, runs_group);
        snprintf(axis->name, sizeof axis->name, "%s", runs_axis[d].name);
        snprintf(axis->unit, sizeof axis->unit, "1");
        snprintf(axis->meaning, sizeof axis->meaning, "%s", runs_axis[d].meaning);
    }
}

/* --- analyses --------------------------------------------------------------------------------- */

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
    int found = find_axis(schema, group, dim->name), size = 1;
    if (found >= 0) return found;
    for (int c = 0; c < plan->num_cells; c++) {
        const struct settings *s = &plan->cells[c].settings;
        if (analysis_is_enabled(analysis, s)) size = larger(size, analysis_dim_size(dim, s));
    }
    struct schema_axis *axis = &schema->axis[schema->num_axes++];
    *axis = (struct schema_axis){.size = size, .value = dim->value};
    snprintf(axis->group, sizeof axis->group, "%s", group);
    snprintf(axis->name, sizeof axis->name, "%s", dim->name);
    snprintf(axis->unit, sizeof axis->unit, "%s", dim->unit ? dim->unit : "1");
    snprintf(axis->meaning, sizeof axis->meaning, "%s", dim->meaning ? dim->meaning : "");
    return schema->num_axes - 1;
}

static void add_analysis(struct schema *schema, const struct plan *plan, int index)
{
    const struct analysis *analysis = analysis_table[index];
    char group[48];
    snprintf(group, sizeof group, "/analysis/%s", analysis->name);
    struct schema_axis *run = &schema->axis[schema->num_axes++];
    *run = schema->axis[SCHEMA_RUN];
    snprintf(run->group, sizeof run->group, "%s", group);
    for (int o = 0; o < analysis->num_outputs; o++) {
        const struct analysis_output *output = &analysis->output[o];
        struct schema_row *row = &schema->row[schema->num_rows++];
        *row = (struct schema_row){.type = output->num_dims ? TYPE_F4 : TYPE_F8,
                                   .num_dims = output->num_dims,
                                   .in_digest = true,
                                   .writer = WRITER_WORKER,
                                   .source = SOURCE_ANALYSIS,
                                   .index = index,
                                   .part = o};
        for (int d = 0; d < output->num_dims; d++)
            row->dim[d] = analysis_axis(schema, plan, analysis, group, output->dim[d]);
        snprintf(row->group, sizeof row->group, "%s", group);
        snprintf(row->name, sizeof row->name, "%s.%s", analysis->name, output->name);
        snprintf(row->unit, sizeof row->unit, "%s", output->unit);
        snprintf(row->meaning, sizeof row->meaning, "%s", output->meaning);
    }
}

/* --- all of them ------------------------------------------------------------------------------ */

static int check_names(const struct schema *schema, struct status *st)
{
    for (int i = 0; i < schema->num_rows; i++) {
        const struct schema_row *row = &schema->row[i];
        char path[160];
        schema_row_path(row, path);
        bool twice = schema_find(schema, row->name) != row;
        twice |= find_axis(schema, row->group, strrchr(path, '/') + 1) >= 0;
        if (twice)
            return status_set(
                st, STATUS_INTERNAL,
                "results file: two columns are called \"%s\"; rename the setting, the "
                "metric or the output",
                row->name);
    }
    return STATUS_OK;
}

/* Room for every column and axis that a plan could have. */
static int make_room(struct schema *schema, struct status *st)
{
    size_t rows = NUM_FIXED + (size_t)num_settings + 4 * (size_t)num_metrics;
    size_t axes = NUM_SCHEMA_DIMS + (size_t)num_analyses;
    for (int a = 0; a < num_analyses; a++) {
        rows += (size_t)analysis_table[a]->num_outputs;
        axes += MAX_ANALYSIS_DIMS * (size_t)analysis_table[a]->num_outputs;
    }
    *schema = (struct schema){.row = calloc(rows, sizeof *schema->row),
                              .axis = calloc(axes, sizeof *schema->axis)};
    if (schema->row && schema->axis) return STATUS_OK;
    schema_free(schema);
    return status_no_memory(st, "the columns");
}

int schema_init(struct schema *schema, const struct plan *plan, struct status *st)
{
    int code = make_room(schema, st);
    if (code) return code;
    add_runs_axes(schema, plan);
    for (int i = 0; i < NUM_FIXED_BEFORE_SETTINGS; i++) add_fixed(schema, &fixed_columns[i]);
    for (int i = 0; i < num_settings; i++)
        if (has_column(plan, i)) add_setting(schema, plan, i);
    for (int i = NUM_FIXED_BEFORE_SETTINGS; i < NUM_FIXED; i++)
        add_fixed(schema, &fixed_columns[i]);
    for (int i = 0; i < num_metrics; i++) {
        add_metric(schema, i, SOURCE_METRIC, "", "");
        if (!metrics_table[i].has_floor) continue;
        add_metric(schema, i, SOURCE_METRIC_FLOOR, "_floor", "HMM against HMM, mean over draws: ");
        add_metric(schema, i, SOURCE_METRIC_FLOOR_SD, "_floor_sd",
                   "HMM against HMM, sd over draws: ");
        add_metric(schema, i, SOURCE_METRIC_Z, "_z", "(value - floor) / floor_sd: ");
    }
    for (int a = 0; a < num_analyses; a++)
        if (is_asked_for(plan, analysis_table[a])) add_analysis(schema, plan, a);
    code = check_names(schema, st);
    if (code) schema_free(schema);
    return code;
}

/* --- as text ---------------------------------------------------------------------------------- */

static const char *name_of_dim(const struct schema *schema, const struct schema_row *row, int d)
{
    return d < row->num_dims ? schema->axis[row->dim[d]].name : "-";
}

char *schema_text(const struct schema *schema)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out) return NULL;
    for (int a = 0; a < schema->num_axes; a++) {
        const struct schema_axis *axis = &schema->axis[a];
        fprintf(out, "axis\t%s\t%s\t%d\t%d\n", axis->group, axis->name, axis->size, axis->first);
    }
    for (int i = 0; i < schema->num_rows; i++) {
        const struct schema_row *r = &schema->row[i];
        fprintf(out, "column\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", r->group, r->name,
                type_name[r->type], r->text_bytes, name_of_dim(schema, r, 0),
                name_of_dim(schema, r, 1), name_of_dim(schema, r, 2), r->in_digest, (int)r->writer,
                r->unit, r->meaning);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int find_word(const char *const *word, int num, const char *text)
{
    for (int i = 0; i < num; i++)
        if (strcmp(word[i], text) == 0) return i;
    return -1;
}

static bool parse_axis(struct schema *schema, char *const field[5])
{
    struct schema_axis *axis = &schema->axis[schema->num_axes++];
    *axis = (struct schema_axis){.size = atoi(field[3]), .first = atoi(field[4])};
    snprintf(axis->group, sizeof axis->group, "%s", field[1]);
    snprintf(axis->name, sizeof axis->name, "%s", field[2]);
    return axis->size >= 1;
}

static bool parse_column(struct schema *schema, char *const field[12])
{
    int type = find_word(type_name, NUM_TYPES, field[3]);
    struct schema_row *row = &schema->row[schema->num_rows++];
    *row = (struct schema_row){.text_bytes = atoi(field[4]),
                               .in_digest = field[8][0] == '1',
                               .writer = (enum schema_writer)(field[9][0] - '0'),
                               .source = SOURCE_FILE};
    for (int d = 0; d < MAX_COLUMN_DIMS && strcmp(field[5 + d], "-") != 0; d++) {
        int axis = find_axis(schema, field[1], field[5 + d]);
        if (axis < 0) return false;
        row->dim[row->num_dims++] = axis;
    }
    if (type < 0 || (int)row->writer < 0 || row->writer > WRITER_COORDINATOR) return false;
    row->type = (enum schema_type)type;
    if (row->type == TYPE_TEXT && (row->text_bytes < 1 || row->text_bytes > 65536)) return false;
    snprintf(row->group, sizeof row->group, "%s", field[1]);
    snprintf(row->name, sizeof row->name, "%s", field[2]);
    snprintf(row->unit, sizeof row->unit, "%s", field[10]);
    snprintf(row->meaning, sizeof row->meaning, "%s", field[11]);
    return true;
}

/* One line (cut into fields at tabs, changed) -> an axis or a column. False: not understood. */
static bool parse_line(struct schema *schema, char *line)
{
    char *field[12] = {0}, *rest = line;
    int n = 0;
    while (n < 12 && rest) field[n++] = strsep(&rest, "\t");
    if (n == 5 && strcmp(field[0], "axis") == 0) return parse_axis(schema, field);
    return n == 12 && strcmp(field[0], "column") == 0 && parse_column(schema, field);
}

int schema_parse(struct schema *schema, const char *text, struct status *st)
{
    size_t lines = 1;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    char *copy = strdup(text), *rest = copy;
    *schema = (struct schema){.row = calloc(lines, sizeof *schema->row),
                              .axis = calloc(lines, sizeof *schema->axis)};
    int code = STATUS_OK;
    if (!copy || !schema->row || !schema->axis) {
        code = status_no_memory(st, "the columns");
        goto cleanup;
    }
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (!*line || parse_line(schema, line)) continue;
        code = status_set(st, STATUS_IO,
                          "its list of columns cannot be understood at \"%s\"; "
                          "the file is damaged or of another program",
                          line);
        goto cleanup;
    }
    if (schema_run_axis(schema, runs_group) != SCHEMA_RUN)
        code = status_set(st, STATUS_IO,
                          "its list of columns lacks the number of runs; the file is damaged");
cleanup:
    free(copy);
    if (code) schema_free(schema);
    return code;
}
