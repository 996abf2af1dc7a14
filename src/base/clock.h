/* clock: seconds. Every kernel with POSIX timers has these clocks, so that none can fail. */
#pragma once

#include <time.h>

static inline double clock_of_s(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Since some moment; never goes back. */
static inline double clock_monotonic_s(void)
{
    return clock_of_s(CLOCK_MONOTONIC);
}

/* Since 1970, UTC. */
static inline double clock_unix_s(void)
{
    return clock_of_s(CLOCK_REALTIME);
}

/* Now, local time, as strftime has it. */
static inline const char *clock_text(const char *format, char text[32])
{
    time_t now = time(NULL);
    struct tm tm;
    if (!localtime_r(&now, &tm) || !strftime(text, 32, format, &tm)) *text = '\0';
    return text;
}

/* Processor time of this process, all threads. */
static inline double clock_cpu_s(void)
{
    return clock_of_s(CLOCK_PROCESS_CPUTIME_ID);
}
