/* expr: see expr.h. A recursive-descent parser that evaluates as it reads; a text is checked
 * by reading it without values. Refuses arithmetic, functions, and an order between words. */
#include "expr.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LENGTH = 4096, MAX_DEPTH = 64, MAX_NAME = 127, TERMINAL_WIDTH = 78 };

enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };
enum token { T_END, T_WORD, T_QUOTED, T_OP, T_OPEN, T_CLOSE, T_COMMA, T_AND, T_OR, T_NOT, T_BAD };

struct parser {
    const char *source;
    size_t at;    /* behind the current token */
    size_t start; /* of the current token */
    enum token token;
    const char *word; /* of T_WORD and T_QUOTED: length bytes of the source */
    size_t length;
    enum op op;         /* of T_OP */
    expr_lookup lookup; /* NULL: no name has a value, and nothing is compared */
    void *context;
    struct status *st;
};

/* --- what is wrong, and where -------------------------------------------------------------------
 */

static int num_characters(const char *text, size_t bytes)
{
    int num = 0;
    for (size_t i = 0; i < bytes; i++) num += ((unsigned char)text[i] & 0xC0) != 0x80;
    return num;
}

/* The sentence with its column, and the source below it with a mark, where that fits a terminal. */
static int fail_at(struct parser *p, size_t at, const char *fmt, ...)
{
    char what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    int column = num_characters(p->source, at);
    if (num_characters(p->source, strlen(p->source)) <= TERMINAL_WIDTH &&
        !strpbrk(p->source, "\t\r\n"))
        return status_set(p->st, STATUS_USAGE, "--where, column %d: %s\n%s\n%*s^", column + 1, what,
                          p->source, column, "");
    return status_set(p->st, STATUS_USAGE, "--where, column %d: %s, at '%.30s'", column + 1, what,
                      p->source + at);
}

/* --- tokens -------------------------------------------------------------------------------------
 */

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_.+-%:", c)) || (unsigned char)c >= 0x80;
}

static void next_sign(struct parser *p)
{
    static const struct {
        const char *text;
        enum token token;
        enum op op;
    } signs[] = {{"==", T_OP, OP_EQ}, {"!=", T_OP, OP_NE}, {"<=", T_OP, OP_LE}, {">=", T_OP, OP_GE},
                 {"<", T_OP, OP_LT},  {">", T_OP, OP_GT},  {"=", T_OP, OP_EQ},  {"!", T_NOT, 0},
                 {"&&", T_AND, 0},    {"||", T_OR, 0},     {"(", T_OPEN, 0},    {")", T_CLOSE, 0},
                 {",", T_COMMA, 0}};
    p->token = T_BAD;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t n = strlen(signs[i].text);
        if (strncmp(p->source + p->at, signs[i].text, n) != 0) continue;
        p->token = signs[i].token;
        p->op = signs[i].op;
        p->at += n;
        return;
    }
}

static bool is_word(const struct parser *p, const char *word)
{
    return p->token == T_WORD && p->length == strlen(word) && !memcmp(p->word, word, p->length);
}

static void next_word(struct parser *p)
{
    p->token = T_WORD;
    p->word = p->source + p->at;
    for (p->length = 1; is_word_byte(p->word[p->length]); p->length++) {
    }
    if (p->word[p->length] == '[') p->length += strcspn(p->word + p->length, "]") + 1;
    if (!p->word[p->length - 1]) p->length--; /* never closed: the name of nothing */
    p->at += p->length;
    if (is_word(p, "and"))
        p->token = T_AND;
    else if (is_word(p, "or"))
        p->token = T_OR;
    else if (is_word(p, "not"))
        p->token = T_NOT;
}

static void next(struct parser *p)
{
    p->at += strspn(p->source + p->at, " \t\r\n");
    p->start = p->at;
    const char *s = p->source + p->at, *end;
    if (!*s) {
        p->token = T_END;
    } else if (*s == '\'' || *s == '"') {
        end = strchr(s + 1, *s);
        p->token = end ? T_QUOTED : T_BAD;
        if (!end) return;
        p->word = s + 1;
        p->length = (size_t)(end - s) - 1;
        p->at += p->length + 2;
    } else if (is_word_byte(*s)) {
        next_word(p);
    } else {
        next_sign(p);
    }
}

