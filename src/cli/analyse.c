/* analyse: the analyses alone, on one network trained anywhere. Refuses networks other than one
 * ReLU layer with a linear readout (the store's reader says which). The results file has one run,
 * in the form of any study's, so every verb that reads results reads it. */
#include "cli.h"

#include "base/clock.h"
#include "base/kernel.h"
#include "base/linalg.h"
#include "study/study.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The grid of this one network: the run's own settings, or sizes and an unknown HMM. The run's key
 * is not asked for: analyses depend on the weights alone, and another version had other keys. */
static int make_grid(const struct imported *network, char **text, struct status *st)
{
    struct decoded_run run = {.seed = 0};
    if (network->resolved && *network->resolved) {
        int code = plan_parse_json(network->resolved, &run, st);
        if (code) return code;
    }
    struct settings s = run.settings;
    if (network->resolved && *network->resolved && s.hmm.symbols != network->shape.symbols) {
        decoded_run_free(&run);
        return status_set(st, STATUS_BAD_GRID,
                          "hmm.symbols is %d, but fc.weight has %d rows; where the weights are of "
                          "another network, delete the attribute",
                          s.hmm.symbols, network->shape.symbols);
    }
    if (!network->resolved || !*network->resolved) {
        settings_default(&s);
        s.hmm.architecture = UNKNOWN_HMM;
    }
    s.hmm.symbols = network->shape.symbols;
    s.rnn.hidden = network->shape.hidden;
    s.rnn.noise_dim = network->shape.noise_dim;
    s.rnn.bias = network->shape.bias;
    analyses_turn_on(&s, network->num_snapshots > 0); /* whatever the run had */
    if (network->num_snapshots > 0) {
        s.train.snapshots = network->num_snapshots > 1 ? network->snapshot_epoch[1] : 1;
        s.train.epochs = network->snapshot_epoch[network->num_snapshots - 1];
    }
    *text = plan_run_yaml(&s, run.seed, "analyse");
    decoded_run_free(&run);
    return *text ? STATUS_OK : status_no_memory(st, "the network");
}

/* An output in which only the network, its HMM and its analyses are known. */
static int make_output(const struct settings *s, const struct imported *network,
                       struct run_output *out, struct status *st)
{
    size_t epochs = (size_t)train_num_epochs(s),
           bytes = rnn_num_params(network->shape) * sizeof(float);
    *out = (struct run_output){
        .shape = network->shape, .accepted = 1, .loss_z = NAN, .excess = {NAN, NAN}};
    struct train_output *t = &out->train;
    t->best_val_loss = t->final_val_loss = t->loss_floor = t->loss_floor_sd = NAN;
    t->train_loss = malloc(epochs * sizeof(float));
    t->val_loss = malloc(epochs * sizeof(float));
    t->last = malloc(bytes);
    t->best = malloc(bytes);
    if (!t->train_loss || !t->val_loss || !t->last || !t->best)
        return status_no_memory(st, "the network");
    for (size_t i = 0; i < epochs; i++) t->train_loss[i] = t->val_loss[i] = NAN;
    memcpy(t->last, network->params, bytes);
    memcpy(t->best, network->params, bytes);
    out->kernel = kernel_name();
    out->blas_core = linalg_core();
    int code = s->hmm.architecture == UNKNOWN_HMM ? STATUS_OK : hmm_init(&out->hmm, s, st);
    if (!code) code = measures_init(&out->measures, s->hmm.symbols, s->measure.length, st);
    if (!code) code = analyses_init(&out->analyses, s, st);
    return code;
}

static void warn(const struct invocation *inv, const struct settings *s, const struct analyses *a)
{
    double number[NUM_DIVERGENCE];
    struct divergence d;
    for (int i = 0; i < NUM_DIVERGENCE; i++) number[i] = analyses_number(a, divergence_column[i]);
    if (divergence_tell(number, s, &d))
        log_line(&inv->log, LOG_WARNING, "%s diverges: %s (%s)", inv->operand[0], d.when, d.so);
}

