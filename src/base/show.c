/* show: see show.h. Source: Unicode 15, general category Cc and the property Bidi_Control. */
#include "show.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int show_is_control(uint32_t p)
{
    return p < 0x20 || (p >= 0x7f && p <= 0x9f) || p == 0x2028 || p == 0x2029 || p == 0x61c ||
           p == 0x200e || p == 0x200f || (p >= 0x202a && p <= 0x202e) ||
           (p >= 0x2066 && p <= 0x2069) || p == 0xfeff || p == 0xfffe || p == 0xffff;
}

size_t show_character(const char *s, char shown[SHOWN_BYTES])
{
    uint32_t point;
    size_t n = utf8_decode(s, &point);
    if (n == 1 && (point == UTF8_NONE || show_is_control(point)))
        snprintf(shown, SHOWN_BYTES, "\\x%02x", (unsigned char)*s);
    else if (show_is_control(point))
        snprintf(shown, SHOWN_BYTES, "\\u%04x", (unsigned)point & 0xffff);
    else
        snprintf(shown, SHOWN_BYTES, "%.*s", (int)n, s);
    return n;
}

/* In few writes, so that lines of several processes do not mix. */
static int put_shown(FILE *out, const char *text)
{
    char piece[4096];
    size_t used = 0, num = 0;
    while (*text) {
        char shown[SHOWN_BYTES] = {*text, '\0'};
        text += *text == '\n' || *text == '\t' ? 1 : show_character(text, shown);
        used = (size_t)(stpcpy(piece + used, shown) - piece);
        if (*text && used < sizeof piece - SHOWN_BYTES) continue;
        num += fwrite(piece, 1, used, out);
        used = 0;
    }
    return (int)num;
}

int show_on(FILE *out, const char *fmt, ...)
{
    char text[2048], *whole = NULL;
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    if (n >= (int)sizeof text && vasprintf(&whole, fmt, again) < 0) whole = NULL; /* cut, then */
    va_end(again);
    va_end(ap);
    n = put_shown(out, whole ? whole : text);
    free(whole);
    return n;
}
