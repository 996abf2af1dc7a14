/* test_checkpoint: a file comes back as it was written or not at all, and the one before it then.
 */
#include "../support/check.h"
#include "experiment/checkpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char owner[] = "hmmgrid 1 a\nkey k\nkernels avx2 of hmmgrid\n";

struct place {
    char dir[200], folder[256], newest[300], before[300], made[300];
    char *said; /* on the log */
    size_t num_said;
    struct log log;
};

static int make(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    const char *base = getenv("TMPDIR");
    if (!p) return -1;
    *state = p;
    snprintf(p->dir, sizeof p->dir, "%.150s/checkpoint-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(p->dir)) return -1;
    snprintf(p->folder, sizeof p->folder, "%s/a.h5.ckpt", p->dir);
    snprintf(p->newest, sizeof p->newest, "%s/k.ckpt", p->folder);
    snprintf(p->before, sizeof p->before, "%s/k.ckpt.prev", p->folder);
    snprintf(p->made, sizeof p->made, "%s/k.ckpt.tmp", p->folder);
    p->log =
        (struct log){.out = open_memstream(&p->said, &p->num_said), .level = LOG_INFO, .rank = -1};
    return p->log.out ? 0 : -1;
}

static int clear(void **state)
{
    struct place *p = *state;
    checkpoint_remove(p->folder, "k");
    checkpoint_remove_folder(p->folder);
    int code = rmdir(p->dir); /* nothing else is left over */
    fclose(p->log.out);
    free(p->said);
    free(p);
    return code;
}

/* --- two pieces, and one that is not there ---------------------------------------------------- */

struct state {
    int epoch;
    double weight[4];
};

static int pieces_of(struct state *s, struct run_part piece[3])
{
    piece[0] = (struct run_part){&s->epoch, sizeof s->epoch};
    piece[1] = (struct run_part){NULL, 8};
    piece[2] = (struct run_part){s->weight, sizeof s->weight};
    return 3;
}

static void write_epoch(const struct place *p, int epoch)
{
    struct status st = {0};
    struct state s = {epoch, {epoch, 0.5, NAN, -1}};
    struct run_part piece[3];
    int num = pieces_of(&s, piece);
    check_ok(checkpoint_write(p->folder, "k", owner, piece, num, &st), &st);
}

/* The epoch that a reader with this owner finds; 0: none. */
static int read_epoch(const struct place *p, const char *of)
{
    struct state s = {0};
    double kept = 7;
    struct run_part piece[3];
    int num = pieces_of(&s, piece);
    struct checkpoint *c = checkpoint_read(p->folder, "k", of, piece, num, &p->log);
    if (!c) return 0;
    piece[1].value = &kept;
    checkpoint_put_back(c, piece, num);
    checkpoint_free(c);
    check_near(kept, 7, 0); /* it was not in the file */
    check_near(s.weight[0], s.epoch, 0);
    check_near(s.weight[3], -1, 0);
    assert_true(isnan(s.weight[2]));
    return s.epoch;
}

static bool said(struct place *p, const char *words)
{
    fflush(p->log.out);
    bool found = strstr(p->said, words) != NULL;
    rewind(p->log.out);
    p->said[0] = '\0';
    return found;
}

static size_t load(const char *path, unsigned char *bytes, size_t room)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, room, f);
    assert_true(n > 0 && n < room);
    fclose(f);
    return n;
}

static void put(const char *path, const unsigned char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void two_generations(void **state)
{
    struct place *p = *state;
    assert_int_equal(read_epoch(p, owner), 0);
    assert_false(checkpoint_is_there(p->folder, "k"));
    write_epoch(p, 1);
    assert_int_equal(read_epoch(p, owner), 1);
    write_epoch(p, 2);
    write_epoch(p, 3);
    assert_int_equal(read_epoch(p, owner), 3);
    assert_int_equal(unlink(p->newest), 0); /* a kill between two renames */
    assert_true(checkpoint_is_there(p->folder, "k"));
    assert_int_equal(read_epoch(p, owner), 2);
    assert_true(access(p->made, F_OK) != 0);
    assert_false(said(p, "ignored"));
}

static void damage_is_found(void **state)
{
    struct place *p = *state;
    unsigned char bytes[1000];
    write_epoch(p, 1);
    write_epoch(p, 2);
    size_t n = load(p->newest, bytes, sizeof bytes);
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= (unsigned char)(1u << i % 8);
        put(p->newest, bytes, n);
        assert_int_equal(read_epoch(p, owner), 1);
        bytes[i] ^= (unsigned char)(1u << i % 8);
    }
    for (size_t i = 0; i < n; i++) {
        put(p->newest, bytes, i);
        assert_int_equal(read_epoch(p, owner), 1);
    }
    bytes[n] = 0;
    put(p->newest, bytes, n + 1);
    assert_int_equal(read_epoch(p, owner), 1);
    assert_true(said(p, "k.ckpt: ignored: it is damaged"));
    assert_int_equal(truncate(p->newest, 1L << 40), 0);
    assert_int_equal(read_epoch(p, owner), 1);
    assert_true(said(p, "k.ckpt: ignored: it is no file of the size"));
    put(p->newest, bytes, n);
    assert_int_equal(read_epoch(p, owner), 2);
    put(p->newest, bytes, n - 1);
    put(p->before, bytes, n - 9);
    assert_int_equal(read_epoch(p, owner), 0);
}

