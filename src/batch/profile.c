/* profile: see profile.h. Refuses keys that it does not know, and to know which flags sbatch has.
 */
#include "profile.h"

#include "base/command.h"
#include "base/file.h"
#include "base/spelling.h"
#include "hmmgrid/settings.h"
#include "plan/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PROFILE_BYTES = 1 << 16, MOST_NTASKS = 1000000, BASH_S = 10 };

struct reader {
    struct profile *profile;
    struct faults *faults;
    const char *path;
};

/* A key of a map, and who reads what belongs to it. */
struct profile_key {
    const char *name;
    void (*read)(struct reader *r, const struct node *key, const struct node *item);
};

static void read_map(struct reader *r, const struct node *map, const struct profile_key *keys,
                     int num_keys)
{
    enum { MOST = 8 };
    const char *name[MOST];
    for (int k = 0; k < num_keys && k < MOST; k++) name[k] = keys[k].name;
    for (int i = 0; i < map->count; i++) {
        const char *text = map->key[i]->text, *nearest;
        int k = 0;
        while (k < num_keys && strcmp(keys[k].name, text) != 0) k++;
        if (k < num_keys) {
            keys[k].read(r, map->key[i], map->item[i]);
            continue;
        }
        nearest = spelling_nearest(text, name, num_keys);
        FAULT(r, map->key[i], "unknown key '%.60s'%s%s%s", text, nearest ? "; did you mean '" : "",
              nearest ? nearest : "", nearest ? "'?" : "; `hmmgrid submit --help` has them");
    }
}

static bool is_map(struct reader *r, const struct node *key, const struct node *item,
                   const char *example)
{
    if (item->kind == NODE_MAP) return true;
    if (!node_is_null(item))
        FAULT(r, item, "%s: %s where a map is expected; write %s: %s", key->text, node_what(item),
              key->text, example);
    return false;
}

/* --- flags of sbatch ------------------------------------------------------------------------ */

static bool is_word(const struct node *item, const char *word)
{
    return item->kind == NODE_SCALAR && !item->quoted && strcmp(item->text, word) == 0;
}

/* A list is joined by commas, as sbatch has it. NULL: a fault. */
static const char *value_of(struct reader *r, const struct node *key, const struct node *item)
{
    char text[1024] = "";
    size_t used = 0;
    if (item->kind == NODE_SCALAR) return item->text;
    for (int i = 0; item->kind == NODE_LIST && i < item->count; i++) {
        if (item->item[i]->kind != NODE_SCALAR || used >= sizeof text) break;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "," : "",
                                 item->item[i]->text);
        if (i + 1 == item->count && used < sizeof text)
            return pool_text(r->profile->flags->pool, text, used);
    }
    FAULT(r, item, "%s: %s where a word is expected, or a list of words", key->text,
          node_what(item));
    return NULL;
}

static void read_sbatch(struct reader *r, const struct node *key, const struct node *map)
{
    struct flags *flags = r->profile->flags;
    if (!is_map(r, key, map, "{partition: NAME}")) return;
    for (int i = 0; i < map->count; i++) {
        const struct node *name = map->key[i], *item = map->item[i];
        bool alone = node_is_null(item) || is_word(item, "true");
        struct status st = {0};
        if (is_word(item, "false")) {
            flags_drop(flags, name->text);
            continue;
        }
        const char *value = alone ? NULL : value_of(r, name, item);
        if ((alone || value) && flags_set(flags, name->text, value, r->path, &st))
            FAULT(r, name, "%s", st.text);
    }
}

/* --- lines ---------------------------------------------------------------------------------- */

/* A fault of the first line that bash, which is given them, cannot read. */
static void check_lines(struct reader *r, const struct node *key, const struct node *item,
                        const struct lines *lines)
{
    static const char name[] = "setup: "; /* of the shell, before what it says of them */
    char said[2048], *script = NULL, *fault;
    size_t bytes = 0;
    FILE *out = open_memstream(&script, &bytes);
    for (int i = 0; out && i < lines->num; i++) fprintf(out, "%s\n", lines->line[i]);
    if (!out || fclose(out) != 0) return;
    const char *argv[] = {"bash", "-n", "-c", script, "setup", NULL};
    command_ask(argv, STDERR_TOO, BASH_S, said, sizeof said);
    if ((fault = strstr(said, name)) && (fault += strlen(name)))
        FAULT(r, item, "%s: bash cannot read it: %.*s", key->text, (int)strcspn(fault, "\n"),
              fault);
    free(script);
}

static void read_lines(struct reader *r, const struct node *key, const struct node *item,
                       struct lines *lines)
{
    int num = item->kind == NODE_LIST ? item->count : 1;
    *lines = (struct lines){.from = r->path};
    if (node_is_null(item)) return;
    for (int i = 0; i < num; i++) {
        const struct node *one = item->kind == NODE_LIST ? item->item[i] : item;
        if (one->kind != NODE_SCALAR || !*one->text)
            FAULT(r, one, "%s: %s where a line of text is expected", key->text, node_what(one));
        else if (lines->num == MAX_LINES)
            FAULT(r, one, "%s: more than %d lines", key->text, MAX_LINES);
        else
            lines->line[lines->num++] =
                pool_text(r->profile->flags->pool, one->text, strlen(one->text));
    }
    check_lines(r, key, item, lines);
}

