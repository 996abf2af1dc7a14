/* json: the writer of JSON and the reader of it, RFC 8259. The reader makes a tree (node.h). */
#pragma once

#include "node.h"
#include <stdint.h>
#include <stdio.h>

/* --- writing ---------------------------------------------------------------------------------- */

/* Set out and lines, zero the rest. Commas and line breaks come by themselves; errors stay in the
 * stream. */
struct json {
    FILE *out;
    int lines; /* the entries of so many outer levels begin a line each; 0: no blank anywhere */
    int depth; /* its own, like the rest */
    bool follows;
    char closing[MAX_NODE_DEPTH];
};

/* One entry of what was opened last, or the whole. key: NULL in a list and of the whole. */
void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json);
void json_text(struct json *json, const char *key, const char *text); /* NULL: null */
void json_integer(struct json *json, const char *key, int64_t value);
/* format: of printf, for a double; not finite: null. */
void json_number(struct json *json, const char *key, const char *format, double value);
/* What stands before an entry whose value is then written to json->out. */
void json_key(struct json *json, const char *key);
/* What is JSON already, up to its end or the end of its line. */
void json_value(struct json *json, const char *key, const char *value);

/* Text as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD. */
void json_put_text(FILE *out, const char *text);

/* Bytes of the number that text begins with; 0: none does. */
size_t json_number_length(const char *text);

/* --- reading ---------------------------------------------------------------------------------- */

/* One value and nothing behind it, no key twice in an object, at most MAX_NODE_DEPTH levels;
 * numbers, true, false and null become plain scalars, strings quoted ones. STATUS_BAD_GRID with the
 * byte, 1-based; STATUS_NO_MEMORY. */
int json_read(struct pool *pool, const char *text, struct node **root, struct status *st);
