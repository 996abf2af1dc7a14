/* summary: mean and spread over seeds (or whatever is not a key), each score beside its floor.
 * Only runs that are done count; the others are counted, never hidden. Refuses to test hypotheses.
 */
#include "cli.h"
#include "report/rows.h"
#include "summary.h"

#include "base/spelling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static int add_key(struct summary *s, const char *name, struct status *st)
{
    if (s->num_keys == MAX_KEYS)
        return status_set(st, STATUS_USAGE, "--by: more than %d keys", MAX_KEYS);
    char **text = calloc((size_t)s->num_rows + 1, sizeof *text);
    s->key[s->num_keys] = name;
    s->key_text[s->num_keys++] = text;
    if (!text) return status_no_memory(st, "grouping by %s", name);
    for (int i = 0; i < s->num_rows; i++)
        if (!(text[i] = rows_key_text(s->store, s->row[i], name, st))) return st->code;
    return STATUS_OK;
}

static void drop_key(struct summary *s)
{
    char **text = s->key_text[--s->num_keys];
    for (int i = 0; text && i < s->num_rows; i++) free(text[i]);
    free(text);
}

/* Group the rows by the keys so far. */
static int group_rows(struct summary *s, struct status *st)
{
    size_t keys = (size_t)s->num_keys, cells = (size_t)s->num_rows * keys;
    const char **text = malloc((cells + 1) * sizeof *text);
    if (!text) return status_no_memory(st, "grouping the runs");
    for (size_t i = 0; i < cells; i++) text[i] = s->key_text[i % keys][i / keys];
    int code = aggregate_groups(text, s->num_rows, s->num_keys, s->group, &s->num_groups, st);
    free(text);
    return code;
}

static int parse_keys(struct summary *s, const char *list, struct status *st)
{
    s->list = strdup(list);
    if (!s->list) return status_no_memory(st, "--by");
    char *rest = NULL;
    for (char *word = strtok_r(s->list, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        const struct setting *setting = rows_setting(word);
        const char *name = setting ? setting->key : word;
        if (!rows_is_key(s->store, name)) {
            const char *nearest = rows_nearest(s->store, name, false);
            return status_set(st, STATUS_USAGE,
                              "--by: unknown key '%s'.%s%s%s A key is a setting, seed, block, "
                              "status, attempts, run, key, or a column of text such as host.",
                              name, nearest ? " Did you mean '" : "", nearest ? nearest : "",
                              nearest ? "'?" : "");
        }
        bool again = false;
        for (int k = 0; k < s->num_keys; k++) again = again || strcmp(s->key[k], name) == 0;
        int code = again ? STATUS_OK : add_key(s, name, st);
        if (code) return code;
    }
    return group_rows(s, st);
}

/* hmm.architecture, and every setting that tells runs apart which the keys before it do not. */
static int default_keys(struct summary *s, struct status *st)
{
    int code = add_key(s, "hmm.architecture", st);
    if (!code) code = group_rows(s, st);
    for (int i = 0; i < num_settings && !code; i++) {
        const char *key = settings_table[i].key;
        int before = s->num_groups;
        if (settings_table[i].scope != SCOPE_RUN || strcmp(key, "hmm.architecture") == 0) continue;
        if (s->num_keys == MAX_KEYS) break;
        code = add_key(s, key, st);
        if (!code) code = group_rows(s, st);
        if (code || s->num_groups > before) continue;
        drop_key(s);
    }
    return code ? code : group_rows(s, st);
}

/* --- numbers --------------------------------------------------------------------------------- */

static void count_status(struct summary *s)
{
    for (int i = 0; i < s->num_rows; i++) {
        int status = store_run_status(s->store, s->row[i]), g = s->group[i];
        s->done[g] += status == RUN_DONE;
        s->failed[g] += status == RUN_FAILED || status == RUN_CRASHED;
        s->open[g] += status == RUN_PENDING || status == RUN_RUNNING;
    }
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
        bool floor = i % 2;
        if (floor && score->floor_column < 0) continue;
        struct statistics *out = calloc((size_t)s->num_groups + 1, sizeof *out);
        *(floor ? &s->floor[i / 2] : &s->value[i / 2]) = out;
        if (!out) code = status_no_memory(st, "statistics");
        if (!code) code = scores_read(s->store, score, floor, s->row, s->num_rows, value, st);
        if (!code) code = group_statistics(s, value, part, out, st);
    }
    free(value);
    return code;
}

/* --- the verb -------------------------------------------------------------------------------- */

