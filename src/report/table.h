/* table: rows and columns of text, written for people or programs. Pure apart from the stream. */
#ifndef HMMGRID_TABLE_H
#define HMMGRID_TABLE_H

#include "hmmgrid/status.h"
#include <stdbool.h>
#include <stdio.h>

enum table_format { TABLE_TEXT, TABLE_CSV, TABLE_MARKDOWN, TABLE_JSON };

struct table; /* opaque, owned by the caller */

/* headers: num_columns (>= 1) names (copied). is_number[c]: right-aligned, bare in JSON; NULL: no
 * column is. Returns NULL when memory is out. */
struct table *table_new(int num_columns, const char *const *header, const bool *is_number);
void table_free(struct table *table);

/* Append a row: num_columns texts (copied). NULL or "" = empty (null in JSON). STATUS_NO_MEMORY:
 * the table then stays as it was. */
int table_row(struct table *table, const char *const *cell, struct status *st);

/* "table", "csv", "md", "json" -> format; -1 otherwise. */
int table_format_of(const char *name);

/* Write it all and flush. STATUS_IO when the stream fails.
 *   TABLE_TEXT      columns aligned by their width on a terminal (UTF-8), two blanks apart
 *   TABLE_CSV       RFC 4180: CRLF, quotes where needed, doubled inside
 *   TABLE_MARKDOWN  GitHub's table; | and \ escaped
 *   TABLE_JSON      an array of objects, one a line; a number column's cell is bare when it is a
 *                   JSON number, null when it is NaN or infinite, otherwise a string; bytes that
 *                   are not UTF-8 become U+FFFD */
int table_write(const struct table *table, enum table_format format, FILE *out, struct status *st);

#endif
