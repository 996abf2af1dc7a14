/* escape: see escape.h. All continuations of a block of states are one batch; those that left are
 * taken out, the others keep their order and draw the noise of the row where they now stand.
 * Refuses to know what the times are for. Source: SCIENCE 5.1.
 */
#include "escape.h"
#include "ensemble.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 1280 }; /* of a batch, about */
enum { NO_SIGN = 2 };

struct batch {
    struct ensemble all; /* those that have not left */
    float *last;         /* (rows) logit of its symbol at the step before */
    signed char *sign;   /* (rows) of the increment before, or NO_SIGN */
    uint8_t *symbol;     /* (rows) argmax z */
    int *owner;          /* (rows) the state it continues */
    uint8_t *kept;       /* (states) symbol of a state */
};

size_t escape_block(int continuations)
{
    return continuations < ROWS ? (size_t)(ROWS / continuations) : 1;
}

static int batch_init(struct batch *b, const struct network *net, size_t rows, size_t states,
                      struct status *st)
{
    int code = ensemble_init(&b->all, net, rows, st);
    b->last = malloc(rows * sizeof *b->last);
    b->owner = malloc(rows * sizeof *b->owner);
    b->symbol = malloc(2 * rows + states);
    if (code) return code;
    if (!b->last || !b->owner || !b->symbol) return status_no_memory(st, "residency times");
    b->sign = (signed char *)(b->symbol + rows);
    b->kept = b->symbol + 2 * rows;
    return STATUS_OK;
}

static void batch_free(struct batch *b)
{
    ensemble_free(&b->all);
    free(b->last);
    free(b->owner);
    free(b->symbol);
}

/* Every state of h (states, H) once per continuation. */
static void batch_fill(struct batch *b, const float *h, size_t states, int continuations)
{
    struct ensemble *all = &b->all;
    size_t H = (size_t)all->net->shape.hidden, K = (size_t)all->net->shape.symbols;
    network_logits(all->net, h, states, all->z);
    network_argmax(all->z, states, (int)K, b->kept);
    all->n = 0;
    for (size_t s = 0; s < states; s++)
        for (int c = 0; c < continuations; c++) {
            size_t row = all->n++;
            memcpy(all->h + row * H, h + s * H, H * sizeof *h);
            b->last[row] = all->z[s * K + b->kept[s]];
            b->sign[row] = NO_SIGN;
            b->owner[row] = (int)s;
        }
}

/* Count what step t (from 0) did and take out the rows that left. */
static void batch_sift(struct batch *b, int t, struct escape *escape)
{
    struct ensemble *all = &b->all;
    size_t H = (size_t)all->net->shape.hidden, K = (size_t)all->net->shape.symbols, stay = 0;
    for (size_t row = 0; row < all->n; row++) {
        int owner = b->owner[row];
        struct escape *e = &escape[owner];
        uint8_t kept = b->kept[owner];
        if (b->symbol[row] != kept) {
            e->time += t + 1;
            e->left += 1;
            continue;
        }
        float logit = all->z[row * K + kept];
        int sign = (logit > b->last[row]) - (logit < b->last[row]), before = b->sign[row];
        if (before != NO_SIGN) {
            e->chances += 1;
            e->sign_changes += sign != before && sign != 0;
        }
        if (stay != row) memcpy(all->h + stay * H, all->h + row * H, H * sizeof *all->h);
        b->last[stay] = logit;
        b->sign[stay] = (signed char)sign;
        b->owner[stay++] = owner;
    }
    all->n = stay;
}

int escape_times(const struct network *net, struct rng rng, const float *h, size_t n,
                 int continuations, int horizon, const struct stop *stop, struct escape *escape,
                 struct status *st)
{
    size_t block = escape_block(continuations), H = (size_t)net->shape.hidden;
    struct batch b = {0};
    int code = batch_init(&b, net, block * (size_t)continuations, block, st);
    memset(escape, 0, n * sizeof *escape);
    for (size_t from = 0; from < n && !code; from += block) {
        size_t states = n - from < block ? n - from : block;
        struct escape *e = escape + from;
        struct rng stream = rng_child(rng, from / block);
        batch_fill(&b, h + from * H, states, continuations);
        for (int t = 0; t < horizon && b.all.n; t++) {
            ensemble_noise(&b.all, stream, (uint64_t)t);
            ensemble_step(&b.all, b.all.noise);
            ensemble_read(&b.all, b.symbol);
            batch_sift(&b, t, e);
        }
        for (size_t row = 0; row < b.all.n; row++) e[b.owner[row]].time += horizon;
        for (size_t s = 0; s < states; s++) {
            e[s].time /= continuations;
            e[s].left /= continuations;
            e[s].sign_changes /= continuations;
            e[s].chances /= continuations;
        }
        code = stop_check(stop, st, "residency times were taken");
    }
    batch_free(&b);
    return code;
}