/* What stands here was not expected. */
static int unexpected(struct parser *p, const char *expected)
{
    char c = p->source[p->start];
    if (p->token == T_BAD && (c == '\'' || c == '"'))
        return fail_at(p, p->start, "the quote %c is not closed", c);
    if (p->token == T_BAD && (c == '&' || c == '|'))
        return fail_at(p, p->start, "%c alone means nothing; write %s or %c%c", c,
                       c == '&' ? "and" : "or", c, c);
    return fail_at(p, p->start, "%s was expected", expected);
}

/* --- values -------------------------------------------------------------------------------------
 */

struct expr_value expr_number(double x)
{
    bool whole = x == rint(x) && fabs(x) < 0x1p63;
    return (struct expr_value){.number = x, .whole = whole ? (int64_t)x : 0, .is_whole = whole};
}

struct expr_value expr_whole(int64_t whole)
{
    double x = (double)whole; /* the largest ones must stay below 2^63, which is another number */
    return (struct expr_value){
        .number = x < 0x1p63 ? x : nextafter(x, 0), .whole = whole, .is_whole = true};
}

/* A name or a literal of a comparison. */
struct side {
    bool is_name, quoted;
    const char *word; /* length bytes of the source */
    size_t length, start;
    struct expr_value value; /* of a name; of a literal only its number */
};

static bool is_literal(const struct side *side, const char *word)
{
    return !side->quoted && side->length == strlen(word) && !memcmp(side->word, word, side->length);
}

/* A number of the usual form, all of the word; NaN otherwise (so nan, inf, 0x10 are words). */
static struct expr_value literal_number(const struct side *side)
{
    char text[64], *end;
    if (is_literal(side, "true") || is_literal(side, "false"))
        return expr_number(is_literal(side, "true"));
    size_t n = side->length;
    snprintf(text, sizeof text, "%.*s", (int)n, side->word);
    if (side->quoted || n == 0 || n >= sizeof text || strspn(text, "+-0123456789.eE") != n)
        return expr_number(NAN);
    double x = strtod(text, &end);
    if (*end || !isfinite(x)) return expr_number(NAN);
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    return *end || errno ? expr_number(x) : expr_whole(whole);
}

static bool same_but_for_blanks(const char *a, const char *b, size_t n)
{
    for (const char *end = b + n;; a++, b++) {
        a += strspn(a, " ");
        while (b < end && *b == ' ') b++;
        if (b == end || *a != *b) return b == end && !*a;
    }
}

/* Does the word of n bytes say this value? [0.9,0.9] is said with blanks too. */
static bool is_said(const struct expr_value *value, const char *word, size_t n)
{
    const char *list = value->numbers ? value->numbers : value->text;
    size_t length = strlen(value->text);
    if (value->tag && n >= value->least_tag && strncmp(value->tag, word, n) == 0) return true;
    if (length == n && memcmp(value->text, word, n) == 0) return true;
    return *list == '[' && same_but_for_blanks(list, word, n);
}

/* -1, 0 or 1. */
static int order_of(const struct expr_value *a, const struct expr_value *b)
{
    if (a->is_whole && b->is_whole) return (a->whole > b->whole) - (a->whole < b->whole);
    return (a->number > b->number) - (a->number < b->number);
}

static bool holds(enum op op, int order)
{
    const bool truth[] = {order == 0, order != 0, order<0, order <= 0, order> 0, order >= 0};
    return truth[op];
}

