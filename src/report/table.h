/* table: rows and columns of text, written for people or programs. Pure apart from the stream. */
#pragma once

#include "hmmgrid/status.h"
#include <stdbool.h>
#include <stdio.h>

enum table_format {
    TABLE_TEXT,
    TABLE_CSV,
    TABLE_TSV,
    TABLE_MARKDOWN,
    TABLE_LATEX,
    TABLE_JSON,
    NUM_TABLE_FORMATS
};
#define TABLE_FORMATS "table, csv, tsv, md, latex or json"

/* For people: numbers are rounded, names as people write them. */
bool table_is_for_people(enum table_format format);

/* Zeroed to begin with. */
struct table {
    size_t num_keys; /* first columns, that say what a row is; set by the caller */
    size_t num_columns, num_cells, room; /* cells: the header's, then row after row */
    struct table_cell {
        char *text;
        bool is_number;
    } * cell;     /* owned */
    bool is_lost; /* memory was out: table_write says so */
};

void table_free(struct table *table);

/* One more column, all before the first cell: its heading as printf makes it. is_number:
 * right-aligned, bare in JSON. */
void table_column(struct table *table, bool is_number, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the name of a setting: for programs its column's, rnn_hidden of rnn.hidden. */
void table_column_of_key(struct table *table, bool is_number, const char *key,
                         enum table_format format);

/* The next cell of the table, row after row. An empty text is null in JSON. */
void table_cell(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Rows become columns: the headings stand first in each line, the first row heads the table. */
void table_turn(struct table *table);

/* The value of --format; NULL: TABLE_TEXT. STATUS_USAGE where it is none. */
int table_format_read(const char *name, enum table_format *format, struct status *st);

/* Write it all and flush. STATUS_IO when the stream fails, STATUS_NO_MEMORY.
 *   TABLE_TEXT      columns aligned by their width on a terminal (UTF-8), two blanks apart; on a
 *                   terminal that is narrower, parts below each other, each with the keys
 *   TABLE_CSV       RFC 4180: CRLF, quotes where needed, doubled inside
 *   TABLE_TSV       tabs between cells, a line each; tabs and ends of lines inside become blanks
 *   TABLE_MARKDOWN  GitHub's table; | and \ escaped
 *   TABLE_LATEX     a tabular with the rules of the package booktabs
 *   TABLE_JSON      an array of objects, one a line; a number column's cell is bare when it is a
 *                   JSON number, null when it is NaN or infinite, otherwise a string; bytes that
 *                   are not UTF-8 become U+FFFD */
int table_write(const struct table *table, enum table_format format, FILE *out, struct status *st);
