/* resolve: what one setting alone cannot tell: the HMM by its family's row (families.h), parts of
 * the data against the split; and the values that follow from others. Idempotent. Refuses to
 * correct what was written. Source: SCIENCE 1.1 and DESIGN section 2. */
#include "families.h"

#include "value.h"

#include <math.h>

/* A number that was computed, or set by a C program: texts were checked as they were read. */
static int check_range(const struct setting *row, double x, struct refusal *r)
{
    char range[80];
    if (isnan(x) || value_in_range(row, x)) return STATUS_OK;
    return REFUSE(r, row->key, "%s: %.10g is out of range; give a value %s", row->key, x,
                  value_range_text(row, range));
}

static int check_ranges(const struct settings *s, struct refusal *r)
{
    int code = STATUS_OK;
    for (int i = 0; i < num_settings && !code; i++) {
        const struct setting *row = &settings_table[i];
        struct value value = value_load(s, row);
        for (int k = 0; k < value.list.count && !code; k++)
            code = check_range(row, value.list.value[k], r);
        if (!code && !row->names && row->type != SETTING_COUNT_OR_SHARE)
            code = check_range(row, value.number, r);
    }
    return code;
}

void settings_split(const struct settings *s, int part[3])
{
    const double *share = s->data.split.value;
    double sum = share[0] + share[1] + share[2];
    /* 1e-6: 7:2:1 of 90 is 63, 18 and 9, whichever way the division rounds */
    part[0] = (int)(s->data.sequences * (share[0] / sum) + 1e-6);
    part[1] = (int)(s->data.sequences * (share[1] / sum) + 1e-6);
    part[2] = s->data.sequences - part[0] - part[1];
}

static int resolve_data(struct settings *s, struct refusal *r)
{
    int part[3];
    if (s->data.split.count != 3)
        return REFUSE(r, "data.split",
                      "data.split: %d shares given, 3 needed: training, validation and test",
                      s->data.split.count);
    if (s->train.betas.count != 2)
        return REFUSE(r, "train.betas", "train.betas: %d numbers given, 2 needed",
                      s->train.betas.count);
    settings_split(s, part);
    for (int i = 0; i < 2; i++)
        if (part[i] < 1)
            return REFUSE(r, "data.split",
                          "data.split: leaves no sequence for the %s part of %d; give it a larger "
                          "share or more data.sequences",
                          i ? "validation" : "training", s->data.sequences);
    if (s->measure.length == 0) s->measure.length = s->data.length;
    if (s->measure.length < 2)
        return REFUSE(r, "measure.length",
                      "measure.length: %d is too short to measure transitions; give at least 2, or "
                      "0 for data.length",
                      s->measure.length);
    return STATUS_OK;
}

/* A row of analysis.kick_units: two symbols, then units, then -1s where other rows have more. */
static int check_kick_row(const struct settings *s, int row, struct refusal *r)
{
    const struct matrix *m = &s->analysis.kick_units;
    const double *x = m->value + row * m->cols;
    for (int i = 0; i < m->cols; i++) {
        int most = i < 2 ? s->hmm.symbols : s->rnn.hidden;
        if (i > 2 && x[i] == -1 && (i + 1 == m->cols || x[i + 1] == -1)) continue;
        if (x[i] != floor(x[i]) || x[i] < 0 || x[i] >= most)
            return REFUSE(
                r, "analysis.kick_units",
                "analysis.kick_units: %.10g in row %d is no %s; give whole numbers from 0 "
                "to %d",
                x[i], row + 1, i < 2 ? "symbol" : "hidden unit", most - 1);
        for (int j = i < 2 ? 0 : 2; j < i; j++)
            if (x[j] == x[i])
                return REFUSE(r, "analysis.kick_units",
                              "analysis.kick_units: row %d has %s %.10g twice; give different ones",
                              row + 1, i < 2 ? "symbol" : "unit", x[i]);
    }
    for (int j = 0; j < row; j++)
        if (m->value[j * m->cols] == x[0] && m->value[j * m->cols + 1] == x[1])
            return REFUSE(
                r, "analysis.kick_units",
                "analysis.kick_units: rows %d and %d are of one direction; put their units "
                "into one row",
                j + 1, row + 1);
    return STATUS_OK;
}

static int check_kick_units(const struct settings *s, struct refusal *r)
{
    const struct matrix *m = &s->analysis.kick_units;
    int half = s->rnn.hidden / 2, most = half < MAX_KICK_SET ? half : MAX_KICK_SET,
        code = STATUS_OK;
    if (m->rows > MAX_DIRECTIONS || (m->rows && (m->cols < 3 || m->cols > 2 + most)))
        return REFUSE(r, "analysis.kick_units",
                      "analysis.kick_units: %d x %d numbers; give at most %d rows, each of two "
                      "symbols (left, entered) and 1 to %d units (at most half of all)",
                      m->rows, m->cols, MAX_DIRECTIONS, most);
    for (int row = 0; row < m->rows && !code; row++) code = check_kick_row(s, row, r);
    return code;
}

static int resolve_analysis(struct settings *s, struct refusal *r)
{
    if (s->analysis.evolution && s->train.snapshots == 0)
        return REFUSE(r, "analysis.evolution",
                      "analysis.evolution: needs the weights of several epochs; set "
                      "train.snapshots, to 10 for instance, or analysis.evolution to false");
    if (s->analysis.evolution && s->analysis.mode != MODE_FULL)
        return REFUSE(r, "analysis.mode",
                      "analysis.mode: the training history is that of the full network; set "
                      "analysis.evolution to false, or analysis.mode to full");
    return check_kick_units(s, r);
}

int settings_resolve(struct settings *s, const char **key, struct status *st)
{
    const char *unused = NULL;
    struct refusal refusal = {.key = key ? key : &unused, .st = st};
    *refusal.key = NULL;
    int code = check_ranges(s, &refusal);
    if (!code) code = families_resolve(s, &refusal);
    if (!code) code = resolve_data(s, &refusal);
    if (!code) code = resolve_analysis(s, &refusal);
    return code;
}
