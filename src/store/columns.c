/* columns: see columns.h. The fixed columns of /runs: the functions that put their values, THE
 * table whose rows name them, and the columns of a plan. Refuses to know HDF5 and to write
 * anything. Source: section 3 of the design (layout of the results file). */
#include "columns.h"
#include "put.h"

#include "experiment/landing.h"
#include "hmmgrid/train.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- values ----------------------------------------------------------------------------------- */

/* what the plan and the attempt know */
PUT(put_key, text, m->run->key)
PUT(put_cell, integer, m->run->cell)
PUT(put_seed, integer, m->run->seed)
PUT(put_block, text, m->cell->block)
PUT(put_error, text, m->attempt->error)
PUT(put_t_start, real, m->attempt->t_start_s)
PUT(put_wall, real, m->attempt->wall_s)
PUT(put_cpu, real, m->attempt->cpu_s)
PUT(put_max_rss, real, m->attempt->peak_bytes / 1e6)
PUT(put_signal, integer, m->attempt->signal)
PUT(put_idle, real, m->attempt->idle_s)
PUT(put_version, text, m->attempt->version)
PUT(put_rank, integer, m->attempt->rank)
PUT(put_host, text, m->attempt->host)
PUT(put_effective_seed, integer,
    m->out && m->out->reseeds > 0 ? m->out->effective_seed : m->run->seed)

/* what came out of it */
PUT(put_kernel, text, m->out->kernel)
PUT(put_blas_core, text, m->out->blas_core)
PUT(put_reseeds, integer, m->out->reseeds)
PUT(put_accepted, integer, m->out->accepted != 0)
PUT(put_best_epoch, integer, m->out->train.best_epoch)
PUT(put_best_val_loss, real, m->out->train.best_epoch > 0 ? m->out->train.best_val_loss : NAN)
PUT(put_final_val_loss, real, m->out->train.final_val_loss)
PUT(put_loss_floor, real, m->out->train.loss_floor)
PUT(put_loss_floor_sd, real, m->out->train.loss_floor_sd)
PUT(put_loss_z, real, m->out->loss_z)
PUT(put_excess_loss, real, m->out->excess.loss)
PUT(put_excess_loss_se, real, m->out->excess.se)

static void put_landed(struct made *m, void *buf)
{
    const struct run_output *out = m->out;
    struct landing_numbers x = {out->accepted, out->excess.loss, out->train.loss_floor,
                                analyses_number(&out->analyses, LANDING_KL_HMM_RNN),
                                analyses_number(&out->analyses, LANDING_KL_RNN_HMM)};
    put_real(m, landing_judge(m->s, &x), buf);
}

/* One number of every seed tried, of a run that may try several: the same in a file that was
 * extended by such runs. */
#define PUT_TRIED(name, kind, value)                                                               \
    static void name(struct made *m, void *buf)                                                    \
    {                                                                                              \
        for (int i = 0; m->s->reseed.max > 0 && i <= m->out->reseeds; i++)                         \
            put_##kind(m, m->out->tried[i].value,                                                  \
                       (char *)buf + (size_t)i * schema_element_bytes(m->row));                    \
    }
PUT_TRIED(put_tried_epoch, real, best_epoch)
PUT_TRIED(put_tried_loss, real, best_val_loss)
PUT_TRIED(put_tried_floor, real, loss_floor)

static void put_analyses_cpu(struct made *m, void *buf)
{
    const double *cpu_s = m->out->analyses.cpu_s;
    double sum = NAN;
    for (int i = 0; cpu_s && i < num_analyses; i++)
        if (!isnan(cpu_s[i])) sum = (isnan(sum) ? 0 : sum) + cpu_s[i];
    put_real(m, sum, buf);
}

static void put_start(struct made *m, void *buf)
{
    const struct hmm *hmm = &m->out->hmm;
    put_array(m, hmm->start, (int[]){hmm->states, 1, 1}, buf);
}

static void put_transition(struct made *m, void *buf)
{
    const struct hmm *hmm = &m->out->hmm;
    put_array(m, hmm->transition, (int[]){hmm->states, hmm->states, 1}, buf);
}

