/* parse: see parse.h. Options may stand anywhere, and be shortened as far as they stay one. */
#include "parse.h"
#include "help.h"

#include "base/spelling.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct cli_option *option_at(const struct invocation *inv, int i)
{
    return i < inv->num_options ? &inv->verb->options[i] : &help_option;
}

/* n: bytes of its name. several: it begins more than one. */
static int unknown_option(const struct invocation *inv, const char *said, int n, bool several,
                          struct status *st)
{
    enum { MOST = 64 };
    const char *candidate[MOST];
    char word[64];
    int num = 0;
    for (; num <= inv->num_options && num < MOST; num++) candidate[num] = option_at(inv, num)->name;
    snprintf(word, sizeof word, "%.*s", n, said);
    const char *nearest = spelling_nearest(word, candidate, num);
    return status_set(st, STATUS_USAGE, "%s option '--%s'.%s%s%s See 'hmmgrid %s --help'.",
                      several ? "ambiguous" : "unknown", word, nearest ? " Did you mean '--" : "",
                      nearest ? nearest : "", nearest ? "'?" : "", inv->verb->name);
}

/* Keep an option's value: the text attached to it, or else the next word. */
static int keep_value(struct invocation *inv, int i, const char *attached, char ***word,
                      struct status *st)
{
    const char *said = **word, *text = attached;
    if (!text) text = option_at(inv, i)->arg ? *++*word : "";
    if (!text)
        return status_set(st, STATUS_USAGE, "option '%s' needs a value; see 'hmmgrid %s --help'",
                          said, inv->verb->name);
    inv->value[i * inv->num_words + inv->num_values[i]++] = text;
    return STATUS_OK;
}

/* Keep "name=value" of another program's option; takes: it has a value, attached or the next word,
 * if that does not look like an option. */
static int pass_on(struct invocation *inv, const char *name, int n, bool takes,
                   const char *attached, char ***word, struct status *st)
{
    const char *said = **word, *value = attached;
    if (takes && !value) value = *++*word;
    if (takes && (!value || (!attached && *value == '-')))
        return status_set(st, STATUS_USAGE, "option '%s' needs a value; see 'hmmgrid %s --help'",
                          said, inv->verb->name);
    char **text = &inv->passed[inv->num_passed];
    if (asprintf(text, "%.*s%s%s", n, name, value ? "=" : "", value ? value : "") < 0)
        return status_no_memory(st, "the command line");
    inv->num_passed++;
    return STATUS_OK;
}

/* The row of another program's option, by its name (n bytes) or letter; NULL: it is not known. */
static const struct cli_option *find_passed(const struct invocation *inv, const char *name,
                                            size_t n, char letter)
{
    for (const struct cli_option *o = inv->verb->passed; o && o->name; o++)
        if (letter ? o->letter == letter : strncmp(o->name, name, n) == 0 && !o->name[n]) return o;
    return NULL;
}

/* "--name=value", "--name value", "--name"; one that is not known takes no value that looks like an
 * option. */
static int pass_long(struct invocation *inv, const char *said, size_t n, char ***word,
                     struct status *st)
{
    const struct cli_option *o = find_passed(inv, said, n, 0);
    const char *attached = said[n] ? said + n + 1 : NULL;
    const char *next = (*word)[1];
    bool takes = o ? o->arg != NULL : attached || (next && *next != '-');
    return pass_on(inv, said, (int)n, takes, attached, word, st);
}

/* "--output FILE", "--output=FILE", or a beginning that no other option has. */
static int parse_long(struct invocation *inv, char ***word, struct status *st)
{
    const char *said = **word + 2;
    size_t n = strcspn(said, "=");
    int found = -1, num_found = 0;
    for (int i = 0; i <= inv->num_options && n > 0; i++) {
        const char *name = option_at(inv, i)->name;
        if (strncmp(name, said, n) != 0) continue;
        num_found++;
        found = i;
        if (name[n]) continue;
        num_found = 1;
        break;
    }
    if (inv->verb->passed && n > 0 && (num_found != 1 || option_at(inv, found)->name[n]))
        return pass_long(inv, said, n, word, st);
    if (num_found != 1) return unknown_option(inv, said, (int)n, num_found > 1, st);
    if (said[n] && !option_at(inv, found)->arg)
        return status_set(st, STATUS_USAGE, "option '--%s' takes no value; see 'hmmgrid %s --help'",
                          option_at(inv, found)->name, inv->verb->name);
    return keep_value(inv, found, said[n] ? said + n + 1 : NULL, word, st);
}

