/* compare_table: comparisons as a table, for people or for programs, and in sentences. Refuses to
 * compute. */
#include "bootstrap.h"
#include "compare.h"

#include "base/sheet.h"
#include "base/show.h"
#include "base/wrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double level = 0.05, meaningful = 0.75, power = 0.95;

/* --- numbers ---------------------------------------------------------------------------------- */

enum { TEXT_BYTES = 64 };

static const char *put_number(double x, int digits, char text[TEXT_BYTES])
{
    snprintf(text, TEXT_BYTES, isnan(x) ? "-" : "%.*g", digits, x);
    return text;
}

/* ".012", "<.0001" */
static const char *put_p(double p, char text[TEXT_BYTES])
{
    if (p < 1e-4)
        snprintf(text, TEXT_BYTES, "<.0001");
    else if (isnan(p))
        snprintf(text, TEXT_BYTES, "-");
    else
        snprintf(text, TEXT_BYTES, p < 0.01 ? "%.4f" : "%.3f", p);
    return text[0] == '0' ? text + 1 : text;
}

/* "p=.012", "p<.0001" */
static const char *say_p(double p, char text[TEXT_BYTES])
{
    char number[TEXT_BYTES];
    const char *x = put_p(p, number);
    snprintf(text, TEXT_BYTES, *x == '<' ? "p%s" : "p=%s", x);
    return text;
}

/* Decimal places that show two digits of x. */
static int places_of(double x)
{
    if (!(x > 0) || !isfinite(x)) return 2;
    int places = 1 - (int)floor(log10(x));
    return places < 0 ? 0 : places > 8 ? 8 : places;
}

/* "0.12 [0.05, 0.19]" to two digits of half its width */
static const char *put_interval(double x, struct interval i, char text[TEXT_BYTES])
{
    if (isnan(x)) return strcpy(text, "-");
    if (isnan(i.low)) return put_number(x, 3, text);
    int places = places_of((i.high - i.low) / 2);
    snprintf(text, TEXT_BYTES, "%.*f [%.*f, %.*f]", places, x, places, i.low, places, i.high);
    return text;
}

/* --- the table -------------------------------------------------------------------------------- */

static bool of_floor(const struct compare *c)
{
    return c->comparison[0].b < 0;
}

static const char *better_name(const struct compare *c)
{
    return c->has_floor ? "P(a better)" : "P(a > b)";
}

static const char *key_text(const struct compare *c, int key, int cell)
{
    for (int i = 0; i < c->num_rows && cell >= 0; i++)
        if (c->cell[i] == cell) return c->key_text[key][i];
    return "all";
}

static const char *level_text(const struct compare *c, int l)
{
    return l < 0 ? "floor" : c->levels[l].text;
}

static void add_keys(const struct compare *c, enum table_format format, struct table *table)
{
    for (int k = 0; k < c->num_keys; k++) table_column_of_key(table, false, c->key[k], format);
}

static void add_columns(const struct compare *c, enum table_format format, struct table *table)
{
    static const char *const of_levels[] = {"a",      "b",       "landed a", "landed b", "p landed",
                                            "mean a", "mean b",  "a - b",    "g",        NULL,
                                            "p",      "least p", "p Holm"};
    static const char *const of_the_floor[] = {"landed", "n", "mean", "floor", "above it"};
    add_keys(c, format, table);
    for (size_t i = 0; of_floor(c) && i < sizeof of_the_floor / sizeof of_the_floor[0]; i++)
        table_column(table, true, "%s", of_the_floor[i]);
    for (size_t i = 0; !of_floor(c) && i < sizeof of_levels / sizeof of_levels[0]; i++)
        table_column(table, true, "%s", of_levels[i] ? of_levels[i] : better_name(c));
    if (!isnan(c->request.margin)) table_column(table, true, "p beyond %g", c->request.margin);
}

static void add_landed(const struct landing *l, struct table *table)
{
    table_cell(table, "%d/%d", l->landed, l->ended);
}

static void add_row(const struct compare *c, const struct comparison *p, struct table *table)
{
    char t[TEXT_BYTES];
    for (int k = 0; k < c->num_keys; k++) table_cell(table, "%s", key_text(c, k, p->cell));
    if (of_floor(c)) {
        add_landed(&p->landing[0], table);
        table_cell(table, "%d", p->n);
        table_cell(table, "%s", put_number(p->mean[0], 4, t));
        table_cell(table, "%s", put_number(p->mean[1], 4, t));
        table_cell(table, "%s", put_interval(p->effect, p->interval, t));
    } else {
        table_cell(table, "%s", level_text(c, p->a));
        table_cell(table, "%s", level_text(c, p->b));
        for (int s = 0; s < 2; s++) add_landed(&p->landing[s], table);
        table_cell(table, "%s", put_p(p->landing_p, t));
        for (int s = 0; s < 2; s++) table_cell(table, "%s", put_number(p->mean[s], 4, t));
        table_cell(table, "%s", put_interval(p->effect, p->interval, t));
        table_cell(table, "%s", put_number(p->g, 2, t));
        table_cell(table, "%s", put_interval(p->better.p, p->better.interval, t));
        table_cell(table, "%s", put_p(p->test.p, t));
        table_cell(table, "%s", put_p(p->test.least, t));
        table_cell(table, "%s", put_p(p->holm, t));
    }
    if (!isnan(c->request.margin)) table_cell(table, "%s", put_p(p->equivalence, t));
}

