/* sessions: see sessions.h. Refuses to sync, and to touch the lines of other sessions. */
#include "sessions.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/sheet.h"
#include "base/text.h"
#include "board.h"
#include "fields.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_BYTES = 768, MOST_REASON = 200, MOST_NAME = 4200 };
static const double every_s = 0.5;

static const struct field fields[] = {
    FIELD_TEXT(session, uuid),
    FIELD_TEXT(session, state),
    FIELD_TEXT(session, reason),
    FIELD_TEXT(session, host),
    FIELD_NUMBER(session, begun_unix_s, "%.3f"),
    FIELD_NUMBER(session, last_unix_s, "%.3f"),
    FIELD_NUMBER(session, ranks, "%.0f"),
    FIELD_NUMBER(session, workers, "%.0f"),
    FIELD_NUMBER(session, busy_s, "%.3f"),
};
enum { NUM_FIELDS = sizeof fields / sizeof fields[0] };

void session_put(struct json *json, const struct session *s)
{
    fields_put(json, fields, NUM_FIELDS, s);
}

static void name_of(const char *results_path, char path[MOST_NAME])
{
    snprintf(path, MOST_NAME, "%s.sessions", results_path);
}

/* --- writing ---------------------------------------------------------------------------------- */

int session_log_open(struct session_log *log, const char *results_path, bool fresh,
                     struct status *st)
{
    char path[MOST_NAME];
    struct stat info;
    name_of(results_path, path);
    *log = (struct session_log){.fd = file_create(path, fresh, st)};
    if (log->fd < 0) return STATUS_CANNOT_CREATE;
    gethostname(log->host, sizeof log->host - 1);
    if (fstat(log->fd, &info) == 0) log->at = (uint64_t)info.st_size;
    return STATUS_OK;
}

/* A line of always the same length. Escapes can make a text six times as long: then without it. */
static bool make_line(const struct session *session, char line[LINE_BYTES])
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    struct json json = {.out = out};
    size_t n = 0;
    if (!out) return false;
    json_open(&json, NULL, '{');
    session_put(&json, session);
    json_close(&json);
    char *text = sheet_close(&sheet, out, true, &n);
    bool fits = text && n < LINE_BYTES;
    if (fits) {
        memset(line, ' ', LINE_BYTES);
        memcpy(line, text, n);
        line[LINE_BYTES - 1] = '\n';
    }
    free(text);
    return fits;
}

static double busy_s(const struct board *b)
{
    double sum = b->busy_s, now_s = clock_monotonic_s();
    for (int i = 0; i < b->num_workers; i++)
        if (b->worker[i].phase == RANK_BUSY) sum += now_s - b->worker[i].begun_s;
    return sum;
}

int session_log_note(struct session_log *log, const struct board *b, const char *reason, bool now,
                     struct status *st)
{
    double now_s = clock_monotonic_s();
    char line[LINE_BYTES], short_reason[MOST_REASON] = "";
    if (log->fd < 0 || (!now && now_s - log->written_s < every_s)) return STATUS_OK;
    log->written_s = now_s;
    text_fit(short_reason, sizeof short_reason - 1, reason);
    struct session session = {.uuid = b->uuid,
                              .state = b->state,
                              .reason = short_reason,
                              .host = log->host,
                              .begun_unix_s = b->launched_unix_s,
                              .last_unix_s = b->start_unix_s + now_s - b->start_s,
                              .ranks = b->ranks,
                              .workers = b->num_workers,
                              .busy_s = busy_s(b)};
    bool made = make_line(&session, line);
    session.reason = "";
    if (!made) made = make_line(&session, line);
    int error = made ? file_write_at(log->fd, log->at, line, sizeof line) : ENOMEM;
    if (!error || log->troubled) return STATUS_OK;
    log->troubled = true;
    return file_fail(st, STATUS_IO, "the list of sessions", "write it", error);
}

void session_log_close(struct session_log *log)
{
    if (log->fd >= 0) close(log->fd);
    log->fd = -1;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool take(struct sessions *s, char *line)
{
    struct session *session = &s->item[s->num];
    struct node *root;
    if (json_read(s->memory, line, &root, NULL) || root->kind != NODE_MAP) return false;
    fields_take(root, fields, NUM_FIELDS, session);
    bool whole = session->uuid && session->state && session->last_unix_s >= session->begun_unix_s &&
                 session->ranks >= 1 && session->workers >= 1 && session->busy_s >= 0;
    s->num += whole;
    return whole;
}

/* The list belongs to the file to which its last line does: --extend makes a new one of it. */
static int take_all(struct sessions *s, char *text, const char *uuid, struct status *st)
{
    size_t lines = 1;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    s->memory = pool_new();
    s->item = s->memory ? pool_take(s->memory, lines, sizeof *s->item) : NULL;
    if (!s->item) return status_no_memory(st, "the sessions");
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (!take(s, line)) s->num_damaged++;
    if (s->num && strcmp(s->item[s->num - 1].uuid, uuid) != 0) s->num = 0;
    return STATUS_OK;
}

int sessions_read(const char *results_path, const char *uuid, struct sessions *s, struct status *st)
{
    char path[MOST_NAME], *text = NULL;
    size_t room = 0;
    *s = (struct sessions){.num = 0};
    name_of(results_path, path);
    int fd = file_open(path, O_RDONLY, "a list of sessions", NULL), code = STATUS_OK;
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    if (!in) return STATUS_OK;
    if (getdelim(&text, &room, '\0', in) >= 0) code = take_all(s, text, uuid, st);
    fclose(in);
    free(text);
    return code;
}

void sessions_free(struct sessions *s)
{
    pool_free(s->memory);
    *s = (struct sessions){.num = 0};
}
