/* order: see order.h. */
#include "order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void order_by_text(struct ordered *o, const char *text, bool is_number)
{
    o->text = text;
    o->number = is_number ? strtod(text, NULL) : 0;
}

static int compare(const struct ordered *x, const struct ordered *y, int sign)
{
    if (isnan(x->number) != isnan(y->number)) return isnan(x->number) ? 1 : -1;
    int order = (x->number > y->number) - (x->number < y->number);
    if (!order && x->text && y->text) order = strverscmp(x->text, y->text);
    return order ? sign * order : x->item - y->item;
}

static int rising(const void *a, const void *b)
{
    return compare(a, b, 1);
}

static int falling(const void *a, const void *b)
{
    return compare(a, b, -1);
}

void order_items(struct ordered *ordered, int num, bool falls)
{
    qsort(ordered, (size_t)num, sizeof *ordered, falls ? falling : rising);
}
