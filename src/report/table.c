/* table: see table.h. Refuses to format numbers (its cells are text already) and to know what they
 * mean. Sources: RFC 4180 (CSV), RFC 8259 (JSON), GitHub Flavored Markdown section 4.10, Unicode
 * 15 East Asian Width for the columns that a character takes.
 */
#include "table.h"

#include "base/json.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct table {
    int num_columns;
    size_t num_rows, capacity; /* rows, the header (row 0) included */
    bool *is_number;           /* (num_columns), owned */
    char **cell;               /* (capacity, num_columns), each owned */
};

static const char *const format_name[] = {"table", "csv", "md", "json"};

/* --- making ---------------------------------------------------------------------------------- */

struct table *table_new(int num_columns, const char *const *header, const bool *is_number)
{
    struct table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    table->num_columns = num_columns;
    table->is_number = calloc((size_t)num_columns, sizeof *table->is_number);
    if (!table->is_number || table_row(table, header, NULL) != STATUS_OK) {
        table_free(table);
        return NULL;
    }
    if (is_number) memcpy(table->is_number, is_number, (size_t)num_columns * sizeof *is_number);
    return table;
}

void table_free(struct table *table)
{
    if (!table) return;
    for (size_t i = 0; i < table->num_rows * (size_t)table->num_columns; i++) free(table->cell[i]);
    free(table->cell);
    free(table->is_number);
    free(table);
}

int table_row(struct table *table, const char *const *cell, struct status *st)
{
    size_t width = (size_t)table->num_columns;
    if (table->num_rows == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 16;
        char **grown = realloc(table->cell, capacity * width * sizeof *grown);
        if (!grown) return status_no_memory(st, "a table");
        table->cell = grown;
        table->capacity = capacity;
    }
    char **row = table->cell + table->num_rows * width;
    for (size_t c = 0; c < width; c++) {
        row[c] = strdup(cell[c] ? cell[c] : "");
        if (row[c]) continue;
        while (c > 0) free(row[--c]);
        return status_no_memory(st, "a table");
    }
    table->num_rows++;
    return STATUS_OK;
}

int table_format_of(const char *name)
{
    for (int i = 0; name && i < 4; i++)
        if (strcmp(name, format_name[i]) == 0) return i;
    return -1;
}

static const char *cell_at(const struct table *table, size_t row, int column)
{
    return table->cell[row * (size_t)table->num_columns + (size_t)column];
}

/* --- characters ------------------------------------------------------------------------------ */

/* Terminal columns of one character. */
static int width_of(uint32_t p)
{
    if ((p >= 0x300 && p <= 0x36f) || (p >= 0x200b && p <= 0x200f) || (p >= 0xfe00 && p <= 0xfe0f))
        return 0;
    bool wide = (p >= 0x1100 && p <= 0x115f) || (p >= 0x2e80 && p <= 0xa4cf) ||
                (p >= 0xac00 && p <= 0xd7a3) || (p >= 0xf900 && p <= 0xfaff) ||
                (p >= 0xfe30 && p <= 0xfe6f) || (p >= 0xff00 && p <= 0xff60) ||
                (p >= 0xffe0 && p <= 0xffe6) || (p >= 0x1f300 && p <= 0x1faff) ||
                (p >= 0x20000 && p <= 0x3fffd);
    return wide ? 2 : 1;
}

static int text_width(const char *s)
{
    int width = 0;
    uint32_t point;
    for (; *s; s += utf8_decode(s, &point)) {
        utf8_decode(s, &point);
        width += width_of(point);
    }
    return width;
}

static void pad(FILE *out, int n)
{
    for (; n > 0; n--) fputc(' ', out);
}

/* --- the formats ----------------------------------------------------------------------------- */

