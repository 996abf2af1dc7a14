/* draft: a cell in the making. */
#pragma once

#include "assign.h"

/* Its settings so far and who set each of them last (NULL: a default). */
struct draft {
    struct settings settings;
    const struct assign *origin[MAX_SETTINGS];
};

void draft_set(struct draft *draft, const struct assign *assign);
void draft_set_all(struct draft *draft, const struct assigns *assigns);

/* Who set this setting last; NULL: nobody. */
const struct assign *draft_origin(const struct draft *draft, const char *key);

/* What exclude and when look at: the settings resolved as far as they resolve, so that
 * hmm.emission: linear matches a linear chain that does not write it. */
struct settings draft_view(const struct draft *draft);

/* Settings of which a run can be made; *key and st as of settings_resolve. elsewhere: the network
 * may have been trained elsewhere, on an unknown HMM. */
int draft_resolve(struct draft *draft, bool elsewhere, const char **key, struct status *st);

/* Of options with which the draft does not resolve, the one without which it does, or the last of
 * them when that is none; NULL: it does not even without all. */
const struct assign *draft_option_at_fault(const struct draft *draft, const struct assigns *options,
                                           bool elsewhere);
