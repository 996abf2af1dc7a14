/* key: see key.h. A key hashes the settings that differ from their defaults, as "key=value" lines
 * in table order, and the seed, so it depends on nothing else and a new setting changes no key;
 * settings of what is kept and analysed are left out (settings.h). */
#include "key.h"

#include "base/hash.h"
#include "base/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_ROOM = 32 };

char *settings_key_text(const struct settings *settings, size_t *bytes)
{
    struct settings defaults;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    settings_default(&defaults);
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        if (row->scope != SCOPE_RUN || row->outside_key) continue;
        if (settings_is_default(settings, &defaults, row)) continue;
        fprintf(out, "%s=", row->key);
        settings_put_json(out, settings, row);
        fputc('\n', out);
    }
    fprintf(out, "%*s", SEED_ROOM, "");
    char *whole = sheet_close(&sheet, out, true, bytes);
    *bytes -= SEED_ROOM;
    return whole;
}

void settings_key_of_text(char *text, size_t bytes, int64_t seed, char key[RUN_KEY_BYTES])
{
    int n = snprintf(text + bytes, SEED_ROOM, "seed=%" PRId64 "\n", seed);
    hash_128_hex(text, bytes + (size_t)n, key);
}

void settings_run_key(const struct settings *settings, int64_t seed, char key[RUN_KEY_BYTES])
{
    size_t bytes;
    char *text = settings_key_text(settings, &bytes);
    memset(key, 0, RUN_KEY_BYTES); /* "" when memory is out */
    if (text) settings_key_of_text(text, bytes, seed, key);
    free(text);
}

void settings_training_key(const struct settings *settings, int64_t seed, char key[RUN_KEY_BYTES])
{
    struct settings defaults, as = *settings;
    settings_default(&defaults);
    as.train.epochs = defaults.train.epochs;
    settings_run_key(&as, seed, key);
}
