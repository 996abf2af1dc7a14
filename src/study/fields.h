/* fields: structs of texts and numbers as entries of JSON objects, by a table: writer and reader
 * loop over it, and what the reader does not find is null. Private to src/study. */
#pragma once

#include "base/json.h"
#include <stddef.h>

struct field {
    const char *key;
    size_t offset;      /* of a const char * or a double */
    const char *format; /* of the number; NULL: a text */
};

#define FIELD_TEXT(type, field)                                                                    \
    {                                                                                              \
#field, offsetof(struct type, field), NULL                                                 \
    }
#define FIELD_NUMBER(type, field, format)                                                          \
    {                                                                                              \
#field, offsetof(struct type, field), format                                               \
    }

/* Entries of an object that is open. */
void fields_put(struct json *json, const struct field *field, int num, const void *from);

/* NaN and NULL where the map has no such entry; texts are the tree's. */
void fields_take(const struct node *map, const struct field *field, int num, void *into);
