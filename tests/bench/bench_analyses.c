/* bench_analyses: what each analysis of a trained network costs beside the training of its run:
 * seconds of this core and share. Refuses to judge. The runs' seconds are those of `plan
 * --calibrate`, measured on pieces in this process, with the run's own settings.
 *
 * usage: bench_analyses WEIGHTS.h5...     files of `hmmgrid export`
 */
#include "forecast/calibrate.h"
#include "base/linalg.h"
#include "plan/plan.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check(int code, const struct status *st)
{
    if (!code) return;
    fprintf(stderr, "bench_analyses: %s\n", st->text);
    exit(1);
}

static void row(const char *network, const char *quantity, double value, const char *unit,
                const char *meaning)
{
    printf("analyses\t%s\t%s\t%.4g\t%s\t%s\n", network, quantity, value, unit, meaning);
    fflush(stdout);
}

static double training_s(struct settings s)
{
    const struct settings *cell[1] = {&s};
    struct calibrated calibrated;
    struct status st;
    int num;
    for (int a = 0; a < num_analyses; a++) analysis_enable(analysis_table[a], false, &s);
    check(calibrate_by_model(cell, 1, &calibrated, &num, &st), &st);
    check(calibrate_measure(cell, 1, 1e9, NULL, &calibrated, &num, &st), &st);
    return calibrated.run_s;
}

static void bench_network(const char *path)
{
    struct imported network;
    struct decoded_run run;
    struct hmm hmm;
    struct analyses analyses;
    struct status st;
    char name[64];
    check(store_import_weights(path, NULL, 0, &network, &st), &st);
    if (!network.resolved) {
        fprintf(stderr, "bench_analyses: %s: not a file of hmmgrid export\n", path);
        exit(1);
    }
    check(plan_parse_json(network.resolved, &run, &st), &st);
    struct settings s = run.settings;
    analyses_turn_on(&s, false);
    check(hmm_init(&hmm, &s, &st), &st);
    check(analyses_init(&analyses, &s, &st), &st);
    const char *slash = strrchr(path, '/');
    snprintf(name, sizeof name, "%s", slash ? slash + 1 : path);
    name[strcspn(name, ".")] = '\0';
    double training = training_s(s), sum = 0;
    check(analyse_network(&s, network.shape, network.params, &hmm, NULL, &analyses, &st), &st);
    row(name, "training", training, "s", "one run of these settings without analyses, calibrated");
    for (int a = 0; a < num_analyses; a++) {
        if (!analyses.value[a]) continue;
        row(name, analysis_table[a]->name, analyses.cpu_s[a], "s",
            analysis_meaning(analysis_table[a]));
        sum += analyses.cpu_s[a];
    }
    row(name, "all analyses", sum, "s", "what the first one shares with others included");
    row(name, "share of training", sum / training, "x", "all analyses over training");
    analyses_free(&analyses);
    hmm_free(&hmm);
    decoded_run_free(&run);
    store_imported_free(&network);
}

int main(int argc, char **argv)
{
    struct status st;
    const char *core = linalg_advised_core(); /* as the program does */
    if (core && setenv("OPENBLAS_CORETYPE", core, 1) == 0) execv("/proc/self/exe", argv);
    check(linalg_start(&st), &st);
    for (int i = 1; i < argc; i++) bench_network(argv[i]);
    return 0;
}
