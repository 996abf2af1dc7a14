/* progress: see progress.h. Refuses to write to stdout: that belongs to results. */
#include "progress.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/sheet.h"
#include "base/show.h"

#include "protocol.h"
#include "statusfile.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 24 };

static const double bar_every_s = 0.2, json_every_s = 1, plain_every_s = 60;

void progress_init(struct progress *p, int kind, FILE *err)
{
    bool terminal = isatty(fileno(err));
    const char *no_colour = getenv("NO_COLOR");
    if (kind == PROGRESS_AUTO) kind = terminal ? PROGRESS_BAR : PROGRESS_PLAIN;
    *p = (struct progress){
        .kind = kind, .err = err, .colour = terminal && !(no_colour && *no_colour)};
}

const char *progress_duration(double seconds, char buf[32])
{
    if (!(seconds >= 0) || seconds > 1e9) return strcpy(buf, "?");
    long s = lround(seconds);
    if (seconds < 9.95)
        snprintf(buf, 32, "%.1fs", seconds);
    else if (s < 60)
        snprintf(buf, 32, "%lds", s);
    else if (s < 3600)
        snprintf(buf, 32, "%ldm%02lds", s / 60, s % 60);
    else if (s < 86400)
        snprintf(buf, 32, "%ldh%02ldm", s / 3600, s / 60 % 60);
    else
        snprintf(buf, 32, "%ldd%02ldh", s / 86400, s / 3600 % 24);
    return buf;
}

/* "12 of 150 done, 1 failed, 2 running, 135 left; 0.31 core-hours; 1h02m left (+- 5m01s)" */
static void describe(const struct board *b, char *line, size_t n)
{
    const struct schedule_counts *c = &b->counts;
    char eta[32], half[32], tail[96] = "";
    int failed = c->failed + c->crashed;
    if (!isnan(b->eta_s) && c->pending + c->running > 0) {
        progress_duration(b->eta_s, eta);
        if (isnan(b->eta_half_s))
            snprintf(tail, sizeof tail, "; about %s left", eta);
        else
            snprintf(tail, sizeof tail, "; about %s left (+- %s)", eta,
                     progress_duration(b->eta_half_s, half));
    }
    snprintf(line, n, "%d of %d done, %d failed, %d running, %d left; %.2f core-hours%s", c->done,
             c->total, failed, c->running, c->pending, b->wall_sum_s / 3600, tail);
}

static void draw_bar(struct progress *p, const struct board *b)
{
    char line[256], bar[BAR_WIDTH + 1];
    const struct schedule_counts *c = &b->counts;
    int ended = c->done + c->failed + c->crashed;
    int filled = c->total ? (int)((long)BAR_WIDTH * ended / c->total) : BAR_WIDTH;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    describe(b, line, sizeof line);
    fprintf(p->err, "\r\033[K[%s] %s", bar, line);
    p->drawn = true;
}

static void erase_bar(struct progress *p)
{
    if (p->drawn) fputs("\r\033[K", p->err);
    p->drawn = false;
}

/* One line, written at once: an object with the event and the board, or a text. */
static void print_event(struct progress *p, const char *event, const struct board *b,
                        const char *text)
{
    char time[32];
    struct sheet sheet;
    struct json json = {.out = sheet_open(&sheet)};
    if (!json.out) return;
    json_open(&json, NULL, '{');
    json_text(&json, "event", event);
    json_text(&json, "time", clock_text("%Y-%m-%dT%H:%M:%S%z", time));
    if (b)
        statusfile_put_board(&json, b, false);
    else
        json_text(&json, "text", text);
    json_close(&json);
    fputc('\n', json.out);
    char *whole = sheet_close(&sheet, json.out, true, NULL);
    if (whole) fputs(whole, p->err);
    free(whole);
}

void progress_show(struct progress *p, const char *event, const struct board *b)
{
    char line[256], time[32];
    p->last_s = b->now_s;
    if (p->kind == PROGRESS_BAR) draw_bar(p, b);
    if (p->kind == PROGRESS_JSON) print_event(p, event, b, NULL);
    if (p->kind == PROGRESS_PLAIN) {
        describe(b, line, sizeof line);
        show_on(p->err, "hmmgrid: %s%s\n", log_time(p->err, time), line);
    }
    if (p->drawn && strcmp(event, "end") == 0) {
        fputc('\n', p->err);
        p->drawn = false;
    }
    fflush(p->err);
}

void progress_tick(struct progress *p, const struct board *b)
{
    double every_s = p->kind == PROGRESS_BAR    ? bar_every_s
                     : p->kind == PROGRESS_JSON ? json_every_s
                                                : plain_every_s;
    if (b->now_s - p->last_s >= every_s) progress_show(p, "progress", b);
}

void progress_say(struct progress *p, const char *event, const char *fmt, ...)
{
    if (p->kind == PROGRESS_NONE && strcmp(event, "warning") != 0) return;
    char text[2048], time[32], head[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    erase_bar(p);
    if (p->kind == PROGRESS_JSON) {
        print_event(p, event, NULL, text);
    } else {
        bool note = strcmp(event, "note") == 0, colour = p->colour && !note;
        snprintf(head, sizeof head, "hmmgrid: %s%s%s%s%s", log_time(p->err, time),
                 colour ? "\033[31m" : "", note ? "" : event, colour ? "\033[0m" : "",
                 note ? "" : ": ");
        log_text(p->err, head, text);
    }
}
