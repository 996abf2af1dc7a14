/* shape: a score by the numbers of units and of noise inputs, a map for every HMM, as in the
 * reference's comparison of shapes. Median over seeds, above the floor.
 */
#include "make.h"
#include "strip.h"

#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MAPS = 8, MOST_VALUES = 16 };

/* One map: cells that differ in hidden and noise_dim alone. */
struct map {
    char key[RUN_KEY_BYTES], label[128];
    double most; /* of its numbers; -INFINITY: it has none */
};

struct maps {
    struct map map[MOST_MAPS];
    int num, more;                               /* more: cells of maps that are not drawn */
    int hidden[MOST_VALUES], noise[MOST_VALUES]; /* ascending */
    int num_hidden, num_noise;
    double least, largest;
};

static int place_in(int *list, int *num, int value)
{
    int i = 0;
    while (i < *num && list[i] < value) i++;
    if (i < *num && list[i] == value) return i;
    if (*num == MOST_VALUES) return -1;
    memmove(list + i + 1, list + i, (size_t)(*num - i) * sizeof *list);
    list[i] = value;
    ++*num;
    return i;
}

/* Without ", H=150" and the like. */
static void drop(char *text, const char *token)
{
    char *at = strstr(text, token);
    if (!at || (at != text && at[-1] != ' ')) return;
    char *end = at + strcspn(at, ",");
    if (*end == ',')
        end += 2;
    else if (at != text)
        at -= 2;
    memmove(at, end, strlen(end) + 1);
}

static int find_map(struct maps *m, const struct source *s, int c)
{
    struct map new = {.most = -INFINITY};
    struct settings x = *source_settings(s, s->cell[c].run[0]);
    x.rnn.hidden = x.rnn.noise_dim = 1;
    settings_run_key(&x, 0, new.key);
    int i = 0;
    while (i < m->num && strcmp(m->map[i].key, new.key) != 0) i++;
    if (i < m->num || i == MOST_MAPS) return i < m->num ? i : -1;
    figure_label(new.label, sizeof new.label, s->cell[c].text, 30);
    drop(new.label, "H=");
    drop(new.label, "D=");
    m->map[m->num++] = new;
    return i;
}

static double median_above(const struct source_cell *cell, const double *x, const double *floor,
                           double *room)
{
    int num = 0;
    for (int i = 0; i < cell->num_runs; i++) {
        double above = x[cell->run[i]] - floor[cell->run[i]];
        if (isfinite(above)) room[num++] = above;
    }
    sort_numbers(room, (size_t)num);
    return num ? (room[num / 2] + room[(num - 1) / 2]) / 2 : NAN;
}

static void write_maps(struct figure *f, const struct source *s, struct maps *m, double *x,
                       double *floor, double *room)
{
    for (int c = 0; c < s->num_cells; c++) {
        const struct settings *r = source_settings(s, s->cell[c].run[0]);
        place_in(m->hidden, &m->num_hidden, r->rnn.hidden);
        place_in(m->noise, &m->num_noise, r->rnn.noise_dim);
        m->more += find_map(m, s, c) < 0;
    }
    m->least = INFINITY;
    m->largest = -INFINITY;
    for (int i = 0; i < m->num; i++) {
        fprintf(f->csv, "%shidden_place,noise_place,above_floor,hidden,noise_dim,n,cell\n",
                i ? "\n\n" : "");
        for (int c = 0; c < s->num_cells; c++) {
            if (find_map(m, s, c) != i) continue;
            const struct settings *r = source_settings(s, s->cell[c].run[0]);
            double above = median_above(&s->cell[c], x, floor, room);
            figure_range(&above, 1, &m->least, &m->largest);
            if (isfinite(above)) m->map[i].most = fmax(m->map[i].most, above);
            if (isfinite(above)) f->shown += s->cell[c].num_done;
            fprintf(f->csv, "%d,%d,%.9g,%d,%d,%d,",
                    place_in(m->hidden, &m->num_hidden, r->rnn.hidden),
                    place_in(m->noise, &m->num_noise, r->rnn.noise_dim), above, r->rnn.hidden,
                    r->rnn.noise_dim, s->cell[c].num_done);
            figure_csv_text(f->csv, s->cell[c].text);
            fputc('\n', f->csv);
        }
    }
}