/* name OP literal */
static int compare(struct parser *p, const struct side *name, enum op op,
                   const struct side *literal, bool *result)
{
    const struct expr_value *a = &name->value, *b = &literal->value;
    bool is_order = op != OP_EQ && op != OP_NE, is_number = a->is_number || !a->text;
    bool is_other_list = a->is_list && literal->length && *literal->word == '[';
    int n = (int)name->length, m = (int)literal->length;
    *result = false;
    if (is_literal(literal, "none") && !is_order) {
        bool none = is_number ? isnan(a->number) : !*a->text || strcmp(a->text, "none") == 0;
        *result = none == (op == OP_EQ);
    } else if (is_other_list && !is_order) {
        *result = op == OP_NE;
    } else if (is_number || (!isnan(a->number) && !isnan(b->number))) {
        if (isnan(b->number))
            return fail_at(p, literal->start, "%.*s is a number, %s%.*s%s is not", n, name->word,
                           literal->quoted ? "the text '" : "'", m, literal->word, "'");
        *result = !isnan(a->number) && holds(op, order_of(a, b));
    } else if (is_order) {
        return fail_at(p, name->start, "%.*s is a %s, it has no order; use ==, != or in", n,
                       name->word, *a->text == '[' ? "list" : "word");
    } else {
        *result = is_said(a, literal->word, literal->length) == (op == OP_EQ);
    }
    return STATUS_OK;
}

/* --- the grammar --------------------------------------------------------------------------------
 */

static int parse_name(struct parser *p, struct side *side)
{
    char name[MAX_NAME + 1];
    if (p->token != T_WORD || !(isalpha((unsigned char)*p->word) || *p->word == '_'))
        return unexpected(p, "the name of a setting or column");
    side->is_name = true;
    snprintf(name, sizeof name, "%.*s", (int)p->length, p->word);
    int code = p->lookup ? p->lookup(p->context, name, &side->value, p->st) : STATUS_OK;
    if (code == STATUS_USAGE && p->st) {
        char what[512];
        snprintf(what, sizeof what, "%.500s", p->st->text);
        return fail_at(p, p->start, "%s", what);
    }
    if (!code) next(p);
    return code;
}

static int parse_literal(struct parser *p, struct side *side)
{
    if ((p->token != T_WORD && p->token != T_QUOTED) || is_word(p, "in"))
        return unexpected(p, "a number, a word or a quoted text");
    side->value = literal_number(side);
    next(p);
    return STATUS_OK;
}

/* What may begin a comparison, or stand behind a name or a literal. */
enum wanted { ANY_SIDE, A_NAME, A_LITERAL };

static int parse_side(struct parser *p, enum wanted wanted, struct side *side)
{
    *side = (struct side){.quoted = p->token == T_QUOTED,
                          .word = p->word,
                          .length = p->length,
                          .start = p->start,
                          .value = {.number = NAN}};
    bool word = p->token == T_WORD || p->token == T_QUOTED;
    if (wanted == ANY_SIDE && word) {
        bool value = side->quoted || strchr("+-.0123456789", *p->word) || is_word(p, "true") ||
                     is_word(p, "false") || is_word(p, "none");
        wanted = value ? A_LITERAL : A_NAME;
    }
    return wanted == A_LITERAL ? parse_literal(p, side) : parse_name(p, side);
}

/* "(" VALUE {"," VALUE} ")" behind NAME in, or NAME not in */
static int parse_list(struct parser *p, const struct side *name, bool negated, bool *result)
{
    bool any = false, one = false;
    next(p);
    if (p->token != T_OPEN) return unexpected(p, "'(' behind in");
    do {
        struct side literal;
        next(p);
        int code = parse_side(p, A_LITERAL, &literal);
        if (!code && p->lookup) code = compare(p, name, OP_EQ, &literal, &one);
        if (code) return code;
        any = any || one;
    } while (p->token == T_COMMA);
    if (p->token != T_CLOSE) return unexpected(p, "',' or ')'");
    next(p);
    bool is_number = name->value.is_number || !name->value.text;
    bool is_nan = is_number && isnan(name->value.number);
    *result = negated ? !any && !is_nan : any;
    return STATUS_OK;
}

