/* json: see json.h. Source: RFC 8259. Refuses to keep a NUL in a text. */
#include "json.h"

#include "show.h"
#include "utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- writing ---------------------------------------------------------------------------------- */

void json_put_text(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text) {
        uint32_t point;
        size_t n = utf8_decode(text, &point);
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (*text == '\n')
            fputs("\\n", out);
        else if (show_is_control(point))
            fprintf(out, "\\u%04x", (unsigned)point);
        else if (point == UTF8_NONE)
            fputs("\xef\xbf\xbd", out);
        else
            fwrite(text, 1, n, out);
        text += n;
    }
    fputc('"', out);
}

void json_key(struct json *j, const char *key)
{
    if (j->follows) fputc(',', j->out);
    if (j->depth > 0 && j->depth <= j->lines)
        fputc('\n', j->out);
    else if (j->follows && j->lines > 0)
        fputc(' ', j->out);
    j->follows = true;
    if (!key) return;
    json_put_text(j->out, key);
    fputs(j->lines > 0 ? ": " : ":", j->out);
}

void json_open(struct json *j, const char *key, char bracket)
{
    json_key(j, key);
    fputc(bracket, j->out);
    j->closing[j->depth++] = bracket == '{' ? '}' : ']';
    j->follows = false;
}

void json_close(struct json *j)
{
    if (j->follows && j->depth <= j->lines) fputc('\n', j->out);
    fputc(j->closing[--j->depth], j->out);
    j->follows = true;
}

void json_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    if (text)
        json_put_text(j->out, text);
    else
        fputs("null", j->out);
}

void json_integer(struct json *j, const char *key, int64_t value)
{
    json_key(j, key);
    fprintf(j->out, "%" PRId64, value);
}

void json_number(struct json *j, const char *key, const char *format, double value)
{
    json_key(j, key);
    if (isfinite(value))
        fprintf(j->out, format, value);
    else
        fputs("null", j->out);
}

void json_value(struct json *j, const char *key, const char *value)
{
    json_key(j, key);
    fwrite(value, 1, strcspn(value, "\n"), j->out);
}

size_t json_number_length(const char *text)
{
    static const char digits[] = "0123456789";
    const char *p = text + (*text == '-');
    size_t n = strspn(p, digits);
    if (n == 0 || (*p == '0' && n > 1)) return 0;
    p += n;
    if (*p == '.') {
        if (!(n = strspn(p + 1, digits))) return 0;
        p += 1 + n;
    }
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '+' || p[1] == '-');
        if (!(n = strspn(p, digits))) return 0;
        p += n;
    }
    return (size_t)(p - text);
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
    struct pool *pool;
    const char *text;
    size_t at;
    int num_nodes;
    struct status *st;
};

static int fail_at(struct reading *j, const char *what)
{
    return status_set(j->st, STATUS_BAD_GRID, "byte %zu: not JSON: %s", j->at + 1, what);
}

static int no_room(struct reading *j)
{
    return j->num_nodes < MAX_NODES ? status_no_memory(j->st, "a JSON text")
                                    : fail_at(j, "too large");
}

static void skip_space(struct reading *j)
{
    while (j->text[j->at] && strchr(" \t\r\n", j->text[j->at])) j->at++;
}

static struct node *new_node(struct reading *j, enum node_kind kind)
{
    struct node *node = j->num_nodes < MAX_NODES ? pool_take(j->pool, 1, sizeof *node) : NULL;
    if (!node) return NULL;
    j->num_nodes++;
    *node = (struct node){.kind = kind, .line = 1, .column = (int)j->at + 1, .weight = 1};
    if (kind != NODE_SCALAR) node->height = 1;
    return node;
}

/* Four hexadecimal digits, or -1. */
static long read_hex(const char *s)
{
    char digits[5] = "", *end;
    strncat(digits, s, 4);
    long value = strtol(digits, &end, 16);
    return end == digits + 4 && strspn(digits, "0123456789abcdefABCDEF") == 4 ? value : -1;
}

