/* script: see script.h. Refuses to replace a file that somebody has changed. */
#include "script.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/sheet.h"
#include "base/show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a model, above it is what a study has of its own. */
static const char same_for_all[] = "# --- the same for every study ---\n";
static const char sbatch_line[] = "#SBATCH --";
/* The second line; behind it a hash of the others. */
static const char made_by[] = "# made by `hmmgrid submit`, which replaces it while it is as made: ";
enum { HASH_DIGITS = 16, MAX_SCRIPT_BYTES = 1 << 20 };

/* The line at `at` with its end; 0: there is none. */
static size_t line_length(const char *at)
{
    const char *end = strchr(at, '\n');
    return end ? (size_t)(end + 1 - at) : strlen(at);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

int script_flags(const char *model, struct flags *flags, struct status *st)
{
    for (const char *at = model; *at && !begins(at, same_for_all); at += line_length(at)) {
        if (!begins(at, sbatch_line)) continue;
        const char *said = at + strlen(sbatch_line);
        char *text = pool_text(flags->pool, said, strcspn(said, "\n"));
        if (!text) return status_no_memory(st, "the script");
        if (flags_say(flags, text, NULL, st)) return st->code;
    }
    return STATUS_OK;
}

static bool is_as_made(const char *text)
{
    const char *line = text + line_length(text), *body = line + line_length(line);
    char digits[HASH_DIGITS + 1];
    if (!begins(line, made_by) || !*body) return false;
    snprintf(digits, sizeof digits, "%016lx", (unsigned long)hash_64(body, strlen(body)));
    return begins(line + strlen(made_by), digits);
}

/* --- the text --------------------------------------------------------------------------------- */

/* A line that the shell does not read, whatever is in it. */
static void put_comment(FILE *out, const char *text)
{
    char shown[SHOWN_BYTES];
    fputs("# ", out);
    while (*text) {
        text += show_character(text, shown);
        fputs(shown, out);
    }
    fputc('\n', out);
}

static void put_flags(FILE *out, const struct flags *flags)
{
    for (int i = 0; i < flags->num; i++) {
        if (flags->flag[i].from) put_comment(out, flags->flag[i].from);
        fputs("#SBATCH ", out);
        flags_put(&flags->flag[i], out);
        fputc('\n', out);
    }
}

static void put_lines(FILE *out, const struct lines *lines, const char *before)
{
    if (lines->num) put_comment(out, lines->from);
    for (int i = 0; i < lines->num; i++) fprintf(out, "%s%s\n", before, lines->line[i]);
}

static void put_assignment(FILE *out, const struct assignment *a)
{
    fprintf(out, "%s=%s%s", a->name, a->value, a->from ? " " : "\n");
    if (a->from) put_comment(out, a->from);
}

/* The study's own value of what the line assigns to; NULL: the line stays. */
static const struct assignment *find_assignment(const struct script *s, const char *line)
{
    size_t n = strcspn(line, "=\n");
    for (int i = 0; i < s->num_assignments; i++)
        if (strlen(s->assignment[i].name) == n && strncmp(s->assignment[i].name, line, n) == 0)
            return &s->assignment[i];
    return NULL;
}

/* All below the two first lines. */
static void put_body(const struct script *s, FILE *out)
{
    const char *at = s->model + line_length(s->model);
    bool flags_are_out = false;
    for (; *at && !begins(at, same_for_all); at += line_length(at)) {
        const struct assignment *a = find_assignment(s, at);
        if (begins(at, sbatch_line) && !flags_are_out) {
            put_flags(out, s->flags);
            flags_are_out = true;
        }
        if (a)
            put_assignment(out, a);
        else if (!begins(at, sbatch_line))
            fwrite(at, 1, line_length(at), out);
    }
    put_lines(out, &s->profile->modules, "module load ");
    put_lines(out, &s->profile->setup, "");
    if (s->profile->modules.num || s->profile->setup.num) fputc('\n', out);
    fputs(at, out);
}

char *script_text(const struct script *s)
{
    struct sheet sheet;
    size_t bytes = 0;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    put_body(s, out);
    char *line = strndup(s->model, line_length(s->model)), *text = NULL,
         *body = sheet_close(&sheet, out, true, &bytes);
    if (line && body) text = script_copy(line, body, bytes);
    free(line);
    free(body);
    return text;
}

char *script_copy(const char *line, const char *body, size_t bytes)
{
    char *text;
    if (is_as_made(body)) return strndup(body, bytes);
    int n = asprintf(&text, "%s%s%016lx\n%.*s", line, made_by, (unsigned long)hash_64(body, bytes),
                     (int)bytes, body);
    return n < 0 ? NULL : text;
}

/* --- the file --------------------------------------------------------------------------------- */

static int check_place(const char *path, struct status *st)
{
    struct stat info;
    size_t bytes = 0;
    if (lstat(path, &info) != 0 && errno == ENOENT) return STATUS_OK;
    char *text = calloc(MAX_SCRIPT_BYTES + 1, 1);
    if (!text) return status_no_memory(st, "%s", path);
    int fd = file_open(path, O_RDONLY, "a script", st), code = fd < 0 ? st->code : STATUS_OK;
    if (fd >= 0) close(fd);
    if (!code && file_read_text(path, text, MAX_SCRIPT_BYTES, &bytes)) code = STATUS_IO;
    if (code || strlen(text) != bytes || !is_as_made(text))
        code = status_set(st, STATUS_CANNOT_CREATE,
                          "%s: is there already, and not as `hmmgrid submit` made it: move it away "
                          "(or submit the script as it is, by `sbatch`)",
                          path);
    free(text);
    return code;
}

int script_write(const char *path, const char *text, bool write, struct status *st)
{
    int code = check_place(path, st);
    if (code || !write) return code;
    int fd = file_create(path, true, st);
    if (fd < 0) return st->code;
    int error = file_write_at(fd, 0, text, strlen(text));
    if (close(fd) != 0 && !error) error = errno;
    return error ? file_fail(st, STATUS_IO, path, "write it", error) : STATUS_OK;
}
