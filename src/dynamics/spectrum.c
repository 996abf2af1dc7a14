/* spectrum: see spectrum.h. Refuses to keep more than MOST sets; others are computed each time. */
#include "spectrum.h"
#include "base/hash.h"
#include "base/linalg.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 1 << 15, SLOTS = 2 * MOST };

struct entry {
    uint64_t key[2]; /* 0, 0: free */
    struct spectrum_counts counts;
};

struct spectrum {
    int H, num_entries;
    double *matrix;      /* (H, H) C W */
    double *sub;         /* (H, H) of one set */
    double *re, *im;     /* (H) */
    int *index;          /* (H) */
    struct entry *entry; /* (SLOTS) open addressing */
};

struct spectrum *spectrum_new(const struct network *net, const float *recurrent)
{
    size_t H = (size_t)net->shape.hidden;
    struct spectrum *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->H = (int)H;
    s->matrix = malloc((2 * H * H + 2 * H) * sizeof(double));
    s->index = malloc(H * sizeof *s->index);
    s->entry = calloc(SLOTS, sizeof *s->entry);
    if (!s->matrix || !s->index || !s->entry) {
        spectrum_free(s);
        return NULL;
    }
    s->sub = s->matrix + H * H;
    s->re = s->sub + H * H;
    s->im = s->re + H;
    for (size_t i = 0; i < H; i++)
        for (size_t j = 0; j < H; j++)
            s->matrix[i * H + j] = (recurrent ? recurrent[i] : 1.0f) * (double)net->W[i * H + j];
    return s;
}

void spectrum_free(struct spectrum *spectrum)
{
    if (!spectrum) return;
    free(spectrum->matrix);
    free(spectrum->index);
    free(spectrum->entry);
    free(spectrum);
}

void spectrum_active(const float *next, int H, unsigned char *active)
{
    for (int i = 0; i < H; i++) active[i] = next[i] > 0;
}

int spectrum_eigenvalues(struct spectrum *s, const unsigned char *active, double *re, double *im,
                         int *num, struct status *st)
{
    size_t H = (size_t)s->H, n = 0;
    for (size_t i = 0; i < H; i++)
        if (active[i]) s->index[n++] = (int)i;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            s->sub[i * n + j] = s->matrix[(size_t)s->index[i] * H + (size_t)s->index[j]];
    *num = (int)n;
    return n ? linalg_eigenvalues((int)n, s->sub, re, im, st) : STATUS_OK;
}

static struct spectrum_counts count(const double *re, const double *im, int num)
{
    struct spectrum_counts c = {0};
    for (int i = 0; i < num; i++) {
        double size = hypot(re[i], im[i]);
        c.unstable += size > 1;
        c.radius = fmax(c.radius, size);
        /* m = (l - 1)(conj(l) + 1) / |l + 1|^2 */
        double below = (re[i] + 1) * (re[i] + 1) + im[i] * im[i];
        if (below == 0) continue;
        double real = (size * size - 1) / below, imaginary = 2 * im[i] / below;
        c.complex_slow += fabs(real) < 0.1 && imaginary > 0.05;
        c.complex_critical += fabs(real) < 0.1 && imaginary > 0.06;
    }
    return c;
}

/* Its entry, or the free one where it belongs. */
static struct entry *find(struct spectrum *s, const uint64_t key[2])
{
    size_t at = (size_t)key[0] & (SLOTS - 1);
    while ((s->entry[at].key[0] || s->entry[at].key[1]) &&
           (s->entry[at].key[0] != key[0] || s->entry[at].key[1] != key[1]))
        at = (at + 1) & (SLOTS - 1);
    return &s->entry[at];
}

int spectrum_count(struct spectrum *s, const unsigned char *active, struct spectrum_counts *counts,
                   struct status *st)
{
    int num;
    uint64_t key[2] = {0, 1};
    for (int i = 0; i < s->H; i++) s->index[i] = active[i] != 0;
    key[0] = hash_64(s->index, (size_t)s->H * sizeof *s->index);
    s->index[0] += 2; /* a second hash of the same set */
    key[1] = hash_64(s->index, (size_t)s->H * sizeof *s->index) | 1;
    struct entry *entry = find(s, key);
    if (entry->key[0] || entry->key[1]) {
        *counts = entry->counts;
        return STATUS_OK;
    }
    int code = spectrum_eigenvalues(s, active, s->re, s->im, &num, st);
    if (code) return code;
    *counts = count(s->re, s->im, num);
    if (s->num_entries < MOST) {
        s->num_entries++;
        *entry = (struct entry){{key[0], key[1]}, *counts};
    }
    return STATUS_OK;
}
