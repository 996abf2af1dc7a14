/* figure: see figure.h. What the functions of figures write with. */
#include "figure.h"

#include "base/show.h"
#include "base/text.h"
#include "experiment/run_record.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void figure_say(struct figure *f, const char *fmt, ...)
{
    char sentence[sizeof f->says];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    size_t used = strlen(f->says), room = sizeof f->says - 1 - used;
    if (used && room) {
        f->says[used++] = ' ';
        room--;
    }
    text_fit(f->says + used, room, sentence);
    f->says[used + room] = '\0';
}

void figure_title(struct figure *f, const struct source *s, const char *title)
{
    const struct source_run *r = f->run < 0 ? NULL : &s->run[f->run];
    char cell[300] = "";
    if (r) figure_label(cell, sizeof cell, s->cell[r->cell].text, 70);
    if (r)
        snprintf(f->title, sizeof f->title, "%s, run %d (%s, seed %lld)", title, r->number, cell,
                 (long long)r->seed);
    else
        snprintf(f->title, sizeof f->title, "%s", title);
    f->shown = r != NULL;
}

void figure_absent(struct figure *f, const struct source *s, const char *column)
{
    int status = s->run[f->run].status;
    f->shown = 0;
    f->left = 1;
    snprintf(f->left_out, sizeof f->left_out, "%s",
             status == RUN_DONE ? "not computed, or NaN: diverged" : run_status_name[status]);
    figure_say(f, "Run %d has nothing to show: no %s (%s).", s->run[f->run].number, column,
               f->left_out);
}

double figure_step(double low, double high, int most)
{
    double least = (high - low) / most, ten = pow(10, floor(log10(least)));
    if (!(least > 0)) return 1;
    return least <= ten ? ten : least <= 2 * ten ? 2 * ten : least <= 5 * ten ? 5 * ten : 10 * ten;
}

void figure_range(const double *x, int num, double *low, double *high)
{
    for (int i = 0; i < num; i++) {
        if (!isfinite(x[i])) continue;
        *low = fmin(*low, x[i]);
        *high = fmax(*high, x[i]);
    }
}

void figure_quote(FILE *script, const char *text)
{
    fputc('"', script);
    while (*text) {
        char shown[SHOWN_BYTES];
        text += show_character(text, shown);
        for (const char *c = shown; *c; c++) {
            bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                         (*c >= 'A' && *c <= 'Z') || strchr(" .,:;=+-()/", *c) || (*c & 0x80);
            if (plain)
                fputc(*c, script);
            else
                fprintf(script, "\\%03o", (unsigned char)*c);
        }
    }
    fputc('"', script);
}

void figure_csv_text(FILE *csv, const char *text)
{
    fputc('"', csv);
    while (*text) {
        char shown[SHOWN_BYTES];
        text += show_character(text, shown);
        for (const char *c = shown; *c; c++) fprintf(csv, *c == '"' ? "\"\"" : "%c", *c);
    }
    fputc('"', csv);
}

void figure_label(char *buf, size_t n, const char *text, int most)
{
    size_t bytes = 0;
    for (int i = 0; text[bytes] && i < most; i++) {
        bytes++;
        while (((unsigned char)text[bytes] & 0xC0) == 0x80) bytes++;
    }
    bool cut = text[bytes] != '\0';
    snprintf(buf, n, "%.*s%s", (int)bytes, text, cut ? "..." : "");
}

void figure_spread(double *at, int num, double gap)
{
    for (int round = 0; round < 50; round++)
        for (int i = 0; i < num; i++)
            for (int k = 0; k < num; k++) {
                bool above = at[k] > at[i] || (at[k] == at[i] && k > i);
                double lacks = gap - (at[k] - at[i]);
                if (k == i || !above || lacks <= 0) continue;
                at[k] += lacks / 2;
                at[i] -= lacks / 2;
            }
}

int figure_thin(const double *x, int num, int most, int *at)
{
    int used = 0, last = -1;
    for (int b = 0; b < most; b++) {
        int from = (int)((long)num * b / most), to = (int)((long)num * (b + 1) / most);
        int low = -1, high = -1;
        for (int i = from; i < to; i++) {
            if (!isfinite(x[i])) continue;
            if (low < 0 || x[i] < x[low]) low = i;
            if (high < 0 || x[i] > x[high]) high = i;
        }
        int first = low < high ? low : high, second = low < high ? high : low;
        if (first > last) at[used++] = last = first;
        if (second > last) at[used++] = last = second;
    }
    return used;
}
