/* log: see log.h. Refuses to format results: those go to stdout by their own verb. */
#include "log.h"
#include "clock.h"
#include "show.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const level_name[] = {"error", "warning", "info", "debug"};
static const char *const level_colour[] = {"\033[31m", "\033[33m", "", "\033[2m"};

void log_init(struct log *log, FILE *out, int rank)
{
    *log = (struct log){.out = out, .level = LOG_INFO, .rank = rank};
    const char *wanted = getenv("HMMGRID_LOG");
    for (int i = 0; wanted && i < 4; i++)
        if (strcmp(wanted, level_name[i]) == 0) log->level = (enum log_level)i;
    const char *no_colour = getenv("NO_COLOR");
    log->colour = out && isatty(fileno(out)) && !(no_colour && *no_colour);
}

const char *log_time(FILE *out, char text[32])
{
    *text = '\0';
    return isatty(fileno(out)) ? text : clock_text("%Y-%m-%dT%H:%M:%S ", text);
}

void log_line(const struct log *log, enum log_level level, const char *fmt, ...)
{
    if (!log || !log->out || level > log->level) return;
    char text[4608], line[9216], time[32] = "";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);

    if (log->timed) log_time(log->out, time);
    int n = snprintf(line, sizeof line, "hmmgrid: %s", time);
    if (log->rank >= 0) n += snprintf(line + n, sizeof line - (size_t)n, "rank %d: ", log->rank);
    if (level != LOG_INFO)
        n += snprintf(line + n, sizeof line - (size_t)n, "%s%s:%s ",
                      log->colour ? level_colour[level] : "", level_name[level],
                      log->colour ? "\033[0m" : "");
    for (const char *c = text; *c && (size_t)n < sizeof line - SHOWN_BYTES - 1;) {
        char shown[SHOWN_BYTES] = "\n  ";
        c += *c == '\n' ? 1 : show_character(c, shown);
        n = (int)(stpcpy(line + n, shown) - line);
    }
    line[n++] = '\n';
    fwrite(line, 1, (size_t)n, log->out); /* one write: lines of several ranks do not mix */
    fflush(log->out);
}
