/* value: see value.h. The settings table alone decides how a text is read: 1e-3 and 1/3 are numbers
 * where a number is wanted, `no` is nothing but a wrong word. Refuses hexadecimal, inf, nan, digits
 * with anything before or behind them, and numbers that a double cannot hold. */
#include "value.h"

#include "base/spelling.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What a parse carries along. */
struct parse {
    const struct setting *row;
    struct pool *pool;
    const struct node **where;
    struct status *st;
};

#define PARSE_FAIL(p, node, ...)                                                                   \
    ((p)->where ? (void)(*(p)->where = (node)) : (void)0,                                          \
     status_set((p)->st, STATUS_BAD_GRID, __VA_ARGS__))

/* The text as a message shows it: at most 40 bytes. */
static const char *shown(const struct node *node, char buf[48])
{
    snprintf(buf, 48, strlen(node->text) > 40 ? "%.37s..." : "%.40s", node->text);
    return buf;
}

const char *value_range_text(const struct setting *row, char buf[80])
{
    if (row->min_exclusive)
        snprintf(buf, 80, "above %.10g and at most %.10g", row->min, row->max);
    else
        snprintf(buf, 80, "from %.10g to %.10g", row->min, row->max);
    return buf;
}

/* [+-] digits [. digits] [e [+-] digits] with at least one digit, and then `end`. */
static bool is_decimal_until(const char *s, char end)
{
    size_t n = strspn(s, "+-.0123456789eE"); /* no blank, no 0x, inf or nan */
    char *behind;
    strtod(s, &behind);
    return n > 0 && behind == s + n && *behind == end;
}

static bool is_decimal(const char *s)
{
    return is_decimal_until(s, '\0');
}

/* Two decimals with a slash between: where the second begins, or NULL. */
static const char *divisor(const char *s)
{
    const char *slash = strchr(s, '/');
    return slash && is_decimal_until(s, '/') && is_decimal(slash + 1) ? slash + 1 : NULL;
}

static bool is_integer(const char *s)
{
    s += *s == '+' || *s == '-';
    return *s && !s[strspn(s, "0123456789")];
}

enum whole value_whole(const char *text, int64_t *x)
{
    enum { EXACT_DIGITS = 17 };
    bool is_short = is_decimal(text) && strcspn(text, "eE") <= EXACT_DIGITS;
    errno = 0;
    if (is_integer(text)) {
        *x = strtoll(text, NULL, 10);
        return errno ? WHOLE_TOO_LARGE : WHOLE;
    }
    double real = is_short ? strtod(text, NULL) : NAN;
    if (real != floor(real) || (errno && real == 0)) return NOT_WHOLE;
    if (fabs(real) > 0x1p53) return WHOLE_TOO_LARGE;
    *x = (int64_t)real;
    return WHOLE;
}

static bool is_word(const struct node *node, const char *word)
{
    return node->kind == NODE_SCALAR && strcmp(node->text, word) == 0;
}

/* Nothing is given: none, null or ~, and auto where that is the default. What is counted or
 * measured from 0 on is then 0, which turns it off; anything else has no value. */
static bool is_absent(const struct setting *row, const struct node *node, double *number)
{
    bool is_null = node_is_null(node) && *node->text;
    bool may = strcmp(row->default_text, "none") == 0 || strcmp(row->default_text, "auto") == 0;
    bool counted =
        row->type == SETTING_INT || row->type == SETTING_REAL || row->type == SETTING_DURATION;
    if (may && (is_null || is_word(node, "none") || is_word(node, "auto"))) {
        *number = row->type == SETTING_ENUM_OR_MATRIX ? EMISSION_AUTO : NAN;
        return true;
    }
    if (may || !counted || row->min_exclusive || row->min != 0) return false;
    if (is_null || is_word(node, "none")) *number = 0;
    return is_null || is_word(node, "none");
}

bool value_in_range(const struct setting *row, double x)
{
    return x >= row->min && x <= row->max && !(row->min_exclusive && x == row->min);
}

static int check_range(struct parse *p, const struct node *node, double x)
{
    const struct setting *row = p->row;
    char range[80], text[48];
    if (value_in_range(row, x)) return STATUS_OK;
    if (row->min == row->max)
        return PARSE_FAIL(p, node,
                          "%s: %s is out of range: only %.10g in this version; set it to %.10g or "
                          "remove the line",
                          row->key, shown(node, text), row->min, row->min);
    return PARSE_FAIL(p, node, "%s: %s is out of range; give a value %s%s%s", row->key,
                      shown(node, text), value_range_text(row, range), *row->unit ? " " : "",
                      row->unit);
}

