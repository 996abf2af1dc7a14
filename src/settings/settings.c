/* settings: THE table of settings, and what loops over it: look-up, defaults, JSON, comparison.
 * Refuses to know a file format (value.c reads texts, yaml.c files) and to judge settings
 * together (resolve.c). Defaults: DESIGN section 2, SCIENCE 2.6. */
#include "families.h"
#include "value.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/sheet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const initial_names[] = {"zeros", "normal", NULL};
static const char *const select_names[] = {"last", "best_validation", NULL};
static const char *const generation_names[] = {"trained", "reference", NULL};
static const char *const isolate_names[] = {"process", "none", NULL};
static const char *const mode_names[] = {"full", "recurrence_only", "input_only", NULL};
static const char *const order_names[] = {"longest", "grid", NULL};

#define ROW(name, field, kind, in, def, from, to, text, ...)                                       \
    {                                                                                              \
        .key = name, .type = kind, .unit = in, .default_text = def, .min = from, .max = to,        \
        .help = text, .offset = offsetof(struct settings, field), __VA_ARGS__                      \
    }
#define INT(field, unit, def, min, max, help)                                                      \
    ROW(#field, field, SETTING_INT, unit, def, min, max, help, )
#define KEPT_INT(field, unit, def, min, max, help)                                                 \
    ROW(#field, field, SETTING_INT, unit, def, min, max, help, .outside_key = true)
#define ANALYSED_INT(field, unit, def, min, max, help)                                             \
    ROW(#field, field, SETTING_INT, unit, def, min, max, help, .analysed = true)
#define BOOL(field, def, help) ROW(#field, field, SETTING_BOOL, "", def, 0, 1, help, )
#define ANALYSIS(name, on, meaning)                                                                \
    ROW("analysis." #name, analysis.name, SETTING_BOOL, "", on, 0, 1, meaning, .outside_key = true),
#define REAL(field, unit, def, min, max, above, help)                                              \
    ROW(#field, field, SETTING_REAL, unit, def, min, max, help, .min_exclusive = above)
#define KEPT_REAL(field, unit, def, min, max, help)                                                \
    ROW(#field, field, SETTING_REAL, unit, def, min, max, help, .outside_key = true)
#define WORDS(array) .names = (array), .names_step = sizeof *(array)
#define ENUM(field, array, def, help)                                                              \
    ROW(#field, field, SETTING_ENUM, "", def, 0, 0, help, WORDS(array))
#define LIST(field, unit, def, min, max, above, least, most, help)                                 \
    ROW(#field, field, SETTING_REAL_LIST, unit, def, min, max, help, .min_exclusive = above,       \
        .min_count = least, .max_count = most)
#define MATRIX(field, help) ROW(#field, field, SETTING_MATRIX, "", "none", 0, 1, help, )
#define STUDY(name, type, unit, def, min, max, help, field, ...)                                   \
    ROW(name, field, type, unit, def, min, max, help, .scope = SCOPE_STUDY, __VA_ARGS__)

enum { DAY_S = 86400 };

const struct setting settings_table[] = {
    ENUM(hmm.architecture, families, "linear-chain", "family of the HMM's transition matrix"),
    INT(hmm.states, "", "3", 1, MAX_STATES, "number of HMM states"),
    INT(hmm.symbols, "", "3", 2, MAX_SYMBOLS, "number of output symbols"),
    REAL(hmm.target_prob, "", "auto", 0, 1, true,
         "linear-chain: probability of walking from end to end in states-1 steps (auto: 0.05)"),
    REAL(hmm.stay_prob, "", "auto", 0, 1, false,
         "probability of staying in a state (auto: 0.95, linear-chain: by target_prob)"),
    ROW("hmm.emission", hmm.emission, SETTING_ENUM_OR_MATRIX, "", "auto", 0, 1,
        "emission preset or a matrix of states x symbols (auto: the architecture's own)",
        WORDS(emission_families)),
    MATRIX(hmm.transition, "custom: transition matrix, states x states"),
    MATRIX(hmm.start, "custom: start distribution, one number a state (none: uniform)"),

    INT(data.sequences, "", "30000", 3, 10000000, "HMM sequences, all three parts together"),
    ANALYSED_INT(data.length, "steps", "30", 2, 10000, "steps of a sequence"),
    LIST(data.split, "", "[1, 1, 1]", 0, 1e9, true, 3, 3,
         "shares of the training, validation and test part"),

    INT(rnn.hidden, "", "150", 1, 10000, "hidden units"),
    INT(rnn.noise_dim, "", "100", 1, 10000, "Gaussian noise inputs"),
    BOOL(rnn.bias, "false", "biases in the input, recurrent and readout layer"),
    ROW("rnn.initial_state", rnn.initial_state, SETTING_ENUM, "", "zeros", 0, 0,
        "hidden state before the first step", WORDS(initial_names), .analysed = true),

    INT(train.epochs, "", "500", 1, 1000000, "epochs of each learning rate"),
    INT(train.batch, "", "4096", 1, 32768, "sequences a batch"),
    LIST(train.learning_rate, "", "0.001", 0, 10, true, 1, MAX_LIST,
         "Adam's step size; a list is trained one after another on the same network"),
    LIST(train.betas, "", "[0.9, 0.9]", 0, 0.999999, false, 2, 2, "Adam's two decay rates"),
    REAL(train.adam_eps, "", "1e-8", 0, 1, true, "Adam's epsilon"),
    REAL(train.clip_norm, "", "0.9", 0, 1e6, false, "largest gradient norm; 0: no clipping"),
    REAL(train.weight_decay, "", "0", 0, 1e3, false,
         "times the sum of the weights' norms, added to the loss"),
    REAL(train.blur, "", "0.2", 0.01, 100, false, "blur of the Sinkhorn divergence"),
    REAL(train.scaling, "", "0.5", 0.01, 0.99, false, "ratio of successive blurs of its annealing"),
    REAL(train.temperature, "", "1", 1e-30, 100, false, "temperature of the Gumbel-softmax"),
    ENUM(train.select, select_names, "best_validation", "which weights are measured"),
    KEPT_INT(train.snapshots, "epochs", "0", 0, 1000000,
             "keep the weights before training and every so many epochs; 0: never"),
    ROW("train.start_weights", train.start_weights, SETTING_FILE, "", "none", 0, 0,
        "HDF5 file of a network (hmmgrid export, PyTorch's names) to train on; none: drawn", ),

    INT(measure.sequences, "", "5000", 2, 100000, "sequences of every measured sample"),
    INT(measure.length, "steps", "0", 0, 10000, "steps of every measured sequence; 0: data.length"),
    INT(measure.floor_draws, "", "8", 2, 1000,
        "HMM-against-HMM draws of floors, 32 at least where cheap; batches of excess_loss, 8 at "
        "least"),
    ENUM(measure.generation, generation_names, "trained",
         "how networks and their floors emit: as in training, or the reference's way"),

    /* clang-format off */
    ANALYSES(ANALYSIS)
    /* clang-format on */
    KEPT_INT(analysis.steps, "steps", "30000", 100, 10000000, "steps of the long driven run"),
    KEPT_INT(analysis.particles, "", "256", 2, 1000000,
             "P, particles a sequence of the likelihood's filter (and 2P), at first"),
    KEPT_INT(analysis.likelihood_sequences, "", "100", 2, 100000,
             "sequences of the HMM and of the network for the likelihood"),
    KEPT_INT(analysis.controls, "", "20", 20, 10000,
             "matched random sets, at least; a kick set has more where its level needs them"),
    KEPT_INT(analysis.permutations, "", "500", 20, 100000,
             "permutations of every permutation test"),
    KEPT_INT(analysis.most_particles, "", "2048", 4, 1000000,
             "particles that the likelihood's filter is doubled to until P and 2P agree"),
    ROW("analysis.mode", analysis.mode, SETTING_ENUM, "", "full", 0, 0,
        "what is analysed: the network, it without its noise, or it with the identity as W",
        WORDS(mode_names), .outside_key = true),
    ROW("analysis.kick_units", analysis.kick_units, SETTING_MATRIX, "", "none", -1, 9999,
        "kick sets by hand, a row a direction: symbol left, symbol entered, units, -1s to fill up",
        .outside_key = true),

    REAL(accept.max_excess_loss, "", "none", 0, 1e9, false,
         "largest best_val_loss - loss_floor (not excess_loss); else repeated or marked"),
    KEPT_REAL(accept.max_excess_share, "", "0.1", 0, 1e9,
              "a run landed that is accepted, with excess_loss up to this share of loss_floor"),
    KEPT_REAL(accept.max_kl_rate, "bits/symbol", "0.2", 0, 1e9,
              "and with KL rates to and from the HMM, where they are known, up to this"),
    INT(reseed.max, "", "0", 0, 1000, "further seeds tried when a run is not accepted"),

    STUDY("run.order", SETTING_ENUM, "", "longest", 0, 0, "which runs start first", run.order,
          WORDS(order_names)),
    STUDY("run.retries", SETTING_INT, "", "1", 0, 100,
          "further attempts at a run whose process died", run.retries, ),
    STUDY("run.max_failures", SETTING_COUNT_OR_SHARE, "", "10%", 0, 1e9,
          "failed runs, as a count or a share, that end the study early", run.max_failures, ),
    STUDY("run.reserve", SETTING_DURATION, "s", "3min", 0, 7 * DAY_S,
          "time kept free before the deadline", run.reserve_s, ),
    STUDY("run.checkpoint", SETTING_DURATION, "s", "10min", 0, 30 * DAY_S,
          "time between checkpoints, from which a run that was ended goes on; 0s: every epoch",
          run.checkpoint_s, ),
    STUDY("run.isolate", SETTING_ENUM, "", "process", 0, 0,
          "do runs in a process of their own, so that one that dies costs that run alone",
          run.isolate, WORDS(isolate_names)),
    STUDY("run.memory", SETTING_REAL, "MB", "auto", 1, 1e9,
          "memory of a run's process; one that takes more fails (auto: the rank's share)",
          run.memory_mb, ),
    STUDY("run.patience", SETTING_DURATION, "s", "10min", 1, 30 * DAY_S,
          "processor time (ten times that by the clock) without a sign of life that ends a run's "
          "process",
          run.patience_s, ),
    STUDY("run.keep_state", SETTING_BOOL, "", "false", 0, 0,
          "keep the state at the end of training, from which a run with more epochs goes on",
          run.keep_state, ),
    STUDY("run.on_end", SETTING_TEXT, "", "none", 0, 0,
          "command that /bin/sh does on rank 0 when the study has ended, in 30 s; see 'run --help'",
          run.on_end, ),
};
const int num_settings = sizeof settings_table / sizeof settings_table[0];

const struct setting *settings_find(const char *key)
{
    for (int i = 0; i < num_settings; i++)
        if (strcmp(settings_table[i].key, key) == 0) return &settings_table[i];
    return NULL;
}

const struct setting *settings_find_column(const char *name)
{
    for (int i = 0; i < num_settings; i++) {
        const char *k = settings_table[i].key, *n = name;
        while (*k && (*k == *n || (*k == '.' && *n == '_'))) k++, n++;
        if (!*k && !*n) return &settings_table[i];
    }
    return NULL;
}

/* One default of the table, "[1, 1, 1]" included, through the parser that reads grids. */
static void set_default(struct settings *s, const struct setting *row)
{
    char text[64];
    struct node item[MAX_LIST] = {0}, *items[MAX_LIST], node = {.text = text};
    struct value value;
    snprintf(text, sizeof text, "%s", row->default_text);
    if (text[0] == '[') {
        node = (struct node){.kind = NODE_LIST, .item = items};
        char *rest = NULL;
        for (char *t = strtok_r(text, "[], ", &rest); t && node.count < MAX_LIST;
             t = strtok_r(NULL, "[], ", &rest)) {
            item[node.count] = (struct node){.text = t};
            items[node.count] = &item[node.count];
            node.count++;
        }
    }
    if (value_parse(row, &node, NULL, &value, NULL, NULL) == STATUS_OK) value_store(s, row, &value);
}

void settings_default(struct settings *s)
{
    *s = (struct settings){0};
    for (int i = 0; i < num_settings; i++) set_default(s, &settings_table[i]);
}

bool settings_equal(const struct settings *a, const struct settings *b, const struct setting *row)
{
    struct value x = value_load(a, row), y = value_load(b, row);
    return value_equal(row, &x, &y);
}

bool settings_is_default(const struct settings *s, const struct settings *defaults,
                         const struct setting *row)
{
    if (settings_equal(s, defaults, row)) return true;
    if (strcmp(row->default_text, "auto") != 0) return false;
    struct settings without = *s;
    struct value value = value_load(defaults, row);
    value_store(&without, row, &value);
    return settings_resolve(&without, NULL, NULL) == STATUS_OK && settings_equal(&without, s, row);
}

const struct setting *settings_differing(const struct settings *a, const struct settings *b)
{
    for (int i = 0; i < num_settings; i++)
        if (settings_table[i].outside_key && !settings_equal(a, b, &settings_table[i]))
            return &settings_table[i];
    return NULL;
}

double settings_number(const struct settings *s, const struct setting *row)
{
    struct value value = value_load(s, row);
    if (row->type == SETTING_REAL_LIST) return value.list.count == 1 ? value.list.value[0] : NAN;
    return value.number;
}

const char *settings_choice(const struct setting *row, int value)
{
    const char *names = row->names;
    return *(const char *const *)(names + (size_t)value * row->names_step);
}

/* --- JSON ---------------------------------------------------------------------------------- */

/* Shortest text that strtod reads back as the same double. */
static void put_real(FILE *out, double x)
{
    char text[40] = "null";
    for (int digits = 15; digits <= 17 && isfinite(x); digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    fputs(text, out);
}

static void put_list(FILE *out, const double *x, int count)
{
    fputc('[', out);
    for (int i = 0; i < count; i++) {
        if (i) fputc(',', out);
        put_real(out, x[i]);
    }
    fputc(']', out);
}

static void put_matrix(FILE *out, const struct matrix *m)
{
    for (int i = 0; i < m->rows; i++) {
        fputc(i ? ',' : '[', out);
        put_list(out, m->value + i * m->cols, m->cols);
    }
    fputs(m->rows ? "]" : "null", out);
}

static void put_text(FILE *out, const char *text)
{
    if (text)
        json_put_text(out, text);
    else
        fputs("null", out);
}

void settings_put_json(FILE *out, const struct settings *s, const struct setting *row)
{
    struct value value = value_load(s, row);
    switch (row->type) {
    case SETTING_INT: fprintf(out, "%d", (int)value.number); break;
    case SETTING_BOOL: fputs(value.number != 0 ? "true" : "false", out); break;
    case SETTING_REAL:
    case SETTING_DURATION: put_real(out, value.number); break;
    case SETTING_REAL_LIST: put_list(out, value.list.value, value.list.count); break;
    case SETTING_MATRIX: put_matrix(out, &value.matrix); break;
    case SETTING_ENUM_OR_MATRIX:
        if (value.number == EMISSION_MATRIX) {
            put_matrix(out, &value.matrix);
            break;
        }
        /* fall through */
    case SETTING_ENUM: fprintf(out, "\"%s\"", settings_choice(row, (int)value.number)); break;
    case SETTING_COUNT_OR_SHARE:
        if (value.is_share) fputc('"', out);
        put_real(out, value.is_share ? value.number * 100 : value.number);
        if (value.is_share) fputs("%\"", out);
        break;
    case SETTING_FILE:
        if (value.text) value.text = settings_tag_of_file(value.text);
        /* fall through */
    case SETTING_TEXT: put_text(out, value.text); break;
    }
}

void settings_put_named_json(FILE *out, const struct settings *s, const struct setting *row)
{
    struct value value = value_load(s, row);
    bool named = value.matrix.rows && *value.matrix.name;
    if (row->type == SETTING_FILE) {
        put_text(out, value.text);
        return;
    }
    if (named) fprintf(out, "{\"name\":\"%s\",\"rows\":", value.matrix.name);
    settings_put_json(out, s, row);
    if (named) fputc('}', out);
}

/* --- texts --------------------------------------------------------------------------------- */

char *settings_long_text(const struct settings *s, const struct setting *row)
{
    size_t n;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    (row->type == SETTING_FILE ? settings_put_named_json : settings_put_json)(out, s, row);
    char *text = sheet_close(&sheet, out, true, &n);
    if (!text) return NULL;
    bool one = row->type == SETTING_REAL_LIST && value_load(s, row).list.count == 1;
    if (text[0] == '"' || one) {
        memmove(text, text + 1, n - 2);
        text[n - 2] = '\0';
    }
    if (strcmp(text, "null") == 0) strcpy(text, "none");
    return text;
}

void settings_matrix_tag(const char *long_text, char tag[MATRIX_TAG_BYTES + 1])
{
    snprintf(tag, MATRIX_TAG_BYTES + 1, "matrix-%016" PRIx64,
             hash_64(long_text, strlen(long_text)));
}

char *settings_text(const struct settings *s, const struct setting *row)
{
    struct value value = value_load(s, row);
    char tag[MATRIX_TAG_BYTES + 1];
    if (value.matrix.rows && *value.matrix.name) return strdup(value.matrix.name);
    if (row->type == SETTING_FILE && value.text) return strdup(basename(value.text));
    char *text = settings_long_text(s, row);
    if (!text || !value.matrix.rows) return text;
    settings_matrix_tag(text, tag);
    free(text);
    return strndup(tag, SHOWN_TAG_BYTES);
}
