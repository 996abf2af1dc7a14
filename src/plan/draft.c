/* draft: see draft.h. Refuses to report: whoever knows the places does. */
#include "draft.h"

void draft_set(struct draft *draft, const struct assign *assign)
{
    value_store(&draft->settings, assign->row, &assign->value);
    draft->origin[setting_index(assign->row)] = assign;
}

void draft_set_all(struct draft *draft, const struct assigns *assigns)
{
    for (int i = 0; i < assigns->count; i++) draft_set(draft, &assigns->item[i]);
}

const struct assign *draft_origin(const struct draft *draft, const char *key)
{
    return draft->origin[setting_index(settings_find(key))];
}

static void derive(struct draft *draft, const char *key, const char *from)
{
    draft->origin[setting_index(settings_find(key))] = draft_origin(draft, from);
}

/* Matrices say how many states and symbols there are, unless the grid does; from then on they are
 * where these came from. */
static void fill_sizes(struct draft *draft)
{
    struct settings *s = &draft->settings;
    const struct matrix *transition = &s->hmm.transition, *emission = &s->hmm.emission_matrix;
    bool is_matrix = s->hmm.emission == EMISSION_MATRIX;
    bool by_transition = s->hmm.architecture == CUSTOM && transition->rows;
    if (!draft_origin(draft, "hmm.states") && (by_transition || is_matrix)) {
        s->hmm.states = by_transition ? transition->rows : emission->rows;
        derive(draft, "hmm.states", by_transition ? "hmm.transition" : "hmm.emission");
    }
    if (!draft_origin(draft, "hmm.symbols") && is_matrix) {
        s->hmm.symbols = emission->cols;
        derive(draft, "hmm.symbols", "hmm.emission");
    }
}

struct settings draft_view(const struct draft *draft)
{
    struct draft view = *draft;
    fill_sizes(&view);
    settings_resolve(&view.settings, NULL, NULL);
    return view.settings;
}

int draft_resolve(struct draft *draft, bool elsewhere, const char **key, struct status *st)
{
    fill_sizes(draft);
    int code = settings_resolve(&draft->settings, key, st);
    if (code || elsewhere || draft->settings.hmm.architecture != UNKNOWN_HMM) return code;
    *key = "hmm.architecture";
    return status_set(st, STATUS_BAD_GRID,
                      "hmm.architecture: unknown is for networks trained elsewhere (hmmgrid "
                      "analyse); name the HMM to train on");
}

/* Does it resolve with the options but number `without`? */
static bool resolves(struct draft draft, const struct assigns *options, int without, bool elsewhere)
{
    const char *key;
    for (int i = 0; i < options->count; i++)
        if (i != without) draft_set(&draft, &options->item[i]);
    return draft_resolve(&draft, elsewhere, &key, NULL) == STATUS_OK;
}

const struct assign *draft_option_at_fault(const struct draft *draft, const struct assigns *options,
                                           bool elsewhere)
{
    if (!options->count || !resolves(*draft, &(struct assigns){0}, 0, elsewhere)) return NULL;
    for (int i = options->count - 1; i >= 0; i--)
        if (resolves(*draft, options, i, elsewhere)) return &options->item[i];
    return &options->item[options->count - 1];
}
