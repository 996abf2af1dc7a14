/* checkpoint_folder: names, and what is in the folder; see checkpoint.h. Refuses to open a file. */
#include "checkpoint.h"

#include "checkpoint_names.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const checkpoint_ends[NUM_ENDS] = {".ckpt", ".ckpt.prev", ".ckpt.tmp", ".state",
                                               ".state.tmp"};

const char *checkpoint_name(const char *key, int end, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "%.48s%s", key, checkpoint_ends[end]);
    return name;
}

const char *checkpoint_state_key(const char *training_key, int epochs, char key[KEY_OF_STATE_BYTES])
{
    snprintf(key, KEY_OF_STATE_BYTES, "%.32s-%d", training_key, epochs);
    return key;
}

int checkpoint_open_folder(const char *folder)
{
    return open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool checkpoint_folder(const char *results_path, char *folder, size_t bytes)
{
    return (size_t)snprintf(folder, bytes, "%s.ckpt", results_path) < bytes;
}

bool checkpoint_is_there(const char *folder, const char *key)
{
    char name[NAME_BYTES];
    bool there = false;
    int dir = checkpoint_open_folder(folder);
    if (dir < 0) return false;
    for (int g = 0; g < NUM_GENERATIONS && !there; g++)
        there = faccessat(dir, checkpoint_name(key, g, name), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    close(dir);
    return there;
}

void checkpoint_each(const char *folder,
                     void (*each)(void *context, const char *key, enum checkpoint_kind kind),
                     void *context)
{
    static const enum checkpoint_kind kind[NUM_ENDS] = {[NEWEST] = CHECKPOINT_NEWEST,
                                                        [STATE] = CHECKPOINT_STATE,
                                                        [UNFINISHED_STATE] = CHECKPOINT_STATE};
    int fd = checkpoint_open_folder(folder);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char *end = strchr(entry->d_name, '.');
        int which = end ? text_index(checkpoint_ends, NUM_ENDS, end) : -1;
        if (which < 0) continue;
        *end = '\0';
        each(context, entry->d_name, kind[which]);
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
}

struct search {
    const char *training_key;
    int most, found;
};

/* Is it the state of a training with this key that is longer than all before? */
static void look_at_state(void *context, const char *key, enum checkpoint_kind kind)
{
    struct search *search = context;
    char again[KEY_OF_STATE_BYTES];
    const char *number = strchr(key, '-');
    int epochs = kind == CHECKPOINT_STATE && number ? (int)strtol(number + 1, NULL, 10) : 0;
    if (epochs > search->found && epochs <= search->most &&
        strcmp(key, checkpoint_state_key(search->training_key, epochs, again)) == 0)
        search->found = epochs;
}

int checkpoint_find_state(const char *folder, const char *training_key, int most)
{
    struct search search = {training_key, most, 0};
    checkpoint_each(folder, look_at_state, &search);
    return search.found;
}

void checkpoint_remove(const char *folder, const char *key)
{
    char name[NAME_BYTES];
    int dir = checkpoint_open_folder(folder);
    if (dir < 0) return;
    for (int i = 0; i < NUM_ENDS; i++) unlinkat(dir, checkpoint_name(key, i, name), 0);
    close(dir);
}

void checkpoint_remove_folder(const char *folder)
{
    rmdir(folder);
}
