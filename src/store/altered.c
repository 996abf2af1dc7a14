/* altered: a results file whose seal is not whole: changed by another program (an attribute of
 * h5py, h5repack, nccopy) or damaged. It is read in a child process (foreign.c) that reports where
 * every dataset is (locate.c). The rows are then trusted one by one, by their checksums. Refuses to
 * write into such a file.
 */
#include "internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file without a name, for what has to be copied. */
static int open_copies(void)
{
    const char *dir = getenv("TMPDIR");
    char name[512];
    if (!dir || !*dir) dir = "/tmp";
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    snprintf(name, sizeof name, "%.480s/hmmgrid-XXXXXX", dir);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) unlink(name);
    return fd;
}

/* In the child. Of an error it says that the file is not as it was. */
static int load(void *context, struct status *st)
{
    struct store *store = context;
    int code = store_load_by_library(store, st);
    if (!code || store->seal == SEAL_ABSENT) return code;
    size_t used = strnlen(st->text, 3600);
    snprintf(st->text + used, sizeof st->text - used,
             "; its layout is not as hmmgrid wrote it: damaged, or changed by another program; use "
             "a copy");
    return code;
}

int altered_read(struct store *store, struct status *st)
{
    void *shared = mmap(NULL, sizeof *store->report, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED) return status_no_memory(st, "%s", store->path);
    store->report = shared;
    store->copies = open_copies();
    int code =
        foreign_read(&(struct foreign){store->path, store->file_bytes, STATUS_IO, load, store}, st);
    struct report *report = store->report;
    report->text[sizeof report->text - 1] = '\0';
    if (report->num_places > MOST_PLACES || report->text_bytes >= sizeof report->text)
        report->num_places = report->text_bytes = 0;
    for (size_t i = 0; i < report->num_places; i++)
        report->place[i].name[sizeof report->place[i].name - 1] = '\0';
    return code;
}

void altered_free(struct store *store)
{
    if (store->report) munmap(store->report, sizeof *store->report);
    if (store->copies >= 0) close(store->copies);
}

/* --- what is trusted of it ---------------------------------------------------------------- */

/* Do a finished row's settings, key and bytes all agree? Settings that this version does not know
 * hide whether the others are as they were, unless all of them were checked already. */
static int check_row(struct store *store, int run, bool *valid, struct status *st)
{
    char key[33], again[33];
    *valid = false;
    const struct decoded_run *decoded = store_settings(store, run, st);
    if (!decoded) return st->code == STATUS_NO_MEMORY ? st->code : STATUS_OK;
    int code = store_read_text(store, store->key_column, run, key, sizeof key, st);
    settings_run_key(&decoded->settings, decoded->seed, again);
    bool known = store->contents || strcmp(decoded->key, again) == 0;
    if (code || strcmp(decoded->key, key) != 0 || !known) return code;
    return store_check_run(store, run, valid, st);
}

int altered_check_rows(struct store *store, struct status *st)
{
    const struct report *report = store->report;
    int finished = 0, agree = 0;
    bool *doubted = calloc((size_t)store->num_runs, sizeof *doubted);
    if (!doubted) return status_no_memory(st, "%s", store->path);
    for (int run = 0; run < store->num_runs; run++) {
        bool valid = false;
        if (!store_is_committed(store, run)) continue;
        int code = check_row(store, run, &valid, st);
        if (code) {
            free(doubted);
            return code;
        }
        doubted[run] = !valid;
        finished++;
        agree += valid;
    }
    store->doubted = doubted;
    char pieces[96] = "";
    if (report->num_copied)
        snprintf(pieces, sizeof pieces, ", %d of %zu datasets compressed or stored otherwise",
                 report->num_copied, report->num_places);
    if (asprintf(&store->difference,
                 "%s: not as hmmgrid wrote it: %s%s; %d of %d finished rows agree with their "
                 "checksums and count; nothing can be written into it, --extend makes a new file "
                 "of its rows",
                 store->path,
                 store->seal == SEAL_ABSENT
                     ? "written anew by another program (h5repack, nccopy?)"
                     : "its attributes or structures were changed or added to",
                 pieces, agree, finished) >= 0)
        return STATUS_OK;
    store->difference = NULL;
    return status_no_memory(st, "%s", store->path);
}

int altered_refuse_writing(const struct store *store, struct status *st)
{
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: not as hmmgrid wrote it, so it is only read; --extend makes a new file "
                      "of its finished rows",
                      store->path);
}
