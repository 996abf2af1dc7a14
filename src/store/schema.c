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

const char *const run_status_name[NUM_RUN_STATUS] = {"pending", "running", "done", "failed",
                                                     "crashed"};

static const char *const dim_name[NUM_SCHEMA_DIMS] = {
    "run", "epoch", "symbol", "symbol_to", "state", "state_to", "word_length", "lag"};
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

const char *schema_dim_name(enum schema_dim dim)
{
    return dim_name[dim];
}

size_t schema_element_bytes(const struct schema_row *row)
{
    return row->type == TYPE_TEXT ? (size_t)row->text_bytes : type_bytes[row->type];
}

size_t schema_row_count(const struct schema *schema, const struct schema_row *row)
{
    size_t count = 1;
    for (int d = 0; d < row->num_dims; d++) count *= (size_t)schema->size[row->dim[d]];
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
    snprintf(row->name, sizeof row->name, "%s%s", m->name, suffix);
    snprintf(row->unit, sizeof row->unit, "%s",
             source == SOURCE_METRIC_Z || !m->unit || !*m->unit ? "1" : m->unit);
    snprintf(row->meaning, sizeof row->meaning, "%s%s", prefix, m->meaning);
}

static void find_sizes(struct schema *schema, const struct plan *plan)
{
    int *size = schema->size;
    for (int d = 0; d < NUM_SCHEMA_DIMS; d++) size[d] = 1;
    size[SCHEMA_RUN] = plan->num_runs;
    size[SCHEMA_WORD_LENGTH] = MAX_WORD_LENGTH;
    for (int c = 0; c < plan->num_cells; c++) {
        const struct settings *s = &plan->cells[c].settings;
        int lag = measure_dim_size(DIM_LAG, s->hmm.symbols, s->measure.length);
        int epochs = train_num_epochs(s);
        if (s->hmm.symbols > size[SCHEMA_SYMBOL]) size[SCHEMA_SYMBOL] = s->hmm.symbols;
        if (s->hmm.states > size[SCHEMA_STATE]) size[SCHEMA_STATE] = s->hmm.states;
        if (lag > size[SCHEMA_LAG]) size[SCHEMA_LAG] = lag;
        if (epochs > size[SCHEMA_EPOCH]) size[SCHEMA_EPOCH] = epochs;
    }
    size[SCHEMA_SYMBOL_TO] = size[SCHEMA_SYMBOL];
    size[SCHEMA_STATE_TO] = size[SCHEMA_STATE];
}

static int check_names(const struct schema *schema, struct status *st)
{
    for (int i = 0; i < schema->num_rows; i++) {
        const char *name = schema->row[i].name;
        bool twice = schema_find(schema, name) != &schema->row[i];
        for (int d = 0; d < NUM_SCHEMA_DIMS; d++) twice |= strcmp(name, dim_name[d]) == 0;
        if (twice)
            return status_set(st, STATUS_INTERNAL,
                              "results file: two columns are called \"%s\"; rename the setting or "
                              "the metric",
                              name);
    }
    return STATUS_OK;
}

int schema_init(struct schema *schema, const struct plan *plan, struct status *st)
{
    *schema = (struct schema){0};
    size_t most = NUM_FIXED + (size_t)num_settings + 4 * (size_t)num_metrics;
    schema->row = calloc(most, sizeof *schema->row);
    if (!schema->row) return status_set(st, STATUS_INTERNAL, "out of memory for the columns");
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
    find_sizes(schema, plan);
    int code = check_names(schema, st);
    if (code) schema_free(schema);
    return code;
}

/* --- as text ---------------------------------------------------------------------------------- */

char *schema_text(const struct schema *schema)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out) return NULL;
    for (int d = 0; d < NUM_SCHEMA_DIMS; d++)
        fprintf(out, "size\t%s\t%d\n", dim_name[d], schema->size[d]);
    for (int i = 0; i < schema->num_rows; i++) {
        const struct schema_row *r = &schema->row[i];
        fprintf(out, "column\t%s\t%s\t%d\t%s\t%s\t%d\t%d\t%s\t%s\n", r->name, type_name[r->type],
                r->text_bytes, r->num_dims > 0 ? dim_name[r->dim[0]] : "-",
                r->num_dims > 1 ? dim_name[r->dim[1]] : "-", r->in_digest, (int)r->writer, r->unit,
                r->meaning);
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

/* One line (cut into fields at tabs, changed) -> a size or a column. False: not understood. */
static bool parse_line(struct schema *schema, char *line)
{
    char *field[10] = {0}, *rest = line;
    int n = 0;
    while (n < 10 && rest) field[n++] = strsep(&rest, "\t");
    if (n == 3 && strcmp(field[0], "size") == 0) {
        int d = find_word(dim_name, NUM_SCHEMA_DIMS, field[1]), size = atoi(field[2]);
        if (d < 0 || size < 1) return false;
        schema->size[d] = size;
        return true;
    }
    if (n != 10 || strcmp(field[0], "column") != 0) return false;
    int type = find_word(type_name, NUM_TYPES, field[2]);
    struct schema_row *row = &schema->row[schema->num_rows++];
    *row = (struct schema_row){.text_bytes = atoi(field[3]),
                               .in_digest = field[6][0] == '1',
                               .writer = (enum schema_writer)(field[7][0] - '0'),
                               .source = SOURCE_FILE};
    for (int d = 0; d < 2 && strcmp(field[4 + d], "-") != 0; d++) {
        int dim = find_word(dim_name, NUM_SCHEMA_DIMS, field[4 + d]);
        if (dim < 0) return false;
        row->dim[row->num_dims++] = (enum schema_dim)dim;
    }
    if (type < 0 || (int)row->writer < 0 || row->writer > WRITER_COORDINATOR) return false;
    row->type = (enum schema_type)type;
    if (row->type == TYPE_TEXT && (row->text_bytes < 1 || row->text_bytes > 65536)) return false;
    snprintf(row->name, sizeof row->name, "%s", field[1]);
    snprintf(row->unit, sizeof row->unit, "%s", field[8]);
    snprintf(row->meaning, sizeof row->meaning, "%s", field[9]);
    return true;
}

int schema_parse(struct schema *schema, const char *text, struct status *st)
{
    *schema = (struct schema){0};
    size_t lines = 1;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    char *copy = strdup(text), *rest = copy;
    schema->row = calloc(lines, sizeof *schema->row);
    int code = STATUS_OK;
    if (!copy || !schema->row) {
        code = status_set(st, STATUS_INTERNAL, "out of memory for the columns");
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
    for (int d = 0; d < NUM_SCHEMA_DIMS && !code; d++)
        if (schema->size[d] < 1)
            code = status_set(st, STATUS_IO,
                              "its list of columns lacks the size of \"%s\"; the "
                              "file is damaged",
                              dim_name[d]);
cleanup:
    free(copy);
    if (code) schema_free(schema);
    return code;
}
