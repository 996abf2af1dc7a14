/* statusfile: see statusfile.h and RELIABILITY section 3. Refuses to sync: losing the last second
 * of a display costs nothing. THE description of the fields is the two tables: writer and reader
 * loop over them, and what the reader does not find is null. */
#include "statusfile.h"

#include "base/clock.h"
#include "base/file.h"
#include "board.h"
#include "fields.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct field study_fields[] = {
    FIELD_TEXT(study_status, state),
    FIELD_TEXT(study_status, message),
    FIELD_TEXT(study_status, study),
    FIELD_TEXT(study_status, uuid),
    FIELD_TEXT(study_status, file),
    FIELD_TEXT(study_status, size),
    FIELD_TEXT(study_status, chosen_by),
    FIELD_NUMBER(study_status, updated_unix_s, "%.3f"),
    FIELD_NUMBER(study_status, started_unix_s, "%.3f"),
    FIELD_NUMBER(study_status, deadline_unix_s, "%.0f"),
    FIELD_NUMBER(study_status, elapsed_s, "%.1f"),
    FIELD_NUMBER(study_status, eta_s, "%.1f"),
    FIELD_NUMBER(study_status, eta_half_s, "%.1f"),
    FIELD_NUMBER(study_status, core_hours, "%.4f"),
    FIELD_NUMBER(study_status, ranks, "%.0f"),
    FIELD_NUMBER(study_status, workers, "%.0f"),
    FIELD_NUMBER(study_status, total, "%.0f"),
    FIELD_NUMBER(study_status, pending, "%.0f"),
    FIELD_NUMBER(study_status, running, "%.0f"),
    FIELD_NUMBER(study_status, done, "%.0f"),
    FIELD_NUMBER(study_status, failed, "%.0f"),
    FIELD_NUMBER(study_status, crashed, "%.0f"),
    FIELD_NUMBER(study_status, chosen, "%.0f"),
    FIELD_NUMBER(study_status, chosen_left, "%.0f"),
};
enum { NUM_STUDY_FIELDS = sizeof study_fields / sizeof study_fields[0] };

static const struct field worker_fields[] = {
    FIELD_NUMBER(worker_status, rank, "%.0f"),
    FIELD_TEXT(worker_status, host),
    FIELD_NUMBER(worker_status, run, "%.0f"),
    FIELD_TEXT(worker_status, key),
    FIELD_NUMBER(worker_status, epoch, "%.0f"),
    FIELD_NUMBER(worker_status, num_epochs, "%.0f"),
    FIELD_NUMBER(worker_status, train_loss, "%.6g"),
    FIELD_NUMBER(worker_status, val_loss, "%.6g"),
    FIELD_NUMBER(worker_status, last_seen_s, "%.1f"),
    FIELD_TEXT(worker_status, settings),
};
enum { NUM_WORKER_FIELDS = sizeof worker_fields / sizeof worker_fields[0] };

/* --- writing ---------------------------------------------------------------------------------- */

void statusfile_put(struct json *json, const struct study_status *s)
{
    fields_put(json, study_fields, NUM_STUDY_FIELDS, s);
    json_open(json, "worker", '[');
    for (int i = 0; i < s->num_workers; i++) {
        json_open(json, NULL, '{');
        fields_put(json, worker_fields, NUM_WORKER_FIELDS, &s->worker[i]);
        json_close(json);
    }
    json_close(json);
}

static struct worker_status worker_status_of(const struct board *b, int i)
{
    const struct board_worker *w = &b->worker[i];
    bool busy = w->run >= 0, known = busy && w->epoch > 0;
    return (struct worker_status){.rank = b->ranks > 1 ? i + 1 : 0,
                                  .host = w->host,
                                  .run = busy ? w->run : NAN,
                                  .key = busy ? b->plan->runs[w->run].key : NULL,
                                  .settings = busy ? plan_tell(b->plan, w->run) : NULL,
                                  .epoch = w->epoch,
                                  .num_epochs = w->num_epochs,
                                  .train_loss = known ? (double)w->train_loss : NAN,
                                  .val_loss = known ? (double)w->val_loss : NAN,
                                  .last_seen_s = b->now_s - w->seen_s};
}

