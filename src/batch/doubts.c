/* doubts: see doubts.h. Refuses to refuse: Slurm has the last word. */
#include "doubts.h"

#include "base/command.h"

#include <stdlib.h>

static void warn(struct submission *s, const char *text)
{
    enum { MOST = sizeof s->warning / sizeof s->warning[0] };
    if (text && *text && s->num_warnings < MOST) s->warning[s->num_warnings++] = text;
}

void doubts_find(struct submission *s)
{
    const char *after = s->request->after, *ntasks = flags_value(&s->flags, "ntasks");
    char number[32];
    warn(s, s->resources.warning);
    if (ntasks && s->limits.cpus > 0 && atol(ntasks) > s->limits.cpus)
        warn(s,
             pool_print(s->pool,
                        "--ntasks=%s is more than the %ld cores of partition %s: the job may never "
                        "start",
                        ntasks, s->limits.cpus, s->limits.name));
    if (after && slurm_knows_job(after) == 0)
        warn(s,
             pool_print(s->pool,
                        "--after %s: squeue knows no such job; if it has not ended long ago, the "
                        "number is wrong",
                        after));
    const char *script = pool_print(s->pool, "%s.sbatch", s->file);
    if (!after && script && slurm_find_job(script, number))
        warn(s, pool_print(
                    s->pool,
                    "job %s does this study already (%s); two at a time cannot: `scancel %s`, or "
                    "--after %s",
                    number, s->study.path, number, number));
}

const char *doubts_of_sbatch(const struct submission *s)
{
    enum { OTHERS = 4, ROOM = 4096 };
    const char *argv[MAX_FLAGS + OTHERS] = {"sbatch", "--test-only", "--wrap=:"};
    char *text = pool_take(s->pool, ROOM, 1);
    int num = OTHERS - 1;
    for (int i = 0; i < s->flags.num; i++) {
        const struct flag *flag = &s->flags.flag[i];
        argv[num++] = pool_print(s->pool, "--%s%s%s", flag->name, flag->value ? "=" : "",
                                 flag->value ? flag->value : "");
        if (!argv[num - 1]) return NULL;
    }
    return text && command_ask(argv, STDERR_TOO, ASK_S, text, ROOM) > 0 ? text : NULL;
}
