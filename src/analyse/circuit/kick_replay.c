/* kick_replay: switches of one direction, kept with the noise that led to them, so that each can be
 * run again with units silenced: see kick_set.h. One replayed switch tells as much as a hundred
 * steps of a network that seldom switches; but it shows only switches prevented, none that
 * silencing adds, so it guides a search and measures nothing. Source: SCIENCE 8.5 (common random
 * numbers).
 */
#include "kick_set.h"
#include "dynamics/ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BEFORE = 10, /* steps from the start to the last state before the switch */
    FLICKER = 2, /* steps elsewhere that are no switch */
    AFTER = 12,  /* it may come so much later */
    STEPS = BEFORE + SWITCH_PERSISTS + AFTER,
    MOST_REPLAYED = 128,
    ROWS = 64, /* trajectories of a block, run side by side for LENGTH steps */
    LENGTH = 200,
    MOST_BLOCKS = 16
};

/* A block of trajectories with all of their states. */
struct block {
    struct ensemble now;
    float *h;        /* (LENGTH + 1, ROWS, H) */
    uint8_t *symbol; /* (LENGTH + 1, ROWS) */
};

static int block_init(struct block *b, const struct network *net, struct status *st)
{
    b->h = malloc((LENGTH + 1) * ROWS * (size_t)net->shape.hidden * sizeof *b->h);
    b->symbol = malloc((LENGTH + 1) * ROWS);
    if (!b->h || !b->symbol) return circuit_no_memory(st);
    return ensemble_init(&b->now, net, ROWS, st);
}

static void run_block(struct block *b, const struct kick_case *c, struct rng rng, int number)
{
    size_t size = ROWS * (size_t)c->in->net->shape.hidden;
    kick_starts(c->driven, c->in->net->shape.hidden, c->cluster, rng_child(rng, (uint64_t)number),
                ROWS, b->now.h);
    for (int t = 0; t <= LENGTH; t++) {
        memcpy(b->h + (size_t)t * size, b->now.h, size * sizeof *b->h);
        ensemble_read(&b->now, b->symbol + t * ROWS);
        if (t == LENGTH) break;
        ensemble_noise(&b->now, rng_child(rng, MOST_BLOCKS), (uint64_t)(number * LENGTH + t));
        ensemble_step(&b->now, b->now.noise);
    }
}

/* A switch at step t of trajectory i, from a symbol kept for KICK_WINDOW steps: not one in the
 * aftermath of another switch. */
static bool is_switch(const struct block *b, const struct kick_case *c, int t, int i)
{
    for (int w = 2; w <= KICK_WINDOW; w++)
        if (b->symbol[(t - w) * ROWS + i] != c->from) return false;
    return silence_count_switches(b->symbol + (t - 1) * ROWS + i, ROWS, SWITCH_PERSISTS, c->from,
                                  c->to)
               .events > 0;
}

static void keep_switches(struct kick_replay *replay, const struct block *b,
                          const struct kick_case *c, int number)
{
    size_t H = (size_t)c->in->net->shape.hidden;
    for (int t = BEFORE + 1; t + SWITCH_PERSISTS - 1 <= LENGTH; t++)
        for (int i = 0; i < ROWS && replay->n < MOST_REPLAYED; i++) {
            if (!is_switch(b, c, t, i)) continue;
            size_t start = (size_t)(t - 1 - BEFORE) * ROWS + (size_t)i;
            memcpy(replay->start + (size_t)replay->n * H, b->h + start * H,
                   H * sizeof *replay->start);
            replay->at[replay->n++] =
                (struct noise_place){(uint64_t)(number * LENGTH + t - 1 - BEFORE), (uint64_t)i};
        }
}

int kick_replay_init(struct kick_replay *replay, const struct kick_case *c, struct status *st)
{
    struct block b = {0};
    struct rng rng = kick_stream(c, REPLAY, 0);
    int code = block_init(&b, c->in->net, st);
    replay->rng = rng_child(rng, MOST_BLOCKS);
    replay->start =
        scratch(c->in, MOST_REPLAYED * (size_t)c->in->net->shape.hidden, sizeof *replay->start);
    replay->at = scratch(c->in, MOST_REPLAYED, sizeof *replay->at);
    if (!code && !(replay->start && replay->at)) code = circuit_no_memory(st);
    for (int number = 0; number < MOST_BLOCKS && replay->n < MOST_REPLAYED && !code; number++) {
        run_block(&b, c, rng, number);
        keep_switches(replay, &b, c, number);
        code = analysis_check_stop(c->in, st);
    }
    ensemble_free(&b.now);
    free(b.h);
    free(b.symbol);
    return code;
}

/* Share of trajectories that switch as before, or leave `from` even earlier, wherever they go:
 * those have not been kept from switching. */
static double share_left(const struct switch_count *count, const struct switch_count *intact, int n)
{
    int num = 0;
    for (int i = 0; i < n; i++)
        num += count[i].events > 0 || count[i].steps + FLICKER < intact[i].steps;
    return (double)num / n;
}

int kick_replay_measure(const struct kick_replay *replay, const struct kick_case *c,
                        const struct unit_set *set, int groups, double *left, struct status *st)
{
    int n = replay->n;
    struct switch_count *count = malloc(((size_t)groups + 1) * (size_t)n * sizeof *count);
    uint8_t *silent = unit_set_mark(set, groups, c->in->net->shape.hidden);
    int code = count && silent ? analysis_check_stop(c->in, st) : circuit_no_memory(st);
    if (!code) {
        struct silence_task task = {.net = c->in->net,
                                    .rng = replay->rng,
                                    .at = replay->at,
                                    .start = replay->start,
                                    .n = n,
                                    .steps = STEPS,
                                    .from = c->from,
                                    .num_to = 1,
                                    .to = &c->to,
                                    .groups = groups + 1,
                                    .silent = silent};
        code = silence_count(&task, count, st);
    }
    for (int g = 1; g <= groups && !code; g++)
        left[g - 1] = share_left(count + (size_t)g * (size_t)n, count, n);
    free(count);
    free(silent);
    return code;
}
