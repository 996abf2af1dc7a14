/* summary: see summary.h. Refuses to test hypotheses, and to print (summary_table.c). */
#include "summary.h"

#include "base/spelling.h"
#include "order.h"
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double summary_stat(const struct statistics *v, enum stat stat)
{
    const double value[NUM_STATS] = {v->mean, v->sd, v->median, v->ci95, v->n, v->min, v->max};
    return value[stat];
}

/* --- what to show ---------------------------------------------------------------------------- */

static int parse_stats(struct summary *s, const char *list, struct status *st)
{
    s->combined = !list && summary_is_for_people(s);
    if (!list) list = "mean,sd,n";
    while (*list) {
        int n = (int)strcspn(list, ","), i = 0;
        char word[32];
        snprintf(word, sizeof word, "%.*s", n, list);
        while (i < NUM_STATS && strcmp(summary_stat_name[i], word) != 0) i++;
        if (i == NUM_STATS) {
            const char *nearest = spelling_nearest(word, summary_stat_name, NUM_STATS);
            return status_set(st, STATUS_USAGE,
                              "--stats: unknown statistic '%s'.%s%s%s Known: mean, sd, median, "
                              "ci95, n, min, max.",
                              word, nearest ? " Did you mean '" : "", nearest ? nearest : "",
                              nearest ? "'?" : "");
        }
        if (s->num_stats == MAX_STATS)
            return status_set(st, STATUS_USAGE, "--stats: more than %d statistics", MAX_STATS);
        s->stat[s->num_stats++] = (enum stat)i;
        list += n;
        list += *list == ',';
    }
    if (s->num_stats == 0) return status_set(st, STATUS_USAGE, "--stats: the list is empty");
    return STATUS_OK;
}

/* Split the groups by one more key; *more: it splits some. */
static int add_key(struct summary *s, const char *name, bool *more, struct status *st)
{
    if (s->num_keys == MAX_KEYS)
        return status_set(st, STATUS_USAGE, "--by: more than %d keys", MAX_KEYS);
    int before = s->num_groups;
    struct summary_key *key = &s->key[s->num_keys++];
    *key = (struct summary_key){name, calloc((size_t)s->num_rows + 1, sizeof(char *)), true};
    if (!key->text) return status_no_memory(st, "grouping by %s", name);
    for (int i = 0; i < s->num_rows; i++) {
        bool is_number;
        int code = rows_text(s->store, s->row[i], name, &key->text[i], &is_number, st);
        if (code) return code;
        key->is_number = key->is_number && is_number;
    }
    int code =
        aggregate_split((const char *const *)key->text, s->num_rows, s->group, &s->num_groups, st);
    *more = s->num_groups > before;
    return code;
}

static void drop_key(struct summary *s)
{
    struct summary_key *key = &s->key[--s->num_keys];
    for (int i = 0; key->text && i < s->num_rows; i++) free(key->text[i]);
    free(key->text);
}