/* "-o FILE", "-oFILE", or several flags: "-nh". */
static int parse_letters(struct invocation *inv, char ***word, struct status *st)
{
    int code = STATUS_OK;
    bool ends = false;
    for (const char *letter = **word + 1; *letter && !ends && !code; letter++) {
        int i = 0;
        while (i <= inv->num_options && option_at(inv, i)->letter != *letter) i++;
        const struct cli_option *o =
            i > inv->num_options ? find_passed(inv, NULL, 0, *letter) : NULL;
        if (o) {
            ends = o->arg;
            code = pass_on(inv, o->name, (int)strlen(o->name), ends,
                           ends && letter[1] ? letter + 1 : NULL, word, st);
            continue;
        }
        if (i > inv->num_options)
            return status_set(st, STATUS_USAGE, "unknown option '-%c'; see 'hmmgrid %s --help'",
                              *letter, inv->verb->name);
        ends = option_at(inv, i)->arg; /* the rest is its value */
        code = keep_value(inv, i, ends && letter[1] ? letter + 1 : NULL, word, st);
    }
    return code;
}

/* The words behind the verb, up to a NULL. */
static int parse_words(struct invocation *inv, char **word, struct status *st)
{
    int code = STATUS_OK;
    bool all_operands = false;
    for (; *word && !code; word++) {
        if (all_operands || (*word)[0] != '-' || !(*word)[1])
            inv->operand[inv->num_operands++] = *word;
        else if (strcmp(*word, "--") == 0)
            all_operands = true;
        else
            code = ((*word)[1] == '-' ? parse_long : parse_letters)(inv, &word, st);
    }
    return code;
}

static bool means_no(const char *text)
{
    static const char *const no[] = {"", "0", "no", "false", "off"};
    return text_index(no, sizeof no / sizeof no[0], text) >= 0;
}

/* What a flag's variable says. */
static int check_flag(const struct cli_option *o, const char *env, bool *is_on, struct status *st)
{
    static const char *const yes[] = {"1", "yes", "true", "on"};
    *is_on = text_index(yes, sizeof yes / sizeof yes[0], env) >= 0;
    if (*is_on || means_no(env)) return STATUS_OK;
    return status_set(st, STATUS_USAGE,
                      "%s: '%.60s' is none of 1, true, yes, on, 0, false, no, off", o->env, env);
}

/* Two values are one too many, unless it may repeat; where there is none, ask the environment. */
static int check_values(struct invocation *inv, struct status *st)
{
    for (int i = 0; i < inv->num_options; i++) {
        const struct cli_option *o = &inv->verb->options[i];
        const char **value = inv->value + i * inv->num_words, *env = o->env ? getenv(o->env) : NULL;
        int num = inv->num_values[i];
        if (num > 1 && !o->repeats && o->arg)
            return status_set(st, STATUS_USAGE,
                              "option '--%s' is given twice, as '%s' and '%s'; keep one", o->name,
                              value[num - 2], value[num - 1]);
        bool is_on = env && *env;
        if (num == 0 && is_on && !o->arg && check_flag(o, env, &is_on, st)) return st->code;
        if (num == 0 && is_on) value[inv->num_values[i]++] = env;
        bool stream = o->letter == 'o' && inv->num_values[i] > 0 && strcmp(*value, "-") == 0;
        if (stream && !inv->verb->streams)
            return status_set(
                st, STATUS_USAGE,
                "%s: -o -: a results file is written in many places at once and cannot "
                "be a stream; name a file, such as -o study.h5",
                inv->verb->name);
    }
    return STATUS_OK;
}

static int check_operands(const struct invocation *inv, struct status *st)
{
    const struct verb *verb = inv->verb;
    bool alone = verb->alone && cli_flag(inv, verb->alone) && inv->num_operands == 0;
    if (!alone && inv->num_operands < verb->num_operands)
        return status_set(st, STATUS_USAGE, "'hmmgrid %s' needs %s; usage: hmmgrid %s [OPTIONS] %s",
                          verb->name, verb->operands, verb->name, verb->operands);
    if (inv->num_operands > verb->num_operands && !verb->several)
        return status_set(st, STATUS_USAGE,
                          "'%s' is one operand too many; usage: hmmgrid %s [OPTIONS] %s",
                          inv->operand[verb->num_operands], verb->name, verb->operands);
    return STATUS_OK;
}

bool parse_wants_help(const struct invocation *inv)
{
    return inv->num_values[inv->num_options] > 0;
}

int parse_command(struct invocation *inv, int argc, char **argv, struct status *st)
{
    const struct cli_option *options = inv->verb->options;
    while (options && options[inv->num_options].name) inv->num_options++;
    size_t num = (size_t)inv->num_options + 1, words = (size_t)argc;
    inv->num_words = argc;
    inv->operand = calloc(words, sizeof *inv->operand);
    inv->value = calloc(num * words, sizeof *inv->value);
    inv->num_values = calloc(num, sizeof *inv->num_values);
    inv->passed = calloc(words, sizeof *inv->passed);
    if (!inv->operand || !inv->value || !inv->num_values || !inv->passed)
        return status_no_memory(st, "the command line");
    int code = parse_words(inv, argv + 1, st);
    if (!code && !parse_wants_help(inv)) code = check_values(inv, st);
    if (!code && !parse_wants_help(inv)) code = check_operands(inv, st);
    return code;
}
