/* encode: the value of a column of /runs, from a plan, an attempt and the output of a run.
 * One switch over the sources; padding to the study's sizes. Refuses to write anything.
 * Source: section 3 of the design. */
#include "schema_source.h"

#include "base/hash.h"
#include "hmmgrid/train.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t setting_text(const struct settings *s, const struct setting *row,
                    char text[SETTING_TEXT_BYTES])
{
    const char *name = settings_name(s, row);
    char json[4096];
    if (!name) {
        int n = settings_json_value(s, row, json, sizeof json);
        if (n < 0) n = 0;
        bool matrix = row->type == SETTING_MATRIX || row->type == SETTING_ENUM_OR_MATRIX;
        if (matrix && json[0] == '[') {
            char *whole = malloc((size_t)n + 1);
            uint64_t hash = 0;
            if (whole) {
                settings_json_value(s, row, whole, (size_t)n + 1);
                hash = hash_64(whole, (size_t)n);
            }
            free(whole);
            snprintf(text, SETTING_TEXT_BYTES, "matrix-%016llx", (unsigned long long)hash);
            return strlen(text);
        }
        size_t length = strlen(json);
        name = json;
        if (length > 1 && json[0] == '"') {
            json[length - 1] = '\0';
            name = json + 1;
        }
        if (strcmp(name, "null") == 0) name = "none";
    }
    snprintf(text, SETTING_TEXT_BYTES, "%.*s", SETTING_TEXT_BYTES - 1, name);
    return strlen(text);
}

/* Text into a fixed field, NUL padded, cut at a whole UTF-8 character. */
static void put_text(const struct schema_row *row, const char *text, void *buf)
{
    size_t room = (size_t)row->text_bytes, n = text ? strlen(text) : 0;
    if (n > room) {
        n = room;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
    }
    memset(buf, 0, room);
    if (n) memcpy(buf, text, n);
}

static void put_integer(const struct schema_row *row, int64_t value, void *buf)
{
    int8_t i1 = (int8_t)value;
    int16_t i2 = (int16_t)(value > INT16_MAX ? INT16_MAX : value);
    int32_t i4 = (int32_t)value;
    switch (row->type) {
    case TYPE_I1: memcpy(buf, &i1, sizeof i1); break;
    case TYPE_I2: memcpy(buf, &i2, sizeof i2); break;
    case TYPE_I4: memcpy(buf, &i4, sizeof i4); break;
    default: memcpy(buf, &value, sizeof value); break; /* I8, U8 */
    }
}

static void put_real(const struct schema_row *row, double value, void *buf)
{
    float f4 = (float)value;
    if (row->type == TYPE_F4)
        memcpy(buf, &f4, sizeof f4);
    else
        memcpy(buf, &value, sizeof value);
}

void schema_fill(const struct schema *schema, const struct schema_row *row, void *buf)
{
    size_t count = schema_row_count(schema, row), bytes = schema_element_bytes(row);
    memset(buf, 0, count * bytes);
    if (row->type != TYPE_F4 && row->type != TYPE_F8) return;
    for (size_t i = 0; i < count; i++) put_real(row, NAN, (char *)buf + i * bytes);
}

/* value (size[0], ... of row->num_dims), row-major, into the corner of the study's sizes; the rest
 * of buf keeps its fill. value may be NULL. */
static void put_array(const struct schema *schema, const struct schema_row *row,
                      const double *value, const int size[MAX_COLUMN_DIMS], void *buf)
{
    int own[MAX_COLUMN_DIMS] = {1, 1, 1}, all[MAX_COLUMN_DIMS] = {1, 1, 1};
    if (!value) return;
    for (int d = 0; d < row->num_dims; d++) {
        own[MAX_COLUMN_DIMS - row->num_dims + d] = size[d];
        all[MAX_COLUMN_DIMS - row->num_dims + d] = schema->axis[row->dim[d]].size;
    }
    for (int i = 0; i < own[0] && i < all[0]; i++)
        for (int j = 0; j < own[1] && j < all[1]; j++)
            for (int k = 0; k < own[2] && k < all[2]; k++) {
                size_t from = ((size_t)i * (size_t)own[1] + (size_t)j) * (size_t)own[2] + (size_t)k;
                size_t to = ((size_t)i * (size_t)all[1] + (size_t)j) * (size_t)all[2] + (size_t)k;
                put_real(row, value[from], (char *)buf + to * schema_element_bytes(row));
            }
}

