/* log: see log.h. Refuses to format results: those go to stdout by their own verb. */
#include "log.h"
#include "clock.h"
#include "sheet.h"
#include "show.h"
#include "wrap.h"

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

void log_text(FILE *out, const char *head, const char *text)
{
    enum { INDENT = 2 };
    bool visible = true;
    int n = (int)strlen(head) - 1, at = *head ? -1 : INDENT; /* wrap_text writes the last blank */
    for (const char *c = head; *c; c++) { /* a colour, \033[31m, takes no columns */
        if (*c == '\033') visible = false;
        at += visible;
        if (*c == 'm') visible = true;
    }
    struct sheet sheet;
    FILE *lines = sheet_open(&sheet);
    if (lines && n > 0) fprintf(lines, "%.*s", n, head);
    if (lines) wrap_text(lines, text, INDENT, at, wrap_width(out));
    char *whole = lines ? sheet_close(&sheet, lines, true, NULL) : NULL;
    if (whole)
        fputs(whole, out); /* one write: lines of several ranks do not mix */
    else
        fputs(head, out), show_on(out, "%s\n", text); /* memory is out */
    free(whole);
    fflush(out);
}

void log_line(const struct log *log, enum log_level level, const char *fmt, ...)
{
    if (!log || !log->out || level > log->level) return;
    char text[4608], head[128], time[32] = "", rank[32] = "";
    bool named = level != LOG_INFO, colour = named && log->colour;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (log->timed) log_time(log->out, time);
    if (log->rank >= 0) snprintf(rank, sizeof rank, "rank %d: ", log->rank);
    snprintf(head, sizeof head, "hmmgrid: %s%s%s%s%s%s%s", time, rank,
             colour ? level_colour[level] : "", named ? level_name[level] : "", named ? ":" : "",
             colour ? "\033[0m" : "", named ? " " : "");
    log_text(log->out, head, text);
}
