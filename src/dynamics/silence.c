/* silence: see silence.h. The noise of a block of trajectories is projected once for all groups.
 * Refuses to choose units. "Silenced" is read as: a unit sends nothing to the others, while it goes
 * on being read out, so that a change of the symbols is a change of the dynamics. Source:
 * SCIENCE 8.5.
 */
#include "silence.h"
#include "ensemble.h"
#include "base/linalg.h"
#include "base/dispatch.h"
#include "model/rnn_simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 256, LEAST_ROWS = 8, DRIVE_FLOATS = 4 << 20 };

/* A block of trajectories. */
struct block {
    int rows;
    struct network net;  /* the task's, of which nobody asks whether it diverges */
    struct ensemble all; /* (rows) of it */
    float *drive;        /* (steps, rows, H) U x + b */
    uint8_t *symbol;     /* (steps + 1, rows) */
};

static int block_init(struct block *b, const struct silence_task *task, struct status *st)
{
    size_t H = (size_t)task->net->shape.hidden, steps = (size_t)task->steps;
    size_t rows = DRIVE_FLOATS / (steps * H);
    rows = rows > MOST_ROWS ? MOST_ROWS : rows < LEAST_ROWS ? LEAST_ROWS : rows;
    if (rows > (size_t)task->n) rows = (size_t)task->n;
    b->rows = (int)rows;
    b->net = *task->net;
    b->net.diverged = NULL;
    b->drive = malloc(steps * rows * H * sizeof *b->drive);
    b->symbol = malloc((steps + 1) * rows);
    if (!b->drive || !b->symbol) return status_no_memory(st, "silenced trajectories");
    return ensemble_init(&b->all, &b->net, rows, st);
}

static void block_free(struct block *b)
{
    ensemble_free(&b->all);
    free(b->drive);
    free(b->symbol);
}

/* (rows, D) of step t */
static void draw_noise(const struct silence_task *task, int first, int rows, int t, float *noise)
{
    size_t D = (size_t)task->net->shape.noise_dim;
    if (!task->at) {
        rng_fill_normal(rng_child(task->rng, (uint64_t)t), (uint64_t)first * D, (size_t)rows * D,
                        noise);
        return;
    }
    for (int i = 0; i < rows; i++) {
        struct noise_place at = task->at[first + i];
        rng_fill_normal(rng_child(task->rng, at.step + (uint64_t)t), at.row * D, D,
                        noise + (size_t)i * D);
    }
}

static void project_noise(const struct silence_task *task, struct block *b, int first, int rows)
{
    const struct network *net = task->net;
    int H = net->shape.hidden, D = net->shape.noise_dim;
    for (int t = 0; t < task->steps; t++) {
        float *drive = b->drive + (size_t)t * (size_t)rows * (size_t)H;
        draw_noise(task, first, rows, t, b->all.noise);
        for (int i = 0; net->bias_h && i < rows; i++)
            memcpy(drive + (size_t)i * (size_t)H, net->bias_h, (size_t)H * sizeof *drive);
        linalg_gemm(0, 1, rows, H, D, 1, b->all.noise, D, net->U, D, net->bias_h ? 1 : 0, drive, H);
    }
}

/* List the units marked in mark (H) or none; list (H). */
static int list_marked(const uint8_t *mark, int H, int *list)
{
    int num = 0;
    for (int i = 0; mark && i < H; i++)
        if (mark[i]) list[num++] = i;
    return num;
}

/* One group through all steps; the symbols of (steps + 1, rows) states. */
static void run_group(const struct silence_task *task, struct block *b, int first, int rows,
                      const int *silent, int num_silent, const int *quiet, int num_quiet)
{
    const struct network *net = task->net;
    struct ensemble *all = &b->all;
    int H = net->shape.hidden;
    size_t size = (size_t)rows * (size_t)H;
    all->n = (size_t)rows;
    memcpy(all->h, task->start + (size_t)first * (size_t)H, size * sizeof *all->h);
    for (int t = 0; t <= task->steps; t++) {
        ensemble_read(all, b->symbol + (size_t)t * (size_t)rows);
        if (t == task->steps) break;
        float *now = all->h, *next = all->before;
        memcpy(next, b->drive + (size_t)t * size, size * sizeof *next);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < num_silent; j++) now[i * H + silent[j]] = 0;
            for (int j = 0; j < num_quiet; j++)
                next[i * H + quiet[j]] = net->bias_h ? net->bias_h[quiet[j]] : 0;
        }
        linalg_gemm(0, 1, rows, H, H, 1, now, H, net->W, H, 1, next, H);
        KERNELS(rnn_kernels)->relu(next, (size_t)H, NULL, (size_t)rows, H, next, (size_t)H);
        ensemble_swap(all);
    }
}

