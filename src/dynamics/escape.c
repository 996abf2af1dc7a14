/* escape: see escape.h. All continuations of a block of states are one batch; those that left are
 * taken out, the others keep their order and draw the noise of the row where they now stand.
 * Refuses to know what the times are for. Source: SCIENCE 5.1.
 */
#include "escape.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 1280 }; /* of a batch, about */
enum { NO_SIGN = 2 };

struct batch {
    size_t H, D, K, alive;
    float *h, *next, *noise, *z; /* (rows, H), (rows, H), (rows, D), (rows, K) */
    float *last;                 /* (rows) logit of its symbol at the step before */
    signed char *sign;           /* (rows) of the increment before, or NO_SIGN */
    uint8_t *symbol;             /* (rows) argmax z */
    int *owner;                  /* (rows) the state it continues */
    uint8_t *kept;               /* (states) symbol of a state */
    float *memory;               /* owner of the floats */
};

size_t escape_block(int continuations)
{
    return continuations < ROWS ? (size_t)(ROWS / continuations) : 1;
}

static int batch_init(struct batch *b, struct rnn_shape shape, size_t rows, size_t states,
                      struct status *st)
{
    size_t H = (size_t)shape.hidden, D = (size_t)shape.noise_dim, K = (size_t)shape.symbols;
    *b = (struct batch){.H = H, .D = D, .K = K};
    b->memory = malloc(rows * (2 * H + D + K + 1) * sizeof *b->memory);
    b->owner = malloc(rows * sizeof *b->owner);
    b->symbol = malloc(2 * rows + states);
    if (!b->memory || !b->owner || !b->symbol) return status_no_memory(st, "residency times");
    b->h = b->memory;
    b->next = b->h + rows * H;
    b->noise = b->next + rows * H;
    b->z = b->noise + rows * D;
    b->last = b->z + rows * K;
    b->sign = (signed char *)(b->symbol + rows);
    b->kept = b->symbol + 2 * rows;
    return STATUS_OK;
}

static void batch_free(struct batch *b)
{
    free(b->memory);
    free(b->owner);
    free(b->symbol);
}

/* Every state of h (states, H) once per continuation. */
static void batch_fill(struct batch *b, const struct network *net, const float *h, size_t states,
                       int continuations)
{
    network_logits(net, h, states, b->z);
    network_argmax(b->z, states, (int)b->K, b->kept);
    b->alive = 0;
    for (size_t s = 0; s < states; s++)
        for (int c = 0; c < continuations; c++) {
            size_t row = b->alive++;
            memcpy(b->h + row * b->H, h + s * b->H, b->H * sizeof *h);
            b->last[row] = b->z[s * b->K + b->kept[s]];
            b->sign[row] = NO_SIGN;
            b->owner[row] = (int)s;
        }
}

static void batch_step(struct batch *b, const struct network *net, struct rng rng, int t)
{
    network_noise(rng, (uint64_t)t, b->alive, (int)b->D, b->noise);
    network_step(net, b->h, b->noise, b->alive, NULL, NULL, b->next);
    network_logits(net, b->next, b->alive, b->z);
    network_argmax(b->z, b->alive, (int)b->K, b->symbol);
}

/* Count what step t (from 0) did and take out the rows that left. */
static void batch_sift(struct batch *b, int t, struct escape *escape)
{
    size_t stay = 0;
    for (size_t row = 0; row < b->alive; row++) {
        int owner = b->owner[row];
        struct escape *e = &escape[owner];
        uint8_t kept = b->kept[owner];
        if (b->symbol[row] != kept) {
            e->time += t + 1;
            e->left += 1;
            continue;
        }
        float logit = b->z[row * b->K + kept];
        int sign = (logit > b->last[row]) - (logit < b->last[row]), before = b->sign[row];
        if (before != NO_SIGN) {
            e->chances += 1;
            e->sign_changes += sign != before && sign != 0;
        }
        if (stay != row)
            memcpy(b->next + stay * b->H, b->next + row * b->H, b->H * sizeof *b->next);
        b->last[stay] = logit;
        b->sign[stay] = (signed char)sign;
        b->owner[stay++] = owner;
    }
    b->alive = stay;
    float *h = b->h;
    b->h = b->next;
    b->next = h;
}

int escape_times(const struct analysis_input *in, struct rng rng, const float *h, size_t n,
                 int continuations, int horizon, struct escape *escape, struct status *st)
{
    const struct network *net = in->net;
    size_t block = escape_block(continuations), H = (size_t)net->shape.hidden;
    struct batch b;
    int code = batch_init(&b, net->shape, block * (size_t)continuations, block, st);
    memset(escape, 0, n * sizeof *escape);
    for (size_t from = 0; from < n && !code; from += block) {
        size_t states = n - from < block ? n - from : block;
        struct escape *e = escape + from;
        struct rng stream = rng_child(rng, from / block);
        batch_fill(&b, net, h + from * H, states, continuations);
        for (int t = 0; t < horizon && b.alive; t++) {
            batch_step(&b, net, stream, t);
            batch_sift(&b, t, e);
        }
        for (size_t row = 0; row < b.alive; row++) e[b.owner[row]].time += horizon;
        for (size_t s = 0; s < states; s++) {
            e[s].time /= continuations;
            e[s].left /= continuations;
            e[s].sign_changes /= continuations;
            e[s].chances /= continuations;
        }
        code = analysis_check_stop(in, st);
    }
    batch_free(&b);
    return code;
}
