/* order: items by a number and a text. Pure. */
#pragma once

#include <stdbool.h>

struct ordered {
    double number;
    const char *text; /* borrowed; NULL: none */
    int item;
};

/* Its place by a text, which is a number where is_number says so ("none": 0). */
void order_by_text(struct ordered *ordered, const char *text, bool is_number);

/* By number, then by text with the numbers in it by their size, then by item; falls: the largest
 * number, or the last text, first. An item whose number is NaN comes last, either way. */
void order_items(struct ordered *ordered, int num, bool falls);