/* Did the trajectory in this row leave the range of a float? It does not come back. */
static bool overflowed(const struct ensemble *all, int row)
{
    int K = all->net->shape.symbols;
    for (int k = 0; k < K; k++)
        if (!isfinite(all->z[row * K + k])) return true;
    return false;
}

struct switch_count silence_count_switches(const uint8_t *o, size_t stride, int steps, int from,
                                           int to)
{
    struct switch_count count = {0, 0};
    for (int t = 1; t + SWITCH_PERSISTS - 1 <= steps; t++) {
        if (o[(size_t)(t - 1) * stride] != from) continue;
        count.steps++;
        int kept = 0;
        while (kept < SWITCH_PERSISTS && o[(size_t)(t + kept) * stride] == to) kept++;
        count.events += kept == SWITCH_PERSISTS;
    }
    return count;
}

int silence_count(const struct silence_task *task, struct switch_count *count, struct status *st)
{
    int H = task->net->shape.hidden;
    struct block b = {0};
    int code = block_init(&b, task, st);
    int *silent = malloc(2 * (size_t)H * sizeof *silent);
    if (!code && !silent) code = status_no_memory(st, "silenced trajectories");
    for (int first = 0; first < task->n && !code; first += b.rows) {
        int rows = task->n - first < b.rows ? task->n - first : b.rows;
        project_noise(task, &b, first, rows);
        for (int g = 0; g < task->groups; g++) {
            size_t at = (size_t)g * (size_t)H;
            int *quiet = silent + H;
            int num_silent = list_marked(task->silent ? task->silent + at : NULL, H, silent);
            int num_quiet = list_marked(task->quiet ? task->quiet + at : NULL, H, quiet);
            run_group(task, &b, first, rows, silent, num_silent, quiet, num_quiet);
            for (int d = 0; d < task->num_to; d++)
                for (int i = 0; i < rows; i++) {
                    struct switch_count *own =
                        count + (size_t)(g * task->num_to + d) * (size_t)task->n + first + i;
                    *own = (struct switch_count){0, 0};
                    if (!overflowed(&b.all, i))
                        *own = silence_count_switches(b.symbol + i, (size_t)rows, task->steps,
                                                      task->from, task->to[d]);
                }
        }
    }
    free(silent);
    block_free(&b);
    return code;
}

struct switch_total silence_total(const struct switch_count *count, int n)
{
    struct switch_total total = {0, 0};
    for (int i = 0; i < n; i++) {
        total.events += count[i].events;
        total.steps += count[i].steps;
    }
    return total;
}

static double ratio(struct switch_total a, struct switch_total b)
{
    if (!(a.steps > 0 && b.steps > 0 && b.events > 0)) return NAN;
    return a.events / a.steps / (b.events / b.steps);
}

double silence_ratio(const struct switch_count *count, const struct switch_count *intact, int n,
                     double *error)
{
    struct switch_total a = silence_total(count, n), b = silence_total(intact, n);
    double sum = 0, squares = 0, shift = ratio(a, b);
    for (int i = 0; error && i < n; i++) {
        struct switch_total a_i = {a.events - count[i].events, a.steps - count[i].steps};
        struct switch_total b_i = {b.events - intact[i].events, b.steps - intact[i].steps};
        double r = ratio(a_i, b_i) - shift;
        sum += r;
        squares += r * r;
    }
    double spread = squares - sum * sum / n; /* fmax would make 0 of NaN */
    if (error) *error = sqrt((spread < 0 ? 0 : spread) * (n - 1) / n);
    return shift;
}