static int analyse(const struct invocation *inv, const struct plan *plan, struct imported *network,
                   struct status *st)
{
    const struct settings *s = &plan->cells[0].settings;
    struct run_output out = {.accepted = 0};
    struct analyse_options options = {.snapshots = network->snapshots,
                                      .snapshot_epoch = network->snapshot_epoch,
                                      .num_snapshots = network->num_snapshots};
    int code = kernel_check(st);
    if (!code) code = linalg_start(st);
    if (!code && network->num_snapshots != train_num_snapshots(s) && s->analysis.evolution)
        code = status_set(
            st, STATUS_USAGE,
            "%s: its %d snapshots are not those of epoch 0, every so many, and the last; "
            "--set analysis.evolution=false leaves them out",
            inv->operand[0], network->num_snapshots);
    if (!code) code = make_output(s, network, &out, st);
    if (!code)
        code = analyse_network(s, network->shape, network->params, out.hmm.states ? &out.hmm : NULL,
                               &options, &out.analyses, st);
    if (!code) warn(inv, s, &out.analyses);
    if (code == STATUS_RUN_FAILED)
        code = st->code = STATUS_NO_INPUT; /* bad weights: no run to fail */
    if (train_num_snapshots(s) == network->num_snapshots) {
        out.train.snapshots = network->snapshots;
        network->snapshots = NULL; /* the output's now */
    }
    if (!code)
        code = study_write_single(cli_value(inv, "output"), plan, &out, clock_cpu_s(),
                                  inv->command_line, cli_flag(inv, "fresh"), st);
    run_output_free(&out);
    return code;
}

static bool is_of(const struct setting *row, const char *section)
{
    return strncmp(row->key, section, strlen(section)) == 0;
}

/* One --set against the plan without any: does it say what the network is not, or nothing? */
static int check_option(const char *option, const struct plan *before, const struct plan *plan,
                        struct status *st)
{
    char key[80];
    size_t n = strcspn(option, "=");
    snprintf(key, sizeof key, "%.*s", n < 79 ? (int)n : 79, option);
    const struct setting *row = settings_find(key);
    const struct settings *s = &plan->cells[0].settings;
    if (strcmp(key, "analysis") == 0) return STATUS_OK;
    if (!row || !(row->analysed || is_of(row, "analysis.") || is_of(row, "hmm."))) {
        bool of_study = row && row->scope == SCOPE_STUDY;
        if (row && settings_equal(of_study ? &before->study_settings : &before->cells[0].settings,
                                  of_study ? &plan->study_settings : s, row))
            return STATUS_OK;
        return status_set(st, STATUS_BAD_GRID,
                          "--set %.100s: changes nothing in the analyses of a network that is "
                          "trained already; leave it out",
                          option);
    }
    if (s->hmm.architecture != UNKNOWN_HMM || !is_of(row, "hmm.") ||
        settings_equal(&before->cells[0].settings, s, row))
        return STATUS_OK;
    return status_set(st, STATUS_BAD_GRID,
                      "--set %.100s: the HMM is unknown, so this would not be used; set "
                      "hmm.architecture too (custom, where you give its matrices)",
                      option);
}

static int check_sizes(const struct settings *s, struct rnn_shape shape, struct status *st)
{
    if (s->rnn.hidden == shape.hidden && s->rnn.noise_dim == shape.noise_dim &&
        s->hmm.symbols == shape.symbols)
        return STATUS_OK;
    return status_set(st, STATUS_BAD_GRID,
                      "--set: the sizes of the network are those of its weights: %d hidden units, "
                      "%d inputs, %d symbols",
                      shape.hidden, shape.noise_dim, shape.symbols);
}

/* The plan of this one network, with --set. A fault is of the settings that the file brings, or of
 * --set: the grid between them is nobody's text. */
static int make_plan(const struct invocation *inv, const struct imported *network,
                     struct plan *plan, struct status *st)
{
    const char *file = inv->operand[0], *const *sets = NULL;
    char *text = NULL;
    int num_sets = cli_values(inv, "set", &sets);
    int code = make_grid(network, &text, st);
    if (!code) code = plan_read(plan, NULL, text, strlen(text), NULL, 0, st);
    if (code == STATUS_BAD_GRID)
        status_prefix(st, "%s: its attribute run, the settings that `hmmgrid export` kept: ", file);
    struct plan before = *plan;
    if (!code && num_sets) {
        code = plan_read(plan, NULL, text, strlen(text), sets, num_sets, st);
        if (code == STATUS_BAD_GRID && strncmp(st->text, "--set", strlen("--set")) != 0)
            status_prefix(st, "--set: ");
        if (!code) code = check_sizes(&plan->cells[0].settings, network->shape, st);
        for (int i = 0; i < num_sets && !code; i++) code = check_option(sets[i], &before, plan, st);
        plan_free(&before);
    }
    free(text);
    return code;
}

