/* html: see html.h. */
#include "html.h"

#include "base/show.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

static void put(FILE *out, const char *text)
{
    while (*text) {
        char shown[SHOWN_BYTES] = {*text, '\0'};
        text += *text == '\n' || *text == '\t' ? 1 : show_character(text, shown);
        const char *named = shown[1] ? NULL : entity(*shown);
        fputs(named ? named : shown, out);
    }
}

static void put_formatted(FILE *out, const char *fmt, va_list ap)
{
    char text[2048], *whole = NULL;
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    if (n >= (int)sizeof text && vasprintf(&whole, fmt, again) < 0) whole = NULL; /* cut, then */
    va_end(again);
    put(out, whole ? whole : text);
    free(whole);
}

void html_text(FILE *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    put_formatted(out, fmt, ap);
    va_end(ap);
}

void html_tag(FILE *out, const char *tag, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    html_mark(out, "<%s>", tag);
    put_formatted(out, fmt, ap);
    html_mark(out, "</%.*s>", (int)strcspn(tag, " "), tag);
    va_end(ap);
}

void html_mark(FILE *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfprintf(out, fmt, ap);
    va_end(ap);
}

void html_number(FILE *out, double x)
{
    if (isnan(x))
        fputs("<td class=\"n\">–</td>", out);
    else
        html_mark(out, "<td class=\"n\" data-v=\"%.8g\">%.4g</td>", x, x);
}
