/* place: a folder of its own for a test of results files, the plans that the files are made of, and
 * files as bytes. */
#pragma once

#include "check.h"
#include "made_up.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char dir[256], file[300], other[300];
    struct plan plan,
        larger;           /* of made_up_grid, with `more` behind it, and of made_up_larger_grid */
    unsigned char *bytes; /* of a file, for the test; freed with the place */
    size_t num;
    char digest[17];
};

/* Set-up of cmocka: a new place; -1: not to be had. */
static inline int place_make(void **state, const char *more)
{
    struct place *p = calloc(1, sizeof *p);
    struct status st = {0};
    const char *base = getenv("TMPDIR"), *large = made_up_larger_grid;
    char grid[1024];
    if (!p) return -1;
    *state = p;
    snprintf(p->dir, sizeof p->dir, "%.200s/store-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(p->dir)) return -1;
    snprintf(p->file, sizeof p->file, "%s/a.h5", p->dir);
    snprintf(p->other, sizeof p->other, "%s/b.h5", p->dir);
    int n = snprintf(grid, sizeof grid, "%s%s", made_up_grid, more);
    if (n < (int)sizeof grid &&
        plan_read(&p->plan, "grid", grid, (size_t)n, NULL, 0, &st) == STATUS_OK &&
        plan_read(&p->larger, "grid", large, strlen(large), NULL, 0, &st) == STATUS_OK)
        return 0;
    print_error("%s\n", st.text);
    return -1;
}

/* Tear-down of cmocka. The folder stays when a test left something else in it. */
static inline int place_free(void **state)
{
    struct place *p = *state;
    unlink(p->file);
    unlink(p->other);
    rmdir(p->dir);
    plan_free(&p->plan);
    plan_free(&p->larger);
    free(p->bytes);
    free(p);
    return 0;
}

/* All *num bytes of a file, malloc'd. */
static inline unsigned char *slurp(const char *path, size_t *num)
{
    struct stat info;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &info) == 0);
    unsigned char *bytes = malloc((size_t)info.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)info.st_size), info.st_size);
    close(fd);
    *num = (size_t)info.st_size;
    return bytes;
}

/* A file of just these bytes. */
static inline void spill(const char *path, const void *bytes, size_t num)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, num), num);
    close(fd);
}