/* What was taken for granted. */
static void say(const struct invocation *inv, const struct imported *network)
{
    if (*network->prefix)
        log_line(&inv->log, LOG_INFO, "%s: its names begin with %s, which is left off",
                 inv->operand[0], network->prefix);
    if (!network->says_relu)
        log_line(
            &inv->log, LOG_WARNING,
            "%s does not say that its units are ReLU; taken as such. torch.nn.RNN has tanh unless "
            "told otherwise: write its attribute nonlinearity too, see 'hmmgrid analyse --help'",
            inv->operand[0]);
}

static int run_analyse(const struct invocation *inv)
{
    struct status st = {0};
    struct imported network = {.params = NULL};
    struct plan plan = {0};
    const char *const *ignore = NULL;
    int num_ignore = cli_values(inv, "ignore", &ignore);
    int code =
        cli_value(inv, "output")
            ? STATUS_OK
            : status_set(&st, STATUS_USAGE, "analyse: -o FILE.h5 is missing: the file to make");
    if (!code) code = store_import_weights(inv->operand[0], ignore, num_ignore, &network, &st);
    if (!code) say(inv, &network);
    if (!code) code = make_plan(inv, &network, &plan, &st);
    if (!code) code = analyse(inv, &plan, &network, &st);
    if (code) code = cli_fail(inv, &st);
    plan_free(&plan);
    store_imported_free(&network);
    return code;
}

static const struct cli_option options[] = {
    {"output", 'o', "FILE.h5", NULL, false, "the results file to make"},
    {"set", 0, "KEY=VALUE", NULL, true,
     "a setting of the analyses, such as analysis.steps=10000, or of the HMM that the network was "
     "trained on, such as hmm.architecture=linear-chain"},
    {"ignore", 0, "NAMES", NULL, true,
     "datasets of the file that the network does not need, comma-separated, * for any letters: "
     "'norm.*,mask'; every other one that is not used is refused, for it may change the network"},
    {"fresh", 0, NULL, NULL, false, "replace an existing results file"},
    {0},
};

const struct verb verb_analyse = {
    "analyse",
    "WEIGHTS.h5",
    1,
    "the analyses alone, on a network trained anywhere",
    "Takes a ReLU network apart. WEIGHTS.h5 is what `hmmgrid export` writes, or any HDF5 file that "
    "holds a PyTorch state_dict, a dataset a tensor:\n\n"
    "  rnn.weight_ih_l0 (H, D)   rnn.weight_hh_l0 (H, H)   fc.weight (K, H)\n"
    "  rnn.bias_ih_l0 (H)        rnn.bias_hh_l0 (H)        fc.bias (K)      or none\n\n"
    "in floats of 16, 32 or 64 bits; one prefix before all names, such as module. or model., is "
    "left off, and groups count as prefixes. The attribute nonlinearity is \"relu\". Refused are "
    "integers (bfloat16 kept as its bits), values that are not finite, networks of another kind, "
    "and datasets that would not be used, unless --ignore names them. In Python, of a "
    "torch.nn.Module with rnn and fc:\n\n"
    "  with h5py.File(\"weights.h5\", \"w\") as f:\n"
    "      for k, v in module.state_dict().items(): f[k] = v.float().cpu().numpy()\n"
    "      f.attrs[\"nonlinearity\"] = module.rnn.nonlinearity\n\n"
    "The results file has one run, so summary, why and h5py read it like any other. Every analysis "
    "is on unless --set turns it off. A network of `hmmgrid export` brings its HMM and the "
    "parameters of its analyses along, and gets the same bits as in its study; of others the HMM "
    "is unknown unless --set tells it, and what needs one stays empty.\n\n"
    "  hmmgrid analyse weights.h5 -o network.h5 --set hmm.architecture=linear-chain\n"
    "  hmmgrid summary network.h5\n"
    "  hmmgrid summary network.h5 --metrics pca.dimension,orbit.rotation_number",
    options,
    .run = run_analyse,
};