static void warn(const struct summary *s, const struct invocation *inv)
{
    int done = 0, failed = 0, open = 0;
    for (int g = 0; g < s->num_groups; g++)
        done += s->done[g], failed += s->failed[g], open += s->open[g];
    if (s->num_rows == 0) log_line(cli_log(inv), LOG_WARNING, "no run fits --where");
    if (open)
        log_line(cli_log(inv), LOG_WARNING,
                 "%d of %d runs are not finished; statistics are over the %d that are done", open,
                 s->num_rows, done);
    if (failed)
        log_line(cli_log(inv), LOG_WARNING,
                 "%d of %d runs failed and are left out; `hmmgrid why %s RUN` tells why, "
                 "--by status,run lists them",
                 failed, s->num_rows, cli_operand(inv, 0));
}

static int summarise(struct summary *s, const struct invocation *inv, struct status *st)
{
    int code = rows_where(s->store, cli_value(inv, "where"), &s->row, &s->num_rows, st);
    if (!code)
        code = scores_select(s->store, cli_value(inv, "metrics"), &s->score, &s->num_scores, st);
    if (code) return code;
    s->group = calloc((size_t)s->num_rows + 1, sizeof *s->group);
    s->done = calloc(3 * (size_t)s->num_rows + 3, sizeof *s->done);
    if (!s->group || !s->done) return status_no_memory(st, "groups");
    s->failed = s->done + s->num_rows + 1;
    s->open = s->failed + s->num_rows + 1;
    const char *by = cli_value(inv, "by");
    code = by ? parse_keys(s, by, st) : default_keys(s, st);
    if (code) return code;
    count_status(s);
    code = compute(s, st);
    if (!code) code = summary_print(s, cli_out(inv), st);
    if (!code) warn(s, inv);
    return code;
}

static void summary_free(struct summary *s)
{
    while (s->num_keys > 0) drop_key(s);
    for (int i = 0; s->value && i < 2 * s->num_scores; i++) free(s->value[i]);
    free(s->value);
    free(s->score);
    free(s->row);
    free(s->group);
    free(s->done);
    free(s->list);
    store_close(s->store);
}

static int run_summary(const struct invocation *inv)
{
    struct summary s = {0};
    struct status st = {0};
    const char *format = cli_value(inv, "format");
    int code = STATUS_OK, chosen = format ? table_format_of(format) : TABLE_TEXT;
    if (chosen < 0)
        code = status_set(&st, STATUS_USAGE, "--format: '%s' is not one of table, csv, md, json",
                          format);
    s.format = chosen < 0 ? TABLE_TEXT : (enum table_format)chosen;
    if (!code) code = parse_stats(&s, cli_value(inv, "stats"), &st);
    if (!code) code = store_open(&s.store, cli_operand(inv, 0), &st);
    if (!code) code = summarise(&s, inv, &st);
    summary_free(&s);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

static const struct cli_option options[] = {
    {"by", 'b', "KEYS", NULL, false,
     "group by these settings, comma-separated: hmm.states or hmm_states, also seed, block, "
     "status, run, host; default: hmm.architecture and every setting that tells cells apart"},
    {"metrics", 'm', "LIST", NULL, false,
     "scores, comma-separated, an element of an array by its label: word_tv[3], frequency[0]; all: "
     "every scalar one; default: a handful that tells how good the emulation is"},
    {"stats", 's', "LIST", NULL, false,
     "of mean, sd, median, ci95, n, min, max, one column each; default: mean ± sd (floor) in one "
     "cell, or for programs mean,sd,n"},
    {"format", 'f', "FORMAT", NULL, false, "table (default), csv, md or json"},
    {"where", 'w', "EXPR", NULL, false,
     "only these runs: 'hmm.states in (4,5) and best_val_loss < 5'"},
    {0},
};

const struct verb verb_summary = {
    "summary",
    "FILE.h5",
    1,
    1,
    "mean and spread over seeds, each score beside its floor",
    "Groups the runs of a results file and prints statistics over the runs of each group that are "
    "done (so over seeds, unless --by says otherwise). n counts those, n_failed the failed and "
    "crashed ones, n_pending the unfinished ones. Works while the study runs.\n\n"
    "Every score that has a floor is shown with it: what independent samples of the HMM itself "
    "score at the same sizes. A perfect emulation scores the floor, not less. sd is over runs with "
    "ddof 1; ci95 is half the two-sided 95 % Student-t interval of the mean; NaN is left out and "
    "counted.\n\n"
    "  hmmgrid summary study.h5\n"
    "  hmmgrid summary study.h5 --by hmm.architecture,hmm.states --metrics "
    "word_tv[3],frequency[0]\n"
    "  hmmgrid summary study.h5 --format csv > study.csv",
    options,
    run_summary,
};
