/* progress: see progress.h. Refuses to write to stdout: that belongs to results. */
#include "progress.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/sheet.h"
#include "base/show.h"
#include "base/wrap.h"

#include "protocol.h"
#include "statusfile.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, LEAST_BAR = 4 };

static const double bar_every_s = 0.2, json_every_s = 1, plain_every_s = 60,
                    plain_first_s = 15; /* in the first minute */

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

/* "; about 1h02m left (+- 5m01s)", or with short "; 1h02m left"; "" while it is not known */
static void describe_rest(const struct board *b, bool brief, char *text, size_t n)
{
    char eta[32], half[32];
    text[0] = '\0';
    if (isnan(b->eta_s) || b->counts.pending + b->counts.running == 0) return;
    progress_duration(b->eta_s, eta);
    if (brief)
        snprintf(text, n, "; %s left", eta);
    else if (isnan(b->eta_half_s))
        snprintf(text, n, "; about %s left", eta);
    else
        snprintf(text, n, "; about %s left (+- %s)", eta, progress_duration(b->eta_half_s, half));
}

/* The share of the epochs that the runs which are on have done, together; *busy of them. */
static double share_done(const struct board *b, int *busy)
{
    double sum = 0;
    *busy = 0;
    for (int i = 0; i < b->num_workers; i++) {
        const struct board_worker *w = &b->worker[i];
        if (w->phase != RANK_BUSY) continue;
        ++*busy;
        if (w->num_epochs > 0) sum += (double)w->epoch / w->num_epochs;
    }
    return sum;
}

/* "; at 62 % of their epochs" of runs that are on, as long as none has ended */
static void describe_first(const struct board *b, char *text, size_t n)
{
    int busy;
    double share = share_done(b, &busy);
    text[0] = '\0';
    if (b->counts.done == 0 && busy > 0)
        snprintf(text, n, " at %.0f %% of their epochs", 100 * share / busy);
}

/* "12 of 150 done, 1 failed, 2 running, 135 left; 0.31 core-hours; 1h02m left (+- 5m01s)" */
static void describe(const struct board *b, char *line, size_t n)
{
    const struct schedule_counts *c = &b->counts;
    char first[64], rest[96], spent[48] = "";
    describe_first(b, first, sizeof first);
    describe_rest(b, false, rest, sizeof rest);
    if (b->wall_sum_s > 0) snprintf(spent, sizeof spent, "; %.2f core-hours", b->wall_sum_s / 3600);
    snprintf(line, n, "%d of %d done, %d failed, %d running%s, %d left%s%s", c->done, c->total,
             c->failed + c->crashed, c->running, first, c->pending, spent, rest);
}

/* "12 of 150 done, 1 failed, 2 running; 1h02m left" */
static void describe_briefly(const struct board *b, char *line, size_t n)
{
    const struct schedule_counts *c = &b->counts;
    int failed = c->failed + c->crashed;
    char of_failed[32] = "", rest[96];
    if (failed) snprintf(of_failed, sizeof of_failed, ", %d failed", failed);
    describe_rest(b, true, rest, sizeof rest);
    snprintf(line, n, "%d of %d done%s, %d running%s", c->done, c->total, of_failed, c->running,
             rest);
}

/* One line that the terminal does not wrap: what there is to say first, then as much of a bar as
 * has room. It moves with the epochs of the runs that are on. */
static void draw_bar(struct progress *p, const struct board *b)
{
    char line[256], bar[BAR_WIDTH + 1];
    const struct schedule_counts *c = &b->counts;
    int busy, room = wrap_width(p->err) - 1; /* the last column would wrap on some */
    double ended = c->done + c->failed + c->crashed + share_done(b, &busy);
    describe_briefly(b, line, sizeof line);
    int text = (int)strlen(line), width = room - text - (int)strlen("[] ");
    if (width > BAR_WIDTH) width = BAR_WIDTH;
    fputs("\r\033[K", p->err);
    if (width >= LEAST_BAR) {
        int filled = c->total ? (int)(width * ended / c->total) : width;
        memset(bar, '.', (size_t)width);
        memset(bar, '#', (size_t)(filled < width ? filled : width));
        bar[width] = '\0';
        show_on(p->err, "[%s] ", bar);
    }
    if (room < text) line[room > 0 ? room : 0] = '\0';
    fputs(line, p->err);
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
    double since_s = b->now_s - b->start_s;
    double every_s = p->kind == PROGRESS_BAR    ? bar_every_s
                     : p->kind == PROGRESS_JSON ? json_every_s
                     : since_s < plain_every_s  ? plain_first_s
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