/* What follows a backslash at s, appended to text; the bytes read, 0: not an escape. */
static size_t read_escape(const char *s, char *text, size_t *used)
{
    static const char letter[] = "\"\\/bfnrt", byte[] = "\"\\/\b\f\n\r\t";
    const char *at = *s ? strchr(letter, *s) : NULL;
    if (at) {
        text[(*used)++] = byte[at - letter];
        return 1;
    }
    long point = *s == 'u' ? read_hex(s + 1) : -1, low = -1;
    if (point >= 0xd800 && point < 0xdc00 && s[5] == '\\' && s[6] == 'u') low = read_hex(s + 7);
    bool pair = low >= 0xdc00 && low < 0xe000;
    if (pair) point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    if (point <= 0 || (point >= 0xd800 && point < 0xe000)) return 0; /* a text holds no NUL */
    *used += utf8_encode((uint32_t)point, text + *used);
    return pair ? 11 : 5;
}

static int read_string(struct reading *j, struct node **out)
{
    struct node *node = new_node(j, NODE_SCALAR);
    size_t first = ++j->at, used = 0, n = 0;
    while (j->text[first + n] && j->text[first + n] != '"')
        n += j->text[first + n] == '\\' && j->text[first + n + 1] ? 2 : 1;
    char *text = node ? pool_take(j->pool, n + 1, 1) : NULL; /* escapes only get shorter */
    if (!text) return no_room(j);
    while (j->text[j->at] != '"') {
        if ((unsigned char)j->text[j->at] < 0x20) return fail_at(j, "the text has no end");
        if (j->text[j->at] != '\\') {
            text[used++] = j->text[j->at++];
            continue;
        }
        size_t read = read_escape(j->text + j->at + 1, text, &used);
        if (!read) return fail_at(j, "a backslash that escapes nothing");
        j->at += 1 + read;
    }
    node->text = text;
    node->quoted = true;
    j->at++;
    *out = node;
    return STATUS_OK;
}

static int read_word(struct reading *j, struct node **out)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *s = j->text + j->at;
    size_t n = json_number_length(s);
    for (int i = 0; !n && i < 3; i++)
        if (strncmp(s, words[i], strlen(words[i])) == 0) n = strlen(words[i]);
    if (!n) return fail_at(j, "a value was expected");
    struct node *node = new_node(j, NODE_SCALAR);
    if (node) node->text = pool_text(j->pool, s, n);
    if (!node || !node->text) return no_room(j);
    j->at += n;
    *out = node;
    return STATUS_OK;
}

static int read_value(struct reading *j, int depth, struct node **out);

static int read_collection(struct reading *j, int depth, struct node **out)
{
    bool is_map = j->text[j->at] == '{';
    char end = is_map ? '}' : ']';
    if (depth >= MAX_NODE_DEPTH) return fail_at(j, "nested too deeply");
    struct node *node = new_node(j, is_map ? NODE_MAP : NODE_LIST);
    if (!node) return no_room(j);
    j->at++;
    skip_space(j);
    for (bool first = true; j->text[j->at] != end; first = false) {
        struct node *key = NULL, *item;
        int code;
        if (!first && j->text[j->at++] != ',') return j->at--, fail_at(j, "',' was expected");
        skip_space(j);
        if (is_map) {
            if (j->text[j->at] != '"') return fail_at(j, "a key was expected");
            if ((code = read_string(j, &key)) != STATUS_OK) return code;
            if (node->count >= MAX_MAP_ENTRIES || node_find(node, key->text) >= 0)
                return fail_at(j, "a key stands twice");
            skip_space(j);
            if (j->text[j->at++] != ':') return j->at--, fail_at(j, "':' was expected");
        }
        if ((code = read_value(j, depth + 1, &item)) != STATUS_OK) return code;
        if (!node_push(j->pool, node, key, item)) return no_room(j);
        skip_space(j);
    }
    j->at++;
    *out = node;
    return STATUS_OK;
}

static int read_value(struct reading *j, int depth, struct node **out)
{
    skip_space(j);
    char c = j->text[j->at];
    if (c == '{' || c == '[') return read_collection(j, depth, out);
    return c == '"' ? read_string(j, out) : read_word(j, out);
}

int json_read(struct pool *pool, const char *text, struct node **root, struct status *st)
{
    struct reading j = {.pool = pool, .text = text, .st = st};
    *root = NULL;
    int code = read_value(&j, 0, root);
    if (code) return code;
    skip_space(&j);
    if (text[j.at]) return fail_at(&j, "something follows the value");
    return STATUS_OK;
}
