/* flags: see flags.h. Refuses values that would end their line. Source: sbatch(1) of Slurm 22.05.
 */
#include "flags.h"

#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of each row a job has one. */
static const char *const excluding[][3] = {{"mem", "mem-per-cpu", "mem-per-gpu"},
                                           {"requeue", "no-requeue"}};
enum { NUM_EXCLUDING = sizeof excluding / sizeof excluding[0] };

static const struct {
    const char *name, *advice;
} refused[] = {
    {"array", "the tasks of an array would all do the same study; slurm/array-of-shares.sbatch "
              "gives each a share of it"},
    {"deadline", "a job knows its end by --time; sbatch's own option would take a study that waits "
                 "out of the queue"},
    {"fresh", "move FILE.h5 away first, or name another one"},
    {"max-failures", "say --set run.max_failures=N"},
    {"order", "say --set run.order=grid"},
    {"parsable", "`submit` reads the job's number itself and prints it"},
    {"progress",
     "what the study says goes into the log; `hmmgrid status FILE.h5 --watch` shows it"},
    {"reserve", "say --set run.reserve=TIME"},
    {"resume", "`submit` always goes on with what FILE.h5 has"},
    {"retries", "say --set run.retries=N"},
    {"retry", "`hmmgrid reset FILE.h5 --where ...` makes such runs pending first"},
    {"share", "slurm/array-of-shares.sbatch does a study in shares"},
    {"test-only", "`submit -n` shows what would be submitted"},
    {"wait", "`submit` does not wait; `squeue` and `hmmgrid status` tell how far it is"},
    {"wrap", "the script is made from slurm/requeue.sbatch"},
};
enum { NUM_REFUSED = sizeof refused / sizeof refused[0] };

/* The script traps this one alone; what ranks are told without "B:", it does not hear. */
static bool is_trapped(const char *signal)
{
    static const char *const trapped[] = {"B:USR1", "B:SIGUSR1", "B:10"};
    const char *text = signal ? signal : "";
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(trapped[i]);
        if (strncasecmp(text, trapped[i], n) == 0 && (!text[n] || text[n] == '@')) return true;
    }
    return false;
}

/* What the plan has to understand too. */
static int check_number(const char *name, const char *value, struct status *st)
{
    static const char *const times[] = {"time", "time-min"};
    static const char *const counts[] = {"ntasks", "ntasks-per-node", "cpus-per-task", "nodes"};
    char *end = NULL;
    if (text_index(times, 2, name) >= 0 && (!value || isnan(slurm_seconds(value))))
        return status_set(st, STATUS_USAGE,
                          "--%s=%.40s: a time of Slurm is expected: 90 (minutes), 8:00:00 or "
                          "2-12:00:00",
                          name, value ? value : "");
    int which = text_index(counts, 4, name);
    if (which < 0 || (value && strtol(value, &end, 10) > 0 && (!*end || which == 3)))
        return STATUS_OK;
    return status_set(st, STATUS_USAGE, "--%s=%.40s: a number is expected, 1 or more", name,
                      value ? value : "");
}

