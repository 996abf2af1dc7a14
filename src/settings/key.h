/* key: the text behind a run's key, kept so that the seeds of a cell share it. The keys themselves:
 * hmmgrid/settings.h. */
#pragma once

#include "hmmgrid/settings.h"

/* "key=value" lines of every run setting that differs from its default; malloc'd with room for a
 * seed line behind `bytes`. NULL: memory is out. */
char *settings_key_text(const struct settings *settings, size_t *bytes);

/* Key of the settings of that text, which is written over from `bytes` on, and a seed. */
void settings_key_of_text(char *text, size_t bytes, int64_t seed, char key[RUN_KEY_BYTES]);
