/* expr: see expr.h. A recursive-descent parser that evaluates as it reads; a text is checked
 * by reading it without values. Refuses arithmetic, functions, and an order between words. */
#include "expr.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LENGTH = 4096, MAX_DEPTH = 64 };

enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };
enum token { T_END, T_WORD, T_QUOTED, T_OP, T_OPEN, T_CLOSE, T_COMMA, T_BAD };

struct parser {
    const char *source;
    size_t at;    /* behind the current token */
    size_t start; /* of the current token */
    enum token token;
    char word[MAX_LENGTH + 1]; /* of T_WORD, T_QUOTED */
    enum op op;                /* of T_OP */
    expr_lookup lookup;        /* NULL: no name has a value, and nothing is compared */
    void *context;
    struct status *st;
};

static int fail_at(struct parser *p, const char *what)
{
    return status_set(p->st, STATUS_USAGE, "--where, column %zu: %s, in: %.200s", p->start + 1,
                      what, p->source);
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_.+-%:", c)) || (unsigned char)c >= 0x80;
}

static void keep_word(struct parser *p, const char *from, size_t n)
{
    memcpy(p->word, from, n);
    p->word[n] = '\0';
}

static void next_operator(struct parser *p)
{
    static const struct {
        const char *text;
        enum op op;
    } ops[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE},
               {">=", OP_GE}, {"<", OP_LT},  {">", OP_GT}};
    for (int i = 0; i < 6; i++) {
        size_t n = strlen(ops[i].text);
        if (strncmp(p->source + p->at, ops[i].text, n)) continue;
        p->token = T_OP;
        p->op = ops[i].op;
        p->at += n;
        return;
    }
    p->token = T_BAD;
}

static void next(struct parser *p)
{
    const char *s = p->source;
    while (s[p->at] && strchr(" \t\r\n", s[p->at])) p->at++;
    p->start = p->at;
    char c = s[p->at];
    if (!c) {
        p->token = T_END;
    } else if (c == '(' || c == ')' || c == ',') {
        p->token = c == '(' ? T_OPEN : c == ')' ? T_CLOSE : T_COMMA;
        p->at++;
    } else if (c == '\'' || c == '"') {
        const char *end = strchr(s + p->at + 1, c);
        p->token = end ? T_QUOTED : T_BAD;
        if (!end) return;
        keep_word(p, s + p->at + 1, (size_t)(end - s) - p->at - 1);
        p->at = (size_t)(end - s) + 1;
    } else if (is_word_byte(c)) {
        size_t n = 1;
        while (is_word_byte(s[p->at + n])) n++;
        p->token = T_WORD;
        keep_word(p, s + p->at, n);
        p->at += n;
    } else {
        next_operator(p);
    }
}

static bool is_keyword(const struct parser *p, const char *word)
{
    return p->token == T_WORD && strcmp(p->word, word) == 0;
}

/* A number of the usual form, all of the text; NaN otherwise (so nan, inf, 0x10 are words). */
static double literal_number(const char *text)
{
    char *end;
    if (!*text || text[strspn(text, "+-0123456789.eE")]) return NAN;
    double x = strtod(text, &end);
    return *end || !isfinite(x) ? NAN : x;
}

static int compare(struct parser *p, const char *name, const struct expr_value *value, enum op op,
                   bool *result)
{
    double a = value->number, b = p->token == T_WORD ? literal_number(p->word) : NAN;
    *result = false;
    if (value->is_number || (!isnan(a) && !isnan(b))) {
        if (isnan(a)) return STATUS_OK;
        if (isnan(b))
            return status_set(p->st, STATUS_USAGE, "--where: %s is a number, '%.60s' is not", name,
                              p->word);
        *result = op == OP_EQ   ? a == b
                  : op == OP_NE ? a != b
                  : op == OP_LT ? a < b
                  : op == OP_LE ? a <= b
                  : op == OP_GT ? a > b
                                : a >= b;
        return STATUS_OK;
    }
    if (op != OP_EQ && op != OP_NE)
        return status_set(p->st, STATUS_USAGE,
                          "--where: %s is a word, it has no order; use == or !=", name);
    *result = (strcmp(value->text, p->word) == 0) == (op == OP_EQ);
    return STATUS_OK;
}

/* The next VALUE, compared with that of the name. */
static int parse_literal(struct parser *p, const char *name, const struct expr_value *value,
                         enum op op, bool *result)
{
    bool reserved =
        is_keyword(p, "and") || is_keyword(p, "or") || is_keyword(p, "not") || is_keyword(p, "in");
    if ((p->token != T_WORD && p->token != T_QUOTED) || reserved)
        return fail_at(p, "a number, a word or a quoted text was expected");
    int code = p->lookup ? compare(p, name, value, op, result) : STATUS_OK;
    if (!code) next(p);
    return code;
}

/* OP VALUE | ["not"] "in" "(" VALUE {"," VALUE} ")" */
static int parse_behind_name(struct parser *p, const char *name, const struct expr_value *value,
                             bool *result)
{
    bool negated = is_keyword(p, "not"), any = false, one = false;
    bool is_nan = value->is_number && isnan(value->number);
    enum op op = p->op;
    if (negated) next(p);
    if (!is_keyword(p, "in")) {
        if (p->token != T_OP || negated)
            return fail_at(p, "one of == != < <= > >= in was expected");
        next(p);
        return parse_literal(p, name, value, op, result);
    }
    next(p);
    if (p->token != T_OPEN) return fail_at(p, "'(' was expected behind in");
    do {
        next(p);
        int code = parse_literal(p, name, value, OP_EQ, &one);
        if (code) return code;
        any = any || one;
    } while (p->token == T_COMMA);
    if (p->token != T_CLOSE) return fail_at(p, "',' or ')' was expected");
    next(p);
    *result = negated ? !any && !is_nan : any;
    return STATUS_OK;
}

static int parse_comparison(struct parser *p, bool *result)
{
    struct expr_value value = {.number = NAN};
    char name[MAX_LENGTH + 1];
    if (p->token != T_WORD || !(isalpha((unsigned char)*p->word) || *p->word == '_'))
        return fail_at(p, "the name of a setting or column was expected");
    strcpy(name, p->word);
    int code = p->lookup ? p->lookup(p->context, name, &value, p->st) : STATUS_OK;
    if (code) return code;
    value.is_number = value.is_number || !value.text;
    next(p);
    code = parse_behind_name(p, name, &value, result);
    free(value.memory);
    return code;
}

static int parse_chain(struct parser *p, bool is_or, int depth, bool *result);

static int parse_not(struct parser *p, int depth, bool *result)
{
    int code;
    if (depth >= MAX_DEPTH) return fail_at(p, "nested too deeply (64 levels)");
    if (is_keyword(p, "not")) {
        next(p);
        code = parse_not(p, depth + 1, result);
        *result = !*result;
        return code;
    }
    if (p->token != T_OPEN) return parse_comparison(p, result);
    next(p);
    if ((code = parse_chain(p, true, depth + 1, result)) != STATUS_OK) return code;
    if (p->token != T_CLOSE) return fail_at(p, "')' was expected");
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
        if (!is_keyword(p, is_or ? "or" : "and")) return STATUS_OK;
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
    if (!code && p.token == T_BAD && text[p.start] == '=') code = fail_at(&p, "write == for equal");
    if (!code && p.token != T_END) code = fail_at(&p, "'and', 'or' or the end was expected");
    return code;
}

int expr_check(const char *text, struct status *st)
{
    bool unused;
    return expr_eval(text, NULL, NULL, &unused, st);
}
