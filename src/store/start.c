/* start: the weights that training starts from. Refuses a file whose content is another one than
 * that of the run's key, and a network of another shape. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "50 units, 10 noise inputs, 3 symbols, no biases" */
static const char *show(struct rnn_shape shape, char text[120])
{
    snprintf(text, 120, "%d units, %d noise inputs, %d symbols, %s", shape.hidden, shape.noise_dim,
             shape.symbols, shape.bias ? "biases" : "no biases");
    return text;
}

static int check_content(const char *path, const char *tag, struct status *st)
{
    char now[FILE_TAG_BYTES + 1];
    if (settings_file_tag(path, now, st)) return st->code;
    if (strcmp(now, tag) == 0) return STATUS_OK;
    return status_set(st, STATUS_NO_INPUT,
                      "%s: is not what it was: its content was %s and is %s; put the file back, or "
                      "give train.start_weights the path without %s for a new study",
                      path, tag + 1, now + 1, tag);
}

static bool same_shape(struct rnn_shape a, struct rnn_shape b)
{
    return a.hidden == b.hidden && a.noise_dim == b.noise_dim && a.symbols == b.symbols &&
           a.bias == b.bias;
}

static int check_shape(const char *path, struct rnn_shape is, struct rnn_shape wanted,
                       struct status *st)
{
    char had[120], text[120];
    if (same_shape(is, wanted)) return STATUS_OK;
    return status_set(st, STATUS_NO_INPUT,
                      "%s: a network of %s cannot be where one of %s starts; set rnn.hidden, "
                      "rnn.noise_dim, hmm.symbols and rnn.bias as they are there",
                      path, show(is, had), show(wanted, text));
}

int store_start_weights(const struct settings *s, float **params, struct status *st)
{
    const char *value = s->train.start_weights, *tag = settings_tag_of_file(value);
    struct imported network = {.params = NULL};
    char path[MAX_FILE + 1];
    *params = NULL;
    if (!*value) return STATUS_OK;
    if (!tag) return status_set(st, STATUS_INTERNAL, "%s: has no tag", value);
    snprintf(path, sizeof path, "%.*s", (int)(tag - value), value);
    int code = check_content(path, tag, st);
    if (!code) code = store_import_weights(path, NULL, 0, &network, st);
    if (!code) code = check_shape(path, network.shape, rnn_shape_of(s), st);
    if (!code) {
        *params = network.params;
        network.params = NULL;
    }
    store_imported_free(&network);
    return code ? status_prefix(st, "train.start_weights: "), code : STATUS_OK;
}

static bool is_like(const struct settings *a, const struct settings *b)
{
    return strcmp(a->train.start_weights, b->train.start_weights) == 0 &&
           same_shape(rnn_shape_of(a), rnn_shape_of(b));
}

int store_check_start_weights(const struct plan *plan, struct status *st)
{
    for (int i = 0; i < plan->num_cells; i++) {
        const struct settings *s = &plan->cells[i].settings;
        float *params;
        if (i && is_like(s, &plan->cells[i - 1].settings)) continue;
        if (store_start_weights(s, &params, st)) return st->code;
        free(params);
    }
    return STATUS_OK;
}
