/* scores: see scores.h. Refuses to compute statistics and to know what a metric means: names, kinds
 * and shapes come from the file.
 */
#include "scores.h"
#include "elements.h"

#include "base/spelling.h"
#include "plan/names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shown unless --metrics says otherwise; names that a file lacks are left out. */
static const char *const default_score[] = {"excess_loss", "best_val_loss", "matched_distance",
                                            "volatility",  "word_tv[3]",    "cross_entropy"};

/* Shown with a score that misleads without; older files have the one instead of it, or none. A z
 * or p has its value, too. */
static const struct {
    const char *name, *beside, *instead;
    bool before;
} companions[] = {
    {"loss_z", "excess_loss", "best_val_loss", true},
    {"loss_z", "best_val_loss", NULL, true},
    {"excess_loss", "excess_loss_se", NULL, false},
    {"cross_entropy", "impossible_share", "impossible_sequences", false},
    {"likelihood.kl_rnn_hmm", "likelihood.impossible_sequences", NULL, false},
    {"likelihood.cross_entropy_rnn_hmm", "likelihood.impossible_sequences", NULL, false},
};
enum { NUM_COMPANIONS = sizeof companions / sizeof companions[0] };

static bool is_result(const struct schema_row *row)
{
    return row->in_digest && row->num_dims == 0 && (row->type == TYPE_F8 || row->type == TYPE_F4) &&
           !names_is_known(row->name);
}

/* Does the word stand in the name, between its first or last letter, '.' and '_'? */
static bool has_part(const char *name, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = name; n && (at = strstr(at, word)); at++)
        if ((at == name || strchr("._", at[-1])) && (!at[n] || strchr("._[", at[n]))) return true;
    return false;
}

/* The best of the names of outputs without their analyses. */
static const char *nearest_output(const char *word, const char *const *name, int num)
{
    const char **output = calloc((size_t)num + 1, sizeof *output), *found = NULL;
    for (int i = 0; output && i < num; i++)
        output[i] = strchr(name[i], '.') ? strchr(name[i], '.') + 1 : NULL;
    const char *nearest = output ? spelling_nearest(word, output, num) : NULL;
    for (int i = 0; nearest && i < num && !found; i++)
        if (output[i] == nearest) found = name[i];
    free(output);
    return found;
}

const char *scores_meant(const char *word, const char *const *name, int num)
{
    for (size_t d = 0; d < sizeof default_score / sizeof default_score[0]; d++)
        for (int i = 0; i < num && has_part(default_score[d], word); i++)
            if (strncmp(default_score[d], name[i], strcspn(default_score[d], "[")) == 0)
                return name[i];
    return NULL;
}

const char *scores_nearest(const char *word, const char *const *name, int num)
{
    const char *meant = scores_meant(word, name, num);
    if (meant) return meant;
    for (int i = 0; i < num; i++)
        if (strchr(name[i], '.') && strcmp(strchr(name[i], '.') + 1, word) == 0) return name[i];
    const char *nearest = spelling_nearest(word, name, num);
    if (!nearest) nearest = nearest_output(word, name, num);
    for (int i = 0; i < num && !nearest; i++)
        if (has_part(name[i], word)) nearest = name[i];
    return nearest;
}

/* Is the file about networks that were only analysed? */
static bool is_analysed(struct store *store)
{
    return store_num_runs(store) == 1 && !store_is_trained(store, 0);
}

static int unknown_score(struct store *store, const char *name, struct status *st)
{
    int num = 0;
    const char **candidate = calloc((size_t)store_num_columns(store) + 1, sizeof *candidate);
    for (int c = 0; candidate && c < store_num_columns(store); c++)
        if (store_column(store, c)->type != TYPE_TEXT)
            candidate[num++] = store_column(store, c)->name;
    const char *nearest = candidate ? scores_nearest(name, candidate, num) : NULL;
    free(candidate);
    return status_set(st, STATUS_USAGE,
                      "--metrics: the file has no numbers named '%s'.%s%s%s '--metrics all' shows "
                      "every scalar one, 'hmmgrid help metrics' says what each is.",
                      name, nearest ? " Did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
}

/* A list of scores that grows. */
struct score_list {
    struct score *score;
    int num, room;
    bool beside; /* companions too; then nothing stands there twice */
};

static struct score *next_score(struct score_list *s)
{
    if (s->num == s->room) {
        int room = 2 * s->room + 16;
        struct score *larger = realloc(s->score, (size_t)room * sizeof *larger);
        if (!larger) return NULL;
        s->score = larger;
        s->room = room;
    }
    return &s->score[s->num++];
}

static bool has_score(const struct score_list *s, int column, int element)
{
    for (int i = 0; i < s->num; i++)
        if (s->score[i].column[0] == column && s->score[i].element == element) return true;
    return false;
}

/* Floor, z and p of the column `name`, of which the score is the element `index`. */
static void find_parts(struct store *store, const char *name, const char *index,
                       struct score *score)
{
    static const char *const suffix[NUM_SCORE_PARTS] = {"", "_floor", "_floor_sd", "_z", "_p"};
    bool of_loss = strcmp(name, "best_val_loss") == 0 || strcmp(name, "final_val_loss") == 0;
    for (int p = SCORE_FLOOR; p < NUM_SCORE_PARTS; p++) {
        char part[96];
        snprintf(part, sizeof part, "%.80s%s", of_loss && p <= SCORE_FLOOR_SD ? "loss" : name,
                 suffix[p]);
        int column = store_find_column(store, part);
        if (column >= 0 &&
            store_column_count(store, column) == store_column_count(store, score->column[0]))
            score->column[p] = column;
        if (p == SCORE_FLOOR && score->column[p] >= 0)
            snprintf(score->floor_name, sizeof score->floor_name, "%s%.60s", part, index);
    }
}

/* The scores of one item: a scalar, an element of an array or several. */
static int parse_score(struct store *store, const char *text, struct score_list *to,
                       struct status *st)
{
    char name[96];
    struct element element[MAX_ELEMENTS];
    size_t n = strcspn(text, "[");
    int num = 0;
    if (!*text)
        return status_set(st, STATUS_USAGE,
                          "--metrics: an entry of the list is empty; write names with one comma "
                          "between them");
    snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : 0, text);
    int column = *name ? store_find_column(store, name) : -1;
    if (column < 0) return unknown_score(store, *name ? name : text, st);
    if (store_column(store, column)->type == TYPE_TEXT)
        return status_set(st, STATUS_USAGE,
                          "--metrics: %s is text, not a number; --by %s groups by it", name, name);
    if (elements_find(store, column, text + n, element, &num, st))
        return st ? status_prefix(st, "--metrics: ") : STATUS_USAGE;
    for (int i = 0; i < num; i++) {
        if (to->beside && has_score(to, column, element[i].at)) continue;
        struct score *score = next_score(to);
        if (!score) return status_no_memory(st, "%d metrics", to->num);
        *score = (struct score){.column = {column, -1, -1, -1, -1}, .element = element[i].at};
        snprintf(score->name, sizeof score->name, "%s%s", name, element[i].index);
        find_parts(store, name, element[i].index, score);
    }
    return STATUS_OK;
}