static void strangers_are_named(void **state)
{
    struct place *p = *state;
    write_epoch(p, 1);
    assert_int_equal(read_epoch(p, "hmmgrid 1 a\nkey k\nkernels avx512 of hmmgrid\n"), 0);
    assert_true(said(p, "it was made with kernels avx2 of hmmgrid, and this is kernels avx512 of "
                        "hmmgrid"));
    assert_int_equal(read_epoch(p, "hmmgrid 1 a\nkey l\nkernels avx2 of hmmgrid\n"), 0);
    assert_true(said(p, "made with key k, and this is key l"));
    assert_int_equal(read_epoch(p, "hmmgrid 1 a\nkey k\n"), 0);

    struct state s;
    struct run_part piece[3];
    int num = pieces_of(&s, piece);
    piece[2].bytes -= 8;
    piece[1].bytes += 16;
    assert_null(checkpoint_read(p->folder, "k", owner, piece, num, NULL));
    assert_null(checkpoint_read(p->folder, "k", owner, piece, num - 1, NULL));
    assert_int_equal(read_epoch(p, owner), 1);
}

/* What others put there is neither followed nor waited for. */
static void links_and_pipes(void **state)
{
    struct place *p = *state;
    char other[300];
    snprintf(other, sizeof other, "%s/other", p->dir);
    put(other, (const unsigned char *)"mine", 4);
    write_epoch(p, 1);
    assert_int_equal(symlink(other, p->made), 0);
    write_epoch(p, 2);
    assert_int_equal(read_epoch(p, owner), 2);
    assert_int_equal(unlink(p->newest) + symlink(p->before, p->newest), 0);
    assert_int_equal(read_epoch(p, owner), 1);
    assert_true(said(p, "ignored: it is a symbolic link"));
    assert_int_equal(unlink(p->newest) + mkfifo(p->newest, 0600), 0);
    assert_int_equal(read_epoch(p, owner), 1);
    write_epoch(p, 3);
    assert_int_equal(read_epoch(p, owner), 3);
    unsigned char bytes[10];
    assert_int_equal(load(other, bytes, sizeof bytes), 4);

    struct status st = {0};
    checkpoint_remove(p->folder, "k");
    checkpoint_remove_folder(p->folder);
    assert_int_equal(symlink(p->dir, p->folder), 0);
    check_code(checkpoint_write(p->folder, "k", owner, NULL, 0, &st), STATUS_CANNOT_CREATE, &st);
    assert_int_equal(unlink(p->folder), 0);
    check_code(checkpoint_write(other, "k", owner, NULL, 0, &st), STATUS_CANNOT_CREATE, &st);
    assert_non_null(strstr(st.text, "Not a directory"));
    assert_int_equal(unlink(other), 0);
}