static int parse_real(struct parse *p, const struct node *node, double *x)
{
    char text[48];
    if (node->kind != NODE_SCALAR)
        return PARSE_FAIL(p, node, "%s: a number was expected, not %s", p->row->key,
                          node_what(node));
    const char *below = divisor(node->text);
    if (!below && !is_decimal(node->text))
        return PARSE_FAIL(p, node, "%s: '%s' is not a number%s%s; write it like 0.5, 1e-3 or 1/3",
                          p->row->key, shown(node, text), *p->row->unit ? " of " : "",
                          p->row->unit);
    errno = 0;
    *x = strtod(node->text, NULL);
    if (below && strtod(below, NULL) == 0)
        return PARSE_FAIL(p, node, "%s: %s divides by 0; give another number", p->row->key,
                          shown(node, text));
    if (below) *x /= strtod(below, NULL);
    if (errno == ERANGE || !isfinite(*x))
        return PARSE_FAIL(p, node,
                          "%s: %s does not fit a double; give a number between 1e-300 and 1e300",
                          p->row->key, shown(node, text));
    if (*x == 0) *x = 0; /* -0 and 0 are one setting */
    return STATUS_OK;
}

static int parse_int(struct parse *p, const struct node *node, double *x)
{
    char text[48], range[80];
    int64_t value;
    enum whole whole = value_whole(node->text, &value);
    if (whole == NOT_WHOLE)
        return PARSE_FAIL(p, node, "%s: '%s' is not an integer; give a whole number %s",
                          p->row->key, shown(node, text), value_range_text(p->row, range));
    if (whole == WHOLE_TOO_LARGE)
        return PARSE_FAIL(p, node, "%s: %s is out of range; give a value %s", p->row->key,
                          shown(node, text), value_range_text(p->row, range));
    *x = (double)value;
    return check_range(p, node, *x);
}

static int parse_bool(struct parse *p, const struct node *node, double *x)
{
    char text[48];
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0) {
        *x = node->text[0] == 't';
        return STATUS_OK;
    }
    return PARSE_FAIL(p, node, "%s: '%s' is not a boolean; write true or false", p->row->key,
                      shown(node, text));
}

