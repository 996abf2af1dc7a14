/* fields: see fields.h. Refuses to judge what it reads. */
#include "fields.h"

#include <math.h>
#include <stdlib.h>

void fields_put(struct json *json, const struct field *field, int num, const void *from)
{
    for (const struct field *f = field; f < field + num; f++) {
        const char *at = (const char *)from + f->offset;
        if (f->format)
            json_number(json, f->key, f->format, *(const double *)at);
        else
            json_text(json, f->key, *(const char *const *)at);
    }
}

void fields_take(const struct node *map, const struct field *field, int num, void *into)
{
    for (const struct field *f = field; f < field + num; f++) {
        int found = node_find(map, f->key);
        const struct node *item = found < 0 ? NULL : map->item[found];
        bool scalar = item && item->kind == NODE_SCALAR;
        char *at = (char *)into + f->offset, *end;
        if (f->format) {
            double value = scalar ? strtod(item->text, &end) : NAN;
            *(double *)at = scalar && end != item->text ? value : NAN;
        } else {
            *(const char **)at = scalar && item->quoted ? item->text : NULL;
        }
    }
}