/* One number of a comparison, for programs. */
struct field {
    const char *name;
    double (*get)(const struct comparison *p);
};

#define GET(name, value)                                                                           \
    static double name(const struct comparison *p)                                                 \
    {                                                                                              \
        return value;                                                                              \
    }
GET(get_cells, p->num_cells)
GET(get_ended_a, p->landing[0].ended)
GET(get_landed_a, p->landing[0].landed)
GET(get_landed_a_low, p->landing[0].share.low)
GET(get_landed_a_high, p->landing[0].share.high)
GET(get_ended_b, p->landing[1].ended)
GET(get_landed_b, p->landing[1].landed)
GET(get_landed_b_low, p->landing[1].share.low)
GET(get_landed_b_high, p->landing[1].share.high)
GET(get_landed_p, p->landing_p)
GET(get_n_a, p->n)
GET(get_n_b, p->m)
GET(get_mean_a, p->mean[0])
GET(get_mean_b, p->mean[1])
GET(get_effect, p->effect)
GET(get_low, p->interval.low)
GET(get_high, p->interval.high)
GET(get_t_p, p->difference.p)
GET(get_g, p->g)
GET(get_r, p->pair_correlation)
GET(get_better, p->better.p)
GET(get_better_low, p->better.interval.low)
GET(get_better_high, p->better.interval.high)
GET(get_p, p->test.p)
GET(get_least, p->test.least)
GET(get_exact, p->test.exact)
GET(get_holm, p->holm)
GET(get_equivalence, p->equivalence)
GET(get_middle_a_low, p->middle[0].low)
GET(get_middle_a_high, p->middle[0].high)
GET(get_middle_b_low, p->middle[1].low)
GET(get_middle_b_high, p->middle[1].high)
GET(get_needed, ceil(noether_n(p->better.p, power)))

static const struct field fields[] = {{"cells", get_cells},
                                      {"a_ended", get_ended_a},
                                      {"a_landed", get_landed_a},
                                      {"a_landed_low", get_landed_a_low},
                                      {"a_landed_high", get_landed_a_high},
                                      {"b_ended", get_ended_b},
                                      {"b_landed", get_landed_b},
                                      {"b_landed_low", get_landed_b_low},
                                      {"b_landed_high", get_landed_b_high},
                                      {"landed_p", get_landed_p},
                                      {"a_n", get_n_a},
                                      {"b_n", get_n_b},
                                      {"a_mean", get_mean_a},
                                      {"b_mean", get_mean_b},
                                      {"difference", get_effect},
                                      {"difference_low", get_low},
                                      {"difference_high", get_high},
                                      {"difference_t_p", get_t_p},
                                      {"hedges_g", get_g},
                                      {"pair_correlation", get_r},
                                      {"p_better", get_better},
                                      {"p_better_low", get_better_low},
                                      {"p_better_high", get_better_high},
                                      {"permutation_p", get_p},
                                      {"permutation_p_least", get_least},
                                      {"permutation_exact", get_exact},
                                      {"permutation_p_holm", get_holm},
                                      {"equivalence_p", get_equivalence},
                                      {"a_mean_low", get_middle_a_low},
                                      {"a_mean_high", get_middle_a_high},
                                      {"b_mean_low", get_middle_b_low},
                                      {"b_mean_high", get_middle_b_high},
                                      {"runs_needed", get_needed}};
enum { NUM_FIELDS = sizeof fields / sizeof fields[0] };

static void fill_for_programs(const struct compare *c, enum table_format format,
                              struct table *table)
{
    add_keys(c, format, table);
    table_column(table, false, "a");
    table_column(table, false, "b");
    table_column(table, false, "metric");
    for (int f = 0; f < NUM_FIELDS; f++) table_column(table, true, "%s", fields[f].name);
    for (int i = 0; i < c->num_comparisons; i++) {
        const struct comparison *p = &c->comparison[i];
        for (int k = 0; k < c->num_keys; k++) table_cell(table, "%s", key_text(c, k, p->cell));
        table_cell(table, "%s", level_text(c, p->a));
        table_cell(table, "%s", level_text(c, p->b));
        table_cell(table, "%s", c->metric);
        for (int f = 0; f < NUM_FIELDS; f++) {
            double x = fields[f].get(p);
            if (!isfinite(x))
                table_cell(table, "%s", "");
            else
                table_cell(table, "%.15g", x);
        }
    }
}