/* Losses of a run that did not finish end where training came to: a tail of exact zeros was never
 * reached. */
static void put_losses(const struct schema *schema, const float *loss, int num_epochs, bool done,
                       void *buf)
{
    if (!loss) return;
    int most = schema->axis[SCHEMA_EPOCH].size, n = num_epochs < most ? num_epochs : most;
    while (!done && n > 0 && loss[n - 1] == 0.0f) n--;
    memcpy(buf, loss, (size_t)n * sizeof *loss);
}

static void put_metric(const struct schema *schema, const struct schema_row *row,
                       const struct settings *s, const struct measures *m, void *buf)
{
    double **table = row->source == (int)SOURCE_METRIC            ? m->value
                     : row->source == (int)SOURCE_METRIC_FLOOR    ? m->floor
                     : row->source == (int)SOURCE_METRIC_FLOOR_SD ? m->floor_sd
                                                                  : m->z;
    if (!table) return;
    const struct metric *metric = &metrics_table[row->index];
    int size[MAX_COLUMN_DIMS] = {0};
    for (int d = 0; d < metric->num_dims; d++)
        size[d] = measure_dim_size(metric->dim[d], s->hmm.symbols, s->measure.length);
    put_array(schema, row, table[row->index], size, buf);
}

static void put_analysis(const struct schema *schema, const struct schema_row *row,
                         const struct settings *s, const struct analyses *a, void *buf)
{
    const struct analysis_output *output = &analysis_table[row->index]->output[row->part];
    if (!a->value || !a->value[row->index]) return; /* off in this cell */
    int size[MAX_COLUMN_DIMS] = {0};
    for (int d = 0; d < output->num_dims; d++) size[d] = analysis_dim_size(output->dim[d], s);
    put_array(schema, row, a->value[row->index][row->part], size, buf);
}

static double analyses_cpu_s(const struct analyses *a)
{
    double sum = NAN;
    for (int i = 0; a->cpu_s && i < num_analyses; i++)
        if (!isnan(a->cpu_s[i])) sum = (isnan(sum) ? 0 : sum) + a->cpu_s[i];
    return sum;
}

static void put_setting(const struct schema_row *row, const struct settings *s, void *buf)
{
    const struct setting *setting = &settings_table[row->index];
    char text[SETTING_TEXT_BYTES];
    if (row->type == TYPE_TEXT) {
        setting_text(s, setting, text);
        put_text(row, text, buf);
        return;
    }
    double value = settings_number(s, setting);
    if (row->type == TYPE_F8)
        put_real(row, value, buf);
    else
        put_integer(row, isfinite(value) ? (int64_t)value : 0, buf);
}

/* What the plan and the attempt know. Returns false for a column of the run's output. */
static bool encode_known(const struct schema_row *row, const struct plan *plan,
                         const struct run_attempt *a, void *buf)
{
    const struct run *run = &plan->runs[a->run];
    const struct cell *cell = &plan->cells[run->cell];
    switch ((enum schema_source)row->source) {
    case SOURCE_KEY: put_text(row, run->key, buf); return true;
    case SOURCE_CELL: put_integer(row, run->cell, buf); return true;
    case SOURCE_SEED: put_integer(row, run->seed, buf); return true;
    case SOURCE_BLOCK: put_text(row, cell->block, buf); return true;
    case SOURCE_SETTING: put_setting(row, &cell->settings, buf); return true;
    case SOURCE_STATUS: put_integer(row, a->status, buf); return true;
    case SOURCE_ATTEMPTS: put_integer(row, a->attempt, buf); return true;
    case SOURCE_ERROR: put_text(row, a->error, buf); return true;
    case SOURCE_T_START: put_real(row, a->t_start_s, buf); return true;
    case SOURCE_WALL: put_real(row, a->wall_s, buf); return true;
    case SOURCE_CPU: put_real(row, a->cpu_s, buf); return true;
    case SOURCE_RANK: put_integer(row, a->rank, buf); return true;
    case SOURCE_HOST: put_text(row, a->host, buf); return true;
    default: return false;
    }
}

