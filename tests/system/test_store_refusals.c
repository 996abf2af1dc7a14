/* test_store_refusals: what must not be opened, created, written into or trusted: missing, empty,
 * truncated, foreign, newer and damaged files, files that another program changed, full disks,
 * flipped bits and structures of noise, which must neither crash nor hold the reader. Each refusal
 * has its documented code and names its cause. Run one test by hand: test_store_refusals NAME. */
#include "../support/place.h"

#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A finished file, as bytes too. Without analyses: fewer datasets, more damaged files in the time.
 */
static int set_up(void **state)
{
    struct status st = {0};
    struct store *store = NULL;
    if (place_make(state, "analysis: false\n") != 0) return -1;
    struct place *p = *state;
    int code = store_create(p->file, &p->plan, NULL, false, &st);
    if (!code) code = store_open_all(&store, p->file, &p->plan, MPI_COMM_SELF, &st);
    for (int run = 0; run < p->plan.num_runs && !code; run++)
        code = made_up_run(store, &p->plan, run, run == 5 ? RUN_FAILED : RUN_DONE, &st);
    if (!code) code = store_close_all(store, &st);
    if (!code) code = store_open(&store, p->file, &st);
    if (!code) code = store_digest(store, p->digest, &st);
    if (code) {
        print_error("%s\n", st.text);
        return -1;
    }
    store_close(store);
    p->bytes = slurp(p->file, &p->num);
    return 0;
}

/* Opening path must fail with code and say word; for reading and for writing. */
static void refuse_open(const char *path, const struct plan *plan, int code, const char *word)
{
    struct status st = {0};
    struct store *store = NULL;
    check_code(store_open(&store, path, &st), code, &st);
    assert_null(store);
    if (!strstr(st.text, word)) fail_msg("\"%s\" does not say \"%s\"", st.text, word);
    check_code(store_open_all(&store, path, plan, MPI_COMM_SELF, &st), code, &st);
    assert_null(store);
    if (!strstr(st.text, word)) fail_msg("\"%s\" does not say \"%s\"", st.text, word);
}

static void refuse_create(const char *path, const struct plan *plan, bool replace, const char *word)
{
    struct status st = {0};
    check_code(store_create(path, plan, NULL, replace, &st), STATUS_CANNOT_CREATE, &st);
    if (!strstr(st.text, word)) fail_msg("\"%s\" does not say \"%s\"", st.text, word);
}

