/* statusfile: see statusfile.h and RELIABILITY section 3. Refuses to sync: losing the last second
 * of a display costs nothing. The reader is for this writer's files only, not a JSON parser; what
 * it does not find it calls absent. */
#include "statusfile.h"

#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_STATUS_BYTES = 64 << 20 };

void statusfile_print_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c == '\n')
            fputs("\\n", out);
        else if (*c < 0x20)
            fprintf(out, "\\u%04x", *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

static void print_number(FILE *out, double value, const char *format)
{
    if (isfinite(value))
        fprintf(out, format, value);
    else
        fputs("null", out);
}

struct pen {
    FILE *out;
    const char *separator;
};

static void text_field(struct pen pen, const char *key, const char *value)
{
    fprintf(pen.out, "%s\"%s\": ", pen.separator, key);
    statusfile_print_text(pen.out, value ? value : "");
    fputc(',', pen.out);
}

static void number_field(struct pen pen, const char *key, double value, const char *format)
{
    fprintf(pen.out, "%s\"%s\": ", pen.separator, key);
    print_number(pen.out, value, format);
    fputc(',', pen.out);
}

static void print_workers(FILE *out, const struct board *b, const char *separator)
{
    fprintf(out, "%s\"worker\": [", separator);
    for (int i = 0; i < b->num_workers; i++) {
        const struct board_worker *w = &b->worker[i];
        fprintf(out, "%s%s{\"rank\": %d, \"host\": ", i ? "," : "", separator,
                b->ranks > 1 ? i + 1 : 0);
        statusfile_print_text(out, w->host);
        if (w->run >= 0)
            fprintf(out, ", \"run\": %d, \"key\": \"%s\"", w->run, b->plan->runs[w->run].key);
        else
            fputs(", \"run\": null, \"key\": null", out);
        fprintf(out, ", \"epoch\": %d, \"num_epochs\": %d, \"train_loss\": ", w->epoch,
                w->num_epochs);
        bool known = w->run >= 0 && w->epoch > 0;
        print_number(out, known ? (double)w->train_loss : NAN, "%.6g");
        fputs(", \"val_loss\": ", out);
        print_number(out, known ? (double)w->val_loss : NAN, "%.6g");
        fputs(", \"last_seen_s\": ", out);
        print_number(out, b->now_s - w->seen_s, "%.1f");
        fputc('}', out);
    }
    fprintf(out, "%s]", b->num_workers ? separator : "");
}

void statusfile_print(FILE *out, const struct board *b, bool one_line)
{
    struct pen pen = {out, one_line ? " " : "\n"};
    const struct schedule_counts *c = &b->counts;
    fputc('{', out);
    text_field(pen, "state", b->state);
    text_field(pen, "message", b->message);
    text_field(pen, "study", b->plan->study);
    text_field(pen, "uuid", b->uuid);
    text_field(pen, "file", b->file);
    number_field(pen, "updated_unix_s", clock_unix_s(), "%.3f");
    number_field(pen, "started_unix_s", b->start_unix_s, "%.3f");
    number_field(pen, "deadline_unix_s", b->deadline_s, "%.0f");
    number_field(pen, "elapsed_s", b->now_s - b->start_s, "%.1f");
    number_field(pen, "eta_s", b->eta_s, "%.1f");
    number_field(pen, "eta_half_s", b->eta_half_s, "%.1f");
    number_field(pen, "core_hours", b->wall_sum_s / 3600, "%.4f");
    number_field(pen, "ranks", b->ranks, "%.0f");
    number_field(pen, "workers", b->num_workers, "%.0f");
    number_field(pen, "total", c->total, "%.0f");
    number_field(pen, "pending", c->pending, "%.0f");
    number_field(pen, "running", c->running, "%.0f");
    number_field(pen, "done", c->done, "%.0f");
    number_field(pen, "failed", c->failed, "%.0f");
    number_field(pen, "crashed", c->crashed, "%.0f");
    print_workers(out, b, pen.separator);
    fprintf(out, "%s}\n", one_line ? "" : "\n");
}

int statusfile_write(const char *results_path, const struct board *board)
{
    char path[4200], temporary[4300];
    snprintf(path, sizeof path, "%s.status.json", results_path);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *out = fopen(temporary, "we");
    if (!out) return -1;
    statusfile_print(out, board, false);
    bool bad = ferror(out) != 0;
    bad = fclose(out) != 0 || bad;
    if (!bad && rename(temporary, path) == 0) return 0;
    int error = errno;
    unlink(temporary);
    errno = error;
    return -1;
}

char *statusfile_read(const char *results_path)
{
    char path[4200];
    snprintf(path, sizeof path, "%s.status.json", results_path);
    FILE *in = fopen(path, "re");
    if (!in) return NULL;
    size_t used = 0, room = 1 << 16;
    char *text = malloc(room);
    while (text) {
        used += fread(text + used, 1, room - 1 - used, in);
        if (used < room - 1 || room >= MAX_STATUS_BYTES) break;
        char *larger = realloc(text, room *= 2);
        if (!larger) free(text);
        text = larger;
    }
    fclose(in);
    if (text) text[used] = '\0';
    return text;
}

/* Where the value of a top-level key starts: the writer puts such a key at a line's start. */
static const char *find_value(const char *json, const char *key)
{
    char line[80];
    int n = snprintf(line, sizeof line, "\n\"%s\": ", key);
    if (n < 0 || (size_t)n >= sizeof line) return NULL;
    const char *at = strstr(json, line);
    return at ? at + n : NULL;
}

bool statusfile_text(const char *json, const char *key, char *buf, size_t n)
{
    const char *c = find_value(json, key);
    if (!c || *c != '"' || n == 0) return false;
    size_t used = 0;
    for (c++; *c && *c != '"'; c++) {
        char symbol = *c;
        if (symbol == '\\' && c[1]) symbol = *++c == 'n' ? '\n' : *c;
        if (used + 1 < n) buf[used++] = symbol;
    }
    buf[used] = '\0';
    return *c == '"';
}

double statusfile_number(const char *json, const char *key)
{
    const char *c = find_value(json, key);
    if (!c) return NAN;
    char *end;
    double value = strtod(c, &end);
    return end == c ? NAN : value;
}

bool statusfile_is_running(const char *results_path, double *age_s)
{
    char state[32];
    char *json = statusfile_read(results_path);
    *age_s = json ? clock_unix_s() - statusfile_number(json, "updated_unix_s") : NAN;
    bool running = json && statusfile_text(json, "state", state, sizeof state) &&
                   strcmp(state, "running") == 0;
    free(json);
    return running;
}