/* No room, wherever it ends: what was there stays, and nothing half made. */
static void a_full_disk(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct state s = {3, {3}};
    struct run_part piece[3];
    struct rlimit limit, small;
    struct stat info;
    int num = pieces_of(&s, piece);
    write_epoch(p, 1);
    write_epoch(p, 2);
    assert_int_equal(stat(p->newest, &info), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    for (rlim_t room = 0; room < (rlim_t)info.st_size; room++) {
        small = (struct rlimit){room, limit.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        int code = checkpoint_write(p->folder, "k", owner, piece, num, &st);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        check_code(code, STATUS_IO, &st);
        assert_non_null(strstr(st.text, "a.h5.ckpt/k.ckpt: cannot be written: File too large"));
        assert_true(access(p->made, F_OK) != 0);
        assert_int_equal(read_epoch(p, owner), 2);
    }
    assert_int_equal(unlink(p->newest), 0);
    assert_int_equal(read_epoch(p, owner), 1);
}

/* An owner that is the beginning of another is told apart, and nothing is read behind either. */
static void owners_of_other_lengths(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct state s = {1, {1}};
    struct run_part piece[3];
    int num = pieces_of(&s, piece);
    static const char begin[] = "hmmgrid 1 a\n";
    check_ok(checkpoint_write(p->folder, "k", begin, piece, num, &st), &st);
    assert_int_equal(read_epoch(p, owner), 0);
    assert_true(said(p, "it was made with , and this is key k\n"));
    write_epoch(p, 2);
    checkpoint_remove(p->folder, "k");
    write_epoch(p, 2);
    assert_int_equal(read_epoch(p, begin), 0);
    assert_true(said(p, "it was made with key k, and this is \n"));
}

/* States are found by key and length, and stay when the run's checkpoints go. */
static void states_by_their_length(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    static const char key[] = "0123456789abcdef0123456789abcdef", other[] = "f";
    static const int epochs[] = {20, 3, 100};
    struct state s = {1, {0}}, found = {0};
    struct run_part piece[3], back[3];
    int num = pieces_of(&s, piece);
    pieces_of(&found, back);
    assert_int_equal(checkpoint_find_state(p->folder, key, 1000), 0); /* no folder */
    for (int i = 0; i < 3; i++) {
        s.epoch = epochs[i];
        check_ok(checkpoint_write_state(p->folder, key, epochs[i], owner, piece, num, &st), &st);
    }
    check_ok(checkpoint_write_state(p->folder, other, 50, owner, piece, num, &st), &st);
    checkpoint_remove(p->folder, key);
    static const int wanted[][2] = {{1000, 100}, {100, 100}, {99, 20}, {20, 20}, {19, 3}, {2, 0}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_int_equal(checkpoint_find_state(p->folder, key, wanted[i][0]), wanted[i][1]);
    struct checkpoint *c = checkpoint_read_state(p->folder, key, 20, owner, back, num, &p->log);
    assert_non_null(c);
    checkpoint_put_back(c, back, num);
    assert_int_equal(found.epoch, 20);
    checkpoint_free(c);
    assert_null(checkpoint_read_state(p->folder, key, 20, "other", back, num, &p->log));
    assert_null(checkpoint_read_state(p->folder, key, 21, owner, back, num, &p->log));
    checkpoint_remove(p->folder, "f-50");
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s-%d", key, epochs[i]);
        checkpoint_remove(p->folder, name);
    }
}

struct seen {
    int newest, all;
};

static void see(void *context, const char *key, enum checkpoint_kind kind)
{
    struct seen *seen = context;
    assert_string_equal(key, "k");
    seen->newest += kind == CHECKPOINT_NEWEST;
    seen->all++;
}

static void only_its_own_are_removed(void **state)
{
    struct place *p = *state;
    char other[300];
    write_epoch(p, 1);
    snprintf(other, sizeof other, "%s/notes", p->folder);
    put(other, (const unsigned char *)"mine", 4);
    put(p->made, (const unsigned char *)"x", 1);
    struct seen seen = {0};
    checkpoint_each(p->folder, see, &seen);
    assert_int_equal(seen.newest, 1);
    assert_int_equal(seen.all, 2);
    checkpoint_each(p->made, see, &seen); /* no folder */
    checkpoint_remove(p->folder, "k");
    checkpoint_remove_folder(p->folder);
    assert_false(checkpoint_is_there(p->folder, "k"));
    checkpoint_each(p->folder, see, &seen);
    assert_int_equal(seen.all, 2);
    assert_int_equal(access(other, F_OK), 0);
    assert_int_equal(unlink(other), 0);
    checkpoint_remove_folder(p->folder);
    assert_int_equal(access(p->folder, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_generations, make, clear),
        cmocka_unit_test_setup_teardown(damage_is_found, make, clear),
        cmocka_unit_test_setup_teardown(strangers_are_named, make, clear),
        cmocka_unit_test_setup_teardown(links_and_pipes, make, clear),
        cmocka_unit_test_setup_teardown(a_full_disk, make, clear),
        cmocka_unit_test_setup_teardown(owners_of_other_lengths, make, clear),
        cmocka_unit_test_setup_teardown(states_by_their_length, make, clear),
        cmocka_unit_test_setup_teardown(only_its_own_are_removed, make, clear),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