static void read_modules(struct reader *r, const struct node *key, const struct node *item)
{
    read_lines(r, key, item, &r->profile->modules);
}

static void read_setup(struct reader *r, const struct node *key, const struct node *item)
{
    read_lines(r, key, item, &r->profile->setup);
}

static void read_line(struct reader *r, const struct node *key, const struct node *item,
                      struct said *said)
{
    if (item->kind != NODE_SCALAR || !*item->text || strpbrk(item->text, "\n\r")) {
        FAULT(r, item, "%s: %s where one line of text is expected", key->text, node_what(item));
        return;
    }
    said->text = pool_text(r->profile->flags->pool, item->text, strlen(item->text));
    said->from = r->path;
}

bool profile_is_launcher(const char *text)
{
    return text[strspn(text, " ")] &&
           !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789_-+=./,:%@ ${}")];
}

static void read_launcher(struct reader *r, const struct node *key, const struct node *item)
{
    read_line(r, key, item, &r->profile->launcher);
    if (item->kind == NODE_SCALAR && !profile_is_launcher(item->text))
        FAULT(r, item, "%s: '%.60s' " NO_LAUNCHER, key->text, item->text);
}

static void read_program(struct reader *r, const struct node *key, const struct node *item)
{
    read_line(r, key, item, &r->profile->program);
}

/* --- limits --------------------------------------------------------------------------------- */

static void read_limit_time(struct reader *r, const struct node *key, const struct node *item)
{
    double seconds = 0;
    struct status st = {0};
    bool number = !item->text[strspn(item->text, "0123456789")]; /* Slurm's minutes, or seconds? */
    if (item->kind != NODE_SCALAR || number ||
        duration_parse(item->text, &seconds, &st) != STATUS_OK || seconds < 60)
        FAULT(r, item, "%s: a time of a minute or more is expected, such as 8h, 90min or 8:00:00",
              key->text);
    r->profile->limit_s = seconds;
}

static void read_limit_ntasks(struct reader *r, const struct node *key, const struct node *item)
{
    char *end = NULL;
    long number = item->kind == NODE_SCALAR ? strtol(item->text, &end, 10) : 0;
    if (number < 1 || number > MOST_NTASKS || *end)
        FAULT(r, item, "%s: a number of tasks is expected, from 1 to %d", key->text, MOST_NTASKS);
    else
        r->profile->limit_ntasks = (int)number;
}

static void read_limit(struct reader *r, const struct node *key, const struct node *map)
{
    static const struct profile_key keys[] = {{"time", read_limit_time},
                                              {"ntasks", read_limit_ntasks}};
    if (!is_map(r, key, map, "{time: 8h}")) return;
    r->profile->limit_from = r->path;
    read_map(r, map, keys, sizeof keys / sizeof keys[0]);
}

/* --- the file ------------------------------------------------------------------------------- */

static void read_profile(struct reader *r, const char *text, size_t bytes)
{
    static const struct profile_key keys[] = {
        {"sbatch", read_sbatch},   {"launcher", read_launcher}, {"program", read_program},
        {"modules", read_modules}, {"setup", read_setup},       {"limit", read_limit}};
    struct node *root;
    yaml_read(r->profile->flags->pool, text, bytes, &root, r->faults);
    if (!root || r->faults->out_of_memory || node_is_null(root)) return; /* nothing is said */
    if (root->kind == NODE_MAP)
        read_map(r, root, keys, sizeof keys / sizeof keys[0]);
    else
        FAULT(r, root, "%s where a map is expected, such as `launcher: mpirun`", node_what(root));
}

int profile_read(struct profile *profile, const char *path, bool needed, struct status *st)
{
    struct pool *pool = profile->flags->pool;
    struct faults *faults = pool_take(pool, 1, sizeof *faults);
    char *text = pool_take(pool, MAX_PROFILE_BYTES + 1, 1);
    const char *name = pool_text(pool, path, strlen(path));
    size_t bytes = 0;
    struct stat info;
    if (!faults || !text || !name) return status_no_memory(st, "%s", path);
    if (!needed && lstat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return STATUS_OK;
    int fd = file_open(path, O_RDONLY, "a profile", st), error;
    if (fd < 0) return st->code;
    close(fd);
    if ((error = file_read_text(path, text, MAX_PROFILE_BYTES + 1, &bytes)))
        return file_fail(st, STATUS_NO_INPUT, path, "read this profile", error);
    if (bytes > MAX_PROFILE_BYTES)
        return status_set(st, STATUS_BAD_GRID, "%s:1:1: more than %d bytes are no profile", path,
                          MAX_PROFILE_BYTES);
    faults->file = name;
    read_profile(&(struct reader){profile, faults, name}, text, bytes);
    return faults_status(faults, st);
}
