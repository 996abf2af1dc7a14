/* effects: see effects.h. Expansion notes what held and what was added; here it is told. */
#include "effects.h"

#define WARN(warnings, node, ...) faults_add((warnings), (node)->line, (node)->column, __VA_ARGS__)

static bool ever_held(const struct axes *rule)
{
    bool held = rule->count == 0;
    for (int j = 0; rule->count && j < rule->item[0].count; j++)
        held = held || rule->item[0].value[j].used;
    return held;
}

/* Values among alternatives that no cell had when the rest of the rule held. A list of numbers was
 * also read as one value, which stands nowhere. */
static void warn_of_values(const struct axes *rule, const char *what, struct faults *warnings)
{
    for (int i = 0; i < rule->count; i++) {
        const struct axis *axis = &rule->item[i];
        bool twofold = axis->count && !axis->value[axis->count - 1].at;
        for (int j = 0; j < axis->count && !twofold; j++)
            if (!axis->value[j].used)
                WARN(
                    warnings, axis->value[j].at,
                    "%s: no cell has this value of %s together with the rest; correct or remove it",
                    what, axis->row->key);
    }
}

static void warn_of_rule(const struct axes *rule, const struct node *at, const char *what,
                         struct faults *warnings)
{
    if (ever_held(rule))
        warn_of_values(rule, what, warnings);
    else
        WARN(warnings, at, "%s: matches no cell, so it does nothing; correct or remove it", what);
}

/* Does an override behind it ask for what it sets? */
static bool is_asked_for(const struct grid *grid, const struct override *override)
{
    for (const struct override *o = override + 1; o < grid->override + grid->num_overrides; o++)
        for (int i = 0; i < o->when.count; i++)
            for (int k = 0; k < override->set.count; k++)
                if (o->when.item[i].row == override->set.item[k].row) return true;
    return false;
}

static void warn_of_override(const struct grid *grid, const struct override *override,
                             struct faults *warnings)
{
    warn_of_rule(&override->when, override->at, "overrides", warnings);
    if (!ever_held(&override->when)) return;
    if (!override->changed)
        WARN(warnings, override->at,
             "overrides: sets what its cells have already, so it does nothing; correct or remove "
             "it");
    else if (!override->lasted && !is_asked_for(grid, override))
        WARN(warnings, override->at,
             "overrides: all that it sets is set again by those behind it, so it does nothing; "
             "correct or remove it");
}

static void warn_of_reseed(const struct grid *grid, struct faults *warnings)
{
    const struct assign *set = grid->is_reseeded ? NULL : grid->reseed;
    if (!set) return;
    const char *option = set->option ? set->option : "";
    faults_add(warnings, set->option ? 0 : set->at->line, set->option ? 0 : set->at->column,
               "%s%.100s%sreseed.max: does nothing where every run is accepted; set "
               "accept.max_excess_loss too, or remove it",
               set->option ? "--set " : "", option, set->option ? ": " : "");
}

void effects_warn(const struct grid *grid, bool with_options, struct faults *warnings)
{
    for (int i = 0; i < grid->num_excludes; i++)
        warn_of_rule(&grid->exclude[i], grid->exclude[i].at, "exclude", warnings);
    for (int i = 0; i < grid->num_overrides; i++)
        warn_of_override(grid, &grid->override[i], warnings);
    warn_of_reseed(grid, warnings);
    for (int i = 0; i < grid->num_blocks; i++) {
        const struct block *block = &grid->block[i];
        if (!block->num_left)
            WARN(warnings, block->at, "block %s: exclude takes every cell of it", block->name);
        else if (!block->num_added && !with_options)
            WARN(warnings, block->at, "block %s: adds no cell; all of them stand before it",
                 block->name);
    }
    for (int i = 0; i < grid->num_includes && !with_options; i++)
        if (!grid->include[i].num_added)
            WARN(warnings, grid->include[i].at,
                 "include: adds no cell; this one is in the grid already");
}
