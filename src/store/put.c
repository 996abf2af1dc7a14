/* put: see put.h. Refuses to know any column. */
#include "put.h"

#include "base/text.h"
#include <string.h>

void put_text(const struct made *m, const char *text, void *buf)
{
    text_fit(buf, (size_t)m->row->text_bytes, text);
}

void put_integer(const struct made *m, int64_t value, void *buf)
{
    int8_t i1 = (int8_t)value;
    int16_t i2 = (int16_t)(value > INT16_MAX ? INT16_MAX : value);
    int32_t i4 = (int32_t)value;
    switch (m->row->type) {
    case TYPE_I1: memcpy(buf, &i1, sizeof i1); break;
    case TYPE_I2: memcpy(buf, &i2, sizeof i2); break;
    case TYPE_I4: memcpy(buf, &i4, sizeof i4); break;
    default: memcpy(buf, &value, sizeof value); break; /* I8, U8 */
    }
}

void put_real(const struct made *m, double value, void *buf)
{
    float f4 = (float)value;
    if (m->row->type == TYPE_F4)
        memcpy(buf, &f4, sizeof f4);
    else
        memcpy(buf, &value, sizeof value);
}

void put_array(const struct made *m, const double *value, const int size[MAX_COLUMN_DIMS],
               void *buf)
{
    const struct schema_row *row = m->row;
    int own[MAX_COLUMN_DIMS] = {1, 1, 1}, all[MAX_COLUMN_DIMS] = {1, 1, 1};
    if (!value) return;
    for (int d = 0; d < row->num_dims; d++) {
        own[MAX_COLUMN_DIMS - row->num_dims + d] = size[d];
        all[MAX_COLUMN_DIMS - row->num_dims + d] = m->schema->axis[row->dim[d]].size;
    }
    for (int i = 0; i < own[0] && i < all[0]; i++)
        for (int j = 0; j < own[1] && j < all[1]; j++)
            for (int k = 0; k < own[2] && k < all[2]; k++) {
                size_t from = ((size_t)i * (size_t)own[1] + (size_t)j) * (size_t)own[2] + (size_t)k;
                size_t to = ((size_t)i * (size_t)all[1] + (size_t)j) * (size_t)all[2] + (size_t)k;
                put_real(m, value[from], (char *)buf + to * schema_element_bytes(row));
            }
}
