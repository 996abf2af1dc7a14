/* mirror: the columns status, attempts and checksum, which say of every run what its record says,
 * for those who read the file with other tools. Refuses to be asked by this program what a run's
 * status is: only the record knows. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the columns hold for one run. */
struct image {
    int8_t status;
    int16_t attempts;
    uint64_t checksum;
};

static struct image image_of(const struct record *record)
{
    int attempts = record->attempt > INT16_MAX ? INT16_MAX : record->attempt;
    return (struct image){(int8_t)record->status, (int16_t)attempts, record->checksum};
}

static uint64_t offset_of(const struct store *store, int column, int run)
{
    return store->place[column].offset + (uint64_t)run * store->place[column].bytes;
}

int mirror_write(struct store *store, const struct record *record)
{
    struct image image = image_of(record);
    int run = record->run;
    store->attempts[run] = image.attempts;
    int error = file_write_at(store->fd, offset_of(store, store->attempts_column, run),
                              &image.attempts, sizeof image.attempts);
    if (!error)
        error = file_write_at(store->fd, offset_of(store, store->checksum_column, run),
                              &image.checksum, sizeof image.checksum);
    return error ? error
                 : file_write_at(store->fd, offset_of(store, store->status_column, run),
                                 &image.status, sizeof image.status);
}

/* The columns before the record, which a study writes in the other order where they tell of an end.
 * record->run is -1 where it makes no sense. */
static int read_run(struct store *store, int run, struct image *image, struct record *record)
{
    static const unsigned char never[RECORD_BYTES];
    unsigned char bytes[RECORD_BYTES];
    const struct {
        uint64_t offset;
        void *value;
        size_t bytes;
    } read[] = {
        {offset_of(store, store->status_column, run), &image->status, sizeof image->status},
        {offset_of(store, store->attempts_column, run), &image->attempts, sizeof image->attempts},
        {offset_of(store, store->checksum_column, run), &image->checksum, sizeof image->checksum},
        {store->record_offset + (uint64_t)run * RECORD_BYTES, bytes, sizeof bytes},
    };
    int error = 0;
    for (size_t i = 0; i < sizeof read / sizeof read[0] && !error; i++)
        error = store_read_at(store, read[i].offset, read[i].value, read[i].bytes);
    if (error || record_decode(bytes, run, record)) return error;
    bool begun = memcmp(bytes, never, RECORD_BYTES) != 0;
    *record = (struct record){.run = begun ? -1 : run, .status = RUN_PENDING};
    return 0;
}

/* As a study leaves them that is killed between a record and its columns: no end is told that is
 * none. */
static bool is_behind(const struct image *image, const struct image *right)
{
    return (image->status == RUN_PENDING || image->status == RUN_RUNNING) &&
           (image->checksum == 0 || image->checksum == right->checksum) &&
           (image->status == RUN_PENDING || abs(image->attempts - right->attempts) <= 1);
}

static int check(struct store *store, int run, struct record *record, enum store_agreement *found,
                 struct status *st)
{
    struct image image = {0};
    int error = read_run(store, run, &image, record);
    *found = COLUMNS_AGREE;
    if (error) return file_fail(st, STATUS_IO, store->path, "read it", error);
    if (record->run < 0) return STATUS_OK;
    struct image right = image_of(record);
    bool agree = image.status == right.status && image.attempts == right.attempts &&
                 image.checksum == right.checksum;
    if (!agree) *found = is_behind(&image, &right) ? COLUMNS_BEHIND : COLUMNS_WRONG;
    return STATUS_OK;
}

int store_check_columns(struct store *store, int run, enum store_agreement *found,
                        struct status *st)
{
    struct record record;
    return check(store, run, &record, found, st);
}

int store_mend_columns(struct store *store, int *num, struct status *st)
{
    *num = 0;
    for (int run = 0; run < store->num_runs; run++) {
        enum store_agreement found;
        struct record record;
        int code = check(store, run, &record, &found, st);
        if (code) return code;
        if (found == COLUMNS_AGREE) continue;
        int error = mirror_write(store, &record);
        if (error) return file_fail(st, STATUS_IO, store->path, "write its columns", error);
        ++*num;
    }
    return STATUS_OK;
}