static void ticks(struct figure *f, char which, const int *value, int num)
{
    fprintf(f->script, "set %crange [-0.5:%d.5]\nset %ctics scale 0 (", which, num - 1, which);
    for (int i = 0; i < num; i++) fprintf(f->script, "%s'%d' %d", i ? ", " : "", value[i], i);
    fputs(")\n", f->script);
}

/* Maps without a number are not drawn. */
static bool has_numbers(const struct maps *m, int i)
{
    return isfinite(m->map[i].most);
}

static void draw_maps(struct figure *f, const struct maps *m)
{
    int num = 0, drawn = 0;
    for (int i = 0; i < m->num; i++) num += has_numbers(m, i);
    int across = num < 4 ? num : 4, down = (num + across - 1) / across;
    double most = fmax(fabs(m->least), fabs(m->largest));
    f->width_mm = across > 2 ? PAGE_MM : COLUMN_MM;
    f->height_mm = 14 + 34 * down;
    fprintf(f->script,
            "set multiplot layout %d,%d margins screen %.3f, screen %.3f, screen %.3f, screen %.3f "
            "spacing screen %.3f, screen %.3f\nset border 15 lw 0.5\neval change\n"
            "set cbrange [%.6g:%.6g]\nunset colorbox\n",
            down, across, 13 / f->width_mm, 1 - 3 / f->width_mm, 10 / f->height_mm,
            1 - 5 / f->height_mm, 8 / f->width_mm, 13 / f->height_mm, -most, most);
    ticks(f, 'x', m->hidden, m->num_hidden);
    ticks(f, 'y', m->noise, m->num_noise);
    for (int i = 0; i < m->num; i++) {
        if (!has_numbers(m, i)) continue;
        fputs("set title ", f->script);
        figure_quote(f->script, m->map[i].label);
        fprintf(
            f->script,
            " offset 0,-0.7\nset xlabel '%s'\nset ylabel '%s' offset -0.2,0\n"
            "plot data index %d using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror "
            "lc palette, '' index %d using 1:2:(sprintf('%%.2g', $3)) with labels font ',6'\n",
            drawn >= num - across ? "units" : "", drawn % across ? "" : "noise inputs", i, i);
        drawn++;
    }
}

int figure_distance_by_shape(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct maps m = {.num = 0};
    size_t n = (size_t)s->num_runs;
    double *x = calloc(3 * n + 1, sizeof *x);
    (void)run;
    figure_title(f, s, "Matched distance above its floor, by units and noise inputs");
    if (!x) return status_no_memory(st, "the distances");
    int code = source_column(s, "matched_distance", x, NULL, st);
    if (!code) code = source_column(s, "matched_distance_floor", x + n, NULL, st);
    if (!code) {
        write_maps(f, s, &m, x, x + n, x + 2 * n);
        f->left = s->num_runs - f->shown;
        if (f->left) snprintf(f->left_out, sizeof f->left_out, "not done, or of other maps");
        if (m.num_hidden * m.num_noise < 2)
            figure_say(f, "The numbers of units and of noise inputs do not vary.");
        else if (!(m.least <= m.largest))
            figure_say(f, "No run has a matched distance and its floor.");
        else {
            draw_maps(f, &m);
            figure_say(f, "Medians over seeds go from %.3g to %.3g above the floor.", m.least,
                       m.largest);
            if (m.more) figure_say(f, "%d cells of further HMMs are not drawn.", m.more);
            if (m.num_hidden == MOST_VALUES || m.num_noise == MOST_VALUES)
                figure_say(f, "At most %d values of each are drawn.", MOST_VALUES);
        }
    }
    free(x);
    return code;
}
