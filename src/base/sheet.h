/* sheet: a text in memory that grows as it is printed. It comes back whole or not at all, unlike
 * that of open_memstream, whose stream shows no error where memory was out. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct sheet { /* where it grows; stays in its place while the stream is open */
    char *bytes;
    size_t used, room;
};

/* A stream to print on; NULL: memory out. */
FILE *sheet_open(struct sheet *text);

/* Close it: the malloc'd text with a NUL behind its *used bytes (used may be NULL), or NULL where
 * memory was out or `good` is false. */
char *sheet_close(struct sheet *text, FILE *out, bool good, size_t *used);