static void encode_output(const struct schema *schema, const struct schema_row *row,
                          const struct settings *s, const struct run_output *out, bool done,
                          void *buf)
{
    const struct train_output *t = &out->train;
    const struct hmm *hmm = &out->hmm;
    switch ((enum schema_source)row->source) {
    case SOURCE_KERNEL: put_text(row, out->kernel, buf); break;
    case SOURCE_BLAS_CORE: put_text(row, out->blas_core, buf); break;
    case SOURCE_RESEEDS: put_integer(row, out->reseeds, buf); break;
    case SOURCE_ACCEPTED: put_integer(row, done && out->accepted, buf); break;
    case SOURCE_BEST_EPOCH: put_integer(row, t->best_epoch, buf); break;
    case SOURCE_BEST_VAL_LOSS:
        put_real(row, t->best_epoch > 0 ? t->best_val_loss : NAN, buf);
        break;
    case SOURCE_FINAL_VAL_LOSS: put_real(row, done ? t->final_val_loss : NAN, buf); break;
    case SOURCE_LOSS_FLOOR: put_real(row, done ? t->loss_floor : NAN, buf); break;
    case SOURCE_LOSS_FLOOR_SD: put_real(row, done ? t->loss_floor_sd : NAN, buf); break;
    case SOURCE_LOSS_Z: put_real(row, done ? out->loss_z : NAN, buf); break;
    case SOURCE_HMM_START:
        put_array(schema, row, hmm->start, (int[]){hmm->states, 1, 1}, buf);
        break;
    case SOURCE_HMM_TRANSITION:
        put_array(schema, row, hmm->transition, (int[]){hmm->states, hmm->states, 1}, buf);
        break;
    case SOURCE_HMM_EMISSION:
        put_array(schema, row, hmm->emission, (int[]){hmm->states, hmm->symbols, 1}, buf);
        break;
    case SOURCE_TRAIN_LOSS:
        put_losses(schema, t->train_loss, train_num_epochs(s), done, buf);
        break;
    case SOURCE_VAL_LOSS: put_losses(schema, t->val_loss, train_num_epochs(s), done, buf); break;
    case SOURCE_METRIC:
    case SOURCE_METRIC_FLOOR:
    case SOURCE_METRIC_FLOOR_SD:
    case SOURCE_METRIC_Z:
        if (done) put_metric(schema, row, s, &out->measures, buf);
        break;
    case SOURCE_ANALYSES_CPU: put_real(row, analyses_cpu_s(&out->analyses), buf); break;
    case SOURCE_ANALYSIS:
        if (done) put_analysis(schema, row, s, &out->analyses, buf);
        break;
    default: break; /* filled */
    }
}

void schema_encode(const struct schema *schema, const struct schema_row *row,
                   const struct plan *plan, const struct run_attempt *attempt,
                   const struct run_output *out, void *buf)
{
    const struct run *run = &plan->runs[attempt->run];
    schema_fill(schema, row, buf);
    if (encode_known(row, plan, attempt, buf)) return;
    if (row->source == (int)SOURCE_EFFECTIVE_SEED) {
        put_integer(row, out && out->reseeds > 0 ? out->effective_seed : run->seed, buf);
        return;
    }
    if (out)
        encode_output(schema, row, &plan->cells[run->cell].settings, out,
                      attempt->status == RUN_DONE, buf);
}