static int check(const char *name, const char *value, struct status *st)
{
    if (!islower((unsigned char)*name) ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")])
        return status_set(st, STATUS_USAGE, "'--%.60s' is no long flag of sbatch", name);
    for (int i = 0; i < NUM_REFUSED; i++)
        if (strcmp(refused[i].name, name) == 0)
            return status_set(st, STATUS_USAGE, "--%s is not for a study: %s", name,
                              refused[i].advice);
    if (strcmp(name, "signal") == 0 && !is_trapped(value))
        return status_set(st, STATUS_USAGE,
                          "--signal=%.40s: the script of a study waits for B:USR1, and another "
                          "signal would end it; write --signal=B:USR1@SECONDS",
                          value ? value : "");
    if (check_number(name, value, st)) return st->code;
    for (const char *c = value; c && *c; c++)
        if (iscntrl((unsigned char)*c))
            return status_set(st, STATUS_USAGE,
                              "--%s: its value holds an end of line or another control character, "
                              "which no line of a script can",
                              name);
    return STATUS_OK;
}

void flags_drop(struct flags *f, const char *name)
{
    for (int i = 0; i < f->num; i++) {
        if (strcmp(f->flag[i].name, name) != 0) continue;
        f->num--;
        memmove(f->flag + i, f->flag + i + 1, (size_t)(f->num - i) * sizeof *f->flag);
        return;
    }
}

/* Where the flag stands, or is to stand. */
static struct flag *place_of(struct flags *f, const char *name)
{
    for (int i = 0; i < NUM_EXCLUDING; i++) {
        if (text_index(excluding[i], excluding[i][2] ? 3 : 2, name) < 0) continue;
        for (int k = 0; k < 3 && excluding[i][k]; k++)
            if (strcmp(excluding[i][k], name) != 0) flags_drop(f, excluding[i][k]);
    }
    for (int i = 0; i < f->num; i++)
        if (strcmp(f->flag[i].name, name) == 0) return &f->flag[i];
    return f->num < MAX_FLAGS ? &f->flag[f->num++] : NULL;
}

int flags_set(struct flags *f, const char *name, const char *value, const char *from,
              struct status *st)
{
    if (check(name, value, st)) return st->code;
    struct flag new = {pool_text(f->pool, name, strlen(name)),
                       value ? pool_text(f->pool, value, strlen(value)) : NULL,
                       from ? pool_text(f->pool, from, strlen(from)) : NULL};
    if (!new.name || (value && !new.value) || (from && !new.from))
        return status_no_memory(st, "the flags of sbatch");
    struct flag *at = place_of(f, name);
    if (!at) return status_set(st, STATUS_USAGE, "more than %d flags of sbatch", MAX_FLAGS);
    *at = new;
    return STATUS_OK;
}

int flags_say(struct flags *f, const char *said, const char *from, struct status *st)
{
    size_t n = strcspn(said, "=");
    const char *name = pool_text(f->pool, said, n);
    if (!name) return status_no_memory(st, "the flags of sbatch");
    return flags_set(f, name, said[n] ? said + n + 1 : NULL, from, st);
}

const struct flag *flags_find(const struct flags *f, const char *name)
{
    for (int i = 0; i < f->num; i++)
        if (strcmp(f->flag[i].name, name) == 0) return &f->flag[i];
    return NULL;
}

const char *flags_value(const struct flags *f, const char *name)
{
    const struct flag *flag = flags_find(f, name);
    return flag ? flag->value : NULL;
}

/* In double quotes, where a backslash makes a quote or a backslash a character like others. */
void flags_put(const struct flag *flag, FILE *out)
{
    fprintf(out, "--%s%s", flag->name, flag->value ? "=" : "");
    if (!flag->value) return;
    bool plain = *flag->value && !flag->value[strcspn(flag->value, " '\"\\#;")];
    if (!plain) fputc('"', out);
    for (const char *c = flag->value; *c; c++) {
        if (*c == '"' || *c == '\\') fputc('\\', out);
        fputc(*c, out);
    }
    if (!plain) fputc('"', out);
}

/* --- times ---------------------------------------------------------------------------------- */

double slurm_seconds(const char *text)
{
    static const double unit[2][3] = {{60, 1, 0}, {3600, 60, 1}};
    if (strcasecmp(text, "infinite") == 0 || strcasecmp(text, "unlimited") == 0) return INFINITY;
    double number[3], seconds = 0;
    const char *dash = strchr(text, '-'), *at = dash ? dash + 1 : text;
    char *end;
    if (dash) seconds = 86400 * strtod(text, &end);
    if (dash && (end != dash || !isdigit((unsigned char)*text))) return NAN;
    int num = 0;
    for (;; at = end + 1) {
        if (!isdigit((unsigned char)*at) || num == 3) return NAN;
        number[num++] = (double)strtol(at, &end, 10);
        if (*end != ':') break;
    }
    if (*end) return NAN;
    /* without days one or two numbers begin with minutes, otherwise with hours */
    for (int i = 0; i < num; i++) seconds += number[i] * unit[dash || num == 3][i];
    return seconds;
}

const char *slurm_time(double seconds, char text[48])
{
    long minutes = (long)floor(seconds / 60);
    snprintf(text, 48, "%ld-%02ld:%02ld:00", minutes / 1440, minutes / 60 % 24, minutes % 60);
    return text;
}
