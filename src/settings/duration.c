/* duration: "10min", "1h30m", "90", "90s", "12:30:00", "1-02:03:04" as seconds.
 * Refuses MM:SS (which Slurm and people read differently), signs, repeated or rising units.
 * Source: sbatch(1), --time, for D-HH:MM:SS. */
#include "hmmgrid/settings.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double seconds;
};

static const struct unit units[] = {
    {"days", 86400}, {"day", 86400},  {"d", 86400},   {"hours", 3600}, {"hour", 3600},
    {"h", 3600},     {"minutes", 60}, {"minute", 60}, {"min", 60},     {"m", 60},
    {"seconds", 1},  {"second", 1},   {"sec", 1},     {"s", 1},
};

static int duration_fail(const char *text, struct status *st)
{
    return status_set(st, STATUS_BAD_GRID,
                      "'%.40s' is not a duration; write it like 90s, 10min, 1h30m, 12:30:00 or "
                      "1-02:03:04 (days-hours:minutes:seconds)",
                      text);
}

/* Two digits below `limit`; -1 otherwise. */
static int two_digits(const char *s, int limit)
{
    if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1])) return -1;
    int value = 10 * (s[0] - '0') + (s[1] - '0');
    return value < limit ? value : -1;
}

/* [D-]HH:MM:SS; hours may have any number of digits when no days stand before them. */
static int parse_clock(const char *text, double *seconds)
{
    double days = 0, hours = 0;
    const char *s = text, *dash = strchr(text, '-');
    if (dash) {
        for (; s < dash && isdigit((unsigned char)*s); s++) days = 10 * days + (*s - '0');
        if (s != dash || s == text || s - text > 6) return -1;
        s++;
        if (strlen(s) != 8) return -1;
    }
    const char *first = s;
    for (; isdigit((unsigned char)*s); s++) hours = 10 * hours + (*s - '0');
    if (s == first || s - first > 8 || (dash && hours >= 24)) return -1;
    if (strlen(s) != 6 || s[0] != ':' || s[3] != ':') return -1;
    int minutes = two_digits(s + 1, 60), sec = two_digits(s + 4, 60);
    if (minutes < 0 || sec < 0) return -1;
    *seconds = days * 86400 + hours * 3600 + minutes * 60 + sec;
    return 0;
}

/* Digits with at most one point; the number, and where it ends. NaN when there is none. */
static double number_at(const char *s, char **end)
{
    size_t n = strspn(s, "0123456789.");
    double number = strtod(s, end);
    return n > 0 && n < 32 && *end == s + n ? number : NAN;
}

int duration_parse(const char *text, double *seconds, struct status *st)
{
    double total = 0, last_unit = INFINITY;
    *seconds = 0;
    if (strchr(text, ':') || strchr(text, '-'))
        return parse_clock(text, seconds) ? duration_fail(text, st) : STATUS_OK;

    const char *s = text;
    if (!*s) return duration_fail(text, st);
    while (*s) {
        char *end;
        double number = number_at(s, &end);
        s = end;
        if (isnan(number)) return duration_fail(text, st);
        if (!*s && last_unit == INFINITY) { /* a bare number: seconds */
            *seconds = number;
            return STATUS_OK;
        }
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz");
        const struct unit *unit = NULL;
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            if (strlen(units[i].name) == n && strncmp(units[i].name, s, n) == 0) unit = &units[i];
        if (!unit || unit->seconds >= last_unit) return duration_fail(text, st);
        total += number * unit->seconds;
        last_unit = unit->seconds;
        s += n;
    }
    *seconds = total;
    return STATUS_OK;
}
