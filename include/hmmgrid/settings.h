/* settings: what one run is made of, and THE table that describes every setting.
 *
 * One row per setting: key, type, unit, default, range, help, field. Parser, validator, --set,
 * help text, echo, run key and stored provenance all loop over the table; nothing else lists
 * settings. To add one: a field below and a row in src/settings/settings.c.
 */
#ifndef HMMGRID_SETTINGS_H
#define HMMGRID_SETTINGS_H

#include "hmmgrid/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* UNKNOWN_HMM: of a network trained elsewhere; nothing can be trained on it. */
enum architecture { LINEAR_CHAIN, FULLY_CONNECTED, CYCLIC, CUSTOM, UNKNOWN_HMM, NUM_ARCHITECTURES };
/* EMISSION_AUTO: the preset of the architecture; EMISSION_MATRIX: hmm.emission holds a matrix. */
enum emission {
    EMISSION_AUTO,
    EMISSION_LINEAR,
    EMISSION_GAUSSIAN,
    EMISSION_TRIANGULAR,
    EMISSION_CYCLIC,
    EMISSION_MATRIX,
    NUM_EMISSIONS
};
enum initial_state { INITIAL_ZEROS, INITIAL_NORMAL };
enum selection { SELECT_LAST, SELECT_BEST_VALIDATION };
/* How networks emit when they are measured. TRAINED: h_1..h_T from the initial state of training.
 * REFERENCE: h_0 = 0 is emitted too (a uniform first symbol), then T-1 steps (SCIENCE D7). */
enum generation { GENERATE_TRAINED, GENERATE_REFERENCE };
/* Which parts of a network are analysed: all; without noise inputs; with every unit's own state in
 * place of what it receives from all (SCIENCE 2.7). */
enum analysis_mode { MODE_FULL, MODE_RECURRENCE_ONLY, MODE_INPUT_ONLY };
enum run_order { ORDER_LONGEST, ORDER_GRID };
/* Where a worker does its runs: in a process of its own, or in the rank itself. */
enum isolation { ISOLATE_PROCESS, ISOLATE_NONE };

/* Of a circuit: directions of switching, and units of a kick set. */
enum { MAX_DIRECTIONS = 6, MAX_KICK_SET = 10 };

enum { MAX_STATES = 64, MAX_SYMBOLS = 255, MAX_LIST = 8, MAX_MATRIX_NAME = 32, MAX_FILE = 511 };

struct matrix {
    int rows, cols; /* 0 x 0: not given */
    double *value;  /* (rows, cols), row-major; owned by the plan (or whoever made the settings) */
    char name[MAX_MATRIX_NAME + 1]; /* what people call it, no part of the run key; "": nothing */
};

struct real_list {
    int count; /* 1..MAX_LIST */
    double value[MAX_LIST];
};

/* THE list of analyses: name, on by default, what it tells. A row makes its switch analysis.NAME
 * here and in the settings table, and its row in the table of analyses (analyse.h); src/analyse
 * computes it. New ones go to the end: the order is that of the groups in a results file. */
#define ANALYSES(ROW)                                                                              \
    ROW(pca, "true", "principal components of the driven states")                                  \
    ROW(residency, "true", "residency times, zones, unstable directions by zone")                  \
    ROW(noise_sensitivity, "true", "spread of trajectories under fresh noise")                     \
    ROW(subspace, "true", "driven states between two symbols, three pairs")                        \
    ROW(readout, "true", "angles of the readout to the states' plane")                             \
    ROW(orbit, "true", "rotation about the mean state: periods, symbols by angle")                 \
    ROW(trajectory, "true", "sampled trajectories with and without noise")                         \
    ROW(fixed_point, "true", "where the network goes without noise, and how fast")                 \
    ROW(contours, "true", "density of the states at five noise levels")                            \
    ROW(evolution, "false",                                                                        \
        "switching, eigenvalues, bifurcation over training; needs train.snapshots")                \
    ROW(likelihood, "true", "likelihood under the network, KL rates to and from the HMM")          \
    ROW(resonance, "true", "switching and its coherence against the noise level")                  \
    ROW(circuit, "true", "kick neurons and noise-integrating populations")                         \
    ROW(ablation, "true", "switching with parts of the circuit scaled")                            \
    ROW(stability, "true", "when states grow beyond all bounds; on with any other")                \
    ROW(populations, "true", "populations and weights of every pair of kick groups")               \
    ROW(ablation_pairs, "true", "the rates of ablation for every pair of kick groups")             \
    ROW(portrait, "true", "trajectories under fresh noise and under ablation in the plane")