static void put_emission(struct made *m, void *buf)
{
    const struct hmm *hmm = &m->out->hmm;
    put_array(m, hmm->emission, (int[]){hmm->states, hmm->symbols, 1}, buf);
}

/* Losses of a run that did not finish end where training came to: a tail of exact zeros was never
 * reached. */
static void put_losses(const struct made *m, const float *loss, void *buf)
{
    if (!loss) return;
    int most = m->schema->axis[SCHEMA_EPOCH].size, n = train_num_epochs(m->s);
    if (n > most) n = most;
    while (!m->done && n > 0 && loss[n - 1] == 0.0f) n--;
    memcpy(buf, loss, (size_t)n * sizeof *loss);
}
PUT(put_train_loss, losses, m->out->train.train_loss)
PUT(put_val_loss, losses, m->out->train.val_loss)

bool columns_put(const struct schema *schema, const struct schema_row *row, const struct plan *plan,
                 const struct run_attempt *attempt, const struct run_output *out, void *buf)
{
    const struct run *run = &plan->runs[attempt->run];
    const struct cell *cell = &plan->cells[run->cell];
    struct made made = {.schema = schema,
                        .row = row,
                        .run = run,
                        .cell = cell,
                        .s = &cell->settings,
                        .attempt = attempt,
                        .out = out,
                        .done = out && attempt->status == RUN_DONE};
    schema_fill(schema, row, buf);
    if (row->put && (row->when == WHEN_EVER || (row->when == WHEN_TRIED && out) || made.done))
        row->put(&made, buf);
    return !made.no_memory;
}

/* --- the table -------------------------------------------------------------------------------- */

struct fixed_column {
    const char *name;
    enum schema_type type;
    int text_bytes; /* 0: room for the longest name of a block */
    int num_dims;
    enum schema_dim dim[2];
    const char *unit;
    bool in_digest;
    enum schema_writer writer;
    enum schema_when when;
    void (*put)(struct made *made, void *buf);
    const char *meaning;
};

