/* field: a value of a setting into its field of struct settings and out of it, and two values
 * compared. Refuses to read texts (value.c). */
#include "value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool value_takes_matrix(const struct setting *row)
{
    return row->type == SETTING_MATRIX || row->type == SETTING_ENUM_OR_MATRIX;
}

#define MOVE(type, part)                                                                           \
    (store ? (void)(*(type *)field = (part)) : (void)((part) = *(const type *)field))

/* The value to the field, or the field to the value; what is given is not written to. */
static void move(struct settings *s, const struct setting *row, struct value *value, bool store)
{
    void *field = (char *)s + row->offset;
    switch (row->type) {
    case SETTING_INT:
    case SETTING_ENUM: MOVE(int, value->number); break;
    case SETTING_BOOL: MOVE(bool, value->number); break;
    case SETTING_REAL:
    case SETTING_DURATION: MOVE(double, value->number); break;
    case SETTING_REAL_LIST: MOVE(struct real_list, value->list); break;
    case SETTING_MATRIX: MOVE(struct matrix, value->matrix); break;
    case SETTING_ENUM_OR_MATRIX:
        MOVE(int, value->number);
        field = &s->hmm.emission_matrix;
        MOVE(struct matrix, value->matrix);
        break;
    case SETTING_COUNT_OR_SHARE:
        MOVE(double, value->number);
        field = &s->run.max_failures_is_share;
        MOVE(bool, value->is_share);
        break;
    case SETTING_TEXT: MOVE(const char *, value->text); break;
    case SETTING_FILE:
        if (store)
            snprintf(field, MAX_FILE + 1, "%s", value->text ? value->text : "");
        else
            value->text = *(char *)field ? field : NULL;
        break;
    }
}

void value_store(struct settings *s, const struct setting *row, const struct value *value)
{
    struct value copy = *value;
    move(s, row, &copy, true);
}

struct value value_load(const struct settings *s, const struct setting *row)
{
    struct value value = {.number = NAN};
    move((struct settings *)s, row, &value, false);
    return value;
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

bool value_equal(const struct setting *row, const struct value *a, const struct value *b)
{
    if (row->type == SETTING_REAL_LIST) {
        if (a->list.count != b->list.count) return false;
        for (int i = 0; i < a->list.count; i++)
            if (!same_number(a->list.value[i], b->list.value[i])) return false;
        return true;
    }
    if (value_takes_matrix(row)) {
        size_t count = (size_t)a->matrix.rows * (size_t)a->matrix.cols;
        if (!same_number(a->number, b->number)) return false;
        if (a->matrix.rows != b->matrix.rows || a->matrix.cols != b->matrix.cols) return false;
        for (size_t i = 0; i < count; i++)
            if (!same_number(a->matrix.value[i], b->matrix.value[i])) return false;
        return true;
    }
    if (row->type == SETTING_FILE && a->text && b->text)
        return strcmp(settings_tag_of_file(a->text), settings_tag_of_file(b->text)) == 0;
    if (row->type == SETTING_TEXT || row->type == SETTING_FILE)
        return a->text == b->text || (a->text && b->text && strcmp(a->text, b->text) == 0);
    return same_number(a->number, b->number) && a->is_share == b->is_share;
}
