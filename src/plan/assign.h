/* assign: maps of settings, wherever a grid has one: what is set, what is varied, what is matched.
 * Keys are dotted (hmm.states: 3) or nested (hmm: {states: 3}). */
#pragma once

#include "labels.h"
#include "settings/faults.h"
#include "settings/value.h"

enum { MAX_SETTINGS = 128 };

/* What readers of a grid share. */
struct reading {
    struct faults *faults;
    struct pool *tree; /* gone after the reading */
    struct pool *keep; /* the plan's: matrices, names */
    struct labels labels;
};

/* setting = value */
struct assign {
    const struct setting *row;
    struct value value;
    const struct node *at; /* the value's place */
    const char *option;    /* "key=value" of --set, or NULL */
    bool used;             /* of exclude and when: it was what a cell had when all held */
};
struct assigns {
    int count;
    struct assign *item;
};

/* setting: [values] of zip and product; any of these values, of exclude and when */
struct axis {
    const struct setting *row;
    const struct node *key;
    int count;
    struct assign *value;
};
struct axes {
    int count;
    struct axis *item;
    const struct node *at; /* of exclude and when: the map */
};

/* Zeroed, from r->tree; NULL, which is noted: memory out. */
void *reading_take(struct reading *r, int count, size_t bytes);

/* Index of a row in settings_table. */
int setting_index(const struct setting *row);

/* Has the settings table a section of this name? */
bool is_section(const char *name);

/* The readers below report faults and leave out what is faulty.
 *   section  "accept" when the map stands under that key, NULL for whole settings
 *   scope    SCOPE_STUDY for run, SCOPE_RUN elsewhere
 *   skip     a key of the map that is no setting ("from"), or NULL */
void assigns_read(struct reading *r, const struct node *map, const char *section,
                  enum setting_scope scope, const char *skip, struct assigns *out);
void axes_read(struct reading *r, const struct node *map, struct axes *out);
void matches_read(struct reading *r, const struct node *map, struct axes *out);

/* The text of an option as a tree; NULL: it is none, which is reported as of `flag said`. */
const struct node *option_node(struct reading *r, const char *flag, const char *said,
                               const char *text);

/* The options of --set: "key=value", the value written as in a grid. Study settings go to study,
 * run settings to run; seeds are left to seeds_read_option. */
void options_read(struct reading *r, const char *const *option, int num, struct assigns *run,
                  struct assigns *study);

/* Do the settings have one of the values at every key? If so, these are marked as used. */
bool matches_hold(struct axes *matches, const struct settings *s);
