/* wrap: see wrap.h. Refuses to break a word: a path or a command can be copied as it stands. */
#include "wrap.h"

#include "show.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

int wrap_width(FILE *out)
{
    struct winsize size;
    bool terminal = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return terminal ? size.ws_col : INT_MAX;
}

/* Characters of text[0..n), each a column. */
static int num_columns(const char *text, size_t n)
{
    int num = 0;
    for (size_t i = 0; i < n; i++) num += ((unsigned char)text[i] & 0xC0) != 0x80;
    return num;
}

/* One line of n bytes. */
static void wrap_line(FILE *out, const char *line, size_t n, int indent, int at, int width)
{
    const char *end = line + n;
    int blanks = at < indent ? indent - at : at > indent && n;
    bool whole = *line == ' ' || at + blanks + num_columns(line, n) <= width;
    while (whole || line < end) {
        size_t word = whole ? n : strcspn(line, " \n");
        int columns = num_columns(line, word);
        if (!whole && at > indent && at + blanks + columns > width) {
            fputc('\n', out);
            at = 0, blanks = indent;
        }
        show_on(out, "%*s%.*s", blanks, "", (int)word, line);
        if (whole) break;
        at += blanks + columns;
        line += word;
        blanks = (int)strspn(line, " ");
        line += blanks;
    }
}

int wrap_height(FILE *out)
{
    struct winsize size;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

void wrap_text(FILE *out, const char *text, int indent, int at, int width)
{
    for (;; at = 0) {
        size_t n = strcspn(text, "\n");
        wrap_line(out, text, n, n ? indent : 0, at, width);
        fputc('\n', out);
        text += n;
        if (!*text++) return;
    }
}