/* A name alone. */
static int parse_truth(struct parser *p, const struct side *name, bool *result)
{
    const struct expr_value *a = &name->value;
    bool is_number = a->is_number || !a->text;
    if (p->token != T_END && p->token != T_AND && p->token != T_OR && p->token != T_CLOSE)
        return unexpected(p, "one of == != < <= > >= in");
    *result = is_number ? a->number != 0 && !isnan(a->number) : strcmp(a->text, "true") == 0;
    if (!p->lookup || is_number || *result || strcmp(a->text, "false") == 0) return STATUS_OK;
    return fail_at(p, name->start, "%.*s is a word: say which, by == or in", (int)name->length,
                   name->word);
}

/* side OP side {OP side} behind the first side, which is replaced by the last. */
static int parse_comparisons(struct parser *p, struct side *left, bool *result)
{
    static const enum op mirrored[] = {OP_EQ, OP_NE, OP_GT, OP_GE, OP_LT, OP_LE};
    if (p->token != T_OP && left->is_name) return parse_truth(p, left, result);
    if (p->token != T_OP) return unexpected(p, "one of == != < <= > >= in");
    *result = true;
    while (p->token == T_OP) {
        struct side right;
        bool one = false;
        enum op op = p->op;
        next(p);
        int code = parse_side(p, left->is_name ? A_LITERAL : A_NAME, &right);
        if (!code && p->lookup)
            code = left->is_name ? compare(p, left, op, &right, &one)
                                 : compare(p, &right, mirrored[op], left, &one);
        free(left->value.memory);
        *left = right;
        if (code) return code;
        *result = *result && one;
    }
    return STATUS_OK;
}

static int parse_comparison(struct parser *p, bool *result)
{
    struct side left;
    int code = parse_side(p, ANY_SIDE, &left);
    bool negated = !code && left.is_name && p->token == T_NOT;
    if (negated) next(p);
    if (!code && left.is_name && is_word(p, "in"))
        code = parse_list(p, &left, negated, result);
    else if (!code && negated)
        code = unexpected(p, "'in' behind not");
    else if (!code)
        code = parse_comparisons(p, &left, result);
    free(left.value.memory);
    return code;
}

static int parse_chain(struct parser *p, bool is_or, int depth, bool *result);

static int parse_not(struct parser *p, int depth, bool *result)
{
    int code;
    if (depth >= MAX_DEPTH) return fail_at(p, p->start, "nested too deeply (64 levels)");
    if (p->token == T_NOT) {
        next(p);
        code = parse_not(p, depth + 1, result);
        *result = !*result;
        return code;
    }
    if (p->token != T_OPEN) return parse_comparison(p, result);
    next(p);
    if ((code = parse_chain(p, true, depth + 1, result)) != STATUS_OK) return code;
    if (p->token != T_CLOSE) return unexpected(p, "')'");
    next(p);
    return STATUS_OK;
}

/* or_, which is made of and_, or and_, which is made of not_. Both sides are looked at, so that an
 * unknown name never hides. */
static int parse_chain(struct parser *p, bool is_or, int depth, bool *result)
{
    bool right = false;
    for (bool *side = result;; side = &right) {
        int code = is_or ? parse_chain(p, false, depth, side) : parse_not(p, depth, side);
        if (code) return code;
        if (side == &right) *result = is_or ? *result || right : *result && right;
        if (p->token != (is_or ? T_OR : T_AND)) return STATUS_OK;
        next(p);
    }
}

int expr_eval(const char *text, expr_lookup lookup, void *context, bool *result, struct status *st)
{
    struct parser p = {.source = text, .lookup = lookup, .context = context, .st = st};
    size_t n = strlen(text);
    *result = false;
    if (n > MAX_LENGTH)
        return status_set(st, STATUS_USAGE, "--where: %zu bytes are too long, at most %d", n,
                          MAX_LENGTH);
    next(&p);
    int code = parse_chain(&p, true, 0, result);
    if (!code && p.token != T_END) code = unexpected(&p, "'and', 'or' or the end");
    return code;
}

int expr_check(const char *text, struct status *st)
{
    bool unused;
    return expr_eval(text, NULL, NULL, &unused, st);
}
