/* table: see table.h. Refuses to format numbers (its cells are text already) and to know what they
 * mean. Sources: RFC 4180 (CSV), RFC 8259 (JSON), GitHub Flavored Markdown section 4.10, Unicode
 * 15 East Asian Width for the columns that a character takes.
 */
#include "table.h"

#include "base/json.h"
#include "base/show.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/wrap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const format_name[NUM_TABLE_FORMATS] = {"table", "csv",   "tsv",
                                                           "md",    "latex", "json"};

/* --- making ---------------------------------------------------------------------------------- */

static void add(struct table *table, bool is_number, const char *fmt, va_list ap)
{
    char *text = NULL;
    if (table->num_cells == table->room) {
        size_t room = 2 * table->room + 64;
        struct table_cell *grown = realloc(table->cell, room * sizeof *grown);
        if (grown) table->cell = grown, table->room = room;
    }
    if (table->num_cells == table->room || vasprintf(&text, fmt, ap) < 0)
        table->is_lost = true;
    else
        table->cell[table->num_cells++] = (struct table_cell){text, is_number};
}

void table_column(struct table *table, bool is_number, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(table, is_number, fmt, ap);
    va_end(ap);
    table->num_columns++;
}

void table_column_of_key(struct table *table, bool is_number, const char *key,
                         enum table_format format)
{
    size_t at = table->num_cells;
    table_column(table, is_number, "%s", key);
    for (char *p = table->num_cells > at ? table->cell[at].text : NULL; p && *p; p++)
        if (*p == '.' && !table_is_for_people(format)) *p = '_';
}

void table_cell(struct table *table, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(table, false, fmt, ap);
    va_end(ap);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->num_cells; i++) free(table->cell[i].text);
    free(table->cell);
}

int table_format_read(const char *name, enum table_format *format, struct status *st)
{
    int index = name ? text_index(format_name, NUM_TABLE_FORMATS, name) : TABLE_TEXT;
    if (index < 0)
        return status_set(st, STATUS_USAGE, "--format: '%s' is not one of " TABLE_FORMATS, name);
    *format = (enum table_format)index;
    return STATUS_OK;
}

bool table_is_for_people(enum table_format format)
{
    return format == TABLE_TEXT || format == TABLE_MARKDOWN || format == TABLE_LATEX;
}

static size_t num_rows(const struct table *table) /* the header included */
{
    return table->num_cells / table->num_columns;
}

static const char *cell_at(const struct table *table, size_t row, size_t column)
{
    return table->cell[row * table->num_columns + column].text;
}

