/* library: a program of one's own on the installed library: trains a small network, measures it and
 * takes it apart, as the study of library.sh does. usage: library RUN_KEY
 */
#include <hmmgrid/analyse.h>
#include <hmmgrid/measure.h>
#include <hmmgrid/train.h>
#include <stdio.h>

enum { SEED = 3, EPOCHS = 4, SEQUENCES = 50, LENGTH = 8, MOST = 1000 };

static int study_one(struct settings *s, const char *key, struct status *st)
{
    static float train_loss[EPOCHS], val_loss[EPOCHS], last[MOST], best[MOST];
    static uint8_t symbols[SEQUENCES * LENGTH];
    struct train_output trained = {
        .train_loss = train_loss, .val_loss = val_loss, .last = last, .best = best};
    struct rnn_shape shape = rnn_shape_of(s);
    struct hmm hmm = {0};
    struct measures measures = {0};
    struct analyses analyses = {0};

    char training_key[RUN_KEY_BYTES];
    settings_training_key(s, SEED, training_key);
    int code = hmm_init(&hmm, s, st);
    if (!code) code = train_run(s, &hmm, training_key, SEED, NULL, &trained, st);
    if (!code)
        code = rnn_generate(shape, best, s->measure.generation, s->rnn.initial_state,
                            rng_stream(SEED, key, "measure_network"), 0, SEQUENCES, LENGTH, symbols,
                            NULL, st);
    if (!code)
        code = measure_run(s, &hmm, key, SEED, (struct sample){symbols, SEQUENCES, LENGTH}, NULL,
                           NULL, &measures, st);
    if (!code) code = analyses_init(&analyses, s, st);
    if (!code) code = analyse_network(s, shape, best, &hmm, NULL, &analyses, st);

    if (!code) printf("runs/best_val_loss %.17g\n", trained.best_val_loss);
    for (int i = 0; !code && i < num_metrics; i++)
        if (metrics_table[i].num_dims == 0)
            printf("runs/%s %.17g\n", metrics_table[i].name, measures.value[i][0]);
    for (int i = 0; !code && i < num_analyses; i++)
        for (int j = 0; analyses.value[i] && j < analysis_table[i]->num_outputs; j++)
            if (analysis_table[i]->output[j].num_dims == 0)
                printf("analysis/%s/%s %.17g\n", analysis_table[i]->name,
                       analysis_table[i]->output[j].name, analyses.value[i][j][0]);
    analyses_free(&analyses);
    measures_free(&measures);
    hmm_free(&hmm);
    return code;
}

int main(int argc, char **argv)
{
    struct settings s;
    struct status st = {0};
    settings_default(&s);
    s.hmm.states = 3;
    s.data.sequences = 120;
    s.data.length = LENGTH;
    s.rnn.hidden = 8;
    s.rnn.noise_dim = 2;
    s.train.epochs = EPOCHS;
    s.train.batch = 40;
    s.measure.sequences = SEQUENCES;
    for (int i = 0; i < num_analyses; i++) analysis_enable(analysis_table[i], false, &s);
    analysis_enable(analysis_find("readout"), true, &s);
    s.analysis.steps = 1000;
    if (settings_resolve(&s, NULL, &st) || study_one(&s, argc > 1 ? argv[1] : "", &st))
        fprintf(stderr, "library: %s\n", st.text);
    return st.code != 0;
}