bool scores_ends_with(const char *name, const char *end)
{
    size_t n = strcspn(name, "[");
    return n > strlen(end) && strncmp(name + n - strlen(end), end, strlen(end)) == 0;
}

static int add_score(struct store *store, const char *text, struct score_list *to,
                     struct status *st);

/* What the file lacks is left out. */
static void add_companions(struct store *store, const char *text, bool before,
                           struct score_list *to)
{
    for (int i = 0; i < NUM_COMPANIONS; i++) {
        if (strcmp(text, companions[i].name) != 0 || companions[i].before != before) continue;
        const char *name = companions[i].beside;
        if (store_find_column(store, name) < 0) name = companions[i].instead;
        if (name) add_score(store, name, to, NULL);
    }
    if (!before || !(scores_ends_with(text, "_z") || scores_ends_with(text, "_p"))) return;
    char value[96];
    int n = (int)strcspn(text, "[");
    snprintf(value, sizeof value, "%.*s%s", n - 2, text, text + n);
    add_score(store, value, to, NULL);
}

static int add_score(struct store *store, const char *text, struct score_list *to,
                     struct status *st)
{
    if (to->beside) add_companions(store, text, true, to);
    int code = parse_score(store, text, to, st);
    if (to->beside && !code) add_companions(store, text, false, to);
    return code;
}

/* Next item of a list that is split at commas outside of brackets; NULL at the end. */
static char *next_item(char **rest)
{
    char *item = *rest, *p;
    if (!item) return NULL;
    bool inside = false;
    for (p = item; *p && (*p != ',' || inside); p++) inside = *p == '[' || (inside && *p != ']');
    *rest = *p ? p + 1 : NULL;
    *p = '\0';
    while (*item == ' ') item++;
    while (p > item && p[-1] == ' ') *--p = '\0';
    return item;
}

static int select_listed(struct store *store, const char *list, struct score_list *to,
                         struct status *st)
{
    char *copy = strdup(list), *rest = copy;
    int code = copy ? STATUS_OK : status_no_memory(st, "a list");
    for (char *item; !code && (item = next_item(&rest));) code = add_score(store, item, to, st);
    free(copy);
    return code;
}

int scores_select(struct store *store, const char *list, bool beside, struct score **score,
                  int *num, struct status *st)
{
    struct score_list to = {.beside = beside};
    int code = STATUS_OK;
    if (!list && !is_analysed(store)) {
        for (size_t i = 0; i < sizeof default_score / sizeof default_score[0]; i++)
            add_score(store, default_score[i], &to, NULL); /* what the file lacks is left out */
    } else if (list && strcmp(list, "all") != 0) {
        code = select_listed(store, list, &to, st);
    } else {
        for (int c = 0; c < store_num_columns(store) && !code; c++) {
            const struct schema_row *row = store_column(store, c);
            if (is_result(row) && (list || strcmp(row->group, SCHEMA_RUNS) != 0))
                code = add_score(store, row->name, &to, st);
        }
    }
    *score = to.score;
    *num = to.num;
    return code;
}

int scores_read(struct store *store, const struct score *score, enum score_part part,
                const int *row, int num, double *out, struct status *st)
{
    int column = score->column[part];
    for (int i = 0; i < num; i++) out[i] = NAN;
    if (column < 0) return STATUS_OK;
    int count = store_column_count(store, column), num_runs = store_num_runs(store);
    bool scalar = store_column(store, column)->num_dims == 0;
    size_t size = scalar ? (size_t)num_runs : (size_t)count;
    double *value = malloc((size + 1) * sizeof *value);
    if (!value) return status_no_memory(st, "%s", score->name);
    int code = scalar && num_runs ? store_read_column(store, column, value, st) : STATUS_OK;
    for (int i = 0; i < num && !code; i++) {
        if (store_run_status(store, row[i]) != RUN_DONE) continue;
        if (!scalar) code = store_read_numbers(store, column, row[i], value, st);
        if (!code) out[i] = value[scalar ? row[i] : score->element];
    }
    free(value);
    return code;
}
