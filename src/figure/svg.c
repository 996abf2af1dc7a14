/* svg: see svg.h. What gnuplot writes is regular: attributes stand in ' or ", text is escaped.
 * Refuses to parse XML in general. */
#include "svg.h"

#include "base/sheet.h"

#include <stdlib.h>
#include <string.h>

/* What stands for something else; PREFIX: what follows is an id. */
static const struct {
    const char *from, *to;
    bool prefix;
} changes[] = {
    {" id=\"", " id=\"", true},
    {" id='", " id='", true},
    {"url(#", "url(#", true},
    {"href=\"#", "href=\"#", true},
    {"href='#", "href='#", true},
    {"'black'", "'var(--figure-ink, #000)'", false},
    {"\"black\"", "\"var(--figure-ink, #000)\"", false},
    {"rgb(  0,   0,   0)", "var(--figure-ink, #000)", false},
    {"rgb(0,0,0)", "var(--figure-ink, #000)", false},
    {"rgb(255, 255, 255)", "var(--figure-paper, #fff)", false},
};
enum { NUM_CHANGES = sizeof changes / sizeof changes[0] };

static size_t change(FILE *out, const char *at, const char *prefix)
{
    for (int i = 0; i < NUM_CHANGES; i++) {
        size_t n = strlen(changes[i].from);
        if (strncmp(at, changes[i].from, n) != 0) continue;
        fprintf(out, "%s", changes[i].to);
        if (changes[i].prefix) fprintf(out, "%s-", prefix);
        return n;
    }
    fputc(*at, out);
    return 1;
}

/* Text as XML. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity)
            fputs(entity, out);
        else
            fputc(*text, out);
    }
}

/* The tag <svg ...> anew, with the viewBox alone of what it had. Returns what is behind it. */
static const char *open_tag(FILE *out, const char *svg, const char *title)
{
    const char *end = strchr(svg, '>'), *box = strstr(svg, "viewBox=\"");
    if (!end || !box || box > end) return NULL;
    box += strlen("viewBox=\"");
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"%.*s\" role=\"img\" "
            "aria-label=\"",
            (int)strcspn(box, "\""), box);
    put_text(out, title);
    fputs("\">", out);
    return end + 1;
}

/* gnuplot names itself. */
static const char *behind(const char *at, const char *tag, const char *end)
{
    return strncmp(at, tag, strlen(tag)) == 0 && strstr(at, end) ? strstr(at, end) + strlen(end)
                                                                 : at;
}

char *svg_inline(const char *svg, const char *prefix, const char *title)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    const char *at = strstr(svg, "<svg");
    if (!out) return NULL;
    if (at) at = open_tag(out, at, title);
    bool good = at != NULL;
    while (at && *at) {
        const char *next = behind(behind(at, "<title>", "</title>"), "<desc>", "</desc>");
        at = next > at ? next : at + change(out, at, prefix);
    }
    return sheet_close(&sheet, out, good, NULL);
}