struct settings {
    struct {
        int architecture;   /* enum architecture */
        int states;         /* M */
        int symbols;        /* K */
        double target_prob; /* NaN: not given. Exactly one of target_prob, stay_prob is set after
                               settings_resolve, none for CUSTOM */
        double stay_prob;
        int emission; /* enum emission; after settings_resolve AUTO for UNKNOWN_HMM only */
        struct matrix emission_matrix; /* (M, K) when emission is EMISSION_MATRIX */
        struct matrix transition;      /* (M, M) when architecture is CUSTOM */
        struct matrix start;           /* (1, M), optional; default uniform */
    } hmm;
    struct {
        int sequences;          /* all three parts together */
        int length;             /* T, steps */
        struct real_list split; /* train, validation, test shares */
    } data;
    struct {
        int hidden;        /* H */
        int noise_dim;     /* D */
        bool bias;         /* biases in input, recurrent and readout layer */
        int initial_state; /* enum initial_state */
    } rnn;
    struct {
        int epochs; /* of each learning rate */
        int batch;
        struct real_list learning_rate; /* one after another on the same network */
        struct real_list betas;         /* 2 */
        double adam_eps;
        double clip_norm;    /* 0: no clipping */
        double weight_decay; /* times the sum of unsquared norms, SCIENCE 2.5 */
        double blur;
        double scaling; /* ratio of successive blurs of the annealing, 0.5 */
        double temperature;
        int select;    /* enum selection */
        int snapshots; /* keep the weights before training and every so many epochs; 0: never */
        char start_weights[MAX_FILE + 1]; /* file of the first weights, its path and its content
                                             (settings_file_tag); "": they are drawn */
    } train;
    struct {
        int sequences;   /* n of every measured sample */
        int length;      /* T of every measured sample; 0: data.length */
        int floor_draws; /* HMM-against-HMM draws behind every floor, >= 2 */
        int generation;  /* enum generation */
    } measure;
    struct { /* outside the run key: analyses do not change the network */
#define ANALYSIS_SWITCH(name, on, meaning) bool name;
        ANALYSES(ANALYSIS_SWITCH) /* on or off */
        int steps;                /* of the long driven run */
        int particles;            /* of the likelihood's filter */
        int likelihood_sequences; /* of each kind */
        int controls;             /* matched random sets */
        int permutations;         /* of every permutation test */
        int most_particles;       /* that the likelihood's filter is doubled to */
        int mode;                 /* enum analysis_mode */
        struct matrix kick_units; /* a row a direction: from, to, units; none: they are found */
    } analysis;
    struct {
        double max_excess_loss; /* best validation loss - floor; NaN: every run is accepted */
        double max_excess_share, max_kl_rate; /* of a run that landed */
    } accept;
    struct {
        int max; /* further seeds tried when a run is not accepted */
    } reseed;
    /* of the study, not of a run: not part of the run key */
    struct {
        int order;           /* enum run_order */
        int retries;         /* further attempts at a run whose process died */
        double max_failures; /* share of runs when <= 1 and given with %, otherwise a count */
        bool max_failures_is_share;
        double reserve_s;
        double checkpoint_s;
        int isolate;        /* enum isolation */
        double memory_mb;   /* that a run may take; NaN: the rank's share of its machine */
        double patience_s;  /* without a sign of life of a run, in processor time */
        bool keep_state;    /* at the end of training, beside the results file */
        const char *on_end; /* command of the shell; NULL: none; owned like the matrices */
    } run;
};

enum setting_type {
    SETTING_INT,
    SETTING_REAL,
    SETTING_BOOL,
    SETTING_ENUM,
    SETTING_REAL_LIST, /* also accepts a single number */
    SETTING_MATRIX,
    SETTING_ENUM_OR_MATRIX, /* hmm.emission */
    SETTING_DURATION,       /* seconds: 90, 90s, 10min, 1h30m, D-HH:MM:SS */
    SETTING_COUNT_OR_SHARE, /* run.max_failures: 5 or 10% */
    SETTING_TEXT,           /* run.on_end */
    SETTING_FILE            /* train.start_weights: PATH@TAG, the tag that of its content */
};

enum setting_scope { SCOPE_RUN, SCOPE_STUDY };

struct setting {
    const char *key; /* "rnn.hidden" */
    enum setting_type type;
    enum setting_scope scope;
    const char *unit;         /* "" when it has none */
    const char *default_text; /* as it would stand in a grid; "auto" or "none" where absent */
    double min, max;          /* inclusive unless min_exclusive */
    bool min_exclusive;
    const void *names;        /* of an enum: settings_choice */
    size_t names_step;        /* bytes from one to the next */
    const char *help;         /* one line */
    size_t offset;            /* of the field in struct settings */
    int min_count, max_count; /* entries of a SETTING_REAL_LIST; 0 for other types */
    bool outside_key; /* changes what is kept or analysed of a network, never the network: no part
                         of the run key */
    bool analysed;    /* analyses of a given network depend on it */
};

/* The table and its number of rows. */
extern const struct setting settings_table[];
extern const int num_settings;

/* Row with this key, or NULL. A key is "section.name". */
const struct setting *settings_find(const char *key);

/* The same for the name of a results column too: "rnn.hidden" or "rnn_hidden". */
const struct setting *settings_find_column(const char *name);

