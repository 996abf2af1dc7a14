/* slurm: see slurm.h. Source: sinfo(1), srun(1), scontrol(1) of Slurm 22.05. */
#include "slurm.h"

#include "base/command.h"
#include "base/text.h"
#include "flags.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool ask(const char *const *argv, enum command_stderr where, char *text, size_t room)
{
    return command_ask(argv, where, ASK_S, text, room) == 0;
}

/* "short*|up|8:00:00|12|128+|512000" */
static bool read_partition(char *line, struct partition *p)
{
    char *field[6], *rest = line;
    for (int i = 0; i < 6; i++)
        if (!(field[i] = strsep(&rest, "|"))) return false;
    size_t n = strlen(field[0]);
    *p = (struct partition){.is_default = n > 0 && field[0][n - 1] == '*',
                            .limit_s = slurm_seconds(field[2]),
                            .nodes = strtol(field[3], NULL, 10),
                            .cpus = strtol(field[4], NULL, 10),
                            .memory_mb = strtod(field[5], NULL)};
    if (p->is_default) field[0][n - 1] = '\0';
    text_fit(p->name, sizeof p->name - 1, field[0]);
    if (isnan(p->limit_s)) p->limit_s = INFINITY;
    return strcmp(field[1], "up") == 0 && p->nodes > 0;
}

int slurm_partitions(struct partition partition[MAX_PARTITIONS])
{
    char *text = malloc(CONFIG_BYTES), *line, *rest = text;
    int num = 0;
    if (!text || !ask((const char *const[]){"sinfo", "-h", "-o", "%P|%a|%l|%D|%c|%m", NULL},
                      STDERR_NOWHERE, text, CONFIG_BYTES))
        num = -1;
    while (num >= 0 && num < MAX_PARTITIONS && (line = strsep(&rest, "\n")))
        if (read_partition(line, &partition[num])) num++;
    free(text);
    return num;
}

static bool is_meant(const struct partition *p, const char *names)
{
    size_t n = strlen(p->name);
    if (!names) return p->is_default;
    for (const char *at = names; (at = strstr(at, p->name)); at += n)
        if ((at == names || at[-1] == ',') && (!at[n] || at[n] == ',')) return true;
    return false;
}

bool slurm_limits(const struct partition *partition, int num, const char *names,
                  struct partition_limits *limits)
{
    *limits = (struct partition_limits){.limit_s = INFINITY};
    for (int i = 0; i < num; i++) {
        const struct partition *p = &partition[i];
        if (!is_meant(p, names)) continue;
        limits->cpus += p->nodes * p->cpus;
        if (*limits->name && p->limit_s >= limits->limit_s) continue;
        memcpy(limits->name, p->name, sizeof limits->name);
        limits->limit_s = p->limit_s;
    }
    return *limits->name;
}

int slurm_knows_job(const char *number)
{
    char text[4096];
    int code = command_ask((const char *const[]){"squeue", "-h", "-j", number, NULL}, STDERR_TOO,
                           ASK_S, text, sizeof text);
    return code == 0 ? 1 : strstr(text, "Invalid job id") ? 0 : -1;
}

bool slurm_find_job(const char *script, char number[32])
{
    char *text = malloc(CONFIG_BYTES), *line, *rest = text;
    bool found = false;
    if (text && ask((const char *const[]){"squeue", "--me", "-h", "-o", "%i %o", NULL},
                    STDERR_NOWHERE, text, CONFIG_BYTES))
        while (!found && (line = strsep(&rest, "\n"))) {
            size_t n = strcspn(line, " ");
            found = line[n] && strcmp(line + n + 1, script) == 0;
            if (found) snprintf(number, 32, "%.*s", (int)n, line);
        }
    free(text);
    return found;
}

int slurm_has_mpi(const char *name)
{
    char text[4096];
    int code = command_ask((const char *const[]){"srun", "--mpi=list", NULL}, STDERR_TOO, ASK_S,
                           text, sizeof text);
    return code < 0 ? -1 : strstr(text, name) != NULL;
}

bool slurm_config(char config[CONFIG_BYTES])
{
    return ask((const char *const[]){"scontrol", "show", "config", NULL}, STDERR_NOWHERE, config,
               CONFIG_BYTES);
}

const char *slurm_config_value(const char *config, const char *name, char value[64])
{
    size_t n = strlen(name);
    for (const char *line = config; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        size_t gap = strncmp(line, name, n) == 0 ? strspn(line + n, " ") : 0;
        if (gap == 0 || strncmp(line + n + gap, "= ", 2) != 0) continue;
        const char *from = line + n + gap + 2;
        snprintf(value, 64, "%.*s", (int)strcspn(from, "\n"), from);
        return value;
    }
    return NULL;
}
