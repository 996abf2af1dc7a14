/* seeds: those of a study, from `seeds` of a grid or from --seeds. */
#pragma once

#include "assign.h"

enum { MAX_SEEDS = 10000 };

struct seeds {
    int count;
    int64_t *seed; /* in r->tree */
};

/* Read 0-49, {start: 0, count: 50}, or a list of numbers and of these. What is faulty is reported,
 * and *seeds left as it was. */
void seeds_read(struct reading *r, const struct node *node, struct seeds *seeds);

/* What --seeds said, when an option is "seeds=..."; NULL: it is none such. */
const char *seeds_of_option(const char *option);

/* The same as seeds_read of such a text, where the brackets of a list may be left out: 0-4,10. */
void seeds_read_option(struct reading *r, const char *said, struct seeds *seeds);