static int parse_enum(struct parse *p, const struct node *node, double *x)
{
    enum { MAX_WORDS = 32 };
    char text[48], list[200] = "";
    size_t n = 0;
    int num = 0;
    const char *name, *word[MAX_WORDS];
    for (int i = 0; (name = settings_choice(p->row, i)); i++) {
        bool hidden =
            p->row->type == SETTING_ENUM_OR_MATRIX && (i == EMISSION_AUTO || i == EMISSION_MATRIX);
        if (hidden) continue;
        if (strcmp(name, node->text) == 0) {
            *x = i;
            return STATUS_OK;
        }
        if (num < MAX_WORDS) word[num++] = name;
        if (n < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", name);
    }
    const char *near = spelling_nearest(node->text, word, num), *or_matrix = "";
    if (p->row->type == SETTING_ENUM_OR_MATRIX)
        or_matrix = ", or a matrix: [[...], ...] or {name: ..., rows: [[...], ...]}";
    return PARSE_FAIL(p, node, "%s: '%s' is none of %s%s%s%s%s", p->row->key, shown(node, text),
                      list, or_matrix, near ? "; did you mean '" : "", near ? near : "",
                      near ? "'?" : "");
}

static int parse_duration(struct parse *p, const struct node *node, double *x)
{
    struct status reason = {0};
    if (duration_parse(node->text, x, &reason))
        return PARSE_FAIL(p, node, "%s: %.600s", p->row->key, reason.text);
    return check_range(p, node, *x);
}

static int parse_count_or_share(struct parse *p, const struct node *node, struct value *value)
{
    char text[48], number[32];
    size_t n = strlen(node->text);
    value->is_share = n && node->text[n - 1] == '%';
    if (value->is_share && n < sizeof number) {
        memcpy(number, node->text, n - 1);
        number[n - 1] = '\0';
        if (is_decimal(number)) {
            double percent = strtod(number, NULL);
            if (percent >= 0 && percent <= 100) {
                value->number = percent / 100;
                return STATUS_OK;
            }
        }
    } else if (value_whole(node->text, &(int64_t){0}) != NOT_WHOLE) {
        return parse_int(p, node, &value->number);
    }
    return PARSE_FAIL(p, node,
                      "%s: '%s' is neither a count such as 5 nor a share from 0%% to 100%%",
                      p->row->key, shown(node, text));
}

static int parse_list(struct parse *p, const struct node *node, struct real_list *list)
{
    const struct setting *row = p->row;
    int count = node->kind == NODE_LIST ? node->count : 1;
    if (count < row->min_count || count > row->max_count) {
        if (row->min_count == row->max_count)
            return PARSE_FAIL(p, node, "%s: %d number%s given, %d needed; write it like %s",
                              row->key, count, count == 1 ? "" : "s", row->min_count,
                              row->default_text);
        return PARSE_FAIL(p, node, "%s: %d numbers given; give %d to %d", row->key, count,
                          row->min_count, row->max_count);
    }
    for (int i = 0; i < count; i++) {
        const struct node *item = node->kind == NODE_LIST ? node->item[i] : node;
        int code = parse_real(p, item, &list->value[i]);
        if (!code) code = check_range(p, item, list->value[i]);
        if (code) return code;
    }
    list->count = count;
    return STATUS_OK;
}

static int parse_matrix(struct parse *p, const struct node *node, struct matrix *m)
{
    const char *key = p->row->key;
    if (node->kind != NODE_LIST || !node->count)
        return PARSE_FAIL(p, node,
                          "%s: a matrix was expected, not %s; write its rows as [[...], [...]], "
                          "with a name as {name: ..., rows: [[...], [...]]}",
                          key, node->kind == NODE_LIST ? "an empty list" : node_what(node));
    bool one_row = node->item[0]->kind == NODE_SCALAR;
    int rows = one_row ? 1 : node->count;
    int cols = one_row ? node->count : node->item[0]->count;
    if (rows > MAX_STATES || cols > MAX_SYMBOLS)
        return PARSE_FAIL(p, node, "%s: %d x %d is too large; at most %d states and %d symbols",
                          key, rows, cols, MAX_STATES, MAX_SYMBOLS);
    double *value = p->pool ? pool_take(p->pool, (size_t)rows * (size_t)cols, sizeof *value) : NULL;
    if (!value) return status_no_memory(p->st, "%s", key);
    for (int i = 0; i < rows; i++) {
        const struct node *row = one_row ? node : node->item[i];
        if (row->kind != NODE_LIST || row->count == 0)
            return PARSE_FAIL(p, row, "%s: row %d is not a list of numbers", key, i + 1);
        if (row->count != cols)
            return PARSE_FAIL(
                p, row, "%s: row %d has %d numbers, row 1 has %d; every row needs the same number",
                key, i + 1, row->count, cols);
        for (int j = 0; j < cols; j++) {
            int code = parse_real(p, row->item[j], &value[i * cols + j]);
            if (!code) code = check_range(p, row->item[j], value[i * cols + j]);
            if (code) return code;
        }
    }
    *m = (struct matrix){.rows = rows, .cols = cols, .value = value};
    return STATUS_OK;
}

bool value_is_name(const struct setting *row, const char *text)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    static const char *const taken[] = {"auto", "none", "null", "true", "false",
                                        "and",  "or",   "not",  "in",   "matrix"};
    size_t n = strlen(text);
    bool good = n > 0 && n <= MAX_MATRIX_NAME && isalpha((unsigned char)*text) &&
                strspn(text, letters) == n && strncasecmp(text, "matrix-", 7) != 0;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        good = good && strcasecmp(text, taken[i]) != 0;
    for (int i = 0; row->names && settings_choice(row, i); i++)
        good = good && strcasecmp(text, settings_choice(row, i)) != 0;
    return good;
}

/* {name: noisy, rows: [[...], [...]]} */
static int parse_named_matrix(struct parse *p, const struct node *node, struct matrix *m)
{
    int name = node_find(node, "name"), rows = node_find(node, "rows");
    if (node->count != 2 || name < 0 || rows < 0)
        return PARSE_FAIL(p, node,
                          "%s: a matrix with a name is written {name: noisy, rows: [[...], [...]]}",
                          p->row->key);
    const struct node *label = node->item[name];
    char text[48];
    int code = parse_matrix(p, node->item[rows], m);
    if (code) return code;
    if (label->kind != NODE_SCALAR)
        return PARSE_FAIL(p, label, "%s: a name was expected, not %s", p->row->key,
                          node_what(label));
    if (!value_is_name(p->row, label->text))
        return PARSE_FAIL(p, label,
                          "%s: '%s' cannot name a matrix; a name is a letter and up to %d letters, "
                          "digits, _ . or -, and no word with a meaning (auto, gaussian, "
                          "matrix-...)",
                          p->row->key, shown(label, text), MAX_MATRIX_NAME - 1);
    snprintf(m->name, sizeof m->name, "%s", label->text);
    return STATUS_OK;
}