/* --- in words --------------------------------------------------------------------------------- */

/* "hidden=150" of rnn.hidden, for sentences. */
enum { NAME_BYTES = 300 };
static const char *level_name(const struct compare *c, int l, char name[NAME_BYTES])
{
    const char *dot = strchr(c->request.between, '.');
    snprintf(name, NAME_BYTES, "%.100s=%.190s", dot ? dot + 1 : c->request.between,
             level_text(c, l));
    return name;
}

static void say_where(const struct compare *c, const struct comparison *p, FILE *out)
{
    if (p->cell < 0)
        show_on(out, "Over %d cells", p->num_cells);
    else if (c->num_keys)
        show_on(out, "%s", c->cell_text[p->cell]);
    else
        show_on(out, "%s", "All runs");
    fputs(": ", out);
}

static void say_floor(const struct compare *c, const struct comparison *p, FILE *out)
{
    char t[TEXT_BYTES], q[TEXT_BYTES];
    if (isnan(p->effect)) {
        show_on(out, "no run landed that has a number.\n");
        return;
    }
    show_on(out, "score - floor is %s, n=%d", put_interval(p->effect, p->interval, t), p->n);
    if (p->n < 2) show_on(out, "; one run has no interval");
    if (!isnan(p->equivalence))
        show_on(out,
                p->equivalence < level ? "; equal to it within %g (%s)"
                                       : "; not shown to be equal to it within %g (%s)",
                c->request.margin, say_p(p->equivalence, q));
    fputs(".\n", out);
}

/* Interquartile means of both. */
static void say_middles(const struct comparison *p, FILE *out)
{
    char t[TEXT_BYTES], q[TEXT_BYTES];
    show_on(out, ", interquartile means %s and %s", put_interval(p->mean[0], p->middle[0], t),
            put_interval(p->mean[1], p->middle[1], q));
}

/* How many seeds would be needed, for what is worth it and for what was seen. */
static void say_needed(const struct comparison *p, FILE *out)
{
    double seen = ceil(noether_n(p->better.p, power));
    show_on(out, "; %.0f runs a side would show one of %g", ceil(noether_n(meaningful, power)),
            meaningful);
    if (seen < 1e6) show_on(out, ", %.0f the one seen", seen);
}

/* Which is larger; the difference is what was tested, not which is nearer to the floor. */
static void say_larger(const struct comparison *p, const char *a, const char *b, FILE *out)
{
    char t[TEXT_BYTES];
    show_on(out, "%s exceeds %s: a - b is %s", p->effect > 0 ? a : b, p->effect > 0 ? b : a,
            put_interval(p->effect, p->interval, t));
}

/* Only where the interval of P(a better) says so. */
static void say_nearer(const struct comparison *p, const char *a, const char *b, FILE *out)
{
    const struct interval *i = &p->better.interval;
    if (i->low > 0.5 || i->high < 0.5)
        show_on(out, "; %s is nearer to the floor", i->low > 0.5 ? a : b);
    else
        show_on(out, "%s", "; which of them is nearer to the floor is not shown");
}

static void say_levels(const struct compare *c, const struct comparison *p, FILE *out)
{
    char t[TEXT_BYTES], q[TEXT_BYTES], r[TEXT_BYTES];
    char of_a[NAME_BYTES], of_b[NAME_BYTES];
    const char *a = level_name(c, p->a, of_a), *b = level_name(c, p->b, of_b);
    if (!p->n || !p->m) {
        show_on(out, "%s and %s cannot be compared: %s no run that landed.\n", a, b,
                p->n   ? "the second has"
                : p->m ? "the first has"
                       : "neither has");
        return;
    }
    if (p->test.least > level) {
        show_on(out,
                "%s and %s cannot be told apart with %d and %d runs: the least possible p is %s.\n",
                a, b, p->n, p->m, put_p(p->test.least, q));
        return;
    }
    bool differ = p->holm < level;
    if (differ)
        say_larger(p, a, b, out);
    else
        show_on(out, "no difference of %s and %s is shown: %s", a, b,
                put_interval(p->effect, p->interval, t));
    show_on(out, ", n=%d+%d, %s", p->n, p->m, say_p(p->test.p, q));
    show_on(out, " (least possible %s", put_p(p->test.least, q));
    if (p->holm != p->test.p) show_on(out, ", by Holm %s", put_p(p->holm, q));
    fputc(')', out);
    show_on(out, ", %s %s", better_name(c), put_interval(p->better.p, p->better.interval, r));
    if (differ && c->has_floor) say_nearer(p, a, b, out);
    if (p->cell < 0) say_middles(p, out);
    if (!differ && p->cell >= 0) say_needed(p, out);
    fputs(".\n", out);
}

