/* check: the verb that reads a grid and says all that is wrong with it, or what it makes.
 * Refuses to write anything. */
#include "cli.h"

#include "base/show.h"
#include "plan/plan.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static const struct cli_option check_options[] = {
    {"set", 0, "KEY=VALUE", NULL, true, "override a setting of every run"},
    {"seeds", 0, "LIST", NULL, false, "seeds instead of the grid's, such as 0-9 or 0-4,10"},
    {0},
};

/* paper.yaml: ok: 150 runs (50 cells x 3 seeds), cells of linear-chain 48, cyclic 2 */
static void print_summary(FILE *out, const struct plan *plan)
{
    enum { MAX_SHOWN = 12 };
    const char *name[MAX_SHOWN];
    char text[PLAN_COUNT_BYTES];
    int count[MAX_SHOWN] = {0}, num = 0, others = 0;
    for (int i = 0, k; i < plan->num_cells; i++) {
        for (k = 0; k < num && strcmp(name[k], plan->cells[i].block) != 0; k++) {
        }
        if (k == MAX_SHOWN) {
            others++;
            continue;
        }
        if (k == num) name[num++] = plan->cells[i].block;
        count[k]++;
    }
    plan_count(plan, plan->num_runs, NULL, text);
    show_on(out, "%s: ok: %s", plan->file, text);
    for (int k = 0; k < num && num > 1; k++)
        show_on(out, "%s %s %d", k ? "," : ", cells of", name[k], count[k]);
    if (others) show_on(out, ", others %d", others);
    if (plan->num_duplicates)
        show_on(out, "; %d duplicate entr%s merged", plan->num_duplicates,
                plan->num_duplicates == 1 ? "y" : "ies");
    fputc('\n', out);
}

static int run_check(const struct invocation *inv)
{
    struct status st = {0};
    struct plan plan = {0};
    int code = cli_plan(inv, &plan, &st);
    if (!code) code = store_check_start_weights(&plan, &st);
    if (!code)
        print_summary(inv->out, &plan);
    else
        code = cli_fail_input(inv, &st);
    plan_free(&plan);
    return code;
}

const struct verb verb_check = {
    .name = "check",
    .operands = "GRID",
    .num_operands = 1,
    .summary = "every error of a grid, with its line and column",
    .description =
        "Reads a grid (\"-\": standard input), expands it and prints every error it finds as "
        "file:line:column: what, why, what to do; then the exit code is 65. Without errors it "
        "prints one line with the number of runs. 'hmmgrid help settings' lists what a grid can "
        "set.\n"
        "\n"
        "  hmmgrid check experiments/paper.yaml --set train.epochs=10",
    .options = check_options,
    .run = run_check,
};
