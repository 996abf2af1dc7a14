/* seeds: see seeds.h. Everything is a range of whole numbers, counted before any is written down.
 * Refuses a number alone (the seed 3, or three seeds?), ranges that overlap, and more than
 * MAX_SEEDS.
 */
#include "seeds.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct range {
    int64_t first, last;
};

struct seeds_reading {
    struct reading *r;
    const char *option;
};

/* A fault at the node, or of the option; false. */
__attribute__((format(printf, 3, 4))) static bool
refuse(const struct seeds_reading *s, const struct node *node, const char *fmt, ...)
{
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (s->option)
        faults_add(s->r->faults, 0, 0, "--seeds %.100s%s: %s", s->option,
                   strlen(s->option) > 100 ? "..." : "", text);
    else
        FAULT(s->r, node, "seeds: %s", text);
    return false;
}

/* text[0..n) as a whole number from 0 on */
static bool number_of(const char *text, size_t n, int64_t *x)
{
    char digits[32];
    if (!n || n >= sizeof digits) return false;
    snprintf(digits, sizeof digits, "%.*s", (int)n, text);
    return value_whole(digits, x) == WHOLE && *x >= 0;
}

/* 7, 1e3 or 0-49 */
static bool read_scalar(const struct seeds_reading *s, const struct node *node, struct range *out)
{
    const char *text = node->text;
    size_t n = strspn(text, "0123456789"), length = strlen(text);
    bool is_range = text[n] == '-' && text[n + 1 + strspn(text + n + 1, "0123456789")] == '\0';
    bool ok = number_of(text, is_range ? n : length, &out->first);
    out->last = out->first;
    if (ok && is_range) ok = number_of(text + n + 1, length - n - 1, &out->last);
    if (!ok)
        return refuse(s, node,
                      "'%.40s%s' is not a whole number from 0 to 9223372036854775807, nor a range "
                      "such as 0-49",
                      text, length > 40 ? "..." : "");
    if (out->last < out->first)
        return refuse(s, node, "%.60s runs backwards; write %" PRId64 "-%" PRId64, text, out->last,
                      out->first);
    return true;
}

/* {start: 0, count: 50} */
static bool read_start_count(const struct seeds_reading *s, const struct node *map,
                             struct range *out)
{
    int64_t value[2];
    static const char *const key[] = {"start", "count"};
    for (int i = 0; i < 2; i++) {
        int at = node_find(map, key[i]);
        const struct node *node = at < 0 ? map : map->item[at];
        if (map->count != 2 || at < 0 || node->kind != NODE_SCALAR ||
            !number_of(node->text, strlen(node->text), &value[i]))
            return refuse(s, node,
                          "two whole numbers are needed, start and count, such as "
                          "{start: 0, count: 50}");
    }
    if (value[1] < 1 || value[1] > MAX_SEEDS || value[0] - 1 > INT64_MAX - value[1])
        return refuse(s, map, "%" PRId64 " seeds from %" PRId64 " on; 1 to %d are possible",
                      value[1], value[0], MAX_SEEDS);
    *out = (struct range){value[0], value[0] + value[1] - 1};
    return true;
}

static bool read_range(const struct seeds_reading *s, const struct node *node, struct range *out)
{
    if (node->kind == NODE_MAP) return read_start_count(s, node, out);
    if (node->kind == NODE_SCALAR && !node_is_null(node)) return read_scalar(s, node, out);
    return refuse(s, node, "a whole number or a range such as 0-49 was expected, not %s",
                  node_what(node));
}

/* Does range i overlap an earlier one? */
static bool is_new(const struct seeds_reading *s, const struct node *list,
                   const struct range *range, int i)
{
    for (int j = 0; j < i; j++) {
        int64_t first = range[i].first > range[j].first ? range[i].first : range[j].first;
        if (first > range[i].last || first > range[j].last) continue;
        return refuse(s, list->item[i], "duplicate %" PRId64 ", in %.40s and before; remove one",
                      first, list->item[i]->kind == NODE_SCALAR ? list->item[i]->text : "a map");
    }
    return true;
}

/* A number alone at the place of all seeds. */
static bool is_ambiguous(const struct seeds_reading *s, const struct node *node)
{
    struct range one;
    char many[48] = "";
    if (node->kind != NODE_SCALAR || node_is_null(node) || strchr(node->text, '-')) return false;
    if (!read_scalar(s, node, &one)) return true;
    if (one.first > 0 && one.first <= MAX_SEEDS)
        snprintf(many, sizeof many, ", 0-%" PRId64 " for so many", one.first - 1);
    refuse(s, node, "a list or a range was expected; write [%.40s] for this seed alone%s",
           node->text, many);
    return true;
}

static void read_seeds(const struct seeds_reading *s, const struct node *node, struct seeds *seeds)
{
    bool is_list = node->kind == NODE_LIST, ok = true;
    int num = is_list ? node->count : 1, count = 0;
    if (is_ambiguous(s, node)) return;
    struct range *range = reading_take(s->r, num, sizeof *range);
    for (int i = 0; range && i < num; i++) {
        bool good = read_range(s, is_list ? node->item[i] : node, &range[i]);
        if (good && count <= MAX_SEEDS) {
            int64_t more = range[i].last - range[i].first;
            count += more < MAX_SEEDS ? (int)more + 1 : MAX_SEEDS + 1;
            good = count > MAX_SEEDS || is_new(s, node, range, i);
        }
        if (!good) range[i] = (struct range){0, -1};
        ok = ok && good;
    }
    if (ok && (count < 1 || count > MAX_SEEDS))
        ok = refuse(s, node, "%s given; 1 to %d are possible", count ? "too many are" : "none is",
                    MAX_SEEDS);
    int64_t *seed = ok && range ? reading_take(s->r, count, sizeof *seed) : NULL;
    if (!seed) return;
    *seeds = (struct seeds){0, seed};
    for (int i = 0; i < num; i++)
        for (int64_t k = 0; k <= range[i].last - range[i].first; k++)
            seed[seeds->count++] = range[i].first + k;
}

void seeds_read(struct reading *r, const struct node *node, struct seeds *seeds)
{
    read_seeds(&(struct seeds_reading){.r = r}, node, seeds);
}

const char *seeds_of_option(const char *option)
{
    static const char key[] = "seeds=";
    size_t n = sizeof key - 1;
    return strncmp(option, key, n) == 0 ? option + n : NULL;
}

void seeds_read_option(struct reading *r, const char *said, struct seeds *seeds)
{
    size_t bytes = strlen(said) + 3;
    char *list = pool_take(r->tree, bytes, 1);
    if (!list) {
        r->faults->out_of_memory = 1;
        return;
    }
    snprintf(list, bytes, strchr("[{", *said) && *said ? "%s" : "[%s]", said);
    const struct node *node = option_node(r, "--seeds", said, list);
    if (node) read_seeds(&(struct seeds_reading){r, said}, node, seeds);
}