#define UNIX_TIME "seconds since 1970-01-01"
static const struct fixed_column fixed_columns[] = {
    /* clang-format off */
    {"key", TYPE_TEXT, 32, 0, {0}, "", false, WRITER_LAYOUT, WHEN_EVER, put_key,
     "hash of the settings that differ from their defaults and the seed: the identity of the run"},
    {"cell", TYPE_I4, 0, 0, {0}, "1", false, WRITER_LAYOUT, WHEN_EVER, put_cell,
     "runs of one cell differ in their seed only"},
    {"seed", TYPE_I8, 0, 0, {0}, "1", false, WRITER_LAYOUT, WHEN_EVER, put_seed,
     "root of every random number of the run"},
    {"block", TYPE_TEXT, 0, 0, {0}, "", false, WRITER_LAYOUT, WHEN_EVER, put_block,
     "block of the grid that made the cell"},
    /* the settings' columns come here */
    {"status", TYPE_I1, 0, 0, {0}, "1", false, WRITER_COORDINATOR, WHEN_EVER, NULL,
     "what became of the run; only done and failed rows hold results"},
    {"attempts", TYPE_I2, 0, 0, {0}, "1", false, WRITER_COORDINATOR, WHEN_EVER, NULL,
     "how often the run was started; counted before each start"},
    {"checksum", TYPE_U8, 0, 0, {0}, "1", false, WRITER_COORDINATOR, WHEN_EVER, NULL,
     "XXH3 of the bytes of the row and its weights; 0 where nothing is committed"},
    {"error", TYPE_TEXT, ERROR_BYTES, 0, {0}, "", false, WRITER_WORKER, WHEN_EVER, put_error,
     "why the run failed or crashed, empty otherwise; ends with ... where longer than the column"},
    {"t_start", TYPE_F8, 0, 0, {0}, UNIX_TIME, false, WRITER_WORKER, WHEN_EVER, put_t_start,
     "start of the attempt that counts, UTC"},
    {"wall_s", TYPE_F8, 0, 0, {0}, "s", false, WRITER_WORKER, WHEN_EVER, put_wall,
     "elapsed time"},
    {"cpu_s", TYPE_F8, 0, 0, {0}, "s", false, WRITER_WORKER, WHEN_EVER, put_cpu,
     "processor time"},
    {"analyses_cpu_s", TYPE_F8, 0, 0, {0}, "s", false, WRITER_WORKER, WHEN_TRIED, put_analyses_cpu,
     "processor time of all analyses together, part of cpu_s"},
    {"rank", TYPE_I4, 0, 0, {0}, "1", false, WRITER_WORKER, WHEN_EVER, put_rank,
     "MPI rank that worked on the run"},
    {"host", TYPE_TEXT, 64, 0, {0}, "", false, WRITER_WORKER, WHEN_EVER, put_host,
     "machine that worked on the run"},
    {"kernel", TYPE_TEXT, 32, 0, {0}, "", false, WRITER_WORKER, WHEN_TRIED, put_kernel,
     "kernels chosen for the processor"},
    {"blas_core", TYPE_TEXT, 32, 0, {0}, "", false, WRITER_WORKER, WHEN_TRIED, put_blas_core,
     "core type of OpenBLAS; the last bits of results depend on it"},
    {"effective_seed", TYPE_I8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_EVER, put_effective_seed,
     "seed that made the results; differs from seed after a reseed"},
    {"reseeds", TYPE_I2, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_TRIED, put_reseeds,
     "further seeds tried because the run was not accepted"},
    {"accepted", TYPE_I1, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_DONE, put_accepted,
     "1: within the bounds of accept; 0: outside them after all reseeds, or not done"},
    {"best_epoch", TYPE_I4, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_TRIED, put_best_epoch,
     "epoch of the smallest validation loss, from 1; 0: none"},
    {"best_val_loss", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_TRIED, put_best_val_loss,
     "smallest validation loss, that of epoch best_epoch (debiased Sinkhorn divergence, plus the "
     "penalty of train.weight_decay, which loss_floor has not)"},
    {"final_val_loss", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_DONE, put_final_val_loss,
     "validation loss of the last epoch, not of best_epoch"},
    {"loss_floor", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_DONE, put_loss_floor,
     "loss of independent samples of the HMM itself against the validation targets, mean over "
     "measure.floor_draws draws; of no epoch: a single draw, not the best of all epochs. "
     "accept.max_excess_loss bounds best_val_loss - loss_floor, which is not excess_loss"},
    {"loss_floor_sd", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_DONE, put_loss_floor_sd,
     "standard deviation of loss_floor over its draws"},
    {"loss_z", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_DONE, put_loss_z,
     "(best_val_loss - loss_floor) / loss_floor_sd: the best of many noisy validation losses "
     "against single draws, so that a perfect emulation is below 0, by as much as there are epochs "
     "to choose from; excess_loss has no such bias. With train.weight_decay too large by its "
     "penalty; NaN where loss_floor_sd is 0"},
    {"hmm_start", TYPE_F8, 0, 1, {SCHEMA_STATE}, "1", true, WRITER_WORKER, WHEN_TRIED, put_start,
     "start distribution of the target HMM"},
    {"hmm_transition", TYPE_F8, 0, 2, {SCHEMA_STATE, SCHEMA_STATE_TO}, "1", true, WRITER_WORKER,
     WHEN_TRIED, put_transition,
     "transition matrix of the target HMM, rows sum to 1"},
    {"hmm_emission_matrix", TYPE_F8, 0, 2, {SCHEMA_STATE, SCHEMA_SYMBOL}, "1", true, WRITER_WORKER,
     WHEN_TRIED, put_emission,
     "emission matrix of the target HMM, rows sum to 1"},
    {"max_rss", TYPE_F8, 0, 0, {0}, "MB", false, WRITER_WORKER, WHEN_EVER, put_max_rss,
     "most memory that the run's process held while it was on"},
    {"signal", TYPE_I1, 0, 0, {0}, "1", false, WRITER_WORKER, WHEN_EVER, put_signal,
     "signal that ended the run's process; 0: none"},
    {"idle_s", TYPE_F8, 0, 0, {0}, "s", false, WRITER_WORKER, WHEN_EVER, put_idle,
     "time that the worker waited before it was given the run"},
    {"train_loss", TYPE_F4, 0, 1, {SCHEMA_EPOCH}, "1", true, WRITER_WORKER, WHEN_TRIED,
     put_train_loss,
     "training loss: mean over the batches of the epoch, before each update"},
    {"val_loss", TYPE_F4, 0, 1, {SCHEMA_EPOCH}, "1", true, WRITER_WORKER, WHEN_TRIED, put_val_loss,
     "validation loss after the updates of the epoch"},
    {"version", TYPE_TEXT, 32, 0, {0}, "", false, WRITER_WORKER, WHEN_EVER, put_version,
     "version and commit of the program that made the row"},
    {"excess_loss", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_DONE, put_excess_loss,
     "loss of the measured weights (train.select) above the HMM's own, both against fresh sequences "
     "of the HMM, mean over max(8, measure.floor_draws) batches, without train.weight_decay. A "
     "perfect emulation has 0 within its error; less is not better: sequences that vary less than "
     "the HMM's have it"},
    {"excess_loss_se", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_DONE, put_excess_loss_se,
     "standard error of excess_loss over its batches"},
    {"reseed_best_epoch", TYPE_F8, 0, 1, {SCHEMA_RESEED}, "1", true, WRITER_WORKER, WHEN_TRIED,
     put_tried_epoch,
     "best_epoch with each seed tried, (seed + 1000000007 times its index) modulo 2^63; there are "
     "reseeds + 1 where reseed.max is not 0, the rest is NaN"},
    {"reseed_best_val_loss", TYPE_F8, 0, 1, {SCHEMA_RESEED}, "1", true, WRITER_WORKER, WHEN_TRIED,
     put_tried_loss, "best_val_loss with each seed tried"},
    {"reseed_loss_floor", TYPE_F8, 0, 1, {SCHEMA_RESEED}, "1", true, WRITER_WORKER, WHEN_TRIED,
     put_tried_floor, "loss_floor with each seed tried, which has data of its own"},
    {"landed", TYPE_F8, 0, 0, {0}, "1", true, WRITER_WORKER, WHEN_DONE, put_landed,
     "1: accepted, excess_loss at most accept.max_excess_share of loss_floor, and KL rates to and "
     "from the HMM, where they are known, at most accept.max_kl_rate; 0: not so"},
    /* clang-format on */
};
enum { NUM_FIXED = sizeof fixed_columns / sizeof fixed_columns[0], NUM_FIXED_BEFORE_SETTINGS = 4 };

