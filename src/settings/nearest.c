/* nearest: what somebody meant by a key that is no setting: another section, another spelling, or
 * what other programs of the field call it. Refuses to take the value: it only advises. */
#include "hmmgrid/settings.h"

#include "base/spelling.h"

#include <stdio.h>
#include <string.h>

/* Names that PyTorch, hmmlearn and papers have for a setting, or for what hmmgrid has not. */
static const struct alias {
    const char *names; /* a blank on either side of each */
    const char *key;   /* NULL: the answer tells what there is */
    const char *answer;
} aliases[] = {
    {" lr learning_rates step_size alpha ", "train.learning_rate", NULL},
    {" hidden_size hidden_dim hidden_units n_hidden num_hidden units n_units h ", "rnn.hidden",
     NULL},
    {" input_size input_dim noise_size n_inputs num_inputs d ", "rnn.noise_dim", NULL},
    {" use_bias biases ", "rnn.bias", NULL},
    {" h0 init_state ", "rnn.initial_state", NULL},
    {" batch_size batchsize bs minibatch ", "train.batch", NULL},
    {" epoch num_epochs n_epochs max_epochs n_iter iterations ", "train.epochs", NULL},
    {" clip grad_clip gradient_clip clip_grad clip_grad_norm max_norm max_grad_norm ",
     "train.clip_norm", NULL},
    {" l2 wd decay regularization ", "train.weight_decay", NULL},
    {" beta1 beta2 beta ", "train.betas", NULL},
    {" eps epsilon ", "train.adam_eps", NULL},
    {" tau gumbel_temperature temp ", "train.temperature", NULL},
    {" n_states num_states n_components m ", "hmm.states", NULL},
    {" n_symbols num_symbols n_outputs num_outputs output_size vocab_size n_features alphabet k ",
     "hmm.symbols", NULL},
    {" transmat transition_matrix transitions a ", "hmm.transition", NULL},
    {" emissionprob emission_matrix emissions b ", "hmm.emission", NULL},
    {" startprob start_prob initial_distribution pi ", "hmm.start", NULL},
    {" family topology ", "hmm.architecture", NULL},
    {" seq_len seq_length sequence_length n_steps num_steps timesteps t ", "data.length", NULL},
    {" n_sequences num_sequences n_samples num_samples n ", "data.sequences", NULL},
    {" dropout ", NULL, "there is no dropout; all that is random in a network is its noise"},
    {" optimizer optimiser solver momentum ", NULL,
     "the optimiser is Adam: train.learning_rate, train.betas, train.adam_eps"},
    {" activation nonlinearity ", NULL, "units are ReLU units, always"},
    {" num_layers n_layers layers ", NULL,
     "a network has one recurrent layer, of rnn.hidden units"},
    {" loss criterion loss_fn ", NULL,
     "the loss is the Sinkhorn divergence: train.blur, train.scaling"},
    {" scheduler lr_schedule lr_scheduler ", NULL,
     "learning rates are trained one after another: train.learning_rate: [1e-3, 1e-4]"},
    {" patience early_stopping ", NULL,
     "every epoch is trained; train.select says which weights are measured"},
    {" shuffle ", NULL, "batches are the same in every epoch"},
    {" seed random_seed random_state ", NULL,
     "seeds stand at the top of a grid, seeds: 0-9, or behind --seeds"},
    {" device gpu cuda ", NULL, "networks are trained on CPU cores, one a rank"},
    {" workers num_workers n_jobs threads ", NULL,
     "as many runs at once as there are ranks: mpirun -n 8 hmmgrid run ..."},
};

static const char *last_part(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot ? dot + 1 : key;
}

static const struct alias *find_alias(const char *name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        for (const char *at = aliases[i].names; *++at; at += strcspn(at, " "))
            if (spelling_is_same(at, strcspn(at, " "), name)) return &aliases[i];
    return NULL;
}

/* The setting whose part behind the dot is most like `name`; exactly: but for case, - and _. */
static const char *nearest_part(const char *name, bool exactly)
{
    const char *part[num_settings];
    for (int i = 0; i < num_settings; i++) {
        part[i] = last_part(settings_table[i].key);
        if (spelling_is_same(part[i], strlen(part[i]), name)) return settings_table[i].key;
    }
    const char *near = exactly ? NULL : spelling_nearest(name, part, num_settings);
    for (int i = 0; near && i < num_settings; i++)
        if (part[i] == near) return settings_table[i].key;
    return NULL;
}

const char *settings_nearest(const char *key)
{
    const char *name = last_part(key), *keys[num_settings], *near = NULL;
    for (int i = 0; i < num_settings; i++) keys[i] = settings_table[i].key;
    if (name != key) near = spelling_nearest(key, keys, num_settings);
    if (near && spelling_is_same(near, strlen(near), key)) return near;
    const struct alias *alias = find_alias(name);
    if (alias && alias->key) return alias->key;
    const char *part = nearest_part(name, near != NULL);
    if (part) return part;
    return near || name != key ? near : spelling_nearest(key, keys, num_settings);
}

const char *settings_advice(const char *key, char *buf, size_t bytes)
{
    const struct alias *alias = find_alias(last_part(key));
    const char *near = alias && alias->answer ? NULL : settings_nearest(key);
    snprintf(buf, bytes, near ? "did you mean '%s'?" : "%s",
             near    ? near
             : alias ? alias->answer
                     : "");
    return buf;
}
