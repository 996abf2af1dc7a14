/* usage: what a study cost. */
#pragma once

#include "store/store.h"

#include <stdio.h>

/* Show it for the results file at path, which is open; it may be written at the moment. */
int usage_show(struct store *store, const char *path, bool as_json, FILE *out, struct status *st);
