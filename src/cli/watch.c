/* watch: see view.h. Curves begin when the watching does: before its end a run's curve is nowhere
 * else. Refuses to disturb the study: of its results file the floors of runs that are done are
 * read.
 */
#include "view.h"

#include "base/sheet.h"
#include "base/show.h"
#include "base/wrap.h"
#include "report/canvas.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { MOST_TRACKS = 8, LEAST_LINES = 10 };
static const double plain_every_s = 10;

/* The validation loss of a run that is on, as far as it was seen. */
struct track {
    double run, num_epochs; /* NaN: none */
    double *epoch, *loss;   /* (num) owned */
    int num, room;
    double floor; /* of runs of its cell that are done; NaN: none is */
};

struct watch {
    struct track track[MOST_TRACKS];
    double floors_of; /* done runs when the floors were read */
    bool has_new;     /* a track since then */
};

static volatile sig_atomic_t signalled;

static void note_signal(int number)
{
    signalled = number;
}

/* --- curves ----------------------------------------------------------------------------------- */

static void forget(struct track *t)
{
    free(t->epoch);
    free(t->loss);
    *t = (struct track){.run = NAN, .floor = NAN};
}

static void add(struct track *t, double epoch, double loss)
{
    if (t->num && t->epoch[t->num - 1] >= epoch) return;
    if (t->num == t->room) {
        int room = 2 * t->room + 64;
        double *longer = realloc(t->epoch, (size_t)room * sizeof *longer);
        if (longer) t->epoch = longer;
        double *loss_longer = longer ? realloc(t->loss, (size_t)room * sizeof *longer) : NULL;
        if (loss_longer) t->loss = loss_longer;
        if (!loss_longer) return; /* the curve can do without */
        t->room = room;
    }
    t->epoch[t->num] = epoch;
    t->loss[t->num++] = loss;
}

static bool is_on(const struct study_status *s, double run)
{
    for (int i = 0; i < s->num_workers; i++)
        if (s->worker[i].run == run) return true;
    return false;
}

/* The track of a run, a free one where it has none yet; NULL: all are taken. */
static struct track *track_of(struct watch *w, double run)
{
    struct track *unused = NULL;
    for (int i = 0; i < MOST_TRACKS; i++) {
        if (w->track[i].run == run) return &w->track[i];
        if (isnan(w->track[i].run)) unused = &w->track[i];
    }
    if (unused) unused->run = run;
    w->has_new = w->has_new || unused;
    return unused;
}

static void follow(struct watch *w, const struct study_status *s)
{
    for (int i = 0; i < MOST_TRACKS; i++)
        if (!is_on(s, w->track[i].run)) forget(&w->track[i]);
    for (int i = 0; i < s->num_workers; i++) {
        const struct worker_status *one = &s->worker[i];
        struct track *t = isnan(one->run) ? NULL : track_of(w, one->run);
        if (!t || !(one->epoch > 0)) continue;
        t->num_epochs = one->num_epochs;
        add(t, one->epoch, one->val_loss);
    }
}

/* Mean loss_floor of the runs of its cell that are done; what cannot be read is not known. */
static void read_floor(struct store *store, const double *cell, const double *floor,
                       struct track *t)
{
    double sum = 0;
    int num = 0, run = (int)t->run;
    for (int i = 0; i < store_num_runs(store) && run < store_num_runs(store); i++)
        if (cell[i] == cell[run] && !isnan(floor[i])) sum += floor[i], num++;
    t->floor = num ? sum / num : NAN;
}

static void read_floors(struct watch *w, const char *path)
{
    struct store *store = NULL;
    if (store_open(&store, path, NULL)) return; /* the next time, perhaps */
    w->has_new = false;
    int c = store_find_column(store, "cell"), f = store_find_column(store, "loss_floor");
    size_t room = (size_t)store_num_runs(store) + 1;
    double *cell = calloc(2 * room, sizeof *cell), *floor = cell ? cell + room : NULL;
    bool good = cell && c >= 0 && f >= 0 && !store_read_column(store, c, cell, NULL) &&
                !store_read_column(store, f, floor, NULL);
    for (int i = 0; i < MOST_TRACKS && good; i++)
        if (!isnan(w->track[i].run)) read_floor(store, cell, floor, &w->track[i]);
    free(cell);
    store_close(store);
}

