/* expr: see expr.h. A recursive-descent parser into one array of nodes, and an evaluator.
 * Refuses arithmetic, functions, and an order between words. */
#include "expr.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LENGTH = 4096, MAX_DEPTH = 64 };

enum op { OP_OR, OP_AND, OP_NOT, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_NOT_IN };

/* OR, AND: left, right. NOT: left. Comparisons: name and literal. IN: name and literals
 * first..first+count-1. */
struct term {
    enum op op;
    int left, right;
    const char *name;
    int first, count;
};

struct literal {
    const char *text;
    double number; /* NaN: a word */
};

struct expr {
    char *text; /* the tokens, NUL-terminated in place; owned */
    struct term *term;
    struct literal *literal;
    int num_terms, num_literals, root;
};

enum token { T_END, T_WORD, T_QUOTED, T_OP, T_OPEN, T_CLOSE, T_COMMA, T_BAD };

struct parser {
    struct expr *expr;
    const char *source;
    size_t at;    /* behind the current token */
    size_t start; /* of the current token */
    enum token token;
    char *word; /* of T_WORD, T_QUOTED; in expr->text */
    enum op op; /* of T_OP */
    size_t text_used;
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
    p->word = p->expr->text + p->text_used;
    memcpy(p->word, from, n);
    p->word[n] = '\0';
    p->text_used += n + 1;
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

static int new_term(struct parser *p, struct term term)
{
    p->expr->term[p->expr->num_terms] = term;
    return p->expr->num_terms++;
}

/* A number of the usual form, all of the text; NaN otherwise (so nan, inf, 0x10 are words). */
static double literal_number(const char *text)
{
    char *end;
    if (!*text || text[strspn(text, "+-0123456789.eE")]) return NAN;
    double x = strtod(text, &end);
    return *end || !isfinite(x) ? NAN : x;
}

static int parse_literal(struct parser *p)
{
    bool reserved =
        is_keyword(p, "and") || is_keyword(p, "or") || is_keyword(p, "not") || is_keyword(p, "in");
    if ((p->token != T_WORD && p->token != T_QUOTED) || reserved)
        return fail_at(p, "a number, a word or a quoted text was expected");
    double number = p->token == T_WORD ? literal_number(p->word) : NAN;
    p->expr->literal[p->expr->num_literals++] = (struct literal){.text = p->word, .number = number};
    next(p);
    return STATUS_OK;
}

static int parse_chain(struct parser *p, enum op op, int depth, int *out);

/* NAME OP VALUE | NAME ["not"] "in" "(" VALUE {"," VALUE} ")" */
static int parse_comparison(struct parser *p, int *out)
{
    struct term term = {.name = p->word, .first = p->expr->num_literals, .count = 1};
    int code;
    if (p->token != T_WORD || !(isalpha((unsigned char)*p->word) || *p->word == '_'))
        return fail_at(p, "the name of a setting or column was expected");
    next(p);
    bool negated = is_keyword(p, "not");
    if (negated) next(p);
    if (is_keyword(p, "in")) {
        term.op = negated ? OP_NOT_IN : OP_IN;
        next(p);
        if (p->token != T_OPEN) return fail_at(p, "'(' was expected behind in");
        do {
            next(p);
            if ((code = parse_literal(p)) != STATUS_OK) return code;
        } while (p->token == T_COMMA);
        if (p->token != T_CLOSE) return fail_at(p, "',' or ')' was expected");
        term.count = p->expr->num_literals - term.first;
        next(p);
    } else {
        if (p->token != T_OP || negated)
            return fail_at(p, "one of == != < <= > >= in was expected");
        term.op = p->op;
        next(p);
        if ((code = parse_literal(p)) != STATUS_OK) return code;
    }
    *out = new_term(p, term);
    return STATUS_OK;
}

static int parse_not(struct parser *p, int depth, int *out)
{
    int code, inner;
    if (depth >= MAX_DEPTH) return fail_at(p, "nested too deeply (64 levels)");
    if (is_keyword(p, "not")) {
        next(p);
        if ((code = parse_not(p, depth + 1, &inner)) != STATUS_OK) return code;
        *out = new_term(p, (struct term){.op = OP_NOT, .left = inner});
        return STATUS_OK;
    }
    if (p->token != T_OPEN) return parse_comparison(p, out);
    next(p);
    if ((code = parse_chain(p, OP_OR, depth + 1, out)) != STATUS_OK) return code;
    if (p->token != T_CLOSE) return fail_at(p, "')' was expected");
    next(p);
    return STATUS_OK;
}

/* and_, which is made of not_, or or_, which is made of and_ */
static int parse_chain(struct parser *p, enum op op, int depth, int *out)
{
    int *side = out, right;
    for (;; side = &right) {
        int code = op == OP_OR ? parse_chain(p, OP_AND, depth, side) : parse_not(p, depth, side);
        if (code) return code;
        if (side == &right)
            *out = new_term(p, (struct term){.op = op, .left = *out, .right = right});
        if (!is_keyword(p, op == OP_OR ? "or" : "and")) return STATUS_OK;
        next(p);
    }
}

int expr_parse(struct expr **expr, const char *text, struct status *st)
{
    size_t n = strlen(text);
    *expr = NULL;
    if (n > MAX_LENGTH)
        return status_set(st, STATUS_USAGE, "--where: %zu bytes are too long, at most %d", n,
                          MAX_LENGTH);
    struct expr *e = calloc(1, sizeof *e);
    if (e) {
        e->text = malloc(2 * n + 2); /* every token and its NUL */
        e->term = calloc(n + 1, sizeof *e->term);
        e->literal = calloc(n + 1, sizeof *e->literal);
    }
    if (!e || !e->text || !e->term || !e->literal) {
        expr_free(e);
        return status_no_memory(st, "--where");
    }
    struct parser p = {.expr = e, .source = text, .st = st};
    next(&p);
    int code = parse_chain(&p, OP_OR, 0, &e->root);
    if (!code && p.token == T_BAD && text[p.start] == '=') code = fail_at(&p, "write == for equal");
    if (!code && p.token != T_END) code = fail_at(&p, "'and', 'or' or the end was expected");
    if (code) {
        expr_free(e);
        return code;
    }
    *expr = e;
    return STATUS_OK;
}

/* --- evaluation ---------------------------------------------------------------------------- */

struct evaluation {
    const struct expr *expr;
    expr_lookup lookup;
    void *context;
    struct status *st;
};

/* One comparison; in and not in have been reduced to ==. */
static int compare(struct evaluation *e, const struct term *t, enum op op,
                   const struct expr_value *value, const struct literal *literal, bool *result)
{
    *result = false;
    if (value->is_number || (!isnan(literal->number) && !isnan(value->number))) {
        double a = value->number, b = literal->number;
        if (isnan(a)) return STATUS_OK;
        if (isnan(b))
            return status_set(e->st, STATUS_USAGE, "--where: %s is a number, '%.60s' is not",
                              t->name, literal->text);
        *result = op == OP_EQ   ? a == b
                  : op == OP_NE ? a != b
                  : op == OP_LT ? a < b
                  : op == OP_LE ? a <= b
                  : op == OP_GT ? a > b
                                : a >= b;
        return STATUS_OK;
    }
    if (op != OP_EQ && op != OP_NE)
        return status_set(e->st, STATUS_USAGE,
                          "--where: %s is a word, it has no order; use == or !=", t->name);
    *result = (strcmp(value->text, literal->text) == 0) == (op == OP_EQ);
    return STATUS_OK;
}

static int eval_comparison(struct evaluation *e, const struct term *t, bool *result)
{
    struct expr_value value = {.text = NULL, .number = NAN};
    bool any = false;
    int code = e->lookup(e->context, t->name, &value, e->st);
    if (code) return code;
    value.is_number = value.is_number || !value.text;
    bool is_list = t->op == OP_IN || t->op == OP_NOT_IN;
    for (int i = 0; i < t->count && !code; i++) {
        bool one = false;
        code =
            compare(e, t, is_list ? OP_EQ : t->op, &value, &e->expr->literal[t->first + i], &one);
        any = any || one;
    }
    bool is_nan = value.is_number && isnan(value.number);
    *result = t->op == OP_NOT_IN ? !any && !is_nan : any;
    free(value.memory);
    return code;
}

static int eval_term(struct evaluation *e, int at, bool *result)
{
    const struct term *t = &e->expr->term[at];
    bool left, right;
    int code;
    if (t->op != OP_OR && t->op != OP_AND && t->op != OP_NOT) return eval_comparison(e, t, result);
    if ((code = eval_term(e, t->left, &left)) != STATUS_OK) return code;
    if (t->op == OP_NOT) {
        *result = !left;
        return STATUS_OK;
    }
    /* both sides are looked at, so that an unknown name never hides */
    if ((code = eval_term(e, t->right, &right)) != STATUS_OK) return code;
    *result = t->op == OP_OR ? left || right : left && right;
    return STATUS_OK;
}

int expr_eval(const struct expr *expr, expr_lookup lookup, void *context, bool *result,
              struct status *st)
{
    struct evaluation e = {.expr = expr, .lookup = lookup, .context = context, .st = st};
    *result = false;
    return eval_term(&e, expr->root, result);
}

void expr_free(struct expr *expr)
{
    if (!expr) return;
    free(expr->text);
    free(expr->term);
    free(expr->literal);
    free(expr);
}
