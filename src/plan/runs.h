/* runs: the text behind a run's key, kept so that the seeds of a cell share it. */
#pragma once

#include "hmmgrid/settings.h"

/* "key=value" lines of every run setting; malloc'd with room for a seed line behind `bytes`.
 * NULL: memory out. */
char *plan_key_text(const struct settings *settings, size_t *bytes);

/* Key of such a text and a seed; the text behind `bytes` is overwritten. */
void plan_key_of_text(char *text, size_t bytes, int64_t seed, char key[33]);
