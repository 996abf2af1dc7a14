/* schema: see schema.h. Refuses to know where values come from, and HDF5: types and shapes only,
 * and their text form. Source: section 3 of the design (layout of the results file). */
#include "schema.h"

#include "base/node.h"
#include "base/sheet.h"
#include "base/text.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_name[] = {"i1", "i2", "i4", "i8", "u8", "f4", "f8", "text"};
static const size_t type_bytes[] = {1, 2, 4, 8, 8, 4, 8, 0};
static const char *const digest_name[] = {"provenance", "result"};
static const char *const writer_name[] = {"layout", "worker", "coordinator"};

int schema_make_room(struct schema *schema, size_t rows, size_t axes, struct status *st)
{
    *schema = (struct schema){.row = calloc(rows, sizeof *schema->row),
                              .axis = calloc(axes, sizeof *schema->axis),
                              .texts = pool_new()};
    if (schema->row && schema->axis && schema->texts) return STATUS_OK;
    schema_free(schema);
    return status_no_memory(st, "the columns");
}

void schema_free(struct schema *schema)
{
    if (!schema) return;
    free(schema->row);
    free(schema->axis);
    pool_free(schema->texts);
    *schema = (struct schema){0};
}

const char *schema_keep(struct schema *schema, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = n < 0 ? NULL : pool_take(schema->texts, (size_t)n + 1, 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    else
        schema->no_memory = true;
    va_end(again);
    va_end(ap);
    return text ? text : "";
}

/* --- shapes and names ----------------------------------------------------------------------- */

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

void schema_fill(const struct schema *schema, const struct schema_row *row, void *buf)
{
    size_t count = schema_row_count(schema, row), bytes = schema_element_bytes(row);
    const float nan4 = NAN;
    const double nan8 = NAN;
    memset(buf, 0, count * bytes);
    if (row->type != TYPE_F4 && row->type != TYPE_F8) return;
    for (size_t i = 0; i < count; i++)
        memcpy((char *)buf + i * bytes, bytes == sizeof nan4 ? (void *)&nan4 : (void *)&nan8,
               bytes);
}

const char *schema_row_label(const struct schema_row *row)
{
    const char *dot = strcmp(row->group, SCHEMA_RUNS) == 0 ? NULL : strchr(row->name, '.');
    return dot ? dot + 1 : row->name;
}

void schema_row_path(const struct schema_row *row, char path[160])
{
    snprintf(path, 160, "%s/%s", row->group, schema_row_label(row));
}

int schema_find_axis(const struct schema *schema, const char *group, const char *name)
{
    for (int a = 0; a < schema->num_axes; a++)
        if (strcmp(schema->axis[a].name, name) == 0 && strcmp(schema->axis[a].group, group) == 0)
            return a;
    return -1;
}

const struct schema_row *schema_find(const struct schema *schema, const char *name)
{
    for (int i = 0; i < schema->num_rows; i++)
        if (strcmp(schema->row[i].name, name) == 0) return &schema->row[i];
    return NULL;
}

/* --- as text ---------------------------------------------------------------------------------- */

char *schema_text(const struct schema *schema)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    for (int a = 0; a < schema->num_axes; a++) {
        const struct schema_axis *axis = &schema->axis[a];
        fprintf(out, "axis\t%s\t%s\t%d\t%d\t", axis->group, axis->name, axis->size, axis->first);
        for (int i = 0; axis->value && i < axis->size; i++)
            fprintf(out, "%s%.17g", i ? "," : "", axis->value[i]);
        fprintf(out, "\t%s\t%s\n", axis->unit, axis->meaning);
    }
    for (int i = 0; i < schema->num_rows; i++) {
        const struct schema_row *r = &schema->row[i];
        fprintf(out, "column\t%s\t%s\t%s\t%d\t", r->group, r->name, type_name[r->type],
                r->text_bytes);
        for (int d = 0; d < r->num_dims; d++)
            fprintf(out, "%s%s", d ? "," : "", schema->axis[r->dim[d]].name);
        fprintf(out, "\t%s\t%s\t%s\t%s\n", digest_name[r->in_digest], writer_name[r->writer],
                r->unit, r->meaning);
    }
    return sheet_close(&sheet, out, true, NULL);
}

