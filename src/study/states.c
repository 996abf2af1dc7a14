/* states: see states.h. */
#include "states.h"

#include "experiment/checkpoint.h"

#include <stdlib.h>
#include <string.h>

struct training {
    char key[RUN_KEY_BYTES];
    int epochs;
    bool finished;
};

static int by_key_then_length(const void *a, const void *b)
{
    const struct training *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->epochs > y->epochs) - (x->epochs < y->epochs);
}

/* Of every run, those of one key together and the shortest first; NULL: memory is out. */
static struct training *trainings_of(const struct plan *plan, const int *status)
{
    struct training *all = calloc((size_t)plan->num_runs + 1, sizeof *all);
    for (int i = 0; all && i < plan->num_runs; i++) {
        const struct run *run = &plan->runs[i];
        const struct settings *s = &plan->cells[run->cell].settings;
        settings_training_key(s, run->seed, all[i].key);
        all[i].epochs = s->train.epochs; /* with several rates there is no state */
        all[i].finished = status && status[i] == RUN_DONE;
    }
    if (all) qsort(all, (size_t)plan->num_runs, sizeof *all, by_key_then_length);
    return all;
}

static bool trains_for_one_time(const struct plan *plan)
{
    for (int c = 1; c < plan->num_cells; c++)
        if (plan->cells[c].settings.train.epochs != plan->cells[0].settings.train.epochs)
            return false;
    return true;
}

void states_look(const struct plan *plan, const int *status, const char *folder,
                 const struct log *log)
{
    int num = 0, kept = 0, finished = -1;
    struct training *all = trains_for_one_time(plan) ? NULL : trainings_of(plan, status);
    for (int i = 0; all && i < plan->num_runs; i++) {
        if (all[i].finished) finished = i;
        if (finished < 0 || all[i].finished || strcmp(all[finished].key, all[i].key) != 0) continue;
        num++;
        kept += checkpoint_find_state(folder, all[i].key, all[i].epochs) > 0;
    }
    free(all);
    if (num)
        log_line(log, LOG_INFO,
                 "%d run%s longer than a finished one that is otherwise the same: %d go%s on from "
                 "its state, %d train%s from the beginning%s",
                 num, num == 1 ? " trains" : "s train", kept, kept == 1 ? "es" : "", num - kept,
                 num - kept == 1 ? "s" : "",
                 kept < num ? " (no state was kept: run.keep_state)" : "");
}

/* --- --fresh ---------------------------------------------------------------------------------- */

struct removal {
    const char *folder;
    struct training *all;
    int num;
};

static int by_key(const void *a, const void *b)
{
    return strncmp(((const struct training *)a)->key, ((const struct training *)b)->key,
                   RUN_KEY_BYTES - 1);
}

static void remove_state(void *context, const char *key, enum checkpoint_kind kind)
{
    const struct removal *r = context;
    struct training wanted = {.epochs = 0};
    if (kind != CHECKPOINT_STATE) return;
    memcpy(wanted.key, key, strnlen(key, RUN_KEY_BYTES - 1));
    if (bsearch(&wanted, r->all, (size_t)r->num, sizeof wanted, by_key))
        checkpoint_remove(r->folder, key);
}

void states_remove(const struct plan *plan, const char *folder)
{
    struct removal r = {folder, trainings_of(plan, NULL), plan->num_runs};
    if (r.all) checkpoint_each(folder, remove_state, &r);
    free(r.all);
}