static int parse_keys(struct summary *s, const char *list, struct status *st)
{
    s->list = strdup(list);
    if (!s->list) return status_no_memory(st, "--by");
    char *rest = NULL;
    for (char *word = strtok_r(s->list, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        const char *name;
        bool again = false;
        int code = rows_find_key(s->store, "--by", word, &name, st);
        if (code) return code;
        for (int k = 0; k < s->num_keys; k++) again = again || strcmp(s->key[k].name, name) == 0;
        code = again ? STATUS_OK : add_key(s, name, &again, st);
        if (code) return code;
    }
    return STATUS_OK;
}

/* Is it one of a list? */
static bool is_listed(const char *list, const char *key)
{
    while (list && *list) {
        char word[64];
        size_t n = strcspn(list, ", ");
        snprintf(word, sizeof word, "%.*s", (int)n, list);
        const struct setting *setting = settings_find_column(word);
        if (strcmp(setting ? setting->key : word, key) == 0) return true;
        list += n + strspn(list + n, ", ");
    }
    return false;
}

/* Does --all-but name nothing that varies by itself? */
static int check_all_but(const struct summary *s, const char *list, struct status *st)
{
    while (*list) {
        char word[64];
        size_t n = strcspn(list, ", ");
        snprintf(word, sizeof word, "%.*s", (int)n, list);
        if (n && strcmp(word, "seed") != 0 && !settings_find_column(word)) {
            const char *nearest = rows_nearest(s->store, word, true);
            return status_set(st, STATUS_USAGE, "--all-but: '%s' is no setting.%s%s%s", word,
                              nearest ? " Did you mean '" : "", nearest ? nearest : "",
                              nearest ? "'?" : "");
        }
        list += n + strspn(list + n, ", ");
    }
    return STATUS_OK;
}

/* hmm.architecture, and every setting that tells runs apart which the keys before it do not, but
 * those of the list. */
static int default_keys(struct summary *s, const char *all_but, struct status *st)
{
    static const char *const first = "hmm.architecture";
    bool more, leads = !is_listed(all_but, first);
    int code = all_but ? check_all_but(s, all_but, st) : STATUS_OK;
    if (!code && leads) code = add_key(s, first, &more, st);
    for (int i = 0; i < num_settings && !code && s->num_keys < MAX_KEYS; i++) {
        const char *key = settings_table[i].key;
        if (settings_table[i].scope != SCOPE_RUN || strcmp(key, first) == 0) continue;
        if (!rows_vary(s->store, s->row, s->num_rows, &settings_table[i])) continue;
        if (is_listed(all_but, key)) continue;
        code = add_key(s, key, &more, st);
        if (!code && !more) drop_key(s);
    }
    return code;
}

/* --- numbers --------------------------------------------------------------------------------- */

static int count_status(struct summary *s, struct status *st)
{
    unsigned char *marks = calloc((size_t)store_num_runs(s->store), 1);
    int code = marks ? store_read_marks(s->store, marks, st) : status_no_memory(st, "the runs");
    if (code) goto cleanup;
    for (int i = 0; i < s->num_rows; i++) {
        int status = store_run_status(s->store, s->row[i]), g = s->group[i];
        s->done[g] += status == RUN_DONE;
        s->failed[g] += status == RUN_FAILED || status == RUN_CRASHED;
        s->open[g] += status == RUN_PENDING || status == RUN_RUNNING;
        for (int m = 0; m < NUM_MARKS; m++) s->marked[m][g] += marks[s->row[i]] >> m & 1;
    }
cleanup:
    free(marks);
    return code;
}

/* Seeds tried, more than one of a run that is repeated where it is not accepted. */
static int count_tries(struct summary *s, struct status *st)
{
    int column = store_find_column(s->store, "reseeds"), num = store_num_runs(s->store);
    int code = STATUS_OK;
    for (int i = 0; i < s->num_rows && !s->accepts; i++) {
        struct expr_value value;
        code = rows_value(s->store, s->row[i], "accept.max_excess_loss", &value, st);
        if (code) return code;
        s->accepts = value.is_number && !isnan(value.number);
        free(value.memory);
    }
    s->accepts = s->accepts && column >= 0;
    double *reseeds = calloc((size_t)num + 1, sizeof *reseeds);
    if (!reseeds) return status_no_memory(st, "the runs");
    if (column >= 0) code = store_read_column(s->store, column, reseeds, st);
    for (int i = 0; i < s->num_rows && !code; i++) {
        int status = store_run_status(s->store, s->row[i]);
        if (status == RUN_DONE || status == RUN_FAILED)
            s->tried[s->group[i]] += 1 + (int)reseeds[s->row[i]];
    }
    free(reseeds);
    return code;
}

static int count_landed(struct summary *s, struct status *st)
{
    const double *landed = store_landed(s->store, st);
    if (!landed) return st->code;
    for (int i = 0; i < s->num_rows; i++) s->landed[s->group[i]] += landed[s->row[i]] == 1;
    return STATUS_OK;
}

int summary_marked(const struct summary *s, enum store_mark mark, int *done)
{
    int sum = *done = 0;
    for (int g = 0; g < s->num_groups; g++) sum += s->marked[mark][g], *done += s->done[g];
    return sum;
}

/* Statistics of one score in every group: NaN of runs that are not done is not a missing value. */
static int group_statistics(const struct summary *s, const double *value, double *part,
                            struct statistics *out, struct status *st)
{
    int *first = calloc((size_t)s->num_groups + 1, sizeof *first), code = STATUS_OK;
    if (!first) return status_no_memory(st, "the statistics");
    /* where each group's done runs begin in `part`; filling moves it to where they end */
    for (int g = 0, at = 0; g < s->num_groups; at += s->done[g++]) first[g] = at;
    for (int i = 0; i < s->num_rows; i++)
        if (store_run_status(s->store, s->row[i]) == RUN_DONE)
            part[first[s->group[i]]++] = value[i];
    for (int g = 0; g < s->num_groups && !code; g++)
        code = aggregate_statistics(part + first[g] - s->done[g], s->done[g], &out[g], st);
    free(first);
    return code;
}

static int compute(struct summary *s, struct status *st)
{
    double *value = calloc(2 * (size_t)s->num_rows + 1, sizeof *value);
    double *part = value ? value + s->num_rows : NULL;
    int code = value ? STATUS_OK : status_no_memory(st, "values");
    s->value = calloc(2 * (size_t)s->num_scores + 1, sizeof(struct statistics *));
    s->floor = s->value ? s->value + s->num_scores : NULL;
    if (!s->value && !code) code = status_no_memory(st, "statistics");
    for (int i = 0; i < 2 * s->num_scores && !code; i++) {
        const struct score *score = &s->score[i / 2];
        enum score_part which = i % 2 ? SCORE_FLOOR : SCORE_VALUE;
        if (which == SCORE_FLOOR && score->column[SCORE_FLOOR] < 0) continue;
        struct statistics *out = calloc((size_t)s->num_groups + 1, sizeof *out);
        *(which == SCORE_FLOOR ? &s->floor[i / 2] : &s->value[i / 2]) = out;
        if (!out) code = status_no_memory(st, "statistics");
        if (!code) code = scores_read(s->store, score, which, s->row, s->num_rows, value, st);
        if (!code) code = group_statistics(s, value, part, out, st);
    }
    free(value);
    return code;
}

/* --- the order of the groups ------------------------------------------------------------------ */

/* The statistic of "NAME:STAT" or NAME (its mean), or the key; -1 in both: neither is shown. */
static void find_order(const struct summary *s, const char *name, int *score, enum stat *stat,
                       int *key)
{
    *score = *key = -1;
    *stat = STAT_MEAN;
    size_t n = strlen(name);
    const char *colon = strrchr(name, ':');
    for (int i = 0; colon && i < NUM_STATS; i++)
        if (strcmp(colon + 1, summary_stat_name[i]) == 0) *stat = i, n = (size_t)(colon - name);
    for (int i = 0; i < s->num_scores; i++)
        if (strlen(s->score[i].name) == n && strncmp(s->score[i].name, name, n) == 0) *score = i;
    const struct setting *setting = settings_find_column(name);
    for (int k = 0; k < s->num_keys; k++)
        if (strcmp(s->key[k].name, setting ? setting->key : name) == 0) *key = k;
}

static int put_in_order(struct summary *s, const struct summary_request *r, struct status *st)
{
    int score = -1, key = -1, code = STATUS_OK;
    enum stat stat;
    bool falls = r->sort && *r->sort == '-';
    struct ordered *ordered = calloc((size_t)s->num_groups + 1, sizeof *ordered);
    s->order = calloc((size_t)s->num_groups + 1, sizeof *s->order);
    if (!ordered || !s->order) code = status_no_memory(st, "the order of the groups");
    if (!code && r->sort) {
        find_order(s, r->sort + falls, &score, &stat, &key);
        if (score < 0 && key < 0)
            code = status_set(st, STATUS_USAGE,
                              "--sort: '%s' is no key and no score that is shown; --metrics shows "
                              "more, NAME:sd is another statistic than the mean",
                              r->sort);
    }
    for (int g = 0; g < s->num_groups && !code; g++)
        ordered[g] =
            (struct ordered){score >= 0 ? summary_stat(&s->value[score][g], stat) : 0, NULL, g};
    for (int i = s->num_rows - 1; i >= 0 && !code && key >= 0; i--)
        order_by_text(&ordered[s->group[i]], s->key[key].text[i], s->key[key].is_number);
    if (!code) order_items(ordered, s->num_groups, falls);
    for (int g = 0; g < s->num_groups && !code; g++) s->order[g] = ordered[g].item;
    free(ordered);
    s->num_shown = r->most && r->most < s->num_groups ? r->most : s->num_groups;
    return code;
}

/* --- all together ---------------------------------------------------------------------------- */

int summary_make(struct summary *s, const char *path, const struct summary_request *r,
                 struct status *st)
{
    *s = (struct summary){.format = r->format};
    int code = parse_stats(s, r->stats, st);
    if (!code) code = store_open(&s->store, path, st);
    if (!code) code = rows_where(s->store, r->where, &s->row, &s->num_rows, st);
    if (!code && r->where && s->num_rows == 0) s->note = strdup(st->text);
    if (!code) code = rows_count(s->store, s->row, s->num_rows, s->count, st);
    bool beside = !r->metrics || summary_is_for_people(s); /* who chooses for a program knows */
    if (!code) code = scores_select(s->store, r->metrics, beside, &s->score, &s->num_scores, st);
    if (code) return code;
    s->group = calloc((size_t)s->num_rows + 1, sizeof *s->group);
    s->done = calloc((5 + NUM_MARKS) * ((size_t)s->num_rows + 1), sizeof *s->done);
    if (!s->group || !s->done) return status_no_memory(st, "groups");
    s->failed = s->done + s->num_rows + 1;
    s->open = s->failed + s->num_rows + 1;
    for (int m = 0; m < NUM_MARKS; m++) s->marked[m] = s->open + (m + 1) * (s->num_rows + 1);
    s->tried = s->open + (1 + NUM_MARKS) * (s->num_rows + 1);
    s->landed = s->tried + s->num_rows + 1;
    s->num_groups = s->num_rows > 0;
    code = r->by ? parse_keys(s, r->by, st) : default_keys(s, r->all_but, st);
    if (!code) code = count_status(s, st);
    if (!code) code = count_tries(s, st);
    if (!code) code = count_landed(s, st);
    if (!code) code = compute(s, st);
    return code ? code : put_in_order(s, r, st);
}

void summary_free(struct summary *s)
{
    while (s->num_keys > 0) drop_key(s);
    for (int i = 0; s->value && i < 2 * s->num_scores; i++) free(s->value[i]);
    free(s->value);
    free(s->score);
    free(s->row);
    free(s->group);
    free(s->done);
    free(s->order);
    free(s->list);
    free(s->note);
    store_close(s->store);
}