enum { AXIS_FIELDS = 8, COLUMN_FIELDS = 10 };

static bool parse_axis(struct schema *schema, char *const field[AXIS_FIELDS])
{
    struct schema_axis *axis = &schema->axis[schema->num_axes++];
    *axis = (struct schema_axis){.group = field[1],
                                 .name = field[2],
                                 .size = atoi(field[3]),
                                 .first = atoi(field[4]),
                                 .unit = field[6],
                                 .meaning = field[7]};
    if (axis->size < 1 || !*field[5]) return axis->size >= 1;
    double *value = pool_take(schema->texts, (size_t)axis->size, sizeof *value);
    char *rest = field[5];
    if (!value) schema->no_memory = true;
    for (int i = 0; value && i < axis->size; i++) {
        char *end;
        value[i] = strtod(rest, &end);
        if (end == rest || *end != (i < axis->size - 1 ? ',' : '\0')) return false;
        rest = end + 1;
    }
    axis->value = value;
    return true;
}

static bool parse_column(struct schema *schema, char *const field[COLUMN_FIELDS])
{
    int type = text_index(type_name, sizeof type_name / sizeof *type_name, field[3]);
    int in_digest = text_index(digest_name, 2, field[6]);
    int writer = text_index(writer_name, sizeof writer_name / sizeof *writer_name, field[7]);
    struct schema_row *row = &schema->row[schema->num_rows++];
    if (type < 0 || in_digest < 0 || writer < 0) return false;
    *row = (struct schema_row){.group = field[1],
                               .name = field[2],
                               .type = (enum schema_type)type,
                               .text_bytes = atoi(field[4]),
                               .in_digest = in_digest,
                               .writer = (enum schema_writer)writer,
                               .unit = field[8],
                               .meaning = field[9]};
    char *rest = *field[5] ? field[5] : NULL;
    while (rest) {
        int axis = schema_find_axis(schema, row->group, strsep(&rest, ","));
        if (axis < 0 || row->num_dims == MAX_COLUMN_DIMS) return false;
        row->dim[row->num_dims++] = axis;
    }
    return row->type != TYPE_TEXT || (row->text_bytes >= 1 && row->text_bytes <= 65536);
}

/* One line (cut into fields at tabs, changed) -> an axis or a column. False: not understood. */
static bool parse_line(struct schema *schema, char *line)
{
    char *field[COLUMN_FIELDS] = {0}, *rest = line;
    int n = 0;
    while (n < COLUMN_FIELDS && rest) field[n++] = strsep(&rest, "\t");
    if (strcmp(field[0], "axis") == 0) return n >= AXIS_FIELDS && parse_axis(schema, field);
    if (strcmp(field[0], "column") == 0) return n >= COLUMN_FIELDS && parse_column(schema, field);
    return true;
}

int schema_parse(struct schema *schema, const char *text, struct status *st)
{
    size_t lines = 1;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    int code = schema_make_room(schema, lines, lines, st);
    char *rest = code ? NULL : pool_text(schema->texts, text, strlen(text));
    if (!code && !rest) code = status_no_memory(st, "the columns");
    while (rest && !code) {
        char *line = strsep(&rest, "\n");
        if (!parse_line(schema, line))
            code = status_set(st, STATUS_IO,
                              "its list of columns cannot be understood at \"%s\"; "
                              "the file is damaged or of another program",
                              line);
        else if (schema->no_memory)
            code = status_no_memory(st, "the columns");
    }
    if (!code && schema_find_axis(schema, SCHEMA_RUNS, "run") != SCHEMA_RUN)
        code = status_set(st, STATUS_IO,
                          "its list of columns lacks the number of runs; the file is damaged");
    if (code) schema_free(schema);
    return code;
}