static int draw_curves(const struct watch *w, int lines, const struct invocation *inv, FILE *out,
                       struct status *st)
{
    struct canvas canvas;
    char last[24];
    int code = canvas_init(&canvas, inv->out, lines - 1, st), num = 0;
    if (code) return code;
    canvas.x[0] = 1, canvas.x[1] = 2;
    for (int i = 0; i < MOST_TRACKS; i++) {
        const struct track *t = &w->track[i];
        for (int k = 0; k < t->num; k++) canvas_take(&canvas, t->loss[k]);
        if (t->num) canvas_take(&canvas, t->floor);
        if (t->num) canvas.x[1] = fmax(canvas.x[1], t->num_epochs);
        num += t->num > 0;
    }
    canvas_fit(&canvas);
    for (int i = 0; i < MOST_TRACKS; i++) {
        const struct track *t = &w->track[i];
        if (t->num) canvas_line(&canvas, 1, t->floor, canvas.x[1], t->floor, true, '-');
        for (int k = 0; k < t->num; k++)
            canvas_line(&canvas, t->epoch[k > 0 ? k - 1 : 0], t->loss[k > 0 ? k - 1 : 0],
                        t->epoch[k], t->loss[k], false, '*');
    }
    show_on(out, "val_loss of %d runs since the watching began; dashed: floors of their cells\n",
            num);
    snprintf(last, sizeof last, "%.0f", canvas.x[1]);
    canvas_print(&canvas, (struct canvas_label[]){{1, "epoch 1"}, {canvas.x[1], last}}, 2, "\n",
                 out);
    canvas_free(&canvas);
    return STATUS_OK;
}

/* --- the screen ------------------------------------------------------------------------------- */

static int draw_workers(const struct study_status *s, int most, FILE *out)
{
    int lines = 1, busy = 0;
    show_on(out, "%5s %6s %13s %10s %8s  %s\n", "rank", "run", "epoch", "val_loss", "seen", "host");
    for (int i = 0; i < s->num_workers; i++) {
        const struct worker_status *w = &s->worker[i];
        char epoch[48] = "", loss[32] = "", seen[32] = "";
        if (isnan(w->run) || busy++ >= most) continue;
        if (w->num_epochs > 0) snprintf(epoch, sizeof epoch, "%.0f/%.0f", w->epoch, w->num_epochs);
        if (isfinite(w->last_seen_s)) snprintf(seen, sizeof seen, "%.0f s", w->last_seen_s);
        if (w->epoch > 0) snprintf(loss, sizeof loss, "%.5g", w->val_loss);
        show_on(out, "%5.0f %6.0f %13s %10s %8s  %s\n", w->rank, w->run, epoch, loss, seen,
                w->host ? w->host : "");
        lines++;
    }
    if (busy > most) show_on(out, "%5s and %d more\n", "", busy - most);
    return lines + (busy > most);
}

static int count_lines(const char *text)
{
    int num = 0;
    for (; *text; text++) num += *text == '\n';
    return num;
}

/* All of it, a screen high. */
static int draw(const struct watch *w, const struct view *v, const struct invocation *inv,
                FILE *out, struct status *st)
{
    const struct study_status *s = &v->study;
    struct sheet sheet;
    FILE *head = sheet_open(&sheet);
    int height = wrap_height(inv->out) - 1;
    if (!head) return status_no_memory(st, "a screen");
    show_on(head, "study %s: %s (%s); q ends the watching\n", s->study ? s->study : "", s->state,
            v->holder);
    if (v->has_file) view_print_counts(head, v);
    if (v->has_file) view_print_times(head, v);
    if (v->has_file) draw_workers(s, height / 3 < MOST_TRACKS ? height / 3 : MOST_TRACKS, head);
    char *text = sheet_close(&sheet, head, true, NULL);
    if (!text) return status_no_memory(st, "a screen");
    int left = height - count_lines(text), any = 0;
    fputs(text, out);
    free(text);
    for (int i = 0; i < MOST_TRACKS; i++) any += w->track[i].num;
    return any && left >= LEAST_LINES ? draw_curves(w, left, inv, out, st) : STATUS_OK;
}