static const struct {
    const char *name, *meaning;
    int first;
} runs_axis[NUM_SCHEMA_DIMS + 1] = {{"run", "row of the run, in the order of the grid", 0},
                                    {"epoch", "epoch, from 1", 1},
                                    {"symbol", "emitted symbol", 0},
                                    {"symbol_to", "symbol emitted next", 0},
                                    {"state", "state of the HMM", 0},
                                    {"state_to", "state of the HMM one step later", 0},
                                    {"word_length", "length of words, symbols", 1},
                                    {"lag", "distance of two steps", 0},
                                    {"reseed", "seed tried, 0: the run's own", 0}};

/* --- the columns of a plan -------------------------------------------------------------------- */

/* Bytes for the longest name of a block. */
static int block_width(const struct plan *plan)
{
    size_t longest = 1;
    for (int c = 0; c < plan->num_cells; c++) {
        size_t n = strlen(plan->cells[c].block);
        if (n > longest) longest = n;
    }
    return (int)((longest + 7) / 8 * 8);
}

static void add_fixed(struct schema *schema, const struct plan *plan, const struct fixed_column *c)
{
    struct schema_row *row = &schema->row[schema->num_rows++];
    *row = (struct schema_row){.group = SCHEMA_RUNS,
                               .name = c->name,
                               .type = c->type,
                               .text_bytes = c->text_bytes,
                               .num_dims = c->num_dims,
                               .dim = {c->dim[0], c->dim[1]},
                               .unit = c->unit,
                               .meaning = c->meaning,
                               .in_digest = c->in_digest,
                               .writer = c->writer,
                               .when = c->when,
                               .put = c->put};
    if (c->type == TYPE_TEXT && !c->text_bytes) row->text_bytes = block_width(plan);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void add_runs_axes(struct schema *schema, const struct plan *plan)
{
    int size[NUM_SCHEMA_DIMS + 1] = {
        [SCHEMA_RUN] = plan->num_runs, [SCHEMA_WORD_LENGTH] = MAX_WORD_LENGTH};
    for (int c = 0; c < plan->num_cells; c++) {
        const struct settings *s = &plan->cells[c].settings;
        int lag = measure_dim_size(DIM_LAG, s->hmm.symbols, s->measure.length);
        size[SCHEMA_SYMBOL] = larger(size[SCHEMA_SYMBOL], s->hmm.symbols);
        size[SCHEMA_STATE] = larger(size[SCHEMA_STATE], s->hmm.states);
        size[SCHEMA_LAG] = larger(size[SCHEMA_LAG], lag);
        size[SCHEMA_EPOCH] = larger(size[SCHEMA_EPOCH], train_num_epochs(s));
        if (s->reseed.max > 0) size[SCHEMA_RESEED] = larger(size[SCHEMA_RESEED], s->reseed.max + 1);
    }
    size[SCHEMA_SYMBOL_TO] = size[SCHEMA_SYMBOL];
    size[SCHEMA_STATE_TO] = size[SCHEMA_STATE];
    for (int d = 0; d < NUM_SCHEMA_DIMS + (size[SCHEMA_RESEED] > 0); d++)
        schema->axis[schema->num_axes++] = (struct schema_axis){.group = SCHEMA_RUNS,
                                                                .name = runs_axis[d].name,
                                                                .size = larger(size[d], 1),
                                                                .first = runs_axis[d].first,
                                                                .unit = "1",
                                                                .meaning = runs_axis[d].meaning};
}

static int check_rows(const struct schema *schema, struct status *st)
{
    static const char control[] = "\t\n"; /* what schema_text separates by */
    for (int i = 0; i < schema->num_rows; i++) {
        const struct schema_row *row = &schema->row[i];
        if (schema_find(schema, row->name) != row ||
            schema_find_axis(schema, row->group, schema_row_label(row)) >= 0)
            return status_set(
                st, STATUS_INTERNAL,
                "results file: two columns are called \"%s\"; rename the setting, the "
                "metric or the output",
                row->name);
        if (strpbrk(row->unit, control) || strpbrk(row->meaning, control))
            return status_set(st, STATUS_INTERNAL,
                              "results file: the unit or meaning of \"%s\" holds a tab or a "
                              "newline; write it in one line",
                              row->name);
    }
    return STATUS_OK;
}

int columns_init(struct schema *schema, const struct plan *plan, struct status *st)
{
    size_t rows = NUM_FIXED + (size_t)num_settings + METRIC_COLUMNS * (size_t)num_metrics;
    size_t axes = NUM_SCHEMA_DIMS + 1 + (size_t)num_analyses;
    for (int a = 0; a < num_analyses; a++) {
        rows += (size_t)analysis_table[a]->num_outputs;
        axes += MAX_ANALYSIS_DIMS * (size_t)analysis_table[a]->num_outputs;
    }
    int code = schema_make_room(schema, rows, axes, st);
    if (code) return code;
    add_runs_axes(schema, plan);
    for (int i = 0; i < NUM_FIXED_BEFORE_SETTINGS; i++) add_fixed(schema, plan, &fixed_columns[i]);
    columns_add_settings(schema, plan);
    for (int i = NUM_FIXED_BEFORE_SETTINGS; i < NUM_FIXED; i++)
        if (fixed_columns[i].num_dims == 0 || (int)fixed_columns[i].dim[0] < schema->num_axes)
            add_fixed(schema, plan, &fixed_columns[i]);
    columns_add_metrics(schema);
    columns_add_analyses(schema, plan);
    code = schema->no_memory ? status_no_memory(st, "the columns") : check_rows(schema, st);
    if (code) schema_free(schema);
    return code;
}