static int parse_text(struct parse *p, const struct node *node, struct value *value)
{
    if (!node->text[strspn(node->text, " \t\n")])
        return PARSE_FAIL(p, node, "%s: an empty text; write one, or none", p->row->key);
    if (!p->pool) return STATUS_OK;
    value->text = pool_text(p->pool, node->text, strlen(node->text));
    return value->text ? STATUS_OK : status_no_memory(p->st, "%s", p->row->key);
}

/* PATH@TAG as it is (the file is looked at when it is needed), otherwise a path, whose file gives
 * the tag. */
static int parse_file(struct parse *p, const struct node *node, struct value *value)
{
    struct status reason = {0};
    char tag[FILE_TAG_BYTES + 1] = "";
    if (strlen(node->text) + FILE_TAG_BYTES > MAX_FILE)
        return PARSE_FAIL(p, node, "%s: the path is longer than %d bytes; give a shorter one",
                          p->row->key, MAX_FILE - FILE_TAG_BYTES);
    if (!p->pool) return STATUS_OK;
    bool is_path = access(node->text, F_OK) == 0; /* also one that ends like a tag */
    if ((is_path || !settings_tag_of_file(node->text)) &&
        settings_file_tag(node->text, tag, &reason))
        return PARSE_FAIL(p, node, "%s: %.600s", p->row->key, reason.text);
    size_t n = strlen(node->text);
    char *text = pool_take(p->pool, n + FILE_TAG_BYTES + 1, 1);
    if (!text) return status_no_memory(p->st, "%s", p->row->key);
    memcpy(text, node->text, n);
    strcpy(text + n, tag);
    value->text = text;
    return STATUS_OK;
}

int value_parse(const struct setting *row, const struct node *node, struct pool *pool,
                struct value *value, const struct node **where, struct status *st)
{
    struct parse p = {.row = row, .pool = pool, .where = where, .st = st};
    *value = (struct value){.number = NAN};
    if (node->kind == NODE_SCALAR && node_is_null(node) && !*node->text)
        return PARSE_FAIL(&p, node,
                          "%s: no value given; write one behind the colon or remove the line",
                          row->key);
    if (is_absent(row, node, &value->number)) return STATUS_OK;
    if (node_is_null(node))
        return PARSE_FAIL(&p, node,
                          "%s: %s is no value here; give one, or remove the line for the default, "
                          "%s",
                          row->key, node->text, row->default_text);
    if (value_takes_matrix(row) && node->kind != NODE_SCALAR) {
        if (row->type == SETTING_ENUM_OR_MATRIX) value->number = EMISSION_MATRIX;
        return (node->kind == NODE_MAP ? parse_named_matrix : parse_matrix)(&p, node,
                                                                            &value->matrix);
    }
    if (node->kind == NODE_MAP)
        return PARSE_FAIL(&p, node, "%s: a value was expected, not a map", row->key);
    if (row->type == SETTING_REAL_LIST) return parse_list(&p, node, &value->list);
    if (row->type == SETTING_MATRIX) return parse_matrix(&p, node, &value->matrix);
    if (node->kind == NODE_LIST)
        return PARSE_FAIL(
            &p, node,
            "%s: one value was expected, not a list; lists of values belong in zip or product",
            row->key);
    switch (row->type) {
    case SETTING_INT: return parse_int(&p, node, &value->number);
    case SETTING_BOOL: return parse_bool(&p, node, &value->number);
    case SETTING_DURATION: return parse_duration(&p, node, &value->number);
    case SETTING_COUNT_OR_SHARE: return parse_count_or_share(&p, node, value);
    case SETTING_ENUM:
    case SETTING_ENUM_OR_MATRIX: return parse_enum(&p, node, &value->number);
    case SETTING_TEXT: return parse_text(&p, node, value);
    case SETTING_FILE: return parse_file(&p, node, value);
    default: break;
    }
    int code = parse_real(&p, node, &value->number);
    return code ? code : check_range(&p, node, value->number);
}