/* Over what was there, each line cut at the terminal's width, what is left behind it erased. */
static void put_screen(FILE *out, char *text)
{
    int width = wrap_width(out);
    fputs("\033[H", out);
    for (char *line = text, *end; *line; line = end) {
        end = strchrnul(line, '\n');
        int columns = 0;
        char *cut = line;
        for (; cut < end; cut++) {
            bool starts = (*cut & 0xC0) != 0x80; /* a character of UTF-8 */
            if (starts && columns == width) break;
            columns += starts;
        }
        fwrite(line, 1, (size_t)(cut - line), out);
        fputs("\033[K\n", out);
        end += *end == '\n';
    }
    fputs("\033[J", out);
}

static int redraw(struct watch *w, const struct view *v, const struct invocation *inv,
                  struct status *st)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    int code = out ? draw(w, v, inv, out, st) : status_no_memory(st, "a screen");
    char *text = out ? sheet_close(&sheet, out, !code, NULL) : NULL;
    if (!code && !text) code = status_no_memory(st, "a screen");
    if (!code) put_screen(inv->out, text);
    free(text);
    return code;
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Keys come at once and are not shown, until *kept is put back; false: there is no terminal. */
static bool take_keys(struct termios *kept)
{
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, kept) != 0) return false;
    struct termios raw = *kept;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* A second, or until a key is pressed or a signal comes. Was it q? */
static bool wait_for_q(bool keys)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char key = 0;
    return poll(&in, keys, 1000) > 0 && read(STDIN_FILENO, &key, 1) == 1 && key == 'q';
}

/* Where it is no terminal: a line now and then, and when runs end. */
static void print_plain(const struct view *v, FILE *out)
{
    static double said_s = -INFINITY, ended = -1;
    const struct study_status *s = &v->study;
    double now = s->done + s->failed + s->crashed;
    if (!v->has_file || (now == ended && s->elapsed_s - said_s < plain_every_s)) return;
    said_s = s->elapsed_s, ended = now;
    show_on(out, "%.0f s: %.0f of %.0f done, %.0f failed, %.0f running", s->elapsed_s, s->done,
            s->total, s->failed + s->crashed, s->running);
    for (int i = 0, num = 0; i < s->num_workers && num < MOST_TRACKS; i++) {
        const struct worker_status *w = &s->worker[i];
        if (isnan(w->run) || !(w->epoch > 0)) continue;
        show_on(out, "%s run %.0f epoch %.0f/%.0f val_loss %.5g", num++ ? "," : ";", w->run,
                w->epoch, w->num_epochs, w->val_loss);
    }
    fputc('\n', out);
}

/* One look at it. */
static int look(struct watch *w, const struct invocation *inv, bool terminal, bool *live,
                struct status *st)
{
    struct view v;
    int code = view_read(inv, inv->operand[0], &v, st);
    *live = !code && v.live;
    if (*live) follow(w, &v.study);
    if (*live && v.study.done > 0 && (w->has_new || v.study.done != w->floors_of)) {
        w->floors_of = v.study.done;
        read_floors(w, inv->operand[0]);
    }
    if (*live && terminal) code = redraw(w, &v, inv, st);
    if (*live && !terminal) print_plain(&v, inv->out);
    view_free(&v);
    if (!code && fflush(inv->out) != 0)
        code = status_set(st, STATUS_IO, "cannot write to standard output: %s", strerror(errno));
    return code;
}

int view_watch(const struct invocation *inv, bool *ended, struct status *st)
{
    struct watch w = {.floors_of = -1};
    struct termios kept;
    struct sigaction before[2], note = {.sa_handler = note_signal};
    bool terminal = isatty(fileno(inv->out)), live = true, q = false;
    bool keys = terminal && take_keys(&kept);
    int code = STATUS_OK;
    for (int i = 0; i < MOST_TRACKS; i++) w.track[i].run = w.track[i].floor = NAN;
    sigaction(SIGINT, &note, &before[0]);
    sigaction(SIGTERM, &note, &before[1]);
    if (terminal) fputs("\033[2J", inv->out);
    while (live && !q && !code && !signalled) {
        code = look(&w, inv, terminal, &live, st);
        if (!code && live && !signalled) q = wait_for_q(keys);
    }
    if (keys) tcsetattr(STDIN_FILENO, TCSANOW, &kept);
    if (terminal && !live) fputs("\033[H\033[J", inv->out);
    sigaction(SIGINT, &before[0], NULL);
    sigaction(SIGTERM, &before[1], NULL);
    for (int i = 0; i < MOST_TRACKS; i++) forget(&w.track[i]);
    *ended = !live;
    return !code && signalled ? 128 + signalled : code;
}
