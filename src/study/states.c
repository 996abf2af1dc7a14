/* states: see states.h. */
#include "states.h"

#include "experiment/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct training {
    char key[RUN_KEY_BYTES];
    int epochs;
    bool done, pending, has_state; /* pending: and has no checkpoint of its own */
};

/* Of every run of a plan, those of one key together and the shortest first. */
struct trainings {
    const char *folder;
    struct training *all;
    int num;
};

static int by_key_then_length(const void *a, const void *b)
{
    const struct training *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->epochs > y->epochs) - (x->epochs < y->epochs);
}

/* None, where memory is out. status: NULL: does not matter. */
static struct trainings trainings_of(const struct plan *plan, const bool *selected,
                                     const int *status, const char *folder)
{
    struct trainings t = {folder, calloc((size_t)plan->num_runs + 1, sizeof *t.all), 0};
    for (int i = 0; t.all && i < plan->num_runs; i++) {
        const struct run *run = &plan->runs[i];
        const struct settings *s = &plan->cells[run->cell].settings;
        struct training *training = &t.all[t.num++];
        settings_training_key(s, run->seed, training->key);
        training->epochs = s->train.epochs; /* with several rates there is no state */
        if (!status) continue;
        training->done = status[i] == RUN_DONE;
        training->pending = (status[i] == RUN_PENDING || status[i] == RUN_RUNNING) &&
                            (!selected || selected[i]) && !checkpoint_is_there(folder, run->key);
    }
    if (t.all) qsort(t.all, (size_t)t.num, sizeof *t.all, by_key_then_length);
    return t;
}

static bool trains_for_one_time(const struct plan *plan)
{
    for (int c = 1; c < plan->num_cells; c++)
        if (plan->cells[c].settings.train.epochs != plan->cells[0].settings.train.epochs)
            return false;
    return true;
}

/* The shortest training that could go on from a state with this word, KEY-EPOCHS; the others follow
 * it as long as they have its key. */
static struct training *first_after(const struct trainings *t, const char *word)
{
    struct training state = {.epochs = 0};
    int low = 0, high = t->num;
    size_t length = strcspn(word, "-");
    if (length >= sizeof state.key) return NULL;
    memcpy(state.key, word, length);
    state.epochs = word[length] ? (int)strtol(word + length + 1, NULL, 10) : 0;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (by_key_then_length(&t->all[middle], &state) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->num && strcmp(t->all[low].key, state.key) == 0 ? &t->all[low] : NULL;
}

static void count_state(void *num, const char *word, enum checkpoint_kind kind)
{
    (void)word;
    *(int *)num += kind == CHECKPOINT_STATE;
}

static void note_state(void *trainings, const char *word, enum checkpoint_kind kind)
{
    const struct trainings *t = trainings;
    struct training *first = kind == CHECKPOINT_STATE ? first_after(t, word) : NULL;
    for (struct training *at = first; at && at < t->all + t->num; at++) {
        if (strcmp(at->key, first->key) != 0) break;
        at->has_state = true;
    }
}

void states_look(const struct plan *plan, const bool *selected, const int *status,
                 const char *folder, const struct log *log)
{
    int num_states = 0, kept = 0, longer = 0;
    checkpoint_each(folder, count_state, &num_states);
    if (!num_states && trains_for_one_time(plan)) return;
    struct trainings t = trainings_of(plan, selected, status, folder);
    checkpoint_each(folder, note_state, &t);
    const struct training *done = NULL;
    for (const struct training *at = t.all; at < t.all + t.num; at++) {
        if (at->done) done = at;
        if (!at->pending) continue;
        kept += at->has_state;
        longer += !at->has_state && done && strcmp(done->key, at->key) == 0;
    }
    free(t.all);
    if (kept)
        log_line(log, LOG_INFO, "%s: a state of training is kept for %d run%s to go on from",
                 folder, kept, kept == 1 ? "" : "s");
    if (longer)
        log_line(log, LOG_INFO,
                 "%d run%s longer than a finished one that is otherwise the same, from the "
                 "beginning: no state of it was kept (run.keep_state)",
                 longer, longer == 1 ? " trains" : "s train");
}

/* --- --fresh ---------------------------------------------------------------------------------- */

static void remove_state(void *trainings, const char *word, enum checkpoint_kind kind)
{
    const struct trainings *t = trainings;
    char key[RUN_KEY_BYTES]; /* whatever its epochs */
    snprintf(key, sizeof key, "%.*s", (int)strcspn(word, "-"), word);
    if (kind == CHECKPOINT_STATE && first_after(t, key)) checkpoint_remove(t->folder, word);
}

void states_remove(const struct plan *plan, const char *folder)
{
    struct trainings t = trainings_of(plan, NULL, NULL, folder);
    checkpoint_each(folder, remove_state, &t);
    free(t.all);
}