/* A cell on one line: line breaks and other control characters become blanks. */
static void put_line(FILE *out, const char *s)
{
    for (; *s; s++) fputc((unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s, out);
}

static int column_width(const struct table *table, int column)
{
    int width = 1;
    for (size_t r = 0; r < table->num_rows; r++) {
        int w = text_width(cell_at(table, r, column));
        if (w > width) width = w;
    }
    return width;
}

static void write_text(const struct table *table, const int *width, FILE *out)
{
    for (size_t r = 0; r < table->num_rows; r++) {
        for (int c = 0; c < table->num_columns; c++) {
            const char *s = cell_at(table, r, c);
            int blanks = width[c] - text_width(s);
            if (c) pad(out, 2);
            if (table->is_number[c]) pad(out, blanks);
            put_line(out, s);
            if (!table->is_number[c] && c < table->num_columns - 1) pad(out, blanks);
        }
        fputc('\n', out);
        for (int c = 0; r == 0 && c < table->num_columns; c++) {
            if (c) pad(out, 2);
            for (int i = 0; i < width[c]; i++) fputc('-', out);
            if (c == table->num_columns - 1) fputc('\n', out);
        }
    }
}

static void write_csv(const struct table *table, FILE *out)
{
    for (size_t r = 0; r < table->num_rows; r++) {
        for (int c = 0; c < table->num_columns; c++) {
            const char *s = cell_at(table, r, c);
            if (c) fputc(',', out);
            if (!s[strcspn(s, ",\"\r\n")]) {
                fputs(s, out);
                continue;
            }
            fputc('"', out);
            for (; *s; s++) {
                if (*s == '"') fputc('"', out);
                fputc(*s, out);
            }
            fputc('"', out);
        }
        fputs("\r\n", out);
    }
}

static void write_markdown(const struct table *table, FILE *out)
{
    for (size_t r = 0; r < table->num_rows; r++) {
        for (int c = 0; c < table->num_columns; c++) {
            fputs(c ? " " : "| ", out);
            for (const char *s = cell_at(table, r, c); *s; s++) {
                if (*s == '|' || *s == '\\') fputc('\\', out);
                fputc((unsigned char)*s < 0x20 ? ' ' : *s, out);
            }
            fputs(" |", out);
        }
        fputc('\n', out);
        for (int c = 0; r == 0 && c < table->num_columns; c++)
            fprintf(out, "%s%s", c ? "" : "|", table->is_number[c] ? "---:|" : "---|");
        if (r == 0) fputc('\n', out);
    }
}

static bool is_not_finite(const char *s)
{
    if (*s == '-' || *s == '+') s++;
    return strcasecmp(s, "nan") == 0 || strcasecmp(s, "inf") == 0 || strcasecmp(s, "infinity") == 0;
}

static void write_json(const struct table *table, FILE *out)
{
    struct json json = {.out = out, .lines = 1};
    json_open(&json, NULL, '[');
    for (size_t r = 1; r < table->num_rows; r++) {
        json_open(&json, NULL, '{');
        for (int c = 0; c < table->num_columns; c++) {
            const char *name = cell_at(table, 0, c), *s = cell_at(table, r, c);
            size_t n = json_number_length(s);
            if (!*s || (table->is_number[c] && is_not_finite(s)))
                json_text(&json, name, NULL);
            else if (table->is_number[c] && n > 0 && !s[n])
                json_value(&json, name, s);
            else
                json_text(&json, name, s);
        }
        json_close(&json);
    }
    json_close(&json);
    fputc('\n', out);
}

int table_write(const struct table *table, enum table_format format, FILE *out, struct status *st)
{
    if (format == TABLE_TEXT) {
        int *width = malloc((size_t)table->num_columns * sizeof *width);
        if (!width) return status_no_memory(st, "a table");
        for (int c = 0; c < table->num_columns; c++) width[c] = column_width(table, c);
        write_text(table, width, out);
        free(width);
    } else if (format == TABLE_CSV) {
        write_csv(table, out);
    } else if (format == TABLE_MARKDOWN) {
        write_markdown(table, out);
    } else {
        write_json(table, out);
    }
    errno = 0;
    if (fflush(out) != 0 || ferror(out))
        return status_set(st, STATUS_IO, "cannot write the table: %s",
                          errno ? strerror(errno) : "the output stream failed");
    return STATUS_OK;
}