void table_turn(struct table *table)
{
    size_t rows = table->is_lost ? 0 : num_rows(table), columns = table->num_columns;
    struct table_cell *turned = calloc(table->room + 1, sizeof *turned);
    if (!turned) table->is_lost = true;
    for (size_t i = 0; turned && i < rows * columns; i++)
        turned[i % columns * rows + i / columns] = table->cell[i];
    if (!turned || !rows) {
        free(turned);
        return;
    }
    for (size_t row = 0; row < rows; row++) turned[row].is_number = row > 0;
    free(table->cell);
    table->cell = turned;
    table->num_columns = rows;
    table->num_keys = 1;
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

/* A character of a cell on one line: ends of lines and tabs become blanks. */
static size_t take(const char *s, char shown[SHOWN_BYTES])
{
    if (!strchr("\n\t", *s)) return show_character(s, shown);
    snprintf(shown, SHOWN_BYTES, " ");
    return 1;
}

static int text_width(const char *s)
{
    int width = 0;
    uint32_t point;
    char shown[SHOWN_BYTES];
    while (*s) {
        s += take(s, shown);
        for (const char *c = shown; *c; width += width_of(point)) c += utf8_decode(c, &point);
    }
    return width;
}

/* --- the formats ----------------------------------------------------------------------------- */

static void put_line(FILE *out, const char *s)
{
    for (char shown[SHOWN_BYTES]; *s; fputs(shown, out)) s += take(s, shown);
}

/* What is shown there; behind the last column stand the numbers of the rows. */
static const char *text_at(const struct table *table, size_t row, size_t column, char number[24])
{
    if (column < table->num_columns) return cell_at(table, row, column);
    snprintf(number, 24, "%zu", row);
    return row ? number : "#";
}

static int column_width(const struct table *table, size_t column)
{
    char number[24];
    int width = 1;
    for (size_t r = 0; r < num_rows(table); r++) {
        int w = text_width(text_at(table, r, column, number));
        if (w > width) width = w;
    }
    return width;
}

/* num columns of the table, side by side. */
static void write_columns(const struct table *table, const int *width, const size_t *column,
                          size_t num, FILE *out)
{
    for (size_t r = 0; r < num_rows(table); r++) {
        for (size_t i = 0; i < num; i++) {
            char text[24];
            size_t c = column[i];
            const char *s = text_at(table, r, c, text);
            int blanks = width[c] - text_width(s);
            bool number = c == table->num_columns || table->cell[c].is_number, last = i == num - 1;
            fprintf(out, "%*s", (i ? 2 : 0) + (number ? blanks : 0), "");
            put_line(out, s);
            fprintf(out, "%*s", number || last ? 0 : blanks, "");
        }
        fputc('\n', out);
        for (size_t i = 0; r == 0 && i < num; i++) {
            if (i) fputs("  ", out);
            for (int k = 0; k < width[column[i]]; k++) fputc('-', out);
            if (i == num - 1) fputc('\n', out);
        }
    }
}

/* Parts below each other where the table is wider than the terminal, the keys in front of each, or
 * the numbers of the rows where the keys leave no room. */
static int write_text(const struct table *table, FILE *out, struct status *st)
{
    size_t num = table->num_columns, keys = table->num_keys < num ? table->num_keys : 0,
           next = keys;
    int *width = calloc(num + 1, sizeof *width), limit = wrap_width(out), keys_width = 0,
        widest = 0;
    size_t *column = calloc(num + 1, sizeof *column);
    int code = width && column ? STATUS_OK : status_no_memory(st, "a table");
    for (size_t c = 0; c <= num && !code; c++) {
        width[c] = column_width(table, c);
        column[c] = c;
        if (c < keys) keys_width += width[c] + 2;
        if (c >= keys && c < num && width[c] > widest) widest = width[c];
    }
    if (keys && !code && keys_width > limit - widest) {
        keys = 1, next = 0;
        column[0] = num;
        keys_width = width[num] + 2;
    }
    size_t first = next;
    while (next < num && !code) {
        size_t n = keys;
        if (next > first) fputc('\n', out);
        for (int used = keys_width; next < num && (n == keys || used + width[next] <= limit);) {
            used += width[next] + 2;
            column[n++] = next++;
        }
        write_columns(table, width, column, n, out);
    }
    free(width);
    free(column);
    return code;
}

static void write_csv(const struct table *table, FILE *out)
{
    for (size_t r = 0; r < num_rows(table); r++) {
        for (size_t c = 0; c < table->num_columns; c++) {
            const char *s = cell_at(table, r, c);
            if (c) fputc(',', out);
            bool plain = !s[strcspn(s, ",\"\n")];
            if (!plain) fputc('"', out);
            while (*s) {
                char shown[SHOWN_BYTES] = "\n";
                if (*s == '"') fputc('"', out);
                s += *s == '\n' ? 1 : show_character(s, shown);
                fputs(shown, out);
            }
            if (!plain) fputc('"', out);
        }
        fputs("\r\n", out);
    }
}

static void write_tsv(const struct table *table, FILE *out)
{
    for (size_t r = 0; r < num_rows(table); r++)
        for (size_t c = 0; c < table->num_columns; c++) {
            put_line(out, cell_at(table, r, c));
            fputc(c + 1 < table->num_columns ? '\t' : '\n', out);
        }
}

/* What TeX would take for something else. */
static void put_latex(const char *s, FILE *out)
{
    static const struct {
        const char *from, *to;
    } special[] = {{"\\", "\\textbackslash{}"},
                   {"~", "\\textasciitilde{}"},
                   {"^", "\\textasciicircum{}"},
                   {"<", "$<$"},
                   {">", "$>$"},
                   {"±", "$\\pm$"},
                   {"&", "\\&"},
                   {"%", "\\%"},
                   {"$", "\\$"},
                   {"#", "\\#"},
                   {"_", "\\_"},
                   {"{", "\\{"},
                   {"}", "\\}"}};
    enum { NUM = sizeof special / sizeof special[0] };
    while (*s) {
        char shown[SHOWN_BYTES];
        int k = 0;
        while (k < NUM && strncmp(s, special[k].from, strlen(special[k].from)) != 0) k++;
        size_t n = k < NUM ? strlen(special[k].from) : take(s, shown);
        if (k == NUM && shown[0] == '\\') fputs("\\textbackslash{}", out); /* of \x1b */
        fputs(k < NUM ? special[k].to : shown + (shown[0] == '\\'), out);
        s += n;
    }
}

static void write_latex(const struct table *table, FILE *out)
{
    fputs("\\begin{tabular}{", out);
    for (size_t c = 0; c < table->num_columns; c++)
        fputc(table->cell[c].is_number ? 'r' : 'l', out);
    fputs("}\n\\toprule\n", out);
    for (size_t r = 0; r < num_rows(table); r++) {
        for (size_t c = 0; c < table->num_columns; c++) {
            if (c) fputs(" & ", out);
            put_latex(cell_at(table, r, c), out);
        }
        fputs(r ? " \\\\\n" : " \\\\\n\\midrule\n", out);
    }
    fputs("\\bottomrule\n\\end{tabular}\n", out);
}

static void write_markdown(const struct table *table, FILE *out)
{
    for (size_t r = 0; r < num_rows(table); r++) {
        for (size_t c = 0; c < table->num_columns; c++) {
            fputs(c ? " " : "| ", out);
            for (const char *s = cell_at(table, r, c); *s;) {
                char shown[SHOWN_BYTES];
                s += take(s, shown);
                if (strchr("|\\", *shown)) fputc('\\', out);
                fputs(shown, out);
            }
            fputs(" |", out);
        }
        fputc('\n', out);
        for (size_t c = 0; r == 0 && c < table->num_columns; c++)
            fprintf(out, "%s%s", c ? "" : "|", table->cell[c].is_number ? "---:|" : "---|");
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
    for (size_t r = 1; r < num_rows(table); r++) {
        json_open(&json, NULL, '{');
        for (size_t c = 0; c < table->num_columns; c++) {
            const char *name = cell_at(table, 0, c), *s = cell_at(table, r, c);
            size_t n = json_number_length(s);
            if (!*s || (table->cell[c].is_number && is_not_finite(s)))
                json_text(&json, name, NULL);
            else if (table->cell[c].is_number && n > 0 && !s[n])
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
    if (table->is_lost) return status_no_memory(st, "a table");
    switch (format) {
    case TABLE_TEXT:
        if (write_text(table, out, st)) return st ? st->code : STATUS_NO_MEMORY;
        break;
    case TABLE_CSV: write_csv(table, out); break;
    case TABLE_TSV: write_tsv(table, out); break;
    case TABLE_MARKDOWN: write_markdown(table, out); break;
    case TABLE_LATEX: write_latex(table, out); break;
    default: write_json(table, out); break;
    }
    errno = 0;
    if (fflush(out) != 0 || ferror(out))
        return status_set(st, STATUS_IO, "cannot write the table: %s",
                          errno ? strerror(errno) : "the output stream failed");
    return STATUS_OK;
}
