/* choose: see choose.h. Refuses to know what a run is: its values come from whoever asks. */
#include "choose.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ASKED = 4, MAX_VALUES = 8, NAME_BYTES = 64, VALUE_BYTES = 64 };

/* One run that is asked, and the names that it was asked for. */
struct asked {
    choose_lookup lookup;
    void *context;
    int run, num_names;
    char name[MAX_ASKED][NAME_BYTES];
};

static int ask(void *context, const char *name, struct expr_value *value, struct status *st)
{
    struct asked *a = context;
    bool known = a->num_names == MAX_ASKED || strlen(name) >= NAME_BYTES;
    for (int i = 0; i < a->num_names; i++) known = known || strcmp(a->name[i], name) == 0;
    if (!known) strcpy(a->name[a->num_names++], name);
    return a->lookup(a->context, a->run, name, value, st);
}

/* --- the values of a name --------------------------------------------------------------------- */

struct values {
    char text[MAX_VALUES][VALUE_BYTES]; /* the first different ones */
    int num;
    bool more, is_number;
    double least, largest;
};

static void note_value(struct values *v, const struct expr_value *value)
{
    char text[VALUE_BYTES] = "";
    bool number = value->is_number || !value->text;
    v->is_number = v->is_number && number;
    if (number && !isnan(value->number)) {
        v->least = fmin(v->least, value->number);
        v->largest = fmax(v->largest, value->number);
    }
    if (value->text)
        text_fit(text, sizeof text - 1, *value->text ? value->text : "none");
    else if (isnan(value->number))
        strcpy(text, "none");
    else
        snprintf(text, sizeof text, "%.10g", value->number);
    for (int i = 0; i < v->num; i++)
        if (strcmp(v->text[i], text) == 0) return;
    v->more = v->more || v->num == MAX_VALUES;
    if (v->num < MAX_VALUES) strcpy(v->text[v->num++], text);
}

/* "; hmm.states is 2, 3, 4", or "; run is 0 to 13" */
static int tell_values(struct asked *a, int name, int num, char *out, size_t bytes)
{
    struct values v = {.is_number = true, .least = INFINITY, .largest = -INFINITY};
    for (int run = 0; run < num; run++) {
        struct expr_value value = {.number = NAN};
        if (a->lookup(a->context, run, a->name[name], &value, NULL) == STATUS_OK)
            note_value(&v, &value);
        free(value.memory);
    }
    if (v.more && v.is_number)
        return snprintf(out, bytes, "; %s is %.10g to %.10g", a->name[name], v.least, v.largest);
    int n = snprintf(out, bytes, "; %s is ", a->name[name]);
    for (int i = 0; i < v.num; i++)
        n += snprintf(out + n, bytes - (size_t)n, "%s%s", i ? ", " : "", v.text[i]);
    return n + snprintf(out + n, bytes - (size_t)n, "%s", v.more ? ", ..." : "");
}

static void tell_none(struct asked *a, int num, struct status *st)
{
    char text[MAX_ASKED * (NAME_BYTES + MAX_VALUES * (VALUE_BYTES + 2) + 16)] = "";
    int n = 0;
    for (int i = 0; i < a->num_names; i++)
        n += tell_values(a, i, num, text + n, sizeof text - (size_t)n);
    status_set(st, STATUS_OK, "--where chooses none of the %d run%s%s", num, num == 1 ? "" : "s",
               text);
}

/* --- the choice ---------------------------------------------------------------------------------
 */

int choose_runs(const char *expr, choose_lookup lookup, void *context, int num, bool *keep,
                int *num_kept, struct status *st)
{
    struct asked asked = {.lookup = lookup, .context = context};
    int code = expr ? expr_check(expr, st) : STATUS_OK;
    *num_kept = 0;
    for (asked.run = 0; asked.run < num && !code; asked.run++) {
        keep[asked.run] = true;
        if (expr) code = expr_eval(expr, ask, &asked, &keep[asked.run], st);
        *num_kept += keep[asked.run];
    }
    if (!code && expr && *num_kept == 0) tell_none(&asked, num, st);
    return code;
}