static void make_foreign(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t size = 100000;
    hid_t space = H5Screate_simple(1, &size, NULL);
    H5Dclose(
        H5Dcreate2(file, "data", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    assert_true(H5Fclose(file) >= 0);
}

static void other_files(void **state)
{
    struct place *p = *state;
    char text[5000];
    refuse_open(p->other, &p->plan, STATUS_NO_INPUT, "No such file");
    refuse_open(p->dir, &p->plan, STATUS_NO_INPUT, "regular file");
    spill(p->other, "", 0);
    refuse_open(p->other, &p->plan, STATUS_NO_INPUT, "empty");
    memset(text, 'x', sizeof text);
    spill(p->other, text, sizeof text);
    refuse_open(p->other, &p->plan, STATUS_NO_INPUT, "not an HDF5 file");
    make_foreign(p->other);
    refuse_open(p->other, &p->plan, STATUS_NO_INPUT, "not a results file");
}

/* What was one of ours is damaged, not of another kind. */
static void lost_beginning(void **state)
{
    struct place *p = *state;
    spill(p->other, p->bytes, p->num);
    int fd = open(p->other, O_WRONLY);
    assert_int_equal(pwrite(fd, "overwritten", 11, 0), 11);
    close(fd);
    refuse_open(p->other, &p->plan, STATUS_IO, "beginning was overwritten");
}

static void newer_format(void **state)
{
    struct place *p = *state;
    uint32_t major = FORMAT_MAJOR + 1;
    char word[64];
    unsigned char *guard = memmem(p->bytes, p->num, "hmmgrid results", 16);
    assert_non_null(guard);
    memcpy(guard + 16, &major, sizeof major);
    spill(p->other, p->bytes, p->num);
    snprintf(word, sizeof word, "format version %u.0", major);
    refuse_open(p->other, &p->plan, STATUS_IO, word);
}

/* The file has all results, and says so; or says what is different. */
static void expect_whole(struct place *p, const char *path, const char *note)
{
    struct status st = {0};
    struct store *store = NULL;
    char digest[17];
    check_ok(store_open(&store, path, &st), &st);
    check_ok(store_digest(store, digest, &st), &st);
    assert_string_equal(digest, p->digest);
    const char *said = store_note(store);
    if (note ? !said || !strstr(said, note) : said != NULL)
        fail_msg("\"%s\" is said, not \"%s\"", said ? said : "", note ? note : "");
    store_close(store);
}

/* HDF5's consistency flags, as they stay when a program that had the file open for writing is
 * killed, are no change. */
static void left_open_by_another_program(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    p->bytes[20] |= 1;
    spill(p->other, p->bytes, p->num);
    expect_whole(p, p->other, NULL);
    check_ok(store_open_all(&store, p->other, &p->plan, MPI_COMM_SELF, &st), &st);
    check_ok(store_close_all(store, &st), &st);
    expect_whole(p, p->other, NULL);
}

/* An attribute added by another program: read, and said; not written into, but extended. */
static void changed_by_another_program(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    int copied = 0;
    hid_t file = H5Fopen(p->file, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t space = H5Screate(H5S_SCALAR);
    assert_true(file >= 0);
    H5Aclose(H5Acreate2(file, "note", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Fclose(file);
    expect_whole(p, p->file, "were changed or added to; 16 of 16 finished rows agree");
    check_code(store_open_all(&store, p->file, &p->plan, MPI_COMM_SELF, &st), STATUS_CANNOT_CREATE,
               &st);
    assert_non_null(strstr(st.text, "--extend"));
    check_ok(store_extend(p->file, &p->plan, NULL, &copied, NULL, &st), &st);
    assert_int_equal(copied, p->plan.num_runs);
    expect_whole(p, p->file, NULL);
}

/* In such a file each row counts only when it agrees with its checksum; an extension does the
 * others again and keeps the file as it was. */
static void damaged_and_changed(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    double best = made_up_number(p->plan.runs[4].key, 5, 0);
    unsigned char *value = memmem(p->bytes, p->num, &best, sizeof best);
    unsigned char *text = memmem(p->bytes, p->num, "one row a run;", 14); /* an attribute */
    assert_true(value && text);
    value[6] ^= 1;
    text[0] ^= 1;
    spill(p->other, p->bytes, p->num);
    check_ok(store_open(&store, p->other, &st), &st);
    assert_non_null(strstr(store_note(store), "15 of 16 finished rows agree"));
    assert_int_equal(store_run_status(store, 4), RUN_RUNNING);
    assert_true(store_record_is_damaged(store, 4) && !store_record_is_damaged(store, 3));
    store_close(store);
    int copied = 0, left = 0;
    char old[4200];
    snprintf(old, sizeof old, "%s.old", p->other);
    check_ok(store_extend(p->other, &p->plan, NULL, &copied, &left, &st), &st);
    assert_int_equal(copied, 15);
    assert_int_equal(left, 1);
    size_t num;
    unsigned char *now = slurp(old, &num);
    assert_int_equal(num, p->num);
    assert_memory_equal(now, p->bytes, num);
    free(now);
    assert_int_equal(unlink(old), 0);
    check_ok(store_open_all(&store, p->other, &p->plan, MPI_COMM_SELF, &st), &st);
    assert_int_equal(store_run_status(store, 4), RUN_RUNNING);
    check_ok(store_close_all(store, &st), &st);
}

/* Bytes behind the end, which a writer would cut off: read, and not written into. */
static void something_behind_the_end(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    spill(p->other, p->bytes, p->num);
    FILE *out = fopen(p->other, "ab");
    assert_true(out && fputs("the results of somebody else", out) >= 0 && fclose(out) == 0);
    expect_whole(p, p->other, "added to; 16 of 16 finished rows agree");
    check_code(store_open_all(&store, p->other, &p->plan, MPI_COMM_SELF, &st), STATUS_CANNOT_CREATE,
               &st);
}

static void creating(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    char path[700];
    snprintf(path, sizeof path, "%s/missing/a.h5", p->dir);
    refuse_create(path, &p->plan, false, "make the directory");
    snprintf(path, sizeof path, "%s/b.h5", p->file);
    refuse_create(path, &p->plan, false, "Not a directory");
    refuse_create(p->dir, &p->plan, true, "Is a directory");
    refuse_create("/dev/null", &p->plan, true, "not a regular file");
    snprintf(path, sizeof path, "%s/%0300d.h5", p->dir, 0);
    refuse_create(path, &p->plan, false, "shorter");
    refuse_create("/proc/a.h5", &p->plan, false, "/proc/a.h5");
    refuse_create(p->file, &p->plan, false, "--resume");
    spill(p->other, "precious", 8);
    refuse_create(p->other, &p->plan, true, "not a results file");
    size_t num;
    unsigned char *kept = slurp(p->other, &num);
    assert_int_equal(num, 8);
    assert_memory_equal(kept, "precious", 8);
    free(kept);
    struct plan none = p->plan;
    none.num_runs = 0;
    unlink(p->other);
    check_code(store_create(p->other, &none, NULL, false, &st), STATUS_USAGE, &st);
    check_ok(store_create(p->file, &p->plan, NULL, true, &st), &st); /* fresh */
    struct store *store = NULL;
    check_ok(store_open(&store, p->file, &st), &st);
    assert_int_equal(store_run_status(store, 0), RUN_PENDING);
    store_close(store);
}

/* The largest file that may be written (ulimit -f): at every size a clean refusal that leaves
 * nothing behind, and an old file as it was. */
static void no_permission_for_large_files(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct rlimit before, limit;
    char tmp[320];
    size_t num;
    snprintf(tmp, sizeof tmp, "%s.tmp", p->file);
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t most = 0; most < p->num; most += p->num / 40) {
        limit = before;
        limit.rlim_cur = most;
        setrlimit(RLIMIT_FSIZE, &limit);
        int code = store_create(p->file, &p->plan, NULL, true, &st);
        int again = store_extend(p->file, &p->plan, NULL, NULL, NULL, &(struct status){0});
        setrlimit(RLIMIT_FSIZE, &before);
        if (code != STATUS_CANNOT_CREATE || again != STATUS_CANNOT_CREATE)
            fail_msg("at most %zu bytes: %d, %d: %s", most, code, again, st.text);
        assert_non_null(strstr(st.text, "File too large"));
        assert_int_equal(access(tmp, F_OK), -1);
    }
    signal(SIGXFSZ, SIG_DFL);
    unsigned char *now = slurp(p->file, &num);
    assert_int_equal(num, p->num);
    assert_memory_equal(now, p->bytes, num);
    free(now);
}

/* A disk of every size from nothing to enough (a tmpfs; needs the right to mount). */
static void disk_full(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    char path[700], tmp[720], size[64];
    unlink(p->file);
    if (mount("tmpfs", p->dir, "tmpfs", 0, "size=4k") != 0) {
        print_message("no right to mount a tmpfs: not checked\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/a.h5", p->dir);
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    int refused = 0, code = STATUS_CANNOT_CREATE;
    const size_t whole_kb = p->num / 1024;
    for (size_t kb = 4; kb < 4 * whole_kb && code; kb += whole_kb / 32 + 1) {
        snprintf(size, sizeof size, "size=%zuk", kb);
        assert_int_equal(mount("tmpfs", p->dir, "tmpfs", MS_REMOUNT, size), 0);
        code = store_create(path, &p->plan, NULL, false, &st);
        if (!code) break;
        refused++;
        if (code != STATUS_CANNOT_CREATE || !strstr(st.text, "disk is full") ||
            access(tmp, F_OK) == 0 || access(path, F_OK) == 0) {
            umount(p->dir);
            fail_msg("%zu kB: code %d: %s", kb, code, st.text);
        }
    }
    /* full now: nothing else fits, but all results do, because their space is reserved */
    struct store *store = NULL;
    int spill_fd = open(tmp, O_CREAT | O_WRONLY, 0644);
    while (spill_fd >= 0 && write(spill_fd, p->bytes, 4096) == 4096) continue;
    if (spill_fd >= 0) close(spill_fd);
    if (!code) code = store_open_all(&store, path, &p->plan, MPI_COMM_SELF, &st);
    for (int run = 0; run < p->plan.num_runs && !code; run++)
        code = made_up_run(store, &p->plan, run, RUN_DONE, &st);
    if (!code) code = store_close_all(store, &st);
    assert_int_equal(umount(p->dir), 0);
    check_ok(code, &st);
    assert_true(refused > 3);
}

static void truncated_files(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < 40; i++) {
        size_t num =
            i == 0 ? p->num - 1
                   : (size_t)(made_up_number(p->plan.runs[0].key, 900, (size_t)i) * (double)p->num);
        spill(p->other, p->bytes, num);
        refuse_open(p->other, &p->plan, STATUS_IO, p->other);
    }
}

/* --- damage ------------------------------------------------------------------------------- */

enum outcome { REFUSED, ROWS_LOST, NOTHING_LOST, NUM_OUTCOMES };

/* A damaged file is refused, or the runs that were hit are not trusted, or no result changed. */
static enum outcome look_at(struct place *p, const char *what, int most_lost)
{
    struct status st = {0};
    struct store *store = NULL;
    int lost = 0;
    int code = store_open(&store, p->other, &st);
    if (code) {
        if (code != STATUS_IO) fail_msg("%s: code %d: %s", what, code, st.text);
        return REFUSED;
    }
    int column = store_find_column(store, "best_val_loss");
    for (int run = 0; run < store_num_runs(store); run++) {
        bool valid = false;
        double best = 0;
        int status = store_run_status(store, run);
        if (status >= RUN_DONE) check_ok(store_check_run(store, run, &valid, &st), &st);
        if (status != (run == 5 ? RUN_FAILED : RUN_DONE) || !valid) {
            lost++;
        } else if (column >= 0 && status == RUN_DONE) {
            check_ok(store_read_numbers(store, column, run, &best, &st), &st);
            check_near(best, made_up_number(p->plan.runs[run].key, 5, 0), 0);
        }
    }
    char digest[17];
    check_ok(store_digest(store, digest, &st), &st);
    if (lost > most_lost && !store_note(store)) fail_msg("%s: %d runs lost", what, lost);
    if (!lost && strcmp(digest, p->digest) != 0) fail_msg("%s: a wrong result was trusted", what);
    store_close(store);
    return lost ? ROWS_LOST : NOTHING_LOST;
}

static void flipped_bits(void **state)
{
    struct place *p = *state;
    int count[NUM_OUTCOMES] = {0};
    spill(p->other, p->bytes, p->num);
    int fd = open(p->other, O_RDWR);
    assert_true(fd >= 0);
    for (int i = 0; i < 150; i++) {
        char what[64];
        size_t at = (size_t)(made_up_number(p->plan.runs[1].key, 901, (size_t)i) * (double)p->num);
        int bit = i % 8;
        unsigned char flipped = p->bytes[at] ^ (unsigned char)(1 << bit);
        snprintf(what, sizeof what, "bit %d of byte %zu", bit, at);
        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
        count[look_at(p, what, 1)]++;
        assert_int_equal(pwrite(fd, &p->bytes[at], 1, (off_t)at), 1);
    }
    close(fd);
    print_message("flipped bits: %d refused, %d cost rows, %d changed no result\n", count[REFUSED],
                  count[ROWS_LOST], count[NOTHING_LOST]);
    assert_true(count[ROWS_LOST] > 0 && count[NOTHING_LOST] > 0);
    assert_int_equal(look_at(p, "nothing", 0), NOTHING_LOST);
}

/* HDF5's structures and what hmmgrid wrote once, changed in every way: the places are those outside
 * the datasets that runs write, which the guard lists. No crash, no hang, nothing wrong trusted. */
static void damaged_structures(void **state)
{
    struct place *p = *state;
    enum { HEADER = 72, WAYS = 4, FILES = 240 };
    int count[NUM_OUTCOMES] = {0};
    double longest_s = 0;
    unsigned char *guard = memmem(p->bytes, p->num, "hmmgrid results", 16);
    assert_non_null(guard);
    uint64_t num_extents, guard_bytes;
    memcpy(&num_extents, guard + 48, sizeof num_extents);
    memcpy(&guard_bytes, guard + 32, sizeof guard_bytes);
    bool *sealed = malloc(p->num);
    assert_non_null(sealed);
    memset(sealed, true, p->num);
    memset(sealed + (guard - p->bytes), false, guard_bytes);
    for (uint64_t i = 0; i < num_extents; i++) {
        uint64_t extent[2];
        memcpy(extent, guard + HEADER + i * sizeof extent, sizeof extent);
        memset(sealed + extent[0], false, extent[1]);
    }
    spill(p->other, p->bytes, p->num);
    int fd = open(p->other, O_RDWR);
    assert_true(fd >= 0);
    for (int i = 0, draw = 0; i < FILES; i++) {
        unsigned char bytes[64];
        const char *key = p->plan.runs[3].key;
        size_t at, n = (size_t[WAYS]){1, 1, 8, 64}[i % WAYS];
        do at = (size_t)(made_up_number(key, 902, (size_t)draw++) * (double)(p->num - 64));
        while (!sealed[at] || !p->bytes[at]); /* most of the gaps are zero */
        memcpy(bytes, p->bytes + at, sizeof bytes);
        if (i % WAYS == 0) bytes[0] ^= (unsigned char)(1 << i / WAYS % 8);
        if (i % WAYS == 1) bytes[0] = i / WAYS % 2 ? 0xff : 0;
        for (size_t k = 0; i % WAYS > 1 && k < n; k++)
            bytes[k] = (unsigned char)(256 * made_up_number(key, 903 + i, k));
        char what[64];
        snprintf(what, sizeof what, "%zu bytes at %zu, way %d of file %d", n, at, i % WAYS, i);
        struct timespec from, to;
        assert_int_equal(pwrite(fd, bytes, n, (off_t)at), n);
        clock_gettime(CLOCK_MONOTONIC, &from);
        count[look_at(p, what, 0)]++;
        clock_gettime(CLOCK_MONOTONIC, &to);
        double s = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
        if (s > longest_s) longest_s = s;
        assert_int_equal(pwrite(fd, p->bytes + at, n, (off_t)at), n);
    }
    close(fd);
    free(sealed);
    print_message("damaged structures: %d refused, %d cost rows, %d changed no result; the longest "
                  "took %.1f s\n",
                  count[REFUSED], count[ROWS_LOST], count[NOTHING_LOST], longest_s);
    assert_true(count[REFUSED] > 0 && count[NOTHING_LOST] > 0);
    assert_true(longest_s < 60);
    assert_int_equal(look_at(p, "nothing", 0), NOTHING_LOST);
}

/* Whole pages of noise, as after a bad disk. */
static void pages_of_noise(void **state)
{
    struct place *p = *state;
    unsigned char noise[4096];
    int count[NUM_OUTCOMES] = {0}, pages = (int)(p->num / sizeof noise);
    spill(p->other, p->bytes, p->num);
    int fd = open(p->other, O_RDWR);
    for (int page = 0; page < pages; page += page < 24 ? 1 : 11) { /* the first hold structures */
        size_t at = (size_t)page * sizeof noise;
        char what[32];
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (unsigned char)(256 * made_up_number(p->plan.runs[2].key, page, i));
        snprintf(what, sizeof what, "page %d", page);
        assert_int_equal(pwrite(fd, noise, sizeof noise, (off_t)at), sizeof noise);
        count[look_at(p, what, p->plan.num_runs)]++;
        assert_int_equal(pwrite(fd, p->bytes + at, sizeof noise, (off_t)at), sizeof noise);
    }
    close(fd);
    print_message("pages of noise: %d refused, %d cost rows, %d changed no result\n",
                  count[REFUSED], count[ROWS_LOST], count[NOTHING_LOST]);
    assert_true(count[REFUSED] > 0 && count[ROWS_LOST] > 0);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(other_files, set_up, place_free),
        cmocka_unit_test_setup_teardown(lost_beginning, set_up, place_free),
        cmocka_unit_test_setup_teardown(newer_format, set_up, place_free),
        cmocka_unit_test_setup_teardown(left_open_by_another_program, set_up, place_free),
        cmocka_unit_test_setup_teardown(changed_by_another_program, set_up, place_free),
        cmocka_unit_test_setup_teardown(damaged_and_changed, set_up, place_free),
        cmocka_unit_test_setup_teardown(something_behind_the_end, set_up, place_free),
        cmocka_unit_test_setup_teardown(creating, set_up, place_free),
        cmocka_unit_test_setup_teardown(no_permission_for_large_files, set_up, place_free),
        cmocka_unit_test_setup_teardown(disk_full, set_up, place_free),
        cmocka_unit_test_setup_teardown(truncated_files, set_up, place_free),
        cmocka_unit_test_setup_teardown(flipped_bits, set_up, place_free),
        cmocka_unit_test_setup_teardown(damaged_structures, set_up, place_free),
        cmocka_unit_test_setup_teardown(pages_of_noise, set_up, place_free),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed != 0;
}