static void say_landed(const struct compare *c, const struct comparison *p, FILE *out)
{
    const struct landing *l = p->landing;
    char q[TEXT_BYTES], a[NAME_BYTES], b[NAME_BYTES];
    if (p->b < 0 || l[0].landed * l[1].ended == l[1].landed * l[0].ended) return;
    say_where(c, p, out);
    show_on(out, "%d of %d runs with %s land and %d of %d with %s, %s.\n", l[0].landed, l[0].ended,
            level_name(c, p->a, a), l[1].landed, l[1].ended, level_name(c, p->b, b),
            say_p(p->landing_p, q));
}

void compare_say(const struct compare *c, FILE *out)
{
    enum { MOST = 24 };
    int said = 0;
    for (int i = 0; i < c->num_comparisons; i++) {
        const struct comparison *p = &c->comparison[i];
        if (p->cell >= 0 && said++ >= MOST) continue;
        say_landed(c, p, out);
        say_where(c, p, out);
        (p->b < 0 ? say_floor : say_levels)(c, p, out);
    }
    if (said > MOST) show_on(out, "And %d more cells: see the table.\n", said - MOST);
}

void compare_explain(const struct compare *c, FILE *out)
{
    int cells = 0, all = 0;
    bool paired = c->request.paired;
    for (int i = 0; i < c->num_comparisons; i++) {
        const struct comparison *p = &c->comparison[i];
        all += p->cell < 0;
        cells += p->cell >= 0 && !isnan(p->test.p);
    }
    show_on(out, "%s of runs %s%s.\n", c->metric, c->request.all ? "that are done" : "that landed",
            c->has_floor ? "; a is better where it is nearer to the floor" : "");
    if (of_floor(c)) {
        show_on(out, "Intervals of 95 %%: Student's t; of equality two one-sided tests.\n");
        return;
    }
    show_on(out,
            "In a cell: means, their difference with a 95 %% interval (%s t), Hedges' g, P with "
            "Newcombe's interval (from %d a side), exact permutation test%s, Holm over the %d "
            "of cells%s (p landed is not corrected).\n",
            paired ? "paired" : "Welch's", LEAST_LARGER, paired ? " of pairs" : "", cells,
            all > 1 ? " and over those of all cells" : "");
    if (all)
        show_on(out,
                "all: the mean over cells of differences, its interval by bootstrap within cells "
                "(Student's t below %d degrees of freedom), its p by permutation within cells "
                "(seed %llu); means are interquartile, of what is above the floor, with intervals "
                "from %d runs on; P with Newcombe's interval (from %d a side in each cell).\n",
                LEAST_BOOTSTRAP_DF, (unsigned long long)c->request.seed, LEAST_MIDDLES,
                LEAST_LARGER_OF_CELLS);
    if (*c->within) show_on(out, "Within cells runs differ in %s.\n", c->within);
    if (*c->also) show_on(out, "With %s also differ: %s.\n", c->request.between, c->also);
    if (c->unpaired) show_on(out, "%d values have no partner and are left out.\n", c->unpaired);
}

/* What tell prints, an empty line before it, wrapped as the terminal is wide. */
static int put_wrapped(const struct compare *c, void (*tell)(const struct compare *c, FILE *out),
                       FILE *out, struct status *st)
{
    struct sheet sheet;
    FILE *text = sheet_open(&sheet);
    if (text) tell(c, text);
    char *said = text ? sheet_close(&sheet, text, true, NULL) : NULL;
    if (!said) return status_no_memory(st, "what the comparisons say");
    fputc('\n', out);
    for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
        wrap_text(out, line, 2, 0, wrap_width(out));
    free(said);
    return STATUS_OK;
}

void compare_fill(const struct compare *c, enum table_format format, struct table *table)
{
    table->num_keys = (size_t)c->num_keys + (of_floor(c) ? 0 : 2);
    if (!table_is_for_people(format)) {
        fill_for_programs(c, format, table);
        return;
    }
    add_columns(c, format, table);
    for (int i = 0; i < c->num_comparisons; i++) add_row(c, &c->comparison[i], table);
}

int compare_print(const struct compare *c, enum table_format format, FILE *out, struct status *st)
{
    struct table table = {0};
    compare_fill(c, format, &table);
    int code = table_write(&table, format, out, st);
    table_free(&table);
    if (code || format != TABLE_TEXT) return code;
    code = put_wrapped(c, compare_say, out, st);
    if (!code) code = put_wrapped(c, compare_explain, out, st);
    fflush(out);
    return code;
}