static void add_others(struct study_status *s, const int others[NUM_RUN_STATUS])
{
    for (int i = 0; i < NUM_RUN_STATUS; i++) s->total += others[i];
    s->pending += others[RUN_PENDING];
    s->done += others[RUN_DONE];
    s->failed += others[RUN_FAILED];
    s->crashed += others[RUN_CRASHED];
}

void statusfile_put_board(struct json *json, const struct board *b, bool whole_file)
{
    const struct schedule_counts *c = &b->counts;
    char size[PLAN_COUNT_BYTES];
    plan_count(b->plan, c->total, b->chosen_by, size);
    struct study_status s = {.state = b->state,
                             .message = b->message,
                             .study = b->plan->study,
                             .uuid = b->uuid,
                             .file = b->file,
                             .size = size,
                             .chosen_by = b->chosen_by,
                             .updated_unix_s = clock_unix_s(),
                             .started_unix_s = b->start_unix_s,
                             .deadline_unix_s = b->deadline_s,
                             .elapsed_s = b->now_s - b->start_s,
                             .eta_s = b->eta_s,
                             .eta_half_s = b->eta_half_s,
                             .core_hours = b->wall_sum_s / 3600,
                             .ranks = b->ranks,
                             .workers = b->num_workers,
                             .total = c->total,
                             .pending = c->pending,
                             .running = c->running,
                             .done = c->done,
                             .failed = c->failed,
                             .crashed = c->crashed,
                             .chosen = c->total,
                             .chosen_left = c->pending + c->running};
    if (whole_file) add_others(&s, b->others);
    s.worker = calloc((size_t)b->num_workers + 1, sizeof *s.worker);
    s.num_workers = s.worker ? b->num_workers : 0; /* a display can do without */
    for (int i = 0; i < s.num_workers; i++) s.worker[i] = worker_status_of(b, i);
    statusfile_put(json, &s);
    for (int i = 0; i < s.num_workers; i++) free((char *)s.worker[i].settings);
    free(s.worker);
}

int statusfile_write(const char *results_path, const struct board *board, struct status *st)
{
    char path[4200], temporary[4300];
    snprintf(path, sizeof path, "%s.status.json", results_path);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    int fd = file_create(temporary, true, st);
    if (fd < 0) return STATUS_CANNOT_CREATE;
    struct json json = {.out = fdopen(fd, "w"), .lines = 2};
    if (json.out) {
        json_open(&json, NULL, '{');
        statusfile_put_board(&json, board, true);
        json_close(&json);
        fputc('\n', json.out);
    }
    bool bad = !json.out || ferror(json.out) != 0;
    bad = (json.out ? fclose(json.out) : close(fd)) != 0 || bad;
    if (!bad && rename(temporary, path) == 0) return STATUS_OK;
    int error = errno;
    unlink(temporary);
    return file_fail(st, STATUS_IO, path, "write it", error);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool take(struct study_status *s, const struct node *root)
{
    fields_take(root, study_fields, NUM_STUDY_FIELDS, s);
    int at = node_find(root, "worker");
    if (!s->state || at < 0) return false;
    const struct node *list = root->item[at];
    s->worker = pool_take(s->memory, (size_t)list->count + 1, sizeof *s->worker);
    if (!s->worker) return false;
    for (s->num_workers = 0; s->num_workers < list->count; s->num_workers++)
        fields_take(list->item[s->num_workers], worker_fields, NUM_WORKER_FIELDS,
                    &s->worker[s->num_workers]);
    return true;
}

bool statusfile_read(const char *results_path, struct study_status *s)
{
    char path[4200], *text = NULL;
    size_t room = 0;
    struct node *root;
    *s = (struct study_status){.memory = NULL};
    snprintf(path, sizeof path, "%s.status.json", results_path);
    int fd = file_open(path, O_RDONLY, "a status file", NULL);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    if (!in) return false;
    bool whole = getdelim(&text, &room, '\0', in) >= 0 && (s->memory = pool_new()) &&
                 json_read(s->memory, text, &root, NULL) == 0 && take(s, root);
    fclose(in);
    free(text);
    if (!whole) statusfile_free(s);
    return whole;
}

void statusfile_free(struct study_status *s)
{
    pool_free(s->memory);
    *s = (struct study_status){.memory = NULL};
}