/* The setting that a key which is none may mean: the one whose part behind the dot is `key`
 * ("hidden"), what the field calls it ("lr"), otherwise by edit distance; NULL: nothing is near. */
const char *settings_nearest(const char *key);

/* "did you mean 'rnn.hidden'?", or what there is instead ("there is no dropout; ..."), or "": what
 * to say of such a key, in buf, which is returned. */
const char *settings_advice(const char *key, char *buf, size_t bytes);

/* Every field at its default (matrices absent). Not yet resolved: hmm.emission is
 * EMISSION_AUTO, target_prob and stay_prob are NaN, measure.length is 0. */
void settings_default(struct settings *s);

/* Check every number against its range, and what one setting alone cannot tell (presets against M
 * and K, target_prob with M >= 6, stochastic matrices, split against batch...) and fill what
 * depends on others (auto emission, stay/target_prob, measure.length). STATUS_BAD_GRID with a text
 * that names the setting, why and what to do; *key (may be NULL) is set to the key at fault. */
int settings_resolve(struct settings *s, const char **key, struct status *st);

/* Sequences in the training, validation and test part of data.sequences by data.split: the first
 * two are rounded down, the test part takes the rest. */
void settings_split(const struct settings *s, int part[3]);

/* Write one setting as a JSON value, e.g. 150, "linear-chain", [1,1,1], null. Doubles round-trip
 * (shortest form that does). Without the name of a matrix or the path of a file: the run key
 * hashes this. */
void settings_put_json(FILE *out, const struct settings *s, const struct setting *row);

/* The same with the name of a matrix that has one, {"name":"noisy","rows":[[0.5,0.5]]}, and the
 * path of a file, "first.h5@0123456789abcdef". */
void settings_put_named_json(FILE *out, const struct settings *s, const struct setting *row);

/* One setting as a short text for people, of which different values in one study have different
 * ones: a matrix by its name, or else by the first digits of its tag; a file by its name and tag;
 * otherwise the long text.
 * malloc'd; NULL: memory out. */
char *settings_text(const struct settings *s, const struct setting *row);

/* One setting in full: an enum's name, a list of one number as that number, "none" where there is
 * none, otherwise the JSON value without its quotes. malloc'd; NULL: memory out. */
char *settings_long_text(const struct settings *s, const struct setting *row);

/* The tag of a matrix by its long text: "matrix-" and 16 digits of a hash of its numbers. A tag is
 * shown up to its first 8 digits, by which those of a study differ (plan/labels.h). */
enum { MATRIX_TAG_BYTES = 23, SHOWN_TAG_BYTES = 15 };
void settings_matrix_tag(const char *long_text, char tag[MATRIX_TAG_BYTES + 1]);

/* The tag of a file: "@" and 16 digits of a hash of its bytes. A file is what it holds: in keys and
 * comparisons its path does not count. STATUS_NO_INPUT, with the reason; "" then. */
enum { FILE_TAG_BYTES = 17 };
int settings_file_tag(const char *path, char tag[FILE_TAG_BYTES + 1], struct status *st);

/* Where the tag of PATH@TAG begins; NULL: there is none. */
const char *settings_tag_of_file(const char *value);

/* Do a and b agree on one setting? NaN (not given) equals NaN; matrices by their numbers alone,
 * files by their tags. */
bool settings_equal(const struct settings *a, const struct settings *b, const struct setting *row);

/* Does a resolved s say of one setting what it would without it? So it does when the value is that
 * of `defaults` (settings_default), or, of a setting whose default is auto, what settings_resolve
 * fills in. Such a setting is no part of the run key: defaults of settings that make a key, and
 * what auto means, never change. */
bool settings_is_default(const struct settings *s, const struct settings *defaults,
                         const struct setting *row);

/* The first setting outside the run key in which a and b differ: what is kept and analysed of one
 * and the same network. NULL: none. */
const struct setting *settings_differing(const struct settings *a, const struct settings *b);

/* Keys: 32 hex digits, or "" when memory is out. Source: section 2 of the design. */
enum { RUN_KEY_BYTES = 33 };

/* The run's key: of (settings, resolved, seed). */
void settings_run_key(const struct settings *settings, int64_t seed, char key[RUN_KEY_BYTES]);

/* Key of its training: of all that but train.epochs, which is taken for its default. Two runs with
 * the same training key train alike, one for longer. */
void settings_training_key(const struct settings *settings, int64_t seed, char key[RUN_KEY_BYTES]);

/* Value of a scalar setting as a number (enums: index; bool: 0/1). NaN when it has none. */
double settings_number(const struct settings *s, const struct setting *row);

/* The word for a value of an enum setting; NULL: there are no more. */
const char *settings_choice(const struct setting *row, int value);

/* "10min", "1h30m", "90", "90s", "12:30:00", "1-02:03:04" -> seconds (>= 0); STATUS_BAD_GRID
 * otherwise, with a text that shows the accepted forms. */
int duration_parse(const char *text, double *seconds, struct status *st);

#endif
