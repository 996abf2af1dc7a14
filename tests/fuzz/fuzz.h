/* fuzz: what the files of tests/fuzz share. Readers are fed inputs that a mutator made of good
 * ones, in a child process; its end by a signal is a crash, one that takes too long a hang. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOST_BYTES = 1 << 20 };

struct input {
    unsigned char *bytes; /* (num), and a NUL behind them */
    size_t num;
};

struct corpus {
    struct input *item;
    int num;
};

/* --- mutate.c --------------------------------------------------------------------------------- */

/* Numbers that follow from the seed alone. */
struct chance {
    uint64_t state;
};
/* 0 <= it < below; below 0: 0. */
uint64_t chance_below(struct chance *c, uint64_t below);

/* A few changes to one of the corpus, into out (MOST_BYTES + 1, NUL behind); returns its bytes. */
size_t mutate(const struct corpus *corpus, struct chance *c, unsigned char *out);

/* --- targets.c -------------------------------------------------------------------------------- */

/* Where a target works. */
struct place {
    const char *program; /* hmmgrid */
    char folder[256];    /* its own */
    uint64_t index;      /* of the input */
};

struct target {
    const char *name;
    bool by_line; /* an input is a line of a file of the corpus */
    /* A file of the corpus of its own making, path out; NULL: none. False: it cannot be made. */
    bool (*prepare)(const struct place *place, char path[512]);
    /* May end by a signal. Returns how often a child of the program crashed, which it survives. */
    int (*run)(const struct place *place, const struct input *input);
};

/* NULL: no such name. */
const struct target *target_find(const char *name);
